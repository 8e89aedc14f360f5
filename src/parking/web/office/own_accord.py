"""Annulling of our own accord: one charge from its page, or all of a street by four eyes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import casework, charge_wording, complaint_wording, own_accord, wording
from parking.actions import charge as charges
from parking.actions import staff as actions
from parking.actions.complaint_letters import Words
from parking.law.charge import ChargeNumber, spaced
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import DENMARK, danish_day
from parking.law.money import Money
from parking.law.own_accord import LIMITS, Selection, State, Step, Wrong, WrongSelection
from parking.law.staff import Right
from parking.records.charge import Charge
from parking.records.offence import known_codes
from parking.records.own_accord import OwnAccordAnnulment, OwnAccordCharge
from parking.web.office.door import StaffRequest, page, staff
from parking.web.widgets import DayInput

_LONGEST_REASONS: Final = 4000
_MOST_CODES: Final = 20
_YEARS: Final = range(2000, 2101)
#: So many charges are listed, and so many annulments.
_LISTED: Final = 50

_OUTCOMES: Final = {
    OwnAccordCharge.Outcome.WAITING: gettext_lazy("Venter"),
    OwnAccordCharge.Outcome.ANNULLED: gettext_lazy("Annulleret"),
    OwnAccordCharge.Outcome.OVER: gettext_lazy("Sprunget over: der var ikke mere at annullere"),
    OwnAccordCharge.Outcome.DISAGREES: gettext_lazy("Sprunget over: kontoen passer ikke"),
}
_WRONG: Final = {
    Wrong.NO_STREET: ("street", gettext_lazy("Skriv vejens navn.")),
    Wrong.BACKWARDS: ("until", gettext_lazy("Sluttiden skal ligge efter starttiden.")),
    Wrong.TOO_LONG: ("until", gettext_lazy("Vælg højst to år ad gangen.")),
    Wrong.HOUSES: (
        "last_house",
        gettext_lazy("Skriv både det første og det sidste husnummer, det laveste først."),
    ),
}


class WhyForm(forms.Form):
    """Why something is annulled, and the words of the letters."""

    use_required_attribute = False

    reason = forms.ChoiceField(
        label=gettext_lazy("Hvorfor bliver der annulleret?"),
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("Vælg, hvorfor der bliver annulleret.")
        ),
    )
    text = forms.CharField(
        label=gettext_lazy("Begrundelse"),
        help_text=gettext_lazy("Teksten kommer med i brevene."),
        max_length=_LONGEST_REASONS,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": gettext_lazy("Skriv din begrundelse.")},
    )
    english = forms.CharField(
        label=gettext_lazy("Begrundelse på engelsk"),
        help_text=gettext_lazy("Til dem, der får breve på engelsk. Ellers får de den danske."),
        max_length=_LONGEST_REASONS,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    #: What is not offered: it cannot be why.
    never: ClassVar[tuple[AnnulmentReason, ...]] = ()

    def __init__(self, *given: Any, **named: Any) -> None:
        """Offer every reason that there can be."""
        super().__init__(*given, **named)
        possible = [each for each in AnnulmentReason if each not in self.never]
        reasons = [(each.value, complaint_wording.reason(each)) for each in possible]
        self.fields["reason"].choices = [("", _("Vælg")), *reasons]  # type: ignore[attr-defined]

    def why(self) -> own_accord.Why:
        """Return what was filled in."""
        said = self.cleaned_data
        return own_accord.Why(AnnulmentReason(said["reason"]), Words(said["text"], said["english"]))


def _in_our_time(day: date) -> None:
    """Refuse what is no year of a charge; at the edge of the calendar no day comes after."""
    if day.year not in _YEARS:
        raise forms.ValidationError(_("Skriv et år mellem 2000 og 2100."))


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=DayInput,
        validators=[_in_our_time],
        error_messages={
            "required": gettext_lazy("Skriv en dato."),
            "invalid": gettext_lazy("Skriv en dato, der findes."),
        },
    )


def _time(label: Any, hint: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=hint,
        required=False,
        input_formats=["%H.%M", "%H:%M"],
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Skriv klokkeslættet som 14.30.")},
    )


class SelectionForm(WhyForm):
    """Which charges are annulled, and why."""

    #: Many are never one dead person's, and nobody writes to the dead.
    never = (AnnulmentReason.DECEASED,)

    street = forms.CharField(
        label=gettext_lazy("Vej"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Skriv vejens navn.")},
    )
    first_house = forms.IntegerField(
        label=gettext_lazy("Fra husnummer"), required=False, min_value=1, max_value=9999
    )
    last_house = forms.IntegerField(
        label=gettext_lazy("Til husnummer"), required=False, min_value=1, max_value=9999
    )
    since = _day(gettext_lazy("Fra dag"))
    since_time = _time(
        gettext_lazy("Fra klokken"), gettext_lazy("Står feltet tomt, gælder hele dagen.")
    )
    until = _day(gettext_lazy("Til og med dag"))
    until_time = _time(
        gettext_lazy("Indtil klokken"), gettext_lazy("Står feltet tomt, gælder hele dagen.")
    )
    codes = forms.CharField(
        label=gettext_lazy("Forseelser"),
        help_text=gettext_lazy(
            "Koder med komma imellem, for eksempel 05a, 40a. Står feltet tomt, er det alle."
        ),
        required=False,
        max_length=1000,
    )
    field_order: Final = (  # type: ignore[misc]  # Django's own is a class's too
        *("street", "first_house", "last_house", "since", "since_time", "until", "until_time"),
        *("codes", "reason", "text", "english"),
    )

    def clean_codes(self) -> tuple[str, ...]:
        """Read the codes, each of which there must be."""
        typed = re.split(r"[\s,;]+", self.cleaned_data["codes"].lower())
        codes = tuple(dict.fromkeys(each for each in typed if each))
        if len(codes) > _MOST_CODES:
            said = {"most": _MOST_CODES, "code": codes[_MOST_CODES]}
            raise forms.ValidationError(
                _("Skriv højst %(most)s koder. %(code)s er en for meget.") % said
            )
        if unknown := sorted(set(codes) - known_codes(codes)):
            said = {"code": ", ".join(unknown)}
            raise forms.ValidationError(_("Der er ingen forseelse med koden %(code)s.") % said)
        return codes

    def clean(self) -> dict[str, Any]:
        """Read the selection, which must not contradict itself."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        needed = {"street", "first_house", "last_house", "codes"}
        needed |= {"since", "since_time", "until", "until_time"}
        if needed & self.errors.keys():
            return said
        try:
            said["selection"] = Selection(
                street=" ".join(said["street"].split()),
                first_house=said["first_house"],
                last_house=said["last_house"],
                since=_moment(said["since"], said["since_time"]),
                until=_moment(said["until"], said["until_time"], whole_day=True),
                codes=said["codes"],
            )
        except WrongSelection as wrong:
            self.refuse(wrong.why)
        return said

    def refuse(self, why: Wrong) -> None:
        """Say what is wrong with the selection, at the field it is about."""
        self.add_error(*_WRONG[why])


def _moment(day: date, clock: time | None, *, whole_day: bool = False) -> datetime:
    """Return the moment that was typed; without a time the day's beginning, or its end."""
    if clock is None and whole_day:
        return datetime.combine(day + timedelta(days=1), time(), DENMARK)
    return datetime.combine(day, clock or time(), DENMARK)


# Many at once


@staff(Right.DECIDE)
@require_safe
def annulments(request: StaffRequest) -> HttpResponse:
    """List what was proposed of late, what waits for somebody first."""
    rows = [
        {
            "annulment": each,
            "what": _in_short(each),
            "state": complaint_wording.own_accord_state(each.stands),
        }
        for each in own_accord.recent(most=_LISTED)
    ]
    return page(request, "office/own-accord-all.html", {"rows": rows})


def _in_short(found: OwnAccordAnnulment) -> str:
    if found.street:
        return found.street
    number = found.charges.values_list("charge__number", flat=True).get()
    return _("En enkelt afgift, %(number)s") % {"number": spaced(ChargeNumber(number))}


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest) -> HttpResponse:
    """Ask which charges and why, show what that comes to, and propose just what was shown."""
    form = SelectionForm(request.POST or None)
    seen = _seen(request, form) if request.method == "POST" and form.is_valid() else None
    is_other = False
    if seen is not None and seen.count and "propose" in request.POST:
        shown = request.POST.get("shown", "")
        selection, worker = form.cleaned_data["selection"], request.staff.staff
        try:
            row = own_accord.propose(worker, selection, form.why(), shown=shown, now=request.now)
        except casework.ChangedMeanwhile:
            is_other = True
        else:
            return redirect("office-own-accord", annulment_id=row.id)
    context = {"form": form, "is_other": is_other, **(_shown(request, seen) if seen else {})}
    return page(request, "office/own-accord-new.html", context, status=422 if form.errors else 200)


def _seen(request: StaffRequest, form: SelectionForm) -> own_accord.Preview | None:
    """Return what was selected; ``None`` if the form says what is wrong with it."""
    try:
        return own_accord.preview(
            request.staff.staff, form.cleaned_data["selection"], now=request.now
        )
    except WrongSelection as wrong:
        form.refuse(wrong.why)
    except own_accord.TooMany:
        most = LIMITS.on(danish_day(request.now)).most
        said = _("Det er flere end %(count)s afgifter. Vælg en kortere tid.") % {"count": most}
        form.add_error("until", said)
    except casework.OwnCase:
        form.add_error(None, _("En af afgifterne er din egen. Lad en kollega foreslå det."))
    return None


def _shown(request: StaffRequest, seen: own_accord.Preview) -> dict[str, Any]:
    """Return what is shown of a preview; that its first charges were seen is on record."""
    first = seen.chosen[:_LISTED]
    _note(request, [each.charge for each in first])
    return {
        "seen": seen,
        "states": [
            (charge_wording.state_in_office(stands).text, count)
            for stands, count in seen.by_state()
        ],
        "rows": [_row(each.charge, each.owed, each.back) for each in first],
        "takes_two": own_accord.takes_two(seen, now=request.now),
        "waiting": own_accord.waiting_with(seen),
    }


def _note(request: StaffRequest, listed: Iterable[Charge]) -> None:
    purpose = _("Annullering af flere afgifter")
    actions.note_charges(request.staff, list(listed), purpose=purpose, now=request.now)


def _row(charge: Charge, owed: Money, back: Money, outcome: str = "") -> dict[str, Any]:
    place = charges.answer_of(charge).place
    return {
        "charge": charge,
        "place": f"{place.street} {place.house_number}".strip(),
        "state": charge_wording.state_in_office(charges.stands(charge)).text,
        "owed": owed,
        "back": back,
        "outcome": outcome,
    }


class AnswerForm(forms.Form):
    """A colleague's yes or no to what was proposed."""

    use_required_attribute = False

    step = forms.ChoiceField(
        label=gettext_lazy("Hvad gør du?"),
        widget=forms.RadioSelect,
        choices=(
            (Step.APPROVE.value, gettext_lazy("Godkend, så afgifterne bliver annulleret")),
            (Step.REJECT.value, gettext_lazy("Afvis")),
        ),
        error_messages={"required": gettext_lazy("Vælg, hvad du gør.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Hvorfor afviser du?"),
        help_text=gettext_lazy("Skal udfyldes, når du afviser. Der går ikke noget brev."),
        max_length=_LONGEST_REASONS,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the reasons of a no."""
        said = super().clean() or {}
        if said.get("step") == Step.REJECT.value and not said.get("text", "").strip():
            self.add_error("text", _("Skriv din begrundelse."))
        return said


@staff(Right.DECIDE)
@require_safe
def annulment(request: StaffRequest, annulment_id: UUID) -> HttpResponse:
    """Show what was proposed, what was answered, and how far it has come."""
    return _annulment(request, annulment_id)


def _annulment(
    request: StaffRequest, annulment_id: UUID, form: AnswerForm | None = None
) -> HttpResponse:
    found = own_accord.annulment_for(request.staff.staff, annulment_id)
    rows = own_accord.charges_of(found, most=_LISTED)
    _note(request, [each.charge for each in rows])
    may = own_accord.may_do(request.staff.staff, found)
    return page(
        request,
        "office/own-accord.html",
        {
            "annulment": found,
            "what": list(_selected(found)),
            "reason": complaint_wording.reason(AnnulmentReason(found.reason)),
            "state": complaint_wording.own_accord_state(found.stands),
            "is_running": found.stands is State.APPROVED,
            "progress": own_accord.progress(found)
            if found.stands in {State.APPROVED, State.DONE}
            else None,
            "rows": [
                _row(
                    each.charge,
                    each.owed,
                    each.back,
                    str(_OUTCOMES[OwnAccordCharge.Outcome(each.outcome)]),
                )
                for each in rows
            ],
            "form": form or (AnswerForm() if Step.APPROVE in may else None),
            "may_withdraw": Step.WITHDRAW in may,
        },
        status=422 if form is not None else 200,
    )


def _selected(found: OwnAccordAnnulment) -> Iterator[tuple[str, str]]:
    """Yield what was selected, by what it is called."""
    if not found.street:
        return
    yield _("Vej"), found.street
    if found.first_house is not None:
        yield _("Husnumre"), f"{found.first_house}–{found.last_house}"
    if found.since is not None and found.until is not None:
        yield _("Fra"), wording.moment(found.since)
        yield _("Indtil"), wording.moment(found.until)
    yield _("Forseelser"), ", ".join(found.codes) or _("Alle")


@staff(Right.DECIDE)
@require_POST
def answer(request: StaffRequest, annulment_id: UUID) -> HttpResponse:
    """Approve, reject or withdraw what was proposed."""
    worker, now = request.staff.staff, request.now
    if request.POST.get("step") == Step.WITHDRAW.value:
        own_accord.answer(worker, annulment_id, Step.WITHDRAW, text="", now=now)
        return redirect("office-own-accord", annulment_id=annulment_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _annulment(request, annulment_id, form)
    step, text = Step(form.cleaned_data["step"]), form.cleaned_data["text"]
    own_accord.answer(worker, annulment_id, step, text=text.strip(), now=now)
    return redirect("office-own-accord", annulment_id=annulment_id)


# One charge


@staff(Right.DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def annul_charge(request: StaffRequest, charge_id: UUID) -> HttpResponse:
    """Annul one charge from its own page, at once where one case worker may."""
    worker = request.staff.staff
    found = casework.charge_for(worker, charge_id)
    actions.look_at_charge(request.staff, found, now=request.now)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = own_accord.annul_one(worker, found, form.why(), now=request.now)
        if row.stands is State.APPROVED:
            own_accord.carry_out(request.outside, only=row, now=request.now)
            row.refresh_from_db()
        if row.stands is not State.DONE:  # it waits for a colleague, or for the charge system
            return redirect("office-own-accord", annulment_id=row.id)
        return redirect("office-charge", charge_id=found.id)
    seen = own_accord.preview_of(worker, found)
    return page(
        request,
        "office/own-accord-one.html",
        {
            "form": form,
            "charge": found,
            "seen": seen,
            "takes_two": own_accord.takes_two(seen, now=request.now),
            "waiting": own_accord.waiting_with(seen),
        },
        status=422 if form.errors else 200,
    )
