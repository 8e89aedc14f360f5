"""`django-admin fetch_charges`: take over every charge there is, and say how far it has come.

May be stopped at any time: the next one goes on with the page it stopped at.
"""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils import timezone

from parking import ports
from parking.actions import charge_feed


class Command(BaseCommand):
    """Read on to the end of the feed, listing every charge first if that is needed."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it; an error of the charge system ends it with a sentence."""
        taken = charge_feed.follow(ports.outside(), now=timezone.now(), progress=self._tell)
        self.stdout.write(f"{taken} charges new or newer")

    def _tell(self, listed: int, total: int) -> None:
        self.stdout.write(f"{listed} of {total}")
