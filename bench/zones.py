"""How long one look-up on the map takes: `./portal bench zones`.

A made-up city is divided among its areas as by a Voronoi diagram, with no gap and no overlap, and
random points are asked which area they lie in, as an application asks. What counts is how the time
grows with the number of areas: worse than its logarithm, and this stops with an error. The time
itself depends on the machine, so it is shown beside what it should be and decides nothing.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

import django
import shapely
from shapely.geometry import mapping

django.setup()

from parking.law.zones import Category, Place, ZoneKind  # noqa: E402 -- Django comes first
from parking.records.map import Map  # noqa: E402
from parking.records.zone import ZoneShape  # noqa: E402

SIZES: Final = (200, 1_000, 5_000)
VERTICES: Final = 200
SIDE: Final = 15_000.0  # metres
TARGET: Final = 20.0  # microseconds
LOOK_UPS: Final = 5_000
ROUNDS: Final = 7
#: What the machine's caches and whatever else runs on it may add to the growth.
ALLOWANCE: Final = 1.3


def city(areas: int, luck: random.Random) -> list[ZoneShape]:
    """Return a city of home areas that cover it whole, each with about `VERTICES` corners."""
    outline = shapely.box(0, 0, SIDE, SIDE)
    centres = [(luck.uniform(0, SIDE), luck.uniform(0, SIDE)) for _ in range(areas)]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=outline).geoms
    drawn = [cell.intersection(outline) for cell in cells]
    return [
        ZoneShape(
            category=Category.HOME_AREA,
            code=str(number),
            name=str(number),
            kind=ZoneKind.PAID.value,
            geometry=mapping(shapely.segmentize(cell, cell.length / VERTICES)),
        )
        for number, cell in enumerate(drawn)
        if not cell.is_empty
    ]


def microseconds(of: Map, points: Sequence[tuple[float, float]]) -> float:
    """Return the processor time of one look-up: the median of the rounds over all *points*."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for x, y in points:
            of.home_area(x, y)
        rounds.append((time.process_time() - began) / len(points) * 1e6)
    return statistics.median(rounds)


def growth(taken: Mapping[int, float]) -> tuple[float, float]:
    """Return how many times the time grows from the least size to the most, and how many it may."""
    least, most = min(taken), max(taken)
    return taken[most] / taken[least], math.log(most) / math.log(least) * ALLOWANCE


def main() -> int:
    """Measure each size, print the table, and tell whether the growth is as it should be."""
    luck = random.Random(2026)  # noqa: S311 -- the same city each time
    points = [(luck.uniform(0, SIDE), luck.uniform(0, SIDE)) for _ in range(LOOK_UPS)]
    print(f"{'areas':>8} {'corners':>9} {'built, ms':>10} {'look-up, µs':>12} {'target, µs':>11}")
    taken: dict[int, float] = {}
    for areas in SIZES:
        shapes = city(areas, luck)
        corners = sum(len(shape.geometry["coordinates"][0]) for shape in shapes) / len(shapes)
        began = time.process_time()
        built = Map.of(0, shapes)
        ready = (time.process_time() - began) * 1e3
        # Also what is prepared when it is first asked; and each point lies somewhere.
        places = {built.home_area(x, y).place for x, y in points}
        if not places <= {Place.HOME_AREA, Place.SEVERAL}:
            print(f"A city without gaps has some: {places}")
            return 2
        taken[areas] = microseconds(built, points)
        print(f"{areas:8} {corners:9.0f} {ready:10.0f} {taken[areas]:12.1f} {TARGET:11.0f}")
    grows, may_grow = growth(taken)
    print(f"\nThe time grows {grows:.2f} times; by the logarithm, and what the machine may add to")
    print(f"it, {may_grow:.2f} times at most.")
    if grows > may_grow:
        print("That is worse than logarithmic.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
