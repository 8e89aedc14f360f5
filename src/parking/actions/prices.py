"""What a permit would cost for a vehicle, without login and without anybody's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from parking.actions import limit
from parking.law import price
from parking.law.days import danish_day
from parking.law.facts import Registration, Vehicle
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.zones import HomeArea, Place, ZoneKind
from parking.ports import Outside
from parking.records.tariff import fares_on, terms_on


@dataclass(frozen=True, slots=True)
class Price:
    """What the permit costs in one kind of zone from today."""

    kind: ZoneKind
    quote: price.Quote


@dataclass(frozen=True, slots=True)
class Prices:
    """A vehicle, and what its permit would cost; no prices if it is not in the register."""

    vehicle: Vehicle
    prices: tuple[Price, ...]


def for_plate(outside: Outside, plate: Plate, *, asker: str, now: datetime) -> Prices:
    """Return what a resident permit for *plate* costs today, in the payment area and outside it.

    *asker* is who asks (an address on the net), so that nobody can read out the register.

    :raises TooOften: if they ask too often.
    :raises NoFare: if the price list does not say.
    :raises Unavailable: if the vehicle register did not answer.
    :raises Rejected: if it would not answer us.
    """
    limit.take(f"prices {asker}", most=20, per=timedelta(minutes=10), now=now)
    today = danish_day(now)
    vehicle = outside.vehicles.description(plate=plate, reference="prices")
    if vehicle.registration is not Registration.REGISTERED:
        return Prices(vehicle, ())
    terms = terms_on(resident.PAID, today).as_law()
    return Prices(
        vehicle,
        tuple(
            Price(
                kind,
                price.quote(
                    fares_on(today),
                    product=resident.product_in(area),
                    tier=resident.tier(vehicle, area, terms),
                    on=today,
                ),
            )
            for kind in ZoneKind
            for area in [HomeArea(place=Place.HOME_AREA, kind=kind)]
        ),
    )
