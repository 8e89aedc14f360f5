"""The numbers of the regulation as dated rows: two versions can never be in force at once."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from parking.law import facts, price
from parking.law.days import NotInForce
from parking.law.money import Money
from parking.records.ranges import DateRangeField, as_period, never_two


class TermsVersion(models.Model):
    """The limits, quotas and deadlines of one product in one period. Never edited once in force."""

    product = models.CharField(max_length=60)
    in_force = DateRangeField()
    permits_per_person = models.PositiveSmallIntegerField()
    youngest_age = models.PositiveSmallIntegerField()  #: years
    heaviest_vehicle_kg = models.PositiveIntegerField()
    months = models.PositiveSmallIntegerField()  #: how long a permit is valid
    most_days_ahead = models.PositiveSmallIntegerField()
    renewal_days = models.PositiveSmallIntegerField()
    documentation_days = models.PositiveSmallIntegerField(default=14)  #: to show documents in
    refunds = models.BooleanField()  #: whether anything is paid back for a permit ended early
    smallest_refund_ore = models.PositiveIntegerField()
    private_common_road_effect = models.CharField(max_length=10)
    thresholds = models.JSONField(default=list)
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a product has one version at a time."""

        db_table = "terms"
        constraints: ClassVar = [never_two("terms_one_at_a_time", "product", during="in_force")]

    def as_law(self) -> facts.Terms:
        """Return the numbers as the law takes them."""
        return facts.Terms(
            permits_per_person=self.permits_per_person,
            youngest_age=self.youngest_age,
            heaviest_vehicle_kg=self.heaviest_vehicle_kg,
            months=self.months,
            most_days_ahead=self.most_days_ahead,
            renewal_days=self.renewal_days,
            refunds=self.refunds,
            smallest_refund_ore=self.smallest_refund_ore,
            private_common_road_effect=facts.PrivateCommonRoadEffect(
                self.private_common_road_effect
            ),
            thresholds=tuple(
                facts.Threshold(
                    fuel=facts.Drive(threshold["fuel"]),
                    norm=facts.Norm(threshold["norm"]),
                    tier=threshold["tier"],
                    at_least_tenths=threshold["at_least_tenths"],
                )
                for threshold in self.thresholds
            ),
        )


class FareLine(models.Model):
    """One line of the price list, as the accounts gave it."""

    product = models.CharField(max_length=60)
    item_number = models.CharField(max_length=40)
    tier = models.CharField(max_length=20)
    price_ore = models.PositiveIntegerField()
    in_force = DateRangeField()
    fetched = models.DateTimeField()

    class Meta:
        """One table; a product costs one thing at a time in each tier."""

        db_table = "fare"
        constraints: ClassVar = [
            never_two("fare_one_at_a_time", "product", "tier", during="in_force")
        ]

    def as_law(self) -> price.Fare:
        """Return the line as the law takes it."""
        return price.Fare(
            product=self.product,
            item_number=self.item_number,
            tier=self.tier,
            price=Money(self.price_ore),
            in_force=as_period(self.in_force),
        )


def terms_on(product: str, day: date) -> TermsVersion:
    """Return the terms of *product* in force on *day*.

    :raises NotInForce: if there are none.
    """
    version = TermsVersion.objects.filter(product=product, in_force__contains=day).first()
    if version is None:
        raise NotInForce(f"no terms for {product} on {day}")
    return version


def fares_on(day: date) -> tuple[price.Fare, ...]:
    """Return every fare in force on *day*."""
    return tuple(line.as_law() for line in FareLine.objects.filter(in_force__contains=day))
