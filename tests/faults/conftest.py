"""A portal that has fetched its catalogue, the world's own books, and a drill with both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from faults.drill import Drill, Truth
from parking.actions import catalogue
from parking.records import sealing
from parking.records.tariff import FareLine, TermsVersion
from parking.records.zone import PrivateCommonRoad, ZoneShape, ZoneVersion
from town import ADDRESSES, now

TARIFF = Path(__file__).parents[2] / "data" / "tariff"
_CATALOGUE = (TermsVersion, PrivateCommonRoad, FareLine, ZoneVersion, ZoneShape)
_FETCHED: dict[type, list[object]] = {}


@pytest.fixture
def stocked(transactional_db, outside, settings, sandbox):
    """The catalogue as it was fetched for the first test: what goes wrong here comes after it."""
    settings.CUSTOMER_KEY_FILE = sandbox.addresses["CUSTOMER_KEY_FILE"]
    # A test before this one may have read the key of another place.
    sealing.keys.cache_clear()
    settings.PAYMENT_NOTICE_WORDS = [
        Path(sandbox.addresses["PAYMENTS_WEBHOOK_SECRET_FILE"]).read_text().strip()
    ]
    if not _FETCHED:
        catalogue.seed_tariff(TARIFF)
        catalogue.fetch_fares(outside, now=now())
        catalogue.fetch_zones(outside, now=now())
        _FETCHED.update({table: list(table.objects.all()) for table in _CATALOGUE})
    else:
        for table, rows in _FETCHED.items():
            table.objects.bulk_create(rows)
    return outside


@pytest.fixture
def truth(sandbox) -> Iterator[Truth]:
    books = Truth(sandbox)
    yield books
    books.close()


@pytest.fixture
def drill(stocked, sandbox, truth, settings) -> Drill:
    return Drill(sandbox, truth, ADDRESSES, settings.PAYMENT_NOTICE_WORDS[0])


@pytest.fixture
def served(drill, live_server) -> Drill:
    """The same, with the portal's own server running, to which notices find their way."""
    drill.portal = live_server.url
    drill.addresses = replace(ADDRESSES, notices=f"{live_server.url}/webhooks/nexi")
    return drill
