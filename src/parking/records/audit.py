"""Who looked up what about whom, when and what for. Written once, never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from parking.records.party import Party
from parking.records.staff import Staff


class LookUp(models.Model):
    """One question to a register about one party."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="look_ups")
    register = models.CharField(max_length=30)  #: law.facts.Supplier, "case" or "charge"
    purpose = models.CharField(max_length=60)  #: why, in words of ours that have a translation
    asked_by = models.CharField(max_length=60)  #: the party themselves, "system" or "staff <unit>"
    staff = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="look_ups"
    )  #: who of them; for us only
    reference = models.CharField(max_length=60)  #: the matter it was asked for
    outcome = models.CharField(max_length=20)  #: answered, not found, unavailable, rejected
    at = models.DateTimeField()

    class Meta:
        """One table; the database refuses changes to it."""

        db_table = "look_up"
        indexes: ClassVar = [models.Index(fields=["party", "-at"], name="look_up_of_party")]


class Incident(models.Model):
    """Something no machine may settle: a person must look."""

    key = models.CharField(max_length=150, unique=True)  #: the same matter is raised once
    what = models.CharField(max_length=60)
    detail = models.CharField(max_length=500)  #: no personal data
    raised = models.DateTimeField()
    settled = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="settled_incidents"
    )
    word = models.CharField(max_length=200, blank=True)  #: what was done about it

    class Meta:
        """One table."""

        db_table = "incident"
