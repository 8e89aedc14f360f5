"""Keeping our copy of the charges in step with the charge system.

The feed is the authority: a notice is only a reason to read it now. It is read on from a cursor
that is recorded in the same commit as what was read, so that a lost notice, a page that comes
twice, a gap, and a process that dies all end in the same rows. When the cursor is too old every
charge is listed anew, page by page, and that is taken up again where it was left. A charge that
cannot be understood is set aside, told to a person and asked about again; it holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from parking.actions import charge as charges
from parking.actions import evidence, send
from parking.ports import NotFound, Outside, Unavailable
from parking.ports.charges import (
    ChangePage,
    ChargeAnswer,
    ChargeChange,
    ChargePage,
    FeedGone,
    UnreadableCharge,
)
from parking.records.charge import Charge, ChargeFeed, UnreadCharge
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

#: What could not be read is asked about again after so long, and so many at a time.
_ASKED_AGAIN: Final = timedelta(hours=1)
_MOST: Final = 20

#: Hears how many charges of how many the listing has brought so far.
Progress = Callable[[int, int], None]


def follow(outside: Outside, *, now: datetime, progress: Progress | None = None) -> int:
    """Take over everything that has changed; return how many charges were new or newer.

    The first time, and when the charge system no longer knows how far we have come, every charge is
    listed; *progress* hears of it.

    :raises Unavailable: if the charge system did not answer: what was read so far stays, and the
        next call goes on there.
    :raises Rejected: if it would not answer.
    """
    taken = _list_on(outside, now, progress)
    while True:
        cursor = _feed().cursor
        try:
            page = outside.charges.changes(cursor)
        except FeedGone:
            log.warning("the feed no longer knows our cursor; every charge is listed anew")
            _begin_listing(cursor)
            return taken + follow(outside, now=now, progress=progress)
        with recording():
            feed = _locked()
            if feed.cursor != cursor:  # somebody else has read on meanwhile
                return taken
            gap = _is_gap(feed, page)
            if gap:
                _forget_where(feed)
            else:
                latest, foreign = _with_own_numbers(newest(page.changes))
                taken += charges.take_over(latest, now=now)
                _set_aside(latest, [*_unreadable(page), *foreign], now)
                evidence.check_what_came(latest, now=now)
                feed.cursor = page.next
                feed.sequence = max([feed.sequence or 0, *(c.sequence for c in page.changes)])
                if not page.more:
                    feed.read = now
            feed.save()
        if gap:
            log.warning("changes are missing from the feed; every charge is listed anew")
            return taken + follow(outside, now=now, progress=progress)
        if not page.more:
            return taken + _ask_again(outside, now)


def newest(changes: Iterable[ChargeChange]) -> list[ChargeAnswer]:
    """Return each charge among *changes* once, as the highest version that can be read tells it."""
    latest: dict[str, ChargeAnswer] = {}
    for change in changes:
        if isinstance(change.charge, ChargeAnswer):
            known = latest.get(change.charge.id)
            if known is None or known.version < change.charge.version:
                latest[change.charge.id] = change.charge
    return list(latest.values())


def _unreadable(page: ChangePage) -> list[UnreadableCharge]:
    """Return the charges of *page* of which the last that was told cannot be read."""
    last = {change.charge.id: change.charge for change in page.changes}
    return [each for each in last.values() if isinstance(each, UnreadableCharge)]


def _with_own_numbers(
    told: Iterable[ChargeAnswer],
) -> tuple[list[ChargeAnswer], list[UnreadableCharge]]:
    """Divide what was *told* into charges with a number of their own, and with another charge's."""
    told = list(told)
    known = Charge.objects.filter(number__in=[each.number for each in told])
    whose = dict(known.values_list("number", "source_id"))
    own, foreign = [], []
    for each in told:
        if whose.setdefault(each.number, each.id) == each.id:
            own.append(each)
        else:
            foreign.append(UnreadableCharge(each.id, "its number is another charge's"))
    return own, foreign


def _set_aside(
    read: Iterable[ChargeAnswer], unreadable: Iterable[UnreadableCharge], now: datetime
) -> None:
    """Remember what could not be read, and forget that of what was; within a recording."""
    UnreadCharge.objects.filter(source_id__in=[each.id for each in read]).delete()
    for each in unreadable:
        said = {"why": each.why[:500], "asked": now}
        UnreadCharge.objects.update_or_create(
            source_id=each.id, defaults=said, create_defaults={**said, "since": now}
        )
        send.raise_incident(
            f"charge {each.id} unread",
            "a charge that the charge system tells cannot be understood",
            now=now,
            detail=each.why,
            anew=True,
        )


def _ask_again(outside: Outside, now: datetime) -> int:
    """Ask anew for what could not be read an hour ago or more; return how much now can be."""
    taken = 0
    for row in UnreadCharge.objects.filter(asked__lte=now - _ASKED_AGAIN).order_by("asked")[:_MOST]:
        try:
            told = outside.charges.charge(row.source_id)
        except Unavailable:
            UnreadCharge.objects.filter(id=row.id).update(asked=now)
            continue
        except NotFound:
            UnreadCharge.objects.filter(id=row.id).delete()
            continue
        with recording():
            own, foreign = _with_own_numbers([told])
            taken += charges.take_over(own, now=now)
            evidence.check_what_came(own, now=now)
            _set_aside(own, foreign, now)
    return taken


def _is_gap(feed: ChargeFeed, page: ChangePage) -> bool:
    """Tell whether changes are missing between what we have read and *page*.

    What comes once more is none; gaps within a page the adapter finds.
    """
    numbers = [change.sequence for change in page.changes]
    return bool(numbers) and feed.sequence is not None and min(numbers) > feed.sequence + 1


def _forget_where(feed: ChargeFeed) -> None:
    """Have every charge listed anew; the caller saves."""
    feed.cursor, feed.listing, feed.listed, feed.total = "", "", 0, 0
    feed.sequence = None


def _feed() -> ChargeFeed:
    return ChargeFeed.objects.filter(only=True).first() or ChargeFeed()


def _locked() -> ChargeFeed:
    """Return how far we have come; nobody else reads on until the recording ends."""
    one_at_a_time("charges", "feed")
    return _feed()


def _begin_listing(gone: str) -> None:
    with recording():
        feed = _locked()
        if feed.cursor == gone:
            _forget_where(feed)
            feed.save()


def _list_on(outside: Outside, now: datetime, progress: Progress | None) -> int:
    """List every charge, or go on listing; until the feed's own cursor is known there is no other.

    The cursor that the listing was begun at is only taken over with its last page.
    """
    taken = 0
    while not _feed().cursor:
        before = _feed().listing
        try:
            page = outside.charges.page(before or None)
        except FeedGone:
            page = outside.charges.page(None)
            before = _begin_again(before)
        with recording():
            feed = _locked()
            if feed.cursor or feed.listing != before:
                return taken
            own, foreign = _with_own_numbers(page.charges)
            taken += charges.take_over(own, now=now)
            _set_aside(own, [*page.unreadable, *foreign], now)
            _write_progress(feed, page)
        if progress is not None:
            progress(feed.listed, feed.total)
    return taken


def _begin_again(gone: str) -> str:
    with recording():
        feed = _locked()
        if feed.listing == gone:
            feed.listing, feed.listed = "", 0
            feed.save()
    return feed.listing


def _write_progress(feed: ChargeFeed, page: ChargePage) -> None:
    feed.listed += len(page.charges) + len(page.unreadable)
    feed.total = page.total
    feed.listing = page.next or ""
    if page.next is None:
        feed.cursor = page.feed
    feed.save()
