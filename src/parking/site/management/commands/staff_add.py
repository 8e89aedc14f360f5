"""`django-admin staff_add NAME_ID --role operator`: say who works in the office."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from parking.actions import staff
from parking.law.staff import Role

_ROLES = [role.value for role in Role]


class Command(BaseCommand):
    """Add somebody by the name that the municipality's login knows them by."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument(
            "name_id",
            help="the persistent name at the municipality's login; "
            "or - to read many: a name and its roles on each line",
        )
        parser.add_argument("--role", action="append", default=[], choices=_ROLES)
        parser.add_argument("--unit", default="Parkering", help="what citizens are told has looked")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        named = options["name_id"], *options["role"]
        many = [line.split() for line in sys.stdin] if named[0] == "-" else [named]
        for name_id, *roles in filter(None, many):
            if not roles or not set(roles) <= set(_ROLES):
                raise CommandError(f"{name_id}: say a role or more: {', '.join(_ROLES)}")
            staff.add(
                name_id=name_id,
                roles={Role(role) for role in roles},
                unit=options["unit"],
                now=timezone.now(),
            )
            self.stdout.write(f"{name_id} may work here: {', '.join(roles)}")
