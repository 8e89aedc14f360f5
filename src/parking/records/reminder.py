"""Reminders: that one was due, that it was sent, or that it came back."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from parking.records.permit import Permit


class Reminder(models.Model):
    """One reminder about one permit, and how it fared."""

    permit = models.ForeignKey(Permit, on_delete=models.PROTECT, related_name="reminders")
    days_before = models.PositiveSmallIntegerField()  #: the last day
    due = models.DateField()
    written = models.DateTimeField()
    sent = models.DateTimeField(null=True)
    message = models.UUIDField(null=True, unique=True)  #: what the post system knows its letter by
    delivered = models.DateTimeField(null=True)
    returned = models.DateTimeField(null=True)  #: when we heard that its letter was rejected
    failed = models.CharField(max_length=200, blank=True)  #: why it could not be delivered

    class Meta:
        """One table; nobody is reminded of the same thing twice."""

        db_table = "reminder"
        constraints: ClassVar = [
            models.UniqueConstraint(name="reminder_once", fields=["permit", "days_before"])
        ]


class ReminderRun(models.Model):
    """One day on which it was looked for permits that end; a day without one is an alarm."""

    day = models.DateField(primary_key=True)
    finished = models.DateTimeField()
    due = models.PositiveIntegerField()  #: how many reminders were due

    class Meta:
        """One table."""

        db_table = "reminder_run"
