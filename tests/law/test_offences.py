"""The catalogue of offences: whole, in both languages, at the law's amounts, and easy to read."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from parking.law import record
from parking.law.days import Period
from parking.law.money import kroner
from parking.law.offence import Offence, OffenceKind, Question, find
from parking.web import readability

FILE = Path(__file__).parents[2] / "data" / "offences" / "2026.toml"

CODES = [
    *("01a", "01b", "01c", "01d", "02a", "03a", "05a", "05c", "05q", "20a"),
    *("21a", "21b", "22a", "23a", "24a", "25a", "26a", "27a", "28a", "29a"),
    *("29b", "30a", "31a", "31b", "31c", "31d", "32a", "33a", "33b", "35q"),
    *("35w", "35x", "35x2", "35z", "35å", "40a", "40b", "41a", "41b", "41c"),
    *("42a", "43a", "44a", "45a"),
]
#: Those of which a public list has code and text.
PUBLISHED = [
    *("01a", "01b", "01c", "01d", "02a", "03a", "05a", "05c", "05q", "22a"),
    *("24a", "35q", "35w", "35x", "35x2", "35z", "35å"),
]


def read(row: dict[str, Any]) -> Offence:
    days = {"start": row["from"].isoformat(), "end": None}
    row = {word: said for word, said in row.items() if word != "from"}
    return record.from_json(Offence, {**row, "in_force": days})


OFFENCES = tuple(read(row) for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["offence"])
each = pytest.mark.parametrize("offence", OFFENCES, ids=lambda offence: offence.code)


def test_every_code_is_there_once() -> None:
    assert [offence.code for offence in OFFENCES] == CODES


def test_what_is_assumed_is_what_no_public_list_has() -> None:
    assert [offence.code for offence in OFFENCES if not offence.assumed] == PUBLISHED
    assert [o.code for o in OFFENCES if o.assumed and "ASSUMED" not in o.source] == []


def test_the_amounts_are_those_of_the_law() -> None:
    amounts = Counter(offence.amount for offence in OFFENCES)
    assert amounts.keys() == {kroner(510), kroner(1020), kroner(2040)}
    dear = {o.code for o in OFFENCES if o.amount == kroner(1020)}
    assert dear == {"31b", "33a", "33b"}
    assert [o.code for o in OFFENCES if (o.amount == kroner(2040)) != o.heavy] == []
    assert [o.code for o in OFFENCES if o.heavy and not o.code.startswith("35")] == []


@each
def test_it_is_said_in_both_languages_and_with_the_law_behind_it(offence: Offence) -> None:
    texts = (offence.danish, offence.english, offence.plain_danish, offence.plain_english)
    assert all(text == text.strip() and text for text in texts)
    assert len(set(texts)) == 4
    assert "§" in offence.cites
    assert offence.source


@each
def test_the_plain_words_can_be_read_by_somebody_who_is_angry(offence: Offence) -> None:
    assert readability.lix([offence.plain_danish]) <= readability.LIMIT
    assert max(map(len, re.split(r"[.:] ", offence.plain_danish))) <= 120


@each
def test_a_complaint_is_asked_once_about_each_thing(offence: Offence) -> None:
    assert len(set(offence.asks)) == len(offence.asks)
    about_money = offence.kind is OffenceKind.PAYMENT
    assert (Question.PAID in offence.asks) is about_money
    assert (Question.DISABLED_CARD in offence.asks) is (offence.kind is OffenceKind.DISABLED)
    assert (Question.DISC in offence.asks) is (offence.kind is OffenceKind.TIME_LIMIT)
    assert (Question.WEIGHT in offence.asks) is ("3.500" in offence.danish)


def test_an_offence_is_found_by_its_code_on_its_day() -> None:
    found = find(OFFENCES, "40a", on=date(2026, 11, 20))
    assert found is not None
    assert found.kind is OffenceKind.PAYMENT
    assert find(OFFENCES, "40a", on=date(2025, 12, 31)) is None
    assert find(OFFENCES, "99z", on=date(2026, 11, 20)) is None


def test_an_offence_is_kept_and_read_back() -> None:
    assert record.from_json(Offence, record.as_json(OFFENCES[0])) == OFFENCES[0]
    assert OFFENCES[0].in_force == Period(date(2026, 1, 1))
