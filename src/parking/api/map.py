"""What the map in a browser asks for: the zones to draw, and the ground to draw them on.

Both are the same for everybody, so that browsers and proxies may keep them. The ground is fetched
by us and handed on: no third party learns who looks at which street.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from parking import ports
from parking.law.days import NotInForce, danish_day
from parking.ports.places import (
    GRID_CORNER,
    GRID_LEVELS,
    GRID_TILE,
    GRID_WIDEST,
    Tile,
)
from parking.records.drawing import Drawing, drawing_on

#: How long a browser may show the zones without asking whether they have changed, in seconds.
_ZONES_KEPT = 600
#: How long it may show a tile, in seconds: streets change slowly.
_TILES_KEPT = 7 * 24 * 3600
#: Who looks at a map must not keep all our threads waiting for another house: beyond this many at
#: a time a tile is left out, and the map has a gap.
_PATIENCE = 1.0  #: seconds
_tiles_at_a_time = threading.BoundedSemaphore(4)


@require_safe
def zones(request: HttpRequest) -> HttpResponse:
    """Answer with the zones of today as GeoJSON in EPSG:25832."""
    try:
        drawing = drawing_on(danish_day(timezone.now()))
    except NotInForce:
        return HttpResponse(status=503)
    encoding = _encoding(request)
    tag = f'"{drawing.tag}-{encoding}"'
    response = get_conditional_response(request, etag=tag) or _body(drawing, encoding)
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={_ZONES_KEPT}"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _body(drawing: Drawing, encoding: str) -> HttpResponse:
    response = HttpResponse(drawing.encoded(encoding), content_type="application/geo+json")
    if encoding != "identity":
        response["Content-Encoding"] = encoding
    return response


def _encoding(request: HttpRequest) -> str:
    """Return the smallest encoding that the browser takes."""
    offered = [each.split(";") for each in request.headers.get("Accept-Encoding", "").split(",")]
    taken = {name.strip() for name, *weight in offered if "q=0" not in "".join(weight).split()}
    return next((each for each in ("br", "gzip") if each in taken), "identity")


@require_safe
def tile(request: HttpRequest, level: int, column: int, row: int) -> HttpResponse:
    """Answer with one square of the ground; 404 where our zones are not, or there is no ground."""
    if ports.outside().basemap is None or not _touches_our_zones(level, column, row):
        return HttpResponse(status=404)
    try:
        found = _tile(level, column, row)
    except ports.NotFound:
        return HttpResponse(status=404)
    except (ports.Unavailable, ports.Rejected):
        return HttpResponse(status=503)
    response = HttpResponse(found.picture, content_type=found.kind)
    response["Cache-Control"] = f"public, max-age={_TILES_KEPT}"
    return response


@lru_cache(maxsize=1000)
def _tile(level: int, column: int, row: int) -> Tile:
    basemap = ports.outside().basemap
    if basemap is None or not _tiles_at_a_time.acquire(timeout=_PATIENCE):
        raise ports.Unavailable("no basemap, or enough tiles are being waited for")
    try:
        return basemap.tile(level, column, row)
    finally:
        _tiles_at_a_time.release()


def _touches_our_zones(level: int, column: int, row: int) -> bool:
    """Tell whether the square and those around it touch our zones: others are not ours to fetch."""
    if level >= GRID_LEVELS:
        return False
    try:
        west, south, east, north = drawing_on(danish_day(timezone.now())).bounds
    except NotInForce:
        return False
    across = GRID_WIDEST * 0.5**level * GRID_TILE
    left, top = GRID_CORNER[0] + column * across, GRID_CORNER[1] - row * across
    return (
        west - across <= left + across
        and left <= east + across
        and south - across <= top
        and top - across <= north + across
    )
