"""Which charges a selection means, how much may be annulled at once, and by how many."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from parking.law.course import Actor
from parking.law.days import DENMARK
from parking.law.money import Money, kroner
from parking.law.own_accord import (
    COURSE,
    LIMITS,
    Selection,
    State,
    Step,
    Wrong,
    WrongSelection,
    takes_two,
)

SINCE = datetime(2026, 3, 1, tzinfo=DENMARK)
NOW = LIMITS.on(date(2026, 3, 1))


def selection(**said) -> Selection:
    told = {"street": "Lergravsvej", "since": SINCE, "until": SINCE + timedelta(days=14)}
    return Selection(**{**told, **said})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"street": "  "}, Wrong.NO_STREET),
        ({"until": SINCE}, Wrong.BACKWARDS),
        ({"until": SINCE.astimezone(UTC) - timedelta(minutes=1)}, Wrong.BACKWARDS),
        ({"first_house": 2}, Wrong.HOUSES),
        ({"last_house": 2}, Wrong.HOUSES),
        ({"first_house": 4, "last_house": 2}, Wrong.HOUSES),
    ],
)
def test_what_contradicts_itself_selects_nothing(said, why):
    with pytest.raises(WrongSelection) as wrong:
        selection(**said)
    assert wrong.value.why is why


def test_nobody_annuls_more_than_two_years_at_once():
    longest = timedelta(days=NOW.longest_days)
    assert selection(until=SINCE + longest).within(NOW)
    with pytest.raises(WrongSelection) as wrong:
        selection(until=SINCE + longest + timedelta(days=1)).within(NOW)
    assert wrong.value.why is Wrong.TOO_LONG


@pytest.mark.parametrize(
    ("house", "is_meant"),
    [("10", True), ("10B", True), (" 20 ", True), ("9", False), ("21", False), ("", False)],
)
def test_houses_are_counted_by_their_number(house, is_meant):
    assert selection(first_house=10, last_house=20).means(house, ["05a"]) is is_meant


def test_without_houses_all_of_the_street_is_meant():
    assert selection().means("", ["05a"])


@pytest.mark.parametrize(
    ("codes", "is_meant"),
    [(["05a"], True), (["24a"], False), (["05a", "24a"], False), (["05a", "05b"], True)],
)
def test_what_is_wrong_must_excuse_every_offence(codes, is_meant):
    assert selection(codes=("05a", "05b")).means("226", codes) is is_meant


@pytest.mark.parametrize(
    ("claimed", "two"),
    [
        ([kroner(1_520)], False),
        ([kroner(1_520) + Money(1)], True),
        ([kroner(510), kroner(510)], True),
    ],
)
def test_one_ordinary_charge_is_one_case_workers_and_more_takes_two(claimed, two):
    assert takes_two(claimed, NOW) is two


def test_what_has_begun_is_not_stopped_and_nobody_but_the_system_ends_it():
    assert COURSE.steps(State.APPROVED, Actor.CASE_WORKER) == ()
    assert COURSE.before(Actor.SYSTEM, Step.FINISH) == (State.APPROVED,)
    assert COURSE.before(Actor.PARTY, Step.APPROVE) == ()
