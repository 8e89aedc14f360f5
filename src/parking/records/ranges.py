"""Periods as PostgreSQL keeps them: date ranges, half-open like the law's own."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q

from parking.law.days import Period

__all__ = ["DateRangeField", "as_period", "as_range", "never_two"]


def as_range(period: Period) -> DateRange:
    """Return *period* as the database keeps it."""
    return DateRange(period.start, period.end, "[)")


def as_period(stored: DateRange) -> Period:
    """Return what the database keeps as a period of the law."""
    return Period(stored.lower, stored.upper)


def never_two(name: str, *same: str, during: str, when: Q | None = None) -> ExclusionConstraint:
    """Return the constraint that no two rows alike in *same* overlap in the range *during*."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *((field, RangeOperators.EQUAL) for field in same),
            (during, RangeOperators.OVERLAPS),
        ],
        condition=when,
    )
