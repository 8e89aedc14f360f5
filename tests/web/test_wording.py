"""The law's words have words for people, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from tests.law import spots
from tests.law.situations import application as a_situation

from parking.actions import wording
from parking.law import application, order, permit, standing
from parking.law.days import Period
from parking.law.facts import (
    FROM_ADDRESSES,
    FROM_APPLICANT,
    FROM_CASE_WORKER,
    FROM_PEOPLE,
    FROM_VEHICLES,
    Keeper,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Supplier,
    Tie,
    VehicleKind,
)
from parking.law.money import Money
from parking.law.permits import resident
from parking.law.price import FREE, TOP, ZERO_EMISSION
from parking.law.reasoning import Answer
from parking.law.zones import Colour, Place

LANGUAGES = ["da", "en"]
STATES = [*application.State, *order.State, *permit.State]
STEPS = [*application.Step, *order.Step, *permit.Step]


def conditions():
    return {
        condition.name: condition
        for _since, rule in resident.RULE.versions
        for condition in rule.conditions()
    }


def in_both(say):
    """Return what *say* says in each language; English that nobody wrote would be the Danish."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = say()
    assert all(said.values())
    return said


def differs(say):
    said = in_both(say)
    assert said["da"] != said["en"]


@pytest.mark.parametrize("name", conditions())
def test_each_condition_says_what_it_requires_and_what_would_change_a_no(name):
    facts = a_situation()
    differs(lambda: wording.sentence(name, facts.terms))
    differs(lambda: wording.change(name, facts.terms))


@pytest.mark.parametrize("name", conditions())
@pytest.mark.parametrize("residence", Residence)
def test_each_condition_says_which_fact_it_looked_at(name, residence):
    facts = replace(a_situation(), residence=residence)
    differs(lambda: wording.fact(name, conditions()[name].ask(facts), facts))


@pytest.mark.parametrize("missing", [FROM_PEOPLE, FROM_VEHICLES, FROM_CASE_WORKER, FROM_APPLICANT])
@pytest.mark.parametrize("name", conditions())
def test_each_condition_says_who_owes_the_fact_that_is_missing(name, missing):
    condition = conditions()[name]
    numbers = {"period", "terms", "municipality", "in_basket"}
    facts = replace(a_situation(), **dict.fromkeys(set(condition.needs) - numbers, missing))
    differs(lambda: wording.fact(name, condition.ask(facts), facts))


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_words(state):
    differs(lambda: wording.state(state))


@pytest.mark.parametrize("step", STEPS)
def test_each_step_has_words(step):
    differs(lambda: wording.step(step))


@pytest.mark.parametrize("supplier", Supplier)
def test_each_supplier_has_a_name(supplier):
    differs(lambda: wording.supplier(supplier))


@pytest.mark.parametrize("place", Place)
def test_each_place_has_words(place):
    differs(lambda: wording.place(place, zone="VB"))


@pytest.mark.parametrize("effect", PrivateCommonRoadEffect)
def test_each_effect_of_a_private_common_road_has_words(effect):
    differs(lambda: wording.private_common_road(effect))


@pytest.mark.parametrize("kind", VehicleKind)
def test_each_kind_of_vehicle_has_a_name(kind):
    in_both(lambda: wording.vehicle_kind(kind))


@pytest.mark.parametrize("product", sorted(resident.PRODUCTS))
def test_each_product_has_a_name(product):
    differs(lambda: wording.product(product))


@pytest.mark.parametrize("tier", [ZERO_EMISSION, "a", "b", TOP, FREE])
def test_each_tier_has_a_name(tier):
    differs(lambda: wording.tier(tier))


@pytest.mark.parametrize(
    ("ore", "danish", "english"),
    [
        (131_000, "1.310 kr.", "DKK 1,310"),
        (131_050, "1.310,50 kr.", "DKK 1,310.50"),
        (5, "0,05 kr.", "DKK 0.05"),
        (0, "0 kr.", "DKK 0"),
        (-20_000, "-200 kr.", "-DKK 200"),
        (123_456_700, "1.234.567 kr.", "DKK 1,234,567"),
    ],
)
def test_amounts_are_written_as_people_write_them(ore, danish, english):
    assert in_both(lambda: wording.amount(Money(ore))) == {"da": danish, "en": english}


def test_days_are_written_in_full():
    said = in_both(lambda: wording.day(date(2026, 12, 1)))
    assert said == {"da": "1. december 2026", "en": "1 December 2026"}


def test_a_moment_is_told_in_danish_time():
    said = in_both(lambda: wording.moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)))
    assert said == {"da": "2. juli 2026 kl. 00.30", "en": "2 July 2026 at 00:30"}


def test_a_period_ends_on_its_last_day():
    period = Period(date(2026, 12, 1), date(2027, 12, 1))
    with translation.override("da"):
        assert wording.period(period) == "1. december 2026 til og med 30. november 2027"


def refusals(facts):
    finding = resident.ask(facts)
    assert finding.answer is Answer.NO
    return [each.rule for each in wording.refusals(finding)]


def test_somebody_with_a_strangers_car_is_told_about_owners_and_users_only():
    facts = replace(a_situation(), tie=Tie(relation=Relation.NEITHER))
    assert refusals(facts) == ["applicant_owns_or_uses_the_vehicle"]


def test_somebody_with_a_company_car_is_told_about_the_declaration():
    facts = replace(a_situation(), tie=Tie(relation=Relation.NEITHER, keeper=Keeper.COMPANY))
    assert refusals(facts) == ["company_declares_sole_use"]


def test_somebody_with_a_leased_car_is_told_about_the_contract():
    facts = replace(
        a_situation(), tie=Tie(relation=Relation.NEITHER, keeper=Keeper.LEASING_COMPANY)
    )
    assert refusals(facts) == ["lease_names_the_applicant"]


def test_every_sentence_that_says_no_is_told():
    facts = replace(
        a_situation(), registration=Registration.DEREGISTERED, residence=Residence.EMIGRATED
    )
    assert refusals(facts) == ["applicant_lives_in_denmark", "vehicle_is_in_traffic"]


def test_a_finding_is_told_whole_with_citations():
    facts = a_situation()
    finding = resident.ask(facts)
    with translation.override("da"):
        told = wording.tell(finding, facts)
    assert told.answer == "yes"
    assert told.because[0].because[0].citation == "§ 1, stk. 1"
    assert (
        told.because[0].because[0].sentence
        == "Du skal være fyldt 18 år den dag, licensen begynder."
    )


def test_alternatives_that_were_not_needed_are_left_out():
    facts = a_situation()
    with translation.override("da"):
        told = wording.tell(resident.ask(facts), facts)
    right_to_the_vehicle = told.because[3]
    assert [each.answer for each in right_to_the_vehicle.because] == ["yes"]


def test_what_an_unknown_vehicle_leaves_open_is_not_blamed_on_the_register():
    facts = replace(a_situation(), registration=Registration.NOT_FOUND, vehicle=FROM_VEHICLES)
    finding = conditions()["vehicle_is_not_reported_stolen"].ask(facts)
    with translation.override("da"):
        said = wording.fact(finding.rule, finding, facts)
    assert said == "Motorregistret kender ikke køretøjet, så det er ikke undersøgt."


# May I park here?

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday at 13 in Denmark
KOEDBY = spots.KOEDBYEN
NAMES = {"HK": "Den Hvide Kødby", "VB": "Vesterbro"}


def standing_conditions():
    return [
        condition.name for _since, rule in standing.RULE.versions for condition in rule.conditions()
    ]


@pytest.mark.parametrize("name", standing_conditions())
def test_each_condition_of_standing_says_what_it_requires(name):
    differs(lambda: wording.standing_sentence(name))


@pytest.mark.parametrize("colour", Colour)
def test_each_colour_has_a_name(colour):
    differs(lambda: wording.colour(colour))


@pytest.mark.parametrize("ground", standing.Ground)
def test_each_sort_of_ground_has_words(ground):
    differs(lambda: wording.ground(ground))


def told_rows(spot, language="da", at=AT, **more):
    with translation.override(language):
        rows = wording.standing(spots.answer(spot, at, **more), NAMES)
    return [(row.what, row.now, row.then) for row in rows]


def test_what_holds_at_a_spot_is_told_line_by_line():
    assert told_rows(KOEDBY) == [
        ("Stedet", "Kommunen har regler for at parkere her.", ""),
        (
            "Betaling, grøn zone",
            "45 kr. i timen.",
            "Fra 27. november 2026 kl. 18.00: 18 kr. i timen.",
        ),
        (
            "Tidsgrænse i zone HK Den Hvide Kødby",
            "Højst 1 time uden licens, indtil 27. november 2026 kl. 17.00. Husk P-skive.",
            "Fra 28. november 2026 kl. 08.00: Højst 1 time.",
        ),
        ("Licens til zone HK Den Hvide Kødby", "Gælder her.", ""),
        (
            "Licens til zone VB Vesterbro",
            "Gælder ikke her.",
            "Fra 27. november 2026 kl. 17.00: Gælder her.",
        ),
        ("Vejen", "Vejen står ikke på kommunens liste over private fællesveje.", ""),
    ]


def test_the_same_is_told_in_english():
    rows = told_rows(KOEDBY, "en")
    assert rows[1] == (
        "Payment, green zone",
        "DKK 45 an hour.",
        "From 27 November 2026 at 18:00: DKK 18 an hour.",
    )
    assert rows[4][2] == "From 27 November 2026 at 17:00: Valid here."


def test_the_free_first_hour_is_told_with_what_one_must_do():
    (_, now_, then), *_ = told_rows(spots.VESTERBRO, at=AT + timedelta(days=1, hours=4))[1:]
    free = "Den første time er gratis, men du skal starte en parkering."
    assert now_ == f"45 kr. i timen. {free}"
    assert then.endswith(f"18 kr. i timen. {free}")


def test_where_nothing_is_known_nothing_is_invented():
    (_, price, then), *_ = [row for row in told_rows(spots.GARAGE) if "blå" in row[0]]
    assert (price, then) == ("Vi kender ikke prisen.", "")
    point = replace(spots.VESTERBRO, private_common_road=FROM_ADDRESSES)
    assert told_rows(point)[-1][1].startswith("Vi ved ikke")
    assert [what for what, *_ in told_rows(spots.FREDERIKSBERG)] == ["Stedet"]


def told_of(holding, spot):
    question = standing.about(spot, holding, AT, after_hours=spots.AFTER_HOURS)
    finding = standing.ask(spot, holding, AT, after_hours=spots.AFTER_HOURS)
    with translation.override("da"):
        return wording.tell_standing(finding, question, NAMES)


def leaves(told):
    return [told] if not told.because else [leaf for each in told.because for leaf in leaves(each)]


def test_the_finding_about_a_permit_is_told_with_what_it_rests_on():
    told = told_of(spots.permit("VB"), spots.VESTERBRO)
    assert told.answer == "yes"
    assert [(leaf.citation, leaf.fact) for leaf in leaves(told)] == [
        ("§ 1, stk. 1", "Din licens gælder 1. juni 2026 til og med 31. maj 2027."),
        ("§ 2, stk. 1", "Kortet: Stedet ligger ikke i en anden kommune."),
        ("§ 2, stk. 2", "Din licens er til zone VB Vesterbro. Her gælder: VB Vesterbro."),
        ("§ 3, stk. 1", "Vejen står ikke på kommunens liste over private fællesveje."),
    ]


@pytest.mark.parametrize("spot", [spots.VESTERBRO, spots.GARAGE, spots.FREDERIKSBERG, spots.GAP])
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_permit_that_is_not_ones_own_nothing_is_told_but_the_answer(spot, language):
    holding = replace(spots.permit("XX"), own=False)
    question = standing.about(spot, holding, AT)
    with translation.override(language):
        told = wording.tell_standing(standing.ask(spot, holding, AT), question, NAMES)
    facts = " ".join(leaf.fact for leaf in leaves(told))
    assert facts
    assert not [each for each in ("XX", "2027", "ZA10001") if each in facts]


@pytest.mark.parametrize("spot", [spots.JAGTVEJ, spots.GARAGE, spots.FREDERIKSBERG, spots.GAP])
@pytest.mark.parametrize("holding", [None, spots.permit("VB")], ids=["none", "own"])
def test_every_finding_can_be_told_whatever_is_missing(spot, holding):
    assert all(leaf.fact for leaf in leaves(told_of(holding, spot)))
