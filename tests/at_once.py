"""Several who write at the same time, each with a connection of their own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def at_the_same_time(*works):
    """Do each of *works* in a thread of its own, and return what each came to."""

    def do(work):
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        begun = [threads.submit(do, work) for work in works]
    # Who waits for another fails after it: what the others say is why.
    errors = [error for each in begun if (error := each.exception()) is not None]
    if errors:
        raise ExceptionGroup("not all came through", errors)
    return [each.result() for each in begun]


def somebody_waits_for_a_lock(*, seconds: float = 25) -> bool:
    """Tell whether somebody waits for another's lock in this database, having given them time."""
    for _try in range(int(seconds / 0.05)):
        with connection.cursor() as cursor:
            # Within a transaction the first look at who is there is remembered.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.05)
    return False
