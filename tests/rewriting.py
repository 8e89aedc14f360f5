"""The same ground written down in another way: rings begun elsewhere, turned round, parts mixed."""

from __future__ import annotations

from random import Random

import shapely


def rewritten(geometry, random: Random):
    """Return a multi-polygon that covers the same ground, by the very same points."""
    parts = [
        shapely.Polygon(
            _ring(part.exterior, random),
            random.sample([_ring(ring, random) for ring in part.interiors], len(part.interiors)),
        )
        for part in shapely.get_parts(geometry)
    ]
    random.shuffle(parts)
    return shapely.MultiPolygon(parts)


def _ring(ring, random: Random):
    points = list(ring.coords)[:-1]
    start = random.randrange(len(points))
    turned = points[start:] + points[:start]
    return turned[::-1] if random.random() < 0.5 else turned
