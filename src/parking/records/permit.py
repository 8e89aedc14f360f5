"""Permits: who may stand where, with which plate, on which days."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import ClassVar

from django.db import connection, models
from django.db.models import CheckConstraint, F, Func, Q

from parking.law import permit as law
from parking.law.days import Period
from parking.law.facts import Holding
from parking.law.plates import Plate
from parking.law.zones import ZoneCode
from parking.records.application import Application
from parking.records.party import Party
from parking.records.ranges import DateRangeField, as_period, as_range, never_two

#: The states in which a permit keeps others from the same vehicle and the same place in the quota.
HOLDING = (law.State.RESERVED.value, law.State.ACTIVE.value)


class PermitQuerySet(models.QuerySet["Permit"]):
    """Questions about permits."""

    def holding(self) -> PermitQuerySet:
        """Return the permits that are reserved or active."""
        return self.filter(state__in=HOLDING)

    def active(self) -> PermitQuerySet:
        """Return the permits that are paid and not ended, whenever they are valid."""
        return self.filter(state=law.State.ACTIVE.value)

    def ending_after(self, day: date) -> PermitQuerySet:
        """Return the permits that are valid after *day* or on it."""
        return self.filter(period__endswith__gt=day)


class Permit(models.Model):
    """One permit: a right for one vehicle, in one zone, in one period."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="permits")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="permits")
    family = models.CharField(max_length=20)  #: permits of one family share a quota
    product = models.CharField(max_length=60)
    zone = models.CharField(max_length=10)
    plate = models.CharField(max_length=10)
    period = DateRangeField()
    slot = models.PositiveSmallIntegerField()  #: its place in the party's quota, from 1
    state = models.CharField(max_length=10, default=law.State.RESERVED.value)
    reserved = models.DateTimeField()
    activated = models.DateTimeField(null=True)
    #: Until then it is valid although its documents have not been approved yet.
    provisional_until = models.DateField(null=True)
    #: When the registers are asked again whether its conditions still hold; ``None``: not any more.
    next_look = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True)  #: the last day of a permit that was ended early
    ended_because = models.CharField(max_length=40, blank=True)

    objects = PermitQuerySet.as_manager()

    class Meta:
        """One table, where the database keeps § 5 of the regulation."""

        db_table = "permit"
        constraints: ClassVar = [
            never_two(
                "permit_one_per_vehicle", "plate", during="period", when=Q(state__in=HOLDING)
            ),
            never_two(
                "permit_within_quota",
                "party",
                "family",
                "slot",
                during="period",
                when=Q(state__in=HOLDING),
            ),
            CheckConstraint(name="permit_slot_from_one", condition=Q(slot__gte=1)),
            CheckConstraint(
                name="permit_lasts",
                condition=Q(
                    Func(F("period"), function="isempty", output_field=models.BooleanField()),
                    _negated=True,
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["party", "state"], name="permit_of_party"),
            models.Index(
                fields=["next_look"],
                name="permit_to_look_at",
                condition=Q(state=law.State.ACTIVE.value, next_look__isnull=False),
            ),
        ]

    @property
    def days(self) -> Period:
        """The days on which it is valid."""
        return as_period(self.period)

    @property
    def last_day(self) -> date:
        """The last day on which it is valid, as people are told it."""
        last = self.days.last_day
        if last is None:
            raise ValueError(f"permit {self.number} never ends")
        return last

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def valid_days(self) -> Period | None:
        """The days on which it lets its vehicle stand: of one that was ended, up to that day.

        ``None`` if there are none: it is not paid, or was ended before it began.
        """
        if self.stands is law.State.ACTIVE:
            return self.days
        ended = self.ended_on if self.stands is law.State.ENDED else None
        if ended is None or ended not in self.days:
            return None
        return Period(self.days.start, ended + timedelta(days=1))

    def is_valid_on(self, day: date) -> bool:
        """Tell whether it lets its vehicle stand on *day*."""
        valid = self.valid_days
        return valid is not None and day in valid

    def as_holding(self, *, own: bool) -> Holding:
        """Return it as the law looks at it."""
        return Holding(
            product=self.product,
            plate=Plate(self.plate),
            zone=ZoneCode(self.zone),
            period=self.days,
            own=own,
        )


def free_slot(party: Party, family: str, period: Period, allowed: int) -> int | None:
    """Return the first place in the party's quota that is free during *period*, if there is one."""
    taken = set(
        Permit.objects.holding()
        .filter(party=party, family=family, period__overlap=as_range(period))
        .values_list("slot", flat=True)
    )
    return next((slot for slot in range(1, allowed + 1) if slot not in taken), None)


def next_number() -> str:
    """Return a number no other permit has: ``P-000123``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('permit_number')")
        return f"P-{cursor.fetchone()[0]:06}"
