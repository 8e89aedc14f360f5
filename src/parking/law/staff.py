"""Who works for the municipality here, and what each role may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final


class Role(Enum):
    """What somebody is employed to do; the municipality's own login says which roles one has."""

    READER = "reader"
    DECIDER = "decider"
    LEAD = "lead"
    OPERATOR = "operator"


class Right(Enum):
    """One thing that somebody may do in the office."""

    READ = "read"  #: look at cases, with a purpose
    DECIDE = "decide"  #: take, ask, decide and refuse
    UNMASK = "unmask"  #: see a person number or a protected address, each time on record
    REASSIGN = "reassign"  #: put back a case that somebody else has
    ADMIT = "admit"  #: say who works here
    OPERATE = "operate"  #: see what went wrong and what has not left the house, and try it again


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.READER: frozenset({Right.READ}),
    Role.DECIDER: frozenset({Right.READ, Right.DECIDE, Right.UNMASK}),
    Role.LEAD: frozenset({Right.READ, Right.DECIDE, Right.UNMASK, Right.REASSIGN, Right.OPERATE}),
    # Whoever says who works here does not read about citizens.
    Role.OPERATOR: frozenset({Right.ADMIT, Right.OPERATE}),
}


def rights_of(roles: Collection[Role]) -> frozenset[Right]:
    """Return everything that *roles* together allow."""
    return frozenset(right for role in roles for right in RIGHTS[role])
