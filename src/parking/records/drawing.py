"""The map as a browser draws it: one version's shapes, made small once and kept in process.

It is a picture and decides nothing. What holds at a place is asked of the shapes themselves
(:mod:`parking.records.map`), never of what is drawn here.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import brotli
import shapely
from shapely.geometry import mapping
from shapely.geometry import shape as shape_of

from parking.law.days import NotInForce
from parking.records.zone import ZoneShape, ZoneVersion

_Category = ZoneShape.Category

#: How far, in metres, a drawn border may lie from the true one.
TOLERANCE: Final = 1.5
#: Coordinates are drawn in tenths of a metre.
_GRID: Final = 0.1
#: Changes when the same shapes are drawn in another way, so that browsers ask again.
_MANNER: Final = 1

#: What is drawn, undermost first. Home areas say who has a right, not where one may park.
DRAWN: Final = (
    _Category.OUTSIDE,
    _Category.ELSEWHERE,
    _Category.PAID_ZONE,
    _Category.PERMIT_ZONE,
    _Category.TIME_LIMITED_ZONE,
    _Category.FLEX_ZONE,
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One version of the map, ready to be sent."""

    tag: str  #: names this drawing and no other
    bounds: tuple[float, float, float, float]  #: west, south, east, north; EPSG:25832
    text: bytes  #: the GeoJSON

    def encoded(self, encoding: str) -> bytes:
        """Return the GeoJSON in the content encoding br, gzip or identity; made once."""
        return _encoded(self.text, encoding)


@lru_cache(maxsize=6)
def _encoded(text: bytes, encoding: str) -> bytes:
    if encoding == "br":
        compressed: bytes = brotli.compress(text, quality=_SMALL_ENOUGH)
        return compressed
    return gzip.compress(text, 9, mtime=0) if encoding == "gzip" else text


#: Brotli's last step but one: the last takes twice as long for a twentieth less.
_SMALL_ENOUGH: Final = 10


def drawing_on(day: date) -> Drawing:
    """Return the drawing of the map in force on *day*. One query; more when it is a new version.

    :raises NotInForce: if there is no map.
    """
    known = (
        ZoneVersion.objects.filter(in_force__contains=day).values_list("id", "source_hash").first()
    )
    if known is None:
        raise NotInForce(f"no map on {day}")
    return _drawn(*known)


@lru_cache(maxsize=2)
def _drawn(version: int, source_hash: str) -> Drawing:
    shapes = ZoneShape.objects.filter(version=version, category__in=DRAWN).order_by("id")
    features = [each for shape in shapes if (each := _feature(shape)) is not None]
    features.sort(key=lambda feature: DRAWN.index(feature["properties"]["category"]))
    said = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
        "features": features,
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    west, south, east, north = shapely.total_bounds([shape_of(f["geometry"]) for f in features])
    return Drawing(
        tag=f"{version}-{_MANNER}-{source_hash[:12]}",
        bounds=(float(west), float(south), float(east), float(north)),
        text=text,
    )


def _feature(shape: ZoneShape) -> dict[str, Any] | None:
    """Return the shape as GeoJSON; nothing if there is nothing left of it to see."""
    simple = shapely.simplify(shape_of(shape.geometry), TOLERANCE, preserve_topology=True)
    simple = shapely.set_precision(simple, _GRID)
    polygons = [part for part in shapely.get_parts(simple) if part.geom_type == "Polygon"]
    if not polygons:
        return None
    return {
        "type": "Feature",
        "properties": {
            "category": shape.category,
            "code": shape.code,
            "name": shape.name,
            "codes": shape.codes,
        },
        "geometry": _rounded(mapping(shapely.MultiPolygon(polygons))),
    }


def _rounded(geometry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": geometry["type"],
        "coordinates": [
            [[[round(x, 1), round(y, 1)] for x, y in ring] for ring in polygon]
            for polygon in geometry["coordinates"]
        ],
    }
