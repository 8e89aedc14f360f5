"""Notices from whoever can reach us: the agreed word is let in, and even that is not believed."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from parking.records.order import Order, PaymentNotice
from parking.records.permit import Permit
from town import order, pay

ADDRESS = "/webhooks/nexi"
WORD = "aWordOfTwentyCharacters"


@pytest.fixture
def post(db, settings):
    settings.PAYMENT_NOTICE_WORDS = [WORD, "theOldWordUntilTomorrow"]

    def post(body, word=WORD, content_type="application/json"):
        headers = {"Authorization": word} if word else {}
        return Client().post(ADDRESS, body, content_type=content_type, headers=headers)

    return post


def notice(payment_id="p1", event_id="e1", event="payment.charge.created.v2", **more):
    return json.dumps({"id": event_id, "event": event, "data": {"paymentId": payment_id}, **more})


@pytest.mark.parametrize("word", ["", "wrong", WORD[:-1], f"{WORD} ", f"Bearer {WORD}", "æøå"])
def test_a_wrong_word_is_refused_and_nothing_is_written(post, word):
    assert post(notice(), word).status_code == 401
    assert not PaymentNotice.objects.exists()


def test_without_a_word_agreed_on_nobody_is_let_in(post, settings):
    settings.PAYMENT_NOTICE_WORDS = []
    assert post(notice(), "").status_code == 401


@pytest.mark.parametrize("word", [WORD, "theOldWordUntilTomorrow"])
def test_two_words_are_good_while_one_takes_over(post, word):
    assert post(notice(), word).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        notice()[:-5],
        "null",
        "[]",
        '"text"',
        "[" * 10_000,
        '{"a":' * 10_000,
        notice(payment_id="a\0b"),
        notice(payment_id="p" * 65),
        notice(event_id=7),
        notice(payment_id=None),
        '{"id":"e","event":"x","data":[]}',
        b"\xff\xfe\x00",
        b"\0" * 1000,
    ],
    ids=range(15),
)
def test_what_is_no_notice_is_refused_and_we_are_alive(post, body):
    assert post(body).status_code == 400
    assert not PaymentNotice.objects.exists()
    assert post(notice()).status_code == 200


@pytest.mark.parametrize("size", [65 * 1024, 5 * 1024 * 1024])
def test_what_is_too_large_is_refused(post, size):
    assert post(notice(more="x" * size)).status_code in {400, 413}
    assert not PaymentNotice.objects.exists()


def test_an_event_we_do_not_know_is_kept(post):
    assert post(notice(event="payment.something.v3", extra={"a": 1})).status_code == 200
    assert PaymentNotice.objects.get().event == "payment.something.v3"


def test_a_repeated_notice_is_one_notice(post):
    assert [post(notice()).status_code for _ in range(3)] == [200] * 3
    assert PaymentNotice.objects.get().times == 3


def test_it_cannot_be_learnt_which_payments_there_are(stocked, post):
    ours = order(stocked, "anna").payment.payment_id
    known, unknown = post(notice(ours)), post(notice("p" * 32, "e2"))
    assert known.status_code == unknown.status_code == 200
    assert known.content == unknown.content == b""


def test_a_notice_of_a_payment_that_was_not_made_delivers_nothing(stocked, post, work):
    bought = order(stocked, "anna")
    post(notice(bought.payment.payment_id))
    work()
    assert not Permit.objects.active().exists()


def test_a_notice_with_another_orders_payment_delivers_only_what_was_paid(stocked, post, work):
    paid, unpaid = order(stocked, "anna"), order(stocked, "bo")
    pay(paid.payment.page_url)
    post(notice(unpaid.payment.payment_id, amount=0, currency="SEK"))
    work()
    unpaid.refresh_from_db()
    assert unpaid.state == Order.objects.model().state
    post(notice(paid.payment.payment_id, "e2"))
    work()
    assert [permit.party_id for permit in Permit.objects.active()] == [paid.party_id]
