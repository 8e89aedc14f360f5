"""The resident permit, read as the regulation: what each sentence refuses, and what none does."""

from __future__ import annotations

import dataclasses
import re
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.situations import (
    FREDERIKSBERG,
    FREE_AREA,
    HOME,
    PAID_AREA,
    PLATE,
    START,
    TERMS,
    application,
    holding,
    terms,
    vehicle,
)

from parking.law import price, reminders
from parking.law.days import NotInForce, Period
from parking.law.facts import (
    FROM_CASE_WORKER,
    Document,
    Facts,
    Keeper,
    Missing,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Supplier,
    Tie,
    VehicleKind,
    settled,
)
from parking.law.permits import resident
from parking.law.reasoning import Answer, Condition, Finding, would_help
from parking.law.zones import HomeArea, Place

REGULATION = Path(__file__).parents[2] / "docs" / "regulation" / "resident-permit.md"
RULE = resident.RULE.on(START)
CONDITIONS = {condition.name: condition for condition in RULE.conditions()}

STRANGER = Tie(relation=Relation.NEITHER)
COMPANY_CAR = Tie(relation=Relation.NEITHER, keeper=Keeper.COMPANY)
LEASED_CAR = Tie(relation=Relation.NEITHER, keeper=Keeper.LEASING_COMPANY)

PERMITS = {"own_permits", "plate_permits", "in_basket"}

#: The facts whose absence only the applicant could mend.
DOCUMENTS = {"sole_user_declaration", "lease"}
#: The facts that a register or the map supplies; the rest come with the application itself.
OWED_BY_OTHERS = sorted(
    field.name
    for field in dataclasses.fields(Facts)
    if isinstance(field.default, Missing) and field.name not in DOCUMENTS
)

ONE_THING_WRONG: dict[str, dict[str, Any]] = {
    "applicant_is_of_age": {"born": date(2008, 3, 2)},
    "applicant_lives_in_denmark": {"residence": Residence.EMIGRATED},
    "home_is_in_the_municipality": {
        "home": dataclasses.replace(HOME, municipality=FREDERIKSBERG),
    },
    "home_gives_right_to_a_permit_zone": {"home_area": HomeArea(place=Place.NO_AREA)},
    "home_road_is_open_to_permits": {
        "home": dataclasses.replace(HOME, on_private_common_road=True),
        "terms": terms(private_common_road_effect=PrivateCommonRoadEffect.REFUSE),
    },
    "vehicle_is_in_the_danish_register": {"registration": Registration.NOT_FOUND},
    "vehicle_is_in_traffic": {"registration": Registration.DEREGISTERED},
    "vehicle_is_not_reported_stolen": {"vehicle": vehicle(reported_stolen=True)},
    "vehicle_is_of_a_permitted_kind": {"vehicle": vehicle(kind=VehicleKind.TRAILER)},
    "vehicle_is_not_too_heavy": {"gross_weight_kg": 3501},
    "applicant_owns_or_uses_the_vehicle": {"tie": STRANGER},
    "company_declares_sole_use": {
        "tie": COMPANY_CAR,
        "sole_user_declaration": Document(approved=False),
    },
    "lease_names_the_applicant": {"tie": LEASED_CAR, "lease": Document(approved=False)},
    "applicant_has_a_permit_left": {
        "own_permits": (holding(date(2025, 6, 1), date(2026, 6, 1)),),
    },
    "vehicle_has_no_other_permit": {
        "plate_permits": (holding(date(2025, 6, 1), date(2026, 6, 1), plate=PLATE),),
    },
}

#: What the right to the vehicle is made of is refused together: none of the three ways is open.
WAYS_TO_A_RIGHT = {
    "applicant_owns_or_uses_the_vehicle",
    "vehicle_belongs_to_a_company",
    "company_declares_sole_use",
    "vehicle_is_leased",
    "lease_names_the_applicant",
}


def reasons(finding: Finding) -> list[str]:
    return [reason.rule for reason in finding.reasons()]


def test_whoever_meets_every_condition_may_have_a_permit() -> None:
    finding = resident.ask(application())
    assert finding.answer is Answer.YES
    assert finding.awaited() == ()


@pytest.mark.parametrize("sentence", ONE_THING_WRONG)
def test_one_sentence_refuses_and_says_so(sentence: str) -> None:
    finding = resident.ask(application(**ONE_THING_WRONG[sentence]))
    assert finding.answer is Answer.NO
    assert sentence in reasons(finding)
    if sentence in WAYS_TO_A_RIGHT:
        assert set(reasons(finding)) <= WAYS_TO_A_RIGHT
    else:
        assert reasons(finding) == [sentence]


def test_every_sentence_has_somebody_whom_it_refuses() -> None:
    what_the_vehicle_is = {"vehicle_belongs_to_a_company", "vehicle_is_leased"}
    assert CONDITIONS.keys() - what_the_vehicle_is == ONE_THING_WRONG.keys()


@pytest.mark.parametrize("fact", OWED_BY_OTHERS)
def test_a_register_that_does_not_reply_is_never_a_refusal(fact: str) -> None:
    missing = next(f.default for f in dataclasses.fields(Facts) if f.name == fact)
    finding = resident.ask(application(**{fact: missing}))
    assert finding.answer is Answer.OPEN
    assert finding.awaited() == (missing.supplier,)


def test_no_register_replies_and_still_nobody_is_refused() -> None:
    silent = {f.name: f.default for f in dataclasses.fields(Facts) if f.name in OWED_BY_OTHERS}
    finding = resident.ask(application(**silent))
    assert finding.answer is Answer.OPEN
    assert finding.awaited() == (
        Supplier.POPULATION_REGISTER,
        Supplier.MAP,
        Supplier.VEHICLE_REGISTER,
        Supplier.ACCOUNTS,
    )


@pytest.mark.parametrize("sentence", sorted(ONE_THING_WRONG.keys() - WAYS_TO_A_RIGHT))
def test_a_certain_refusal_does_not_wait_for_missing_facts(sentence: str) -> None:
    wrong = ONE_THING_WRONG[sentence]
    silent = {
        f.name: f.default
        for f in dataclasses.fields(Facts)
        if f.name in OWED_BY_OTHERS and f.name not in {*wrong, *CONDITIONS[sentence].needs}
    }
    finding = resident.ask(application(**silent | wrong))
    assert finding.answer is Answer.NO
    assert reasons(finding) == [sentence]


def test_somebody_elses_car_is_refused_and_not_kept_waiting() -> None:
    finding = resident.ask(application(tie=STRANGER))
    assert finding.answer is Answer.NO
    assert reasons(finding) == [
        "applicant_owns_or_uses_the_vehicle",
        "vehicle_belongs_to_a_company",
        "company_declares_sole_use",
        "vehicle_is_leased",
        "lease_names_the_applicant",
    ]


def test_no_document_would_help_with_somebody_elses_car() -> None:
    assert would_help(RULE, application(tie=STRANGER)) == ()


def test_no_document_would_help_when_another_sentence_refuses_too() -> None:
    assert would_help(RULE, application(tie=COMPANY_CAR, gross_weight_kg=3501)) == ()


@pytest.mark.parametrize("assessed", [FROM_CASE_WORKER, Document(approved=True)])
def test_not_even_an_approved_document_helps_with_somebody_elses_car(
    assessed: Missing | Document,
) -> None:
    finding = resident.ask(
        application(tie=STRANGER, sole_user_declaration=assessed, lease=assessed)
    )
    assert finding.answer is Answer.NO


@pytest.mark.parametrize(
    ("tie", "document"),
    [(COMPANY_CAR, "sole_user_declaration"), (LEASED_CAR, "lease")],
    ids=["company car", "leased car"],
)
class TestACarThatACompanyStandsBehind:
    def test_without_its_document_is_refused_saying_what_would_change_it(
        self, tie: Tie, document: str
    ) -> None:
        finding = resident.ask(application(tie=tie))
        assert finding.answer is Answer.NO
        assert would_help(RULE, application(tie=tie)) == (document,)

    def test_is_open_while_a_case_worker_has_the_document(self, tie: Tie, document: str) -> None:
        finding = resident.ask(application(tie=tie, **{document: FROM_CASE_WORKER}))
        assert finding.answer is Answer.OPEN
        assert finding.awaited() == (Supplier.CASE_WORKER,)

    def test_may_have_a_permit_when_the_document_is_approved(self, tie: Tie, document: str) -> None:
        finding = resident.ask(application(tie=tie, **{document: Document(approved=True)}))
        assert finding.answer is Answer.YES

    def test_is_refused_when_the_document_is_turned_down(self, tie: Tie, document: str) -> None:
        finding = resident.ask(application(tie=tie, **{document: Document(approved=False)}))
        assert finding.answer is Answer.NO

    def test_is_not_helped_by_the_other_document(self, tie: Tie, document: str) -> None:
        (other,) = DOCUMENTS - {document}
        finding = resident.ask(application(tie=tie, **{other: Document(approved=True)}))
        assert finding.answer is Answer.NO

    def test_needs_no_document_of_its_registered_user(self, tie: Tie, document: str) -> None:
        user = dataclasses.replace(tie, relation=Relation.USER)
        assert resident.ask(application(tie=user)).answer is Answer.YES


@pytest.mark.parametrize("place", [Place.UNKNOWN, Place.SEVERAL])
def test_what_the_map_cannot_settle_is_for_a_case_worker(place: Place) -> None:
    finding = resident.ask(application(home_area=settled(HomeArea(place=place))))
    assert finding.answer is Answer.OPEN
    assert finding.awaited() == (Supplier.CASE_WORKER,)


@pytest.mark.parametrize("place", [Place.HOME_AREA, Place.NO_AREA, Place.ELSEWHERE])
def test_what_the_map_says_clearly_needs_no_case_worker(place: Place) -> None:
    area = HomeArea(place=place)
    assert settled(area) is area


def test_every_condition_cites_a_paragraph_that_the_regulation_has() -> None:
    stated = set(re.findall(r"^\| (§ \d+, stk\. \d+) \|", REGULATION.read_text(), re.MULTILINE))
    cited = {condition.cites for condition in CONDITIONS.values()}
    assert cited <= stated


@pytest.mark.parametrize("module", [resident, price], ids=lambda module: module.__name__)
def test_every_paragraph_named_in_the_law_is_in_the_regulation(module: ModuleType) -> None:
    rows = re.findall(r"^\| (§ \d+)(, stk\. \d+) \|", REGULATION.read_text(), re.MULTILINE)
    stated = {paragraph + part for paragraph, part in rows} | {paragraph for paragraph, _ in rows}
    named = set(re.findall(r"§ \d+(?:, stk\. \d+)?", Path(module.__file__ or "").read_text()))
    assert named
    assert named <= stated


def test_every_paragraph_in_the_regulation_says_where_it_comes_from() -> None:
    rows = re.findall(r"^\| § .*\|$", REGULATION.read_text(), re.MULTILINE)
    columns = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert columns
    assert [row for row in columns if len(row) != 4 or not all(row)] == []


def test_conditions_stand_in_the_order_of_the_regulation() -> None:
    cited = [condition.cites for condition in RULE.conditions()]
    assert cited == sorted(cited)


def test_every_fact_that_a_condition_needs_exists() -> None:
    assert set(RULE.needs) <= {field.name for field in dataclasses.fields(Facts)}


def test_no_fact_is_fetched_that_no_condition_looks_at() -> None:
    fetched = {*OWED_BY_OTHERS, *DOCUMENTS}
    assert fetched <= set(RULE.needs)


@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_a_condition_sees_the_facts_it_names_and_no_other(condition: Condition) -> None:
    class OnlyWhatItNames:
        def __getattr__(self, name: str) -> Any:
            assert name in condition.needs
            return getattr(application(), name)

    finding = condition.ask(OnlyWhatItNames())
    assert finding.looked_at == condition.needs


def test_who_somebody_is_is_no_fact_that_the_rule_looks_at() -> None:
    about_people = {"residence", "born", "home", "home_area", "tie", *PERMITS}
    about_the_vehicle = {"registration", "vehicle", "gross_weight_kg"}
    about_the_matter = {"period", "terms", "municipality", "extra_permits"}
    assert set(RULE.needs) == about_people | about_the_vehicle | about_the_matter | DOCUMENTS


def test_before_the_regulation_was_in_force_there_is_no_answer() -> None:
    with pytest.raises(NotInForce):
        resident.ask(application(period=resident.period_from(date(2024, 12, 31), TERMS)))


def test_a_finding_is_stored_whole_and_read_back() -> None:
    finding = resident.ask(application(tie=COMPANY_CAR, home_area=FROM_CASE_WORKER))
    assert Finding.from_json(finding.as_json()) == finding


def test_in_a_time_limited_zone_the_free_permit_is_sold() -> None:
    assert resident.product_in(FREE_AREA) == resident.TIME_LIMITED
    assert resident.product_in(PAID_AREA) == resident.PAID


def test_a_permit_may_start_today_or_up_to_thirty_days_ahead() -> None:
    days = resident.start_days(date(2026, 3, 1), TERMS)
    assert date(2026, 2, 28) not in days
    assert date(2026, 3, 1) in days
    assert date(2026, 3, 31) in days
    assert date(2026, 4, 1) not in days


@given(st.dates(date(2025, 1, 1), date(2040, 1, 1)), st.integers(0, 366))
def test_whoever_is_reminded_can_renew_that_day(start: date, later: int) -> None:
    period, today = resident.period_from(start, TERMS), start + timedelta(days=later)
    if reminders.due(period, today=today) is not None:
        assert today in resident.renewal_days(period, TERMS)


def test_a_permit_can_be_renewed_from_thirty_days_before_its_last_day() -> None:
    days = resident.renewal_days(Period(date(2025, 12, 1), date(2026, 12, 1)), TERMS)
    assert days == Period(date(2026, 10, 31), date(2026, 12, 1))


def test_a_short_permit_can_be_renewed_from_its_first_day() -> None:
    short = Period(date(2026, 3, 1), date(2026, 3, 8))
    assert resident.renewal_days(short, TERMS) == short


def test_a_permit_that_never_ends_is_never_renewed() -> None:
    with pytest.raises(ValueError, match="never ends"):
        resident.renewal_days(Period(date(2026, 3, 1)), TERMS)


@pytest.mark.parametrize(
    ("effect", "on_private_common_road", "warned"),
    [
        (PrivateCommonRoadEffect.WARN, True, True),
        (PrivateCommonRoadEffect.WARN, False, False),
        (PrivateCommonRoadEffect.NONE, True, False),
        (PrivateCommonRoadEffect.REFUSE, True, False),
    ],
)
def test_a_warning_is_given_on_a_private_common_road_where_the_terms_say_so(
    *, effect: PrivateCommonRoadEffect, on_private_common_road: bool, warned: bool
) -> None:
    facts = application(
        home=dataclasses.replace(HOME, on_private_common_road=on_private_common_road),
        terms=terms(private_common_road_effect=effect),
    )
    assert resident.is_not_valid_on_own_road(facts) is warned


def test_nobody_is_warned_about_a_home_that_is_not_known() -> None:
    silent = application(home=Missing(Supplier.POPULATION_REGISTER))
    assert not resident.is_not_valid_on_own_road(silent)
