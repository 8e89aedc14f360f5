"""`django-admin seed_holidays`: record which days are holidays, some years ahead."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parking.actions import hours
from parking.law.days import danish_day
from parking.site.management.commands.seed_tariff import TARIFF

#: The first year of which the tariff knows an hourly fare.
FIRST_YEAR = 2018


class Command(BaseCommand):
    """Record the holidays that we do not have yet."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("--ahead", type=int, default=5, help="how many years ahead (5)")

    def handle(self, *args: object, **options: Any) -> None:
        """Do it, and say how much was new."""
        today = danish_day(timezone.now())
        years = range(FIRST_YEAR, today.year + options["ahead"] + 1)
        changed = hours.seed_holidays(TARIFF, years=years, today=today)
        self.stdout.write(f"{changed} new or changed holidays until {years[-1]}")
