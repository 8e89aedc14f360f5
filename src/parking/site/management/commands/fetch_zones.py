"""`django-admin fetch_zones`: fetch the city's map now; what is new waits for a case worker."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils import timezone

from parking import ports
from parking.actions import zones


class Command(BaseCommand):
    """Fetch it, and say what was set aside and which case waits."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it; an error of the map service ends it with a sentence."""
        fetched = zones.fetch_zones(ports.outside(), now=timezone.now())
        self.stdout.write(f"{fetched.new} new zones")
        for line in fetched.set_aside:
            self.stdout.write(f"  set aside: {line}")
        if fetched.case:
            self.stdout.write(f"  waits for a case worker: {fetched.case}")
