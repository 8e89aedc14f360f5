"""Stopping the collection of a charge, and lifting a stop: from its own page, or from a case."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from parking.actions import casework, stops, wording
from parking.actions import staff as actions
from parking.law.course import StepNotAllowed
from parking.law.days import Period, danish_day
from parking.law.staff import Right
from parking.records.case import Case
from parking.records.charge import Charge
from parking.web.office.door import StaffRequest, page, staff
from parking.web.widgets import DayInput


class StopForm(forms.Form):
    """Until when the collection is stopped, and why."""

    use_required_attribute = False

    known = forms.IntegerField(widget=forms.HiddenInput)
    until = forms.DateField(
        label=_("Hvilken dag skal opkrævningen gå videre?"),
        widget=DayInput,
        error_messages={
            "required": _("Skriv den dag, opkrævningen skal gå videre."),
            "invalid": _("Skriv en dato, der findes."),
        },
    )
    reason = forms.CharField(
        label=_("Hvorfor stopper du den?"),
        help_text=_("Borgeren ser ikke din begrundelse på sin side."),
        max_length=stops.LONGEST_REASON,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": _("Skriv, hvorfor du stopper opkrævningen.")},
    )

    def __init__(self, days: Period, *given: Any, **named: Any) -> None:
        """Let it end on one of *days*."""
        super().__init__(*given, **named)
        self._days = days
        assert days.last_day is not None
        self._last = {"day": wording.day(days.last_day)}
        self.fields["until"].help_text = (
            gettext("Senest %(day)s. Borgeren kan se dagen.") % self._last
        )

    def clean_until(self) -> date:
        """Refuse a day on which it cannot end."""
        until: date = self.cleaned_data["until"]
        if until not in self._days:
            raise forms.ValidationError(
                gettext("Vælg en dag efter i dag, og senest %(day)s.") % self._last
            )
        return until


def offered(request: StaffRequest, charge: Charge, case: Case | None) -> dict[str, Any]:
    """Return what the page of *case*, or of *charge* itself, offers to do about its collection."""
    if Right.DECIDE not in request.staff.rights:
        return {}
    standing = stops.standing(charge, now=request.now)
    may = standing is None and stops.may_stop(charge, now=request.now)
    return {
        "standing": standing,
        "stop_url": _address("stop", charge, case) if may else "",
        "lift_url": _address("lift", charge, case) if standing else "",
    }


def _address(step: str, charge: Charge, case: Case | None) -> str:
    if case is None:
        return reverse(f"office-charge-{step}", kwargs={"charge_id": charge.id})
    return reverse(f"office-case-{step}", kwargs={"case_id": case.id})


def _back(charge: Charge, case: Case | None) -> HttpResponse:
    name, kwargs = ("office-charge", {"charge_id": charge.id})
    if case is not None:
        name, kwargs = ("office-case", {"case_id": case.id})
    return HttpResponseRedirect(reverse(name, kwargs=kwargs))


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def stop_charge(request: StaffRequest, charge_id: UUID) -> HttpResponse:
    """Stop the collection of a charge that has been opened by itself."""
    return _stop(request, *_opened(request, charge_id))


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def stop_case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Stop the collection of the charge that a case is about."""
    return _stop(request, *_in_case(request, case_id))


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def lift_charge(request: StaffRequest, charge_id: UUID) -> HttpResponse:
    """Lift the stop of a charge that has been opened by itself."""
    return _lift(request, *_opened(request, charge_id))


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def lift_case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Lift the stop of the charge that a case is about."""
    return _lift(request, *_in_case(request, case_id))


def _opened(request: StaffRequest, charge_id: UUID) -> tuple[Charge, Case | None]:
    charge = casework.charge_for(request.staff.staff, charge_id)
    actions.look_at_charge(request.staff, charge, now=request.now)
    return charge, None


def _in_case(request: StaffRequest, case_id: UUID) -> tuple[Charge, Case | None]:
    case = casework.case_for(request.staff.staff, case_id)
    charge = case.charged
    actions.look(request.staff, case, now=request.now)
    return charge, case


def _stop(request: StaffRequest, charge: Charge, case: Case | None) -> HttpResponse:
    known = {"known": len(stops.made_here(charge))}
    form = StopForm(stops.can_end(charge, now=request.now), request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        stops.stop(request.staff.staff, charge, **form.cleaned_data, now=request.now)
        return _back(charge, case)
    if not stops.may_stop(charge, now=request.now):
        raise StepNotAllowed(charge.number)
    return page(
        request,
        "office/charge-stop.html",
        {"form": form, "charge": charge, "back": _back(charge, case)["Location"]},
        status=422 if form.is_bound else 200,
    )


def _lift(request: StaffRequest, charge: Charge, case: Case | None) -> HttpResponse:
    """Say until when whoever has the charge must pay once its stop is lifted; then lift it."""
    if request.method != "POST":
        return _ask_to_lift(request, charge, case)
    text = request.POST.get("stop", "")
    shown = int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004 - of a bigint
    stops.lift(request.staff.staff, charge, shown, now=request.now)
    return _back(charge, case)


def _ask_to_lift(request: StaffRequest, charge: Charge, case: Case | None) -> HttpResponse:
    standing = stops.standing(charge, now=request.now)
    if standing is None:
        raise casework.ChangedMeanwhile(charge.number)
    today = danish_day(request.now)
    return page(
        request,
        "office/charge-lift.html",
        {
            "charge": charge,
            "standing": standing,
            "due": stops.last_day_once_lifted(charge, standing, now=request.now),
            "is_of_today": standing.since == today,
            "back": _back(charge, case)["Location"],
        },
    )
