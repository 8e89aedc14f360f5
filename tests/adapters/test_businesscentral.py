"""The accounts over Business Central's real protocol, against the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from parking.adapters.businesscentral import BusinessCentral
from parking.law.days import Period
from parking.law.money import Money, kroner
from parking.law.plates import Plate
from parking.law.zones import ZoneCode
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.accounts import ActivePermit, BookedOrder, OrderLine
from sandbox import city
from sandbox_process import Sandbox

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SYSTEM = "businesscentral"
WEB = httpx.Client(verify=False)  # noqa: S501 - plain http on this machine
WELL_ASKED = (
    "$filter=(startswith(number,'BL-') or contains(displayName,'zone')) and unitPrice ge 0"
    "&$orderby=unitPrice desc,number&$top=2&$skip=1&$select=number&$count=true"
)


@pytest.fixture
def outside(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.fault(SYSTEM, "none")


def connect(outside: Sandbox, **changed) -> BusinessCentral:
    settings = {
        "address": outside.addresses["ACCOUNTS"].removeprefix("businesscentral+"),
        "login_address": outside.addresses["ACCOUNTS_LOGIN"],
        "client_id": "parking-portal",
        "secret_file": outside.addresses["ACCOUNTS_SECRET_FILE"],
        "ca_file": outside.addresses["OUTSIDE_CA_FILE"],
        "read_timeout": 5.0,
    }
    return BusinessCentral(**{**settings, **changed})


@pytest.fixture
def accounts(outside: Sandbox) -> Iterator[BusinessCentral]:
    adapter = connect(outside)
    yield adapter
    adapter.close()


def customer(outside: Sandbox, person_number: str) -> str:
    key = Path(outside.folder / "certificates" / "customer-key.txt").read_bytes().strip()
    digest = hmac.new(key, person_number.replace("-", "").encode(), hashlib.sha256)
    return "P" + digest.hexdigest()[:19].upper()


def an_order(*prices: int, reference: str = "") -> BookedOrder:
    reference = reference or f"PB-{uuid4().hex[:12]}"
    return BookedOrder(
        reference=reference,
        customer=f"P{uuid4().hex[:19].upper()}",
        ordered=TODAY,
        lines=tuple(
            OrderLine(item_number="BL-A", text=f"Beboerlicens VB ZA1000{n}", price=kroner(price))
            for n, price in enumerate(prices or (1310,))
        ),
        payment_reference=uuid4().hex,
    )


def look(outside: Sandbox, page: str, reference: str) -> list[dict]:
    """What the books say, asked for past the adapter."""
    adapter = connect(outside)
    try:
        if page == "customerPayments":
            journal = adapter._journal_id()
            path = f"{adapter._page('customerPaymentJournals')}({journal})/customerPayments"
        else:
            path = adapter._page(page)
        asked = {"$filter": f"externalDocumentNumber eq '{reference}'"}
        return adapter._rows(path, asked, operation="look")
    finally:
        adapter.close()


def test_the_price_list_is_read_to_its_last_page_without_what_is_blocked(outside, accounts):
    outside.control("DELETE", "journal")
    fares = accounts.fares()
    asked = [each["path"] for each in outside.journal(SYSTEM) if "/fares" in each["path"]]
    assert len(asked) == 3
    assert len(fares) == 15
    now = {each.tier: each for each in fares if TODAY in each.in_force}
    assert {tier: fare.price for tier, fare in now.items()} == {
        "zero": kroner(735),
        "a": kroner(1310),
        "b": kroner(2630),
        "c": kroner(6040),
        "free": kroner(0),
    }
    assert now["a"].item_number == "BL-A"
    assert now["a"].product == "resident-permit"
    assert now["a"].in_force == Period(date(2026, 1, 1), date(2027, 1, 1))
    assert now["free"].product == "resident-permit-time-limited"
    assert {each.in_force.end for each in fares if each.in_force.start.year == 2027} == {None}


def test_all_permits_are_told_page_by_page(outside, accounts):
    permits = [a_permit(number=f"P-9{n:05}") for n in range(9)]
    for permit in permits:
        accounts.publish(permit, changed=NOW)
    over = replace(permits[3], active=False)
    accounts.publish(over, changed=NOW + timedelta(minutes=1))
    outside.control("DELETE", "journal")
    told = {permit.number: permit for permit in accounts.all_permits(since=TODAY)}
    assert [told[permit.number] for permit in permits] == [*permits[:3], over, *permits[4:]]
    pages = [line for line in outside.journal(SYSTEM) if "/permits" in line["path"]]
    assert len(pages) > len(told) // 8
    assert permits[0].number not in {
        permit.number for permit in accounts.all_permits(since=permits[0].period.end)
    }
    assert accounts.permit(permits[0].number) == permits[0]
    with pytest.raises(NotFound):
        accounts.permit("P-nobody")


def test_permits_that_are_told_in_part_are_unavailable(outside, accounts):
    for n in range(9):
        accounts.publish(a_permit(number=f"P-9{n:05}"), changed=NOW)
    told = accounts.all_permits(since=TODAY)
    next(told)
    outside.fault(SYSTEM, "status:503", path="/v2.0")
    with pytest.raises(Unavailable):
        list(told)


def test_active_permits_are_found_by_party_and_by_plate(outside, accounts):
    mette = customer(outside, city.inhabitant("mette").person_number)
    (hers,) = accounts.permits(holder=mette, since=TODAY)
    assert (hers.number, hers.plate, hers.zone, hers.active) == (
        "ERP-100001", "ZM10014", "VA", True
    )  # fmt: skip
    assert (hers.period.end - hers.period.start).days == 365
    assert accounts.permits(plate=Plate("ZM10014"), since=TODAY) == (hers,)
    assert accounts.permits(plate=Plate("ZN10015"), since=TODAY)[0].holder != mette
    assert accounts.permits(holder=mette, plate=Plate("ZN10015"), since=TODAY) == ()
    assert accounts.permits(holder=mette, since=hers.period.last_day) == (hers,)
    assert accounts.permits(holder=mette, since=hers.period.end) == ()


def test_a_quote_in_what_is_asked_for_is_only_a_quote(accounts):
    assert accounts.permits(holder="P' or status eq 'Active", since=TODAY) == ()


def test_an_order_is_booked_once_with_its_payment_and_knows_nobody(outside, accounts):
    order = an_order(1310, 735)
    number = accounts.book(order)
    assert accounts.book(order) == number
    assert look(outside, "salesOrders", order.reference) == []
    (invoice,) = look(outside, "salesInvoices", order.reference)
    assert (invoice["orderNumber"], invoice["totalAmountIncludingTax"]) == (number, 2045)
    (payment,) = look(outside, "customerPayments", order.payment_reference)
    assert (payment["amount"], payment["appliesToInvoiceNumber"]) == (-2045, invoice["number"])
    assert order.reference in WEB.get(f"{outside.base}/businesscentral/").text


def test_a_free_order_is_booked_without_a_payment(outside, accounts):
    order = an_order(0)
    accounts.book(order)
    (invoice,) = look(outside, "salesInvoices", order.reference)
    assert invoice["status"] == "Paid"
    assert look(outside, "customerPayments", order.payment_reference) == []


def test_a_payment_that_finance_has_posted_is_not_booked_again(outside, accounts):
    order = an_order()
    number = accounts.book(order)
    WEB.post(f"{outside.base}/businesscentral/post")
    assert look(outside, "customerPayments", order.payment_reference) == []
    assert accounts.book(order) == number
    assert look(outside, "customerPayments", order.payment_reference) == []


@pytest.mark.parametrize(
    "lost",
    ["customers", "salesOrders", "salesOrderLines", "Microsoft.NAV.shipAndInvoice",
     "customerPayments"],
)  # fmt: skip
def test_an_answer_lost_anywhere_leaves_one_order_and_one_payment(outside, accounts, lost):
    order = an_order(1310, 735)
    outside.fault(SYSTEM, "write-lost", count=1, path=lost)
    with pytest.raises(Unavailable):
        accounts.book(order)
    number = accounts.book(order)
    assert number == accounts.book(order)
    assert look(outside, "salesOrders", order.reference) == []
    (invoice,) = look(outside, "salesInvoices", order.reference)
    assert invoice["totalAmountIncludingTax"] == 2045
    assert len(look(outside, "customerPayments", order.payment_reference)) == 1


def test_two_orders_under_one_reference_are_said_and_not_chosen_from(outside, accounts):
    order = an_order()
    accounts.book(order)
    body = {
        "orderDate": "2026-11-23",
        "customerNumber": order.customer,
        "externalDocumentNumber": order.reference,
    }
    accounts._ask("POST", accounts._page("salesOrders"), operation="twin", json=body)
    with pytest.raises(Rejected, match="more than one"):
        accounts.book(order)


def test_another_order_under_our_reference_is_refused(accounts):
    order = an_order(1310)
    accounts.book(order)
    with pytest.raises(Rejected, match="another order"):
        accounts.book(an_order(735, reference=order.reference))


def test_an_unknown_item_is_refused(accounts):
    order = an_order()
    line = OrderLine(item_number="NOTHING", text="x", price=kroner(1))
    with pytest.raises(Rejected, match="FieldValidation"):
        accounts.book(
            BookedOrder(
                reference=order.reference,
                customer=order.customer,
                ordered=TODAY,
                lines=(line,),
                payment_reference="x",
            )
        )


def test_what_no_line_can_hold_is_made_to_fit(outside, accounts):
    order = an_order()
    line = OrderLine(item_number="BL-A", text="Æble 🚗\n" * 40, price=Money(131050))
    awkward = BookedOrder(
        reference=order.reference,
        customer=order.customer,
        ordered=TODAY,
        lines=(line,),
        payment_reference=order.payment_reference,
    )
    outside.fault(SYSTEM, "write-lost", count=1, path="salesOrderLines")
    with pytest.raises(Unavailable):
        accounts.book(awkward)
    accounts.book(awkward)
    (invoice,) = look(outside, "salesInvoices", order.reference)
    assert invoice["totalAmountIncludingTax"] == 1310.5


def test_a_refund_is_credited_once(outside, accounts):
    order = an_order(1310)
    credit = f"{order.reference}-R1"
    refund = {
        "number": credit,
        "reference": order.reference,
        "amount": kroner(500),
        "on": TODAY,
    }
    with pytest.raises(NotFound):
        accounts.credit(**refund)
    accounts.book(order)
    for lost in ("salesCreditMemos", "salesCreditMemoLines", "Microsoft.NAV.post",
                 "customerPayments"):  # fmt: skip
        outside.fault(SYSTEM, "write-lost", count=1, path=lost)
        with pytest.raises(Unavailable):
            accounts.credit(**refund)
    number = accounts.credit(**refund)
    (memo,) = look(outside, "salesCreditMemos", credit)
    assert (memo["number"], memo["totalAmountIncludingTax"]) == (number, 500)
    (payment,) = look(outside, "customerPayments", credit)
    assert payment["amount"] == 500
    WEB.post(f"{outside.base}/businesscentral/post")
    assert accounts.credit(**refund) == number
    assert look(outside, "customerPayments", credit) == []


def a_permit(**changed) -> ActivePermit:
    settings = {
        "number": f"BL-{uuid4().hex[:10]}",
        "holder": f"P{uuid4().hex[:19].upper()}",
        "product": "resident-permit",
        "plate": Plate(f"Z{uuid4().hex[:7].upper()}"),
        "zone": ZoneCode("VB"),
        "period": Period(date(2026, 12, 1), date(2027, 12, 1)),
        "active": True,
    }
    return ActivePermit(**{**settings, **changed})


def test_a_permit_is_published_changed_and_never_set_back(accounts):
    permit = a_permit()
    accounts.publish(permit, changed=NOW)
    accounts.publish(permit, changed=NOW)
    assert accounts.permits(holder=permit.holder, since=TODAY) == (permit,)
    ended = a_permit(number=permit.number, holder=permit.holder, plate=permit.plate, active=False)
    accounts.publish(ended, changed=NOW.replace(hour=13))
    accounts.publish(permit, changed=NOW)
    assert accounts.permits(holder=permit.holder, since=TODAY) == ()


def test_a_permit_without_an_end_is_published_as_such(accounts):
    permit = a_permit(period=Period(date(2026, 12, 1)))
    accounts.publish(permit, changed=NOW)
    assert accounts.permits(plate=permit.plate, since=date(2050, 1, 1)) == (permit,)


def test_a_permit_changed_by_another_in_between_is_asked_for_again(accounts):
    permit = a_permit()
    accounts.publish(permit, changed=NOW)
    numbered = f"number eq '{permit.number}'"
    (stale,) = accounts._all("permits", numbered, operation="look", group="/api/kk/parking/v1.0")
    accounts.publish(permit, changed=NOW.replace(hour=13))
    path = f"{accounts._page('permits', '/api/kk/parking/v1.0')}({stale['id']})"
    with pytest.raises(Unavailable, match="meanwhile"):
        accounts._ask(
            "PATCH", path, operation="change", headers={"If-Match": stale["@odata.etag"]},
            json={"status": "Ended"}, changed_meanwhile=True,
        )  # fmt: skip


def test_a_token_that_is_no_longer_accepted_is_renewed(outside, accounts):
    accounts.fares()
    outside.control("POST", "clock", advance_seconds=4000)
    assert len(accounts.fares()) == 15
    outside.control("POST", "clock", reset=True)


def test_a_wrong_secret_is_refused(outside, tmp_path):
    (tmp_path / "secret").write_text("wrong")
    adapter = connect(outside, secret_file=tmp_path / "secret")
    with pytest.raises(Rejected):
        adapter.fares()
    adapter.close()


def test_more_callers_than_are_let_in_wait_for_their_turn(outside, accounts):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(len(accounts.fares()))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [15] * 12


@pytest.mark.parametrize(
    "fault",
    ["status:500", "status:503", "status:429", "busy", "drop", "garbage", "truncated",
     "wrong-content-type"],
)  # fmt: skip
def test_whatever_goes_wrong_is_unavailable(outside, fault):
    adapter = connect(outside)
    outside.fault(SYSTEM, fault)
    with pytest.raises(Unavailable):
        adapter.fares()
    with pytest.raises(Unavailable):
        adapter.book(an_order())
    adapter.close()


def test_a_late_answer_is_unavailable(outside):
    impatient = connect(outside, read_timeout=0.3, deadline=0.3)
    outside.fault(SYSTEM, "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.fares()
    impatient.close()


def test_a_next_page_on_another_host_is_refused(accounts):
    accounts.fares()
    accounts._books.json = lambda response: {
        "value": [],
        "@odata.nextLink": "http://127.0.0.2:9/api/v2.0/companies",
    }
    with pytest.raises(Unavailable, match="another host"):
        accounts.fares()


@pytest.mark.parametrize(
    "wrong",
    [{"unitPrice": 1310.005}, {"unitPrice": "1310"}, {"unitPrice": True}, {"startingDate": "2026"},
     {"startingDate": "0001-01-01"}, {"endingDate": "2020-01-01"}, {"tier": None}],
)  # fmt: skip
def test_a_fare_that_means_nothing_is_named(accounts, wrong):
    accounts.fares()
    line = {
        "itemNumber": "BL-A", "tier": "a", "product": "resident-permit", "unitPrice": 1310,
        "startingDate": "2026-01-01", "endingDate": "2026-12-31", **wrong,
    }  # fmt: skip
    accounts._books.json = lambda response: {"value": [line]}
    with pytest.raises(Unavailable, match="BL-A"):
        accounts.fares()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ("$filter=nothing eq 'x'", 400),
        ("$filter=number eq x", 400),
        ("$filter=number eq 'x' and", 400),
        ("$search=x", 400),
        ("$top=x", 400),
        (WELL_ASKED, 200),
    ],
)  # fmt: skip
def test_the_books_understand_what_life_understands_and_nothing_else(accounts, options, status):
    accounts.fares()
    answer = WEB.get(
        f"{accounts._books._base_url}{accounts._page('items')}?{options}",
        headers={"Authorization": f"Bearer {accounts._bearer.token()}"},
    )
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["@odata.count"] == 5
        assert [set(row) for row in answer.json()["value"]] == [{"number", "@odata.etag"}] * 2
        assert [row["number"] for row in answer.json()["value"]] == ["BL-B", "BL-A"]
