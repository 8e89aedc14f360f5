"""Letters: what was sent to a party, exactly as it was sent."""

from __future__ import annotations

import uuid

from django.db import models

from parking.records.case import Case
from parking.records.order import Order
from parking.records.party import Party


class Letter(models.Model):
    """A letter as it was sent. Its id is the one the post system knows it by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="letters")
    order = models.OneToOneField(
        Order, null=True, on_delete=models.PROTECT, related_name="receipt"
    )  #: of a receipt
    case = models.ForeignKey(
        Case, null=True, on_delete=models.PROTECT, related_name="letters"
    )  #: of a letter about a case
    subject = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="da")
    pdf = models.BinaryField()
    written = models.DateTimeField()
    sent = models.DateTimeField(null=True)
    transaction = models.CharField(
        max_length=100, blank=True
    )  #: the post system's id of the sending

    class Meta:
        """One table."""

        db_table = "letter"
