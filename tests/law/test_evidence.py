"""What a machine can see is wrong with a charge: the named cases, and what holds for all."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.charge_situations import TERMS

from parking.law import collection, complaint, evidence, record
from parking.law.charge import ChargeNumber
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import DENMARK, NotInForce, Period
from parking.law.evidence import (
    REASONS,
    RULES,
    Facts,
    Ground,
    Issued,
    PaidParking,
    Proposal,
    proposal,
)
from parking.law.facts import FROM_CASE_WORKER, Holding, Missing, Supplier
from parking.law.offence import OffenceKind
from parking.law.plates import Plate, Typo, typo
from parking.law.reasoning import Answer, Finding
from parking.law.zones import ZoneCode

FOLDER = Path(__file__).parent / "charge_cases"
REGULATION = Path(__file__).parents[2] / "docs" / "regulation" / "charges.md"

PLATE = Plate("AB12345")
AT = datetime(2026, 3, 10, 14, tzinfo=DENMARK)
CHARGE = Issued(
    number=ChargeNumber("300000004"), plate=PLATE, code="40a", at=AT, road="Vesterbrogade"
)
ORDINARY = Facts(
    charge=CHARGE,
    on=date(2026, 4, 1),
    terms=TERMS,
    kind=OffenceKind.PAYMENT,
    permit_zones=(ZoneCode("VB"),),
    paid_zone="red",
    permits=(),
    other_payments=(),
    vehicles=(PLATE,),
    charges=(),
    kept_until=None,
    stolen=None,
    died=None,
)
MISSING = {
    f.name: f.default for f in dataclasses.fields(Facts) if f.default is not dataclasses.MISSING
}
CONDITIONS = {
    condition.name: condition
    for _, rules in RULES.versions
    for rule in rules.values()
    for condition in rule.conditions()
}


@dataclass(frozen=True)
class Case:
    where: str
    facts: Facts
    expected: Mapping[str, Any]


EXPECTED = {"answer", "ground", "reason", "on-the-spot", "shown-by", "awaits"}
SAID = {
    *("at", "plate", "code", "road", "zone", "kind", "permit", "payment", "charge", "vehicles"),
    *("kept-until", "stolen-from", "found-on", "died", "silent", "typos", "machine-decides"),
}


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.toml")):
        for said in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            name = said.pop("name")
            where = f"{path.stem}: {name}"
            expected = {word: said.pop(word) for word in EXPECTED & said.keys()}
            assert said.keys() <= SAID, where
            yield Case(where, facts(said), expected)


def facts(said: Mapping[str, Any]) -> Facts:
    charge = issued({word: said[word] for word in ("at", "plate", "code", "road") if word in said})
    terms = dataclasses.replace(
        TERMS,
        typos=tuple(map(Typo, said.get("typos", TERMS.typos))),
        machine_decides=tuple(
            map(AnnulmentReason, said.get("machine-decides", TERMS.machine_decides))
        ),
    )
    kind = said.get("kind", "payment")
    stolen = said.get("stolen-from")
    told = dataclasses.replace(
        ORDINARY,
        charge=charge,
        terms=terms,
        kind=FROM_CASE_WORKER if kind == "not in the catalogue" else OffenceKind(kind),
        paid_zone=said.get("zone", "red"),
        permits=tuple(map(permit, said.get("permit", ()))),
        other_payments=tuple(map(payment, said.get("payment", ()))),
        vehicles=tuple(map(Plate, said.get("vehicles", [PLATE]))),
        charges=tuple(map(issued, said.get("charge", ()))),
        kept_until=said.get("kept-until"),
        stolen=None if stolen is None else Period(stolen, said.get("found-on")),
        died=said.get("died"),
    )
    silent = {Missing(Supplier(who)) for who in said.get("silent", ())}
    return dataclasses.replace(told, **{n: m for n, m in MISSING.items() if m in silent})


def issued(said: Mapping[str, Any]) -> Issued:
    changes = dict(said)
    if "at" in changes:
        changes["at"] = changes["at"].replace(tzinfo=DENMARK)
    return dataclasses.replace(CHARGE, **changes)


def permit(said: Mapping[str, Any]) -> Holding:
    days = Period(said["first-day"], said["last-day"] + timedelta(days=1))
    zone = ZoneCode(said.get("zone", "VB"))
    return Holding(product="resident-permit", plate=Plate(said["plate"]), zone=zone, period=days)


def payment(said: Mapping[str, Any]) -> PaidParking:
    return PaidParking(
        operator="an app",
        reference="1",
        plate=Plate(said["plate"]),
        start=said["from"].replace(tzinfo=DENMARK),
        end=said["until"].replace(tzinfo=DENMARK),
        zone=said.get("zone", "red"),
    )


def shown(each: Any) -> str:
    match each:
        case Issued():
            return str(each.number)
        case Period():
            return each.start.isoformat()
        case date():
            return each.isoformat()
        case _:
            return str(each.plate)


CASES = tuple(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.where)
def test_case(case: Case) -> None:
    proposed = proposal(case.facts)
    found = {
        "answer": proposed.answer.value,
        "ground": proposed.ground and proposed.ground.value,
        "reason": proposed.reason and proposed.reason.value,
        "on-the-spot": proposed.on_the_spot,
        "shown-by": [shown(each) for each in proposed.evidence],
        "awaits": [supplier.value for supplier in proposed.awaited()],
    }
    assert {word: found[word] for word in case.expected} == case.expected


def test_every_case_says_what_must_follow() -> None:
    assert len(CASES) >= 60
    assert len({case.where for case in CASES}) == len(CASES)
    wanted = {"yes": {"ground", "reason"}, "no": set(), "open": {"awaits"}}
    assert [c.where for c in CASES if not wanted[c.expected["answer"]] <= c.expected.keys()] == []


def test_every_ground_holds_in_a_case_and_every_register_is_silent_in_one() -> None:
    assert {case.expected.get("ground") for case in CASES} - {None} == {g.value for g in Ground}
    silent = {who for case in CASES for who in case.expected.get("awaits", ())}
    assert silent == {missing.supplier.value for missing in MISSING.values()}


@pytest.mark.parametrize("ground", Ground)
def test_every_ground_has_a_rule_and_a_reason(ground: Ground) -> None:
    assert ground in REASONS
    assert all(ground in rules for _, rules in RULES.versions)


# Whatever the facts


def held(plate: str, first: date, last: date) -> Holding:
    return permit({"plate": plate, "first-day": first, "last-day": last})


def paid(plate: str, hour: int, zone: str) -> PaidParking:
    start = AT.replace(hour=hour)
    return payment({"plate": plate, "from": start, "until": AT.replace(hour=16), "zone": zone})


everything = st.fixed_dictionaries(
    {
        "permits": st.lists(
            st.builds(
                held,
                st.sampled_from(["AB12345", "AB12346", "XY98765"]),
                st.sampled_from([date(2026, 1, 1), date(2026, 1, 5)]),
                st.sampled_from([date(2026, 2, 9), date(2026, 12, 9)]),
            ),
            max_size=3,
        ).map(tuple),
        "other_payments": st.lists(
            st.builds(
                paid,
                st.sampled_from(["AB12345", "AB1234", "XY98765"]),
                st.sampled_from([13, 15]),
                st.sampled_from(["red", "blue"]),
            ),
            max_size=3,
        ).map(tuple),
        "vehicles": st.sets(st.sampled_from([PLATE, Plate("AB12346"), Plate("AB1234")])).map(tuple),
        "charges": st.lists(
            st.builds(
                lambda n, hours, annulled: dataclasses.replace(
                    CHARGE,
                    number=ChargeNumber(f"30000{n:04}"),
                    at=AT - timedelta(hours=hours),
                    annulled=annulled,
                ),
                st.integers(10, 9999),
                st.integers(-30, 300),
                st.booleans(),
            ),
            max_size=6,
            unique_by=lambda each: each.number,
        ).map(tuple),
        "kept_until": st.sampled_from([None, date(2026, 3, 9), date(2026, 3, 10)]),
        "stolen": st.sampled_from([None, Period(date(2026, 3, 1)), Period(date(2026, 3, 10))]),
        "died": st.sampled_from([None, date(2026, 3, 20)]),
        "kind": st.sampled_from(OffenceKind),
    }
).map(lambda changes: dataclasses.replace(ORDINARY, **changes))
silent = st.sets(st.sampled_from(sorted(MISSING)))


@given(everything, silent)
def test_a_register_that_is_silent_never_turns_a_yes_into_a_no_nor_a_no_into_a_yes(
    all_known: Facts, names: set[str]
) -> None:
    known = dict(proposal(all_known).findings)
    partly = dict(proposal(without(all_known, names)).findings)
    for ground in Ground:
        assert partly[ground].answer in {known[ground].answer, Answer.OPEN}


@given(everything, silent)
def test_a_proposal_to_annul_has_a_reason_and_something_that_shows_it(
    all_known: Facts, names: set[str]
) -> None:
    proposed = proposal(without(all_known, names))
    annul = proposed.answer is Answer.YES
    assert annul == bool(proposed.evidence) == (proposed.reason is not None)
    assert bool(proposed.awaited()) == (proposed.answer is Answer.OPEN)
    assert not proposed.on_the_spot or proposed.reason in TERMS.machine_decides


@given(everything, st.data())
def test_charges_may_be_told_in_any_order(all_known: Facts, data: st.DataObject) -> None:
    assert isinstance(all_known.charges, tuple)
    told = tuple(data.draw(st.permutations(all_known.charges)))
    assert proposal(dataclasses.replace(all_known, charges=told)) == proposal(all_known)


@given(everything, silent)
def test_facts_and_findings_are_kept_with_a_decision_and_read_back(
    all_known: Facts, names: set[str]
) -> None:
    some = without(all_known, names)
    kept = record.as_json(some)
    assert proposal(record.from_json(Facts, kept)) == proposal(some)
    for _, finding in proposal(some).findings:
        assert Finding.from_json(finding.as_json()) == finding


def without(all_known: Facts, names: set[str]) -> Facts:
    return dataclasses.replace(all_known, **{name: MISSING[name] for name in names})


def test_whoever_is_charged_every_hour_of_a_day_pays_once() -> None:
    series = [
        dataclasses.replace(CHARGE, number=ChargeNumber(f"{n:09}"), at=AT + timedelta(hours=n))
        for n in range(24)
    ]
    standing = []
    for charge in series:
        others = tuple(each for each in series if each != charge)
        asked = dataclasses.replace(ORDINARY, charge=charge, charges=others)
        if proposal(asked).answer is Answer.NO:
            standing.append(charge)
    assert standing == series[:1]


def test_before_the_rules_were_in_force_there_is_no_answer() -> None:
    early = dataclasses.replace(CHARGE, at=datetime(2020, 12, 31, 22, tzinfo=DENMARK))
    with pytest.raises(NotInForce):
        proposal(dataclasses.replace(ORDINARY, charge=early))


def test_a_machine_proposes_and_never_upholds() -> None:
    assert proposal(ORDINARY) == Proposal(answer=Answer.NO, findings=proposal(ORDINARY).findings)


# Typos


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("AB12345", None),
        ("AB12346", Typo.WRONG),
        ("XB12345", Typo.WRONG),
        ("A12345", Typo.MISSING),
        ("AB1234", Typo.MISSING),
        ("AB123455", Typo.EXTRA),
        ("0AB12345", Typo.EXTRA),
        ("BA12345", Typo.SWAPPED),
        ("AB12354", Typo.SWAPPED),
        ("AB12543", None),
        ("AB32145", None),
        ("AB12366", None),
        ("AB123", None),
        ("AB1234567", None),
        ("BA1234", None),
    ],
)
def test_one_typo_and_no_more(typed: str, expected: Typo | None) -> None:
    assert typo(Plate(typed), PLATE) is expected


OTHER_WAY = {Typo.MISSING: Typo.EXTRA, Typo.EXTRA: Typo.MISSING}
plates = st.text("AB01", min_size=2, max_size=6).map(Plate)


@given(plates, plates)
def test_a_typo_is_one_from_either_side(one: Plate, other: Plate) -> None:
    found = typo(one, other)
    assert typo(other, one) is (None if found is None else OTHER_WAY.get(found, found))
    if one == other:
        assert found is None


# The regulation


def test_every_citation_stands_in_the_regulation() -> None:
    text = REGULATION.read_text(encoding="utf-8")
    stated = set(re.findall(r"^\| (§ \d+, stk\. \d+) \|", text, re.MULTILINE))
    sections = {paragraph.partition(",")[0] for paragraph in stated}
    assert {condition.cites for condition in CONDITIONS.values()} <= stated
    for module in (evidence, collection, complaint):
        source = Path(module.__file__ or "").read_text(encoding="utf-8")
        assert set(re.findall(r"§ \d+, stk\. \d+", source)) <= stated
        assert set(re.findall(r"§ \d+", source)) <= sections


def test_every_paragraph_says_where_it_comes_from() -> None:
    rows = re.findall(r"^\| § .*\|$", REGULATION.read_text(encoding="utf-8"), re.MULTILINE)
    columns = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert columns
    assert [row for row in columns if len(row) != 4 or not all(row)] == []


def test_conditions_look_at_facts_that_exist_and_every_fact_is_looked_at() -> None:
    looked_at = {fact for condition in CONDITIONS.values() for fact in condition.needs}
    assert looked_at == {field.name for field in dataclasses.fields(Facts)}
