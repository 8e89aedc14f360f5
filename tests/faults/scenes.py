"""The scenes that are played twice: with every guard in place, and with one taken away."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from threading import Event

import httpx
from django.db import connection

from faults.drill import Drill, at_once
from parking.actions import (
    apply,
    carry,
    catalogue,
    charge_feed,
    checkout,
    draw,
    login,
    own_accord,
    plan,
    send,
    staff,
)
from parking.actions.complaint_letters import Words
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.law.own_accord import Selection, Step
from parking.law.staff import Role
from parking.ports import Unavailable
from parking.records.charge import Charge
from parking.records.outbox import Outgoing
from parking.records.own_accord import OwnAccordAnnulment
from sandbox.businesscentral import COMPANY, ENVIRONMENT
from sandbox.world import TENANT
from town import agreement, ask, charge, fill_basket, now, party, pay

DRAWS = "/v1/unscheduledsubscriptions"
BOOKS = f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0/companies({COMPANY})/"


def a_forged_notice(drill: Drill) -> None:
    """Somebody who knows the word says that an unpaid order was paid."""
    order = drill.order("anna")
    assert drill.notice(order.payment.payment_id, data={"amount": {"amount": 131000}}) == 200
    drill.work()


def a_part_is_taken(drill: Drill) -> None:
    """The provider has taken half of what was asked."""
    order = drill.paid()
    drill.truth.change_payment(order.payment.payment_id, charged=order.total_ore // 2)
    drill.settle(order)


def no_notice_comes(drill: Drill) -> None:
    """The payer closes the window, and every notice is lost: only the clock is left."""
    drill.fault("nexi", "absent")
    drill.fault("nexi", "never-returns")
    order = drill.order("anna")
    with suppress(AssertionError):  # the page says to close the window, and leads nowhere
        pay(order.payment.page_url)
    checkout.reconcile(drill.outside, now=now() + timedelta(seconds=30))


def the_time_to_pay_is_over(drill: Drill) -> None:
    """Nobody pays in time."""
    drill.order("anna")
    checkout.reconcile(drill.outside, now=now() + checkout.TIME_TO_PAY)


def a_refund_is_not_answered(drill: Drill) -> None:
    """Money came too late and is paid back; the provider does it and its answer is lost."""
    order = drill.paid()
    with checkout.recording():
        checkout._end(order, checkout.law.Step.EXPIRE, now())
    drill.settle(order)
    drill.fault("nexi", "answer-lost", path="/v1/charges", count=3)
    drill.push(Outgoing.Kind.REFUND)
    drill.quiesce()


def two_buy_for_one_vehicle(drill: Drill) -> None:
    """Hanne owns the car that Bo uses, and both pay at the same moment."""
    fill_basket(drill.outside, "bo")
    fill_basket(drill.outside, "hanne", "ZB10002")
    at_once(lambda: drill.begin("bo"), lambda: drill.begin("hanne"))


def a_double_click(drill: Drill) -> None:
    """Anna presses twice, pays what both presses show her, and everything is settled."""
    fill_basket(drill.outside, "anna")
    agreed = agreement("anna")
    orders = at_once(*[lambda: drill.begin("anna", agreed)] * 2)
    for order in orders:
        if isinstance(order, checkout.Order):
            pay(order.payment.page_url) if _is_unpaid(drill, order) else None
            drill.settle(order)


def _is_unpaid(drill: Drill, order: checkout.Order) -> bool:
    return not drill.outside.payments.payment(order.payment.payment_id).taken


def every_answer_of_the_accounts_is_lost(drill: Drill) -> None:
    """Each write to the accounts is done once without our hearing of it."""
    drill.delivered()
    written = ("customers", "salesOrders", "salesOrderLines", "Microsoft.NAV.shipAndInvoice")
    for part in (*written, "customerPayments"):
        drill.fault("businesscentral", "write-lost", count=1, path=part)
    for hour in range(len(written) + 3):
        drill.push(Outgoing.Kind.BOOK_ORDER, now() + timedelta(hours=hour))


def two_workers_take_the_same_row(drill: Drill) -> None:
    """Four workers find the same mail waiting."""
    drill.delivered()
    login.set_email(party("anna"), "anna@borger.example")
    row = Outgoing.objects.get(kind=Outgoing.Kind.SEND_MAIL)
    one = lambda: send.send(drill.outside, row.id, carriers=carry.CARRIERS, now=now())  # noqa: E731
    at_once(one, one, one, one)


def the_second_is_ready_first(drill: Drill) -> None:
    """In one lane the first effect cannot be done yet, and the second could."""
    drill.delivered()
    first = Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER)
    with checkout.recording():
        send.put(
            Outgoing.Kind.SEND_MAIL,
            key="the second",
            lane=first.lane,
            payload={"mail": "receipt", "party": str(party("anna").id)},
            now=now(),
        )
    drill.fault("businesscentral", "status:503", path=BOOKS)
    second = Outgoing.objects.get(key="the second")
    for row in (first, second):
        send.send(drill.outside, row.id, carriers=carry.CARRIERS, now=now())


def the_price_list_says_nothing_for_class_a(drill: Drill) -> None:
    """The accounts say that class A costs 0 kr. from next year on, and Anna buys it then."""
    drill.truth.change_fares(
        lambda line: {**line, "unitPrice": 0} if _is_next_years_class_a(line) else line
    )
    catalogue.fetch_fares(drill.outside, now=now())
    last_day = now().replace(month=12, day=31, hour=12)
    application = ask(drill.outside, "anna")
    new_year = last_day.date() + timedelta(days=1)
    apply.choose_start(party("anna"), application, new_year, now=last_day)
    drill.begin("anna", at=last_day)


def _is_next_years_class_a(line: dict) -> bool:
    return line["tier"] == "a" and line["startingDate"] > now().date().isoformat()


def two_days_in_the_basket(drill: Drill) -> None:
    """What lies in the basket was answered for two days ago."""
    fill_basket(drill.outside, "anna", start=danish_day(now()) + timedelta(days=9))
    drill.begin("anna", at=now() + timedelta(days=2))


def an_instalment_waits_to_be_drawn(drill: Drill) -> checkout.Order:
    """Anna has paid the first of three instalments by a card that is to pay the second today."""
    at, payer = now(), party("anna")
    charge_feed.follow(drill.outside, now=at)
    agreed = plan.agree(
        drill.outside, payer, 3, agreed=plan.propose(payer, 3, now=at).agreement, language="da",
        now=at,
    )  # fmt: skip
    plan.choose_next(payer, agreed, remember=True, now=at)
    owed = checkout.charges_in_basket(payer)
    shown = checkout.agreement([], owed, checkout.to_pay(payer, owed), remembers=agreed)
    order = drill.begin("anna", shown)
    pay(order.payment.page_url)
    drill.settle(order)
    drill.work()
    drill.push_all()
    agreed.instalments.filter(number=2).update(due=danish_day(at))
    assert draw.follow(now=at) == 1
    return checkout.Order.objects.get(instalment=2)


def a_draw_is_not_answered(drill: Drill) -> None:
    """The provider draws an instalment, no answer to that arrives, and it is asked again."""
    an_instalment_waits_to_be_drawn(drill)
    drill.fault("nexi", "answer-lost", path=DRAWS)
    drill.push(Outgoing.Kind.DRAW_INSTALMENT)
    drill.heal()
    drill.push(Outgoing.Kind.DRAW_INSTALMENT, now() + timedelta(hours=1))


def it_dies_after_the_delivery(drill: Drill) -> None:
    """The process dies at the moment the delivery is in the database."""
    order = drill.paid()
    with suppress(Dead):
        drill.settle(order)
    drill.quiesce()


class Dead(BaseException):
    """Stands for a process that is no more."""


def the_provider_does_not_answer_when_time_is_over(drill: Drill) -> None:
    """Anna pays in the last second, no notice comes, and the provider is silent for a while."""
    drill.fault("nexi", "absent")
    order = drill.paid()
    drill.fault("nexi", "status:503", path="/v1/payments")
    late = now() + checkout.TIME_TO_PAY + timedelta(seconds=1)
    for _ in range(2):
        with suppress(Unavailable):
            checkout.expire(drill.outside, order, now=late)


def transactions_that_wait_for_a_slow_register(drill: Drill) -> list[str]:
    """Begin to pay while a register takes its time; return what kept a transaction open for it."""
    fill_basket(drill.outside, "anna")
    drill.fault("dmr", "slow:0.8")
    done, found = Event(), []

    def watch() -> None:
        while not done.wait(0.05):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT left(query, 60) FROM pg_stat_activity WHERE state = "
                    "'idle in transaction' AND datname = current_database() "
                    "AND now() - state_change > '0.4 seconds'"
                )
                found.extend(row[0] for row in cursor.fetchall())

    def buy() -> checkout.Order:
        try:
            return drill.begin("anna")
        finally:
            done.set()

    _, bought = at_once(watch, buy)
    assert isinstance(bought, checkout.Order), bought
    drill.heal()
    return found


def annulled_while_somebody_pays(drill: Drill) -> None:
    """Anna is on the payment page when her charge is annulled, and pays."""
    charge_feed.follow(drill.outside, now=now())
    given = charge("anna-open")
    order = pay_for(drill, given)
    annul(drill, given)
    pay(order.payment.page_url)
    drill.settle(order)
    drill.quiesce()
    charge_feed.follow(drill.outside, now=now())


def pay_for(drill: Drill, *given: Charge) -> checkout.Order:
    """Come to the payment page with charges of Anna's, or with what lies in her basket."""
    anna = party("anna")
    for each in given:
        checkout.choose(anna, each, now=now())
    owed = checkout.charges_in_basket(anna)
    return checkout.begin(
        drill.outside,
        anna,
        agreed=checkout.agreement(checkout.basket(anna), owed, checkout.to_pay(anna, owed)),
        language="da",
        addresses=drill.addresses,
        now=now(),
    )


def annul(drill: Drill, *given: Charge) -> None:
    """Have charges annulled by a case officer at the charge system, and hear of it."""
    annul_unheard(drill, *given)
    charge_feed.follow(drill.outside, now=now())


def annul_unheard(drill: Drill, *given: Charge) -> None:
    """Have charges annulled by a case officer at the charge system."""
    for each in given:
        address = f"{drill.sandbox.base}/pilen/charge/{each.source_id}/annul"
        httpx.post(address, data={"reason": "sign_defect"}).raise_for_status()


def a_crooked_sign(drill: Drill) -> OwnAccordAnnulment:
    """Propose to annul what a turned sign made wrong, and let a colleague approve it."""
    charge_feed.follow(drill.outside, now=now())
    ditte, dorte = (
        staff.add(name_id=slug, roles=(Role.DECIDER,), unit="Parkering", now=now())
        for slug in ("ditte", "dorte")
    )
    street = Selection(
        street="Lergravsvej", since=now() - timedelta(days=30), until=now(), codes=("05a",)
    )
    why = own_accord.Why(AnnulmentReason.SIGN, Words("Skiltet var drejet."))
    seen = own_accord.preview(ditte, street, now=now())
    proposed = own_accord.propose(ditte, street, why, shown=seen.mark, now=now())
    own_accord.answer(dorte, proposed.id, Step.APPROVE, text="", now=now())
    return proposed


def two_workers_annul_a_street(drill: Drill) -> OwnAccordAnnulment:
    """Two workers go through the same charges at the same moment."""
    approved = a_crooked_sign(drill)
    at_once(*[lambda: own_accord.carry_out(drill.outside, now=now())] * 2)
    return approved
