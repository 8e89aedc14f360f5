"""Every named case in the folder, asked; and what its reader says to whoever mistypes."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import pytest
from tests.law.named_cases import Case, NotACase, all_cases, cases_in
from tests.law.situations import PRICE_LIST, TERMS

from parking.law import price
from parking.law.permits import resident
from parking.law.reasoning import Answer, would_help

CASES = tuple(all_cases())
TARIFF = Path(__file__).parents[2] / "data" / "tariff"
DOCUMENTS = {"sole_user_declaration": "declaration", "lease": "lease"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    finding = resident.ask(case.facts)
    helps = would_help(resident.RULE.on(case.facts.period.start), case.facts)
    found = {
        "answer": finding.answer.value,
        "because-not": [r.rule.replace("_", " ") for r in finding.reasons()]
        if finding.answer is Answer.NO
        else [],
        "awaits": [supplier.value for supplier in finding.awaited()],
        "would-help": [DOCUMENTS[fact] for fact in helps] if finding.answer is Answer.NO else [],
        "last-day": case.facts.period.last_day,
        "warned": resident.is_not_valid_on_own_road(case.facts),
    }
    if {"tier", "kroner"} & case.expected.keys():
        tier = resident.tier(case.facts.vehicle, case.area, case.facts.terms)
        quote = price.quote(
            PRICE_LIST, product=case.facts.product, tier=tier, on=case.facts.period.start
        )
        found |= {"tier": tier.code, "kroner": quote.price.ore // 100}
    assert {word: found[word] for word in case.expected} == case.expected


def test_there_are_cases_and_no_two_have_the_same_name() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


def test_every_refusal_names_the_sentence_and_every_open_answer_whom_it_awaits() -> None:
    silent = [
        case.where
        for case in CASES
        if (case.expected["answer"] == "no" and not case.expected.get("because-not"))
        or (case.expected["answer"] == "open" and not case.expected.get("awaits"))
    ]
    assert silent == []


def test_every_sentence_of_the_regulation_refuses_somebody_in_a_case() -> None:
    refusing = {sentence for case in CASES for sentence in case.expected.get("because-not", ())}
    sentences = {
        condition.name.replace("_", " ")
        for _, rule in resident.RULE.versions
        for condition in rule.conditions()
    }
    assert sentences <= refusing


def test_the_cases_are_asked_with_the_numbers_of_the_tariff() -> None:
    versions = tomllib.loads((TARIFF / "2026.toml").read_text(encoding="utf-8"))["terms"]
    (in_force,) = (terms for terms in versions if terms["product"] == resident.PAID)
    numbers = dataclasses.asdict(TERMS) | {
        "private_common_road_effect": TERMS.private_common_road_effect.value
    }
    thresholds = {
        (each.fuel.value, each.norm.value, each.tier, each.at_least_tenths)
        for each in TERMS.thresholds
    }
    assert {name: in_force[name] for name in numbers if name != "thresholds"} == {
        name: value for name, value in numbers.items() if name != "thresholds"
    }
    assert {
        (each["fuel"], each["norm"], each["tier"], each["at_least_tenths"])
        for each in in_force["thresholds"]
    } == thresholds


ORDINARY = '[[case]]\nname = "Anna"\nanswer = "yes"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[case", "c.toml: "),
        ('[other]\nname = "Anna"', "c.toml: holds nothing but [[case]] tables, not other"),
        ('[[case]]\nanswer = "yes"', "c.toml, case 1: needs a name"),
        ('[[case]]\nname = "Anna"', "c.toml, 'Anna': needs an answer"),
        (ORDINARY + "weight = 3500", "c.toml, 'Anna': 'weight' is not a word we know; we know: "),
        (ORDINARY + 'kind = "truck"', "c.toml, 'Anna': kind cannot be 'truck'; we know: bus, "),
        (ORDINARY + 'born = "1980"', "c.toml, 'Anna': born must be a date, not '1980'"),
        (ORDINARY + "gross-weight-kg = true", "must be a whole number, not True"),
        (ORDINARY + "km-per-litre = 15.25", "km-per-litre must be km/l with one decimal"),
        (ORDINARY + 'km-per-litre = "good"', "km-per-litre must be km/l with one decimal"),
        (ORDINARY + 'silent = "map"', "silent must be a list, not 'map'"),
        (ORDINARY + 'silent = ["post"]', "silent cannot be 'post'; we know: accounts, "),
        (ORDINARY + '[[case.permit]]\nzone = "AN"', "a permit has no zone; we know: "),
        (ORDINARY + "permit = [1]", "a permit is a table, not 1"),
        (ORDINARY + '[[case.permit]]\nof = "the applicant"', "a permit needs 'for'"),
        ('[[case]]\nname = "Anna"\nanswer = "maybe"', "answer cannot be 'maybe'; we know: "),
        (ORDINARY + 'because-not = ["he is nice"]', "because-not cannot be 'he is nice'"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_words_that_can(text: str, complaint: str) -> None:
    with pytest.raises(NotACase) as error:
        tuple(cases_in("c.toml", text))
    assert complaint in str(error.value)
