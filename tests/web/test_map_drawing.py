"""What the map in a browser is given to draw: the zones of today, and the ground under them."""

from __future__ import annotations

import gzip
import json
import re

import brotli
import pytest
import shapely
from django.test import Client
from django.urls import reverse
from shapely.geometry import shape as shape_of

from parking.api import map as drawn
from parking.records import drawing
from parking.records.zone import ZoneShape, ZoneVersion
from parking.site import wiring

ZONES = reverse("map-zones")
#: A square over the middle of the town, and one far from it.
HERE, AWAY = (9, 736, 396), (9, 300, 396)


@pytest.fixture(autouse=True)
def _as_in_a_new_process():
    drawing._drawn.cache_clear()
    drawn._tile.cache_clear()


def zones(encoding="", **headers):
    answer = Client().get(ZONES, headers={"Accept-Encoding": encoding, **headers})
    assert answer.status_code == 200
    return answer


def test_the_zones_one_may_park_in_are_drawn_undermost_first(stocked):
    said = json.loads(zones().content)
    assert said["crs"]["properties"]["name"].endswith("EPSG::25832")
    categories = [each["properties"]["category"] for each in said["features"]]
    assert list(dict.fromkeys(categories)) == [
        *("outside", "elsewhere", "paid zone", "permit zone", "time-limited zone", "flex zone"),
    ]
    assert len(categories) == ZoneShape.objects.exclude(category="home area").count()
    dag = next(each for each in said["features"] if each["properties"]["code"] == "DH")
    assert dag["properties"]["codes"] == ["IB", "IØ"]


def test_what_is_drawn_is_the_shape_within_its_tolerance(stocked):
    by_code = {
        (each["properties"]["category"], each["properties"]["code"]): shape_of(each["geometry"])
        for each in json.loads(zones().content)["features"]
    }
    for shape in ZoneShape.objects.filter(category="permit zone"):
        true, seen = shape_of(shape.geometry), by_code["permit zone", shape.code]
        assert shapely.hausdorff_distance(true.boundary, seen.boundary, 0.1) < 2
        assert seen.is_valid
    assert not re.search(rb"\d\.\d\d", zones().content), "no metre in more than tenths"


def test_all_of_it_weighs_little(stocked):
    """The sandbox's map; the city's own, four times as many corners, is 17 kB."""
    assert len(zones("br").content) < 5_000
    assert len(zones("gzip").content) < 7_000


@pytest.mark.parametrize(
    ("asked", "given", "read"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
        ("", "", bytes),
    ],
)
def test_it_is_sent_as_the_browser_takes_it(stocked, asked, given, read):
    answer = zones(asked)
    assert answer.get("Content-Encoding", "") == given
    assert "Accept-Encoding" in answer["Vary"]
    assert json.loads(read(answer.content))["type"] == "FeatureCollection"


def test_the_same_zones_are_not_sent_twice(stocked):
    first = zones("br")
    again = Client().get(ZONES, headers={"Accept-Encoding": "br", "If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert again["ETag"] == first["ETag"] != zones("gzip")["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"] == "public, max-age=600"


def test_new_zones_are_sent(stocked):
    before = zones("br")["ETag"]
    ZoneVersion.objects.update(source_hash="another")
    answer = Client().get(ZONES, headers={"Accept-Encoding": "br", "If-None-Match": before})
    assert answer.status_code == 200


def test_one_question_to_the_database_is_enough(stocked, django_assert_num_queries):
    zones()
    with django_assert_num_queries(1):
        zones()


def test_who_is_logged_in_may_keep_them_too(stocked, log_in):
    client = log_in()
    assert "public" in client.get(ZONES)["Cache-Control"]
    assert client.get(reverse("my"))["Cache-Control"] == "no-store"


def test_without_a_map_there_is_nothing_to_draw(db):
    assert Client().get(ZONES).status_code == 503


# The ground


def tile(place=HERE):
    level, column, row = place
    return Client().get(reverse("map-tile", kwargs={"level": level, "column": column, "row": row}))


def test_a_tile_is_handed_on_and_may_be_kept(stocked):
    answer = tile()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "public, max-age=604800"


def test_the_basemap_is_asked_once_for_a_tile_and_told_nothing_of_who_looks(stocked, sandbox):
    tile()
    tile()
    (asked,) = sandbox.journal("wmts")
    assert "127.0.0.1" not in asked["path"]


def test_tiles_of_other_places_are_not_ours_to_fetch(stocked, sandbox):
    for place in (AWAY, (14, 1, 1), (9, 99999, 1)):
        assert tile(place).status_code == 404
    assert not sandbox.journal("wmts")


@pytest.mark.parametrize("fault", ["status:500", "status:400", "drop", "wrong-content-type"])
def test_a_basemap_that_fails_leaves_a_gap_and_no_page_of_errors(stocked, sandbox, fault):
    sandbox.fault("wmts", fault)
    answer = tile()
    assert answer.status_code == 503
    assert not answer.content


def test_a_slow_basemap_does_not_take_all_threads(stocked, monkeypatch):
    for _ in range(4):
        assert drawn._tiles_at_a_time.acquire(blocking=False)
    monkeypatch.setattr(drawn, "_PATIENCE", 0)
    try:
        assert tile().status_code == 503
    finally:
        for _ in range(4):
            drawn._tiles_at_a_time.release()


def test_without_a_basemap_there_are_no_tiles(stocked, monkeypatch, environment):
    monkeypatch.delitem(environment, "BASEMAP")
    wiring.outside.cache_clear()
    assert tile().status_code == 404
