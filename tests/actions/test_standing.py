"""May I park here, with the map, the dated rows and the permits there really are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parking.actions import standing
from parking.actions.limit import TooOften
from parking.law import permit as permit_law
from parking.law.days import DENMARK, NotInForce, Period, danish_day
from parking.law.facts import Home, Missing
from parking.law.plates import Plate
from parking.law.reasoning import Answer
from parking.law.standing import Ground, Why
from parking.law.zones import Colour
from parking.ports import NotFound
from parking.ports.places import House, Point
from parking.records import map as records_map
from parking.records.map import map_on
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.zone import ZoneShape
from sandbox import city
from town import ask, now, party

ACTIVE, ENDED, RESERVED = (permit_law.State[name].value for name in ("ACTIVE", "ENDED", "RESERVED"))
ZONES = [each.key for each in city.ADDRESSES if 1 < len(each.key) < 3]
PAID = {"AN", "CH", "IB", "IN", "IØ", "VA", "VB", "YN", "YØ"}
NUMBERS = count(900_000)


def point(key: str) -> Point:
    place = city.address(key)
    return Point(place.x, place.y)


def house(key: str) -> House:
    place = city.address(key)
    return House(
        identity=place.house_number_id,
        text=f"{place.road_name} {place.house_number}, {place.postcode}",
        municipality=place.municipality,
        road_code=place.road_code,
        road=place.road_name,
        point=point(key),
    )


def at(outside, where, moment=None, **more):
    return standing.at(outside, where, moment or now(), asker="10.0.0.1", now=now(), **more)


def on_a_monday_at(hour: int) -> datetime:
    """Return a Monday of this year that no holiday falls on or near, so that the hour decides."""
    first = date(danish_day(now()).year, 9, 1)
    monday = first + timedelta(days=-first.weekday() % 7)
    return datetime.combine(monday, time(hour), DENMARK)


@pytest.fixture
def grant(stocked):
    """Let somebody have a permit, as a purchase would have done."""

    def grant(slug="anna", *, zone="VB", state=ACTIVE, plate="ZA10001", **more):
        day = danish_day(now())
        more.setdefault("period", as_range(Period(day, day + timedelta(days=365))))
        return Permit.objects.create(
            number=f"P-{next(NUMBERS)}",
            party=party(slug),
            application=ask(stocked, slug, plate),
            family="resident",
            product="resident-permit",
            zone=zone,
            plate=plate,
            slot=1,
            state=state,
            reserved=now(),
            **more,
        )

    return grant


# What holds at a spot


def test_in_every_zone_its_own_permits_are_valid(stocked):
    assert len(ZONES) == 27
    for key in ZONES:
        told = at(stocked, point(key))
        assert told.standing.ground is Ground.SCHEME
        assert key in {each.zone for each in told.standing.permits if each.why is Why.ZONE}
        is_limited = key in {each.zone for each in told.standing.limiting}
        assert is_limited is (key not in PAID)
        assert is_limited or told.standing.paying
        assert told.zone_names[key]


def test_the_price_is_that_of_the_hour(stocked):
    told = [at(stocked, point("CH"), on_a_monday_at(hour)) for hour in (7, 8, 17, 18, 23)]
    paying = [paying for each in told for paying in each.standing.paying]
    assert {each.colour for each in paying} == {Colour.GREEN}
    prices = [(each.now.per_hour.ore, each.next.price.per_hour.ore) for each in paying]
    assert prices == [(600, 4500), (4500, 1800), (4500, 1800), (1800, 600), (600, 4500)]


def test_a_limit_holds_in_its_hours(stocked):
    morning, night = (at(stocked, point("NV"), on_a_monday_at(hour)) for hour in (9, 20))
    assert morning.standing.limiting[0].now.limit.minutes == 180
    assert night.standing.limiting[0].now is None
    assert night.standing.limiting[0].next.begins == on_a_monday_at(8) + timedelta(days=1)


def test_the_permits_of_vesterbro_are_valid_in_koedbyen_after_hours(stocked, grant):
    year = on_a_monday_at(0).year
    grant("anna", zone="VB", period=as_range(Period(date(year, 1, 1), date(year + 1, 1, 1))))
    answers = [
        at(stocked, point("HK"), on_a_monday_at(hour), party=party("anna")).of_party[0]
        for hour in (7, 8, 16, 17)
    ]
    # Of a point the map cannot say what sort of road it is.
    assert [each.finding.answer for each in answers] == [
        Answer.OPEN, Answer.NO, Answer.NO, Answer.OPEN
    ]  # fmt: skip


def test_of_a_point_nobody_knows_what_road_it_is_and_of_a_house_we_do(stocked):
    assert isinstance(at(stocked, point("private")).standing.private_common_road, Missing)
    private, public = (at(stocked, house(key)).standing for key in ("private", "VB"))
    assert (private.private_common_road, private.paying, private.permits) == (True, (), ())
    assert public.private_common_road is False
    assert public.paying


def test_a_home_is_found_by_the_register_of_addresses(stocked):
    place = city.address("private")
    home = Home(
        municipality=place.municipality,
        road_code=place.road_code,
        house_number=place.house_number,
        postcode=place.postcode,
        text=f"{place.line}, {place.postcode} {place.district}",
    )
    assert at(stocked, home).standing.private_common_road is True
    with pytest.raises(NotFound):
        at(stocked, Home(municipality="0101", road_code="0001", house_number="1", text="Intet 1"))


def test_a_gap_and_another_municipality_are_told_apart(stocked):
    assert at(stocked, point("gap")).standing.ground is Ground.UNKNOWN
    assert at(stocked, point("frederiksberg")).standing.ground is Ground.ELSEWHERE
    assert at(stocked, house("frederiksberg")).standing.ground is Ground.ELSEWHERE


def test_a_garage_is_known_by_its_address(stocked, grant):
    grant("anna", zone="AN")
    leifsgade = replace(house("AN"), text="Leifsgade 9, 2300 København S", road_code="4000")
    told = at(stocked, leifsgade, party=party("anna"))
    assert told.standing.spot.garage.code == "leifsgade"
    assert told.of_party[0].finding.answer is Answer.YES


def test_the_same_point_is_answered_by_the_map_of_the_day(stocked):
    told = at(stocked, point("VB"))
    assert told.map_version == map_on(danish_day(now())).version
    with pytest.raises(NotInForce):
        at(stocked, point("VB"), now() - timedelta(days=400))


def test_a_paid_zone_of_a_colour_nobody_knows_is_no_free_parking(stocked):
    ZoneShape.objects.filter(code="Grøn").update(code="Lilla", name="Lilla betalingszone")
    changed = records_map._built.__wrapped__(map_on(danish_day(now())).version)
    with pytest.raises(ValueError, match="Lilla is no colour"):
        changed.spot(point("CH").x, point("CH").y)


# Whether a permit is valid there


def test_each_of_ones_own_permits_is_answered_the_helpful_one_first(stocked, grant):
    here = danish_day(now())
    elsewhere = grant("anna", zone="YØ", period=as_range(Period(here, here + timedelta(days=9))))
    later = grant(
        "anna",
        zone="VB",
        period=as_range(Period(here + timedelta(days=9), here + timedelta(days=19))),
    )
    told = at(stocked, house("VB"), party=party("anna"))
    assert [each.permit for each in told.of_party] == [elsewhere, later]
    assert {each.finding.answer for each in told.of_party} == {Answer.NO}
    told = at(stocked, house("VB"), now() + timedelta(days=10), party=party("anna"))
    assert [(each.permit, each.finding.answer) for each in told.of_party] == [(later, Answer.YES)]


def test_a_plate_is_told_whether_some_permit_lets_it_stand_here(stocked, grant):
    today = danish_day(now())
    permit = grant("anna")
    for more, expected in (
        ({"state": ACTIVE}, Answer.YES),
        ({"state": ENDED, "ended_on": today}, Answer.YES),
        ({"state": ENDED, "ended_on": today - timedelta(days=1)}, Answer.NO),
        ({"state": RESERVED}, Answer.NO),
        ({"state": ACTIVE, "zone": "YØ"}, Answer.NO),
    ):
        Permit.objects.filter(id=permit.id).update(**more)
        told = at(stocked, house("VB"), plate=Plate("ZA10001")).of_plate
        assert told.finding.answer is expected


def test_nothing_is_told_about_a_plate_but_the_answer(stocked, grant):
    permit = grant("anna", period=as_range(Period(danish_day(now()), date(2031, 3, 7))))
    told = at(stocked, house("VB"), plate=Plate("ZA10001")).of_plate
    assert told.permit is None
    said = repr(told.question.permit) + repr(told.finding)
    assert not [each for each in (permit.number, "2031", "VB", "resident") if each in said]


def test_a_permit_for_another_zone_and_none_at_all_look_the_same(stocked, grant):
    grant("anna", zone="YØ")
    moment = now()
    with_one, without = (
        at(stocked, house("VB"), moment, plate=Plate(plate)).of_plate
        for plate in ("ZA10001", "ZZ99999")
    )
    assert with_one == without


def test_nobody_else_is_told_of_somebodys_permits(stocked, grant):
    grant("anna")
    assert at(stocked, house("VB"), party=party("bo")).of_party == ()
    assert at(stocked, house("VB")).of_plate is None


def test_plates_are_not_read_out_by_the_dozen(stocked):
    for _ in range(20):
        at(stocked, point("VB"), plate=Plate("ZA10001"))
    with pytest.raises(TooOften):
        at(stocked, point("VB"), plate=Plate("ZA10001"))
    assert at(stocked, point("VB")).standing


# How much it asks of the database


def queries(stocked, where, **more) -> int:
    with CaptureQueriesContext(connection) as captured:
        at(stocked, where, **more)
    return len(captured)


def test_how_many_queries_it_takes_is_small_and_the_same_everywhere(stocked, grant):
    anna = party("anna")
    at(stocked, point("VB"))  # the map is built
    assert {queries(stocked, point(key)) for key in (*ZONES, "gap")} == {5}
    assert queries(stocked, house("VB")) == 7
    assert queries(stocked, point("VB"), party=anna) == 6
    since = danish_day(now())
    for _ in range(3):
        until = since + timedelta(days=10)
        grant("anna", period=as_range(Period(since, until)))
        since = until
    assert queries(stocked, point("VB"), party=anna) == 6
    at(stocked, point("VB"), plate=Plate("ZA10001"))  # the first question is counted from then on
    plates = [Plate("ZA10001"), Plate("ZZ99999")]
    assert {queries(stocked, point("VB"), plate=plate) for plate in plates} == {11}
