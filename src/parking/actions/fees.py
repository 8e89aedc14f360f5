"""Fees that should not have been charged: they are taken back, whoever booked them.

A payment may become known after the fee that it would have prevented, and a complaint that came by
letter may be registered later. Whatever holds a charge takes back in its own commit what it would
have prevented; what the charge system told is looked at by a job.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from parking.actions import claims, progress, send
from parking.actions.turns import keeping_nobody_waiting
from parking.law import collection
from parking.law.charge import EntriesDisagree, State
from parking.law.days import danish_day
from parking.records.charge import Charge
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording

#: Fees of charges that have not changed for so long have been looked at.
_LOOKED_AT: Final = timedelta(days=3)


def take_back_all(*, now: datetime) -> int:
    """Take back the fees that should not have been charged; return how many.

    Charges of which nothing was learnt lately were looked at before. A fee of ours that the charge
    system has not heard of comes here once it has.
    """
    taken = 0
    for charge in Charge.objects.with_fees().filter(learnt__gte=now - _LOOKED_AT):
        with keeping_nobody_waiting("fees of", charge.number), recording():
            one_at_a_time("charge", charge.id)
            taken += _take_back(Charge.objects.get(id=charge.id), now)
    return taken


def take_back(charge: Charge, *, now: datetime) -> int:
    """Take back the fees of *charge* that what holds it now would have prevented; return how many.

    Within a recording, in which *charge* is nobody else's. Nothing is taken back on an account that
    contradicts itself.
    """
    try:
        return _take_back(Charge.objects.get(id=charge.id), now)
    except EntriesDisagree:
        return 0


def _take_back(charge: Charge, now: datetime) -> int:
    here = progress.of(charge)
    entries = collection.take_back(here, progress.terms_of(charge), on=danish_day(now))
    if entries and here.state is State.AT_COLLECTION:
        # What was handed over was too much, and perhaps too soon: it is ours again first.
        claims.recall(charge, because="mistake", now=now)
    for entry in entries:
        send.put(
            Outgoing.Kind.TAKE_BACK_FEE,
            key=f"take back {charge.number} {entry.reference}"[:100],
            lane=f"charge {charge.id}",
            payload={
                "charge": str(charge.id),
                "reference": entry.reference,
                "ore": entry.amount.ore,
                "at": now.isoformat(),
            },
            now=now,
        )
    return len(entries)
