"""Standing: where a permit is valid, and what is told of a spot."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.spots import (
    AFTER_HOURS,
    AN,
    EVENING,
    FREDERIKSBERG,
    GAP,
    GARAGE,
    HK,
    IN,
    JAGTVEJ,
    KOEDBYEN,
    NOON,
    NORDVEST,
    NV,
    OUTSIDE,
    VB,
    VESTERBRO,
    YN,
    answer,
    permit,
)

from parking.law import hours, standing
from parking.law.days import DENMARK, NotInForce
from parking.law.facts import FROM_ADDRESSES, Supplier
from parking.law.hours import Holidays
from parking.law.money import kroner
from parking.law.reasoning import Answer
from parking.law.standing import FlexZone, Garage, Ground, Spot, Valid, Why
from parking.law.zones import Colour, ZoneCode

REGULATION = Path(__file__).parents[2] / "docs" / "regulation" / "standing.md"


def ask(spot: Spot, zone: ZoneCode, at: datetime = NOON) -> Answer:
    return standing.ask(spot, permit(zone), at, after_hours=AFTER_HOURS).answer


@pytest.mark.parametrize(
    ("spot", "zone", "at", "expected"),
    [
        (VESTERBRO, VB, NOON, Answer.YES),
        (VESTERBRO, YN, NOON, Answer.NO),
        (NORDVEST, NV, NOON, Answer.YES),
        # A flex zone lets in those it names, and nobody else.
        (JAGTVEJ, YN, NOON, Answer.YES),
        (JAGTVEJ, IN, NOON, Answer.YES),
        (JAGTVEJ, VB, NOON, Answer.NO),
        # Vesterbro in Den Hvide Kødby: by the hour.
        (KOEDBYEN, HK, NOON, Answer.YES),
        (KOEDBYEN, VB, NOON, Answer.NO),
        (KOEDBYEN, VB, EVENING, Answer.YES),
        (KOEDBYEN, YN, EVENING, Answer.NO),
        (VESTERBRO, HK, EVENING, Answer.NO),
        # A garage.
        (GARAGE, AN, NOON, Answer.YES),
        (GARAGE, VB, NOON, Answer.NO),
        # No scheme, another municipality, a gap in the map.
        (OUTSIDE, VB, NOON, Answer.NO),
        (FREDERIKSBERG, VB, NOON, Answer.NO),
        (GAP, VB, NOON, Answer.OPEN),
    ],
)
def test_a_permit_is_valid_where_the_regulation_says(spot, zone, at, expected) -> None:
    assert ask(spot, zone, at) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 5, 31, 23, 59, tzinfo=DENMARK), Answer.NO),
        (datetime(2026, 6, 1, 0, 0, tzinfo=DENMARK), Answer.YES),
        (datetime(2027, 5, 31, 23, 59, tzinfo=DENMARK), Answer.YES),
        (datetime(2027, 6, 1, 0, 0, tzinfo=DENMARK), Answer.NO),
    ],
)
def test_the_danish_day_decides_whether_a_permit_is_valid(at, expected) -> None:
    assert ask(VESTERBRO, VB, at) is expected


def test_without_a_permit_the_answer_is_no_everywhere() -> None:
    for spot in (VESTERBRO, JAGTVEJ, KOEDBYEN, GARAGE, OUTSIDE, FREDERIKSBERG, GAP):
        finding = standing.ask(spot, None, NOON)
        assert finding.answer is Answer.NO
        assert next(reason.rule for reason in finding.reasons()) == "permit_is_valid_on_the_day"


def test_a_private_common_road_is_no_place_for_a_permit_but_a_garage_on_it_is() -> None:
    assert ask(replace(VESTERBRO, private_common_road=True), VB) is Answer.NO
    assert ask(replace(GARAGE, private_common_road=True), AN) is Answer.YES


def test_what_nobody_knows_of_the_road_stays_open_where_the_rest_says_yes() -> None:
    unknown = replace(VESTERBRO, private_common_road=FROM_ADDRESSES)
    finding = standing.ask(unknown, permit(VB), NOON)
    assert finding.answer is Answer.OPEN
    assert finding.awaited() == (Supplier.ADDRESS_REGISTER,)
    assert ask(unknown, YN) is Answer.NO


def test_before_the_first_rule_nothing_is_said() -> None:
    with pytest.raises(NotInForce):
        ask(VESTERBRO, VB, datetime(2024, 12, 31, 12, tzinfo=DENMARK))


def test_every_citation_stands_in_the_regulation() -> None:
    rows = re.findall(
        r"^\| (§ \d+, stk\. \d+) \|", REGULATION.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == len(set(rows))
    for _, rule in standing.RULE.versions:
        cited = [condition.cites for condition in rule.conditions()]
        assert set(cited) <= set(rows)


@pytest.mark.parametrize(
    ("spot", "expected"),
    [
        (VESTERBRO, Ground.SCHEME),
        (NORDVEST, Ground.SCHEME),
        (replace(VESTERBRO, outside=True), Ground.SCHEME),
        (replace(VESTERBRO, elsewhere=True), Ground.ELSEWHERE),
        (OUTSIDE, Ground.OUTSIDE),
        (GAP, Ground.UNKNOWN),
        (Spot(home_areas=(VB,)), Ground.UNKNOWN),
    ],
)
def test_every_spot_is_of_one_sort(spot, expected) -> None:
    assert spot.ground is expected
    assert answer(spot).ground is expected


def test_what_holds_at_a_paid_spot() -> None:
    said = answer(VESTERBRO)
    (paying,) = said.paying
    assert paying.colour is Colour.GREEN
    assert paying.now == hours.Price(kroner(45), first_hour_free=False)
    assert paying.next is not None
    assert paying.next.at == datetime(2026, 11, 26, 18, tzinfo=DENMARK)
    assert said.limiting == ()
    assert said.permits == (Valid(zone=VB, why=Why.ZONE),)
    assert said.private_common_road is False


def test_what_holds_in_koedbyen_both_payment_and_limit() -> None:
    said = answer(KOEDBYEN)
    assert [each.colour for each in said.paying] == [Colour.GREEN]
    (limiting,) = said.limiting
    assert limiting.now is not None
    assert limiting.now.ends == datetime(2026, 11, 26, 17, tzinfo=DENMARK)
    assert limiting.next is not None
    assert limiting.next.begins == datetime(2026, 11, 27, 8, tzinfo=DENMARK)
    at_noon, in_the_evening = said.permits, answer(KOEDBYEN, EVENING).permits
    assert [(each.zone, each.why, each.now) for each in at_noon] == [
        (HK, Why.ZONE, True),
        (VB, Why.HOUR, False),
    ]
    assert at_noon[1].changes == EVENING
    assert (in_the_evening[1].zone, in_the_evening[1].now) == (VB, True)
    assert in_the_evening[1].changes == datetime(2026, 11, 27, 8, tzinfo=DENMARK)


def test_of_two_reasons_the_one_that_holds_now_is_told() -> None:
    garage = Garage(code="tietgensgade", name="Tietgensgade", permits=frozenset({VB}))
    both = replace(KOEDBYEN, garage=garage)
    at_noon, in_the_evening = answer(both).permits[-1], answer(both, EVENING).permits[-1]
    assert (at_noon.zone, at_noon.why, at_noon.now) == (VB, Why.GARAGE, True)
    assert (in_the_evening.zone, in_the_evening.why) == (VB, Why.HOUR)


def test_a_holiday_relieves_payment_and_limit_but_a_named_day_payment_alone() -> None:
    day = frozenset({NOON.date()})
    both = replace(NORDVEST, colours=(Colour.GREEN,))
    public = answer(both, holidays=Holidays(public=day))
    named = answer(both, holidays=Holidays(named=day))
    assert [said.paying[0].now.first_hour_free for said in (public, named)] == [True, True]
    assert [said.limiting[0].now is None for said in (public, named)] == [True, False]


def test_on_a_private_common_road_there_is_a_limit_but_no_payment_and_no_permit() -> None:
    both = replace(VESTERBRO, time_limited=(NV,), private_common_road=True)
    said = answer(both)
    assert (said.paying, said.permits) == ((), ())
    assert [each.zone for each in said.limiting] == [NV]


@pytest.mark.parametrize("spot", [OUTSIDE, FREDERIKSBERG, GAP])
def test_where_there_is_no_scheme_nothing_is_asked_for(spot) -> None:
    said = answer(spot)
    assert (said.paying, said.limiting, said.permits) == ((), (), ())


def test_our_rules_do_not_hold_in_another_municipality_even_where_our_map_overlaps_it() -> None:
    said = answer(replace(VESTERBRO, elsewhere=True))
    assert (said.paying, said.limiting, said.permits) == ((), (), ())
    assert ask(replace(VESTERBRO, elsewhere=True), VB) is Answer.NO


def test_where_no_fare_is_known_no_price_is_told() -> None:
    (paying,) = answer(GARAGE).paying
    assert (paying.colour, paying.now, paying.next) == (Colour.BLUE, None, None)


# Whatever the spot

codes = st.sampled_from([VB, HK, YN, IN, NV, AN])
some_codes = st.lists(codes, unique=True, max_size=3).map(tuple)
spots = st.builds(
    Spot,
    colours=st.lists(st.sampled_from(Colour), unique=True, max_size=2).map(tuple),
    time_limited=some_codes,
    permit_zones=some_codes,
    flex_zones=st.lists(st.builds(FlexZone, name=st.just("F"), codes=some_codes), max_size=2).map(
        tuple
    ),
    home_areas=some_codes,
    outside=st.booleans(),
    elsewhere=st.booleans(),
    private_common_road=st.sampled_from([True, False, FROM_ADDRESSES]),
    garage=st.none()
    | st.builds(Garage, code=st.just("g"), name=st.just("G"), permits=st.frozensets(codes)),
)
times = st.integers(0, 7 * 24 - 1).map(
    lambda hour: datetime(2026, 11, 23 + hour // 24, hour % 24, tzinfo=DENMARK)
)


@given(spots, codes, times)
def test_the_list_of_permits_and_the_finding_say_the_same(spot, zone, at) -> None:
    listed = {each.zone for each in answer(spot, at).permits if each.now}
    found = ask(spot, zone, at)
    if found is Answer.OPEN:
        assert spot.ground is Ground.UNKNOWN or spot.private_common_road is FROM_ADDRESSES
    else:
        assert (zone in listed) is (found is Answer.YES)


@given(spots, codes, times)
def test_the_zones_that_are_valid_are_those_the_rule_says_yes_to(spot, zone, at) -> None:
    valid = standing.zones_valid(spot, at, after_hours=AFTER_HOURS)
    assert len(valid) == len(set(valid))
    # In doubt the road is no private common road.
    known = replace(spot, private_common_road=spot.private_common_road is True)
    assert (zone in valid) is (ask(known, zone, at) is Answer.YES)


@given(spots, times)
def test_every_permit_is_listed_once_and_every_colour_priced_once(spot, at) -> None:
    said = answer(spot, at)
    zones = [each.zone for each in said.permits]
    assert len(zones) == len(set(zones))
    assert len(said.paying) in {0, len(spot.colours)}
    assert said.ground is spot.ground
