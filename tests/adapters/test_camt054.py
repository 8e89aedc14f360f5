"""What was paid at the bank, as camt.054 tells it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from parking.adapters import camt054
from parking.adapters.camt054 import Notifications
from parking.law.money import Money, kroner
from parking.ports import Rejected, Unavailable
from parking.ports.bank import BEGINNING, BankEntry
from sandbox.bank import PAYER
from sandbox.charges import slip_id
from sandbox_process import Sandbox

SYSTEM = "bank"
SLIP = slip_id("123456789")


@pytest.fixture
def outside(calm_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield calm_sandbox
    calm_sandbox.fault(SYSTEM, "none")


def connect(outside: Sandbox, **changed) -> Notifications:
    settings = {
        "address": outside.addresses["BANK"].removeprefix("camt054+"),
        "secret_file": outside.addresses["BANK_SECRET_FILE"],
    }
    return Notifications(**{**settings, **changed})


@pytest.fixture
def bank(outside: Sandbox) -> Iterator[Notifications]:
    adapter = connect(outside)
    yield adapter
    adapter.close()


def pay(outside: Sandbox, how: str = "today", kroner: str = "510,00") -> None:
    form = {"id": SLIP, "kroner": kroner, "how": how}
    outside.client.post(f"{outside.base}/bank/pay", data=form).raise_for_status()


def read_all(bank: Notifications) -> list[BankEntry]:
    found, since = [], BEGINNING
    while True:
        page = bank.entries(since)
        found += page.entries
        if not page.more:
            assert page.next == since
            return found
        since = page.next


def test_a_slip_that_was_paid_is_told_once_with_its_id(outside, bank):
    assert read_all(bank) == []
    pay(outside, kroner="510,05")
    (entry,) = read_all(bank)
    assert (entry.slip_type, entry.slip_id, entry.amount) == ("71", SLIP, Money(51_005))
    assert read_all(bank) == [entry]
    assert bank.entries("1").entries == ()


def test_what_people_do_with_a_slip_is_told_as_it_is(outside, bank):
    for how in ("late", "too-much", "twice", "wrong-id", "back"):
        pay(outside, how)
    late, much, first, second, wrong, back = read_all(bank)
    assert late.booked > much.booked
    assert much.amount == kroner(610)
    assert first.reference != second.reference
    assert (first.slip_id, first.amount) == (second.slip_id, second.amount) == (SLIP, kroner(510))
    assert wrong.slip_id != SLIP
    assert (back.amount, back.payer) == (kroner(-510), "")
    assert wrong.payer == PAYER


def test_what_does_not_add_up_is_not_believed_and_can_be_read_again(outside, bank):
    pay(outside, "twice")
    outside.fault(SYSTEM, "wrong-sum", count=1)
    with pytest.raises(Unavailable, match="add up"):
        bank.entries(BEGINNING)
    assert len(bank.entries(BEGINNING).entries) == 2


def test_a_notification_that_comes_again_is_not_taken_for_the_next(outside, bank):
    pay(outside)
    pay(outside)
    outside.fault(SYSTEM, "repeated", count=1)
    with pytest.raises(Unavailable, match="comes again"):
        bank.entries("1")
    assert bank.entries("1").next == "2"


@pytest.mark.parametrize(
    "fault",
    ["slow:2", "drop", "status:500", "status:429", "garbage", "truncated", "wrong-content-type"],
)
def test_without_an_answer_nothing_is_known(outside, fault):
    stamina.set_testing(True, attempts=2, cap=True)
    adapter = connect(outside, read_timeout=0.3, deadline=1.0)
    pay(outside)
    outside.fault(SYSTEM, fault)
    with pytest.raises(Unavailable):
        adapter.entries(BEGINNING)
    stamina.set_testing(False)
    adapter.close()


def test_with_another_key_we_are_rejected(outside, tmp_path):
    wrong = tmp_path / "key"
    wrong.write_text("not ours")
    adapter = connect(outside, secret_file=wrong)
    with pytest.raises(Rejected):
        adapter.entries(BEGINNING)
    adapter.close()


GOOD = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><BkToCstmrDbtCdtNtfctn>
<Ntfctn><ElctrncSeqNb>7</ElctrncSeqNb><Ntry><Amt Ccy="DKK">510.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Sts>BOOK</Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><NtryDtls><TxDtls>
<Refs><AcctSvcrRef>R1</AcctSvcrRef></Refs><Amt Ccy="DKK">510.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<RltdPties><DbtrAcct><Id><Othr><Id>3000 1234567</Id></Othr></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Parkering</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"""


def test_an_older_version_and_a_payment_without_a_slip_are_read():
    number, (entry,) = camt054.read(GOOD.encode())
    assert number == 7
    assert (entry.reference, entry.amount, entry.text) == ("R1", kroner(510), "Parkering")
    assert (entry.slip_type, entry.slip_id, entry.payer) == ("", "", "30001234567")
    assert "30001234567" not in repr(entry)


@pytest.mark.parametrize("told", ["", "ukendt!", "1" * 40])
def test_an_account_that_is_none_is_left_out(told):
    _, (entry,) = camt054.read(GOOD.replace("3000 1234567", told).encode())
    assert entry.payer == ""


def test_what_is_not_booked_yet_is_left_out():
    assert camt054.read(GOOD.replace("BOOK", "PDNG").encode()) == (7, ())


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("camt.054", "camt.053"),
        ("<ElctrncSeqNb>7</ElctrncSeqNb>", ""),
        ('"DKK"', '"EUR"'),
        ("510.00</Amt><CdtDbtInd>CRDT", "510.001</Amt><CdtDbtInd>CRDT"),
        ("510.00</Amt><CdtDbtInd>CRDT", "-510.00</Amt><CdtDbtInd>CRDT"),
        ("510.00</Amt><CdtDbtInd>CRDT", "NaN</Amt><CdtDbtInd>CRDT"),
        ("CRDT", "BOTH"),
        ("2026-11-20", "20-11-2026"),
        ("<AcctSvcrRef>R1</AcctSvcrRef>", ""),
        ("<Document", "<!DOCTYPE x [<!ENTITY y 'z'>]><Document"),
        ("</Document>", ""),
    ],
)
def test_what_cannot_be_read_is_no_answer(said, instead):
    assert said in GOOD
    with pytest.raises(Unavailable):
        camt054.read(GOOD.replace(said, instead).encode())
