"""Which permit an address would give somebody who moves there: about the place, about nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from parking.law.days import danish_day
from parking.law.facts import PrivateCommonRoadEffect
from parking.law.money import Money
from parking.law.permits import resident
from parking.law.zones import HomeArea, Place
from parking.ports.places import House
from parking.records.map import map_on
from parking.records.tariff import fares_on, terms_on
from parking.records.zone import is_private_common_road, zone_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What an address gives a right to today."""

    house: House
    area: HomeArea
    zone: str = ""  #: what the zone is called
    product: str = ""  #: the permit it would be; empty if there is none to be had
    cheapest: Money | None = None  #: for a year, by the vehicle; none if no fare is known
    dearest: Money | None = None
    road: PrivateCommonRoadEffect = PrivateCommonRoadEffect.NONE


def of(house: House, *, now: datetime) -> Right:
    """Return what a home at *house* gives a right to on the day of *now*.

    :raises NotInForce: if there is no map for the day, or no terms.
    """
    today = danish_day(now)
    if house.municipality != settings.MUNICIPALITY:
        return Right(house=house, area=HomeArea(place=Place.ELSEWHERE))
    area = map_on(today).home_area(house.point.x, house.point.y)
    if area.zone is None:
        return Right(house=house, area=area)
    product = resident.product_in(area)
    prices = sorted(fare.price for fare in fares_on(today) if fare.product == product)
    return Right(
        house=house,
        area=area,
        zone=zone_name(area.zone, today),
        product=product,
        cheapest=prices[0] if prices else None,
        dearest=prices[-1] if prices else None,
        road=_effect(house, today),
    )


def _effect(house: House, today: date) -> PrivateCommonRoadEffect:
    if not is_private_common_road(house.municipality, house.road_code, today):
        return PrivateCommonRoadEffect.NONE
    return terms_on(resident.PAID, today).as_law().private_common_road_effect
