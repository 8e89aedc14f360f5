"""The city's map: what every adapter for it must do, and what a GeoServer can do to us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import respx
import shapely

from parking.adapters.wfs import CityMap
from parking.ports import Rejected, Unavailable
from parking.ports.places import ZoneLayer
from sandbox import city
from sandbox_process import Sandbox

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AREAS = 27


def city_map(sandbox: Sandbox, patience: float = 5.0) -> CityMap:
    address = sandbox.addresses["ZONES"].removeprefix("wfs+")
    return CityMap(address=address, read_timeout=patience, deadline=patience, page_size=30)


@pytest.fixture
def zones(sandbox: Sandbox) -> Iterator[CityMap]:
    adapter = city_map(sandbox)
    yield adapter
    adapter.close()


def homes_at(layer: ZoneLayer, x: float, y: float) -> set[str]:
    return {
        each.code
        for each in layer.features
        if each.category == "Adressebeboerzone"
        and each.geometry is not None
        and shapely.geometry.shape(each.geometry).contains(shapely.Point(x, y))
    }


def test_the_layer_comes_whole_in_pages(zones: CityMap, calm_sandbox: Sandbox) -> None:
    layer = zones.layer(now=NOW)
    assert layer.fetched == NOW
    assert len(calm_sandbox.journal("wfs")) == 3
    categories = {each.category for each in layer.features}
    assert {"Adressebeboerzone", "Beboerzone", "Zone med tidsrestriktion", "Flexzone"} < categories
    assert len({each.source_id for each in layer.features}) == len(layer.features)


def test_a_shape_has_its_code_its_name_and_its_kind(zones: CityMap) -> None:
    layer = zones.layer(now=NOW)
    areas = {each.code: each for each in layer.features if each.category == "Adressebeboerzone"}
    assert len(areas) == AREAS
    assert areas["IØ"].name == "Indre Østerbro"
    assert areas["VS"].name == "Zone med 3-timers restriktion Valby Syd"
    assert areas["VS"].kind == "2"
    [flex] = [each for each in layer.features if each.code == "RO"]
    assert flex.flex_codes == "YN, YØ"
    [neighbour] = [each for each in layer.features if each.name == "Frederiksberg"]
    assert (neighbour.category, neighbour.code) == ("Uden for betalingszoner", "")


def test_a_shape_without_a_shape_is_told_as_such(zones: CityMap) -> None:
    without = [each for each in zones.layer(now=NOW).features if each.geometry is None]
    assert [each.code for each in without] == ["AN"]


def test_every_home_lies_where_its_story_says(zones: CityMap) -> None:
    layer = zones.layer(now=NOW)
    stories = {
        "private": {"VA"},
        "overlap": {"AN", "LP"},
        "gap": set(),
        "ørestad": set(),
        "nordhavn": set(),
        "cellar": {"KE"},
        "frederiksberg": set(),
    }
    for home in city.ADDRESSES:
        assert homes_at(layer, home.x, home.y) == stories.get(home.key, {home.key})


def test_a_late_answer_is_unavailable(calm_sandbox: Sandbox) -> None:
    impatient = city_map(calm_sandbox, patience=0.3)
    calm_sandbox.fault("wfs", "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.layer(now=NOW)
    impatient.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("status:500", Unavailable),
        ("status:503", Unavailable),
        ("status:429", Unavailable),
        ("status:400", Rejected),
        ("drop", Unavailable),
        ("garbage", Unavailable),
        ("truncated", Unavailable),
        ("wrong-content-type", Unavailable),
        ("exception", Unavailable),
        ("short-page", Unavailable),
        ("changed-meanwhile", Unavailable),
    ],
)
def test_what_goes_wrong_there_is_one_of_our_errors(
    zones: CityMap, calm_sandbox: Sandbox, fault: str, error: type[Exception]
) -> None:
    calm_sandbox.fault("wfs", fault)
    with pytest.raises(error):
        zones.layer(now=NOW)


GOOD = {
    "type": "FeatureCollection",
    "features": [],
    "numberMatched": 0,
    "numberReturned": 0,
    "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}},
        {"numberMatched": "unknown"},
        {"numberReturned": 7},
        {"features": [{}], "numberMatched": 1, "numberReturned": 1},
        {"type": "Feature"},
    ],
)
def test_an_answer_that_makes_no_sense_is_unavailable(
    zones: CityMap, wrong: dict[str, object]
) -> None:
    with respx.mock() as answers:
        answers.get().mock(return_value=httpx.Response(200, json={**GOOD, **wrong}))
        with pytest.raises(Unavailable):
            zones.layer(now=NOW)


# The sandbox's map server, asked as others would.

ASKED = {
    "service": "WFS",
    "version": "2.0.0",
    "request": "GetFeature",
    "typeNames": "k101:p_zoner_kbh",
    "outputFormat": "application/json",
    "srsName": "EPSG:25832",
}


def get(sandbox: Sandbox, **more: str) -> httpx.Response:
    address = sandbox.addresses["ZONES"].removeprefix("wfs+")
    return httpx.get(address, params={**ASKED, **more})


def test_the_map_server_finds_what_lies_at_a_point(sandbox: Sandbox) -> None:
    point = "INTERSECTS(wkb_geometry, POINT(723569.6 6175307.7)) AND kategori = 'Adressebeboerzone'"
    found = get(sandbox, cql_filter=point).json()
    assert [each["properties"]["navn"] for each in found["features"]] == ["VB"]
    box = get(sandbox, bbox="723560,6175300,723570,6175310").json()
    assert "VB" in {each["properties"]["navn"] for each in box["features"]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"cql_filter": "navn LIKE 'V%'"},
        {"bbox": "1,2,3"},
        {"srsName": "EPSG:4326"},
        {"typeNames": "k101:other"},
        {"unknown": "1"},
        {"count": "-1"},
    ],
)
def test_the_map_server_reports_an_exception_with_status_200(
    sandbox: Sandbox, wrong: dict[str, str]
) -> None:
    answer = get(sandbox, **wrong)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "ows:ExceptionReport" in answer.text


def test_the_map_server_describes_itself(sandbox: Sandbox) -> None:
    assert "k101:p_zoner_kbh" in get(sandbox, request="GetCapabilities").text
    assert 'name="wkb_geometry"' in get(sandbox, request="DescribeFeatureType").text
