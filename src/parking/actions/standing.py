"""May I park here? The law's answer for one spot and moment, and for the permits of who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

from django.conf import settings

from parking.actions import limit
from parking.law import permit as permit_law
from parking.law import standing as law
from parking.law.days import Period, danish_day
from parking.law.facts import Home, Missing
from parking.law.hours import LOOK_AHEAD, AfterHours
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding
from parking.law.zones import ZoneCode
from parking.ports import Outside
from parking.ports.places import House, Point
from parking.records import hours
from parking.records.map import Map, map_on
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.zone import is_private_common_road

#: How often somebody may ask about plates that need not be theirs.
_MOST, _PER = 20, timedelta(minutes=10)
_VALID_ONCE = (permit_law.State.ACTIVE.value, permit_law.State.ENDED.value)
#: Of several permits, the one that helps most is told.
_BEST_FIRST = (Answer.YES, Answer.OPEN, Answer.NO)
_ONE_DAY = timedelta(days=1)


Where: TypeAlias = Point | House | Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the rule says of a permit at the spot, and the facts it was asked about."""

    finding: Finding
    question: law.Question
    permit: Permit | None = None  #: of somebody who is logged in; never told for a plate


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer: what holds at the spot, and of each permit whether it is valid there."""

    standing: law.Standing
    zone_names: Mapping[str, str]  #: what the permit zones are called, by code
    map_version: int
    of_plate: Checked | None = None  #: what was asked about a plate
    of_party: tuple[Checked, ...] = ()  #: their permits that have not ended, the best answer first


def at(
    outside: Outside,
    where: Where,
    moment: datetime,
    *,
    plate: Plate | None = None,
    party: Party | None = None,
    asker: str,
    now: datetime,
) -> Told:
    """Return what holds at *where* at *moment*, and whether a permit is valid there.

    With *plate*, only whether some permit lets it stand here: not whose, until when or for which
    zone, and a vehicle without a permit is answered like one whose permit is valid elsewhere. With
    *party*, each of their own permits. *asker* is who asks (an address on the net).

    Whether the road is a private common road, and whether the place is a garage, is known of a
    house and a home; of a bare point it is not.

    A point takes five queries, a house or home two more, a garage a third. A party takes one more,
    and so does a plate, beside those that count how often one asks. A version of the map that is
    new to the process takes one.

    :raises TooOften: if they ask about plates too often.
    :raises NotInForce: if there is no map for the day, or nobody has said what its holidays are.
    :raises NotFound: if there is no such house.
    :raises Unavailable: if the register of addresses did not answer.
    :raises Rejected: if it would not answer us.
    """
    if plate is not None:
        limit.take(f"standing {asker}", most=_MOST, per=_PER, now=now)
    place = _house(outside, where) if isinstance(where, Home) else where
    day = danish_day(moment)
    chart = map_on(day)
    spot = _spot(chart, place, day)
    # What changes within the time we look ahead is told too.
    during = Period(day, day + LOOK_AHEAD + 2 * _ONE_DAY)
    after_hours = hours.after_hours(during)
    asked = _Asked(spot, moment, after_hours)
    return Told(
        standing=law.answer(
            spot,
            moment,
            fares=hours.hourly_fares(during),
            limits=hours.time_limits(during),
            holidays=hours.holidays(during),
            after_hours=after_hours,
        ),
        zone_names=chart.zone_names(),
        map_version=chart.version,
        of_plate=None if plate is None else asked.of_plate(plate, day),
        of_party=() if party is None else asked.of_party(party, day),
    )


def _house(outside: Outside, home: Home) -> House:
    """Return the house of *home*, by the register of addresses."""
    return House(
        identity="",
        text=home.text,
        municipality=home.municipality,
        road_code=home.road_code,
        road="",
        point=outside.addresses.point(home),
    )


def _spot(chart: Map, place: Point | House, day: date) -> law.Spot:
    if isinstance(place, Point):
        return chart.spot(place.x, place.y)
    return replace(
        chart.spot(place.point.x, place.point.y),
        elsewhere=place.municipality != settings.MUNICIPALITY,
        private_common_road=is_private_common_road(place.municipality, place.road_code, day),
        garage=hours.garage_at(place.address, day),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """One spot and moment, about which permits are asked."""

    spot: law.Spot
    moment: datetime
    after_hours: tuple[AfterHours, ...]

    def of_party(self, party: Party, day: date) -> tuple[Checked, ...]:
        """Ask about each permit of *party* that has not ended by *day*."""
        permits = Permit.objects.filter(party=party, state__in=_VALID_ONCE).ending_after(day)
        checked = [
            self._ask(permit, days, own=True)
            for permit in permits.order_by("number")
            if (days := permit.valid_days) is not None and (days.end is None or days.end > day)
        ]
        return tuple(sorted(checked, key=_helpful))

    def of_plate(self, plate: Plate, day: date) -> Checked:
        """Ask whether some permit lets *plate* stand here, and tell nothing else about it."""
        permits = Permit.objects.filter(
            plate=plate, state__in=_VALID_ONCE, period__contains=day
        ).order_by("number")
        checked = [
            _nameless(self._ask(permit, Period(day, day + _ONE_DAY), own=False))
            for permit in permits
            if permit.is_valid_on(day)
        ]
        best = min(checked, key=_helpful, default=None)
        return self._without() if best is None or best.finding.answer is Answer.NO else best

    def _ask(self, permit: Permit, days: Period, *, own: bool) -> Checked:
        holding = replace(permit.as_holding(own=own), period=days)
        return Checked(
            finding=law.ask(self.spot, holding, self.moment, after_hours=self.after_hours),
            question=law.about(self.spot, holding, self.moment, after_hours=self.after_hours),
            permit=permit,
        )

    def _without(self) -> Checked:
        """Answer as for a vehicle without any permit."""
        return Checked(
            finding=law.ask(self.spot, None, self.moment),
            question=law.about(self.spot, None, self.moment),
        )


def _nameless(checked: Checked) -> Checked:
    """Return the same answer without what the permit is for."""
    holding = checked.question.permit
    assert not isinstance(holding, Missing)
    unnamed = replace(holding, product="", zone=ZoneCode(""))
    return Checked(
        finding=checked.finding, question=replace(checked.question, permit=unnamed), permit=None
    )


def _helpful(checked: Checked) -> int:
    return _BEST_FIRST.index(checked.finding.answer)
