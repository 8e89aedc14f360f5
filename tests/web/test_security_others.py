"""What is somebody else's does not exist for you, and looking at a page changes nothing."""

from __future__ import annotations

from collections import defaultdict
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.urls.converters import IntConverter

from canaries import Planted
from parking.actions import checkout
from parking.records.application import Application
from parking.records.order import Order
from parking.records.permit import Permit
from town import now, order, pay

#: That somebody is here, and how often they ask, is written down.
_PRESENCE = {"login_session", "django_session", "bucket"}
#: These pages begin a login, and ask about a payment.
_MAY_WRITE = {"login", "office-login", "order-return"}


def patterns(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


PATTERNS = {pattern.name: pattern for pattern in patterns()}
SOMEBODYS = sorted(
    name
    for name, each in PATTERNS.items()
    if each.pattern.converters and getattr(each.callback, "admits", "") == "party"
)


def address(name, ids):
    """Return the address *name* with *ids* in it; where it takes a number, that of nothing."""
    converters = PATTERNS[name].pattern.converters
    return reverse(
        name,
        kwargs={
            key: 0 if isinstance(of, IntConverter) else ids[key] for key, of in converters.items()
        },
    )


def contents():
    """Return every row of every table but those of who is here."""
    return {
        model._meta.db_table: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models()
        if model._meta.db_table not in _PRESENCE
    }


@pytest.fixture
def annas(stocked):
    """The ids of what Anna has bought, and for the rest ids of nothing."""
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    return defaultdict(
        uuid4,
        application_id=Application.objects.get().id,
        order_id=Order.objects.get().id,
        permit_id=Permit.objects.get().id,
    )


def test_what_is_somebody_elses_looks_like_what_there_is_not(stocked, log_in):
    planted = Planted("anna", at=now())
    hers = {f"{model._meta.db_table}_id": row.pk for model, row in planted.rows.items()}
    nobodys = defaultdict(uuid4)
    bo = log_in("bo")
    before = contents()
    for name in SOMEBODYS:
        statuses = set()
        for method in (bo.get, bo.post):
            theirs, missing = method(address(name, hers)), method(address(name, nobodys))
            assert theirs.status_code == missing.status_code, name
            assert theirs.content == missing.content, name
            assert theirs.headers.keys() == missing.headers.keys(), name
            statuses.add(theirs.status_code)
        assert 404 in statuses, name
        assert statuses <= {404, 405}, name
    assert contents() == before


def test_looking_twice_changes_nothing(annas, log_in):
    anna = log_in("anna")
    before = contents()
    for name in PATTERNS.keys() - _MAY_WRITE:
        for _ in range(2):
            assert anna.get(address(name, annas)).status_code < 500, name
        assert contents() == before, name


def test_ids_cannot_be_guessed(annas):
    assert {each.version for each in annas.values()} == {4}


def test_machines_can_write_nothing_but_notices(db):
    machines = {
        name
        for name, each in PATTERNS.items()
        if each.callback.__module__.startswith("parking.api")
    }
    for name in machines - {"charge-notice", "payment-notice"}:
        assert Client().post(address(name, {})).status_code == 405, name
