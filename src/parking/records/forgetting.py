"""The narrow way out of the tables that are written once.

Decisions, look-ups, and what was done and supplied in cases can never be changed. Old rows can be
removed by a transaction that says that it forgets; the database itself refuses for a row that is
younger than any rule of ``law/retention.py`` would let go, whoever asks and whatever they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from parking.records.recording import recording


@contextmanager
def forgetting() -> Iterator[None]:
    """Record as `recording` does, with leave to remove what is old from tables written once."""
    with recording():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('parking.forgetting', 'on', true)")
        yield
