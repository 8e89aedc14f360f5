"""Money by bank that a case worker must find the place of, and what went back of such money."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, Q

from parking.law.money import Money
from parking.records.charge import Charge
from parking.records.collection import BankEntry


class UnplacedMoney(models.Model):
    """An amount that is not where it belongs; its case says what was decided about it."""

    class Why(models.TextChoices):
        """Why a person must look at it."""

        FITS_NOTHING = "fits nothing"  #: came, and says nothing that we know
        NOT_BOOKED = "not booked"  #: came, and what it is for cannot be counted up
        TAKEN_BACK = "taken back"  #: the bank took it, and it is not certain of what
        OVERPAID = "overpaid"  #: too much on a charge, and no card to pay it back to

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    why = models.CharField(max_length=12, choices=Why.choices)
    entry = models.OneToOneField(
        BankEntry, null=True, on_delete=models.PROTECT, related_name="unplaced_money"
    )
    charge = models.ForeignKey(
        Charge, null=True, on_delete=models.PROTECT, related_name="unplaced_money"
    )
    amount_ore = models.PositiveBigIntegerField()
    came = models.DateField()  #: when it came, was taken back or was known to be too much

    class Meta:
        """One table; it is about what the bank told, or about a charge."""

        db_table = "unplaced_money"
        constraints: ClassVar = [
            CheckConstraint(
                name="unplaced_money_of_one_thing",
                condition=Q(why="overpaid", entry__isnull=True, charge__isnull=False)
                | Q(why__in=["fits nothing", "not booked", "taken back"], entry__isnull=False)
                & Q(charge__isnull=True),
            ),
            CheckConstraint(name="unplaced_money_is_something", condition=Q(amount_ore__gt=0)),
        ]

    @property
    def amount(self) -> Money:
        """How much it is."""
        return Money(self.amount_ore)


class BankRefund(models.Model):
    """Money of a charge that went back otherwise than to a card: paid out, moved or taken back.

    It counts at once. The charge system knows it by *number*, which says which way it went.
    """

    class Why(models.TextChoices):
        """Which way it went."""

        PAID_OUT = "paid_out"  #: to whoever had paid it
        MOVED = "moved"  #: to another charge
        TAKEN_BACK = "taken_back"  #: by the bank

    number = models.CharField(max_length=40, unique=True)  #: ``moved:S-000123-1``
    why = models.CharField(max_length=12, choices=Why.choices)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="bank_refunds")
    payment_reference = models.CharField(max_length=80)  #: of the payment in the charge's account
    amount_ore = models.PositiveIntegerField()
    due = models.DateTimeField()

    class Meta:
        """One table."""

        db_table = "bank_refund"
        constraints: ClassVar = [
            CheckConstraint(name="bank_refund_is_something", condition=Q(amount_ore__gt=0))
        ]

    @classmethod
    def why_of(cls, number: str) -> Why | None:
        """Return which way went what has that *number* in an account; ``None`` if not one of these.

        >>> BankRefund.why_of("moved:S-000123-1").label
        'Moved'
        """
        why = number.partition(":")[0]
        return cls.Why(why) if why in cls.Why.values else None

    @property
    def amount(self) -> Money:
        """How much went back."""
        return Money(self.amount_ore)
