"""Card payment: what we ask of the payment provider.

The state of a payment is what the provider answers when asked (:meth:`Payments.payment`); a
returning browser and a notice are only reasons to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from parking.law.money import Money
from parking.ports import Rejected


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One thing that is paid for."""

    reference: str
    text: str
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment to be made on the provider's own page, taken at once."""

    reference: str  #: our order number
    lines: tuple[PaymentLine, ...]
    language: str  #: ``da`` or ``en``
    return_url: str
    cancel_url: str
    terms_url: str
    notice_url: str  #: where the provider sends notices
    remember: bool = False  #: the card may be drawn on later, as the payer has agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRequest:
    """A payment to be drawn from a card without the payer, as they have agreed."""

    reference: str  #: our order number
    lines: tuple[PaymentLine, ...]
    notice_url: str


class Declined(Rejected):
    """The card would not pay, and nothing was taken; *for_good* if it never will."""

    def __init__(self, message: str, *, for_good: bool) -> None:
        super().__init__(message)
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """A payment that has been created and waits for the payer."""

    payment_id: str
    url: str  #: the provider's page where one pays


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTruth:
    """What the provider says about a payment, when asked."""

    payment_id: str
    reference: str  #: the order number it was created for
    asked: Money  #: the amount of its order
    taken: Money  #: what has been taken from the payer
    reserved: Money
    refunded: Money
    ended: bool  #: cancelled, terminated or expired: nothing more will be taken
    charge_id: str | None  #: the provider's id of the taking, needed for a refund
    method: str  #: ``Visa``, ``MobilePay`` …; empty until known
    masked_card: str = ""
    agreement: str = ""  #: by which the card may be drawn on later; empty if it may not
    refund_failed: bool = False  #: something that was to be paid back has not been, and will not be


class Payments(Protocol):
    """The payment provider."""

    def create(self, request: PaymentRequest, *, key: str) -> PaymentPage:
        """Create a payment; *key* makes a repetition harmless where the provider supports it.

        :raises Unavailable: if it is not certain that there is one; the one that may exist is
            never shown to the payer.
        :raises Rejected: if the provider will not have it like that.
        """
        ...

    def draw(self, agreement: str, request: DrawRequest, *, key: str) -> str:
        """Draw from the card of *agreement* once, however often it is asked with *key*.

        Returns the id of the payment; what is true of it is what the provider answers when asked.

        :raises Declined: if the card would not pay.
        :raises Unavailable: if it is not certain: ask again with the same *key*.
        :raises Rejected: if the provider will not have it like that.
        """
        ...

    def payment(self, payment_id: str) -> PaymentTruth:
        """Return what is true of a payment.

        :raises NotFound: if the provider knows no such payment.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def end(self, payment_id: str) -> None:
        """Make sure that nothing more can be paid; harmless if it has ended already.

        :raises Rejected: if it can no longer be ended, because it has been paid: ask again.
        :raises Unavailable: if it is not certain.
        """
        ...

    def refund(self, *, charge_id: str, amount: Money, key: str) -> str:
        """Pay *amount* back once, however often it is asked with *key*; return the refund's id.

        :raises Unavailable: if it is not certain: ask again with the same *key*.
        :raises Rejected: if the provider will not.
        """
        ...
