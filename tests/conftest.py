"""What every test may use: the sandbox as a process, and the portal wired to it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stamina
from django.db import connection, transaction
from django.test import TransactionTestCase
from procrastinate.contrib.django import app as queue
from psycopg import sql

from parking.actions import catalogue, hours, zones
from parking.adapters.transport import TRIES
from parking.records import sealing
from parking.records.charge_report import ReportDeadline
from parking.records.collection import ChargeTermsVersion
from parking.records.hours import (
    AfterHours,
    Garage,
    GarageRight,
    Holiday,
    HourlyFare,
    TimeLimit,
)
from parking.records.offence import OffenceVersion
from parking.records.tariff import FareLine, TermsVersion
from parking.records.zone import PrivateCommonRoad, ZoneShape, ZoneVersion
from parking.site import wiring
from sandbox_process import calm_sandbox, sandbox

__all__ = ["calm_sandbox", "sandbox"]

DATA = Path(__file__).parent.parent / "data"
TARIFF = DATA / "tariff"
#: What a portal fetches before it can answer, each table after those it names.
CATALOGUE = (
    *(TermsVersion, PrivateCommonRoad, FareLine, ZoneVersion, ZoneShape),
    *(HourlyFare, TimeLimit, AfterHours, Holiday, Garage, GarageRight),
    *(ChargeTermsVersion, ReportDeadline, OffenceVersion),
)
#: Their rows, as they were fetched for the first test of this worker.
_FETCHED: dict[type, list[object]] = {}


def now():
    return datetime.now(UTC)


@pytest.fixture(scope="session", autouse=True)
def _no_pause_between_tries():
    """Let what is tried again be tried at once, and as often as ever."""
    with stamina.set_testing(True, attempts=TRIES, cap=True):
        yield


@pytest.fixture(scope="session")
def environment(sandbox):
    """The environment of a portal that is wired to the sandbox of this worker."""
    before = dict(os.environ)
    os.environ.update(sandbox.addresses)
    wiring.outside.cache_clear()
    yield os.environ
    os.environ.clear()
    os.environ.update(before)
    wiring.outside.cache_clear()


@pytest.fixture
def outside(environment, calm_sandbox):
    """Everybody we may ask, over real HTTP, as on the first day and with no breaker open."""
    wiring.outside.cache_clear()
    return wiring.outside()


@pytest.fixture(scope="session", autouse=True)
def _only_what_was_written_is_emptied():
    """After a test whose commits are real, empty the tables that hold rows, and no others.

    Django empties every table, which takes a tenth of a second a test; nearly all are empty. Rows
    go in any order here, and past the triggers that keep the records from being deleted.
    """

    def empty(self):
        with transaction.atomic(), connection.cursor() as cursor:
            tables = connection.introspection.django_table_names(include_views=False)
            holds = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
            asked = [holds.format(table, sql.Identifier(table)) for table in tables]
            cursor.execute(sql.SQL(" UNION ALL ").join(asked))
            written = [table for (table,) in cursor.fetchall()]
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in written:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture
def stocked(transactional_db, outside, settings, sandbox):
    """A portal that knows its terms, fares and zones; commits are real.

    They are fetched for the first test and copied for the others, which takes a fourth of the time.
    """
    settings.CUSTOMER_KEY_FILE = sandbox.addresses["CUSTOMER_KEY_FILE"]
    # A test before this one may have read the key of another place.
    sealing.keys.cache_clear()
    settings.PAYMENT_NOTICE_WORDS = [
        Path(sandbox.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"]).read_text().strip()
    ]
    with connection.cursor() as cursor:  # the queue's tables are not emptied with the others
        cursor.execute("DELETE FROM procrastinate_jobs")
    if not _FETCHED:
        catalogue.seed_tariff(TARIFF)
        catalogue.seed_tariff(DATA / "charges")
        catalogue.seed_tariff(DATA / "offences")
        years = range(now().year, now().year + 2)
        hours.seed_holidays(TARIFF, years=years, today=now().date())
        catalogue.fetch_fares(outside, now=now())
        zones.fetch_zones(outside, now=now())
        _FETCHED.update({table: list(table._base_manager.all()) for table in CATALOGUE})
    else:
        for table, rows in _FETCHED.items():
            table.objects.bulk_create(rows)
    return outside


@pytest.fixture
def work(stocked):
    """Do every job that waits, with the real worker.

    In a thread of its own, because a browser's loop may already run in the tests' own.
    """

    def run():
        with queue.replace_connector(queue.connector.get_worker_connector()) as worker:
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    def work():
        with ThreadPoolExecutor(1) as beside:
            beside.submit(run).result()

    return work
