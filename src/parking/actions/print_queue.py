"""Letters on paper: those that Digital Post does not reach, until the printer has them.

A letter leaves the queue when it has been written where the printer fetches it, and not before: if
that is interrupted it is written once more. The printer finds the address by the number, as the
municipalities' joint print service does, so that we keep no addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from parking.records.letter import Addressee, Letter
from parking.records.recording import recording


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter to be printed, and whom it goes to."""

    letter_id: UUID
    addressee: Addressee = field(repr=False)
    subject: str
    pdf: bytes = field(repr=False)


def waiting(*, most: int = 1000) -> Sequence[Paper]:
    """Return what waits to be printed, the oldest first."""
    queue = Letter.objects.filter(queued__isnull=False, printed=None).order_by("queued", "id")
    return [Paper(each.id, each.addressee, each.subject, bytes(each.pdf)) for each in queue[:most]]


def printed(letters: Iterable[UUID], *, now: datetime) -> int:
    """Take *letters* out of the queue: the printer has them; return how many were in it."""
    with recording():
        return Letter.objects.filter(
            id__in=list(letters), queued__isnull=False, printed=None
        ).update(printed=now)
