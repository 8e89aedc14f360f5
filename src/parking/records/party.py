"""Parties: the people (later: companies) we deal with, and how they are logged in."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import QuerySet

from parking.records import sealing


class PartyQuerySet(models.QuerySet["Party"]):
    """Questions about who somebody is."""

    def known_by(self, fingerprint: str) -> PartyQuerySet:
        """Return those one of whose person numbers has *fingerprint*."""
        return self.filter(number_fingerprints__contains=[fingerprint])

    def known_by_any(self, fingerprints: QuerySet[Any, Any]) -> PartyQuerySet:
        """Return those one of whose person numbers has one of *fingerprints*, a single column."""
        return self.filter(number_fingerprints__overlap=ArraySubquery(fingerprints))


class Party(models.Model):
    """Somebody who has logged in. Known by the login's persistent name, never by a person number.

    Person numbers change (CPR status 60); the persistent name does not. The login may tell the old
    number for years, and other systems the old or the new one.
    """

    class Kind(models.TextChoices):
        """What sort of party it is."""

        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    name_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    number_sealed = models.BinaryField()  #: the newest that we know to be theirs
    #: By which they are found: of every number that is theirs as the register tells.
    number_fingerprints = ArrayField(models.CharField(max_length=64))
    #: When the register is to be asked whether it was replaced; null: at once.
    number_due = models.DateTimeField(null=True)
    #: What the login told before, and what hung on it: theirs if the register says that theirs has
    #: replaced it, and until then nobody's.
    former_sealed = models.BinaryField(null=True)
    former_fingerprints = ArrayField(models.CharField(max_length=64), default=list)
    former_customer = models.CharField(max_length=20, blank=True)
    customer = models.CharField(max_length=20, db_index=True)  #: our key of them in the accounts
    email = models.EmailField(blank=True)  #: for courtesy mails only; given by themselves
    language = models.CharField(max_length=2, default="da")
    #: How many permits beyond the usual number a case worker has granted, and until which start.
    extra_permits = models.PositiveSmallIntegerField(default=0)
    extra_permits_until = models.DateField(null=True)  #: without it, until it is decided anew
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    objects = PartyQuerySet.as_manager()

    class Meta:
        """One table, found by every number that is known."""

        db_table = "party"
        indexes: ClassVar = [
            GinIndex(fields=["number_fingerprints"], name="party_numbers"),
            models.Index(fields=["last_seen"], name="party_last_seen"),
        ]

    def __str__(self) -> str:
        return f"party {self.id}"

    @property
    def person_number(self) -> str:
        """Their person number, ten digits, opened now. Never log it, never put it in a URL."""
        return sealing.keys().open(bytes(self.number_sealed), place=self._place)

    @property
    def former_number(self) -> str | None:
        """The number that the login told before, while nobody has said whose it is."""
        if self.former_sealed is None:
            return None
        return sealing.keys().open(bytes(self.former_sealed), place=self._place)

    @property
    def _place(self) -> str:
        return f"party.number:{self.id}"

    def with_number(self, person_number: str) -> Self:
        """Return this party with *person_number* as the only one, and as customer number."""
        keys = sealing.keys()
        self.number_sealed = keys.seal(person_number, place=self._place)
        self.number_fingerprints = [keys.fingerprint_of(person_number)]
        self.customer = keys.customer_of(person_number)
        return self

    def told_by_login(self, person_number: str) -> Self:
        """Return this party with the number that the login tells now.

        One that is known to be theirs changes nothing. Another one counts alone, until the register
        has said whether it has replaced what the login told before; told again meanwhile, that is
        as if the other had not been told.
        """
        if not self.number_sealed:
            return self.with_number(person_number)
        told = sealing.keys().fingerprint_of(person_number)
        if told in self.former_fingerprints and self.former_sealed is not None:
            self.number_sealed, self.number_fingerprints = self.former_sealed, []
            self.number_due = None
            return self.with_former(theirs=True)
        if told not in self.number_fingerprints:
            self.former_sealed, self.number_due = self.number_sealed, None
            self.former_fingerprints = self.number_fingerprints
            self.former_customer = self.customer
            self.with_number(person_number)
        return self

    def replaced_by(self, person_number: str) -> Self:
        """Return this party with *person_number*, which has replaced theirs; they keep the old.

        In the accounts they stay the customer they were.
        """
        keys = sealing.keys()
        self.number_sealed = keys.seal(person_number, place=self._place)
        theirs = {*self.number_fingerprints, keys.fingerprint_of(person_number)}
        self.number_fingerprints = sorted(theirs)
        return self

    def with_former(self, *, theirs: bool) -> Self:
        """Return this party when the register has said whether the former number was *theirs*.

        If it was, all that hung on it is theirs again, and in the accounts they are who they were.
        """
        if theirs:
            known = {*self.number_fingerprints, *self.former_fingerprints}
            self.number_fingerprints, self.customer = sorted(known), self.former_customer
        self.former_sealed, self.former_fingerprints, self.former_customer = None, [], ""
        return self


class LoginAttempt(models.Model):
    """A browser that was sent to log in, and has come back once at most."""

    return_key = models.CharField(max_length=64, primary_key=True)
    request_id = models.CharField(max_length=100, unique=True)
    browser = models.CharField(max_length=64)  #: SHA-256 of the secret in the browser's cookie
    next_path = models.CharField(max_length=500)
    begun = models.DateTimeField()
    answered = models.DateTimeField(null=True)

    class Meta:
        """One table."""

        db_table = "login_attempt"


class UsedAssertion(models.Model):
    """An assertion that has logged somebody in, kept while it could be replayed."""

    assertion_id = models.CharField(max_length=200, primary_key=True)
    valid_until = models.DateTimeField(db_index=True)

    class Meta:
        """One table."""

        db_table = "used_assertion"


class LoginSession(models.Model):
    """A login that lasts, so that a logout elsewhere can end it here."""

    session_key = models.CharField(max_length=40, primary_key=True)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="sessions")
    session_index = models.CharField(max_length=200, db_index=True)
    assurance = models.CharField(max_length=20)
    begun = models.DateTimeField()
    last_used = models.DateTimeField()

    class Meta:
        """One table."""

        db_table = "login_session"
