"""F66: drawing an instalment from a stored card, while the provider answers as it should not."""

from __future__ import annotations

import pytest

from faults import scenes
from faults.drill import at_once
from faults.invariants import violations
from parking.actions import carry, charge_feed, checkout, draw, send
from parking.actions.plan_progress import progress_of
from parking.law.order import State
from parking.records.collection import Plan
from parking.records.order import Order
from parking.records.outbox import Outgoing
from town import now

#: What can come instead of an answer, with and without the money having been taken.
NO_ANSWERS = ("status:500", "status:429", "drop", "garbage", "truncated", "wrong-content-type",
              "answer-lost")  # fmt: skip


def was_drawn_once(drill) -> None:
    """By the provider's books: one payment for the second instalment, and the third is left."""
    (order,) = Order.objects.filter(instalment__isnull=False)
    assert order.stands is State.DELIVERED
    (payment,) = drill.truth.payments(order.number)
    assert payment["charged"] == order.total_ore
    assert [number for number, _ in progress_of(Plan.objects.get()).left] == [3]
    assert draw.follow(now=now()) == 0
    charge_feed.follow(drill.outside, now=now())
    assert violations(drill.truth, now()) == {}


@pytest.mark.parametrize("instead", NO_ANSWERS)
def test_f66_a_draw_that_is_not_answered_is_made_once(drill, instead):
    order = scenes.an_instalment_waits_to_be_drawn(drill)
    drill.fault("nexi", instead, path=scenes.DRAWS)
    drill.push(Outgoing.Kind.DRAW_INSTALMENT)
    assert Order.objects.get(id=order.id).stands is State.OPEN, "nobody knows yet"
    assert progress_of(Plan.objects.get()).is_drawn_now(), "so nobody may pay it beside"
    drill.quiesce()
    was_drawn_once(drill)


def test_f66_a_draw_whose_answer_is_lost_is_made_once(drill):
    scenes.a_draw_is_not_answered(drill)
    drill.quiesce()
    was_drawn_once(drill)


def test_f66_a_draw_that_was_made_and_cannot_be_asked_about_is_made_once(drill):
    scenes.an_instalment_waits_to_be_drawn(drill)
    drill.fault("nexi", "status:503", path="/v1/payments")
    drill.push(Outgoing.Kind.DRAW_INSTALMENT)
    assert len([each for each in drill.truth.payments() if each["charged"]]) == 2
    drill.quiesce()
    was_drawn_once(drill)


@pytest.mark.slow
def test_f66_a_draw_whose_answer_is_late_is_made_once(drill):
    """We stop waiting for the first try, whatever has become of it, and ask again."""
    scenes.an_instalment_waits_to_be_drawn(drill)
    drill.fault("nexi", "slow:9", count=1, path=scenes.DRAWS)
    drill.push(Outgoing.Kind.DRAW_INSTALMENT)
    drill.quiesce()
    was_drawn_once(drill)


def test_f66_four_workers_draw_the_same_instalment_once(drill):
    scenes.an_instalment_waits_to_be_drawn(drill)
    row = Outgoing.objects.get(kind=Outgoing.Kind.DRAW_INSTALMENT)
    one = lambda: send.send(drill.outside, row.id, carriers=carry.CARRIERS, now=now())  # noqa: E731
    at_once(one, one, one, one)
    drill.quiesce()
    was_drawn_once(drill)


def test_f66_a_draw_that_is_told_twice_while_it_is_carried_out_counts_once(served, settings):
    """Each notice comes twice, the clock asks, and nobody has heard the answer to the draw."""
    settings.NOTICE_ADDRESS = served.addresses.notices
    scenes.an_instalment_waits_to_be_drawn(served)
    served.fault("nexi", "duplicate")
    served.fault("nexi", "answer-lost", path=scenes.DRAWS)
    served.push(Outgoing.Kind.DRAW_INSTALMENT)
    (drawn,) = served.truth.payments(Order.objects.get(instalment=2).number)
    served.heal()

    def ask():
        return checkout.settle(served.outside, drawn["id"], now=now())

    again = lambda: served.push(Outgoing.Kind.DRAW_INSTALMENT)  # noqa: E731
    at_once(ask, ask, again)
    for _twice in range(2):
        assert served.notice(drawn["id"]) == 200
    served.quiesce()
    was_drawn_once(served)
