"""May I park here? The law's answer for one spot and moment, and for the permits of who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parking.law.days import danish_day
from parking.law.facts import Home
from parking.law.hours import Holidays
from parking.law.plates import Plate
from parking.law.reasoning import Finding
from parking.law.standing import Standing, answer
from parking.ports import Outside
from parking.ports.places import Point
from parking.records.map import map_on
from parking.records.party import Party
from parking.records.permit import Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house number of which it is already known where it lies."""

    point: Point
    municipality: str  #: four digits
    road_code: str  #: four digits
    address: str = ""  #: road and number, ``Leifsgade 9``: how a garage is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the rule says of one permit at the spot."""

    finding: Finding
    permit: Permit | None = None  #: of somebody who is logged in; never told for a plate


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer: what holds at the spot, and of each permit whether it is valid there."""

    standing: Standing
    checked: tuple[Checked, ...]
    map_version: int


def at(
    outside: Outside,
    where: Point | House | Home,
    moment: datetime,
    *,
    plate: Plate | None = None,
    party: Party | None = None,
    asker: str,
    now: datetime,
) -> Told:
    """Return what holds at *where* at *moment*, and whether a permit is valid there.

    With *plate*, of what we know of that vehicle's permits only whether one is valid here; with
    *party*, of each of their permits. *asker* is who asks (an address on the net).

    :raises TooOften: if they ask about plates too often.
    :raises NotInForce: if there is no map for the day.
    :raises NotFound: if there is no such house.
    :raises Unavailable: if the register of addresses did not answer.
    :raises Rejected: if it would not answer us.
    """
    point = (
        where
        if isinstance(where, Point)
        else (where.point if isinstance(where, House) else outside.addresses.point(where))
    )
    chart = map_on(danish_day(moment))
    spot = chart.spot(point.x, point.y)
    return Told(
        standing=answer(spot, moment, fares=(), limits=(), holidays=Holidays()),
        checked=(),
        map_version=chart.version,
    )
