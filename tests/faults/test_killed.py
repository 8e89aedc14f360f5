"""F53, F66, F73, F74: processes that are killed with -9 when half of what they do is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from faults import scenes
from faults.drill import wait_until
from faults.invariants import violations
from parking.actions import charge_feed
from parking.law.application import State as ApplicationState
from parking.law.order import State
from parking.records.application import Application
from parking.records.order import Order, Payment
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from town import agreement, fill_basket, now, party, pay

WORKER = ("-m", "django", "procrastinate", "worker", "--one-shot")
#: A press on "pay", as a process of its own.
PAYER = """
import django, sys
django.setup()
from django.utils import timezone
from parking.actions import checkout
from parking.records.party import Party
from parking.site import wiring
party, agreed, address = sys.argv[1:]
checkout.begin(
    wiring.outside(), Party.objects.get(id=party), agreed=agreed, language="da",
    addresses=checkout.Addresses(back=lambda order: address, terms=address, notices=address),
    now=timezone.now(),
)
"""


@contextmanager
def process(settings, *argv):
    """Start it against the tests' own database, and see that it is gone afterwards."""
    database = settings.DATABASES["default"]
    user, password = quote(database["USER"]), quote(database["PASSWORD"])
    where = f"{database['HOST']}:{database['PORT']}/{connection.settings_dict['NAME']}"
    started = subprocess.Popen(
        [sys.executable, *argv],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
            "DJANGO_SETTINGS_MODULE": "parking.site.settings",
            "DATABASE_URL": f"postgresql://{user}:{password}@{where}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait(10)


def kill(started):
    os.kill(started.pid, signal.SIGKILL)
    assert started.wait(10) == -signal.SIGKILL


def until_asked(drill, path):
    """Wait until the one call on *path* that is answered late has been made."""
    wait_until(
        lambda: (
            path not in {fault["path"] for fault in drill.sandbox.control("GET", "state")["faults"]}
        ),
        seconds=90,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "seam", ["salesOrders(", "customerPaymentJournals"], ids=["order written", "order posted"]
)
def test_f53_f74_a_worker_killed_when_half_of_an_order_is_booked(drill, settings, seam):
    drill.delivered()
    drill.fault("businesscentral", "slow:30", count=1, path=scenes.BOOKS + seam)
    with process(settings, *WORKER) as worker:
        until_asked(drill, scenes.BOOKS + seam)
        kill(worker)
    reference = Order.objects.get().number
    page = "salesOrders" if seam == "salesOrders(" else "salesInvoices"
    assert len(drill.truth.booked(page, reference)) == 1
    assert Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER).state == Outgoing.State.WAITING
    drill.quiesce()
    assert len(drill.truth.booked("salesInvoices", reference)) == 1
    assert violations(drill.truth, now()) == {}


@pytest.mark.slow
def test_f53_f74_a_worker_killed_between_the_last_write_and_done(drill, settings):
    order = drill.delivered()
    journals = scenes.BOOKS + "customerPaymentJournals"
    drill.fault("businesscentral", "slow:2", count=1, path=journals)
    with process(settings, *WORKER) as worker:
        until_asked(drill, journals)
        # Whoever holds the row lets the worker write in the accounts, but not that it is done.
        with transaction.atomic():
            Outgoing.objects.select_for_update().get(kind=Outgoing.Kind.BOOK_ORDER)
            wait_until(lambda: drill.truth.booked("customerPayments", order.payment.payment_id))
            kill(worker)
    assert Outgoing.objects.get(kind=Outgoing.Kind.BOOK_ORDER).state == Outgoing.State.WAITING
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def press(drill, settings):
    fill_basket(drill.outside, "anna")
    agreed, holder = agreement("anna"), str(party("anna").id)
    return process(settings, "-c", PAYER, holder, agreed, "http://localhost:1/")


@pytest.mark.slow
def test_f73_a_press_on_pay_killed_while_it_writes_leaves_nothing(drill, settings):
    with press(drill, settings) as payer, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE order_line IN EXCLUSIVE MODE")
        wait_until(_somebody_waits_for_a_lock, seconds=90)
        kill(payer)
    assert not Order.objects.exists()
    assert not Permit.objects.exists()
    assert Application.objects.get().stands is ApplicationState.IN_BASKET
    pay(drill.begin("anna").payment.page_url)
    drill.quiesce()
    assert violations(drill.truth, now()) == {}


def _somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
            " WHERE relname = 'order_line' AND NOT granted"
        )
        return cursor.fetchone()


@pytest.mark.slow
def test_f73_a_press_on_pay_killed_before_the_payment_is_known_goes_on(drill, settings):
    drill.fault("nexi", "slow:30", count=1, path="/v1/payments")
    with press(drill, settings) as payer:
        until_asked(drill, "/v1/payments")
        kill(payer)
    kept = Order.objects.get()
    assert kept.stands is State.OPEN
    again = drill.begin("anna")
    assert again.id == kept.id
    pay(again.payment.page_url)
    drill.quiesce()
    assert Order.objects.get().stands is State.DELIVERED
    assert violations(drill.truth, now()) == {}


@pytest.mark.slow
def test_f66_a_worker_killed_while_the_provider_draws_an_instalment(drill, settings):
    """It dies while it waits for the answer; whether the money was taken it never hears."""
    order = scenes.an_instalment_waits_to_be_drawn(drill)
    drill.fault("nexi", "slow:2", count=1, path=scenes.DRAWS)
    with process(settings, *WORKER) as worker:
        until_asked(drill, scenes.DRAWS)
        kill(worker)
    drawn_once_after_all(drill, order)


@pytest.mark.slow
def test_f66_a_worker_killed_between_the_draw_and_our_note_of_it(drill, settings):
    order = scenes.an_instalment_waits_to_be_drawn(drill)
    with process(settings, *WORKER) as worker, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE payment IN EXCLUSIVE MODE")
        wait_until(lambda: drill.truth.payments(order.number), seconds=90)
        kill(worker)
    drawn_once_after_all(drill, order)


def drawn_once_after_all(drill, order):
    row = Outgoing.objects.get(kind=Outgoing.Kind.DRAW_INSTALMENT)
    assert row.state == Outgoing.State.WAITING
    assert Order.objects.get(id=order.id).stands is State.OPEN
    assert not Payment.objects.filter(order=order).exists()
    drill.quiesce()
    assert Order.objects.get(id=order.id).stands is State.DELIVERED
    (payment,) = drill.truth.payments(order.number)
    assert payment["charged"] == order.total_ore
    charge_feed.follow(drill.outside, now=now())
    assert violations(drill.truth, now()) == {}
