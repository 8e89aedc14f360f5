"""Applying for a permit, the answer and why, the day it starts; and the permit itself."""

from __future__ import annotations

from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import apply, documents, login, permission, recheck, wording
from parking.actions import permit as life
from parking.law import application as law
from parking.law import permit as permit_law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.facts import Facts
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding
from parking.law.record import facts_from_json
from parking.records.application import Application, Decision
from parking.records.permit import Permit
from parking.web.access import PartyRequest, party, typed
from parking.web.citizen import map as zone_map
from parking.web.citizen import zones
from parking.web.forms import AnswerForm, EmailForm, PlateForm, StartForm

_PLATE, _FINDING, _START = 1, 2, 3


def steps(application: Application | None = None) -> list[dict[str, str]]:
    """Return the steps of a purchase; those that belong to *application* can be gone back to."""
    known = {"application_id": application.id} if application else {}
    return [
        {"title": _("Nummerplade"), "url": reverse("apply")},
        {"title": _("Svar"), "url": reverse("application", kwargs=known) if known else ""},
        {
            "title": _("Startdato"),
            "url": reverse("application-start", kwargs=known) if known else "",
        },
        {"title": _("Kurv"), "url": reverse("basket")},
        {"title": _("Betaling"), "url": ""},
    ]


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def apply_for(request: PartyRequest) -> HttpResponse:
    """Ask about a vehicle."""
    form = PlateForm(request.POST or None, initial=typed(request))
    if request.method == "POST" and form.is_valid():
        plate = form.cleaned_data["plate"]
        found = apply.ask(request.outside, request.party, plate, now=request.now)
        return redirect("application", application_id=found.id)
    context = {"form": form, "steps": steps(), "step": _PLATE}
    return render(request, "citizen/apply.html", context)


@party()
@require_safe
def application(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Show what the regulation answers, on which facts, and what would change it."""
    asked = permission.application_of(request.party, application_id)
    finding, facts, decided = _latest(asked)
    return render(
        request,
        "citizen/application.html",
        {
            "application": asked,
            "answer": finding.answer.value,
            "told": wording.tell(finding, facts),
            "refusals": _refusals(finding, facts),
            "awaited": [wording.supplier(who) for who in finding.awaited()],
            "awaits_register": any(who.is_register for who in finding.awaited()),
            "decided": decided.decided,
            "caution": wording.private_common_road(facts.terms.private_common_road_effect)
            if asked.caution
            else "",
            "zone": zones.names(danish_day(request.now)).get(asked.zone, ""),
            "can": {step.name: True for step in law.COURSE.steps(asked.stands, Actor.PARTY)},
            "state": asked.stands.name,
            "line": asked.lines.select_related("order", "permit").order_by("-id").first(),
            "form": EmailForm(initial={"email": request.party.email}),
            "changes": [wording.fact_name(name) for name in asked.changes],
            "offers": documents.offers(asked),
            "may_hand_in": bool(asked.infected) and documents.may_hand_in(asked),
            "steps": steps(asked),
            "step": _FINDING,
        },
    )


def _latest(asked: Application) -> tuple[Finding, Facts, Decision]:
    decision = asked.decisions.order_by("-id")[0]
    return Finding.from_json(decision.finding), facts_from_json(decision.facts), decision


def _refusals(finding: Finding, facts: Facts) -> list[wording.Told]:
    if finding.answer is not Answer.NO:
        return []
    return [wording.tell(each, facts) for each in wording.refusals(finding)]


@party(form_of="application")
@require_POST
def ask_again(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Ask the registers again now."""
    asked = permission.application_of(request.party, application_id)
    law.COURSE.after(asked.stands, Actor.PARTY, law.Step.ASK_AGAIN)
    found = apply.ask(request.outside, request.party, Plate(asked.plate), now=request.now)
    return redirect("application", application_id=found.id)


@party(form_of="application")
@require_POST
def write_to_me(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Keep the address that a courtesy mail goes to when the application goes on."""
    asked = permission.application_of(request.party, application_id)
    form = EmailForm(request.POST)
    if form.is_valid():
        login.set_email(request.party, form.cleaned_data["email"])
        return redirect("application", application_id=asked.id)
    context = {"application": asked, "form": form, "steps": steps(asked), "step": _FINDING}
    return render(request, "citizen/application-email.html", context)


@party(form_of="application")
@require_POST
def withdraw(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Take an application back."""
    asked = permission.application_of(request.party, application_id)
    apply.withdraw(request.party, asked, now=request.now)
    return redirect("my")


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Choose the day the permit starts, knowing what it costs from that day and why."""
    asked = permission.application_of(request.party, application_id)
    can_start = law.Step.PUT_IN_BASKET in law.COURSE.steps(asked.stands, Actor.PARTY)
    if asked.found is None or not apply.may_be_sold(asked.found) or not can_start:
        return redirect("application", application_id=asked.id)
    days = apply.start_days(now=request.now)
    chosen = asked.period.lower if asked.period else days.start
    form = StartForm(
        request.POST or None,
        days=days,
        initial={"start": max(chosen, days.start)} | typed_day(request),
    )
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["start"]
        asked = apply.choose_start(request.party, asked, day, now=request.now)
        sold = asked.found is not None and apply.may_be_sold(asked.found)
        in_basket = sold and asked.stands is law.State.IN_BASKET
        return redirect("basket") if in_basket else redirect("application", asked.id)
    facts = _latest(asked)[1]
    offers = [
        {
            "starts": offer.starts,
            "price": offer.quote.price,
            "why": wording.why_price(apply.price_reason(offer.quote), facts.vehicle),
        }
        for offer in apply.offers(asked, now=request.now)
    ]
    return render(
        request,
        "citizen/start.html",
        {
            "application": asked,
            "form": form,
            "days": days,
            "offers": offers,
            "months": facts.terms.months,
            "steps": steps(asked),
            "step": _START,
        },
    )


def typed_day(request: PartyRequest) -> dict[str, str]:
    """Return the day that was typed before somebody had to log in again."""
    before = typed(request)
    parts = [before.get(f"start_{part}", "") for part in ("year", "month", "day")]
    return {"start": "-".join(parts)} if all(parts) else {}


@party()
@require_safe
def permit(request: PartyRequest, permit_id: UUID) -> HttpResponse:
    """Show a permit: whether it is valid today, for what, where and until when."""
    return _permit(request, permission.permit_of(request.party, permit_id))


def _permit(request: PartyRequest, held: Permit, form: AnswerForm | None = None) -> HttpResponse:
    today = danish_day(request.now)
    paid = held.stands is permit_law.State.ACTIVE
    valid = held.is_valid_on(today)
    where = zones.validity(held.zone, max(held.days.start, today))
    address = f"{settings.PORTAL_ADDRESS}{reverse('permit', kwargs={'permit_id': held.id})}"
    asked = recheck.asked_about(held)
    form = form or (AnswerForm(initial=typed(request)) if asked else None)
    return render(
        request,
        "citizen/permit.html",
        {
            "permit": held,
            "asked": asked,
            "form": form,
            "valid": valid,
            "later": paid and today < held.days.start,
            "where": where,
            "map": zone_map.box_of([held.zone, *(zone.code for zone in where.after_hours)]),
            "caution": held.application.caution,
            "line": held.application.lines.select_related("order").filter(permit=held).first(),
            "renewable": life.renewable(held, now=request.now),
            "can_end": permit_law.Step.END in permit_law.COURSE.steps(held.stands, Actor.PARTY)
            and today <= held.last_day,
            "qr": segno.make(address, micro=False).svg_data_uri(scale=4),
            "today": today,
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@party(form_of="permit")
@require_POST
def answer(request: PartyRequest, permit_id: UUID) -> HttpResponse:
    """Take what somebody says who is heard about their permit."""
    held = permission.permit_of(request.party, permit_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _permit(request, held, form)
    recheck.answer(request.party, held, text=form.cleaned_data["text"], now=request.now)
    return redirect("permit", permit_id=held.id)


@party(form_of="permit")
@require_POST
def renew(request: PartyRequest, permit_id: UUID) -> HttpResponse:
    """Renew in one click: to the summary if nothing has changed, else to what has."""
    held = permission.permit_of(request.party, permit_id)
    if not life.renewable(held, now=request.now):
        return redirect("permit", permit_id=held.id)
    asked = life.renew(request.outside, request.party, held, now=request.now)
    if asked.stands is law.State.IN_BASKET and not asked.changes:
        return redirect("summary")
    return redirect("application", application_id=asked.id)


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: PartyRequest, permit_id: UUID) -> HttpResponse:
    """End a permit, after showing from when it is void and what is paid back."""
    held = permission.permit_of(request.party, permit_id)
    permit_law.COURSE.after(held.stands, Actor.PARTY, permit_law.Step.END)
    if request.method == "POST":
        life.end(held, because="the party asked", now=request.now)
        return redirect("permit", permit_id=held.id)
    today = danish_day(request.now)
    return render(
        request,
        "citizen/end.html",
        {
            "permit": held,
            "today": today,
            "begun": today >= held.days.start,
            "back": life.refund_if_ended(held, on=today),
            "zone_name": zones.names(today).get(held.zone, held.zone),
        },
    )
