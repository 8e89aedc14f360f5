"""Two maps compared: what counts is the ground they cover, and never how it is written down."""

from __future__ import annotations

import json
from dataclasses import replace

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parking.actions.cleaning import Shape
from parking.actions.difference import Change, What, difference
from parking.law.zones import Category, Status, ZoneKind
from rewriting import rewritten


def shape(code: str, geometry, **other) -> Shape:
    values = {
        "source_id": code,
        "category": Category.HOME_AREA,
        "status": Status.NOW,
        "code": code,
        "name": code,
        "kind": ZoneKind.PAID,
        "codes": (),
        "geometry": shapely.MultiPolygon([geometry]),
    }
    return Shape(**{**values, **other})


def square(x: float, width: float = 100):
    return shapely.box(x, 0, x + width, 100)


OLD = (
    shape("A", square(0).difference(shapely.box(40, 40, 60, 60))),
    shape("B", square(100)),
    shape("C", square(200)),
    shape("F", square(90, 20), category=Category.FLEX_ZONE, kind=None, codes=("A", "B")),
)
NEW = (
    shape("A", square(0, 110)),
    shape("B", square(110, 90), name="Byen"),
    shape("D", square(200), kind=ZoneKind.TIME_LIMITED),
    shape("F", square(90, 20), category=Category.FLEX_ZONE, kind=None, codes=("A",)),
)


def test_each_way_in_which_an_area_can_be_another_is_told() -> None:
    told = {change.code: change for change in difference(OLD, NEW)}
    assert told["A"].what == (What.MOVED,)
    assert (told["A"].added_m2, told["A"].removed_m2) == (1_000 + 400, 0)
    assert told["B"].what == (What.MOVED, What.RENAMED)
    assert told["B"].was == {What.RENAMED: "B"}
    assert (told["B"].name, told["B"].removed_m2) == ("Byen", 1_000)
    assert told["C"].what == (What.GONE,)
    assert told["C"].removed_m2 == 10_000
    assert told["D"].what == (What.NEW,)
    assert told["F"].what == (What.OTHER_PERMITS,)
    assert told["F"].was == {What.OTHER_PERMITS: "A, B"}
    assert told["F"].zones == ("A", "B")


def test_another_kind_is_told() -> None:
    other = replace(OLD[0], kind=ZoneKind.TIME_LIMITED)
    [change] = difference(OLD[:1], [other])
    assert change.what == (What.OTHER_KIND,)
    assert change.was == {What.OTHER_KIND: "paid"}


def test_what_comes_into_its_time_is_gone_there_and_new_here() -> None:
    before = replace(OLD[0], status=Status.TO_COME)
    told = {change.status: change for change in difference([before], OLD[:1])}
    assert told[Status.NOW].what == (What.NEW,)
    assert told[Status.TO_COME].what == (What.GONE,)
    assert told[Status.TO_COME].zones == (), "nobody has a permit by what is to come"


def test_pieces_of_one_code_are_one_area() -> None:
    whole = shape("A", square(0))
    halves = [shape("A", square(0, 50)), shape("A", square(50, 50), source_id="2")]
    assert difference([whole], halves) == ()


def test_areas_without_a_code_are_told_apart_by_name() -> None:
    outside = {"category": Category.OUTSIDE, "kind": None}
    old = [shape("", square(0), name="Parken", **outside)]
    new = [*old, shape("", square(100), name="Havnen", **outside)]
    [change] = difference(old, new)
    assert (change.name, change.code, change.what) == ("Havnen", "", (What.NEW,))


def test_a_change_is_read_back_as_it_was_kept() -> None:
    changes = difference(OLD, NEW)
    kept = json.loads(json.dumps([change.as_json() for change in changes]))
    assert tuple(Change.from_json(each) for each in kept) == changes


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_it_never_depends_on_how_a_map_is_written(random) -> None:
    def again(shapes):
        written = [replace(each, geometry=rewritten(each.geometry, random)) for each in shapes]
        random.shuffle(written)
        return written

    assert difference(OLD, again(OLD)) == ()
    assert difference(again(OLD), again(NEW)) == difference(OLD, NEW)
