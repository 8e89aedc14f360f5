"""Working on a case: taking it, asking, supplying what no register knows, or finding it not shown.

The facts of the newest decision and what the case worker supplies go to the same rule as ever. What
follows for the application, the permit and the party is recorded in the same commit as the step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from parking.actions import apply, case_letters, caseload, complaint_course, send, wording
from parking.actions import permit as permits
from parking.actions.permission import NotYours
from parking.actions.turns import keeping_nobody_waiting
from parking.law import application as application_law
from parking.law import case as law
from parking.law import complaint as complaint_law
from parking.law import permit as permit_law
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import danish_day
from parking.law.facts import Document as DocumentFact
from parking.law.facts import Facts, Missing
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding
from parking.law.record import as_json, facts_from_json
from parking.law.staff import Right
from parking.ports import Outside
from parking.records.application import Application
from parking.records.case import Case, Supplied
from parking.records.charge import Charge, ChargeClaim, ChargeHolder
from parking.records.document import Document
from parking.records.letter import Letter
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff
from parking.records.tariff import terms_on

log = structlog.get_logger(__name__)

_DOCUMENTS_OF = {
    "sole_user_declaration": Document.Kind.SOLE_USER_DECLARATION,
    "lease": Document.Kind.LEASE,
}


#: What a case hangs on, read with it.
_WHOLE = (
    *("party", "application", "zone_version", "permit__application"),
    *("complaint__charge", "complaint__party", "charge"),
    *("unplaced_money__charge", "unplaced_money__entry"),
)


#: A search shows so many at most.
_MOST_FOUND: Final = 50


class OwnCase(PermissionError):
    """Nobody handles their own case."""


class ChangedMeanwhile(Exception):
    """Somebody else did something in the case after the page was shown. Nothing was recorded."""


def is_own(staff: Staff, case: Case) -> bool:
    """Tell whether the case is about *staff* themselves; one that concerns nobody never is.

    A complaint about a charge of a vehicle of theirs is, whoever has complained.
    """
    own = own_numbers(staff)
    if not own:
        return False
    charge = case.charge_id if case.complaint is None else case.complaint.charge_id
    if case.unplaced_money is not None:
        charge = case.unplaced_money.charge_id
    if charge and ChargeHolder.objects.filter(charge=charge, number_fingerprint__in=own).exists():
        return True
    return case.party is not None and not own.isdisjoint(case.party.number_fingerprints)


def is_own_charge(staff: Staff, charge: Charge) -> bool:
    """Tell whether *charge* is about *staff* themselves.

    It is if their vehicle got it, if they borrowed that, and if they have complained or pay for it.
    """
    return is_own_among(staff, [charge.id])


def is_own_among(staff: Staff, charge_ids: Collection[UUID]) -> bool:
    """Tell whether any of those charges is about *staff* themselves, as `is_own_charge` does."""
    own = own_numbers(staff)
    if not own:
        return False
    these = Charge.objects.filter(id__in=charge_ids)
    themselves = _parties_of(own)
    complained = these.filter(complaints__party__in=themselves, complaints__received__isnull=False)
    paying = these.filter(instalments__plan__party__in=themselves)
    return (
        ChargeHolder.objects.filter(charge__in=charge_ids, number_fingerprint__in=own).exists()
        or ChargeClaim.objects.filter(charge__in=charge_ids, party__in=themselves).exists()
        or complained.values("id").union(paying.values("id")).exists()
    )


def own_numbers(staff: Staff) -> frozenset[str]:
    """Return the fingerprints of every person number that is *staff*'s own, as far as we know.

    The municipality's login tells one; if they are a party too, the register has told the others.
    """
    if not staff.number_fingerprint:
        return frozenset()
    parties = Party.objects.known_by(staff.number_fingerprint)
    known = parties.values_list("number_fingerprints", flat=True)
    return frozenset({staff.number_fingerprint}.union(*known))


def _parties_of(numbers: Collection[str]) -> list[UUID]:
    """Return who is known by any of *numbers*; few, as the database cannot know by itself."""
    known = Party.objects.filter(number_fingerprints__overlap=list(numbers))
    return list(known.values_list("id", flat=True))


def charge_for(staff: Staff, charge_id: UUID) -> Charge:
    """Return a charge that *staff* may look at.

    :raises NotYours: if there is no such charge.
    :raises OwnCase: if it is about themselves.
    """
    found = Charge.objects.with_what_was_done().filter(id=charge_id).first()
    if found is None:
        raise NotYours("charge")
    if is_own_charge(staff, found):
        log.warning("own charge refused", staff=str(staff.id), charge=found.number)
        raise OwnCase(found.number)
    return found


def not_ones_own(staff: Staff, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Return those of *cases* that `is_own` does not hold for."""
    own = own_numbers(staff)
    if not own:
        return cases
    held = ChargeHolder.objects.filter(number_fingerprint__in=own).values("charge")
    themselves = _parties_of(own)
    theirs = Q(party__in=themselves) | Q(complaint__charge__in=held) | Q(charge__in=held)
    theirs |= Q(unplaced_money__charge__in=held)
    return cases.exclude(pk__in=Case.objects.filter(theirs).values("pk"))


def case_for(staff: Staff, case_id: UUID) -> Case:
    """Return a case that *staff* may handle.

    :raises NotYours: if there is no such case.
    :raises OwnCase: if it is about themselves.
    """
    known = Case.objects.select_related(*_WHOLE, "taken_by")
    found = known.filter(id=case_id).first()
    if found is None:
        raise NotYours("case")
    if is_own(staff, found):
        log.warning("own case refused", staff=str(staff.id), case=found.number)
        raise OwnCase(found.number)
    return found


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the rule would say if a step were taken."""

    finding: Finding
    facts: Facts


def latest(application: Application) -> Outlook:
    """Return the newest answer of *application*, and the facts it rests on."""
    decision = application.decisions.order_by("-id")[0]
    return Outlook(Finding.from_json(decision.finding), facts_from_json(decision.facts))


def outlook(case: Case, step: law.Step, values: Mapping[str, Any]) -> Outlook:
    """Return what the rule says when *values* are supplied, or with what is asked for not shown."""
    supplied = law.not_shown(case.facts) if step is law.Step.REFUSE else dict(values)
    facts = replace(latest(case.matter).facts, **supplied)
    return Outlook(resident.ask(facts), facts)


def take(staff: Staff, case: Case, *, version: int, now: datetime) -> None:
    """Take a case out of the queue.

    :raises ChangedMeanwhile: if somebody was faster.
    """
    with recording():
        case = _locked(case, version)
        case.taken_by = staff
        caseload.step(case, Actor.CASE_WORKER, law.Step.TAKE, now=now, staff=staff)
        _in_complaint(case, complaint_law.Step.TAKE_UP, now)


def put_back(
    staff: Staff, case: Case, *, version: int, rights: frozenset[Right], now: datetime
) -> None:
    """Put a case back into the queue: one's own, or anybody's for who may reassign.

    :raises ChangedMeanwhile: if it has changed.
    :raises StepNotAllowed: if somebody else has it.
    """
    with recording():
        case = _locked(case, version)
        if case.taken_by_id != staff.id and Right.REASSIGN not in rights:
            raise StepNotAllowed(f"{case.number} is somebody else's")
        case.taken_by = None
        caseload.step(case, Actor.CASE_WORKER, law.Step.PUT_BACK, now=now, staff=staff)
        _in_complaint(case, complaint_law.Step.PUT_BACK, now)


def _in_complaint(case: Case, step: complaint_law.Step, now: datetime) -> None:
    """Take *step* in the complaint that *case* is about, if there is one that it can be taken in.

    In the second round a complaint stands as it does, whoever has it.
    """
    if case.complaint is None:
        return
    complaint = complaint_course.locked(case.complaint)
    if step in complaint_law.COURSE.steps(complaint.stands, Actor.CASE_WORKER):
        complaint_course.step(complaint, Actor.CASE_WORKER, step, now=now)


def may_ask_registers(staff: Staff, case: Case) -> bool:
    """Tell whether *staff* has the case, and the application waits so that answers are of use."""
    has_it = case.taken_by_id == staff.id and case.stands in law.UNFINISHED
    return has_it and case.matter.stands is application_law.State.WAITING


def ask_registers(outside: Outside, staff: Staff, case: Case, *, now: datetime) -> Application:
    """Ask the registers again, so that the case is decided on what is true today.

    :raises StepNotAllowed: if *staff* does not have the case, or nothing would come of it. Nobody
        has been asked then.
    """
    if not may_ask_registers(staff, case):
        raise StepNotAllowed(f"{case.number}: the registers are not to be asked")
    return apply.ask_again(outside, case.matter, staff=staff, now=now)


def ask(staff: Staff, case: Case, *, text: str, version: int, now: datetime) -> None:
    """Ask the party for something, by letter and until a day.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    with recording():
        case = locked_of(staff, case, version)
        until = answer_until(now=now)
        case.due = until
        caseload.step(case, Actor.CASE_WORKER, law.Step.ASK, now=now, staff=staff, text=text)
        # Nobody loses a permit while they still have time to answer.
        for permit in _permits_of(case).filter(provisional_until__lt=until):
            permit.provisional_until = until
            permit.save()
        write_letter(case, case_letters.question(case, text=text, until=until), now)


def answer_until(*, now: datetime) -> date:
    """Return the last day on which somebody who is asked now may answer."""
    today = danish_day(now)
    return today + timedelta(days=terms_on(resident.PAID, today).documentation_days)


def decide(
    staff: Staff,
    case: Case,
    *,
    step: law.Step,
    values: Mapping[str, Any],
    reasons: str,
    version: int,
    now: datetime,
    valid_until: date | None = None,
) -> Outlook:
    """Supply *values* (or, to refuse, find them not shown), and do what the rule's answer implies.

    :raises ChangedMeanwhile: if the case has changed since the page was shown.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    with recording():
        case = locked_of(staff, case, version)
        return _settle(
            case,
            Actor.CASE_WORKER,
            step,
            values,
            reasons=reasons,
            now=now,
            staff=staff,
            valid_until=valid_until,
        )


def _settle(
    case: Case,
    actor: Actor,
    step: law.Step,
    values: Mapping[str, Any],
    *,
    reasons: str,
    now: datetime,
    staff: Staff | None = None,
    valid_until: date | None = None,
) -> Outlook:
    seen = outlook(case, step, values)
    application = Application.objects.select_for_update().get(id=case.matter.id)
    case.application = application
    for fact in case.facts:
        Supplied.objects.create(
            case=case,
            fact=fact,
            value=as_json(getattr(seen.facts, fact)),
            reason=reasons,
            staff=staff,
            at=now,
            valid_until=valid_until,
        )
        _assess(application, fact, getattr(seen.facts, fact))
    extra = seen.facts.extra_permits
    if step is law.Step.DECIDE and "extra_permits" in values and not isinstance(extra, Missing):
        caseload.grant(application, extra, until=valid_until)
    caseload.step(case, actor, step, now=now, staff=staff, text=reasons)
    _follow(application, seen, now)
    ended = _follow_permit(case, seen.finding, actor, now)
    letter = case_letters.answer(case, seen.finding, seen.facts, reasons=reasons, ends_permit=ended)
    write_letter(case, letter, now)
    return seen


def _assess(application: Application, fact: str, value: Any) -> None:
    if fact in _DOCUMENTS_OF and isinstance(value, DocumentFact):
        state = Document.State.APPROVED if value.approved else Document.State.REJECTED
        Document.objects.filter(
            application=application, kind=_DOCUMENTS_OF[fact], state=Document.State.HANDED_IN
        ).update(state=state)


def _follow(application: Application, seen: Outlook, now: datetime) -> None:
    """Write the new answer on the application: one that waited goes on by itself."""
    before = application.decisions.order_by("-id")[0]
    judged = apply.Judged(seen.facts, seen.finding, before.versions)
    stands = application.stands
    falls_out = stands is application_law.State.IN_BASKET and not apply.may_be_sold(seen.finding)
    if stands is application_law.State.WAITING or falls_out:
        application.move(Actor.SYSTEM, application_law.Step.ASK_AGAIN)
        apply.write_answer(application, judged, now)
        application.resumed = now
        send.put(
            Outgoing.Kind.SEND_MAIL,
            key=f"resumed {application.id} {now.isoformat()}",
            lane=f"application {application.id}",
            payload={"mail": "application goes on", "party": str(application.party_id)},
            now=now,
        )
    application.finding = seen.finding.as_json()
    application.save()
    apply.record_decision(application, judged, None, occasion="case settled", now=now)


def has_provisional_permit(case: Case) -> bool:
    """Tell whether a permit is valid that a no in *case* would end."""
    return bool(_permits_of(case).filter(state=permit_law.State.ACTIVE.value).exists())


def _permits_of(case: Case) -> Any:
    return Permit.objects.holding().filter(application=case.matter, provisional_until__isnull=False)


def _follow_permit(case: Case, finding: Finding, actor: Actor, now: datetime) -> bool:
    """Make a provisional permit lasting, or end it; tell whether it was ended."""
    ended = False
    for permit in _permits_of(case):
        if finding.answer is Answer.NO and permit.stands is permit_law.State.ACTIVE:
            permits.end_within_recording(permit, because="documents", now=now, actor=actor)
            ended = True
        elif finding.answer is Answer.NO:  # it is being paid: it ends once it is valid
            permit.provisional_until = danish_day(now) - timedelta(days=1)
            permit.save()
        elif finding.answer is Answer.YES:
            permit.provisional_until = None
            permit.save()
    return ended


def run_out(*, now: datetime) -> int:
    """Refuse what was asked for and not shown in time, end what was provisional; return how many.

    Only the party's own delay counts: while a case waits for us, a provisional permit stays valid.
    """
    today, settled = danish_day(now), 0
    late = Case.objects.filter(
        state=law.State.ASKED.value, kind=law.Kind.DOCUMENTS.value, due__lt=today
    )
    for stale in late:
        with keeping_nobody_waiting("case", stale.number):
            settled += _refuse_late(stale, now)
    waits = [state.value for state in law.UNFINISHED]
    over = Permit.objects.active().filter(provisional_until__lt=today)
    for permit in over.exclude(application__cases__state__in=waits):
        with keeping_nobody_waiting("permit", permit.number):
            permits.end(permit, because="documents", now=now, actor=Actor.SYSTEM)
            settled += 1
    return settled


def _refuse_late(stale: Case, now: datetime) -> bool:
    """Refuse what was not shown in time, unless it has come meanwhile."""
    with recording():
        one_at_a_time("party", stale.party_id)
        case = Case.objects.select_for_update().get(id=stale.id)
        if case.stands is not law.State.ASKED or case.due >= danish_day(now):
            return False
        with translation.override(case.concerned.language):
            reasons = _("Vi bad om dokumenter senest %(day)s og har ikke fået dem.") % {
                "day": wording.day(case.due)
            }
        _settle(case, Actor.SYSTEM, law.Step.REFUSE, {}, reasons=reasons, now=now)
    return True


def _locked(case: Case, version: int) -> Case:
    """Return *case* as it is now, nobody else working on it for the rest of the recording.

    :raises ChangedMeanwhile: if it is not as the page showed it.
    """
    caseload.one_at_a_time_with(case)
    now_it_is = Case.objects.select_for_update(of=("self",))
    found = now_it_is.select_related(*_WHOLE).get(id=case.id)
    if found.version != version:
        raise ChangedMeanwhile(case.number)
    return found


def locked_of(staff: Staff, case: Case, version: int) -> Case:
    """Return the case of *staff* as it is now, within a recording.

    :raises ChangedMeanwhile: if it is not as the page showed it.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    case = _locked(case, version)
    if case.taken_by_id != staff.id:
        raise StepNotAllowed(f"{case.number} is not yours")
    return case


def write_letter(case: Case, letter: case_letters.CaseLetter, now: datetime) -> None:
    """Keep *letter* and have it sent, within a recording."""
    written = Letter.objects.create(
        party=case.concerned,
        case=case,
        subject=letter.subject,
        language=letter.language,
        pdf=case_letters.pdf(case, letter),
        written=now,
    )
    send.put(
        Outgoing.Kind.SEND_LETTER,
        key=f"letter {written.id}",
        lane=f"letters {case.number}",
        payload={"letter": str(written.id)},
        now=now,
    )


def search(text: str) -> list[Case]:
    """Return the cases with the number, or about the plate or charge, that *text* says."""
    wanted = "".join(text.upper().split())
    cases = Case.objects.filter(number=wanted)
    if not cases.exists():
        cases = Case.objects.filter(
            Q(application__plate=Plate(wanted))
            | Q(permit__plate=Plate(wanted))
            | Q(complaint__charge__plate=Plate(wanted))
            | Q(complaint__charge__number=wanted)
            | Q(charge__plate=Plate(wanted))
            | Q(charge__number=wanted)
            | Q(unplaced_money__charge__plate=Plate(wanted))
            | Q(unplaced_money__charge__number=wanted)
            | Q(unplaced_money__entry__payment_id=wanted)
        )
    return list(cases.select_related(*_WHOLE).order_by("-opened")[:_MOST_FOUND])


def search_charges(text: str) -> list[Charge]:
    """Return the charges with the number or the plate that *text* says, the newest first."""
    wanted = "".join(text.upper().split())
    known = Charge.objects.filter(Q(number=wanted) | Q(plate=wanted)).with_what_was_done()
    return list(known.order_by("-issued")[:_MOST_FOUND])


def cases_about(charge: Charge) -> list[Case]:
    """Return the cases about *charge*, a complaint about it or money on it, the newest first."""
    about = Q(charge=charge) | Q(complaint__charge=charge) | Q(unplaced_money__charge=charge)
    return list(Case.objects.filter(about).order_by("-opened"))
