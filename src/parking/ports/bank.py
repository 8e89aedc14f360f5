"""The bank: what has been paid into our account by payment slip, or drawn back from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

from parking.law.money import Money

BEGINNING: Final = ""  #: the cursor of whoever has read nothing yet


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry:
    """One payment. What comes in is positive; what is taken back again is negative."""

    reference: str  #: the bank's own; the same entry has the same one each time it is told
    amount: Money
    booked: date
    slip_type: str  #: ``71`` for a slip with a payment id; empty when it is none
    slip_id: str  #: the payment id as it was typed; empty when there is none
    text: str = ""  #: what else the payer wrote
    payer: str = field(default="", repr=False)  #: the account it came from, if the bank tells


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPage:
    """What the bank has told since a cursor."""

    entries: tuple[BankEntry, ...]
    next: str  #: where to go on
    more: bool  #: whether more is there already


class Bank(Protocol):
    """The bank that keeps our account."""

    def entries(self, since: str) -> BankPage:
        """Return what was booked after the cursor *since*, :data:`BEGINNING` for all.

        :raises Unavailable: if it did not answer, or with what does not add up.
        :raises Rejected: if it would not answer us.
        """
        ...
