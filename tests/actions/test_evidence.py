"""What a machine sees of the sandbox's charges, what it annuls, and what it leaves to a person."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from parking.actions import (
    carry,
    casework,
    charge_feed,
    complain,
    complaint_work,
    evidence,
    send,
    staff,
)
from parking.actions import charge as charges
from parking.law import case as case_law
from parking.law.charge import State
from parking.law.charge_terms import AnnulmentReason
from parking.law.evidence import Ground
from parking.law.money import NOTHING, Money
from parking.law.reasoning import Answer
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.collection import ChargeTermsVersion
from parking.records.letter import Letter
from parking.records.outbox import Outgoing
from parking.records.staff import Staff
from town import charge, now, party

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def charged(stocked):
    """A portal that has read every charge of the sandbox."""
    charge_feed.follow(stocked, now=now())
    return stocked


def looked_at(outside, slug: str, who: str = "") -> ChargeCheck:
    kept = evidence.check(
        outside, charge(slug), party=party(who) if who else None, occasion="opened", now=now()
    )
    assert kept is not None
    return kept


@pytest.mark.parametrize(
    ("slug", "ground", "reason"),
    [
        ("tine-permit-slip", Ground.PERMIT_TYPO, AnnulmentReason.TYPO),
        ("mette-permit", Ground.PERMIT, AnnulmentReason.PERMIT),
        ("freja-payment-slip", Ground.PAYMENT_TYPO, AnnulmentReason.TYPO),
        ("gorm-paid-elsewhere", Ground.PAYMENT, AnnulmentReason.PAID_ELSEWHERE),
        ("pia-double-2", Ground.DOUBLE_CHARGE, AnnulmentReason.DOUBLE_CHARGE),
        ("nanna-4", Ground.CHARGED_TOO_OFTEN, AnnulmentReason.CHARGED_TOO_OFTEN),
    ],
)
def test_what_speaks_for_itself_is_annulled_on_the_spot(charged, work, slug, ground, reason):
    kept = looked_at(charged, slug)
    assert (kept.answer, kept.ground, kept.reason) == (
        Answer.YES.value,
        ground.value,
        reason.value,
    )
    assert kept.shown
    found = charge(slug)
    assert charges.stands(found) is State.ANNULLED
    assert (charges.payable(found), charges.balance(found).owed) == (NOTHING, NOTHING)
    work()
    told = charged.charges.charge(found.source_id)
    assert (told.state.value, told.balance) == ("annulled", Money(0))
    assert [line.reference for line in told.account if line.kind == "annulment"] == [
        f"check-{kept.id}"
    ]
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    assert charges.balance(charge(slug)).overpaid == NOTHING


@pytest.mark.parametrize("slug", ["alma-other-car", "trine-paid-late", "rita-ran-out"])
def test_what_only_looks_like_it_stands(charged, slug):
    kept = looked_at(charged, slug)
    assert (kept.answer, kept.ground) == (Answer.NO.value, "")
    assert charges.payable(charge(slug)) == Money(51_000)


@pytest.mark.parametrize("slug", ["pia-double-1", "nanna-1", "nanna-2", "nanna-3"])
def test_the_charges_before_the_one_too_many_stand(charged, slug):
    assert looked_at(charged, slug).answer == Answer.NO.value


@pytest.mark.parametrize(
    ("slug", "who", "ground"),
    [
        ("jens-stolen", "", Ground.STOLEN),
        ("karen-sold", "karen", Ground.SOLD),
        ("dagmar-deceased", "", Ground.DECEASED),
    ],
)
def test_what_a_case_worker_must_look_at_is_a_proposal(charged, slug, who, ground):
    kept = looked_at(charged, slug, who)
    assert (kept.answer, kept.ground, kept.on_the_spot) == (Answer.YES.value, ground.value, False)
    assert not ChargeAnnulment.objects.exists()
    found = charge(slug)
    assert charges.payable(found)
    assert evidence.will_be_annulled(found, kept) is AnnulmentReason(kept.reason)


def test_who_did_hold_the_vehicle_that_day_has_not_sold_it(charged):
    assert looked_at(charged, "karen-sold", "nuka").answer == Answer.NO.value
    assert looked_at(charged, "karen-sold").answer == Answer.NO.value


@pytest.mark.parametrize(
    ("system", "slug", "grounds"),
    [
        ("businesscentral", "gorm-paid-elsewhere", {Ground.PERMIT, Ground.PERMIT_TYPO}),
        ("dmr", "freja-payment-slip", {Ground.PAYMENT_TYPO}),
        ("cpr", "jens-stolen", {Ground.DECEASED}),
    ],
)
def test_a_silent_register_leaves_its_question_open(charged, sandbox, system, slug, grounds):
    sandbox.fault(system, "status:503")
    kept = looked_at(charged, slug)
    assert {Ground(name) for name, said in kept.finding.items() if said["answer"] == "open"} >= (
        grounds
    )


def test_what_stayed_open_is_asked_again_until_it_is_known(charged, sandbox):
    sandbox.fault("dmr", "status:503")
    first = looked_at(charged, "freja-payment-slip")
    assert (first.answer, first.ask_again) == (Answer.OPEN.value, True)
    assert charges.payable(charge("freja-payment-slip"))
    assert evidence.to_ask_again(now=now()) == [first]
    sandbox.fault("dmr", "none")
    later = now() + timedelta(hours=1)
    evidence.check(charged, charge("freja-payment-slip"), occasion="again", now=later)
    assert evidence.to_ask_again(now=later) == []
    assert charges.stands(charge("freja-payment-slip")) is State.ANNULLED


def test_the_rules_say_the_same_to_the_facts_that_were_kept(charged):
    kept = looked_at(charged, "tine-permit-slip")
    again = evidence.proposal_of(ChargeCheck.objects.get(id=kept.id))
    assert again.ground is Ground.PERMIT_TYPO
    assert {g.value: f.as_json() for g, f in again.findings} == kept.finding
    assert kept.versions == {"rules": "2021-01-01"}


def test_the_municipality_decides_what_a_machine_may_decide(charged):
    row = ChargeTermsVersion.objects.get()
    row.numbers["machine_decides"] = []
    row.save()
    kept = looked_at(charged, "mette-permit")
    assert (kept.answer, kept.on_the_spot) == (Answer.YES.value, False)
    assert charges.payable(charge("mette-permit")) == Money(51_000)


def test_who_is_concerned_gets_a_letter_and_reads_who_asked_about_them(charged, work):
    mette = party("mette")
    looked_at(charged, "mette-permit")
    letter = Letter.objects.get()
    assert (letter.party, letter.charge) == (mette, charge("mette-permit"))
    assert letter.subject == "Din parkeringsafgift er annulleret"
    asked = {(each.register, each.purpose) for each in LookUp.objects.filter(party=mette)}
    assert asked == {
        ("accounts", "check of a charge"),
        ("population register", "check of a charge"),
    }
    work()
    assert Letter.objects.get().sent is not None


def test_looking_twice_annuls_once(charged, work):
    looked_at(charged, "mette-permit")
    work()
    again = looked_at(charged, "mette-permit")
    assert again.answer == Answer.YES.value
    work()
    assert ChargeAnnulment.objects.count() == 1
    told = charged.charges.charge(charge("mette-permit").source_id)
    assert [line.kind for line in told.account].count("annulment") == 1


def test_what_is_annulled_here_counts_while_the_charge_system_is_down(charged, sandbox, work):
    sandbox.fault("pilen", "write-lost", count=1, path="/annulments")
    looked_at(charged, "mette-permit")
    work()
    assert charges.payable(charge("mette-permit")) == NOTHING
    row = Outgoing.objects.get(kind=Outgoing.Kind.REPORT_ANNULMENT)
    send.send(charged, row.id, carriers=carry.CARRIERS, now=now() + timedelta(hours=1))
    told = charged.charges.charge(charge("mette-permit").source_id)
    assert [line.kind for line in told.account].count("annulment") == 1
    assert charges.balance(charge("mette-permit")).overpaid == NOTHING


def test_a_charge_that_comes_by_the_feed_is_looked_at_by_itself(charged, sandbox, work):
    form = {"plate": "ZM10014", "offence": "40a", "place": "VA"}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=form).json()
    charge_feed.follow(charged, now=now())
    work()
    found = Charge.objects.get(number=given["chargeNumber"])
    assert charges.stands(found) is State.ANNULLED
    assert ChargeCheck.objects.get().occasion == "came in"


def test_the_many_of_a_first_listing_are_not_looked_at_at_once(charged, work):
    work()
    assert not ChargeCheck.objects.exists()


def test_a_charge_with_an_offence_that_no_permit_excuses_stands(charged, sandbox):
    form = {"plate": "ZM10014", "offence": "22a", "place": "VA"}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=form).json()
    charge_feed.follow(charged, now=now())
    found = Charge.objects.get(number=given["chargeNumber"])
    kept = evidence.check(charged, found, occasion="opened", now=now())
    assert kept is not None
    assert kept.answer == Answer.NO.value


def test_of_somebody_who_never_logged_in_no_look_up_is_kept(charged):
    looked_at(charged, "jens-stolen")
    assert not LookUp.objects.exists()


# Where only a case worker may act


def finding_taken(slug: str) -> tuple[Case, Staff]:
    worker = staff.add(name_id="ditte", roles=(Role.DECIDER,), unit="Parkering", now=now())
    case = Case.objects.get(charge=charge(slug))
    casework.take(worker, case, version=case.version, now=now())
    return casework.case_for(worker, case.id), worker


def test_what_only_a_case_worker_may_act_on_has_a_case_of_its_own(charged, work):
    looked_at(charged, "jens-stolen")
    looked_at(charged, "jens-stolen")
    case, worker = finding_taken("jens-stolen")
    assert case.about is case_law.Kind.FINDING
    complaint_work.settle_finding(
        worker, case, annul=True, reasons="Meldt stjålet.", version=case.version, now=now()
    )
    assert charges.stands(charge("jens-stolen")) is State.ANNULLED
    row = ChargeAnnulment.objects.get()
    assert (row.by, row.by_machine, row.reason) == ("Parkering", False, "stolen")
    work()
    told = charged.charges.charge(charge("jens-stolen").source_id)
    assert (told.state.value, told.balance) == ("annulled", NOTHING)


def test_a_case_worker_may_let_it_stand_and_is_not_asked_again(charged):
    looked_at(charged, "jens-stolen")
    case, worker = finding_taken("jens-stolen")
    complaint_work.settle_finding(
        worker, case, annul=False, reasons="Fundet igen.", version=case.version, now=now()
    )
    assert charges.payable(charge("jens-stolen"))
    looked_at(charged, "jens-stolen")
    assert Case.objects.count() == 1


def test_a_complaint_takes_the_place_of_the_machines_own_case(charged):
    looked_at(charged, "jens-stolen")
    begun = complain.begin(party("jens"), charge("jens-stolen"), language="da", now=now())
    complain.keep(begun, {"question": "stolen", "text": "Stjålet."}, now=now())
    complain.submit(begun, now=now())
    states = {case.kind: case.stands for case in Case.objects.all()}
    assert states == {"finding": case_law.State.WITHDRAWN, "complaint": case_law.State.OPEN}
    looked_at(charged, "jens-stolen")
    assert Case.objects.count() == 2
