"""Where a point lies on the city's map: one index per version, in process.

The index is built when a version is first asked about and kept until another one is: it is known by
the version's id, so every process finds out by itself that there is another map. Shapes are taken
apart into their polygons and prepared; a look-up costs microseconds and no query beyond the id.

A shape's edge belongs to it. So a point on the border of two home areas lies in both, and is for a
person to decide; on the border of a home area and of anything else, it is the home area's. It does
not matter how a ring is written, because whether a point is on a line is computed exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry import shape as shape_of
from shapely.strtree import STRtree

from parking.law.days import NotInForce
from parking.law.standing import FlexZone, Spot
from parking.law.zones import Colour, HomeArea, Place, ZoneCode, ZoneKind
from parking.records.zone import ZoneShape, ZoneVersion

#: What the city calls the colours of its paid zones.
_COLOURS = {
    "Rød": Colour.RED,
    "Grøn": Colour.GREEN,
    "Blå": Colour.BLUE,
    "Gul": Colour.YELLOW,
}


@dataclass(frozen=True, slots=True)
class Map:
    """One version of the city's map."""

    version: int
    tree: STRtree
    polygons: tuple[Any, ...]  #: in the order of the tree
    owners: tuple[int, ...]  #: of each polygon, the number of the shape it is a part of
    shapes: tuple[ZoneShape, ...]

    @classmethod
    def of(cls, version: int, shapes: Sequence[ZoneShape]) -> Map:
        """Return the map of *shapes*, ready to be asked."""
        polygons: list[Any] = []
        owners: list[int] = []
        for number, shape in enumerate(shapes):
            parts = shapely.get_parts(shape_of(shape.geometry))
            polygons += parts.tolist()
            owners += [number] * len(parts)
        shapely.prepare(polygons)
        return cls(version, STRtree(polygons), tuple(polygons), tuple(owners), tuple(shapes))

    def at(self, x: float, y: float) -> tuple[ZoneShape, ...]:
        """Return the shapes that the point lies in, edges included; metres in EPSG:25832."""
        polygons, owners = self.polygons, self.owners
        near = self.tree.query(shapely.Point(x, y)).tolist()
        hits = {owners[each] for each in near if shapely.intersects_xy(polygons[each], x, y)}
        return tuple(self.shapes[number] for number in sorted(hits))

    def home_area(self, x: float, y: float) -> HomeArea:
        """Return what a home at this point gives a right to: exactly one of five answers.

        Where nothing but a paid zone or the like has been drawn, the map does not say.
        """
        here = self.at(x, y)
        areas = {s.code: s for s in here if s.category == ZoneShape.Category.HOME_AREA}
        if len(areas) > 1:
            return HomeArea(
                place=Place.SEVERAL, candidates=tuple(ZoneCode(code) for code in sorted(areas))
            )
        if areas:
            (area,) = areas.values()
            return HomeArea(
                place=Place.HOME_AREA, zone=ZoneCode(area.code), kind=ZoneKind(area.kind)
            )
        said = {shape.category for shape in here}
        if ZoneShape.Category.ELSEWHERE in said:
            return HomeArea(place=Place.ELSEWHERE)
        if ZoneShape.Category.OUTSIDE in said:
            return HomeArea(place=Place.NO_AREA)
        return HomeArea(place=Place.UNKNOWN)

    def zone_names(self) -> dict[str, str]:
        """Return what the permit zones are called, by code."""
        home_area = ZoneShape.Category.HOME_AREA
        return {shape.code: shape.name for shape in self.shapes if shape.category == home_area}

    def spot(self, x: float, y: float) -> Spot:
        """Return what lies at this point, in the law's words; what only tables know is not in it.

        :raises ValueError: if a paid zone has a colour that the law does not know.
        """
        here = self.at(x, y)

        def codes(category: str) -> tuple[ZoneCode, ...]:
            return tuple(sorted({ZoneCode(s.code) for s in here if s.category == category}))

        kinds = ZoneShape.Category
        colours = {_colour(shape) for shape in here if shape.category == kinds.PAID_ZONE}
        return Spot(
            colours=tuple(colour for colour in Colour if colour in colours),
            time_limited=codes(kinds.TIME_LIMITED_ZONE),
            permit_zones=codes(kinds.PERMIT_ZONE),
            flex_zones=tuple(
                FlexZone(name=shape.name, codes=tuple(ZoneCode(code) for code in shape.codes))
                for shape in here
                if shape.category == kinds.FLEX_ZONE
            ),
            home_areas=codes(kinds.HOME_AREA),
            outside=any(shape.category == kinds.OUTSIDE for shape in here),
            elsewhere=any(shape.category == kinds.ELSEWHERE for shape in here),
        )


def _colour(shape: ZoneShape) -> Colour:
    for word in (shape.code, *shape.name.split()):
        if word in _COLOURS:
            return _COLOURS[word]
    raise ValueError(f"paid zone {shape.source_id}: {shape.code} is no colour of ours")


def map_on(day: date) -> Map:
    """Return the map in force on *day*.

    :raises NotInForce: if there is none.
    """
    version = (
        ZoneVersion.objects.filter(in_force__contains=day).values_list("id", flat=True).first()
    )
    if version is None:
        raise NotInForce(f"no map on {day}")
    return _built(version)


@lru_cache(maxsize=4)
def _built(version: int) -> Map:
    shapes: Iterable[ZoneShape] = ZoneShape.objects.filter(version=version).order_by("id")
    return Map.of(version, tuple(shapes))
