"""Cases about an application: its facts, the finding, the documents, and the letter of a step."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from parking.actions import case_letters, casework, wording
from parking.actions import staff as actions
from parking.actions.letter_way import way_to
from parking.actions.permission import NotYours
from parking.law import case as law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.facts import Home
from parking.law.reasoning import Answer
from parking.law.staff import Right
from parking.records.case import Case
from parking.records.document import Document
from parking.web.office import desk, telling
from parking.web.office.door import StaffRequest, page, staff
from parking.web.office.forms import WITH_REASONS, CaseForm, outlook_of


def show(request: StaffRequest, found: Case) -> HttpResponse:
    """Show everything that is known about the application."""
    return _case(request, found)


def _case(
    request: StaffRequest, found: Case, form: CaseForm | None = None, shown: str = ""
) -> HttpResponse:
    application, today = found.matter, danish_day(request.now)
    decision = application.decisions.order_by("-id")[0]
    seen = casework.latest(application)
    allowed = law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    decides = Right.DECIDE in request.staff.rights
    works = desk.has_it(request, found) and any(step in allowed for step in WITH_REASONS)
    facts = telling.rows(
        application, seen.facts, address_shown=shown == "address", decided=decision.decided
    )
    home = seen.facts.home
    return page(
        request,
        "office/case.html",
        {
            **desk.around(request, found),
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
            "letters": found.letters.defer("pdf").order_by("written"),
            "permits": application.permits.order_by("reserved"),
            "form": form or (CaseForm(found, today=today) if works else None),
            "can_ask": decides and casework.may_ask_registers(request.staff.staff, found),
            "waits": found.stands in law.UNFINISHED,
        },
        status=422 if form is not None else 200,
    )


def _number(found: Case, *, shown: bool) -> str:
    digits = found.concerned.person_number
    return f"{digits[:6]}-{digits[6:]}" if shown else f"{digits[:6]}-••••"


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
        Document.objects.filter(application=found.matter, id=document_id)
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
def ask_registers(request: StaffRequest, case_id: UUID) -> HttpResponse:
    """Ask the registers again, so that the case is decided on what is true today."""
    found = casework.case_for(request.staff.staff, case_id)
    actions.look(request.staff, found, now=request.now)
    casework.ask_registers(request.outside, request.staff.staff, found, now=request.now)
    return redirect("office-case", case_id=case_id)


def work(request: StaffRequest, found: Case) -> HttpResponse:
    """Show the letter that a step would send; take the step once the letter has been seen."""
    actions.look(request.staff, found, now=request.now)
    today = danish_day(request.now)
    form = CaseForm(found, request.POST, today=today)
    version = desk.as_shown(request, found)
    if not form.is_valid():
        return _case(request, found, form)
    reasons = form.cleaned_data["reasons"]
    if "confirm" not in request.POST:
        return _preview(request, found, form)
    worker = request.staff.staff
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
    return redirect("office-case", case_id=found.id)


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
            "way": way_to(request.outside, found.concerned).value,
            "step": wording.step(form.chosen),
            "letter": written,
            "told": told,
            "posted": posted,
        },
    )
