"""Hours: each boundary by the clock on the wall, and what holds for any stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parking.law import hours
from parking.law.days import DENMARK, NotInForce, Period
from parking.law.hours import (
    AfterHours,
    Bands,
    Change,
    HourlyFare,
    Price,
    Relief,
    TimeLimit,
    Weekend,
)
from parking.law.money import NOTHING, Money, kroner
from parking.law.zones import Colour, ZoneCode

GREEN, BLUE, YELLOW = Colour.GREEN, Colour.BLUE, Colour.YELLOW
BANDS = Bands(day=time(8), evening=time(18), night=time(23))
WEEKEND = Weekend(first_day=5, begins=time(17), last_day=0, ends=time(8))
HK, VB, NV = ZoneCode("HK"), ZoneCode("VB"), ZoneCode("NV")

CHRISTMAS_EVE, CHRISTMAS_DAY = date(2026, 12, 24), date(2026, 12, 25)
HOLIDAYS = frozenset(
    {
        *(date(2026, 4, day) for day in (2, 3, 5, 6)),  # Thursday to Monday at Easter
        date(2026, 6, 5),
        CHRISTMAS_EVE,
        CHRISTMAS_DAY,
        date(2026, 12, 26),
        date(2027, 1, 1),
    }
)


def fare(
    colour: Colour, prices: tuple[int, int, int], since: date, until: date | None = None
) -> HourlyFare:
    day, evening, night = map(kroner, prices)
    return HourlyFare(
        colour=colour,
        day=day,
        evening=evening,
        night=night,
        bands=BANDS,
        weekend=WEEKEND,
        relief=Relief.FIRST_HOUR,
        in_force=Period(since, until),
    )


NEW_YEAR = date(2027, 1, 1)
APRIL = date(2025, 4, 1)
FARES = (
    replace(fare(GREEN, (19, 13, 5), date(2018, 1, 1), APRIL), relief=Relief.ALL),
    fare(GREEN, (45, 18, 6), APRIL, NEW_YEAR),
    fare(GREEN, (47, 19, 7), NEW_YEAR),
    fare(BLUE, (26, 18, 6), APRIL),
    fare(YELLOW, (9, 9, 2), APRIL, date(2027, 2, 1)),
)


def at(written: str) -> datetime:
    """Return the moment the clock in Denmark shows *written*."""
    return datetime.fromisoformat(written).replace(tzinfo=DENMARK)


def price(written: str, colour: Colour = GREEN) -> Price | None:
    return hours.price_at(FARES, colour, at(written), holidays=HOLIDAYS)


def next_change(written: str, colour: Colour = GREEN) -> Change | None:
    return hours.next_change(FARES, colour, at(written), holidays=HOLIDAYS)


def cost(begins: datetime, ends: datetime, colour: Colour = GREEN) -> Money:
    return hours.cost(FARES, colour, begins, ends, holidays=HOLIDAYS)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # A Thursday, band by band; each begins at the stroke.
        ("2026-11-26 07:59:59", 6),
        ("2026-11-26 08:00", 45),
        ("2026-11-26 17:00", 45),
        ("2026-11-26 17:59:59", 45),
        ("2026-11-26 18:00", 18),
        ("2026-11-26 22:59:59", 18),
        ("2026-11-26 23:00", 6),
        ("2026-11-27 00:00", 6),
        # The night of New Year is one night with two tariffs.
        ("2026-12-31 23:59:59", 6),
        ("2027-01-01 00:00", 7),
        # The night before the clock goes forward, and the one in which it goes back.
        ("2026-03-29 01:59:59", 6),
        ("2026-03-29 03:00", 6),
        ("2026-03-29 08:00", 45),
        ("2026-10-25 02:30", 6),
        ("2026-10-25 08:00", 45),
    ],
)
def test_the_clock_on_the_wall_decides_the_price(moment: str, expected: int) -> None:
    found = price(moment)
    assert found is not None
    assert found.per_hour == kroner(expected)


@pytest.mark.parametrize(
    ("moment", "is_free"),
    [
        ("2026-11-27 17:00", False),  # a Friday
        ("2026-11-28 16:59:59", False),
        ("2026-11-28 17:00", True),
        ("2026-11-28 23:00", True),
        ("2026-11-29 12:00", True),
        ("2026-11-30 07:59:59", True),
        ("2026-11-30 08:00", False),
        # The day before a holiday is an ordinary day until midnight.
        ("2026-12-23 23:59:59", False),
        ("2026-12-24 00:00", True),
        ("2026-12-26 16:59", True),
        # A holiday ends at midnight; here the weekend goes on.
        ("2026-12-27 00:00", True),
        ("2026-12-28 08:00", False),
        ("2026-06-04 23:59:59", False),
        ("2026-06-05 00:00", True),
        ("2026-06-05 23:59:59", True),
        ("2026-06-06 00:00", False),
        # Easter: the Saturday is an ordinary one, and Monday's holiday lasts till midnight.
        ("2026-04-04 12:00", False),
        ("2026-04-04 17:00", True),
        ("2026-04-06 08:00", True),
        ("2026-04-06 23:59:59", True),
        ("2026-04-07 00:00", False),
        # 31 December is no holiday; New Year's Day is.
        ("2026-12-31 23:59:59", False),
        ("2027-01-01 00:00", True),
        # The weekend in which the clock goes forward ends when it shows 8 all the same.
        ("2026-03-30 07:59:59", True),
        ("2026-03-30 08:00", False),
    ],
)
def test_the_first_hour_is_free_at_weekends_and_on_holidays(moment, is_free) -> None:
    found = price(moment)
    assert found is not None
    assert found.first_hour_free is is_free
    assert found.per_hour > NOTHING


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2018-06-02 16:59:59", kroner(19)),  # a Saturday
        ("2018-06-02 17:00", NOTHING),
        ("2018-06-04 07:59:59", NOTHING),
        ("2018-06-04 08:00", kroner(19)),
        ("2025-03-29 17:00", NOTHING),
    ],
)
def test_before_april_2025_weekends_were_free_altogether(moment: str, expected: Money) -> None:
    assert price(moment) == Price(expected, first_hour_free=False)


def test_no_price_is_guessed_where_no_fare_is_in_force() -> None:
    assert price("2027-02-01 00:00", YELLOW) is None
    assert price("2024-12-01 12:00", BLUE) is None
    with pytest.raises(NotInForce):
        cost(at("2027-01-31 22:00"), at("2027-02-01 02:00"), YELLOW)
    change = next_change("2027-01-31 23:30", YELLOW)
    assert change is not None
    assert (change.at, change.price) == (at("2027-02-01 00:00"), None)


def test_two_fares_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="2 hourly fares"):
        hours.price_at((FARES[1], FARES[1]), GREEN, at("2026-05-05 12:00"), holidays=HOLIDAYS)


@pytest.mark.parametrize(
    ("moment", "colour", "when", "per_hour", "first_hour_free"),
    [
        ("2026-11-26 12:00", GREEN, "2026-11-26 18:00", 18, False),
        ("2026-11-26 17:59:59", GREEN, "2026-11-26 18:00", 18, False),
        ("2026-11-26 18:00", GREEN, "2026-11-26 23:00", 6, False),
        ("2026-11-26 23:30", GREEN, "2026-11-27 08:00", 45, False),
        # On Saturday the price stays, but the first hour becomes free.
        ("2026-11-28 12:00", GREEN, "2026-11-28 17:00", 45, True),
        ("2026-11-30 07:00", GREEN, "2026-11-30 08:00", 45, False),
        ("2026-12-23 23:30", GREEN, "2026-12-24 00:00", 6, True),
        ("2026-12-31 23:30", GREEN, "2027-01-01 00:00", 7, True),
        # Where day and evening cost the same there is nothing to tell at 18.
        ("2026-11-26 12:00", YELLOW, "2026-11-26 23:00", 2, False),
        # An hour is skipped, and an hour comes twice: the clock says 8 when it does.
        ("2026-03-29 00:30", GREEN, "2026-03-29 08:00", 45, True),
        ("2026-10-25 00:30", GREEN, "2026-10-25 08:00", 45, True),
    ],
)
def test_the_next_change_is_told(moment, colour, when, per_hour, first_hour_free) -> None:
    expected = Change(at(when).astimezone(UTC), Price(kroner(per_hour), first_hour_free))
    assert next_change(moment, colour) == expected


def test_a_price_that_never_changes_has_no_next_change() -> None:
    same = replace(fare(GREEN, (0, 0, 0), APRIL), relief=Relief.ALL)
    moment = at("2026-11-26 12:00")
    assert hours.next_change((same,), GREEN, moment, holidays=HOLIDAYS) is None


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        ("2026-11-26 12:00", "2026-11-26 12:00", 0),
        ("2026-11-26 12:00", "2026-11-26 13:00", 4500),
        ("2026-11-26 17:30", "2026-11-26 18:30", 2250 + 900),
        ("2026-11-26 22:00", "2026-11-27 09:00", 1800 + 9 * 600 + 4500),
        # 1 minute is 75 øre; one second is 1.25 øre, and the part is not asked for.
        ("2026-11-26 12:00:00", "2026-11-26 12:00:01", 1),
        ("2026-11-26 12:00:00", "2026-11-26 12:01:00", 75),
        # The first hour, where it is free, and what follows it.
        ("2026-11-29 12:00", "2026-11-29 13:00", 0),
        ("2026-11-29 12:00", "2026-11-29 14:00", 4500),
        # It is free only as far as the relieved time goes.
        ("2026-11-30 07:30", "2026-11-30 08:30", 2250),
        # A stay that begins before it has no free hour in it.
        ("2026-11-28 16:59", "2026-11-28 17:59", 4500),
        ("2026-11-28 17:00", "2026-11-28 18:00", 0),
        ("2026-12-23 23:00", "2026-12-24 01:00", 1200),
        # New Year: one hour by each tariff.
        ("2026-12-31 23:00", "2027-01-01 01:00", 600 + 700),
        # The night that lacks an hour costs an hour less, the one that has one more costs more.
        ("2026-03-29 00:00", "2026-03-29 08:00", 6 * 600),
        ("2026-10-25 00:00", "2026-10-25 08:00", 8 * 600),
        ("2026-03-28 00:00", "2026-03-28 08:00", 8 * 600),
        # Until April 2025 the weekend was free.
        ("2018-06-02 16:00", "2018-06-04 09:00", 2 * 1900),
    ],
)
def test_a_stay_is_paid_band_by_band(begins: str, ends: str, expected: int) -> None:
    assert cost(at(begins), at(ends)) == Money(expected)


def test_the_free_hour_passes_while_the_clock_is_put_back() -> None:
    first_half_past_two = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, for the first time
    second_half_past_two = first_half_past_two + timedelta(hours=1)
    assert cost(first_half_past_two, second_half_past_two) == NOTHING
    assert cost(first_half_past_two, second_half_past_two + timedelta(hours=1)) == kroner(6)


def test_a_stay_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        cost(at("2026-11-26 13:00"), at("2026-11-26 12:59"))


# Whatever the moment


def between(first: str, last: str) -> st.SearchStrategy[datetime]:
    """Return any whole minute from *first* to *last*, in UTC."""
    start, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, last))
    minutes = st.integers(0, (end - start) // timedelta(minutes=1))
    return minutes.map(lambda count: start + timedelta(minutes=count))


#: Around the changes of the clock, Easter, Christmas and New Year, and anywhere.
moments = st.one_of(
    between("2026-01-01", "2027-06-01"),
    between("2026-03-27", "2026-04-08"),
    between("2026-10-23", "2026-10-27"),
    between("2026-12-22", "2027-01-03"),
)
lengths = st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
colours = st.sampled_from([GREEN, BLUE])
ODD = Bands(day=time(7, 10), evening=time(16, 50), night=time(21, 40))
fares_of_any_kind = st.builds(
    lambda bands, relief: tuple(replace(each, bands=bands, relief=relief) for each in FARES),
    st.sampled_from([BANDS, ODD]),
    st.sampled_from(Relief),
)


@given(fares_of_any_kind, colours, moments)
def test_the_next_change_is_really_the_first(fares, colour, moment) -> None:
    def price_then(when):
        return hours.price_at(fares, colour, when, holidays=HOLIDAYS)

    change = hours.next_change(fares, colour, moment, holidays=HOLIDAYS)
    assert change is not None
    assert change.at > moment
    assert change.price == price_then(change.at) != price_then(moment)
    step = timedelta(minutes=5)
    between = [moment + step * n for n in range((change.at - moment) // step)]
    just_before = change.at - timedelta(microseconds=1)
    assert {price_then(when) for when in (*between, just_before)} == {price_then(moment)}


@given(fares_of_any_kind, colours, moments, lengths)
def test_a_stay_costs_what_its_minutes_cost(fares, colour, begins, length) -> None:
    minutes = [begins + timedelta(minutes=n) for n in range(length // timedelta(minutes=1))]
    prices = [hours.price_at(fares, colour, when, holidays=HOLIDAYS) for when in minutes]
    is_free = bool(prices) and prices[0].first_hour_free
    paid = [
        each.per_hour.ore
        for n, each in enumerate(prices)
        if not (is_free and n < 60 and each.first_hour_free)
    ]
    found = hours.cost(fares, colour, begins, begins + length, holidays=HOLIDAYS)
    assert found == Money(sum(paid) // 60)


@given(fares_of_any_kind, colours, moments, lengths, lengths)
def test_two_stays_in_a_row_cost_what_one_does(fares, colour, begins, first, second) -> None:
    split, ends = begins + first, begins + first + second
    for start in (begins, split):
        there = hours.price_at(fares, colour, start, holidays=HOLIDAYS)
        assume(not there.first_hour_free)

    def costs(since, until):
        return hours.cost(fares, colour, since, until, holidays=HOLIDAYS).ore

    # Each sum is rounded down once, so that the parts may lack one øre.
    assert costs(begins, ends) - costs(begins, split) - costs(split, ends) in {0, 1}


@given(fares_of_any_kind, colours, moments, lengths, lengths)
def test_to_stay_longer_is_never_cheaper(fares, colour, begins, first, more) -> None:
    shorter = hours.cost(fares, colour, begins, begins + first, holidays=HOLIDAYS)
    longer = hours.cost(fares, colour, begins, begins + first + more, holidays=HOLIDAYS)
    assert NOTHING <= shorter <= longer


@given(colours, moments, lengths)
def test_the_free_hour_is_never_worth_more_than_an_hour(colour, begins, length) -> None:
    ends = begins + length
    free = hours.cost(FARES, colour, begins, ends, holidays=HOLIDAYS)
    no_weekend = Weekend(first_day=0, begins=time(8), last_day=0, ends=time(8))
    never = tuple(replace(each, weekend=no_weekend) for each in FARES)
    dearest = max(each.day.ore for each in FARES)
    paid = hours.cost(never, colour, begins, ends, holidays=frozenset())
    assert 0 <= paid.ore - free.ore <= dearest


@given(colours, moments)
def test_in_which_zone_a_moment_is_written_means_nothing(colour, moment) -> None:
    local = moment.astimezone(DENMARK)
    for ask in (hours.price_at, hours.next_change):
        assert ask(FARES, colour, moment, holidays=HOLIDAYS) == ask(
            FARES, colour, local, holidays=HOLIDAYS
        )


# Time limits


def limit(zone: ZoneCode, minutes: int, weekdays: range, begins: int, ends: int) -> TimeLimit:
    return TimeLimit(
        zone=zone,
        minutes=minutes,
        weekdays=frozenset(weekdays),
        begins=time(begins),
        ends=time(ends),
        in_force=Period(date(2026, 1, 1)),
    )


LIMITS = (limit(NV, 180, range(5), 8, 19), limit(HK, 60, range(6), 8, 17))


def limit_now(zone: ZoneCode, written: str):
    return hours.limit_in_force(LIMITS, zone, at(written), holidays=HOLIDAYS)


@pytest.mark.parametrize(
    ("zone", "moment", "until"),
    [
        (NV, "2026-11-26 07:59:59", None),
        (NV, "2026-11-26 08:00", "2026-11-26 19:00"),
        (NV, "2026-11-26 18:59:59", "2026-11-26 19:00"),
        (NV, "2026-11-26 19:00", None),
        (NV, "2026-11-28 12:00", None),  # Saturday
        (HK, "2026-11-28 12:00", "2026-11-28 17:00"),
        (HK, "2026-11-28 17:00", None),
        (HK, "2026-11-29 12:00", None),  # Sunday
        (NV, "2026-12-23 18:59", "2026-12-23 19:00"),
        (NV, "2026-12-25 12:00", None),  # a holiday
        (HK, "2026-12-26 12:00", None),  # a holiday on a Saturday
        (ZoneCode("VB"), "2026-11-26 12:00", None),
        (NV, "2025-12-31 12:00", None),  # not in force yet
    ],
)
def test_a_time_limit_holds_in_its_hours(zone, moment, until) -> None:
    found = limit_now(zone, moment)
    assert (found and found.ends) == (until and at(until))


@pytest.mark.parametrize(
    ("zone", "moment", "when"),
    [
        (NV, "2026-11-26 07:59", "2026-11-26 08:00"),
        (NV, "2026-11-26 08:00", "2026-11-27 08:00"),
        (NV, "2026-11-27 19:00", "2026-11-30 08:00"),  # over the weekend
        (NV, "2026-12-23 19:00", "2026-12-28 08:00"),  # over Christmas
        (HK, "2026-12-23 19:00", "2026-12-28 08:00"),
        (NV, "2026-03-27 19:00", "2026-03-30 08:00"),  # over the change of the clock
        (NV, "2025-12-31 19:00", "2026-01-01 08:00"),  # in force from then on
    ],
)
def test_the_next_limit_is_told(zone, moment, when) -> None:
    found = hours.next_limit(LIMITS, zone, at(moment), holidays=HOLIDAYS)
    assert found is not None
    assert found.begins == at(when)
    assert found.limit.minutes == (60 if zone == HK else 180)


def test_where_nothing_is_limited_nothing_comes() -> None:
    moment = at("2026-11-26 12:00")
    assert hours.next_limit(LIMITS, ZoneCode("VB"), moment, holidays=HOLIDAYS) is None


@given(moments, st.sampled_from([NV, HK]))
def test_a_limit_holds_until_it_ends_and_the_next_is_the_first(moment, zone) -> None:
    holds = hours.limit_in_force(LIMITS, zone, moment, holidays=HOLIDAYS)
    coming = hours.next_limit(LIMITS, zone, moment, holidays=HOLIDAYS)
    assert coming is not None
    step = timedelta(minutes=20)
    ends = holds.ends if holds else moment
    when = ends
    while when < coming.begins:
        assert hours.limit_in_force(LIMITS, zone, when, holidays=HOLIDAYS) is None
        when += step
    assert hours.limit_in_force(LIMITS, zone, coming.begins, holidays=HOLIDAYS) == coming
    if holds:
        last = holds.ends - timedelta(microseconds=1)
        assert hours.limit_in_force(LIMITS, zone, last, holidays=HOLIDAYS) == holds


# The zone that lets others in after hours

KOEDBY = AfterHours(
    zone=HK,
    permits=frozenset({VB}),
    weekdays=frozenset(range(5)),
    begins=time(8),
    ends=time(17),
    in_force=Period(date(2026, 1, 1)),
)


@pytest.mark.parametrize(
    ("moment", "expected", "changes"),
    [
        ("2026-11-26 07:59:59", True, "2026-11-26 08:00"),
        ("2026-11-26 08:00", False, "2026-11-26 17:00"),
        ("2026-11-26 16:59:59", False, "2026-11-26 17:00"),
        ("2026-11-26 17:00", True, "2026-11-27 08:00"),
        # From Friday at 17 until Monday at 8.
        ("2026-11-27 16:59:59", False, "2026-11-27 17:00"),
        ("2026-11-27 17:00", True, "2026-11-30 08:00"),
        ("2026-11-28 12:00", True, "2026-11-30 08:00"),
        ("2026-11-30 07:59:59", True, "2026-11-30 08:00"),
        ("2026-11-30 08:00", False, "2026-11-30 17:00"),
        # The clock is changed on a Sunday, within.
        ("2026-03-29 03:00", True, "2026-03-30 08:00"),
        ("2026-10-25 02:30", True, "2026-10-26 08:00"),
        # Before the rule nobody was let in.
        ("2025-12-31 23:00", False, "2026-01-01 00:00"),
    ],
)
def test_the_permits_of_vesterbro_are_let_in_after_hours(moment, expected, changes) -> None:
    assert hours.lets_in((KOEDBY,), HK, VB, at(moment)) is expected
    assert hours.next_letting_in((KOEDBY,), HK, VB, at(moment)) == at(changes)


def test_nobody_else_is_let_in_and_nowhere_else() -> None:
    evening = at("2026-11-26 20:00")
    assert not hours.lets_in((KOEDBY,), HK, NV, evening)
    assert not hours.lets_in((KOEDBY,), NV, VB, evening)
    assert hours.next_letting_in((KOEDBY,), NV, VB, evening) is None


# Rows that mean nothing


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Bands(day=time(18), evening=time(8), night=time(23)),
        lambda: Bands(day=time(2, 30), evening=time(8), night=time(23)),
        lambda: Weekend(first_day=5, begins=time(2), last_day=0, ends=time(8)),
        lambda: limit(NV, 60, range(5), 19, 8),
        lambda: limit(NV, 60, range(5), 2, 8),
        lambda: replace(KOEDBY, begins=time(17), ends=time(17)),
    ],
)
def test_hours_that_mean_nothing_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"order|between 2 and 3|hours end"):
        wrong()


def test_a_weekend_may_lie_within_a_week() -> None:
    midweek = Weekend(first_day=1, begins=time(12), last_day=2, ends=time(6))
    found = [at(f"2026-11-{day} {clock}") in midweek for day, clock in WITHIN_A_WEEK]
    assert found == [False, True, True, False]


WITHIN_A_WEEK = [("24", "11:59"), ("24", "12:00"), ("25", "05:59"), ("25", "06:00")]
