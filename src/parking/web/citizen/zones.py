"""Where a permit is valid, and which zones there are, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parking.actions import wording
from parking.law.days import Period, danish_day
from parking.law.zones import ZoneCode
from parking.records.hours import Garage, after_hours, garages_of, time_limits
from parking.records.zone import ZoneShape
from parking.web.access import Request, anyone

_Category = ZoneShape.Category


@dataclass(frozen=True, slots=True)
class Validity:
    """A permit zone by name, and the other places its permits are valid in."""

    name: str
    flex_zones: tuple[str, ...]
    garages: tuple[Garage, ...]
    after_hours: tuple[OtherZone, ...]


@dataclass(frozen=True, slots=True)
class OtherZone:
    """Another zone that lets the permit in, except in its own hours."""

    code: str
    name: str
    but: str  #: when it does not, in words


def names(day: date) -> dict[str, str]:
    """Return what the permit zones are called on *day*, by code."""
    return dict(
        ZoneShape.objects.filter(
            version__in_force__contains=day, category=_Category.HOME_AREA
        ).values_list("code", "name")
    )


def validity(code: str, day: date) -> Validity:
    """Return where a permit for the zone *code* is valid on *day*."""
    others = [rule for rule in after_hours(_one(day)) if code in rule.permits]
    shapes = ZoneShape.objects.filter(version__in_force__contains=day).filter(
        Q(category=_Category.HOME_AREA, code__in=[code, *(rule.zone for rule in others)])
        | Q(category=_Category.FLEX_ZONE, codes__contains=[code])
    )
    found = list(shapes.order_by("name").values_list("category", "code", "name"))
    homes = {own: name for category, own, name in found if category == _Category.HOME_AREA}
    flexes = dict.fromkeys(name for category, _, name in found if category == _Category.FLEX_ZONE)
    return Validity(
        homes.get(code, code),
        tuple(flexes),
        garages_of(code, day),
        tuple(
            OtherZone(rule.zone, homes.get(rule.zone, rule.zone), wording.except_in_hours(rule))
            for rule in others
        ),
    )


def _one(day: date) -> Period:
    return Period(day, day + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of the list: its name, the permits valid in it, and its time limit if it has one."""

    name: str
    codes: tuple[str, ...]
    limit: str = ""


@anyone
@require_safe
def every(request: Request) -> HttpResponse:
    """List every zone of today, so that nobody needs a map."""
    today = danish_day(request.now)
    found: dict[str, list[Zone]] = {category: [] for category in _LISTED}
    shapes = ZoneShape.objects.filter(
        version__in_force__contains=today, category__in=_LISTED
    ).values_list("category", "code", "name", "codes")
    limits = {limit.zone: wording.time_limit(limit) for limit in time_limits(_one(today))}
    for category, code, name, codes in shapes:
        zone = Zone(name, tuple(codes) or (code,), limits.get(ZoneCode(code), ""))
        if zone not in found[category]:
            found[category].append(zone)
    return render(
        request,
        "citizen/zones.html",
        {
            "permit_zones": _by_code(found[_Category.PERMIT_ZONE]),
            "time_limited_zones": _by_code(found[_Category.TIME_LIMITED_ZONE]),
            "flex_zones": sorted(found[_Category.FLEX_ZONE], key=lambda zone: zone.name),
            "today": today,
        },
    )


_LISTED = (_Category.PERMIT_ZONE, _Category.TIME_LIMITED_ZONE, _Category.FLEX_ZONE)


def _by_code(zones: list[Zone]) -> list[Zone]:
    """Return *zones* in the order of the Danish alphabet, which ends in Æ, Ø, Å."""
    return sorted(zones, key=lambda zone: [_ORDER.get(letter, letter) for letter in zone.codes[0]])


#: Where the letters that only Danish has stand: after Z, in this order.
_ORDER = {"Æ": "Z1", "Ø": "Z2", "Å": "Z3"}
