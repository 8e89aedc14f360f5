"""Digital Post by Serviceplatformen: SF1601 KombiPostAfsend with MeMo 1.2, and PostForespoerg.

A call needs a token, had in two steps over mutual TLS and bound to our certificate: a SAML token
from Adgangsstyring, changed for an access token of the service asked. What was taken is not yet
delivered: in life receipts come by Beskedfordeler (SF1461, AMQP). They are polled here from whoever
listens there for us and keeps them in order, by an interface of our own; `docs/outside` has it.

ASSUMED: that a message with a UUID that was sent before is not delivered again; the answer's
elements ``Result`` and ``TransmissionId``.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from parking.adapters import soap
from parking.adapters.transport import Transport
from parking.ports import Rejected, Unavailable
from parking.ports.post import Letter, Receipt, ReceiptPage, Recipient

SYSTEM: Final = "post"

MEMO: Final = "https://DigitalPost.dk/MeMo-1"
MEMO_VERSION: Final = "1.2"
SEND: Final = "http://entityid.kombit.dk/service/kombipostafsend/1"
LOOK_UP: Final = "http://entityid.kombit.dk/service/postforespoerg/1"
RECEIVE: Final = "http://entityid.kombit.dk/service/bfo_modtag/2"
LONGEST_LABEL: Final = 255
LONGEST_CURSOR: Final = 100

_TRUST: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_SAML: Final = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0"
_RENEW_BEFORE: Final = 300
#: What a number is called: when it is asked about, and on a message.
_ASKED_BY: Final = {"person": "cprNumber", "company": "cvrNumber"}
_ID_TYPES: Final = {"person": "CPR", "company": "CVR"}
_ANSWERS: Final = frozenset({400, 401, 403, 404, 409, 413, 422})


class DigitalPost:
    """Digital Post, sent in the name of the company *sender_number*, shown as *sender_name*.

    *address* is Serviceplatformen and *login_address* Adgangsstyring, if that is another host.
    *receipts_address* is where receipts are polled; without one there are none.
    *clock* tells the time that is written into calls and messages.
    """

    def __init__(
        self,
        *,
        address: str,
        sender_number: str,
        sender_name: str,
        clock: Callable[[], datetime],
        client_certificate_file: Path | str,
        login_address: str = "",
        receipts_address: str = "",
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 8.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        def transport(base_url: str) -> Transport:
            return Transport(
                SYSTEM,
                base_url,
                ca_file=ca_file,
                client_certificate_file=client_certificate_file,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                deadline=deadline,
                before_call=before_call,
            )

        self._platform = transport(address)
        self._login = transport(login_address or address)
        self._listener = transport(receipts_address) if receipts_address else None
        self._sender_number, self._sender_name = sender_number, sender_name
        self._clock = clock
        self._certificate_file = Path(client_certificate_file)
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._platform.close()
        self._login.close()
        if self._listener is not None:
            self._listener.close()

    def reaches(self, recipient: Recipient) -> bool:
        """Tell whether letters reach this person or company digitally.

        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        name = _ASKED_BY[recipient.kind]
        response = self._ask(
            "GET",
            f"/service/PostForespoerg_1/digitalpost?{name}={quote(_digits(recipient.number))}",
            service=LOOK_UP,
            operation="reaches",
            repeatable=True,
        )
        answer = self._platform.json(response)
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), bool):
            raise Unavailable(f"{SYSTEM}: reaches: answered neither yes nor no")
        return bool(answer["result"])

    def send(self, letter: Letter) -> str:
        """Hand over *letter* and return the transaction id; harmless to repeat.

        It is not repeated here: that the message's UUID is recognised is only assumed, so how often
        it is sent is for the caller to say.

        :raises Unavailable: if it is not certain that it was taken: send it again as it is.
        :raises Rejected: if it will not have it like that.
        """
        response = self._ask(
            "POST",
            "/service/KombiPostAfsend_1/kombi",
            service=SEND,
            operation="send",
            repeatable=False,
            headers={"Content-Type": "application/xml", "Accept": "application/xml"},
            content=self._message(letter),
        )
        answer = soap.parse(response.content, system=SYSTEM)
        if _text(answer, "Result") != "true":
            raise Rejected(f"{SYSTEM}: send: not accepted")
        transaction = _text(answer, "TransmissionId")
        if not transaction:
            raise Unavailable(f"{SYSTEM}: send: answered without a transmission id")
        return transaction

    def receipts(self, since: str) -> ReceiptPage | None:
        """Return the receipts after the cursor *since*; ``None`` if nobody tells us any.

        :raises Unavailable: if it did not answer, or with what means nothing.
        :raises Rejected: if it would not answer us.
        """
        if self._listener is None:
            return None
        response = self._ask(
            "GET",
            f"/receipts?since={quote(since)}",
            service=RECEIVE,
            operation="receipts",
            repeatable=True,
            at=self._listener,
        )
        try:
            page = _page(self._listener.json(response))
        except (KeyError, TypeError, ValueError):
            raise Unavailable(f"{SYSTEM}: receipts: answered something else") from None
        if len(page.next) > LONGEST_CURSOR or (page.more and page.next == since):
            raise Unavailable(f"{SYSTEM}: receipts: the cursor leads nowhere")
        return page

    def _message(self, letter: Letter) -> bytes:
        """Return *letter* as a KombiPostAfsend request with a MeMo message in it."""
        request = etree.Element("kombi_request")
        etree.SubElement(request, "KombiValgKode").text = "Digital Post"
        message = etree.SubElement(request, _memo("Message"), nsmap={"memo": MEMO})
        message.set("memoVersion", MEMO_VERSION)
        header = _element(message, "MessageHeader")
        _element(header, "messageType", "DIGITALPOST")
        _element(header, "messageUUID", letter.letter_id)
        _element(header, "label", letter.subject[:LONGEST_LABEL])
        sender = _element(header, "Sender")
        _element(sender, "senderID", self._sender_number)
        _element(sender, "idType", "CVR")
        _element(sender, "label", self._sender_name)
        recipient = _element(header, "Recipient")
        _element(recipient, "recipientID", _digits(letter.recipient.number))
        _element(recipient, "idType", _ID_TYPES[letter.recipient.kind])
        body = _element(message, "MessageBody")
        _element(body, "createdDateTime", _written(self._clock()))
        document = _element(body, "MainDocument")
        file = _element(document, "File")
        _element(file, "encodingFormat", "application/pdf")
        _element(file, "filename", letter.file_name)
        _element(file, "language", letter.language)
        _element(file, "content", b64encode(letter.pdf).decode("ascii"))
        if letter.link:
            action = _element(document, "Action")
            _element(action, "label", letter.link_text)
            _element(action, "actionCode", "SELVBETJENING")
            _element(_element(action, "EntryPoint"), "url", letter.link)
        return etree.tostring(request, encoding="utf-8")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        service: str,
        operation: str,
        repeatable: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        at: Transport | None = None,
    ) -> httpx.Response:
        """Ask with a token, and once more if the token was not accepted."""

        def send() -> httpx.Response:
            return (at or self._platform).request(
                method,
                path,
                operation=operation,
                repeatable=repeatable,
                headers={
                    "Authorization": f"Holder-of-key {self._token(service)}",
                    "X-TransaktionsId": str(uuid4()),
                    "X-TransaktionsTid": _written(self._clock()),
                    **(headers or {}),
                },
                content=content,
                answers=_ANSWERS,
            )

        response = send()
        if response.status_code == httpx.codes.UNAUTHORIZED:
            with self._lock:
                self._tokens.pop(service, None)
            response = send()
        if not response.is_success:
            # What the body of an error looks like is not published, and it may name somebody.
            raise Rejected(f"{SYSTEM}: {operation}: status {response.status_code}")
        return response

    def _token(self, service: str) -> str:
        with self._lock:
            token, ends = self._tokens.get(service, ("", 0.0))
            asked = time.monotonic()
            if asked >= ends:
                answer = self._platform.json(
                    self._platform.request(
                        "POST",
                        "/service/AccessTokenService_1/token",
                        operation="access token",
                        repeatable=True,
                        data={"saml-token": self._assertion(service)},
                    )
                )
                try:
                    token, lasts = str(answer["access_token"]), float(answer["expires_in"])
                except (KeyError, TypeError, ValueError):
                    raise Unavailable(f"{SYSTEM}: access token: answered something else") from None
                ends = asked + max(lasts - _RENEW_BEFORE, 0)
                self._tokens[service] = token, ends
            return token

    def _assertion(self, service: str) -> str:
        """Return the SAML token that Adgangsstyring issues to our certificate for *service*."""
        certificate = x509.load_pem_x509_certificate(self._certificate_file.read_bytes())
        answer = self._login.json(
            self._login.request(
                "POST",
                "/runtime/api/rest/wstrust/v1/issue",
                operation="token",
                repeatable=True,
                json={
                    "TokenType": _SAML,
                    "RequestType": f"{_TRUST}/Issue",
                    "KeyType": f"{_TRUST}/PublicKey",
                    "AnvenderKontekst": {"Cvr": self._sender_number},
                    "UseKey": b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii"),
                    "AppliesTo": {"EndpointReference": {"Address": service}},
                    "OnBehalfOf": None,
                },
            )
        )
        try:
            return str(answer["RequestedSecurityToken"]["Assertion"])
        except (KeyError, TypeError):
            raise Unavailable(f"{SYSTEM}: token: answered something else") from None


def _page(told: Any) -> ReceiptPage:
    """Return a page of receipts as it was told.

    :raises KeyError:
    :raises TypeError:
    :raises ValueError: if it is none.
    """
    following, more = told["next"], told["more"]
    if not isinstance(following, str) or not isinstance(more, bool):
        raise TypeError("next is a text, and more is yes or no")
    return ReceiptPage(receipts=tuple(map(_receipt, told["receipts"])), next=following, more=more)


def _receipt(told: Any) -> Receipt:
    """Return one receipt as it was told.

    :raises KeyError:
    :raises TypeError:
    :raises ValueError: if it is none.
    """
    at = datetime.fromisoformat(told["at"])
    status, reason = told["status"], told.get("reason", "")
    if at.tzinfo is None or status not in {"delivered", "rejected"} or not isinstance(reason, str):
        raise ValueError(status)
    return Receipt(
        letter_id=str(UUID(told["messageUUID"])),
        delivered=status == "delivered",
        reason=reason,
        at=at,
    )


def _element(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, _memo(name))
    if text is not None:
        try:
            element.text = text
        except ValueError:
            raise Rejected(f"{SYSTEM}: {name} holds a sign that XML cannot") from None
    return element


def _memo(name: str) -> str:
    return f"{{{MEMO}}}{name}"


def _text(answer: etree._Element, name: str) -> str:
    """Return the text of the one element called *name*, in whatever namespace."""
    found = [
        element for element in answer.iter(etree.Element) if etree.QName(element).localname == name
    ]
    if len(found) != 1:
        raise Unavailable(f"{SYSTEM}: answered {len(found)} times {name}")
    return (found[0].text or "").strip()


def _digits(number: str) -> str:
    return number.replace("-", "")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
