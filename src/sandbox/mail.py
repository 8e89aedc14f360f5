"""The mail server that takes every e-mail, and the inboxes where one reads what has come.

An inbox shows the letters of Digital Post and the e-mails of one inhabitant; an e-mail is theirs if
its address begins with their slug. Faults of the mail server, by name: `later` (451), `refused`
(550) and `hang-up`.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import city
from sandbox.front import templates
from sandbox.world import World


class Receiver:
    """Takes what comes by SMTP."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep an e-mail, or do what a fault says."""
        faults = self._world.faults
        if faults.take("mail", "later"):
            return "451 4.3.0 Try again later"
        if faults.take("mail", "refused"):
            return "550 5.1.1 No such mailbox"
        if faults.take("mail", "hang-up"):
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()
            return "421 4.3.0 Good bye"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        body = message.get_body(("plain",))
        self._world.store.put(
            "mail",
            uuid4().hex,
            {
                "at": self._world.clock.now().isoformat(timespec="seconds"),
                "to": envelope.rcpt_tos,
                "from": envelope.mail_from,
                "id": message["Message-ID"] or "",
                "subject": message["Subject"] or "",
                "text": body.get_content() if body is not None else "",
            },
        )
        return "250 OK"


def receiver(world: World) -> Receiver:
    """Who takes e-mails in this world."""
    return Receiver(world)


def routes(world: World) -> list[Route]:
    """The inboxes."""

    async def everybody(request: Request) -> Response:
        owners: tuple[city.Inhabitant | city.Company, ...] = (*city.INHABITANTS, *city.COMPANIES)
        boxes = [(each, *_box(world, each.slug)) for each in owners]
        mails = list(reversed(world.store.all("mail").values()))
        return templates.TemplateResponse(
            request, "inbox_all.html", {"boxes": boxes, "mails": mails}
        )

    async def inbox(request: Request) -> Response:
        slug = request.path_params["slug"]
        owner = city.inhabitant(slug) or city.company(slug)
        if owner is None:
            return Response("Ukendt · Unknown", 404)
        letters, mails = _box(world, owner.slug)
        if "json" in request.headers.get("accept", ""):
            shown = [{name: each[name] for name in each if name != "pdf"} for each in letters]
            return JSONResponse({"letters": shown, "mails": mails})
        return templates.TemplateResponse(
            request, "inbox_one.html", {"owner": owner, "letters": letters, "mails": mails}
        )

    async def pdf(request: Request) -> Response:
        letter = world.store.get("post.letters", request.path_params["letter"])
        if letter is None or letter["to"] != request.path_params["slug"]:
            return Response("Ukendt · Unknown", 404)
        return Response(b64decode(letter["pdf"]), media_type="application/pdf")

    return [
        Route("/inbox/", everybody, methods=["GET"]),
        Route("/inbox/{slug}", inbox, methods=["GET"]),
        Route("/inbox/{slug}/letters/{letter}.pdf", pdf, methods=["GET"]),
    ]


def _box(world: World, slug: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The letters and the e-mails of an inhabitant, the newest first."""
    letters = [each for each in world.store.all("post.letters").values() if each["to"] == slug]
    mails = [
        each
        for each in world.store.all("mail").values()
        if any(address.partition("@")[0] == slug for address in each["to"])
    ]
    return letters[::-1], mails[::-1]
