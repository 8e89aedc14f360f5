"""What leaves the house: written beside what it follows from, and sent until it has arrived.

Each row of the outbox is one effect, and doing it again is harmless: the ERP is asked for our
reference before anything is created, a refund has a key of its own, a letter an id of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from procrastinate.contrib.django import app as queue
from procrastinate.exceptions import AlreadyEnqueued

from parking.ports import NotFound, Outside, Rejected, Unavailable
from parking.records.audit import Incident
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff

log = structlog.get_logger(__name__)

#: How long one try may take before another worker may try.
_LEASE = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(minutes=15)
#: After so long without an answer a person is told; we go on trying.
_WORRY_AFTER = timedelta(hours=24)

#: Does one kind of effect and returns the other side's number for it. It may record what followed.
Carrier = Callable[[Outside, dict[str, Any], datetime], str]


def put(
    kind: Outgoing.Kind, *, key: str, lane: str, payload: dict[str, Any], now: datetime
) -> None:
    """Write an effect into the outbox, within a recording; the same *key* is written once."""
    row, created = Outgoing.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "lane": lane,
            "payload": payload,
            "written": now,
            "next_try": now,
        },
    )
    if created:
        queue.configure_task("send_outgoing").defer(outgoing=row.id)


def settle_later(payment_id: str) -> None:
    """Have a payment asked about soon; several reasons waiting at once are asked about once."""
    task = queue.configure_task("settle_payment", queueing_lock=f"settle {payment_id}")
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.defer(payment_id=payment_id)


def check_charge_soon(charge_id: UUID, party_id: UUID | None, *, occasion: str) -> None:
    """Have a charge looked at by machine soon; several reasons waiting at once are one."""
    lock = f"check {charge_id} {party_id or ''}"
    task = queue.configure_task("check_charge", queueing_lock=lock)
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.defer(charge_id=str(charge_id), party_id=str(party_id or ""), occasion=occasion)


def follow_charges_soon() -> None:
    """Have the charges read on soon; several reasons waiting at once are one."""
    task = queue.configure_task("follow_charges", queueing_lock="follow_charges")
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.defer()


def annul_soon() -> None:
    """Have what was approved of our own accord annulled soon; several reasons waiting are one."""
    task = queue.configure_task("annul_of_own_accord", queueing_lock="annul_of_own_accord")
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.defer()


def raise_incident(
    key: str, what: str, *, now: datetime, detail: str = "", anew: bool = False
) -> None:
    """Tell a person that no machine may settle this; the same *key* is raised once.

    *anew* raises it again if somebody has settled it, for what has happened once more.
    """
    said = {"what": what, "detail": detail[:500], "raised": now}
    _, raised = Incident.objects.get_or_create(key=key, defaults=said)
    if anew and not raised:
        settled = Incident.objects.filter(key=key, settled__isnull=False)
        raised = bool(settled.update(**said, settled=None, settled_by=None, word=""))
    if raised:
        log.error("incident", key=key, what=what)


def due(*, now: datetime, most: int = 200) -> list[int]:
    """Return what waits in the outbox and may be tried now, oldest first.

    What stands behind an earlier one in its lane is left out, so that much of it keeps nothing else
    from being tried.
    """
    earlier = Outgoing.objects.filter(
        lane=OuterRef("lane"), state=Outgoing.State.WAITING, id__lt=OuterRef("id")
    )
    return list(
        Outgoing.objects.filter(~Exists(earlier), state=Outgoing.State.WAITING, next_try__lte=now)
        .order_by("id")
        .values_list("id", flat=True)[:most]
    )


def send(
    outside: Outside, outgoing_id: int, *, carriers: dict[str, Carrier], now: datetime
) -> Outgoing.State | None:
    """Try to do one effect; return how far it has come, or ``None`` if it was not its turn.

    What nobody foresaw is raised, and tried again later like what did not arrive.
    """
    row = _claim(outgoing_id, now)
    if row is None:
        return None
    try:
        answer = carriers[row.kind](outside, row.payload, now)
    except Unavailable as error:
        return _later(row, str(error), now)
    except (Rejected, NotFound) as error:
        return _give_up(row, str(error), now)
    except Exception as error:
        _later(row, type(error).__name__, now)
        raise
    with recording():
        Outgoing.objects.filter(id=row.id).update(
            state=Outgoing.State.DONE, done=now, answer=answer[:200], last_error=""
        )
        _wake_lane(row)
    return Outgoing.State.DONE


def _claim(outgoing_id: int, now: datetime) -> Outgoing | None:
    """Take a row for this try, unless somebody has it or an earlier one in its lane waits."""
    with recording():
        row = (
            Outgoing.objects.select_for_update(skip_locked=True)
            .filter(id=outgoing_id, state=Outgoing.State.WAITING, next_try__lte=now)
            .first()
        )
        if row is None:
            return None
        one_at_a_time("lane", row.lane)
        earlier = Outgoing.objects.filter(
            lane=row.lane, state=Outgoing.State.WAITING, id__lt=row.id
        )
        if earlier.exists():
            return None
        row.attempts += 1
        row.next_try = now + _LEASE
        row.save()
    return row


def _later(row: Outgoing, error: str, now: datetime) -> Outgoing.State:
    wait = min(timedelta(seconds=2 ** min(row.attempts, 12)), _LONGEST_WAIT)
    with recording():
        Outgoing.objects.filter(id=row.id).update(next_try=now + wait, last_error=error[:300])
        if now - row.written > _WORRY_AFTER:
            raise_incident(
                f"outgoing {row.id}", f"{row.kind} has not arrived for a day", now=now,
                detail=error,
            )  # fmt: skip
    return Outgoing.State.WAITING


def _give_up(row: Outgoing, error: str, now: datetime) -> Outgoing.State:
    with recording():
        Outgoing.objects.filter(id=row.id).update(state=Outgoing.State.DEAD, last_error=error[:300])
        raise_incident(
            f"outgoing {row.id}", f"{row.kind} was refused", now=now, detail=error, anew=True
        )
        _wake_lane(row)
    return Outgoing.State.DEAD


def try_again(staff: Staff, outgoing_id: int, *, now: datetime) -> None:
    """Have what was refused for good tried once more, for *staff*, who has seen to the cause.

    What is not dead stays as it is: somebody else was faster.
    """
    with recording():
        row = Outgoing.objects.select_for_update().filter(id=outgoing_id).first()
        if row is None or row.state != Outgoing.State.DEAD:
            return
        row.state, row.next_try = Outgoing.State.WAITING, now
        row.revived, row.revived_by = now, staff
        row.save()
        Incident.objects.filter(key=f"outgoing {row.id}", settled=None).update(
            settled=now, settled_by=staff, word="tried again"
        )
        queue.configure_task("send_outgoing").defer(outgoing=row.id)
    log.info("tried again", outgoing=row.id, staff=str(staff.id))


def _wake_lane(row: Outgoing) -> None:
    following = (
        Outgoing.objects.filter(lane=row.lane, state=Outgoing.State.WAITING, id__gt=row.id)
        .order_by("id")
        .first()
    )
    if following:
        queue.configure_task("send_outgoing").defer(outgoing=following.id)
