"""Complaints (indsigelser) about charges: what was said, shown, asked, replied and decided.

A complaint is somebody's: of a party who is logged in, or of whoever had the slip and gave a name
and an address. Nobody else reads it, not even others who hold the vehicle.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, UniqueConstraint

from parking.law import complaint as law
from parking.law.course import Actor
from parking.law.money import Money
from parking.law.offence import Question
from parking.records.charge import Charge
from parking.records.file import KeptFile
from parking.records.party import Party
from parking.records.staff import Staff

_OPEN = tuple(state.value for state in law.OPEN)


class Complaint(models.Model):
    """A complaint about one charge, through both rounds."""

    class Channel(models.TextChoices):
        """How it came in."""

        PORTAL = "portal"
        LETTER = "letter"
        EMAIL = "email"
        PHONE = "phone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="complaints")
    #: ``None`` for somebody who complains without logging in.
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="complaints")
    state = models.CharField(max_length=40, default=law.State.DRAFT.value)
    since = models.DateField()  #: the day it came to that state
    round = models.PositiveSmallIntegerField(default=1)  #: 2 when an answer is complained of again
    channel = models.CharField(max_length=6, choices=Channel.choices, default=Channel.PORTAL)
    language = models.CharField(max_length=2, default="da")
    question = models.CharField(max_length=20, blank=True)  #: in which way the charge is wrong
    answers: models.JSONField[Any] = models.JSONField(default=dict)  #: what is asked about that
    text = models.TextField(blank=True)  #: in the complainant's own words
    again = models.TextField(blank=True)  #: what they said the second time
    name = models.CharField(max_length=200, blank=True)  #: of who did not log in
    address = models.CharField(max_length=300, blank=True)
    email = models.EmailField(blank=True)  #: for courtesy mails only
    #: Files that were infected and not sent yet: their names, until another is saved.
    infected: models.JSONField[list[str]] = models.JSONField(default=list)
    begun = models.DateTimeField()
    changed = models.DateTimeField()
    received = models.DateTimeField(null=True)  #: when it came in, in this round

    class Meta:
        """One table; a charge has one open complaint at a time."""

        db_table = "complaint"
        constraints: ClassVar = [
            UniqueConstraint(
                name="complaint_one_open", fields=["charge"], condition=Q(state__in=_OPEN)
            ),
            UniqueConstraint(
                name="complaint_one_draft",
                fields=["charge", "party"],
                condition=Q(state=law.State.DRAFT.value, party__isnull=False),
            ),
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def about(self) -> Question:
        """In which way the charge is wrong, as the complainant sees it."""
        return Question(self.question) if self.question else Question.OTHER

    @property
    def is_open(self) -> bool:
        """Whether somebody waits for its answer."""
        return self.stands in law.OPEN

    @property
    def reference(self) -> str:
        """What the charge system knows this round of it by."""
        return f"complaint-{self.id}-{self.round}"

    def move(self, actor: Actor, step: law.Step, *, on: date) -> None:
        """Take *step* on the day *on*; the caller saves.

        :raises StepNotAllowed: if it cannot be taken from where the complaint stands.
        """
        before = self.state
        self.state = law.COURSE.after(self.stands, actor, step).value
        if self.state != before:
            self.since = on


class ComplaintMessage(models.Model):
    """Something that was said about a complaint after it was sent. Never changed."""

    class Kind(models.TextChoices):
        """What it is."""

        MESSAGE = "message"
        QUESTION = "question"  #: of ours, to be replied to
        HEARING = "hearing"  #: what we found out, and what do they say
        REPLY = "reply"
        WITHDRAWAL = "withdrawal"

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="messages")
    reference = models.CharField(max_length=64, unique=True)
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_us = models.BooleanField()
    text = models.TextField()
    sent = models.DateTimeField()
    until = models.DateField(null=True)  #: the last day to reply
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One table."""

        db_table = "complaint_message"
        ordering: ClassVar = ["sent", "id"]


class ComplaintFile(KeptFile):
    """A file of a complaint: a draft until the complaint, or the reply, is sent."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=30)  #: what it shall show, a value of law.complaint.Document
    round = models.PositiveSmallIntegerField()
    handed_in = models.DateTimeField(null=True)
    came_as = models.CharField(max_length=64, blank=True)  #: SHA-256 of it before it was made anew

    class Meta:
        """One table; the same file is there once in a complaint."""

        db_table = "complaint_file"
        ordering: ClassVar = ["uploaded"]
        constraints: ClassVar = [
            UniqueConstraint(name="complaint_file_once", fields=["complaint", "sha256"])
        ]


class ComplaintPiece(models.Model):
    """A piece of a file that is on its way; all of them go when it is whole."""

    #: Nothing is known of it before it is whole.
    media_type: ClassVar = "application/octet-stream"

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="pieces")
    mark = models.CharField(max_length=64)  #: SHA-256 of the whole file, as its sender says
    original_name = models.CharField(max_length=150)
    size = models.PositiveIntegerField()  #: bytes of the whole file
    offset = models.PositiveIntegerField()
    content = models.BinaryField()
    came = models.DateTimeField()

    class Meta:
        """One table; no piece is there twice."""

        db_table = "complaint_piece"
        ordering: ClassVar = ["offset"]
        constraints: ClassVar = [
            UniqueConstraint(name="complaint_piece_once", fields=["complaint", "mark", "offset"])
        ]


class ComplaintDecision(models.Model):
    """An answer to a complaint. Never changed: one that was reopened has another."""

    class Outcome(models.TextChoices):
        """What was decided."""

        UPHELD = "upheld"
        PARTLY = "partly"
        ANNULLED = "annulled"

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=20, blank=True)  #: a value of AnnulmentReason
    reasons = models.TextField()  #: as the complainant reads them
    amount_ore = models.PositiveIntegerField()  #: what is annulled
    due = models.DateField(null=True)  #: the new last day to pay, if anything is left
    decided = models.DateTimeField()
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=100)  #: the unit, or the charge system

    class Meta:
        """One table."""

        db_table = "complaint_decision"
        ordering: ClassVar = ["decided", "id"]

    @property
    def amount(self) -> Money:
        """What is annulled."""
        return Money(self.amount_ore)
