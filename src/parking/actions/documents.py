"""Documents that people hand in for an application: saved as drafts, handed in, and kept.

What was wrong with a file is said before anything is lost (`actions.files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from parking.actions import apply, case_letters, caseload, casework, files, wording
from parking.actions.permission import NotYours
from parking.law import application as application_law
from parking.law import case as case_law
from parking.law.course import Actor, StepNotAllowed
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding, would_help
from parking.law.record import facts_from_json
from parking.ports import Outside
from parking.ports.scanner import Scanner
from parking.records.application import Application
from parking.records.case import Case
from parking.records.document import Document
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording

#: Somebody who has so many drafts of all kinds hands in or removes some first.
MOST_DRAFTS: Final = 20

_KINDS_OF: Final = {
    "sole_user_declaration": Document.Kind.SOLE_USER_DECLARATION,
    "lease": Document.Kind.LEASE,
}


def may_hand_in(application: Application) -> bool:
    """Tell whether documents can be handed in for *application* as it stands."""
    return application.stands in {
        application_law.State.DRAFT,
        application_law.State.WAITING,
        application_law.State.IN_BASKET,
        application_law.State.ORDERED,
        application_law.State.GRANTED,
    } and (bool(helpful(application)) or bool(_unfinished(application)))


def helpful(application: Application) -> tuple[Document.Kind, ...]:
    """Return the kinds of document that might turn a no into a yes, or that a case is about."""
    decision = application.decisions.order_by("-id").first()
    if decision is None:
        return ()
    facts = facts_from_json(decision.facts)
    found = Finding.from_json(decision.finding)
    helps: Sequence[str] = ()
    if found.answer is Answer.NO:
        helps = would_help(resident.RULE.on(facts.period.start), facts)
    cases = _unfinished(application)
    asked = [fact for case in cases for fact in case.facts if fact in _KINDS_OF]
    return tuple(dict.fromkeys(_KINDS_OF[fact] for fact in (*helps, *asked)))


@dataclass(frozen=True, slots=True)
class Offers:
    """What somebody can do about an application beside what the machine answered."""

    hand_in: bool
    drafts: int
    handed_in: int
    second_vehicle: bool
    provisional: bool  #: buy now, while the documents are being assessed


def offers(application: Application) -> Offers:
    """Return what can be done about *application*."""
    kept = of(application)
    finding = application.found
    return Offers(
        hand_in=may_hand_in(application),
        drafts=sum(each.state == Document.State.DRAFT for each in kept),
        handed_in=sum(each.state == Document.State.HANDED_IN for each in kept),
        second_vehicle=second_vehicle_may_be_asked_for(application),
        provisional=finding is not None and case_law.is_provisional(finding),
    )


def _unfinished(application: Application) -> list[Case]:
    states = [state.value for state in case_law.UNFINISHED]
    return list(Case.objects.filter(application=application, state__in=states))


def of(application: Application) -> Sequence[Document]:
    """Return the documents of *application*, without what they hold."""
    return list(Document.objects.filter(application=application).defer("content"))


def save_draft(
    scanner: Scanner | None,
    application: Application,
    *,
    kind: Document.Kind,
    name: str,
    content: bytes,
    now: datetime,
) -> Document:
    """Save a file as a draft, at once; the same file twice is one draft.

    What was handed in before stays as it was, so the same file can be handed in anew.

    :raises files.Refused: if it cannot be taken.
    """
    file = files.taken(scanner, content, name, now=now)
    with recording():
        one_at_a_time("party", application.party_id)
        mine = Document.objects.filter(application=application)
        same = mine.filter(kind=kind, sha256=file["sha256"], state=Document.State.DRAFT).first()
        if same is not None:
            return same
        drafts = Document.objects.filter(
            party_id=application.party_id, state=Document.State.DRAFT
        ).count()
        if mine.exclude(state=Document.State.REJECTED).count() >= files.MOST_FILES:
            raise files.Refused(files.Fault.TOO_MANY, name)
        if drafts >= MOST_DRAFTS:
            raise files.Refused(files.Fault.TOO_MANY, name)
        Application.objects.filter(id=application.id).update(infected=[])
        return Document.objects.create(
            party_id=application.party_id,
            application=application,
            kind=kind,
            **file,
        )


def tell_of_infected(document: Document, now: datetime) -> None:
    """Say that a document is gone, within a recording: on the page of its application.

    Of one that was handed in a letter says so too, and the case that waits for an answer.
    """
    one_at_a_time("party", document.party_id)
    state = Document.objects.filter(id=document.id).values_list("state", flat=True).first()
    if state is None:  # removed meanwhile by whom it would be told
        return
    application = Application.objects.select_for_update().get(id=document.application_id)
    application.infected = [*application.infected, document.original_name]
    application.save(update_fields=["infected"])
    if state == Document.State.DRAFT:
        return
    cases = caseload.unfinished(application)
    said = wording.infected(settings.LANGUAGE_CODE, document.original_name)
    for case in cases:
        caseload.step(case, Actor.SYSTEM, case_law.Step.WRITE, now=now, text=said)
    if cases:
        letter = case_letters.infected(cases[0], document.original_name)
        casework.write_letter(cases[0], letter, now)


def remove(application: Application, document_id: UUID) -> None:
    """Remove a draft.

    :raises NotYours: if there is no such draft.
    """
    with recording():
        gone, _ = Document.objects.filter(
            application=application, id=document_id, state=Document.State.DRAFT
        ).delete()
    if not gone:
        raise NotYours("document")


def hand_in(
    outside: Outside, party: Party, application: Application, *, now: datetime
) -> Application:
    """Hand in the drafts of *application*; who asked for them goes on with the case.

    An application that had a no, or waits, is asked about again: what is being assessed is open.
    """
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        drafts = Document.objects.filter(application=application, state=Document.State.DRAFT)
        kinds = set(drafts.values_list("kind", flat=True))
        if not kinds:
            return application
        drafts.update(state=Document.State.HANDED_IN, handed_in=now)
        facts = tuple(fact for fact, kind in _KINDS_OF.items() if kind in kinds)
        cases = caseload.unfinished(application)
        for case in cases:
            if case.about is case_law.Kind.DOCUMENTS:
                case.facts = list(dict.fromkeys([*case.facts, *facts]))
            caseload.step(case, Actor.PARTY, case_law.Step.ANSWER, now=now)
        if facts and not any(case.about is case_law.Kind.DOCUMENTS for case in cases):
            caseload.open_case(application, case_law.Kind.DOCUMENTS, facts, now=now)
    if application.stands in {application_law.State.DRAFT, application_law.State.WAITING}:
        return apply.ask(outside, party, Plate(application.plate), now=now)
    return application


def second_vehicle_may_be_asked_for(application: Application) -> bool:
    """Tell whether the quota is all that stands in the way, and a case worker may look at it."""
    finding = application.found
    return (
        finding is not None
        and application.stands is application_law.State.DRAFT
        and case_law.only_the_quota_refuses(finding)
        and not Case.objects.filter(
            application=application, kind=case_law.Kind.SECOND_VEHICLE.value
        ).exists()
    )


def ask_for_second_vehicle(
    outside: Outside, party: Party, application: Application, *, why: str, now: datetime
) -> Application:
    """Have a case worker decide whether *party* may hold one permit more than usual.

    :raises StepNotAllowed: if something else stands in the way too.
    """
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        if not second_vehicle_may_be_asked_for(application):
            raise StepNotAllowed("more than the quota stands in the way")
        case = caseload.open_case(
            application, case_law.Kind.SECOND_VEHICLE, ("extra_permits",), now=now
        )
        caseload.step(case, Actor.PARTY, case_law.Step.ANSWER, now=now, text=why)
    return apply.ask(outside, party, Plate(application.plate), now=now)
