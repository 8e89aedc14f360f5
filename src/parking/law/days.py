"""Days, periods and versions as the regulation counts them. Danish local time decides the day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

DENMARK = ZoneInfo("Europe/Copenhagen")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days from *start* up to, but not including, *end*; without *end*, for ever."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"a period cannot end before it starts: {self.start}–{self.end}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        """Tell whether some day lies in both periods."""
        later = max(self.start, other.start)
        return later in self and later in other

    @property
    def last_day(self) -> date | None:
        """The last day in the period, as people are told it; ``None`` if it never ends."""
        return None if self.end is None else self.end - timedelta(days=1)


def danish_day(now: datetime) -> date:
    """Return the date in Denmark at the moment *now*.

    :raises ValueError: if *now* does not say which time zone it is in.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone is no moment")
    return now.astimezone(DENMARK).date()


def months_after(day: date, months: int) -> date:
    """Return the same day *months* later, or the last day of that month if it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def whole_months_left(period: Period, *, after: date) -> int:
    """Return how many whole months of *period* have not begun on the day *after*.

    :raises ValueError: if the period never ends.
    """
    if period.end is None:
        raise ValueError("a period without an end has no months left")
    months = 0
    while months_after(period.start, months) <= after:
        months += 1
    left = 0
    while months_after(period.start, months + left + 1) <= period.end:
        left += 1
    return left


def age_on(day: date, *, born: date) -> int:
    """Return how many years a person born on *born* has completed on *day*.

    Somebody born on 29 February completes a year on 1 March in the years that lack the day.
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class NotInForce(LookupError):
    """Nothing was in force on the day asked about."""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """Successive versions of one thing, each in force until the next one begins."""

    versions: tuple[tuple[date, T], ...]

    @classmethod
    def of(cls, *versions: tuple[date, T]) -> Dated[T]:
        """Return *versions* in order of the day each begins.

        :raises ValueError: if two versions begin on the same day.
        """
        starts = [start for start, _ in versions]
        if len(set(starts)) != len(starts):
            raise ValueError("two versions cannot begin on the same day")
        return cls(tuple(sorted(versions, key=lambda version: version[0])))

    def version_on(self, day: date) -> tuple[date, T]:
        """Return the version in force on *day*, and the day it came into force.

        :raises NotInForce: if the first version begins later.
        """
        for start, version in reversed(self.versions):
            if start <= day:
                return start, version
        raise NotInForce(f"nothing in force on {day}")

    def on(self, day: date) -> T:
        """Return the version in force on *day*.

        :raises NotInForce: if the first version begins later.
        """
        return self.version_on(day)[1]
