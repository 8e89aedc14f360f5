"""The course of a charge (*parkeringsafgift*), its number, and what is owed on it.

The charge system keeps the account. What we book here, a payment before all else, is missing from
it until the charge system has acknowledged it; in between we count it ourselves, so that nobody is
asked to pay twice, refunded twice or charged a fee twice.

A :class:`State` says how far the *collection* of a charge has come, and nothing else. Whether a
complaint is open, a plan is agreed or a case worker has stopped it stands beside the state, as
:class:`Hold`: each hold can meet each state and each other hold. Somebody complains about a charge
that is paid, at debt collection, or part of a plan, and nothing is lost by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final, NewType

from parking.law.course import Actor, Course
from parking.law.money import NOTHING, Money, total

ChargeNumber = NewType("ChargeNumber", str)  #: nine digits, leading zeros included

_NUMBER = re.compile(r"[0-9]{9}")


class NotAChargeNumber(ValueError):
    """What was typed cannot be the number of a charge."""


def charge_number(text: str) -> ChargeNumber:
    """Return the number that *text* means, as it is printed on the slip: nine digits.

    Spaces, dots and hyphens do not count. The number has no check digit that anybody has published,
    so one wrong digit is another charge's number; the plate beside it shows the difference.

    :raises NotAChargeNumber: if what remains is anything else.
    """
    written = re.sub(r"[\s.\-\u2010-\u2015]", "", text)
    if not _NUMBER.fullmatch(written):
        raise NotAChargeNumber(f"{len(text)} characters that are no charge number")
    return ChargeNumber(written)


def spaced(number: ChargeNumber) -> str:
    """Return *number* in groups of three, as one reads it aloud; it stays on one line."""
    return f"{number[:3]}\N{NO-BREAK SPACE}{number[3:6]}\N{NO-BREAK SPACE}{number[6:]}"


# The account


class Kind(Enum):
    """Why an entry stands in the account, and which way it counts."""

    CHARGE = "charge"
    FEE = "fee"  #: of a reminder
    PAYMENT = "payment"
    ANNULMENT = "annulment"  #: of the charge or of a fee, whole or in part
    WRITE_OFF = "write-off"  #: given up, though it was owed
    REFUND = "refund"  #: money that went back to whoever paid it, also when a bank took it back

    @property
    def sign(self) -> int:
        """+1 if it makes more owed, -1 if less."""
        return +1 if self in {Kind.CHARGE, Kind.FEE, Kind.REFUND} else -1


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an account. Its *amount* is more than nothing; the kind says which way it counts.

    *reference* is the same in every system that knows the entry, and no other entry of its kind in
    the account has it. *booked* is the day it counts from; of a payment, the day it was made.

    :raises ValueError: if the amount is nothing or less, or nobody could recognise the entry.
    """

    kind: Kind
    amount: Money
    booked: date
    reference: str

    def __post_init__(self) -> None:
        if self.amount <= NOTHING:
            raise ValueError(f"an entry has an amount, not {self.amount}")
        if not self.reference:
            raise ValueError("an entry has a reference")

    @property
    def signed(self) -> Money:
        """The amount as it changes what is owed."""
        return self.amount * self.kind.sign


class EntriesDisagree(ValueError):
    """Two entries of one kind have the same reference and say different things."""


def distinct(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return *entries* without those that are there twice, because they were told twice.

    :raises EntriesDisagree: if the same entry has two amounts or two days. Which of them is true
        is for a person to find out.
    """
    seen: dict[tuple[Kind, str], Entry] = {}
    for entry in entries:
        if seen.setdefault((entry.kind, entry.reference), entry) != entry:
            raise EntriesDisagree(f"two entries of kind {entry.kind.value} with one reference")
    return tuple(seen.values())


def merged(account: Iterable[Entry], booked_here: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return *account* and those entries booked here that it does not have yet.

    What has been acknowledged counts as the account has it, for the charge system keeps it.

    :raises EntriesDisagree: if one of the two contradicts itself.
    """
    account = distinct(account)
    known = {(entry.kind, entry.reference) for entry in account}
    return account + tuple(e for e in distinct(booked_here) if (e.kind, e.reference) not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is owed on a charge, or what somebody has paid too much; never both."""

    owed: Money
    overpaid: Money  #: to be refunded
    underway: Money  #: paid here, and not yet acknowledged by the charge system
    returning: Money  #: refunded here, and not yet acknowledged
    due: date | None  #: the last day to pay; ``None`` if nothing is owed, or while it waits

    def is_overdue(self, on: date) -> bool:
        """Tell whether anything owed should have been paid before the day *on*."""
        return bool(self.owed) and self.due is not None and self.due < on


def balance(
    account: Iterable[Entry], booked_here: Iterable[Entry], *, due: date | None = None
) -> Balance:
    """Return what is owed, given the charge system's *account* and what was booked here.

    :raises EntriesDisagree: if the entries contradict each other.
    """
    account = distinct(account)
    entries = merged(account, booked_here)
    left = total(entry.signed for entry in entries)
    unknown = entries[len(account) :]
    return Balance(
        owed=max(left, NOTHING),
        overpaid=max(-left, NOTHING),
        underway=total(e.amount for e in unknown if e.kind is Kind.PAYMENT),
        returning=total(e.amount for e in unknown if e.kind is Kind.REFUND),
        due=due if left > NOTHING else None,
    )


def claimed(entries: Iterable[Entry]) -> Money:
    """Return what *entries* still claim, paid or not: charge and fees, less what was given up.

    It is what an annulment of the whole has to take away.

    :raises EntriesDisagree: if the entries contradict each other.
    """
    about_the_claim = {Kind.CHARGE, Kind.FEE, Kind.ANNULMENT, Kind.WRITE_OFF}
    return total(entry.signed for entry in distinct(entries) if entry.kind in about_the_claim)


# How far its collection has come


class State(Enum):
    """How far the collection of a charge has come."""

    ISSUED = "issued"  #: on the windscreen; the first deadline has not passed
    DUE = "due"  #: the deadline has passed, nobody has been reminded
    REMINDED = "reminded"  #: once, without a fee
    FIRST_FEE = "first fee"  #: reminded again, with a fee
    SECOND_FEE = "second fee"  #: and again, with another
    AT_COLLECTION = "at collection"  #: with the debt collection agency: not ours to settle
    PAID = "paid"  #: nothing is owed
    ANNULLED = "annulled"  #: nothing was ever owed
    WRITTEN_OFF = "written off"  #: owed, and given up: the charge system tells of it
    TIME_BARRED = "time barred"  #: owed, and too old to be claimed


class Step(Enum):
    """What can happen to a charge."""

    PAY = "pay"
    COMPLAIN = "complain"
    AGREE_PLAN = "agree a plan"
    FALL_DUE = "fall due"
    REMIND = "remind"
    FIRST_FEE = "remind with a first fee"
    SECOND_FEE = "remind with a second fee"
    TRANSFER = "transfer to debt collection"
    RECALL = "recall from debt collection"
    SETTLE = "settle"
    OWE_AGAIN = "owe again"
    ANNUL_PARTLY = "annul in part"
    ANNUL = "annul"
    WRITE_OFF = "write off"  #: in the charge system; nobody does it here
    BAR = "bar by time"


class Hold(Enum):
    """Why the collection of a charge stands still. Several may do so at once."""

    COMPLAINT = "complaint"  #: with suspensive effect: no reminder, no fee, no transfer
    TRANSFER = "transfer"  #: a complaint without it: reminders go on, the transfer waits
    PLAN = "plan"  #: is being paid in parts
    CASE_WORKER = "case worker"  #: stopped while something is found out


_PARTY, _WORKER, _SYSTEM = Actor.PARTY, Actor.CASE_WORKER, Actor.SYSTEM


def _unpaid(
    state: State, next_step: Step, leads_to: State
) -> dict[State, dict[tuple[Actor, Step], State]]:
    """Return what can happen to a charge that we collect ourselves, and how it goes on."""
    return {
        state: {
            (_SYSTEM, next_step): leads_to,
            (_PARTY, Step.PAY): state,
            (_PARTY, Step.COMPLAIN): state,
            (_WORKER, Step.COMPLAIN): state,  # it came by letter, mail or phone
            (_PARTY, Step.AGREE_PLAN): state,
            (_SYSTEM, Step.SETTLE): State.PAID,
            (_WORKER, Step.ANNUL_PARTLY): state,
            (_WORKER, Step.ANNUL): State.ANNULLED,
            (_SYSTEM, Step.ANNUL): State.ANNULLED,
            (_SYSTEM, Step.WRITE_OFF): State.WRITTEN_OFF,
            (_SYSTEM, Step.BAR): State.TIME_BARRED,
        }
    }


COURSE: Final = Course(
    {
        **_unpaid(State.ISSUED, Step.FALL_DUE, State.DUE),
        **_unpaid(State.DUE, Step.REMIND, State.REMINDED),
        **_unpaid(State.REMINDED, Step.FIRST_FEE, State.FIRST_FEE),
        **_unpaid(State.FIRST_FEE, Step.SECOND_FEE, State.SECOND_FEE),
        State.SECOND_FEE: {
            **_unpaid(State.SECOND_FEE, Step.TRANSFER, State.AT_COLLECTION)[State.SECOND_FEE],
            (_SYSTEM, Step.SECOND_FEE): State.SECOND_FEE,  # once more, when it has come back
        },
        # The municipality can agree nothing with anybody here, and takes no payment.
        State.AT_COLLECTION: {
            (_PARTY, Step.COMPLAIN): State.AT_COLLECTION,
            (_WORKER, Step.COMPLAIN): State.AT_COLLECTION,
            (_SYSTEM, Step.RECALL): State.SECOND_FEE,
            (_SYSTEM, Step.SETTLE): State.PAID,
            (_WORKER, Step.ANNUL_PARTLY): State.AT_COLLECTION,
            (_WORKER, Step.ANNUL): State.ANNULLED,
            (_SYSTEM, Step.ANNUL): State.ANNULLED,
            (_SYSTEM, Step.WRITE_OFF): State.WRITTEN_OFF,
            (_SYSTEM, Step.BAR): State.TIME_BARRED,
        },
        State.PAID: {
            (_PARTY, Step.COMPLAIN): State.PAID,
            (_WORKER, Step.COMPLAIN): State.PAID,
            # A bank took the money back. It is reminded anew, and no fee is charged twice.
            (_SYSTEM, Step.OWE_AGAIN): State.DUE,
            (_WORKER, Step.ANNUL_PARTLY): State.PAID,
            (_WORKER, Step.ANNUL): State.ANNULLED,
            (_SYSTEM, Step.ANNUL): State.ANNULLED,
        },
        State.ANNULLED: {},
        State.WRITTEN_OFF: {},
        State.TIME_BARRED: {},
    }
)

#: The states in which we collect a charge ourselves, from the first to the last.
COLLECTED_HERE: Final = COURSE.before(Actor.PARTY, Step.PAY)
