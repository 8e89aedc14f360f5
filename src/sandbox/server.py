"""The systems of the world outside and the ports on which they listen.

A system is a module with `routes(world)`. Each of its routes is wrapped by the wire: the faults
that are in force hit here, and the journal is written here.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox import (
    addresses,
    bank,
    businesscentral,
    collection,
    control,
    cpr,
    digitalpost,
    dmr,
    front,
    mail,
    nemlogin,
    nexi,
    pilen,
    stafflogin,
    wfs,
    wmts,
)
from sandbox.faults import CERTIFICATES, Fault
from sandbox.systems import PORTS, SYSTEMS
from sandbox.world import World


class Wire:
    """Around one route of a system: faults and journal."""

    def __init__(self, world: World, system: str, app: ASGIApp) -> None:
        self._world, self._system, self._app = world, system, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        hits = _Hits(self._world, self._system, scope["path"])
        asked = bytearray()

        async def heard() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        if late := hits.take("slow"):
            await asyncio.sleep(float(late.argument))
        answer = await self._answer(scope, heard, hits)
        cut = bool(answer) and hits.take("truncated") is not None
        self._write_down(scope, bytes(asked), answer, hits, started)
        transport = scope["extensions"]["sandbox"]["transport"]
        if not answer:
            transport.abort()
        elif cut:
            body = _body(answer)
            half = {"type": "http.response.body", "body": body[: len(body) // 2]}
            await send(answer[0])
            await send({**half, "more_body": True})
            transport.close()
        else:
            for message in answer:
                await send(message)

    async def _answer(self, scope: Scope, heard: Receive, hits: _Hits) -> list[Message]:
        """What is answered; nothing when the connection is lost."""
        certificate = self._world.faults.active(self._system, *CERTIFICATES)
        presented = scope["extensions"]["sandbox"]["presented"]
        if certificate and presented not in {None, certificate.name}:
            # The connection is older than the fault: the next one shows the other certificate.
            hits.names.append(certificate.name)
            return []
        if hits.take("drop"):
            return []
        if status := hits.take("status"):
            return _plain(int(status.argument), b"Fejl i sandkassen", b"text/plain")
        if hits.take("garbage"):
            return _plain(200, b"\x00<\xff{%%>", b"application/octet-stream")
        if hits.take("wrong-content-type"):
            return _plain(200, b"<!doctype html><title>Service</title>", b"text/html")
        answer: list[Message] = []

        async def kept(message: Message) -> None:
            answer.append(message)

        await self._app(scope, heard, kept)
        return [] if hits.take("answer-lost") else answer

    def _write_down(
        self,
        scope: Scope,
        asked: bytes,
        answer: list[Message],
        hits: _Hits,
        started: float,
    ) -> None:
        query = scope["query_string"].decode("ascii", "replace")
        self._world.journal.add(
            at=self._world.clock.now().isoformat(timespec="milliseconds"),
            system=self._system,
            method=scope["method"],
            path=f"{scope['path']}?{query}" if query else scope["path"],
            status=answer[0]["status"] if answer else None,
            fault=" ".join(hits.names),
            milliseconds=round((time.monotonic() - started) * 1000),
            request=asked,
            response=_body(answer),
        )


class _Hits:
    """The faults that hit one call, by name, in the order in which they hit it."""

    def __init__(self, world: World, system: str, path: str) -> None:
        self._world, self._system, self._path = world, system, path
        self.names: list[str] = []

    def take(self, name: str) -> Fault | None:
        fault = self._world.faults.take(self._system, name, path=self._path)
        if fault is not None:
            self.names.append(name)
        return fault


def _body(answer: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in answer)


def _plain(status: int, body: bytes, content_type: bytes) -> list[Message]:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", b"1"))
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]


ROUTES = {
    "idp": nemlogin.routes,
    "staff-idp": stafflogin.routes,
    "cpr": cpr.routes,
    "dmr": dmr.routes,
    "addresses": addresses.routes,
    "wfs": wfs.routes,
    "wmts": wmts.routes,
    "businesscentral": businesscentral.routes,
    "nexi": nexi.routes,
    "pilen": pilen.routes,
    "bank": bank.routes,
    "collection": collection.routes,
    "digitalpost": digitalpost.routes,
    "mail": mail.routes,
}


def applications(world: World) -> dict[str, Starlette]:
    """The web application of each port, faults and journal included."""
    routes: dict[str, list[BaseRoute]] = {port: [] for port in PORTS}
    routes["main"] += front.routes(world) + control.routes(world)
    routes["main"] += collection.pages(world) + bank.pages(world)
    for system in SYSTEMS:
        for route in ROUTES[system.name](world):
            route.app = Wire(world, system.name, route.app)
            routes[system.port].append(route)
    return {port: Starlette(routes=routes[port]) for port in PORTS}


class Certificates:
    """What a TLS port shows: the good certificate, or the wrong one while a fault says so."""

    def __init__(self, world: World, systems: tuple[str, ...]) -> None:
        self._world, self._systems = world, systems
        self._contexts = {
            "": self._context("server.pem"),
            "expired-certificate": self._context("server-expired.pem"),
            "foreign-certificate": self._context("server-foreign.pem"),
        }
        self.context = self._contexts[""]
        self.context.sni_callback = self._choose

    def _context(self, certificate: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._world.ca.path(certificate))
        context.load_verify_locations(self._world.ca.path("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.num_tickets = 0
        return context

    def _choose(self, connection: Any, name: str | None, context: ssl.SSLContext) -> None:
        for system in self._systems:
            if fault := self._world.faults.active(system, *CERTIFICATES):
                connection.context = self._contexts[fault.name]

    def presented(self, context: ssl.SSLContext) -> str:
        """The name of the certificate fault under which a connection was made, or nothing."""
        return next(name for name, each in self._contexts.items() if each is context)


def _protocol(certificates: Certificates | None) -> type[H11Protocol]:
    class Connection(H11Protocol):
        """Tells each request who calls (the client's certificate) and over which transport."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            tls = transport.get_extra_info("ssl_object")
            about = {
                "certificate": tls.getpeercert(binary_form=True) if tls else None,
                "presented": certificates.presented(tls.context) if tls and certificates else None,
                "transport": transport,
            }
            app = self.app

            async def told(scope: Any, receive: Any, send: Any) -> None:
                scope.setdefault("extensions", {})["sandbox"] = about
                await app(scope, receive, send)

            self.app = told

    return Connection


class _Server(uvicorn.Server):
    """One of several in this process: signals are heard once, for all of them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(world: World, app: Starlette, port: int, systems: tuple[str, ...]) -> _Server:
    certificates = Certificates(world, systems) if systems else None
    factory: Callable[..., ssl.SSLContext] | None = None
    if certificates is not None:
        context = certificates.context

        def factory(config: Any, default: Any) -> ssl.SSLContext:
            return context

    return _Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            http=_protocol(certificates),
            ws="none",
            lifespan="off",
            log_level="warning",
            ssl_context_factory=factory,
            timeout_graceful_shutdown=2,
        )
    )


async def serve(world: World) -> None:
    """Listen on all five ports until SIGINT or SIGTERM; `addresses.json` says when all do."""
    loop = asyncio.get_running_loop()
    announcement = world.folder / "addresses.json"
    announcement.unlink(missing_ok=True)
    servers = []
    for number, (port, app) in enumerate(applications(world).items()):
        own = tuple(system.name for system in SYSTEMS if system.port == port)
        servers.append(_server(world, app, world.port + number, own if port != "main" else ()))

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)

    receiver = mail.receiver(world)
    await loop.create_server(
        lambda: SMTP(receiver, hostname="sandbox", enable_SMTPUTF8=True),
        host="127.0.0.1",
        port=world.port + 4,
    )
    running = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        if any(task.done() for task in running):
            stop()
            break
        await asyncio.sleep(0.01)
    else:
        unfinished = announcement.with_suffix(".part")
        unfinished.write_text(json.dumps(world.addresses(), indent=1), "utf-8")
        unfinished.rename(announcement)
    await asyncio.gather(*running)
    announcement.unlink(missing_ok=True)
    world.store.close()
