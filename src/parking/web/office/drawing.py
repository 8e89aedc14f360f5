"""A small picture of what another map would move: the paths of an SVG, made without a script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from parking.actions.cleaning import CODED, Shape
from parking.actions.difference import Change, grounds
from parking.law.zones import Category, Status

#: The picture's width in its own units; a unit is the least that is drawn.
_WIDTH = 800


@dataclass(frozen=True, slots=True)
class Picture:
    """The paths of a drawing, and the size of the paper."""

    width: int
    height: int
    areas: str  #: the home areas as they would be
    old: str  #: the outlines of what has moved, as they are
    added: str  #: what no area had
    removed: str  #: what no area has any more
    passed: str  #: what has passed from one area to another


def picture(
    old: Sequence[Shape], new: Sequence[Shape], changes: Iterable[Change]
) -> Picture | None:
    """Return the drawing of what has moved and counts now; none if nothing has.

    Home areas are what people have a right by: the others are drawn only where none of them moved.
    """
    moved = [
        change
        for change in changes
        if change.status is Status.NOW
        and change.category in CODED
        and (change.added_m2 or change.removed_m2)
    ]
    moved = [each for each in moved if each.category is Category.HOME_AREA] or moved
    if not moved:
        return None
    pairs = [grounds(old, new, change) for change in moved]
    before = [was for was, _ in pairs]
    added = shapely.union_all([becomes.difference(was) for was, becomes in pairs])
    removed = shapely.union_all([was.difference(becomes) for was, becomes in pairs])
    areas = [s.geometry for s in new if (s.category, s.status) == (Category.HOME_AREA, Status.NOW)]
    paper = _Paper(shapely.total_bounds([*areas, *before, added]))
    return Picture(
        width=_WIDTH,
        height=paper.height,
        areas=paper.path(areas),
        old=paper.path(before),
        added=paper.path([added.difference(removed)]),
        removed=paper.path([removed.difference(added)]),
        passed=paper.path([added.intersection(removed)]),
    )


class _Paper:
    """Turns metres, northing upwards, into whole units, downwards."""

    def __init__(self, bounds: Any) -> None:
        west, south, east, north = (float(each) for each in bounds)
        self._west, self._north = west, north
        self._metres = max(east - west, 1.0) / _WIDTH
        self.height = max(1, round((north - south) / self._metres))

    def path(self, geometries: Iterable[BaseGeometry]) -> str:
        """Return the path of all polygons in *geometries* that are large enough to be seen."""
        return "".join(
            self._ring(ring)
            for geometry in geometries
            for part in shapely.get_parts(shapely.simplify(geometry, self._metres))
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        )

    def _ring(self, ring: Any) -> str:
        points = [
            f"{round((x - self._west) / self._metres)} {round((self._north - y) / self._metres)}"
            for x, y in ring.coords
        ]
        kept = [one for one, before in zip(points, [None, *points], strict=False) if one != before]
        return f"M{'L'.join(kept[:-1])}Z" if len(kept) > 3 else ""  # noqa: PLR2004 -- a triangle
