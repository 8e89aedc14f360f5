"""Cases: what a case worker must settle, what they supplied, and everything that was done."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q, UniqueConstraint

from parking.law import case as law
from parking.law.course import Actor
from parking.records.application import Application
from parking.records.party import Party
from parking.records.staff import Staff

_UNFINISHED = tuple(state.value for state in law.UNFINISHED)


class Case(models.Model):
    """A question about one application that a case worker must settle."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="cases")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="cases")
    facts = models.JSONField()  #: the names of the facts to be settled
    state = models.CharField(max_length=10, default=law.State.OPEN.value)
    version = models.PositiveIntegerField(default=0)  #: of what a page showed: grows by each step
    taken_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="cases")
    opened = models.DateTimeField()
    due = models.DateField()  #: of us, or of the party while they are asked
    closed = models.DateTimeField(null=True)

    class Meta:
        """One table; an application waits for one case of each kind at a time."""

        db_table = "case"
        constraints: ClassVar = [
            UniqueConstraint(
                name="case_one_of_a_kind",
                fields=["application", "kind"],
                condition=Q(state__in=_UNFINISHED),
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due"], name="case_unfinished", condition=Q(state__in=_UNFINISHED)
            ),
        ]

    @property
    def stands(self) -> law.State:
        """Where it stands."""
        return law.State(self.state)

    @property
    def about(self) -> law.Kind:
        """What it is about."""
        return law.Kind(self.kind)

    def move(self, actor: Actor, step: law.Step) -> None:
        """Take *step*; the caller saves.

        :raises StepNotAllowed: if it cannot be taken from where the case stands.
        """
        self.state = law.COURSE.after(self.stands, actor, step).value
        self.version += 1


class CaseStep(models.Model):
    """One step that was taken in a case. Written once, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    actor = models.CharField(max_length=20)
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=20)
    text = models.TextField(blank=True)  #: the reasons, or what was asked for

    class Meta:
        """One table; the database refuses changes to it."""

        db_table = "case_step"
        ordering: ClassVar = ["id"]


class Supplied(models.Model):
    """A fact that a case worker supplied for one application. Written once, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="supplied")
    fact = models.CharField(max_length=40)
    value = models.JSONField()  #: as law/record.py writes it
    reason = models.TextField()
    staff = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    valid_until = models.DateField(null=True)  #: the last day a permit may start on it

    class Meta:
        """One table; the database refuses changes to it."""

        db_table = "supplied"
        constraints: ClassVar = [
            UniqueConstraint(name="supplied_once_in_a_case", fields=["case", "fact"])
        ]


def next_number() -> str:
    """Return a number no other case has: ``S-000123``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('case_number')")
        return f"S-{cursor.fetchone()[0]:06}"
