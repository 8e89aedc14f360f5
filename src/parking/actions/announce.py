"""Announcing something to everybody, and ending it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from parking.records.announcement import Announcement
from parking.records.recording import recording


def announce(
    danish: str,
    english: str,
    *,
    now: datetime,
    severity: Announcement.Severity = Announcement.Severity.WARNING,
    pages: Sequence[str] = (),
    begins: datetime | None = None,
    ends: datetime | None = None,
) -> Announcement:
    """Tell everybody, from *begins* (else now) until *ends*, on *pages* (else on all)."""
    with recording():
        return Announcement.objects.create(
            danish=danish,
            english=english,
            severity=severity,
            pages=list(pages),
            begins=begins or now,
            ends=ends,
            written=now,
        )


def end(announcement_id: int, *, now: datetime) -> bool:
    """End an announcement now; tell whether there was one to end."""
    with recording():
        unended = Announcement.objects.filter(id=announcement_id).filter(
            Q(ends=None) | Q(ends__gt=now)
        )
        # One that has not begun never will.
        unended.filter(begins__gt=now).update(begins=now)
        return bool(unended.update(ends=now))


def current(*, now: datetime, ahead: timedelta = timedelta(0)) -> QuerySet[Announcement]:
    """Return what is announced now, or begins within the time *ahead*; the newest first."""
    return Announcement.objects.filter(begins__lte=now + ahead).filter(
        Q(ends=None) | Q(ends__gt=now)
    )
