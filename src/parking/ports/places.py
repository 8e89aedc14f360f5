"""Where an address is, and which zones the city has drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from parking.law.facts import Home
from parking.law.zones import Category, Status, ZoneKind


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map, in metres: easting and northing in ETRS89 / UTM 32N (EPSG:25832)."""

    x: float
    y: float


class Addresses(Protocol):
    """The register of addresses."""

    def point(self, home: Home) -> Point:
        """Return where the house of *home* has its access point.

        :raises NotFound: if no such house number is registered.
        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFeature:
    """One shape of the city's zone layer, in our words; nothing in it is mended here."""

    source_id: str
    written: str  #: its category as the city writes it
    category: Category | None  #: ``None`` if nobody has told us what the city means by it
    status: Status
    name: str
    code: str
    kind: ZoneKind | None
    flex_codes: tuple[str, ...]  #: the permits that are valid in it, as far as it says
    zone: str  #: the permit zone that an area without a code of its own belongs to, if it says so
    changed: str  #: as written; later is greater
    geometry: dict[str, Any] | None  #: GeoJSON in EPSG:25832; ``None`` if the layer has none


@dataclass(frozen=True, slots=True)
class ZoneLayer:
    """The whole layer as it was answered at one moment."""

    features: tuple[ZoneFeature, ...]
    fetched: datetime


class Zones(Protocol):
    """The city's map service."""

    def layer(self, *, now: datetime) -> ZoneLayer:
        """Return the whole layer of parking zones.

        :raises Unavailable: if it did not answer, or answered only in part.
        :raises Rejected: if it would not answer us.
        """
        ...
