"""How many permits one may hold at a time, and which permits stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parking.law.days import Period
from parking.law.facts import Holding


def left(
    products: frozenset[str], holdings: Iterable[Holding], allowed: int, *, during: Period
) -> int:
    """Return how many more permits of *products* may be held in the period *during*.

    The day on which most are held decides, so that what is bought today cannot exceed the quota on
    a later day either. A permit and the one that renews it share no day, and so they are one.
    """
    held = [holding.period for holding in holdings if holding.product in products]
    return max(allowed - at_once(held, during=during), 0)


def at_once(held: Iterable[Period], *, during: Period) -> int:
    """Return how many of the periods *held* share the day of *during* that most of them share."""
    overlapping = [period for period in held if period.overlaps(during)]
    # So many are reached on the day one begins, or are there from the start.
    days = [max(period.start, during.start) for period in overlapping]
    return max((sum(day in period for period in overlapping) for day in days), default=0)


def places(held: Sequence[Period]) -> list[int]:
    """Return for each of the periods *held* a place, from 1: no two that share a day have the same.

    As few places as can be are used: as many as periods share a day. Who begins first takes the
    first place that is free.
    """
    taken: dict[int, int] = {}
    for each in sorted(range(len(held)), key=lambda at: held[at].start):
        others = {place for at, place in taken.items() if held[at].overlaps(held[each])}
        taken[each] = next(place for place in range(1, len(held) + 1) if place not in others)
    return [taken[at] for at in range(len(held))]


def free_from(holdings: Iterable[Holding], *, during: Period) -> bool:
    """Tell whether none of *holdings* is valid on any day of the period *during*."""
    return not any(holding.period.overlaps(during) for holding in holdings)
