"""`django-admin staff_add NAME_ID --role operator`: say who works in the office."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parking.actions import staff
from parking.law.staff import Role


class Command(BaseCommand):
    """Add somebody by the name that the municipality's login knows them by."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("name_id", help="the persistent name at the municipality's login")
        parser.add_argument(
            "--role", action="append", required=True, choices=[role.value for role in Role]
        )
        parser.add_argument("--unit", default="Parkering", help="what citizens are told has looked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        roles = {Role(role) for role in options["role"]}
        staff.add(name_id=options["name_id"], roles=roles, unit=options["unit"], now=timezone.now())
        self.stdout.write(f"{options['name_id']} may work here: {', '.join(options['role'])}")
