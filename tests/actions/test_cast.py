"""Every inhabitant with each of their plates: the portal answers as the town's page promises."""

from __future__ import annotations

import pytest
from tests.law.named_cases import Case, all_cases

from parking.actions import apply
from parking.law.facts import PrivateCommonRoadEffect
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer
from parking.records.party import Party
from parking.records.tariff import TermsVersion
from sandbox import city
from town import ask, now

DRIVES = [(person, plate) for person in city.INHABITANTS for plate in city.plates(person)]


def promised(person: city.Inhabitant, plate: str) -> dict[str, object]:
    """What city.py says the portal answers."""
    refused_by = city.because_not(person, plate)
    answer = "no" if refused_by else "open" if person.awaits else "yes"
    said: dict[str, object] = {"answer": answer}
    if answer == "no":
        said["because-not"] = refused_by
    if answer == "open":
        said["awaits"] = set(person.awaits)
    if answer == "yes":
        vehicle = city.vehicle(plate)
        said["tier"] = "free" if person.outcome == "free" else vehicle.tier
    return said


def found(outside, person: city.Inhabitant, plate: str) -> dict[str, object]:
    """What the portal answers."""
    party = Party.objects.filter(name_id=person.mitid_uuid).first() or Party(
        name_id=person.mitid_uuid, name=person.name, first_seen=now(), last_seen=now()
    )
    party.with_number(person.number_at_login.replace("-", "")).save()
    application = apply.ask(outside, party, Plate(plate), now=now())
    finding = application.found
    said: dict[str, object] = {"answer": finding.answer.value}
    if finding.answer is Answer.NO:
        said["because-not"] = {each.rule.replace("_", " ") for each in finding.reasons()}
    if finding.answer is Answer.OPEN:
        said["awaits"] = {supplier.value for supplier in finding.awaited()}
    if finding.answer is Answer.YES:
        said["tier"] = apply.offers(application, now=now())[0].quote.tier.code
    return said


@pytest.mark.slow
def test_the_portal_answers_everybody_as_the_town_promises(stocked):
    wrong = {
        f"{person.slug} {plate}": (promised(person, plate), answer)
        for person, plate in DRIVES
        if (answer := found(stocked, person, plate)) != promised(person, plate)
    }
    assert wrong == {}


@pytest.mark.parametrize("effect", PrivateCommonRoadEffect, ids=lambda effect: effect.value)
def test_a_private_common_road_has_the_effect_that_the_municipality_gives_it(stocked, effect):
    TermsVersion.objects.filter(product=resident.PAID).update(
        private_common_road_effect=effect.value
    )
    application = ask(stocked, "tove")
    refused = effect is PrivateCommonRoadEffect.REFUSE
    assert application.answer is (Answer.NO if refused else Answer.YES)
    assert application.caution is (effect is PrivateCommonRoadEffect.WARN)
    if refused:
        assert [each.rule for each in application.found.reasons()] == [
            "home_road_is_open_to_permits"
        ]


def cases_of(person: city.Inhabitant, plate: str) -> list[Case]:
    return [case for case in all_cases() if case.name.startswith(f"{person.name}, {plate}: ")]


@pytest.mark.parametrize(("person", "plate"), DRIVES, ids=[f"{p.slug}-{n}" for p, n in DRIVES])
def test_everybody_is_a_named_case_with_the_same_answer(person, plate):
    (case,) = cases_of(person, plate)
    expected = {
        word: set(said) if word in {"because-not", "awaits"} else said
        for word, said in case.expected.items()
        if word in {"answer", "because-not", "awaits", "tier"}
    }
    assert expected == promised(person, plate)
