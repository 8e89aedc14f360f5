"""The accounts by Business Central API v2.0: OData 4 over OAuth 2 client credentials.

Business Central never recognises a repeated POST. So whatever we write carries a reference of ours
as its external document number, and is looked up by it before it is written: asking again finishes
what is half made and never makes a second.

Two pages are our own and added to the tenant by a small extension: ``permits`` and ``fares`` of the
API group ``kk/parking/v1.0``. ASSUMED: their fields; that a payment is a negative amount in the
payment journal; that an empty date is 0001-01-01 and an ending date is the last day.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import httpx

from parking.adapters.oauth import ClientCredentials
from parking.adapters.transport import Transport
from parking.law.days import Period
from parking.law.money import Money, total
from parking.law.plates import Plate
from parking.law.price import Fare
from parking.law.zones import ZoneCode
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.accounts import ActivePermit, BookedOrder, OrderLine

SYSTEM: Final = "accounts"
SCOPE: Final = "https://api.businesscentral.dynamics.com/.default"
STANDARD: Final = "/api/v2.0"
OURS: Final = "/api/kk/parking/v1.0"

AT_ONCE: Final = 4  #: Business Central lets five calls of one user in at a time
LONGEST_DESCRIPTION: Final = 100
LONGEST_REFERENCE: Final = 35
MOST_PAGES: Final = 1000

_NO_DATE: Final = "0001-01-01"
_ACTIVE: Final = "Active"
_ENDED: Final = "Ended"
_ANSWERS: Final = frozenset({400, 401, 403, 404, 405, 409, 412, 415, 428})
_CHANGED_MEANWHILE: Final = frozenset({409, 412})

Entity = dict[str, Any]


class BusinessCentral:
    """The accounts of one company in one environment of Business Central.

    *address* ends with tenant and environment, *login_address* is the token endpoint. *company* is
    the company's name; it may be left out where the client sees one company only.
    """

    def __init__(
        self,
        *,
        address: str,
        login_address: str,
        client_id: str,
        secret_file: Path | str,
        company: str = "",
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
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                deadline=deadline,
                before_call=before_call,
            )

        self._books = transport(address)
        self._login = transport(login_address)
        self._bearer = ClientCredentials(
            self._login, client_id=client_id, secret_file=secret_file, scope=SCOPE
        )
        self._company = company
        self._patience = deadline
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._known: dict[str, str] = {}  #: ids that do not change: the company, the journal

    def close(self) -> None:
        """Close the connections."""
        self._books.close()
        self._login.close()

    def fares(self) -> tuple[Fare, ...]:
        """Return every line of the price list that is not blocked.

        :raises Unavailable: if they did not answer, in part, or with a line that means nothing.
        :raises Rejected: if they would not answer us.
        """
        return tuple(
            _fare(line)
            for line in self._all("fares", "blocked eq false", operation="fares", group=OURS)
        )

    def permits(
        self, *, holder: str | None = None, plate: Plate | None = None, since: date
    ) -> tuple[ActivePermit, ...]:
        """Return the active permits of a party, or for a plate, that end on *since* or later.

        :raises ValueError: if neither a party nor a plate is given.
        :raises Unavailable: if they did not answer, or answered only in part.
        :raises Rejected: if they would not answer us.
        """
        if holder is None and plate is None:
            raise ValueError("active permits are asked for by party or by plate")
        asked = [f"status eq '{_ACTIVE}'"]
        if holder is not None:
            asked.append(f"customerNumber eq {_quoted(holder)}")
        if plate is not None:
            asked.append(f"plate eq {_quoted(plate)}")
        asked.append(_ends_on_or_after(since))
        found = self._all("permits", " and ".join(asked), operation="permits", group=OURS)
        return tuple(_permit(row) for row in found)

    def all_permits(self, *, since: date) -> Iterator[ActivePermit]:
        """Yield every permit they have that ends on *since* or later, by number, page by page.

        :raises Unavailable: if they did not answer, or answered only in part.
        :raises Rejected: if they would not answer us.
        """
        for rows in self._pages(
            self._page("permits", OURS),
            {"$filter": _ends_on_or_after(since), "$orderby": "number"},
            operation="all permits",
        ):
            yield from map(_permit, rows)

    def permit(self, number: str) -> ActivePermit:
        """Return the permit with our *number*, whatever its days are.

        :raises NotFound: if they have none.
        :raises Unavailable: if they did not answer.
        :raises Rejected: if they would not answer us, or have more than one.
        """
        numbered = f"number eq {_quoted(number)}"
        found = self._all("permits", numbered, operation="permit", group=OURS)
        if not found:
            raise NotFound(f"{SYSTEM}: no such permit")
        if len(found) > 1:
            raise Rejected(f"{SYSTEM}: more than one permit has the number {number}")
        return _permit(found[0])

    def book(self, order: BookedOrder) -> str:
        """Book *order* with its payment unless it is booked already, and return its number there.

        :raises Unavailable: if it is not certain that it is booked: ask again.
        :raises Rejected: if they will not have it like that, or have something else, or twice,
            under our reference.
        """
        _check_reference(order.reference)
        draft, invoice = self._documents(order.reference)
        if draft is None and invoice is None:
            self._ensure_customer(order.customer)
            self._ask(
                "POST",
                self._page("salesOrders"),
                operation="create order",
                json={
                    "orderDate": order.ordered.isoformat(),
                    "customerNumber": order.customer,
                    "externalDocumentNumber": order.reference,
                    "currencyCode": "DKK",
                },
            )
            # Somebody else may have been creating it at the same time: look again before going on.
            draft, invoice = self._documents(order.reference)
        if draft is not None:
            self._finish(draft, order)
            _, invoice = self._documents(order.reference)
        if invoice is None:
            raise Unavailable(f"{SYSTEM}: an order that was posted is not among the invoices")
        owed = total(line.price for line in order.lines)
        if _money(invoice, "totalAmountIncludingTax") != owed or (
            _text(invoice, "customerNumber") != order.customer
        ):
            raise Rejected(f"{SYSTEM}: another order is booked under the reference")
        if owed:
            self._pay(invoice, order, owed)
        return _text(invoice, "orderNumber")

    def credit(self, *, number: str, reference: str, amount: Money, on: date) -> str:
        """Book as *number* that *amount* of the order *reference* was paid back on the day *on*.

        :raises NotFound: if the order was never booked.
        :raises Unavailable: if it is not certain that it is booked: ask again.
        :raises Rejected: if they will not have it like that.
        """
        credit = number
        _check_reference(credit)
        draft, invoice = self._documents(reference)
        if draft is not None:
            raise Unavailable(f"{SYSTEM}: the order is not booked to its end yet")
        if invoice is None:
            raise NotFound(f"{SYSTEM}: no such order is booked")
        memo = self._memo(credit)
        if memo is None:
            self._ask(
                "POST",
                self._page("salesCreditMemos"),
                operation="create credit memo",
                json={
                    "customerNumber": _text(invoice, "customerNumber"),
                    "externalDocumentNumber": credit,
                    "creditMemoDate": on.isoformat(),
                    "postingDate": on.isoformat(),
                    "currencyCode": "DKK",
                },
            )
            memo = self._memo(credit)
        if memo is None:
            raise Unavailable(f"{SYSTEM}: a credit memo that was created is not there")
        if _text(memo, "status") == "Draft":
            item = _text(_parts(invoice, "salesInvoiceLines")[0], "lineObjectNumber")
            line = OrderLine(item_number=item, text=f"Refusion {reference}", price=amount)
            self._write_lines("salesCreditMemo", memo, (line,))
            self._act("salesCreditMemos", memo, "post")
        self._journal(
            credit,
            {
                "customerNumber": _text(invoice, "customerNumber"),
                "postingDate": on.isoformat(),
                "documentNumber": _text(memo, "number"),
                "externalDocumentNumber": credit,
                "amount": _kroner(amount),
                "description": f"Refusion {reference}",
            },
            settled=lambda: _text(self._memo(credit) or {}, "status") == "Paid",
        )
        return _text(memo, "number")

    def publish(self, permit: ActivePermit, *, changed: datetime) -> None:
        """Create or update *permit* by its number; what is newer there is left as it is.

        :raises Unavailable: if it is not certain that they have it: ask again.
        :raises Rejected: if they will not have it like that.
        """
        wanted: Entity = {
            "number": permit.number,
            "customerNumber": permit.holder,
            "plate": permit.plate,
            "zoneCode": permit.zone,
            "product": permit.product,
            "status": _ACTIVE if permit.active else _ENDED,
            "startingDate": permit.period.start.isoformat(),
            "endingDate": (permit.period.last_day or date.min).isoformat(),
            "changedDateTime": changed.isoformat(timespec="milliseconds"),
        }
        numbered = f"number eq {_quoted(permit.number)}"
        known = self._all("permits", numbered, operation="permit", group=OURS)
        if not known:
            self._ensure_customer(permit.holder)
            self._ask("POST", self._page("permits", OURS), operation="create permit", json=wanted)
        elif _moment(known[0], "changedDateTime") < _moment(wanted, "changedDateTime"):
            self._ask(
                "PATCH",
                f"{self._page('permits', OURS)}({_id(known[0])})",
                operation="change permit",
                headers={"If-Match": _text(known[0], "@odata.etag")},
                json=wanted,
                changed_meanwhile=True,
            )

    def _documents(self, reference: str) -> tuple[Entity | None, Entity | None]:
        """Return what is known under our reference: the order not yet posted, or the invoice.

        Orders are asked for first: one that is posted meanwhile moves from there to the invoices
        and cannot be missed.
        """
        ours = f"externalDocumentNumber eq {_quoted(reference)}"
        orders = self._all("salesOrders", ours, operation="find order", expand="salesOrderLines")
        invoices = self._all(
            "salesInvoices", ours, operation="find invoice", expand="salesInvoiceLines"
        )
        posted = {_text(invoice, "orderNumber") for invoice in invoices}
        orders = [order for order in orders if _text(order, "number") not in posted]
        if len(orders) + len(invoices) > 1:
            raise Rejected(f"{SYSTEM}: more than one order has the reference {reference}")
        return (orders[0] if orders else None), (invoices[0] if invoices else None)

    def _finish(self, draft: Entity, order: BookedOrder) -> None:
        """Write the lines that are missing from an order, and post it."""
        if _text(draft, "customerNumber") != order.customer:
            raise Rejected(f"{SYSTEM}: another order has the reference {order.reference}")
        self._write_lines("salesOrder", draft, order.lines)
        self._act("salesOrders", draft, "shipAndInvoice")

    def _write_lines(self, kind: str, document: Entity, lines: tuple[OrderLine, ...]) -> None:
        there = [
            (_text(line, "lineObjectNumber"), _text(line, "description"), _money(line, "unitPrice"))
            for line in _parts(document, f"{kind}Lines")
        ]
        for line in lines:
            written = (line.item_number, _description(line.text), line.price)
            if written in there:
                there.remove(written)
                continue
            self._ask(
                "POST",
                f"{self._page(f'{kind}s')}({_id(document)})/{kind}Lines",
                operation="add line",
                json={
                    "lineType": "Item",
                    "lineObjectNumber": written[0],
                    "description": written[1],
                    "quantity": 1,
                    "unitPrice": _kroner(line.price),
                },
            )
        if there:
            raise Rejected(f"{SYSTEM}: the document has lines that are not ours")

    def _act(self, page: str, document: Entity, action: str) -> None:
        path = f"{self._page(page)}({_id(document)})/Microsoft.NAV.{action}"
        self._ask("POST", path, operation=action)

    def _pay(self, invoice: Entity, order: BookedOrder, owed: Money) -> None:
        self._journal(
            order.payment_reference,
            {
                "customerNumber": order.customer,
                "postingDate": order.ordered.isoformat(),
                "documentNumber": _text(invoice, "number"),
                "externalDocumentNumber": order.payment_reference,
                "appliesToInvoiceNumber": _text(invoice, "number"),
                "amount": _kroner(-owed),
                "description": _description(f"Betaling {order.reference}"),
            },
            settled=lambda: (
                not _money(self._documents(order.reference)[1] or {}, "remainingAmount")
            ),
        )

    def _journal(self, reference: str, line: Entity, *, settled: Callable[[], bool]) -> None:
        """Write *line* into the payment journal, unless it is there or has been posted already.

        The journal is read first: a line that finance posts meanwhile moves from there into what
        *settled* looks at and cannot be missed.
        """
        _check_reference(reference)
        path = f"{self._page('customerPaymentJournals')}({self._journal_id()})/customerPayments"
        ours = f"externalDocumentNumber eq {_quoted(reference)}"
        if not self._rows(path, {"$filter": ours}, operation="find payment") and not settled():
            self._ask("POST", path, operation="add payment", json=line)

    def _memo(self, reference: str) -> Entity | None:
        found = self._all(
            "salesCreditMemos",
            f"externalDocumentNumber eq {_quoted(reference)}",
            operation="find credit memo",
            expand="salesCreditMemoLines",
        )
        if len(found) > 1:
            raise Rejected(f"{SYSTEM}: more than one credit memo has the reference {reference}")
        return found[0] if found else None

    def _ensure_customer(self, number: str) -> None:
        """Create the customer if there is none: a number, and nothing about who it is."""
        numbered = f"number eq {_quoted(number)}"
        if self._all("customers", numbered, operation="find customer"):
            return
        self._ask(
            "POST",
            self._page("customers"),
            operation="create customer",
            json={"number": number, "displayName": number, "type": "Person"},
            harmless="Internal_EntityWithSameKeyExists",
        )

    def _journal_id(self) -> str:
        return self._remember(
            "journal", lambda: self._only("customerPaymentJournals", "payment journal")
        )

    def _only(self, page: str, what: str) -> str:
        found = self._all(page, "", operation=f"find {what}")
        if len(found) != 1:
            raise Rejected(f"{SYSTEM}: {len(found)} times {what} where one was expected")
        return _id(found[0])

    def _company_id(self) -> str:
        def ask() -> str:
            path, named = f"{STANDARD}/companies", {}
            if self._company:
                named = {"$filter": f"name eq {_quoted(self._company)}"}
            found = self._rows(path, named, operation="companies")
            if len(found) != 1:
                raise Rejected(f"{SYSTEM}: {len(found)} companies fit where one was expected")
            return _id(found[0])

        return self._remember("company", ask)

    def _remember(self, what: str, ask: Callable[[], str]) -> str:
        if what not in self._known:
            self._known[what] = ask()
        return self._known[what]

    def _page(self, name: str, group: str = STANDARD) -> str:
        return f"{group}/companies({self._company_id()})/{name}"

    def _all(
        self, page: str, asked: str, *, operation: str, group: str = STANDARD, expand: str = ""
    ) -> list[Entity]:
        options = {"$filter": asked, "$expand": expand}
        return self._rows(
            self._page(page, group),
            {name: value for name, value in options.items() if value},
            operation=operation,
        )

    def _rows(self, path: str, options: Mapping[str, str], *, operation: str) -> list[Entity]:
        """Return every row of every page of an answer."""
        return [row for rows in self._pages(path, options, operation=operation) for row in rows]

    def _pages(
        self, path: str, options: Mapping[str, str], *, operation: str
    ) -> Iterator[list[Entity]]:
        """Yield the rows of an answer page by page, following the links to the next one."""
        address, params = path, options
        for _ in range(MOST_PAGES):
            answer = self._ask("GET", address, operation=operation, params=params)
            value = answer.get("value")
            if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
                raise Unavailable(f"{SYSTEM}: {operation}: answered no list")
            yield value
            following = answer.get("@odata.nextLink")
            if following is None:
                return
            if not isinstance(following, str) or "://" not in following:
                raise Unavailable(f"{SYSTEM}: {operation}: the next page has no address")
            address, params = following, {}
        raise Unavailable(f"{SYSTEM}: {operation}: the pages have no end")

    def _ask(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Entity | None = None,
        harmless: str = "",
        changed_meanwhile: bool = False,
    ) -> Entity:
        """Ask once with a token, and once more if the token was not accepted."""

        def send() -> httpx.Response:
            authorization = {"Authorization": f"Bearer {self._bearer.token()}"}
            with self._turn():
                return self._books.request(
                    method,
                    path,
                    operation=operation,
                    repeatable=method == "GET",
                    params=params or None,
                    headers={**authorization, **(headers or {})},
                    json=json,
                    answers=_ANSWERS,
                )

        response = send()
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._bearer.forget()
            response = send()
        if response.is_success:
            answer = self._books.json(response)
            if response.status_code != httpx.codes.NO_CONTENT and not isinstance(answer, dict):
                raise Unavailable(f"{SYSTEM}: {operation}: answered no object")
            return answer or {}
        code = self._code(response)
        if harmless and code == harmless:
            return {}
        if changed_meanwhile and response.status_code in _CHANGED_MEANWHILE:
            raise Unavailable(f"{SYSTEM}: {operation}: it was changed meanwhile")
        raise Rejected(f"{SYSTEM}: {operation}: {response.status_code} {code}".rstrip())

    def _code(self, response: httpx.Response) -> str:
        """Return the code of an error; its message may name somebody and is left out."""
        try:
            code = self._books.json(response)["error"]["code"]
        except (Unavailable, KeyError, TypeError):
            return ""
        return code if isinstance(code, str) and re.fullmatch(r"\w{1,60}", code) else ""

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise Unavailable(f"{SYSTEM}: all our calls are taken")
        try:
            yield
        finally:
            self._turns.release()


def _fare(line: Entity) -> Fare:
    try:
        return Fare(
            product=_text(line, "product"),
            item_number=_text(line, "itemNumber"),
            tier=_text(line, "tier"),
            price=_money(line, "unitPrice"),
            in_force=_period(line),
        )
    except Unavailable as problem:
        item = line.get("itemNumber")
        raise Unavailable(f"{problem} (price list, item {item})") from None


def _permit(row: Entity) -> ActivePermit:
    return ActivePermit(
        number=_text(row, "number"),
        holder=_text(row, "customerNumber"),
        product=_text(row, "product"),
        plate=Plate(_text(row, "plate")),
        zone=ZoneCode(_text(row, "zoneCode")),
        period=_period(row),
        active=_text(row, "status") == _ACTIVE,
    )


def _ends_on_or_after(day: date) -> str:
    return f"(endingDate ge {day.isoformat()} or endingDate eq {_NO_DATE})"


def _period(row: Entity) -> Period:
    """Return the period of a row, whose ending date is its last day."""
    start, last = _date(row, "startingDate"), _date(row, "endingDate")
    if start is None:
        raise Unavailable(f"{SYSTEM}: a startingDate is empty")
    try:
        return Period(start, None if last is None else last + timedelta(days=1))
    except ValueError:
        raise Unavailable(f"{SYSTEM}: a period ends before it starts") from None


def _date(row: Entity, name: str) -> date | None:
    text = _text(row, name)
    try:
        return None if text == _NO_DATE else date.fromisoformat(text)
    except ValueError:
        raise Unavailable(f"{SYSTEM}: {name} is no date") from None


def _moment(row: Entity, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(row, name))
    except ValueError:
        raise Unavailable(f"{SYSTEM}: {name} is no moment") from None
    if moment.tzinfo is None:
        raise Unavailable(f"{SYSTEM}: {name} has no time zone")
    return moment


def _money(row: Entity, name: str) -> Money:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unavailable(f"{SYSTEM}: {name} is no amount")
    try:
        ore = Decimal(str(value)) * 100
        if ore != ore.to_integral_value():
            raise Unavailable(f"{SYSTEM}: {name} is not in whole øre")
    except InvalidOperation:
        raise Unavailable(f"{SYSTEM}: {name} is no amount") from None
    return Money(int(ore))


def _text(row: Entity, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Unavailable(f"{SYSTEM}: {name} is missing")
    return value


def _parts(row: Entity, name: str) -> list[Entity]:
    parts = row.get(name)
    if not isinstance(parts, list):
        raise Unavailable(f"{SYSTEM}: {name} are missing")
    return parts


def _id(row: Entity) -> str:
    key = _text(row, "id")
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", key):
        raise Unavailable(f"{SYSTEM}: an id is no id")
    return key


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _kroner(amount: Money) -> float:
    """Return *amount* as JSON has it; two decimals of a double are exact to far beyond a budget."""
    return amount.ore / 100


def _description(text: str) -> str:
    """Return *text* as a line can hold it: printable, and not too long."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return printable[:LONGEST_DESCRIPTION].strip()


def _check_reference(reference: str) -> None:
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise Rejected(f"{SYSTEM}: a reference has 1 to {LONGEST_REFERENCE} characters")
