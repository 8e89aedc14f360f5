"""The portal as people meet it: a server, the world outside, a worker, and a real browser."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread
from playwright.sync_api import expect

from journeys import steps
from journeys.visitor import Visitor
from parking.actions import checkout, staff
from parking.law.days import Period, danish_day
from parking.law.staff import Role
from parking.records.permit import Permit
from parking.records.ranges import as_range
from sandbox.employees import EMPLOYEES
from town import now, office_session, order, pay

#: How long a page may take, in milliseconds, on a machine that is busy with other tests.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)

CHROMIUM = {
    # Without a window it takes half the time.
    "executable_path": shutil.which("chromium-headless-shell") or "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
    ],
}


def pytest_collection_modifyitems(items):
    """Everything in this folder drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, **CHROMIUM}


@pytest.fixture(scope="session")
def together(tmp_path_factory, testrun_uid) -> Path:
    """A folder that all workers of this run have in common."""
    folder = tmp_path_factory.getbasetemp().parent / f"together-{testrun_uid}"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def static_root(together) -> Path:
    """Where the static files are, which the first worker collects and compresses for all."""
    root, done = together / "static", together / "static-is-collected"
    with (together / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            with override_settings(STATIC_ROOT=str(root)):
                call_command("collectstatic", verbosity=0, interactive=False)
            done.touch()
    return root


@pytest.fixture(scope="session")
def server(sandbox, static_root, django_db_setup, django_db_blocker) -> Iterator[str]:
    """The portal's own server, whole, at the address where the sandbox expects it."""
    with override_settings(STATIC_ROOT=str(static_root)), django_db_blocker.unblock():
        thread = LiveServerThread(
            "localhost", static_handler=lambda app: app, port=urlsplit(sandbox.portal).port
        )
        thread.daemon = True
        thread.start()
        thread.is_ready.wait(10)
    if thread.error:
        raise thread.error
    yield sandbox.portal
    thread.terminate()


@pytest.fixture
def at_its_address(settings, sandbox, static_root):
    """Settings of a portal that stands where the sandbox expects it."""
    settings.PORTAL_ADDRESS = sandbox.portal
    settings.CSRF_TRUSTED_ORIGINS = [sandbox.portal]
    settings.NOTICE_ADDRESS = f"{sandbox.portal}/webhooks/nexi"
    settings.STATIC_ROOT = str(static_root)
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "form-action": ["'self'", sandbox.base]}
    }


@pytest.fixture
def portal(at_its_address, stocked, server) -> str:
    """The address of a portal that works, and of which nobody has bought anything yet."""
    return server


@pytest.fixture
def charged(portal, charged):
    """The portal at its address, which has read every charge."""
    return charged


@pytest.fixture
def visit(browser, portal, sandbox, together) -> Iterator[Callable[..., Visitor]]:
    """Open a browser of somebody's own; nothing is shared with the others."""
    contexts = []
    measured = together / "measured"
    measured.mkdir(exist_ok=True)

    def visit(*, width: int = 1280, language: str = "da-DK", scripts: bool = True) -> Visitor:
        context = browser.new_context(
            base_url=portal,
            viewport={"width": width, "height": 844},
            locale=language,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visitor(
            context,
            portal=portal,
            outside=sandbox.base,
            scripts=scripts,
            width=width,
            measured=measured,
        )

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def office(visit):
    """Let the sandbox's staff in, and open a browser of one of them at their first page.

    They are logged in already, unless it is how they get in and out that is looked at.
    """
    for each in EMPLOYEES:
        roles = {Role(role) for role in each.roles}
        staff.add(name_id=each.name_id, roles=roles, unit="Parkering", now=now())

    def office(slug: str = "ditte", *, width: int = 1280, by_login: bool = False):
        worker = visit(width=width)
        if not by_login:
            worker.is_at_work(office_session(slug))
        worker.open("/office/")
        if by_login:
            worker.look("Log på (sandkasse)")
            steps.answer_login(worker, slug)
        return worker

    return office


@pytest.fixture
def ends_soon(stocked) -> Permit:
    """A permit that Anna bought almost a year ago: its last day is in nineteen days."""
    bought = order(stocked, "anna")
    pay(bought.payment.page_url)
    checkout.settle(stocked, bought.payment.payment_id, now=now())
    held, end = Permit.objects.get(), danish_day(now()) + timedelta(days=20)
    held.period = as_range(Period(end - timedelta(days=365), end))
    held.save()
    return held


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait, not long, until something has come true."""

    def eventually(true: Callable[[], object], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.05)

    return eventually
