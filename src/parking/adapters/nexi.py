"""Card payment by Nexi Checkout's Payment API v1: the payer pays on the provider's own page.

We ask for payments that are taken at once (``charge: true``), in Danish kroner, with a tax rate of
0 (ASSUMED: an authority's permits and charges bear no VAT). What is true of a payment is derived
from ``GET /v1/payments/{id}`` and nothing else. An Idempotency-Key counts for refunds, and for what
is drawn from a stored agreement (an unscheduled subscription); for a new payment it is sent too,
but nothing here relies on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from parking.adapters.transport import Transport
from parking.law.money import Money, total
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.payments import (
    Declined,
    DrawRequest,
    PaymentLine,
    PaymentPage,
    PaymentRequest,
    PaymentTruth,
)

SYSTEM: Final = "payments"

#: What we want to be told of; a notice is only a reason to ask.
EVENTS: Final = (
    "payment.checkout.completed",
    "payment.charge.created.v2",
    "payment.charge.failed.v2",
    "payment.reservation.failed",
    "payment.cancel.created",
    "payment.refund.completed",
    "payment.refund.failed",
)
LANGUAGES: Final = {"da": "da-DK", "en": "en-GB"}
LONGEST_TEXT: Final = 128

_ANSWERS: Final = frozenset({400, 401, 402, 404, 409})
#: Why a card would not pay: code 1020 may be over tomorrow, the others are for good (a hard
#: decline, an agreement that has expired, is invalid or is not genuine).
_DECLINED: Final = {"1020": False, "1029": True, "1030": True, "1031": True, "1032": True}
_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_NOTHING_HAPPENED: Final = dict.fromkeys(
    ("reservedAmount", "chargedAmount", "refundedAmount", "cancelledAmount"), 0
)
#: Signs that Nexi refuses in the texts of an item.
_REFUSED_SIGNS: Final = re.compile(r"[<>'\"&\\\x00-\x1f\x7f]")


class Nexi:
    """The payment provider, asked with the merchant's secret key.

    *notice_word_file* holds what the provider shows us in the Authorization header of a notice, 8
    to 64 letters and digits; of several, new payments get the first.
    """

    def __init__(
        self,
        *,
        address: str,
        secret_file: Path | str,
        notice_word_file: Path | str,
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 8.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._secret_file = Path(secret_file)
        self._notice_word_file = Path(notice_word_file)
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            headers=lambda: {"Authorization": self._secret_file.read_text("utf-8").strip()},
            before_call=before_call,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def create(self, request: PaymentRequest, *, key: str) -> PaymentPage:
        """Create a payment and return the page where it is paid.

        :raises Unavailable: if it is not certain that there is one; the one that may exist is
            never shown to the payer.
        :raises Rejected: if the provider will not have it like that.
        """
        answer = self._ask(
            "POST",
            "/v1/payments",
            operation="create payment",
            key=key,
            json=self._asked(request, key),
        )
        payment_id, page = answer.get("paymentId"), answer.get("hostedPaymentPageUrl")
        if not isinstance(payment_id, str) or not _ID.fullmatch(payment_id):
            raise Unavailable(f"{SYSTEM}: a payment was created without an id")
        if not isinstance(page, str) or urlsplit(page).scheme not in {"https", "http"}:
            raise Unavailable(f"{SYSTEM}: a payment was created without a page")
        return PaymentPage(payment_id, f"{page}&language={LANGUAGES[request.language]}")

    def draw(self, agreement: str, request: DrawRequest, *, key: str) -> str:
        """Draw from the card of *agreement* once, however often it is asked with *key*.

        :raises Declined: if the card would not pay.
        :raises Unavailable: if it is not certain: ask again with the same *key*.
        :raises Rejected: if the provider will not have it like that, or knows no such agreement.
        """
        try:
            answer = self._ask(
                "POST",
                f"/v1/unscheduledsubscriptions/{_id(agreement)}/charges",
                operation="draw",
                key=key,
                json={
                    "order": _order(request),
                    "notifications": self._notifications(request.notice_url),
                    "myReference": key,
                },
                repeatable=True,
            )
        except NotFound as unknown:
            raise Rejected(str(unknown)) from None
        payment_id = answer.get("paymentId")
        if not isinstance(payment_id, str) or not _ID.fullmatch(payment_id):
            raise Unavailable(f"{SYSTEM}: something was drawn without an id")
        return payment_id

    def payment(self, payment_id: str) -> PaymentTruth:
        """Return what is true of a payment.

        :raises NotFound: if the provider knows no such payment.
        :raises Unavailable: if it did not answer, or not about this payment.
        :raises Rejected: if it would not answer us, or the payment is not in Danish kroner.
        """
        answer = self._ask("GET", f"/v1/payments/{_id(payment_id)}", operation="payment")
        payment = _part(answer, "payment")
        if payment.get("paymentId") != payment_id:
            raise Unavailable(f"{SYSTEM}: answered about another payment")
        order = _part(payment, "orderDetails")
        # What has not happened is left out of the summary.
        summary = {**_NOTHING_HAPPENED, **_part(payment, "summary")}
        if order.get("currency") != "DKK":
            raise Rejected(f"{SYSTEM}: a payment is not in Danish kroner")
        details = payment.get("paymentDetails") or {}
        card = details.get("cardDetails") or {}
        cancelled = _amount(summary, "cancelledAmount")
        taken = _amount(summary, "chargedAmount")
        return PaymentTruth(
            payment_id=payment_id,
            reference=str(order.get("reference") or ""),
            asked=_amount(order, "amount"),
            taken=taken,
            reserved=_amount(summary, "reservedAmount"),
            refunded=_amount(summary, "refundedAmount"),
            ended=bool(payment.get("terminated")) or (bool(cancelled) and not taken),
            charge_id=_charge_id(payment),
            method=str(details.get("paymentMethod") or ""),
            masked_card=str(card.get("maskedPan") or ""),
            agreement=_agreement(payment),
            refund_failed=_a_refund_failed(payment),
        )

    def end(self, payment_id: str) -> None:
        """Make sure that nothing more can be paid; harmless if it has ended already.

        What is only reserved is let go of.

        :raises Rejected: if it can no longer be ended, because it has been paid: ask again.
        :raises Unavailable: if it is not certain.
        """
        path = f"/v1/payments/{_id(payment_id)}"
        try:
            self._ask("PUT", f"{path}/terminate", operation="end payment", repeatable=True)
        except NotFound:
            return
        except Rejected:
            now = self.payment(payment_id)
            if now.ended:
                return
            if now.taken or not now.reserved:
                raise Rejected(f"{SYSTEM}: a payment can no longer be ended") from None
            self._ask(
                "POST",
                f"{path}/cancels",
                operation="cancel reservation",
                json={"amount": now.reserved.ore},
            )

    def refund(self, *, charge_id: str, amount: Money, key: str) -> str:
        """Pay *amount* back once, however often it is asked with *key*; return the refund's id.

        :raises Unavailable: if it is not certain: ask again with the same *key*.
        :raises Rejected: if the provider will not.
        """
        try:
            answer = self._ask(
                "POST",
                f"/v1/charges/{_id(charge_id)}/refunds",
                operation="refund",
                key=key,
                json={"amount": amount.ore},
                repeatable=True,
            )
        except NotFound as unknown:
            raise Rejected(str(unknown)) from None
        refund_id = answer.get("refundId")
        if not isinstance(refund_id, str) or not _ID.fullmatch(refund_id):
            raise Unavailable(f"{SYSTEM}: a refund was made without an id")
        return refund_id

    def _asked(self, request: PaymentRequest, key: str) -> dict[str, Any]:
        asked = {
            "order": _order(request),
            "checkout": {
                "integrationType": "HostedPaymentPage",
                "returnUrl": request.return_url,
                "cancelUrl": request.cancel_url,
                "termsUrl": request.terms_url,
                "merchantHandlesConsumerData": True,
                "charge": True,
                "countryCode": "DNK",
            },
            "notifications": self._notifications(request.notice_url),
            "myReference": key,
        }
        return asked | ({"unscheduledSubscription": {"create": True}} if request.remember else {})

    def _notifications(self, address: str) -> dict[str, Any]:
        word = self._notice_word_file.read_text("utf-8").split()[0]
        hooks = [{"eventName": event, "url": address, "authorization": word} for event in EVENTS]
        return {"webHooks": hooks}

    def _ask(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        key: str = "",
        json: dict[str, Any] | None = None,
        repeatable: bool = False,
    ) -> dict[str, Any]:
        response = self._transport.request(
            method,
            path,
            operation=operation,
            repeatable=repeatable or method == "GET",
            headers={"Idempotency-Key": key} if key else None,
            json=json,
            answers=_ANSWERS,
        )
        if response.is_success:
            answer = self._transport.json(response)
            if response.status_code != httpx.codes.NO_CONTENT and not isinstance(answer, dict):
                raise Unavailable(f"{SYSTEM}: {operation}: answered no object")
            return answer or {}
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotFound(f"{SYSTEM}: {operation}: there is none")
        why = self._why(response)
        said = f"{SYSTEM}: {operation}: {response.status_code} {why}".rstrip()
        if why in _DECLINED:
            raise Declined(said, for_good=_DECLINED[why])
        raise Rejected(said)

    def _why(self, response: httpx.Response) -> str:
        """Return the code of an error, or the names of the fields that are wrong, and no values."""
        try:
            answer = self._transport.json(response)
        except Unavailable:
            return ""
        if not isinstance(answer, dict):
            return ""
        if isinstance(answer.get("errors"), dict):
            return ", ".join(name[:60] for name in list(answer["errors"])[:5])
        return str(answer.get("code", ""))[:10]


def _order(request: PaymentRequest | DrawRequest) -> dict[str, Any]:
    return {
        "items": [_item(line) for line in request.lines],
        "amount": total(line.price for line in request.lines).ore,
        "currency": "DKK",
        "reference": request.reference,
    }


def _item(line: PaymentLine) -> dict[str, Any]:
    return {
        "reference": _text(line.reference),
        "name": _text(line.text),
        "quantity": 1,
        "unit": "stk",
        "unitPrice": line.price.ore,
        "taxRate": 0,
        "taxAmount": 0,
        "grossTotalAmount": line.price.ore,
        "netTotalAmount": line.price.ore,
    }


def _text(text: str) -> str:
    """Return *text* as an item can hold it."""
    return _REFUSED_SIGNS.sub(" ", text)[:LONGEST_TEXT].strip() or "-"


def _id(text: str) -> str:
    """Return *text*, which becomes part of an address.

    :raises NotFound: if it cannot be an id of the provider.
    """
    if not _ID.fullmatch(text):
        raise NotFound(f"{SYSTEM}: there is none")
    return text


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    if not isinstance(part, dict):
        raise Unavailable(f"{SYSTEM}: {name} is missing")
    return part


def _amount(part: dict[str, Any], name: str) -> Money:
    value = part.get(name)
    if type(value) is not int or value < 0:
        raise Unavailable(f"{SYSTEM}: {name} is no amount")
    return Money(value)


def _charge_id(payment: dict[str, Any]) -> str | None:
    """Return the id of the taking; as we ask for it at once and whole, there is one."""
    charges = payment.get("charges") or []
    try:
        return str(charges[0]["chargeId"]) if charges else None
    except (KeyError, TypeError, IndexError):
        raise Unavailable(f"{SYSTEM}: charges are not charges") from None


def _agreement(payment: dict[str, Any]) -> str:
    """Return the id by which the card may be drawn on later; empty if there is none."""
    stored = payment.get("unscheduledSubscription") or {}
    agreement = stored.get("unscheduledSubscriptionId") if isinstance(stored, dict) else None
    if agreement is None:
        return ""
    if not isinstance(agreement, str) or not _ID.fullmatch(agreement):
        raise Unavailable(f"{SYSTEM}: an agreement has no id")
    return agreement


def _a_refund_failed(payment: dict[str, Any]) -> bool:
    refunds = payment.get("refunds") or []
    try:
        return any(refund["state"] == "Failed" for refund in refunds)
    except (KeyError, TypeError):
        raise Unavailable(f"{SYSTEM}: refunds are not refunds") from None
