"""Annulments of our own accord: which charges were proposed, who approved, and what became of each.

What is proposed is frozen: the charges are rows. Each is carried out once, in a commit of its own.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from parking.law import own_accord as law
from parking.law.course import Actor
from parking.law.money import Money
from parking.records.charge import Charge
from parking.records.staff import Staff


class OwnAccordAnnulment(models.Model):
    """What a case worker proposed to annul, and what was answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, default=law.State.PROPOSED.value)
    #: What was selected; empty, and without a time, where it was one charge by its number.
    street = models.CharField(max_length=100, blank=True)
    first_house = models.PositiveIntegerField(null=True)
    last_house = models.PositiveIntegerField(null=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    codes = models.JSONField(default=list)  #: of offences; none: all
    reason = models.CharField(max_length=20)  #: a value of AnnulmentReason
    reasons = models.TextField()  #: as people read them in Danish
    reasons_english = models.TextField(blank=True)
    count = models.PositiveIntegerField()  #: of charges, when it was proposed
    owed_ore = models.PositiveBigIntegerField()  #: was owed then, and is given up
    back_ore = models.PositiveBigIntegerField()  #: was paid then, and goes back
    proposed = models.DateTimeField()
    proposed_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    answered = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True)  #: why it was rejected
    finished = models.DateTimeField(null=True)

    class Meta:
        """One table; nobody approves what they proposed, if it is more than one charge."""

        db_table = "own_accord_annulment"
        constraints: ClassVar = [
            CheckConstraint(
                name="own_accord_takes_two",
                condition=~Q(answered_by=F("proposed_by"))
                | Q(count=1)
                | Q(state=law.State.WITHDRAWN.value),
            ),
            CheckConstraint(
                name="own_accord_is_about_a_time",
                condition=Q(street="", count=1) | Q(since__isnull=False, until__isnull=False),
            ),
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def owed(self) -> Money:
        """What was owed when it was proposed, and is given up."""
        return Money(self.owed_ore)

    @property
    def back(self) -> Money:
        """What was paid when it was proposed, and goes back."""
        return Money(self.back_ore)

    def move(self, actor: Actor, step: law.Step) -> None:
        """Take *step*; the caller saves.

        :raises StepNotAllowed: if it cannot be taken from where it stands.
        """
        self.state = law.COURSE.after(self.stands, actor, step).value


class OwnAccordCharge(models.Model):
    """A charge that is to be annulled by an annulment of our own accord."""

    class Outcome(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        ANNULLED = "annulled"
        OVER = "over"  #: nothing was claimed on it any more
        DISAGREES = "disagrees"  #: its account contradicts itself: a person must look

    annulment = models.ForeignKey(
        OwnAccordAnnulment, on_delete=models.CASCADE, related_name="charges"
    )
    charge = models.ForeignKey(Charge, on_delete=models.CASCADE, related_name="own_accord")
    owed_ore = models.PositiveIntegerField()  #: when it was proposed
    back_ore = models.PositiveIntegerField()  #: when it was proposed
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.WAITING)
    annulled_ore = models.PositiveIntegerField(default=0)
    done = models.DateTimeField(null=True)
    due = models.DateTimeField(null=True)  #: not before then is it tried again

    class Meta:
        """One table; a charge is in an annulment once."""

        db_table = "own_accord_charge"
        constraints: ClassVar = [
            UniqueConstraint(name="own_accord_charge_once", fields=["annulment", "charge"])
        ]

    @property
    def reference(self) -> str:
        """What the charge system knows its annulment by."""
        return f"own-accord-{self.id}"

    @property
    def owed(self) -> Money:
        """What was owed when it was proposed."""
        return Money(self.owed_ore)

    @property
    def back(self) -> Money:
        """What was paid when it was proposed."""
        return Money(self.back_ore)

    @property
    def annulled(self) -> Money:
        """What was annulled."""
        return Money(self.annulled_ore)
