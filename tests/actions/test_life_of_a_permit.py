"""A permit is renewed, reminded of and ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from parking.actions import carry, checkout, limit, login, permit, prices, remind, send
from parking.law import application as application_law
from parking.law import order as order_law
from parking.law import permit as permit_law
from parking.law.days import danish_day
from parking.law.facts import Registration
from parking.law.money import NOTHING, Money
from parking.law.plates import Plate
from parking.records.application import Application
from parking.records.audit import Incident
from parking.records.order import Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.reminder import Reminder
from town import ask, begin, fill_basket, now, order, party, pay


def granted(outside, slug="anna"):
    bought = order(outside, slug)
    if bought.total_ore:
        pay(bought.payment.page_url)
        checkout.settle(outside, bought.payment.payment_id, now=now())
    return Permit.objects.active().get(party=party(slug))


def ends_in(days, held):
    """Let the permit have been bought so long ago that its last day is in *days* days."""
    end = danish_day(now()) + timedelta(days=days + 1)
    held.period = as_range(permit.Period(end - timedelta(days=365), end))
    held.save()
    return held


def test_one_click_renews_from_the_day_the_old_one_ends(stocked):
    held = ends_in(20, granted(stocked))
    application = permit.renew(stocked, party("anna"), held, now=now())
    assert application.stands is application_law.State.IN_BASKET
    assert application.period.lower == held.days.end
    assert application.changes == []
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    assert Permit.objects.active().count() == 2
    assert not permit.renewable(held, now=now())


@pytest.mark.parametrize(("days", "may"), [(31, False), (30, True), (0, True), (-1, False)])
def test_the_window_opens_thirty_days_before_the_last_day(stocked, days, may):
    held = ends_in(days, granted(stocked))
    assert permit.renewable(held, now=now()) is may
    if not may:
        with pytest.raises(permit.NotYetRenewable):
            permit.renew(stocked, party("anna"), held, now=now())


def test_a_renewal_says_what_has_changed(stocked):
    held = ends_in(20, granted(stocked))
    decision = held.application.decisions.latest("id")
    told = dict(decision.facts, gross_weight_kg=1234)
    held.application.decisions.create(
        decided=held.reserved,
        occasion="payment began",
        answer=decision.answer,
        finding=decision.finding,
        facts=told,
        versions=decision.versions,
    )
    application = permit.renew(stocked, party("anna"), held, now=now())
    assert application.changes == ["gross_weight_kg"]


def test_renewing_asks_the_registers_anew(stocked, sandbox):
    held = ends_in(20, granted(stocked))
    sandbox.fault("dmr", "drop")
    application = permit.renew(stocked, party("anna"), held, now=now())
    assert application.stands is application_law.State.WAITING
    assert Application.objects.filter(renews=held).count() == 1


def test_a_permit_that_is_ended_pays_back_the_months_that_have_not_begun(stocked, work):
    held = granted(stocked)
    price = held.line.price_ore
    back = permit.end(held, because="the party asked", now=now())
    assert back == Money(price * 11 // 12)
    held.refresh_from_db()
    assert held.stands is permit_law.State.ENDED
    assert held.is_valid_on(danish_day(now()))
    assert not held.is_valid_on(danish_day(now()) + timedelta(days=1))
    work()
    refund = Refund.objects.get()
    assert refund.done
    assert held.line.order.stands is order_law.State.DELIVERED
    truth = stocked.payments.payment(held.line.order.payment.payment_id)
    assert truth.refunded == back
    assert set(Outgoing.objects.values_list("state", flat=True)) == {Outgoing.State.DONE}


def test_the_credit_never_overtakes_the_order(stocked):
    held = granted(stocked)
    permit.end(held, because="the party asked", now=now())
    credit = Outgoing.objects.get(kind=Outgoing.Kind.CREDIT_ORDER)
    assert send.send(stocked, credit.id, carriers=carry.CARRIERS, now=now()) is None


def test_no_credit_is_booked_for_money_that_was_not_paid_back(stocked, sandbox):
    held = granted(stocked)
    permit.end(held, because="the party asked", now=now())
    credit = Outgoing.objects.get(kind=Outgoing.Kind.CREDIT_ORDER)
    Outgoing.objects.filter(kind=Outgoing.Kind.BOOK_ORDER).update(state=Outgoing.State.DONE)
    Outgoing.objects.filter(kind=Outgoing.Kind.REFUND).update(state=Outgoing.State.DEAD)
    state = send.send(stocked, credit.id, carriers=carry.CARRIERS, now=now())
    assert state is Outgoing.State.WAITING


def test_the_accounts_are_told_of_the_last_day_on_which_it_is_valid(stocked, work):
    held = granted(stocked)
    permit.end(held, because="the party asked", now=now())
    work()
    today = danish_day(now())
    (told,) = stocked.accounts.permits(plate=Plate(held.plate), since=today)
    assert (told.period.last_day, told.active) == (today, True)
    assert stocked.accounts.permits(plate=Plate(held.plate), since=today + timedelta(days=1)) == ()


def test_one_that_is_ended_before_it_begins_was_never_valid(stocked, work):
    fill_basket(stocked, "anna", start=danish_day(now()) + timedelta(days=5))
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    held = Permit.objects.active().get()
    permit.end(held, because="the party asked", now=now())
    work()
    told = stocked.accounts.permits(plate=Plate(held.plate), since=danish_day(now()))
    assert [each for each in told if each.active] == []


def test_ending_gives_the_vehicle_and_the_quota_free(stocked):
    permit.end(granted(stocked), because="the party asked", now=now())
    assert fill_basket(stocked, "anna").stands is application_law.State.IN_BASKET


def test_ending_twice_pays_back_once(stocked):
    held = granted(stocked)
    permit.end(held, because="the party asked", now=now())
    with pytest.raises(Exception, match="end from ended"):
        permit.end(held, because="the party asked", now=now())
    assert Refund.objects.count() == 1


def test_a_permit_that_has_not_begun_is_paid_back_whole(stocked):
    fill_basket(stocked, "anna", start=danish_day(now()) + timedelta(days=5))
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    held = Permit.objects.active().get()
    assert permit.end(held, because="the party asked", now=now()) == held.line.price
    held.refresh_from_db()
    assert not held.is_valid_on(held.days.start)


def test_nothing_is_paid_back_for_a_free_permit(stocked):
    assert permit.end(granted(stocked, "dan"), because="the party asked", now=now()) == NOTHING
    assert not Refund.objects.exists()


@pytest.mark.parametrize("days", [30, 7, 1])
def test_one_is_reminded_once_at_each_time(stocked, work, days):
    ends_in(days, granted(stocked))
    assert remind.remind(now=now()) == 1
    assert remind.remind(now=now()) == 0
    work()
    assert Reminder.objects.get().sent
    assert remind.tally(since=danish_day(now())) == remind.Tally(due=1, sent=1, failed=0)


def test_a_day_on_which_nobody_looked_is_made_good_and_told(stocked):
    held = ends_in(8, granted(stocked))
    remind.remind(now=now())
    assert Reminder.objects.get(permit=held).days_before == 30
    assert remind.remind(now=now() + timedelta(days=3)) == 1
    assert Reminder.objects.filter(permit=held, days_before=7).exists()
    assert Incident.objects.filter(what="nobody looked for permits that end").exists()


def test_a_permit_that_cannot_be_looked_at_keeps_nobody_from_being_reminded(stocked, monkeypatch):
    broken, other = ends_in(7, granted(stocked)), ends_in(7, granted(stocked, "bo"))
    follows = permit.follows

    def looked_at(held):
        if held.id == broken.id:
            raise ValueError("nobody foresaw this")
        return follows(held)

    monkeypatch.setattr(permit, "follows", looked_at)
    assert remind.remind(now=now()) == 1
    assert Reminder.objects.get().permit == other


def test_who_has_renewed_is_not_reminded(stocked):
    held = ends_in(7, granted(stocked))
    permit.renew(stocked, party("anna"), held, now=now())
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    assert remind.remind(now=now()) == 0


def test_who_has_renewed_for_one_vehicle_is_reminded_of_the_other(stocked):
    held = ends_in(7, granted(stocked))
    permit.renew(stocked, party("anna"), held, now=now())
    bought = begin(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    Permit.objects.filter(id=held.id).update(plate="ZA10099")
    held.refresh_from_db()
    assert permit.renewable(held, now=now())
    assert remind.remind(now=now()) == 1


def test_a_mail_that_is_refused_sends_no_letter_again(stocked):
    login.set_email(party("anna"), "anna@borger.example")
    ends_in(7, granted(stocked))
    remind.remind(now=now())
    reminded = Outgoing.objects.get(kind=Outgoing.Kind.SEND_REMINDER)
    state = send.send(stocked, reminded.id, carriers=carry.CARRIERS, now=now())
    assert state is Outgoing.State.DONE
    assert Reminder.objects.get().sent
    assert Outgoing.objects.filter(key__startswith="mail reminder").count() == 1


def test_a_reminder_that_is_refused_is_counted_and_no_alarm_each_day(stocked, sandbox):
    ends_in(7, granted(stocked))
    remind.remind(now=now())
    sandbox.fault("digitalpost", "status:400", path="/service/KombiPostAfsend_1")
    reminded = Outgoing.objects.get(kind=Outgoing.Kind.SEND_REMINDER)
    state = send.send(stocked, reminded.id, carriers=carry.CARRIERS, now=now())
    assert state is Outgoing.State.DEAD
    assert remind.tally(since=danish_day(now())).failed == 1


def test_a_reminder_that_cannot_be_delivered_is_counted(stocked, work):
    ends_in(7, granted(stocked, "villy"))
    remind.remind(now=now())
    work()
    assert remind.tally(since=date(2026, 1, 1)).failed == 1


def test_a_reminder_that_has_not_gone_is_an_alarm(stocked):
    ends_in(7, granted(stocked))
    remind.remind(now=now())
    remind.remind(now=now() + timedelta(days=1))
    remind.check(now=now() + timedelta(days=1))
    assert Incident.objects.filter(what="1 reminders have not gone").exists()


def test_anybody_may_ask_what_a_permit_costs_for_a_plate(stocked):
    answer = prices.for_plate(stocked, Plate("ZA10001"), asker="1.2.3.4", now=now())
    assert [price.quote.price.ore for price in answer.prices] == [131000, 0]
    unknown = prices.for_plate(stocked, Plate("XX99999"), asker="1.2.3.4", now=now())
    assert unknown.vehicle.registration is Registration.NOT_FOUND
    assert unknown.prices == ()


def test_nobody_reads_out_the_vehicle_register(transactional_db):
    for _ in range(20):
        limit.take("prices 1.2.3.4", most=20, per=timedelta(minutes=10), now=now())
    with pytest.raises(limit.TooOften) as often:
        limit.take("prices 1.2.3.4", most=20, per=timedelta(minutes=10), now=now())
    assert timedelta() < often.value.wait <= timedelta(seconds=30)
    limit.take("prices 5.6.7.8", most=20, per=timedelta(minutes=10), now=now())


def test_an_answer_that_was_asked_for_before_is_the_same_application(stocked):
    first = ask(stocked, "anna")
    assert ask(stocked, "anna").id == first.id
