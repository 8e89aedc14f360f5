"""`django-admin fetch_catalogue`: fetch the price list and the map now."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils import timezone

from parking import ports
from parking.actions import catalogue, zones


class Command(BaseCommand):
    """Fetch both, and say what was new and what was set aside."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it; an error of either system ends it with a sentence."""
        outside = ports.outside()
        fetches = {"fares": catalogue.fetch_fares, "zones": zones.fetch_zones}
        for what, fetch in fetches.items():
            fetched = fetch(outside, now=timezone.now())
            self.stdout.write(f"{fetched.new} new {what}")
            for line in fetched.set_aside:
                self.stdout.write(f"  set aside: {line}")
            if fetched.case:
                self.stdout.write(f"  waits for a case worker: {fetched.case}")
