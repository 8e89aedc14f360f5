"""`django-admin seed_tariff`: take over the dated numbers of data/tariff."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils import timezone

from parking.actions import catalogue
from parking.law.days import danish_day

TARIFF = Path(__file__).resolve().parents[5] / "data" / "tariff"


class Command(BaseCommand):
    """Take over the versions we do not have yet."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it, and say how much was new."""
        today = danish_day(timezone.now())
        added = catalogue.seed_tariff(TARIFF, today=today)
        self.stdout.write(f"{added} new versions of the tariff")
