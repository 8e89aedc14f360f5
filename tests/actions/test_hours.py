"""The dated numbers of hours, garages and holidays: taken over once, and never edited."""

from __future__ import annotations

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from parking.actions import catalogue, hours
from parking.law import hours as law
from parking.law.days import DENMARK, NotInForce, Period
from parking.law.money import kroner
from parking.law.zones import Colour
from parking.records import hours as records
from parking.records.hours import (
    AfterHours,
    Garage,
    GarageRight,
    Holiday,
    HourlyFare,
    TimeLimit,
)
from parking.records.ranges import as_range

TARIFF = Path(__file__).parents[2] / "data" / "tariff"
TODAY = date(2026, 11, 26)
ALL = Period(date(2018, 1, 1), date(2030, 1, 1))
TIME_LIMITED = [
    "GJ",
    "HS",
    "NV",
    "VS",
    "HA",
    "VL",
    "LP",
    "AS",
    "SV",
    "SØ",
    "GD",
    "ÅH",
    "BB",
    "KE",
    "VI",
    "RP",
    "SJ",
    "HK",
]
NONE = frozenset()


@pytest.fixture
def seeded(transactional_db):
    catalogue.seed_tariff(TARIFF)
    hours.seed_holidays(TARIFF, years=range(2018, 2032), today=TODAY)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(TARIFF, tmp_path / "tariff")


def edit(folder, old: str, new: str) -> None:
    file = folder / "hours-2026.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def price(colour: Colour, written: str) -> law.Price | None:
    at = datetime.fromisoformat(written).replace(tzinfo=DENMARK)
    return law.price_at(records.hourly_fares(ALL), colour, at, holidays=NONE)


@pytest.mark.parametrize(
    ("day", "colour", "expected"),
    [
        ("2018-06-06", Colour.RED, (36, 13, 5)),
        ("2018-06-06", Colour.GREEN, (19, 13, 5)),
        ("2018-06-06", Colour.BLUE, (12, 13, 5)),
        ("2018-06-06", Colour.YELLOW, (9, 9, 2)),
        ("2026-06-03", Colour.RED, (45, 18, 6)),
        ("2026-06-03", Colour.GREEN, (45, 18, 6)),
        ("2026-06-03", Colour.BLUE, (26, 18, 6)),
        ("2026-06-03", Colour.YELLOW, (17, 18, 6)),
    ],
)
def test_an_hour_costs_what_the_city_published(seeded, day, colour, expected):
    found = [price(colour, f"{day} {clock}") for clock in ("12:00", "20:00", "23:30")]
    assert found == [law.Price(kroner(each), first_hour_free=False) for each in expected]


def test_weekends_were_free_until_april_2025(seeded):
    assert price(Colour.RED, "2018-06-09 17:00") == law.Price(kroner(0), first_hour_free=False)
    assert price(Colour.RED, "2025-04-05 17:00") == law.Price(kroner(45), first_hour_free=True)
    assert price(Colour.RED, "2025-03-31 12:00") is None


def test_every_time_limited_zone_has_its_limit(seeded):
    limits = {each.zone: each for each in records.time_limits(ALL)}
    assert set(limits) == set(TIME_LIMITED)
    ends = {zone: limit.ends.hour for zone, limit in limits.items()}
    assert {zone for zone, hour in ends.items() if hour == 19} == {"GJ", "HS", "NV", "VS", "HA"}
    assert (limits["HK"].minutes, ends["HK"], max(limits["HK"].weekdays)) == (60, 17, 5)
    assert {limit.minutes for zone, limit in limits.items() if zone != "HK"} == {180}
    assert {limit.begins for limit in limits.values()} == {time(8)}


def test_every_garage_gives_a_right_and_every_row_has_a_source(seeded):
    assert Garage.objects.count() == 13
    assert set(GarageRight.objects.values_list("garage", flat=True)) == set(
        Garage.objects.values_list("code", flat=True)
    )
    for table in (HourlyFare, TimeLimit, AfterHours, Garage, GarageRight, Holiday):
        assert table.objects.exists()
        assert not table.objects.filter(source="").exists()
    assert [each.name for each in records.garages_of("AN", TODAY)] == [
        "P-hus Leifsgade",
        "P-hus Under Elmene",
    ]
    found = records.garage_at("leifsgade 9", TODAY)
    assert found is not None
    assert found.permits == {"AN"}
    assert records.garage_at("Leifsgade 9", date(2024, 12, 31)) is None
    assert records.garage_at("Leifsgade 99", TODAY) is None


def test_to_seed_again_changes_nothing(seeded):
    assert catalogue.seed_tariff(TARIFF) == 0
    assert hours.seed_holidays(TARIFF, years=range(2018, 2032), today=TODAY) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("red = [3600, 1300, 500]", "red = [3601, 1300, 500]"),
        ("minutes = 60", "minutes = 120"),
        ('permits = ["VB"]', 'permits = ["VB", "VA"]'),
        ("until = 2019-01-01", "until = 2020-01-01"),
    ],
)
def test_a_version_in_force_is_never_edited(seeded, folder, old, new):
    edit(folder, old, new)
    with pytest.raises(catalogue.BadTariff, match=r"hours-2026\.toml"):
        catalogue.seed_tariff(folder, today=TODAY)
    assert not HourlyFare.objects.filter(day_ore=3601).exists()


NEXT_YEAR = """
[[hourly_fares]]
from = 2027-01-01
ore = { red = [4700, 1900, 700] }
day_begins = 08:00:00
evening_begins = 18:00:00
night_begins = 23:00:00
weekend_first_day = 5
weekend_begins = 17:00:00
weekend_last_day = 0
weekend_ends = 08:00:00
relief = "first hour"
source = "a test"
"""


def test_a_version_may_be_given_an_end_that_lies_ahead_so_that_another_follows(seeded, folder):
    edit(folder, "from = 2026-01-01\n", "from = 2026-01-01\nuntil = 2027-01-01\n")
    (folder / "hours-2027.toml").write_text(NEXT_YEAR, encoding="utf-8")
    assert catalogue.seed_tariff(folder, today=TODAY) == 5
    assert price(Colour.RED, "2026-12-31 23:59").per_hour == kroner(6)
    assert price(Colour.RED, "2027-01-01 00:00").per_hour == kroner(7)


@pytest.mark.parametrize("today", [None, date(2027, 1, 1)])
def test_a_version_is_given_no_end_that_has_come(seeded, folder, today):
    edit(folder, "from = 2026-01-01\n", "from = 2026-01-01\nuntil = 2027-01-01\n")
    with pytest.raises(catalogue.BadTariff, match="recorded differently"):
        catalogue.seed_tariff(folder, today=today)


@pytest.mark.parametrize("table", [HourlyFare, TimeLimit, AfterHours, Garage, GarageRight])
def test_two_versions_are_never_in_force_at_once(seeded, table):
    again = table.objects.filter(in_force__endswith=None).first()
    again.pk, again.in_force = None, as_range(Period(TODAY, TODAY + timedelta(days=1)))
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


# Holidays


def easter(year: int) -> date:
    """Return Easter Sunday by the rule of 1582, as reckoned by Oudin."""
    century = year // 100
    golden = year % 19
    solar = (century - 17) // 25
    moon = (century - century // 4 - (century - solar) // 3 + 19 * golden + 15) % 30
    moon -= (moon // 28) * (1 - (moon // 28) * (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    after = moon - weekday
    month = 3 + (after + 40) // 44
    return date(year, month, after + 28 - 31 * (month // 4))


def public_holidays(year: int) -> set[date]:
    sunday = easter(year)
    movable = {-3, -2, 0, 1, 39, 49, 50} | ({26} if year < 2024 else set())
    fixed = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)}
    return fixed | {sunday + timedelta(days=days) for days in movable}


@pytest.mark.parametrize("year", range(2018, 2032))
def test_the_holidays_are_those_of_the_law(seeded, year):
    found = records.holidays(Period(date(year, 5, 1), date(year, 5, 2)))
    assert found.public == public_holidays(year)
    assert found.named == {date(year, 6, 5), date(year, 12, 24)} - found.public
    assert found.of_payment == found.public | {date(year, 6, 5), date(year, 12, 24)}


def test_no_year_is_taken_to_be_without_holidays(seeded):
    assert records.holidays(Period(date(2030, 12, 30), date(2031, 1, 2)))
    with pytest.raises(NotInForce):
        records.holidays(Period(date(2031, 12, 30), date(2032, 1, 2)))


def test_a_day_that_has_come_stays_what_it_was(seeded):
    Holiday.objects.filter(day=date(2026, 5, 14)).delete()
    with pytest.raises(hours.PastHoliday, match="2026-05-14"):
        hours.seed_holidays(TARIFF, years=range(2018, 2032), today=TODAY)


def test_a_holiday_that_lies_ahead_may_be_abolished_or_made(seeded):
    prayer_day, ascension = date(2027, 4, 23), date(2027, 5, 6)
    Holiday(day=prayer_day, kind="public", name="Store bededag", source="before").save()
    Holiday.objects.filter(day=ascension).delete()
    assert hours.seed_holidays(TARIFF, years=range(2018, 2032), today=TODAY) == 2
    kept = set(Holiday.objects.values_list("day", flat=True))
    assert prayer_day not in kept
    assert ascension in kept


def test_the_command_records_some_years_ahead(transactional_db):
    call_command("seed_holidays", ahead=2, verbosity=0)
    first, last = (Holiday.objects.order_by(by).first().day.year for by in ("day", "-day"))
    assert (first, last - first >= 10) == (2018, True)
