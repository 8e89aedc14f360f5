"""The queue, and one case: its facts, the finding, the documents, and what can be done to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import case_letters, casework, wording
from parking.actions import staff as actions
from parking.actions.permission import NotYours
from parking.law import case as law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.facts import Home
from parking.law.reasoning import Answer
from parking.law.staff import Right
from parking.records.case import Case
from parking.records.document import Document
from parking.web.office import telling
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import (
    WITH_REASONS,
    CaseForm,
    PurposeForm,
    SearchForm,
    outlook_of,
)

_ON_A_PAGE = 50
_UNFINISHED = [state.value for state in law.UNFINISHED]
_SOON = timedelta(days=3)

# The queue


@staff(Right.READ)
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Show what waits, the oldest first; nobody's name is in it."""
    chosen = {name: request.GET.get(name, "") for name in ("kind", "state", "mine")}
    cases = _not_ones_own(request, Case.objects.select_related("taken_by"))
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
                    "state": wording.state(each.stands),
                    "late": each.stands in law.UNFINISHED and each.due < today,
                    "soon": each.due < today + _SOON,
                }
                for each in shown
            ],
            "page": shown,
            "chosen": chosen,
            "kinds": [(kind.value, wording.case_kind(kind)) for kind in law.Kind],
            "states": [(state.value, wording.state(state)) for state in law.State],
        },
    )


def _not_ones_own(request: StaffRequest, cases: QuerySet[Case]) -> QuerySet[Case]:
    own = request.staff.staff.number_fingerprint
    return cases.exclude(Q(party__number_fingerprint=own)) if own else cases


@staff(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Find cases by their number or by a plate, with a purpose; each one found is on record."""
    form = SearchForm(request.POST or None)
    found: list[Case] | None = None
    if request.method == "POST" and form.is_valid():
        purpose = form.cleaned_data["purpose"]
        found = [
            each
            for each in casework.search(form.cleaned_data["text"])
            if not casework.is_own(request.staff.staff, each)
        ]
        for case in found:
            actions.note(request.staff, case, purpose=purpose, saw="searched", now=request.now)
        if not found:
            actions.note_in_vain(request.staff, form.cleaned_data["text"])
    told = [
        {"case": each, "kind": wording.case_kind(each.about), "state": wording.state(each.stands)}
        for each in found or []
    ]
    context = {"form": form, "found": told, "searched": found is not None}
    return page(request, "office/search.html", context)


# One case


@staff(Right.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Ask why the case is opened, before anything in it is shown."""
    case = casework.case_for(request.staff.staff, case_id)
    purpose = _("Behandling af sag %(number)s") % {"number": case.number}
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
    return _case(request, found)


def _case(
    request: StaffRequest, found: Case, form: CaseForm | None = None, shown: str = ""
) -> HttpResponse:
    application, today = found.application, danish_day(request.now)
    decision = application.decisions.order_by("-id")[0]
    seen = casework.latest(application)
    mine = found.taken_by_id == request.staff.staff_id
    allowed = law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    decides = Right.DECIDE in request.staff.rights
    works = decides and mine and any(step in allowed for step in WITH_REASONS)
    facts = telling.rows(
        application, seen.facts, address_shown=shown == "address", decided=decision.decided
    )
    home = seen.facts.home
    return page(
        request,
        "office/case.html",
        {
            "case": found,
            "kind": wording.case_kind(found.about),
            "state": wording.state(found.stands),
            "application": application,
            "number": _number(found, shown=shown == "number"),
            "number_shown": shown == "number",
            "address_hidden": isinstance(home, Home) and home.protected and shown != "address",
            "facts": list(facts),
            "told": wording.tell(seen.finding, seen.facts),
            "asked": decision.decided,
            "documents": list(
                Document.objects.filter(application=application)
                .exclude(state=Document.State.DRAFT)
                .defer("content")
            ),
            "history": list(_history(found)),
            "letters": found.letters.defer("pdf").order_by("written"),
            "permits": application.permits.order_by("reserved"),
            "purpose": actions.purpose_of(request.staff, found),
            "can_take": decides and law.Step.TAKE in allowed,
            "can_put_back": decides
            and law.Step.PUT_BACK in allowed
            and (mine or Right.REASSIGN in request.staff.rights),
            "form": form or (CaseForm(found, today=today) if works else None),
            "can_ask": decides and casework.may_ask_registers(request.staff.staff, found),
            "waits": found.stands in law.UNFINISHED,
        },
        status=422 if form is not None else 200,
    )


def _number(found: Case, *, shown: bool) -> str:
    digits = found.party.person_number
    return f"{digits[:6]}-{digits[6:]}" if shown else f"{digits[:6]}-••••"


def _history(found: Case) -> Iterator[dict[str, Any]]:
    yield {"at": found.opened, "who": wording.actor(Actor.SYSTEM), "what": _("Åbnet"), "text": ""}
    for step in found.steps.select_related("staff"):
        who = wording.actor(Actor(step.actor))
        yield {
            "at": step.at,
            "who": f"{who}: {step.staff.name}" if step.staff else who,
            "what": wording.step(law.Step(step.step)),
            "text": step.text,
        }


@staff(Right.UNMASK)
@require_POST
def reveal(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Show a person number or a protected address once; that it was shown is on record."""
    found = casework.case_for(request.staff.staff, case_id)
    what = "address" if request.POST.get("what") == "address" else "number"
    actions.look(request.staff, found, now=request.now, saw=f"{what} shown")
    return _case(request, found, shown=what)


@staff(Right.READ)
@require_safe
def document(request: StaffRequest, case_id: UUID, document_id: UUID) -> HttpResponse:
    """Send a document: a picture to be seen here, a PDF only to be saved."""
    found = casework.case_for(request.staff.staff, case_id)
    kept = (
        Document.objects.filter(application=found.application_id, id=document_id)
        .exclude(state=Document.State.DRAFT)
        .first()
    )
    if kept is None:
        raise NotYours("document")
    if kept.scan == Document.Scan.QUARANTINED:
        return page(request, "office/stopped.html", {"why": "quarantined"}, status=403)
    actions.look(request.staff, found, now=request.now, saw="document opened")
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    how = "attachment" if kept.media_type == "application/pdf" else "inline"
    response["Content-Disposition"] = f'{how}; filename="{kept.file_name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@staff(Right.READ)
@require_safe
def letter(request: StaffRequest, case_id: UUID, letter_id: UUID) -> HttpResponse:
    """Send a letter as the party got it."""
    found = casework.case_for(request.staff.staff, case_id)
    kept = found.letters.filter(id=letter_id).first()
    if kept is None:
        raise NotYours("letter")
    actions.look(request.staff, found, now=request.now, saw="letter opened")
    response = HttpResponse(bytes(kept.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return response


@staff(Right.DECIDE)
@require_POST
def take(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Take a case."""
    found = casework.case_for(request.staff.staff, case_id)
    casework.take(request.staff.staff, found, version=_version(request), now=request.now)
    return redirect("office-case", case_id=case_id)


@staff(Right.DECIDE)
@require_POST
def put_back(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Put a case back into the queue."""
    found = casework.case_for(request.staff.staff, case_id)
    casework.put_back(
        request.staff.staff,
        found,
        version=_version(request),
        rights=request.staff.rights,
        now=request.now,
    )
    return redirect("office-queue")


def _version(request: StaffRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004


@staff(Right.DECIDE)
@require_POST
def ask_registers(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Ask the registers again, so that the case is decided on what is true today."""
    found = casework.case_for(request.staff.staff, case_id)
    actions.look(request.staff, found, now=request.now)
    casework.ask_registers(request.outside, request.staff.staff, found, now=request.now)
    return redirect("office-case", case_id=case_id)


@staff(Right.DECIDE)
@require_POST
def work(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Show the letter that a step would send; take the step once the letter has been seen."""
    found = casework.case_for(request.staff.staff, case_id)
    actions.look(request.staff, found, now=request.now)
    today = danish_day(request.now)
    form = CaseForm(found, request.POST, today=today)
    if found.taken_by_id != request.staff.staff_id or found.version != _version(request):
        raise casework.ChangedMeanwhile(found.number)
    if not form.is_valid():
        return _case(request, found, form)
    reasons = form.cleaned_data["reasons"]
    if "confirm" not in request.POST:
        return _preview(request, found, form)
    worker, version = request.staff.staff, form.cleaned_data["version"]
    if form.chosen is law.Step.ASK:
        casework.ask(worker, found, text=reasons, version=version, now=request.now)
    else:
        casework.decide(
            worker,
            found,
            step=form.chosen,
            values=form.values(today),
            reasons=reasons,
            version=version,
            valid_until=form.cleaned_data["valid_until"],
            now=request.now,
        )
    return redirect("office-case", case_id=case_id)


def _preview(request: StaffRequest, found: Case, form: CaseForm) -> HttpResponse:
    today, reasons = danish_day(request.now), form.cleaned_data["reasons"]
    told = None
    if form.chosen is law.Step.ASK:
        until = casework.answer_until(now=request.now)
        written = case_letters.question(found, text=reasons, until=until)
    else:
        seen = outlook_of(found, form, today)
        ends = seen.finding.answer is Answer.NO and casework.has_provisional_permit(found)
        written = case_letters.answer(
            found, seen.finding, seen.facts, reasons=reasons, ends_permit=ends
        )
        told = wording.tell(seen.finding, seen.facts)
    posted = [
        (name, value)
        for name, value in request.POST.items()
        if name not in {"csrfmiddlewaretoken", "confirm"}
    ]
    return page(
        request,
        "office/preview.html",
        {
            "case": found,
            "step": wording.step(form.chosen),
            "letter": written,
            "told": told,
            "posted": posted,
        },
    )
