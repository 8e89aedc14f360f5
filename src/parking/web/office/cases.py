"""The queue, the search, and one case of any kind: opening it, taking it, putting it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import casework, charge_wording, own_accord, progress, wording
from parking.actions import staff as actions
from parking.actions.charge import stands
from parking.law import case as law
from parking.law.days import danish_day
from parking.law.staff import Right
from parking.records.case import Case
from parking.records.charge import Charge
from parking.web.office import applications, changed, charge_desk, complaints, maps, unplaced_money
from parking.web.office.desk import Desk, version_of
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import PurposeForm, SearchForm

_ON_A_PAGE = 50
#: Who shows the cases about each subject.
_DESKS: Final[Mapping[law.Subject, Desk]] = {
    law.Subject.APPLICATION: Desk(applications.show, applications.work),
    law.Subject.ZONE_VERSION: Desk(maps.show, maps.work),
    law.Subject.COMPLAINT: Desk(complaints.show, complaints.work),
    law.Subject.CHARGE: Desk(charge_desk.show, charge_desk.work),
    law.Subject.PERMIT: Desk(changed.show, changed.work),
    law.Subject.UNPLACED_MONEY: Desk(unplaced_money.show, unplaced_money.work),
}
_UNFINISHED = [state.value for state in law.UNFINISHED]
_SOON = timedelta(days=3)
#: What the queue shows of a case, read with it.
_SHOWN: Final = (
    *("taken_by", "unplaced_money__charge", "unplaced_money__entry"),
    *("complaint__charge", "charge"),
)

# The queue


@staff(Right.READ)
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Show what waits, the oldest first; nobody's name is in it."""
    chosen = {name: request.GET.get(name, "") for name in ("kind", "state", "mine")}
    cases = casework.not_ones_own(request.staff.staff, _cases())
    cases = cases.filter(state=chosen["state"]) if chosen["state"] else cases.filter(
        state__in=_UNFINISHED
    )  # fmt: skip
    if chosen["kind"]:
        cases = cases.filter(kind=chosen["kind"])
    if chosen["mine"]:
        cases = cases.filter(taken_by=request.staff.staff)
    pages = Paginator(cases.order_by("opened"), _ON_A_PAGE)
    today = danish_day(request.now)
    shown = pages.get_page(request.GET.get("page"))
    return page(
        request,
        "office/queue.html",
        {
            "cases": [
                {
                    "case": each,
                    "kind": wording.case_kind(each.about),
                    "which": _which(each),
                    "state": wording.state(each.stands),
                    "late": each.stands in law.UNFINISHED and each.due < today,
                    "soon": each.due < today + _SOON,
                }
                for each in shown
            ],
            "page": shown,
            "to_answer": own_accord.to_answer(request.staff.staff)
            if Right.DECIDE in request.staff.rights
            else 0,
            "chosen": chosen,
            "kinds": [(kind.value, wording.case_kind(kind)) for kind in law.Kind],
            "states": [(state.value, wording.state(state)) for state in law.State],
        },
    )


def _cases() -> QuerySet[Case]:
    """Return the cases with what is shown of each, and not all that was told of its charge."""
    told = ("complaint__charge__told", "charge__told")
    return Case.objects.select_related(*_SHOWN).defer(*told)


def _which(found: Case) -> str:
    """Return which money or which charge a case is about, if it is about one."""
    if found.unplaced_money:
        return unplaced_money.in_short(found.money)
    charge = found.complaint.charge if found.complaint else found.charge
    return charge_desk.in_short(charge) if charge else ""


@staff(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Find cases and charges by number or plate, with a purpose; each one found is on record."""
    form = SearchForm(request.POST or None)
    found: list[Case] | None = None
    charges: list[Charge] = []
    if request.method == "POST" and form.is_valid():
        purpose = form.cleaned_data["purpose"]
        found = [
            each
            for each in casework.search(form.cleaned_data["text"])
            if not casework.is_own(request.staff.staff, each)
        ]
        for case in found:
            actions.note(request.staff, case, purpose=purpose, saw="searched", now=request.now)
        charges = [
            each
            for each in casework.search_charges(form.cleaned_data["text"])
            if not casework.is_own_charge(request.staff.staff, each)
        ]
        progress.share_terms(charges, now=request.now)
        for charge in charges:
            actions.note_charge(
                request.staff, charge, purpose=purpose, saw="searched", now=request.now
            )
        if found or charges:
            actions.keep_search(request.staff, [*found, *charges], purpose)
        else:
            actions.note_in_vain(request.staff, form.cleaned_data["text"])
    told = [
        {"case": each, "kind": wording.case_kind(each.about), "state": wording.state(each.stands)}
        for each in found or []
    ]
    charged = [
        {
            "charge": each,
            "state": charge_wording.state_in_office(
                stands(each), is_late=progress.is_late(each, now=request.now)
            ),
        }
        for each in charges
    ]
    context = {"form": form, "found": told, "charges": charged, "searched": found is not None}
    return page(request, "office/search.html", context)


# One case


@staff(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Ask why the case is opened, before anything in it is shown."""
    case = casework.case_for(request.staff.staff, case_id)
    if not case.is_about_somebody:
        return redirect("office-case", case_id=case.id)
    usual = _("Behandling af sag %(number)s") % {"number": case.number}
    purpose = actions.searched_for(request.staff, case) or usual
    form = PurposeForm(request.POST or None, initial={"purpose": purpose})
    if request.method == "POST" and form.is_valid():
        actions.open_case(request.staff, case, form.cleaned_data["purpose"])
        return redirect("office-case", case_id=case.id)
    told = {"form": form, "case": case, "kind": wording.case_kind(case.about)}
    return page(request, "office/open.html", told)


@staff(Right.READ)
@require_safe
def case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Show a case to somebody who has said why; the look is on record."""
    found = casework.case_for(request.staff.staff, case_id)
    actions.look(request.staff, found, now=request.now)
    return _DESKS[found.subject].show(request, found)


@staff(Right.DECIDE)
@require_POST
def take(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Take a case."""
    found = casework.case_for(request.staff.staff, case_id)
    casework.take(request.staff.staff, found, version=version_of(request), now=request.now)
    return redirect("office-case", case_id=case_id)


@staff(Right.DECIDE)
@require_POST
def put_back(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Put a case back into the queue."""
    found = casework.case_for(request.staff.staff, case_id)
    casework.put_back(
        request.staff.staff,
        found,
        version=version_of(request),
        rights=request.staff.rights,
        now=request.now,
    )
    return redirect("office-queue")


@staff(Right.DECIDE)
@require_POST
def work(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Do what is done with reasons, as the subject of the case has it."""
    found = casework.case_for(request.staff.staff, case_id)
    return _DESKS[found.subject].work(request, found)
