"""What an hour costs, how long one may stand, garages and holidays: all as dated rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Q

from parking.law import hours as law
from parking.law import standing
from parking.law.days import NotInForce, Period
from parking.law.money import Money
from parking.law.zones import Colour, ZoneCode
from parking.records.ranges import DateRangeField, as_period, as_range, never_two


class HourlyFare(models.Model):
    """What an hour costs in the paid zones of one colour. Never edited once in force."""

    colour = models.CharField(max_length=10)
    day_ore = models.PositiveIntegerField()
    evening_ore = models.PositiveIntegerField()
    night_ore = models.PositiveIntegerField()
    day_begins = models.TimeField()  #: all by the clock on the wall in Denmark
    evening_begins = models.TimeField()
    night_begins = models.TimeField()
    weekend_first_day = models.PositiveSmallIntegerField()  #: Monday is 0
    weekend_begins = models.TimeField()
    weekend_last_day = models.PositiveSmallIntegerField()
    weekend_ends = models.TimeField()
    relief = models.CharField(max_length=10)  #: at weekends and on holidays
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; an hour costs one thing at a time."""

        db_table = "hourly_fare"
        constraints: ClassVar = [
            never_two("hourly_fare_one_at_a_time", "colour", during="in_force"),
            CheckConstraint(
                name="hourly_fare_bands_in_order",
                condition=Q(
                    day_begins__lt=F("evening_begins"), evening_begins__lt=F("night_begins")
                ),
            ),
        ]

    def as_law(self) -> law.HourlyFare:
        """Return the fare as the law takes it."""
        return law.HourlyFare(
            colour=Colour(self.colour),
            day=Money(self.day_ore),
            evening=Money(self.evening_ore),
            night=Money(self.night_ore),
            bands=law.Bands(
                day=self.day_begins, evening=self.evening_begins, night=self.night_begins
            ),
            weekend=law.Weekend(
                first_day=self.weekend_first_day,
                begins=self.weekend_begins,
                last_day=self.weekend_last_day,
                ends=self.weekend_ends,
            ),
            relief=law.Relief(self.relief),
            in_force=as_period(self.in_force),
        )


class TimeLimit(models.Model):
    """How long one may stand in a time-limited zone, and when. Never edited once in force."""

    zone = models.CharField(max_length=10)
    minutes = models.PositiveSmallIntegerField()
    weekdays = models.JSONField()  #: Monday is 0
    begins = models.TimeField()
    ends = models.TimeField()
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a zone has one limit at a time."""

        db_table = "time_limit"
        constraints: ClassVar = [
            never_two("time_limit_one_at_a_time", "zone", during="in_force"),
            CheckConstraint(name="time_limit_ends_last", condition=Q(ends__gt=F("begins"))),
        ]

    def as_law(self) -> law.TimeLimit:
        """Return the limit as the law takes it."""
        return law.TimeLimit(
            zone=ZoneCode(self.zone),
            minutes=self.minutes,
            weekdays=frozenset(self.weekdays),
            begins=self.begins,
            ends=self.ends,
            in_force=as_period(self.in_force),
        )


class AfterHours(models.Model):
    """A zone that lets in permits of others, except in its own hours. Never edited in force."""

    zone = models.CharField(max_length=10)
    permits = models.JSONField()  #: the codes of the zones whose permits are let in
    weekdays = models.JSONField()  #: Monday is 0
    begins = models.TimeField()  #: from when on these weekdays they are not
    ends = models.TimeField()
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a zone has one such rule at a time."""

        db_table = "after_hours"
        constraints: ClassVar = [
            never_two("after_hours_one_at_a_time", "zone", during="in_force"),
            CheckConstraint(name="after_hours_ends_last", condition=Q(ends__gt=F("begins"))),
        ]

    def as_law(self) -> law.AfterHours:
        """Return the rule as the law takes it."""
        return law.AfterHours(
            zone=ZoneCode(self.zone),
            permits=frozenset(ZoneCode(code) for code in self.permits),
            weekdays=frozenset(self.weekdays),
            begins=self.begins,
            ends=self.ends,
            in_force=as_period(self.in_force),
        )


class Holiday(models.Model):
    """A day that is no ordinary day. A day that has come is never edited."""

    class Kind(models.TextChoices):
        """Which rules it counts in."""

        PUBLIC = "public"  #: a national holiday (helligdag): for payment and for time limits
        NAMED = "named"  #: named by the payment rule alone

    day = models.DateField(primary_key=True)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    name = models.CharField(max_length=60)  #: in Danish
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a day is one holiday."""

        db_table = "holiday"


class Garage(models.Model):
    """A garage of the city."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=200)  #: road and house number
    spaces = models.PositiveSmallIntegerField()
    access_controlled = models.BooleanField()  #: one needs a tag (brik) to get in
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a garage is described once at a time."""

        db_table = "garage"
        constraints: ClassVar = [never_two("garage_once", "code", during="in_force")]

    def as_law(self, permits: Iterable[str]) -> standing.Garage:
        """Return the garage as the law takes it, where *permits* of these zones give a right."""
        return standing.Garage(
            code=self.code,
            name=self.name,
            permits=frozenset(ZoneCode(code) for code in permits),
            access_controlled=self.access_controlled,
        )


class GarageRight(models.Model):
    """The permits of one zone give a right to one garage."""

    garage = models.CharField(max_length=40)  #: its code, so that a right outlives a description
    zone = models.CharField(max_length=10)
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a right is given once at a time."""

        db_table = "garage_right"
        constraints: ClassVar = [
            never_two("garage_right_once", "garage", "zone", during="in_force")
        ]


def hourly_fares(during: Period) -> tuple[law.HourlyFare, ...]:
    """Return the hourly fares in force on a day of the period *during*."""
    rows = HourlyFare.objects.filter(in_force__overlap=as_range(during))
    return tuple(row.as_law() for row in rows)


def time_limits(during: Period) -> tuple[law.TimeLimit, ...]:
    """Return the time limits in force on a day of the period *during*."""
    rows = TimeLimit.objects.filter(in_force__overlap=as_range(during))
    return tuple(row.as_law() for row in rows)


def after_hours(during: Period) -> tuple[law.AfterHours, ...]:
    """Return which zones let in others after hours on a day of the period *during*."""
    rows = AfterHours.objects.filter(in_force__overlap=as_range(during))
    return tuple(row.as_law() for row in rows)


def holidays(during: Period) -> law.Holidays:
    """Return the holidays in the years that the period *during* touches.

    :raises NotInForce: if nobody has said which days of such a year are holidays.
    :raises ValueError: if the period never ends.
    """
    if during.last_day is None:
        raise ValueError("nobody knows the holidays of all time")
    years = range(during.start.year, during.last_day.year + 1)
    whole = (date(years[0], 1, 1), date(years[-1], 12, 31))
    rows = list(Holiday.objects.filter(day__range=whole).values_list("day", "kind"))
    if missing := set(years) - {day.year for day, _ in rows}:
        raise NotInForce(f"no holidays are known for {min(missing)}")
    kinds = Holiday.Kind
    return law.Holidays(
        public=frozenset(day for day, kind in rows if kind == kinds.PUBLIC),
        named=frozenset(day for day, kind in rows if kind == kinds.NAMED),
    )


def garage_at(address: str, day: date) -> standing.Garage | None:
    """Return the garage at *address* (road and house number) on *day*, if there is one."""
    row = Garage.objects.filter(address__iexact=address, in_force__contains=day).first()
    if row is None:
        return None
    rights = GarageRight.objects.filter(garage=row.code, in_force__contains=day)
    return row.as_law(rights.values_list("zone", flat=True))


def garages_of(zone: str, day: date) -> tuple[Garage, ...]:
    """Return the garages that permits of *zone* give a right to on *day*, by name."""
    rights = GarageRight.objects.filter(zone=zone, in_force__contains=day)
    return tuple(
        Garage.objects.filter(code__in=rights.values("garage"), in_force__contains=day).order_by(
            "name"
        )
    )
