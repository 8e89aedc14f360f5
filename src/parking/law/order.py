"""The course of an order (*ordre*): from the moment payment begins until all is delivered.

Money and permit belong together. What is paid is delivered in the same step; what is paid and
cannot be delivered is refunded. A cancelled order is never revived by money that comes late.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from parking.law.course import Actor, Course


class State(Enum):
    """Where an order stands."""

    OPEN = "open"  #: being paid; what it is for is reserved
    DELIVERED = "delivered"  #: paid, and the permits are valid
    CANCELLED = "cancelled"  #: by the party; nothing is reserved any more
    EXPIRED = "expired"  #: never paid in time; nothing is reserved any more
    REFUND_DUE = "refund due"  #: paid, with nothing to deliver
    REFUNDED = "refunded"


class Step(Enum):
    """What can happen to an order."""

    DELIVER = "deliver"
    CANCEL = "cancel"
    EXPIRE = "expire"
    OWE_BACK = "owe the money back"
    REFUND = "refund"


_PARTY, _SYSTEM = Actor.PARTY, Actor.SYSTEM

COURSE: Final = Course(
    {
        State.OPEN: {
            (_SYSTEM, Step.DELIVER): State.DELIVERED,
            (_SYSTEM, Step.OWE_BACK): State.REFUND_DUE,
            (_PARTY, Step.CANCEL): State.CANCELLED,
            (_SYSTEM, Step.CANCEL): State.CANCELLED,
            (_SYSTEM, Step.EXPIRE): State.EXPIRED,
        },
        State.DELIVERED: {},
        State.CANCELLED: {(_SYSTEM, Step.OWE_BACK): State.REFUND_DUE},
        State.EXPIRED: {(_SYSTEM, Step.OWE_BACK): State.REFUND_DUE},
        State.REFUND_DUE: {(_SYSTEM, Step.REFUND): State.REFUNDED},
        State.REFUNDED: {},
    }
)
