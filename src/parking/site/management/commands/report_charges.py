"""`django-admin report_charges 2026`: the year's charges as Vejdirektoratet is told, as CSV."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parking.actions import charge_report


class Command(BaseCommand):
    """Count, and write two lines; a year that is over is noted as reported."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("year", type=int)

    def handle(self, *args: Any, **told: Any) -> None:
        """Do it."""
        counted = charge_report.report(told["year"], now=timezone.now())
        self.stdout.write(charge_report.as_csv(counted), ending="")
