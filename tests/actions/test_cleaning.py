"""A map with every flaw that real ones have: what is done about each, and that it is told."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parking.actions.cleaning import Cleaned, Line, Shape, Trap, clean
from parking.adapters.zone_layout import Layout
from parking.law.zones import Category, Status, ZoneKind
from parking.ports.places import ZoneFeature

DATA = Path(__file__).parents[2] / "data"
LAYOUT = Layout.read(DATA / "zones" / "copenhagen.toml")


def layer(name: str) -> list[ZoneFeature]:
    said = json.loads((DATA / "sandbox" / name).read_text("utf-8"))["features"]
    return [LAYOUT.feature(each) for each in said]


TRAPS = layer("traps.geojson")


@pytest.fixture(scope="module")
def cleaned() -> Cleaned:
    return clean(TRAPS)


def lines(cleaned: Cleaned, trap: Trap) -> list[Line]:
    return [line for line in cleaned.report if line.trap is trap]


def shapes(cleaned: Cleaned, category: Category, code: str) -> list[Shape]:
    return [
        shape
        for shape in cleaned.shapes
        if (shape.category, shape.code, shape.status) == (category, code, Status.NOW)
    ]


def test_every_trap_is_met_and_none_goes_untold(cleaned: Cleaned) -> None:
    assert {line.trap for line in cleaned.report} == set(Trap)


def test_whatever_is_wrong_every_shape_can_be_asked(cleaned: Cleaned) -> None:
    for shape in cleaned.shapes:
        assert shape.geometry.is_valid
        assert not shape.geometry.is_empty
        assert shape.geometry.geom_type == "MultiPolygon"


def test_an_empty_shape_with_a_twin_is_the_twin(cleaned: Cleaned) -> None:
    [line] = lines(cleaned, Trap.EMPTY_WITH_TWIN)
    assert line.codes == ("AN",)
    assert len(shapes(cleaned, Category.HOME_AREA, "AN")) == 1


def test_an_empty_shape_without_a_twin_is_set_aside(cleaned: Cleaned) -> None:
    assert {line.detail for line in lines(cleaned, Trap.EMPTY)} == {"Sundby Nord", "Kirkegården"}
    # The rest of the paid zone is another piece of it, and no twin.
    [blue] = shapes(cleaned, Category.PAID_ZONE, "Blå")
    assert blue.name == "Blå betalingszone"


def test_a_broken_shape_is_mended(cleaned: Cleaned) -> None:
    why = {line.codes: line.detail for line in lines(cleaned, Trap.BROKEN)}
    assert why[("IB",)] == "Too few points in a ring"
    assert "Self-intersection" in why[("ÅH-VL",)]
    [eight] = shapes(cleaned, Category.FLEX_ZONE, "ÅH-VL")
    assert eight.geometry.area == pytest.approx(80_000)
    [inner] = shapes(cleaned, Category.HOME_AREA, "IB")
    [whole] = [
        shape
        for shape in clean(layer("zones.geojson")).shapes
        if (shape.category, shape.code) == (Category.HOME_AREA, "IB")
    ]
    assert inner.geometry.equals(whole.geometry)


def test_the_same_shape_twice_is_one_and_the_newest(cleaned: Cleaned) -> None:
    [line] = lines(cleaned, Trap.SAME_TWICE)
    assert line.codes == ("KE",)
    [kept] = shapes(cleaned, Category.HOME_AREA, "KE")
    newest = max(
        (row for row in TRAPS if row.source_id in line.source_ids), key=lambda r: r.changed
    )
    assert kept.source_id == newest.source_id


def test_two_shapes_of_one_code_are_parts_of_one(cleaned: Cleaned) -> None:
    assert [line.codes for line in lines(cleaned, Trap.PARTS)] == [("RP",)]
    assert len(shapes(cleaned, Category.HOME_AREA, "RP")) == 2


def test_overlapping_areas_are_told_with_their_size_and_kept(cleaned: Cleaned) -> None:
    told = {line.codes: line for line in lines(cleaned, Trap.OVERLAP)}
    assert told.keys() == {("AN", "LP"), ("YN", "YØ")}
    line = told["YN", "YØ"]
    both = [shapes(cleaned, Category.HOME_AREA, code)[0].geometry for code in line.codes]
    assert line.m2 == pytest.approx(both[0].intersection(both[1]).area, abs=0.1)
    assert line.at
    assert all(shape.contains(shapely.Point(line.at)) for shape in both)


def test_a_gap_is_told_with_its_size_and_a_point_in_it(cleaned: Cleaned) -> None:
    gaps = [line for line in lines(cleaned, Trap.GAP) if 150_000 < (line.m2 or 0) < 200_000]
    assert gaps, "the hole that is drawn in the map is a circle of 250 m"
    for line in lines(cleaned, Trap.GAP):
        assert line.at
        assert not any(
            shape.geometry.contains(shapely.Point(line.at))
            for shape in cleaned.shapes
            if shape.status is Status.NOW
            and shape.category in {Category.HOME_AREA, Category.OUTSIDE, Category.ELSEWHERE}
        )


def test_a_code_of_no_home_area_is_told(cleaned: Cleaned) -> None:
    told = {line.detail for line in lines(cleaned, Trap.UNKNOWN_CODE)}
    assert {"ÅL", "GL", "GL → GD?"} <= told
    [flex] = shapes(cleaned, Category.FLEX_ZONE, "VL-GL")
    assert flex.codes == ("VL", "GL")


def test_an_area_that_bears_anothers_code_is_told(cleaned: Cleaned) -> None:
    assert [line.detail for line in lines(cleaned, Trap.ANOTHERS_CODE)] == ["VA → VI?"]


def test_a_column_that_is_abused_is_not_read(cleaned: Cleaned) -> None:
    told = Counter(line.detail for line in lines(cleaned, Trap.ABUSED_COLUMN))
    assert told == {"Ja": 4, "Nej": 1}
    assert shapes(cleaned, Category.TIME_LIMITED_ZONE, "LP")[0].codes == ()


def test_a_line_break_in_a_name_becomes_a_blank(cleaned: Cleaned) -> None:
    [line] = lines(cleaned, Trap.LINE_BREAK)
    [shape] = [each for each in cleaned.shapes if each.source_id == line.source_ids[0]]
    assert shape.name == "Sommerlicens Amager Strand: H/F Fortbo H/F Engdraget"


@pytest.mark.parametrize(
    ("trap", "detail"),
    [
        (Trap.UNKNOWN_CATEGORY, "Prikgade"),
        (Trap.NO_CODE, "Uden kode og for langt"),
        (Trap.NO_KIND, ""),
    ],
)
def test_what_nobody_could_be_answered_by_is_set_aside(
    cleaned: Cleaned, trap: Trap, detail: str
) -> None:
    [line] = lines(cleaned, trap)
    assert line.detail == detail
    assert line.source_ids[0] not in {shape.source_id for shape in cleaned.shapes}


def test_what_is_to_come_and_what_once_was_is_kept_apart(cleaned: Cleaned) -> None:
    apart = {(shape.status, shape.category) for shape in cleaned.shapes} - {
        (Status.NOW, category) for category in Category
    }
    assert apart == {
        (Status.TO_COME, Category.SUMMER_AREA),
        (Status.TO_COME, Category.FLEX_ZONE),
        (Status.PAST, Category.HOME_AREA),
        (Status.PAST, Category.OUTSIDE),
    }


def test_the_report_is_read_back_as_it_was_kept(cleaned: Cleaned) -> None:
    kept = json.loads(json.dumps([line.as_json() for line in cleaned.report]))
    assert tuple(Line.from_json(each) for each in kept) == cleaned.report


def test_a_map_of_nothing_has_nothing_to_tell() -> None:
    assert clean([]) == Cleaned((), ())


def box(code: str, x: float, kind: ZoneKind = ZoneKind.PAID, changed: str = "1") -> ZoneFeature:
    return ZoneFeature(
        source_id=f"{code} {x}",
        written="",
        category=Category.HOME_AREA,
        status=Status.NOW,
        name=code,
        code=code,
        kind=kind,
        flex_codes=(),
        zone="",
        changed=changed,
        geometry=shapely.geometry.mapping(shapely.box(x, 0, x + 100, 100)),
    )


def test_parts_of_two_kinds_are_of_the_newest() -> None:
    parts = [box("A", 0, ZoneKind.PAID, "1"), box("A", 200, ZoneKind.TIME_LIMITED, "2")]
    assert {shape.kind for shape in clean(parts).shapes} == {ZoneKind.TIME_LIMITED}


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_means_nothing(random) -> None:
    rows = [box("A", 0), box("B", 50), box("A", 0, changed="2"), box("C", 300)]
    rows[2] = replace(rows[2], source_id="again")
    expected = clean(rows)
    random.shuffle(rows)
    assert clean(rows).report == expected.report
    assert {(s.source_id, s.geometry.wkt) for s in clean(rows).shapes} == {
        (s.source_id, s.geometry.wkt) for s in expected.shapes
    }
