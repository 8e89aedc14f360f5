"""Documents that people hand in, as we keep them: made anew, never as they were sent."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from parking.records.application import Application
from parking.records.party import Party


class Document(models.Model):
    """One document of an application."""

    class Kind(models.TextChoices):
        """What it shall show."""

        SOLE_USER_DECLARATION = "sole-user declaration"
        LEASE = "lease"
        OTHER = "other"

    class State(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft"  #: saved, and still to be handed in; may be removed
        HANDED_IN = "handed in"
        APPROVED = "approved"
        REJECTED = "rejected"

    class Scan(models.TextChoices):
        """What the virus scanner made of it; what it found something in is never kept."""

        NOT_SCANNED = "not scanned"  #: there is no scanner
        CLEAN = "clean"
        QUARANTINED = "quarantined"  #: the scanner did not answer: nobody may open it yet

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="documents")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    scan = models.CharField(max_length=12, choices=Scan.choices)
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()
    size = models.PositiveIntegerField()  #: bytes
    sha256 = models.CharField(max_length=64)
    original_name = models.CharField(max_length=150)  #: only to be shown
    uploaded = models.DateTimeField()
    handed_in = models.DateTimeField(null=True)

    class Meta:
        """One table; the same document is a draft once in an application."""

        db_table = "document"
        ordering: ClassVar = ["uploaded"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="document_draft_once",
                fields=["application", "kind", "sha256"],
                condition=models.Q(state="draft"),
            )
        ]

    @property
    def file_name(self) -> str:
        """A name of ours for the file."""
        ending = {"application/pdf": "pdf", "image/png": "png"}.get(self.media_type, "jpg")
        return f"{self.id}.{ending}"
