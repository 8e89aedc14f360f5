"""The city's accounts: Business Central API v2.0 (OData 4, OAuth 2) and two pages of our own.

Standard pages: companies, items, customers, sales orders and invoices, credit memos, payment
journals. Our own, which a small extension adds to the tenant: `permits` and `fares` under
`kk/parking/v1.0`. As in life a POST is never recognised as a repetition, a posted order leaves the
orders and becomes an invoice, and a payment waits in its journal until finance posts the journal
(the button on `/businesscentral/`).

Its own faults: `write-lost` does what a POST or PATCH asks and drops the connection; its path is
the name of the page or action, for example `salesOrders`. `busy` answers 429 with Retry-After.

All amounts here are ASSUMED, but for the years and the order of the classes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4, uuid5

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import city, odata
from sandbox.front import templates
from sandbox.odata import Entity
from sandbox.world import TENANT, World

ENVIRONMENT = "production"
COMPANY = str(UUID("11111111-0000-4000-8000-000000000101"))
COMPANY_NAME = "KK Parkering"
CLIENT = "parking-portal"
SCOPE = "https://api.businesscentral.dynamics.com/.default"
JOURNAL = str(UUID("11111111-0000-4000-8000-000000000102"))
STANDARD, OURS = "v2.0", "kk/parking/v1.0"

AT_ONCE = 5  #: calls of one user at a time
WAITING = 95  #: further calls that wait for their turn
TOO_MANY = 429
EMPTY_DATE = "0001-01-01"  #: how Business Central writes that there is no date

_NAMES = UUID("5a2c7c6e-0101-4c8e-9b1a-c0ffee000107")
_SEGMENT = re.compile(r"(?P<name>[A-Za-z.]+)(?:\((?P<id>[0-9a-fA-F-]{36})\))?")


class Refused(Exception):
    """An answer with an error: its status and Business Central's code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Page:
    """One collection: the type of each field, what a POST may say, and what it must."""

    fields: Mapping[str, str]
    writable: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    longest: Mapping[str, int] = field(default_factory=dict)
    unique: str = ""
    number: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)  #: nested page → the field naming us
    group: str = STANDARD


def _fields(**kinds: str) -> dict[str, str]:
    """The fields of a page, written by type."""
    fields = {"id": "guid"}
    for kind, names in kinds.items():
        fields.update(dict.fromkeys(names.split(), kind))
    return {**fields, "lastModifiedDateTime": "datetime"}


_DOCUMENT = {"customerNumber": 20, "externalDocumentNumber": 35, "currencyCode": 10}
_LINE = {
    "string": "lineType lineObjectNumber description",
    "decimal": "quantity unitPrice amountIncludingTax",
    "integer": "sequence",
    "guid": "documentId",
}
_LINE_WRITABLE = frozenset({"lineType", "lineObjectNumber", "description", "quantity", "unitPrice"})

PAGES: dict[str, Page] = {
    "companies": Page(_fields(string="name displayName")),
    "items": Page(
        _fields(
            string="number displayName type itemCategoryCode",
            decimal="unitPrice",
            boolean="priceIncludesTax blocked",
        )
    ),
    "customers": Page(
        _fields(
            string="number displayName type addressLine1 city postalCode country email"
            " taxRegistrationNumber blocked currencyCode",
            decimal="balanceDue",
        ),
        writable=frozenset(
            [
                "number",
                "displayName",
                "type",
                "addressLine1",
                "city",
                "postalCode",
                "country",
                "email",
                "taxRegistrationNumber",
                "currencyCode",
            ]
        ),
        required=frozenset({"number", "displayName", "type"}),
        longest={"number": 20, "displayName": 100},
        unique="number",
    ),
    "salesOrders": Page(
        _fields(
            string="number externalDocumentNumber customerNumber currencyCode status",
            date="orderDate",
            decimal="totalAmountExcludingTax totalTaxAmount totalAmountIncludingTax",
            guid="customerId",
        ),
        writable=frozenset(
            {"orderDate", "customerNumber", "externalDocumentNumber", "currencyCode"}
        ),
        required=frozenset({"customerNumber"}),
        longest=_DOCUMENT,
        number="S-ORD10{:04}",
        parts={"salesOrderLines": "documentId"},
    ),
    "salesOrderLines": Page(
        _fields(**_LINE),
        writable=_LINE_WRITABLE,
        required=_LINE_WRITABLE,
        longest={"description": 100, "lineObjectNumber": 20},
    ),
    "salesInvoices": Page(
        _fields(
            string="number externalDocumentNumber orderNumber customerNumber currencyCode status",
            date="invoiceDate postingDate",
            decimal="totalAmountIncludingTax remainingAmount",
            guid="orderId customerId",
        ),
        number="S-INV10{:04}",
        parts={"salesInvoiceLines": "documentId"},
    ),
    "salesInvoiceLines": Page(_fields(**_LINE)),
    "salesCreditMemos": Page(
        _fields(
            string="number externalDocumentNumber customerNumber currencyCode status invoiceNumber",
            date="creditMemoDate postingDate",
            decimal="totalAmountIncludingTax",
            guid="customerId",
        ),
        writable=frozenset(
            {
                "creditMemoDate",
                "postingDate",
                "customerNumber",
                "externalDocumentNumber",
                "currencyCode",
            }
        ),
        required=frozenset({"customerNumber"}),
        longest=_DOCUMENT,
        number="S-CR10{:04}",
        parts={"salesCreditMemoLines": "documentId"},
    ),
    "salesCreditMemoLines": Page(
        _fields(**_LINE),
        writable=_LINE_WRITABLE,
        required=_LINE_WRITABLE,
        longest={"description": 100, "lineObjectNumber": 20},
    ),
    "customerPaymentJournals": Page(
        _fields(string="code displayName"), parts={"customerPayments": "journalId"}
    ),
    "customerPayments": Page(
        _fields(
            string="customerNumber documentNumber externalDocumentNumber appliesToInvoiceNumber"
            " description",
            date="postingDate",
            decimal="amount",
            integer="lineNumber",
            guid="journalId",
        ),
        writable=frozenset(
            [
                "customerNumber",
                "documentNumber",
                "externalDocumentNumber",
                "appliesToInvoiceNumber",
                "description",
                "postingDate",
                "amount",
            ]
        ),
        required=frozenset({"customerNumber", "postingDate", "amount"}),
        longest={**_DOCUMENT, "documentNumber": 20, "description": 100},
    ),
    "fares": Page(
        _fields(
            string="itemNumber tier product",
            decimal="unitPrice",
            date="startingDate endingDate",
            boolean="blocked",
        ),
        group=OURS,
    ),
    "permits": Page(
        _fields(
            string="number customerNumber plate zoneCode product status",
            date="startingDate endingDate",
            datetime="changedDateTime",
        ),
        writable=frozenset(
            [
                "number",
                "customerNumber",
                "plate",
                "zoneCode",
                "product",
                "status",
                "startingDate",
                "endingDate",
                "changedDateTime",
            ]
        ),
        required=frozenset(
            [
                "number",
                "customerNumber",
                "plate",
                "zoneCode",
                "product",
                "status",
                "startingDate",
                "changedDateTime",
            ]
        ),
        longest={"number": 20, "customerNumber": 20, "plate": 10, "zoneCode": 10, "product": 40},
        unique="number",
        group=OURS,
    ),
}
#: Pages that exist only inside another one.
INNER = {part for page in PAGES.values() for part in page.parts}

_ITEMS = (
    ("BL-ZERO", "Beboerlicens, nulemission"),
    ("BL-A", "Beboerlicens, klasse A"),
    ("BL-B", "Beboerlicens, klasse B"),
    ("BL-C", "Beboerlicens, klasse C-G"),
    ("BLT", "Beboerlicens, tidsbegrænset zone"),
)
#: What parking charges are booked as; the amount is on the order, not in a price list.
_CHARGES = ("PARKAFG", "Parkeringsafgift")
_PRICES = {  #: kroner a year: zero, a, b, c. The price list of 2027 is the one of 2026 and 3 %.
    2025: (715, 1270, 2555, 5865),
    2026: (735, 1310, 2630, 6040),
    2027: (755, 1350, 2710, 6220),
}
_LAST_PRICE_LIST = max(_PRICES)


def customer_key(world: World) -> bytes:
    """The key from which the portal and the accounts make the number of a customer."""
    path = world.ca.path("customer-key.txt")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), "utf-8")
    return path.read_bytes().strip()


def customer_number(world: World, person_number: str) -> str:
    """The number of a person as a customer: 20 characters that tell nothing about the person."""
    digits = person_number.replace("-", "").encode()
    return "P" + hmac.new(customer_key(world), digits, hashlib.sha256).hexdigest()[:19].upper()


class Accounts:
    """What is in the books; one change at a time."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        customer_key(world)

    def rows(self, page: str) -> list[Entity]:
        """Everything on a page, in the order in which it was written."""
        with self._store.locked():
            self._open()
            return [_shown(row) for row in self._store.all(f"erp.{page}").values()]

    def within(self, page: str, field_name: str, value: str) -> list[Entity]:
        """The part of a page that belongs to one document."""
        return [row for row in self.rows(page) if row[field_name] == value]

    def row(self, page: str, key: str) -> Entity:
        """One of them.

        :raises Refused: if there is none
        """
        with self._store.locked():
            self._open()
            found = self._store.get(f"erp.{page}", key.lower())
        if found is None:
            raise Refused(404, "Internal_RecordNotFound", f"The {page} does not exist.")
        return _shown(found)

    def create(self, page: str, given: Entity, **decided: Any) -> Entity:
        """Write a new row: what was given, over what a row of this page is born with.

        :raises Refused: if it is not as it must be
        """
        about = PAGES[page]
        with self._store.locked():
            self._open()
            self._check(page, given)
            if missing := about.required - set(given):
                raise Refused(400, "BadRequest", f"{min(missing)} must be filled in.")
            if about.unique and any(
                row[about.unique] == given[about.unique] for row in self.rows(page)
            ):
                raise Refused(
                    400, "Internal_EntityWithSameKeyExists", f"The {page} already exists."
                )
            row = {name: _empty(kind) for name, kind in about.fields.items()}
            row.update(given)
            row.update(decided)
            row["id"] = str(uuid4())
            if about.number:
                row["number"] = self._next_number(page)
            return self._write(page, row)

    def change(self, page: str, key: str, given: Entity, etag: str | None) -> Entity:
        """Write over a row that nobody else has changed meanwhile.

        :raises Refused: if somebody has, or if it is not as it must be
        """
        with self._store.locked():
            row = self.row(page, key)
            if etag is None:
                raise Refused(428, "BadRequest", "The If-Match header is missing.")
            if etag not in ("*", row["@odata.etag"]):
                raise Refused(409, "Request_EntityChanged", "Another user has changed it.")
            self._check(page, given)
            return self._write(page, {**row, **given})

    def ship_and_invoice(self, order_id: str) -> None:
        """Post an order: it leaves the orders and becomes an invoice."""
        with self._store.locked():
            order = self.row("salesOrders", order_id)
            lines = self.within("salesOrderLines", "documentId", order["id"])
            if not lines:
                raise Refused(400, "Application_DialogException", "There is nothing to post.")
            owed = sum(line["amountIncludingTax"] for line in lines)
            today = self._world.clock.now().date().isoformat()
            invoice = self._write(
                "salesInvoices",
                {
                    "id": str(uuid4()),
                    "number": self._next_number("salesInvoices"),
                    "orderId": order["id"],
                    "orderNumber": order["number"],
                    "externalDocumentNumber": order["externalDocumentNumber"],
                    "customerId": order["customerId"],
                    "customerNumber": order["customerNumber"],
                    "currencyCode": order["currencyCode"],
                    "status": "Open" if owed else "Paid",
                    "invoiceDate": today,
                    "postingDate": today,
                    "totalAmountIncludingTax": owed,
                    "remainingAmount": owed,
                },
            )
            for line in lines:
                self._write(
                    "salesInvoiceLines",
                    {**line, "id": str(uuid4()), "documentId": invoice["id"]},
                )
                self._store.delete("erp.salesOrderLines", line["id"])
            self._store.delete("erp.salesOrders", order["id"])

    def post_credit_memo(self, memo_id: str) -> None:
        """Post a credit memo: from a draft it becomes something we owe."""
        with self._store.locked():
            memo = self.row("salesCreditMemos", memo_id)
            if memo["status"] != "Draft":
                raise Refused(400, "Application_DialogException", "It is posted already.")
            if not self.within("salesCreditMemoLines", "documentId", memo["id"]):
                raise Refused(400, "Application_DialogException", "There is nothing to post.")
            self._write("salesCreditMemos", {**memo, "status": "Open"})

    def add_line(self, page: str, document_page: str, document_id: str, given: Entity) -> Entity:
        """Write a line of an order or a credit memo, and what it adds up to."""
        with self._store.locked():
            document = self.row(document_page, document_id)
            if document["status"] != "Draft":
                raise Refused(400, "Application_DialogException", "Status must be Draft.")
            self._check(page, given)
            if given.get("lineType") != "Item" or not any(
                item["number"] == given.get("lineObjectNumber") for item in self.rows("items")
            ):
                raise Refused(400, "Application_FieldValidationException", "There is no such item.")
            before = self.within(page, "documentId", document["id"])
            amount = round(given.get("quantity", 0) * given.get("unitPrice", 0), 2)
            line = self.create(
                page,
                given,
                documentId=document["id"],
                sequence=10000 * (len(before) + 1),
                amountIncludingTax=amount,
            )
            owed = round(sum(each["amountIncludingTax"] for each in before) + amount, 2)
            document["totalAmountIncludingTax"] = owed
            if "totalAmountExcludingTax" in document:
                document["totalAmountExcludingTax"] = owed
            self._write(document_page, document)
            return line

    def add_payment(self, journal_id: str, given: Entity) -> Entity:
        """Write a line into the payment journal, where it waits to be posted."""
        with self._store.locked():
            self.row("customerPaymentJournals", journal_id)
            self._must_exist("customers", "number", given.get("customerNumber"))
            if given.get("appliesToInvoiceNumber"):
                self._must_exist("salesInvoices", "number", given["appliesToInvoiceNumber"])
            lines = len(self.rows("customerPayments"))
            return self.create(
                "customerPayments", given, journalId=journal_id, lineNumber=10000 * (lines + 1)
            )

    def post_journal(self) -> int:
        """Post the payment journal, as finance does: its lines leave it and settle what is owed."""
        with self._store.locked():
            payments = self.rows("customerPayments")
            for payment in payments:
                for invoice in self.within(
                    "salesInvoices", "number", payment["appliesToInvoiceNumber"]
                ):
                    left = round(invoice["remainingAmount"] + payment["amount"], 2)
                    status = "Paid" if left <= 0 else "Open"
                    self._write(
                        "salesInvoices", {**invoice, "remainingAmount": left, "status": status}
                    )
                for memo in self.within("salesCreditMemos", "number", payment["documentNumber"]):
                    self._write("salesCreditMemos", {**memo, "status": "Paid"})
                self._store.delete("erp.customerPayments", payment["id"])
            return len(payments)

    def customer_id(self, number: Any) -> str:
        """The id of the customer with that number.

        :raises Refused: if there is none
        """
        return str(self._must_exist("customers", "number", number)["id"])

    def _must_exist(self, page: str, field_name: str, value: Any) -> Entity:
        for row in self.rows(page):
            if row[field_name] == value:
                return row
        raise Refused(
            400, "Application_FieldValidationException", f"{field_name} is not one of {page}."
        )

    def _check(self, page: str, given: Entity) -> None:
        about = PAGES[page]
        for name, value in given.items():
            if name not in about.fields:
                raise Refused(
                    400, "BadRequest", f"The property '{name}' does not exist on type '{page}'."
                )
            if name not in about.writable:
                raise Refused(400, "BadRequest", f"The property '{name}' is read-only.")
            if not _is_a(about.fields[name], value):
                raise Refused(400, "BadRequest", f"Cannot convert the value of '{name}'.")
            if len(str(value)) > about.longest.get(name, 250):
                raise Refused(400, "Application_FieldValidationException", f"{name} is too long.")
            if isinstance(value, str) and not value.isprintable():
                raise Refused(400, "BadRequest", f"{name} holds a control character.")

    def _write(self, page: str, row: Entity) -> Entity:
        kept = {name: value for name, value in row.items() if name != "@odata.etag"}
        kept["lastModifiedDateTime"] = self._world.clock.now().isoformat(timespec="milliseconds")
        kept["_version"] = row.get("_version", 0) + 1
        self._store.put(f"erp.{page}", kept["id"], kept)
        return _shown(kept)

    def _next_number(self, page: str) -> str:
        number = (self._store.get("erp.numbers", page) or 1000) + 1
        self._store.put("erp.numbers", page, number)
        return PAGES[page].number.format(number)

    def _open(self) -> None:
        """Write what is in the books on the first day, if this is the first day."""
        if self._store.get("erp.numbers", "open"):
            return
        self._store.put("erp.numbers", "open", 1)
        for page, rows in self._first_day().items():
            for row in rows:
                blank = {name: _empty(kind) for name, kind in PAGES[page].fields.items()}
                self._write(page, {**blank, **row})

    def _first_day(self) -> dict[str, list[Entity]]:
        current = dict(zip(("zero", "a", "b", "c", "free"), (*_PRICES[2026], 0), strict=True))
        items = [
            {
                "number": number,
                "displayName": name,
                "type": "Service",
                "itemCategoryCode": "PARK",
                "unitPrice": price,
                "priceIncludesTax": True,
            }
            for (number, name), price in (
                *zip(_ITEMS, current.values(), strict=True),
                (_CHARGES, 0),
            )
        ]
        fares = []
        for year, prices in _PRICES.items():
            for (item, _), tier, price in zip(_ITEMS, current, (*prices, 0), strict=True):
                kind = "-time-limited" if tier == "free" else ""
                fares.append(
                    {
                        "id": str(uuid5(_NAMES, f"fare {item} {year}")),
                        "itemNumber": item,
                        "tier": tier,
                        "product": f"resident-permit{kind}",
                        "unitPrice": price,
                        "startingDate": f"{year}-01-01",
                        "endingDate": EMPTY_DATE if year == _LAST_PRICE_LIST else f"{year}-12-31",
                    }
                )
        mistaken = {
            **fares[1],
            "id": str(uuid5(_NAMES, "mistake")),
            "unitPrice": 1,
            "blocked": True,
        }
        fares.append(mistaken)
        customers, permits = [], []
        for known in city.PERMITS:
            holder = city.inhabitant(known.holder)
            if holder is None:
                raise LookupError(known.holder)
            number = customer_number(self._world, holder.person_number)
            customers.append({"number": number, "displayName": number, "type": "Person"})
            permits.append(
                {
                    "number": known.number,
                    "customerNumber": number,
                    "plate": known.plate,
                    "zoneCode": known.zone,
                    "product": "resident-permit",
                    "status": "Active",
                    "startingDate": known.began.isoformat(),
                    "endingDate": (known.began + timedelta(days=364)).isoformat(),
                    "changedDateTime": f"{known.began.isoformat()}T09:00:00Z",
                }
            )
        return {
            "companies": [{"id": COMPANY, "name": COMPANY_NAME, "displayName": COMPANY_NAME}],
            "customerPaymentJournals": [
                {"id": JOURNAL, "code": "PARKERING", "displayName": "Parkeringsportalen"}
            ],
            "items": [_named("item", row) for row in items],
            "fares": fares,
            "customers": [_named("customer", row) for row in customers],
            "permits": [_named("permit", row) for row in permits],
        }


class Tokens:
    """Who may come in, for an hour at a time; forgotten when the sandbox is restarted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._valid: dict[str, datetime] = {}

    def issue(self) -> str:
        """A new token."""
        token = secrets.token_urlsafe(40)
        self._valid[token] = self._world.clock.now() + timedelta(seconds=3599)
        return token

    def check(self, header: str) -> None:
        """Let in who shows a token that is valid.

        :raises Refused: if it is none
        """
        kind, _, token = header.partition(" ")
        ends = self._valid.get(token) if kind == "Bearer" else None
        if ends is None or ends <= self._world.clock.now():
            raise Refused(401, "Authentication_InvalidCredentials", "The token is not valid.")


class Turnstile:
    """Five at a time, ninety-five waiting, nobody else."""

    def __init__(self) -> None:
        self._inside = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._here = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._here >= AT_ONCE + WAITING:
                raise Refused(TOO_MANY, "Application_TooManyRequests", "Too many requests.")
            self._here += 1
        self._inside.acquire()

    def __exit__(self, *_: object) -> None:
        self._inside.release()
        with self._lock:
            self._here -= 1


@dataclass(frozen=True)
class Call:
    """What was asked, without the web around it."""

    method: str
    path: str
    options: dict[str, str]
    body: bytes
    content_type: str
    if_match: str | None
    address: str


def routes(world: World) -> list[Route]:
    """The token endpoint, the API, and a page to look into the books."""
    accounts, tokens = Accounts(world), Tokens(world)
    base = f"/v2.0/{TENANT}/{ENVIRONMENT}/api"
    return [
        Route(
            f"/{TENANT}/oauth2/v2.0/token", partial(_give_token, world, tokens), methods=["POST"]
        ),
        Route(
            f"{base}/{{path:path}}",
            partial(_api, world, accounts, tokens, Turnstile()),
            methods=["GET", "POST", "PATCH", "DELETE", "PUT"],
        ),
        Route("/businesscentral/", partial(_books, accounts), methods=["GET"]),
        Route("/businesscentral/post", partial(_post_journal, accounts), methods=["POST"]),
    ]


async def _give_token(world: World, tokens: Tokens, request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    wanted = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": world.ca.secret("accounts"),
        "scope": SCOPE,
    }
    for name, value in wanted.items():
        if not hmac.compare_digest(form.get(name, "").encode(), value.encode()):
            code = "invalid_client" if name.startswith("client") else "invalid_request"
            return JSONResponse({"error": code, "error_description": name}, status_code=401)
    if set(form) != set(wanted):
        return JSONResponse({"error": "invalid_request"}, status_code=400)
    return JSONResponse(
        {"token_type": "Bearer", "expires_in": 3599, "access_token": tokens.issue()}
    )


async def _api(
    world: World, accounts: Accounts, tokens: Tokens, turnstile: Turnstile, request: Request
) -> Response:
    call = Call(
        method=request.method,
        path=request.path_params["path"].strip("/"),
        options=dict(request.query_params),
        body=await request.body(),
        content_type=request.headers.get("content-type", ""),
        if_match=request.headers.get("if-match"),
        address=f"{world.address}{request.url.path}",
    )
    if world.faults.take("businesscentral", "busy", path=call.path):
        return _error(Refused(TOO_MANY, "Application_TooManyRequests", "Too many requests."))
    try:
        tokens.check(request.headers.get("authorization", ""))
        answer = await run_in_threadpool(_in_turn, turnstile, accounts, call)
    except odata.NotUnderstood as problem:
        return _error(Refused(400, "BadRequest", str(problem)))
    except Refused as refusal:
        return _error(refusal)
    last = call.path.rpartition("/")[2]
    if call.method != "GET" and world.faults.take("businesscentral", "write-lost", path=last):
        request.scope["extensions"]["sandbox"]["transport"].abort()
    return answer


async def _books(accounts: Accounts, request: Request) -> Response:
    pages = (
        "salesOrders",
        "salesInvoices",
        "salesCreditMemos",
        "customerPayments",
        "permits",
        "fares",
        "customers",
    )
    shown = {page: await run_in_threadpool(accounts.rows, page) for page in pages}
    return templates.TemplateResponse(
        request, "businesscentral.html", {"shown": shown, "pages": PAGES}
    )


async def _post_journal(accounts: Accounts, request: Request) -> Response:
    await run_in_threadpool(accounts.post_journal)
    return RedirectResponse("/businesscentral/", 303)


def _in_turn(turnstile: Turnstile, accounts: Accounts, call: Call) -> Response:
    with turnstile:
        return _answer(accounts, call)


def _answer(accounts: Accounts, call: Call) -> Response:
    group, segments = _understood(call.path)
    if not segments:
        raise Refused(404, "BadRequest_NotFound", "There is no resource here.")
    (name, key), *inner = segments
    if name == "companies" and key is not None and inner:
        if key != COMPANY:
            raise Refused(404, "Internal_CompanyNotFound", "There is no such company.")
        (name, key), *inner = inner
    elif name != "companies":
        raise Refused(404, "BadRequest_NotFound", "A company is needed.")
    if name not in PAGES or PAGES[name].group != group or name in INNER:
        raise Refused(404, "BadRequest_NotFound", f"There is no resource {name}.")
    if not inner:
        return _page(accounts, call, name, key)
    if key is None or len(inner) > 1:
        raise Refused(404, "BadRequest_NotFound", "There is no resource here.")
    part, part_key = inner[0]
    if part_key is None and part.startswith("Microsoft.NAV."):
        return _action(accounts, call, name, key, part)
    if part_key is not None or part not in PAGES[name].parts:
        raise Refused(404, "BadRequest_NotFound", f"There is no resource {part}.")
    return _part(accounts, call, accounts.row(name, key), (name, part))


def _page(accounts: Accounts, call: Call, name: str, key: str | None) -> Response:
    about = PAGES[name]
    expand = {
        part: partial(_within, accounts, part, field_name)
        for part, field_name in about.parts.items()
    }
    if call.method == "GET" and key is None:
        return JSONResponse(
            odata.answer(
                accounts.rows(name), call.options, about.fields, address=call.address,
                expand=expand,
            )
        )  # fmt: skip
    if call.method == "GET" and key is not None:
        return JSONResponse(
            odata.one(accounts.row(name, key), call.options, about.fields, expand=expand)
        )
    if call.method == "POST" and key is None and about.writable:
        given = _body(call)
        decided: Entity = {}
        if "customerId" in about.fields:
            decided = {
                "customerId": accounts.customer_id(given.get("customerNumber")),
                "status": "Draft",
            }
        return _made(name, accounts.create(name, given, **decided), 201)
    if call.method == "PATCH" and key is not None and name in ("permits", "customers"):
        return _made(name, accounts.change(name, key, _body(call), call.if_match), 200)
    raise Refused(405, "BadRequest_MethodNotAllowed", f"{call.method} is not allowed here.")


def _part(accounts: Accounts, call: Call, document: Entity, pages: tuple[str, str]) -> Response:
    name, part = pages
    if call.method == "GET":
        rows = _within(accounts, part, PAGES[name].parts[part], document)
        return JSONResponse(
            odata.answer(rows, call.options, PAGES[part].fields, address=call.address, expand={})
        )
    if call.method == "POST" and PAGES[part].writable:
        if part == "customerPayments":
            return _made(part, accounts.add_payment(document["id"], _body(call)), 201)
        return _made(part, accounts.add_line(part, name, document["id"], _body(call)), 201)
    raise Refused(405, "BadRequest_MethodNotAllowed", f"{call.method} is not allowed here.")


def _action(accounts: Accounts, call: Call, name: str, key: str, action: str) -> Response:
    actions = {
        ("salesOrders", "Microsoft.NAV.shipAndInvoice"): accounts.ship_and_invoice,
        ("salesCreditMemos", "Microsoft.NAV.post"): accounts.post_credit_memo,
    }
    if call.method != "POST" or (name, action) not in actions:
        raise Refused(404, "BadRequest_NotFound", f"There is no action {action}.")
    actions[name, action](key)
    return Response(status_code=204)


def _made(page: str, row: Entity, status: int) -> Response:
    return JSONResponse(odata.one(row, {}, PAGES[page].fields, expand={}), status)


def _within(accounts: Accounts, part: str, field_name: str, document: Entity) -> list[Entity]:
    return accounts.within(part, field_name, document["id"])


def _understood(path: str) -> tuple[str, list[tuple[str, str | None]]]:
    """The API group and the segments of a path, each with its id if it has one."""
    for group in (STANDARD, OURS):
        if path.startswith(f"{group}/"):
            segments = []
            for text in path.removeprefix(f"{group}/").split("/"):
                match = _SEGMENT.fullmatch(text)
                if match is None:
                    raise Refused(404, "BadRequest_NotFound", "There is no resource here.")
                segments.append((match["name"], match["id"]))
            return group, segments
    raise Refused(404, "BadRequest_NotFound", "There is no such API.")


def _body(call: Call) -> Entity:
    if call.content_type.partition(";")[0] != "application/json":
        raise Refused(415, "BadRequest", "JSON is expected.")
    try:
        given = json.loads(call.body)
    except ValueError:
        raise Refused(400, "BadRequest", "That is not JSON.") from None
    if not isinstance(given, dict):
        raise Refused(400, "BadRequest", "An object is expected.")
    return given


def _error(refusal: Refused) -> Response:
    text = f"{refusal}  CorrelationId:  {uuid4()}."
    headers = {"Retry-After": "2"} if refusal.status == TOO_MANY else {}
    return JSONResponse({"error": {"code": refusal.code, "message": text}}, refusal.status, headers)


def _shown(row: Entity) -> Entity:
    """A row with its tag, which changes when the row does."""
    tag = base64.b64encode(f"{row['id']};{row['_version']}".encode()).decode()
    return {"@odata.etag": f'W/"{tag}"', **row}


def _named(kind: str, row: Entity) -> Entity:
    return {"id": str(uuid5(_NAMES, f"{kind} {row['number']}")), **row}


def _empty(kind: str) -> Any:
    return {
        "decimal": 0,
        "integer": 0,
        "boolean": False,
        "date": EMPTY_DATE,
        "datetime": f"{EMPTY_DATE}T00:00:00Z",
        "guid": str(UUID(int=0)),
    }.get(kind, "")


def _is_a(kind: str, value: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in {"decimal", "integer"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    try:
        if kind == "date":
            date.fromisoformat(value)
        return kind != "datetime" or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
