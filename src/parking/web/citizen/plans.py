"""Paying in instalments: shown before it is agreed, and what is left of it afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from parking.actions import charge as charges
from parking.actions import charge_wording, checkout
from parking.actions import plan as plans
from parking.law import instalments as law
from parking.law.money import total
from parking.records.collection import Plan
from parking.records.party import Party
from parking.web.access import PartyRequest, party

_LONGEST_NUMBER = 2


@party()
@require_safe
def new(request: PartyRequest) -> HttpResponse:
    """Show what one would agree to, for each number of instalments one may choose."""
    known = plans.current(request.party)
    if known is not None:
        return redirect("plan", plan_id=known.id)
    choices = plans.choices(request.party, now=request.now)
    chosen = _number(request.GET.get("instalments", ""))
    if choices and chosen not in choices:
        chosen = choices[min(1, len(choices) - 1)]
    proposal = plans.propose(request.party, chosen, now=request.now) if choices else None
    return render(
        request,
        "citizen/plan-new.html",
        {
            "choices": choices,
            "chosen": chosen,
            "proposal": proposal,
            "instalments": list(enumerate(proposal.plan.instalments, 1)) if proposal else [],
            "changed": "changed" in request.GET,
        },
    )


@party(form_at="plan-new")
@require_POST
def agree(request: PartyRequest) -> HttpResponse:
    """Agree what was shown; if something else is owed by now it is shown anew."""
    instalments = _number(request.POST.get("instalments", ""))
    try:
        agreed = plans.agree(
            request.outside,
            request.party,
            instalments,
            agreed=request.POST.get("agreed", ""),
            language=translation.get_language(),
            now=request.now,
        )
    except (plans.ProposalChanged, law.PlanNotAllowed):
        return redirect(f"{redirect('plan-new')['Location']}?instalments={instalments}&changed=yes")
    return redirect("plan", plan_id=agreed.id)


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else 0


@party()
@require_safe
def plan(request: PartyRequest, plan_id: UUID) -> HttpResponse:
    """Show a plan: each instalment, whether it is paid, and how to pay the next."""
    found = plans.plan_of(request.party, plan_id)
    left = dict(plans.left_of(found))
    creditor = charges.answer_of(plans.charges_of(found)[0]).slip.creditor
    agreed = plans.terms(found)
    draw = plans.next_draw(found)
    rows = [
        {
            "number": number,
            "due": each.due,
            "amount": each.amount,
            "left": left[number].amount if number in left else None,
            "line": charge_wording.instalment_line(found, number, creditor),
        }
        for number, each in plans.numbered(found, agreed)
    ]
    coming = next((row for row in rows if row["left"]), None)
    return render(
        request,
        "citizen/plan.html",
        {
            "plan": found,
            "draw": draw,
            "is_drawn": bool(found.card_agreement),
            "drawn_now": plans.drawn_now(found),
            "last_day": _last_day(found, left) if left else None,
            "can_remember": len(left) > 1 and not found.card_agreement,
            "is_kept": found.stands is law.State.AGREED,
            "is_broken": found.stands is law.State.BROKEN,
            "rows": rows,
            "next": coming,
            "left": total(each.amount for each in left.values()),
            "charges": plans.charges_of(found),
            "days": plans.limits(now=request.now).days_after_missed,
        },
    )


def _last_day(found: Plan, left: dict[int, law.Instalment]) -> date:
    number = next(iter(left))
    return plans.last_day(found, number, left[number])


@party(form_of="plan")
@require_POST
def pay(request: PartyRequest, plan_id: UUID) -> HttpResponse:
    """Put the next instalment in the basket."""
    found = plans.plan_of(request.party, plan_id)
    try:
        remember = "remember" in request.POST
        plans.choose_next(request.party, found, remember=remember, now=request.now)
    except checkout.NothingOwed:
        return redirect("plan", plan_id=found.id)
    return redirect("basket")


@party(form_of="plan")
@require_POST
def stop(request: PartyRequest, plan_id: UUID) -> HttpResponse:
    """Draw nothing more from the card."""
    found = plans.plan_of(request.party, plan_id)
    plans.stop_drawing(found)
    return redirect("plan", plan_id=found.id)


def card(of: Party) -> dict[str, Any] | None:
    """Return what my page says of the plan that a party keeps, if there is one."""
    found: Plan | None = plans.current(of)
    if found is None:
        return None
    left = dict(plans.left_of(found))
    return {
        "plan": found,
        "draw": plans.next_draw(found),
        "next": next(iter(left.values()), None),
        "last_day": _last_day(found, left) if left else None,
        "left": total(each.amount for each in left.values()),
    }
