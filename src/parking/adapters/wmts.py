"""The ground that maps are drawn on: WMTS 1.0.0, as Dataforsyningen's "skærmkort" speak it.

We ask for the tiles and hand them on, so that nobody else learns who looks at which street, and
our token never leaves the house. A tile is decoration: it is asked for once, with little patience.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

from parking.adapters.transport import Transport
from parking.ports import NotFound, Unavailable
from parking.ports.places import Tile

SYSTEM: Final = "wmts"

_LARGEST_TILE = 500_000
_KINDS: Final = frozenset({"image/png", "image/jpeg"})


class Wmts:
    """:class:`~parking.ports.places.Basemap` by WMTS; *layer* is what it is called there."""

    def __init__(
        self,
        *,
        address: str,
        layer: str,
        token: str = "",
        kind: str = "image/jpeg",
        matrices: str = "View1",
        ca_file: Path | str | None = None,
        connect_timeout: float = 1.0,
        read_timeout: float = 2.0,
        deadline: float = 2.5,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._layer, self._token, self._kind, self._matrices = layer, token, kind, matrices
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
            largest_body=_LARGEST_TILE,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def tile(self, level: int, column: int, row: int) -> Tile:
        """Return one tile.

        :raises NotFound: if the map has no such tile.
        :raises Unavailable: if it did not answer, or not with a picture.
        :raises Rejected: if it would not answer us.
        """
        response = self._transport.request(
            "GET",
            operation="GetTile",
            repeatable=False,
            params={
                "service": "WMTS",
                "version": "1.0.0",
                "request": "GetTile",
                "layer": self._layer,
                "style": "default",
                "format": self._kind,
                "tilematrixset": self._matrices,
                "tilematrix": str(level),
                "tilerow": str(row),
                "tilecol": str(column),
                **({"token": self._token} if self._token else {}),
            },
            answers={HTTPStatus.NOT_FOUND},
        )
        if response.status_code == HTTPStatus.NOT_FOUND:
            raise NotFound(f"{SYSTEM}: no such tile")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in _KINDS or not response.content:
            raise Unavailable(f"{SYSTEM}: answered {kind or 'something'} for a picture")
        return Tile(response.content, kind)
