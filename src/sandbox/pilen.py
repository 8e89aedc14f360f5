"""The charge system, as `docs/outside/charge-system-v1.yaml` describes it, and its console.

Stricter than the document: an unknown field or parameter, a header that is missing, a scope that
was not given and an ETag that is old are refused, and the sums are checked to the øre. Charges are
in `sandbox.charges`, the books in `sandbox.chargebook`, what may be sent in `sandbox.chargeforms`.

Its own faults. Of the feed: `feed-gap` leaves a change out, `duplicate-page` tells a page again,
`feed-gone` says that the cursor is too old, `bad-row` spoils one charge, there or in the listing,
`bad-rows` all that a page of the feed tells. Of a report: `write-lost` does what was asked and
drops the connection (its path is that of the operation, `payments` for instance). `photo-differs`
sends another picture than was described (its path is the number). `busy` answers 429. Of webhooks:
`absent`, `duplicate`, `late:SECONDS` (60), `shuffled`, `wrong-signature`, and `retry-every:SECONDS`
instead of the growing delay.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import uuid4

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import chargehistory, photographs
from sandbox.chargebook import Body, Charge, ChargeBook, Refused, moment, money
from sandbox.chargeforms import checked, kind_of, like, wrong
from sandbox.charges import OFFENCES, Seed
from sandbox.front import templates
from sandbox.world import World

BASE: Final = "/pilen"
CLIENT: Final = "parking-portal"
SCOPES: Final = ("charges.read", "charges.write", "complaints.write")
TOKEN_LASTS: Final = timedelta(minutes=10)
KEY_LASTS: Final = timedelta(days=7)
LARGEST_BODY: Final = 1_000_000
LARGEST_FILE: Final = 10_000_000
MOST: Final = 1000
EIGHT_ATTEMPTS: Final = (0, 5, 30, 300, 1800, 7200, 21600, 43200)
REMEMBERED_HINTS: Final = 50

TITLES: Final = {
    400: "The request is not as it must be",
    401: "A token is needed",
    403: "The token does not allow this",
    404: "There is no such thing",
    405: "Not with this method",
    409: "Not as things stand",
    410: "Begin anew",
    412: "It was changed meanwhile",
    413: "Too large",
    415: "Not in this form",
    422: "It does not fit",
    428: "If-Match is needed",
    429: "Later",
    503: "Later",
}


@dataclass(frozen=True)
class Asked:
    """A request without the web around it."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def json(self, form: str) -> Body:
        """The body, checked.

        :raises Refused: if it is not JSON, or not as it must be
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(415, "unsupported-media-type")
        if len(self.body) > LARGEST_BODY:
            raise Refused(400, "invalid-request", "is too large")
        try:
            body = json.loads(self.body, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Refused(400, "invalid-request", "is not JSON") from None
        return checked(form, body)

    def options(self, must: tuple[str, ...] = (), may: tuple[str, ...] = ()) -> dict[str, str]:
        """The parameters, each once and known.

        :raises Refused: if one is missing, unknown or given twice
        """
        given = dict(self.query)
        if len(given) != len(self.query):
            raise wrong("", "a parameter is given twice")
        for name in given:
            if name not in {*must, *may}:
                raise Refused(400, "unknown-field", "is not known", name[:60])
        for name in must:
            if name not in given:
                raise wrong(name, "is required")
        return given


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int
    body: Any = None
    headers: Mapping[str, str] | None = None
    content: bytes | None = None
    content_type: str = "application/json"

    def response(self) -> Response:
        """The same for the web."""
        content = self.content
        if content is None:
            content = json.dumps(self.body, ensure_ascii=False).encode()
        return Response(content, self.status, self.headers, self.content_type)


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked: the scope it needs, and who answers it."""

    scope: str
    answer: Callable[[Asked], Answer]
    writes: bool = False  #: a POST that needs an Idempotency-Key


class Tokens:
    """Who may come in, with which scopes; forgotten when the sandbox is restarted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._valid: dict[str, tuple[datetime, frozenset[str]]] = {}

    def issue(self, scopes: frozenset[str]) -> str:
        """A new token."""
        token = secrets.token_urlsafe(32)
        self._valid[token] = (self._world.clock.now() + TOKEN_LASTS, scopes)
        return token

    def check(self, header: str, scope: str) -> None:
        """Let in who shows a token that is valid for a scope.

        :raises Refused: if it is none, or not for that
        """
        kind, _, token = header.partition(" ")
        ends, scopes = self._valid.get(token, (None, frozenset[str]()))
        if kind != "Bearer" or ends is None or ends <= self._world.clock.now():
            raise Refused(401, "unauthorized")
        if scope not in scopes:
            raise Refused(403, "insufficient-scope", scope)


class Hints:
    """Webhooks: one for each change, repeated until it is answered 2xx, eight times at most."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def tell(self) -> None:
        """Say that the feed has something new."""
        faults, now = self._world.faults, self._world.clock.now()
        if faults.take("pilen", "absent"):
            return
        wait = timedelta(0)
        if late := faults.take("pilen", "late"):
            wait = timedelta(seconds=float(late.argument or 60))
        elif faults.take("pilen", "shuffled"):
            wait = timedelta(milliseconds=secrets.randbelow(600))
        for _ in range(2 if faults.take("pilen", "duplicate") else 1):
            hint = {"due": (now + wait).isoformat(), "told": moment(now), "answers": []}
            self._store.put("pilen.hints", uuid4().hex, hint)

    def send_what_is_due(self, client: httpx.Client) -> None:
        """Send each hint whose time has come."""
        now = self._world.clock.now()
        for key, hint in self._store.all("pilen.hints").items():
            if datetime.fromisoformat(hint["due"]) <= now:
                self._send(key, hint, client)

    def _send(self, key: str, hint: Body, client: httpx.Client) -> None:
        body = json.dumps({"id": key, "type": "charges.changed", "sentAt": hint["told"]}).encode()
        stamp = str(int(self._world.clock.now().timestamp()))
        secret = self._world.ca.secret("charges-webhook")
        if self._world.faults.take("pilen", "wrong-signature"):
            secret = "somebody else's"  # noqa: S105 - a fault
        try:
            answer: int | str = client.post(
                f"{self._world.portal}/webhooks/charges",
                content=body,
                headers={
                    "Content-Type": "application/json",
                    "Webhook-Id": key,
                    "Webhook-Timestamp": stamp,
                    "Webhook-Signature": f"v1={signature(secret, stamp, body)}",
                },
            ).status_code
        except httpx.HTTPError as problem:
            answer = type(problem).__name__
        with self._store.locked():
            if self._store.get("pilen.hints", key) is None:
                return
            hint["answers"].append(answer)
            attempts = len(hint["answers"])
            heard = isinstance(answer, int) and httpx.codes.is_success(answer)
            if heard or attempts == len(EIGHT_ATTEMPTS):
                self._store.delete("pilen.hints", key)
                self._store.put("pilen.told", key, hint)
                for old in list(self._store.all("pilen.told"))[:-REMEMBERED_HINTS]:
                    self._store.delete("pilen.told", old)
                return
            hasty = self._world.faults.active("pilen", "retry-every")
            wait = float(hasty.argument or 1) if hasty else EIGHT_ATTEMPTS[attempts]
            due = self._world.clock.now() + timedelta(seconds=wait)
            self._store.put("pilen.hints", key, {**hint, "due": due.isoformat()})

    def all(self) -> list[Body]:
        """Every hint: those that wait, and the last that were heard or given up."""
        told = [*self._store.all("pilen.told").values(), *self._store.all("pilen.hints").values()]
        return told[::-1]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a webhook, in hexadecimal."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.strip().encode(), signed, hashlib.sha256).hexdigest()


def _work(hints: Hints) -> None:
    """Send what is due, for as long as the sandbox runs."""
    with httpx.Client(timeout=5, trust_env=False) as client:
        while True:
            try:
                hints.send_what_is_due(client)
            except sqlite3.ProgrammingError:
                return  # the store is closed: the sandbox has ended
            time.sleep(0.1)


class ChargeSystem:
    """The interface."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self.book = ChargeBook(world, chargehistory.write)
        self.hints = Hints(world)
        self.book.tell(self.hints.tell)
        self._tokens = Tokens(world)
        threading.Thread(target=_work, args=(self.hints,), name="pilen", daemon=True).start()

    def routes(self) -> list[Route]:
        """Every path with its methods."""
        found: list[Route] = [
            Route(f"{BASE}/oauth2/token", self.give_token, methods=["POST"]),
        ]
        found += [
            Route(
                f"{BASE}/v1{path}",
                partial(self.answer, operations=operations),
                methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"],
            )
            for path, operations in self._operations().items()
        ]
        return found

    async def give_token(self, request: Request) -> Response:
        """OAuth 2 client credentials."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        known = form.get("client_id") == CLIENT
        given = form.get("client_secret", "")
        if not known or not hmac.compare_digest(
            given.encode(), self._world.ca.secret("charges").strip().encode()
        ):
            return JSONResponse({"error": "invalid_client"}, 401)
        scopes = frozenset(form.get("scope", "").split())
        if not scopes or not scopes <= set(SCOPES):
            return JSONResponse({"error": "invalid_scope"}, 400)
        told = {
            "access_token": self._tokens.issue(scopes),
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LASTS.total_seconds()),
            "scope": " ".join(sorted(scopes)),
        }
        return JSONResponse(told, headers={"Cache-Control": "no-store"})

    async def answer(self, request: Request, *, operations: dict[str, Operation]) -> Response:
        """Answer one request; what is refused is answered as a problem."""
        asked = Asked(
            method=request.method,
            path=request.url.path.removeprefix(BASE),
            parts=request.path_params,
            query=tuple(request.query_params.multi_items()),
            headers=request.headers,
            body=await request.body(),
        )
        try:
            answer = await run_in_threadpool(self._answer, operations.get(asked.method), asked)
        except Refused as refused:
            return _problem(refused, ", ".join(operations))
        last = asked.path.rpartition("/")[2]
        if asked.method != "GET" and self._world.faults.take("pilen", "write-lost", path=last):
            request.scope["extensions"]["sandbox"]["transport"].abort()
        return answer.response()

    def _answer(self, operation: Operation | None, asked: Asked) -> Answer:
        if operation is None:
            raise Refused(405, "method-not-allowed")
        if self._world.faults.take("pilen", "busy"):
            raise Refused(429, "too-many-requests")
        self._tokens.check(asked.headers.get("authorization", ""), operation.scope)
        for name, value in asked.parts.items():
            shape = PART_SHAPES[name]
            if shape is not None:
                like(shape)(value, name)
        if not operation.writes:
            return operation.answer(asked)
        key = asked.headers.get("idempotency-key")
        if key is None:
            raise Refused(400, "missing-header", "Idempotency-Key", "Idempotency-Key")
        like("key")(key, "Idempotency-Key")
        kind = asked.headers.get("content-type", "")
        what = f"{asked.path} {sorted(asked.query)} {kind} ".encode() + asked.body
        mark = hashlib.sha256(what).hexdigest()
        with self._store.locked():
            known = self._store.get("pilen.keys", key)
            now = self._world.clock.now()
            if known is not None and datetime.fromisoformat(known["at"]) > now - KEY_LASTS:
                if known["mark"] != mark:
                    raise Refused(422, "idempotency-key-reused")
                return Answer(known["status"], known["body"], known["headers"])
            answer = operation.answer(asked)
            kept = {"mark": mark, "status": answer.status, "body": answer.body}
            kept |= {"headers": answer.headers, "at": now.isoformat()}
            self._store.put("pilen.keys", key, kept)
            return answer

    def _operations(self) -> dict[str, dict[str, Operation]]:
        read, write, complain = SCOPES
        one = "/charges/{chargeId}"
        complaint = f"{one}/complaints/{{complaintId}}"
        book = self.book

        def get(answer: Callable[[Asked], Answer]) -> dict[str, Operation]:
            return {"GET": Operation(read, answer)}

        def report(
            form: str, do: Callable[[str, Body], tuple[int, Charge]], scope: str = write
        ) -> dict[str, Operation]:
            def answer(asked: Asked) -> Answer:
                asked.options()
                return _made(do(asked.parts["chargeId"], asked.json(form)))

            return {"POST": Operation(scope, answer, writes=True)}

        return {
            "/charges": get(self._page),
            "/charges/lookup": get(self._look_up),
            "/charges/lookup/by-code": get(self._look_up_by_code),
            one: get(self._charge),
            f"{one}/images": get(self._images),
            f"{one}/images/{{number}}": get(self._image),
            f"{one}/ledger": get(self._ledger),
            f"{one}/parking-payments": get(self._parking_payments),
            f"{one}/payments": report("payments", book.pay),
            f"{one}/refunds": report("refunds", book.refund),
            f"{one}/fees": report("fees", book.fee),
            f"{one}/letters": report("letters", book.letter),
            f"{one}/annulments": report("annulments", book.annul),
            f"{one}/collection": report("collection", book.transfer),
            f"{one}/collection/withdrawals": report("withdrawals", book.withdraw),
            f"{one}/stops": report("stops", book.stop),
            f"{one}/stops/lifts": report("lifts", book.lift),
            f"{one}/complaints": report("complaints", book.complain, complain),
            complaint: {
                **get(self._complaint),
                "PATCH": Operation(complain, self._change_complaint),
            },
            f"{complaint}/messages": {"POST": Operation(complain, self._message, writes=True)},
            f"{complaint}/attachments": {"POST": Operation(complain, self._attach, writes=True)},
            f"{complaint}/attachments/{{attachmentId}}": get(self._attachment),
            "/payouts": {"POST": Operation(write, self._pay_out, writes=True)},
            "/plans": {"POST": Operation(write, self._agree, writes=True)},
            "/plans/{planId}": {
                **get(self._plan),
                "PATCH": Operation(write, self._change_plan),
            },
            "/changes": get(self._changes),
        }

    def _page(self, asked: Asked) -> Answer:
        options = asked.options(may=("cursor", "limit"))
        return Answer(200, self.book.page(_cursor(options, "cursor"), _limit(options)))

    def _look_up(self, asked: Asked) -> Answer:
        options = asked.options(must=("chargeNumber", "registrationNumber"))
        like("charge number")(options["chargeNumber"], "chargeNumber")
        like("plate")(options["registrationNumber"], "registrationNumber")
        found = self.book.look_up(options["chargeNumber"], options["registrationNumber"])
        return Answer(200, found, _etag(found))

    def _look_up_by_code(self, asked: Asked) -> Answer:
        options = asked.options(must=("chargeNumber", "code"))
        like("charge number")(options["chargeNumber"], "chargeNumber")
        like("code")(options["code"], "code")
        found = self.book.look_up_by_code(options["chargeNumber"], options["code"])
        return Answer(200, found, _etag(found))

    def _charge(self, asked: Asked) -> Answer:
        asked.options()
        found = self.book.get(asked.parts["chargeId"])
        return Answer(200, found, _etag(found))

    def _images(self, asked: Asked) -> Answer:
        asked.options()
        charge = self.book.get(asked.parts["chargeId"])
        return Answer(200, {"images": photographs.described(charge)})

    def _image(self, asked: Asked) -> Answer:
        asked.options()
        charge, number = self.book.get(asked.parts["chargeId"]), asked.parts["number"]
        if not number.isascii() or not number.isdecimal() or not 1 <= int(number[:9]) <= 99:  # noqa: PLR2004 - the document's
            raise wrong("number", "must be from 1 to 99")
        if int(number) > charge["images"]:
            raise Refused(404, "not-found")
        shown = charge
        if self._world.faults.take("pilen", "photo-differs", path=number):
            shown = {**charge, "registrationNumber": "ZZ99999"}
        return _file("image/jpeg", photographs.picture(shown, int(number)))

    def _ledger(self, asked: Asked) -> Answer:
        asked.options()
        charge = self.book.get(asked.parts["chargeId"])
        told = {
            "chargeId": charge["id"],
            "version": charge["version"],
            "entries": charge["ledger"],
            "balance": charge["balance"],
        }
        return Answer(200, told, _etag(charge))

    def _parking_payments(self, asked: Asked) -> Answer:
        asked.options()
        return Answer(200, {"payments": self.book.parking_payments(asked.parts["chargeId"])})

    def _complaint(self, asked: Asked) -> Answer:
        asked.options()
        found = self.book.complaint(asked.parts["chargeId"], asked.parts["complaintId"])
        return Answer(200, found, _etag(found))

    def _change_complaint(self, asked: Asked) -> Answer:
        asked.options()
        version, body = _if_match(asked), asked.json("complaint")
        charge = self.book.change_complaint(
            asked.parts["chargeId"], asked.parts["complaintId"], version, body
        )
        return Answer(200, charge, _etag(charge))

    def _message(self, asked: Asked) -> Answer:
        asked.options()
        body = asked.json("messages")
        return _made(self.book.message(asked.parts["chargeId"], asked.parts["complaintId"], body))

    def _attach(self, asked: Asked) -> Answer:
        options = asked.options(must=("reference", "name"))
        like("reference")(options["reference"], "reference")
        like("file name")(options["name"], "name")
        kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        if len(asked.body) > LARGEST_FILE:
            raise Refused(413, "too-large")
        if not kind or kind_of(asked.body) != kind:
            raise Refused(415, "unsupported-media-type")
        about = {"reference": options["reference"], "name": options["name"], "contentType": kind}
        return _made(
            self.book.attach(asked.parts["chargeId"], asked.parts["complaintId"], about, asked.body)
        )

    def _attachment(self, asked: Asked) -> Answer:
        asked.options()
        parts = asked.parts
        kind, content = self.book.attachment(
            parts["chargeId"], parts["complaintId"], parts["attachmentId"]
        )
        return _file(kind, content)

    def _pay_out(self, asked: Asked) -> Answer:
        asked.options()
        status, payout = self.book.pay_out(asked.json("payouts"))
        return Answer(status, payout)

    def _agree(self, asked: Asked) -> Answer:
        asked.options()
        status, plan = self.book.agree(asked.json("plans"))
        return Answer(status, _shown(plan), _etag(plan))

    def _plan(self, asked: Asked) -> Answer:
        asked.options()
        plan = self.book.plan(asked.parts["planId"])
        return Answer(200, _shown(plan), _etag(plan))

    def _change_plan(self, asked: Asked) -> Answer:
        asked.options()
        version, body = _if_match(asked), asked.json("plan")
        plan = self.book.change_plan(asked.parts["planId"], version, body)
        return Answer(200, _shown(plan), _etag(plan))

    def _changes(self, asked: Asked) -> Answer:
        options = asked.options(must=("since",), may=("limit",))
        since = _cursor(options, "since")
        return Answer(200, self.book.changes(str(since), _limit(options)))


#: What each part of a path must look like; the number of a picture is looked at where it is used.
PART_SHAPES: Final = {
    "chargeId": "charge id",
    "complaintId": "complaint id",
    "attachmentId": "attachment id",
    "planId": "plan id",
    "number": None,
}


class Console:
    """What the municipality's own people see and do: a page, and a form for each thing."""

    def __init__(self, world: World, book: ChargeBook, hints: Hints) -> None:
        self._world, self._book, self._hints = world, book, hints

    def routes(self) -> list[Route]:
        """The pages."""
        return [
            Route(f"{BASE}/", self.overview, methods=["GET"]),
            Route(f"{BASE}/issue", self.issue, methods=["POST"]),
            Route(f"{BASE}/many", self.many, methods=["POST"]),
            Route(f"{BASE}/charge/{{key}}", self.one, methods=["GET"]),
            Route(f"{BASE}/charge/{{key}}/{{what}}", self.act, methods=["POST"]),
        ]

    async def overview(self, request: Request) -> Response:
        """Every charge, the newest first, and what the warden can do."""
        every = await run_in_threadpool(self._book.all)
        told = {
            "charges": every,
            "offences": OFFENCES.values(),
            "places": self._world.city.ADDRESSES,
            "hints": self._hints.all()[:20],
            "kroner": _kroner,
        }
        return templates.TemplateResponse(request, "pilen.html", told)

    async def one(self, request: Request) -> Response:
        """One charge and everything about it."""
        try:
            charge = await run_in_threadpool(self._book.get, request.path_params["key"])
        except Refused as refused:
            return Response("Ukendt afgift", refused.status)
        told = {"charge": charge, "kroner": _kroner, "problem": request.query_params.get("problem")}
        return templates.TemplateResponse(request, "pilen_charge.html", told)

    async def issue(self, request: Request) -> Response:
        """A warden gives a charge now."""
        form = await _form(request)
        plate = form.get("plate", "").upper().replace(" ", "")
        code, place = form.get("offence", ""), form.get("place", "")
        try:
            like("plate")(plate, "plate")
            if code not in OFFENCES or place not in {
                each.key for each in self._world.city.ADDRESSES
            }:
                raise wrong("offence", "and place must be chosen")
        except Refused as refused:
            return JSONResponse({"error": f"{refused.field}: {refused.detail}"}, 400)
        seed = Seed(
            "now", plate, (code,), place, timedelta(0), "", "", country=form.get("country", "DK")
        )
        now = self._world.clock.now()
        charge = await run_in_threadpool(self._book.issue, seed, now)
        return self._done(request, charge)

    async def many(self, request: Request) -> Response:
        """So many charges more."""
        form = await _form(request)
        try:
            count = min(int(form.get("count", "300000")), 2_000_000)
        except ValueError:
            return JSONResponse({"error": "count"}, 400)
        await run_in_threadpool(self._book.many, count)
        return JSONResponse({"count": count})

    async def act(self, request: Request) -> Response:
        """What a case worker does to one charge."""
        form = await _form(request)
        key, what = request.path_params["key"], request.path_params["what"]
        try:
            charge = await run_in_threadpool(self._act, key, what, form)
        except Refused as refused:
            if _wants_a_page(request):
                return RedirectResponse(f"{BASE}/charge/{key}?problem={refused.problem}", 303)
            return JSONResponse({"error": refused.problem}, refused.status)
        return self._done(request, charge)

    def _act(self, key: str, what: str, form: Mapping[str, str]) -> Charge:
        now = moment(self._world.clock.now())
        book, reference = self._book, f"console-{uuid4().hex[:12]}"
        reasons = form.get("reasons") or "Se sagen."
        who = {"decidedAt": now, "decidedBy": "Sagsbehandler"}
        match what:
            case "annul":
                body = {"reasonCode": form.get("reason", "goodwill"), "reasons": reasons}
                report = {"reference": reference, "evidence": [], **body, **who}
                return book.annul(key, checked("annulments", report))[1]
            case "uphold" | "grant":
                charge = book.get(key)
                standing = sum(
                    entry["amount"]["amount"]
                    for entry in charge["ledger"]
                    if entry["kind"] in {"charge", "fee", "annulment"}
                )
                due = self._world.clock.now().date() + timedelta(days=10)
                upheld = what == "uphold"
                decision = {
                    "outcome": "upheld" if upheld else "annulled",
                    "reasonCode": None if upheld else form.get("reason", "goodwill"),
                    "reasons": reasons,
                    "amount": money(0 if upheld else standing),
                    "dueDate": due.isoformat() if upheld else None,
                    **who,
                }
                change = checked("complaint", {"decision": decision})
                return book.change_complaint(key, _open_complaint(charge), None, change)
            case "message":
                said = {"sender": "municipality", "text": reasons, "sentAt": now}
                message = checked("messages", {"reference": reference, **said})
                return book.message(key, _open_complaint(book.get(key)), message)[1]
            case "stop" | "lift":
                return self._stop_or_lift(key, what, form, reference)
            case "collected" | "write-off":
                owed = book.get(key)["balance"]["amount"]
                return book.reported_by_the_city(key, what.replace("-", "_"), owed, reference)
            case "time-bar":
                return book.time_bar(key)
        raise Refused(404, "not-found")

    def _stop_or_lift(self, key: str, what: str, form: Mapping[str, str], reference: str) -> Charge:
        now = moment(self._world.clock.now())
        if what == "stop":
            until = {"until": form["until"]} if "until" in form else {}
            stop = {"reference": reference, "from": now, "reason": form.get("reasons", "Se sagen.")}
            return self._book.stop(key, checked("stops", stop | until))[1]
        standing = [each for each in self._book.get(key)["stops"] if each["liftedAt"] is None]
        for number, each in enumerate(standing):
            lift = {"stopReference": each["reference"], "liftedAt": now}
            self._book.lift(key, {"reference": f"{reference}-{number}", **lift})
        return self._book.get(key)

    def _done(self, request: Request, charge: Charge) -> Response:
        if _wants_a_page(request):
            return RedirectResponse(f"{BASE}/charge/{charge['id']}", 303)
        return JSONResponse(charge)


def routes(world: World) -> list[Route]:
    """The interface and the console."""
    system = ChargeSystem(world)
    return [*system.routes(), *Console(world, system.book, system.hints).routes()]


def _problem(refused: Refused, allowed: str) -> Response:
    told: Body = {
        "type": f"urn:problem:charges:{refused.problem}",
        "title": TITLES[refused.status],
        "status": refused.status,
    }
    for name in ("detail", "field"):
        if value := getattr(refused, name):
            told[name] = value
    headers = {}
    if refused.status == httpx.codes.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if refused.status == httpx.codes.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed
    if refused.status == httpx.codes.TOO_MANY_REQUESTS:
        headers["Retry-After"] = "1"
    return Response(json.dumps(told), refused.status, headers, "application/problem+json")


def _made(done: tuple[int, Charge]) -> Answer:
    status, charge = done
    return Answer(status, charge, _etag(charge))


def _etag(thing: Body) -> dict[str, str]:
    return {"ETag": f'"{thing["version"]}"'}


def _if_match(asked: Asked) -> int:
    given = asked.headers.get("if-match")
    if given is None:
        raise Refused(428, "precondition-required")
    like("etag")(given, "If-Match")
    return int(given.strip('"'))


def _cursor(options: Mapping[str, str], name: str) -> str | None:
    given = options.get(name)
    if given is not None:
        like("cursor")(given, name)
    return given


def _limit(options: Mapping[str, str]) -> int:
    given = options.get("limit", str(MOST))
    if not given.isascii() or not given.isdecimal() or not 1 <= int(given[:9]) <= MOST:
        raise wrong("limit", f"must be from 1 to {MOST}")
    return int(given)


def _file(kind: str, content: bytes) -> Answer:
    headers = {"Cache-Control": "private, no-store"}
    return Answer(200, headers=headers, content=content, content_type=kind)


def _shown(plan: Body) -> Body:
    return {name: value for name, value in plan.items() if name != "print"}


def _open_complaint(charge: Charge) -> str:
    for complaint in charge["complaints"]:
        if complaint["state"] in {"open", "hearing"}:
            return str(complaint["id"])
    raise Refused(409, "complaint-closed")


def _no_number(text: str) -> None:
    raise ValueError(text)


def _wants_a_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


async def _form(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items() if value}


def _kroner(amount: Mapping[str, Any]) -> str:
    kroner, ore = divmod(abs(int(amount["amount"])), 100)
    sign = "-" if amount["amount"] < 0 else ""
    return f"{sign}{kroner:,}".replace(",", ".") + f",{ore:02} kr."
