"""Where an address is, and which zones the city has drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from parking.law.facts import Home


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
    """One shape of the city's zone layer, as it was published; nothing is mended here."""

    source_id: str
    category: str  #: as the city writes it: ``Adressebeboerzone``, ``Flexzone`` …
    name: str
    code: str
    kind: str  #: the layer's ``type``: ``1`` paid, ``2`` time-limited, or empty
    flex_codes: str  #: ``gyldige_licenszoner_flex`` as written
    changed: str  #: ``ret_dato`` as written
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
