"""F38-F47: registers, rules, quota and days."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError

from faults import scenes
from faults.drill import at_once
from faults.invariants import violations
from parking.actions import apply, checkout, zones
from parking.law.days import Period, danish_day
from parking.law.reasoning import Answer
from parking.law.zones import Category
from parking.ports import Unavailable
from parking.records.application import Application, Decision
from parking.records.audit import Incident
from parking.records.order import Order
from parking.records.permit import Permit
from parking.records.ranges import as_period, as_range
from parking.records.tariff import FareLine, TermsVersion
from parking.records.zone import ZoneShape, ZoneVersion
from town import ask, fill_basket, now, party

WIRE = ("status:500", "status:429", "drop", "garbage", "truncated")
TLS = ("expired-certificate", "foreign-certificate")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def test_f38_two_tabs_race_for_the_last_permit_of_a_person(drill):
    first, second = ask(drill.outside, "peter"), ask(drill.outside, "peter", "ZH10008")
    holder, today = party("peter"), danish_day(now())
    choose = [
        lambda each=each: apply.choose_start(holder, each, today, now=now())
        for each in (first, second)
    ]
    at_once(*choose)
    assert len(checkout.basket(holder)) <= 1
    at_once(lambda: drill.begin("peter"), lambda: drill.begin("peter"))
    drill.quiesce()
    assert Permit.objects.holding().count() <= 1
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f39_two_people_race_for_the_permit_of_one_vehicle(drill):
    scenes.two_buy_for_one_vehicle(drill)
    assert Permit.objects.holding().count() == 1
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f40_whoever_moves_away_before_paying_is_sold_nothing(drill):
    fill_basket(drill.outside, "anna")

    class Moved:
        def __init__(self, register):
            self.register = register

        def person(self, **asked):
            known = self.register.person(**asked)
            return replace(known, home=replace(known.home, municipality="0147"))

    moved = replace(drill.outside, persons=Moved(drill.outside.persons))
    with pytest.raises(checkout.Changed):
        drill.begin("anna", outside=moved)
    assert not Order.objects.exists()
    assert Application.objects.get().answer is Answer.NO
    assert violations(drill.truth, now()) == {}


def test_f40_what_lay_in_the_basket_for_days_is_asked_for_again(drill):
    scenes.two_days_in_the_basket(drill)
    assert Permit.objects.holding().exists()
    assert violations(drill.truth, now(), at_rest=False) == {}


@pytest.mark.parametrize(
    ("system", "faults"),
    [
        ("cpr", (*WIRE, *TLS)),
        ("dmr", (*WIRE, *TLS)),
        ("addresses", WIRE),
        ("businesscentral", WIRE),
    ],
)
def test_f41_f43_a_register_that_does_not_answer_lets_nobody_through(drill, system, faults):
    for fault in faults:
        drill.fault(system, fault)
        application = ask(drill.outside, "anna")
        assert application.answer is Answer.OPEN, fault
        assert application.ask_again_at is not None, fault
        drill.heal()
    apply.ask_again(drill.outside, application, now=now() + timedelta(hours=1))
    application.refresh_from_db()
    assert application.answer is Answer.YES


@pytest.mark.parametrize("system", ["cpr", "dmr", "addresses", "businesscentral"])
def test_f41_a_register_that_is_gone_when_payment_begins_sells_nothing(drill, system):
    fill_basket(drill.outside, "anna")
    drill.fault(system, "drop")
    with pytest.raises(checkout.Changed):
        drill.begin("anna")
    assert not Order.objects.exists()
    assert not Permit.objects.exists()
    drill.heal()
    apply.ask_again(drill.outside, Application.objects.get(), now=now() + timedelta(hours=1))
    assert Application.objects.get().answer is Answer.YES


def test_f43_an_answer_about_a_vehicle_that_cannot_be_trusted_lets_nobody_through(drill):
    for fault in ("unsigned", "tampered", "wrapped", "signed-by-another", "old"):
        drill.fault("dmr", fault)
        assert ask(drill.outside, "anna").answer is Answer.OPEN, fault
        drill.heal()


def test_f44_while_a_register_is_slow_no_transaction_waits(drill):
    assert scenes.transactions_that_wait_for_a_slow_register(drill) == []
    assert Order.objects.count() == 1
    assert violations(drill.truth, now(), at_rest=False) == {}


def test_f44_while_one_waits_for_a_register_others_buy(drill):
    fill_basket(drill.outside, "anna")
    fill_basket(drill.outside, "dan")
    drill.fault("dmr", "slow:2", count=1)
    ended = {}

    def buy(slug, wait):
        time.sleep(wait)
        order = drill.begin(slug)
        ended[slug] = time.monotonic()
        return order

    orders = at_once(lambda: buy("anna", 0), lambda: buy("dan", 0.4))
    assert all(isinstance(order, Order) for order in orders)
    assert ended["dan"] < ended["anna"]


def test_f45_a_map_that_does_not_come_whole_leaves_the_old_one(drill):
    before = list(ZoneShape.objects.values_list("id", flat=True))
    for fault in ("exception", "short-page", "changed-meanwhile", *WIRE):
        drill.fault("wfs", fault)
        with pytest.raises(Unavailable):
            zones.fetch_zones(drill.outside, now=now())
        drill.heal()
    assert list(ZoneShape.objects.values_list("id", flat=True)) == before
    assert ask(drill.outside, "anna").zone == "VB"


def test_f45_a_map_that_has_lost_its_home_areas_is_set_aside_and_told(drill):
    layer = drill.outside.zones.layer(now=now())
    rest = tuple(f for f in layer.features if f.category is not Category.HOME_AREA)

    class Poorer:
        def layer(self, *, now):
            return replace(layer, features=rest)

    fetched = zones.fetch_zones(replace(drill.outside, zones=Poorer()), now=now())
    assert fetched.new == 0
    assert fetched.set_aside
    assert Incident.objects.filter(what="map set aside").exists()
    assert ZoneVersion.objects.count() == 1
    assert ask(drill.outside, "anna").zone == "VB"


def test_f46_terms_that_change_while_one_buys_decide_anew_and_are_named(drill):
    application = fill_basket(drill.outside, "anna")
    terms = TermsVersion.objects.filter(product="resident-permit").get(in_force__contains=now())
    today = danish_day(now())
    lasts = as_period(terms.in_force)
    terms.in_force = as_range(Period(lasts.start, today))
    terms.save()
    terms.pk, terms.in_force, terms.heaviest_vehicle_kg = None, as_range(Period(today)), 1
    terms.save(force_insert=True)
    with pytest.raises(checkout.Changed):
        drill.begin("anna")
    named = [each.versions["terms"] for each in application.decisions.order_by("id")]
    assert named == [lasts.start.isoformat()] * 2 + [today.isoformat()]
    assert Decision.objects.order_by("-id")[0].answer == "no"


def at(day, clock):
    """A moment by Danish clocks."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=COPENHAGEN).astimezone(UTC)


DAYS = [
    (at("2026-12-31", "23:59:59"), date(2026, 12, 31), date(2027, 12, 31)),
    (at("2027-01-01", "00:00:00"), date(2027, 1, 1), date(2028, 1, 1)),
    (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1), date(2028, 1, 1)),
    (at("2028-02-29", "12:00:00"), date(2028, 2, 29), date(2029, 2, 28)),
    (at("2027-02-28", "12:00:00"), date(2027, 2, 28), date(2028, 2, 28)),
    (at("2028-02-28", "23:59:59"), date(2028, 2, 28), date(2029, 2, 28)),
    (at("2027-03-28", "03:30:00"), date(2027, 3, 28), date(2028, 3, 28)),
    (at("2027-10-31", "02:30:00"), date(2027, 10, 31), date(2028, 10, 31)),
    (datetime(2027, 6, 30, 21, 59, 59, tzinfo=UTC), date(2027, 6, 30), date(2028, 6, 30)),
    (datetime(2027, 6, 30, 22, 0, 0, tzinfo=UTC), date(2027, 7, 1), date(2028, 7, 1)),
]


def test_f47_a_permit_lasts_from_its_danish_day_to_the_same_day(drill):
    application = ask(drill.outside, "anna")
    for moment, start, end in DAYS:
        chosen = apply.choose_start(party("anna"), application, start, now=moment)
        assert chosen.answer is Answer.YES, moment
        assert as_period(chosen.period) == Period(start, end), moment
        with pytest.raises(apply.NotAllowedToStart):
            apply.choose_start(party("anna"), application, start - timedelta(days=1), now=moment)


def test_f47_the_next_permit_begins_where_the_last_one_ended(drill):
    order = drill.order("anna")
    permit = Permit.objects.get()
    following = Permit.objects.get()
    following.pk, following.number, following._state.adding = None, "P-next", True
    following.period = as_range(Period(permit.days.end, permit.days.end + timedelta(days=365)))
    following.save(force_insert=True)
    assert not permit.days.overlaps(following.days)
    assert permit.days.end in following.days
    following.pk, following.number, following._state.adding = None, "P-early", True
    following.period = as_range(Period(permit.last_day, permit.last_day + timedelta(days=9)))
    following.slot = 2  # a free place in the quota, so that nothing but the vehicle is in the way
    with pytest.raises(IntegrityError, match="permit_one_per_vehicle"):
        following.save(force_insert=True)
    assert order.lines.count() == 1


def test_f47_the_fare_is_that_of_the_start_day_over_new_year(drill):
    moment = at("2026-12-31", "12:00:00")
    application = ask(drill.outside, "anna")
    found = apply.offers(application, now=moment)
    assert [offer.starts.start for offer in found] == [date(2026, 12, 31), date(2027, 1, 1)]
    prices = {
        fare.in_force.lower.year: fare.price_ore
        for fare in FareLine.objects.filter(
            tier=found[0].quote.tier.code, product="resident-permit"
        )
    }
    assert [offer.quote.price.ore for offer in found] == [prices[2026], prices[2027]]
