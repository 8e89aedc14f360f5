"""The city's map: what every adapter for it must do, and what a GeoServer can do to us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import respx
import shapely

from parking.adapters.wfs import CityMap
from parking.adapters.zone_layout import BadLayout, Layout
from parking.law.zones import Category, Status, ZoneKind
from parking.ports import Rejected, Unavailable
from parking.ports.places import ZoneLayer
from sandbox import city
from sandbox_process import Sandbox

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
AREAS = 27
DATA = Path(__file__).parents[2] / "data"
COPENHAGEN = Layout.read(DATA / "zones" / "copenhagen.toml")
SANDBOX = DATA / "sandbox"


def city_map(sandbox: Sandbox, patience: float = 5.0) -> CityMap:
    address = sandbox.addresses["ZONES"].removeprefix("wfs+")
    return CityMap(
        address=address, layout=COPENHAGEN, read_timeout=patience, deadline=patience, page_size=30
    )


@pytest.fixture
def zones(sandbox: Sandbox) -> Iterator[CityMap]:
    adapter = city_map(sandbox)
    yield adapter
    adapter.close()


def homes_at(layer: ZoneLayer, x: float, y: float) -> set[str]:
    return {
        each.code
        for each in layer.features
        if each.category is Category.HOME_AREA
        and each.status is Status.NOW
        and each.geometry is not None
        and shapely.geometry.shape(each.geometry).contains(shapely.Point(x, y))
    }


def test_the_layer_comes_whole_in_pages(zones: CityMap, calm_sandbox: Sandbox) -> None:
    layer = zones.layer(now=NOW)
    assert layer.fetched == NOW
    assert len(calm_sandbox.journal("wfs")) == 3
    assert {each.category for each in layer.features} == set(Category)
    assert {each.status for each in layer.features} == set(Status)
    assert len({each.source_id for each in layer.features}) == len(layer.features)


def test_a_shape_has_its_code_its_name_and_its_kind(zones: CityMap) -> None:
    layer = zones.layer(now=NOW)
    areas = {
        each.code: each
        for each in layer.features
        if (each.category, each.status) == (Category.HOME_AREA, Status.NOW)
    }
    assert len(areas) == AREAS
    assert areas["IØ"].name == "Indre Østerbro"
    assert areas["VS"].name == "Zone med 3-timers restriktion Valby Syd"
    assert areas["VS"].kind is ZoneKind.TIME_LIMITED
    [flex] = [each for each in layer.features if each.code == "RO"]
    assert flex.flex_codes == ("YN", "YØ")
    [neighbour] = [each for each in layer.features if each.name == "Frederiksberg"]
    assert (neighbour.category, neighbour.code) == (Category.ELSEWHERE, "")


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
        "flex": {"YN"},
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


# Another town's layer: other words, other columns, other coordinates.


@pytest.fixture
def town(calm_sandbox: Sandbox) -> Iterator[CityMap]:
    layout = Layout.read(SANDBOX / "town.toml")
    adapter = CityMap(address=f"{calm_sandbox.base}/aadal/wfs", layout=layout, page_size=4)
    yield adapter
    adapter.close()


def test_another_towns_layer_is_read_by_its_own_layout(
    town: CityMap, calm_sandbox: Sandbox
) -> None:
    layer = {each.source_id: each for each in town.layer(now=NOW).features}
    assert len(calm_sandbox.journal("wfs")) == 3
    told = [
        (each.category, each.status, each.code, each.name, each.kind, each.flex_codes)
        for each in layer.values()
    ]
    paid, timed = ZoneKind.PAID, ZoneKind.TIME_LIMITED
    assert told == [
        (Category.HOME_AREA, Status.NOW, "A", "Midtbyen", paid, ()),
        (Category.HOME_AREA, Status.NOW, "B", "Havnen", timed, ()),
        (Category.HOME_AREA, Status.TO_COME, "C", "Skibhus", timed, ()),
        (Category.HOME_AREA, Status.PAST, "D", "Banegården", timed, ()),
        (Category.PERMIT_ZONE, Status.NOW, "A", "Midtbyen", None, ()),
        (Category.TIME_LIMITED_ZONE, Status.NOW, "B", "Havnen", None, ()),
        (Category.FLEX_ZONE, Status.NOW, "A/B", "Kanalgade", None, ("A", "B")),
        (Category.PAID_ZONE, Status.NOW, "Rød", "Takst 1", None, ()),
        (Category.OUTSIDE, Status.NOW, "", "Frit område", None, ()),
        (Category.ELSEWHERE, Status.NOW, "", "Nabokommunen", None, ()),
    ]


def test_another_towns_degrees_become_our_metres(town: CityMap) -> None:
    first = town.layer(now=NOW).features[0]
    corners = shapely.geometry.shape(first.geometry).bounds
    assert corners == pytest.approx((587_000, 6_139_000, 587_800, 6_139_600), abs=0.01)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('layer = "x"', "sort_by is missing"),
        ('surprise = "x"', "nobody knows surprise"),
        ("[categories", "town.toml"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(tmp_path: Path, line: str, wrong: str) -> None:
    file = tmp_path / "town.toml"
    file.write_text(line)
    with pytest.raises(BadLayout, match=wrong):
        Layout.read(file)


@pytest.mark.parametrize(
    ("was", "becomes", "wrong"),
    [
        ('"home area"', '"hjemmeområde"', "hjemmeområde"),
        ('code = "', 'kode = "', "no column for code"),
        ('kind = "ordning"', 'sort = "ordning"', "nobody reads a column for sort"),
        ("EPSG:4326", "EPSG:1", "EPSG:1"),
    ],
)
def test_a_layout_with_a_mistake_says_which(
    tmp_path: Path, was: str, becomes: str, wrong: str
) -> None:
    file = tmp_path / "town.toml"
    file.write_text((SANDBOX / "town.toml").read_text("utf-8").replace(was, becomes, 1), "utf-8")
    with pytest.raises(BadLayout, match=wrong):
        Layout.read(file)


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


@pytest.mark.parametrize("edition", ["tomorrow", "traps"])
def test_the_city_publishes_another_map_on_command(
    zones: CityMap, calm_sandbox: Sandbox, edition: str
) -> None:
    today = {each.source_id: each for each in zones.layer(now=NOW).features}
    assert calm_sandbox.control("POST", "map", map=edition)["map"] == edition
    other = {each.source_id: each for each in zones.layer(now=NOW).features}
    assert other != today
    calm_sandbox.control("POST", "map", map="today")
    assert {each.source_id: each for each in zones.layer(now=NOW).features} == today


def test_a_map_that_does_not_exist_cannot_be_published(calm_sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        calm_sandbox.control("POST", "map", map="yesterday")
