"""Stopping the collection of a charge, as a case worker does who must find something out first.

A stop holds at once, and ends by itself on its day. The charge system is told of it, and of its end
if it is lifted before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

import structlog

from parking.actions import casework, holds, progress, send
from parking.actions import charge as charges
from parking.actions.send import Carrier
from parking.law import charge as charge_law
from parking.law import collection
from parking.law.charge import Hold
from parking.law.course import StepNotAllowed
from parking.law.days import Period, danish_day
from parking.ports import Outside, Rejected
from parking.ports.charges import ChargeAnswer, ChargeState
from parking.records.charge import Charge
from parking.records.collection import ChargePause
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff

log = structlog.get_logger(__name__)

LONGEST_REASON: Final = 4000

#: The states in which the charge system has a charge that is still to be collected.
_COLLECTED: Final = frozenset(
    {ChargeState.ISSUED, ChargeState.REMINDED, ChargeState.FIRST_FEE, ChargeState.SECOND_FEE}
)


class NoDayToEnd(ValueError):
    """A stop cannot end on that day: it is over, or too far ahead."""


def made_here(charge: Charge) -> list[ChargePause]:
    """Return every stop of *charge* that was made here, the first of them first."""
    ours = (row for row in charge.pauses.all() if row.by_id is not None)
    return sorted(ours, key=lambda row: row.id)


def standing(charge: Charge, *, now: datetime) -> ChargePause | None:
    """Return the stop made here that holds *charge* now, if there is one.

    What is not collected here any more, as it is annulled or paid, has nothing to hold.
    """
    if charges.stands(charge) not in charge_law.COLLECTED_HERE:
        return None
    today = danish_day(now)
    return next((row for row in made_here(charge) if _stands(row, today)), None)


def _stands(stop: ChargePause, today: date) -> bool:
    return stop.until is None or today < stop.until


def may_stop(charge: Charge, *, now: datetime) -> bool:
    """Tell whether there is anything to stop: we collect *charge* now, and a plan does not."""
    today = danish_day(now)
    return (
        bool(charges.payable(charge))
        and standing(charge, now=now) is None
        and Hold.PLAN not in collection.open_holds(holds.pauses(charge), on=today)
    )


def can_end(charge: Charge, *, now: datetime) -> Period:
    """Return the days on which a stop of *charge* that begins now can end."""
    return collection.stop_can_end(progress.terms_of(charge), on=danish_day(now))


def last_day_once_lifted(charge: Charge, stop_: ChargePause, *, now: datetime) -> date | None:
    """Return the last day to pay *charge* if *stop_* is lifted now; ``None`` if it still waits."""
    pauses = holds.pauses(charge, lifted=stop_.id, on=danish_day(now))
    here = replace(progress.of(charge), pauses=pauses)
    return collection.last_day_to_pay(here, progress.terms_of(charge))


def stop(
    staff: Staff, charge: Charge, *, until: date, reason: str, known: int, now: datetime
) -> ChargePause:
    """Stop the collection of *charge* up to, and not on, the day *until*; return the stop.

    *known* is how many stops made here *staff* has seen of it.

    :raises OwnCase: if the charge is about themselves.
    :raises ChangedMeanwhile: if somebody else has stopped it since.
    :raises StepNotAllowed: if there is nothing to stop any more.
    :raises NoDayToEnd: if a stop cannot end on that day.
    """
    _not_their_own(staff, charge)
    with recording():
        one_at_a_time("charge", charge.id)
        charge = Charge.objects.with_what_was_done().get(id=charge.id)
        if len(made_here(charge)) != known:
            raise casework.ChangedMeanwhile(charge.number)
        if not may_stop(charge, now=now):
            raise StepNotAllowed(f"{charge.number}: there is nothing to stop")
        if until not in can_end(charge, now=now):
            raise NoDayToEnd(until)
        made = ChargePause.objects.create(
            charge=charge,
            hold=Hold.CASE_WORKER.value,
            reference=f"stop-{uuid4()}",
            since=danish_day(now),
            until=until,
            reason=reason,
            begun=now,
            by=staff,
        )
        _put(Outgoing.Kind.REPORT_STOP, made, {"until": until.isoformat()}, now)
    log.info("stopped", charge=charge.number, staff=str(staff.id), until=str(until))
    return made


def lift(staff: Staff, charge: Charge, stop_id: int, *, now: datetime) -> None:
    """Let the collection of *charge* go on from today, and not only when the stop ends.

    :raises OwnCase: if the charge is about themselves.
    :raises ChangedMeanwhile: if that stop is over, or is none that was made here.
    """
    _not_their_own(staff, charge)
    with recording():
        one_at_a_time("charge", charge.id)
        today = danish_day(now)
        found = ChargePause.objects.filter(charge=charge, id=stop_id).exclude(by=None).first()
        if found is None or not _stands(found, today):
            raise casework.ChangedMeanwhile(charge.number)
        found.until, found.lifted, found.lifted_by = today, now, staff
        found.save()
        _put(Outgoing.Kind.REPORT_LIFT, found, {}, now)
    log.info("stop lifted", charge=charge.number, staff=str(staff.id))


def _not_their_own(staff: Staff, charge: Charge) -> None:
    if casework.is_own_charge(staff, charge):
        raise casework.OwnCase(charge.number)


def _put(kind: Outgoing.Kind, stop: ChargePause, more: dict[str, str], now: datetime) -> None:
    send.put(
        kind,
        key=f"{kind.value} {stop.reference}",
        lane=f"charge {stop.charge_id}",
        payload={"stop": stop.id, **more},
        now=now,
    )


# Telling the charge system


def report_stop(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of a stop, unless there is nothing to stop there any more."""
    made = ChargePause.objects.select_related("charge").get(id=payload["stop"])
    assert made.begun is not None
    try:
        answer = outside.charges.report_stop(
            made.charge.source_id,
            reference=made.reference,
            since=made.begun,
            # Not as it is now: a repetition says the same, and what was lifted is told next.
            until=date.fromisoformat(payload["until"]),
            reason=made.reason,
        )
    except Rejected:
        answer = outside.charges.charge(made.charge.source_id)
        if answer.state in _COLLECTED:
            raise
    return _taken(answer, now)


def report_lift(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system that a stop was lifted, unless it is over there or never came."""
    made = ChargePause.objects.select_related("charge").get(id=payload["stop"])
    assert made.lifted is not None
    answer = outside.charges.charge(made.charge.source_id)
    if any(each.reference == made.reference and each.lifted is None for each in answer.stops):
        answer = outside.charges.report_lift(
            answer.id, reference=f"lift-{made.reference}", stop=made.reference, lifted=made.lifted
        )
    return _taken(answer, now)


def _taken(answer: ChargeAnswer, now: datetime) -> str:
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


CARRIERS: Final[dict[str, Carrier]] = {
    Outgoing.Kind.REPORT_STOP: report_stop,
    Outgoing.Kind.REPORT_LIFT: report_lift,
}
