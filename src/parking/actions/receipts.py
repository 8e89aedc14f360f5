"""Receipts of letters: that one was taken by the post system does not mean that it arrived.

They are read on from a cursor that is recorded in the same commit as what was read, so that a
process that dies, or a page that comes twice, ends in the same rows. What was rejected is a
person's: a letter about a case goes on paper, and a reminder counts as one that came back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from parking.actions import send
from parking.ports import Outside
from parking.ports.post import BEGINNING, Receipt
from parking.records.letter import Letter, ReceiptFeed
from parking.records.recording import recording
from parking.records.reminder import Reminder

log = structlog.get_logger(__name__)

#: After so long without a receipt a person is told of a letter about a case.
_WORRY_AFTER: Final = timedelta(days=5)
_WORRY_UNTIL: Final = timedelta(days=15)


def follow(outside: Outside, *, now: datetime) -> int:
    """Take over every receipt there is; return how many were of letters or reminders of ours.

    :raises Unavailable: if the post system did not answer: what was read so far stays, and the
        next call goes on there.
    :raises Rejected: if it would not answer.
    """
    taken = 0
    while True:
        feed = ReceiptFeed.objects.first()
        cursor = feed.cursor if feed else BEGINNING
        page = outside.post.receipts(cursor)
        if page is None:
            return taken
        with recording():
            ReceiptFeed.objects.get_or_create(only=True, defaults={"began": now})
            locked = ReceiptFeed.objects.select_for_update().get()
            if locked.cursor != cursor:  # somebody else has read on meanwhile
                return taken
            taken += sum(_take(receipt, now) for receipt in page.receipts)
            locked.cursor = page.next
            locked.save()
        if not page.more:
            _worry(locked, now)
            return taken


def _take(receipt: Receipt, now: datetime) -> bool:
    """Write *receipt* on what it is of, within a recording; tell whether that is ours."""
    why = (receipt.reason or "rejected")[:200]
    letter = Letter.objects.filter(id=receipt.letter_id).defer("pdf").first()
    if letter is not None:
        if receipt.delivered:
            Letter.objects.filter(id=letter.id).update(delivered=receipt.at, rejected="")
        else:
            Letter.objects.filter(id=letter.id).update(rejected=why)
            if letter.order_id is None:  # a receipt for money can be read on the order's page
                send.raise_incident(f"letter {letter.id}", "a letter must go on paper", now=now)
        return True
    reminder = Reminder.objects.filter(message=receipt.letter_id)
    if receipt.delivered:
        return bool(reminder.update(delivered=receipt.at))
    failed = f"came back: {why}"[:200]
    return bool(reminder.filter(returned=None).update(returned=now, failed=failed))


def _worry(feed: ReceiptFeed, now: datetime) -> None:
    """Tell a person of letters about cases of which nobody knows whether they arrived."""
    silent = Letter.objects.filter(
        sent__gte=max(feed.began, now - _WORRY_UNTIL),
        sent__lt=now - _WORRY_AFTER,
        delivered=None,
        rejected="",
        order=None,
    )
    for letter_id in silent.values_list("id", flat=True):
        with recording():
            send.raise_incident(f"receipt {letter_id}", "a letter has no receipt", now=now)
