"""Letters: what was sent, exactly as it was sent, to whom, and what became of it.

A letter about a charge goes to whoever held the vehicle, whom we need not know otherwise: their
number is sealed with it. Who has no Digital Post gets it on paper, from the print queue.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from django.db import models
from django.db.models import Q

from parking.records import sealing
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.complaint import Complaint
from parking.records.order import Order
from parking.records.party import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a letter is for: a person or a company by number, or somebody abroad by address."""

    kind: str  #: person, company or abroad
    number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    lines: tuple[str, ...] = field(default=(), repr=False)
    country: str = "DK"


class Letter(models.Model):
    """A letter as it was sent. Its id is the one the post system knows it by."""

    class Channel(models.TextChoices):
        """The way it goes."""

        DIGITAL_POST = "digital_post"
        PRINT = "print"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Who it is for, when they have been here; a letter about a charge names them sealed.
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="letters")
    order = models.OneToOneField(
        Order, null=True, on_delete=models.PROTECT, related_name="receipt"
    )  #: of a receipt
    case = models.ForeignKey(
        Case, null=True, on_delete=models.PROTECT, related_name="letters"
    )  #: of a letter about a case
    charge = models.ForeignKey(
        Charge, null=True, on_delete=models.PROTECT, related_name="letters"
    )  #: of a letter about a charge
    complaint = models.ForeignKey(
        Complaint, null=True, on_delete=models.PROTECT, related_name="letters"
    )  #: of a letter about a complaint
    kind = models.CharField(max_length=24, blank=True)  #: of `ports.charges.LETTER_KINDS`
    addressee_sealed = models.BinaryField(null=True)
    addressee_fingerprint = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=12, choices=Channel.choices, blank=True)
    subject = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="da")
    pdf = models.BinaryField()
    written = models.DateTimeField()
    sent = models.DateTimeField(null=True)
    delivered = models.DateTimeField(null=True)  #: when it lay in the receiver's box
    rejected = models.CharField(max_length=200, blank=True)  #: why it never got there
    transaction = models.CharField(
        max_length=100, blank=True
    )  #: the post system's id of the sending
    queued = models.DateTimeField(null=True)  #: when it was put in the print queue
    printed = models.DateTimeField(null=True)  #: when it was taken out of it to be printed

    class Meta:
        """One table, with indexes on the print queue, on receipts owed, and on whom it is for."""

        db_table = "letter"
        indexes: ClassVar = [
            models.Index(
                fields=["queued"],
                name="letter_to_print",
                condition=Q(queued__isnull=False, printed__isnull=True),
            ),
            models.Index(
                fields=["charge", "addressee_fingerprint"],
                name="letter_about_charge",
                condition=Q(charge__isnull=False),
            ),
            models.Index(
                fields=["sent"],
                name="letter_without_receipt",
                condition=Q(sent__isnull=False, delivered=None, rejected=""),
            ),
        ]

    @property
    def addressee(self) -> Addressee:
        """Whom it is for, opened now. Never log it, never put it in a URL.

        :raises ValueError: if it names nobody: then it is for its party.
        """
        if self.addressee_sealed is None:
            raise ValueError("a letter to a party names nobody else")
        opened = sealing.keys().open(bytes(self.addressee_sealed), place=f"letter:{self.id}")
        said = json.loads(opened)
        return Addressee(**said | {"lines": tuple(said["lines"])})

    def to(self, addressee: Addressee) -> Letter:
        """Return this letter with *addressee* sealed in it."""
        keys = sealing.keys()
        self.addressee_sealed = keys.seal(json.dumps(asdict(addressee)), place=f"letter:{self.id}")
        if addressee.number:
            self.addressee_fingerprint = keys.fingerprint_of(addressee.number)
        return self


class ReceiptFeed(models.Model):
    """How far the receipts of letters have been read. One row."""

    only = models.BooleanField(primary_key=True, default=True)
    cursor = models.CharField(max_length=100, blank=True)
    began = models.DateTimeField()  #: letters from before then may have no receipt

    class Meta:
        """One table, one row."""

        db_table = "receipt_feed"
        constraints: ClassVar = [
            models.CheckConstraint(name="receipt_feed_one", condition=Q(only=True))
        ]
