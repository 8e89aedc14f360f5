"""When somebody is reminded that a permit ends."""

from __future__ import annotations

from datetime import date
from typing import Final

from parking.law.days import Period

#: How many days before its last day somebody is reminded, the earliest first.
DAYS_BEFORE: Final = (30, 7, 1)


def due(period: Period, *, today: date) -> int | None:
    """Return which reminder is due *today*, in days before the last day; ``None`` if none is.

    A reminder that should have gone earlier, and did not, is due until the next one is.
    """
    last = period.last_day
    if last is None or not period.start <= today <= last:
        return None
    left = (last - today).days
    return min((days for days in DAYS_BEFORE if left <= days), default=None)
