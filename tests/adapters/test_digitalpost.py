"""Digital Post over SF1601's real protocol, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from parking.adapters import digitalpost
from parking.adapters.digitalpost import LOOK_UP, SEND, DigitalPost
from parking.ports import Rejected, Unavailable
from parking.ports.post import BEGINNING, Letter, Recipient
from sandbox import city
from sandbox_process import Sandbox

SYSTEM = "digitalpost"
WEB = httpx.Client(verify=False)  # noqa: S501 - plain http on this machine
ANNA, VILLY = (Recipient(city.inhabitant(slug).person_number) for slug in ("anna", "villy"))
COMPANY, EXEMPT = (Recipient(number, "company") for number in ("99000101", "99000303"))
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def outside(sandbox: Sandbox) -> Iterator[Sandbox]:
    yield sandbox
    sandbox.fault(SYSTEM, "none")


@pytest.fixture
def later(outside: Sandbox):
    """Move the clock outside on, until the end of the test."""
    yield lambda seconds: outside.control("POST", "clock", advance_seconds=seconds)
    outside.control("POST", "clock", reset=True)


def connect(outside: Sandbox, **changed) -> DigitalPost:
    settings = {
        "address": outside.addresses["POST"].removeprefix("digitalpost+"),
        "receipts_address": outside.addresses["POST_RECEIPTS"],
        "sender_number": "64942212",
        "sender_name": "Københavns Kommune, Parkering",
        "clock": lambda: datetime.now(UTC),
        "client_certificate_file": outside.addresses["CLIENT_CERTIFICATE_FILE"],
        "ca_file": outside.addresses["OUTSIDE_CA_FILE"],
        "read_timeout": 5.0,
    }
    return DigitalPost(**{**settings, **changed})


@pytest.fixture
def post(outside: Sandbox) -> Iterator[DigitalPost]:
    adapter = connect(outside)
    yield adapter
    adapter.close()


def a_letter(**changed) -> Letter:
    letter = Letter(
        letter_id=str(uuid4()),
        recipient=ANNA,
        subject="Kvittering for din beboerlicens",
        file_name="Kvittering PB-2026-000987.pdf",
        pdf=PDF,
        language="da",
        link_text="Se din licens",
        link="https://parkering.example/licens/1",
    )
    return replace(letter, **changed)


def inbox(outside: Sandbox, slug: str) -> list[dict]:
    answer = WEB.get(f"{outside.base}/inbox/{slug}", headers={"Accept": "application/json"})
    return answer.json()["letters"]


def test_it_is_known_whom_letters_reach(post):
    assert post.reaches(ANNA)
    assert not post.reaches(VILLY)
    with pytest.raises(Rejected, match="404"):
        post.reaches(Recipient("610101-0000"))


def test_a_company_has_a_box_by_its_company_number_unless_it_is_exempt(outside, post):
    assert post.reaches(COMPANY)
    assert not post.reaches(EXEMPT)
    with pytest.raises(Rejected, match="404"):
        post.reaches(Recipient("12345678", "company"))
    letter = a_letter(recipient=COMPANY)
    post.send(letter)
    (arrived,) = inbox(outside, COMPANY.number)
    assert arrived["id"] == letter.letter_id
    assert COMPANY.number not in repr(letter)
    assert WEB.get(f"{outside.base}/inbox/{COMPANY.number}").status_code == 200


def test_a_letter_arrives_once_however_often_it_is_sent(outside, post):
    letter = a_letter()
    transaction = post.send(letter)
    assert post.send(letter) == transaction
    (arrived,) = [each for each in inbox(outside, "anna") if each["id"] == letter.letter_id]
    assert arrived["subject"] == letter.subject
    assert arrived["link"] == letter.link
    address = f"{outside.base}/inbox/anna/letters/{letter.letter_id}"
    assert WEB.get(f"{address}.pdf").content == PDF
    assert WEB.get(f"{address.replace('anna', 'bo')}.pdf").status_code == 404
    for page in ("anna", ""):
        assert WEB.get(f"{outside.base}/inbox/{page}").status_code == 200


def test_a_letter_whose_answer_was_lost_arrives_once(outside, post):
    letter = a_letter()
    outside.fault(SYSTEM, "answer-lost", count=1, path="/service/KombiPostAfsend_1")
    with pytest.raises(Unavailable):
        post.send(letter)
    post.send(letter)
    assert [each["id"] for each in inbox(outside, "anna")].count(letter.letter_id) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"letter_id": "not a uuid"},
        {"recipient": VILLY},
        {"recipient": Recipient("610101-0000")},
        {"recipient": EXEMPT},
        {"recipient": Recipient(COMPANY.number)},
        {"recipient": Recipient(ANNA.number, "company")},
        {"subject": ""},
        {"subject": "\x00"},
        {"file_name": "../kvittering.pdf"},
        {"file_name": "kvittering.exe"},
        {"pdf": b"no pdf"},
        {"language": "sv"},
        {"link": "http://parkering.example/licens/1"},
        {"link_text": ""},
    ],
)
def test_what_is_no_letter_is_rejected(outside, post, wrong):
    with pytest.raises(Rejected):
        post.send(a_letter(**wrong))


def test_only_our_own_company_may_send(outside):
    adapter = connect(outside, sender_number="12345678")
    with pytest.raises(Rejected):
        adapter.send(a_letter())
    adapter.close()


def test_what_is_answered_and_not_accepted_is_rejected(outside, post):
    outside.fault(SYSTEM, "not-accepted", count=1)
    with pytest.raises(Rejected, match="not accepted"):
        post.send(a_letter())


def test_a_token_is_kept_and_renewed_when_it_is_no_longer_taken(outside, post, later):
    outside.control("DELETE", "journal")
    post.send(a_letter())
    post.send(a_letter())
    post.reaches(ANNA)
    asked = [each["path"] for each in outside.journal(SYSTEM)]
    assert sum(path.endswith("/issue") for path in asked) == 2
    later(3700)
    post.send(a_letter())
    asked = [each["path"] for each in outside.journal(SYSTEM)]
    assert sum(path.endswith("/issue") for path in asked) == 3


def test_a_token_is_worth_nothing_with_another_certificate_or_for_another_service(outside, post):
    post.send(a_letter())
    other = connect(
        outside,
        client_certificate_file=Path(outside.addresses["CLIENT_CERTIFICATE_FILE"]).with_name(
            "dmr-portal.pem"
        ),
    )
    other._tokens = dict(post._tokens)
    stolen = post._tokens[SEND][0]
    answer = other._platform.request(
        "POST",
        "/service/KombiPostAfsend_1/kombi",
        operation="steal",
        repeatable=False,
        headers={"Authorization": f"Holder-of-key {stolen}"},
        answers={401},
    )
    assert answer.status_code == 401
    post._tokens[LOOK_UP] = post._tokens[SEND]
    outside.control("DELETE", "journal")
    assert post.reaches(ANNA)
    assert [each["status"] for each in outside.journal(SYSTEM)] == [401, 200, 200, 200]
    other.close()


def test_person_numbers_stay_out_of_the_log_and_the_journal(outside, post, caplog, capsys):
    outside.control("DELETE", "journal")
    post.reaches(ANNA)
    post.send(a_letter())
    written = caplog.text + "".join(capsys.readouterr())
    digits = ANNA.number.replace("-", "")
    assert digits not in written
    assert digits not in str(outside.journal(SYSTEM))


@pytest.mark.parametrize(
    "fault",
    ["status:500", "status:503", "status:429", "drop", "garbage", "truncated",
     "wrong-content-type", "expired-certificate", "foreign-certificate"],
)  # fmt: skip
def test_whatever_goes_wrong_is_unavailable(outside, fault):
    adapter = connect(outside)
    outside.fault(SYSTEM, fault)
    with pytest.raises(Unavailable):
        adapter.send(a_letter())
    with pytest.raises(Unavailable):
        adapter.reaches(ANNA)
    adapter.close()


def test_a_late_answer_is_unavailable(outside):
    impatient = connect(outside, read_timeout=0.3, deadline=0.3)
    outside.fault(SYSTEM, "slow:1")
    with pytest.raises(Unavailable, match="Timeout"):
        impatient.reaches(ANNA)
    impatient.close()


@pytest.mark.parametrize("fault", ["drop", "garbage", "truncated", "wrong-content-type"])
def test_a_sending_that_goes_wrong_is_unavailable(outside, fault):
    adapter = connect(outside)
    outside.fault(SYSTEM, fault, path="/service/KombiPostAfsend_1")
    with pytest.raises(Unavailable):
        adapter.send(a_letter())
    adapter.close()


def all_receipts(post):
    cursor, told = BEGINNING, []
    while True:
        page = post.receipts(cursor)
        told += page.receipts
        cursor = page.next
        if not page.more:
            return told, cursor


def test_receipts_say_what_became_of_a_letter_page_by_page(outside, post):
    _, before = all_receipts(post)
    letters = [a_letter() for _ in range(7)]
    for letter in letters:
        if letter is letters[3]:
            outside.fault(SYSTEM, "bounce:no such mailbox", count=1)
        post.send(letter)
        post.send(letter)
    page = post.receipts(before)
    assert page.more
    told = [*page.receipts, *post.receipts(page.next).receipts]
    assert [each.letter_id for each in told] == [letter.letter_id for letter in letters]
    assert [each.delivered for each in told] == [True, True, True, False, True, True, True]
    assert told[3].reason == "no such mailbox"
    assert told[3].letter_id not in {each["id"] for each in inbox(outside, "anna")}
    assert all(each.at.tzinfo for each in told)
    _, end = all_receipts(post)
    assert post.receipts(end).receipts == ()


def test_a_receipt_that_comes_late_is_told_after_those_before_it(outside, post, later):
    _, before = all_receipts(post)
    first, second = a_letter(), a_letter()
    outside.fault(SYSTEM, "late:600", count=1)
    post.send(first)
    post.send(second)
    page = post.receipts(before)
    assert [each.letter_id for each in page.receipts] == [second.letter_id]
    later(601)
    (came,) = post.receipts(page.next).receipts
    assert came.letter_id == first.letter_id


def test_where_nobody_listens_there_are_no_receipts(outside):
    deaf = connect(outside, receipts_address="")
    assert deaf.receipts(BEGINNING) is None
    deaf.close()


@pytest.mark.parametrize(
    "fault", ["status:503", "drop", "garbage", "truncated", "wrong-content-type"]
)
def test_receipts_that_go_wrong_are_unavailable(outside, fault):
    adapter = connect(outside)
    outside.fault(SYSTEM, fault, path="/receipts")
    with pytest.raises(Unavailable):
        adapter.receipts(BEGINNING)
    adapter.close()


def test_a_cursor_that_is_not_theirs_is_rejected(post):
    with pytest.raises(Rejected):
        post.receipts("yesterday")


@pytest.mark.parametrize(
    "told",
    [
        {"at": "2026-11-26T10:00:00"},
        {"at": "now"},
        {"status": "read"},
        {"messageUUID": "1"},
        {"reason": 7},
        {"status": None},
    ],
)
def test_what_is_no_receipt_is_no_answer(told):
    receipt = {
        "messageUUID": str(uuid4()),
        "status": "delivered",
        "at": "2026-11-26T10:00:00+01:00",
    }
    digitalpost._receipt(receipt)
    with pytest.raises((KeyError, TypeError, ValueError)):
        digitalpost._receipt({**receipt, **told})
