"""The course of a map that the city has published: somebody says yes before it is in force.

The map decides who has a right to a permit. So another map than the one in force is a proposal
until a case worker has seen what it changes. Only the very first has nothing to be compared with.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from parking.law.course import Actor, Course


class State(Enum):
    """Where a version of the map stands."""

    PROPOSED = "proposed"  #: waits for a case worker; nobody is answered by it
    IN_FORCE = "in force"  #: in its period, which may lie ahead or be over
    REJECTED = "rejected"
    REPLACED = "replaced"  #: another came before anybody was answered by it


class Step(Enum):
    """What can be done to a version of the map."""

    ACCEPT = "accept"
    REJECT = "reject"
    REPLACE = "replace"


COURSE: Final = Course(
    {
        State.PROPOSED: {
            (Actor.CASE_WORKER, Step.ACCEPT): State.IN_FORCE,
            (Actor.SYSTEM, Step.ACCEPT): State.IN_FORCE,
            (Actor.CASE_WORKER, Step.REJECT): State.REJECTED,
            (Actor.SYSTEM, Step.REPLACE): State.REPLACED,
        },
        State.IN_FORCE: {(Actor.CASE_WORKER, Step.REPLACE): State.REPLACED},
        State.REJECTED: {},
        State.REPLACED: {},
    }
)
