"""May I park here? What holds at one spot at one moment, and whether a permit is valid there.

The paragraphs are those of ``docs/regulation/standing.md``. The law knows codes, never shapes: what
the map says of a place comes as a :class:`Spot`. A version of :data:`RULE` that has been in force
is never edited; add one with the day it begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from parking.law import hours
from parking.law.days import Dated, danish_day
from parking.law.facts import FROM_ADDRESSES, FROM_APPLICANT, FROM_MAP, Holding, Known
from parking.law.hours import AfterHours, Change, Holidays, HourlyFare, Price, Span, TimeLimit
from parking.law.reasoning import Finding, Together, all_of, any_of, condition
from parking.law.zones import Colour, ZoneCode


class Ground(Enum):
    """What sort of place it is."""

    SCHEME = "scheme"  #: paid, time-limited or both
    OUTSIDE = "outside"  #: in a part of the city that has no scheme
    ELSEWHERE = "elsewhere"  #: in another municipality
    UNKNOWN = "unknown"  #: the map says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexZone:
    """A border street in which the permits of several zones are valid."""

    name: str
    codes: tuple[ZoneCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Garage:
    """A garage of the city, and the zones whose permits give a right to it."""

    code: str
    name: str
    permits: frozenset[ZoneCode]
    access_controlled: bool = False  #: one needs a tag to get in


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """What the map and the tables say of one place; where shapes overlap, all that they say."""

    colours: tuple[Colour, ...] = ()
    time_limited: tuple[ZoneCode, ...] = ()
    permit_zones: tuple[ZoneCode, ...] = ()  #: where permits are valid in the payment area
    flex_zones: tuple[FlexZone, ...] = ()
    home_areas: tuple[ZoneCode, ...] = ()
    outside: bool = False
    elsewhere: bool = False
    private_common_road: Known[bool] = FROM_ADDRESSES
    garage: Garage | None = None

    @property
    def ground(self) -> Ground:
        """What sort of place it is: another municipality before a scheme, a scheme before none."""
        if self.elsewhere:
            return Ground.ELSEWHERE
        if self.colours or self.time_limited or self.permit_zones or self.flex_zones:
            return Ground.SCHEME
        return Ground.OUTSIDE if self.outside else Ground.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The facts about one permit at one spot; each may be missing."""

    at: datetime
    permit: Known[Holding] = FROM_APPLICANT
    spot: Known[Spot] = FROM_MAP
    private_common_road: Known[bool] = FROM_ADDRESSES
    after_hours: tuple[AfterHours, ...] = ()


# § 1: the permit


@condition("§ 1, stk. 1")
def permit_is_valid_on_the_day(permit: Holding, at: datetime) -> bool:
    """The permit is valid on the day."""
    return danish_day(at) in permit.period


# § 2: the place


@condition("§ 2, stk. 1")
def place_is_in_the_municipality(spot: Spot) -> bool:
    """The place does not lie in another municipality."""
    return not spot.elsewhere


@condition("§ 2, stk. 2")
def place_is_in_the_permits_zone(permit: Holding, spot: Spot) -> bool:
    """The place lies in the permit zone or the time-limited zone that the permit is for."""
    return permit.zone in spot.permit_zones or permit.zone in spot.time_limited


@condition("§ 2, stk. 3")
def place_is_in_a_flex_zone_that_names_it(permit: Holding, spot: Spot) -> bool:
    """The place lies in a flex zone that names the permit's zone."""
    return any(permit.zone in flex.codes for flex in spot.flex_zones)


@condition("§ 2, stk. 4")
def zone_lets_the_permit_in_at_this_hour(
    permit: Holding, spot: Spot, at: datetime, after_hours: tuple[AfterHours, ...]
) -> bool:
    """The place lies in a zone that lets the permit in at this hour."""
    return any(
        hours.lets_in(after_hours, zone, permit.zone, at)
        for zone in (*spot.permit_zones, *spot.time_limited)
    )


@condition("§ 2, stk. 5")
def garage_gives_the_permit_a_right(permit: Holding, spot: Spot) -> bool:
    """The place is a garage to which the permit gives a right."""
    return spot.garage is not None and permit.zone in spot.garage.permits


# § 3: the road


@condition("§ 3, stk. 1")
def road_is_not_a_private_common_road(private_common_road: bool) -> bool:  # noqa: FBT001 -- a fact
    """The road is not a private common road."""
    return not private_common_road


RULE: Dated[Together] = Dated.of(
    (
        date(2025, 1, 1),
        all_of(
            "permit here",
            permit_is_valid_on_the_day,
            place_is_in_the_municipality,
            any_of(
                "where it is valid",
                garage_gives_the_permit_a_right,
                all_of(
                    "on the street",
                    any_of(
                        "zones where it is valid",
                        place_is_in_the_permits_zone,
                        place_is_in_a_flex_zone_that_names_it,
                        zone_lets_the_permit_in_at_this_hour,
                    ),
                    road_is_not_a_private_common_road,
                ),
            ),
        ),
    ),
)


def about(
    spot: Spot, permit: Holding | None, at: datetime, *, after_hours: Iterable[AfterHours] = ()
) -> Question:
    """Return what is known about *permit* at *spot* at the moment *at*.

    Where the map says nothing, what it says is missing; without a permit, the permit is.
    """
    return Question(
        at=at,
        permit=FROM_APPLICANT if permit is None else permit,
        spot=FROM_MAP if spot.ground is Ground.UNKNOWN and spot.garage is None else spot,
        private_common_road=spot.private_common_road,
        after_hours=tuple(after_hours),
    )


def ask(
    spot: Spot, permit: Holding | None, at: datetime, *, after_hours: Iterable[AfterHours] = ()
) -> Finding:
    """Ask whether *permit* lets its vehicle stand at *spot* at the moment *at*.

    Without a permit the answer is no. Where the map says nothing, or nobody knows whether the road
    is a private common road, it is open unless something else says no.

    :raises NotInForce: if no rule was in force that day.
    """
    question = about(spot, permit, at, after_hours=after_hours)
    return RULE.on(danish_day(at)).ask(question)


class Why(Enum):
    """Why the permits of a zone are valid at a spot."""

    ZONE = "zone"
    FLEX_ZONE = "flex zone"
    HOUR = "hour"
    GARAGE = "garage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paying:
    """What it costs in one colour, and when that changes."""

    colour: Colour
    now: Price | None  #: ``None`` if no fare is known for the day
    next: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiting:
    """The time limit of one zone."""

    zone: ZoneCode
    now: Span | None  #: ``None`` while there is no limit
    next: Span | None  #: the one after that


@dataclass(frozen=True, slots=True, kw_only=True)
class Valid:
    """Permits of one zone, valid at the spot now or at another hour."""

    zone: ZoneCode
    why: Why
    now: bool = True
    changes: datetime | None = None  #: when that is so no longer, or is so


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds at one spot at one moment, whoever asks."""

    spot: Spot
    at: datetime
    ground: Ground
    paying: tuple[Paying, ...]  #: one for each colour; none where nothing is to be paid to the city
    limiting: tuple[Limiting, ...]  #: one for each time-limited zone
    permits: tuple[Valid, ...]  #: those that are valid here, in the order of § 2
    private_common_road: Known[bool]


def answer(
    spot: Spot,
    at: datetime,
    *,
    fares: Iterable[HourlyFare],
    limits: Iterable[TimeLimit],
    holidays: Holidays,
    after_hours: Iterable[AfterHours] = (),
) -> Standing:
    """Return what holds at *spot* at the moment *at*.

    On a private common road the city takes no payment and permits are not valid; its time limits
    hold there too (§ 3).
    """
    fares, limits, after_hours = tuple(fares), tuple(limits), tuple(after_hours)
    private = spot.private_common_road is True
    paid, public = holidays.of_payment, holidays.public
    is_ours = spot.ground is Ground.SCHEME
    return Standing(
        spot=spot,
        at=at,
        ground=spot.ground,
        paying=tuple(
            Paying(
                colour=colour,
                now=hours.price_at(fares, colour, at, holidays=paid),
                next=hours.next_change(fares, colour, at, holidays=paid),
            )
            for colour in spot.colours
            if is_ours and not private
        ),
        limiting=tuple(
            Limiting(
                zone=zone,
                now=hours.limit_in_force(limits, zone, at, holidays=public),
                next=hours.next_limit(limits, zone, at, holidays=public),
            )
            for zone in spot.time_limited
            if is_ours
        ),
        permits=_valid(spot, at, after_hours, on_street=is_ours and not private),
        private_common_road=spot.private_common_road,
    )


def zones_valid(
    spot: Spot, at: datetime, *, after_hours: Iterable[AfterHours] = ()
) -> tuple[ZoneCode, ...]:
    """Return the zones whose permits let a vehicle stand at *spot* at the moment *at*.

    A road that nobody knows to be a private common road is taken for none.
    """
    private = spot.private_common_road is True
    on_street = spot.ground is Ground.SCHEME and not private
    found = _valid(spot, at, tuple(after_hours), on_street=on_street)
    return tuple(each.zone for each in found if each.now)


def _valid(
    spot: Spot, at: datetime, after_hours: tuple[AfterHours, ...], *, on_street: bool
) -> tuple[Valid, ...]:
    found: list[Valid] = []
    zones = tuple(dict.fromkeys((*spot.permit_zones, *spot.time_limited)))
    if on_street:
        found += [Valid(zone=zone, why=Why.ZONE) for zone in zones]
        found += [
            Valid(zone=code, why=Why.FLEX_ZONE) for flex in spot.flex_zones for code in flex.codes
        ]
        found += [
            Valid(
                zone=code,
                why=Why.HOUR,
                now=hours.lets_in(after_hours, zone, code, at),
                changes=hours.next_letting_in(after_hours, zone, code, at),
            )
            for zone in zones
            for code in _let_in(after_hours, zone, danish_day(at))
        ]
    if spot.garage is not None and not spot.elsewhere:
        found += [Valid(zone=code, why=Why.GARAGE) for code in sorted(spot.garage.permits)]
    # Valid for two reasons is valid once: the first, unless only a later one holds now.
    best: dict[ZoneCode, Valid] = {}
    for each in found:
        if each.zone not in best or (each.now and not best[each.zone].now):
            best[each.zone] = each
    return tuple(best.values())


def _let_in(rules: tuple[AfterHours, ...], zone: ZoneCode, day: date) -> list[ZoneCode]:
    return sorted(
        {
            code
            for rule in rules
            if rule.zone == zone and day in rule.in_force
            for code in rule.permits
        }
    )
