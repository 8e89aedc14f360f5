"""What a machine sees of the sandbox's charges, what it annuls, and what it leaves to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from collecting import Town
from parking.actions import (
    carry,
    casework,
    charge_facts,
    charge_feed,
    checkout,
    complain,
    complaint_course,
    complaint_work,
    evidence,
    progress,
    send,
    staff,
)
from parking.actions import charge as charges
from parking.law import case as case_law
from parking.law.charge import Hold, State, Step
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import DENMARK, Period, danish_day
from parking.law.evidence import Ground
from parking.law.money import NOTHING, Money
from parking.law.plates import Plate
from parking.law.reasoning import Answer
from parking.law.record import as_json
from parking.law.staff import Role
from parking.ports import Unavailable
from parking.ports.places import Point
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.collection import ChargeTermsVersion
from parking.records.letter import Letter
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.recording import recording
from parking.records.staff import Staff
from parking.records.zone import ZoneVersion
from parking.site import wiring
from pictures import unpacked
from sandbox import city
from sandbox.charges import code_of
from town import charge, now, order, party, pay, slip_of

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert kept.versions["rules"] == "2021-01-01"


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


def written_to() -> list[tuple[str, str]]:
    """Return to whom letters were written, and by which way they went."""
    return [
        (each.addressee.number or each.addressee.name, each.channel)
        for each in Letter.objects.order_by("written", "id")
    ]


def number_of(who: str) -> str:
    person = city.inhabitant(who)
    assert person is not None
    return person.person_number.replace("-", "")


def test_the_registered_holder_gets_a_letter_who_never_logged_in(charged, work):
    looked_at(charged, "gorm-paid-elsewhere")
    letter = Letter.objects.get()
    assert (letter.party, letter.language, letter.kind) == (None, "da", "decision")
    work()
    assert written_to() == [(number_of("gorm"), "digital_post")]
    letter.refresh_from_db()
    assert letter.sent is not None
    assert number_of("gorm").encode() not in bytes(letter.addressee_sealed)


def test_each_who_is_concerned_gets_one_letter(charged, work):
    given = charge("mette-permit")
    mette, anna = party("mette"), party("anna")
    charges.claim(anna, given, now=now())
    complaint = complain.begin(mette, given, language="da", now=now())
    complain.keep(complaint, {"question": "permit", "text": "Jeg har licens."}, now=now())
    complain.submit(complaint, now=now())
    Letter.objects.all().delete()
    Outgoing.objects.all().delete()
    looked_at(charged, "mette-permit")
    looked_at(charged, "mette-permit")
    work()
    assert sorted(written_to()) == sorted(
        (number_of(who), "digital_post") for who in ("mette", "anna")
    )


def test_a_guest_who_complained_and_the_holder_are_both_told(charged, work):
    given = charge("gorm-paid-elsewhere")
    complaint = complain.begin(None, given, language="en", now=now())
    said = {"question": "paid", "text": "Paid.", "name": "Lars", "address": "Storgatan 1"}
    complain.submit(complain.keep(complaint, said, now=now()), now=now())
    looked_at(charged, "gorm-paid-elsewhere")
    work()
    annulled = Letter.objects.filter(subject__contains="annul")
    assert {(each.addressee.name, each.language) for each in annulled} == {
        ("Lars", "en"),
        ("", "da"),
    }
    assert annulled.count() == 2


@pytest.mark.parametrize(("plate", "channel"), [("ZP10016", "digital_post"), ("ZW30007", "print")])
def test_a_company_is_told_by_digital_post_unless_it_is_exempt(
    charged, sandbox, work, plate, channel
):
    form = {"plate": plate, "offence": "41a", "place": "VB"}
    for _ in range(2):
        given = httpx.post(f"{sandbox.base}/pilen/issue", data=form).json()
    charge_feed.follow(charged, now=now())
    work()
    found = Charge.objects.get(number=given["chargeNumber"])
    assert charges.stands(found) is State.ANNULLED
    (company,) = found.holders.filter(kind="company")
    (letter,) = Letter.objects.filter(charge=found)
    assert (letter.addressee.number, letter.channel) == (company.number, channel)


def test_somebody_abroad_is_told_in_english_and_needs_no_login(charged, work):
    twin = charge("german-found")
    twin.id, twin.number, twin.source_id = uuid4(), "000000000", "twin"
    twin.issued -= timedelta(hours=1)
    twin.save(force_insert=True)
    looked_at(charged, "german-found")
    work()
    assert written_to() == [("Max Beispiel", "print")]
    letter = Letter.objects.get()
    assert letter.language == "en"
    number, _plate = slip_of("german-found")
    assert f"/en/charges/slip/{number}/{code_of(number)}/" in unpacked(bytes(letter.pdf))


def test_nobody_writes_to_the_dead(charged):
    looked_at(charged, "dagmar-deceased")
    case, worker = finding_taken("dagmar-deceased")
    complaint_work.settle_finding(
        charged, worker, case, annul=True, reasons="Død.", version=case.version, now=now()
    )
    assert charges.stands(charge("dagmar-deceased")) is State.ANNULLED
    assert not Letter.objects.exists()


def test_the_holder_is_told_while_the_charge_system_is_down(charged, sandbox):
    sandbox.fault("pilen", "status:503")
    kept = looked_at(charged, "mette-permit")
    assert kept.on_the_spot
    assert Letter.objects.get().addressee.number == number_of("mette")


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


# Where a permit is valid: by our own map, where the charge has a point


def issued(outside, sandbox, plate: str, place: str) -> Charge:
    """Have a charge for not paying given now."""
    form = {"plate": plate, "offence": "40a", "place": place}
    given = httpx.post(f"{sandbox.base}/pilen/issue", data=form).json()
    charge_feed.follow(outside, now=now())
    return Charge.objects.get(number=given["chargeNumber"])


@pytest.mark.parametrize(
    ("plate", "answer"),
    [
        ("ZN10015", Answer.YES),  # a permit for Indre Nørrebro, which the flex zone names
        ("ZM10014", Answer.NO),  # a permit for Valby, which it does not name
    ],
)
def test_a_permit_is_valid_in_a_flex_zone_that_names_its_zone(charged, sandbox, plate, answer):
    found = issued(charged, sandbox, plate, "flex")
    assert charges.answer_of(found).place.zone == "", "the charge system knows no zone there"
    kept = evidence.check(charged, found, occasion="opened", now=now())
    assert kept is not None
    assert kept.answer == answer.value
    assert kept.versions["map"] == ZoneVersion.objects.get(in_force__isnull=False).id
    # The same follows from the facts that were kept.
    assert evidence.proposal_of(ChargeCheck.objects.get(id=kept.id)).answer is answer


def test_a_permit_that_was_bought_after_the_charge_does_not_undo_it(charged, sandbox):
    found = issued(charged, sandbox, "ZC10003", "CH")
    bought = order(charged, "clara")
    pay(bought.payment.page_url)
    checkout.settle(charged, bought.payment.payment_id, now=now())
    (permit,) = Permit.objects.all()
    assert permit.is_valid_on(danish_day(found.issued))
    kept = evidence.check(charged, found, occasion="opened", now=now())
    assert kept is not None
    assert (kept.answer, kept.ground) == (Answer.NO.value, "")
    # Bought before it, the same permit does.
    Permit.objects.update(activated=found.issued - timedelta(minutes=1))
    kept = evidence.check(charged, found, occasion="opened", now=now())
    assert kept is not None
    assert (kept.answer, kept.ground) == (Answer.YES.value, Ground.PERMIT.value)


def valid_zones(outside, found: Charge, **changes) -> set[str]:
    """Return whose permits count when the charge is told with *changes*."""
    told = charges.answer_of(found)
    place = replace(told.place, **{k: v for k, v in changes.items() if k != "began"})
    seen = replace(told.observation, began=changes.get("began", told.observation.began))
    found.told = as_json(replace(told, place=place, observation=seen))
    zones = charge_facts.Inquiry(outside, found, None, now()).facts().permit_zones
    assert isinstance(zones, tuple)
    return set(zones)


def test_what_counts_is_the_moment_the_car_was_seen(charged, sandbox):
    found = issued(charged, sandbox, "ZN10015", "HK")
    thursday = datetime(2026, 11, 26, 12, tzinfo=DENMARK)
    assert valid_zones(charged, found, began=thursday) == {"HK"}
    assert valid_zones(charged, found, began=thursday.replace(hour=17)) == {"HK", "VB"}


def test_a_garage_counts_by_its_address(charged, sandbox):
    found = issued(charged, sandbox, "ZN10015", "KE")
    assert valid_zones(charged, found) == {"KE"}
    assert valid_zones(charged, found, street="Rejsbygade", house_number="8B") == {"KE", "VB"}


def test_without_a_point_or_a_map_it_is_the_zone_that_the_charge_names(charged, sandbox):
    found = issued(charged, sandbox, "ZN10015", "flex")
    assert valid_zones(charged, found) == {"IN", "YN"}
    assert valid_zones(charged, found, point=None, zone="VA") == {"VA"}
    assert valid_zones(charged, found, point=Point(700_000, 6_100_000), zone="VA") == {"VA"}
    past = as_range(Period(date(2020, 1, 1), date(2020, 2, 1)))
    ZoneVersion.objects.filter(in_force__isnull=False).update(in_force=past)
    assert valid_zones(charged, found, zone="VA") == {"VA"}


def test_the_register_is_not_asked_about_a_plate_that_it_cannot_have(charged, sandbox):
    class Paid:
        """Parking that was paid for with another letter on the plate, of a kind no Dane has."""

        def parking_payments(self, charge_id):
            paid = charged.charges.parking_payments(charge_id)
            return [replace(each, plate=Plate("ZÜ10006")) for each in paid]

    outside = replace(charged, charges=Paid())
    facts = charge_facts.Inquiry(outside, charge("freja-payment-slip"), None, now()).facts()
    assert facts.vehicles == ("ZÜ10006", "ZF10006"), "a case worker looks, and no machine"
    assert "Ü" not in str(sandbox.journal("dmr"))


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
        charged, worker, case, annul=True, reasons="Meldt stjålet.", version=case.version, now=now()
    )
    assert charges.stands(charge("jens-stolen")) is State.ANNULLED
    row = ChargeAnnulment.objects.get()
    assert (row.by, row.by_machine, row.reason) == ("Parkering", False, "stolen")
    work()
    told = charged.charges.charge(charge("jens-stolen").source_id)
    assert (told.state.value, told.balance) == ("annulled", NOTHING)


def test_somebody_abroad_hears_what_a_case_worker_annulled(charged, sandbox):
    given = charge("german-found")
    at = {"occasion": "here", "answer": "YES", "ground": "stolen"}
    kept = {"finding": {}, "facts": {}, "shown": [], "versions": {}, "reason": "stolen"}
    ChargeCheck.objects.create(
        charge=given, at=now(), on_the_spot=False, ask_again=False, **at, **kept
    )
    with recording():
        complaint_course.open_case_of_finding(given, now=now())
    case, worker = finding_taken("german-found")
    said = {"annul": True, "reasons": "Stjålet.", "version": case.version, "now": now()}
    sandbox.fault("pilen", "status:503", count=20)
    with pytest.raises(Unavailable):
        complaint_work.settle_finding(charged, worker, case, **said)
    assert charges.stands(charge("german-found")) is not State.ANNULLED
    sandbox.control("DELETE", "faults")
    wiring.outside.cache_clear()
    complaint_work.settle_finding(wiring.outside(), worker, case, **said)
    assert Letter.objects.get().addressee.name == "Max Beispiel"


def test_a_case_worker_may_let_it_stand_and_is_not_asked_again(charged):
    looked_at(charged, "jens-stolen")
    case, worker = finding_taken("jens-stolen")
    complaint_work.settle_finding(
        charged, worker, case, annul=False, reasons="Fundet igen.", version=case.version, now=now()
    )
    assert charges.payable(charge("jens-stolen"))
    looked_at(charged, "jens-stolen")
    assert Case.objects.exclude(kind="money").count() == 1


def test_while_a_case_worker_looks_nobody_is_reminded_and_afterwards_the_days_go_on(
    stocked, sandbox
):
    town = Town(stocked, sandbox)
    kept = looked_at(town.outside, "jens-stolen")
    given = charge("jens-stolen")
    assert evidence.will_be_annulled(given, kept)
    assert progress.seen(given, now=town.at).waits_for == (Hold.CASE_WORKER,)
    town.pass_days(20)
    assert town.collect("jens-stolen") is None
    # Whatever the charge system tells meanwhile.
    town.complain("jens-stolen", "k-31")
    town.officer("jens-stolen", "uphold", reasons="Skiltet stod der.")
    assert charge("jens-stolen").waits
    case, worker = finding_taken("jens-stolen")
    complaint_work.settle_finding(
        town.outside,
        worker,
        case,
        annul=False,
        reasons="Fundet igen.",
        version=case.version,
        now=town.at,
    )
    given = charge("jens-stolen")
    assert not given.waits
    assert evidence.will_be_annulled(given, kept) is None
    assert progress.seen(given, now=town.at).waits_for == ()
    assert town.collect_until("jens-stolen", Step.REMIND)[-1][0] > 21


def test_a_complaint_takes_the_place_of_the_machines_own_case(charged):
    looked_at(charged, "jens-stolen")
    begun = complain.begin(party("jens"), charge("jens-stolen"), language="da", now=now())
    complain.keep(begun, {"question": "stolen", "text": "Stjålet."}, now=now())
    complain.submit(begun, now=now())
    states = {case.kind: case.stands for case in Case.objects.exclude(kind="money")}
    assert states == {"finding": case_law.State.WITHDRAWN, "complaint": case_law.State.OPEN}
    looked_at(charged, "jens-stolen")
    assert Case.objects.exclude(kind="money").count() == 2
