"""Card payment over Nexi Checkout's real protocol, against the sandbox."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from lxml import html

from parking.adapters.nexi import Nexi, _order
from parking.law.money import Money, kroner
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.payments import (
    Declined,
    DrawRequest,
    PaymentLine,
    PaymentPage,
    PaymentRequest,
)
from sandbox_process import Sandbox

SYSTEM = "nexi"
WEB = httpx.Client(verify=False)  # noqa: S501 - plain http on this machine
VISA, DECLINED, DECLINES_DRAWS = "4925 0000 0000 0004", "4925000000000087", "4925000000000020"
DRAWS = "/v1/unscheduledsubscriptions"
WRONG_AT_FIRST = 2


class Shop:
    """Who listens for notices; it answers 500 as often as it is told to."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, dict]] = []
        self.fails = 0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shop.notices.append((self.headers["Authorization"], body))
                shop.fails, failed = max(shop.fails - 1, 0), shop.fails > 0
                self.send_response(500 if failed else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/notices"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def events(self, payment_id: str) -> list[str]:
        return [
            body["event"] for _, body in self.notices if body["data"]["paymentId"] == payment_id
        ]

    def wait_for(self, payment_id: str, event: str, times: int = 1) -> list[str]:
        for _ in range(300):
            events = self.events(payment_id)
            if events.count(event) >= times:
                return events
            time.sleep(0.03)
        raise AssertionError(f"{event} was not told; {events} was")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def outside(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.fault(SYSTEM, "none")


@pytest.fixture
def later(outside: Sandbox):
    """Move the clock outside on, until the end of the test."""
    yield lambda seconds: outside.control("POST", "clock", advance_seconds=seconds)
    outside.control("POST", "clock", reset=True)


def connect(outside: Sandbox, **changed) -> Nexi:
    settings = {
        "address": outside.addresses["PAYMENTS"].removeprefix("nexi+"),
        "secret_file": outside.addresses["PAYMENTS_SECRET_FILE"],
        "notice_word_file": outside.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"],
        "ca_file": outside.addresses["OUTSIDE_CA_FILE"],
        "read_timeout": 5.0,
    }
    return Nexi(**{**settings, **changed})


@pytest.fixture
def payments(outside: Sandbox) -> Iterator[Nexi]:
    adapter = connect(outside)
    yield adapter
    adapter.close()


def secret_of(outside: Sandbox) -> str:
    return Path(outside.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"]).read_text("utf-8")


def a_request(*prices: Money, shop: Shop | None = None, language: str = "da") -> PaymentRequest:
    reference = f"PB-{uuid4().hex[:12]}"
    here = "http://localhost:8000"
    return PaymentRequest(
        reference=reference,
        lines=tuple(
            PaymentLine(f"BL-{n}", "Beboerlicens 'VB' <ZA 10 001> & mere", price)
            for n, price in enumerate(prices or (kroner(1310),))
        ),
        language=language,
        return_url=f"{here}/koeb/{reference}/retur",
        cancel_url=f"{here}/koeb/{reference}/afbrudt",
        terms_url=f"{here}/vilkaar",
        notice_url=shop.address if shop else "http://localhost:9/notices",
    )


def pay(page: PaymentPage, *, pan: str = VISA, method: str = "card", answer: str = "yes"):
    """Pay as a browser without scripts does; return the last answer."""
    with httpx.Client(verify=False) as browser:  # noqa: S501 - as above
        given = parse_qs(urlsplit(page.url).query)
        form = {"checkoutKey": given["checkoutKey"][0], "pid": given["pid"][0], "method": method}
        if method == "card":
            form |= {"pan": pan, "expiry": "12/30", "cvc": "123"}
        base = page.url.partition("/hosted")[0]
        step = browser.post(f"{base}/hostedpaymentpage/pay", data=form)
        if step.status_code != 200:
            return step
        form["answer"] = answer
        return browser.post(f"{base}/hostedpaymentpage/confirm", data=form)


def test_a_payment_is_created_paid_and_asked_about(outside, payments, shop):
    request = a_request(kroner(1310), kroner(735), shop=shop)
    page = payments.create(request, key="create-1")
    before = payments.payment(page.payment_id)
    assert (before.reference, before.asked) == (request.reference, kroner(2045))
    assert (before.taken, before.charge_id, before.ended) == (Money(0), None, False)
    back = pay(page)
    assert back.status_code == 303
    assert back.headers["location"] == f"{request.return_url}?paymentid={page.payment_id}"
    now = payments.payment(page.payment_id)
    assert (now.taken, now.reserved, now.refunded) == (kroner(2045), kroner(2045), Money(0))
    assert (now.method, now.masked_card) == ("Visa", "492500******0004")
    assert now.charge_id
    shop.wait_for(page.payment_id, "payment.checkout.completed")
    shop.wait_for(page.payment_id, "payment.charge.created.v2")
    told = [each for each in shop.notices if each[1]["data"]["paymentId"] == page.payment_id]
    assert len(told) == 2
    for authorization, body in told:
        assert authorization == secret_of(outside)
        numbered = body["event"].endswith(".v2")
        assert ("merchantNumber" in body, "merchantId" in body) == (numbered, not numbered)


def test_the_page_can_be_used_in_both_languages_without_scripts(payments):
    for language, word in (("da", "Betal med kort"), ("en", "Pay by card")):
        page = payments.create(a_request(language=language), key=uuid4().hex)
        shown = html.fromstring(WEB.get(page.url).content)
        assert shown.get("lang") == language
        assert word in shown.text_content()
        assert not shown.findall(".//script")
        for field in shown.xpath("//input[not(@type)]"):
            assert shown.xpath("//label[@for=$name]", name=field.get("id"))


def test_mobilepay_pays_too(payments):
    page = payments.create(a_request(), key=uuid4().hex)
    assert pay(page, method="mobilepay").status_code == 303
    assert payments.payment(page.payment_id).method == "MobilePay"


@pytest.mark.parametrize("pan", [DECLINED, "4111111111111111"])
def test_a_card_that_does_not_work_takes_nothing_and_another_may_be_tried(payments, pan):
    page = payments.create(a_request(), key=uuid4().hex)
    assert pay(page, pan=pan).status_code == 422
    assert payments.payment(page.payment_id).taken == Money(0)
    assert pay(page).status_code == 303
    assert payments.payment(page.payment_id).taken == kroner(1310)


def test_refusing_in_the_app_takes_nothing(payments):
    page = payments.create(a_request(), key=uuid4().hex)
    assert pay(page, answer="no").status_code == 422
    assert payments.payment(page.payment_id).reserved == Money(0)


def test_magic_amounts_fail_with_their_code(payments):
    page = payments.create(a_request(Money(133)), key=uuid4().hex)
    assert "(33)" in pay(page).text
    assert payments.payment(page.payment_id).taken == Money(0)


def test_paying_twice_takes_once(payments):
    page = payments.create(a_request(), key=uuid4().hex)
    pay(page)
    pay(page)
    assert payments.payment(page.payment_id).taken == kroner(1310)


def test_what_has_ended_cannot_be_paid_and_what_is_paid_cannot_be_ended(payments):
    page = payments.create(a_request(), key=uuid4().hex)
    payments.end(page.payment_id)
    payments.end(page.payment_id)
    assert payments.payment(page.payment_id).ended
    assert pay(page).status_code == 410
    assert payments.payment(page.payment_id).taken == Money(0)
    paid = payments.create(a_request(), key=uuid4().hex)
    pay(paid)
    with pytest.raises(Rejected):
        payments.end(paid.payment_id)


def test_a_reservation_that_is_not_taken_can_be_ended_or_expires(outside, payments, later):
    outside.fault(SYSTEM, "charge-fails", count=2)
    first, second = (payments.create(a_request(), key=uuid4().hex) for _ in range(2))
    pay(first)
    pay(second)
    now = payments.payment(first.payment_id)
    assert (now.reserved, now.taken, now.ended) == (kroner(1310), Money(0), False)
    payments.end(first.payment_id)
    assert payments.payment(first.payment_id).ended
    assert not payments.payment(second.payment_id).ended
    later(7 * 86400 + 1)
    assert payments.payment(second.payment_id).ended


def a_paid_one(payments: Nexi, shop: Shop | None = None) -> str:
    page = payments.create(a_request(shop=shop), key=uuid4().hex)
    pay(page)
    return page.payment_id


def test_a_refund_is_made_once_for_its_key(outside, payments):
    payment_id = a_paid_one(payments)
    charge = payments.payment(payment_id).charge_id
    outside.fault(SYSTEM, "answer-lost", count=1, path="/v1/charges")
    first = payments.refund(charge_id=charge, amount=kroner(500), key="refund-1")
    assert payments.refund(charge_id=charge, amount=kroner(500), key="refund-1") == first
    assert payments.payment(payment_id).refunded == kroner(500)
    with pytest.raises(Rejected, match="1027"):
        payments.refund(charge_id=charge, amount=kroner(501), key="refund-1")
    with pytest.raises(Rejected, match="1009"):
        payments.refund(charge_id=charge, amount=kroner(811), key="refund-2")
    payments.refund(charge_id=charge, amount=kroner(810), key="refund-3")
    with pytest.raises(Rejected, match="1023"):
        payments.refund(charge_id=charge, amount=kroner(1), key="refund-4")


def test_a_refund_may_wait_and_then_fail(outside, payments, shop, later):
    payment_id = a_paid_one(payments, shop)
    charge = payments.payment(payment_id).charge_id
    outside.fault(SYSTEM, "refund-fails:60", count=1)
    payments.refund(charge_id=charge, amount=kroner(1310), key=uuid4().hex)
    assert payments.payment(payment_id).refunded == Money(0)
    later(61)
    shop.wait_for(payment_id, "payment.refund.failed")
    assert payments.payment(payment_id).refunded == Money(0)


def test_a_notice_is_sent_again_until_it_is_answered_200(outside, payments, shop):
    outside.fault(SYSTEM, "retry-every:0.05")
    shop.fails = WRONG_AT_FIRST
    payment_id = a_paid_one(payments, shop)
    shop.wait_for(payment_id, "payment.charge.created.v2")
    events = shop.wait_for(payment_id, "payment.checkout.completed")
    for _ in range(50):
        events = shop.events(payment_id)
        if len(events) == 2 + WRONG_AT_FIRST:
            break
        time.sleep(0.05)
    assert len(events) == 2 + WRONG_AT_FIRST


def test_a_notice_that_is_never_answered_200_is_given_up_after_ten_times(outside, payments, shop):
    outside.fault(SYSTEM, "retry-every:0.02")
    shop.fails = 1000
    payment_id = a_paid_one(payments, shop)
    told = ("payment.charge.created.v2", "payment.checkout.completed")
    try:
        for event in told:
            shop.wait_for(payment_id, event, times=10)
        time.sleep(0.3)  # long enough for an eleventh
        events = shop.events(payment_id)
    finally:
        shop.fails = 0
    assert [events.count(event) for event in told] == [10, 10]


def test_notices_can_be_doubled_lost_late_and_forged(outside, payments, shop, later):
    outside.fault(SYSTEM, "duplicate", count=1, path="payment.charge")
    outside.fault(SYSTEM, "absent", count=1, path="payment.checkout")
    payment_id = a_paid_one(payments, shop)
    events = shop.wait_for(payment_id, "payment.charge.created.v2", times=2)
    assert "payment.checkout.completed" not in events
    ids = {body["id"] for _, body in shop.notices if body["data"]["paymentId"] == payment_id}
    assert len(ids) == 1

    outside.fault(SYSTEM, "late:60", count=1, path="payment.checkout")
    outside.fault(SYSTEM, "wrong-authorization", count=1, path="payment.charge")
    payment_id = a_paid_one(payments, shop)
    shop.wait_for(payment_id, "payment.charge.created.v2")
    (forged,) = [word for word, body in shop.notices if body["data"]["paymentId"] == payment_id]
    assert forged != secret_of(outside)
    assert shop.events(payment_id) == ["payment.charge.created.v2"]
    later(61)
    shop.wait_for(payment_id, "payment.checkout.completed")


def test_people_can_look_at_the_payments(outside, payments, shop):
    payment_id = a_paid_one(payments, shop)
    shop.wait_for(payment_id, "payment.charge.created.v2")
    shown = WEB.get(f"{outside.base}/nexi/").text
    assert payment_id in shown
    assert "payment.charge.created.v2" in shown


def an_agreement(payments: Nexi, pan: str = VISA, method: str = "card") -> str:
    """Pay with a card that may be drawn on later; return by which."""
    page = payments.create(replace(a_request(), remember=True), key=uuid4().hex)
    assert not payments.payment(page.payment_id).agreement, "not before it has paid"
    pay(page, pan=pan, method=method)
    return payments.payment(page.payment_id).agreement


def a_draw(*prices: Money, shop: Shop | None = None) -> DrawRequest:
    asked = a_request(*prices, shop=shop)
    return DrawRequest(reference=asked.reference, lines=asked.lines, notice_url=asked.notice_url)


def test_a_stored_agreement_is_drawn_on_once_for_its_key(outside, payments, shop):
    agreement = an_agreement(payments)
    assert agreement
    asked = a_draw(kroner(340), shop=shop)
    outside.fault(SYSTEM, "answer-lost", count=1, path=DRAWS)
    first = payments.draw(agreement, asked, key=asked.reference)
    assert payments.draw(agreement, asked, key=asked.reference) == first
    now = payments.payment(first)
    assert (now.reference, now.asked, now.taken) == (asked.reference, kroner(340), kroner(340))
    assert (now.masked_card, now.agreement) == ("492500******0004", agreement)
    shop.wait_for(first, "payment.charge.created.v2")
    assert shop.events(first).count("payment.charge.created.v2") == 1
    payments.refund(charge_id=now.charge_id, amount=kroner(340), key=uuid4().hex)
    with pytest.raises(Rejected, match="1026"):
        payments.draw(agreement, a_draw(kroner(341)), key=asked.reference)


def test_without_having_asked_for_it_and_by_mobilepay_there_is_no_agreement(payments):
    assert not payments.payment(a_paid_one(payments)).agreement
    assert not an_agreement(payments, method="mobilepay")


def test_a_card_may_decline_what_is_drawn_for_now_or_for_good(outside, payments, later):
    def declined(agreement: str) -> bool:
        with pytest.raises(Declined) as refused:
            payments.draw(agreement, a_draw(), key=uuid4().hex)
        return refused.value.for_good

    agreement = an_agreement(payments)
    assert not declined(an_agreement(payments, DECLINES_DRAWS))
    outside.fault(SYSTEM, "draw-declined", count=1)
    assert not declined(agreement)
    outside.fault(SYSTEM, "draw-declined-for-good", count=1)
    assert declined(agreement)
    assert payments.draw(agreement, a_draw(), key=uuid4().hex)
    later(6 * 366 * 86_400)
    assert declined(agreement), "the card has expired"


def test_an_agreement_that_nobody_knows_is_no_card_that_declines(payments):
    with pytest.raises(Rejected) as refused:
        payments.draw("0" * 32, a_draw(), key=uuid4().hex)
    assert not isinstance(refused.value, Declined)


def test_what_is_drawn_is_checked_to_the_last_field(payments):
    agreement = an_agreement(payments)
    asked = {"order": _order(a_draw()), "checkout": {}}
    with pytest.raises(Rejected, match=r"400 checkout"):
        payments._ask("POST", f"{DRAWS}/{agreement}/charges", operation="draw", json=asked)
    with pytest.raises(Rejected, match=r"400 order\.amount"):
        payments.draw(agreement, a_draw(Money(0)), key=uuid4().hex)


def test_the_browser_may_never_come_back(outside, payments):
    page = payments.create(a_request(), key=uuid4().hex)
    outside.fault(SYSTEM, "never-returns", count=1)
    assert pay(page).status_code == 200
    assert payments.payment(page.payment_id).taken == kroner(1310)


def test_a_payment_whose_creation_was_not_answered_is_not_shown(outside, payments):
    outside.fault(SYSTEM, "answer-lost", count=1)
    request = a_request()
    with pytest.raises(Unavailable):
        payments.create(request, key="same")
    assert pay(payments.create(request, key="same")).status_code == 303


def test_a_payment_of_nothing_and_strange_ids_are_refused(payments):
    with pytest.raises(Rejected, match=r"order\.amount"):
        payments.create(a_request(Money(0)), key=uuid4().hex)
    for strange in ("0" * 32, "../v1", "x"):
        with pytest.raises(NotFound):
            payments.payment(strange)
    with pytest.raises(Rejected):
        payments.refund(charge_id="0" * 32, amount=kroner(1), key="x")


def test_a_wrong_key_is_refused(outside, tmp_path):
    (tmp_path / "key").write_text("wrong")
    adapter = connect(outside, secret_file=tmp_path / "key")
    with pytest.raises(Rejected, match="401"):
        adapter.create(a_request(), key="x")
    adapter.close()


def the_answer(**changed) -> dict:
    payment = {
        "paymentId": "0" * 32,
        "summary": {"chargedAmount": 131000},
        "orderDetails": {"amount": 131000, "currency": "DKK", "reference": "PB-1"},
        "paymentDetails": {},
    }
    return {"payment": {**payment, **changed}}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"orderDetails": {"amount": 131000, "currency": "EUR"}}, Rejected),
        ({"orderDetails": {"currency": "DKK"}}, Unavailable),
        ({"summary": {"chargedAmount": "131000"}}, Unavailable),
        ({"summary": {"chargedAmount": 1310.0}}, Unavailable),
        ({"summary": None}, Unavailable),
        ({"paymentId": "1" * 32}, Unavailable),
        ({"charges": [{}]}, Unavailable),
        ({"unscheduledSubscription": {"unscheduledSubscriptionId": 7}}, Unavailable),
    ],
)
def test_an_answer_that_means_nothing_is_no_answer(payments, wrong, error):
    payment_id = payments.create(a_request(), key=uuid4().hex).payment_id
    answer = the_answer(**wrong)
    if "paymentId" not in wrong:
        answer["payment"]["paymentId"] = payment_id
    payments._transport.json = lambda response: answer
    with pytest.raises(error):
        payments.payment(payment_id)


@pytest.mark.parametrize(
    "fault",
    ["status:500", "status:503", "status:429", "drop", "garbage", "truncated",
     "wrong-content-type"],
)  # fmt: skip
def test_whatever_goes_wrong_is_unavailable(outside, fault):
    adapter = connect(outside)
    payment_id = a_paid_one(adapter)
    charge_id, agreement = adapter.payment(payment_id).charge_id, an_agreement(adapter)
    outside.fault(SYSTEM, fault)
    for ask in (
        lambda: adapter.create(a_request(), key=uuid4().hex),
        lambda: adapter.payment(payment_id),
        lambda: adapter.refund(charge_id=charge_id, amount=kroner(1), key=uuid4().hex),
        lambda: adapter.draw(agreement, a_draw(), key=uuid4().hex),
    ):
        with pytest.raises(Unavailable):
            ask()
    adapter.close()


def test_a_late_answer_is_unavailable(outside):
    impatient = connect(outside, read_timeout=0.3, deadline=0.3)
    outside.fault(SYSTEM, "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.payment("0" * 32)
    impatient.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": {"surprise": 1}},
        {"order": {"amount": 131001}},
        {"order": {"currency": "EUR"}},
        {"checkout": {"returnUrl": "http://example.org/"}},
        {"surprise": 1},
        {"notifications": {"webHooks": [{"eventName": "x", "url": "y", "authorization": "z"}]}},
    ],
)
def test_the_provider_refuses_what_it_does_not_know(outside, payments, wrong):
    asked = payments._asked(a_request(), "key")
    for name, change in wrong.items():
        asked[name] = {**asked[name], **change} if name in asked else change
    with pytest.raises(Rejected, match="400"):
        payments._ask("POST", "/v1/payments", operation="create", json=asked)
