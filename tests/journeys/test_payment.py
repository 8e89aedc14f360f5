"""Paying, and everything that can come between the payment page and the receipt."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from journeys import steps
from parking.jobs import tasks
from parking.records.order import Order, PaymentNotice
from parking.records.outbox import Outgoing
from parking.records.permit import Permit


@pytest.fixture
def anna(visit):
    """Anna, on the payment page."""
    anna = visit(width=390)
    steps.come_in(anna, "anna")
    steps.order(anna, "ZA10001")
    anna.page.wait_for_url(f"{anna.outside}/**")
    return anna


def charged():
    return PaymentNotice.objects.filter(event__startswith="payment.charge.created").exists()


def test_payment_put_off_and_then_made(anna):
    anna.press("Afbryd og gå tilbage")
    anna.look("Der er ikke betalt endnu")
    anna.see("IKKE GYLDIG")
    anna.open("/basket/")
    anna.open("/my/")
    anna.look("Min side")
    anna.press("Betal eller fortryd ordren")
    anna.press("Gå til betaling")
    steps.pay(anna)
    anna.look("GYLDIG")
    assert Order.objects.count() == 1


def test_purchase_cancelled_and_begun_again(anna):
    anna.press("Afbryd og gå tilbage")
    anna.press("Fortryd købet")
    anna.look("Købet er fortrudt")
    anna.press("Gå til kurven")
    anna.look("Kurv")
    anna.press("Gå videre")
    steps.agree(anna)
    steps.pay(anna)
    anna.look("GYLDIG")
    assert Permit.objects.active().count() == 1


def test_a_declined_card_and_then_another(anna):
    anna.page.locator("#pan").fill(steps.DECLINED)
    anna.page.locator("form[data-step=card] button").click()
    anna.page.locator("button[value=yes]").click()
    anna.see("Betalingen blev afvist")
    assert not Permit.objects.active().exists()
    steps.pay(anna, steps.MASTERCARD)
    anna.look("GYLDIG")


def test_the_notice_comes_before_the_payer(anna, sandbox, work, eventually):
    sandbox.fault("nexi", "never-returns")
    steps.pay(anna)
    eventually(charged)
    work()
    assert Permit.objects.active().exists()
    anna.open(f"/orders/{Order.objects.get().id}/return")
    anna.look("GYLDIG")
    assert Outgoing.objects.filter(kind=Outgoing.Kind.BOOK_ORDER).count() == 1


def test_the_payer_never_returns(anna, sandbox, work, eventually):
    sandbox.fault("nexi", "never-returns")
    steps.pay(anna)
    anna.see("Du kan lukke vinduet")
    eventually(charged)
    work()
    anna.open("/my/")
    anna.see("GYLDIG", "ZA 10 001")


def test_no_notice_ever_comes(anna, sandbox):
    sandbox.fault("nexi", "absent")
    steps.pay(anna)
    anna.look("GYLDIG")
    assert not PaymentNotice.objects.filter(event__startswith="payment.charge").exists()


def test_neither_notice_nor_payer_comes_and_the_clock_finds_the_payment(anna, sandbox, work):
    sandbox.fault("nexi", "absent")
    sandbox.fault("nexi", "never-returns")
    steps.pay(anna)
    anna.see("Du kan lukke vinduet")
    assert not Permit.objects.active().exists()
    tasks.reconcile_payments.defer(timestamp=0)
    work()
    anna.open("/my/")
    anna.see("GYLDIG", "ZA 10 001")


def test_the_provider_is_silent_when_the_payer_returns(anna, sandbox):
    sandbox.fault("nexi", "status:503", path="/v1/payments")
    steps.pay(anna)
    anna.look("Vi spørger til din betaling")
    anna.see("er pengene ikke gået tabt")
    sandbox.control("DELETE", "faults")
    expect(anna.page.locator("h1")).to_have_text("GYLDIG")
    anna.look("GYLDIG")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_double_click_is_one_order(visit, scripts):
    anna = visit(scripts=scripts)
    steps.come_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    anna.page.get_by_label("Jeg har læst").check()
    anna.page.get_by_role("button", name="Betal").dblclick()
    expect(anna.page.locator("h1")).to_have_text(re.compile("Betaling|Der er ikke betalt endnu"))
    if anna.page.url.startswith(anna.portal):
        anna.press("Gå til betaling")
    steps.pay(anna)
    anna.look("GYLDIG")
    assert Order.objects.count() == 1


def test_two_tabs_are_one_order(visit):
    anna = visit()
    steps.come_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    first, second = anna.page, anna.context.new_page()
    second.goto(first.url)
    steps.agree(anna)
    first.wait_for_url(f"{anna.outside}/**")
    anna.page = second
    steps.agree(anna)
    anna.see("Der er ikke betalt endnu")
    anna.press("Gå til betaling")
    second.wait_for_url(f"{anna.outside}/**")
    assert Order.objects.count() == 1
    steps.pay(anna)
    second.wait_for_url("**/orders/**")
    anna.page = first
    first.locator("form[data-step=card] button").click()
    first.wait_for_url("**/orders/**")
    anna.look("GYLDIG")
    assert Permit.objects.active().count() == 1


def test_going_back_after_the_receipt_sells_nothing_twice(anna):
    steps.pay(anna)
    anna.look("GYLDIG")
    for _ in range(6):
        if "/summary/" in anna.page.url or "/basket/" in anna.page.url:
            break
        # Not at once: the page that is asked must still be there to answer.
        anna.page.evaluate("() => { setTimeout(() => history.back()); }")
        anna.page.wait_for_timeout(500)
    anna.open("/basket/summary/")
    anna.see("Kurven er tom")
    assert Order.objects.count() == 1


def test_the_provider_is_down_when_payment_begins(visit, sandbox):
    anna = visit(width=390)
    steps.come_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    sandbox.fault("nexi", "status:503")
    steps.agree(anna)
    anna.look("Betalingssiden svarede ikke")
    anna.see("Din ordre er gemt", "Der er ikke betalt noget")
    sandbox.control("DELETE", "faults")
    anna.press("Gå til betaling")
    steps.pay(anna)
    anna.look("GYLDIG")
    assert Order.objects.count() == 1
