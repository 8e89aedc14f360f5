"""Applications for permits, and the decisions made on them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from parking.law import application as law
from parking.law.course import Actor
from parking.law.reasoning import Answer, Finding
from parking.records.party import Party
from parking.records.ranges import DateRangeField

_UNFINISHED = tuple(state.value for state in law.UNFINISHED)


class Application(models.Model):
    """What a party has asked for, from the plate to the permit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="applications")
    product = models.CharField(max_length=60)
    plate = models.CharField(max_length=10)
    state = models.CharField(max_length=20, default=law.State.DRAFT.value)
    period = DateRangeField(null=True)  #: once the start date has been chosen
    zone = models.CharField(max_length=10, blank=True)
    renews = models.ForeignKey(
        "records.Permit", null=True, on_delete=models.PROTECT, related_name="renewals"
    )
    changes = models.JSONField(default=list)  #: of a renewal: the facts that are not as they were
    finding = models.JSONField(null=True)  #: the newest; each is kept as a decision too
    vehicle = models.JSONField(null=True)  #: make, model and colour, to recognise it by
    caution = models.BooleanField(default=False)  #: not valid on the applicant's own road
    item_number = models.CharField(max_length=40, blank=True)
    price_ore = models.PositiveIntegerField(null=True)  #: what was shown, for the chosen start
    price_reason = models.JSONField(null=True)
    #: Documents that were infected: their names, until another is saved.
    infected: models.JSONField[list[str]] = models.JSONField(default=list)
    created = models.DateTimeField()
    changed = models.DateTimeField()
    ask_again_at = models.DateTimeField(null=True)  #: while it waits for a register
    resumed = models.DateTimeField(null=True)  #: when a waiting one last went on by itself

    class Meta:
        """One table; a party has one unfinished matter about each vehicle."""

        db_table = "application"
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="application_one_unfinished",
                fields=["party", "plate"],
                condition=models.Q(state__in=_UNFINISHED),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["party", "state"], name="application_of_party"),
            models.Index(
                fields=["ask_again_at"],
                name="application_to_ask_again",
                condition=models.Q(state=law.State.WAITING.value),
            ),
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def found(self) -> Finding | None:
        """The newest finding."""
        return None if self.finding is None else Finding.from_json(self.finding)

    @property
    def answer(self) -> Answer | None:
        """The newest answer."""
        return None if self.finding is None else Answer(self.finding["answer"])

    def move(self, actor: Actor, step: law.Step) -> None:
        """Take *step*; the caller saves.

        :raises StepNotAllowed: if it cannot be taken from where the application stands.
        """
        self.state = law.COURSE.after(self.stands, actor, step).value


class Decision(models.Model):
    """What the rule said about the facts at one moment. Never changed, never removed."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    decided = models.DateTimeField()
    occasion = models.CharField(max_length=40)  #: asked, asked again, payment began
    answer = models.CharField(max_length=4)
    finding = models.JSONField()
    facts = models.JSONField()  #: the facts the rule needed, and no others
    versions = models.JSONField()  #: the days on which rule, terms, map and fare came into force

    class Meta:
        """One table; the database refuses changes to it."""

        db_table = "decision"
