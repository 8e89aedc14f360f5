"""What happens to a charge in time: deadline, reminder, fees, debt collection, limitation.

One step at a time, each on its day and never before, with the full time between two steps even when
nothing could run for weeks. While a complaint is open, a plan is kept or a case worker has stopped
it, nothing happens; the days do not count, and afterwards there is a new deadline.

Paragraphs refer to ``docs/regulation/charges.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Final

from parking.law.charge import (
    COLLECTED_HERE,
    COURSE,
    Entry,
    Hold,
    Kind,
    State,
    Step,
    balance,
    claimed,
    merged,
)
from parking.law.charge_terms import ChargeTerms
from parking.law.course import Actor
from parking.law.days import Period, months_after
from parking.law.money import NOTHING, Money, total

_DAY: Final = timedelta(days=1)

#: The step that time brings in each state.
_NEXT: Final = {
    State.ISSUED: Step.FALL_DUE,
    State.DUE: Step.REMIND,
    State.REMINDED: Step.FIRST_FEE,
    State.FIRST_FEE: Step.SECOND_FEE,
    State.SECOND_FEE: Step.TRANSFER,
}
#: What the fee of each step is called in the account; it can be there once.
_FEE_REFERENCES: Final = {Step.FIRST_FEE: "fee-1", Step.SECOND_FEE: "fee-2"}


@dataclass(frozen=True, slots=True)
class Pause:
    """Days on which a hold stands in the way: up to, not including, the day it was lifted."""

    hold: Hold
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known about one charge, so far as it matters to its collection."""

    issued: date
    state: State
    since: date  #: the day it came to *state*
    account: tuple[Entry, ...]
    booked_here: tuple[Entry, ...] = ()
    pauses: tuple[Pause, ...] = ()
    acknowledged: date | None = None  #: the last day the debtor agreed to owe it, by a plan
    is_back: bool = False  #: from debt collection, and nobody has been reminded since

    def entries(self) -> tuple[Entry, ...]:
        """Return the account with what we have booked and the charge system does not know yet.

        :raises EntriesDisagree: if it contradicts itself.
        """
        return merged(self.account, self.booked_here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What happens next to a charge, and when."""

    step: Step
    day: date | None  #: not before this day; ``None`` while nobody knows
    fee: Money = NOTHING
    waits_for: tuple[Hold, ...] = ()

    def is_ripe(self, on: date) -> bool:
        """Tell whether the step may be taken on the day *on*."""
        return self.day is not None and self.day <= on

    def entry(self, on: date) -> Entry | None:
        """Return the fee as it is booked when the step is taken on the day *on*, if it has one."""
        return Entry(Kind.FEE, self.fee, on, _FEE_REFERENCES[self.step]) if self.fee else None


def last_day_to_pay(progress: Progress, terms: ChargeTerms) -> date | None:
    """Return the deadline that holds now (§ 3); ``None`` while it waits, or when there is none.

    The slip sets one and each reminder another. Days of a hold do not count, and after one there
    are always as many days as the terms give after an answer.
    """
    if progress.state not in COLLECTED_HERE:
        return None
    since = _deadline_counts_from(progress)
    return _counted(since, terms.payment_days, _stopping(progress, Step.REMIND, terms), terms)


def what_is_next(progress: Progress, terms: ChargeTerms, *, on: date) -> Next | None:
    """Return what happens next to a charge, seen on the day *on* (§§ 3 and 4); maybe nothing.

    A charge on which nothing is owed is settled, and one that is owed again after all goes on.

    :raises EntriesDisagree: if the account contradicts itself.
    """
    if not any(entry.kind is Kind.CHARGE for entry in progress.entries()):
        return None  # nobody has told us yet what it costs
    if not COURSE.steps(progress.state, Actor.SYSTEM):
        return None
    owed = balance(progress.account, progress.booked_here).owed
    if not owed:
        return _closing(progress, on)
    if progress.state is State.PAID:
        return Next(step=Step.OWE_AGAIN, day=on)
    if progress.state not in _NEXT:
        return None
    return _collecting(progress, terms, on)


def _closing(progress: Progress, on: date) -> Next | None:
    """Return how a charge is closed on which nothing is owed, unless it is."""
    if claimed(progress.entries()):
        return None if progress.state is State.PAID else Next(step=Step.SETTLE, day=on)
    given_up = any(entry.kind is Kind.WRITE_OFF for entry in progress.entries())
    return None if given_up else Next(step=Step.ANNUL, day=on)


def _collecting(progress: Progress, terms: ChargeTerms, on: date) -> Next:
    # What came back is reminded of once more, and warned of, before it can be transferred anew.
    again = progress.is_back and progress.state is State.SECOND_FEE
    step = Step.SECOND_FEE if again else _NEXT[progress.state]
    barred = barred_from(progress, terms)
    if barred <= on:
        return Next(step=Step.BAR, day=barred)
    pauses = _stopping(progress, step, terms)
    waits_for = tuple(dict.fromkeys(pause.hold for pause in pauses if on in pause.period))
    deadline = last_day_to_pay(progress, terms)
    stays = _days_in(State.FIRST_FEE if again else progress.state, terms)
    day = _counted(progress.since, stays, pauses, terms)
    if deadline is not None and day is not None:
        day = max(day, deadline + _DAY)
    if day is not None and barred <= day:
        return Next(step=Step.BAR, day=barred, waits_for=waits_for)
    fee = NOTHING if again else _fee(step, progress, terms)
    return Next(step=step, day=day, fee=fee, waits_for=waits_for)


def outlook(progress: Progress, terms: ChargeTerms, *, on: date) -> Iterator[Next]:
    """Yield what will happen if nobody does anything, as far as it can be foretold (§ 3)."""
    while (coming := what_is_next(progress, terms, on=on)) is not None:
        if coming.day is None:
            yield coming
            return
        on = max(coming.day, on)
        yield replace(coming, day=on)
        fee = coming.entry(on)
        progress = replace(
            progress,
            state=COURSE.after(progress.state, Actor.SYSTEM, coming.step),
            since=on,
            account=progress.account if fee is None else (*progress.account, fee),
            is_back=False,
        )


def barred_from(progress: Progress, terms: ChargeTerms) -> date:
    """Return the first day on which the charge is too old to be claimed (§ 4, stk. 3).

    The years count from the first deadline, or from the last day the debtor agreed to owe it. A
    complaint does not stop them.
    """
    first_deadline = progress.issued + timedelta(days=terms.payment_days)
    since = max(first_deadline, progress.acknowledged or first_deadline)
    return months_after(since, 12 * terms.limitation_years) + _DAY


def open_holds(pauses: Iterable[Pause], *, on: date) -> tuple[Hold, ...]:
    """Return what stands in the way of the collection on the day *on*, each once."""
    return tuple(dict.fromkeys(pause.hold for pause in pauses if on in pause.period))


def stopped_until(pauses: Iterable[Pause], *, on: date) -> date | None:
    """Return the day until which case workers have stopped the collection, seen on the day *on*.

    ``None`` if nobody has, and while nobody knows the day.
    """
    stops = [each.period for each in pauses if each.hold is Hold.CASE_WORKER and on in each.period]
    ends = [period.end for period in stops if period.end is not None]
    return max(ends) if ends and len(ends) == len(stops) else None


def stop_can_end(terms: ChargeTerms, *, on: date) -> Period:
    """Return the days on which a stop that begins on the day *on* can end (§ 4, stk. 6)."""
    return Period(on + _DAY, on + timedelta(days=terms.longest_stop_days) + _DAY)


def _fee(step: Step, progress: Progress, terms: ChargeTerms) -> Money:
    """Return what *step* costs: a fee is charged once, also when a charge is owed a second time."""
    if step not in _FEE_REFERENCES:
        return NOTHING
    charged = sum(entry.kind is Kind.FEE for entry in progress.entries())
    if charged > list(_FEE_REFERENCES).index(step):
        return NOTHING
    return terms.first_fee if step is Step.FIRST_FEE else terms.second_fee


def _days_in(state: State, terms: ChargeTerms) -> int:
    """Return how many days a charge stays in *state* before time takes it further."""
    return {
        State.ISSUED: terms.payment_days + 1,
        State.DUE: terms.reminder_day - terms.payment_days - 1,
        State.REMINDED: terms.first_fee_day - terms.reminder_day,
        State.FIRST_FEE: terms.second_fee_day - terms.first_fee_day,
        State.SECOND_FEE: terms.transfer_day - terms.second_fee_day,
    }[state]


def _stopping(progress: Progress, step: Step, terms: ChargeTerms) -> tuple[Pause, ...]:
    """Return the pauses that stop *step*: every one, but that some stop nothing but a transfer.

    A stop that is lifted on the day it began leaves the deadline as it was, as long as there is
    time left until that (§ 4, stk. 6).
    """
    stopping = [
        pause
        for pause in progress.pauses
        if step is Step.TRANSFER or pause.hold is not Hold.TRANSFER
    ]
    lasting = tuple(pause for pause in stopping if not _is_lifted_at_once(pause))
    if len(lasting) == len(stopping):
        return lasting
    since = _deadline_counts_from(progress)
    deadline = _counted(since, terms.payment_days, lasting, terms)
    return tuple(
        pause
        for pause in stopping
        if not _is_lifted_at_once(pause)
        or (deadline is not None and since <= pause.period.start and deadline <= pause.period.start)
    )


def _is_lifted_at_once(pause: Pause) -> bool:
    return pause.hold is Hold.CASE_WORKER and pause.period.start == pause.period.end


def _deadline_counts_from(progress: Progress) -> date:
    """Return the day that set the deadline: the slip's, or a reminder's."""
    return progress.issued if progress.state in {State.ISSUED, State.DUE} else progress.since


def _days_after(hold: Hold, terms: ChargeTerms) -> timedelta:
    """Return how many days there are to pay when *hold* has been lifted."""
    if hold is Hold.PLAN:
        return timedelta(days=terms.plan_limits.days_after_missed)
    return timedelta(days=terms.days_after_answer)


def _counted(since: date, days: int, pauses: tuple[Pause, ...], terms: ChargeTerms) -> date | None:
    """Return the day that is *days* after *since*; ``None`` while a pause has no end.

    Days in *pauses* do not count, and the last of them is followed by the days that come after it.
    """
    day, counted_to = since + timedelta(days=days), since + _DAY
    for pause in sorted(pauses, key=lambda pause: pause.period.start):
        if pause.period.end is None:
            return None
        start = max(pause.period.start, counted_to)
        if start < pause.period.end:
            day += pause.period.end - start
            counted_to = pause.period.end
    lifted = (
        pause.period.end + _days_after(pause.hold, terms)
        for pause in pauses
        if pause.period.end is not None
    )
    return max([day, *lifted])


# What has been charged


@dataclass(frozen=True, slots=True)
class Accrual:
    """A part of what has been charged, and the step that brought it."""

    entry: Entry
    step: Step | None  #: ``None`` for the charge itself, and a fee that no step of ours has
    taken_back: bool


def accrued(progress: Progress) -> tuple[Accrual, ...]:
    """Return the charge and its fees in the order of their days, taken back or not.

    A fee that has another name in the charge system belongs to the step of its place among them.

    :raises EntriesDisagree: if the account contradicts itself.
    """
    entries = progress.entries()
    taken_back = {entry.reference for entry in entries if entry.kind is Kind.ANNULMENT}
    charged = (entry for entry in entries if entry.kind in {Kind.CHARGE, Kind.FEE})
    steps = iter(_FEE_REFERENCES)
    return tuple(
        Accrual(
            entry,
            next(steps, None) if entry.kind is Kind.FEE else None,
            _back(entry) in taken_back,
        )
        for entry in sorted(charged, key=lambda entry: (entry.booked, entry.reference))
    )


# What should not have been charged


def unjust_fees(progress: Progress, terms: ChargeTerms) -> tuple[Entry, ...]:
    """Return the fees that must be taken back (§ 4, stk. 2), and have not been.

    A payment may become known after the fee that it would have prevented, and a complaint that came
    by letter may be registered later. A fee is unjust when it was booked on a day when nothing else
    was owed any more, during a hold, or before the deadline that follows one. What is annulled was
    never owed, on whichever day that was found out.

    :raises EntriesDisagree: if the account contradicts itself.
    """
    account = progress.entries()
    if not claimed(account):
        return ()
    taken_back = {entry.reference for entry in account if entry.kind is Kind.ANNULMENT}
    void: list[Entry] = []
    unjust: list[Entry] = []
    fees = (entry for entry in account if entry.kind is Kind.FEE)
    for fee in sorted(fees, key=lambda fee: (fee.booked, fee.reference)):
        if _back(fee) in taken_back:
            void.append(fee)
        elif _is_held(fee, progress, terms) or not _is_owed_before(fee, account, void):
            void.append(fee)
            unjust.append(fee)
    return tuple(unjust)


def take_back(progress: Progress, terms: ChargeTerms, *, on: date) -> tuple[Entry, ...]:
    """Return the entries that take the unjust fees back on the day *on*.

    Each can be in an account once, and no more is taken back than is still claimed: a case worker
    may have annulled a part that had the fee in it.

    :raises EntriesDisagree: if the account contradicts itself.
    """
    left = claimed(progress.entries())
    back = []
    for fee in unjust_fees(progress, terms):
        amount = min(fee.amount, left)
        if amount > NOTHING:
            left -= amount
            back.append(Entry(Kind.ANNULMENT, amount, on, _back(fee)))
    return tuple(back)


def _back(fee: Entry) -> str:
    return f"{fee.reference}-taken-back"


def _is_held(fee: Entry, progress: Progress, terms: ChargeTerms) -> bool:
    """Tell whether *fee* was booked when something stood in its way, or too soon after that."""
    for pause in _stopping(progress, Step.FIRST_FEE, terms):
        first, end = pause.period.start, pause.period.end
        if pause.hold is Hold.PLAN:
            first += _DAY  # a fee of the same day is part of what was agreed
        if first <= fee.booked and (
            end is None or fee.booked <= end + _days_after(pause.hold, terms)
        ):
            return True
    return False


def _is_owed_before(fee: Entry, account: tuple[Entry, ...], void: list[Entry]) -> bool:
    """Tell whether anything was owed on the day of *fee* without it, and without *void* fees."""
    no_more = {*(_back(each) for each in void)}
    owed = total(
        entry.signed
        for entry in account
        if entry != fee
        and entry not in void
        and not (entry.kind is Kind.FEE and entry.booked >= fee.booked)
        and not (entry.kind is Kind.ANNULMENT and entry.reference in no_more)
        and (entry.booked <= fee.booked or entry.kind is Kind.ANNULMENT)
    )
    return owed > NOTHING


# What the debt collection agency is told


class ClaimChange(Enum):
    """How a claim that has been transferred is changed."""

    RECALL = "recall"  #: it should never have been made
    WRITE_DOWN = "write down"  #: less is owed


@dataclass(frozen=True, slots=True)
class ClaimCorrection:
    """What the agency must be told about a claim, and how much of the claim it takes away."""

    change: ClaimChange
    amount: Money


def claim_correction(
    transferred: Money, progress: Progress, terms: ChargeTerms
) -> ClaimCorrection | None:
    """Return what the agency must be told (§ 4, stk. 4), if anything.

    *transferred* is what the agency still claims by its own books: what was transferred, less what
    it has been told and what it has collected itself.
    """
    owed = balance(progress.account, progress.booked_here).owed
    if not transferred or owed >= transferred:
        return None
    annulled = not claimed(progress.entries())
    change = ClaimChange.RECALL if annulled and terms.recall_when_annulled else None
    return ClaimCorrection(change or ClaimChange.WRITE_DOWN, transferred - owed)


# Paying soon


def rebate(amount: Money, terms: ChargeTerms, *, issued: date, on: date) -> Money:
    """Return how much less is owed of the charge *amount* when it is paid on the day *on*.

    Only for a heavy vehicle, whose charge it is that the terms may reduce (§ 2, stk. 3).
    """
    day = (on - issued).days
    percent = max(
        (each.percent for each in terms.rebates if each.first_day <= day <= each.last_day),
        default=0,
    )
    return Money(amount.ore * percent // 100)
