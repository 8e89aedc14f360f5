"""Instalments drawn from a card, as the party of a plan has agreed: each on its day, and once.

What is to be drawn is written down as an order before anything is asked for, and carried out like
everything that leaves the house. The number of the order is the key that makes asking again
harmless; a payment that was drawn without our hearing of it is found by the same number.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

import structlog
from django.conf import settings
from django.utils import translation

from parking.actions import checkout, send
from parking.actions import plan as plans
from parking.actions.plan_progress import draw_key, progress_of
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
    so_far = progress_of(plan)
    coming = so_far.next_draw(on=danish_day(now))
    if coming is None or coming.day > danish_day(now):
        return False
    if checkout.open_order(plan.party) is not None:
        return False  # they may be paying it themselves this very moment
    by_number = {each.number: each for each in so_far.charges}
    order = checkout.order_instalment(
        plan,
        coming.number,
        [(by_number[share.charge], share.amount) for share in coming.instalment.shares],
        turn=coming.turn,
        now=now,
    )
    send.put(
        Outgoing.Kind.DRAW_INSTALMENT,
        key=draw_key(order),
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
        over = _ask(outside, order, payload["agreement"], now)
        if over:
            return over
        order.refresh_from_db()
    settled = checkout.settle(outside, order.payment.payment_id, now=now)
    if settled is None or settled.stands is law.State.OPEN:
        raise Unavailable("an instalment that is being drawn is not settled yet")
    if settled.stands is law.State.CANCELLED:  # it was ended there, and nothing was drawn
        with recording():
            Order.objects.filter(id=settled.id).update(declined=True)
            _tell(settled, now)
    return settled.payment.payment_id


def _ask(outside: Outside, order: Order, agreement: str, now: datetime) -> str:
    """Have it drawn, if it still is to be; return why there is nothing to wait for, if so."""
    if order.stands is not law.State.OPEN:
        return "over"
    asked_before = Outgoing.objects.get(key=draw_key(order)).attempts > 1
    wanted = plans.is_still_to_be_drawn(order, agreement, now=now)
    if asked_before and (not wanted or now - order.opened > _KEY_COUNTS):
        _uncertain(order, now=now)
    if not wanted:
        _not_drawn(order, now=now)
        return "not to be drawn any more"
    try:
        with translation.override(order.language):
            checkout.draw(outside, order, agreement, notices=settings.NOTICE_ADDRESS, now=now)
    except Declined as declined:
        _not_drawn(order, agreement=agreement, declined=declined, now=now)
        return "declined"
    except Rejected as refused:
        if asked_before:
            _uncertain(order, now=now)
        _not_drawn(order, agreement=agreement, declined=refused, now=now)
        raise
    return ""


def _not_drawn(
    order: Order, *, agreement: str = "", declined: Rejected | None = None, now: datetime
) -> None:
    """End the order, of which nothing was drawn, and tell the party if it expected otherwise."""
    assert order.plan_id is not None
    with recording():
        one_at_a_time("plan", order.plan_id)
        over = checkout.give_up_drawing(order, declined=declined is not None, now=now)
        if not over or declined is None:
            return
        if isinstance(declined, Declined) and declined.for_good:
            Plan.objects.filter(id=order.plan_id, card_agreement=agreement).update(
                card_agreement="", masked_card=""
            )
        _tell(order, now)
    log.info("an instalment was not drawn", order=order.number, why=type(declined).__name__)


def _tell(order: Order, now: datetime) -> None:
    """Tell the party the first time that an instalment is not drawn, and the last."""
    assert order.plan_id is not None
    plan = Plan.objects.get(id=order.plan_id)
    if plan.stands is not plan_law.State.AGREED or order.instalment is None:
        return
    declined = plan.orders.filter(instalment=order.instalment, declined=True).count()
    if declined == 1 or progress_of(plan).next_draw(on=danish_day(now)) is None:
        with translation.override(plan.language):
            plans.tell_not_drawn(plan, order.instalment, now=now)


def _uncertain(order: Order, *, now: datetime) -> NoReturn:
    """Ask no more about a draw of which nobody can say whether it happened; tell who must know.

    The order stays open for a while: money that was drawn is found by its notice.

    :raises Rejected: always, so that a person is told.
    """
    assert order.plan_id is not None
    plan = Plan.objects.get(id=order.plan_id)
    if plan.stands is plan_law.State.AGREED and order.instalment is not None:
        with recording(), translation.override(plan.language):
            one_at_a_time("plan", plan.id)
            plans.tell_uncertain(plan, order.instalment, now=now)
    raise Rejected("nobody can say whether an instalment was drawn")
