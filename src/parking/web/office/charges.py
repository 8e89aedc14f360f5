"""A charge by itself, found by its number or plate: opened with a purpose, and only read."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parking.actions import casework, complain, complaint_wording, evidence, wording
from parking.actions import staff as actions
from parking.actions.charge import stands
from parking.law.charge import COURSE, ChargeNumber, Step, spaced
from parking.law.course import Actor
from parking.law.staff import Right
from parking.web.office import charge_desk
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import ChargePurposeForm


@staff(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def open_charge(request: StaffRequest, charge_id: UUID) -> HttpResponse:
    """Ask why the charge is opened, before anything of it is shown."""
    found = casework.charge_for(request.staff.staff, charge_id)
    number = spaced(ChargeNumber(found.number))
    usual = _("Spørgsmål om afgift %(number)s") % {"number": number}
    purpose = actions.searched_for(request.staff, found) or usual
    form = ChargePurposeForm(request.POST or None, initial={"purpose": purpose})
    if request.method == "POST" and form.is_valid():
        actions.open_charge(request.staff, found, form.cleaned_data["purpose"])
        return redirect("office-charge", charge_id=found.id)
    return page(request, "office/charge-open.html", {"form": form, "charge": found})


@staff(Right.READ)
@require_safe
def charge(request: StaffRequest, charge_id: UUID) -> HttpResponse:
    """Show a charge to somebody who has said why; the look is on record."""
    found = casework.charge_for(request.staff.staff, charge_id)
    actions.look_at_charge(request.staff, found, now=request.now)
    return page(
        request,
        "office/charge.html",
        {
            **charge_desk.shown(request, found, evidence.newest(found)),
            "purpose": actions.purpose_of(request.staff, found),
            "complaints": [
                {
                    "received": complaint_wording.complained(each),
                    "state": complaint_wording.state_in_office(each.stands),
                }
                for each in found.complaints.exclude(received=None).order_by("received")
            ],
            "cases": [
                {
                    "case": each,
                    "kind": wording.case_kind(each.about),
                    "state": wording.state(each.stands),
                }
                for each in casework.cases_about(found)
            ],
            "may_register": Right.DECIDE in request.staff.rights and complain.may_begin(found),
            "may_annul": Right.DECIDE in request.staff.rights
            and (Actor.CASE_WORKER, Step.ANNUL) in COURSE.table[stands(found)],
        },
    )


@staff(Right.READ)
@require_safe
def photo(request: StaffRequest, charge_id: UUID, number: int) -> HttpResponse:
    """Send one of the warden's photographs."""
    found = casework.charge_for(request.staff.staff, charge_id)
    actions.look_at_charge(request.staff, found, now=request.now, saw=actions.PHOTO)
    return charge_desk.picture(request, found, number)
