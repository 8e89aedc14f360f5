"""Annulling charges of our own accord: one, or all that a crooked sign made wrong at once.

Nobody need have complained. A case worker proposes, and which charges it is about is settled in
that moment; somebody else approves; then each charge is annulled by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Final

from parking.law.course import Actor, Course
from parking.law.days import Dated
from parking.law.money import Money, kroner


class State(Enum):
    """Where an annulment of our own accord stands."""

    PROPOSED = "proposed"  #: waits for somebody else; nothing is annulled by it
    APPROVED = "approved"  #: its charges are being annulled, one after the other
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"  #: by whoever had proposed it
    DONE = "done"  #: each of its charges has had its turn


class Step(Enum):
    """What can be done to an annulment of our own accord."""

    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    PUT_BACK = "put back"  #: more is claimed by now than one case worker may annul alone
    FINISH = "finish"


COURSE: Final = Course(
    {
        State.PROPOSED: {
            (Actor.CASE_WORKER, Step.APPROVE): State.APPROVED,
            (Actor.CASE_WORKER, Step.REJECT): State.REJECTED,
            (Actor.CASE_WORKER, Step.WITHDRAW): State.WITHDRAWN,
        },
        # What has begun is not stopped: half a street would be told one thing, half another.
        State.APPROVED: {
            (Actor.SYSTEM, Step.PUT_BACK): State.PROPOSED,
            (Actor.SYSTEM, Step.FINISH): State.DONE,
        },
        State.REJECTED: {},
        State.WITHDRAWN: {},
        State.DONE: {},
    }
)


# How much at once, and how many must agree


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers for annulments of our own accord."""

    alone: Money  #: up to so much, one case worker may annul one charge by themselves
    most: int  #: charges in one annulment
    longest_days: int  #: of the time that one annulment is about


#: ASSUMED: a charge of 1,020 kr. with both its fees is one case worker's to annul.
LIMITS: Final[Dated[Limits]] = Dated.of(
    (date(2021, 1, 1), Limits(alone=kroner(1_520), most=2_000, longest_days=731)),
)


def takes_two(claimed: Sequence[Money], limits: Limits) -> bool:
    """Tell whether somebody else must approve that what is *claimed* is annulled (§ 12, stk. 2).

    One charge up to an ordinary amount is one case worker's to decide, as in a complaint.
    """
    return len(claimed) != 1 or claimed[0] > limits.alone


# Which charges


class Wrong(Enum):
    """Why a selection selects nothing sensible."""

    NO_STREET = "no street"
    BACKWARDS = "backwards"  #: it ends before it begins
    TOO_LONG = "too long"
    HOUSES = "houses"  #: the last comes before the first, or only one of the two is told


class WrongSelection(ValueError):
    """A selection contradicts itself, or asks for too much; *why* says how."""

    def __init__(self, why: Wrong) -> None:
        """Say *why*."""
        super().__init__(why.value)
        self.why = why


_DIGITS: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Charges that were issued on one street in one time (§ 12, stk. 1).

    :raises WrongSelection: if it contradicts itself.
    """

    street: str
    since: datetime
    until: datetime  #: from here on it is not meant
    first_house: int | None = None
    last_house: int | None = None
    codes: tuple[str, ...] = ()  #: of offences; none: all

    def __post_init__(self) -> None:
        if not self.street.strip():
            raise WrongSelection(Wrong.NO_STREET)
        if self.since.astimezone(UTC) >= self.until.astimezone(UTC):
            raise WrongSelection(Wrong.BACKWARDS)
        first, last = self.first_house, self.last_house
        if (first is None) != (last is None) or (first or 0) > (last or 0):
            raise WrongSelection(Wrong.HOUSES)

    def within(self, limits: Limits) -> Selection:
        """Return this selection, which is no longer than *limits* allow.

        :raises WrongSelection: if it is.
        """
        length = self.until.astimezone(UTC) - self.since.astimezone(UTC)
        if length.days > limits.longest_days:
            raise WrongSelection(Wrong.TOO_LONG)
        return self

    def means(self, house_number: str, codes: Collection[str]) -> bool:
        """Tell whether a charge of the street and the time, at *house_number* for *codes*, is one.

        What is wrong must excuse every offence of a charge. One without a house number cannot be
        placed between two.
        """
        if self.codes and not set(codes) <= set(self.codes):
            return False
        if self.first_house is None or self.last_house is None:
            return True
        number = _DIGITS.match(house_number.strip())
        return number is not None and self.first_house <= int(number[0]) <= self.last_house
