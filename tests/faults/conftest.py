"""The world's own books, and a drill with them and a portal that has its catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from faults.drill import Drill, Truth
from town import ADDRESSES


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
