"""Announcements: what everybody is told at the top of each page while it is true."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Q


class Announcement(models.Model):
    """One thing that everybody should know, for instance that MitID is down."""

    class Severity(models.TextChoices):
        """How much it matters."""

        INFO = "info"
        WARNING = "warning"

    danish = models.CharField(max_length=500)
    english = models.CharField(max_length=500)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    pages = models.JSONField(default=list)  #: names of addresses; none of them is every page
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)  #: without it, until somebody ends it
    written = models.DateTimeField()

    class Meta:
        """One table; what ends has begun."""

        db_table = "announcement"
        ordering: ClassVar = ["-begins"]
        constraints: ClassVar = [
            CheckConstraint(
                name="announcement_begins_first",
                condition=Q(ends=None) | Q(ends__gte=F("begins")),
            )
        ]
