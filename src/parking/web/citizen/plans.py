"""Paying in instalments: shown before it is agreed, and what is left of it afterwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from parking.actions import charge as charges
from parking.actions import charge_wording, checkout
from parking.actions import plan as plans
from parking.actions.plan_progress import PlanProgress, progress_of
from parking.law import instalments as law
from parking.law.days import Period, danish_day
from parking.records.party import Party
from parking.web.access import PartyRequest, party
from parking.web.forms import FirstDayForm

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
    days = plans.first_days(now=request.now)
    form = _first_day(request, days)
    first = form.cleaned_data["first"] if form.is_bound and form.is_valid() else None
    proposal = (
        plans.propose(request.party, chosen, first=first, now=request.now) if choices else None
    )
    return render(
        request,
        "citizen/plan-new.html",
        {
            "choices": choices,
            "chosen": chosen,
            "proposal": proposal,
            "instalments": list(enumerate(proposal.plan.instalments, 1)) if proposal else [],
            "form": form,
            "days": days,
            "changed": "changed" in request.GET,
        },
    )


@party(form_at="plan-new")
@require_POST
def agree(request: PartyRequest) -> HttpResponse:
    """Agree what was shown; if something else is owed by now it is shown anew."""
    instalments = _number(request.POST.get("instalments", ""))
    first = _day(request.POST.get("first", ""))
    try:
        agreed = plans.agree(
            request.outside,
            request.party,
            instalments,
            first=first,
            agreed=request.POST.get("agreed", ""),
            language=translation.get_language(),
            now=request.now,
        )
    except (plans.ProposalChanged, law.PlanNotAllowed):
        chosen = {"instalments": instalments, "changed": "yes"}
        if first is not None and first in plans.first_days(now=request.now):
            chosen |= {"first_day": first.day, "first_month": first.month, "first_year": first.year}
        return redirect(f"{redirect('plan-new')['Location']}?{urlencode(chosen)}")
    return redirect("plan", plan_id=agreed.id)


def _first_day(request: PartyRequest, days: Period) -> FirstDayForm:
    """Return the form with the day that was typed for the first instalment, or the usual one."""
    typed = any(name.startswith("first_") for name in request.GET)
    usual = plans.usual_first_day(now=request.now)
    return FirstDayForm(request.GET if typed else None, days=days, initial={"first": usual})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number else 0


@party()
@require_safe
def plan(request: PartyRequest, plan_id: UUID) -> HttpResponse:
    """Show a plan: each instalment, whether it is paid, and how to pay the next."""
    found = plans.plan_of(request.party, plan_id)
    so_far, today = progress_of(found), danish_day(request.now)
    left = dict(so_far.left)
    creditor = charges.answer_of(so_far.charges[0]).slip.creditor
    rows = [
        {
            "number": number,
            "due": each.due,
            "amount": each.amount,
            "left": left[number].amount if number in left else None,
            "line": charge_wording.instalment_line(found, number, creditor),
        }
        for number, each in so_far.instalments
    ]
    return render(
        request,
        "citizen/plan.html",
        {
            "plan": found,
            "draw": so_far.next_draw(on=today),
            "is_drawn": bool(found.card_agreement),
            "drawn_now": so_far.is_drawn_now(),
            "last_day": so_far.last_day,
            "next_is_late": so_far.last_day is not None and so_far.last_day < today,
            "can_remember": len(left) > 1 and not found.card_agreement,
            "is_kept": so_far.is_kept,
            "is_broken": found.stands is law.State.BROKEN,
            "rows": rows,
            "next": next((row for row in rows if row["left"]), None),
            "left": so_far.remainder,
            "charges": [(each, so_far.left_on(each)) for each in so_far.charges],
            "days": so_far.limits.days_after_missed,
            "waits": so_far.waits(on=today),
            "is_late": found.due is not None and found.due < today,
        },
    )


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


def card(of: Party, *, now: datetime) -> dict[str, Any] | None:
    """Return what my page says of the plan that a party keeps or owes, if there is one."""
    found: PlanProgress | None = plans.shown_to(of)
    if found is None:
        return None
    day = found.plan.due if found.is_broken_and_owed else found.last_day
    return {
        "plan": found.plan,
        "is_late": day is not None and day < danish_day(now),
        "is_broken": found.is_broken_and_owed,
        "draw": found.next_draw(on=danish_day(now)),
        "next": found.left[0][1] if found.left else None,
        "last_day": found.last_day,
        "left": found.remainder,
        "waits": found.waits(on=danish_day(now)),
    }
