"""Spots, fares, limits and permits that tests of standing share."""

from __future__ import annotations

from datetime import date, datetime, time

from parking.law import hours, standing
from parking.law.days import DENMARK, Period
from parking.law.facts import Holding
from parking.law.hours import AfterHours, Holidays, HourlyFare, TimeLimit
from parking.law.money import kroner
from parking.law.plates import Plate
from parking.law.standing import FlexZone, Garage, Spot
from parking.law.zones import Colour, ZoneCode

VB, HK, YN, IN, NV, AN = map(ZoneCode, ("VB", "HK", "YN", "IN", "NV", "AN"))

NOON = datetime(2026, 11, 26, 12, tzinfo=DENMARK)  # a Thursday
EVENING = datetime(2026, 11, 26, 17, tzinfo=DENMARK)

VESTERBRO = Spot(
    colours=(Colour.GREEN,), permit_zones=(VB,), home_areas=(VB,), private_common_road=False
)
JAGTVEJ = Spot(
    colours=(Colour.YELLOW,),
    permit_zones=(YN,),
    flex_zones=(FlexZone(name="Jagtvej", codes=(IN, YN)),),
    private_common_road=False,
)
KOEDBYEN = Spot(colours=(Colour.GREEN,), time_limited=(HK,), private_common_road=False)
NORDVEST = Spot(time_limited=(NV,), private_common_road=False)
GARAGE = Spot(
    colours=(Colour.BLUE,),
    garage=Garage(code="leifsgade", name="Leifsgade", permits=frozenset({AN})),
    private_common_road=False,
)
FREDERIKSBERG = Spot(outside=True, elsewhere=True, private_common_road=False)
OUTSIDE = Spot(outside=True, private_common_road=False)
GAP = Spot(private_common_road=False)

AFTER_HOURS = (
    AfterHours(
        zone=HK,
        permits=frozenset({VB}),
        weekdays=frozenset(range(5)),
        begins=time(8),
        ends=time(17),
        in_force=Period(date(2023, 1, 1)),
    ),
)
FARES = tuple(
    HourlyFare(
        colour=colour,
        day=kroner(day),
        evening=kroner(18),
        night=kroner(6),
        bands=hours.Bands(day=time(8), evening=time(18), night=time(23)),
        weekend=hours.Weekend(first_day=5, begins=time(17), last_day=0, ends=time(8)),
        relief=hours.Relief.FIRST_HOUR,
        in_force=Period(date(2026, 1, 1)),
    )
    for colour, day in {Colour.GREEN: 45, Colour.YELLOW: 17}.items()
)
ORDINARY = Holidays()
LIMITS = tuple(
    TimeLimit(
        zone=zone,
        minutes=minutes,
        weekdays=frozenset(range(days)),
        begins=time(8),
        ends=time(ends),
        in_force=Period(date(2026, 1, 1)),
    )
    for zone, minutes, days, ends in ((NV, 180, 5, 19), (HK, 60, 6, 17))
)


def permit(zone: ZoneCode) -> Holding:
    period = Period(date(2026, 6, 1), date(2027, 6, 1))
    return Holding(product="resident-permit", plate=Plate("ZA10001"), zone=zone, period=period)


def answer(spot: Spot, at: datetime = NOON, holidays: Holidays = ORDINARY) -> standing.Standing:
    return standing.answer(
        spot, at, fares=FARES, limits=LIMITS, holidays=holidays, after_hours=AFTER_HOURS
    )
