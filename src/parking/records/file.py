"""Files that people hand in, as we keep them: made anew, never as they were sent."""

from __future__ import annotations

import uuid

from django.db import models


class KeptFile(models.Model):
    """What is kept of every file, whatever it belongs to."""

    class Scan(models.TextChoices):
        """What the virus scanner made of it; what it found something in is never kept."""

        NOT_SCANNED = "not scanned"  #: there is no scanner
        CLEAN = "clean"
        QUARANTINED = "quarantined"  #: the scanner did not answer: nobody may open it yet

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.CharField(max_length=12, choices=Scan.choices)
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()
    size = models.PositiveIntegerField()  #: bytes
    sha256 = models.CharField(max_length=64)
    original_name = models.CharField(max_length=150)  #: only to be shown
    uploaded = models.DateTimeField()

    class Meta:
        """No table of its own."""

        abstract = True

    @property
    def file_name(self) -> str:
        """A name of ours for the file."""
        ending = {"application/pdf": "pdf", "image/png": "png"}.get(self.media_type, "jpg")
        return f"{self.id}.{ending}"
