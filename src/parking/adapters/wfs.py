"""The city's map: WFS 2.0 of its GeoServer, one layer as GeoJSON, read as its layout says.

GeoServer reports errors as XML with status 200, so an answer counts only if it says that it is
JSON. The layer is fetched in pages and taken whole or not at all: with half a map, homes would
seem to lie nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pyproj.exceptions import ProjError

from parking.adapters.transport import Transport
from parking.adapters.zone_layout import Layout
from parking.ports import Unavailable
from parking.ports.places import ZoneFeature, ZoneLayer

SYSTEM: Final = "wfs"

_MOST_PAGES = 100


class CityMap:
    """:class:`~parking.ports.places.Zones` by WFS; *page_size* is how many shapes it asks for."""

    def __init__(
        self,
        *,
        address: str,
        layout: Layout,
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 8.0,
        deadline: float = 10.0,
        page_size: int = 50,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._layout = layout
        self._page_size = page_size
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def layer(self, *, now: datetime) -> ZoneLayer:
        """Return the whole layer of parking zones.

        :raises Unavailable: if it did not answer, answered only in part, or changed meanwhile.
        :raises Rejected: if it would not answer us.
        """
        features: dict[str, ZoneFeature] = {}
        first: int | None = None
        for _ in range(_MOST_PAGES):
            total, page = self._page(start=len(features))
            if first is None:
                first = total
            for feature in page:
                if feature.source_id in features:
                    raise Unavailable(f"{SYSTEM}: answered one shape twice")
                features[feature.source_id] = feature
            if total != first or not page or len(features) > total:
                raise Unavailable(f"{SYSTEM}: answered a part of the layer, or two versions of it")
            if len(features) == total:
                return ZoneLayer(features=tuple(features.values()), fetched=now)
        raise Unavailable(f"{SYSTEM}: the layer never ends")

    def _page(self, *, start: int) -> tuple[int, list[ZoneFeature]]:
        """Return how many shapes there are, and those from number *start* on."""
        response = self._transport.request(
            "GET",
            operation="GetFeature",
            repeatable=True,
            params={
                "service": "WFS",
                "version": "2.0.0",
                "request": "GetFeature",
                "typeNames": self._layout.layer,
                "outputFormat": "application/json",
                "srsName": self._layout.crs,
                "sortBy": self._layout.sort_by,
                "count": self._page_size,
                "startIndex": start,
            },
        )
        try:
            return _collection(self._transport.json(response), self._layout)
        except (KeyError, TypeError, ValueError, ProjError):
            raise Unavailable(f"{SYSTEM}: answered what cannot be read") from None


def _collection(answer: dict[str, Any], layout: Layout) -> tuple[int, list[ZoneFeature]]:
    """Return how many shapes there are in all, and those that came.

    :raises ValueError: if it is something else than it should be; so do KeyError and TypeError.
    """
    if answer["type"] != "FeatureCollection":
        raise ValueError("another kind of answer")
    if not str(answer["crs"]["properties"]["name"]).endswith(layout.crs.replace(":", "::")):
        raise ValueError("another system of coordinates")
    page = [layout.feature(each) for each in answer["features"]]
    if answer["numberReturned"] != len(page):
        raise ValueError("fewer than it says")
    return int(answer["numberMatched"]), page
