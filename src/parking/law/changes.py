"""What has changed between two sets of facts, so far as it matters to somebody who renews."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from parking.law.facts import Facts, Missing

#: What may change without anybody needing to be told: it follows from asking at another time.
_OF_THE_MOMENT: Final = frozenset(
    {"period", "terms", "own_permits", "plate_permits", "in_basket", "extra_permits", "product"}
)


def between(before: Facts, after: Facts, needs: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the facts among *needs* that were one thing and are another.

    A fact that was or is missing has not changed: nobody has said so.
    """
    return tuple(
        name
        for name in needs
        if name not in _OF_THE_MOMENT
        and not isinstance(getattr(before, name), Missing)
        and not isinstance(getattr(after, name), Missing)
        and getattr(before, name) != getattr(after, name)
    )
