"""The numbers for charges: that the tests use those of the data, and that they make sense."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.law.charge_situations import LIMITS, TERMS, terms

from parking.law import record
from parking.law.charge_terms import ChargeTerms
from parking.law.money import kroner

FILE = Path(__file__).parents[2] / "data" / "charges" / "2026.toml"
ROWS = tomllib.loads(FILE.read_text(encoding="utf-8"))["charge_terms"]
NUMBERS = [{k: v for k, v in row.items() if k not in {"from", "source"}} for row in ROWS]


def test_the_tests_use_the_numbers_of_the_data() -> None:
    assert [record.from_json(ChargeTerms, row) for row in NUMBERS] == [TERMS]


def test_every_version_says_from_when_and_from_where() -> None:
    assert [row for row in ROWS if not row.get("source") or "from" not in row] == []


def test_terms_are_kept_with_a_decision_and_read_back() -> None:
    assert record.from_json(ChargeTerms, record.as_json(TERMS)) == TERMS


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_days": 21},
        {"reminder_day": 10},
        {"first_fee_day": 20},
        {"second_fee_day": 35},
        {"transfer_day": 49},
        {"first_fee": -kroner(1)},
    ],
)
def test_numbers_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"comes after|is no gift"):
        terms(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"usual_days_to_first": 32},
        {"usual_days_to_first": 0},
        {"drawn_again": (6, 3)},
        {"drawn_again": (0,)},
        {"drawn_again": (3, 10)},
    ],
)
def test_limits_of_plans_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"may be chosen|each time later"):
        replace(LIMITS, **changes)
