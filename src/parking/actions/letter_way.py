"""By which way a letter will go, told before it is sent."""

from __future__ import annotations

from enum import Enum

from parking.ports import Outside, PortError, Unavailable
from parking.ports.post import Recipient
from parking.records.party import Party


class Way(Enum):
    """Where a letter goes."""

    DIGITAL_POST = "digital post"
    PAPER = "paper"
    PAPER_TO_ADDRESS = "paper to address"  #: that whoever is written to has given
    NOT_KNOWN = "not known"  #: Digital Post does not say now whether it reaches them


def way_to(outside: Outside, party: Party | None) -> Way:
    """Return where a letter to *party* goes; ``None``: to somebody who gave an address only."""
    if party is None:
        return Way.PAPER_TO_ADDRESS
    try:
        reached = outside.post.reaches(Recipient(party.person_number))
    except Unavailable:
        return Way.NOT_KNOWN
    except PortError:
        return Way.PAPER
    return Way.DIGITAL_POST if reached else Way.PAPER
