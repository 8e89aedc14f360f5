"""Orders, their lines, and the money: what was asked, what was taken, what was paid back."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import connection, models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from parking.law import order as law
from parking.law.money import Money
from parking.records.application import Application
from parking.records.charge import Charge, ChargePayment
from parking.records.collection import Plan
from parking.records.party import Party
from parking.records.permit import Permit


class Order(models.Model):
    """What somebody pays for at one time: a party, or whoever has the slip of a charge."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    #: ``None`` for somebody who pays a charge without logging in.
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="orders")
    state = models.CharField(max_length=12, default=law.State.OPEN.value)
    total_ore = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    opened = models.DateTimeField()
    expires = models.DateTimeField()  #: after which what is reserved is released
    settled = models.DateTimeField(null=True)  #: when it left the state open
    #: Whose instalment it draws; or whose following ones the card that pays it is to pay.
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="orders")
    #: Which instalment it draws from the stored card; ``None`` where a person pays.
    instalment = models.PositiveSmallIntegerField(null=True)
    turn = models.PositiveSmallIntegerField(default=0)  #: how often that had been tried before
    declined = models.BooleanField(default=False)  #: the card would not pay it

    class Meta:
        """One table; a party pays for one order at a time, and an instalment is drawn in turn."""

        db_table = "order"
        constraints: ClassVar = [
            UniqueConstraint(
                name="order_one_open_per_party",
                fields=["party"],
                condition=Q(state=law.State.OPEN.value, instalment=None),
            ),
            UniqueConstraint(
                name="order_drawn_in_turn",
                fields=["plan", "instalment", "turn"],
                condition=Q(instalment__isnull=False),
            ),
            CheckConstraint(
                name="order_draws_for_a_plan",
                condition=Q(instalment=None) | Q(plan__isnull=False, party__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires"],
                name="order_open_or_owing",
                condition=Q(state__in=[law.State.OPEN.value, law.State.REFUND_DUE.value]),
            )
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def total(self) -> Money:
        """What its lines add up to."""
        return Money(self.total_ore)


class OrderLine(models.Model):
    """One permit of an order, at the price that was shown, or what was owed on one charge."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    application = models.ForeignKey(
        Application, null=True, on_delete=models.PROTECT, related_name="lines"
    )
    permit = models.OneToOneField(Permit, null=True, on_delete=models.PROTECT, related_name="line")
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="lines")
    item_number = models.CharField(max_length=40)
    price_ore = models.PositiveIntegerField()

    class Meta:
        """One table; a permit is sold once, and a line is for one thing."""

        db_table = "order_line"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            CheckConstraint(
                name="order_line_for_one_thing",
                condition=Q(permit__isnull=False, application__isnull=False, charge__isnull=True)
                | Q(permit__isnull=True, application__isnull=True, charge__isnull=False),
            ),
            UniqueConstraint(name="order_line_charge_once", fields=["order", "charge"]),
        ]

    @property
    def price(self) -> Money:
        """What it costs."""
        return Money(self.price_ore)

    @property
    def sold(self) -> tuple[Permit, Application]:
        """The permit it is for, and what was applied for.

        :raises ValueError: if it is for a charge.
        """
        if self.permit is None or self.application is None:
            raise ValueError("a line about a charge sells no permit")
        return self.permit, self.application


class Payment(models.Model):
    """The payment of one order, as the provider last described it."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="payment")
    payment_id = models.CharField(max_length=64, unique=True)
    page_url = models.URLField(max_length=1000)
    created = models.DateTimeField()
    asked = models.DateTimeField(null=True)  #: when the provider last told the truth about it
    taken_ore = models.PositiveIntegerField(default=0)
    refunded_ore = models.PositiveIntegerField(default=0)
    charge_id = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=40, blank=True)
    masked_card = models.CharField(max_length=30, blank=True)
    ended = models.BooleanField(default=False)

    class Meta:
        """One table; no more is paid back than was taken."""

        db_table = "payment"
        constraints: ClassVar = [
            CheckConstraint(
                name="payment_refund_within_taken", condition=Q(refunded_ore__lte=F("taken_ore"))
            )
        ]


class PaymentNotice(models.Model):
    """A notice from the provider: a hint. What it says is never believed, only that it came."""

    event_id = models.CharField(max_length=64, primary_key=True)
    event = models.CharField(max_length=80)
    payment_id = models.CharField(max_length=64, db_index=True)
    received = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)  #: how often it has come

    class Meta:
        """One table."""

        db_table = "payment_notice"


class Refund(models.Model):
    """Money to be paid back once. Its id is the key that makes asking again harmless."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: ``PB-2026-000987-R1``; of what was paid on the charge of its second line ``…-2R1``.
    number = models.CharField(max_length=24, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    permit = models.OneToOneField(
        Permit, null=True, on_delete=models.PROTECT, related_name="refund"
    )
    #: What was paid on a charge and is not owed on it any more.
    charge_payment = models.ForeignKey(
        ChargePayment, null=True, on_delete=models.PROTECT, related_name="refunds"
    )
    amount_ore = models.PositiveIntegerField()
    reason = models.CharField(max_length=40)
    refund_id = models.CharField(max_length=64, blank=True)  #: the provider's id of it
    due = models.DateTimeField()
    done = models.DateTimeField(null=True)

    class Meta:
        """One table."""

        db_table = "refund"
        constraints: ClassVar = [
            CheckConstraint(name="refund_is_something", condition=Q(amount_ore__gt=0))
        ]

    @property
    def amount(self) -> Money:
        """How much is paid back."""
        return Money(self.amount_ore)


def next_number(year: int) -> str:
    """Return a number no other order has: ``PB-2026-000987``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('order_number')")
        return f"PB-{year}-{cursor.fetchone()[0]:06}"
