"""What must happen to charges in time happens, once, and never during a hold."""

from __future__ import annotations

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from at_once import at_the_same_time, somebody_waits_for_a_lock
from canaries import Planted
from collecting import Town
from parking.actions import (
    carry,
    charge_case,
    charge_feed,
    charge_letters,
    claims,
    collect,
    complain,
    fees,
    holds,
    plan,
    print_queue,
    progress,
)
from parking.actions import charge as charges
from parking.law import fik
from parking.law.charge import Hold, Kind, State, Step
from parking.law.complaint import Document
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money
from parking.law.offence import Question
from parking.ports.collection import ActionReceipt, ActionState, CollectionNotice
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.collection import (
    ChargePause,
    ChargeStep,
    CollectionAction,
    CollectionClaim,
)
from parking.records.complaint import Complaint
from parking.records.letter import Addressee, Letter
from parking.records.offence import offences_on
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from town import charge, now, party

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def test_a_charge_nobody_pays_takes_each_step_on_its_day(town):
    assert town.collect_until("anna-open", Step.TRANSFER) == [
        (11, Step.FALL_DUE),
        (21, Step.REMIND),
        (35, Step.FIRST_FEE),
        (49, Step.SECOND_FEE),
        (63, Step.TRANSFER),
    ]
    told = town.told("anna-open")
    assert [(line.kind, line.amount.ore) for line in told.account] == [
        ("charge", 51_000), ("fee", 25_000), ("fee", 25_000),
    ]  # fmt: skip
    assert [letter.kind for letter in told.letters] == [
        "reminder", "reminder_first_fee", "reminder_second_fee", "collection_notice",
    ]  # fmt: skip
    assert told.state == "at_collection"
    assert charges.payable(charge("anna-open")) == NOTHING
    assert {row.state for row in Outgoing.objects.all()} == {Outgoing.State.DONE}
    assert {letter.channel for letter in Letter.objects.all()} == {"digital_post"}


def said(step: Step, to: Addressee, language: str = "da") -> str:
    """Everything the letter about a step says."""
    row = ChargeStep.objects.select_related("charge").get(step=step.value)
    with translation.override(language):
        contents = charge_letters.contents(row, to, progress.terms_of(row.charge))
    return json.dumps(contents, ensure_ascii=False)


PERSON = Addressee(kind="person", number="0101010000")


def test_the_letters_say_what_the_law_asks_for(town):
    line = charge_letters.payment_line(charges.answer_of(charge("anna-open")))
    assert fik.parse(line).payment_id == charges.answer_of(charge("anna-open")).slip.id
    for step, owed in ((Step.REMIND, "510"), (Step.FIRST_FEE, "760"), (Step.SECOND_FEE, "1.010")):
        town.collect_until("anna-open", step)
        text = said(step, PERSON)
        for part in (
            f"Betal {owed} kr. senest", line, "§ 121, stk. 4", "§ 121, stk. 1, nr. 8",
            "Du kan klage til os", "Du kan ikke klage til en anden myndighed", "fogedretten",
            "Hvis du ikke betaler til tiden", "Dine oplysninger", "Gældsstyrelsen",
        ):  # fmt: skip
            assert part in text, (step, part, text)
        assert ("Den koster 250 kr." in text) is (step is not Step.SECOND_FEE)
    assert "Det er et varsel" in text
    for letter in Letter.objects.all():
        assert b"/StructTreeRoot" in bytes(letter.pdf)
        assert b"pdfuaid" in bytes(letter.pdf)


def test_nothing_happens_while_a_complaint_waits_and_then_there_is_a_new_deadline(town):
    town.collect_until("anna-open", Step.REMIND)
    town.complain("anna-open", "k-1")
    town.pass_days(30)
    # The feed has not told us, and it is found out all the same before anything is done.
    assert town.collect("anna-open") is None
    given = charge("anna-open")
    (pause,) = ChargePause.objects.filter(charge=given)
    assert (pause.hold, pause.until) == (Hold.COMPLAINT.value, None)
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    coming = progress.coming(charge("anna-open"), now=town.at)
    assert coming is not None
    assert coming.step is Step.FIRST_FEE
    # The day of the answer counts again; those of the hold before it do not.
    assert (coming.day - danish_day(town.at)).days == 13


def test_a_fee_that_meets_a_complaint_is_not_charged_and_nobody_gets_its_letter(town):
    town.collect_until("anna-open", Step.REMIND)
    town.pass_days(14)
    step = collect.go_on(town.outside, charge("anna-open"), now=town.at)
    assert step is Step.FIRST_FEE
    town.complain("anna-open", "k-2")  # between our asking and our telling
    town.send()
    told = town.told("anna-open")
    assert [line.kind for line in told.account] == ["charge"]
    assert Letter.objects.filter(kind="reminder_first_fee").count() == 0
    assert ChargeStep.objects.get(step=Step.FIRST_FEE.value).refused
    assert charges.balance(charge("anna-open")).owed == Money(51_000)
    assert not Incident.objects.filter(key__startswith="outgoing").exists()
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    town.pass_days(11)
    assert town.collect("anna-open") is Step.FIRST_FEE, "it comes again on its day"


def test_two_workers_at_once_take_a_step_once(town):
    town.collect_until("anna-open", Step.REMIND)
    town.pass_days(14)

    def go_on() -> Step | None:
        try:
            return collect.go_on(town.outside, charge("anna-open"), now=town.at)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        taken = [each.result() for each in [workers.submit(go_on) for _ in range(2)]]
    assert sorted(taken, key=str) == [None, Step.FIRST_FEE]
    town.send()
    assert Letter.objects.filter(kind="reminder_first_fee").count() == 1


def test_an_answer_that_is_lost_charges_a_fee_once(town, sandbox):
    town.collect_until("anna-open", Step.REMIND)
    town.pass_days(14)
    for what in ("fees", "letters"):
        sandbox.fault("pilen", "write-lost", count=1, path=what)
    town.collect("anna-open")
    faults = sandbox.control("GET", "state")["faults"]
    assert [each for each in faults if each["system"] == "pilen"] == [], "they have hit"
    for _try in range(3):
        town.at += timedelta(minutes=5)
        town.send()
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    told = town.told("anna-open")
    assert [line.kind for line in told.account] == ["charge", "fee"]
    assert [letter.kind for letter in told.letters] == ["reminder", "reminder_first_fee"]


def test_a_fee_that_a_payment_would_have_prevented_is_taken_back(town):
    town.collect_until("anna-open", Step.FIRST_FEE)
    given = charge("anna-open")
    with recording():
        claims.book_bank_payment(
            given, Money(51_000), reference="late", paid=town.at - timedelta(days=3), now=town.at
        )
    town.send()
    assert charges.balance(charge("anna-open")).owed == Money(25_000)
    assert fees.take_back_all(now=town.at) == 1
    town.send()
    assert charges.balance(charge("anna-open")).owed == NOTHING
    assert fees.take_back_all(now=town.at) == 0


def came_by_letter(slug: str, days_ago: int, at) -> Complaint:
    """Write down a complaint that came by letter some days ago."""
    return complain.register(
        None,
        charge(slug),
        channel=Complaint.Channel.LETTER,
        received=danish_day(at) - timedelta(days=days_ago),
        language="da",
        said={
            "question": Question.SIGN.value,
            "text": "Skiltet var væk.",
            "name": "Dan",
            "address": "Vej 1",
        },
        given=[],
        kind=Document.OTHER,
        now=at,
    )


def test_a_fee_of_the_charge_system_during_a_complaint_is_taken_back_by_itself(town):
    given = charge("dan-first-fee")
    assert not given.steps.exists(), "the charge system charged it"
    (fee,) = [line for line in charges.answer_of(given).account if line.kind == "fee"]
    came = (danish_day(town.at) - fee.booked).days + 3
    came_by_letter("dan-first-fee", came, town.at)
    (pause,) = ChargePause.objects.filter(charge=given)
    assert pause.since == fee.booked - timedelta(days=3)
    (row,) = Outgoing.objects.filter(kind=Outgoing.Kind.TAKE_BACK_FEE)
    assert row.payload["ore"] == 25_000
    town.send()
    told = town.told("dan-first-fee")
    assert told.balance == charges.balance(charge("dan-first-fee")).owed == Money(51_000)
    assert fees.take_back_all(now=town.at) == 0, "once is enough"


def test_a_fee_of_the_charge_system_that_a_complaint_told_by_it_would_have_prevented(town):
    """The letter came to the charge system's own people, and it has charged its fee meanwhile."""
    (fee,) = [
        line for line in charges.answer_of(charge("dan-first-fee")).account if line.kind == "fee"
    ]
    town.complain("dan-first-fee", "k-3", days_ago=(danish_day(town.at) - fee.booked).days + 3)
    charge_feed.follow(town.outside, now=town.at)
    assert charges.balance(charge("dan-first-fee")).owed == Money(76_000)
    collect.collect(town.outside, now=town.at)
    town.send()
    assert charges.balance(charge("dan-first-fee")).owed == Money(51_000)


@pytest.mark.parametrize("days_ago", range(0, 60, 7))
def test_whenever_a_complaint_came_no_fee_of_its_days_is_left(town, days_ago):
    town.collect_until("anna-open", Step.SECOND_FEE)
    came_by_letter("anna-open", days_ago, town.at)
    town.send()
    assert fees_during_a_hold(charge("anna-open")) == []
    came = danish_day(town.at) - timedelta(days=days_ago)
    booked = [line for line in town.told("anna-open").account if line.kind == "fee"]
    left = sum(line.amount.ore for line in booked if line.booked < came)
    assert charges.balance(charge("anna-open")).owed == Money(51_000 + left)


def fees_during_a_hold(given: Charge) -> list[str]:
    """Return the fees in the account of a charge that were booked in a hold and not taken back."""
    account = charges.account(given)
    back = {entry.reference for entry in account if entry.kind is Kind.ANNULMENT}
    return [
        entry.reference
        for entry in account
        if entry.kind is Kind.FEE and f"{entry.reference}-taken-back" not in back
        for pause in holds.pauses(given)
        if entry.booked in pause.period and pause.hold is not Hold.TRANSFER
        if not (pause.hold is Hold.PLAN and entry.booked == pause.period.start)
    ]


def test_after_three_days_without_the_charge_system_all_goes_on_once(town, sandbox):
    town.pass_days(6)
    town.collect("anna-open")  # falls due
    town.pass_days(10)
    sandbox.fault("pilen", "status:503")
    for _day in range(3):
        taken = collect.collect(town.outside, now=town.at)
        assert Step.REMIND.value not in taken
        town.pass_days(1)
    assert not Letter.objects.exists()
    town.pass_days(1)
    town.outside_is_back()
    first = collect.collect(town.outside, now=town.at)
    assert first[Step.REMIND.value] >= 1
    town.send()
    assert collect.collect(town.outside, now=town.at)[Step.REMIND.value] == 0
    keys = Letter.objects.values_list("charge", "kind")
    assert len(keys) == len(set(keys))
    # The full time from the day it was done to the next step.
    coming = progress.coming(charge("anna-open"), now=town.at)
    assert (coming.step, coming.day) == (Step.FIRST_FEE, danish_day(town.at) + timedelta(days=14))


def test_who_has_no_digital_post_is_written_to_on_paper(town, tmp_path):
    town.collect_until("villy-second-fee", Step.TRANSFER)
    (letter,) = Letter.objects.all()
    assert (letter.channel, letter.printed) == ("print", None)
    assert town.told("villy-second-fee").letters[-1].channel == "print"
    out = tmp_path / "letters"
    call_command("print_letters", str(out))
    listed = (out / "letters.csv").read_text("utf-8")
    assert letter.addressee.number in listed
    assert (out / f"{letter.id}.pdf").read_bytes() == bytes(letter.pdf)
    call_command("print_letters", str(tmp_path / "again"))
    assert not (tmp_path / "again" / f"{letter.id}.pdf").exists()


def test_a_company_is_reminded_by_digital_post_and_one_that_is_exempt_on_paper(town):
    town.collect_until("olga-company", Step.REMIND)
    (letter,) = Letter.objects.all()
    assert (letter.addressee.kind, letter.channel) == ("company", "digital_post")
    assert (bool(letter.transaction), letter.queued) == (True, None)
    assert town.told("olga-company").letters[-1].channel == "digital_post"
    box = f"{town.sandbox.base}/inbox/{letter.addressee.number}"
    arrived = httpx.get(box, headers={"Accept": "application/json"}).json()["letters"]
    assert [each["id"] for each in arrived] == [str(letter.id)]
    town.collect_until("gerda-company-user", Step.FIRST_FEE)
    paper = Letter.objects.get(charge=charge("gerda-company-user"))
    assert (paper.addressee.kind, paper.channel) == ("company", "print")


def test_a_letter_about_a_case_goes_on_paper_too(stocked):
    Planted("papir", at=now())
    letter = Letter.objects.create(
        party=party("villy"), case=Case.objects.get(), subject="Svar", pdf=b"%PDF", written=now()
    )
    carry.send_letter(stocked, {"letter": str(letter.id)}, now())
    (paper,) = print_queue.waiting()
    assert (paper.letter_id, paper.addressee.number) == (letter.id, party("villy").person_number)


def test_somebody_abroad_is_written_to_in_english_with_their_address(town):
    assert town.collect("german-found") is None
    town.collect_until("german-found", Step.FIRST_FEE)
    (letter,) = Letter.objects.all()
    assert (letter.language, letter.channel) == ("en", "print")
    assert letter.addressee.name == "Max Beispiel"
    assert letter.addressee_fingerprint == ""
    text = said(Step.FIRST_FEE, letter.addressee, "en")
    for part in ("Max Beispiel", "10115 Berlin", "GERMANY", "You can complain to us", "DKK 760"):
        assert part in text


def test_the_offence_is_told_in_the_language_of_the_letter(town):
    town.collect_until("german-found", Step.FIRST_FEE)
    found = charge("german-found")
    slip = charges.answer_of(found).offences
    ours = offences_on([each.code for each in slip], danish_day(found.issued))
    abroad = Letter.objects.get().addressee
    for language in ("da", "en"):
        with translation.override(language):
            whole = json.dumps(
                charge_case.contents(found, shown=[], now=town.at), ensure_ascii=False
            )
        for document in (said(Step.FIRST_FEE, abroad, language), whole):
            for each in slip:
                text = each.text if language == "da" else ours[each.code].english
                assert f"{text} ({ours[each.code].cites})" in document, "as the pages cite"
                assert (each.text in document) is (language == "da")


def test_nobody_is_reminded_of_what_nobody_is_known_to_owe(town):
    town.pass_days(30)
    town.collect("lars-swedish")
    town.pass_days(30)
    assert town.collect("lars-swedish") is None
    assert not Letter.objects.exists()


def test_what_cannot_go_on_keeps_no_other_from_its_turn(town):
    town.pass_days(30)
    for slug in ("lars-swedish", "anna-open"):
        town.collect(slug)
    town.pass_days(30)
    only = Charge.objects.filter(id__in=[charge("lars-swedish").id, charge("anna-open").id])
    Charge.objects.exclude(id__in=only).update(waits=True)
    only.update(waits=False)
    Charge.objects.filter(id=charge("lars-swedish").id).update(due="2000-01-01")
    assert not collect.collect(town.outside, now=town.at, most=1)
    assert collect.collect(town.outside, now=town.at, most=1) == {"remind": 1}
    town.pass_days(7)
    assert charge("lars-swedish").id in collect._overdue(danish_day(town.at)).values_list(
        "id", flat=True
    ), "somebody may have found its owner meanwhile"


# At debt collection


def handed_over(town, slug="anna-open") -> CollectionClaim:
    town.collect_until(slug, Step.TRANSFER)
    town.pass_days(1)
    assert claims.ask(town.outside, now=town.at) == 1
    return CollectionClaim.objects.get()


def states(claim: CollectionClaim) -> list[tuple[str, str]]:
    told = CollectionAction.objects.filter(claim=claim).order_by("id")
    return [(each.kind, each.state) for each in told]


def test_what_is_paid_elsewhere_after_the_transfer_is_written_down(town):
    claim = handed_over(town)
    assert (claim.amount_ore, claim.left_ore) == (101_000, 101_000)
    with recording():
        claims.book_bank_payment(
            claim.charge, Money(101_000), reference="bank-1", paid=town.at, now=town.at
        )
    town.send()
    collect.collect(town.outside, now=town.at)
    town.send()
    town.pass_days(1)
    claims.ask(town.outside, now=town.at)
    assert states(claim) == [("submit", "done"), ("write down", "done")]
    claim.refresh_from_db()
    assert (claim.left_ore, claim.ended is None) == (0, False)
    assert charges.stands(charge("anna-open")) is State.PAID


def test_a_claim_is_taken_back_before_its_charge_is_annulled(town):
    claim = handed_over(town)
    with recording():
        assert claims.recall(claim.charge, because="complaint", now=town.at)
    assert progress.of(charge("anna-open")).state is State.SECOND_FEE
    town.send()
    town.pass_days(1)
    claims.ask(town.outside, now=town.at)
    assert states(claim) == [("submit", "done"), ("recall", "done")]
    town.officer("anna-open", "annul", reason="sign_defect")
    assert charges.stands(charge("anna-open")) is State.ANNULLED


def test_what_was_sent_to_debt_collection_by_mistake_is_reminded_of_before_it_is_again(town):
    """The charge system tells of it; the fees are not charged again."""
    owed = charges.balance(charge("brian-recalled")).owed
    assert town.collect("brian-recalled") is Step.SECOND_FEE
    step = ChargeStep.objects.get(charge=charge("brian-recalled"))
    assert (step.fee, step.owed) == (NOTHING, owed)
    assert step.due == danish_day(town.at) + timedelta(days=10)
    (letter,) = charge("brian-recalled").letters.all()
    assert letter.subject == "Anden rykker: Gælden bliver sendt til inddrivelse"
    town.pass_days(13)
    assert town.collect("brian-recalled") is None
    town.pass_days(1)
    assert town.collect("brian-recalled") is Step.TRANSFER
    assert town.told("brian-recalled").balance == owed


def test_what_came_back_twice_is_reminded_of_twice(town):
    claim = handed_over(town)
    for turn in (1, 2):
        with recording():
            assert claims.recall(claim.charge, because="mistake", now=town.at)
        town.send()
        town.collect_until("anna-open", Step.TRANSFER)
        claim = CollectionClaim.objects.get(charge=charge("anna-open"), ended=None)
        assert claim.reference.endswith(f"-{turn + 1}")
    fee = [each for each in town.told("anna-open").account if each.kind == "fee"]
    assert len(fee) == 2


def test_a_transfer_that_meets_a_payment_is_no_claim(town):
    town.collect_until("anna-open", Step.SECOND_FEE)
    town.pass_days(14)
    assert collect.go_on(town.outside, charge("anna-open"), now=town.at) is Step.TRANSFER
    town.outside.charges.report_payment(
        charge("anna-open").source_id,
        reference="elsewhere", amount=Money(51_000), paid=town.at, method="bank",
    )  # fmt: skip
    town.send()
    assert CollectionClaim.objects.get().ended is not None
    assert town.told("anna-open").collection is None
    assert not [each for each in town.sandbox.journal("collection") if "OPRET" in str(each)]


def notice(claim: CollectionClaim, kind: str, amount: Money) -> CollectionNotice:
    return CollectionNotice(
        number=1, reference=claim.reference, kind=kind, amount=amount, on=claim.made.date()
    )


def test_a_notice_undoes_nothing_that_was_written_meanwhile(town, monkeypatch):
    """Less is owed, and the claim is written down, while a notice waits for the charge."""
    claim = handed_over(town)
    monkeypatch.setattr(
        type(town.outside.collection), "notices",
        lambda _self, _after: (notice(claim, "collected", Money(40_000)),),
    )  # fmt: skip
    begun = threading.Event()

    def write_down():
        with recording():
            claims.book_bank_payment(
                claim.charge, Money(51_000), reference="bank-1", paid=town.at, now=town.at
            )
            begun.set()
            assert somebody_waits_for_a_lock()
            return claims._follow(claim.id, town.at)

    def read():
        begun.wait(10)
        return claims.read_notices(town.outside, now=town.at)

    assert at_the_same_time(write_down, read) == [True, 1]
    claim.refresh_from_db()
    assert claim.left_ore == 101_000 - 51_000 - 40_000


def test_a_notice_does_not_bring_back_a_claim_that_was_recalled_meanwhile(town, monkeypatch):
    claim = handed_over(town)
    monkeypatch.setattr(
        type(town.outside.collection), "notices",
        lambda _self, _after: (notice(claim, "collected", Money(40_000)),),
    )  # fmt: skip
    begun = threading.Event()

    def recall():
        with recording():
            assert claims.recall(claim.charge, because="complaint", now=town.at)
            begun.set()
            assert somebody_waits_for_a_lock()

    def read():
        begun.wait(10)
        return claims.read_notices(town.outside, now=town.at)

    assert at_the_same_time(recall, read) == [None, 1]
    claim.refresh_from_db()
    assert (claim.left_ore, claim.ended) == (0, town.at)


def test_a_refusal_ends_no_claim_that_was_ended_meanwhile(town, monkeypatch):
    """The agency refuses a claim while we take it back: the charge comes back to us once."""
    town.collect_until("anna-open", Step.TRANSFER)
    claim = CollectionClaim.objects.get()
    submitted = CollectionAction.objects.get(claim=claim)
    refused = ActionReceipt(action=submitted.id, state=ActionState.REFUSED, code="400")
    monkeypatch.setattr(
        type(town.outside.collection), "receipts", lambda _self, _ids: (refused,)
    )  # fmt: skip
    begun = threading.Event()

    def recall():
        with recording():
            assert claims.recall(claim.charge, because="complaint", now=town.at)
            begun.set()
            assert somebody_waits_for_a_lock()

    def ask():
        begun.wait(10)
        return claims.ask(town.outside, now=town.at)

    assert at_the_same_time(recall, ask) == [None, 1]
    assert ChargeStep.objects.filter(step=Step.RECALL.value).count() == 1


def test_what_the_agency_collects_counts_once(town):
    claim = handed_over(town)
    httpx.post(
        f"{town.sandbox.base}/collection/act",
        data={"reference": claim.reference, "kind": "collected", "kroner": "400"},
    )
    for _twice in range(2):
        claims.read_notices(town.outside, now=town.at)
    town.send()
    assert charges.balance(charge("anna-open")).owed == Money(61_000)
    claim.refresh_from_db()
    assert claim.left_ore == 61_000
    assert claims.follow_all(now=town.at) == 0


@pytest.mark.slow
def test_a_whole_town_lives_a_quarter_of_a_year_and_every_account_adds_up(town):
    """Everybody of the first day, week by week; nobody pays, some complain, one plan is missed."""
    plan.follow(now=town.at)
    for week in range(13):
        charge_feed.follow(town.outside, now=town.at)
        plan.follow(now=town.at)
        collect.collect(town.outside, now=town.at)
        town.send()
        claims.ask(town.outside, now=town.at)
        print_queue.printed([each.letter_id for each in print_queue.waiting()], now=town.at)
        if week == 4:
            town.complain("anna-now", "soak")
        if week in LATE:
            came_by_letter(LATE[week], 7 * week, town.at)
        town.pass_days(7)
    charge_feed.follow(town.outside, now=town.at)
    assert (
        list(Outgoing.objects.exclude(state=Outgoing.State.DONE).values("kind", "last_error")) == []
    )
    for each in Charge.objects.all():
        told = town.outside.charges.charge(each.source_id)
        here = charges.balance(each)
        assert here.owed - here.overpaid == told.balance, each.number
        assert len([line for line in told.account if line.kind == "fee"]) <= 2
        assert fees_during_a_hold(each) == [], each.number
        steps = ChargeStep.objects.filter(charge=each, refused="").order_by("id")
        for one, other in itertools.pairwise(steps):
            assert (other.day - one.day).days >= 10
        claimed = sum(c.left_ore for c in each.collection_claims.all())
        if each.collection_claims.filter(ended=None).exists():
            assert claimed == told.balance.ore
    assert ChargeStep.objects.filter(step=Step.TRANSFER.value).count() > 10
    assert charges.stands(charge("anna-now")) is State.REMINDED, "it has waited ever since"
    problems = Incident.objects.exclude(what__in=EXPECTED).values_list("what", "detail")
    assert list(problems) == []


#: Complaints that came by letter on the first day, and in which week somebody writes them down:
#: before any fee, after one of ours, after two, and when it is with the debt collection.
LATE = {1: "bo-reminded", 4: "viggo-part", 6: "alma-other-car", 7: "dan-first-fee"}

#: What a person must settle of the first day, whoever lives.
EXPECTED = {
    "a debtor abroad must be collected by hand",
}
