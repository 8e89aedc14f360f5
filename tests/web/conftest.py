"""A browser without a browser: Django's client, logged in as somebody."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from parking.actions import staff
from parking.law.staff import Role
from parking.records.staff import StaffSession
from parking.web import announcements
from town import now, session


@pytest.fixture
def log_in(db):
    """Log somebody in, as the national login would have."""

    def log_in(slug="anna", *, begun=None, **options):
        key = session(slug, begun=begun)
        client = Client(**options)
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        return client

    return log_in


@pytest.fixture
def enter(db):
    """Let somebody into the office, as the municipality's login would have."""

    def enter(slug="ditte", *roles: Role, said=None, begun=None):
        roles = roles or (Role.DECIDER,)
        known = staff.add(name_id=slug, roles=roles, unit="Parkering", now=now())
        known.name = slug
        known.save()
        key = f"key of {slug}"
        StaffSession.objects.update_or_create(
            key_hash=staff._hash(key),
            defaults={
                "staff": known,
                "session_index": slug,
                "roles": [role.value for role in (roles if said is None else said)],
                "begun": begun or now(),
                "last_used": begun or now(),
            },
        )
        client = Client()
        client.cookies["__Secure-office"] = key
        return client

    return enter


@pytest.fixture(autouse=True)
def _in_danish():
    with translation.override("da"):
        yield


@pytest.fixture(autouse=True)
def _plain_files(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture(autouse=True)
def _nothing_is_announced():
    """As in a process that has asked within the last half minute."""
    cache.set(announcements._KEY, [], None)
    yield
    cache.clear()
