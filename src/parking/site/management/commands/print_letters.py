"""`django-admin print_letters FOLDER`: write what is to go on paper into a folder, once.

The folder gets a PDF for each letter and `letters.csv`, which says whom each goes to: a person or a
company by number, or somebody abroad by name and address. Only its owner can read it.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from parking.actions import print_queue

_COLUMNS = ("file", "kind", "number", "name", "address", "country", "subject")


class Command(BaseCommand):
    """Write the letters, and only then take them out of the queue."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what the command is told."""
        parser.add_argument("folder", type=Path, help="a new folder, or an empty one")

    def handle(self, *args: Any, **told: Any) -> None:
        """Do it; a folder that has letters in it already is left alone."""
        folder: Path = told["folder"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        letters = print_queue.waiting()
        with (folder / "letters.csv").open("x", encoding="utf-8", newline="") as out:
            (folder / "letters.csv").chmod(0o600)
            table = csv.writer(out)
            table.writerow(_COLUMNS)
            for letter in letters:
                name, to = f"{letter.letter_id}.pdf", letter.addressee
                (folder / name).write_bytes(letter.pdf)
                (folder / name).chmod(0o600)
                address = "\n".join(to.lines)
                table.writerow(
                    (name, to.kind, to.number, to.name, address, to.country, letter.subject)
                )
            out.flush()
            os.fsync(out.fileno())
        count = print_queue.printed([each.letter_id for each in letters], now=timezone.now())
        self.stdout.write(f"{count} letters to print in {folder}")
