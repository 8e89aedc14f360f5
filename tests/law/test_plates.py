"""Number plates as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.law.plates import (
    NotAPlate,
    Plate,
    loosely,
    plate,
    plate_of_any_country,
    spaced,
    without_marks,
)


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


@pytest.mark.parametrize(
    ("typed", "written", "plain"),
    [
        ("WÜ AB 123", "WÜAB123", "WUAB123"),
        ("wü-ab 123", "WÜAB123", "WUAB123"),
        ("WU\u0308 AB 123", "WÜAB123", "WUAB123"),
        ("WU AB 123", "WUAB123", "WUAB123"),
        ("WUE AB 123", "WUEAB123", "WUEAB123"),
        ("göX 1", "GÖX1", "GOX1"),
        ("TÄ 12", "TÄ12", "TA12"),
        ("ČŠ Ž123", "ČŠŽ123", "CSZ123"),
        ("34 ŞİĞ 77", "34ŞİĞ77", "34SIG77"),
        ("Ł Đ 77", "ŁĐ77", "LD77"),
        ("SØREN", "SØREN", "SØREN"),
        ("a\u030ase2", "ÅSE2", "ÅSE2"),
        ("æ1", "Æ1", "Æ1"),
        ("AB 12 345", "AB12345", "AB12345"),
    ],
)
def test_a_plate_of_another_country_keeps_its_letters(typed, written, plain) -> None:
    assert plate_of_any_country(typed) == written
    assert without_marks(Plate(written)) == plain
    assert plate(plain) == plain


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("WÜAB123", "WUAB123", True),
        ("WÜAB123", "WUEAB123", True),
        ("WUAB123", "WUEAB123", True),
        ("SØREN", "SOEREN", True),
        ("SØREN", "SÖREN", True),
        ("ÅSE2", "AASE2", True),
        ("ÆBLE1", "AEBLE1", True),
        ("WÜAB123", "WAB123", False),
        ("WUAB123", "WUAB124", False),
        ("AB12345", "AB12354", False),
        ("BE12345", "B12345", False),
    ],
)
def test_what_a_keyboard_lacks_makes_no_other_plate_to_be_found(first, second, alike) -> None:
    assert (loosely(Plate(first)) == loosely(Plate(second))) is alike


@pytest.mark.parametrize(
    "typed", ["", "Ü", "АВ1234", "ΑΒ1234", "AB/1", "🚗", "\u0308", "6101701234"]
)
def test_what_no_country_has_is_refused(typed: str) -> None:
    with pytest.raises(NotAPlate):
        plate_of_any_country(typed)


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
