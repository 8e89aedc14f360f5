"""What a machine has seen of a charge, with the facts it saw it by; and what was annulled here."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models

from parking.law.money import Money
from parking.records.charge import Charge
from parking.records.complaint import Complaint
from parking.records.party import Party


class ChargeCheck(models.Model):
    """One asking of every ground on which a charge must be annulled. Never changed.

    It can be asked again: the facts are those that it was asked about, and *versions* names the
    rules and the numbers.
    """

    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="checks")
    #: As whose debt it was looked at; ``None``: as that of whoever held the vehicle on the day.
    party = models.ForeignKey(Party, null=True, on_delete=models.CASCADE, related_name="checks")
    at = models.DateTimeField()
    occasion = models.CharField(max_length=20)  #: what it was asked for
    answer = models.CharField(max_length=5)  #: a value of reasoning.Answer
    ask_again = models.BooleanField()  #: a register was silent
    ground = models.CharField(max_length=30, blank=True)  #: a value of evidence.Ground
    reason = models.CharField(max_length=20, blank=True)  #: a value of AnnulmentReason
    on_the_spot = models.BooleanField()  #: whether the machine may decide by itself
    finding: models.JSONField[Any] = models.JSONField()  #: of every ground
    facts: models.JSONField[Any] = models.JSONField()
    shown: models.JSONField[Any] = models.JSONField(default=list)  #: the evidence, in words of ours
    versions: models.JSONField[Any] = models.JSONField()

    class Meta:
        """One table; the newest of a charge is what counts."""

        db_table = "charge_check"
        indexes: ClassVar = [models.Index(fields=["charge", "-at"], name="charge_check_newest")]


class ChargeAnnulment(models.Model):
    """What was annulled here of a charge. It counts at once, and is told to the charge system.

    The charge system knows it by *reference*, or by the complaint it was decided in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="annulments")
    complaint = models.ForeignKey(
        Complaint, null=True, on_delete=models.SET_NULL, related_name="annulments"
    )
    reference = models.CharField(max_length=64, unique=True)
    amount_ore = models.PositiveIntegerField()
    whole = models.BooleanField()  #: nothing of the charge is left
    reason = models.CharField(max_length=20)  #: a value of AnnulmentReason
    reasons = models.TextField()  #: as people read them
    evidence: models.JSONField[Any] = models.JSONField(default=list)  #: kind, reference and text
    decided = models.DateTimeField()
    by = models.CharField(max_length=100)
    by_machine = models.BooleanField()

    class Meta:
        """One table."""

        db_table = "charge_annulment"

    @property
    def amount(self) -> Money:
        """What was annulled."""
        return Money(self.amount_ore)
