"""What was decided stays decided: old decisions, asked again, and the form they are kept in."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.named_cases import all_cases
from tests.law.situations import START, application

from parking.law.facts import Document, Facts, Missing, Supplier
from parking.law.permits import resident
from parking.law.reasoning import Answer, Finding
from parking.law.record import UnreadableRecord, facts_as_json, facts_from_json

DECIDED = tuple(sorted((Path(__file__).parent / "decided").glob("*.json")))
NEEDS = resident.RULE.on(START).needs
EVERY_FACT = tuple(field.name for field in dataclasses.fields(Facts))
MAY_BE_MISSING = tuple(
    field.name for field in dataclasses.fields(Facts) if isinstance(field.default, Missing)
)


def read(path: Path) -> dict[str, Any]:
    decided: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return decided


@pytest.mark.parametrize("path", DECIDED, ids=lambda path: path.stem)
def test_what_was_decided_is_still_explained_by_the_same_finding(path: Path) -> None:
    decided = read(path)
    facts = facts_from_json(decided["facts"])
    in_force, rule = resident.RULE.version_on(facts.period.start)
    assert in_force == date.fromisoformat(decided["rule"])
    assert rule.ask(facts).as_json() == decided["finding"]


@pytest.mark.parametrize("path", DECIDED, ids=lambda path: path.stem)
def test_what_was_kept_is_written_the_same_way_today(path: Path) -> None:
    decided = read(path)
    kept = facts_as_json(facts_from_json(decided["facts"]), decided["facts"].keys())
    assert _holds(kept, decided["facts"])
    assert Finding.from_json(decided["finding"]).as_json() == decided["finding"]


def _holds(new: Any, old: Any) -> bool:
    """Tell whether *new* says all that *old* says; a later version may have more to say."""
    if isinstance(old, dict):
        return new.keys() >= old.keys() and all(_holds(new[key], old[key]) for key in old)
    return bool(new == old)


def test_decisions_of_each_kind_are_kept() -> None:
    answers = {Answer(read(path)["finding"]["answer"]) for path in DECIDED}
    assert answers == set(Answer)


@pytest.mark.parametrize("case", tuple(all_cases()), ids=lambda case: case.name)
def test_the_facts_of_every_named_case_are_kept_and_read_back(case: Any) -> None:
    on_paper = json.dumps(facts_as_json(case.facts, EVERY_FACT))
    assert facts_from_json(json.loads(on_paper)) == case.facts


@given(missing=st.dictionaries(st.sampled_from(MAY_BE_MISSING), st.sampled_from(Supplier)))
def test_a_missing_fact_is_kept_with_who_owes_it(missing: dict[str, Supplier]) -> None:
    facts = application(**{fact: Missing(who) for fact, who in missing.items()})
    assert facts_from_json(facts_as_json(facts, EVERY_FACT)) == facts


def test_a_rule_asked_about_what_was_kept_says_the_same() -> None:
    facts = application(lease=Document(approved=True), home=Missing(Supplier.POPULATION_REGISTER))
    rule = resident.RULE.on(START)
    assert rule.ask(facts_from_json(facts_as_json(facts, rule.needs))) == rule.ask(facts)


def test_a_fact_that_the_rule_does_not_look_at_is_not_kept() -> None:
    kept = facts_as_json(application(), needs=("born",))
    assert kept.keys() == {"product", "plate", "period", "terms", "municipality", "born"}
    assert isinstance(facts_from_json(kept).tie, Missing)


def test_a_need_that_is_no_fact_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="no such fact: shoe_size"):
        facts_as_json(application(), needs=("born", "shoe_size"))


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        ("born", "yesterday", "facts.born: 'yesterday' is no date"),
        ("residence", "somewhere", "facts.residence: 'somewhere' is no Residence"),
        ("gross_weight_kg", True, "facts.gross_weight_kg: True is no int"),
        ("gross_weight_kg", "3500", "facts.gross_weight_kg: '3500' is no int"),
        ("home", "Nørrebrogade", "facts.home: 'Nørrebrogade' is no Mapping"),
        ("home", {"municipality": "0101", "garden": True}, "facts.home: unknown garden"),
        ("tie", {}, "facts.tie: "),
        ("tie", {"missing": "the postman"}, "facts.tie: 'the postman' is no Supplier"),
        ("own_permits", [{"product": 1}], r"facts.own_permits\[0\].product: 1 is no str"),
        ("period", {"start": "2026-03-02", "end": "2026-03-01"}, "facts.period: a period cannot"),
        ("shoe_size", 43, "facts: unknown shoe_size"),
    ],
)
def test_what_we_did_not_write_is_not_read(place: str, value: Any, complaint: str) -> None:
    kept = facts_as_json(application(), EVERY_FACT)
    with pytest.raises(UnreadableRecord, match=complaint):
        facts_from_json(kept | {place: value})


def test_a_fact_that_a_later_version_adds_is_missing_in_what_was_kept_before() -> None:
    kept = facts_as_json(application(), NEEDS)
    del kept["tie"]
    assert facts_from_json(kept).tie == Missing(Supplier.VEHICLE_REGISTER)
