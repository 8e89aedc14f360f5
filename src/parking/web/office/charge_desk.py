"""What the office shows of a charge, and the cases about one of which nobody has complained.

In those a machine has seen that the charge is wrong, for a reason that only a case worker may act
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from parking.actions import (
    casework,
    charge_wording,
    complaint_wording,
    complaint_work,
    complaints_elsewhere,
    evidence,
    plans_elsewhere,
    progress,
    wording,
)
from parking.actions import charge as charges
from parking.actions import staff as actions
from parking.actions.permission import NotYours
from parking.actions.plan_progress import progress_of
from parking.law import case as law
from parking.law.charge import ChargeNumber, Hold
from parking.law.charge import spaced as spaced_number
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.law.evidence import Ground
from parking.law.plates import Plate, spaced
from parking.law.reasoning import Answer, Finding
from parking.law.staff import Right
from parking.ports import NotFound, PortError, Unavailable
from parking.ports.charges import ChargeAnswer
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeCheck
from parking.records.staff import Staff
from parking.web.office import desk, stops
from parking.web.office.door import StaffRequest, page, staff

_LONGEST_REASONS: Final = 4000


def shown(
    request: StaffRequest, charge: Charge, kept: ChargeCheck | None, case: Case | None = None
) -> dict[str, Any]:
    """Return all that the page of *case* shows of *charge*, or that of the charge itself."""
    told = charges.answer_of(charge)
    return {
        **of(charge, kept, now=request.now),
        **stops.offered(request, charge, case),
        "photos": list(_photos(request, charge, case, told.images)),
        "plan": _plan(charge, request.now),
        "plan_elsewhere": plans_elsewhere.of(request.outside, charge, on=danish_day(request.now)),
        "sent": list(_sent(charge, told, case)),
    }


def of(charge: Charge, kept: ChargeCheck | None, *, now: datetime) -> dict[str, Any]:
    """Return what is known here of *charge*, and of what a machine has seen of it."""
    told = charges.answer_of(charge)
    will = not charge.has_annulments and evidence.will_be_annulled(charge, kept) is not None
    return {
        "charge": charge,
        "told": told,
        "offences": charge_wording.offences(told),
        "valves": charge_wording.valves(told.observation.valves),
        "charge_state": charge_wording.state_in_office(
            charges.stands(charge), will_be_annulled=will, is_late=progress.is_late(charge, now=now)
        ),
        "account": charge_wording.account(charges.account(charge), charges.paid_here(charge)),
        "balance": charges.balance_if_known(charge),
        "elsewhere": [
            {"complaint": each, "state": complaints_elsewhere.state(each)}
            for each in complaints_elsewhere.known(charge)
        ],
        "holders": list(_holders(charge)),
        "holds": [
            {
                "text": charge_wording.hold(Hold(each.hold)),
                "pause": each,
                "by": _who(each.by) if each.begun else "",
                "lifted_by": _who(each.lifted_by) if each.lifted else "",
            }
            for each in sorted(charge.pauses.all(), key=lambda each: each.since)
        ],
        "check": kept and _checked(kept),
    }


def in_short(charge: Charge) -> str:
    """Return which charge it is: its number and the plate."""
    told = {
        "number": spaced_number(ChargeNumber(charge.number)),
        "plate": spaced(Plate(charge.plate)),
    }
    return _("Afgift %(number)s (%(plate)s)") % told


def _who(staff: Staff | None) -> str:
    """Return who made a stop, or lifted it; nobody is told of those in the charge system."""
    return staff.name if staff is not None else _("afgiftssystemet")


def _holders(charge: Charge) -> Iterator[dict[str, Any]]:
    """Yield who was registered for the vehicle, by what and when; the number is masked."""
    for each in charge.holders.order_by("since"):
        number = each.number
        yield {
            "relation": _("Ejer") if each.relation == "owner" else _("Bruger"),
            "number": f"{number[:6]}-••••" if each.kind == "person" else number,
            "since": each.since,
            "until": each.until,
        }


def _photos(
    request: StaffRequest, charge: Charge, case: Case | None, images: int
) -> Iterator[dict[str, Any]]:
    """Yield where each photograph is to be had, and what it shows as far as that is told now.

    By the address is seen whether whoever asks has opened *case*, or the charge itself.
    """
    described = {}
    if images:
        with suppress(PortError):
            told = request.outside.charges.images(charge.source_id)
            described = {each.number: each for each in told}
    for number in range(1, images + 1):
        if case is None:
            url = reverse("office-photo", kwargs={"charge_id": charge.id, "number": number})
        else:
            url = reverse("office-charge-photo", kwargs={"case_id": case.id, "number": number})
        yield {"number": number, "url": url, "told": described.get(number)}


def _plan(charge: Charge, now: datetime) -> dict[str, Any] | None:
    """Return how the newest plan that *charge* was ever in stands, if there is one."""
    rows = charge.instalments.all()
    if not rows:
        return None
    plan = max((row.plan for row in rows), key=lambda each: each.agreed)
    so_far = progress_of(plan)
    return {
        "plan": plan,
        "state": charge_wording.plan_state(plan.stands),
        "instalments": so_far.instalments,
        "left": so_far.remainder,
        "left_here": so_far.left_on(charge),
        "next": so_far.left[0][1] if so_far.is_kept and so_far.left else None,
        "last_day": so_far.last_day if so_far.is_kept else None,
        "broken_and_owed": so_far.is_broken_and_owed,
        "waits": so_far.waits(on=danish_day(now)),
    }


def _sent(charge: Charge, told: ChargeAnswer, case: Case | None) -> Iterator[dict[str, Any]]:
    """Yield what was written about *charge*: by the charge system, and by us with how it went.

    The letters of *case* are not among them: its own page has them.
    """
    ours = charge.letters.defer("pdf", "addressee_sealed").order_by("written")
    mine = {f"letter-{each.id}": each for each in ours}
    for each in told.letters:
        if each.reference not in mine:
            said = charge_wording.letter(each.kind, each.subject)
            yield {"at": each.sent, "subject": said, "letter": None}
    for letter in mine.values():
        if case is not None and letter.case_id == case.id:
            continue
        said = charge_wording.letter(letter.kind, letter.subject, letter.language)
        yield {"at": letter.written, "subject": said, "letter": letter}


def _checked(kept: ChargeCheck) -> dict[str, Any]:
    """Return what a machine saw, in words."""
    answers = {
        Answer.YES.value: _("Ja"),
        Answer.NO.value: _("Nej"),
        Answer.OPEN.value: _("Ved vi ikke endnu"),
    }
    grounds = []
    for name, stored in kept.finding.items():
        finding = Finding.from_json(stored)
        awaited = ", ".join(wording.supplier(who) for who in finding.awaited())
        grounds.append(
            {
                "text": complaint_wording.ground(Ground(name)),
                "answer": answers[finding.answer.value],
                "awaited": awaited,
            }
        )
    return {
        "row": kept,
        "is_yes": kept.answer == Answer.YES.value,
        "reason": complaint_wording.reason(AnnulmentReason(kept.reason)) if kept.reason else "",
        "shown": [complaint_wording.evidence(each) for each in kept.shown],
        "grounds": grounds,
    }


@staff(Right.READ)
@require_safe
def photo(request: StaffRequest, case_id: UUID, number: int) -> HttpResponse:
    """Send one of the warden's photographs."""
    found = casework.case_for(request.staff.staff, case_id)
    charge = found.charged
    actions.look(request.staff, found, now=request.now, saw=actions.PHOTO)
    return picture(request, charge, number)


def picture(request: StaffRequest, charge: Charge, number: int) -> HttpResponse:
    """Return one of the warden's photographs, streamed through us and kept by nobody.

    :raises NotYours: if there is no such photograph.
    """
    try:
        content_type, content = request.outside.charges.image(charge.source_id, number)
    except NotFound:
        raise NotYours("photo") from None
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'inline; filename="{charge.number}-{number}.jpg"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


class SettleForm(forms.Form):
    """Whether the machine is right, and why."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    step = forms.ChoiceField(
        label=gettext_lazy("Hvad gør du?"),
        widget=forms.RadioSelect,
        choices=(
            (law.Step.DECIDE.value, gettext_lazy("Annuller afgiften")),
            (law.Step.REFUSE.value, gettext_lazy("Lad afgiften stå")),
        ),
        error_messages={"required": gettext_lazy("Vælg, hvad du gør.")},
    )
    text = forms.CharField(
        label=gettext_lazy("Begrundelse"),
        max_length=_LONGEST_REASONS,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": gettext_lazy("Skriv din begrundelse.")},
    )


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show the charge, and what the machine has seen."""
    return _case(request, found)


def _case(request: StaffRequest, found: Case, form: SettleForm | None = None) -> HttpResponse:
    charge = found.charged
    kept = ChargeCheck.objects.filter(charge=charge).exclude(reason="").order_by("-at").first()
    works = desk.has_it(request, found) and found.stands is law.State.TAKEN
    return page(
        request,
        "office/finding.html",
        {
            **desk.around(request, found),
            **shown(request, charge, kept or evidence.newest(charge), found),
            "form": form or (SettleForm(initial={"version": found.version}) if works else None),
        },
        status=422 if form is not None else 200,
    )


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Annul the charge as the machine proposes, or let it stand."""
    actions.look(request.staff, found, now=request.now)
    version = desk.as_shown(request, found)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _case(request, found, form)
    try:
        complaint_work.settle_finding(
            request.outside,
            request.staff.staff,
            found,
            annul=form.cleaned_data["step"] == law.Step.DECIDE.value,
            reasons=form.cleaned_data["text"],
            version=version,
            now=request.now,
        )
    except Unavailable:
        form.add_error(None, _("Afgiftssystemet svarer ikke, så intet er gemt. Prøv igen om lidt."))
        return _case(request, found, form)
    return redirect("office-case", case_id=found.id)
