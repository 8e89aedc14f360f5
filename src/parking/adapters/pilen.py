"""The charge system by the interface that we specify: docs/outside/charge-system-v1.yaml.

Every report carries a key that is made of what is reported, so that a repetition after a lost
answer, or after a restart of ours, is known there to be one. A change that answers "somebody has
changed it meanwhile" is looked at: if what stands there is what we asked for, it was we.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from parking.adapters import pilen_reading as reading
from parking.adapters.oauth import ClientCredentials
from parking.adapters.pilen_reading import SYSTEM, Part
from parking.adapters.transport import Transport
from parking.law.money import Money
from parking.law.plates import Plate, without_marks
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.charges import (
    MOST_IN_A_PAGE,
    ChangePage,
    ChargeAnswer,
    ChargeImage,
    ChargePage,
    ChargePlan,
    ComplaintDecision,
    ComplaintMessage,
    Evidence,
    FeedGone,
    ParkingPayment,
    PhotoDiffers,
    PlanInstalment,
    RefundWay,
    SentLetter,
)

SCOPE: Final = "charges.read charges.write complaints.write"
LARGEST_PAGE: Final = 30_000_000
LARGEST_FILE: Final = 10_000_000

_ANSWERS: Final = frozenset({400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428})
_TYPE: Final = "urn:problem:charges:"
_BEGINNINGS: Final = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "application/pdf": b"%PDF-",
}

_CODE: Final = re.compile(r"[2-9A-HJ-NP-Z]{10}")
_IDS: Final = {
    "c": re.compile(r"c-[0-9]{4}-[0-9]{7}"),
    "k": re.compile(r"k-[0-9a-f]{32}"),
    "a": re.compile(r"a-[0-9a-f]{32}"),
    "p": re.compile(r"p-[0-9a-f]{32}"),
}

Body = dict[str, Any]


class _ChangedMeanwhile(Rejected):
    """Somebody has changed it since the version we named."""


class Pilen:
    """The charge system at *address*, without the version; `v1` is what we speak."""

    def __init__(
        self,
        *,
        address: str,
        client_id: str,
        secret_file: Path | str,
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 8.0,
        deadline: float = 15.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        def transport(base_url: str, largest: int) -> Transport:
            return Transport(
                SYSTEM,
                base_url,
                ca_file=ca_file,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                deadline=deadline,
                before_call=before_call,
                largest_body=largest,
            )

        base = address.rstrip("/")
        self._books = transport(f"{base}/v1", LARGEST_PAGE)
        self._files = transport(f"{base}/v1", LARGEST_FILE)
        self._login = transport(f"{base}/oauth2/token", LARGEST_FILE)
        self._bearer = ClientCredentials(
            self._login, client_id=client_id, secret_file=secret_file, scope=SCOPE
        )

    def close(self) -> None:
        """Close the connections."""
        for each in (self._books, self._files, self._login):
            each.close()

    # Reading

    def charge(self, charge_id: str) -> ChargeAnswer:
        """Return a charge.

        :raises NotFound: if there is none.
        :raises Unavailable: if it did not answer, or with what means nothing.
        :raises Rejected: if it would not answer us.
        """
        found = reading.charge(self._get(_charge(charge_id), operation="charge"))
        if found.id != charge_id:
            raise Unavailable(f"{SYSTEM}: answered about another charge")
        return found

    def look_up(self, *, number: str, plate: Plate) -> ChargeAnswer:
        """Return the charge with this number, if it was given to this plate; masked.

        Marks on foreign letters make no difference: U finds Ü.

        :raises NotFound: if there is none, or it is another plate's.
        :raises Unavailable: if it did not answer, or with somebody's name.
        :raises Rejected: if it would not answer us.
        """
        asked = {"chargeNumber": number, "registrationNumber": plate}
        found = _masked(self._get("/charges/lookup", asked, operation="look up"), number)
        if without_marks(found.plate) != without_marks(plate):
            raise Unavailable(f"{SYSTEM}: answered about another charge")
        return found

    def look_up_by_code(self, *, number: str, code: str) -> ChargeAnswer:
        """Return the charge with this number, if this code stands on its slip; masked.

        What cannot be a code is asked nobody about.

        :raises NotFound: if there is none, or it has another code.
        :raises Unavailable: if it did not answer, or with somebody's name.
        :raises Rejected: if it would not answer us.
        """
        if not _CODE.fullmatch(code):
            raise NotFound(f"{SYSTEM}: that is no code of a slip")
        asked = {"chargeNumber": number, "code": code}
        return _masked(
            self._get("/charges/lookup/by-code", asked, operation="look up by code"), number
        )

    def page(self, cursor: str | None = None, *, most: int = MOST_IN_A_PAGE) -> ChargePage:
        """Return the first page of all charges, or the one at *cursor*.

        :raises FeedGone: if the cursor is too old: begin again.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        asked: dict[str, str | int] = {"limit": most}
        if cursor is not None:
            asked["cursor"] = cursor
        return reading.charge_page(self._get("/charges", asked, operation="page"))

    def changes(self, since: str, *, most: int = MOST_IN_A_PAGE) -> ChangePage:
        """Return what has changed after the cursor *since*, in order.

        :raises FeedGone: if the cursor is too old: list every charge anew.
        :raises Unavailable: if it did not answer, or with a gap in the numbers: ask again.
        :raises Rejected: if it would not answer us.
        """
        asked: dict[str, str | int] = {"since": since, "limit": most}
        return reading.change_page(self._get("/changes", asked, operation="changes"))

    def images(self, charge_id: str) -> tuple[ChargeImage, ...]:
        """Return what pictures there are.

        :raises NotFound: if there is no such charge.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        answer = self._get(f"{_charge(charge_id)}/images", operation="images")
        return answer.list("images", reading.image)

    def image(self, charge_id: str, number: int) -> tuple[str, bytes]:
        """Return the content type and the bytes of a picture, 10 MB at most.

        :raises NotFound: if there is no such picture.
        :raises PhotoDiffers: if it is not the one that was described.
        :raises Unavailable: if it did not answer, with more than that, or with no picture.
        :raises Rejected: if it would not answer us.
        """
        kind, content = self._file(
            f"{_charge(charge_id)}/images/{number:d}", {"image/jpeg"}, operation="image"
        )
        mark = hashlib.sha256(content).hexdigest()
        if (number, mark) not in {(each.number, each.sha256) for each in self.images(charge_id)}:
            raise PhotoDiffers(f"{SYSTEM}: image: not the picture that was taken")
        return kind, content

    def parking_payments(self, charge_id: str) -> tuple[ParkingPayment, ...]:
        """Return the parking paid for within a day of the charge, for plates one sign away too.

        :raises NotFound: if there is no such charge.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        answer = self._get(f"{_charge(charge_id)}/parking-payments", operation="parking payments")
        return answer.list("payments", reading.parking_payment)

    def attachment(
        self, charge_id: str, complaint_id: str, attachment_id: str
    ) -> tuple[str, bytes]:
        """Return the content type and the bytes of a complaint's file.

        :raises NotFound: if there is no such file.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        path = f"{_complaint(charge_id, complaint_id)}/attachments/{_id('a', attachment_id)}"
        return self._file(path, set(_BEGINNINGS), operation="attachment")

    # The account

    def report_payment(
        self, charge_id: str, *, reference: str, amount: Money, paid: datetime, method: str
    ) -> ChargeAnswer:
        """Tell that *amount* has been paid."""
        body = {"amount": _money(amount), "paidAt": _moment(paid), "method": method}
        return self._report(charge_id, "payments", reference, body)

    def report_refund(
        self, charge_id: str, *, reference: str, amount: Money, refunded: datetime, payment: str,
        way: RefundWay = RefundWay.CARD, payer: str = "",
    ) -> ChargeAnswer:  # fmt: skip
        """Tell that *amount* went back of the payment reported as *payment*."""
        body = {
            "amount": _money(amount),
            "refundedAt": _moment(refunded),
            "paymentReference": payment,
        }
        if way is not RefundWay.CARD:
            body["way"] = way.value
        if payer:
            body["payerAccount"] = payer
        return self._report(charge_id, "refunds", reference, body)

    def pay_out(
        self, *, reference: str, amount: Money, bank_reference: str, payer: str, decided: datetime
    ) -> None:
        """Have money of no charge paid back to the account it came from."""
        body = {
            "reference": reference,
            "amount": _money(amount),
            "bankReference": bank_reference,
            "decidedAt": _moment(decided),
            **({"payerAccount": payer} if payer else {}),
        }
        self._ask(
            "POST",
            "/payouts",
            operation="pay out",
            headers={"Idempotency-Key": _key("/payouts", reference)},
            json=body,
            repeatable=True,
        )

    def report_fee(
        self, charge_id: str, *, reference: str, amount: Money, booked: datetime
    ) -> ChargeAnswer:
        """Tell that a reminder fee was added."""
        body = {"amount": _money(amount), "bookedAt": _moment(booked)}
        return self._report(charge_id, "fees", reference, body)

    def report_letter(
        self, charge_id: str, letter: SentLetter, *, due: date | None = None
    ) -> ChargeAnswer:
        """Tell that a letter was sent."""
        body = {
            "kind": letter.kind,
            "channel": letter.channel,
            "sentAt": _moment(letter.sent),
            "subject": _line(letter.subject),
            **({} if due is None else {"dueDate": due.isoformat()}),
        }
        return self._report(charge_id, "letters", letter.reference, body)

    def annul(
        self,
        charge_id: str,
        *,
        reference: str,
        amount: Money | None,
        reason: str,
        reasons: str,
        evidence: tuple[Evidence, ...],
        decided: datetime,
        decided_by: str,
    ) -> ChargeAnswer:
        """Annul a part of what the charge and its fees come to; all of it if *amount* is None."""
        body = {
            "reasonCode": reason,
            "reasons": _text(reasons),
            "evidence": _evidence(evidence),
            "decidedAt": _moment(decided),
            "decidedBy": _line(decided_by),
            **({} if amount is None else {"amount": _money(amount)}),
        }
        return self._report(charge_id, "annulments", reference, body)

    def report_transfer(
        self, charge_id: str, *, reference: str, amount: Money, transferred: datetime
    ) -> ChargeAnswer:
        """Tell that the balance was handed to debt collection."""
        body = {"amount": _money(amount), "transferredAt": _moment(transferred)}
        return self._report(charge_id, "collection", reference, body)

    def report_withdrawal(
        self, charge_id: str, *, reference: str, reason: str, withdrawn: datetime
    ) -> ChargeAnswer:
        """Tell that the debt collection has given it back."""
        body = {"reason": reason, "withdrawnAt": _moment(withdrawn)}
        return self._report(charge_id, "collection/withdrawals", reference, body)

    def report_stop(
        self, charge_id: str, *, reference: str, since: datetime, until: date | None, reason: str
    ) -> ChargeAnswer:
        """Tell that a case worker has stopped the collection."""
        body = {
            "from": _moment(since),
            "reason": _text(reason),
            **({} if until is None else {"until": until.isoformat()}),
        }
        return self._report(charge_id, "stops", reference, body)

    def report_lift(
        self, charge_id: str, *, reference: str, stop: str, lifted: datetime
    ) -> ChargeAnswer:
        """Tell that the stop reported as *stop* is over."""
        body = {"stopReference": stop, "liftedAt": _moment(lifted)}
        return self._report(charge_id, "stops/lifts", reference, body)

    # Complaints

    def complain(
        self,
        charge_id: str,
        *,
        reference: str,
        received: datetime,
        channel: str,
        ground: str,
        text: str,
        hold_until: date | None,
    ) -> ChargeAnswer:
        """Open a complaint."""
        body = {
            "receivedAt": _moment(received),
            "channel": channel,
            "ground": ground,
            "text": _text(text),
            **({} if hold_until is None else {"holdUntil": hold_until.isoformat()}),
        }
        return self._report(charge_id, "complaints", reference, body)

    def add_message(
        self, charge_id: str, complaint_id: str, message: ComplaintMessage
    ) -> ChargeAnswer:
        """Add a message to a complaint."""
        body = {
            "sender": message.sender,
            "text": _text(message.text),
            "sentAt": _moment(message.sent),
        }
        operation = f"complaints/{_id('k', complaint_id)}/messages"
        return self._report(charge_id, operation, message.reference, body)

    def add_attachment(
        self,
        charge_id: str,
        complaint_id: str,
        *,
        reference: str,
        name: str,
        content_type: str,
        content: bytes,
    ) -> ChargeAnswer:
        """Add a file to a complaint.

        :raises Rejected: if it is none of the kinds that may be sent, or too large.
        """
        beginning = _BEGINNINGS.get(content_type)
        if beginning is None or not content.startswith(beginning):
            raise Rejected(f"{SYSTEM}: a file is not what it is said to be")
        if len(content) > LARGEST_FILE:
            raise Rejected(f"{SYSTEM}: a file is too large")
        path = f"{_complaint(charge_id, complaint_id)}/attachments"
        answer = self._ask(
            "POST",
            path,
            operation="attachment",
            params={"reference": reference, "name": _file_name(name)},
            headers={"Content-Type": content_type, "Idempotency-Key": _key(path, reference)},
            content=content,
            repeatable=True,
        )
        return self._about(answer, charge_id)

    def decide(
        self,
        charge_id: str,
        complaint_id: str,
        *,
        version: int,
        decision: ComplaintDecision,
        evidence: tuple[Evidence, ...] = (),
    ) -> ChargeAnswer:
        """Decide a complaint.

        :raises Rejected: if somebody else has changed it since *version*, or it cannot be so.
        """
        body = {
            "outcome": decision.outcome,
            "reasonCode": decision.reason or None,
            "reasons": _text(decision.reasons),
            "amount": _money(decision.amount),
            "decidedAt": _moment(decision.decided),
            "decidedBy": _line(decision.decided_by),
            "dueDate": None if decision.due is None else decision.due.isoformat(),
            **({"evidence": _evidence(evidence)} if evidence else {}),
        }
        return self._change_complaint(
            charge_id, complaint_id, version, {"decision": body}, operation="decide"
        )

    def withdraw_complaint(
        self, charge_id: str, complaint_id: str, *, version: int
    ) -> ChargeAnswer:
        """Tell that the complainant has taken it back."""
        return self._change_complaint(
            charge_id, complaint_id, version, {"state": "withdrawn"}, operation="withdraw"
        )

    def hold_complaint(
        self, charge_id: str, complaint_id: str, *, version: int, until: date | None
    ) -> ChargeAnswer:
        """Say until when the charge waits."""
        body = {"holdUntil": None if until is None else until.isoformat()}
        return self._change_complaint(charge_id, complaint_id, version, body, operation="hold")

    # Plans

    def plan(self, plan_id: str) -> ChargePlan:
        """Return a plan.

        :raises NotFound: if there is none.
        """
        return reading.plan(self._get(_plan(plan_id), operation="plan"))

    def report_plan(
        self,
        *,
        reference: str,
        charges: tuple[str, ...],
        instalments: tuple[PlanInstalment, ...],
        agreed: datetime,
    ) -> ChargePlan:
        """Tell that a plan was agreed."""
        body = {
            "reference": reference,
            "chargeIds": [_id("c", each) for each in charges],
            "instalments": [
                {
                    "number": each.number,
                    "dueDate": each.due.isoformat(),
                    "amount": _money(each.amount),
                }
                for each in instalments
            ],
            "agreedAt": _moment(agreed),
        }
        answer = self._ask(
            "POST",
            "/plans",
            operation="report plan",
            headers={"Idempotency-Key": _key("/plans", reference)},
            json=body,
            repeatable=True,
        )
        return reading.plan(answer)

    def change_plan(
        self, plan_id: str, *, version: int, state: Literal["completed", "defaulted", "ended"]
    ) -> ChargePlan:
        """Tell that a plan is over."""
        try:
            answer = self._ask(
                "PATCH",
                _plan(plan_id),
                operation="change plan",
                headers={"If-Match": _etag(version)},
                json={"state": state},
            )
        except _ChangedMeanwhile:
            now = self.plan(plan_id)
            if now.state != state:
                raise
            return now
        return reading.plan(answer)

    # Inside

    def _report(self, charge_id: str, operation: str, reference: str, body: Body) -> ChargeAnswer:
        """Report something under our reference; a repetition is known by its key to be one."""
        path = f"{_charge(charge_id)}/{operation}"
        answer = self._ask(
            "POST",
            path,
            operation=operation.rpartition("/")[2],
            headers={"Idempotency-Key": _key(path, reference)},
            json={"reference": reference, **body},
            repeatable=True,
        )
        return self._about(answer, charge_id)

    def _change_complaint(
        self, charge_id: str, complaint_id: str, version: int, body: Body, *, operation: str
    ) -> ChargeAnswer:
        path = _complaint(charge_id, complaint_id)
        try:
            answer = self._ask(
                "PATCH",
                path,
                operation=operation,
                headers={"If-Match": _etag(version)},
                json=body,
            )
        except _ChangedMeanwhile:
            # It may have been we: the answer to our first asking was lost.
            there = self._get(path, operation="complaint").raw
            if any(there.get(name) != wanted for name, wanted in body.items()):
                raise
            return self.charge(charge_id)
        return self._about(answer, charge_id)

    def _about(self, answer: Part, charge_id: str) -> ChargeAnswer:
        found = reading.charge(answer)
        if found.id != charge_id:
            raise Unavailable(f"{SYSTEM}: answered about another charge")
        return found

    def _file(self, path: str, kinds: set[str], *, operation: str) -> tuple[str, bytes]:
        response = self._send(self._files, "GET", path, operation=operation, repeatable=True)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in kinds or not response.content.startswith(_BEGINNINGS[kind]):
            raise Unavailable(f"{SYSTEM}: {operation}: answered no such file")
        return kind, response.content

    def _get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, operation: str
    ) -> Part:
        return self._ask("GET", path, operation=operation, params=params, repeatable=True)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Body | None = None,
        content: bytes | None = None,
        repeatable: bool = False,
    ) -> Part:
        response = self._send(
            self._books,
            method,
            path,
            operation=operation,
            params=params,
            headers=headers,
            json=json,
            content=content,
            repeatable=repeatable,
        )
        return Part(self._books.json(response), operation)

    def _send(
        self, over: Transport, method: str, path: str, *, operation: str, **more: Any
    ) -> httpx.Response:
        """Ask with a token, and once more if the token was not accepted."""
        headers = dict(more.pop("headers", None) or {})

        def send() -> httpx.Response:
            return over.request(
                method,
                path,
                operation=operation,
                headers={"Authorization": f"Bearer {self._bearer.token()}", **headers},
                answers=_ANSWERS,
                **more,
            )

        response = send()
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._bearer.forget()
            response = send()
        if response.is_success:
            return response
        raise self._refusal(response, operation)

    def _refusal(self, response: httpx.Response, operation: str) -> NotFound | Rejected:
        """Return the error that a problem document means; only its type is told on."""
        problem = self._problem(response)
        why = f"{SYSTEM}: {operation}: {response.status_code} {problem}".rstrip()
        match response.status_code, problem:
            case httpx.codes.NOT_FOUND, "not-found":
                return NotFound(why)
            case httpx.codes.GONE, "cursor-too-old":
                return FeedGone(why)
            case httpx.codes.PRECONDITION_FAILED, _:
                return _ChangedMeanwhile(why)
        return Rejected(why)

    def _problem(self, response: httpx.Response) -> str:
        try:
            kind = self._books.json(response)["type"]
        except (Unavailable, KeyError, TypeError):
            return ""
        if not isinstance(kind, str) or not kind.startswith(_TYPE):
            return ""
        word = kind.removeprefix(_TYPE)
        return word if word.replace("-", "").isalpha() and word.isascii() else ""


def _id(letter: str, text: str) -> str:
    """Return an id that may stand in a path.

    :raises NotFound: if it cannot be one: nothing but what they gave us is asked for.
    """
    if not _IDS[letter].fullmatch(text):
        raise NotFound(f"{SYSTEM}: no such id")
    return text


def _masked(answer: Part, number: str) -> ChargeAnswer:
    """Return what a look-up by *number* answered, which is to tell of nobody.

    :raises Unavailable: if it is another charge, or tells of somebody.
    """
    found = reading.charge(answer)
    if found.number != number:
        raise Unavailable(f"{SYSTEM}: answered about another charge")
    if not found.masked or found.holders or found.complaints or found.stops:
        raise Unavailable(f"{SYSTEM}: a look-up is not masked")
    return found


def _charge(charge_id: str) -> str:
    return f"/charges/{_id('c', charge_id)}"


def _complaint(charge_id: str, complaint_id: str) -> str:
    return f"{_charge(charge_id)}/complaints/{_id('k', complaint_id)}"


def _plan(plan_id: str) -> str:
    return f"/plans/{_id('p', plan_id)}"


def _key(path: str, reference: str) -> str:
    """Return the key of a report: the same for the same one, also tomorrow."""
    return hashlib.sha256(f"{path} {reference}".encode()).hexdigest()[:48]


def _etag(version: int) -> str:
    return f'"{version}"'


def _money(amount: Money) -> Body:
    return {"amount": amount.ore, "currency": "DKK"}


def _moment(when: datetime) -> str:
    """Return a moment with its offset, to the second: two readings of it are the same text.

    :raises ValueError: if it has no time zone.
    """
    if when.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return when.isoformat(timespec="seconds")


def _evidence(evidence: tuple[Evidence, ...]) -> list[dict[str, str]]:
    return [
        {"kind": each.kind, "reference": each.reference, "text": _text(each.text)}
        for each in evidence
    ]


def _text(text: str) -> str:
    """Return *text* with line feeds for line ends and without other control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or ord(sign) >= ord(" "))


def _line(text: str) -> str:
    """Return *text* as one line, and not too long."""
    return "".join(sign if ord(sign) >= ord(" ") else " " for sign in text)[:200]


def _file_name(name: str) -> str:
    """Return what people call a file, as the charge system takes it."""
    fit = "".join(sign for sign in name if sign.isprintable() and sign not in "/\\")
    return fit[:100] or "fil"
