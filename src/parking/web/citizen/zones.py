"""Where a permit is valid, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from parking.records.zone import ZoneShape

_Category = ZoneShape.Category


@dataclass(frozen=True, slots=True)
class Validity:
    """A permit zone by name, and the other places its permits are valid in."""

    name: str
    flex_zones: tuple[str, ...]


def names(day: date) -> dict[str, str]:
    """Return what the permit zones are called on *day*, by code."""
    return dict(
        ZoneShape.objects.filter(
            version__in_force__contains=day, category=_Category.HOME_AREA
        ).values_list("code", "name")
    )


def validity(code: str, day: date) -> Validity:
    """Return where a permit for the zone *code* is valid on *day*."""
    shapes = ZoneShape.objects.filter(version__in_force__contains=day).filter(
        Q(category=_Category.HOME_AREA, code=code)
        | Q(category=_Category.FLEX_ZONE, codes__contains=[code])
    )
    found = list(shapes.order_by("name").values_list("category", "name"))
    homes = [name for category, name in found if category == _Category.HOME_AREA]
    flexes = dict.fromkeys(name for category, name in found if category == _Category.FLEX_ZONE)
    return Validity(homes[0] if homes else code, tuple(flexes))
