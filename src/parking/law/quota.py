"""How many permits one may hold at a time, and which permits stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable

from parking.law.days import Period
from parking.law.facts import Holding


def left(
    products: frozenset[str], holdings: Iterable[Holding], allowed: int, *, during: Period
) -> int:
    """Return how many more permits of *products* may be held in the period *during*.

    Every permit that is valid on some day of it counts as one, so that what is bought today cannot
    exceed the quota on a later day either.
    """
    held = sum(h.product in products and h.period.overlaps(during) for h in holdings)
    return max(allowed - held, 0)


def free_from(holdings: Iterable[Holding], *, during: Period) -> bool:
    """Tell whether none of *holdings* is valid on any day of the period *during*."""
    return not any(holding.period.overlaps(during) for holding in holdings)
