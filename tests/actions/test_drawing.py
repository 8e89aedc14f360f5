"""Instalments drawn from a stored card: each on its day and once, whatever goes wrong."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from django.db import connection
from lxml import html

from collecting import Town
from parking.actions import charge_feed, checkout, claims, draw, plan
from parking.actions.plan_progress import progress_of
from parking.law import instalments as law
from parking.law import order as order_law
from parking.law.days import danish_day
from parking.law.money import Money
from parking.records.charge import ChargePayment
from parking.records.collection import Plan
from parking.records.letter import Letter
from parking.records.order import Order, Payment
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.recording import recording
from town import ADDRESSES, party

pytestmark = pytest.mark.django_db(transaction=True)

VISA, DECLINES_DRAWS = "4925000000000004", "4925000000000020"
DRAWS = "/v1/unscheduledsubscriptions"
NOT_DRAWN = "Vi kunne ikke trække din rate"


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def pay_by(page_url: str, pan: str) -> None:
    """Pay with the card *pan*, good to the end of 2030."""
    with httpx.Client() as browser:
        page = browser.get(page_url)
        for given in ({"method": "card", "pan": pan, "expiry": "12/30", "cvc": "123"}, {}):
            (form, *_) = html.fromstring(page.text, base_url=page_url).xpath("//form[@data-step]")
            form.make_links_absolute()
            page = browser.post(
                form.action, data=dict(form.form_values()) | given | {"answer": "yes"}
            )
        assert page.status_code == 303, page.text


def agree_and_pay_first(town, *, pan: str = VISA, remember: bool = True) -> Plan:
    """Agree on three instalments, and pay the first by a card that is to pay the others."""
    payer = party("anna")
    proposal = plan.propose(payer, 3, now=town.at)
    agreed = plan.agree(
        town.outside, payer, 3, agreed=proposal.agreement, language="da", now=town.at
    )
    plan.choose_next(payer, agreed, remember=remember, now=town.at)
    order = begin(town, payer)
    pay_by(order.payment.page_url, pan)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)
    town.send()
    agreed.refresh_from_db()
    return agreed


def shown_to(payer: Party) -> str:
    """Return the agreement about what lies in the basket, as the summary shows it."""
    owed = checkout.charges_in_basket(payer)
    return checkout.agreement(
        [], owed, checkout.to_pay(payer, owed), remembers=checkout.remembers(payer)
    )


def begin(town, payer: Party, agreed: str = "") -> Order:
    return checkout.begin(
        town.outside, payer, agreed=agreed or shown_to(payer), language="da",
        addresses=ADDRESSES, now=town.at,
    )  # fmt: skip


def come_to(town, agreed: Plan, number: int, *, days: int = 0) -> None:
    """Let time pass to the day the instalment *number* is due, or so many *days* after."""
    due = agreed.as_law().instalments[number - 1].due
    town.pass_days((due - danish_day(town.at)).days + days)


def follow(town) -> None:
    """Do what the clock does."""
    draw.follow(now=town.at)
    town.send()
    plan.follow(now=town.at)
    town.send()


def drawn(town) -> list[int]:
    """Return what the provider has really drawn, by its own books, for our drawn orders."""
    town.sandbox.control("DELETE", "faults")
    ours = Payment.objects.filter(order__instalment__isnull=False).order_by("created")
    return [town.outside.payments.payment(each.payment_id).taken.ore for each in ours]


def left(agreed: Plan) -> list[int]:
    return [number for number, _ in progress_of(Plan.objects.get(id=agreed.id)).left]


def test_each_following_instalment_is_drawn_on_its_day_and_once(town):
    agreed = agree_and_pay_first(town)
    assert (agreed.masked_card, left(agreed)) == ("492500******0004", [2, 3])
    come_to(town, agreed, 2, days=-1)
    follow(town)
    assert left(agreed) == [2, 3], "never a day too soon"
    assert Letter.objects.filter(subject="Snart trækker vi en rate").count() == 1
    come_to(town, agreed, 2)
    for _twice in range(2):
        follow(town)
    assert left(agreed) == [3]
    order = Order.objects.get(instalment=2)
    assert (order.stands, order.total_ore) == (order_law.State.DELIVERED, 34_000)
    assert ChargePayment.objects.filter(order=order).exists(), "it counts at once"
    kinds = set(Outgoing.objects.filter(state=Outgoing.State.DONE).values_list("key", flat=True))
    assert {f"book {order.number}", f"receipt {order.number}"} <= kinds
    come_to(town, agreed, 3)
    follow(town)
    follow(town)
    agreed.refresh_from_db()
    assert (agreed.stands, agreed.card_agreement) == (law.State.COMPLETED, "")
    assert drawn(town) == [34_000, 34_000]


def test_nothing_is_drawn_while_a_complaint_waits(town):
    agreed = agree_and_pay_first(town)
    town.complain("anna-open", "k-11")
    charge_feed.follow(town.outside, now=town.at)
    come_to(town, agreed, 2)
    follow(town)
    assert (left(agreed), drawn(town)) == ([2, 3], [])
    waited = (danish_day(town.at) - danish_day(agreed.agreed)).days
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    town.pass_days(waited - 1)
    follow(town)
    assert drawn(town) == [], "each day that it waited is given back"
    town.pass_days(1)
    follow(town)
    assert (left(agreed), drawn(town)) == ([3], [34_000])


def test_what_a_complaint_stopped_was_not_declined(town):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    draw.follow(now=town.at)  # begun, and not sent yet
    town.complain("anna-open", "k-13")
    charge_feed.follow(town.outside, now=town.at)
    town.send()
    assert drawn(town) == []
    assert not Letter.objects.filter(subject=NOT_DRAWN).exists()
    town.pass_days(5)
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    (_, first), *_ = progress_of(agreed).left
    assert first.due == danish_day(town.at)
    follow(town)
    assert drawn(town) == [34_000], "on its day, and not three days later"
    assert sorted(Order.objects.filter(instalment=2).values_list("turn", "declined")) == [
        (0, False), (1, False),
    ]  # fmt: skip


def test_who_stops_it_while_they_are_paying_is_not_drawn_for(town):
    agreed = agree_and_pay_first(town)
    plan.stop_drawing(agreed)
    plan.choose_next(agreed.party, agreed, remember=True, now=town.at)
    order = begin(town, agreed.party, shown_to(agreed.party))
    plan.stop_drawing(agreed)  # in another tab
    pay_by(order.payment.page_url, VISA)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)
    agreed.refresh_from_db()
    assert (left(agreed), agreed.card_agreement) == ([3], "")


def test_letters_about_a_plan_speak_the_language_it_was_agreed_in(town):
    agreed = agree_and_pay_first(town)
    Plan.objects.update(language="en")
    come_to(town, agreed, 2, days=-1)
    follow(town)
    assert Letter.objects.filter(subject="We will soon draw an instalment").count() == 1


def test_who_did_not_ask_for_it_is_drawn_for_nothing(town):
    agreed = agree_and_pay_first(town, remember=False)
    assert not agreed.card_agreement
    come_to(town, agreed, 2)
    follow(town)
    assert left(agreed) == [2, 3]
    assert not Order.objects.filter(instalment__isnull=False).exists()


def test_a_card_that_declines_is_told_of_tried_twice_more_and_only_then_missed(town):
    agreed = agree_and_pay_first(town, pan=DECLINES_DRAWS)
    tried = []
    come_to(town, agreed, 2)
    for day in range(14):
        follow(town)
        follow(town)
        tried.append(Order.objects.filter(instalment=2).count())
        agreed.refresh_from_db()
        assert agreed.stands is law.State.AGREED, f"broken {day} days after the instalment was due"
        town.pass_days(1)
    assert tried == [1, 1, 1, 2, 2, 2, *[3] * 8]
    assert Letter.objects.filter(subject=NOT_DRAWN).count() == 2, "the first time and the last"
    assert not checkout.charges_in_basket(agreed.party), "nothing is put in anybody's basket"
    follow(town)
    agreed.refresh_from_db()
    assert (agreed.stands, agreed.card_agreement) == (law.State.BROKEN, "")
    assert drawn(town) == []


def test_a_card_that_is_declined_for_good_is_not_tried_again(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "draw-declined-for-good", count=1)
    follow(town)
    agreed.refresh_from_db()
    assert not agreed.card_agreement
    assert Letter.objects.filter(subject=NOT_DRAWN).count() == 1
    town.pass_days(3)
    follow(town)
    assert Order.objects.filter(instalment=2).count() == 1
    assert agreed.stands is law.State.AGREED, "there are days to pay it otherwise"
    plan.choose_next(agreed.party, agreed, now=town.at)
    owed = checkout.charges_in_basket(agreed.party)
    assert sum(amount.ore for amount in checkout.to_pay(agreed.party, owed)) == 34_000


def test_a_card_that_declines_once_pays_the_next_time(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "draw-declined", count=1)
    follow(town)
    assert left(agreed) == [2, 3]
    town.pass_days(3)
    follow(town)
    assert left(agreed) == [3]
    assert drawn(town) == [34_000]


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_drawn_twice(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "answer-lost", path=DRAWS)
    draw.follow(now=town.at)
    town.send()
    assert not Payment.objects.filter(order__instalment=2).exists()
    assert progress_of(agreed).is_drawn_now()
    with pytest.raises(checkout.NothingOwed):
        plan.choose_next(agreed.party, agreed, now=town.at)
    town.outside_is_back()
    before = told_of(town)
    town.at += timedelta(hours=1)
    follow(town)
    assert left(agreed) == [3]
    assert drawn(town) == [34_000]
    assert told_of(town) == before, "it had been drawn the first time"


def told_of(town) -> set[str]:
    """Return the ids of all payments that the provider has, by its own overview."""
    page = httpx.get(f"{town.sandbox.base}/nexi/").text
    return set(re.findall(r"\b[0-9a-f]{32}\b", page))


def test_a_draw_whose_answer_never_comes_is_found_by_its_notice(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "answer-lost", path=DRAWS)
    draw.follow(now=town.at)
    town.send()
    town.outside_is_back()
    order = Order.objects.get(instalment=2)
    assert not hasattr(order, "payment")
    for payment_id in told_of(town):
        checkout.settle(town.outside, payment_id, now=town.at)
    order.refresh_from_db()
    assert order.stands is order_law.State.DELIVERED
    town.at += timedelta(hours=1)
    follow(town)
    assert left(agreed) == [3]
    assert drawn(town) == [34_000]


def test_without_any_answer_for_a_day_a_person_is_told_and_nothing_is_drawn_again(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "answer-lost", path=DRAWS)
    follow(town)
    town.outside_is_back()
    town.pass_days(2)
    follow(town)
    row = Outgoing.objects.get(kind=Outgoing.Kind.DRAW_INSTALMENT)
    assert row.state == Outgoing.State.DEAD
    assert Letter.objects.filter(subject="Vi ved ikke, om din rate er betalt").count() == 1
    town.pass_days(3)
    checkout.reconcile(town.outside, now=town.at)
    follow(town)
    assert Order.objects.filter(instalment=2).count() == 1
    assert Order.objects.get(instalment=2).stands is order_law.State.EXPIRED


class Dying:
    """The payment provider, asked by a process that ends the moment it has drawn."""

    def __init__(self, payments):
        self.payments = payments

    def draw(self, *asked, **named):
        self.payments.draw(*asked, **named)
        raise SystemExit


def test_a_process_that_is_killed_after_drawing_leaves_nothing_to_draw_again(town):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    draw.follow(now=town.at)
    alive, town.outside = town.outside, replace(town.outside, payments=Dying(town.outside.payments))
    with pytest.raises(SystemExit):
        town.send()
    town.outside, before = alive, told_of(town)
    assert left(agreed) == [2, 3]
    town.at += timedelta(minutes=3)
    follow(town)
    assert left(agreed) == [3]
    assert told_of(town) == before
    assert drawn(town) == [34_000]


def test_two_workers_at_once_draw_once(town):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)

    def work(_worker: int) -> None:
        try:
            draw.follow(now=town.at)
            town.send()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(work, range(2)))
    town.send()
    assert left(agreed) == [3]
    assert drawn(town) == [34_000]


def test_what_is_drawn_leaves_the_basket_and_what_was_shown_there_is_not_ordered(town):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    plan.choose_next(agreed.party, agreed, now=town.at)
    shown = shown_to(agreed.party)
    draw.follow(now=town.at)
    with pytest.raises(checkout.EmptyBasket):
        begin(town, agreed.party, shown)
    town.send()
    assert left(agreed) == [3]


def test_what_was_ended_is_not_drawn(town, sandbox):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    draw.follow(now=town.at)  # begun, and not sent yet
    plan.stop_drawing(agreed)
    town.send()
    follow(town)
    assert drawn(town) == []
    assert left(agreed) == [2, 3]
    agreed.refresh_from_db()
    assert (agreed.card_agreement, agreed.masked_card) == ("", "")


def refuse_the_draw(town, sandbox, agreed: Plan) -> Outgoing:
    """Let the provider refuse to draw the second instalment: the key of ours is no good."""
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "status:401", path=DRAWS)
    draw.follow(now=town.at)
    town.send()
    town.outside_is_back()
    return Outgoing.objects.get(kind=Outgoing.Kind.DRAW_INSTALMENT)


def test_what_was_refused_is_told_and_never_drawn_by_trying_again(town, sandbox):
    agreed = agree_and_pay_first(town)
    row = refuse_the_draw(town, sandbox, agreed)
    assert row.state == Outgoing.State.DEAD
    assert Letter.objects.filter(subject=NOT_DRAWN).count() == 1
    Outgoing.objects.filter(id=row.id).update(state=Outgoing.State.WAITING, next_try=town.at)
    town.send()
    assert drawn(town) == []
    assert left(agreed) == [2, 3]
    town.pass_days(3)
    follow(town)
    assert drawn(town) == [34_000], "it is tried again on its day, like what a card declines"


@pytest.mark.parametrize("how", ["stopped", "paid"])
def test_what_may_have_been_drawn_is_not_asked_for_when_it_is_not_wanted_any_more(
    town, sandbox, how
):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    sandbox.fault("nexi", "status:503", path=DRAWS)
    draw.follow(now=town.at)
    town.send()
    town.outside_is_back()
    if how == "stopped":
        plan.stop_drawing(agreed)
    else:
        with recording():
            claims.book_bank_payment(
                progress_of(agreed).charges[0], Money(34_000), reference="bank-1", paid=town.at,
                now=town.at,
            )  # fmt: skip
    town.at += timedelta(hours=1)
    town.send()
    assert drawn(town) == []
    row = Outgoing.objects.get(kind=Outgoing.Kind.DRAW_INSTALMENT)
    assert row.state == Outgoing.State.DEAD, "a person looks whether it was drawn the first time"


def test_who_is_paying_it_themselves_is_not_drawn_for(town):
    agreed = agree_and_pay_first(town)
    come_to(town, agreed, 2)
    plan.choose_next(agreed.party, agreed, now=town.at)
    order = begin(town, agreed.party)
    draw.follow(now=town.at)
    assert not Order.objects.filter(instalment__isnull=False).exists()
    pay_by(order.payment.page_url, VISA)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)
    follow(town)
    assert left(agreed) == [3]
    assert drawn(town) == []


# What somebody agrees to who lets the card pay the following ones


def agree(town, slug: str = "anna") -> Plan:
    payer = party(slug)
    proposal = plan.propose(payer, 3, now=town.at)
    return plan.agree(town.outside, payer, 3, agreed=proposal.agreement, language="da", now=town.at)


def pay_as_agreed(town, order: Order) -> None:
    pay_by(order.payment.page_url, VISA)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)


def test_that_the_card_pays_the_following_ones_is_part_of_what_is_agreed_to(town):
    """It was asked for, or taken back, in another tab while the summary was shown."""
    agreed = agree(town)
    payer = agreed.party
    for remember in (True, False):
        plan.choose_next(payer, agreed, remember=not remember, now=town.at)
        shown = shown_to(payer)
        plan.choose_next(payer, agreed, remember=remember, now=town.at)
        with pytest.raises(checkout.Changed):
            begin(town, payer, shown)
    assert not Order.objects.exists()


def test_a_consent_ends_with_the_payment_it_was_given_for(town):
    agreed = agree(town)
    plan.choose_next(agreed.party, agreed, remember=True, now=town.at)
    order = begin(town, agreed.party)
    assert order.plan == agreed
    checkout.cancel(town.outside, order, now=town.at)
    assert checkout.charges_in_basket(agreed.party), "the instalment is given back"
    assert checkout.remembers(agreed.party) is None
    again = begin(town, agreed.party)
    assert again.plan is None
    pay_as_agreed(town, again)
    agreed.refresh_from_db()
    assert not agreed.card_agreement


def test_a_consent_is_for_the_plan_it_was_given_for_and_no_other(town):
    first = agree(town)
    plan.choose_next(first.party, first, remember=True, now=town.at)
    town.pass_days(60)
    plan.follow(now=town.at)
    first.refresh_from_db()
    assert first.stands is law.State.BROKEN
    other = Plan.objects.create(number=900_001, party=first.party, language="da", agreed=town.at)
    assert plan.current(first.party) == other
    assert checkout.charges_in_basket(first.party)
    assert checkout.remembers(first.party) is None


def test_a_consent_ends_when_any_of_the_instalment_leaves_the_basket(town):
    agreed = agree(town)
    payer = agreed.party
    plan.choose_next(payer, agreed, remember=True, now=town.at)
    (one, *_) = checkout.charges_in_basket(payer)
    (other, *_) = [each for each in progress_of(agreed).charges if each.id != one.id]
    checkout.choose_instalment(
        payer, [(one, Money(10_000)), (other, Money(10_000))], remember=agreed, now=town.at
    )
    assert checkout.remembers(payer) == agreed
    checkout.put_away(payer, one.id)
    assert checkout.charges_in_basket(payer) == [other]
    assert checkout.remembers(payer) is None
    checkout.choose_instalment(
        payer, [(one, Money(10_000)), (other, Money(10_000))], remember=agreed, now=town.at
    )
    checkout.choose(payer, one, now=town.at)
    assert checkout.remembers(payer) is None, "all of one charge is not that instalment"


def test_who_stops_the_drawing_takes_back_what_lies_in_the_basket(town):
    agreed = agree(town)
    plan.choose_next(agreed.party, agreed, remember=True, now=town.at)
    plan.stop_drawing(agreed)
    assert checkout.remembers(agreed.party) is None
