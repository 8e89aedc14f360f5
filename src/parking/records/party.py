"""Parties: the people (later: companies) we deal with, and how they are logged in."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models

from parking.records import sealing


class Party(models.Model):
    """Somebody who has logged in. Known by the login's persistent name, never by a person number.

    Person numbers change (CPR status 60); the persistent name does not.
    """

    class Kind(models.TextChoices):
        """What sort of party it is."""

        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    name_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    number_sealed = models.BinaryField()
    number_fingerprint = models.CharField(max_length=64, db_index=True)
    customer = models.CharField(max_length=20, db_index=True)  #: our key of them in the accounts
    email = models.EmailField(blank=True)  #: for courtesy mails only; given by themselves
    language = models.CharField(max_length=2, default="da")
    #: How many permits beyond the usual number a case worker has granted, and until which start.
    extra_permits = models.PositiveSmallIntegerField(default=0)
    extra_permits_until = models.DateField(null=True)  #: without it, until it is decided anew
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        """One table."""

        db_table = "party"

    def __str__(self) -> str:
        return f"party {self.id}"

    @property
    def person_number(self) -> str:
        """Their person number, ten digits, opened now. Never log it, never put it in a URL."""
        return sealing.keys().open(bytes(self.number_sealed), place=f"party.number:{self.id}")

    def with_number(self, person_number: str) -> Self:
        """Return this party with *person_number* sealed, fingerprinted and as customer number."""
        keys = sealing.keys()
        self.number_sealed = keys.seal(person_number, place=f"party.number:{self.id}")
        self.number_fingerprint = keys.fingerprint_of(person_number)
        self.customer = keys.customer_of(person_number)
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
