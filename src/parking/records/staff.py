"""Who works in the office: known here, and let in by the municipality's own login."""

from __future__ import annotations

import uuid

from django.db import models

from parking.law.staff import Right, Role, rights_of


class Staff(models.Model):
    """Somebody who works here, known by the persistent name of the municipality's login."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name_id = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200, blank=True)  #: as the login last said it
    unit = models.CharField(max_length=40)  #: what citizens are told of who has looked
    roles = models.JSONField(default=list)  #: values of law.staff.Role that are known here
    language = models.CharField(max_length=2, default="da")
    #: By which we know somebody's own case; the number itself is not kept.
    number_fingerprint = models.CharField(max_length=64, blank=True)
    added = models.DateTimeField()
    last_seen = models.DateTimeField(null=True)
    disabled = models.DateTimeField(null=True)

    class Meta:
        """One table."""

        db_table = "staff"

    def __str__(self) -> str:
        return f"staff {self.id}"


class StaffSession(models.Model):
    """A login to the office. The key itself is only in the browser."""

    key_hash = models.CharField(max_length=64, primary_key=True)  #: SHA-256
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="sessions")
    session_index = models.CharField(max_length=200, db_index=True)
    roles = models.JSONField()  #: those the login said somebody has
    purposes = models.JSONField(default=dict)  #: case or charge → why it was opened
    begun = models.DateTimeField()
    last_used = models.DateTimeField()

    class Meta:
        """One table."""

        db_table = "staff_session"

    @property
    def rights(self) -> frozenset[Right]:
        """What may be done in it: by the roles that both the login and we know, and none else."""
        return rights_of({Role(role) for role in {*self.roles} & {*self.staff.roles}})
