"""Cases as they come and go by themselves: a finding that awaits a case worker has a case.

What a case is about is the facts it shall settle. Until it is decided they are owed by a case
worker, and afterwards they are what was supplied; the rule answers either way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from parking.law import case as law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.facts import FROM_CASE_WORKER, Facts, Missing
from parking.law.reasoning import Answer, Finding
from parking.law.record import fact_from_json
from parking.records import case as cases
from parking.records.application import Application
from parking.records.case import Case, CaseStep, Supplied
from parking.records.party import Party
from parking.records.recording import one_at_a_time
from parking.records.staff import Staff

#: How long we take at most with what is no charge, whose terms say it (ASSUMED: the city publishes
#: no deadline of its own).
OUR_TIME: Final = timedelta(days=14)

#: What is nobody's to know, and so no register's word stands against a case worker's.
_GRANTED: Final = frozenset({"extra_permits"})


def with_cases(facts: Facts, application: Application) -> Facts:
    """Return *facts* with those that the application's cases owe, or have settled.

    A register's word is never replaced: a fact that it knows, or has yet to tell, stays as it is.
    Permits beyond the usual number are granted to the party, and so hold for each application.
    """
    settled: dict[str, Any] = {}
    known = (
        Case.objects.filter(application=application)
        .exclude(state=law.State.WITHDRAWN.value)
        .prefetch_related("supplied")
        .order_by("opened")
    )
    for case in known:
        supplied = {each.fact: each for each in case.supplied.all()}
        for fact in case.facts:
            settled[fact] = _value(supplied.get(fact), facts.period.start)
    if not isinstance(settled.get("extra_permits"), Missing):
        settled["extra_permits"] = extra_permits(application, on=facts.period.start)
    return replace(facts, **{f: v for f, v in settled.items() if _may_be_settled(facts, f)})


def _value(supplied: Supplied | None, start: date) -> Any:
    if supplied is None or (supplied.valid_until and supplied.valid_until < start):
        return FROM_CASE_WORKER
    return fact_from_json(supplied.fact, supplied.value)


def _may_be_settled(facts: Facts, fact: str) -> bool:
    known = getattr(facts, fact)
    return fact in _GRANTED or (isinstance(known, Missing) and not known.supplier.is_register)


def follow(application: Application, finding: Finding, *, now: datetime) -> None:
    """Open the cases that *finding* awaits, and end those that nobody awaits any more.

    Within a recording, after each answer that is kept.
    """
    owed = law.owed(finding)
    for case in unfinished(application):
        facts = owed.pop(case.about, ())
        if not facts and finding.answer is not Answer.OPEN:
            step(case, Actor.SYSTEM, law.Step.WITHDRAW, now=now)
        elif more := [fact for fact in facts if fact not in case.facts]:
            case.facts = [*case.facts, *more]
            case.version += 1
            case.save()
    for kind, facts in owed.items():
        open_case(application, kind, facts, now=now)


def unfinished(application: Application) -> list[Case]:
    """Return the cases that *application* waits for, locked for the rest of the recording."""
    states = [state.value for state in law.UNFINISHED]
    return list(Case.objects.select_for_update().filter(application=application, state__in=states))


def open_case(
    application: Application, kind: law.Kind, facts: tuple[str, ...], *, now: datetime
) -> Case:
    """Open a case, within a recording."""
    return Case.objects.create(
        number=cases.next_number(),
        kind=kind.value,
        party_id=application.party_id,
        application=application,
        facts=list(facts),
        opened=now,
        due=danish_day(now) + OUR_TIME,
    )


def one_at_a_time_with(case: Case) -> None:
    """Let nobody else work on what *case* hangs on for the rest of the recording."""
    if case.complaint is not None:
        one_at_a_time("charge", case.complaint.charge_id)
    elif case.charge_id is not None:
        one_at_a_time("charge", case.charge_id)
    elif case.unplaced_money is not None and case.unplaced_money.charge_id is not None:
        one_at_a_time("charge", case.unplaced_money.charge_id)
    elif case.party_id is not None:
        one_at_a_time("party", case.party_id)
    else:
        one_at_a_time_about(case.subject)


def one_at_a_time_about(subject: law.Subject) -> None:
    """Let nobody else work on a case about *subject*, which is nobody's, within a recording."""
    one_at_a_time("case about", subject.value)


def step(
    case: Case,
    actor: Actor,
    taken: law.Step,
    *,
    now: datetime,
    staff: Staff | None = None,
    text: str = "",
) -> None:
    """Take a step in *case* and keep who took it and why, within a recording.

    :raises StepNotAllowed: if it cannot be taken from where the case stands.
    """
    case.move(actor, taken)
    if case.stands not in law.UNFINISHED:
        case.closed = now
    case.save()
    CaseStep.objects.create(
        case=case, at=now, actor=actor.value, staff=staff, step=taken.value, text=text
    )


def extra_permits(application: Application, *, on: date) -> int:
    """Return how many permits more than usual were granted to the applicant, if one starts *on*."""
    party = Party.objects.get(id=application.party_id)
    is_over = party.extra_permits_until is not None and party.extra_permits_until < on
    return 0 if is_over else party.extra_permits


def grant(application: Application, extra: int, *, until: date | None) -> None:
    """Grant the applicant *extra* permits beyond the usual number, within a recording.

    *until* is the last day on which one of them may start; what was granted before gives way.
    """
    Party.objects.filter(id=application.party_id).update(
        extra_permits=extra, extra_permits_until=until
    )
