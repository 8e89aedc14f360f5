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


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What may have been meant by a text: a house, or a road that a number is missing from."""

    text: str  #: ``Istedgade 217, 1650 København V``, or ``Istedgade``
    house: str = ""  #: its identity in the register; empty if it is not a house yet


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house number and where it is; nothing of who lives there."""

    identity: str
    text: str  #: as it is written on a letter
    municipality: str  #: four digits
    road_code: str
    road: str
    point: Point

    @property
    def address(self) -> str:
        """Road and number alone, ``Leifsgade 9``: how a garage is known."""
        return self.text.partition(",")[0].strip()


class Addresses(Protocol):
    """The register of addresses."""

    def point(self, home: Home) -> Point:
        """Return where the house of *home* has its access point.

        :raises NotFound: if no such house number is registered.
        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def search(self, text: str, *, municipality: str = "") -> tuple[Suggestion, ...]:
        """Return what may have been meant by *text*, the likeliest first; at most ten.

        With *municipality* only what lies there; otherwise in the whole country.

        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def house(self, identity: str) -> House:
        """Return the house that a suggestion named.

        :raises NotFound: if there is none.
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


#: The grid of the national maps in EPSG:25832: the upper left corner in metres, the metres that a
#: pixel is wide at level 0 (half as wide at each next one), how many levels, and a tile's pixels.
GRID_CORNER = (120_000.0, 6_500_000.0)
GRID_WIDEST = 1638.4
GRID_LEVELS = 14
GRID_TILE = 256


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of the ground: a picture, and its media type."""

    picture: bytes
    kind: str


class Basemap(Protocol):
    """The map under our zones: streets, water, names."""

    def tile(self, level: int, column: int, row: int) -> Tile:
        """Return one square of the national grid, columns and rows from its upper left corner.

        :raises NotFound: if the map has no such tile.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...
