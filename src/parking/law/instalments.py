"""The course of a plan (*betalingsordning*), and how charges are divided into instalments.

A plan is one debtor's, over one charge or several. Each instalment says how much of it goes to
which charge, the oldest charge first, so that the instalments add up to the debt and the shares of
a charge add up to what is owed on it: exactly, to the øre.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Final

from parking.law.charge import COLLECTED_HERE, ChargeNumber
from parking.law.charge import State as ChargeState
from parking.law.course import Actor, Course
from parking.law.days import Period, months_after
from parking.law.money import NOTHING, Money, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the municipality accepts. Dated data."""

    fewest: int  #: instalments
    most: int
    smallest: Money  #: instalment
    days_to_first: int  #: how many days after today the first may be due
    usual_days_to_first: int  #: when it is due if the debtor chooses no day: a wage comes between
    days_for_bank: int  #: so many days after it is paid at a bank we hear of it at the latest
    days_after_missed: int  #: in which the whole remainder is to be paid
    reminder_days: int  #: before an instalment is due, somebody is reminded
    drawn_again: tuple[int, ...]  #: days after it is due, where the card would not pay

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        :raises ValueError: if one number makes another pointless.
        """
        if not 1 <= self.usual_days_to_first <= self.days_to_first:
            raise ValueError("the usual first day is one that may be chosen")
        tries = (0, *self.drawn_again, self.days_after_missed)
        if any(later <= earlier for earlier, later in itertools.pairwise(tries)):
            raise ValueError("an instalment is drawn again before it is missed, each time later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What is owed on one charge by the debtor who asks for a plan."""

    charge: ChargeNumber
    issued: date
    owed: Money
    state: ChargeState


@dataclass(frozen=True, slots=True)
class Share:
    """How much of an instalment goes to one charge."""

    charge: ChargeNumber
    amount: Money


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a plan, and the last day to pay it."""

    due: date
    shares: tuple[Share, ...]

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return total(share.amount for share in self.shares)


@dataclass(frozen=True, slots=True)
class Plan:
    """A debt divided into monthly instalments that add up to it exactly, the first one first."""

    instalments: tuple[Instalment, ...]

    @property
    def debt(self) -> Money:
        """What the instalments add up to."""
        return total(instalment.amount for instalment in self.instalments)

    def per_charge(self) -> dict[ChargeNumber, Money]:
        """Return how much of the plan goes to each charge, the oldest first."""
        parts: dict[ChargeNumber, Money] = {}
        for instalment in self.instalments:
            for share in instalment.shares:
                parts[share.charge] = parts.get(share.charge, NOTHING) + share.amount
        return parts


# Proposing one


class Refusal(Enum):
    """Why the municipality does not accept a plan."""

    NOTHING_OWED = "nothing owed"
    NOT_COLLECTED_HERE = "not collected here"  #: at debt collection, paid or given up
    TOO_FEW = "too few instalments"
    TOO_MANY = "too many instalments"
    TOO_SMALL = "too small instalments"
    FIRST_DAY = "first day"  #: too late, or not to come


class PlanNotAllowed(ValueError):
    """The municipality does not accept this plan; *reason* says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


def propose(debts: Iterable[Debt], instalments: int, first_due: date, limits: Limits) -> Plan:
    """Divide *debts* into equal monthly *instalments*, of which the first is due on *first_due*.

    Instalments differ by one øre at most, and the larger ones come first. The others are due on the
    same day of the following months, or on the last day of a month that lacks it.

    :raises PlanNotAllowed: if *limits* do not permit it, or one of the debts is not ours to settle.
    :raises ValueError: if a charge is there twice.
    """
    debts = sorted(debts, key=lambda debt: (debt.issued, debt.charge))
    if len({debt.charge for debt in debts}) != len(debts):
        raise ValueError("a charge is owed once")
    if any(debt.state not in COLLECTED_HERE for debt in debts):
        raise PlanNotAllowed(Refusal.NOT_COLLECTED_HERE)
    if not debts or any(debt.owed <= NOTHING for debt in debts):
        raise PlanNotAllowed(Refusal.NOTHING_OWED)
    if instalments < limits.fewest:
        raise PlanNotAllowed(Refusal.TOO_FEW)
    if instalments > limits.most:
        raise PlanNotAllowed(Refusal.TOO_MANY)
    amounts = total(debt.owed for debt in debts).split(instalments)
    if amounts[-1] < limits.smallest:
        raise PlanNotAllowed(Refusal.TOO_SMALL)
    left = {debt.charge: debt.owed for debt in debts}
    return Plan(
        tuple(
            Instalment(months_after(first_due, month), _take(amount, left))
            for month, amount in enumerate(amounts)
        )
    )


def first_days(limits: Limits, *, on: date) -> Period:
    """Return the days on which the first instalment may be due, seen on the day *on* (§ 5)."""
    return Period(on + timedelta(days=1), on + timedelta(days=limits.days_to_first + 1))


def choices(debts: Iterable[Debt], limits: Limits) -> tuple[int, ...]:
    """Return the numbers of instalments of which one may choose; none if there can be no plan."""
    debts = tuple(debts)
    allowed = []
    for number in range(limits.fewest, limits.most + 1):
        try:
            propose(debts, number, date(2000, 1, 1), limits)  # on whichever day
        except PlanNotAllowed:
            continue
        allowed.append(number)
    return tuple(allowed)


def _take(amount: Money, left: dict[ChargeNumber, Money]) -> tuple[Share, ...]:
    """Take *amount* out of what is *left* to pay on each charge, the first charge first."""
    shares = []
    for charge, owed in left.items():
        part = min(amount, owed)
        if part:
            shares.append(Share(charge, part))
            left[charge] -= part
            amount -= part
    return tuple(shares)


# Keeping one

#: What has been paid on each charge since the plan was agreed.
Paid = Mapping[ChargeNumber, Money]


def paid_of(plan: Plan, paid: Paid) -> Money:
    """Return how much of *plan* has been paid.

    What was paid too much on one charge is refunded, and pays no part of another.
    """
    return total(
        min(max(paid.get(charge, NOTHING), NOTHING), owed)
        for charge, owed in plan.per_charge().items()
    )


def unpaid(plan: Plan, paid: Paid) -> tuple[Instalment, ...]:
    """Return what is left of *plan*: money pays the first instalment first.

    An instalment that is paid in part is there with the rest of it.
    """
    covered = paid_of(plan, paid)
    left = []
    for instalment in plan.instalments:
        part = min(covered, instalment.amount)
        covered -= part
        if part < instalment.amount:
            owed = {share.charge: share.amount for share in instalment.shares}
            _take(part, owed)
            shares = (Share(charge, amount) for charge, amount in owed.items() if amount)
            left.append(Instalment(instalment.due, tuple(shares)))
    return tuple(left)


def remainder(plan: Plan, paid: Paid) -> Money:
    """Return how much of *plan* is still to be paid."""
    return plan.debt - paid_of(plan, paid)


@dataclass(frozen=True, slots=True)
class Missed:
    """An instalment that was not paid in time, and what follows: the rest is due as a whole."""

    instalment: Instalment  #: the first one, with what is missing of it
    remainder: Money
    due: date  #: the last day to pay the remainder


def draw_day(due: date, limits: Limits, *, declined: int) -> date | None:
    """Return the day to draw an instalment that the card has *declined* so often, if it is drawn.

    It is drawn on the day it is *due* (§ 5, stk. 9), and a few days later as often as *limits* say.
    """
    days = (0, *limits.drawn_again)
    return due + timedelta(days=days[declined]) if declined < len(days) else None


def last_day(instalment: Instalment, limits: Limits, *, drawn: bool) -> date:
    """Return the last day to pay *instalment* before it is missed.

    Who left it to us to draw it hears on the day itself that the card would not pay, and has as
    many days more as there are to pay a remainder.
    """
    more = limits.days_after_missed if drawn else 0
    return instalment.due + timedelta(days=more)


def missed(
    plan: Plan, paid: Paid, limits: Limits, *, on: date, drawn: bool = False
) -> Missed | None:
    """Return what was missed on the day *on*, if anything; its last day is in time.

    *drawn* says that the first one left was to be drawn from a card. What is paid at a bank on the
    last day is paid in time, so that nothing is missed until it would be known. The days to pay the
    remainder count from *on*, the day somebody is told.
    """
    left = unpaid(plan, paid)
    if not left:
        return None
    known = last_day(left[0], limits, drawn=drawn) + timedelta(days=limits.days_for_bank)
    if on <= known:
        return None
    due = on + timedelta(days=limits.days_after_missed)
    return Missed(left[0], remainder(plan, paid), due)


def to_remind(plan: Plan, paid: Paid, limits: Limits, *, on: date) -> Instalment | None:
    """Return the instalment of which somebody is to be reminded on the day *on*, if there is one.

    A reminder that should have gone before is due until the instalment is.
    """
    left = unpaid(plan, paid)
    if not left:
        return None
    days = (left[0].due - on).days
    return left[0] if 0 <= days <= limits.reminder_days else None


def without(plan: Plan, charge: ChargeNumber) -> Plan:
    """Return *plan* without *charge*, which has been annulled.

    Nothing else changes: the other charges are paid on the days and with the amounts agreed, and an
    instalment with nothing left in it is no instalment.
    """
    kept = (
        Instalment(each.due, tuple(share for share in each.shares if share.charge != charge))
        for each in plan.instalments
    )
    return Plan(tuple(instalment for instalment in kept if instalment.shares))


def postponed(plan: Plan, waited: Iterable[Period]) -> Plan:
    """Return *plan* after it has *waited* for complaints about its charges.

    Those days do not count: what was not yet due when a complaint came is due as many days later.
    Of complaints that overlap each day counts once, and one that is not over counts for nothing
    yet: until then nothing is due at all.
    """
    return Plan(tuple(replace(each, due=_later(each.due, waited)) for each in plan.instalments))


def _later(due: date, waited: Iterable[Period]) -> date:
    counted = date.min
    for period in sorted(waited, key=lambda each: each.start):
        if period.end is None or period.start > due:
            continue
        due += max(period.end - max(period.start, counted), timedelta(0))
        counted = max(counted, period.end)
    return due


# Its course


class State(Enum):
    """Where a plan stands."""

    AGREED = "agreed"  #: collection stands still while it is kept
    COMPLETED = "completed"  #: all of it is paid, or nothing is owed any more
    BROKEN = "broken"  #: an instalment was missed; the remainder is due


class Step(Enum):
    """What can be done to a plan."""

    COMPLETE = "complete"
    BREAK = "break"


COURSE: Final = Course(
    {
        State.AGREED: {
            (Actor.SYSTEM, Step.COMPLETE): State.COMPLETED,
            (Actor.SYSTEM, Step.BREAK): State.BROKEN,
        },
        State.COMPLETED: {},
        State.BROKEN: {},
    }
)
