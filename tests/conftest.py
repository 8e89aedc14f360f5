"""What every test may use: the sandbox as a process, and the portal wired to it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from procrastinate.contrib.django import app as queue

from parking.actions import catalogue, hours
from parking.records import sealing
from parking.site import wiring
from sandbox_process import calm_sandbox, sandbox

__all__ = ["calm_sandbox", "sandbox"]

TARIFF = Path(__file__).parent.parent / "data" / "tariff"


def now():
    return datetime.now(UTC)


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


@pytest.fixture
def stocked(transactional_db, outside, settings, sandbox):
    """A portal that knows its terms, fares and zones; commits are real."""
    settings.CUSTOMER_KEY_FILE = sandbox.addresses["CUSTOMER_KEY_FILE"]
    # A test before this one may have read the key of another place.
    sealing.keys.cache_clear()
    settings.PAYMENT_NOTICE_WORDS = [
        Path(sandbox.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"]).read_text().strip()
    ]
    catalogue.seed_tariff(TARIFF)
    hours.seed_holidays(TARIFF, years=range(now().year, now().year + 2), today=now().date())
    catalogue.fetch_fares(outside, now=now())
    catalogue.fetch_zones(outside, now=now())
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
