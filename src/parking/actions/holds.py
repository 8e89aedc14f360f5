"""What stands in the way of collecting a charge: seen in what is told of it, or begun by us.

A row for each complaint, plan and stop, with the day it began and the day it ended, so that the law
can count the days between. What is begun here holds at once, before anybody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from django.db.models import Q

from parking.law import complaint as complaint_law
from parking.law.charge import Hold
from parking.law.charge_terms import ChargeTerms
from parking.law.collection import Pause
from parking.law.days import Period, danish_day
from parking.ports.charges import ChargeAnswer, ChargeComplaint, ChargeStop
from parking.records.charge import Charge
from parking.records.collection import ChargePause, charge_terms_on

_OVER: Final = {"decided", "withdrawn"}


def complaint_reference(complaint: str) -> str:
    """Return how a pause for the *complaint* with that reference of ours is named."""
    return f"complaint {complaint}"[:80]


def begin(charge: Charge, hold: Hold, *, reference: str, on: date) -> None:
    """Let *charge* wait from the day *on*, within a recording; the same *reference* once."""
    ChargePause.objects.get_or_create(
        charge=charge, reference=reference, defaults={"hold": hold.value, "since": on}
    )


def end(charge: Charge, *, reference: str, on: date) -> None:
    """Let *charge* wait no longer from the day *on*, within a recording."""
    for pause in ChargePause.objects.filter(charge=charge, reference=reference, until=None):
        pause.until = max(on, pause.since)
        pause.save()


#: What can matter though it ended on the day it began: a new deadline may follow.
_COUNT_ALWAYS: Final = {Hold.COMPLAINT.value, Hold.CASE_WORKER.value}


def pauses(charge: Charge, *, lifted: int = 0, on: date | None = None) -> tuple[Pause, ...]:
    """Return what stands or stood in the way of *charge*, but for plans that ended as they began.

    The stop with the id *lifted* is taken to end on the day *on*.
    """
    rows = sorted(charge.pauses.all(), key=lambda row: (row.since, row.id))
    return tuple(
        Pause(Hold.CASE_WORKER, Period(row.since, on)) if row.id == lifted else row.as_law()
        for row in rows
        if row.until != row.since or row.hold in _COUNT_ALWAYS
    )


def is_held_there(answer: ChargeAnswer) -> bool:
    """Tell whether the charge system holds a charge, and nobody but it can tell how long.

    A stop with a day ends by itself, and nobody tells of that: the law counts its days.
    """
    hold = answer.hold
    return hold is not None and not (hold.reason == "case_worker" and hold.until is not None)


def is_stopped_for_good(charge: Charge) -> bool:
    """Tell whether a case worker has stopped *charge* until the stop is lifted, here or there."""
    stops = Q(reference__startswith="told stop ") | Q(reference__startswith="stop-")
    return ChargePause.objects.filter(stops, charge=charge, until=None).exists()


def suspends(complaint: ChargeComplaint, answer: ChargeAnswer, terms: ChargeTerms) -> Hold:
    """Return what *complaint* stops: all, or nothing but the transfer to debt collection.

    One that was withdrawn is not renewed by that: it has stopped what it stopped.
    """
    renewed = any(
        each.id != complaint.id
        and each.state == "withdrawn"
        and each.received <= complaint.received
        for each in answer.complaints
    )
    return complaint_law.hold_in(complaint.round, terms, renewed=renewed)


def follow(told: Iterable[tuple[Charge, ChargeAnswer]], *, now: datetime) -> None:
    """Write down what the charge system says stands in the way of charges, within a recording.

    A complaint counts from the day it came to the day it was decided. Of a complaint that was taken
    back nobody tells the day: it is the one we learnt it. A stop that is over anywhere is over.
    """
    told = list(told)
    ids = [charge.id for charge, _ in told]
    known = {
        (row.charge_id, row.reference): row for row in ChargePause.objects.filter(charge__in=ids)
    }
    waiting = {charge_id for charge_id, _ in known}
    terms_on = lru_cache(charge_terms_on)
    for charge, answer in told:
        if not (answer.complaints or answer.hold or answer.stops or charge.id in waiting):
            continue
        seen = list(_seen(charge, answer, danish_day(now), terms_on))
        for pause in seen:
            _keep(known.get((charge.id, pause.reference)), pause)
        for stop in answer.stops:
            ours = known.get((charge.id, stop.reference))
            pause = _stopped(charge, stop, ours)
            seen.append(pause)
            _keep_stop(ours or known.get((charge.id, pause.reference)), pause)
        names = {pause.reference for pause in seen}
        for (charge_id, reference), row in known.items():
            lifted = reference.startswith(("told plan ", "told stop ")) and reference not in names
            goes_on = row.until is None or row.until > danish_day(now)
            if charge_id == charge.id and lifted and goes_on:
                row.until = max(danish_day(now), row.since)
                row.save()


def _keep(known: ChargePause | None, seen: ChargePause) -> None:
    if known is None:
        seen.save(force_insert=True)
        return
    # A day that is known of the past is not moved by learning the same once more.
    until = known.until if seen.until is not None and known.until is not None else seen.until
    if (known.hold, known.since, known.until) != (seen.hold, seen.since, until):
        known.hold, known.since, known.until = seen.hold, seen.since, until
        known.save()


def _stopped(charge: Charge, told: ChargeStop, ours: ChargePause | None) -> ChargePause:
    """Return the pause that a stop is, by the reference of our own if it is that."""
    since, until = danish_day(told.since), told.until
    if told.lifted is not None:
        until = min(danish_day(told.lifted), until or date.max)
    return ChargePause(
        charge=charge,
        hold=Hold.CASE_WORKER.value,
        reference=told.reference if ours is not None else f"told stop {told.reference}",
        since=since,
        until=None if until is None else max(until, since),
        reason=told.reason,
        begun=told.since,
        lifted=told.lifted,
    )


def _keep_stop(known: ChargePause | None, seen: ChargePause) -> None:
    """Write down a stop; one that is known is never made longer by what is told of it."""
    if known is None:
        seen.save(force_insert=True)
        return
    ends = [day for day in (known.until, seen.until) if day is not None]
    until, lifted = min(ends, default=None), known.lifted or seen.lifted
    if (known.until, known.lifted) != (until, lifted):
        known.until, known.lifted = until, lifted
        known.save()


def _seen(
    charge: Charge, answer: ChargeAnswer, today: date, terms_on: Callable[[date], ChargeTerms]
) -> Iterator[ChargePause]:
    terms = terms_on(danish_day(charge.issued)) if answer.complaints else None
    for complaint in answer.complaints:
        assert terms is not None
        since = danish_day(complaint.received)
        hold = suspends(complaint, answer, terms)
        # How long fees are held up there is not how long nothing is transferred.
        until = complaint.hold_until if hold is Hold.COMPLAINT else None
        if complaint.decision is not None:
            until = danish_day(complaint.decision.decided)
        elif complaint.state in _OVER:
            until = today
        yield ChargePause(
            charge=charge,
            hold=hold.value,
            reference=complaint_reference(complaint.reference),
            since=since,
            until=None if until is None else max(until, since),
        )
    if answer.hold is None or answer.hold.reason != "plan":
        return
    since = danish_day(answer.hold.since)
    yield ChargePause(
        charge=charge,
        hold=Hold.PLAN.value,
        reference=f"told plan {answer.plan}",
        since=since,
        until=None if answer.hold.until is None else max(answer.hold.until, since),
    )
