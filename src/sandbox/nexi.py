"""The payment provider: Nexi Checkout's Payment API v1, its hosted page, and its notices.

As in life a notice is tried ten times until it is answered 200, an Idempotency-Key counts for
charges, draws and refunds only, and what the browser brings back proves nothing. Stricter than
life: an unknown field is refused, and sums are checked to the øre.

Test cards: 4925 0000 0000 0004 (Visa) and 5413 0000 0000 0000 (Mastercard) pay, 4925 0000 0000 0087
is declined; 4925 0000 0000 0020 pays on the page, and declines all that is drawn from it later. An
agreement to draw is stored for a card that has paid, and lasts as long as the card. An order of
0,XX or 1,XX kr. fails with code XX; one of 3,XX kr. takes XX seconds.

Its own faults. Of notices, with the beginning of the event's name as the path: `duplicate`,
`shuffled`, `late:SECONDS` (60), `absent`, `wrong-authorization`, and `retry-every:SECONDS` instead
of the growing delay. Of payments: `never-returns` (the payer is told to close the window),
`charge-fails` (reserved but not taken; the reservation expires after a week),
`refund-pending:SECONDS` and `refund-fails:SECONDS`. Of what is drawn: `draw-declined` and
`draw-declined-for-good`.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.front import templates
from sandbox.world import World

MERCHANT = 100000001
CHECKOUT_KEY = "test-checkout-key-0123456789abcdef"
VISA, MASTERCARD, DECLINED = "4925000000000004", "5413000000000000", "4925000000000087"
DECLINES_DRAWS = "4925000000000020"
CARDS = {VISA: "Visa", MASTERCARD: "MasterCard", DECLINED: "Visa", DECLINES_DRAWS: "Visa"}
RESERVED_FOR = timedelta(days=7)
TEN_ATTEMPTS = (0, 5, 15, 60, 300, 900, 3600, 3 * 3600, 12 * 3600, 24 * 3600)

EVENTS = frozenset(
    f"payment.{event}"
    for event in (
        "created",
        "reservation.created",
        "reservation.created.v2",
        "reservation.failed",
        "checkout.completed",
        "charge.created",
        "charge.created.v2",
        "charge.failed",
        "charge.failed.v2",
        "cancel.created",
        "cancel.failed",
        "refund.initiated",
        "refund.initiated.v2",
        "refund.completed",
        "refund.failed",
    )
)
#: Events whose envelope says merchantNumber where the others say merchantId.
NUMBERED = re.compile(r"payment\.(reservation|charge)\..*\.v2")

_CODES = {
    "1001": (402, "OverCharge"),
    "1002": (402, "ZeroCharge"),
    "1003": (402, "NotReserved"),
    "1004": (409, "AlreadyReserved"),
    "1007": (402, "PartialCancelNotAllowed"),
    "1008": (402, "AlreadyCharged"),
    "1009": (402, "InvalidRefundAmount"),
    "1010": (402, "ReservationExpired"),
    "1019": (402, "AlreadyCancelled"),
    "1020": (402, "PaymentMethodChargeFailed"),
    "1023": (402, "PaymentAlreadyRefunded"),
    "1026": (409, "ChargeTriedWithDifferentAmount"),
    "1027": (409, "RefundTriedWithDifferentAmount"),
    "1029": (402, "HardDecline"),
    "1030": (402, "ExpiredSubscription"),
}
_ITEM_TEXTS = {"reference": 128, "name": 128, "unit": 128}
_ITEM_NUMBERS = ("quantity", "unitPrice", "taxRate", "taxAmount", "grossTotalAmount",
                 "netTotalAmount")  # fmt: skip
_CHECKOUT_ADDRESSES = ("returnUrl", "cancelUrl", "termsUrl")
_CHECKOUT = {"integrationType", "merchantHandlesConsumerData", "charge", "countryCode",
             *_CHECKOUT_ADDRESSES}  # fmt: skip
#: Signs that the provider does not take in the texts of an item.
_FORBIDDEN_SIGNS = re.compile(r"[<>'\"&\\\x00-\x1f]")

Payment = dict[str, Any]


class Wrong(Exception):
    """400: what is wrong, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = {name: [text] for name, text in errors.items()}


class Refused(Exception):
    """An answer with one of the provider's codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unknown(Exception):
    """404."""


@dataclass(frozen=True)
class Given:
    """How somebody wants to pay."""

    method: str
    kind: str
    pan: str = ""
    expiry: str = ""
    declines: bool = False
    declines_draws: bool = False


class Payments:
    """Every payment, and what happens to it; one thing at a time."""

    def __init__(self, world: World, notices: Notices) -> None:
        self._world, self._store, self._notices = world, world.store, notices

    def all(self) -> list[Payment]:
        """Every payment, the newest first."""
        return [self.get(key) for key in reversed(self._store.all("nexi.payments"))]

    def get(self, payment_id: str) -> Payment:
        """A payment as it is now.

        :raises Unknown: if there is none
        """
        payment: Payment | None = self._store.get("nexi.payments", payment_id)
        if payment is None:
            raise Unknown
        if payment["reserved"] and not payment["charged"] and not payment["cancelled"]:
            ends = datetime.fromisoformat(payment["reservedAt"]) + RESERVED_FOR
            if self._world.clock.now() >= ends:
                payment["cancelled"] = payment["reserved"]
                payment["expired"] = True
        return payment

    def create(self, asked: Any) -> Payment:
        """Create a payment from what was posted.

        :raises Wrong: if it is not as it must be
        """
        _check(asked)
        payment: Payment = {
            "id": uuid4().hex,
            "created": self._now(),
            "order": asked["order"],
            "checkout": asked["checkout"],
            "webHooks": asked.get("notifications", {}).get("webHooks", []),
            "myReference": asked.get("myReference", ""),
            "reserved": 0,
            "charged": 0,
            "cancelled": 0,
            "refunded": 0,
            "reservedAt": None,
            "terminated": None,
            "paid_with": None,
            "intends": None,
            "charges": [],
            "refunds": [],
            "remember": asked.get("unscheduledSubscription", {}).get("create", False),
            "agreement": None,
        }
        self._keep(payment)
        self._notices.tell(payment, ["payment.created"], {"order": _order(payment)})
        return payment

    def draw(self, agreement_id: str, asked: Any) -> str:
        """Take money from a card whose holder agreed to it; return the payment's id.

        :raises Unknown: if there is no such agreement
        :raises Refused: if the card does not pay
        """
        with self._store.locked():
            agreement = self._store.get("nexi.agreements", agreement_id)
            if agreement is None:
                raise Unknown
            fault = self._world.faults.take("nexi", "draw-declined", "draw-declined-for-good")
            if fault and fault.name == "draw-declined-for-good":
                raise Refused("1029")
            if _is_over(agreement["expiry"], self._world.clock.now()):
                raise Refused("1030")
            if fault or agreement["declines_draws"]:
                raise Refused("1020")
            payment = self.create({**asked, "checkout": agreement["checkout"]})
            payment["paid_with"], amount = agreement["given"], payment["order"]["amount"]
            payment["reserved"], payment["reservedAt"] = amount, self._now()
            payment["agreement"] = agreement_id
            self._charge(payment, amount)
            return str(payment["id"])

    def intend(self, payment_id: str, given: Given) -> None:
        """Remember how somebody wants to pay, until they have confirmed it."""
        with self._store.locked():
            payment = self.get(payment_id)
            payment["intends"] = vars(given)
            self._keep(payment)

    def confirm(self, payment_id: str) -> str:
        """Take the money from a payer who has confirmed; return why it failed, or nothing."""
        with self._store.locked():
            payment = self.get(payment_id)
            given = payment["intends"]
            if given is None or not _open(payment):
                return "closed"
            amount = payment["order"]["amount"]
            failure = str(amount % 100) if amount < 200 else ""  # noqa: PLR2004
            if given["declines"]:
                failure = "51"
            if failure:
                error = {"code": failure, "message": "Declined", "source": "Issuer"}
                self._notices.tell(payment, ["payment.reservation.failed"], {"error": error})
                return failure
            payment["paid_with"], payment["intends"] = given, None
            payment["reserved"], payment["reservedAt"] = amount, self._now()
            if payment.get("remember") and given["kind"] == "CARD":
                payment["agreement"] = self._agree(payment, given)
            self._keep(payment)
            paid = {
                "paymentMethod": given["method"],
                "paymentType": given["kind"],
                "amount": _amount(payment, amount),
            }
            self._notices.tell(
                payment,
                ["payment.reservation.created", "payment.reservation.created.v2"],
                {**paid, "reconciliationReference": secrets.token_hex(8)},
            )
            self._notices.tell(
                payment, ["payment.checkout.completed"], {"order": _order(payment), "consumer": {}}
            )
            if payment["checkout"].get("charge"):
                if self._world.faults.take("nexi", "charge-fails"):
                    error = {"code": "1020", "message": "Charge failed", "source": "Internal"}
                    self._notices.tell(
                        payment,
                        ["payment.charge.failed", "payment.charge.failed.v2"],
                        {**paid, "error": error, "chargeId": uuid4().hex},
                    )
                else:
                    self._charge(payment, amount)
            return ""

    def _agree(self, payment: Payment, given: dict[str, Any]) -> str:
        """Store that the card *given* may be drawn on; return the agreement's id."""
        agreement = uuid4().hex
        kept = {name: given[name] for name in ("expiry", "declines_draws")}
        self._store.put(
            "nexi.agreements",
            agreement,
            {**kept, "given": given, "checkout": payment["checkout"]},
        )
        return agreement

    def charge(self, payment_id: str, amount: int) -> str:
        """Take what was reserved; return the charge's id.

        :raises Refused: if that cannot be
        """
        with self._store.locked():
            payment = self.get(payment_id)
            if payment.get("expired"):
                raise Refused("1010")
            if payment["cancelled"]:
                raise Refused("1019")
            if not payment["reserved"]:
                raise Refused("1003")
            if amount < 1:
                raise Refused("1002")
            if payment["charged"] + amount > payment["reserved"]:
                raise Refused("1001")
            return self._charge(payment, amount)

    def _charge(self, payment: Payment, amount: int) -> str:
        charge = {"chargeId": uuid4().hex, "amount": amount, "created": self._now()}
        payment["charges"].append(charge)
        payment["charged"] += amount
        self._keep(payment)
        self._notices.tell(
            payment,
            ["payment.charge.created", "payment.charge.created.v2"],
            {
                "chargeId": charge["chargeId"],
                "orderItems": payment["order"]["items"],
                "paymentMethod": payment["paid_with"]["method"],
                "paymentType": payment["paid_with"]["kind"],
                "amount": _amount(payment, amount),
            },
        )
        return str(charge["chargeId"])

    def cancel(self, payment_id: str, amount: int) -> None:
        """Let go of the whole reservation.

        :raises Refused: if that cannot be
        """
        with self._store.locked():
            payment = self.get(payment_id)
            if payment["charged"]:
                raise Refused("1008")
            if payment["cancelled"]:
                raise Refused("1019")
            if not payment["reserved"]:
                raise Refused("1003")
            if amount != payment["reserved"]:
                raise Refused("1007")
            payment["cancelled"] = amount
            self._keep(payment)
            self._notices.tell(
                payment,
                ["payment.cancel.created"],
                {
                    "cancelId": uuid4().hex,
                    "orderItems": payment["order"]["items"],
                    "amount": _amount(payment, amount),
                },
            )

    def terminate(self, payment_id: str) -> None:
        """Make sure that an unpaid payment stays unpaid.

        :raises Refused: if it has been reserved
        """
        with self._store.locked():
            payment = self.get(payment_id)
            if payment["reserved"]:
                raise Refused("1004")
            payment["terminated"] = payment["terminated"] or self._now()
            self._keep(payment)

    def refund(self, charge_id: str, amount: int) -> str:
        """Pay back; return the refund's id.

        :raises Unknown: if there is no such charge
        :raises Refused: if that cannot be
        """
        with self._store.locked():
            payment, charge = self._charged(charge_id)
            given_back = sum(
                refund["amount"]
                for refund in payment["refunds"]
                if refund["chargeId"] == charge_id and refund["state"] != "Failed"
            )
            if given_back == charge["amount"]:
                raise Refused("1023")
            if not 0 < amount <= charge["amount"] - given_back:
                raise Refused("1009")
            refund: dict[str, Any] = {
                "refundId": uuid4().hex,
                "chargeId": charge_id,
                "amount": amount,
                "state": "Pending",
                "lastUpdated": self._now(),
            }
            payment["refunds"].append(refund)
            self._keep(payment)
            told = {"amount": _amount(payment, amount)}
            self._notices.tell(
                payment, ["payment.refund.initiated"], {**told, "refundId": refund["refundId"]}
            )
            self._notices.tell(
                payment,
                ["payment.refund.initiated.v2"],
                {
                    **told,
                    "paymentActionId": refund["refundId"],
                    "reconciliationReference": secrets.token_hex(8),
                    "executed": self._now(),
                },
            )
            fault = self._world.faults.take("nexi", "refund-pending", "refund-fails")
            if fault is None:
                self._settle(payment["id"], refund["refundId"], "Completed")
            else:
                due = self._world.clock.now() + timedelta(seconds=float(fault.argument or 5))
                state = "Failed" if fault.name == "refund-fails" else "Completed"
                self._store.put(
                    "nexi.pending",
                    refund["refundId"],
                    {"payment": payment["id"], "due": due.isoformat(), "state": state},
                )
            return str(refund["refundId"])

    def settle_what_is_due(self) -> None:
        """Complete, or let fail, the refunds whose time has come."""
        with self._store.locked():
            for refund_id, pending in self._store.all("nexi.pending").items():
                if datetime.fromisoformat(pending["due"]) <= self._world.clock.now():
                    self._store.delete("nexi.pending", refund_id)
                    self._settle(pending["payment"], refund_id, pending["state"])

    def _settle(self, payment_id: str, refund_id: str, state: str) -> None:
        payment = self.get(payment_id)
        refund = next(each for each in payment["refunds"] if each["refundId"] == refund_id)
        refund["state"], refund["lastUpdated"] = state, self._now()
        if state == "Completed":
            payment["refunded"] += refund["amount"]
        self._keep(payment)
        event = "payment.refund.completed" if state == "Completed" else "payment.refund.failed"
        self._notices.tell(
            payment, [event], {"refundId": refund_id, "amount": _amount(payment, refund["amount"])}
        )

    def _charged(self, charge_id: str) -> tuple[Payment, dict[str, Any]]:
        for payment in self.all():
            for charge in payment["charges"]:
                if charge["chargeId"] == charge_id:
                    return payment, charge
        raise Unknown

    def once(self, key: str | None, what: str, amount: int, differs: str, do: Any) -> str:
        """Do something once for an idempotency key; return the id that it answered then.

        :raises Refused: with the code *differs* if the key was used for another amount
        """
        with self._store.locked():
            known = self._store.get("nexi.keys", f"{what} {key}") if key else None
            if known is not None:
                if known["amount"] != amount:
                    raise Refused(differs)
                return str(known["answer"])
            answer = str(do())
            if key:
                self._store.put("nexi.keys", f"{what} {key}", {"amount": amount, "answer": answer})
            return answer

    def _keep(self, payment: Payment) -> None:
        self._store.put("nexi.payments", payment["id"], payment)

    def _now(self) -> str:
        return self._world.clock.now().isoformat(timespec="milliseconds")


class Notices:
    """What the merchant is told: each notice ten times at most, until it is answered 200."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def tell(self, payment: Payment, events: list[str], data: dict[str, Any]) -> None:
        """Put a notice in the queue for every registered address that wants one of *events*."""
        for number, hook in enumerate(payment["webHooks"]):
            if hook["eventName"] in events:
                self._queue(payment, hook, data, number)

    def _queue(
        self, payment: Payment, hook: dict[str, str], data: dict[str, Any], number: int
    ) -> None:
        event, now = hook["eventName"], self._world.clock.now()
        faults = partial(self._world.faults.take, "nexi", path=event)
        if faults("absent"):
            return
        wait = timedelta(milliseconds=60 * number)
        if late := faults("late"):
            wait = timedelta(seconds=float(late.argument or 60))
        elif faults("shuffled"):
            wait = timedelta(milliseconds=600 - 100 * min(number, 5))
        merchant = "merchantNumber" if NUMBERED.fullmatch(event) else "merchantId"
        body = {
            "id": uuid4().hex,
            "event": event,
            "timestamp": now.isoformat(timespec="milliseconds"),
            merchant: MERCHANT,
            "data": {**data, "paymentId": payment["id"]},
        }
        authorization = hook["authorization"]
        if faults("wrong-authorization"):
            authorization = "0" * len(authorization)
        for _ in range(2 if faults("duplicate") else 1):
            self._store.put(
                "nexi.waiting",
                uuid4().hex,
                {
                    "payment": payment["id"],
                    "url": hook["url"],
                    "authorization": authorization,
                    "body": body,
                    "answers": [],
                    "due": (now + wait).isoformat(),
                },
            )

    def due(self) -> list[str]:
        """The keys of what is to be sent now, the oldest first."""
        now = self._world.clock.now()
        waiting = self._store.all("nexi.waiting")
        ready = [key for key, each in waiting.items() if datetime.fromisoformat(each["due"]) <= now]
        return sorted(ready, key=lambda key: str(waiting[key]["due"]))

    def send(self, key: str, client: httpx.Client) -> None:
        """Send one notice, and decide when it is tried again if it was not answered 200."""
        notice = self._store.get("nexi.waiting", key)
        if notice is None:
            return
        answer: int | str
        try:
            answer = client.post(
                notice["url"],
                json=notice["body"],
                headers={"Authorization": notice["authorization"]},
            ).status_code
        except httpx.HTTPError as problem:
            answer = type(problem).__name__
        if self._store.get("nexi.waiting", key) is None:
            return
        notice["answers"].append(answer)
        attempts = len(notice["answers"])
        if answer == httpx.codes.OK or attempts == len(TEN_ATTEMPTS):
            self._store.delete("nexi.waiting", key)
            self._store.put("nexi.told", key, notice)
            return
        hasty = self._world.faults.active("nexi", "retry-every")
        wait = float(hasty.argument or 1) if hasty else TEN_ATTEMPTS[attempts]
        due = self._world.clock.now() + timedelta(seconds=wait)
        notice["due"] = due.isoformat()
        self._store.put("nexi.waiting", key, notice)

    def about(self, payment_id: str) -> list[dict[str, Any]]:
        """Every notice about a payment: those that were delivered, and those that wait."""
        told = [*self._store.all("nexi.told").values(), *self._store.all("nexi.waiting").values()]
        return [each for each in told if each["payment"] == payment_id]


def _work(payments: Payments, notices: Notices) -> None:
    """Send and settle what is due, for as long as the sandbox runs."""
    with (
        httpx.Client(timeout=10, trust_env=False) as client,
        ThreadPoolExecutor(4, thread_name_prefix="notice") as senders,
    ):
        while True:
            try:
                payments.settle_what_is_due()
                list(senders.map(partial(notices.send, client=client), notices.due()))
            except sqlite3.ProgrammingError:
                return  # the store is closed: the sandbox has ended
            time.sleep(0.1)


class Provider:
    """The endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._notices = Notices(world)
        self._payments = Payments(world, self._notices)
        worker = threading.Thread(
            target=_work, args=(self._payments, self._notices), name="nexi", daemon=True
        )
        worker.start()

    async def api(self, request: Request, *, action: str) -> Response:
        """Answer a call of the API: check the key, then leave it to `_answer`."""
        if request.headers.get("authorization") != self._world.ca.secret("payments"):
            return Response(status_code=401)
        try:
            return self._answer(request, action, await _json(request))
        except Wrong as wrong:
            return JSONResponse({"errors": wrong.errors}, 400)
        except Unknown:
            return Response(status_code=404)
        except Refused as refused:
            status, message = _CODES[refused.code]
            said = {"code": refused.code, "message": message, "source": "Internal"}
            return JSONResponse(said, status)

    def _answer(self, request: Request, action: str, asked: Any) -> Response:
        payments, key = self._payments, request.path_params.get("key", "")
        repeat = request.headers.get("idempotency-key")
        if repeat is not None and not 0 < len(repeat) <= 64:  # noqa: PLR2004
            raise Wrong({"Idempotency-Key": "must have 1 to 64 characters"})
        match action:
            case "create":
                payment = payments.create(asked)
                query = urlencode({"checkoutKey": CHECKOUT_KEY, "pid": payment["id"]})
                page = f"{self._world.address}/hostedpaymentpage/?{query}"
                made = {"paymentId": payment["id"], "hostedPaymentPageUrl": page}
                return JSONResponse(made, 201)
            case "draw":
                _check_draw(asked)
                amount = asked["order"]["amount"]
                drawn = payments.once(
                    repeat, f"draw {key}", amount, "1026", lambda: payments.draw(key, asked)
                )
                charge = payments.get(drawn)["charges"][0]["chargeId"]
                return JSONResponse({"paymentId": drawn, "chargeId": charge}, 202)
            case "get":
                return JSONResponse({"payment": _shown(payments.get(key))})
            case "charges":
                amount = _asked_amount(asked)
                charged = payments.once(
                    repeat, f"charge {key}", amount, "1026", lambda: payments.charge(key, amount)
                )
                return JSONResponse({"chargeId": charged}, 201)
            case "refunds":
                amount = _asked_amount(asked)
                refunded = payments.once(
                    repeat, f"refund {key}", amount, "1027", lambda: payments.refund(key, amount)
                )
                return JSONResponse({"refundId": refunded}, 201)
            case "cancels":
                payments.cancel(key, _asked_amount(asked))
            case "terminate":
                payments.terminate(key)
        return Response(status_code=204)

    async def page(self, request: Request) -> Response:
        """The hosted page, which asks how one wants to pay."""
        payment = self._asked_for(request.query_params)
        if payment is None:
            return Response("Ukendt betaling · Unknown payment", 404)
        if not _open(payment):
            return self._ended(request, payment)
        return self._show(request, "nexi_pay.html", payment)

    async def pay(self, request: Request) -> Response:
        """The payer has chosen: check the card, then ask them to confirm."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        payment = self._asked_for(form)
        if payment is None:
            return Response("Ukendt betaling · Unknown payment", 404)
        if not _open(payment):
            return self._ended(request, payment)
        if form.get("method") == "mobilepay":
            self._payments.intend(payment["id"], Given("MobilePay", "WALLET"))
        else:
            pan = re.sub(r"\s", "", form.get("pan", ""))
            wrong = self._wrong_with_card(pan, form)
            if wrong:
                return self._show(request, "nexi_pay.html", payment, wrong=wrong, status=422)
            masked = f"{pan[:6]}******{pan[-4:]}"
            expiry = re.sub(r"\D", "", form["expiry"])
            given = Given(
                CARDS[pan],
                "CARD",
                masked,
                expiry,
                declines=pan == DECLINED,
                declines_draws=pan == DECLINES_DRAWS,
            )
            self._payments.intend(payment["id"], given)
        return self._show(request, "nexi_confirm.html", self._payments.get(payment["id"]))

    async def confirm(self, request: Request) -> Response:
        """The payer has confirmed, or has not; in the end the browser goes back to the shop."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        payment = self._asked_for(form)
        if payment is None:
            return Response("Ukendt betaling · Unknown payment", 404)
        if form.get("answer") != "yes":
            return self._show(request, "nexi_pay.html", payment, wrong="refused", status=422)
        amount = payment["order"]["amount"]
        if 300 <= amount < 400:  # noqa: PLR2004
            await asyncio.sleep(amount - 300)
        failure = self._payments.confirm(payment["id"])
        if failure == "closed":
            return self._ended(request, self._payments.get(payment["id"]))
        if failure:
            return self._show(
                request, "nexi_pay.html", payment, wrong="declined", code=failure, status=422
            )
        if self._world.faults.take("nexi", "never-returns"):
            return self._show(request, "nexi_close.html", payment)
        return RedirectResponse(_way_back(payment), 303)

    async def overview(self, request: Request) -> Response:
        """Every payment with its notices, for people."""
        shown = [
            (payment, self._notices.about(payment["id"])) for payment in self._payments.all()[:50]
        ]
        return templates.TemplateResponse(request, "nexi_payments.html", {"shown": shown})

    def _asked_for(self, given: Mapping[str, str]) -> Payment | None:
        if given.get("checkoutKey") != CHECKOUT_KEY:
            return None
        try:
            return self._payments.get(given.get("pid", ""))
        except Unknown:
            return None

    def _wrong_with_card(self, pan: str, form: Mapping[str, str]) -> str:
        if pan not in CARDS:
            return "pan"
        match = re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*(\d\d)", form.get("expiry", "").strip())
        if match is None or _is_over(f"{match[1]}{match[2]}", self._world.clock.now()):
            return "expiry"
        return "" if re.fullmatch(r"\d{3}", form.get("cvc", "").strip()) else "cvc"

    def _ended(self, request: Request, payment: Payment) -> Response:
        if payment["reserved"] and not payment["cancelled"]:
            return RedirectResponse(_way_back(payment), 303)
        return self._show(request, "nexi_ended.html", payment, status=410)

    def _show(
        self, request: Request, page: str, payment: Payment, *, status: int = 200, **told: str
    ) -> Response:
        language = request.query_params.get("language", "da-DK")
        return templates.TemplateResponse(
            request,
            page,
            {
                "payment": payment,
                "danish": not language.startswith("en"),
                "language": language,
                "key": CHECKOUT_KEY,
                "kroner": _kroner,
                **told,
            },
            status_code=status,
        )


def routes(world: World) -> list[Route]:
    """The API, the hosted page, and an overview of the payments."""
    provider = Provider(world)
    one = "/v1/payments/{key}"
    return [
        Route("/v1/payments", partial(provider.api, action="create"), methods=["POST"]),
        Route(one, partial(provider.api, action="get"), methods=["GET"]),
        Route(f"{one}/charges", partial(provider.api, action="charges"), methods=["POST"]),
        Route(f"{one}/cancels", partial(provider.api, action="cancels"), methods=["POST"]),
        Route(f"{one}/terminate", partial(provider.api, action="terminate"), methods=["PUT"]),
        Route(
            "/v1/unscheduledsubscriptions/{key}/charges",
            partial(provider.api, action="draw"),
            methods=["POST"],
        ),
        Route(
            "/v1/charges/{key}/refunds",
            partial(provider.api, action="refunds"),
            methods=["POST"],
        ),
        Route("/hostedpaymentpage/", provider.page, methods=["GET"]),
        Route("/hostedpaymentpage/pay", provider.pay, methods=["POST"]),
        Route("/hostedpaymentpage/confirm", provider.confirm, methods=["POST"]),
        Route("/nexi/", provider.overview, methods=["GET"]),
    ]


async def _json(request: Request) -> Any:
    if request.method == "GET" or request.url.path.endswith("/terminate"):
        return None
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Wrong({"": "JSON is expected"})
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Wrong({"": "That is not JSON"}) from None


def _check(asked: Any) -> None:
    """Compare a payment that is asked for with what the API says, to the last field."""
    may = {"notifications", "myReference", "unscheduledSubscription"}
    _object(asked, "", {"order", "checkout"}, may)
    if "unscheduledSubscription" in asked:
        _object(asked["unscheduledSubscription"], "unscheduledSubscription", {"create"}, set())
        if asked["unscheduledSubscription"]["create"] is not True:
            raise Wrong({"unscheduledSubscription.create": "must be true"})
    _check_checkout(asked["checkout"])
    _check_what_is_ordered(asked)


def _check_draw(asked: Any) -> None:
    _object(asked, "", {"order"}, {"notifications", "myReference"})
    _check_what_is_ordered(asked)


def _check_what_is_ordered(asked: Any) -> None:
    _check_order(asked["order"])
    _text(asked.get("myReference", "-"), "myReference", 64)
    _check_notifications(asked.get("notifications", {"webHooks": []}))


def _check_order(order: Any) -> None:
    _object(order, "order", {"items", "amount", "currency"}, {"reference"})
    if not isinstance(order["items"], list) or not order["items"]:
        raise Wrong({"order.items": "must not be empty"})
    for number, item in enumerate(order["items"]):
        _check_item(item, f"order.items[{number}]")
    _number(order["amount"], "order.amount")
    if sum(item["grossTotalAmount"] for item in order["items"]) != order["amount"]:
        raise Wrong({"order.amount": "must be the sum of the items"})
    if order["amount"] < 1:
        raise Wrong({"order.amount": "must be greater than 0"})
    if order["currency"] != "DKK":
        raise Wrong({"order.currency": "is not one that the merchant has"})
    _text(order.get("reference", "-"), "order.reference", 128)


def _check_checkout(checkout: Any) -> None:
    _object(checkout, "checkout", _CHECKOUT, set())
    if checkout["integrationType"] != "HostedPaymentPage":
        raise Wrong({"checkout.integrationType": "must be HostedPaymentPage"})
    if checkout["countryCode"] != "DNK":
        raise Wrong({"checkout.countryCode": "must be DNK"})
    for name in ("charge", "merchantHandlesConsumerData"):
        if not isinstance(checkout[name], bool):
            raise Wrong({f"checkout.{name}": "must be true or false"})
    for name in _CHECKOUT_ADDRESSES:
        _address(checkout[name], f"checkout.{name}")


def _check_notifications(notifications: Any) -> None:
    _object(notifications, "notifications", {"webHooks"}, set())
    for number, hook in enumerate(notifications["webHooks"]):
        where = f"notifications.webHooks[{number}]"
        _object(hook, where, {"eventName", "url", "authorization"}, set())
        if hook["eventName"] not in EVENTS:
            raise Wrong({f"{where}.eventName": "is not an event"})
        _address(hook["url"], f"{where}.url")
        if not re.fullmatch(r"[A-Za-z0-9]{8,64}", str(hook["authorization"])):
            raise Wrong({f"{where}.authorization": "must be 8 to 64 letters and digits"})


def _check_item(item: Any, where: str) -> None:
    _object(item, where, {*_ITEM_TEXTS, *_ITEM_NUMBERS}, set())
    for name, longest in _ITEM_TEXTS.items():
        _text(item[name], f"{where}.{name}", longest)
        if _FORBIDDEN_SIGNS.search(item[name]):
            raise Wrong({f"{where}.{name}": "holds a sign that is not allowed"})
    for name in _ITEM_NUMBERS:
        _number(item[name], f"{where}.{name}")
    net = item["unitPrice"] * item["quantity"]
    tax = net * item["taxRate"] // 10000
    sums = {"netTotalAmount": net, "taxAmount": tax, "grossTotalAmount": net + tax}
    for name, right in sums.items():
        if item[name] != right:
            raise Wrong({f"{where}.{name}": f"must be {right}"})


def _object(value: Any, where: str, must: set[str], may: set[str]) -> None:
    prefix = f"{where}." if where else ""
    if not isinstance(value, dict):
        raise Wrong({where: "must be an object"})
    for name in sorted(must - set(value)):
        raise Wrong({f"{prefix}{name}": "is required"})
    for name in sorted(set(value) - must - may):
        raise Wrong({f"{prefix}{name}": "is not known"})


def _text(value: Any, where: str, longest: int) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Wrong({where: f"must have 1 to {longest} characters"})


def _number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong({where: "must be a whole number"})


def _address(value: Any, where: str) -> None:
    """Only https; plain http on this very machine, because the demo has no certificate there."""
    parts = urlsplit(value) if isinstance(value, str) else urlsplit("")
    here = parts.hostname in {"localhost", "127.0.0.1"}
    if not parts.hostname or (parts.scheme != "https" and not (here and parts.scheme == "http")):
        raise Wrong({where: "must be an https address"})


def _asked_amount(asked: Any) -> int:
    _object(asked, "", {"amount"}, {"orderItems", "myReference", "finalCharge"})
    _number(asked["amount"], "amount")
    return int(asked["amount"])


def _open(payment: Payment) -> bool:
    """Tell whether it can still be paid."""
    return not (payment["reserved"] or payment["terminated"] or payment["cancelled"])


def _shown(payment: Payment) -> dict[str, Any]:
    """A payment as the API shows it: amounts of 0 are left out."""
    summary = {
        f"{name}Amount": payment[name]
        for name in ("reserved", "charged", "refunded", "cancelled")
        if payment[name]
    }
    order = payment["order"]
    shown: dict[str, Any] = {
        "paymentId": payment["id"],
        "summary": summary,
        "consumer": {"shippingAddress": {}, "company": {}, "privatePerson": {}},
        "paymentDetails": {},
        "orderDetails": {name: order[name] for name in ("amount", "currency", "reference")},
        "checkout": {
            "url": payment["checkout"]["returnUrl"],
            "cancelUrl": payment["checkout"]["cancelUrl"],
        },
        "created": payment["created"],
        "myReference": payment["myReference"],
    }
    if paid := payment["paid_with"]:
        shown["paymentDetails"] = {"paymentType": paid["kind"], "paymentMethod": paid["method"]}
        if paid["pan"]:
            card = {"maskedPan": paid["pan"], "expiryDate": paid["expiry"]}
            shown["paymentDetails"]["cardDetails"] = card
    if payment.get("agreement") and payment["charged"]:
        shown["unscheduledSubscription"] = {"unscheduledSubscriptionId": payment["agreement"]}
    for name in ("charges", "refunds", "terminated"):
        if payment[name]:
            shown[name] = payment[name]
    return shown


def _order(payment: Payment) -> dict[str, Any]:
    order = payment["order"]
    return {
        "amount": _amount(payment, order["amount"]),
        "reference": order.get("reference"),
        "orderItems": order["items"],
    }


def _amount(payment: Payment, amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": payment["order"]["currency"]}


def _is_over(expiry: str, now: datetime) -> bool:
    """Tell whether a card that is good to the end of a month, ``1230``, is past it."""
    return (int(expiry[2:]), int(expiry[:2])) < (now.year % 100, now.month)


def _way_back(payment: Payment) -> str:
    address = str(payment["checkout"]["returnUrl"])
    return f"{address}{'&' if '?' in address else '?'}paymentid={payment['id']}"


def _kroner(amount: int) -> str:
    kroner, ore = divmod(amount, 100)
    return f"{kroner:,}".replace(",", ".") + f",{ore:02} kr."
