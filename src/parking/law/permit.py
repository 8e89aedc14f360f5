"""The course of a permit (*licens*) once it has been promised to somebody."""

from __future__ import annotations

from enum import Enum
from typing import Final

from parking.law.course import Actor, Course


class State(Enum):
    """Where a permit stands."""

    RESERVED = "reserved"  #: being paid; keeps its place, and is not valid
    ACTIVE = "active"  #: valid on the days of its period
    RELEASED = "released"  #: never paid; keeps nothing from anybody
    ENDED = "ended"  #: valid until the day it was ended


class Step(Enum):
    """What can happen to a permit."""

    ACTIVATE = "activate"
    RELEASE = "release"
    END = "end"


COURSE: Final = Course(
    {
        State.RESERVED: {
            (Actor.SYSTEM, Step.ACTIVATE): State.ACTIVE,
            (Actor.SYSTEM, Step.RELEASE): State.RELEASED,
        },
        State.ACTIVE: {
            (Actor.PARTY, Step.END): State.ENDED,
            (Actor.CASE_WORKER, Step.END): State.ENDED,
            (Actor.SYSTEM, Step.END): State.ENDED,
        },
        State.RELEASED: {},
        State.ENDED: {},
    }
)
