"""The map on a page: where its script finds what it draws. A page that cannot have one lives on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from parking.law.days import NotInForce
from parking.ports.places import Point
from parking.records.drawing import drawing_on

_TILE = {"level": 0, "column": 0, "row": 0}


def box(day: date, *, point: Point | None = None) -> dict[str, Any]:
    """Return what ``_map.html`` shows of all zones; *point* is marked and in the middle.

    Nothing if there is no map for *day*.
    """
    try:
        drawing = drawing_on(day)
    except NotInForce:
        return {}
    return _sources() | {
        "bounds": " ".join(f"{each:.1f}" for each in drawing.bounds),
        "x": f"{point.x:.1f}" if point else "",
        "y": f"{point.y:.1f}" if point else "",
    }


def box_at(point: Point) -> dict[str, Any]:
    """Return what ``_map.html`` shows around *point*, which is marked."""
    return _sources() | {"x": f"{point.x:.1f}", "y": f"{point.y:.1f}"}


def box_of(codes: Iterable[str]) -> dict[str, Any]:
    """Return what ``_map.html`` shows of the zones in which the permits of *codes* are valid."""
    return _sources() | {"only": " ".join(codes)}


def _sources() -> dict[str, Any]:
    tiles = reverse("map-tile", kwargs=_TILE).replace("0/0/0", "{z}/{x}/{y}")
    return {
        "zones": reverse("map-zones"),
        "tiles": tiles if settings.BASEMAP_CREDIT else "",
        "credit": settings.BASEMAP_CREDIT,
    }
