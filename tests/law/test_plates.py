"""Number plates as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.law.plates import NotAPlate, Plate, plate, spaced


@pytest.mark.parametrize(
    "typed", ["AB12345", "ab12345", " ab 12 345 ", "AB-12.345", "AB\u00a012\u2013345"]
)
def test_a_plate_may_be_typed_in_many_ways(typed: str) -> None:
    assert plate(typed) == "AB12345"


@pytest.mark.parametrize("typed", ["SØREN", "Æ1", "ÅSE2", "COPENHAGEN"])
def test_personal_plates_are_plates(typed: str) -> None:
    assert plate(typed) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "A",
        "AB12345678X",
        "AB/123",
        "AB12345;",
        "ÖL1234",
        "🚗",
        "610170-1234",
        "6101701234",
    ],
)
def test_what_cannot_be_a_plate_is_refused(typed: str) -> None:
    with pytest.raises(NotAPlate):
        plate(typed)


@given(st.text("ABÆØÅÉ019 .-–_\u00a0abz", max_size=13))
def test_whatever_is_typed_is_a_plate_or_refused_and_a_plate_is_its_own_plate(typed: str) -> None:
    try:
        read = plate(typed)
    except NotAPlate:
        return
    assert plate(read) == read
    assert plate(spaced(read)) == read


@given(st.from_regex(r"[A-Z]{2}[0-9]{5}", fullmatch=True))
def test_a_danish_plate_is_shown_as_it_stands_on_the_car(written: str) -> None:
    shown = spaced(Plate(written))
    assert [len(part) for part in shown.split(" ")] == [2, 2, 3]


@pytest.mark.parametrize("other", ["SØREN", "AB1234", "ABC12345"])
def test_any_other_plate_is_shown_as_it_is(other: str) -> None:
    assert spaced(Plate(other)) == other
