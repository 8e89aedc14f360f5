"""The city's map service: a GeoServer that speaks WFS, with the zones of data/sandbox.

Stricter than life: a parameter or a filter it does not know is an exception. Exceptions come as
XML with status 200, as GeoServer sends them, whatever format was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.world import World

PATH = "/k101/ows"
LAYER = "k101:p_zoner_kbh"
GEOMETRY = "wkb_geometry"
VERSIONS = ("1.0.0", "2.0.0")
CRS = ("EPSG:25832", "urn:ogc:def:crs:EPSG::25832")
JSON = ("application/json", "json")
ZONES = Path(__file__).parents[2] / "data" / "sandbox" / "zones.geojson"

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
    server = MapServer(world)
    return [Route(PATH, server.answer, methods=["GET"])]


class MapServer:
    """The layer, as it was read when the sandbox started."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._features: list[Feature] = json.loads(ZONES.read_text("utf-8"))["features"]
        self._shapes = {
            each["id"]: shapely.geometry.shape(each["geometry"]) for each in self._features
        }

    async def answer(self, request: Request) -> Response:
        """Answer, if need be with an ExceptionReport."""
        asked = {name.lower(): value for name, value in request.query_params.items()}
        if self._world.faults.take("wfs", "exception"):
            wrong = ServiceException("NoApplicableCode", "java.lang.OutOfMemoryError", "")
            return Response(_report(wrong), media_type="application/xml")
        try:
            _check(asked)
            return self._operation(asked)
        except ServiceException as wrong:
            return Response(_report(wrong), media_type="application/xml")

    def _operation(self, asked: dict[str, str]) -> Response:
        if asked["request"] == "GetCapabilities":
            return Response(CAPABILITIES, media_type="application/xml")
        if asked.get("typenames", asked.get("typename")) != LAYER:
            raise ServiceException("InvalidParameterValue", "Unknown feature type", "typeNames")
        if asked["request"] == "DescribeFeatureType":
            return Response(DESCRIPTION, media_type="text/xml; subtype=gml/3.2")
        if asked.get("outputformat") not in JSON or asked.get("srsname") not in CRS:
            raise ServiceException("InvalidParameterValue", "JSON in EPSG:25832 only", "srsName")
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
            "crs": {"type": "name", "properties": {"name": CRS[1]}},
        }

    def _in_box(self, written: str) -> Test:
        corners, _, crs = written.partition(",EPSG")
        try:
            box = shapely.box(*(float(each) for each in corners.split(",")))
        except (ValueError, TypeError) as wrong:
            raise ServiceException("InvalidParameterValue", "Four numbers", "bbox") from wrong
        if crs not in {"", ":25832"}:
            raise ServiceException("InvalidParameterValue", "EPSG:25832 only", "bbox")
        return self._touching(box)

    def _filter(self, written: str) -> Test:
        """What one part of a CQL filter asks for: a point within, or a property's value.

        :raises ServiceException: for any other CQL
        """
        if where := _POINT.fullmatch(written):
            return self._touching(shapely.Point(float(where[1]), float(where[2])))
        equal = _EQUALS.fullmatch(written)
        if equal is None or equal[1] not in PROPERTIES:
            raise ServiceException("NoApplicableCode", "Could not parse CQL filter", "cql_filter")
        name, value = equal[1], (equal[2] or equal[3] or "").replace("''", "'")

        def has(each: Feature) -> bool:
            return str(each["properties"][name]) == value

        return has

    def _touching(self, shape: BaseGeometry) -> Test:
        def touches(each: Feature) -> bool:
            return bool(self._shapes[each["id"]].intersects(shape))

        return touches


def _check(asked: dict[str, str]) -> None:
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
    if asked.get("sortby", "id") != "id":
        raise ServiceException("InvalidParameterValue", "Sorted by id only", "sortBy")
    if "bbox" in asked and "cql_filter" in asked:
        raise ServiceException("NoApplicableCode", "bbox and cql_filter exclude each other", "bbox")


def _number(asked: dict[str, str], name: str, otherwise: int) -> int:
    written = asked.get(name, str(otherwise))
    if not written.isdecimal():
        raise ServiceException("InvalidParameterValue", "Not a number", name)
    return int(written)


PROPERTIES = {
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
}

DESCRIPTION = f"""<?xml version="1.0" encoding="UTF-8"?>
<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:k101="http://www.kk.dk/k101" targetNamespace="http://www.kk.dk/k101">
 <xsd:complexType name="p_zoner_kbhType"><xsd:complexContent>
 <xsd:extension base="gml:AbstractFeatureType"><xsd:sequence>
{
    chr(10).join(
        f'  <xsd:element name="{name}" type="xsd:{kind}" minOccurs="0" nillable="true"/>'
        for name, kind in PROPERTIES.items()
    )
}
  <xsd:element name="{GEOMETRY}" type="gml:MultiSurfacePropertyType" minOccurs="0"/>
 </xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
 <xsd:element name="p_zoner_kbh" type="k101:p_zoner_kbhType"/>
</xsd:schema>
"""

CAPABILITIES = f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="2.0.0" xmlns:wfs="http://www.opengis.net/wfs/2.0"
 xmlns:ows="http://www.opengis.net/ows/1.1">
 <ows:ServiceIdentification><ows:Title>Sandkassens kort</ows:Title>
 <ows:ServiceType>WFS</ows:ServiceType><ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion>
 </ows:ServiceIdentification>
 <wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>{LAYER}</wfs:Name>
 <wfs:Title>Parkeringszoner</wfs:Title><wfs:DefaultCRS>{CRS[1]}</wfs:DefaultCRS>
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
