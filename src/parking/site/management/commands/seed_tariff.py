"""`django-admin seed_tariff`: take over the dated numbers of data/."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils import timezone

from parking.actions import catalogue
from parking.law.days import danish_day

DATA = Path(__file__).resolve().parents[5] / "data"
TARIFF = DATA / "tariff"


class Command(BaseCommand):
    """Take over the versions we do not have yet."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it, and say how much was new."""
        today = danish_day(timezone.now())
        folders = (TARIFF, DATA / "charges", DATA / "offences")
        added = sum(catalogue.seed_tariff(folder, today=today) for folder in folders)
        self.stdout.write(f"{added} new versions of the tariff")
