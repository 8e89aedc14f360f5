"""Card payment: what we ask of the payment provider.

The state of a payment is what the provider answers when asked (:meth:`Payments.payment`); a
returning browser and a notice are only reasons to ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from parking.law.money import Money


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
