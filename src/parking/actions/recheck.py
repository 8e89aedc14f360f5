"""Looking again at permits that are valid: whoever has one must still meet what it was given by.

A vehicle is stolen, sold or deregistered; somebody moves, emigrates or dies. No register tells us,
so each permit has its turn a month after the registers were last asked about it. A certain no ends
nothing by itself: it opens a case, and whoever holds the permit is heard before a case worker ends
it or lets it stand. A register that is silent decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings

from parking.actions import apply, case_letters, caseload, casework, gather
from parking.actions import permit as permits
from parking.actions.case_letters import CaseLetter
from parking.actions.turns import keeping_nobody_waiting
from parking.law import case as law
from parking.law import permit as permit_law
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import Period, danish_day
from parking.law.facts import Facts, Home, Missing
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding
from parking.law.record import facts_as_json, facts_from_json
from parking.law.zones import ZoneCode
from parking.ports import Outside
from parking.records import case as cases
from parking.records.case import Case
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff
from parking.records.tariff import terms_on

log = structlog.get_logger(__name__)

#: What the citizen reads that the registers were asked for, and who asked.
PURPOSE: Final = "valid permit"
ASKED_BY: Final = "clock"
#: What could not be answered tonight is asked again tomorrow night.
_TRY_AGAIN: Final = timedelta(hours=20)
_UNFINISHED: Final = tuple(state.value for state in law.UNFINISHED)


class NotHeard(StepNotAllowed):
    """A permit cannot be ended yet: the party has not been heard, or still has time to answer."""


@dataclass(frozen=True, slots=True)
class Today:
    """What the rule says of a permit today, and of which facts."""

    finding: Finding
    facts: Facts

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept on a case: only what the rule may look at."""
        needs = resident.still(self.facts.period.start).needs
        facts = facts_as_json(self.facts, needs)
        return {"finding": self.finding.as_json(), "facts": facts}

    @classmethod
    def from_json(cls, kept: Any) -> Today:
        """Return what :meth:`as_json` wrote down."""
        return cls(Finding.from_json(kept["finding"]), facts_from_json(kept["facts"]))


# By itself


def due(*, now: datetime, most: int = 200) -> list[Permit]:
    """Return the permits whose turn it is, those that have waited longest first."""
    turn = Permit.objects.active().filter(next_look__lte=now).select_related("party", "application")
    return list(turn.order_by("next_look")[:most])


def look_in_turn(outside: Outside, permit: Permit, *, now: datetime) -> bool:
    """Look at *permit* again if it is still its turn; tell whether it was.

    Its next turn is set first: one that goes wrong has to wait a night like any other.
    """
    with recording():
        claimed = Permit.objects.active().filter(id=permit.id, next_look__lte=now)
        if not claimed.update(next_look=now + _TRY_AGAIN):
            return False
    if danish_day(now) >= (permit.days.end or danish_day(now)):
        with recording():
            Permit.objects.filter(id=permit.id).update(next_look=None)
        return False
    look(outside, permit, now=now)
    return True


def look(outside: Outside, permit: Permit, *, now: datetime, staff: Staff | None = None) -> Finding:
    """Ask the registers about *permit*, and the rule about what is true today.

    What a person must look at opens a case, once; what is a yes again ends that case. *staff* is
    who wants to know; without one it is the clock.
    """
    party, rule = permit.party, resident.still(permit.days.start)
    answers = gather.ask_registers(
        outside,
        party,
        Plate(permit.plate),
        needs=rule.needs,
        reference=str(permit.application_id),
        purpose=PURPOSE,
        asked_by=f"staff {staff.unit}" if staff else ASKED_BY,
        staff=staff,
        now=now,
    )
    with recording():
        one_at_a_time("party", party.id)
        apply.record_look_ups(answers, permit.application)
        permit = Permit.objects.select_for_update().get(id=permit.id)
        facts = _facts(answers, permit, now)
        today = Today(rule.ask(facts), facts)
        if permit.stands is not permit_law.State.ACTIVE:
            return today.finding
        if not _awaits_register(today.finding):
            permit.next_look = apply.next_look(permit.days, now=now)
            permit.save(update_fields=["next_look"])
            _follow(permit, today, now)
    return today.finding


def _awaits_register(finding: Finding) -> bool:
    return finding.answer is Answer.OPEN and not law.is_for_a_person(finding)


def _facts(answers: gather.Answers, permit: Permit, now: datetime) -> Facts:
    """Return the facts of today, under the terms that the permit was given by.

    What a case worker has supplied for the application holds as long as the permit does, but where
    somebody lived says nothing of where they have moved.
    """
    terms = terms_on(resident.PAID, permit.days.start).as_law()
    today = max(danish_day(now), permit.days.start)
    facts = gather.facts_from(
        answers,
        permit.party,
        product=permit.product,
        terms=terms,
        period=Period(today, permit.days.end),
        municipality=settings.MUNICIPALITY,
    )
    lasting = caseload.with_cases(replace(facts, period=permit.days), permit.application)
    if _has_moved(permit, facts):
        lasting = replace(lasting, home=facts.home, home_area=facts.home_area)
    return replace(lasting, held_zone=ZoneCode(permit.zone))


def _has_moved(permit: Permit, facts: Facts) -> bool:
    decision = permit.application.decisions.order_by("-id").first()
    if decision is None or isinstance(facts.home, Missing):
        return False
    then = facts_from_json(decision.facts).home
    return isinstance(then, Missing) or _house(then) != _house(facts.home)


def _house(home: Home) -> tuple[str, str, str]:
    return home.municipality, home.road_code, home.house_number


def _follow(permit: Permit, today: Today, now: datetime) -> None:
    known = Case.objects.select_for_update().filter(permit=permit, state__in=_UNFINISHED).first()
    if not law.is_for_a_person(today.finding):
        if known is not None:
            caseload.step(known, Actor.SYSTEM, law.Step.WITHDRAW, now=now)
    elif known is not None:
        if known.found != today.as_json():
            known.found = today.as_json()
            known.version += 1
            known.save()
    elif not _is_settled(permit, today):
        _open_case(permit, today, now)


def _is_settled(permit: Permit, today: Today) -> bool:
    """Tell whether a case worker has let it stand for the same reasons, or has it already.

    What is open because documents are being assessed has a case of its own.
    """
    if caseload.unfinished(permit.application):
        return today.finding.answer is Answer.OPEN
    last = Case.objects.filter(permit=permit, state=law.State.DECIDED.value).order_by("-opened")
    decided = last.first()
    return decided is not None and _reasons(Today.from_json(decided.found)) == _reasons(today)


def _reasons(today: Today) -> set[str]:
    return {reason.rule for reason in today.finding.reasons()}


def _open_case(permit: Permit, today: Today, now: datetime) -> None:
    case = Case.objects.create(
        number=cases.next_number(),
        kind=law.Kind.CHANGED.value,
        party_id=permit.party_id,
        permit=permit,
        found=today.as_json(),
        opened=now,
        due=danish_day(now) + caseload.OUR_TIME,
    )
    log.info("permit must be looked at", permit=permit.number, case=case.number)


def put_away(*, now: datetime) -> int:
    """Withdraw the cases about permits that are over; return how many."""
    over = Case.objects.filter(
        kind=law.Kind.CHANGED.value,
        state__in=_UNFINISHED,
        permit__period__endswith__lte=danish_day(now),
    )
    withdrawn = 0
    for stale in over:
        with keeping_nobody_waiting("case", stale.number), recording():
            caseload.one_at_a_time_with(stale)
            case = Case.objects.select_for_update().get(id=stale.id)
            if case.stands in law.UNFINISHED:
                caseload.step(case, Actor.SYSTEM, law.Step.WITHDRAW, now=now)
                withdrawn += 1
    return withdrawn


# What a case worker does


def today_of(case: Case) -> Today:
    """Return what *case* rests on."""
    return Today.from_json(case.found)


def look_again(outside: Outside, staff: Staff, case: Case, *, now: datetime) -> Finding:
    """Ask the registers once more, so that *case* is decided on what is true now.

    :raises StepNotAllowed: if *staff* does not have the case. Nobody has been asked then.
    """
    if case.taken_by_id != staff.id or case.stands not in law.UNFINISHED:
        raise StepNotAllowed(f"{case.number}: the registers are not to be asked")
    return look(outside, case.held, staff=staff, now=now)


def may_be_ended(case: Case, *, now: datetime) -> bool:
    """Tell whether the party has been heard, so that the permit of *case* can be ended."""
    taken = [law.Step(step) for step in case.steps.values_list("step", flat=True)]
    return law.is_heard(taken, until=case.due, today=danish_day(now))


def was_asked(case: Case) -> bool:
    """Tell whether the party knows of *case*, because they were asked."""
    return case.steps.filter(step=law.Step.ASK.value).exists()


def letter(case: Case, step: law.Step, *, text: str, now: datetime) -> CaseLetter:
    """Return the letter that *step* sends, with the case worker's *text* in it.

    :raises NotHeard: if the step must wait until the party has been heard.
    """
    today = today_of(case)
    if step is law.Step.ASK:
        until = casework.answer_until(now=now)
        return case_letters.hearing(case, today.finding, today.facts, text=text, until=until)
    if step is law.Step.LET_STAND:
        return case_letters.let_stand(case, reasons=text)
    if not may_be_ended(case, now=now):
        raise NotHeard(case.number)
    return case_letters.ended(
        case,
        today.finding,
        today.facts,
        reasons=text,
        day=danish_day(now),
        back=permits.refund_if_ended(case.held, on=danish_day(now)),
    )


def hear(staff: Staff, case: Case, *, text: str, version: int, now: datetime) -> None:
    """Hear the party, by letter and until a day.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    with recording():
        case = casework.locked_of(staff, case, version)
        written = letter(case, law.Step.ASK, text=text, now=now)
        case.due = casework.answer_until(now=now)
        caseload.step(case, Actor.CASE_WORKER, law.Step.ASK, now=now, staff=staff, text=text)
        casework.write_letter(case, written, now)


def end(staff: Staff, case: Case, *, reasons: str, version: int, now: datetime) -> None:
    """End the permit of *case* with today, pay back what is left by the rule, and say why.

    :raises ChangedMeanwhile: if the case has changed.
    :raises NotHeard: if the party has not been heard.
    :raises StepNotAllowed: if *staff* does not have the case, or the permit is over.
    """
    with recording():
        case = casework.locked_of(staff, case, version)
        written = letter(case, law.Step.END, text=reasons, now=now)
        caseload.step(case, Actor.CASE_WORKER, law.Step.END, now=now, staff=staff, text=reasons)
        permits.end_within_recording(
            case.held, because="conditions changed", now=now, actor=Actor.CASE_WORKER
        )
        casework.write_letter(case, written, now)


def let_stand(staff: Staff, case: Case, *, reasons: str, version: int, now: datetime) -> None:
    """Let the permit of *case* be valid as before; the party is told why, if they were heard.

    For the same reasons no other case is opened.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    with recording():
        case = casework.locked_of(staff, case, version)
        written = letter(case, law.Step.LET_STAND, text=reasons, now=now)
        knows = was_asked(case)
        caseload.step(
            case, Actor.CASE_WORKER, law.Step.LET_STAND, now=now, staff=staff, text=reasons
        )
        if knows:
            casework.write_letter(case, written, now)


# What the party does


def asked_about(permit: Permit) -> Case | None:
    """Return the case in which the party is being heard about *permit*, if there is one."""
    return Case.objects.filter(permit=permit, state=law.State.ASKED.value).first()


def answer(party: Party, permit: Permit, *, text: str, now: datetime) -> None:
    """Keep what *party* says, and let the case go on.

    :raises StepNotAllowed: if nobody has asked them.
    """
    with recording():
        one_at_a_time("party", party.id)
        asked = Case.objects.select_for_update().filter(
            party=party, permit=permit, state=law.State.ASKED.value
        )
        case = asked.first()
        if case is None:
            raise StepNotAllowed(f"{permit.number}: nobody has asked")
        case.due = danish_day(now) + caseload.OUR_TIME
        caseload.step(case, Actor.PARTY, law.Step.ANSWER, now=now, text=text)
