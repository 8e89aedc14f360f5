"""What leaves the house arrives once, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from parking.actions import carry, checkout, letters, login, send
from parking.law import order as order_law
from parking.law.days import Period
from parking.records.audit import Incident
from parking.records.letter import Letter
from parking.records.order import Order
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.site import wiring
from sandbox.businesscentral import COMPANY, ENVIRONMENT
from sandbox.world import TENANT
from town import now, order, party, pay


@pytest.fixture
def bought(stocked):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    bought.refresh_from_db()
    return bought


def push(outside, kind, at=None):
    row = Outgoing.objects.get(kind=kind)
    return send.send(outside, row.id, carriers=carry.CARRIERS, now=at or now())


def booked(sandbox, order):
    """Return how often the ERP was made to invoice *order*, as its own journal tells."""
    asked = sandbox.journal("businesscentral")
    return sum("shipAndInvoice" in line["path"] and line["method"] == "POST" for line in asked)


def test_the_worker_sends_everything(stocked, work, bought, sandbox):
    login.set_email(party("anna"), "anna@borger.example")
    work()
    assert set(Outgoing.objects.values_list("state", flat=True)) == {Outgoing.State.DONE}
    letter = Letter.objects.get()
    assert letter.sent
    assert bytes(letter.pdf).startswith(b"%PDF")


def test_an_order_whose_answer_is_lost_is_booked_once(stocked, bought, sandbox):
    orders = f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0/companies({COMPANY})/salesOrders("
    sandbox.fault("businesscentral", "answer-lost", count=1, path=orders)
    assert push(stocked, Outgoing.Kind.BOOK_ORDER) is Outgoing.State.WAITING
    later = now() + timedelta(hours=1)
    assert push(stocked, Outgoing.Kind.BOOK_ORDER, later) is Outgoing.State.DONE
    assert booked(sandbox, bought) == 1
    assert push(stocked, Outgoing.Kind.BOOK_ORDER, later) is None


def test_the_accounts_may_be_down_for_three_days(stocked, bought, sandbox):
    sandbox.fault("businesscentral", "status:503")
    for hour in range(0, 72, 6):
        state = push(stocked, Outgoing.Kind.BOOK_ORDER, now() + timedelta(hours=hour))
        assert state is Outgoing.State.WAITING
    assert Incident.objects.filter(what__contains="has not arrived").count() == 1
    sandbox.control("DELETE", "faults")
    wiring.outside.cache_clear()  # the breaker would let nobody through for a while
    later = now() + timedelta(hours=73)
    assert push(wiring.outside(), Outgoing.Kind.BOOK_ORDER, later) is Outgoing.State.DONE
    assert bought.stands is order_law.State.DELIVERED


def test_a_row_is_nobody_elses_while_somebody_tries(stocked, bought):
    row = Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER)
    assert send._claim(row.id, now())
    assert push(stocked, Outgoing.Kind.BOOK_ORDER) is None


def test_one_that_is_refused_for_good_does_not_hold_the_others(stocked, bought, sandbox):
    sandbox.fault("businesscentral", "status:400")
    assert push(stocked, Outgoing.Kind.BOOK_ORDER) is Outgoing.State.DEAD
    assert Incident.objects.filter(what="book order was refused").exists()
    sandbox.control("DELETE", "faults")
    assert push(stocked, Outgoing.Kind.SEND_RECEIPT) is Outgoing.State.DONE


def test_a_letter_is_sent_with_the_same_id_until_it_has_arrived(stocked, bought, sandbox):
    sandbox.fault("digitalpost", "answer-lost", count=1, path="/service/KombiPostAfsend_1")
    assert push(stocked, Outgoing.Kind.SEND_RECEIPT) is Outgoing.State.WAITING
    later = now() + timedelta(hours=1)
    assert push(stocked, Outgoing.Kind.SEND_RECEIPT, later) is Outgoing.State.DONE
    assert Letter.objects.count() == 1


def test_the_receipt_is_a_tagged_pdf_that_says_what_was_bought(bought):
    pdf = letters.receipt_pdf(bought)
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid" in pdf


RECEIPTS = {
    "da": (
        "GYLDIG. Betalingen er modtaget.",
        "FORELØBIG GYLDIG, mens vi ser på dine dokumenter. Betalingen er modtaget.",
        "GYLDIG fra og med",
        "GYLDIG. Der er ikke noget at betale.",
    ),
    "en": (
        "VALID. The payment has been received.",
        "PROVISIONALLY VALID while we look at your documents. The payment has been received.",
        "VALID from",
        "VALID. There is nothing to pay.",
    ),
}


@pytest.mark.parametrize("language", RECEIPTS)
def test_the_receipt_says_how_the_permit_stands(bought, language):
    now_and_paid, provisional, later, free = RECEIPTS[language]

    def status():
        with translation.override(language):
            return letters._receipt(Order.objects.get())["status"]

    permit = Permit.objects.get()
    start, end = permit.days.start, permit.days.end
    assert status() == now_and_paid
    Permit.objects.update(provisional_until=start + timedelta(days=14))
    assert status() == provisional
    tomorrow = as_range(Period(start + timedelta(days=1), end))
    Permit.objects.update(provisional_until=None, period=tomorrow)
    assert status().startswith(later)
    Permit.objects.update(period=as_range(Period(start, end)))
    Order.objects.update(total_ore=0)
    assert status() == free


def test_a_courtesy_mail_says_nothing_about_anybody(bought):
    mail = letters.mail("receipt", language="da")
    everything = mail.subject + mail.text
    for secret in ("Anna", "ZA10001", bought.number, "Vesterbro"):
        assert secret not in everything


def test_letters_stay_as_they_were_sent(stocked, bought):
    push(stocked, Outgoing.Kind.SEND_RECEIPT)
    first = letters.receipt_pdf(bought)
    bought.party.name = "Somebody Else"
    assert letters.receipt_pdf(bought) == first


def test_what_stands_behind_another_in_its_lane_is_not_in_the_way(stocked, bought):
    first = Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER)
    behind = Outgoing.objects.create(
        kind=Outgoing.Kind.CREDIT_ORDER, key="behind", lane=first.lane, payload={},
        written=now(), next_try=now(),
    )  # fmt: skip
    assert behind.id not in send.due(now=now())
    first.state = Outgoing.State.DONE
    first.save()
    assert behind.id in send.due(now=now())


def test_what_nobody_foresaw_is_raised_and_tried_again(stocked, bought):
    def broken(outside, payload, now):
        raise ZeroDivisionError

    row = Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER)
    late = now() + timedelta(hours=25)
    with pytest.raises(ZeroDivisionError):
        send.send(stocked, row.id, carriers={row.kind: broken}, now=late)
    assert row.id not in send.due(now=late)
    assert row.id in send.due(now=late + timedelta(hours=1))
    assert Incident.objects.filter(what__contains="has not arrived").exists()
