"""Keeping hours, garages and holidays in step with the dated numbers of the tariff."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import holidays

from parking.law.days import Period
from parking.law.hours import Relief
from parking.law.zones import Colour
from parking.records.hours import (
    AfterHours,
    Garage,
    GarageRight,
    Holiday,
    HourlyFare,
    TimeLimit,
)
from parking.records.recording import one_at_a_time, recording

_LIBRARY = f"holidays {metadata.version('holidays')}, Denmark"


@dataclass(frozen=True, slots=True)
class Version:
    """A dated version as a file of the tariff names it."""

    table: Any
    keys: tuple[str, ...]  #: the columns by which two versions are of the same thing
    said: Mapping[str, Any]  #: the columns, and the days it is in force: from, until


def versions(said: Mapping[str, Any]) -> Iterator[Version]:
    """Yield the versions that a file of the tariff names, one for each row of ours.

    :raises KeyError: if one lacks what it must say.
    :raises ValueError: if one says what means nothing.
    """
    for fares in said.get("hourly_fares", []):
        yield from _fares(fares)
    for limits in said.get("time_limits", []):
        for zone in limits["zones"]:
            yield Version(TimeLimit, ("zone",), _without(limits, "zones") | {"zone": zone})
    for rule in said.get("after_hours", []):
        yield Version(AfterHours, ("zone",), rule)
    for garage in said.get("garages", []):
        yield Version(Garage, ("code",), _without(garage, "permits"))
        for zone in garage["permits"]:
            right = {name: garage[name] for name in ("from", "until", "source") if name in garage}
            right |= {"garage": garage["code"], "zone": zone}
            yield Version(GarageRight, ("garage", "zone"), right)


def _fares(said: dict[str, Any]) -> Iterator[Version]:
    shared = _without(said, "ore") | {"relief": Relief(said["relief"]).value}
    for colour, ore in said["ore"].items():
        day, evening, night = ore
        prices = {"day_ore": day, "evening_ore": evening, "night_ore": night}
        of_colour = shared | prices | {"colour": Colour(colour).value}
        yield Version(HourlyFare, ("colour",), of_colour)


def _without(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in said.items() if each != name}


class PastHoliday(ValueError):
    """A day that has come would become a holiday, or cease to have been one."""


def seed_holidays(folder: Path, *, years: range, today: date) -> int:
    """Record the holidays of *years* as library and tariff say now; return how many rows changed.

    A year that nobody has recorded is recorded whole. In one that has been, only days that lie
    ahead may change: the law on holidays does.

    :raises PastHoliday: if what is said now contradicts what was recorded of a day that has come.
    """
    said = {each.day: each for each in _holidays(folder, years)}
    with recording():
        one_at_a_time("catalogue", "holidays")
        whole = (date(years[0], 1, 1), date(years[-1], 12, 31))
        recorded = {each.day: each for each in Holiday.objects.filter(day__range=whole)}
        different = [
            day
            for day in sorted(said.keys() | recorded.keys())
            if _as_told(said.get(day)) != _as_told(recorded.get(day))
        ]
        known_years = {day.year for day in recorded}
        for day in different:
            if day <= today and day.year in known_years:
                raise PastHoliday(f"{day} is recorded differently")
        Holiday.objects.filter(day__in=different).delete()
        Holiday.objects.bulk_create(said[day] for day in different if day in said)
    return len(different)


def _as_told(holiday: Holiday | None) -> tuple[str, str] | None:
    return None if holiday is None else (holiday.kind, holiday.name)


def _holidays(folder: Path, years: range) -> Iterator[Holiday]:
    """Yield the holidays of *years*, those the payment rule names before the public ones."""
    kinds = Holiday.Kind
    for file in sorted(folder.glob("*.toml")):
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        for named in said.get("named_holidays", []):
            in_force = Period(named["from"], named.get("until"))
            for day in (date(year, named["month"], named["day"]) for year in years):
                if day in in_force:
                    name, source = named["name"], named["source"]
                    yield Holiday(day=day, kind=kinds.NAMED, name=name, source=source)
    public = holidays.country_holidays("DK", years=years, language="da")
    for day, name in public.items():
        yield Holiday(day=day, kind=kinds.PUBLIC, name=name, source=_LIBRARY)
