"""What every test may use: the sandbox as a process, and the portal wired to it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import stamina
from django.db import connection, transaction
from django.test import TransactionTestCase
from procrastinate.contrib.django import app as queue
from psycopg import sql

import kept
from parking.actions import catalogue, hours, zones
from parking.adapters.transport import TRIES
from parking.records import sealing
from parking.site import wiring
from sandbox_process import calm_sandbox, sandbox

__all__ = ["calm_sandbox", "sandbox"]

DATA = Path(__file__).parent.parent / "data"
TARIFF = DATA / "tariff"


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
        delete = sql.SQL("DELETE FROM {}")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            if emptied := kept.written(kept.tables()):
                each = [delete.format(sql.Identifier(table)) for table in emptied]
                cursor.execute(sql.SQL("; ").join(each))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture
def stocked(transactional_db, outside, settings, sandbox):
    """A portal that knows its terms, fares and zones; commits are real.

    They are fetched for the first test and copied for the others.
    """
    settings.CUSTOMER_KEY_FILE = sandbox.addresses["CUSTOMER_KEY_FILE"]
    # A test before this one may have read the key of another place.
    sealing.keys.cache_clear()
    settings.PAYMENT_NOTICE_WORDS = [
        Path(sandbox.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"]).read_text().strip()
    ]
    if kept.CATALOGUE.there:
        kept.CATALOGUE.restore()
    else:
        catalogue.seed_tariff(TARIFF)
        catalogue.seed_tariff(DATA / "charges")
        catalogue.seed_tariff(DATA / "offences")
        years = range(now().year, now().year + 2)
        hours.seed_holidays(TARIFF, years=years, today=now().date())
        catalogue.fetch_fares(outside, now=now())
        zones.fetch_zones(outside, now=now())
        kept.CATALOGUE.keep()
    return outside


@pytest.fixture
def charged(stocked):
    """A portal that has read every charge of the sandbox."""
    kept.read_charges(stocked)
    return stocked


@pytest.fixture
def work(stocked):
    """Do every job that waits, with the real worker; what the clock says is not its business here.

    In a thread of its own, because a browser's loop may already run in the tests' own.
    """

    def run():
        with (
            queue.replace_connector(queue.connector.get_worker_connector()) as worker,
            patch.dict(worker.periodic_registry.periodic_tasks, clear=True),
        ):
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)

    def work():
        with ThreadPoolExecutor(1) as beside:
            beside.submit(run).result()

    return work
