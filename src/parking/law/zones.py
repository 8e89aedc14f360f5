"""Zones: what an address gives a right to, and where a permit is valid.

The law knows codes, never shapes. A *home area* (adressebeboerzone) gives its residents a right to
the permit zone of the same code; the permit zone, and every flex zone that names it, is where the
permit is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NewType

ZoneCode = NewType("ZoneCode", str)


class ZoneKind(Enum):
    """What a permit zone is for."""

    PAID = "paid"  #: in the payment area: one pays by the hour, or has a permit
    TIME_LIMITED = "time-limited"  #: one stands for a few hours, or has a permit


class Colour(Enum):
    """The paid zones: what an hour costs goes by their colour."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"


class Category(StrEnum):
    """What a shape of the map means. Every municipality's layer is read into these."""

    HOME_AREA = "home area"  #: an address here gives a right to the permit zone of its code
    PERMIT_ZONE = "permit zone"  #: where permits of its code are valid, in the payment area
    TIME_LIMITED_ZONE = "time-limited zone"  #: the same, where time is limited
    FLEX_ZONE = "flex zone"  #: valid for permits of several zones
    PAID_ZONE = "paid zone"  #: what an hour costs
    OUTSIDE = "outside"  #: no scheme
    ELSEWHERE = "elsewhere"  #: another municipality, inside the outline of ours
    SUMMER_AREA = "summer area"  #: allotments: a garden here gives a right in the summer only


class Status(StrEnum):
    """When a shape of the map counts. Only what counts now is ever in force."""

    NOW = "now"
    TO_COME = "to come"
    PAST = "past"


class Place(Enum):
    """The five answers to "where is this address?"."""

    HOME_AREA = "home area"  #: in exactly one home area
    NO_AREA = "no area"  #: in a part of the city that has no scheme
    UNKNOWN = "unknown"  #: in a gap of the map
    SEVERAL = "several"  #: where home areas overlap
    ELSEWHERE = "elsewhere"  #: in another municipality


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeArea:
    """What the city's map says about a home."""

    place: Place
    zone: ZoneCode | None = None  #: the permit zone the home gives a right to, if any
    kind: ZoneKind | None = None
    candidates: tuple[ZoneCode, ...] = ()  #: the areas that overlap at the home
