"""Comparisons of our permits with those of the accounts: one row a day."""

from __future__ import annotations

from django.db import models


class PermitComparison(models.Model):
    """One day on which our permits were compared with those of the accounts."""

    day = models.DateField(primary_key=True)
    finished = models.DateTimeField()
    ours = models.PositiveIntegerField()  #: how many we have that are valid, or will be
    theirs = models.PositiveIntegerField()  #: how many they have
    differing = models.PositiveIntegerField()

    class Meta:
        """One table."""

        db_table = "permit_comparison"
