"""The course of an application (*ansøgning*) for a permit, from the plate to the permit."""

from __future__ import annotations

from enum import Enum
from typing import Final

from parking.law.course import Actor, Course


class State(Enum):
    """Where an application stands."""

    DRAFT = "draft"  #: the plate is known and the rule has been asked; nothing is promised
    WAITING = "waiting"  #: the answer is open: saved, and asked again by itself
    IN_BASKET = "in basket"  #: the answer is yes and the start date is chosen
    ORDERED = "ordered"  #: a permit is reserved while it is being paid
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class Step(Enum):
    """What can be done to an application."""

    ASK_AGAIN = "ask again"
    WAIT = "wait for an answer"
    PUT_IN_BASKET = "put in the basket"
    TAKE_OUT = "take out of the basket"
    ORDER = "order"
    GIVE_BACK = "give back to the basket"
    GRANT = "grant"
    WITHDRAW = "withdraw"


_PARTY, _SYSTEM = Actor.PARTY, Actor.SYSTEM

COURSE: Final = Course(
    {
        State.DRAFT: {
            (_PARTY, Step.ASK_AGAIN): State.DRAFT,
            (_PARTY, Step.WAIT): State.WAITING,
            (_PARTY, Step.PUT_IN_BASKET): State.IN_BASKET,
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            # Another one about the same vehicle has come back from an order that was not paid.
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
        },
        State.WAITING: {
            (_SYSTEM, Step.WAIT): State.WAITING,
            (_SYSTEM, Step.ASK_AGAIN): State.DRAFT,
            (_PARTY, Step.ASK_AGAIN): State.DRAFT,
            # Provisionally, while documents that were handed in are being assessed.
            (_PARTY, Step.PUT_IN_BASKET): State.IN_BASKET,
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
        },
        State.IN_BASKET: {
            (_PARTY, Step.PUT_IN_BASKET): State.IN_BASKET,
            (_PARTY, Step.TAKE_OUT): State.WITHDRAWN,
            (_PARTY, Step.ORDER): State.ORDERED,
            (_SYSTEM, Step.ASK_AGAIN): State.DRAFT,
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
        },
        State.ORDERED: {
            (_SYSTEM, Step.GRANT): State.GRANTED,
            (_SYSTEM, Step.GIVE_BACK): State.IN_BASKET,
        },
        State.GRANTED: {},
        State.WITHDRAWN: {},
    }
)

#: The states of a matter that is not finished; a party has one at a time about each vehicle.
UNFINISHED: Final = (State.DRAFT, State.WAITING, State.IN_BASKET)
