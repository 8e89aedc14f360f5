"""A person number that was replaced: known by both, whichever the login and others tell."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from parking.actions import annulment, casework, mydata, person_number, staff
from parking.actions import charge as charges
from parking.actions import plan as plans
from parking.law.facts import Residence
from parking.law.staff import Role
from parking.ports.registers import Person
from parking.records import sealing
from parking.records.audit import LookUp
from parking.records.charge import ChargeHolder
from parking.records.party import Party
from sandbox import city
from town import charge, now, party

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = (
    number.replace("-", "")
    for number in (city.inhabitant("noor").former_number, city.inhabitant("noor").person_number)
)


ANNA, THIRD = "7205851002", "6305034085"


class Persons:
    """A register in which these numbers were replaced by those."""

    def __init__(self, replaced: dict[str, str]) -> None:
        self.replaced = replaced

    def person(self, *, person_number: str, reference: str) -> Person:
        return Person(
            residence=Residence.RESIDENT,
            born=date(2003, 5, 2),
            home=None,
            full_name="Noor Nytnummer",
            digital_post=True,
            current_number=self.replaced.get(person_number),
        )


def logged_in(outside, number: str = OLD, *, slug: str = "noor", at=None) -> Party:
    """Somebody whose login tells *number*, and whom the register has been asked about."""
    somebody = party(slug)
    somebody.told_by_login(number)
    somebody.last_seen = at or now()
    somebody.save()
    if person_number.is_due(somebody, now=at or now()):
        person_number.follow(outside, somebody, now=at or now())
    return Party.objects.get(id=somebody.id)


def prints(*numbers: str) -> set[str]:
    return {sealing.keys().fingerprint_of(number) for number in numbers}


# Whose


def test_a_charge_under_the_new_number_is_on_the_page_of_who_logs_in_with_the_old(charged):
    noor = logged_in(charged)
    mine = charges.mine(noor).get()
    assert mine == charge("noor-no-picture")
    assert mine.was_theirs
    assert [each.number for each in plans.owed_by(noor, now=now())] == [mine.number]
    assert [each.id for each in charges.known_parties(mine)] == [noor.id]
    assert annulment.concerned(mine) == [noor]


def test_a_charge_under_the_old_number_stays_on_it_too(charged):
    ChargeHolder.objects.get(charge=charge("noor-no-picture")).with_number(OLD).save()
    assert charges.mine(logged_in(charged)).exists()


def test_letters_go_to_the_number_that_is_theirs_now(charged):
    assert logged_in(charged).person_number == NEW


def test_their_own_data_is_theirs_by_either_number(charged):
    noor = logged_in(charged)
    tables = json.loads(mydata.copy_of(noor, now=now()).as_json())["tables"]
    assert [each["number"] for each in tables["charge"]] == [charge("noor-no-picture").number]
    assert len(tables["charge_holder"]) == 1
    assert tables["party"][0]["person_number"] == NEW
    assert not prints(OLD, NEW) & set(json.dumps(tables).split('"'))


@pytest.mark.parametrize("number", [OLD, NEW])
def test_nobody_handles_what_is_their_own_by_another_number(charged, number):
    noor = logged_in(charged)
    worker = staff.add(name_id="noor-k", roles=(Role.DECIDER,), unit="Parkering", now=now())
    worker.number_fingerprint = sealing.keys().fingerprint_of(number)
    worker.save()
    assert casework.own_numbers(worker) == prints(OLD, NEW) == set(noor.number_fingerprints)
    with pytest.raises(casework.OwnCase):
        casework.charge_for(worker, charge("noor-no-picture").id)
    Party.objects.update(number_fingerprints=[])
    assert casework.own_numbers(worker) == prints(number), "who was never here has told us no other"


# What the login tells


def test_who_has_one_number_is_known_by_that_alone(charged):
    anna = logged_in(charged, ANNA, slug="anna")
    assert set(anna.number_fingerprints) == prints(ANNA)
    assert not person_number.is_due(anna, now=now())


def test_the_login_may_tell_the_new_number_one_day(charged):
    before = logged_in(charged)
    after = logged_in(charged, NEW)
    assert set(after.number_fingerprints) == prints(OLD, NEW)
    assert (after.person_number, after.customer) == (NEW, before.customer)
    assert LookUp.objects.count() == 1, "what is known already is not asked again"


def test_a_new_number_at_the_login_is_joined_to_the_old_when_the_register_says_so(charged, sandbox):
    noor = party("noor").with_number(OLD)
    noor.save()
    sandbox.fault("cpr", "status:503")
    alone = logged_in(charged, NEW)
    assert set(alone.number_fingerprints) == prints(NEW), "the login's word counts alone"
    sandbox.control("DELETE", "faults")
    person_number.follow(charged, alone, now=now())
    joined = Party.objects.get(id=noor.id)
    assert set(joined.number_fingerprints) == prints(OLD, NEW)
    assert (joined.person_number, joined.customer) == (NEW, noor.customer)
    assert joined.former_sealed is None


@pytest.mark.parametrize("wrong", [ANNA, "0101011111"], ids=["somebody else's", "nobody's"])
@pytest.mark.parametrize("right", [OLD, "0810861010"], ids=["replaced", "never replaced"])
def test_a_number_the_login_told_by_mistake_is_left(charged, wrong, right):
    """What was somebody else's number opens nothing of theirs afterwards."""
    assert set(logged_in(charged, wrong).number_fingerprints) == prints(wrong)
    after = logged_in(charged, right)
    assert set(after.number_fingerprints) == prints(*{OLD: (OLD, NEW)}.get(right, (right,)))
    assert after.customer == sealing.keys().customer_of(right)
    assert (after.former_sealed, after.former_fingerprints, after.former_customer) == (None, [], "")


def test_a_login_that_tells_another_number_for_a_while_takes_nothing_away(charged, sandbox):
    before = logged_in(charged)
    sandbox.fault("cpr", "status:503")
    assert set(logged_in(charged, THIRD).number_fingerprints) == prints(THIRD)
    after = logged_in(charged, OLD)
    assert set(after.number_fingerprints) == prints(OLD, NEW)
    assert (after.person_number, after.customer) == (NEW, before.customer)
    assert (after.former_sealed, after.former_fingerprints, after.former_customer) == (None, [], "")


def test_a_second_new_number_leaves_nothing_of_the_first_behind(charged, sandbox):
    before = logged_in(charged)
    third = replace(charged, persons=Persons({NEW: THIRD}))
    after = logged_in(third, THIRD)
    assert set(after.number_fingerprints) == prints(OLD, NEW, THIRD)
    assert (after.person_number, after.customer) == (THIRD, before.customer)
    assert charges.mine(after).exists()


# When the register is asked


def test_a_silent_register_changes_nothing_and_is_asked_again(charged, sandbox):
    sandbox.fault("cpr", "status:503")
    noor = logged_in(charged)
    assert not charges.mine(noor).exists()
    assert [each.outcome for each in LookUp.objects.all()] == ["unavailable"]
    assert person_number.due(now=now()) == []
    sandbox.control("DELETE", "faults")
    later = now() + timedelta(minutes=3)
    assert person_number.due(now=later) == [noor]
    person_number.follow(charged, noor, now=later)
    assert charges.mine(Party.objects.get(id=noor.id)).exists()
    assert person_number.due(now=later) == []


def test_of_whom_the_register_never_tells_is_asked_ever_more_seldom(charged, sandbox):
    """They keep nobody else waiting, and read of a few questions, not of hundreds."""
    sandbox.fault("cpr", "status:503")
    logged_in(charged)
    for minute in range(0, 24 * 60, 2):
        for each in person_number.due(now=now() + timedelta(minutes=minute)):
            person_number.follow(charged, each, now=now() + timedelta(minutes=minute))
    assert 5 <= LookUp.objects.count() <= 12


def test_only_those_who_were_here_lately_are_asked_about_by_themselves(charged, sandbox):
    sandbox.fault("cpr", "status:503")
    noor = logged_in(charged, at=now() - timedelta(days=2))
    assert person_number.is_due(noor, now=now())
    assert person_number.due(now=now()) == []


def test_a_number_is_asked_about_anew_after_a_month_and_can_be_read_about(charged):
    logged_in(charged, at=now() - timedelta(days=31))
    logged_in(charged, at=now() - timedelta(days=1))
    logged_in(charged)
    looks = LookUp.objects.filter(party=party("noor"), purpose="number of a login")
    assert [each.register for each in looks] == ["population register"] * 2


def test_a_number_that_nobody_knows_is_kept(charged):
    unknown = logged_in(charged, "0101011111")
    assert unknown.person_number == "0101011111"
    assert {each.outcome for each in LookUp.objects.all()} == {"not found", "answered"}
    assert not person_number.is_due(unknown, now=now())
