"""Money, days, periods and versions: what holds for any of them."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parking.law.days import Dated, NotInForce, Period, age_on, danish_day, months_after
from parking.law.money import NOTHING, Money, kroner, total

FIRST = date(2026, 1, 1)

amounts = st.integers(-(10**9), 10**9).map(Money)
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@st.composite
def periods(draw: st.DrawFn, within: int = 800) -> Period:
    start = FIRST + timedelta(days=draw(st.integers(0, within)))
    length = draw(st.none() | st.integers(0, within))
    return Period(start, None if length is None else start + timedelta(days=length))


@given(amounts, st.integers(1, 120))
def test_parts_add_up_to_the_whole_and_differ_by_one_ore_at_most(whole: Money, parts: int) -> None:
    split = whole.split(parts)
    assert len(split) == parts
    assert total(split) == whole
    assert max(split).ore - min(split).ore <= 1
    assert list(split) == sorted(split, reverse=True)


@pytest.mark.parametrize("parts", [0, -1])
def test_an_amount_is_not_divided_into_no_parts(parts: int) -> None:
    with pytest.raises(ValueError, match="cannot be divided"):
        kroner(10).split(parts)


@given(amounts, amounts)
def test_money_is_ordered_by_what_it_is_worth(one: Money, other: Money) -> None:
    assert (one < other) == (one.ore < other.ore)
    assert (one == other) == (one.ore == other.ore)


@given(amounts, amounts)
def test_what_is_taken_away_can_be_given_back(one: Money, other: Money) -> None:
    assert one - other + other == one
    assert one + -one == NOTHING


@given(st.lists(amounts))
def test_a_total_is_a_sum_and_nothing_for_nothing(many: list[Money]) -> None:
    assert total(many).ore == sum(money.ore for money in many)


@given(amounts)
def test_an_amount_as_written_says_its_kroner_and_its_ore(money: Money) -> None:
    written = str(money)
    assert written.endswith(" kr.")
    digits = written.removesuffix(" kr.").replace(".", "")
    assert round(float(digits.replace(",", ".")) * 100) == money.ore


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (kroner(1310), "1.310,00 kr."),
        (Money(5), "0,05 kr."),
        (Money(-123456), "-1.234,56 kr."),
        (NOTHING, "0,00 kr."),
        (kroner(1_000_000), "1.000.000,00 kr."),
    ],
)
def test_an_amount_is_written_as_in_denmark(money: Money, written: str) -> None:
    assert str(money) == written


@pytest.mark.parametrize("ore", [1.0, "1", True, None])
def test_money_is_whole_ore_and_nothing_else(ore: object) -> None:
    with pytest.raises(TypeError, match="whole øre"):
        Money(ore)  # type: ignore[arg-type]


@given(periods(within=40), periods(within=40))
def test_overlapping_is_mutual_and_means_a_day_in_both(one: Period, other: Period) -> None:
    assert one.overlaps(other) == other.overlaps(one)
    window = [FIRST + timedelta(days=n) for n in range(100)]
    assert one.overlaps(other) == any(day in one and day in other for day in window)


def test_a_period_without_days_overlaps_nothing() -> None:
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    assert not year.overlaps(Period(date(2026, 6, 1), date(2026, 6, 1)))


@given(periods())
def test_a_period_holds_its_first_and_its_last_day_and_not_its_end(period: Period) -> None:
    assume(period.start != period.end)
    assert period.start in period
    assert period.start - timedelta(days=1) not in period
    if period.end is None:
        assert period.last_day is None
        assert date(2500, 1, 1) in period
    else:
        assert period.last_day is not None
        assert period.last_day in period
        assert period.end not in period


@given(periods(), st.integers(1, 400))
def test_the_period_that_begins_when_another_ends_does_not_overlap(
    first: Period, more: int
) -> None:
    assume(first.end is not None)
    assert first.end is not None
    assert not first.overlaps(Period(first.end, first.end + timedelta(days=more)))


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end before it starts"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


@given(days, st.integers(-240, 240))
def test_months_are_counted_and_none_is_skipped(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    last = calendar.monthrange(later.year, later.month)[1]
    assert later.day == min(day.day, last)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_a_month_that_is_too_short_ends_with_its_last_day(
    day: date, months: int, later: date
) -> None:
    assert months_after(day, months) == later


@given(days, days)
def test_age_grows_by_one_on_each_birthday(born: date, day: date) -> None:
    assume(born <= day)
    age = age_on(day, born=born)
    assert age_on(day + timedelta(days=1), born=born) - age in {0, 1}
    assert months_after(born, 12 * age) <= day < months_after(born, 12 * (age + 1)) + timedelta(1)


@given(st.lists(days, min_size=1, unique=True), days)
def test_the_version_in_force_is_the_latest_that_has_begun(starts: list[date], day: date) -> None:
    versions = Dated.of(*((start, start.isoformat()) for start in starts))
    begun = [start for start in starts if start <= day]
    if begun:
        assert versions.on(day) == max(begun).isoformat()
        assert versions.version_on(day) == (max(begun), max(begun).isoformat())
    else:
        with pytest.raises(NotInForce):
            versions.on(day)


@given(st.lists(days, min_size=1, unique=True))
def test_a_version_is_in_force_on_the_day_it_begins(starts: list[date]) -> None:
    versions = Dated.of(*((start, start) for start in starts))
    assert [versions.on(start) for start in starts] == starts


def test_two_versions_never_begin_on_the_same_day() -> None:
    with pytest.raises(ValueError, match="same day"):
        Dated.of((date(2026, 1, 1), "one"), (date(2026, 1, 1), "other"))


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 1, 31, 22, 59, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), date(2026, 2, 1)),
        (datetime(2026, 7, 31, 21, 59, tzinfo=UTC), date(2026, 7, 31)),
        (datetime(2026, 7, 31, 22, 0, tzinfo=UTC), date(2026, 8, 1)),
        # The night to 29 March 2026, when the clock goes from two to three.
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        # The night to 25 October 2026, when the hour from two to three comes twice.
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 26)),
        # The tariff changes with the Danish New Year, an hour before that of London.
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_is_the_one_on_the_wall_in_denmark(moment: datetime, day: date) -> None:
    assert danish_day(moment) == day


def test_a_moment_without_a_time_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="no moment"):
        danish_day(datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001 - that is what is tested


@given(days)
def test_a_day_in_denmark_lasts_between_23_and_25_hours(day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    hours = [noon + timedelta(hours=h) for h in range(-24, 25)]
    assert 23 <= sum(danish_day(hour) == day for hour in hours) <= 25
