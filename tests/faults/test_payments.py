"""F17-F37: asking the payment provider, and what payers do."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from faults import scenes
from faults.drill import at_once, wait_until
from faults.invariants import violations
from parking.actions import apply, catalogue, checkout
from parking.actions import permit as permits
from parking.law.application import State as ApplicationState
from parking.law.course import Actor, StepNotAllowed
from parking.law.order import State
from parking.ports import Unavailable
from parking.records.application import Application
from parking.records.audit import Incident
from parking.records.order import Order, Payment, Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.tariff import FareLine
from town import agreement, ask, fill_basket, now, party, pay

#: What can come instead of an answer.
NO_ANSWERS = ("status:500", "status:429", "drop", "garbage", "truncated", "wrong-content-type",
              "answer-lost")  # fmt: skip


def fresh(order):
    return Order.objects.get(id=order.id)


def test_f17_a_payment_whose_creation_was_not_answered_is_never_paid(drill):
    fill_basket(drill.outside, "anna")
    drill.fault("nexi", "answer-lost", count=1, path="/v1/payments")
    with pytest.raises(Unavailable):
        drill.begin("anna")
    order = drill.begin("anna")
    pay(order.payment.page_url)
    assert len(drill.truth.payments(order.number)) == 2
    assert [p["id"] for p in drill.truth.payments() if p["charged"]] == [order.payment.payment_id]
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def test_f18_two_failures_and_then_an_answer(drill):
    order = drill.paid()
    drill.fault("nexi", "status:500", count=2)
    drill.settle(order)
    assert fresh(order).stands is State.DELIVERED
    assert not Refund.objects.exists()


def test_f19_paid_and_we_cannot_hear_of_it(drill):
    order = drill.paid()
    drill.fault("nexi", "answer-lost", path="/v1/payments/")
    with pytest.raises(Unavailable):
        drill.settle(order)
    assert fresh(order).stands is State.OPEN
    drill.quiesce()
    assert fresh(order).stands is State.DELIVERED
    assert violations(drill.truth, now()) == {}


@pytest.mark.parametrize("status", ["status:503", "status:429"])
def test_f20_a_provider_that_is_away_for_26_hours_ends_nothing(drill, status):
    drill.fault("nexi", "absent")
    order = drill.paid()
    drill.fault("nexi", status, path="/v1/payments")
    for hour in (1, 9, 26):
        checkout.reconcile(drill.outside, now=now() + timedelta(hours=hour))
        assert fresh(order).stands is State.OPEN
    drill.heal()
    checkout.reconcile(drill.outside, now=now() + timedelta(hours=27))
    assert fresh(order).stands is State.DELIVERED
    drill.quiesce(hours=60)
    assert violations(drill.truth, now()) == {}


def test_f21_a_part_of_the_amount_delivers_nothing_and_is_told(drill):
    scenes.a_part_is_taken(drill)
    assert Order.objects.get().stands is State.OPEN
    assert Incident.objects.filter(what="part of the amount was taken").exists()
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f22_what_is_reserved_and_never_taken_is_let_go(drill):
    drill.fault("nexi", "charge-fails")
    order = drill.paid()
    drill.settle(order)
    assert fresh(order).stands is State.OPEN
    checkout.reconcile(drill.outside, now=now() + checkout.TIME_TO_PAY)
    assert fresh(order).stands is State.EXPIRED
    assert drill.truth.payments()[0]["cancelled"] == order.total_ore
    assert checkout.basket(party("anna"))
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def test_f22_a_reservation_that_expires_by_itself_ends_the_order(drill):
    drill.fault("nexi", "charge-fails")
    order = drill.paid()
    drill.sandbox.control("POST", "clock", advance_seconds=8 * 86400)
    drill.settle(order)
    assert fresh(order).stands is State.CANCELLED
    assert not Permit.objects.holding().exists()


def test_f23_a_refund_whose_answer_is_lost_is_made_once(drill):
    scenes.a_refund_is_not_answered(drill)
    assert Order.objects.get().stands is State.REFUNDED
    assert len(drill.truth.payments()[0]["refunds"]) == 1
    assert violations(drill.truth, now()) == {}


def test_f24_two_end_the_same_permit_and_one_refund_is_made(drill):
    drill.delivered()
    bought = Permit.objects.get()
    ends = [
        lambda actor=actor: permits.end(bought, because="sold", now=now(), actor=actor)
        for actor in (Actor.PARTY, Actor.CASE_WORKER)
    ]
    answers = at_once(*ends)
    assert sum(isinstance(answer, StepNotAllowed) for answer in answers) == 1
    drill.quiesce()
    refund = Refund.objects.get()
    assert drill.truth.payments()[0]["refunded"] == refund.amount_ore
    assert violations(drill.truth, now()) == {}


def test_f25_a_refund_that_fails_later_is_told_to_a_person(served):
    order = served.paid()
    with checkout.recording():
        checkout._end(order, checkout.law.Step.EXPIRE, now())
    served.settle(order)
    served.fault("nexi", "refund-fails:0.1")
    served.push(Outgoing.Kind.REFUND)
    wait_until(lambda: served.truth.payments()[0]["refunds"][0]["state"] == "Failed")
    served.wait_for_notices(3)
    served.work()
    assert Incident.objects.filter(what="a refund failed at the provider").exists()
    served.quiesce()
    assert violations(served.truth, now()) == {}


@pytest.mark.parametrize("creating", [False, True])
def test_f27_an_answer_that_means_nothing_is_not_success(drill, creating):
    order = None if creating else drill.paid()
    if creating:
        fill_basket(drill.outside, "anna")
    for fault in NO_ANSWERS:
        drill.fault("nexi", fault, path="/v1/payments")
        with pytest.raises(Unavailable):
            drill.begin("anna") if creating else drill.settle(order)
        drill.heal()
    assert not Permit.objects.active().exists()
    assert Order.objects.get().stands is State.OPEN
    assert not creating or not Payment.objects.exists()
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f30_while_the_provider_is_gone_the_rest_works(drill):
    fill_basket(drill.outside, "anna")
    drill.fault("nexi", "drop")
    for _ in range(6):  # more often than the breaker lets through
        with pytest.raises(Unavailable):
            drill.begin("anna")
    with pytest.raises(Unavailable, match="left alone"):
        drill.begin("anna")
    assert ask(drill.outside, "bo").answer.value == "yes"
    fill_basket(drill.outside, "dan")
    assert drill.begin("dan").stands is State.DELIVERED
    drill.heal()
    pay(drill.begin("anna").payment.page_url)
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def test_f31_whoever_closes_the_window_after_paying_has_bought(drill):
    scenes.no_notice_comes(drill)
    drill.quiesce()
    assert Order.objects.get().stands is State.DELIVERED
    assert violations(drill.truth, now()) == {}


def test_f32_two_tabs_lead_to_one_payment(drill):
    fill_basket(drill.outside, "anna")
    drill.fault("nexi", "drop", path="/v1/payments")
    with pytest.raises(Unavailable):
        drill.begin("anna")
    drill.heal()
    tabs = at_once(lambda: drill.begin("anna"), lambda: drill.begin("anna"))
    assert len({tab.payment.page_url for tab in tabs}) == 1
    pay(tabs[0].payment.page_url)
    again = httpx.get(tabs[1].payment.page_url)
    assert again.headers["location"].startswith(drill.addresses.back(str(tabs[1].id)))
    drill.quiesce()
    assert len([p for p in drill.truth.payments() if p["charged"]]) == 1
    assert violations(drill.truth, now()) == {}


@pytest.mark.parametrize("turn", range(2))
def test_f33_paying_while_the_time_runs_out_is_either_or(drill, turn):
    order = drill.order("anna")
    late = now() + checkout.TIME_TO_PAY
    at_once(
        lambda: pay(order.payment.page_url),
        lambda: checkout.expire(drill.outside, order, now=late),
    )
    drill.quiesce(hours=8)
    assert fresh(order).stands in {State.DELIVERED, State.EXPIRED, State.REFUNDED}
    assert violations(drill.truth, now()) == {}


def test_f33_a_provider_that_is_silent_when_time_is_over_ends_nothing(drill):
    scenes.the_provider_does_not_answer_when_time_is_over(drill)
    assert Order.objects.get().stands is State.OPEN
    drill.quiesce()
    assert Order.objects.get().stands is State.DELIVERED
    assert violations(drill.truth, now()) == {}


def test_f34_a_double_click_is_one_order(drill):
    scenes.a_double_click(drill)
    assert Order.objects.count() == 1
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def test_f35_a_basket_edited_after_payment_began_changes_no_order(drill):
    order = drill.order("anna")
    ordered = Application.objects.get(state=ApplicationState.ORDERED.value)
    with pytest.raises(StepNotAllowed):
        apply.withdraw(party("anna"), ordered, now=now())
    with pytest.raises(StepNotAllowed):
        apply.choose_start(party("anna"), ordered, now().date(), now=now())
    assert drill.begin("anna", "an older basket").id == order.id
    pay(order.payment.page_url)
    drill.quiesce()
    assert drill.truth.payments(order.number)[0]["charged"] == order.total_ore
    assert violations(drill.truth, now()) == {}


def test_f36_another_price_since_it_was_shown_is_shown_before_it_is_charged(drill):
    application = fill_basket(drill.outside, "anna")
    shown, agreed = application.price_ore, agreement("anna")
    line = FareLine.objects.get(item_number=application.item_number, in_force__contains=now())
    line.price_ore += 100
    line.save()
    with pytest.raises(checkout.Changed):
        drill.begin("anna", agreed)
    assert not Order.objects.exists()
    assert drill.begin("anna").total_ore == shown + 100
    assert violations(drill.truth, now(), at_rest=False) == {}
    catalogue.fetch_fares(drill.outside, now=now())
