"""What must happen to charges in time: reminders, fees, debt collection, limitation.

The law says what is next and when. Before a step is taken the charge system is asked how the charge
stands now, so that nothing is done on old knowledge; while it does not answer nothing is done, and
afterwards each charge goes on with the full time between its steps. A step is one commit: the row
that it was taken, the letter, and what the charge system and the agency are told.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, TypeGuard
from uuid import UUID

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from parking.actions import charge as charges
from parking.actions import charge_letters, claims, fees, progress, send
from parking.law import charge as law
from parking.law.charge import COLLECTED_HERE, State, Step
from parking.law.collection import Next
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.ports import NotFound, Outside, Unavailable
from parking.records.charge import Charge
from parking.records.collection import ChargeStep, ChargeTermsVersion
from parking.records.letter import Addressee, Letter
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

_WITH_LETTER: Final = {Step.REMIND, Step.FIRST_FEE, Step.SECOND_FEE, Step.TRANSFER}
#: Nobody else need be told of these.
_FOR_US_ALONE: Final = {Step.FALL_DUE, Step.BAR}
_STATES: Final = tuple(
    state.value.replace(" ", "_") for state in COLLECTED_HERE if state is not State.DUE
)
#: A letter that has waited so long for the printer is told to a person.
_LONGEST_IN_QUEUE: Final = timedelta(days=3)
#: What cannot go on is looked at again after so long, so that it never fills anybody's turn.
_STUCK_FOR: Final = timedelta(days=7)


# Doing it


def collect(outside: Outside, *, now: datetime, most: int = 20_000) -> Counter[str]:
    """Take every step whose day has come; return how many of each.

    One charge that cannot go on keeps no other. When the charge system does not answer, the rest is
    left for the next time.
    """
    taken: Counter[str] = Counter()
    for charge_id in list(_overdue(danish_day(now)).values_list("id", flat=True)[:most]):
        try:
            step = go_on(outside, Charge.objects.get(id=charge_id), now=now)
        except Unavailable as error:
            log.warning("collecting goes on later", why=str(error))
            break
        except Exception:  # one that nobody foresaw keeps no other from its turn
            log.exception("charge could not be collected", charge=str(charge_id))
            with recording():
                send.raise_incident(
                    f"charge {charge_id} stuck", "a charge cannot be collected", now=now
                )
                _is_stuck(charge_id, now)
            continue
        if step is not None:
            taken[step.value] += 1
    fees.take_back_all(now=now)
    claims.follow_all(now=now)
    with recording():
        _worry_about_the_queue(now)
    return taken


def _overdue(today: date) -> QuerySet[Charge]:
    """Return the charges whose next step may have come, by an index and never the whole table.

    Left out are those of which a step was taken so lately that the next one cannot have come, and
    those that could not go on a few days ago.
    """
    lately = ChargeStep.objects.filter(
        charge=OuterRef("id"), refused="", day__gt=today - _shortest_wait()
    )
    can_go_on = Q(stuck_until=None) | Q(stuck_until__lte=today)
    return Charge.objects.filter(
        can_go_on, ~Exists(lately), balance_ore__gt=0, waits=False, state__in=_STATES, due__lt=today
    ).order_by("due")


def _is_stuck(charge_id: UUID, now: datetime) -> None:
    Charge.objects.filter(id=charge_id).update(stuck_until=danish_day(now) + _STUCK_FOR)


def _shortest_wait() -> timedelta:
    """Return the shortest time between two steps by any terms there have been."""
    waits = [timedelta(days=1)]
    for version in ChargeTermsVersion.objects.all():
        terms = version.as_law()
        days = (
            terms.payment_days + 1, terms.reminder_day, terms.first_fee_day,
            terms.second_fee_day, terms.transfer_day,
        )  # fmt: skip
        waits.append(timedelta(days=min(b - a for a, b in pairwise(days))))
    return min(waits[1:], default=waits[0])


def go_on(outside: Outside, charge: Charge, *, now: datetime) -> Step | None:
    """Take the step whose day has come for *charge*, if there is one; return which.

    :raises Unavailable: if the charge system did not answer: nothing has been done.
    :raises Rejected: if it would not answer.
    """
    today = danish_day(now)
    next_ = progress.coming(charge, now=now)
    if not _is_ours(next_, today):
        return None
    try:
        answer = outside.charges.charge(charge.source_id)
    except NotFound:
        with recording():
            _is_stuck(charge.id, now)
        return None  # it is gone there; the feed tells
    addressee = charge_letters.addressee_of(answer)
    with recording():
        one_at_a_time("charge", charge.id)
        charges.take_over([answer], now=now)
        charge = Charge.objects.get(id=charge.id)
        next_ = progress.coming(charge, now=now)
        if not _is_ours(next_, today):
            return None
        if next_.step in _WITH_LETTER and addressee is None:
            _is_stuck(charge.id, now)  # nobody to write to: the owner abroad has not been found
            return None
        if next_.step is Step.TRANSFER and not (addressee and addressee.number):
            send.raise_incident(
                f"charge {charge.number} abroad", "a debtor abroad must be collected by hand",
                now=now,
            )  # fmt: skip
            _is_stuck(charge.id, now)
            return None
        _take(charge, next_, addressee, answer.code, now)
    return next_.step


def _is_ours(next_: Next | None, today: date) -> TypeGuard[Next]:
    return next_ is not None and next_.step in progress.TAKEN_HERE and next_.is_ripe(today)


def _take(
    charge: Charge, next_: Next, addressee: Addressee | None, code: str, now: datetime
) -> None:
    today, terms = danish_day(now), progress.terms_of(charge)
    before = progress.of(charge)
    earlier = ChargeStep.objects.filter(charge=charge)
    reminds = next_.step in _WITH_LETTER and next_.step is not Step.TRANSFER
    step = ChargeStep.objects.create(
        charge=charge,
        step=next_.step.value,
        turn=_turn(charge, next_.step),
        state=law.COURSE.after(before.state, Actor.SYSTEM, next_.step).value,
        day=today,
        taken=now,
        reference=f"{charge.number}-{earlier.count() + 1}",
        fee_ore=next_.fee.ore,
        owed_ore=(charges.balance(charge).owed + next_.fee).ore,
        due=today + timedelta(days=terms.payment_days) if reminds else None,
        told=now if next_.step in _FOR_US_ALONE else None,
    )
    if next_.step is Step.BAR:
        send.raise_incident(
            f"charge {charge.number} barred", "a charge is too old to be claimed", now=now
        )
    if addressee is None or next_.step not in _WITH_LETTER:
        return
    lane, about = f"charge {charge.id}", {"step": step.id}
    if step.fee:
        send.put(
            Outgoing.Kind.REPORT_FEE,
            key=f"fee {step.reference}", lane=lane, payload=about, now=now,
        )  # fmt: skip
    if next_.step is Step.TRANSFER:
        claims.make(step, charge, now=now)
    letter = charge_letters.about_step(step, addressee, terms, code=code, now=now)
    charge_letters.put(letter, charge, now=now, step=step)


def _turn(charge: Charge, step: Step) -> int:
    """Return how often *charge* had come back from debt collection, told by whomever."""
    taken = ChargeStep.objects.filter(charge=charge, refused="")
    ours = taken.filter(step=Step.RECALL.value).count()
    back = progress.came_back(charge)
    before = taken.filter(step=step.value, taken__lte=back).count() if back is not None else 0
    return max(ours, before)


def _worry_about_the_queue(now: datetime) -> None:
    late = Letter.objects.filter(queued__lt=now - _LONGEST_IN_QUEUE, printed__isnull=True).count()
    if late:
        send.raise_incident(
            "print queue", "letters wait to be printed", now=now, detail=f"{late} letters",
            anew=True,
        )  # fmt: skip
