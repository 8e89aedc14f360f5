"""What a permit costs: the fare tier of a vehicle, and the fare in force on the start date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from parking.law.days import Period, whole_months_left
from parking.law.facts import Drive, Terms, Threshold, Vehicle, VehicleKind
from parking.law.money import NOTHING, Money

ZERO_EMISSION: Final = "zero"
TOP: Final = "c"  #: the dearest tier, also of a vehicle whose consumption nobody knows
FREE: Final = "free"  #: where permits cost nothing, whatever the vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Fare:
    """One line of the price list."""

    product: str  #: our name of the product, ``resident-permit``
    item_number: str  #: the item it is sold as in the accounts
    tier: str
    price: Money
    in_force: Period


@dataclass(frozen=True, slots=True)
class Tier:
    """The fare tier of a vehicle, and why it is that one."""

    code: str
    why: str  #: ``zero emission``, ``motorcycle``, ``consumption``, ``no consumption figure``, …
    threshold: Threshold | None = None  #: the limit it reaches; ``None`` if it reaches none


@dataclass(frozen=True, slots=True)
class Quote:
    """A price, the line of the price list it came from, and the tier that chose the line."""

    price: Money
    fare: Fare
    tier: Tier


def refund(paid: Money, bought: Period, *, ended: date, terms: Terms) -> Money:
    """Return what is paid back for a permit that is ended with the day *ended*.

    Whole months that have not begun are paid back (§ 8, stk. 1), and all of it if the permit has
    not begun (stk. 2); of a permit that has begun, less than the smallest refund is not (stk. 3).

    :raises ValueError: if the permit never ends.
    """
    if not terms.refunds or bought.end is None:
        return NOTHING
    if ended < bought.start:
        return paid
    months = whole_months_left(Period(bought.start, bought.end), after=bought.start) + 1
    left = whole_months_left(bought, after=ended)
    back = Money(paid.ore * left // months)
    return back if back.ore >= terms.smallest_refund_ore else NOTHING


class NoFare(LookupError):
    """The price list has no line for this, or more than one. We never guess a price."""


def tier(vehicle: Vehicle, thresholds: Iterable[Threshold]) -> Tier:
    """Return the fare tier of *vehicle*.

    Electric and hydrogen vehicles pay least, and so do motorcycles. Every other vehicle is placed
    by its km/l against the *thresholds* of its fuel and of the norm it was measured by; a plug-in
    hybrid is placed like any car with its fuel. A vehicle with no figure is in the top tier.
    """
    if vehicle.drive in {Drive.ELECTRIC, Drive.HYDROGEN}:
        return Tier(ZERO_EMISSION, "zero emission")
    if vehicle.kind is VehicleKind.MOTORCYCLE:
        return Tier(ZERO_EMISSION, "motorcycle")
    if vehicle.km_per_litre_tenths is None or vehicle.norm is None:
        return Tier(TOP, "no consumption figure")
    reached = [
        threshold
        for threshold in thresholds
        if threshold.fuel is (vehicle.fuel or vehicle.drive)
        and threshold.norm is vehicle.norm
        and threshold.at_least_tenths <= vehicle.km_per_litre_tenths
    ]
    if not reached:
        return Tier(TOP, "consumption")
    best = max(reached, key=lambda threshold: threshold.at_least_tenths)
    return Tier(best.tier, "consumption", best)


def quote(fares: Iterable[Fare], *, product: str, tier: Tier, on: date) -> Quote:
    """Return the price of *product* in *tier* in force on the day *on*, the day it starts.

    :raises NoFare: if the price list says nothing about it, or says two things.
    """
    lines = [
        fare
        for fare in fares
        if fare.product == product and fare.tier == tier.code and on in fare.in_force
    ]
    if len(lines) != 1:
        raise NoFare(f"{len(lines)} fares for {product}, tier {tier.code}, on {on}")
    return Quote(lines[0].price, lines[0], tier)
