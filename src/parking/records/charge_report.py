"""The yearly report of the charges to Vejdirektoratet: by when it is due, and that it was made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models

from parking.records.ranges import DateRangeField, never_two


class ReportDeadline(models.Model):
    """By when the charges of a year that ends within one period are reported. Never edited."""

    in_force = DateRangeField()
    month = models.PositiveSmallIntegerField()  #: of the following year
    day = models.PositiveSmallIntegerField()
    days_to_count = models.PositiveSmallIntegerField()  #: into that year, before it is counted
    days_ahead = models.PositiveSmallIntegerField()  #: how long before that somebody is told
    source = models.CharField(max_length=400)

    class Meta:
        """One table; there is one deadline at a time."""

        db_table = "charge_report_deadline"
        constraints: ClassVar = [never_two("charge_report_deadline_one", during="in_force")]

    def of(self, year: int) -> date:
        """Return the last day to report the charges of *year*."""
        return date(year + 1, self.month, self.day)

    def counted_on(self, year: int) -> date:
        """Return the first day on which the charges of *year* are counted by themselves."""
        return date(year + 1, 1, 1) + timedelta(days=self.days_to_count)


class ChargeReport(models.Model):
    """What was counted of a year that was over, for the report; the last time it was."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    counted = models.DateTimeField()
    taken = models.DateTimeField(null=True)  #: when somebody first took it out to report it
    issued = models.PositiveIntegerField()
    complained_of = models.PositiveIntegerField()
    annulled_after_complaint = models.PositiveIntegerField()
    sent_to_collection = models.PositiveIntegerField()

    class Meta:
        """One table; a year is there once."""

        db_table = "charge_report"


def deadline_of(year: int) -> ReportDeadline | None:
    """Return the deadline for the charges of *year*; ``None`` where nobody has said one."""
    return ReportDeadline.objects.filter(in_force__contains=date(year, 12, 31)).first()
