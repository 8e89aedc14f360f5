"""Parking charges (parkeringsafgifter): our copy of what the charge system knows of each.

The charge system keeps the account. What it told last is kept whole, with the columns beside it
that charges are found and sorted by. Only an answer with a higher version takes its place, so that
the same change may be told twice, late or out of order.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Final

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Lower, TruncDate

from parking.law.days import DENMARK
from parking.law.money import Money
from parking.records import sealing
from parking.records.party import Party

#: The street, in small letters.
_STREET: Final = Lower(KT("told__place__street"))
#: A fee stands in the account, as the charge system told it.
_HAS_FEE: Final = Q(told__account__contains=[{"kind": "fee"}])


class ChargeQuerySet(models.QuerySet["Charge"]):
    """Questions about charges."""

    def with_what_was_done(self) -> ChargeQuerySet:
        """Return them with all that was done about each here, in a fixed number of queries."""
        return self.prefetch_related(
            "payments__refunds",
            "steps",
            "pauses",
            "instalments__plan",
            "collection_claims",
        )

    def on_street(self, street: str, since: datetime, until: datetime) -> ChargeQuerySet:
        """Return those that were issued on *street* from *since* until before *until*.

        By an index of its own, however many there are elsewhere.
        """
        there = self.alias(street=_STREET).filter(street=Lower(Value(street)))
        return there.filter(issued__gte=since, issued__lt=until)

    def with_fees(self) -> ChargeQuerySet:
        """Return those that have a fee in the account, whoever booked it."""
        return self.filter(_HAS_FEE)


class Charge(models.Model):
    """One charge, as the charge system last told it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source_id = models.CharField(max_length=64, unique=True)  #: the charge system's own
    number = models.CharField(max_length=9, unique=True)  #: as on the slip
    version = models.PositiveIntegerField()  #: of the charge system; grows with each change
    plate = models.CharField(max_length=15)
    country = models.CharField(max_length=2)  #: of the plate
    issued = models.DateTimeField()
    state = models.CharField(max_length=16)  #: as the charge system says it
    due = models.DateField()
    balance_ore = models.IntegerField()  #: what is owed there; below zero we owe
    #: Nothing falls due meanwhile: a complaint, a plan. A stop with a day is left to the law.
    waits = models.BooleanField()
    code_hash = models.CharField(max_length=64)  #: SHA-256 of the code on the slip
    told = models.JSONField()  #: everything it told but that code, who holds the vehicle, and stops
    learnt = models.DateTimeField()  #: when this version came to us
    has_annulments = models.BooleanField(default=False)  #: something of it was annulled here
    #: Collecting could not go on with it, and looks at it again from this day.
    stuck_until = models.DateField(null=True)
    has_bank_refunds = models.BooleanField(default=False)  #: something went back, and not to a card

    #: It was given to a vehicle of whoever asks: on what `actions.charge.mine` returns, only there.
    was_theirs: bool

    objects = ChargeQuerySet.as_manager()

    class Meta:
        """One table, found by number, by plate and by what is still owed."""

        db_table = "charge"
        indexes: ClassVar = [
            models.Index(fields=["plate", "-issued"], name="charge_of_plate"),
            models.Index(_STREET, "issued", name="charge_on_street"),
            models.Index(fields=["learnt"], name="charge_with_fees", condition=_HAS_FEE),
            models.Index(
                fields=["due"], name="charge_owing", condition=Q(balance_ore__gt=0, waits=False)
            ),
            models.Index(
                fields=["due"],
                name="charge_to_collect",
                condition=Q(
                    balance_ore__gt=0,
                    waits=False,
                    state__in=["issued", "reminded", "first_fee", "second_fee"],
                ),
            ),
        ]

    @property
    def balance(self) -> Money:
        """What is owed according to the charge system."""
        return Money(self.balance_ore)


class ChargeHolderQuerySet(models.QuerySet["ChargeHolder"]):
    """Questions about who held a vehicle."""

    def on_the_day(self) -> ChargeHolderQuerySet:
        """Return those who held the vehicle on the day the charge was given, as Denmark counts."""
        day = TruncDate("charge__issued", tzinfo=DENMARK)
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)

    def of(self, party: Party) -> ChargeHolderQuerySet:
        """Return where *party* held the vehicle, by any of their numbers."""
        return self.filter(number_fingerprint__in=party.number_fingerprints)


class ChargeHolder(models.Model):
    """Who was registered as owner or user of the vehicle, and when: a person or a company."""

    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="holders")
    relation = models.CharField(max_length=5)  #: owner or user
    kind = models.CharField(max_length=7)  #: person or company
    number_sealed = models.BinaryField()
    number_fingerprint = models.CharField(max_length=64)
    since = models.DateField()
    until = models.DateField(null=True)  #: the first day on which it no longer held

    objects = ChargeHolderQuerySet.as_manager()

    class Meta:
        """One table; whoever holds a vehicle is found by fingerprint."""

        db_table = "charge_holder"
        constraints: ClassVar = [
            UniqueConstraint(
                name="charge_holder_once",
                fields=["charge", "relation", "number_fingerprint", "since"],
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["number_fingerprint"], name="charge_holder_number")
        ]

    @property
    def number(self) -> str:
        """The person or company number, opened now. Never log it, never put it in a URL."""
        return sealing.keys().open(
            bytes(self.number_sealed), place=f"charge.holder:{self.charge_id}"
        )

    def with_number(self, number: str) -> ChargeHolder:
        """Return this holder with *number* sealed and fingerprinted."""
        keys = sealing.keys()
        self.number_sealed = keys.seal(number, place=f"charge.holder:{self.charge_id}")
        self.number_fingerprint = keys.fingerprint_of(number)
        return self


class ChargeClaim(models.Model):
    """A charge that somebody has put on their page by number and plate: they borrowed the car.

    It opens this one charge, and nothing else about the vehicle.
    """

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="charge_claims")
    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="claims")
    claimed = models.DateTimeField()

    class Meta:
        """One table; a charge stands on a page once."""

        db_table = "charge_claim"
        constraints: ClassVar = [
            UniqueConstraint(name="charge_claim_once", fields=["party", "charge"])
        ]


class ChosenCharge(models.Model):
    """A charge that a party has put in the basket, and not paid yet."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="chosen_charges")
    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="chosen")
    chosen = models.DateTimeField()
    #: How much of it, when it is one instalment; ``None``: all that is owed.
    part_ore = models.PositiveIntegerField(null=True)
    #: The plan whose following instalments the card that pays this one is to pay by itself, as its
    #: party has asked for; ``None`` where nobody has.
    remember = models.ForeignKey(
        "records.Plan", null=True, on_delete=models.SET_NULL, related_name="chosen"
    )

    class Meta:
        """One table; a charge is in a basket once, and only with an instalment comes a consent."""

        db_table = "chosen_charge"
        constraints: ClassVar = [
            UniqueConstraint(name="chosen_charge_once", fields=["party", "charge"]),
            CheckConstraint(
                name="chosen_charge_remembers_with_instalment",
                condition=Q(remember=None) | Q(part_ore__isnull=False),
            ),
        ]


class ChargePayment(models.Model):
    """Money for a charge that was taken here. It counts at once, and is told to the charge system.

    The charge system knows it by *reference*; once that stands in the charge's account it counts
    there and no longer here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="payments")
    #: Which it was paid with; ``None`` for what came by bank.
    order = models.ForeignKey(
        "records.Order", null=True, on_delete=models.PROTECT, related_name="charge_payments"
    )
    reference = models.CharField(max_length=40, unique=True)  #: ``PB-2026-000987-1``
    amount_ore = models.PositiveIntegerField()
    refunded_ore = models.PositiveIntegerField(default=0)  #: owed back or paid back since
    method = models.CharField(max_length=12)  #: card, mobilepay or bank
    paid = models.DateTimeField()

    class Meta:
        """One table; no more is paid back than was taken."""

        db_table = "charge_payment"
        constraints: ClassVar = [
            CheckConstraint(
                name="charge_refund_within_paid", condition=Q(refunded_ore__lte=F("amount_ore"))
            )
        ]

    @property
    def amount(self) -> Money:
        """What was taken."""
        return Money(self.amount_ore)

    @property
    def left(self) -> Money:
        """What has not been paid back."""
        return Money(self.amount_ore - self.refunded_ore)


class ChargeFeed(models.Model):
    """How far we have read of what the charge system tells. There is one row.

    While *listing* is set every charge is being listed anew, and it says where to go on.
    """

    only = models.BooleanField(primary_key=True, default=True)
    cursor = models.CharField(max_length=200, blank=True)  #: of the feed; empty before the first
    sequence = models.PositiveBigIntegerField(null=True)  #: of the last change we have read
    listing = models.CharField(max_length=200, blank=True)
    listed = models.PositiveIntegerField(default=0)  #: how many of the listing we have
    total = models.PositiveIntegerField(default=0)  #: how many there were when it was begun
    read = models.DateTimeField(null=True)  #: when we last read to the end

    class Meta:
        """One table with one row."""

        db_table = "charge_feed"
        constraints: ClassVar = [CheckConstraint(name="charge_feed_one", condition=Q(only=True))]


class UnreadCharge(models.Model):
    """A charge that we were told of and could not understand; it is asked about again."""

    source_id = models.CharField(max_length=64, unique=True)  #: the charge system's own
    why = models.CharField(max_length=500)
    since = models.DateTimeField()
    asked = models.DateTimeField()  #: when it was last told

    class Meta:
        """One table."""

        db_table = "charge_unread"
