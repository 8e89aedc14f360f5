"""The map under the zones: WMTS as Dataforsyningen's services speak it, with the national grid.

Each tile has one colour of its own and its level, column and row on it, so that one sees at once
whether it lies where it should. Stricter than life: a parameter it does not know is an exception.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.world import World

PATH = "/wmts"
LAYER = "topo_skaermkort_daempet"
MATRICES = "View1"
LEVELS = 14
SIZE = 256
#: The grid reaches over this ground, in metres: 1638.4 to a pixel at level 0, half at each next.
WIDTH, HEIGHT = 880_000, 600_000
WIDEST = 1638.4

#: What a tile is asked for with. An answer to any other question is not needed here.
ASKED = {
    "service": "WMTS",
    "version": "1.0.0",
    "request": "GetTile",
    "layer": LAYER,
    "style": "default",
    "format": "image/png",
    "tilematrixset": MATRICES,
}
PLACE = ("tilematrix", "tilerow", "tilecol")


def routes(world: World) -> list[Route]:
    """The tiles."""

    async def tile(request: Request) -> Response:
        asked = {name.lower(): value for name, value in request.query_params.items()}
        if asked.pop("token", "") != world.ca.secret("basemap"):
            return Response("Forkert token", 403, media_type="text/plain")
        place = [asked.pop(name, "") for name in PLACE]
        if asked != ASKED or not all(each.isdecimal() for each in place):
            return Response(_EXCEPTION, 400, media_type="application/xml")
        level, row, column = (int(each) for each in place)
        across = WIDEST / 2**level * SIZE
        if level >= LEVELS or column * across >= WIDTH or row * across >= HEIGHT:
            return Response(_EXCEPTION, 404, media_type="application/xml")
        return Response(_drawn(level, column, row), media_type="image/png")

    return [Route(PATH, tile, methods=["GET"])]


@lru_cache(maxsize=1000)
def _drawn(level: int, column: int, row: int) -> bytes:
    shade = 232 + (column + row) % 2 * 8
    picture = Image.new("RGB", (SIZE, SIZE), (shade, shade, shade - 4))
    pen = ImageDraw.Draw(picture)
    pen.text(
        (8, 8), f"{level}/{column}/{row}", fill=(130, 130, 130), font=ImageFont.load_default(14)
    )
    written = io.BytesIO()
    picture.quantize(8).save(written, "PNG", optimize=True)
    return written.getvalue()


_EXCEPTION = """<?xml version="1.0" encoding="UTF-8"?>
<ExceptionReport xmlns="http://www.opengis.net/ows/1.1" version="1.1.0">
 <Exception exceptionCode="InvalidParameterValue"/>
</ExceptionReport>
"""
