"""Debt collection: claims we hand over, write down and take back, and what becomes of them.

What is sent is answered at once with a receipt that only says that it was received; whether it was
done is in a later receipt (:meth:`DebtCollection.receipts`). An *action* is our own number of one
thing that is sent: sending it again with the same number is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal, Protocol

from parking.law.money import Money


class ActionState(StrEnum):
    """What has become of something we sent."""

    RECEIVED = "received"
    HEARING = "hearing"  #: they ask the debtor, or us, before they decide
    IN_WORK = "in_work"  #: a person there looks at it
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody owes, as it is handed over."""

    reference: str  #: ours: the charge's id
    amount: Money
    due: date
    last_timely: date  #: the last day on which it could have been paid in time
    time_barred: date
    debtor: str = field(repr=False)  #: a person number or a company number, digits only


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReceipt:
    """What they say about one thing that we sent."""

    action: int
    state: ActionState
    code: str  #: theirs, when it was refused; otherwise empty


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionNotice:
    """What they did about a claim: collected some of it, gave it back, or wrote it off."""

    number: int  #: theirs; grows
    reference: str  #: our claim
    kind: Literal["collected", "returned", "written_off"]
    amount: Money
    on: date


class DebtCollection(Protocol):
    """The debt collection authority.

    Each may raise `Unavailable` if it is not certain that it was heard (send it again with the same
    number), and `Rejected` if it would not take it like that.
    """

    def submit(self, claim: Claim, *, action: int) -> ActionReceipt:
        """Hand a claim over."""
        ...

    def write_down(
        self, reference: str, *, action: int, amount: Money, on: date, reason: str
    ) -> ActionReceipt:
        """Tell that *amount* less is owed since *on*; *reason* is ``paid`` or ``annulled``."""
        ...

    def recall(self, reference: str, *, action: int, on: date, reason: str) -> ActionReceipt:
        """Take a claim back; *reason* is ``annulled``, ``complaint`` or ``mistake``."""
        ...

    def receipts(self, actions: tuple[int, ...]) -> tuple[ActionReceipt, ...]:
        """Return how each of *actions* stands; those they do not know are left out."""
        ...

    def notices(self, after: int) -> tuple[CollectionNotice, ...]:
        """Return what they did, by number, after the one with the number *after*."""
        ...
