"""`django-admin seed_tariff`: take over the dated numbers of data/tariff."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand

from parking.actions import catalogue

TARIFF = Path(__file__).resolve().parents[5] / "data" / "tariff"


class Command(BaseCommand):
    """Take over the versions we do not have yet."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it, and say how much was new."""
        self.stdout.write(f"{catalogue.seed_tariff(TARIFF)} new versions of the tariff")
