"""The proof that the tests of the faults could fail: each guard is taken away once, from outside.

A scene is played twice. With every guard in place no invariant is broken; without one of them the
invariant that it holds is.
"""

from __future__ import annotations

import itertools
import re
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from faults import scenes
from faults.invariants import violations
from parking.actions import apply, catalogue, charge, checkout, gather, send
from parking.adapters import businesscentral, nexi
from parking.law.course import StepNotAllowed
from parking.law.money import NOTHING
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.recording import recording
from parking.site import wiring
from town import now


def a_notice_delivers_by_itself(patch):
    def noticed(*, event_id, event, payment_id, now):
        with recording():
            order = checkout.Order.objects.get(payment__payment_id=payment_id)
            checkout._deliver(order, now)

    patch.setattr(checkout, "noticed", noticed)


def any_money_is_enough(patch):
    def follow(order, payment, truth, now):
        if truth.taken and order.stands is checkout.law.State.OPEN:
            checkout._deliver(order, now)

    patch.setattr(checkout, "_follow", follow)


def nobody_asks_by_the_clock(patch):
    patch.setattr(checkout, "reconcile", lambda *_, **__: 0)


def the_order_ends_without_the_payment(patch):
    def close(outside, order, actor, step, now):
        with recording():
            checkout._end(order, step, now, actor)
        return order

    patch.setattr(checkout, "_close", close)
    patch.setattr(checkout, "settle", lambda *_, **__: None)


def a_refund_has_another_key_each_time(patch):
    once = nexi.Nexi.refund

    def refund(self, *, charge_id, amount, key):
        # A part at a time, as the provider itself refuses to pay the whole back twice.
        return once(self, charge_id=charge_id, amount=type(amount)(amount.ore // 3), key=new_key())

    def new_key():
        keys.append(f"key-{len(keys)}")
        return keys[-1]

    keys = []
    patch.setattr(nexi.Nexi, "refund", refund)


def a_draw_has_another_key_each_time(patch):
    once, keys = nexi.Nexi.draw, itertools.count()

    def draw(self, agreement, request, *, key):
        return once(self, agreement, request, key=f"{key} {next(keys)}")

    patch.setattr(nexi.Nexi, "draw", draw)


def no_lock_and_no_constraint(patch):
    """Both buyers have looked before either writes, and the database lets both write."""
    both = threading.Barrier(2)
    write = checkout._write_order

    def write_order(*what):
        both.wait(10)
        return write(*what)

    patch.setattr(checkout, "one_at_a_time", lambda *_: None)
    patch.setattr(checkout, "_write_order", write_order)
    return without_constraint("permit", "permit_one_per_vehicle")


def no_lock_and_two_open_orders(patch):
    """Both presses have read the basket before either writes, and find a place in the quota."""
    both = threading.Barrier(2)
    record_decision = apply.record_decision

    def decided(*what, occasion, **named):
        if occasion == "payment began":
            both.wait(10)
        record_decision(*what, occasion=occasion, **named)

    patch.setattr(checkout, "one_at_a_time", lambda *_: None)
    patch.setattr(apply, "record_decision", decided)
    patch.setattr(QuerySet, "select_for_update", lambda self: self)
    patch.setattr(checkout.permits, "free_slot", lambda *_: Permit.objects.count() + 1)
    return without_constraint(
        "order", "order_one_open_per_party", "permit", "permit_one_per_vehicle",
        "permit", "permit_within_quota",
    )  # fmt: skip


def an_order_is_booked_without_looking(patch):
    looks = businesscentral.BusinessCentral._documents
    booking = businesscentral.BusinessCentral.book

    def book(self, order):
        self.looked = False
        return booking(self, order)

    def documents(self, reference):
        if not self.looked:
            self.looked = True
            return None, None
        return looks(self, reference)

    patch.setattr(businesscentral.BusinessCentral, "book", book)
    patch.setattr(businesscentral.BusinessCentral, "_documents", documents)


def a_row_is_taken_by_everybody(patch):
    patch.setattr(send, "_claim", lambda outgoing_id, now: Outgoing.objects.get(id=outgoing_id))


def every_price_is_believed(patch):
    patch.setattr(catalogue, "_wrong_with", lambda *_: None)


def nobody_is_asked_again(patch):
    """What was answered when the vehicle went into the basket is good enough."""
    ask, known = gather.ask_registers, []

    def ask_once(*what, **named):
        if known:
            return replace(known[0], asked=())
        known.append(ask(*what, **named))
        return known[0]

    patch.setattr(gather, "ask_registers", ask_once)


def the_outbox_is_written_after_the_commit(patch):
    """It dies in between, as a process may."""

    def put_later(*what, **named):
        def die():
            raise scenes.Dead

        transaction.on_commit(die)

    patch.setattr(send, "put", put_later)


def nobody_looks_what_is_paid_too_much(patch):
    patch.setattr(charge, "owe_what_is_overpaid", lambda *_, **__: NOTHING)


def an_older_charge_takes_the_place_of_a_newer(patch):
    """As if the charge system's versions were not looked at: what was told last is what counts."""
    once = charge.take_over

    def take_over(answers, *, now):
        first = [replace(answer, version=answer.version + 1000) for answer in answers]
        return once(first, now=now)

    patch.setattr(charge, "take_over", take_over)


MUTANTS = [
    (nobody_looks_what_is_paid_too_much, scenes.annulled_while_somebody_pays, "I29", True),
    (an_older_charge_takes_the_place_of_a_newer, scenes.annulled_while_somebody_pays, "I27", True),
    (a_notice_delivers_by_itself, scenes.a_forged_notice, "I02", False),
    (any_money_is_enough, scenes.a_part_is_taken, "I02", False),
    (nobody_asks_by_the_clock, scenes.no_notice_comes, "I01", True),
    (the_order_ends_without_the_payment, scenes.the_time_to_pay_is_over, "I11", True),
    (a_refund_has_another_key_each_time, scenes.a_refund_is_not_answered, "I10", False),
    (a_draw_has_another_key_each_time, scenes.a_draw_is_not_answered, "I50", False),
    (no_lock_and_no_constraint, scenes.two_buy_for_one_vehicle, "I18", False),
    (no_lock_and_two_open_orders, scenes.a_double_click, "I17", False),
    (an_order_is_booked_without_looking, scenes.every_answer_of_the_accounts_is_lost, "I21", True),
    (a_row_is_taken_by_everybody, scenes.two_workers_take_the_same_row, "I41", False),
    (a_row_is_taken_by_everybody, scenes.the_second_is_ready_first, "I26", False),
    (nobody_is_asked_again, scenes.two_days_in_the_basket, "I19", False),
    (every_price_is_believed, scenes.the_price_list_says_nothing_for_class_a, "I12", False),
    (the_outbox_is_written_after_the_commit, scenes.it_dies_after_the_delivery, "I21", True),
]


@pytest.mark.parametrize(
    ("mutant", "scene", "invariant", "at_rest"),
    MUTANTS,
    ids=[mutant.__name__ for mutant, *_ in MUTANTS],
)
def test_without_its_guard_the_invariant_is_broken(  # noqa: PLR0917 - a row of the table
    served, monkeypatch, mutant, scene, invariant, at_rest
):
    with monkeypatch.context() as patch:
        undo = mutant(patch)
        try:
            with suppress(StepNotAllowed):  # another guard, which stands when this one has fallen
                scene(served)
            assert invariant in violations(served.truth, now(), at_rest=at_rest)
        finally:
            if undo:
                undo()


#: The other scenes are played in the tests of their faults, with no invariant broken.
PLAYED_ONLY_HERE = (
    scenes.the_time_to_pay_is_over,
    scenes.it_dies_after_the_delivery,
    scenes.the_price_list_says_nothing_for_class_a,
)


@pytest.mark.parametrize("scene", PLAYED_ONLY_HERE, ids=lambda scene: scene.__name__)
def test_with_every_guard_they_hold(served, scene):
    scene(served)
    rows = violations(served.truth, now(), at_rest=scene is not PLAYED_ONLY_HERE[2])
    assert rows == {}


def test_every_scene_is_played_with_every_guard():
    others = (path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
    tests = [path.read_text("utf-8") for path in others]
    played = set(re.findall(r"scenes\.(\w+)\(", "".join(tests)))
    for _, scene, *_ in MUTANTS:
        assert scene in PLAYED_ONLY_HERE or scene.__name__ in played


def test_who_asks_while_recording_keeps_a_transaction_waiting(drill, monkeypatch):
    still_holds, ask_afresh, asked = checkout._still_holds, checkout._ask_afresh, []

    def asks(*what):
        asked.append(what)
        return ask_afresh(*what)

    def asks_first(*what):
        ask_afresh(*asked[0])
        return still_holds(*what)

    monkeypatch.setattr(wiring, "forbid_while_recording", lambda: None)
    monkeypatch.setattr(checkout, "_ask_afresh", asks)
    monkeypatch.setattr(checkout, "_still_holds", asks_first)
    wiring.outside.cache_clear()
    assert scenes.transactions_that_wait_for_a_slow_register(drill)


def without_constraint(*tables_and_names):
    """Take constraints away; return what puts them back, with nothing left that breaks them."""
    pairs = list(zip(tables_and_names[::2], tables_and_names[1::2], strict=True))
    found = []
    with connection.cursor() as cursor:
        for table, name in pairs:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
            )
            row = cursor.fetchone()
            if row:
                found.append(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} {row[0]}')
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT {name}')
            else:
                cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
                found.append(cursor.fetchone()[0])
                cursor.execute(f"DROP INDEX {name}")

    def undo():
        with connection.cursor() as cursor:
            cursor.execute('TRUNCATE permit, "order" CASCADE')
            for statement in found:
                cursor.execute(statement)

    return undo
