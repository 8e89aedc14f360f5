"""What is announced, for the top of each page.

A process asks the table twice a minute at most and remembers what it said. When the database is
away there is nothing to announce, and the page is shown all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from parking.actions import announce
from parking.records.announcement import Announcement

_KEY = "announcements"
_REMEMBERED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Said:
    """An announcement as a page says it."""

    text: str
    severity: str


def on(request: HttpRequest) -> list[Said]:
    """Return what the page that *request* asks for announces, in the language in force."""
    now = getattr(request, "now", None) or timezone.now()
    page = request.resolver_match.url_name if request.resolver_match else None
    danish = get_language() == "da"
    return [
        Said(each.danish if danish else each.english, each.severity)
        for each in _known()
        if each.begins <= now
        and (each.ends is None or now < each.ends)
        and (not each.pages or page in each.pages)
    ]


def _known() -> list[Announcement]:
    known: list[Announcement] | None = cache.get(_KEY)
    if known is None:
        try:
            known = list(announce.current(now=timezone.now(), ahead=_REMEMBERED))
        except DatabaseError:
            known = []
        cache.set(_KEY, known, _REMEMBERED.total_seconds())
    return known
