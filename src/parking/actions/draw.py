"""Instalments drawn from a card, as the party of a plan has agreed: each on its day, and once.

What is to be drawn is written down as an order before anything is asked for, and carried out like
everything that leaves the house. The number of the order is the key that makes asking again
harmless; a payment that was drawn without our hearing of it is found by the same number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import translation

from parking.actions import checkout, send
from parking.actions import plan as plans
from parking.actions.turns import keeping_nobody_waiting
from parking.law import instalments as plan_law
from parking.law import order as law
from parking.law.days import danish_day
from parking.ports import Outside, Rejected, Unavailable
from parking.ports.payments import Declined
from parking.records.collection import Plan
from parking.records.order import Order
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

#: How long the same key is asked with: after that nobody can be sure that it still counts.
_KEY_COUNTS: Final = timedelta(hours=24)


def follow(*, now: datetime) -> int:
    """Begin to draw every instalment whose day has come; return how many."""
    begun = 0
    drawing = Plan.objects.filter(state=plan_law.State.AGREED.value).exclude(card_agreement="")
    for plan in drawing.order_by("agreed"):
        with keeping_nobody_waiting("plan", plan.number), recording():
            one_at_a_time("party", plan.party_id)
            one_at_a_time("plan", plan.id)
            begun += _begin(Plan.objects.get(id=plan.id), now)
    return begun


def _begin(plan: Plan, now: datetime) -> bool:
    coming = plans.next_draw(plan)
    if coming is None or coming.day > danish_day(now):
        return False
    if checkout.open_order(plan.party) is not None:
        return False  # they may be paying it themselves this very moment
    by_number = {each.number: each for each in plans.charges_of(plan)}
    order = checkout.order_instalment(
        plan,
        coming.number,
        [(by_number[share.charge], share.amount) for share in coming.instalment.shares],
        turn=coming.turn,
        now=now,
    )
    send.put(
        Outgoing.Kind.DRAW_INSTALMENT,
        key=plans.draw_key(order),
        lane=f"draw {plan.number}",
        payload={"order": str(order.id), "agreement": plan.card_agreement},
        now=now,
    )
    return True


def carry_out(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Draw one instalment, once, and do what follows from what is true of it then.

    :raises Unavailable: if it is not certain what has happened; asking again is harmless.
    :raises Rejected: if the provider would not, or the answer has been missing for too long.
    """
    order = Order.objects.select_related("plan", "payment").get(id=payload["order"])
    if not hasattr(order, "payment"):
        if order.stands is not law.State.OPEN:
            return "over"
        if _was_stopped(order, payload["agreement"]):
            with recording():
                checkout.give_up_drawing(order, now=now)
            return "stopped by the party"
        if now - order.opened > _KEY_COUNTS:
            raise Rejected("nobody can say whether an instalment was drawn")
        try:
            with translation.override(order.language):
                checkout.draw(
                    outside, order, payload["agreement"], notices=settings.NOTICE_ADDRESS, now=now
                )
        except Declined as declined:
            _declined(order, payload["agreement"], for_good=declined.for_good, now=now)
            return "declined"
        order.refresh_from_db()
    settled = checkout.settle(outside, order.payment.payment_id, now=now)
    if settled is None or settled.stands is law.State.OPEN:
        raise Unavailable("an instalment that is being drawn is not settled yet")
    return settled.payment.payment_id


def _was_stopped(order: Order, agreement: str) -> bool:
    """Tell whether the party has ended the drawing before anything was asked for.

    What may have been drawn already is asked about to the end.
    """
    row = Outgoing.objects.get(key=plans.draw_key(order))
    plan = order.plan
    return row.attempts <= 1 and (plan is None or plan.card_agreement != agreement)


def _declined(order: Order, agreement: str, *, for_good: bool, now: datetime) -> None:
    """End the order, and tell the party when it is first declined and when it is the last time."""
    assert order.plan_id is not None
    assert order.instalment is not None
    with recording():
        one_at_a_time("plan", order.plan_id)
        if not checkout.give_up_drawing(order, now=now):
            return
        if for_good:
            Plan.objects.filter(id=order.plan_id, card_agreement=agreement).update(
                card_agreement="", masked_card=""
            )
        plan = Plan.objects.get(id=order.plan_id)
        if plan.stands is not plan_law.State.AGREED:
            return
        if order.turn == 0 or plans.next_draw(plan) is None:
            with translation.override(plan.language):
                plans.tell_not_drawn(plan, order.instalment, now=now)
    log.info("an instalment was declined", plan=plan.number, for_good=for_good)
