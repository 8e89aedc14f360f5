"""docs/faults.md is true: every fault is there once, and every test it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in (ROOT / "docs" / "faults.md").read_text("utf-8").splitlines()
    if re.match(r"\| F\d\d ", line)
]
TRIED = [row for row in ROWS if len(row) == 5]
NOT_YET = [row for row in ROWS if len(row) == 4]
WRITTEN = {
    name: path
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
}


def test_every_fault_of_permits_and_charges_is_there_once():
    numbers = [row[0] for row in ROWS]
    assert sorted(set(numbers)) == sorted(numbers)
    assert {f"F{number:02}" for number in range(1, 75)} <= set(numbers)
    assert len(TRIED) + len(NOT_YET) == len(ROWS)


def test_every_test_that_is_named_exists():
    named = {name for row in TRIED for name in re.findall(r"`(test_\w+)`", row[3])}
    assert named
    assert named - set(WRITTEN) == set()
    assert all("`test_" in row[3] and row[4] for row in TRIED)


def test_every_test_of_a_fault_is_in_the_table():
    of_faults = {
        (number.upper(), name)
        for name, path in WRITTEN.items()
        if path.parent.name == "faults"
        for number in re.findall(r"_(f\d\d)(?=_)", name)
    }
    named = {(row[0], name) for row in TRIED for name in re.findall(r"`(test_\w+)`", row[3])}
    assert of_faults - named == set()


def test_what_is_not_tried_says_why():
    assert all(row[2] and row[3] for row in NOT_YET)
