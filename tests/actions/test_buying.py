"""From a plate to a valid permit, and everything that can come between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from parking.actions import apply, checkout
from parking.law import application as application_law
from parking.law import order as order_law
from parking.law import permit as permit_law
from parking.law.days import Period, danish_day
from parking.law.reasoning import Answer
from parking.ports import Unavailable
from parking.records.application import Application, Decision
from parking.records.audit import Incident, LookUp
from parking.records.order import Order, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.recording import AskedWhileRecording, recording
from parking.records.tariff import FareLine
from parking.site import wiring
from town import ADDRESSES, agreement, ask, begin, fill_basket, now, order, party, pay


def settle(outside, order):
    return checkout.settle(outside, order.payment.payment_id, now=now())


def test_what_is_paid_is_delivered_in_the_same_step(stocked):
    bought = order(stocked, "anna")
    assert Permit.objects.get().stands is permit_law.State.RESERVED
    pay(bought.payment.page_url)
    settle(stocked, bought)
    bought.refresh_from_db()
    permit = Permit.objects.get()
    assert bought.stands is order_law.State.DELIVERED
    assert permit.stands is permit_law.State.ACTIVE
    assert permit.zone == "VB"
    assert permit.days.start == danish_day(now())
    assert Application.objects.get().stands is application_law.State.GRANTED


def test_everything_that_must_leave_the_house_is_written_with_the_delivery(stocked):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    settle(stocked, bought)
    assert set(Outgoing.objects.values_list("kind", flat=True)) == {
        Outgoing.Kind.BOOK_ORDER,
        Outgoing.Kind.PUBLISH_PERMIT,
        Outgoing.Kind.SEND_RECEIPT,
        Outgoing.Kind.SEND_MAIL,
    }


def test_a_return_without_payment_changes_nothing(stocked):
    bought = order(stocked, "anna")
    settle(stocked, bought)
    bought.refresh_from_db()
    assert bought.stands is order_law.State.OPEN
    assert not Permit.objects.active().exists()


def test_notice_return_and_clock_together_deliver_once(stocked):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda _: _in_own_connection(settle, stocked, bought), range(8)))
    assert Permit.objects.active().count() == 1
    assert Outgoing.objects.filter(kind=Outgoing.Kind.BOOK_ORDER).count() == 1
    assert not Refund.objects.exists()


def _in_own_connection(do, *args):
    try:
        return do(*args)
    finally:
        connection.close()


def test_the_same_notice_fifty_times_is_one_notice(stocked):
    bought = order(stocked, "anna")
    for _ in range(50):
        checkout.noticed(
            event_id="e1",
            event="payment.charge.created.v2",
            payment_id=bought.payment.payment_id,
            now=now(),
        )
    assert PaymentNotice.objects.get().times == 50


def test_a_double_click_is_one_order(stocked):
    fill_basket(stocked, "anna")
    agreed = agreement("anna")
    with ThreadPoolExecutor(4) as at_once:
        orders = list(
            at_once.map(lambda _: _in_own_connection(begin, stocked, "anna", agreed), range(4))
        )
    assert len({order.id for order in orders}) == 1
    assert Order.objects.count() == 1


def test_another_basket_of_the_same_total_was_not_agreed_to(stocked):
    fill_basket(stocked, "anna")
    agreed = agreement("anna")
    fill_basket(stocked, "anna", start=danish_day(now()) + timedelta(days=1))
    with pytest.raises(checkout.Changed):
        begin(stocked, "anna", agreed)
    assert not Order.objects.exists()


def test_the_price_agreed_to_is_the_price_charged(stocked):
    application = fill_basket(stocked, "anna")
    line = FareLine.objects.get(item_number=application.item_number, in_force__contains=now())
    line.price_ore += 100
    line.save()
    with pytest.raises(checkout.Changed):
        begin(stocked, "anna")
    assert not Order.objects.exists()
    application.refresh_from_db()
    assert application.price_ore == line.price_ore  # shown now, to be agreed to anew
    assert begin(stocked, "anna").total_ore == line.price_ore


def test_one_vehicle_has_one_permit_even_if_two_buy_at_once(stocked):
    """Hanne owns the car Bo uses: both are somebody to it, and only one may have the permit."""
    fill_basket(stocked, "bo")
    fill_basket(stocked, "hanne", "ZB10002")

    def buy(slug):
        try:
            return _in_own_connection(begin, stocked, slug)
        except checkout.Changed:
            return None

    with ThreadPoolExecutor(2) as at_once:
        orders = list(at_once.map(buy, ["bo", "hanne"]))
    assert sum(order is not None for order in orders) == 1
    assert Permit.objects.holding().count() == 1


def test_the_database_refuses_a_second_permit_for_a_vehicle(stocked):
    order(stocked, "anna")
    permit = Permit.objects.get()
    permit.pk, permit.number, permit.slot, permit._state.adding = None, "P-x", 7, True
    with pytest.raises(IntegrityError, match="permit_one_per_vehicle"), transaction.atomic():
        permit.save(force_insert=True)


def test_the_database_refuses_a_permit_over_the_quota(stocked):
    order(stocked, "anna")
    permit = Permit.objects.get()
    permit.pk, permit.number, permit.plate, permit._state.adding = None, "P-x", "XX1", True
    with pytest.raises(IntegrityError, match="permit_within_quota"), transaction.atomic():
        permit.save(force_insert=True)


def test_permits_change_places_where_none_is_free_all_the_time(stocked):
    order(stocked, "anna")
    Party.objects.update(extra_permits=1)
    first, today = Permit.objects.get(), danish_day(now())

    def days(start, end):
        return Period(today + timedelta(days=start), today + timedelta(days=end))

    def another(number, plate, period, slot):
        first.pk, first.number, first.plate, first._state.adding = uuid4(), number, plate, True
        first.period, first.slot = as_range(period), slot
        first.save(force_insert=True)

    Permit.objects.update(period=as_range(days(0, 10)))
    another("P-x", "XX1", days(20, 30), 2)
    with recording():
        slot = checkout._slot(party("anna"), days(5, 25), Application.objects.get())
    another("P-y", "XX2", days(5, 25), slot)
    assert set(Permit.objects.values_list("slot", flat=True)) == {1, 2}


def test_a_second_vehicle_in_the_basket_is_over_the_quota(stocked):
    fill_basket(stocked, "peter")
    other = ask(stocked, "peter", "ZH10008")
    assert [r.rule for r in other.found.reasons()] == ["applicant_has_a_permit_left"]


def test_a_permit_that_only_the_accounts_know_counts(stocked):
    application = ask(stocked, "mette")
    assert [r.rule for r in application.found.reasons()] == ["applicant_has_a_permit_left"]


def test_cancelling_gives_the_basket_back_and_ends_the_payment(stocked):
    bought = order(stocked, "anna")
    checkout.cancel(stocked, bought, now=now())
    bought.refresh_from_db()
    assert bought.stands is order_law.State.CANCELLED
    assert Permit.objects.get().stands is permit_law.State.RELEASED
    assert checkout.basket(party("anna"))
    assert stocked.payments.payment(bought.payment.payment_id).ended


def test_what_was_begun_meanwhile_makes_room_for_what_comes_back(stocked):
    bought = order(stocked, "anna")
    first = Application.objects.get()
    meanwhile = ask(stocked, "anna")
    assert meanwhile.id != first.id
    checkout.cancel(stocked, bought, now=now())
    first.refresh_from_db()
    meanwhile.refresh_from_db()
    assert first.stands is application_law.State.IN_BASKET
    assert meanwhile.stands is application_law.State.WITHDRAWN


def test_the_database_refuses_two_unfinished_applications_for_a_vehicle(stocked):
    application = ask(stocked, "anna")
    application.pk, application._state.adding = uuid4(), True
    with pytest.raises(IntegrityError, match="application_one_unfinished"), transaction.atomic():
        application.save(force_insert=True)


def test_cancelling_what_is_paid_delivers_it(stocked):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.cancel(stocked, bought, now=now())
    bought.refresh_from_db()
    assert bought.stands is order_law.State.DELIVERED


def test_an_order_that_is_not_paid_in_time_expires(stocked):
    bought = order(stocked, "anna")
    checkout.reconcile(stocked, now=now() + checkout.TIME_TO_PAY)
    bought.refresh_from_db()
    assert bought.stands is order_law.State.EXPIRED
    assert not Permit.objects.holding().exists()


def test_money_that_comes_after_the_end_is_paid_back_by_itself(stocked, work):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    with recording():  # the order had ended before we heard of the money
        checkout._end(bought, order_law.Step.EXPIRE, now())
    settle(stocked, bought)
    bought.refresh_from_db()
    assert bought.stands is order_law.State.REFUND_DUE
    work()
    bought.refresh_from_db()
    assert bought.stands is order_law.State.REFUNDED
    truth = stocked.payments.payment(bought.payment.payment_id)
    assert truth.refunded == truth.taken == bought.total
    settle(stocked, bought)
    assert Refund.objects.count() == 1
    assert not Permit.objects.active().exists()


def test_a_free_permit_is_delivered_without_payment(stocked):
    bought = order(stocked, "dan")
    assert bought.stands is order_law.State.DELIVERED
    assert not hasattr(bought, "payment")
    assert Permit.objects.active().get().zone == "VS"


def test_when_the_provider_is_away_the_order_is_kept_and_goes_on(stocked, sandbox):
    fill_basket(stocked, "anna")
    sandbox.fault("nexi", "status:503")
    with pytest.raises(Unavailable):
        begin(stocked, "anna")
    kept = Order.objects.get()
    assert kept.stands is order_law.State.OPEN
    sandbox.control("DELETE", "faults")
    wiring.outside.cache_clear()  # the breaker would let nobody through for a while
    assert begin(wiring.outside(), "anna").id == kept.id


def test_when_the_answer_to_create_is_lost_nobody_can_pay_twice(stocked, sandbox):
    fill_basket(stocked, "anna")
    sandbox.fault("nexi", "answer-lost", count=1, path="/v1/payments")
    with pytest.raises(Unavailable):
        begin(stocked, "anna")
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    settle(stocked, bought)
    assert Permit.objects.active().count() == 1


def test_a_register_that_is_down_keeps_the_application_and_goes_on_by_itself(stocked, sandbox):
    application = ask(stocked, "ulla")
    assert application.answer is Answer.OPEN
    assert application.stands is application_law.State.WAITING
    later = now() + timedelta(minutes=2)
    assert apply.ask_again(stocked, application, now=later).stands is application_law.State.WAITING
    sandbox.control("DELETE", "faults")
    (waiting,) = apply.waiting(now=now() + timedelta(hours=1))
    resumed = apply.ask_again(stocked, waiting, now=now() + timedelta(hours=1))
    assert resumed.stands is application_law.State.DRAFT
    assert resumed.answer is Answer.YES
    assert resumed.resumed is not None


def test_a_register_that_goes_down_before_payment_sells_nothing(stocked, sandbox):
    fill_basket(stocked, "anna")
    sandbox.fault("dmr", "drop")
    with pytest.raises(checkout.Changed):
        begin(stocked, "anna")
    assert Application.objects.get().stands is application_law.State.WAITING
    assert not Order.objects.exists()


def test_where_the_map_is_unsure_a_case_worker_is_awaited_and_no_register(stocked):
    application = ask(stocked, "viggo")
    assert application.stands is application_law.State.WAITING
    assert application.ask_again_at is None
    assert not apply.waiting(now=now() + timedelta(days=1))


def test_every_question_to_a_register_is_logged_with_its_purpose(stocked):
    application = ask(stocked, "anna")
    asked = LookUp.objects.filter(party=party("anna"))
    assert {line.register for line in asked} == {
        "population register",
        "address register",
        "vehicle register",
        "accounts",
    }
    assert {line.purpose for line in asked} == {"resident permit"}
    assert {line.reference for line in asked} == {str(application.id)}


def test_decisions_and_look_ups_are_written_once(stocked):
    ask(stocked, "anna")
    for table in (Decision, LookUp):
        with pytest.raises(Exception, match="written once"), transaction.atomic():
            table.objects.all().delete()
        with pytest.raises(Exception, match="written once"), transaction.atomic():
            table.objects.all().update(**{"answer" if table is Decision else "outcome": "x"})


def test_nobody_outside_is_asked_while_recording(stocked):
    with pytest.raises(AskedWhileRecording), recording():
        stocked.payments.payment("0" * 32)


def test_part_of_the_money_delivers_nothing_and_is_told(stocked):
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    Order.objects.filter(id=bought.id).update(total_ore=bought.total_ore + 1)
    settle(stocked, bought)
    bought.refresh_from_db()
    assert bought.stands is order_law.State.OPEN
    assert Incident.objects.exists()


def test_a_party_cannot_be_sold_another_ones_application(stocked):
    fill_basket(stocked, "anna")
    with pytest.raises(checkout.EmptyBasket):
        checkout.begin(
            stocked, party("bo"), agreed="nothing", language="da", addresses=ADDRESSES, now=now()
        )


def test_an_answer_older_than_what_is_known_changes_nothing(stocked):
    bought = order(stocked, "anna")
    before = stocked.payments.payment(bought.payment.payment_id)
    pay(bought.payment.page_url)
    settle(stocked, bought)
    late = replace(stocked, payments=SimpleNamespace(payment=lambda _: before))
    settle(late, bought)
    bought.payment.refresh_from_db()
    assert bought.payment.charge_id
    assert bought.payment.taken_ore == bought.total_ore


def test_a_payment_the_provider_does_not_know_keeps_nobody_from_buying(stocked):
    bought = order(stocked, "anna")
    Payment.objects.update(payment_id="0" * 32)
    checkout.expire(stocked, bought, now=now())
    bought.refresh_from_db()
    assert bought.stands is order_law.State.EXPIRED
    assert Application.objects.get().stands is application_law.State.IN_BASKET
    assert Incident.objects.filter(what="a payment of ours is unknown to the provider").exists()


def test_a_payment_opened_for_an_order_that_has_ended_cannot_be_paid(stocked, sandbox):
    fill_basket(stocked, "anna")
    sandbox.fault("nexi", "status:503", count=1, path="/v1/payments")
    with pytest.raises(Unavailable):
        begin(stocked, "anna")
    bought = checkout.open_order(party("anna"))

    def create(*asked, **named):
        page = stocked.payments.create(*asked, **named)
        checkout.cancel(stocked, bought, now=now())
        return page

    slow = replace(stocked, payments=SimpleNamespace(create=create, end=stocked.payments.end))
    payment = checkout.open_payment(slow, bought, addresses=ADDRESSES, now=now())
    assert bought.stands is order_law.State.CANCELLED
    assert stocked.payments.payment(payment.payment_id).ended


def test_an_order_that_cannot_be_settled_keeps_no_other_from_its_turn(stocked):
    stuck, fine = order(stocked, "anna"), order(stocked, "bo")
    for each in (stuck, fine):
        pay(each.payment.page_url)
    Permit.objects.filter(party=party("anna")).update(state=permit_law.State.RELEASED.value)
    assert checkout.reconcile(stocked, now=now()) == 2
    fine.refresh_from_db()
    assert fine.stands is order_law.State.DELIVERED
    assert Incident.objects.filter(key__contains=stuck.number).exists()


def test_a_question_is_logged_even_if_nobody_needs_the_answer_any_more(stocked):
    application = ask(stocked, "anna")
    before = LookUp.objects.count()
    apply.ask_again(stocked, application, now=now())
    assert LookUp.objects.count() > before
