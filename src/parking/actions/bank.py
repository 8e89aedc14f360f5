"""Money that came by payment slip: read from the bank, once, and counted on what it pays.

Each entry has the bank's own reference, and is booked once however often it is told. What fits
nothing is kept and told to a person, and is never lost; what is too much is owed back.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from parking.actions import claims, plan, send
from parking.law import fik
from parking.law.days import DENMARK
from parking.law.fik import InstalmentPaid
from parking.law.money import NOTHING, Money
from parking.ports import Outside
from parking.ports.bank import BankEntry as ToldEntry
from parking.records.charge import Charge
from parking.records.collection import BankEntry, BankFeed, Plan
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

_PAID, _PLAN, _UNKNOWN, _TAKEN_BACK = "charge", "plan", "fits nothing", "taken back"


def read(outside: Outside, *, now: datetime) -> int:
    """Book what the bank has told since we last read; return how many entries were new.

    :raises Unavailable: if the bank did not answer, or with what does not add up: what was read
        before stays, and the next call goes on there.
    :raises Rejected: if it would not answer.
    """
    new = 0
    while True:
        cursor = _feed().cursor
        page = outside.bank.entries(cursor)
        with recording():
            one_at_a_time("bank", "feed")
            feed = _feed()
            if feed.cursor != cursor:  # somebody else has read on meanwhile
                return new
            new += sum(_book(entry, now) for entry in page.entries)
            feed.cursor = page.next
            feed.save()
        if not page.more:
            return new


def _feed() -> BankFeed:
    return BankFeed.objects.filter(only=True).first() or BankFeed()


def _book(told: ToldEntry, now: datetime) -> bool:
    entry, new = BankEntry.objects.get_or_create(
        reference=told.reference[:80],
        defaults={
            "payment_id": told.slip_id[:30],
            "amount_ore": told.amount.ore,
            "booked": told.booked,
            "read": now,
            "became": _UNKNOWN,
        },
    )
    if not new:
        return False
    entry.became = _became(told, now)
    entry.save()
    if entry.became in {_UNKNOWN, _TAKEN_BACK}:
        what = (
            "the bank took money back"
            if entry.became == _TAKEN_BACK
            else "money by bank that fits nothing"
        )
        send.raise_incident(
            f"bank {entry.reference}", what, now=now,
            detail=f"{told.amount.ore} øre, payment id {told.slip_id or 'none'}",
        )  # fmt: skip
    return True


def _became(told: ToldEntry, now: datetime) -> str:
    if told.amount <= NOTHING:
        return _TAKEN_BACK
    meant = fik.meaning(told.slip_id) if told.slip_type == "71" else None
    if isinstance(meant, InstalmentPaid):
        return _PLAN if _pay_plan(told, meant, now) else _UNKNOWN
    charge = Charge.objects.filter(number=meant).first() if meant is not None else None
    if charge is None:
        return _UNKNOWN
    _pay(charge, told, told.amount, f"bank-{told.reference}", now)
    return _PAID


def _pay(charge: Charge, told: ToldEntry, amount: Money, reference: str, now: datetime) -> None:
    one_at_a_time("charge", charge.id)
    claims.book_bank_payment(
        charge,
        amount,
        reference=reference,
        paid=datetime.combine(told.booked, datetime.min.time(), DENMARK),
        now=now,
    )


def _pay_plan(told: ToldEntry, meant: InstalmentPaid, now: datetime) -> bool:
    """Divide what came for an instalment among the plan's charges; too much goes to the last."""
    found = Plan.objects.filter(number=meant.plan).first()
    if found is None:
        return False
    parts = plan.divide(found, told.amount)
    for at, (charge, amount) in enumerate(parts, start=1):
        # The bank's reference may be 35 long, and ours 40.
        _pay(charge, told, amount, f"b{at}-{told.reference}", now)
    return bool(parts)
