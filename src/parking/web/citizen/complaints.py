"""Complaining about a charge, step by step; and the complaint itself, with all that was said.

Each step is saved as it is taken. Whoever has not logged in has begun the complaint in this
browser, or comes back to it by its code.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import charge as charges
from parking.actions import (
    complain,
    complaint_pieces,
    complaint_room,
    complaint_wording,
    complaints_elsewhere,
    evidence,
    files,
)
from parking.actions.limit import TooOften
from parking.actions.permission import NotYours
from parking.law import complaint as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.complaint import GUIDES, Document, Guide
from parking.law.course import Actor
from parking.records.charge import Charge
from parking.records.complaint import Complaint
from parking.web import access, uploads, visit
from parking.web.access import Request
from parking.web.citizen.opening import opened
from parking.web.complaint_forms import (
    AgainForm,
    CodeForm,
    DetailsForm,
    FileForm,
    MessageForm,
    WhyForm,
)

_WHY, _DETAILS, _FILES, _REVIEW = 1, 2, 3, 4


def _steps(complaint: Complaint) -> list[dict[str, str]]:
    return [
        {"title": _("Hvorfor"), "url": _address("complaint-why", complaint)},
        {"title": _("Hvad skete der"), "url": _address("complaint-details", complaint)},
        {"title": _("Billeder og papirer"), "url": _address("complaint-files", complaint)},
        {"title": _("Send"), "url": ""},
    ]


def _address(name: str, complaint: Complaint) -> str:
    return reverse(name, kwargs={"charge_id": complaint.charge_id, "complaint_id": complaint.id})


def _to(name: str, complaint: Complaint) -> HttpResponse:
    response: HttpResponse = redirect(_address(name, complaint))
    response.status_code = 303
    return response


def _found(request: Request, charge_id: UUID, complaint_id: UUID) -> Complaint:
    return complain.complaint_of(
        opened(request, charge_id),
        complaint_id,
        party=request.party,
        opened=request.visit.complaints,
    )


def _draft(request: Request, charge_id: UUID, complaint_id: UUID) -> Complaint | None:
    """Return a complaint that is still being written; ``None`` if it was sent meanwhile."""
    complaint = _found(request, charge_id, complaint_id)
    return complaint if complaint.stands is law.State.DRAFT else None


def _step(
    request: Request, complaint: Complaint, number: int, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Show one step of writing a complaint."""
    form = context.get("form")
    return render(
        request,
        template,
        {
            "complaint": complaint,
            "charge": complaint.charge,
            "steps": _steps(complaint),
            "step": number,
            "code": _code(complaint),
            **context,
        },
        status=422 if form is not None and form.errors else 200,
    )


def _goes_on(complaint: Complaint) -> str:
    """Return the step at which a draft is to be gone on with: the first that lacks something."""
    lacks = complain.missing(complaint)
    if "question" in lacks:
        return "complaint-why"
    return "complaint-details" if lacks else "complaint-review"


def _code(complaint: Complaint) -> str:
    if complaint.party_id is not None:
        return ""
    code = complain.code_of(complaint)
    return f"{code[:5]}-{code[5:]}"


def guide_of(complaint: Complaint) -> Guide:
    """Return what is asked about what the complainant says."""
    return GUIDES[complaint.about]


# Writing it


@access.slip
@require_POST
def begin(request: Request, charge_id: UUID) -> HttpResponse:
    """Begin a complaint, or go on with the one that was begun."""
    charge = opened(request, charge_id)
    try:
        complaint = complain.begin(
            request.party,
            charge,
            language=translation.get_language(),
            begun=request.visit.complaints,
            asker=request.META["REMOTE_ADDR"],
            now=request.now,
        )
    except TooOften:
        return render(request, "citizen/complaint-too-many.html", {"charge": charge}, status=429)
    evidence.check_soon_if_never(charge, request.party, now=request.now)
    response = _to("complaint-why", complaint)
    if complaint.party_id is None:
        return visit.keep(response, request.visit.with_complaint(complaint.id))
    return response


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def why(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Ask in which way the charge is wrong."""
    complaint = _draft(request, charge_id, complaint_id)
    if complaint is None:
        return redirect("complaint", charge_id=charge_id, complaint_id=complaint_id)
    form = WhyForm(
        complain.guides(complaint.charge),
        request.POST or None,
        initial={"question": complaint.question},
    )
    if request.method == "POST" and form.is_valid():
        complain.keep(complaint, form.cleaned_data, now=request.now)
        return _to("complaint-details", complaint)
    kept = evidence.newest(complaint.charge, request.party)
    will = evidence.will_be_annulled(complaint.charge, kept)
    context = {"form": form, "will": will and complaint_wording.why_annulled(will)}
    return _step(request, complaint, _WHY, "citizen/complaint-why.html", context)


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Ask what is needed about it, and for the story; what can be read is saved all the same."""
    complaint = _draft(request, charge_id, complaint_id)
    if complaint is None:
        return redirect("complaint", charge_id=charge_id, complaint_id=complaint_id)
    form = DetailsForm(guide_of(complaint), complaint, request.POST or None)
    if request.method == "POST":
        valid = form.is_valid()
        complaint = complain.keep(complaint, form.said(), now=request.now)
        if valid:
            return _to("complaint-files", complaint)
    context = {"form": form, "question": complaint_wording.question(complaint.about)}
    return _step(request, complaint, _DETAILS, "citizen/complaint-details.html", context)


@access.slip
@require_POST
def save_draft(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Save what is being typed, for the script; it is told if any of it cannot be read."""
    complaint = _draft(request, charge_id, complaint_id)
    if complaint is None:
        return HttpResponse(status=409)
    form = DetailsForm(guide_of(complaint), complaint, request.POST)
    form.is_valid()
    complain.keep(complaint, form.said(), now=request.now)
    faults = {each.code for errors in form.errors.as_data().values() for each in errors}
    return HttpResponse(status=204 if faults <= {"required"} else 422)


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Show the files of a complaint, and take more: of a draft, and while it is being looked at."""
    complaint = _found(request, charge_id, complaint_id)
    if not complain.may_add(complaint):
        return redirect("complaint", charge_id=charge_id, complaint_id=complaint_id)
    guide = guide_of(complaint)
    form = FileForm(guide, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        _save(request, complaint, form)
        if not form.errors:
            return _to("complaint-files", complaint)
    context = {
        "form": form,
        "files": _told_files(complaint),
        "guide": guide,
        "draft": complaint.stands is law.State.DRAFT,
        "piece_size": complaint_pieces.MOST_OF_A_PIECE,
        "largest": files.MOST_BYTES,
        "unfinished": complaint_pieces.unfinished(complaint),
        "unsent": complaint.files.filter(handed_in=None).exists(),
    }
    return _step(request, complaint, _FILES, "citizen/complaint-files.html", context)


def _save(request: Request, complaint: Complaint, form: FileForm) -> None:
    """Save each file that can be taken, and say of each other what is wrong with it."""
    for file in request.FILES.getlist("file"):
        name, content = file.name or "", file.read(files.MOST_BYTES + 1)
        asker = request.META["REMOTE_ADDR"]
        try:
            complaint_room.count_sent(
                complaint, asker, name=name, size=len(content), now=request.now
            )
            complain.add_file(
                request.outside.scanner,
                complaint,
                kind=Document(form.cleaned_data["kind"]),
                name=name,
                content=content,
                now=request.now,
            )
        except files.Refused as refused:
            form.add_error("file", uploads.refusal(refused))


def _told_files(complaint: Complaint) -> list[dict[str, Any]]:
    kept = complaint.files.defer("content")
    return [{"file": each, "kind": complaint_wording.document(each.kind)} for each in kept]


@access.slip
@require_POST
def remove(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Remove a file that has not been sent."""
    complaint = _found(request, charge_id, complaint_id)
    with suppress(ValueError):
        complain.remove_file(complaint, UUID(request.POST.get("file", "")))
    return _to("complaint-files", complaint)


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Show everything once more, and send it."""
    complaint = _draft(request, charge_id, complaint_id)
    if complaint is None:
        return redirect("complaint", charge_id=charge_id, complaint_id=complaint_id)
    lacks = complain.missing(complaint)
    if request.method == "POST" and not lacks:
        complain.submit(complaint, now=request.now)
        return _to("complaint", complaint)
    context = {
        "lacks": bool(lacks),
        "goes_on": _address(_goes_on(complaint), complaint),
        "meanwhile": complain.meanwhile(complaint.charge, complaint.round),
        "question": complaint_wording.question(complaint.about),
        "answers": _answers(complaint),
        "files": _told_files(complaint),
        "unfinished": complaint_pieces.unfinished(complaint),
        "needs_document": guide_of(complaint).needs_document and not complaint.files.exists(),
    }
    return _step(request, complaint, _REVIEW, "citizen/complaint-review.html", context)


def _answers(complaint: Complaint) -> list[tuple[str, str]]:
    return [
        (complaint_wording.asked(field), complaint_wording.said(field, said))
        for field, said in complain.in_words(complaint)
    ]


# The complaint itself


@access.slip
@require_safe
def complaint(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Show where a complaint stands, until when, and everything that was said."""
    return _show(request, _found(request, charge_id, complaint_id), MessageForm())


def _show(request: Request, found: Complaint, form: MessageForm) -> HttpResponse:
    if found.stands is law.State.DRAFT:
        return _to(_goes_on(found), found)
    steps = law.COURSE.steps(found.stands, Actor.PARTY)
    due = complain.deadline(found)
    asks = due is not None and due.actor is Actor.PARTY
    decisions = list(found.decisions.all())
    # What is looked at again, or annulled since, is not to be paid by the day that was said first.
    stands = found.stands not in {*law.OPEN, law.State.ANNULLED}
    return render(
        request,
        "citizen/complaint.html",
        {
            "complaint": found,
            "charge": found.charge,
            "state": complaint_wording.state(found.stands),
            "received": complaint_wording.complained(found),
            "question": complaint_wording.question(found.about),
            "answers": _answers(found),
            "files": _told_files(found),
            "messages": list(found.messages.all()),
            "decisions": [
                {
                    "decision": each,
                    "text": complaint_wording.outcome(each.outcome),
                    "holds": stands and each == decisions[-1],
                }
                for each in decisions
            ],
            "meanwhile": found.is_open and complain.meanwhile(found.charge, found.round),
            "due": due and due.day,
            "asks": asks and law.Step.REPLY in steps,
            "form": form if law.Step.ADD in steps else None,
            "may_withdraw": law.Step.WITHDRAW in steps,
            "days_to_pay": complain.days_to_pay_once_withdrawn(found),
            "again_until": due.day
            if due is not None and complain.may_complain_again(found, now=request.now)
            else None,
            "code": _code(found),
            "anew": found.stands is law.State.LAPSED and complain.may_begin(found.charge),
        },
        status=422 if form.errors else 200,
    )


@access.slip
@require_POST
def message(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Say something more, or reply to what was asked."""
    found = _found(request, charge_id, complaint_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    complain.write(found, text=form.cleaned_data["text"], now=request.now)
    return _to("complaint", found)


@access.slip
@require_POST
def send_files(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Send the files that were added to a complaint that has been sent before."""
    found = _found(request, charge_id, complaint_id)
    complain.send_added(found, now=request.now)
    return _to("complaint", found)


@access.slip
@require_POST
def withdraw(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Take a complaint back."""
    found = _found(request, charge_id, complaint_id)
    was_draft = found.stands is law.State.DRAFT
    complain.withdraw(found, now=request.now)
    return redirect("charge", charge_id=charge_id) if was_draft else _to("complaint", found)


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: Request, charge_id: UUID, complaint_id: UUID) -> HttpResponse:
    """Complain of the answer, once."""
    found = _found(request, charge_id, complaint_id)
    if not complain.may_complain_again(found, now=request.now):
        return redirect("complaint", charge_id=charge_id, complaint_id=complaint_id)
    form = AgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        complain.again(found, text=form.cleaned_data["text"], now=request.now)
        return _to("complaint", found)
    return render(
        request,
        "citizen/complaint-again.html",
        {
            "complaint": found,
            "charge": found.charge,
            "form": form,
            "meanwhile": complain.meanwhile(found.charge, 2),
        },
        status=422 if form.errors else 200,
    )


@access.slip
@require_safe
def file(request: Request, charge_id: UUID, complaint_id: UUID, file_id: UUID) -> HttpResponse:
    """Send one of the complaint's own files back to who sent it."""
    found = _found(request, charge_id, complaint_id)
    kept = found.files.filter(id=file_id).first()
    if kept is None:
        raise NotYours("file")
    response = HttpResponse(bytes(kept.content), content_type=kept.media_type)
    how = "attachment" if kept.media_type == "application/pdf" else "inline"
    response["Content-Disposition"] = f'{how}; filename="{kept.file_name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@access.slip
@require_http_methods(["GET", "HEAD", "POST"])
def open_by_code(request: Request, charge_id: UUID) -> HttpResponse:
    """Open a complaint that was begun without a login, by its code."""
    charge = opened(request, charge_id)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _open(request, charge, form.cleaned_data["code"])
        except NotYours:
            form.add_error("code", _("Koden passer ikke til nogen klage over denne afgift."))
    return render(
        request,
        "citizen/complaint-code.html",
        {"charge": charge, "form": form},
        status=422 if form.errors else 200,
    )


def _open(request: Request, charge: Charge, code: str) -> HttpResponse:
    found = complain.open_by_code(
        charge, code, asker=request.META["REMOTE_ADDR"], party=request.party, now=request.now
    )
    return visit.keep(_to("complaint", found), request.visit.with_complaint(found.id))


def will_be_annulled(request: Request, charge: Charge) -> AnnulmentReason | None:
    """Return why a charge will be annulled, as far as it is the debt of who asks."""
    if charge.has_annulments:
        return None
    return evidence.will_be_annulled(charge, evidence.newest(charge, request.party))


def of_charge(request: Request, charge: Charge) -> dict[str, Any]:
    """Return what the page of a charge says about complaints: mine, and whether I may begin one."""
    mine = complain.open_to(charge, party=request.party, opened=request.visit.complaints)
    shown = [each for each in mine if each.stands not in {law.State.LAPSED, law.State.WITHDRAWN}]
    will = will_be_annulled(request, charge)
    may_complain, meanwhile = complain.offered(charge)
    return {
        "complaints": [
            {"complaint": each, "state": complaint_wording.state(each.stands)} for each in shown
        ],
        "elsewhere": [
            said
            for each in complaints_elsewhere.readable(request.party, charge)
            if not (said := complaints_elsewhere.contents(charge, each))["is_over"]
        ],
        "drafted": next((each for each in shown if each.stands is law.State.DRAFT), None),
        "may_complain": may_complain,
        "meanwhile": meanwhile,
        "held_until": complain.held_until(charge),
        "will": will and complaint_wording.why_annulled(will),
        "annulments": [
            {"row": each, "why": complaint_wording.why_annulled(evidence.reason_of(each))}
            for each in charge.annulments.order_by("decided")
        ],
        "is_over": charges.stands(charge) in complain.OVER,
    }
