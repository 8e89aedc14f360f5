"""How often somebody may ask for something that costs us or others: a bucket that fills again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Bucket(models.Model):
    """What is left for one key. Losing this table only forgives."""

    key = models.CharField(max_length=100, primary_key=True)
    left = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        """One table, not written to the log of the database."""

        db_table = "bucket"
        indexes: ClassVar = [models.Index(fields=["at"], name="bucket_by_time")]
