"""`django-admin announce "MitID er nede." "MitID is down." --hours 4`: tell everybody something."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from parking.actions import announce
from parking.records.announcement import Announcement


class Command(BaseCommand):
    """Announce something at the top of each page, list what is announced, or end it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("danish", nargs="?", help="what Danish pages say")
        parser.add_argument("english", nargs="?", help="what English pages say")
        parser.add_argument(
            "--begins", type=_moment, help="Danish time, 2026-12-01T08:00; else now"
        )
        parser.add_argument("--hours", type=float, help="how long; else until it is ended")
        parser.add_argument(
            "--severity",
            choices=Announcement.Severity.values,
            default=Announcement.Severity.WARNING.value,
        )
        parser.add_argument("--page", action="append", default=[], help="only there, e.g. login")
        parser.add_argument("--end", type=int, metavar="NUMBER", help="end the one of that number")

    def handle(self, *args: Any, **told: Any) -> None:
        """Do it; without a text, list what is announced."""
        now = timezone.now()
        if told["end"] is not None:
            if not announce.end(told["end"], now=now):
                raise CommandError(f"nothing of number {told['end']} is announced")
        elif told["danish"]:
            self._announce(told, now)
        for each in announce.current(now=now, ahead=timedelta(days=365)):
            until = timezone.localtime(each.ends).isoformat("T", "minutes") if each.ends else "…"
            begins = timezone.localtime(each.begins).isoformat("T", "minutes")
            self.stdout.write(f"{each.id}  {begins} to {until}  {each.severity}  {each.danish}")

    def _announce(self, told: dict[str, Any], now: datetime) -> None:
        if not told["english"]:
            raise CommandError("say it in English too: not everybody reads Danish")
        for page in told["page"]:
            try:
                reverse(page)
            except NoReverseMatch:
                raise CommandError(f"there is no page called {page}") from None
        begins = told["begins"] or now
        announce.announce(
            told["danish"],
            told["english"],
            severity=Announcement.Severity(told["severity"]),
            pages=told["page"],
            begins=begins,
            ends=begins + timedelta(hours=told["hours"]) if told["hours"] else None,
            now=now,
        )


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
