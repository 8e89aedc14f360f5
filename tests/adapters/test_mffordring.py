"""Debt collection over the wire, against the sandbox: handed over, written down, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import uuid4

import httpx
import pytest
import stamina
from lxml import etree

from parking.adapters.mffordring import NAMESPACE, Collection
from parking.law.money import Money, kroner
from parking.ports import Rejected, Unavailable
from parking.ports.collection import ActionReceipt, ActionState, Claim
from sandbox import city
from sandbox_process import Sandbox

SYSTEM = "collection"
TODAY = datetime.now(UTC).date()
NUMBERS = count(uuid4().int % 10**12)
ANNA = city.inhabitant("anna").person_number.replace("-", "")


@pytest.fixture
def outside(calm_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield calm_sandbox
    calm_sandbox.fault(SYSTEM, "none")


@pytest.fixture
def at_once():
    """Repeat without waiting in between."""
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


def connect(outside: Sandbox, **changed) -> Collection:
    settings = {
        "address": outside.addresses["COLLECTION"].removeprefix("mffordring+"),
        "agreement": outside.addresses["COLLECTION_AGREEMENT"],
        "ca_file": outside.addresses["OUTSIDE_CA_FILE"],
        "client_certificate_file": outside.addresses["CLIENT_CERTIFICATE_FILE"],
    }
    return Collection(**{**settings, **changed})


@pytest.fixture
def collection(outside: Sandbox) -> Iterator[Collection]:
    adapter = connect(outside)
    yield adapter
    adapter.close()


def a_claim(**changed) -> Claim:
    claim = Claim(
        reference=f"c-2026-{next(NUMBERS) % 10**7:07}",
        amount=Money(101_050),
        due=TODAY - timedelta(days=60),
        last_timely=TODAY - timedelta(days=14),
        time_barred=TODAY + timedelta(days=1000),
        debtor=ANNA,
    )
    return replace(claim, **changed)


def later(outside: Sandbox) -> None:
    outside.control("POST", "clock", advance_seconds=11)


def became(outside: Sandbox, collection: Collection, *actions: int) -> list[ActionReceipt]:
    later(outside)
    return list(collection.receipts(actions))


def test_a_claim_is_received_at_once_and_done_later(outside, collection):
    action = next(NUMBERS)
    claim = a_claim()
    received = ActionReceipt(action=action, state=ActionState.RECEIVED, code="")
    assert collection.submit(claim, action=action) == received
    assert collection.receipts((action, action + 10**13)) == (received,)
    (done,) = became(outside, collection, action)
    assert done.state is ActionState.DONE
    assert collection.submit(claim, action=action) == done
    assert ANNA not in repr(claim)


def test_a_company_owes_too(outside, collection):
    action = next(NUMBERS)
    collection.submit(a_claim(debtor="99000101"), action=action)
    assert became(outside, collection, action)[0].state is ActionState.DONE


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"debtor": "6101009999"}, "5"), ({"last_timely": TODAY + timedelta(days=3)}, "403")],
)
def test_what_may_not_be_handed_over_is_refused_with_a_code(outside, collection, changed, code):
    action = next(NUMBERS)
    collection.submit(a_claim(**changed), action=action)
    (receipt,) = became(outside, collection, action)
    assert (receipt.state, receipt.code) == (ActionState.REFUSED, code)


def test_without_an_agreement_everything_is_refused(outside):
    adapter = connect(outside, agreement="SOMEBODY-ELSE")
    receipt = adapter.submit(a_claim(), action=next(NUMBERS))
    assert (receipt.state, receipt.code) == (ActionState.REFUSED, "2")
    adapter.close()


def test_a_claim_is_written_down_and_taken_back_and_no_more_after_that(outside, collection):
    claim = a_claim()
    first, second, third, fourth, fifth = (next(NUMBERS) for _ in range(5))
    collection.submit(claim, action=first)
    later(outside)
    paid = {"amount": kroner(10), "on": TODAY, "reason": "paid"}
    collection.write_down(claim.reference, action=second, **paid)
    collection.write_down(claim.reference, action=third, **{**paid, "amount": kroner(2000)})
    later(outside)
    collection.recall(claim.reference, action=fourth, on=TODAY, reason="complaint")
    later(outside)
    collection.recall(claim.reference, action=fifth, on=TODAY, reason="mistake")
    later(outside)
    states = {each.action: (each.state, each.code) for each in
              collection.receipts((first, second, third, fourth, fifth))}  # fmt: skip
    assert states == {
        first: (ActionState.DONE, ""),
        second: (ActionState.DONE, ""),
        third: (ActionState.REFUSED, "403"),
        fourth: (ActionState.DONE, ""),
        fifth: (ActionState.REFUSED, "403"),
    }


def test_a_claim_that_is_taken_back_before_it_was_made_is_made_first(outside, collection):
    claim, made, back = a_claim(), next(NUMBERS), next(NUMBERS)
    collection.submit(claim, action=made)
    collection.recall(claim.reference, action=back, on=TODAY, reason="annulled")
    receipts = became(outside, collection, made, back)
    assert [each.state for each in receipts] == [ActionState.DONE] * 2


@pytest.mark.parametrize(
    ("fault", "state"), [("hearing", ActionState.HEARING), ("in-work", ActionState.IN_WORK)]
)
def test_a_claim_may_wait_for_a_person(outside, collection, fault, state):
    outside.fault(SYSTEM, fault, count=1)
    action = next(NUMBERS)
    collection.submit(a_claim(), action=action)
    assert became(outside, collection, action)[0].state is state


def test_what_they_did_is_told_in_order(outside, collection):
    claims = [a_claim(), a_claim()]
    for claim in claims:
        collection.submit(claim, action=next(NUMBERS))
    later(outside)
    for reference, kind, amount in (
        (claims[0].reference, "collected", "400"),
        (claims[1].reference, "returned", ""),
        (claims[0].reference, "written_off", ""),
    ):
        form = {"reference": reference, "kind": kind, "kroner": amount}
        outside.client.post(f"{outside.base}/collection/act", data=form)
    told = collection.notices(0)
    assert [(each.number, each.reference, each.kind, each.amount) for each in told] == [
        (1, claims[0].reference, "collected", kroner(400)),
        (2, claims[1].reference, "returned", Money(101_050)),
        (3, claims[0].reference, "written_off", Money(61_050)),
    ]
    assert collection.notices(2) == told[2:]
    assert claims[0].reference in outside.client.get(f"{outside.base}/collection/").text


@pytest.mark.parametrize(
    "fault",
    ["slow:2", "drop", "status:503", "status:429", "garbage", "truncated", "wrong-content-type",
     "expired-certificate", "foreign-certificate"],
)  # fmt: skip
def test_without_an_answer_nothing_is_known(outside, at_once, fault):
    adapter = connect(outside, read_timeout=0.3, deadline=1.0)
    outside.fault(SYSTEM, fault)
    with pytest.raises(Unavailable):
        adapter.submit(a_claim(), action=next(NUMBERS))
    adapter.close()


def test_a_lost_answer_hands_nothing_over_twice(outside, collection, at_once):
    outside.fault(SYSTEM, "answer-lost", count=1)
    action = next(NUMBERS)
    assert collection.submit(a_claim(), action=action).state is ActionState.RECEIVED
    assert len(outside.journal(SYSTEM)) == 2
    assert became(outside, collection, action)[0].state is ActionState.DONE


def test_what_is_not_as_the_schema_says_is_rejected(collection):
    with pytest.raises(Rejected):
        collection.submit(a_claim(debtor="12"), action=next(NUMBERS))
    with pytest.raises(Rejected):
        collection.submit(a_claim(amount=Money(0)), action=next(NUMBERS))


ANSWERS = {
    "another action": "<m:Kvittering><m:AktionID>1</m:AktionID>"
    "<m:AktionStatusKode>MODTAGET</m:AktionStatusKode></m:Kvittering>",
    "an unknown state": "<m:Kvittering><m:AktionID>7</m:AktionID>"
    "<m:AktionStatusKode>MAASKE</m:AktionStatusKode></m:Kvittering>",
    "no number": "<m:Kvittering><m:AktionID>x</m:AktionID>"
    "<m:AktionStatusKode>MODTAGET</m:AktionStatusKode></m:Kvittering>",
    "nothing": "",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_means_nothing_is_no_answer(outside, respx_mock, answer):
    adapter = connect(outside, address="https://collection.test/ws")
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<m:MFFordringIndberet_O xmlns:m="{NAMESPACE}">{answer}</m:MFFordringIndberet_O>'
        "</s:Body></s:Envelope>"
    )
    etree.fromstring(body)
    answered = httpx.Response(200, content=body, headers={"Content-Type": "text/xml"})
    respx_mock.post("https://collection.test/ws").mock(return_value=answered)
    with pytest.raises(Unavailable):
        adapter.submit(a_claim(), action=7)
    adapter.close()


@pytest.mark.parametrize(
    ("name", "value"), [("Beloeb", "1.005"), ("Dato", "i går"), ("UnderretKode", "TABT")]
)
def test_a_notice_that_means_nothing_is_no_answer(outside, respx_mock, name, value):
    adapter = connect(outside, address="https://collection.test/ws")
    parts = {"Loebenummer": "1", "FordringhaverRef": "c-1", "UnderretKode": "RETUR",
             "Beloeb": "1.00", "Dato": date(2026, 1, 2).isoformat()}  # fmt: skip
    for odd, meant in (({}, True), ({name: value}, False)):
        inside = "".join(
            f'<m:{each} valuta="DKK">{said}</m:{each}>' for each, said in {**parts, **odd}.items()
        )
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<m:MFUnderretSamlingHent_O xmlns:m="{NAMESPACE}"><m:Underret>{inside}</m:Underret>'
            "</m:MFUnderretSamlingHent_O></s:Body></s:Envelope>"
        )
        answered = httpx.Response(200, content=body, headers={"Content-Type": "text/xml"})
        respx_mock.post("https://collection.test/ws").mock(return_value=answered)
        if meant:
            assert adapter.notices(0)[0].amount == kroner(1)
        else:
            with pytest.raises(Unavailable):
                adapter.notices(0)
    adapter.close()
