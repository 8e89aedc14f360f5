"""The measurement itself: it asks a whole city and tells bad growth from good. Nothing is timed."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest
import shapely

FILE = Path(__file__).parents[2] / "bench" / "zones.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_zones", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_made_up_city_is_whole_and_as_detailed_as_a_real_one(bench):
    luck = random.Random(1)  # noqa: S311 -- the same each time
    shapes = [shapely.geometry.shape(each.geometry) for each in bench.city(20, luck)]
    assert len(shapes) == 20
    assert shapely.union_all(shapes).area == pytest.approx(bench.SIDE**2)
    corners = [shapely.get_num_coordinates(shape) for shape in shapes]
    assert min(corners) >= bench.VERTICES


@pytest.mark.parametrize(
    ("taken", "is_too_fast"),
    [
        ({200: 10.0, 5_000: 10.0}, False),
        ({200: 10.0, 1_000: 99.0, 5_000: 16.0}, False),  # the logarithm is 1.61 times
        ({200: 10.0, 5_000: 50.0}, True),  # the square root
        ({200: 10.0, 5_000: 250.0}, True),  # the number itself
    ],
)
def test_growth_is_held_against_the_logarithm(bench, taken, is_too_fast):
    grows, may_grow = bench.growth(taken)
    assert (grows > may_grow) is is_too_fast


def test_it_prints_a_table_and_says_how_it_went(bench, monkeypatch, capsys):
    monkeypatch.setattr(bench, "SIZES", (8, 16))
    monkeypatch.setattr(bench, "LOOK_UPS", 20)
    status = bench.main()
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told[1:3]] == ["8", "16"]
    assert status == ("That is worse than logarithmic." in told)
