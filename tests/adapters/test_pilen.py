"""Parking charges over the interface that we specify, against the sandbox.

Whatever the adapter asks and is answered here is held against the document, call by call.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import hypot
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import stamina

from charge_document import wrong_with_answer, wrong_with_request
from parking.adapters.pilen import Pilen
from parking.api.signed import is_signed
from parking.law.money import NOTHING, Money, kroner, total
from parking.law.plates import Plate
from parking.ports import NotFound, Rejected, Unavailable
from parking.ports.charges import (
    ChargeAnswer,
    ChargeState,
    ChargeStop,
    ComplaintDecision,
    ComplaintMessage,
    Evidence,
    FeedGone,
    PhotoDiffers,
    PlanInstalment,
    RefundWay,
    SentLetter,
)
from pictures import a_photo
from sandbox import charges as seeds
from sandbox import city
from sandbox_process import Sandbox

SYSTEM = "pilen"
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
NUMBER = {seed.slug: number for number, seed in seeds.numbered()}
SEED = {seed.slug: seed for seed in seeds.SEEDS}


@pytest.fixture
def outside(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.fault(SYSTEM, "none")


@pytest.fixture
def later(outside: Sandbox):
    """Move the clock outside on, until the end of the test."""
    yield lambda seconds: outside.control("POST", "clock", advance_seconds=seconds)
    outside.control("POST", "clock", reset=True)


@pytest.fixture
def at_once():
    """Repeat without waiting in between."""
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


def connect(outside: Sandbox, **changed) -> Pilen:
    settings = {
        "address": outside.addresses["CHARGES"].removeprefix("pilen+"),
        "client_id": "parking-portal",
        "secret_file": outside.addresses["CHARGES_SECRET_FILE"],
        "ca_file": outside.addresses["OUTSIDE_CA_FILE"],
        "read_timeout": 5.0,
    }
    return Pilen(**{**settings, **changed})


@pytest.fixture
def charges(outside: Sandbox) -> Iterator[Pilen]:
    """The adapter, with each of its requests and their answers held against the document."""
    adapter = connect(outside)
    wrong: list[str] = []
    asked: list[httpx.Request] = []

    def on_request(request: httpx.Request) -> None:
        asked.append(request)
        wrong.extend(wrong_with_request(request, "/pilen"))

    def on_answer(response: httpx.Response) -> None:
        if response.headers.get("content-type", "").startswith("application/"):
            response.read()
        kinds = {"application/json", "application/problem+json", "image/jpeg"}
        if response.headers.get("content-type", "").partition(";")[0] in kinds:
            wrong.extend(wrong_with_answer(response.request, response, "/pilen"))

    for transport in (adapter._books, adapter._files):
        transport._client.event_hooks = {"request": [on_request], "response": [on_answer]}
    adapter.asked = asked
    yield adapter
    adapter.close()
    assert wrong == []


def find(charges: Pilen, slug: str) -> ChargeAnswer:
    """Return a charge of the first day, whole."""
    seed = SEED[slug]
    found = charges.look_up(number=NUMBER[slug], plate=Plate(seed.plate))
    return charges.charge(found.id)


def issue(outside: Sandbox, plate: str = "ZA10001", offence: str = "40a") -> str:
    """Let a warden give a charge now; return its id."""
    answer = outside.client.post(
        f"{outside.base}/pilen/issue", data={"plate": plate, "offence": offence, "place": "VB"}
    )
    answer.raise_for_status()
    return answer.json()["id"]


def ref(what: str = "test") -> str:
    return f"{what}-{uuid4().hex[:16]}"


def pay(charges: Pilen, charge: ChargeAnswer | str, amount: Money, **changed) -> ChargeAnswer:
    given = {"reference": ref("pay"), "amount": amount, "paid": NOW, "method": "card", **changed}
    return charges.report_payment(charge if isinstance(charge, str) else charge.id, **given)


# What it tells


def test_a_charge_is_told_whole(charges):
    found = find(charges, "anna-open")
    assert found.plate == "ZA10001"
    assert found.state is ChargeState.ISSUED
    assert found.offences[0].code == "41b"
    assert found.balance == kroner(510) == total(line.amount for line in found.account)
    assert found.observation.disc_set_to == "12:15"
    assert found.place.street == "Carl Jacobsens Vej"
    home = city.address("VS")
    assert found.place.point is not None
    assert hypot(found.place.point.x - home.x, found.place.point.y - home.y) < 50
    assert [each.relation for each in found.holders] == ["owner"]
    anna = city.inhabitant("anna")
    assert found.holders[0].number == anna.person_number.replace("-", "")
    assert anna.person_number.replace("-", "") not in repr(found)
    assert found.slip.id == seeds.slip_id(found.number)
    assert found.due == found.issued.date() + timedelta(days=10)


def test_a_charge_is_found_by_number_and_plate_and_without_anybody_in_it(charges):
    found = charges.look_up(number=NUMBER["dorte-open"], plate=Plate("ZW10005"))
    assert found.masked
    assert found.holders == ()
    assert found.complaints == ()
    assert found.hold.reason == "complaint"
    for number, plate in ((NUMBER["dorte-open"], "ZA10001"), ("999999999", "ZW10005")):
        with pytest.raises(NotFound):
            charges.look_up(number=number, plate=Plate(plate))


def test_a_charge_is_found_by_number_and_the_code_on_its_slip_and_without_anybody_in_it(charges):
    number = NUMBER["dorte-open"]
    found = charges.look_up_by_code(number=number, code=seeds.code_of(number))
    assert found == charges.look_up(number=number, plate=Plate("ZW10005"))
    assert found.masked
    assert (found.code, found.holders, found.complaints) == ("", (), ())
    wrong = (
        (number, "AAAAAAAAAA"),
        (number, seeds.code_of("999999999")),
        ("999999999", seeds.code_of("999999999")),
    )
    for number, code in wrong:
        with pytest.raises(NotFound):
            charges.look_up_by_code(number=number, code=code)


def test_what_cannot_be_a_code_is_asked_nobody_about(charges):
    asked = len(charges.asked)
    for code in ("", "AAAAAAAAA", "AAAAAAAAAAA", "aaaaaaaaaa", "AAAAAAAAA1", "AAAAAAAAA/"):
        with pytest.raises(NotFound):
            charges.look_up_by_code(number=NUMBER["dorte-open"], code=code)
    assert len(charges.asked) == asked


@pytest.mark.parametrize("written", ["WÜAB123", "WUAB123"])
def test_marks_on_foreign_letters_keep_nobody_from_a_charge(outside, charges, written):
    charge = charges.charge(issue(outside, written))
    assert charge.plate == written
    for asked in ("WÜAB123", "WUAB123"):
        assert charges.look_up(number=charge.number, plate=Plate(asked)).id == charge.id


def test_who_held_the_car_at_the_time_is_told_with_when(charges):
    holger = city.inhabitant("holger").person_number
    car = find(charges, "ida-bought")
    at_the_time = [
        each.number
        for each in car.holders
        if each.since <= car.issued.date()
        and (each.until is None or car.issued.date() < each.until)
    ]
    assert at_the_time == [holger.replace("-", "")]


def test_no_person_number_stands_in_any_address(charges):
    page = charges.page()
    numbers = {holder.number for each in page.charges for holder in each.holders if holder.number}
    for each in page.charges[:3]:
        charges.charge(each.id)
    assert numbers
    assert [str(r.url) for r in charges.asked if any(n in str(r.url) for n in numbers)] == []


def test_every_state_is_there(charges):
    found = charges.page().charges
    assert {each.state for each in found} == set(ChargeState)
    assert len(found) >= 60
    assert any(each.towed for each in found)
    assert any(each.stolen for each in found)
    assert any(each.balance < Money(0) for each in found)
    assert {"SE", "DE", "NO"} <= {each.country for each in found}
    assert {each.hold.reason for each in found if each.hold} == {"complaint", "plan"}


def test_pictures_are_described_and_told(charges):
    charge = find(charges, "anna-open")
    described = charges.images(charge.id)
    assert [each.number for each in described] == [1, 2, 3]
    assert "ZA10001" in described[0].description
    kind, content = charges.image(charge.id, 2)
    assert kind == "image/jpeg"
    assert len(content) == described[1].size
    with pytest.raises(NotFound):
        charges.image(charge.id, 4)
    assert charges.images(find(charges, "noor-no-picture").id) == ()


def test_f62_a_picture_that_is_not_the_one_that_was_taken_is_no_picture(outside, charges):
    charge = find(charges, "anna-open")
    outside.fault("pilen", "photo-differs", path="2")
    with pytest.raises(PhotoDiffers):
        charges.image(charge.id, 2)
    assert charges.image(charge.id, 1)


def test_parking_that_was_paid_for_is_found_by_a_plate_one_sign_away(charges):
    (slip,) = charges.parking_payments(find(charges, "freja-payment-slip").id)
    assert slip.plate == "ZF10096"
    (paid,) = charges.parking_payments(find(charges, "gorm-paid-elsewhere").id)
    assert paid.plate == "ZG10007"
    assert charges.parking_payments(find(charges, "anna-open").id) == ()


def test_what_is_not_there_is_not_found(charges):
    for unknown in ("c-2020-0000001", "c-1", "../plans/p-1", "k-1"):
        with pytest.raises(NotFound):
            charges.charge(unknown)
    with pytest.raises(NotFound):
        charges.plan(f"p-{'0' * 32}")


# Money


def test_money_is_booked_once_however_often_it_is_reported(outside, charges):
    charge_id = issue(outside)
    given = {"reference": ref(), "amount": kroner(510), "paid": NOW, "method": "card"}
    first = charges.report_payment(charge_id, **given)
    again = charges.report_payment(charge_id, **given)
    assert first == again
    assert first.state is ChargeState.PAID
    with pytest.raises(Rejected, match="idempotency-key-reused"):
        charges.report_payment(charge_id, **{**given, "amount": kroner(10)})
    assert charges.charge(charge_id) == first


def test_a_report_is_known_by_its_reference_after_its_key_is_forgotten(outside, charges, later):
    charge_id = issue(outside)
    given = {"reference": ref(), "amount": kroner(500), "paid": NOW, "method": "bank"}
    first = charges.report_payment(charge_id, **given)
    later(8 * 24 * 3600)
    assert charges.report_payment(charge_id, **given) == first
    later(8 * 24 * 3600)
    with pytest.raises(Rejected, match="reference-used"):
        charges.report_payment(
            charge_id, **{**given, "amount": kroner(9), "reference": given["reference"]}
        )


def test_too_much_is_taken_and_can_be_paid_back_but_no_more(outside, charges):
    charge_id = issue(outside)
    first = ref("pay")
    pay(charges, charge_id, kroner(600), reference=first)
    owed = charges.charge(charge_id)
    assert owed.balance == kroner(-90)
    refund = {"amount": kroner(90), "refunded": NOW, "payment": first}
    with pytest.raises(Rejected, match="refund-exceeds-credit"):
        charges.report_refund(charge_id, reference=ref(), **{**refund, "amount": kroner(91)})
    done = charges.report_refund(charge_id, reference=ref(), **refund)
    assert done.balance == Money(0)
    assert [line.kind for line in done.account] == ["charge", "payment", "refund"]
    with pytest.raises(Rejected):
        charges.report_refund(charge_id, reference=ref(), **refund)


def test_what_the_bank_took_back_is_owed_again_and_no_more_than_was_paid(outside, charges):
    charge_id = issue(outside)
    first = ref("pay")
    pay(charges, charge_id, kroner(510), reference=first)
    back = {"refunded": NOW, "payment": first, "way": RefundWay.TAKEN_BACK}
    with pytest.raises(Rejected, match="refund-exceeds-credit"):
        charges.report_refund(charge_id, reference=ref(), amount=kroner(511), **back)
    owed = charges.report_refund(charge_id, reference=ref(), amount=kroner(510), **back)
    assert (owed.state, owed.balance) == (ChargeState.ISSUED, kroner(510))


@pytest.mark.parametrize("payer", ["", "DK8530009990001234"])
def test_what_is_too_much_and_what_is_of_no_charge_is_paid_out_once(outside, charges, payer):
    charge_id = issue(outside)
    first = ref("pay")
    pay(charges, charge_id, kroner(600), reference=first)
    done = charges.report_refund(
        charge_id, reference=ref(), amount=kroner(90), refunded=NOW, payment=first,
        way=RefundWay.PAID_OUT, payer=payer,
    )  # fmt: skip
    assert done.balance == Money(0)
    given = {"reference": ref(), "amount": kroner(510), "bank_reference": "PBS1", "payer": payer}
    charges.pay_out(**given, decided=NOW)
    charges.pay_out(**given, decided=NOW)
    with pytest.raises(Rejected):
        charges.pay_out(**{**given, "amount": kroner(1)}, decided=NOW)


def test_reminders_and_fees_bring_a_charge_on_until_it_is_handed_over(outside, charges):
    charge_id = issue(outside)
    states = []
    for kind in ("reminder", "reminder_first_fee", "reminder_second_fee"):
        if kind != "reminder":
            charges.report_fee(charge_id, reference=ref(), amount=kroner(250), booked=NOW)
        letter = SentLetter(
            reference=ref(), kind=kind, channel="digital_post", sent=NOW, subject="Påmindelse"
        )
        states.append(charges.report_letter(charge_id, letter, due=date(2026, 12, 24)).state)
    assert states == [ChargeState.REMINDED, ChargeState.FIRST_FEE, ChargeState.SECOND_FEE]
    with pytest.raises(Rejected, match="transfer-is-not-balance"):
        charges.report_transfer(charge_id, reference=ref(), amount=kroner(510), transferred=NOW)
    gone = charges.report_transfer(charge_id, reference=ref(), amount=kroner(1010), transferred=NOW)
    assert gone.state is ChargeState.AT_COLLECTION
    assert gone.due == date(2026, 12, 24)
    with pytest.raises(Rejected, match="at-collection"):
        charges.report_fee(charge_id, reference=ref(), amount=kroner(250), booked=NOW)
    back = charges.report_withdrawal(
        charge_id, reference=ref(), reason="mistake", withdrawn=NOW + timedelta(days=1)
    )
    assert back.state is ChargeState.SECOND_FEE
    assert back.collection.withdrawn == NOW + timedelta(days=1)


def annul(charges: Pilen, charge_id: str, amount: Money | None) -> ChargeAnswer:
    return charges.annul(
        charge_id,
        reference=ref("annul"),
        amount=amount,
        reason="plate_slip",
        reasons="Nummerpladen var skrevet forkert.\r\nDet er rettet.",
        evidence=(Evidence(kind="permit", reference="ERP-100005", text="Licens til ZM31757"),),
        decided=NOW,
        decided_by="Automatisk",
    )


def test_a_charge_is_annulled_in_part_and_then_whole(outside, charges):
    charge_id = issue(outside)
    assert annul(charges, charge_id, kroner(100)).state is ChargeState.ISSUED
    with pytest.raises(Rejected, match="annulment-exceeds-account"):
        annul(charges, charge_id, kroner(411))
    done = annul(charges, charge_id, None)
    assert (done.state, done.balance) == (ChargeState.ANNULLED, Money(0))
    with pytest.raises(Rejected, match="closed"):
        annul(charges, charge_id, None)


# Stops


def stop(charges: Pilen, charge_id: str, **changed) -> ChargeAnswer:
    given = {
        "reference": ref("stop"),
        "since": NOW,
        "until": date(2026, 12, 24),
        "reason": "Vent.\x00",
    }
    return charges.report_stop(charge_id, **{**given, **changed})


@pytest.mark.parametrize("until", [None, date(2026, 12, 24)])
def test_a_stop_holds_the_charge_until_it_is_lifted(outside, charges, until):
    charge_id, ours = issue(outside), ref("stop")
    held = stop(charges, charge_id, reference=ours, until=until)
    assert stop(charges, charge_id, reference=ours, until=until) == held
    (told,) = held.stops
    assert told == ChargeStop(reference=ours, since=NOW, until=until, reason="Vent.", lifted=None)
    assert (held.hold.reason, held.hold.until) == ("case_worker", until)
    fee = {"reference": ref(), "amount": kroner(250)}
    with pytest.raises(Rejected, match="on-hold"):
        charges.report_fee(charge_id, **fee, booked=NOW)
    assert not charges.look_up(number=held.number, plate=held.plate).stops, "told to nobody else"
    later, lift = NOW + timedelta(days=1), {"reference": ref("lift"), "stop": ours}
    lifted = charges.report_lift(charge_id, **lift, lifted=later)
    assert charges.report_lift(charge_id, **lift, lifted=later) == lifted
    assert (lifted.hold, lifted.stops[0].lifted) == (None, later)
    again = charges.report_lift(
        charge_id, reference=ref("lift"), stop=ours, lifted=later + timedelta(days=1)
    )
    assert again.stops == lifted.stops
    assert charges.report_fee(charge_id, **fee, booked=later).account[-1].kind == "fee"


def test_a_stop_ends_on_its_day_and_a_complaint_hides_none(outside, charges):
    charge_id = issue(outside)
    stop(charges, charge_id)
    complaint = complain(charges, charge_id).complaints[0]
    assert charges.charge(charge_id).hold.reason == "complaint"
    until = {"version": complaint.version, "until": date(2026, 11, 27)}
    charges.hold_complaint(charge_id, complaint.id, **until)
    fee = {"reference": ref(), "amount": kroner(250)}
    with pytest.raises(Rejected, match="on-hold"):
        charges.report_fee(charge_id, **fee, booked=NOW + timedelta(days=2))
    assert charges.report_fee(charge_id, **fee, booked=NOW + timedelta(days=28))


def test_only_what_is_collected_is_stopped_and_only_a_stop_is_lifted(outside, charges):
    charge_id = issue(outside)
    with pytest.raises(Rejected, match="invalid-request"):
        stop(charges, charge_id, until=date(2026, 11, 26))
    with pytest.raises(Rejected, match="invalid-request"):
        charges.report_lift(charge_id, reference=ref(), stop=ref(), lifted=NOW)
    gone = {"reference": ref(), "amount": kroner(510)}
    charges.report_transfer(charge_id, **gone, transferred=NOW)
    with pytest.raises(Rejected, match="at-collection"):
        stop(charges, charge_id)
    pay(charges, charge_id, kroner(510))
    with pytest.raises(Rejected, match="closed"):
        stop(charges, charge_id)


# Complaints


def complain(charges: Pilen, charge_id: str) -> ChargeAnswer:
    return charges.complain(
        charge_id,
        reference=ref("complaint"),
        received=NOW,
        channel="portal",
        ground="paid_elsewhere",
        text="Jeg havde betalt.\r\nSe kvitteringen.\x00",
        hold_until=None,
    )


def decision(outcome: str = "upheld", amount: Money = NOTHING) -> ComplaintDecision:
    return ComplaintDecision(
        outcome=outcome,
        reason="" if outcome == "upheld" else "paid_elsewhere",
        reasons="Kvitteringen gælder en anden dag.",
        amount=amount,
        decided=NOW,
        decided_by="ditte",
        due=date(2026, 12, 10) if outcome != "annulled" else None,
    )


def test_a_complaint_holds_the_charge_until_it_is_decided(outside, charges):
    charge_id = issue(outside)
    held = complain(charges, charge_id)
    (complaint,) = held.complaints
    assert complaint.text == "Jeg havde betalt.\nSe kvitteringen."
    assert held.hold.reason == "complaint"
    with pytest.raises(Rejected, match="on-hold"):
        charges.report_fee(charge_id, reference=ref(), amount=kroner(250), booked=NOW)
    with pytest.raises(Rejected, match="complaint-open"):
        complain(charges, charge_id)
    message = ComplaintMessage(reference=ref(), sender="complainant", text="Hej", sent=NOW)
    charges.add_message(charge_id, complaint.id, message)
    picture = a_photo()
    with_file = charges.add_attachment(
        charge_id,
        complaint.id,
        reference=ref(),
        name="kvittering æøå/..jpg",
        content_type="image/jpeg",
        content=picture,
    )
    (file,) = with_file.complaints[0].attachments
    assert (file.name, file.size) == ("kvittering æøå..jpg", len(picture))
    assert charges.attachment(charge_id, complaint.id, file.id) == ("image/jpeg", picture)
    with pytest.raises(Rejected, match="precondition-failed"):
        charges.decide(charge_id, complaint.id, version=complaint.version, decision=decision())
    now = charges.charge(charge_id).complaints[0].version
    decided = charges.decide(charge_id, complaint.id, version=now, decision=decision())
    assert decided.hold is None
    assert decided.due == date(2026, 12, 10)
    assert decided.complaints[0].decision == decision()


def test_a_second_round_is_the_last(outside, charges):
    charge_id = issue(outside)
    for number in (1, 2):
        complaint = complain(charges, charge_id).complaints[-1]
        assert complaint.round == number
        charges.decide(charge_id, complaint.id, version=complaint.version, decision=decision())
    with pytest.raises(Rejected, match="no-further-round"):
        complain(charges, charge_id)


def test_a_paid_charge_that_is_annulled_is_owed_back(outside, charges):
    charge_id = issue(outside)
    pay(charges, charge_id, kroner(510))
    complaint = complain(charges, charge_id).complaints[0]
    granted = decision("annulled", kroner(510))
    done = charges.decide(charge_id, complaint.id, version=complaint.version, decision=granted)
    assert (done.state, done.balance) == (ChargeState.ANNULLED, kroner(-510))


def test_a_complaint_is_waited_for_longer_and_taken_back(outside, charges):
    charge_id = issue(outside)
    complaint = complain(charges, charge_id).complaints[0]
    until = date(2027, 1, 4)
    held = charges.hold_complaint(charge_id, complaint.id, version=complaint.version, until=until)
    assert held.hold.until == until
    back = charges.withdraw_complaint(charge_id, complaint.id, version=held.complaints[0].version)
    assert back.hold is None
    assert back.complaints[0].state == "withdrawn"


def test_a_file_that_is_none_is_not_sent(outside, charges):
    charge_id = issue(outside)
    complaint = complain(charges, charge_id).complaints[0]
    before = len(charges.asked)
    for kind, content in (("image/jpeg", b"<svg/>"), ("text/html", b"<p>"), ("image/png", b"")):
        with pytest.raises(Rejected, match="not what it is said to be"):
            charges.add_attachment(
                charge_id,
                complaint.id,
                reference=ref(),
                name="x",
                content_type=kind,
                content=content,
            )
    assert len(charges.asked) == before


# Plans


def test_a_plan_is_agreed_on_several_charges_and_ends(outside, charges):
    ids = (issue(outside, "ZB10002"), issue(outside, "ZB10002", "31b"))
    parts = tuple(
        PlanInstalment(number=number, due=date(2026, 12 - 3 + number, 1), amount=amount)
        for number, amount in enumerate(kroner(1530).split(3), start=1)
    )
    given = {"reference": ref("plan"), "charges": ids, "instalments": parts, "agreed": NOW}
    with pytest.raises(Rejected, match="plan-does-not-add-up"):
        charges.report_plan(**{**given, "reference": ref(), "instalments": parts[:2]})
    plan = charges.report_plan(**given)
    assert charges.report_plan(**given) == plan
    assert plan.instalments == parts
    assert {charges.charge(each).hold.reason for each in ids} == {"plan"}
    with pytest.raises(Rejected, match="plan-not-possible"):
        charges.report_plan(**{**given, "reference": ref()})
    over = charges.change_plan(plan.id, version=plan.version, state="defaulted")
    assert over.state == "defaulted"
    assert charges.change_plan(plan.id, version=plan.version, state="defaulted") == over
    with pytest.raises(Rejected):
        charges.change_plan(plan.id, version=plan.version, state="completed")
    assert [charges.charge(each).hold for each in ids] == [None, None]


# The feed


def read_on(charges: Pilen, since: str) -> tuple[list, str]:
    found = []
    while True:
        page = charges.changes(since, most=2)
        found += page.changes
        since = page.next
        if not page.more:
            return found, since


def test_what_has_changed_is_told_in_order_and_without_a_gap(outside, charges):
    start = charges.page(most=1).feed
    first, second = issue(outside), issue(outside, "ZB10002")
    pay(charges, first, kroner(510))
    found, end = read_on(charges, start)
    assert [each.charge.id for each in found] == [first, second, first]
    numbers = [each.sequence for each in found]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert found[-1].charge == charges.charge(first)
    assert found[0].charge.version < found[-1].charge.version
    assert read_on(charges, end) == ([], end)


def test_a_gap_in_the_feed_is_no_answer_and_a_page_told_twice_is(outside, charges):
    start = charges.page(most=1).feed
    for _ in range(3):
        issue(outside)
    outside.fault(SYSTEM, "feed-gap", count=1)
    with pytest.raises(Unavailable, match="gap"):
        charges.changes(start)
    page = charges.changes(start)
    assert len(page.changes) == 3
    outside.fault(SYSTEM, "duplicate-page", count=1)
    assert charges.changes(page.next, most=3).changes == page.changes


def test_a_cursor_that_is_too_old_or_of_another_life_is_gone(outside, charges, later):
    start = charges.page(most=1)
    issue(outside)
    later(31 * 24 * 3600)
    with pytest.raises(FeedGone):
        charges.changes(start.feed)
    outside.reset()
    with pytest.raises(FeedGone):
        charges.changes(start.feed)
    with pytest.raises(FeedGone):
        charges.page(start.next)
    with pytest.raises(Rejected, match="unknown-cursor"):
        charges.changes("nothing")


def test_three_hundred_thousand_are_listed_page_by_page_and_the_same_each_time(outside, charges):
    outside.client.post(f"{outside.base}/pilen/many", data={"count": "300000"})
    try:
        first = charges.page(most=100)
        assert first.total >= 300_060
        second = charges.page(first.next, most=100)
        assert second.feed == first.feed
        assert {each.id for each in first.charges}.isdisjoint(each.id for each in second.charges)
        assert charges.page(first.next, most=100) == second
        one = second.charges[-1]
        assert charges.look_up(number=one.number, plate=one.plate).id == one.id
        changed = pay(charges, one, kroner(1))
        assert charges.page(first.next, most=100).charges[-1] == changed
    finally:
        outside.reset()


# What goes wrong


@pytest.mark.parametrize(
    "fault",
    ["slow:2", "drop", "status:500", "status:503", "status:429", "garbage", "truncated",
     "wrong-content-type", "busy"],
)  # fmt: skip
def test_without_an_answer_nothing_is_known(outside, at_once, fault):
    adapter = connect(outside, read_timeout=0.3, deadline=1.0)
    known = find(adapter, "anna-open")
    outside.fault(SYSTEM, fault)
    asked = [
        lambda: adapter.charge(known.id),
        lambda: adapter.changes("abcd"),
        lambda: adapter.image(known.id, 1),
        lambda: pay(adapter, known, kroner(1)),
    ]
    for ask in asked[:3] if fault == "truncated" else asked:
        with pytest.raises(Unavailable):
            ask()
    outside.fault(SYSTEM, "none")
    adapter.close()
    fresh = connect(outside)
    assert fresh.charge(known.id) == known
    fresh.close()


@pytest.mark.parametrize("fault", ["write-lost", "answer-lost"])
def test_a_lost_answer_books_nothing_twice(outside, charges, at_once, fault):
    charge_id = issue(outside)
    path = "payments" if fault == "write-lost" else f"/pilen/v1/charges/{charge_id}/payments"
    outside.fault(SYSTEM, fault, count=1, path=path)
    paid = pay(charges, charge_id, kroner(510))
    assert paid.balance == Money(0)
    assert [line.kind for line in paid.account] == ["charge", "payment"]
    hits = [
        each for each in outside.journal(SYSTEM) if each["path"].endswith(f"{charge_id}/payments")
    ]
    assert len(hits) == 2


def test_a_decision_whose_answer_was_lost_may_be_told_again(outside, charges):
    charge_id = issue(outside)
    complaint = complain(charges, charge_id).complaints[0]
    outside.fault(SYSTEM, "write-lost", count=1, path=complaint.id)
    given = {"version": complaint.version, "decision": decision()}
    with pytest.raises(Unavailable):
        charges.decide(charge_id, complaint.id, **given)
    told = charges.decide(charge_id, complaint.id, **given)
    assert told.complaints[0].decision == decision()
    other = replace(decision(), decided_by="leif")
    with pytest.raises(Rejected):
        charges.decide(charge_id, complaint.id, version=complaint.version, decision=other)


def test_a_token_that_is_no_longer_accepted_is_renewed(outside, charges, later):
    known = find(charges, "anna-open")
    later(3600)
    assert charges.charge(known.id) == known


def test_with_another_secret_we_are_rejected(outside, tmp_path):
    wrong = tmp_path / "secret"
    wrong.write_text("not ours")
    adapter = connect(outside, secret_file=wrong)
    with pytest.raises(Rejected):
        adapter.page()
    adapter.close()


class Impostor:
    """Answers whatever it is told to, with a token first."""

    def __init__(self) -> None:
        self.answer: object = {}
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._say({"access_token": "x", "expires_in": 600})

            def do_GET(self):
                self._say(impostor.answer)

            def _say(self, what):
                body = json.dumps(what).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    impostor = Impostor()
    yield impostor
    impostor.server.shutdown()
    impostor.server.server_close()


def raw(outside: Sandbox, charges: Pilen, charge_id: str) -> dict:
    response = charges._send(
        charges._books, "GET", f"/charges/{charge_id}", operation="raw", repeatable=True
    )
    return response.json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "c-2026-0000999"),
        ("version", 0),
        ("version", "2"),
        ("version", True),
        ("registrationNumber", "za 10 001"),
        ("registrationNumber", "7205851002"),
        ("state", "unheard_of"),
        ("issuedAt", "2026-11-26T10:00:00"),
        ("dueDate", "26-11-2026"),
        ("balance", {"amount": 50999, "currency": "DKK"}),
        ("balance", {"amount": 51000, "currency": "EUR"}),
        ("balance", {"amount": 510.0, "currency": "DKK"}),
        ("ledger", []),
        ("holders", None),
        ("holders", [{"relation": "friend"}]),
        ("stops", [{"reference": "stop-1", "from": "2026-11-26"}]),
        ("masked", "no"),
        ("location", []),
        ("towedAt", "yesterday"),
    ],
)  # fmt: skip
def test_an_answer_that_means_nothing_is_no_answer(outside, charges, impostor, name, value):
    good = raw(outside, charges, find(charges, "anna-open").id)
    adapter = connect(outside, address=impostor.address)
    impostor.answer = {**good, "somethingNew": 1}
    assert adapter.charge(good["id"]).number == good["chargeNumber"]
    impostor.answer = {**good, name: value}
    with pytest.raises(Unavailable):
        adapter.charge(good["id"])
    impostor.answer = {each: given for each, given in good.items() if each != name}
    with pytest.raises(Unavailable):
        adapter.charge(good["id"])
    adapter.close()


def test_a_look_up_that_tells_of_somebody_is_no_answer(outside, charges, impostor):
    good = raw(outside, charges, find(charges, "anna-open").id)
    adapter = connect(outside, address=impostor.address)
    impostor.answer = {**good, "masked": True}
    with pytest.raises(Unavailable, match="masked"):
        adapter.look_up(number=good["chargeNumber"], plate=Plate("ZA10001"))
    with pytest.raises(Unavailable, match="masked"):
        adapter.look_up_by_code(number=good["chargeNumber"], code=good["code"])
    with pytest.raises(Unavailable, match="another"):
        adapter.look_up_by_code(number="999999999", code=good["code"])
    stopped = {"from": "2026-11-26T10:00:00+01:00", "until": None, "liftedAt": None}
    stopped |= {"reference": "stop-1", "reason": "Anna er indlagt."}
    impostor.answer = {**good, "masked": True, "holders": [], "stops": [stopped]}
    with pytest.raises(Unavailable, match="masked"):
        adapter.look_up(number=good["chargeNumber"], plate=Plate("ZA10001"))
    adapter.close()


def test_a_picture_is_a_picture_and_not_too_large(outside, impostor, charges):
    adapter = connect(outside, address=impostor.address)
    with pytest.raises(Unavailable, match="no such file"):
        adapter.image("c-2026-0000001", 1)
    impostor.answer = "x" * 10_000_001
    with pytest.raises(Unavailable, match="more than"):
        adapter.image("c-2026-0000001", 1)
    adapter.close()


# Hints


class Listener:
    """Stands where the portal would; it answers 500 as often as it is told to."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.fails = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/webhooks/charges":
                    listener.heard.append((dict(self.headers), body))
                listener.fails, failed = max(listener.fails - 1, 0), listener.fails > 0
                self.send_response(500 if failed else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait_for(self, times: int) -> list[tuple[dict[str, str], bytes]]:
        for _ in range(300):
            if len(self.heard) >= times:
                return self.heard
            time.sleep(0.03)
        raise AssertionError(f"{len(self.heard)} hints came; {times} were expected")


@pytest.fixture
def listener(calm_sandbox: Sandbox) -> Iterator[Listener]:
    listener = Listener(int(calm_sandbox.portal.rpartition(":")[2]))
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


def good(sandbox: Sandbox, heard: tuple[dict[str, str], bytes], *more: str, **changed) -> bool:
    headers, body = heard
    secret = Path(sandbox.addresses["CHARGES_WEBHOOK_SECRET_FILE"]).read_text("utf-8")
    given = {
        "body": body,
        "timestamp": headers["Webhook-Timestamp"],
        "signature": headers["Webhook-Signature"],
        "secrets": [*more, secret],
        "now": datetime.fromtimestamp(int(headers["Webhook-Timestamp"]), UTC),
        **changed,
    }
    return is_signed(given.pop("body"), **given)


def test_a_hint_is_signed_and_repeated_until_it_is_heard(calm_sandbox, listener):
    calm_sandbox.fault(SYSTEM, "retry-every:0.1")
    listener.fails = 2
    issue(calm_sandbox)
    heard = listener.wait_for(3)
    assert len({headers["Webhook-Id"] for headers, _ in heard}) == 1
    assert json.loads(heard[0][1])["type"] == "charges.changed"
    assert all(good(calm_sandbox, each) for each in heard)
    assert good(calm_sandbox, heard[0], "the one before")


def test_only_what_was_signed_lately_with_our_secret_is_a_hint(calm_sandbox, listener):
    issue(calm_sandbox)
    hint = listener.wait_for(1)[0]
    sent = datetime.fromtimestamp(int(hint[0]["Webhook-Timestamp"]), UTC)
    assert good(calm_sandbox, hint, now=sent + timedelta(minutes=5))
    assert not good(calm_sandbox, hint, now=sent + timedelta(minutes=5, seconds=1))
    assert not good(calm_sandbox, hint, now=sent - timedelta(minutes=6))
    assert not good(calm_sandbox, hint, body=hint[1] + b" ")
    assert not good(calm_sandbox, hint, secrets=[])
    assert not good(calm_sandbox, hint, secrets=["another"])
    signature = hint[0]["Webhook-Signature"]
    assert good(calm_sandbox, hint, signature=f"v1={'0' * 64} {signature}")
    for odd in (
        "",
        "v1=",
        signature.upper(),
        f"{signature} {signature} {signature}",
        "v2=" + "0" * 64,
    ):
        assert not good(calm_sandbox, hint, signature=odd)
    for odd in ("", "-1", "9" * 11, "١٢٣", hint[0]["Webhook-Timestamp"] + "\n"):
        assert not good(calm_sandbox, hint, timestamp=odd)


def test_a_hint_that_somebody_else_signed_is_none(calm_sandbox, listener):
    calm_sandbox.fault(SYSTEM, "wrong-signature", count=1)
    issue(calm_sandbox)
    assert not good(calm_sandbox, listener.wait_for(1)[0])


# Stricter than the document


@pytest.fixture
def ask(outside, charges):
    """Ask as somebody who does not use our adapter."""
    base = outside.addresses["CHARGES"].removeprefix("pilen+")

    def ask(method, path, *, scope="charges.read charges.write complaints.write", **more):
        secret = Path(outside.addresses["CHARGES_SECRET_FILE"]).read_text("utf-8")
        token = outside.client.post(
            f"{base}/oauth2/token",
            data={
                "grant_type": "client_credentials",
                "client_id": "parking-portal",
                "client_secret": secret,
                "scope": scope,
            },
        ).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        answer = outside.client.request(method, f"{base}/v1{path}", headers=headers, **more)
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    return ask


def test_what_is_not_as_it_must_be_is_refused(outside, charges, ask):
    charge = charges.charge(issue(outside))
    path, key = f"/charges/{charge.id}/payments", {"Idempotency-Key": ref()}
    body = {
        "reference": ref(),
        "amount": {"amount": 1, "currency": "DKK"},
        "paidAt": "2026-11-26T10:00:00+01:00",
        "method": "card",
    }
    refused = [
        (ask("POST", path, json=body), 400, "missing-header"),
        (
            ask("POST", path, json=body, headers={"Idempotency-Key": "short"}),
            400,
            "invalid-request",
        ),
        (
            ask("POST", path, json=body, headers=key, scope="charges.read"),
            403,
            "insufficient-scope",
        ),
        (ask("POST", path, json={**body, "tip": 1}, headers=key), 400, "unknown-field"),
        (ask("POST", f"{path}?x=1", json=body, headers=key), 400, "unknown-field"),
        (ask("POST", path, content=b"x", headers=key), 415, "unsupported-media-type"),
        (ask("GET", "/charges?limit=1001"), 400, "invalid-request"),
        (ask("GET", "/charges?limit=1&limit=2"), 400, "invalid-request"),
        (ask("DELETE", f"/charges/{charge.id}"), 405, "method-not-allowed"),
        (
            ask("PATCH", f"/plans/p-{'0' * 32}", json={"state": "ended"}),
            428,
            "precondition-required",
        ),
    ]
    for answered, status, problem in refused:
        assert answered == (status, problem)
    assert charges.charge(charge.id) == charge
