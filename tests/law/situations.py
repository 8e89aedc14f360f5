"""An ordinary application in which everything is right, to be changed one fact at a time."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

from parking.law import price
from parking.law.days import Period
from parking.law.facts import (
    Drive,
    Facts,
    Holding,
    Home,
    Norm,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Terms,
    Threshold,
    Tie,
    Vehicle,
    VehicleKind,
)
from parking.law.money import NOTHING, kroner
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.zones import HomeArea, Place, ZoneCode, ZoneKind

COPENHAGEN = "0101"
FREDERIKSBERG = "0147"
START = date(2026, 3, 1)
PLATE = Plate("AB12345")
OTHER_PLATE = Plate("XY98765")

#: From how many tenths of a km/l a vehicle is in tier A and in tier B.
LIMITS = {
    (Drive.PETROL, Norm.NEDC): (182, 153),
    (Drive.DIESEL, Norm.NEDC): (205, 172),
    (Drive.PETROL, Norm.WLTP): (150, 126),
    (Drive.DIESEL, Norm.WLTP): (169, 142),
}

TERMS = Terms(
    permits_per_person=1,
    youngest_age=18,
    heaviest_vehicle_kg=3500,
    months=12,
    most_days_ahead=30,
    private_common_road_effect=PrivateCommonRoadEffect.WARN,
    thresholds=tuple(
        Threshold(fuel=fuel, norm=norm, tier=code, at_least_tenths=limit)
        for (fuel, norm), limits in LIMITS.items()
        for code, limit in zip("ab", limits, strict=True)
    ),
)

#: Kroner in each tier; the amounts of 2027 are made up, to tell the years apart.
_PRICES = {
    2026: {"zero": 735, "a": 1310, "b": 2630, "c": 6040},
    2027: {"zero": 755, "a": 1350, "b": 2710, "c": 6220},
}

PRICE_LIST = (
    price.Fare(
        product=resident.TIME_LIMITED,
        item_number="RP-FREE",
        tier=price.FREE,
        price=NOTHING,
        in_force=Period(date(2026, 1, 1)),
    ),
    *(
        price.Fare(
            product=resident.PAID,
            item_number=f"RP-{code}",
            tier=code,
            price=kroner(amount),
            in_force=Period(date(year, 1, 1), date(year + 1, 1, 1)),
        )
        for year, prices in _PRICES.items()
        for code, amount in prices.items()
    ),
)

HOME = Home(municipality=COPENHAGEN, road_code="0001", house_number="1")
PAID_AREA = HomeArea(place=Place.HOME_AREA, zone=ZoneCode("AN"), kind=ZoneKind.PAID)
FREE_AREA = HomeArea(place=Place.HOME_AREA, zone=ZoneCode("NV"), kind=ZoneKind.TIME_LIMITED)

VEHICLE = Vehicle(
    plate=PLATE,
    registration=Registration.REGISTERED,
    kind=VehicleKind.CAR,
    gross_weight_kg=1800,
    drive=Drive.PETROL,
    fuel=Drive.PETROL,
    km_per_litre_tenths=160,
    norm=Norm.NEDC,
)


def application(**changes: Any) -> Facts:
    """Return an application in which everything is right, but for *changes*."""
    everything_right: dict[str, Any] = {
        "product": resident.PAID,
        "plate": PLATE,
        "period": resident.period_from(START, TERMS),
        "terms": TERMS,
        "municipality": COPENHAGEN,
        "residence": Residence.RESIDENT,
        "born": date(1980, 5, 17),
        "home": HOME,
        "home_area": PAID_AREA,
        "registration": Registration.REGISTERED,
        "vehicle": VEHICLE,
        "gross_weight_kg": 1800,
        "tie": Tie(relation=Relation.OWNER),
        "own_permits": (),
        "plate_permits": (),
    }
    return Facts(**(everything_right | changes))


def terms(**changes: Any) -> Terms:
    """Return the terms of 2026, but for *changes*."""
    return dataclasses.replace(TERMS, **changes)


def vehicle(**changes: Any) -> Vehicle:
    """Return an ordinary petrol car, but for *changes*."""
    return dataclasses.replace(VEHICLE, **changes)


def holding(
    first: date, end: date, *, plate: Plate = OTHER_PLATE, product: str = resident.PAID
) -> Holding:
    """Return a permit that is valid from *first* up to, but not including, *end*."""
    return Holding(product=product, plate=plate, zone=ZoneCode("AN"), period=Period(first, end))
