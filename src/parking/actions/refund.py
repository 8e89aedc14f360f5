"""Owing money back: what is owed is a row, and how it gets there stands beside it in the outbox."""

from __future__ import annotations

from datetime import datetime

from parking.actions import send
from parking.law.money import Money
from parking.records.charge import ChargePayment
from parking.records.order import Order, Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit


def owe(
    order: Order,
    amount: Money,
    *,
    because: str,
    now: datetime,
    permit: Permit | None = None,
    charge_payment: ChargePayment | None = None,
) -> None:
    """Owe *amount* of what was paid for *order*, within a recording.

    For a *permit* that was delivered, and for what was paid on a charge, the accounts are told to
    credit it; an order with nothing to deliver was never booked there. The charge system is told of
    what is paid back of a *charge_payment*, whose charge's lock the caller holds. Of anything else
    of the order the caller holds the order's.
    """
    refund = Refund.objects.create(
        number=_number(order, charge_payment),
        order=order,
        permit=permit,
        charge_payment=charge_payment,
        amount_ore=amount.ore,
        reason=because[:40],
        due=now,
    )
    lane, payload = f"order {order.number}", {"refund": str(refund.id)}
    send.put(Outgoing.Kind.REFUND, key=f"refund {refund.id}", lane=lane, payload=payload, now=now)
    if permit is not None or charge_payment is not None:
        send.put(
            Outgoing.Kind.CREDIT_ORDER,
            key=f"credit {refund.id}",
            lane=lane,
            payload=payload,
            now=now,
        )
    if charge_payment is not None:
        send.put(
            Outgoing.Kind.REPORT_REFUND,
            key=f"report refund {refund.id}",
            lane=f"charge {charge_payment.charge_id}",
            payload=payload,
            now=now,
        )
    if order.party_id is not None:
        send.put(
            Outgoing.Kind.SEND_MAIL,
            key=f"mail refund {refund.id}",
            lane=f"mail {order.number}",
            payload={"mail": "refund", "party": str(order.party_id)},
            now=now,
        )


def _number(order: Order, payment: ChargePayment | None) -> str:
    """Return the number of the next refund: what it is counted by is nobody else's to record about.

    The charges of one order are recorded about by different people at once. A lock of the order's
    would be taken after the charge's here, and before it by who delivers; so each line of the order
    counts its own.
    """
    if payment is None:
        counted = order.refunds.filter(number__startswith=f"{order.number}-R").count()
        return f"{order.number}-R{counted + 1}"
    line = payment.reference.removeprefix(f"{order.number}-")
    place = order.lines.filter(id__lte=int(line)).count()
    counted = payment.refunds.filter(number__startswith=f"{order.number}-{place}R").count()
    return f"{order.number}-{place}R{counted + 1}"
