"""The city's zones as dated versions, and the roads the map does not know enough about.

A version of the map is looked up as a whole, in process: see :mod:`parking.records.map`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from parking.records.ranges import DateRangeField, never_two


class ZoneVersion(models.Model):
    """The whole map as it was in force in one period."""

    in_force = DateRangeField()
    source_hash = models.CharField(max_length=64)  #: SHA-256 of what the city's service answered
    fetched = models.DateTimeField()

    class Meta:
        """One table; one map at a time."""

        db_table = "zone_version"
        constraints: ClassVar = [never_two("zone_version_one_at_a_time", during="in_force")]


class ZoneShape(models.Model):
    """One shape of one version of the map."""

    class Category(models.TextChoices):
        """What a shape means."""

        HOME_AREA = "home area"  #: an address here gives a right to the permit zone of its code
        PERMIT_ZONE = "permit zone"  #: where permits of its code are valid, in the payment area
        TIME_LIMITED_ZONE = "time-limited zone"  #: the same, where time is limited
        FLEX_ZONE = "flex zone"  #: valid for permits of several zones
        PAID_ZONE = "paid zone"  #: what an hour costs
        OUTSIDE = "outside"  #: no scheme

    version = models.ForeignKey(ZoneVersion, on_delete=models.CASCADE, related_name="shapes")
    category = models.CharField(max_length=20, choices=Category.choices)
    code = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, blank=True)  #: paid or time-limited
    codes = models.JSONField(default=list)  #: of a flex zone: the permits that are valid in it
    geometry = models.JSONField()  #: GeoJSON, EPSG:25832
    source_id = models.CharField(max_length=60)

    class Meta:
        """One table."""

        db_table = "zone_shape"


class PrivateCommonRoad(models.Model):
    """A private common road (privat fællesvej), where the city cannot sell parking."""

    municipality = models.CharField(max_length=4)
    road_code = models.CharField(max_length=4)
    name = models.CharField(max_length=200)
    in_force = DateRangeField()
    source = models.CharField(max_length=300)

    class Meta:
        """One table; a road is listed once at a time."""

        db_table = "private_common_road"
        constraints: ClassVar = [
            never_two("private_common_road_once", "municipality", "road_code", during="in_force")
        ]


def is_private_common_road(municipality: str, road_code: str, day: date) -> bool:
    """Tell whether the road is a private common road on *day*."""
    return PrivateCommonRoad.objects.filter(
        municipality=municipality, road_code=road_code, in_force__contains=day
    ).exists()


def zone_name(code: str, day: date) -> str:
    """Return what the city calls the permit zone *code* on *day*; the code if it has no name."""
    shape = (
        ZoneShape.objects.filter(
            version__in_force__contains=day, code=code, category=ZoneShape.Category.HOME_AREA
        )
        .only("name")
        .first()
    )
    return shape.name if shape else code
