"""Quota and price: what holds for any holdings and any vehicle, and that no price is guessed."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.situations import (
    LIMITS,
    PAID_AREA,
    PRICE_LIST,
    START,
    TERMS,
    holding,
    vehicle,
)

from parking.law import price, quota
from parking.law.days import Period
from parking.law.facts import Drive, Holding, Norm, VehicleKind
from parking.law.money import NOTHING, Money, kroner
from parking.law.permits import resident

days = st.dates(date(2024, 1, 1), date(2028, 1, 1))
lengths = st.integers(1, 400)
wanted = st.builds(lambda start, n: Period(start, start + timedelta(days=n)), days, lengths)
holdings = st.lists(
    st.builds(
        lambda first, n, product: holding(first, first + timedelta(days=n), product=product),
        days,
        lengths,
        st.sampled_from([*sorted(resident.PRODUCTS), "guest-permit"]),
    ),
    max_size=6,
)

#: From the best tier to the dearest.
ORDER = ("zero", "a", "b", "c")


def left(held: list[Holding], allowed: int, during: Period) -> int:
    return quota.left(resident.PRODUCTS, held, allowed, during=during)


@given(holdings, st.integers(0, 4), wanted)
def test_what_is_left_lies_between_nothing_and_what_is_allowed(
    held: list[Holding], allowed: int, during: Period
) -> None:
    assert 0 <= left(held, allowed, during) <= allowed


@given(holdings, st.integers(1, 4), wanted)
def test_whoever_buys_has_one_less(held: list[Holding], allowed: int, during: Period) -> None:
    before = left(held, allowed, during)
    bought = holding(during.start, during.end or date.max)
    if before:
        assert left([*held, bought], allowed, during) == before - 1
    else:
        assert left([*held, bought], allowed, during) == 0


@given(holdings, holdings, st.integers(0, 4), wanted)
def test_holding_more_never_leaves_more(
    held: list[Holding], more: list[Holding], allowed: int, during: Period
) -> None:
    assert left(held + more, allowed, during) <= left(held, allowed, during)


@given(holdings, wanted)
def test_permits_of_other_products_leave_the_quota_alone(
    held: list[Holding], during: Period
) -> None:
    others = [dataclasses.replace(each, product="guest-permit") for each in held]
    assert left(others, 1, during) == 1


@given(holdings, wanted)
def test_whoever_keeps_to_the_quota_never_holds_more_on_any_day(
    held: list[Holding], during: Period
) -> None:
    if left(held, 1, during):
        counted = [each for each in held if each.product in resident.PRODUCTS]
        first = during.start
        assert during.end is not None
        for day in range((during.end - first).days):
            assert not any(first + timedelta(days=day) in each.period for each in counted)


@given(st.lists(wanted, max_size=7))
def test_no_two_that_share_a_day_have_the_same_place_and_none_is_wasted(held: list[Period]) -> None:
    places = quota.places(held)
    pairs = list(itertools.combinations(zip(held, places, strict=True), 2))
    assert not any(one.overlaps(other) and a == b for (one, a), (other, b) in pairs)
    ever = Period(date.min)
    assert max(places, default=0) == quota.at_once(held, during=ever)


@given(st.lists(wanted, max_size=7), st.sampled_from([1, 2]), wanted)
def test_whenever_the_rule_leaves_one_there_is_a_place_for_it(
    held: list[Period], allowed: int, new: Period
) -> None:
    if quota.at_once(held, during=new) < allowed:
        assert quota.places([new, *held])[0] <= allowed


def test_a_permit_and_the_one_that_renews_it_are_one() -> None:
    first = holding(date(2026, 1, 1), date(2027, 1, 1))
    renewed = holding(date(2027, 1, 1), date(2028, 1, 1))
    during = Period(date(2026, 12, 1), date(2027, 12, 1))
    assert left([first, renewed], 2, during) == 1
    assert left([first, renewed], 1, during) == 0


@given(holdings, wanted)
def test_a_vehicle_is_free_when_no_permit_shares_a_day(held: list[Holding], during: Period) -> None:
    in_the_way = [each for each in held if each.period.overlaps(during)]
    assert quota.free_from(held, during=during) == (not in_the_way)


@given(st.sampled_from(sorted(LIMITS, key=str)), st.integers(1, 600), st.integers(0, 200))
def test_whoever_drives_further_on_the_litre_never_pays_more(
    measured: tuple[Drive, Norm], tenths: int, better: int
) -> None:
    fuel, norm = measured
    tiers = [
        price.tier(
            vehicle(drive=fuel, fuel=fuel, norm=norm, km_per_litre_tenths=figure), TERMS.thresholds
        ).code
        for figure in (tenths, tenths + better)
    ]
    assert ORDER.index(tiers[1]) <= ORDER.index(tiers[0])


@pytest.mark.parametrize(("measured", "limits"), LIMITS.items(), ids=str)
def test_a_limit_belongs_to_the_better_tier(
    measured: tuple[Drive, Norm], limits: tuple[int, int]
) -> None:
    fuel, norm = measured

    def tier(tenths: int) -> str:
        measured_so = vehicle(drive=fuel, fuel=fuel, norm=norm, km_per_litre_tenths=tenths)
        return price.tier(measured_so, TERMS.thresholds).code

    at_a, at_b = limits
    assert [tier(at_b - 1), tier(at_b)] == ["c", "b"]
    assert [tier(at_a - 1), tier(at_a)] == ["b", "a"]


def test_a_tier_says_why_and_by_which_limit() -> None:
    tier = price.tier(vehicle(km_per_litre_tenths=182), TERMS.thresholds)
    assert tier.why == "consumption"
    assert tier.threshold is not None
    assert (tier.threshold.tier, tier.threshold.at_least_tenths) == ("a", 182)


@given(
    kind=st.sampled_from([VehicleKind.CAR, VehicleKind.VAN, VehicleKind.MOTORCYCLE]),
    drive=st.sampled_from(Drive),
    fuel=st.none() | st.sampled_from(Drive),
    km_per_litre_tenths=st.none() | st.integers(0, 999),
    norm=st.none() | st.sampled_from(Norm),
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_every_vehicle_has_exactly_one_price(start: date, **facts: object) -> None:
    tier = resident.tier(vehicle(**facts), PAID_AREA, TERMS)
    quote = price.quote(PRICE_LIST, product=resident.PAID, tier=tier, on=start)
    assert quote.price == quote.fare.price
    assert start in quote.fare.in_force
    assert quote.fare.tier == tier.code


def test_a_price_list_that_says_nothing_gives_no_price() -> None:
    with pytest.raises(price.NoFare, match="0 fares for resident-permit, tier c, on 2028-01-01"):
        price.quote(
            PRICE_LIST, product=resident.PAID, tier=price.Tier("c", ""), on=date(2028, 1, 1)
        )


def test_a_price_list_that_says_two_things_gives_no_price() -> None:
    twice = price.Fare(
        product=resident.PAID, item_number="X", tier="c", price=kroner(1), in_force=Period(START)
    )
    with pytest.raises(price.NoFare, match="2 fares"):
        price.quote((*PRICE_LIST, twice), product=resident.PAID, tier=price.Tier("c", ""), on=START)


YEAR = Period(date(2026, 3, 1), date(2027, 3, 1))


@pytest.mark.parametrize(
    ("ended", "back"),
    [
        (date(2026, 2, 28), kroner(1200)),  # it has not begun
        (date(2026, 3, 1), kroner(1100)),
        (date(2026, 3, 31), kroner(1100)),
        (date(2026, 4, 1), kroner(1000)),
        (date(2027, 1, 1), NOTHING),  # one month has not begun, and 100 kr. is too little
        (date(2027, 2, 28), NOTHING),
    ],
)
def test_the_whole_months_that_have_not_begun_are_paid_back(ended: date, back: Money) -> None:
    assert price.refund(kroner(1200), YEAR, ended=ended, terms=TERMS) == back


def test_less_than_the_smallest_refund_is_paid_back_only_of_what_has_not_begun() -> None:
    assert price.refund(kroner(150), YEAR, ended=date(2026, 2, 28), terms=TERMS) == kroner(150)
    assert price.refund(kroner(150), YEAR, ended=date(2026, 3, 1), terms=TERMS) == NOTHING


def test_where_the_terms_pay_nothing_back_nothing_is() -> None:
    none = dataclasses.replace(TERMS, refunds=False)
    assert price.refund(kroner(1200), YEAR, ended=date(2026, 3, 1), terms=none) == NOTHING


@given(
    st.integers(0, 1_000_000),
    st.dates(date(2025, 1, 1), date(2040, 1, 1)),
    st.integers(-10, 365),
    st.integers(0, 365),
)
def test_whoever_ends_a_permit_later_never_gets_more_back_nor_more_than_was_paid(
    paid: int, start: date, days: int, later: int
) -> None:
    period, ended = resident.period_from(start, TERMS), start + timedelta(days=days)
    first, second = (
        price.refund(Money(paid), period, ended=each, terms=TERMS).ore
        for each in (ended, ended + timedelta(days=later))
    )
    assert paid >= first >= second >= 0
