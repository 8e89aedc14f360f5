"""Where is an address? Five answers, always one of them, whoever wrote the map and however."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from parking.actions.cleaning import Cleaned, Shape, clean
from parking.adapters.zone_layout import Layout
from parking.law.zones import Category, HomeArea, Place, Status, ZoneKind
from parking.records.map import Map
from parking.records.zone import ZoneShape
from rewriting import rewritten

ROOT = Path(__file__).parents[2]
LAYOUT = Layout.read(ROOT / "data" / "zones" / "copenhagen.toml")


def map_of(shapes) -> Map:
    return Map.of(
        1,
        [
            ZoneShape(
                category=each.category,
                code=each.code,
                name=each.name,
                kind=each.kind.value if each.kind else "",
                codes=list(each.codes),
                geometry=json.loads(json.dumps(shapely.geometry.mapping(each.geometry))),
                source_id=each.source_id,
            )
            for each in shapes
            if each.status is Status.NOW
        ],
    )


@lru_cache
def drawn(name: str) -> Cleaned:
    said = json.loads((ROOT / "data" / "sandbox" / name).read_text("utf-8"))["features"]
    return clean([LAYOUT.feature(each) for each in said])


def area(code: str, x: float, category: Category = Category.HOME_AREA) -> Shape:
    return Shape(
        source_id=code,
        category=category,
        status=Status.NOW,
        code=code if category is Category.HOME_AREA else "",
        name=code,
        kind=ZoneKind.PAID if category is Category.HOME_AREA else None,
        codes=(),
        geometry=shapely.MultiPolygon([shapely.box(x, 0, x + 100, 100)]),
    )


SMALL = (
    area("A", 0),
    area("B", 100),
    area("C", 250),
    area("nothing", 350, Category.OUTSIDE),
    area("neighbour", 450, Category.ELSEWHERE),
    area("Rød", 550, Category.PAID_ZONE),
)


@pytest.mark.parametrize(
    ("x", "place", "zone"),
    [
        (50, Place.HOME_AREA, "A"),
        (0, Place.HOME_AREA, "A"),  # on the outer border
        (100, Place.SEVERAL, None),  # on the border of two
        (225, Place.UNKNOWN, None),  # in the gap
        (200, Place.HOME_AREA, "B"),  # on the border of the gap
        (350, Place.HOME_AREA, "C"),  # on the border of what has no scheme
        (400, Place.NO_AREA, None),
        (500, Place.ELSEWHERE, None),
        (600, Place.UNKNOWN, None),  # the price of an hour says nothing about a home
    ],
)
def test_a_point_has_one_answer_also_on_a_border(x: float, place: Place, zone: str | None) -> None:
    found = map_of(SMALL).home_area(x, 50)
    assert (found.place, found.zone) == (place, zone)


def test_an_overlap_names_all_it_could_be() -> None:
    shapes = [area("B", 0), area("A", 50), area("Å", 60)]
    assert map_of(shapes).home_area(80, 50).candidates == ("A", "B", "Å")


@lru_cache
def whole() -> Map:
    return map_of(drawn("traps.geojson").shapes)


WEST, SOUTH, EAST, NORTH = 717_500, 6_169_000, 730_500, 6_183_000
anywhere = st.tuples(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))


@st.composite
def corners(draw):
    """A corner of some shape, or a point on one of its sides: where it is hardest to say."""
    shapes = [shape for shape in drawn("traps.geojson").shapes if shape.status is Status.NOW]
    shape = draw(st.sampled_from(shapes))
    points = shapely.get_coordinates(shape.geometry).tolist()
    number = draw(st.integers(0, len(points) - 2))
    share = draw(st.sampled_from([0.0, 0.0, 0.5]))
    (x, y), (u, v) = points[number], points[number + 1]
    return x + share * (u - x), y + share * (v - y)


@settings(deadline=None)
@given(st.one_of(anywhere, corners()))
def test_every_point_has_exactly_one_of_the_five_answers(point) -> None:
    found = whole().home_area(*point)
    assert isinstance(found, HomeArea)
    assert found.place in Place
    assert (found.zone is not None) is (found.place is Place.HOME_AREA)
    assert (found.kind is not None) is (found.place is Place.HOME_AREA)
    assert (len(found.candidates) > 1) is (found.place is Place.SEVERAL)


@settings(deadline=None)
@given(st.lists(st.one_of(anywhere, corners()), min_size=20, max_size=20), st.randoms())
def test_an_answer_never_depends_on_how_the_map_is_written(points, random) -> None:
    shapes = [
        replace(each, geometry=rewritten(each.geometry, random))
        for each in drawn("traps.geojson").shapes
    ]
    random.shuffle(shapes)
    other = map_of(shapes)
    assert [other.home_area(*point) for point in points] == [
        whole().home_area(*point) for point in points
    ]


# The city's own layer, as it was published in June 2026. It is not ours to hand on.

SNAPSHOT = ROOT.parent / "shared" / "gis" / "p_zoner_kbh.geojson"
of_the_city = pytest.mark.skipif(
    not SNAPSHOT.exists(),
    reason=f"the city's own layer is not at ../{SNAPSHOT.relative_to(ROOT.parent)}",
)

HOMES = {
    "AN": (55.66355, 12.60246), "CH": (55.67330, 12.59435), "IB": (55.68197, 12.57871),
    "IN": (55.69236, 12.55773), "IØ": (55.70122, 12.57754), "VA": (55.66505, 12.51734),
    "VB": (55.67201, 12.55548), "YN": (55.69931, 12.54574), "YØ": (55.71010, 12.56906),
    "GJ": (55.65256, 12.59092), "HS": (55.73011, 12.56483), "NV": (55.70437, 12.53028),
    "VS": (55.65622, 12.51935), "HA": (55.65934, 12.57196), "VL": (55.68603, 12.49041),
    "LP": (55.66429, 12.61621), "AS": (55.65137, 12.63642), "SV": (55.65434, 12.61437),
    "SØ": (55.65303, 12.62560), "GD": (55.69453, 12.51138), "ÅH": (55.67288, 12.48552),
    "BB": (55.71127, 12.52510), "KE": (55.65291, 12.53840), "VI": (55.66028, 12.50326),
    "RP": (55.72198, 12.55964), "SJ": (55.72347, 12.57396), "HK": (55.66717, 12.55976),
}  # fmt: skip
OVERLAPS = {
    ("AN", "LP"): (55.663498, 12.610875),
    ("AS", "SØ"): (55.652794, 12.631563),
    ("YN", "YØ"): (55.707850, 12.556347),
    ("IB", "VB"): (55.678165, 12.563620),
    ("HK", "VB"): (55.666234, 12.557763),
}
ELSEWHERE = {
    "Ørestad": ((55.6303, 12.5772), Place.NO_AREA),
    "Nordhavn": ((55.7075, 12.5995), Place.NO_AREA),
    "Tingbjerg": ((55.7185, 12.4903), Place.NO_AREA),
    "Husum Torv": ((55.7096, 12.4823), Place.NO_AREA),
    "Frederiksberg": ((55.6786, 12.5316), Place.ELSEWHERE),
    "Sluseholmen": ((55.6465, 12.5460), Place.UNKNOWN),
}
TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:25832")


@lru_cache
def city() -> Map:
    """The layer as it was saved, in degrees."""
    layout = replace(LAYOUT, crs="EPSG:4326")
    said = json.loads(SNAPSHOT.read_text("utf-8"))["features"]
    return map_of(clean([layout.feature(each) for each in said]).shapes)


def asked(point: tuple[float, float]) -> HomeArea:
    return city().home_area(*TO_METRES.transform(*point))


@of_the_city
@pytest.mark.parametrize("code", HOMES)
def test_each_of_the_citys_zones_is_found(code: str) -> None:
    found = asked(HOMES[code])
    assert (found.place, found.zone) == (Place.HOME_AREA, code)
    paid = {"AN", "CH", "IB", "IN", "IØ", "VA", "VB", "YN", "YØ"}
    assert found.kind is (ZoneKind.PAID if code in paid else ZoneKind.TIME_LIMITED)


@of_the_city
@pytest.mark.parametrize("codes", OVERLAPS)
def test_each_of_the_citys_overlaps_is_for_a_person(codes: tuple[str, str]) -> None:
    found = asked(OVERLAPS[codes])
    assert (found.place, found.candidates) == (Place.SEVERAL, codes)


@of_the_city
@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_gives_no_right_in_the_city_says_why(name: str) -> None:
    point, place = ELSEWHERE[name]
    assert asked(point).place is place
