"""F01-F16: the payment provider's notices, doubled, late, out of order, forged and absent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from croniter import croniter
from procrastinate.contrib.django.models import ProcrastinateJob

from faults import scenes
from faults.drill import CHARGED, at_once, wait_until
from faults.invariants import violations
from parking.actions import checkout
from parking.api import notices
from parking.jobs import tasks
from parking.law.order import State
from parking.records.audit import Incident
from parking.records.order import Order, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from town import fill_basket, now, pay


def jobs(payment_id):
    """How often the queue will ask about a payment."""
    return ProcrastinateJob.objects.filter(
        task_name="settle_payment", status="todo", args__payment_id=payment_id
    ).count()


def test_f01_no_notice_comes_and_the_clock_finds_it_within_a_minute(drill):
    scenes.no_notice_comes(drill)
    assert Order.objects.get().stands is State.DELIVERED
    assert not PaymentNotice.objects.exists()
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def test_f01_the_clock_asks_at_least_once_a_minute():
    (periodic,) = [
        each
        for each in tasks.app.periodic_registry.periodic_tasks.values()
        if each.task.name == "reconcile_payments"
    ]
    times = croniter(periodic.cron, now())
    first, second = times.get_next(float), times.get_next(float)
    assert second - first <= 60


def test_f02_the_same_event_twice_at_once(served):
    served.fault("nexi", "duplicate")
    order = served.paid()
    served.wait_for_notices(4)
    assert set(PaymentNotice.objects.values_list("times", flat=True)) == {2}
    served.quiesce()
    order.refresh_from_db()
    assert order.stands is State.DELIVERED
    assert violations(served.truth, now()) == {}


def test_f03_a_storm_of_fifty_is_one_notice_and_one_question(served):
    order = served.paid()
    served.wait_for_notices(2)
    served.work()
    asked = len(served.truth.asked("nexi", "GET", "/v1/payments/"))
    # Five waves of ten: more at once than that are turned away by the test's own small server.
    for _ in range(5):
        answers = at_once(
            *[lambda: served.notice(order.payment.payment_id, event_id="e1") for _ in range(10)]
        )
        assert set(answers) == {200}
    assert PaymentNotice.objects.get(event_id="e1").times == 50
    assert jobs(order.payment.payment_id) == 1
    served.work()
    assert len(served.truth.asked("nexi", "GET", "/v1/payments/")) == asked + 1
    served.quiesce()
    assert violations(served.truth, now()) == {}


def test_f04_notices_out_of_order(served):
    served.fault("nexi", "shuffled")
    order = served.order("anna")
    for event in ("payment.refund.completed", "payment.charge.failed.v2", CHARGED):
        assert served.notice(order.payment.payment_id, event=event) == 200
    served.work()
    order.refresh_from_db()
    assert order.stands is State.OPEN
    pay(order.payment.page_url)
    served.wait_for_notices(2)
    served.quiesce()
    order.refresh_from_db()
    assert order.stands is State.DELIVERED
    assert not Refund.objects.exists()
    assert violations(served.truth, now()) == {}


@pytest.mark.parametrize("hours", [2, 72])
def test_f05_notices_hours_late_find_it_done(served, hours):
    served.fault("nexi", f"late:{hours * 3600}")
    served.paid()
    checkout.reconcile(served.outside, now=now() + timedelta(seconds=30))
    assert Order.objects.get().stands is State.DELIVERED
    served.sandbox.control("POST", "clock", advance_seconds=hours * 3600 + 60)
    served.wait_for_notices(2)
    served.quiesce()
    assert violations(served.truth, now()) == {}


def test_f05_money_for_an_order_that_has_ended_is_paid_back(served):
    served.fault("nexi", "late:7200")
    order = served.paid()
    with checkout.recording():
        checkout._end(order, checkout.law.Step.EXPIRE, now())
    served.sandbox.control("POST", "clock", advance_seconds=7300)
    served.wait_for_notices(2)
    served.quiesce()
    order.refresh_from_db()
    assert order.stands is State.REFUNDED
    assert not Permit.objects.holding().exists()
    assert violations(served.truth, now()) == {}


def test_f06_a_notice_that_is_faster_than_our_own_commit_is_not_lost(served, monkeypatch):
    create = type(served.outside.payments).create

    def paid_before_we_have_written_it(self, request, *, key):
        page = create(self, request, key=key)
        pay(page.url)
        served.wait_for_notices(2)
        return page

    monkeypatch.setattr(type(served.outside.payments), "create", paid_before_we_have_written_it)
    fill_basket(served.outside, "anna")
    order = served.begin("anna")
    served.work()
    order.refresh_from_db()
    assert order.stands is State.DELIVERED
    served.quiesce()
    assert violations(served.truth, now()) == {}


def test_f07_notices_and_browser_in_the_same_moment(served):
    order = served.paid()
    by_notice = lambda: served.notice(order.payment.payment_id)  # noqa: E731
    by_browser = lambda: served.settle(order)  # noqa: E731
    at_once(by_browser, by_notice, by_browser, by_notice, by_browser, served.work)
    order.refresh_from_db()
    assert order.stands is State.DELIVERED
    assert Outgoing.objects.filter(kind=Outgoing.Kind.BOOK_ORDER).count() == 1
    served.wait_for_notices(2)
    served.quiesce()
    assert violations(served.truth, now()) == {}


@pytest.mark.parametrize("word", ["", "0" * 40])
def test_f08_a_notice_without_the_word_changes_nothing_and_is_told(served, word, caplog):
    order = served.order("anna")
    assert served.notice(order.payment.payment_id, word=word) == 401
    assert not PaymentNotice.objects.exists()
    assert "notice refused" in caplog.text


def test_f08_the_providers_own_notice_with_a_wrong_word(served):
    served.fault("nexi", "wrong-authorization")
    order = served.paid()
    wait_until(lambda: [n for n in served.truth.notices()[1] if n["answers"] == [401]])
    assert not PaymentNotice.objects.exists()
    checkout.reconcile(served.outside, now=now() + timedelta(seconds=30))
    order.refresh_from_db()
    assert order.stands is State.DELIVERED


def test_f09_what_a_notice_says_is_never_believed(served):
    scenes.a_forged_notice(served)
    assert Order.objects.get().stands is State.OPEN
    assert violations(served.truth, now(), at_rest=False) == {}


def test_f10_the_payment_of_another_order_buys_nothing(served):
    anna, bo = served.order("anna"), served.order("bo")
    pay(bo.payment.page_url)
    assert served.notice(bo.payment.payment_id, data={"reference": anna.number}) == 200
    served.wait_for_notices(2)
    served.work()
    assert [o.stands for o in (_fresh(anna), _fresh(bo))] == [State.OPEN, State.DELIVERED]
    assert violations(served.truth, now(), at_rest=False) == {}


def test_f10_a_payment_that_was_written_on_the_wrong_order_buys_nothing(drill):
    anna, bo = drill.order("anna"), drill.paid("bo")
    Payment.objects.filter(order=bo).update(payment_id="0" * 32)
    Payment.objects.filter(order=anna).update(payment_id=bo.payment.payment_id)
    checkout.settle(drill.outside, bo.payment.payment_id, now=now())
    assert _fresh(anna).stands is State.OPEN
    assert Incident.objects.filter(what__contains="another order").exists()


def _fresh(order):
    return Order.objects.get(id=order.id)


GARBAGE = {
    "truncated": b'{"id": "1", "event": "x", "da',
    "five megabytes": b'{"id": "' + b"x" * 5_000_000 + b'"}',
    "a zero byte": b'{"id": "\\u0000", "event": "x", "data": {"paymentId": "1"}}',
    "half a sign": b'{"id": "\\ud800", "event": "x", "data": {"paymentId": "1"}}',
    "deep": b"[" * 10_000,
    "deep and closed": b"[" * 10_000 + b"]" * 10_000,
    "another charset": '{"id": "æøå", "event": "x", "data": 1}'.encode("latin-1"),
    "a list": b"[1]",
    "numbers": b'{"id": 1, "event": 2, "data": {"paymentId": 3}}',
    "nothing": b"",
    "too long": json.dumps({"id": "x" * 65, "event": "x", "data": {"paymentId": "1"}}).encode(),
}


def test_f11_garbage_is_refused_and_the_next_notice_is_taken(served):
    order = served.order("anna")
    answers = {name: served.post(body) for name, body in GARBAGE.items()}
    assert {name for name, status in answers.items() if not 400 <= status < 500} == set(), answers
    assert not PaymentNotice.objects.exists()
    assert served.notice(order.payment.payment_id) == 200


def test_f12_an_event_nobody_knows_is_kept_and_the_truth_asked_for(served):
    order = served.paid()
    served.wait_for_notices(2)
    status = served.notice(
        order.payment.payment_id, event="payment.charge.created.v3", version=3, data={"new": [1]}
    )
    assert status == 200
    assert PaymentNotice.objects.filter(event="payment.charge.created.v3").exists()
    assert jobs(order.payment.payment_id) == 1
    served.quiesce()
    assert violations(served.truth, now()) == {}


def test_f13_f14_while_we_cannot_answer_they_come_again_and_do_no_harm(served, monkeypatch):
    noticed, died = checkout.noticed, []

    def dies_after_the_commit(**what):
        noticed(**what)
        died.append(what["event_id"])
        raise RuntimeError("killed before it could answer")

    monkeypatch.setattr(notices.checkout, "noticed", dies_after_the_commit)
    served.fault("nexi", "retry-every:0.2")
    order = served.paid()
    wait_until(lambda: len(died) >= 4)
    monkeypatch.undo()
    told = served.wait_for_notices(2)
    assert all(each["answers"][0] == 500 and each["answers"][-1] == 200 for each in told)
    assert all(notice.times > 1 for notice in PaymentNotice.objects.all())
    served.quiesce()
    assert _fresh(order).stands is State.DELIVERED
    assert violations(served.truth, now()) == {}


def test_f15_money_for_no_order_of_ours_is_told_to_a_person(served):
    order = served.paid()
    served.wait_for_notices(2)
    Payment.objects.all().delete()
    assert served.notice(order.payment.payment_id, event_id="late") == 200
    served.work()
    assert PaymentNotice.objects.filter(event_id="late").exists()
    assert Incident.objects.filter(key=f"payment {order.payment.payment_id}").exists()
    assert "I05" not in violations(served.truth, now())


@pytest.mark.parametrize("moment", ["+1 day", "the hour that comes twice"])
def test_f16_the_time_on_a_notice_means_nothing(served, moment):
    order = served.order("anna")
    stamp = {
        "+1 day": (now() + timedelta(days=1)).isoformat(),
        "the hour that comes twice": "2026-10-25T02:30:00",
    }[moment]
    for _ in range(2):
        assert served.notice(order.payment.payment_id, timestamp=stamp) == 200
    served.work()
    assert _fresh(order).stands is State.OPEN
    pay(order.payment.page_url)
    assert served.notice(order.payment.payment_id, timestamp=stamp) == 200
    served.work()
    assert _fresh(order).stands is State.DELIVERED
