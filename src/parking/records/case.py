"""Cases: what a case worker must settle, what they supplied, and everything that was done."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q, UniqueConstraint

from parking.law import case as law
from parking.law.course import Actor
from parking.records.application import Application
from parking.records.charge import Charge
from parking.records.complaint import Complaint
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.staff import Staff
from parking.records.unplaced_money import UnplacedMoney
from parking.records.zone import ZoneVersion

_UNFINISHED = tuple(state.value for state in law.UNFINISHED)


class AnotherSubject(TypeError):
    """The case is about something else than whoever asks takes it to be."""


def _one_subject() -> Q:
    """Return that a case hangs on the one thing that its kind is about, and on nothing else."""
    whole = Q()
    for subject in law.Subject:
        kinds = [kind.value for kind, about in law.SUBJECTS.items() if about is subject]
        columns = {f"{each.value}__isnull": each is not subject for each in law.Subject}
        if subject not in law.OF_SOMEBODY:
            columns["party__isnull"] = subject not in law.OF_A_PARTY
        whole |= Q(kind__in=kinds, **columns)
    return whole


class Case(models.Model):
    """A question that a case worker must settle; what it is about follows from its kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="cases")
    application = models.ForeignKey(
        Application, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    zone_version = models.ForeignKey(
        ZoneVersion, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    complaint = models.ForeignKey(
        Complaint, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="cases")
    permit = models.ForeignKey(Permit, null=True, on_delete=models.PROTECT, related_name="cases")
    unplaced_money = models.ForeignKey(
        UnplacedMoney, null=True, on_delete=models.PROTECT, related_name="cases"
    )
    #: What the rule said of a permit that is valid, and of which facts: as `actions.recheck` keeps.
    found = models.JSONField(null=True)
    facts = models.JSONField(default=list)  #: the names of the facts to be settled
    state = models.CharField(max_length=10, default=law.State.OPEN.value)
    version = models.PositiveIntegerField(default=0)  #: of what a page showed: grows by each step
    taken_by = models.ForeignKey(Staff, null=True, on_delete=models.PROTECT, related_name="cases")
    opened = models.DateTimeField()
    due = models.DateField()  #: of us, or of the party while they are asked
    closed = models.DateTimeField(null=True)

    class Meta:
        """One table; a subject waits for one case of each kind at a time."""

        db_table = "case"
        constraints: ClassVar = [
            UniqueConstraint(
                name="case_one_of_a_kind",
                fields=["application", "kind"],
                condition=Q(state__in=_UNFINISHED),
            ),
            UniqueConstraint(
                name="case_one_of_a_map",
                fields=["zone_version"],
                condition=Q(state__in=_UNFINISHED),
            ),
            UniqueConstraint(
                name="case_one_of_a_complaint",
                fields=["complaint"],
                condition=Q(state__in=_UNFINISHED),
            ),
            UniqueConstraint(
                name="case_one_of_a_charge",
                fields=["charge"],
                condition=Q(state__in=_UNFINISHED),
            ),
            UniqueConstraint(
                name="case_one_of_a_permit",
                fields=["permit"],
                condition=Q(state__in=_UNFINISHED),
            ),
            UniqueConstraint(
                name="case_one_of_unplaced_money",
                fields=["unplaced_money"],
                condition=Q(state__in=_UNFINISHED),
            ),
            models.CheckConstraint(name="case_one_subject", condition=_one_subject()),
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

    @property
    def subject(self) -> law.Subject:
        """What it hangs on."""
        return law.SUBJECTS[self.about]

    @property
    def concerned(self) -> Party:
        """Whom it concerns.

        :raises AnotherSubject: if it concerns nobody in particular.
        """
        if self.party is None:
            raise AnotherSubject(self.number)
        return self.party

    @property
    def matter(self) -> Application:
        """The application it is about.

        :raises AnotherSubject: if it is about none.
        """
        if self.application is None:
            raise AnotherSubject(self.number)
        return self.application

    @property
    def grievance(self) -> Complaint:
        """The complaint it is about.

        :raises AnotherSubject: if it is about none.
        """
        if self.complaint is None:
            raise AnotherSubject(self.number)
        return self.complaint

    @property
    def charged(self) -> Charge:
        """The charge that it, or the complaint or the money it is about, is about.

        :raises AnotherSubject: if it is about none.
        """
        charge = self.charge if self.complaint is None else self.complaint.charge
        if self.unplaced_money is not None:
            charge = self.unplaced_money.charge
        if charge is None:
            raise AnotherSubject(self.number)
        return charge

    @property
    def is_about_somebody(self) -> bool:
        """Whether a person stands behind it: then nobody reads it without saying why."""
        return self.subject in law.OF_A_PARTY | law.OF_SOMEBODY

    @property
    def proposal(self) -> ZoneVersion:
        """The map it is about.

        :raises AnotherSubject: if it is about none.
        """
        if self.zone_version is None:
            raise AnotherSubject(self.number)
        return self.zone_version

    @property
    def held(self) -> Permit:
        """The permit it is about.

        :raises AnotherSubject: if it is about none.
        """
        if self.permit is None:
            raise AnotherSubject(self.number)
        return self.permit

    @property
    def money(self) -> UnplacedMoney:
        """The money it is about.

        :raises AnotherSubject: if it is about none.
        """
        if self.unplaced_money is None:
            raise AnotherSubject(self.number)
        return self.unplaced_money

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
