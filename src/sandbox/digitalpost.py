"""Digital Post as Serviceplatformen speaks it: SF1601 and PostForespoerg over mutual TLS.

A token is had in two steps and bound to the certificate it was asked with: shown with another one
it is worth nothing. A message is checked against `memo.xsd`; the same messageUUID again gets the
same answer and is not delivered twice. What was taken lies in the inbox of the inhabitant
(`/inbox/<slug>`) or the company (`/inbox/<number>`) at once, and its receipt says so. In life
receipts come by AMQP (SF1461); here they are polled, `/receipts?since=CURSOR`, as from a listener
that keeps them in order.

Its own faults: `not-accepted` answers 200 with a result that is not true; `bounce:REASON` takes a
letter and rejects it afterwards; `late:SECONDS` tells the receipt so much later.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from lxml import etree
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import city
from sandbox.faults import Fault
from sandbox.world import World

MEMO = "https://DigitalPost.dk/MeMo-1"
SEND = "http://entityid.kombit.dk/service/kombipostafsend/1"
LOOK_UP = "http://entityid.kombit.dk/service/postforespoerg/1"
RECEIVE = "http://entityid.kombit.dk/service/bfo_modtag/2"
RECEIPTS_IN_A_PAGE = 5  #: so few that everybody who asks must turn pages
SENDER = "64942212"  #: the municipality's company number, which our agreement is for

_TRUST = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
_ASKED = {
    "TokenType": "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV2.0",
    "RequestType": f"{_TRUST}/Issue",
    "KeyType": f"{_TRUST}/PublicKey",
    "AnvenderKontekst": {"Cvr": SENDER},
    "OnBehalfOf": None,
}
_LASTS = timedelta(hours=1)
#: Who may have a box, by what the number is called.
_BOXES: dict[str, Callable[[str], city.Inhabitant | city.Company | None]] = {
    "cprNumber": city.person,
    "cvrNumber": city.company,
}
_MEMO = etree.XMLSchema(etree.parse(Path(__file__).parent / "memo.xsd"))
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """An answer with a status that is not 200."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Ticket:
    """What a token is good for: one service, one certificate, for an hour."""

    service: str
    thumbprint: str
    ends: datetime


class Platform:
    """The endpoints. Tokens are forgotten when the sandbox is restarted; letters are not."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._assertions: dict[str, Ticket] = {}
        self._tokens: dict[str, Ticket] = {}

    async def issue(self, request: Request) -> Response:
        """Issue a SAML token to the certificate that asks, for one service."""
        try:
            asked = json.loads(await request.body())
        except ValueError:
            raise Refused(400, "That is not JSON.") from None
        certificate = _certificate(request)
        service = _service(asked)
        expected = {
            **_ASKED,
            "UseKey": b64encode(certificate).decode(),
            "AppliesTo": {"EndpointReference": {"Address": service}},
        }
        if service not in {SEND, LOOK_UP, RECEIVE} or asked != expected:
            raise Refused(400, "The request is not one that is understood.")
        ends = self._world.clock.now() + _LASTS
        assertion = b64encode(f"<Assertion ID='_{secrets.token_hex(16)}'/>".encode()).decode()
        self._assertions[assertion] = Ticket(service, _thumbprint(certificate), ends)
        return JSONResponse(
            {
                "RequestedSecurityToken": {"Assertion": assertion},
                "Lifetime": ends.strftime("%m/%d/%Y %H:%M:%S"),
            }
        )

    async def token(self, request: Request) -> Response:
        """Change a SAML token for an access token."""
        form = await request.form()
        if set(form) != {"saml-token"}:
            raise Refused(400, "A saml-token is expected, and nothing else.")
        ticket = self._good(self._assertions, str(form["saml-token"]), request)
        token = secrets.token_urlsafe(32)
        self._tokens[token] = ticket
        lasts = int((ticket.ends - self._world.clock.now()).total_seconds())
        return JSONResponse(
            {"access_token": token, "token_type": "Holder-of-key", "expires_in": lasts}
        )

    async def reaches(self, request: Request) -> Response:
        """Tell whether somebody is registered for Digital Post."""
        self._authorize(request, LOOK_UP)
        asked = dict(request.query_params.multi_items())
        if len(request.query_params.multi_items()) != 1 or not set(asked) <= set(_BOXES):
            raise Refused(400, "One cprNumber or one cvrNumber is expected, and nothing else.")
        ((name, number),) = asked.items()
        owner = _BOXES[name](number)
        if owner is None:
            raise Refused(404, "There is no such person or company.")
        return JSONResponse({"result": owner.digital_post})

    async def send(self, request: Request) -> Response:
        """Take a message and put it into the inbox of who it is for."""
        self._authorize(request, SEND)
        if request.headers.get("content-type", "").partition(";")[0] != "application/xml":
            raise Refused(415, "XML is expected.")
        letter = _letter(await request.body())
        store = self._world.store
        known = store.get("post.letters", letter["id"]) or store.get("post.bounced", letter["id"])
        if known is None:
            known = {
                **letter,
                "transmission": str(uuid4()),
                "at": self._world.clock.now().isoformat(timespec="seconds"),
            }
            if self._world.faults.take("digitalpost", "not-accepted"):
                return _answer("false", known["transmission"])
            bounced = self._world.faults.take("digitalpost", "bounce")
            store.put("post.bounced" if bounced else "post.letters", letter["id"], known)
            self._put_receipt(letter["id"], bounced)
        return _answer("true", known["transmission"])

    def _put_receipt(self, letter_id: str, bounced: Fault | None) -> None:
        now = self._world.clock.now()
        late = self._world.faults.take("digitalpost", "late")
        receipt = {
            "messageUUID": letter_id,
            "status": "rejected" if bounced else "delivered",
            "reason": (bounced.argument or "unknown") if bounced else "",
            "at": (now + timedelta(seconds=float(late.argument if late else 0))).isoformat(),
        }
        self._world.store.put("post.pending", letter_id, receipt)

    async def receipts(self, request: Request) -> Response:
        """Tell what has become of the letters, in the order in which it became known."""
        self._authorize(request, RECEIVE)
        since = request.query_params.get("since") or "0"
        if set(request.query_params) != {"since"} or not since.isdecimal():
            raise Refused(400, "A cursor of ours is expected as since, and nothing else.")
        store, now = self._world.store, self._world.clock.now()
        with store.locked():
            known = len(store.all("post.receipts"))
            for letter_id, receipt in store.all("post.pending").items():
                if datetime.fromisoformat(receipt["at"]) <= now:
                    known += 1
                    store.put("post.receipts", str(known), receipt)
                    store.delete("post.pending", letter_id)
            told = list(store.all("post.receipts").values())
        page = told[int(since) :][:RECEIPTS_IN_A_PAGE]
        following = int(since) + len(page)
        return JSONResponse(
            {"receipts": page, "next": str(following), "more": following < len(told)}
        )

    def _authorize(self, request: Request, service: str) -> None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Holder-of-key" or self._good(self._tokens, token, request).service != service:
            raise Refused(401, "The token is not for this.")
        try:
            UUID(request.headers.get("x-transaktionsid", ""))
            said = datetime.fromisoformat(request.headers.get("x-transaktionstid", ""))
        except ValueError:
            raise Refused(400, "X-TransaktionsId and X-TransaktionsTid are expected.") from None
        if said.tzinfo is None:
            raise Refused(400, "X-TransaktionsTid needs a time zone.")

    def _good(self, tickets: dict[str, Ticket], key: str, request: Request) -> Ticket:
        ticket = tickets.get(key)
        if ticket is None or ticket.ends <= self._world.clock.now():
            raise Refused(401, "The token is not valid.")
        if ticket.thumbprint != _thumbprint(_certificate(request)):
            raise Refused(401, "The token belongs to another certificate.")
        return ticket


def routes(world: World) -> list[Route]:
    """Adgangsstyring's and Serviceplatformen's endpoints."""
    platform = Platform(world)
    endpoints = {
        "/runtime/api/rest/wstrust/v1/issue": ("POST", platform.issue),
        "/service/AccessTokenService_1/token": ("POST", platform.token),
        "/service/PostForespoerg_1/digitalpost": ("GET", platform.reaches),
        "/service/KombiPostAfsend_1/kombi": ("POST", platform.send),
        "/receipts": ("GET", platform.receipts),
    }
    return [
        Route(path, partial(_answered, endpoint), methods=[method])
        for path, (method, endpoint) in endpoints.items()
    ]


async def _answered(endpoint: Endpoint, request: Request) -> Response:
    try:
        return await endpoint(request)
    except Refused as refusal:
        return JSONResponse({"message": str(refusal)}, refusal.status)


def _letter(body: bytes) -> dict[str, Any]:
    """What a message says, once its structure has been checked.

    :raises Refused: if it is not as it must be
    """
    try:
        request = etree.fromstring(body, _PARSER)
    except etree.XMLSyntaxError:
        raise Refused(400, "That is not XML.") from None
    parts = list(request)
    if (
        request.tag != "kombi_request"
        or [part.tag for part in parts] != ["KombiValgKode", f"{{{MEMO}}}Message"]
        or parts[0].text != "Digital Post"
    ):
        raise Refused(400, "A kombi_request with Digital Post and one message is expected.")
    message = etree.fromstring(etree.tostring(parts[1]), _PARSER)
    if not _MEMO.validate(message):
        raise Refused(400, str(_MEMO.error_log))

    def said(path: str) -> str:
        return message.findtext("/".join(f"{{{MEMO}}}{name}" for name in path.split("/"))) or ""

    is_company = said("MessageHeader/Recipient/idType") == "CVR"
    number = said("MessageHeader/Recipient/recipientID")
    owner = city.company(number) if is_company else city.person(number)
    if said("MessageHeader/Sender/senderID") != SENDER:
        raise Refused(403, "The sender is not the one of the agreement.")
    if owner is None or not owner.digital_post:
        raise Refused(400, "The recipient cannot be reached by Digital Post.")
    pdf = said("MessageBody/MainDocument/File/content")
    if not b64decode(pdf).startswith(b"%PDF-"):
        raise Refused(400, "The file is not a PDF.")
    return {
        "id": said("MessageHeader/messageUUID").lower(),
        "to": owner.slug,
        "subject": said("MessageHeader/label"),
        "sender": said("MessageHeader/Sender/label"),
        "file_name": said("MessageBody/MainDocument/File/filename"),
        "language": said("MessageBody/MainDocument/File/language"),
        "link_text": said("MessageBody/MainDocument/Action/label"),
        "link": said("MessageBody/MainDocument/Action/EntryPoint/url"),
        "pdf": pdf,
    }


def _answer(result: str, transmission: str) -> Response:
    answer = etree.Element("kombi_response")
    etree.SubElement(answer, "Result").text = result
    etree.SubElement(answer, "TransmissionId").text = transmission
    return Response(etree.tostring(answer, encoding="utf-8"), media_type="application/xml")


def _service(asked: Any) -> str:
    try:
        return str(asked["AppliesTo"]["EndpointReference"]["Address"])
    except (KeyError, TypeError):
        return ""


def _certificate(request: Request) -> bytes:
    return bytes(request.scope["extensions"]["sandbox"]["certificate"])


def _thumbprint(certificate: bytes) -> str:
    return hashlib.sha256(certificate).hexdigest()
