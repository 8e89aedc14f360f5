"""The city's accounts (ERP): products and fares come from there, orders and permits go there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from parking.law.days import Period
from parking.law.money import Money
from parking.law.plates import Plate
from parking.law.price import Fare
from parking.law.zones import ZoneCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivePermit:
    """A permit as the accounts know it."""

    number: str  #: our number of the permit
    holder: str  #: our key of the party
    product: str
    plate: Plate
    zone: ZoneCode
    period: Period
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order."""

    item_number: str
    text: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedOrder:
    """An order as it is to be booked: paid, and complete."""

    reference: str  #: our order number, by which it is looked up before it is created
    customer: str  #: our key of the party; the accounts never see a person number or an address
    ordered: date
    lines: tuple[OrderLine, ...]
    payment_reference: str


class Accounts(Protocol):
    """The city's accounts."""

    def fares(self) -> tuple[Fare, ...]:
        """Return every line of the price list of parking permits that is not blocked.

        :raises Unavailable: if they did not answer, or answered only in part.
        :raises Rejected: if they would not answer us.
        """
        ...

    def permits(
        self, *, holder: str | None = None, plate: Plate | None = None, since: date
    ) -> tuple[ActivePermit, ...]:
        """Return the active permits of a party, or for a plate, that end on *since* or later.

        :raises Unavailable: if they did not answer, or answered only in part.
        :raises Rejected: if they would not answer us.
        """
        ...

    def all_permits(self, *, since: date) -> Iterator[ActivePermit]:
        """Yield every permit they have that ends on *since* or later, active or not.

        They are fetched page by page while they are read.

        :raises Unavailable: if they did not answer, or answered only in part.
        :raises Rejected: if they would not answer us.
        """
        ...

    def permit(self, number: str) -> ActivePermit:
        """Return the permit with our *number*, whatever its days are.

        :raises NotFound: if they have none.
        :raises Unavailable: if they did not answer.
        :raises Rejected: if they would not answer us, or have more than one.
        """
        ...

    def book(self, order: BookedOrder) -> str:
        """Book *order* with its payment unless it is booked already, and return its number there.

        Asking again with the same order is harmless and returns the same number.

        :raises Unavailable: if it is not certain that it is booked: ask again.
        :raises Rejected: if they will not have it like that.
        """
        ...

    def credit(self, *, number: str, reference: str, amount: Money, on: date) -> str:
        """Book that *amount* of the order *reference* was paid back; return its number there.

        *number* is ours for the credit: asking again with it is harmless.

        :raises NotFound: if the order was never booked.
        :raises Unavailable: if it is not certain that it is booked: ask again.
        :raises Rejected: if they will not have it like that.
        """
        ...

    def publish(self, permit: ActivePermit, *, changed: datetime) -> None:
        """Create or update *permit* in the accounts, by its number; safe to repeat.

        :raises Unavailable: if it is not certain that they have it: ask again.
        :raises Rejected: if they will not have it like that.
        """
        ...
