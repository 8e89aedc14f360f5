"""Rows that many tests begin with: made once by the portal, then copied by the database itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction
from psycopg import sql

from parking.actions import charge_feed
from parking.law.days import danish_day
from parking.records.charge import ChargeFeed
from town import now

#: The queue's table, which is not among Django's own.
_JOBS = "procrastinate_jobs"


def tables() -> list[str]:
    """Return every table that holds what a test has written, the queue's jobs among them."""
    return [*connection.introspection.django_table_names(include_views=False), _JOBS]


def written(among: Collection[str]) -> list[str]:
    """Return those of the tables that hold rows."""
    holds = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    asked = [holds.format(table, sql.Identifier(table)) for table in among]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        return [table for (table,) in cursor.fetchall()]


@dataclass
class Kept:
    """Copies of some tables, in a schema of their own."""

    schema: str
    copies: list[str] = field(default_factory=list)
    on: date | None = None  #: the day they were made: the days they name count from it

    @property
    def there(self) -> bool:
        """Whether there is something of today to copy."""
        return self.on == danish_day(now())

    def keep(self, but: Collection[str] = ()) -> None:
        """Copy every table that holds rows now, *but* these."""
        with transaction.atomic(), connection.cursor() as cursor:
            schema = sql.Identifier(self.schema)
            cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            self.copies = [table for table in written(tables()) if table not in but]
            for table in self.copies:
                cursor.execute(
                    sql.SQL("CREATE UNLOGGED TABLE {} AS TABLE {}").format(
                        sql.Identifier(self.schema, table), sql.Identifier(table)
                    )
                )
        self.on = danish_day(now())

    def restore(self) -> None:
        """Put the rows back as they were kept, past the triggers; their order does not matter."""
        insert = sql.SQL("INSERT INTO {} SELECT * FROM {}")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                sql.SQL("; ").join(
                    insert.format(sql.Identifier(table), sql.Identifier(self.schema, table))
                    for table in self.copies
                )
            )


#: What a portal fetches before it can answer.
CATALOGUE = Kept("kept_catalogue")
#: What a portal knows that has read every charge of the sandbox as on the first day.
CHARGES = Kept("kept_charges")


def read_charges(outside) -> None:
    """Let a portal that knows its catalogue read every charge of the sandbox.

    Who has written something else before reads them for themselves.
    """
    others = [table for table in written(tables()) if table not in CATALOGUE.copies]
    if CHARGES.there and not others:
        CHARGES.restore()
        # It has begun anew since then, and knows no cursor of before.
        ChargeFeed.objects.update(cursor=outside.charges.page(most=1).feed)
        return
    charge_feed.follow(outside, now=now())
    if not others:
        CHARGES.keep(but=CATALOGUE.copies)
