"""Collecting charges: by which numbers, what was done and when, what stood in the way, plans.

A step is a row, and the row is unique: looking again on the same day, or after weeks on which
nobody looked, does nothing twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from django.db import connection, models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from parking.law import charge as charge_law
from parking.law import instalments as plan_law
from parking.law.charge import ChargeNumber, Hold
from parking.law.charge_terms import ChargeTerms
from parking.law.collection import Pause
from parking.law.days import NotInForce, Period
from parking.law.instalments import Share
from parking.law.money import Money
from parking.law.record import from_json
from parking.records import sealing
from parking.records.charge import Charge
from parking.records.party import Party
from parking.records.ranges import DateRangeField, never_two
from parking.records.staff import Staff


class ChargeTermsVersion(models.Model):
    """The numbers for charges issued in one period. Never edited once in force."""

    in_force = DateRangeField()
    numbers = models.JSONField()  #: `law.charge_terms.ChargeTerms`
    source = models.CharField(max_length=400)

    class Meta:
        """One table; there is one version at a time."""

        db_table = "charge_terms"
        constraints: ClassVar = [never_two("charge_terms_one_at_a_time", during="in_force")]

    def as_law(self) -> ChargeTerms:
        """Return the numbers as the law takes them."""
        return from_json(ChargeTerms, self.numbers)


class ChargeStep(models.Model):
    """A step that time brought: taken once, and told to the charge system by *reference*."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=40)  #: a value of `law.charge.Step`
    turn = models.PositiveSmallIntegerField(default=0)  #: how often it had come back to us before
    state = models.CharField(max_length=16)  #: of `law.charge.State`, that it led to
    day = models.DateField()
    taken = models.DateTimeField()
    reference = models.CharField(max_length=60, unique=True)
    fee_ore = models.PositiveIntegerField(default=0)
    owed_ore = models.PositiveIntegerField(default=0)  #: with the fee
    due = models.DateField(null=True)  #: the new last day to pay
    told = models.DateTimeField(null=True)  #: when the charge system had heard all of it
    refused = models.CharField(max_length=200, blank=True)  #: why it would not have it

    class Meta:
        """One table; a step that was not refused is taken once."""

        db_table = "charge_step"
        constraints: ClassVar = [
            UniqueConstraint(
                name="charge_step_once",
                fields=["charge", "step", "turn"],
                condition=Q(refused=""),
            )
        ]

    @property
    def fee(self) -> Money:
        """What it cost."""
        return Money(self.fee_ore)

    @property
    def owed(self) -> Money:
        """What was owed then, with the fee."""
        return Money(self.owed_ore)

    @property
    def what(self) -> charge_law.Step:
        """Which step it was."""
        return charge_law.Step(self.step)

    @property
    def led_to(self) -> charge_law.State:
        """How far it brought the charge."""
        return charge_law.State(self.state)


class ChargePause(models.Model):
    """Something that stands in the way of collecting a charge, or did: a complaint, a plan, a stop.

    Of a stop it is kept why, and of one that was made here by whom and when.
    """

    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="pauses")
    hold = models.CharField(max_length=12)  #: a value of `law.charge.Hold`
    reference = models.CharField(max_length=80)  #: of what it is about
    since = models.DateField()
    until = models.DateField(null=True)  #: the first day after it; ``None`` while nobody knows it
    reason = models.TextField(blank=True)  #: for case workers alone
    begun = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    lifted = models.DateTimeField(null=True)  #: before its day
    lifted_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One table; a complaint, a plan or a stop is in the way of a charge once."""

        db_table = "charge_pause"
        constraints: ClassVar = [
            UniqueConstraint(name="charge_pause_once", fields=["charge", "reference"]),
            CheckConstraint(
                name="charge_pause_ends_after_it_began",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
        ]

    def as_law(self) -> Pause:
        """Return it as the law takes it."""
        return Pause(Hold(self.hold), Period(self.since, self.until))


class CollectionClaim(models.Model):
    """What was handed to the debt collection about one charge, and how much of it is left there."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="collection_claims")
    reference = models.CharField(max_length=60, unique=True)  #: by which the agency knows it
    amount_ore = models.PositiveIntegerField()
    left_ore = models.PositiveIntegerField()  #: that the agency still claims by its own books
    made = models.DateTimeField()
    ended = models.DateTimeField(null=True)  #: when it was recalled, given back or given up

    class Meta:
        """One table; a charge is with the agency once at a time."""

        db_table = "collection_claim"
        constraints: ClassVar = [
            UniqueConstraint(
                name="collection_claim_one_at_a_time",
                fields=["charge"],
                condition=Q(ended=None),
            ),
            CheckConstraint(
                name="collection_claim_left_within", condition=Q(left_ore__lte=F("amount_ore"))
            ),
        ]

    @property
    def left(self) -> Money:
        """What the agency still claims."""
        return Money(self.left_ore)


class CollectionAction(models.Model):
    """One thing that the debt collection agency is told. Its id is the number of the action."""

    class Kind(models.TextChoices):
        """What it is told."""

        SUBMIT = "submit"
        WRITE_DOWN = "write down"
        RECALL = "recall"

    claim = models.ForeignKey(CollectionClaim, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount_ore = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, blank=True)
    written = models.DateTimeField()
    state = models.CharField(max_length=12, blank=True)  #: as the agency last said
    code = models.CharField(max_length=20, blank=True)  #: theirs, when it was refused
    settled = models.DateTimeField(null=True)  #: when it was done or refused there

    class Meta:
        """One table, with an index on what is not settled."""

        db_table = "collection_action"
        indexes: ClassVar = [
            models.Index(
                fields=["id"], name="collection_action_open", condition=Q(settled__isnull=True)
            )
        ]

    @property
    def amount(self) -> Money:
        """How much it is about."""
        return Money(self.amount_ore)


class CollectionFeed(models.Model):
    """How far we have read of what the debt collection agency did. There is one row."""

    only = models.BooleanField(primary_key=True, default=True)
    last = models.BigIntegerField(default=0)  #: the number of the newest notice taken over

    class Meta:
        """One table with one row."""

        db_table = "collection_feed"
        constraints: ClassVar = [
            CheckConstraint(name="collection_feed_one", condition=Q(only=True))
        ]


class Plan(models.Model):
    """A debt that one party pays in instalments: what was agreed, and how it went."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)  #: on payment lines
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="plans")
    state = models.CharField(max_length=12, default=plan_law.State.AGREED.value)
    language = models.CharField(max_length=2)
    agreed = models.DateTimeField()
    ended = models.DateTimeField(null=True)  #: when it left the state agreed
    due = models.DateField(null=True)  #: the last day to pay the remainder, when it was broken
    source_id = models.CharField(max_length=64, blank=True)  #: the charge system's own
    #: By which the payment provider draws the instalments; empty where the party pays each itself.
    card_agreement = models.CharField(max_length=64, blank=True)
    masked_card = models.CharField(max_length=30, blank=True)  #: that is drawn on

    class Meta:
        """One table; a party keeps one plan at a time."""

        db_table = "plan"
        constraints: ClassVar = [
            UniqueConstraint(
                name="plan_one_at_a_time",
                fields=["party"],
                condition=Q(state=plan_law.State.AGREED.value),
            )
        ]

    @property
    def stands(self) -> plan_law.State:
        """Where it stands."""
        return plan_law.State(self.state)

    def as_law(self) -> plan_law.Plan:
        """Return the instalments as they were agreed."""
        shares: dict[tuple[int, date], list[Share]] = {}
        for each in self.instalments.select_related("charge"):
            number = ChargeNumber(each.charge.number)
            shares.setdefault((each.number, each.due), []).append(Share(number, each.amount))
        return plan_law.Plan(
            tuple(
                plan_law.Instalment(due, tuple(parts))
                for (_, due), parts in sorted(shares.items(), key=lambda each: each[0])
            )
        )


class Instalment(models.Model):
    """How much of one instalment of a plan goes to one charge."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="instalments")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()  #: of the instalment, from 1
    due = models.DateField()
    amount_ore = models.PositiveIntegerField()

    class Meta:
        """One table; the first instalment first, the oldest charge first."""

        db_table = "instalment"
        ordering: ClassVar = ["plan", "number", "id"]
        constraints: ClassVar = [
            UniqueConstraint(name="instalment_once", fields=["plan", "number", "charge"]),
            CheckConstraint(name="instalment_is_something", condition=Q(amount_ore__gt=0)),
        ]

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return Money(self.amount_ore)


class BankEntry(models.Model):
    """Money that came by bank: what the bank said, and the payment it became, if any."""

    class Became(models.TextChoices):
        """What it paid, or why a person must look."""

        CHARGE = "charge"
        PLAN = "plan"
        UNDONE = "undone"  #: the payment that the bank took back
        FITS_NOTHING = "fits nothing"
        NOT_BOOKED = "not booked"  #: though we know what it is for
        TAKEN_BACK = "taken back"  #: and it is not certain of what
        PAID_BACK = "paid back"
        SETTLED = "settled"  #: by another entry

    reference = models.CharField(max_length=80, unique=True)  #: the bank's own
    payment_id = models.CharField(max_length=30, blank=True)  #: of the payment line
    amount_ore = models.BigIntegerField()  #: below zero if the bank took it back
    booked = models.DateField()
    text = models.CharField(max_length=140, blank=True)  #: what else the payer wrote
    payer_sealed = models.BinaryField(null=True)  #: the account it came from, if the bank told
    read = models.DateTimeField()
    became = models.CharField(max_length=20)  #: a value of `Became`
    #: The payment that this entry took back.
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.SET_NULL, related_name="reversed_by"
    )

    class Meta:
        """One table; an entry is booked once, however often it is read."""

        db_table = "bank_entry"

    @property
    def payer(self) -> str:
        """The account it came from, opened now; empty if the bank did not tell. Never log it."""
        if self.payer_sealed is None:
            return ""
        return sealing.keys().open(bytes(self.payer_sealed), place=f"bank:{self.reference}")

    def came_from(self, account: str) -> BankEntry:
        """Return this entry with the payer's *account* sealed in it, if there is one."""
        place = f"bank:{self.reference}"
        self.payer_sealed = sealing.keys().seal(account, place=place) if account else None
        return self


class BankFeed(models.Model):
    """How far we have read of what the bank told. There is one row."""

    only = models.BooleanField(primary_key=True, default=True)
    cursor = models.CharField(max_length=200, blank=True)

    class Meta:
        """One table with one row."""

        db_table = "bank_feed"
        constraints: ClassVar = [CheckConstraint(name="bank_feed_one", condition=Q(only=True))]


def charge_terms_on(day: date) -> ChargeTerms:
    """Return the terms of charges issued on *day*.

    Charges that were issued before we kept terms have the first there are.

    :raises NotInForce: if there are none at all.
    """
    versions = ChargeTermsVersion.objects.order_by("in_force")
    version = versions.filter(in_force__contains=day).first() or versions.first()
    if version is None:
        raise NotInForce(f"no terms for charges on {day}")
    return version.as_law()


def charge_terms_on_each(days: Iterable[date]) -> dict[date, ChargeTerms]:
    """Return the terms of charges issued on each of *days*, as :func:`charge_terms_on` does.

    It is one question, however many days there are.

    :raises NotInForce: if there are none at all.
    """
    versions = list(ChargeTermsVersion.objects.order_by("in_force"))
    if not versions:
        raise NotInForce("no terms for charges")
    found = {}
    for day in days:
        held = (each for each in versions if day in each.in_force)
        found[day] = next(held, versions[0]).as_law()
    return found


def next_plan_number() -> int:
    """Return a number that no other plan has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('plan_number')")
        number: int = cursor.fetchone()[0]
    return number
