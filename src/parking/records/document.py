"""Documents that people hand in for an application."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from parking.records.application import Application
from parking.records.file import KeptFile
from parking.records.party import Party


class Document(KeptFile):
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

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="documents")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
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
