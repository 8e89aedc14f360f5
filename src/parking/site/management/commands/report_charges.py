"""`django-admin report_charges 2026`: the year's charges as Vejdirektoratet is told, as CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parking.actions import charge_report

_COLUMNS = (
    "year", "issued", "complained_of", "annulled_after_complaint", "sent_to_collection",
)  # fmt: skip


class Command(BaseCommand):
    """Count, and write two lines; a year that is over is noted as reported."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("year", type=int)

    def handle(self, *args: Any, **told: Any) -> None:
        """Do it."""
        counted = charge_report.report(told["year"], now=timezone.now())
        table = csv.writer(self.stdout)
        table.writerow(_COLUMNS)
        table.writerow([getattr(counted, name) for name in _COLUMNS])
