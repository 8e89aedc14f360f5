"""`django-admin prepare`: all that comes between new code and its first request.

Each step is a command of its own and may be repeated at will; together they start once.
"""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS: dict[str, dict[str, object]] = {
    "migrate": {"interactive": False},
    "collectstatic": {"interactive": False},
    "seed_tariff": {},
    "seed_holidays": {},
    "fetch_catalogue": {},
}


class Command(BaseCommand):
    """Take the steps one after the other."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Do it; the first error ends it."""
        for step, told in STEPS.items():
            self.stdout.write(f"{step}:")
            call_command(step, **told)
