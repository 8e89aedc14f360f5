"""Map services: GeoServers that speak WFS, with the zones of data/sandbox.

The city's layer has three editions, and the control page says which one is published: today's, the
map of tomorrow, and one with every flaw a real layer has been seen to have. Beside it another town
has a layer of its own, which calls everything by other names and measures in degrees.

Stricter than life: a parameter or a filter it does not know is an exception. Exceptions come as
XML with status 200, as GeoServer sends them, whatever format was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.world import World

GEOMETRY = "wkb_geometry"
VERSIONS = ("1.0.0", "2.0.0")
JSON = ("application/json", "json")
DATA = Path(__file__).parents[2] / "data" / "sandbox"


@dataclass(frozen=True)
class Layer:
    """One layer: where it is served, what it is called and measured in, and its columns."""

    path: str
    name: str
    crs: str
    id_column: str
    properties: Mapping[str, str]
    editions: Mapping[str, str]  #: which map → its file in data/sandbox; the first is today's

    @property
    def urn(self) -> str:
        """The name of its system of coordinates, as answers give it."""
        return f"urn:ogc:def:crs:{self.crs.replace(':', '::')}"


CITY = Layer(
    path="/k101/ows",
    name="k101:p_zoner_kbh",
    crs="EPSG:25832",
    id_column="id",
    properties={
        "kategori": "string",
        "navn": "string",
        "beskrivelse": "string",
        "opret_dato": "dateTime",
        "ret_dato": "dateTime",
        "id": "int",
        "type": "int",
        "beboerzone_pdf": "string",
        "gyldige_licenszoner_flex": "string",
        "uuid": "string",
        "ogc_fid": "int",
    },
    editions={"today": "zones.geojson", "tomorrow": "tomorrow.geojson", "traps": "traps.geojson"},
)
TOWN = Layer(
    path="/aadal/wfs",
    name="parkering:beboeromraader",
    crs="EPSG:4326",
    id_column="objektnr",
    properties={
        "objektnr": "int",
        "anvendelse": "string",
        "zonebogstav": "string",
        "zonenavn": "string",
        "ordning": "string",
        "deles_med": "string",
        "tilstand": "string",
        "redigeret": "dateTime",
    },
    editions={"today": "town.geojson"},
)
LAYERS = (CITY, TOWN)

KNOWN = {
    "service",
    "version",
    "request",
    "typenames",
    "typename",
    "outputformat",
    "srsname",
    "count",
    "maxfeatures",
    "startindex",
    "sortby",
    "bbox",
    "cql_filter",
}

Feature = dict[str, Any]
Test = Callable[[Feature], bool]

_POINT = re.compile(
    rf"INTERSECTS\(\s*{GEOMETRY}\s*,\s*POINT\s*\(\s*([\d.]+)\s+([\d.]+)\s*\)\s*\)", re.IGNORECASE
)
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_EQUALS = re.compile(r"(\w+)\s*=\s*(?:'((?:[^']|'')*)'|(\d+))")


class ServiceException(Exception):
    """The request is answered with an ExceptionReport."""

    def __init__(self, code: str, text: str, locator: str) -> None:
        super().__init__(text)
        self.code, self.text, self.locator = code, text, locator


def routes(world: World) -> list[Route]:
    """GetCapabilities, DescribeFeatureType and GetFeature.

    Faults of its own: `exception` (an ExceptionReport), `short-page` (a shape is left out without
    a word) and `changed-meanwhile` (the layer grows between two pages).
    """
    return [Route(each.path, MapServer(world, each).answer, methods=["GET"]) for each in LAYERS]


class MapServer:
    """The editions of one layer, as they were read when the sandbox started."""

    def __init__(self, world: World, layer: Layer) -> None:
        self._world = world
        self._layer = layer
        self._editions: dict[str, list[Feature]] = {
            edition: json.loads((DATA / file).read_text("utf-8"))["features"]
            for edition, file in layer.editions.items()
        }

    @property
    def _features(self) -> list[Feature]:
        return self._editions.get(published(self._world)) or self._editions["today"]

    async def answer(self, request: Request) -> Response:
        """Answer, if need be with an ExceptionReport."""
        asked = {name.lower(): value for name, value in request.query_params.items()}
        if self._world.faults.take("wfs", "exception"):
            wrong = ServiceException("NoApplicableCode", "java.lang.OutOfMemoryError", "")
            return Response(_report(wrong), media_type="application/xml")
        try:
            _check(asked, self._layer)
            return self._operation(asked)
        except ServiceException as wrong:
            return Response(_report(wrong), media_type="application/xml")

    def _operation(self, asked: dict[str, str]) -> Response:
        if asked["request"] == "GetCapabilities":
            return Response(_capabilities(self._layer), media_type="application/xml")
        if asked.get("typenames", asked.get("typename")) != self._layer.name:
            raise ServiceException("InvalidParameterValue", "Unknown feature type", "typeNames")
        if asked["request"] == "DescribeFeatureType":
            return Response(_description(self._layer), media_type="text/xml; subtype=gml/3.2")
        native = {self._layer.crs, self._layer.urn}
        if asked.get("outputformat") not in JSON or asked.get("srsname") not in native:
            only = f"JSON in {self._layer.crs} only"
            raise ServiceException("InvalidParameterValue", only, "srsName")
        tests = [self._in_box(asked["bbox"])] if "bbox" in asked else []
        if "cql_filter" in asked:
            tests += [self._filter(part) for part in _AND.split(asked["cql_filter"].strip())]
        matched = [each for each in self._features if all(test(each) for test in tests)]
        return JSONResponse(self._collection(matched, asked))

    def _collection(self, matched: list[Feature], asked: dict[str, str]) -> dict[str, Any]:
        start = _number(asked, "startindex", 0)
        most = _number(asked, "count", _number(asked, "maxfeatures", len(matched)))
        page = matched[start : start + most]
        number = len(matched)
        if self._world.faults.take("wfs", "short-page"):
            page = page[:-1]
        if start and self._world.faults.take("wfs", "changed-meanwhile"):
            number += 1
        return {
            "type": "FeatureCollection",
            "features": page,
            "totalFeatures": number,
            "numberMatched": number,
            "numberReturned": len(page),
            "timeStamp": self._world.clock.now().isoformat(timespec="milliseconds"),
            "crs": {"type": "name", "properties": {"name": self._layer.urn}},
        }

    def _in_box(self, written: str) -> Test:
        corners, _, crs = written.partition(",EPSG")
        try:
            box = shapely.box(*(float(each) for each in corners.split(",")))
        except (ValueError, TypeError) as wrong:
            raise ServiceException("InvalidParameterValue", "Four numbers", "bbox") from wrong
        if crs not in {"", self._layer.crs.removeprefix("EPSG")}:
            only = f"{self._layer.crs} only"
            raise ServiceException("InvalidParameterValue", only, "bbox")
        return _touching(box)

    def _filter(self, written: str) -> Test:
        """What one part of a CQL filter asks for: a point within, or a property's value.

        :raises ServiceException: for any other CQL
        """
        if where := _POINT.fullmatch(written):
            return _touching(shapely.Point(float(where[1]), float(where[2])))
        equal = _EQUALS.fullmatch(written)
        if equal is None or equal[1] not in self._layer.properties:
            raise ServiceException("NoApplicableCode", "Could not parse CQL filter", "cql_filter")
        name, value = equal[1], (equal[2] or equal[3] or "").replace("''", "'")

        def has(each: Feature) -> bool:
            return str(each["properties"][name]) == value

        return has


def published(world: World) -> str:
    """Which edition of the city's map is published."""
    return str(world.store.get("wfs", "map") or "today")


def publish(world: World, edition: str) -> None:
    """Publish another edition of the city's map.

    :raises ValueError: if there is no such edition
    """
    if edition not in CITY.editions:
        raise ValueError(f"map: {', '.join(CITY.editions)}")
    world.store.put("wfs", "map", edition)


def _touching(shape: BaseGeometry) -> Test:
    def touches(each: Feature) -> bool:
        if not each["geometry"] or not each["geometry"]["coordinates"]:
            return False
        drawn = shapely.from_geojson(json.dumps(each["geometry"]), on_invalid="ignore")
        return drawn is not None and bool(shapely.make_valid(drawn).intersects(shape))

    return touches


def _check(asked: dict[str, str], layer: Layer) -> None:
    """Refuse what is not WFS as we know it.

    :raises ServiceException: if there is any
    """
    if unknown := sorted(set(asked) - KNOWN):
        raise ServiceException("InvalidParameterValue", "Unknown parameter", unknown[0])
    if asked.get("service") != "WFS":
        raise ServiceException("MissingParameterValue", "service must be WFS", "service")
    if asked.get("version") not in VERSIONS:
        raise ServiceException("VersionNegotiationFailed", "1.0.0 or 2.0.0", "version")
    if asked.get("request") not in {"GetCapabilities", "DescribeFeatureType", "GetFeature"}:
        raise ServiceException("OperationNotSupported", "Unknown operation", "request")
    if asked.get("sortby", layer.id_column) != layer.id_column:
        only = f"Sorted by {layer.id_column} only"
        raise ServiceException("InvalidParameterValue", only, "sortBy")
    if "bbox" in asked and "cql_filter" in asked:
        raise ServiceException("NoApplicableCode", "bbox and cql_filter exclude each other", "bbox")


def _number(asked: dict[str, str], name: str, otherwise: int) -> int:
    written = asked.get(name, str(otherwise))
    if not written.isdecimal():
        raise ServiceException("InvalidParameterValue", "Not a number", name)
    return int(written)


def _description(layer: Layer) -> str:
    prefix, _, name = layer.name.partition(":")
    columns = "\n".join(
        f'  <xsd:element name="{column}" type="xsd:{kind}" minOccurs="0" nillable="true"/>'
        for column, kind in layer.properties.items()
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:{prefix}="http://sandbox.invalid/{prefix}" targetNamespace="http://sandbox.invalid/{prefix}">
 <xsd:complexType name="{name}Type"><xsd:complexContent>
 <xsd:extension base="gml:AbstractFeatureType"><xsd:sequence>
{columns}
  <xsd:element name="{GEOMETRY}" type="gml:MultiSurfacePropertyType" minOccurs="0"/>
 </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
 <xsd:element name="{name}" type="{prefix}:{name}Type"/>
</xsd:schema>
"""


def _capabilities(layer: Layer) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="2.0.0" xmlns:wfs="http://www.opengis.net/wfs/2.0"
 xmlns:ows="http://www.opengis.net/ows/1.1">
 <ows:ServiceIdentification><ows:Title>Sandkassens kort</ows:Title>
 <ows:ServiceType>WFS</ows:ServiceType><ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion>
 </ows:ServiceIdentification>
 <wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>{layer.name}</wfs:Name>
 <wfs:Title>Parkeringszoner</wfs:Title><wfs:DefaultCRS>{layer.urn}</wfs:DefaultCRS>
 </wfs:FeatureType></wfs:FeatureTypeList>
</wfs:WFS_Capabilities>
"""


def _report(wrong: ServiceException) -> str:
    code, locator = quoteattr(wrong.code), quoteattr(wrong.locator)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ows:ExceptionReport version="2.0.0" xmlns:ows="http://www.opengis.net/ows/1.1">
 <ows:Exception exceptionCode={code} locator={locator}>
  <ows:ExceptionText>{escape(wrong.text)}</ows:ExceptionText>
 </ows:Exception>
</ows:ExceptionReport>
"""
