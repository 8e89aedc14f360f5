"""The city's zones as dated versions, and the roads the map does not know enough about.

A version of the map is looked up as a whole, in process: see :mod:`parking.records.map`.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from parking.law import map as law
from parking.law.course import Actor
from parking.law.zones import Category, Status
from parking.records.ranges import DateRangeField, never_two


class ZoneVersion(models.Model):
    """The whole map as the city published it once, and the period in which it is in force."""

    state = models.CharField(max_length=10, default=law.State.PROPOSED.value)
    in_force = DateRangeField(null=True)  #: only of one that somebody, or the first day, accepted
    source_hash = models.CharField(max_length=64)  #: SHA-256 of what the city's service answered
    fetched = models.DateTimeField()
    #: The version it was compared with; none for the first.
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    report = models.JSONField(default=list)  #: what was wrong with it, and what was done
    difference = models.JSONField(default=list)  #: from its base

    class Meta:
        """One table; one map at a time, and one proposal."""

        db_table = "zone_version"
        constraints: ClassVar = [
            never_two("zone_version_one_at_a_time", during="in_force"),
            CheckConstraint(
                name="zone_version_in_force_has_a_period",
                condition=Q(state=law.State.IN_FORCE.value, in_force__isnull=False)
                | (~Q(state=law.State.IN_FORCE.value) & Q(in_force__isnull=True)),
            ),
            UniqueConstraint(
                name="zone_version_one_proposal",
                fields=["state"],
                condition=Q(state=law.State.PROPOSED.value),
            ),
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    def move(self, actor: Actor, step: law.Step) -> None:
        """Take *step*; the caller saves.

        :raises StepNotAllowed: if it cannot be taken from where the map stands.
        """
        self.state = law.COURSE.after(self.stands, actor, step).value


class ShapesThatCount(models.Manager["ZoneShape"]):
    """The shapes that count when their version is in force: neither to come nor once."""

    def get_queryset(self) -> models.QuerySet[ZoneShape]:
        """Return them."""
        return super().get_queryset().filter(status=Status.NOW)


class ZoneShape(models.Model):
    """One shape of one version of the map.

    ``objects`` has only what counts now, so that no reader can forget it; ``of_any_time`` has all.
    """

    Category: ClassVar = Category

    version = models.ForeignKey(ZoneVersion, on_delete=models.CASCADE, related_name="shapes")
    category = models.CharField(max_length=20, choices=[(each, each) for each in Category])
    status = models.CharField(max_length=8, default=Status.NOW)  #: a value of law.zones.Status
    code = models.CharField(max_length=10, blank=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, blank=True)  #: paid or time-limited
    codes = models.JSONField(default=list)  #: of a flex zone: the permits that are valid in it
    geometry = models.JSONField()  #: GeoJSON, EPSG:25832
    source_id = models.CharField(max_length=60)

    objects = ShapesThatCount()
    of_any_time = models.Manager["ZoneShape"]()

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
