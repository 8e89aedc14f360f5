"""Complaints: written, sent, followed, answered; safe whatever the charge system does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.db import DatabaseError, connection

from parking.actions import (
    carry,
    casework,
    charge_feed,
    checkout,
    complain,
    complaint_work,
    evidence,
    files,
    limit,
    progress,
    send,
    staff,
)
from parking.actions import charge as charges
from parking.actions.permission import NotYours
from parking.law import case as case_law
from parking.law import charge as charge_law
from parking.law import complaint as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.complaint import Document
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money
from parking.law.offence import Question
from parking.law.reasoning import Answer
from parking.law.staff import RIGHTS, Role
from parking.ports import Unavailable
from parking.ports.scanner import Infected
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.complaint import Complaint, ComplaintDecision, ComplaintFile, ComplaintMessage
from parking.records.letter import Letter
from parking.records.order import Refund
from parking.records.outbox import Outgoing
from pictures import a_pdf, a_photo
from town import ADDRESSES, agreement, charge, now, party, pay

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Jeg holdt der kun i to minutter."


@pytest.fixture
def officer(sandbox):
    """What the case officers of the charge system do at their own console."""

    def act(path: str, **form: str) -> dict:
        answer = httpx.post(f"{sandbox.base}/pilen/{path}", data=form)
        answer.raise_for_status()
        return answer.json()

    return act


def draft(slug: str = "anna-open", who: str = "anna", **said) -> Complaint:
    begun = complain.begin(party(who), charge(slug), language="da", now=now())
    written = {"question": Question.DISC.value, "text": TEXT, **said}
    return complain.keep(begun, written, now=now())


def sent(slug: str = "anna-open", who: str = "anna", **said) -> Complaint:
    return complain.submit(draft(slug, who, **said), now=now())


def again(complaint: Complaint) -> Complaint:
    return Complaint.objects.select_related("charge", "party").get(id=complaint.id)


def there(outside, complaint: Complaint):
    """The complaint as the charge system has it."""
    told = outside.charges.charge(complaint.charge.source_id).complaints
    (found,) = (each for each in told if each.reference == complaint.reference)
    return found


def somebody(slug: str = "ditte", *roles: Role):
    return staff.add(name_id=slug, roles=roles or (Role.DECIDER,), unit="Parkering", now=now())


def taken(complaint: Complaint, worker) -> Case:
    case = Case.objects.get(complaint=complaint, state=case_law.State.OPEN.value)
    casework.take(worker, case, version=case.version, now=now())
    return casework.case_for(worker, case.id)


def decided(worker, case: Case, step: law.Step, *, ore: int = 0, **said) -> ComplaintDecision:
    reason = None if step is law.Step.UPHOLD else AnnulmentReason.GOODWILL
    decision = complaint_work.Decision(
        step=step, reason=reason, reasons="Vi har set på billederne.", amount=Money(ore), **said
    )
    return complaint_work.decide(worker, case, decision, version=case.version, now=now())


def nothing_waits() -> bool:
    return not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()


# Writing it


def test_only_what_the_offence_needs_is_asked(charged):
    asked = [guide.question for guide in complain.guides(charge("anna-open"))]
    assert Question.DISC in asked
    assert Question.WEIGHT not in asked
    assert (asked[-1], asked.count(Question.OTHER)) == (Question.OTHER, 1)


def test_of_two_offences_both_are_asked_about_once(charged):
    asked = [guide.question for guide in complain.guides(charge("german-found"))]
    assert len(set(asked)) == len(asked)


def test_a_draft_holds_nothing_and_two_tabs_have_one(charged):
    first, second = draft(), draft()
    assert first.id == second.id
    assert not charge("anna-open").waits
    assert not Case.objects.filter(kind="complaint").exists()
    assert not Outgoing.objects.exists()


def test_what_is_saved_in_one_step_stays_when_another_is_saved(charged):
    complaint = draft(answers={"arrived": "12.15"})
    complain.keep(complaint, {"text": "Skiven lå i ruden."}, now=now())
    kept = again(complaint)
    assert (kept.answers, kept.text) == ({"arrived": "12.15"}, "Skiven lå i ruden.")


def test_a_photo_is_kept_without_the_place_it_was_taken(charged):
    complaint = draft()
    photo = a_photo()
    kept = complain.add_file(
        None, complaint, kind=Document.DISC, name="skive.jpg", content=photo, now=now()
    )
    assert b"Exif" in photo
    assert b"Exif" not in bytes(kept.content)
    same = complain.add_file(
        None, complaint, kind=Document.DISC, name="igen.jpg", content=photo, now=now()
    )
    assert same.id == kept.id
    complain.remove_file(complaint, kept.id)
    assert not ComplaintFile.objects.exists()


def test_there_are_five_files_at_most(charged):
    complaint = draft()
    for number in range(files.MOST_FILES):
        complain.add_file(
            None,
            complaint,
            kind=Document.OTHER,
            name="a.jpg",
            content=a_photo((60 + number, 40)),
            now=now(),
        )
    with pytest.raises(files.Refused) as refused:
        complain.add_file(
            None, complaint, kind=Document.OTHER, name="b.pdf", content=a_pdf(), now=now()
        )
    assert refused.value.fault is files.Fault.TOO_MANY


def test_what_the_law_asks_for_must_be_there(charged):
    visitor = complain.begin(None, charge("lars-swedish"), language="en", now=now())
    assert complain.missing(visitor) == ("question", "text", "name", "address")
    with pytest.raises(complain.NotComplete):
        complain.submit(visitor, now=now())
    assert complain.missing(draft()) == ()


# Sent


def test_a_complaint_holds_the_charge_at_once_and_reaches_the_charge_system(charged, work):
    complaint = draft(answers={"arrived": "12.15"})
    complain.add_file(None, complaint, kind=Document.DISC, name="a.pdf", content=a_pdf(), now=now())
    complain.submit(complaint, now=now())
    held = charge("anna-open")
    assert held.waits
    assert charges.balance(held).due is None
    case = Case.objects.get(kind="complaint")
    assert (case.about, case.party) == (case_law.Kind.COMPLAINT, party("anna"))
    assert case.due == danish_day(now()) + timedelta(days=28)
    work()
    told = there(charged, again(complaint))
    assert (told.state, told.channel, told.ground) == ("open", "portal", "disc")
    assert told.text.splitlines() == ["Hvornår kom du? 12.15", TEXT]
    assert [each.content_type for each in told.attachments] == ["application/pdf"]
    assert charge("anna-open").waits
    assert Letter.objects.get(complaint=complaint).sent is not None
    assert nothing_waits()


class Scanner:
    """A scanner that is away, or finds something in everything, or nothing."""

    def __init__(self, raises: Exception | None = None) -> None:
        self.raises = raises

    def scan(self, content: bytes) -> None:
        if self.raises is not None:
            raise self.raises


def sent_while_the_scanner_is_away(slug: str = "anna-open", who: str = "anna") -> Complaint:
    complaint = draft(slug, who)
    complain.add_file(
        Scanner(Unavailable("away")),
        complaint,
        kind=Document.DISC,
        name="skive.pdf",
        content=a_pdf(),
        now=now(),
    )
    return complain.submit(complaint, now=now())


def scanned(scanner: Scanner) -> int:
    return files.scan_quarantined(
        scanner, [ComplaintFile], now=now(), before_removal=complain.tell_of_infected
    )


def later(outside) -> None:
    """Send what waits, an hour from now."""
    soon = now() + timedelta(hours=1)
    for outgoing in send.due(now=soon):
        send.send(outside, outgoing, carriers=carry.CARRIERS, now=soon)


def test_while_the_scanner_is_away_only_the_file_waits(charged, work):
    complaint = sent_while_the_scanner_is_away()
    given = charge("anna-open")
    checkout.choose(party("anna"), given, now=now())
    order = checkout.begin(
        charged,
        party("anna"),
        agreed=checkout.agreement([], checkout.charges_in_basket(party("anna"))),
        language="da",
        addresses=ADDRESSES,
        now=now(),
    )
    pay(order.payment.page_url)
    checkout.settle(charged, order.payment.payment_id, now=now())
    work()
    (waits,) = Outgoing.objects.exclude(state=Outgoing.State.DONE)
    assert waits.kind == Outgoing.Kind.COMPLAINT_FILE
    account = charged.charges.charge(given.source_id).account
    assert [line.kind for line in account] == ["charge", "payment"]
    assert scanned(Scanner()) == 1
    later(charged)
    assert nothing_waits()
    assert len(there(charged, complaint).attachments) == 1


def test_a_file_waits_for_its_complaint_and_an_answer_for_the_file(charged, sandbox, work):
    sandbox.fault("pilen", "status:503")
    complaint = draft()
    complain.add_file(None, complaint, kind=Document.DISC, name="a.pdf", content=a_pdf(), now=now())
    complain.submit(complaint, now=now())
    worker = somebody()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    sandbox.fault("pilen", "none")
    kinds = Outgoing.Kind

    def tried(minutes: int, *which: Outgoing.Kind) -> set[str]:
        soon = now() + timedelta(minutes=minutes)
        for row in Outgoing.objects.filter(kind__in=which).order_by("id"):
            send.send(charged, row.id, carriers=carry.CARRIERS, now=soon)
        waiting = Outgoing.objects.exclude(state=Outgoing.State.DONE)
        return set(waiting.values_list("kind", flat=True)) & told

    told = {kinds.COMPLAIN, kinds.COMPLAINT_FILE, kinds.DECIDE_COMPLAINT}
    others = set(kinds) - {kinds.COMPLAINT_FILE}
    tried(10, kinds.COMPLAINT_FILE)
    assert tried(11, *others) == {kinds.COMPLAINT_FILE, kinds.DECIDE_COMPLAINT}
    assert tried(20, kinds.COMPLAINT_FILE) == {kinds.DECIDE_COMPLAINT}
    assert tried(30, *others) == set()
    assert len(there(charged, complaint).attachments) == 1


def test_a_file_that_is_scanned_after_the_answer_stays_with_us(charged, work):
    complaint, worker = sent_while_the_scanner_is_away(), somebody()
    work()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    later(charged)
    assert there(charged, complaint).state == "decided"
    scanned(Scanner())
    row = Outgoing.objects.get(kind=Outgoing.Kind.COMPLAINT_FILE)
    soon = now() + timedelta(hours=2)
    assert send.send(charged, row.id, carriers=carry.CARRIERS, now=soon) == Outgoing.State.DONE
    assert ComplaintFile.objects.get().scan == ComplaintFile.Scan.CLEAN


def test_of_a_file_that_was_infected_both_sides_hear(charged, work):
    complaint = sent_while_the_scanner_is_away()
    work()
    assert scanned(Scanner(Infected("Eicar"))) == 0
    assert not ComplaintFile.objects.exists()
    message = ComplaintMessage.objects.get()
    assert message.from_us
    assert "Vi har slettet filen skive.pdf." in message.text
    letter = Letter.objects.get(complaint=complaint, kind="message")
    assert letter.party == party("anna")
    assert letter.subject == "Vi har slettet en fil i din klage"
    later(charged)
    work()
    assert nothing_waits()
    assert [each.text for each in there(charged, complaint).messages] == [message.text]


def test_of_an_infected_file_of_a_draft_only_its_page_tells_until_another_is_saved(charged):
    complaint, away = draft(), Scanner(Unavailable("away"))

    def save(name: str, content: bytes) -> None:
        complain.add_file(
            away, complaint, kind=Document.DISC, name=name, content=content, now=now()
        )  # fmt: skip

    save("a.pdf", a_pdf())
    scanned(Scanner(Infected("Eicar")))
    assert not ComplaintFile.objects.exists()
    assert not ComplaintMessage.objects.exists()
    assert again(complaint).infected == ["a.pdf"]
    save("b.jpg", a_photo())
    assert again(complaint).infected == []


def test_sending_twice_is_sending_once(charged, work):
    complaint = draft()
    complain.submit(complaint, now=now())
    complain.submit(complaint, now=now())
    work()
    assert Case.objects.filter(kind="complaint").count() == 1
    assert len(charged.charges.charge(complaint.charge.source_id).complaints) == 1


def test_two_who_send_at_once_are_one_complaint(charged):
    drafts = [draft("inger-shared", who) for who in ("inger", "niels")]

    def submit(complaint):
        try:
            return complain.submit(complaint, now=now()).is_open
        except StepNotAllowed:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(submit, drafts)) == [False, True]
    assert Case.objects.filter(kind="complaint").count() == 1


@pytest.mark.parametrize("fault", ["status:503", "drop"])
def test_while_the_charge_system_is_down_a_complaint_is_safe_and_goes_later(
    charged, sandbox, work, fault
):
    sandbox.fault("pilen", fault)
    complaint = sent()
    work()
    assert again(complaint).is_open
    assert charge("anna-open").waits
    row = Outgoing.objects.get(kind=Outgoing.Kind.COMPLAIN)
    assert row.state == Outgoing.State.WAITING
    sandbox.fault("pilen", "none")
    send.send(charged, row.id, carriers=carry.CARRIERS, now=now() + timedelta(hours=1))
    assert there(charged, complaint).state == "open"


def test_an_answer_that_is_lost_makes_one_complaint(charged, sandbox, work):
    complaint = sent()
    sandbox.fault("pilen", "answer-lost", count=1, path="/complaints")
    work()
    row = Outgoing.objects.get(kind=Outgoing.Kind.COMPLAIN)
    send.send(charged, row.id, carriers=carry.CARRIERS, now=now() + timedelta(hours=1))
    assert len(charged.charges.charge(complaint.charge.source_id).complaints) == 1


def test_what_the_charge_system_tells_before_it_has_heard_does_not_lift_the_hold(charged, officer):
    sent()
    officer("issue", plate="AB12345", offence="40a", place="VB")
    told = charged.charges.charge(charge("anna-open").source_id)
    assert told.hold is None
    Charge.objects.filter(id=charge("anna-open").id).update(version=0)
    with charges.recording():
        charges.take_over([told], now=now())
    assert charge("anna-open").waits


def test_there_is_one_complaint_at_a_time(charged):
    sent("inger-shared", "inger")
    assert not complain.may_begin(charge("inger-shared"))
    with pytest.raises(StepNotAllowed):
        draft("inger-shared", "niels")


@pytest.mark.parametrize(
    "slug", ["dorte-open", "helle-upheld", "iben-annulled", "frank-written-off"]
)
def test_what_the_charge_system_knows_of_counts_too(charged, slug):
    assert not complain.may_begin(charge(slug))


@pytest.mark.parametrize("slug", ["mikkel-withdrawn", "clara-paid", "asta-collection"])
def test_one_may_complain_of_what_is_paid_handed_over_or_was_withdrawn(charged, slug):
    assert complain.may_begin(charge(slug))


def test_what_somebody_else_only_writes_is_in_nobodys_way(charged):
    draft("inger-shared", "inger")
    assert sent("inger-shared", "niels").is_open


def strangers(said: dict[str, str], number: int = 1, slug: str = "anna-open") -> list[Complaint]:
    """Drafts that people with the slip have begun, one after the other."""
    return [
        complain.keep(complain.begin(None, charge(slug), language="da", now=now()), said, now=now())
        for _ in range(number)
    ]


def drafted(slug: str = "anna-open") -> list[Complaint]:
    waiting = Complaint.objects.filter(charge=charge(slug), state=law.State.DRAFT.value)
    return list(waiting.order_by("begun"))


def test_of_too_many_drafts_without_a_login_those_missed_least_make_room(charged):
    mine = draft()
    (written,) = strangers({"text": TEXT})
    complain.add_file(None, written, kind=Document.OTHER, name="a.pdf", content=a_pdf(), now=now())
    (elsewhere,) = strangers({}, slug="lars-swedish")
    empty = strangers({}, 20)
    assert drafted() == [mine, written, *empty[-14:]], "what is empty goes before what is written"
    newer = strangers({"text": TEXT}, 15)
    assert drafted() == [mine, *newer], "nobody is refused, and what is oldest goes"
    assert not ComplaintFile.objects.exists()
    assert again(written).stands is law.State.LAPSED
    assert drafted("lars-swedish") == [elsewhere]


def test_of_files_without_a_login_no_more_are_kept_than_of_three_complaints(charged):
    kept, third = [], 50_000_000
    for each in strangers({"text": TEXT}, 4):
        complain.add_file(
            None, each, kind=Document.OTHER, name="a.pdf", content=a_pdf(str(each)), now=now()
        )
        ComplaintFile.objects.filter(complaint=each).update(size=third - 1000)
        kept.append(each)
    first, *others = kept
    assert drafted() == kept
    complain.add_file(None, first, kind=Document.OTHER, name="b.pdf", content=a_pdf("b"), now=now())
    assert drafted() == [first, *others[1:]]
    assert ComplaintFile.objects.filter(complaint=first).count() == 2


# Whose


def test_nobody_reads_what_somebody_else_complains_of(charged):
    mine = sent("inger-shared", "inger")
    with pytest.raises(NotYours):
        complain.complaint_of(mine.charge, mine.id, party=party("niels"), opened=())
    with pytest.raises(NotYours):
        complain.complaint_of(mine.charge, mine.id, party=None, opened=(mine.id,))
    assert complain.held_until(charge("inger-shared")) is not None


def test_without_a_login_the_code_opens_it_and_guessing_does_not(charged):
    swedish = charge("lars-swedish")
    begun = complain.begin(None, swedish, language="en", now=now())
    code = complain.code_of(begun)
    assert complain.open_by_code(swedish, code, asker="10.0.0.1", now=now()).id == begun.id
    for _ in range(5):
        with pytest.raises(NotYours):
            complain.open_by_code(swedish, "AAAAAAAAAA", asker="10.0.0.1", now=now())
    with pytest.raises(limit.TooOften):
        complain.open_by_code(swedish, code, asker="10.0.0.1", now=now())
    with pytest.raises(NotYours):
        complain.complaint_of(swedish, begun.id, party=None, opened=())


def test_who_guesses_at_a_code_keeps_nobody_else_out(charged):
    swedish = charge("lars-swedish")
    begun = complain.begin(None, swedish, language="en", now=now())
    code = complain.code_of(begun)
    for last in range(5):
        with pytest.raises(NotYours):
            complain.open_by_code(swedish, "A" * 10, asker=f"2001:db8:1:2::{last}", now=now())
    with pytest.raises(limit.TooOften):
        complain.open_by_code(swedish, code, asker="2001:db8:1:2::9", now=now())
    assert complain.open_by_code(swedish, code, asker="2001:db8:1:3::9", now=now()) == begun
    mine = complain.open_by_code(
        swedish, code, asker="2001:db8:1:2::9", party=party("bo"), now=now()
    )
    assert mine == begun


def test_who_has_the_slip_complains_without_a_login(charged, work):
    swedish = charge("lars-swedish")
    begun = complain.begin(None, swedish, language="en", now=now())
    said = {
        "question": Question.PAID.value,
        "text": "I had paid in the app.",
        "name": "Lars Svensson",
        "address": "Storgatan 1, Malmö, Sverige",
        "email": "lars@example.se",
    }
    complain.keep(begun, said, now=now())
    complaint = complain.submit(begun, now=now())
    work()
    assert there(charged, complaint).state == "open"
    letter = Letter.objects.get()
    assert (letter.party, letter.language) == (None, "en")
    assert Case.objects.get(kind="complaint").party is None
    mail = Outgoing.objects.get(kind=Outgoing.Kind.SEND_MAIL)
    assert (mail.state, mail.answer) == (Outgoing.State.DONE, "sent")
    assert "Lars" not in str(list(Outgoing.objects.values_list("payload", flat=True)))


# Answered


def test_a_decision_is_letter_and_account_in_one_step(charged, work):
    complaint, worker = sent(), somebody()
    work()
    case = taken(complaint, worker)
    decision = decided(worker, case, law.Step.ANNUL)
    kept = again(complaint)
    assert (kept.stands, Case.objects.get(kind="complaint").stands) == (
        law.State.ANNULLED,
        case_law.State.DECIDED,
    )
    found = charge("anna-open")
    assert (charges.stands(found), charges.payable(found)) == (charge_law.State.ANNULLED, NOTHING)
    assert decision.amount == Money(51_000)
    letters = Letter.objects.order_by("written")
    assert letters.last().subject == "Svar på din klage: Afgiften er annulleret"
    work()
    told = there(charged, kept)
    assert told.decision is not None
    assert (told.decision.outcome, told.decision.reason) == ("annulled", "goodwill")
    assert charged.charges.charge(found.source_id).balance == NOTHING
    balance = charges.balance(charge("anna-open"))
    assert (balance.owed, balance.overpaid) == (NOTHING, NOTHING)
    assert nothing_waits()


def test_what_was_paid_before_is_paid_back_by_itself(charged, work):
    given = charge("anna-open")
    checkout.choose(party("anna"), given, now=now())
    chosen = checkout.charges_in_basket(party("anna"))
    order = checkout.begin(
        charged,
        party("anna"),
        agreed=checkout.agreement(checkout.basket(party("anna")), chosen),
        language="da",
        addresses=ADDRESSES,
        now=now(),
    )
    pay(order.payment.page_url)
    checkout.settle(charged, order.payment.payment_id, now=now())
    work()
    complaint, worker = sent(), somebody()
    work()
    decided(worker, taken(complaint, worker), law.Step.ANNUL)
    assert Refund.objects.get().amount_ore == 51_000, "in the same commit"
    work()
    work()
    refund = Refund.objects.get()
    assert (refund.amount_ore, refund.done is not None) == (51_000, True)
    balance = charges.balance(charge("anna-open"))
    assert (balance.owed, balance.overpaid) == (NOTHING, NOTHING)
    kinds = [line.kind for line in charged.charges.charge(given.source_id).account]
    assert kinds == ["charge", "payment", "annulment", "refund"]
    assert agreement("anna") == checkout.agreement([], [])


def test_upheld_the_charge_has_a_new_deadline_and_can_be_complained_of_once_more(charged, work):
    complaint, worker = sent(), somebody()
    work()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    found = charge("anna-open")
    assert not found.waits
    assert found.due == danish_day(now()) + timedelta(days=10)
    work()
    assert charge("anna-open").due == danish_day(now()) + timedelta(days=10)
    assert not charge("anna-open").waits
    kept = again(complaint)
    assert complain.may_complain_again(kept, now=now() + timedelta(days=28))
    assert not complain.may_complain_again(kept, now=now() + timedelta(days=29))
    second = complain.again(kept, text="Se billedet igen.", now=now())
    assert (second.stands, second.round) == (law.State.SECOND_ROUND, 2)
    assert charge("anna-open").waits
    work()
    assert there(charged, second).round == 2
    decided(worker, taken(second, worker), law.Step.UPHOLD)
    last = again(complaint)
    assert last.stands is law.State.CHARGE_STANDS_FINALLY
    assert not complain.may_complain_again(last, now=now())
    work()
    assert nothing_waits()


def test_a_part_is_taken_off(charged, work):
    complaint, worker = sent("dan-first-fee", "dan"), somebody()
    work()
    case = taken(complaint, worker)
    with pytest.raises(StepNotAllowed):
        decided(worker, case, law.Step.ANNUL_PARTLY, ore=76_000)
    decided(worker, case, law.Step.ANNUL_PARTLY, ore=25_000)
    assert charges.payable(charge("dan-first-fee")) == Money(51_000)
    work()
    assert charged.charges.charge(complaint.charge.source_id).balance == Money(51_000)
    assert charges.payable(charge("dan-first-fee")) == Money(51_000)
    assert again(complaint).stands is law.State.PARTLY_ANNULLED


def test_a_decision_whose_answer_is_lost_is_taken_once(charged, sandbox, work):
    complaint, worker = sent(), somebody()
    work()
    decided(worker, taken(complaint, worker), law.Step.ANNUL)
    sandbox.fault("pilen", "answer-lost", count=1, path="/complaints/")
    work()
    row = Outgoing.objects.get(kind=Outgoing.Kind.DECIDE_COMPLAINT)
    send.send(charged, row.id, carriers=carry.CARRIERS, now=now() + timedelta(hours=1))
    told = charged.charges.charge(complaint.charge.source_id)
    assert [line.kind for line in told.account].count("annulment") == 1
    assert charges.balance(charge("anna-open")).overpaid == NOTHING
    assert ChargeAnnulment.objects.count() == 1


def test_asked_and_replied(charged, work):
    complaint, worker = sent(), somebody()
    work()
    case = taken(complaint, worker)
    complaint_work.ask(
        worker, case, step=law.Step.ASK, text="Hvor lå skiven?", version=case.version, now=now()
    )
    assert again(complaint).stands is law.State.AWAITING_REPLY
    assert Case.objects.get(kind="complaint").stands is case_law.State.ASKED
    complain.add_file(None, complaint, kind=Document.DISC, name="a.pdf", content=a_pdf(), now=now())
    complain.write(complaint, text="I forruden.", now=now())
    assert again(complaint).stands is law.State.IN_REVIEW
    assert Case.objects.get(kind="complaint").stands is case_law.State.TAKEN
    work()
    told = there(charged, complaint)
    assert [(each.sender, each.text) for each in told.messages] == [
        ("municipality", "Hvor lå skiven?"),
        ("complainant", "I forruden."),
    ]
    assert len(told.attachments) == 1
    assert nothing_waits()


def test_a_message_moves_nothing_and_is_read_by_both_sides(charged, work):
    complaint, worker = sent(), somebody()
    work()
    case = taken(complaint, worker)
    since, due = again(complaint).since, Case.objects.get(kind="complaint").due
    waits_until = complain.deadline(again(complaint))
    text = "Vi venter på vagtens svar.\nDet tager en uge."
    complaint_work.write(worker, case, text=text, version=case.version, now=now())
    kept, case = again(complaint), casework.case_for(worker, case.id)
    assert (kept.stands, kept.since) == (law.State.IN_REVIEW, since)
    assert (case.stands, case.due) == (case_law.State.TAKEN, due)
    assert complain.deadline(kept) == waits_until
    message = ComplaintMessage.objects.get()
    assert (message.kind, message.from_us, message.staff) == ("message", True, worker)
    assert message.until is None
    letter = Letter.objects.get(complaint=complaint, kind="message")
    assert (letter.subject, letter.party) == ("Besked om din klage", party("anna"))
    work()
    assert Letter.objects.get(id=letter.id).sent is not None
    (told,) = there(charged, complaint).messages
    assert (told.sender, told.text) == ("municipality", text)
    assert nothing_waits()


def test_who_was_asked_may_be_written_to_and_still_replies_in_time(charged):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    complaint_work.ask(
        worker, case, step=law.Step.ASK, text="Hvor?", version=case.version, now=now()
    )
    until = complain.deadline(again(complaint))
    case = casework.case_for(worker, case.id)
    complaint_work.write(worker, case, text="Husk det.", version=case.version, now=now())
    assert complain.deadline(again(complaint)) == until
    complain.write(complaint, text="Her.", now=now())
    assert again(complaint).stands is law.State.IN_REVIEW


def test_nobody_is_written_to_about_what_is_answered(charged):
    complaint, worker = sent(), somebody()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    case = Case.objects.get(complaint=complaint)
    with pytest.raises(StepNotAllowed):
        complaint_work.write(worker, case, text="Hej", version=case.version, now=now())


@pytest.mark.parametrize("step", [law.Step.ASK, law.Step.HEAR])
def test_without_a_reply_it_goes_on(charged, step):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    complaint_work.ask(worker, case, step=step, text="?", version=case.version, now=now())
    assert complain.run_out(now=now() + timedelta(days=14)) == 0
    assert complain.run_out(now=now() + timedelta(days=15)) == 1
    assert again(complaint).stands is law.State.IN_REVIEW
    assert Case.objects.get(kind="complaint").stands is case_law.State.TAKEN


def test_a_draft_that_is_never_sent_lapses(charged):
    complaint = draft()
    complain.add_file(None, complaint, kind=Document.DISC, name="a.pdf", content=a_pdf(), now=now())
    assert complain.run_out(now=now() + timedelta(days=30)) == 0
    assert complain.run_out(now=now() + timedelta(days=31)) == 1
    assert again(complaint).stands is law.State.LAPSED
    assert not ComplaintFile.objects.exists()
    assert complain.may_begin(charge("anna-open"))


def test_taken_back_nothing_waits_any_more(charged, work):
    complaint = sent()
    work()
    complain.withdraw(complaint, now=now())
    complain.withdraw(complaint, now=now())
    assert not charge("anna-open").waits
    assert Case.objects.get(kind="complaint").stands is case_law.State.WITHDRAWN
    work()
    assert there(charged, complaint).state == "withdrawn"
    assert not charge("anna-open").waits
    assert complain.may_begin(charge("anna-open"))
    assert nothing_waits()


def test_who_takes_a_complaint_back_gets_the_days_to_pay_that_were_promised(charged, work):
    """On the day it was made too, and when the charge system has told of it."""
    complaint = sent()
    days = complain.days_to_pay_once_withdrawn(complaint)
    complain.withdraw(complaint, now=now())
    for _before_and_after in range(2):
        due = progress.seen(charge("anna-open"), now=now()).due
        assert due == danish_day(now()) + timedelta(days=days)
        work()
    (pause,) = charge("anna-open").pauses.all()
    assert pause.hold == charge_law.Hold.COMPLAINT.value


def test_after_a_withdrawal_there_is_one_more_and_it_holds_no_fees(charged, work):
    about = charge("anna-open")
    complain.withdraw(sent(), now=now())
    work()
    assert not complain.will_wait(about, 1)
    assert "venter" not in complain.meanwhile(charge("anna-open"), 1)
    second = sent()
    work()
    work()
    assert there(charged, second).state == "open"
    assert not charge("anna-open").waits
    waiting = about.pauses.get(until=None)
    assert waiting.hold == charge_law.Hold.TRANSFER.value
    assert waiting.reference == f"complaint {second.reference}"
    complain.withdraw(second, now=now())
    work()
    assert not about.pauses.filter(until=None).exists()
    assert not complain.may_begin(charge("anna-open"))
    with pytest.raises(StepNotAllowed):
        draft()


def test_a_draft_that_was_thrown_away_costs_nothing(charged):
    for _time in range(3):
        complain.withdraw(draft(), now=now())
    assert complain.may_begin(charge("anna-open"))
    assert complain.will_wait(charge("anna-open"), 1)


def test_the_second_round_taken_back_leaves_the_answer_standing(charged, work):
    complaint, worker = sent(), somebody()
    work()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    complain.again(again(complaint), text="Det er forkert.", now=now())
    complain.withdraw(again(complaint), now=now())
    assert not complain.may_begin(charge("anna-open"))
    work()
    assert not complain.may_begin(charge("anna-open"))


def test_reopened_and_annulled_after_all(charged, work):
    complaint, worker = sent(), somebody()
    work()
    case = taken(complaint, worker)
    decided(worker, case, law.Step.UPHOLD)
    work()
    opened = complaint_work.reopen(
        worker, casework.case_for(worker, case.id), why="Fejl", now=now()
    )
    assert again(complaint).stands is law.State.IN_REVIEW
    assert charge("anna-open").waits
    decided(worker, casework.case_for(worker, opened.id), law.Step.ANNUL)
    work()
    told = charged.charges.charge(complaint.charge.source_id)
    assert (told.state.value, told.balance) == ("annulled", NOTHING)
    assert charges.balance(charge("anna-open")).overpaid == NOTHING
    assert nothing_waits()


# Written down for somebody


def registered(scanner=None, slug: str = "zenia-two", **more) -> Complaint:
    """Write down a complaint that came by letter yesterday."""
    what = {
        "channel": Complaint.Channel.LETTER,
        "received": danish_day(now()) - timedelta(days=1),
        "language": "da",
        "said": {
            "question": Question.SIGN.value,
            "text": "Skiltet var væk.",
            "name": "Zenia",
            "address": "Vej 1",
        },
        "given": [("brev.pdf", a_pdf())],
        "kind": Document.OTHER,
        **more,
    }
    return complain.register(scanner, charge(slug), **what, now=now())


def test_what_came_by_letter_counts_from_the_day_it_came(charged, work):
    complaint = registered()
    assert complaint.stands is law.State.SUBMITTED
    assert charge("zenia-two").waits
    work()
    told = there(charged, complaint)
    yesterday = danish_day(now()) - timedelta(days=1)
    assert (told.channel, danish_day(told.received)) == ("letter", yesterday)
    assert len(told.attachments) == 1


def test_what_came_by_letter_is_answered_in_the_language_it_came_in(charged):
    assert Letter.objects.get(complaint=registered(language="en")).language == "en"


class Suspicious:
    """A scanner that finds something in whatever says so."""

    def scan(self, content: bytes) -> None:
        if b"Eicar" in content:
            raise Infected("Eicar")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ([("brev.pdf", a_pdf()), ("to.pdf", b"")], files.Fault.EMPTY),
        ([("brev.pdf", a_pdf()), ("to.pdf", b"MZ")], files.Fault.KIND),
        ([("brev.pdf", a_pdf()), ("to.pdf", a_pdf("Eicar"))], files.Fault.INFECTED),
        ([(f"{each}.pdf", a_pdf(str(each))) for each in range(6)], files.Fault.TOO_MANY),
    ],
)
def test_if_a_file_cannot_be_taken_nothing_is_written_down(charged, given, fault):
    with pytest.raises(files.Refused) as refused:
        registered(Suspicious(), given=given)
    assert refused.value.fault is fault
    assert not Complaint.objects.exists()
    assert not charge("zenia-two").waits
    kept = registered(Suspicious(), given=[("a.pdf", a_pdf()), ("b.pdf", a_pdf())])
    assert kept.files.count() == 1, "the same twice is one"


def test_if_it_cannot_be_sent_on_nothing_is_written_down(charged, monkeypatch):
    monkeypatch.setattr(complain, "send_files", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        registered()
    assert not Complaint.objects.exists()
    assert not ComplaintFile.objects.exists()


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (law.Step.ADD, law.State.IN_REVIEW),
        (law.Step.WITHDRAW, law.State.WITHDRAWN),
    ],
)
def test_what_is_said_on_the_phone_is_written_down(charged, work, step, state):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    complaint_work.register(
        worker, case, step=step, text="Ringede i dag.", version=case.version, now=now()
    )
    assert again(complaint).stands is state
    assert ComplaintMessage.objects.get().text == "Ringede i dag."
    work()
    assert there(charged, complaint).messages[0].text == "Ringede i dag."


def test_a_reply_on_the_phone_is_a_reply(charged):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    complaint_work.ask(
        worker, case, step=law.Step.ASK, text="Hvornår?", version=case.version, now=now()
    )
    case = casework.case_for(worker, case.id)
    complaint_work.register(
        worker, case, step=law.Step.REPLY, text="Klokken to.", version=case.version, now=now()
    )
    assert again(complaint).stands is law.State.IN_REVIEW
    assert Case.objects.get(kind="complaint").stands is case_law.State.TAKEN


# What the charge system decides itself


@pytest.mark.parametrize(
    ("what", "state"),
    [("uphold", law.State.CHARGE_STANDS), ("grant", law.State.ANNULLED)],
)
def test_what_is_decided_in_the_charge_system_is_decided_here(charged, officer, work, what, state):
    complaint = sent()
    work()
    officer(f"charge/{complaint.charge.source_id}/{what}", reasons="Set på stedet.")
    charge_feed.follow(charged, now=now())
    kept = again(complaint)
    assert kept.stands is state
    decision = kept.decisions.get()
    assert (decision.reasons, decision.by, decision.staff) == (
        "Set på stedet.",
        "charge system",
        None,
    )
    assert Case.objects.get(kind="complaint").stands is case_law.State.WITHDRAWN
    assert not charge("anna-open").waits
    charge_feed.follow(charged, now=now())
    assert kept.decisions.count() == 1


def test_what_is_annulled_in_the_charge_system_leaves_nothing_to_complain_about(
    charged, officer, work
):
    complaint = sent()
    work()
    officer(f"charge/{complaint.charge.source_id}/annul", reason="sign_defect")
    charge_feed.follow(charged, now=now())
    assert again(complaint).stands is law.State.ANNULLED
    assert Case.objects.get(kind="complaint").stands is case_law.State.WITHDRAWN


def test_what_is_written_in_the_charge_system_is_read_here(charged, officer, work):
    complaint = sent()
    work()
    officer(f"charge/{complaint.charge.source_id}/message", reasons="Vi ser på det.")
    charge_feed.follow(charged, now=now())
    charge_feed.follow(charged, now=now())
    assert [each.text for each in ComplaintMessage.objects.all()] == ["Vi ser på det."]


def test_a_machine_that_annuls_answers_the_complaint(charged, work):
    complaint = sent("gorm-paid-elsewhere", "gorm", question=Question.PAID.value)
    evidence.check(charged, charge("gorm-paid-elsewhere"), occasion="opened", now=now())
    assert again(complaint).stands is law.State.ANNULLED
    assert Case.objects.get(kind="complaint").stands is case_law.State.WITHDRAWN
    subjects = [each.subject for each in Letter.objects.order_by("written")]
    assert subjects[-1] == "Din parkeringsafgift er annulleret"
    assert len(subjects) == 2
    work()
    assert charged.charges.charge(complaint.charge.source_id).state.value == "annulled"


@pytest.fixture
def seen_too_early(charged, monkeypatch):
    """A machine has looked at gorm's charge while nobody knew yet that the parking was paid for."""
    with monkeypatch.context() as before:
        before.setattr(type(charged.charges), "parking_payments", lambda *_: ())
        kept = evidence.check(
            charged, charge("gorm-paid-elsewhere"), occasion="came in", now=now()
        )  # fmt: skip
    assert kept.answer == Answer.NO.value
    return charged


def annulled_by_machine(slug: str) -> bool:
    checks = ChargeCheck.objects.filter(charge=charge(slug)).order_by("at")
    assert [each.occasion for each in checks][-1] == "complained"
    return charges.stands(charge(slug)) is charge_law.State.ANNULLED


def test_what_has_become_known_since_is_seen_when_a_complaint_is_sent(seen_too_early, work):
    complaint = sent("gorm-paid-elsewhere", "gorm", question=Question.PAID.value)
    work()
    assert annulled_by_machine("gorm-paid-elsewhere")
    assert again(complaint).stands is law.State.ANNULLED


def test_it_is_seen_too_when_the_complaint_came_by_letter(seen_too_early, work):
    came = registered(slug="gorm-paid-elsewhere")
    work()
    assert annulled_by_machine("gorm-paid-elsewhere")
    assert again(came).stands is law.State.ANNULLED


def test_it_is_seen_too_in_the_second_round(charged, work, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(type(charged.charges), "parking_payments", lambda *_: ())
        complaint = sent("gorm-paid-elsewhere", "gorm", question=Question.PAID.value)
        work()
        worker = somebody()
        decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    complain.again(again(complaint), text="Her er kvitteringen", now=now())
    work()
    assert annulled_by_machine("gorm-paid-elsewhere")
    assert again(complaint).stands is law.State.ANNULLED


def test_whose_vehicle_it_was_is_looked_at_for_who_complains(charged, work):
    complaint = sent("karen-sold", "karen", question=Question.SOLD.value)
    work()
    kept = evidence.newest(charge("karen-sold"), complaint.party)
    assert (kept.party, kept.reason) == (party("karen"), AnnulmentReason.SOLD.value)


# Who handles it


def test_nobody_handles_the_complaint_about_their_own_car(charged):
    complaint = sent("inger-shared", "inger")
    worker = somebody()
    worker.number_fingerprint = party("niels").number_fingerprints[0]
    worker.save()
    with pytest.raises(casework.OwnCase):
        casework.case_for(worker, Case.objects.get(complaint=complaint).id)
    assert not casework.not_ones_own(worker, Case.objects.filter(kind="complaint")).exists()


def test_it_is_found_by_the_number_of_the_charge_and_by_the_plate(charged):
    complaint = sent()
    case = Case.objects.get(complaint=complaint)
    assert casework.search(complaint.charge.number) == [case]
    assert casework.search("za 10 001") == [case]
    assert casework.search("AB12345") == []


def test_put_back_it_waits_for_anybody(charged):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    assert again(complaint).stands is law.State.IN_REVIEW
    rights = RIGHTS[Role.DECIDER]
    casework.put_back(worker, case, version=case.version, rights=rights, now=now())
    assert again(complaint).stands is law.State.SUBMITTED


def test_two_case_workers_do_not_decide_the_same(charged):
    complaint, worker = sent(), somebody()
    case = taken(complaint, worker)
    decided(worker, case, law.Step.UPHOLD)
    with pytest.raises(casework.ChangedMeanwhile):
        decided(worker, case, law.Step.ANNUL)
    assert ComplaintDecision.objects.count() == 1


def test_what_was_decided_and_said_is_never_changed(charged):
    complaint, worker = sent(), somebody()
    decided(worker, taken(complaint, worker), law.Step.UPHOLD)
    with pytest.raises(DatabaseError):
        ComplaintDecision.objects.update(reasons="Noget andet")


# Every transition


def reach(state: law.State):  # noqa: PLR0911 -- each as soon as it is there
    """Bring a complaint to *state* by what people do; return it, its case and who has it."""
    worker = somebody()
    complaint = draft()
    if state is law.State.DRAFT:
        return complaint, None, worker
    complaint = complain.submit(complaint, now=now())
    if state is law.State.SUBMITTED:
        return complaint, Case.objects.get(complaint=complaint), worker
    case = taken(complaint, worker)
    asking = {law.State.AWAITING_REPLY: law.Step.ASK, law.State.HEARING: law.Step.HEAR}
    if state in asking:
        complaint_work.ask(
            worker, case, step=asking[state], text="?", version=case.version, now=now()
        )
        return again(complaint), casework.case_for(worker, case.id), worker
    if state is law.State.IN_REVIEW:
        return again(complaint), case, worker
    if state is law.State.PARTLY_ANNULLED:
        decided(worker, case, law.Step.ANNUL_PARTLY, ore=10_000)
        return again(complaint), casework.case_for(worker, case.id), worker
    decided(worker, case, law.Step.UPHOLD)
    if state is law.State.CHARGE_STANDS:
        return again(complaint), casework.case_for(worker, case.id), worker
    complaint = complain.again(again(complaint), text="Nej", now=now())
    case = taken(complaint, worker)
    if state is law.State.SECOND_ROUND:
        return again(complaint), case, worker
    if state is law.State.SECOND_REPLY:
        complaint_work.ask(
            worker, case, step=law.Step.ASK, text="?", version=case.version, now=now()
        )
        return again(complaint), casework.case_for(worker, case.id), worker
    decided(worker, case, law.Step.UPHOLD)
    assert state is law.State.CHARGE_STANDS_FINALLY
    return again(complaint), casework.case_for(worker, case.id), worker


def do(complaint, case, worker, actor: Actor, step: law.Step) -> None:  # noqa: C901, PLR0912 -- one for each step
    """Take *step* as the pages do."""
    if step is law.Step.SAVE:
        complain.keep(complaint, {"text": "Mere"}, now=now())
    elif step is law.Step.SUBMIT:
        complain.submit(complaint, actor=actor, now=now())
    elif step is law.Step.LAPSE:
        complain.run_out(now=now() + timedelta(days=31))
    elif step is law.Step.TAKE_UP:
        casework.take(worker, case, version=case.version, now=now())
    elif step is law.Step.PUT_BACK:
        rights = RIGHTS[Role.DECIDER]
        casework.put_back(worker, case, version=case.version, rights=rights, now=now())
    elif step is law.Step.REPLY and actor is Actor.PARTY:
        complain.write(complaint, text="Mere", now=now())
    elif step is law.Step.ADD and actor is Actor.PARTY:
        complain.add_file(
            None, complaint, kind=Document.DISC, name="a.pdf", content=a_pdf(), now=now()
        )
        complain.send_added(complaint, now=now())
        assert Outgoing.objects.filter(kind=Outgoing.Kind.COMPLAINT_FILE).exists()
    elif step is law.Step.WITHDRAW and actor is Actor.PARTY:
        complain.withdraw(complaint, now=now())
    elif step in complaint_work.REGISTERED:
        if case.taken_by is None:  # whoever writes it down takes the case first
            with charges.recording():
                complaint_work.complaint_course.step(complaint, actor, step, now=now())
            return
        complaint_work.register(
            worker, case, step=step, text="Sagt", version=case.version, now=now()
        )
    elif step is law.Step.WRITE:
        complaint_work.write(worker, case, text="Vi ser på det.", version=case.version, now=now())
        assert ComplaintMessage.objects.filter(from_us=True, text="Vi ser på det.").exists()
    elif step in complaint_work.QUESTIONS:
        complaint_work.ask(worker, case, step=step, text="?", version=case.version, now=now())
    elif step is law.Step.GO_ON:
        complain.run_out(now=now() + timedelta(days=15))
    elif step in complaint_work.OUTCOMES and actor is Actor.CASE_WORKER:
        decided(worker, case, step, ore=5_000 if step is law.Step.ANNUL_PARTLY else 0)
    elif step is law.Step.COMPLAIN_AGAIN:
        complain.again(complaint, text="Nej", actor=actor, now=now())
    elif step is law.Step.REOPEN:
        complaint_work.reopen(worker, case, why="Fejl", now=now())
    else:
        assert (actor, step) == (Actor.SYSTEM, law.Step.ANNUL)
        with charges.recording():
            complaint_work.complaint_course.close(complaint, actor, step, now=now())


TRANSITIONS = [
    (state, actor, step, after)
    for state, steps in law.COURSE.table.items()
    for (actor, step), after in steps.items()
]


@pytest.mark.parametrize(
    ("state", "actor", "step", "after"),
    TRANSITIONS,
    ids=[f"{s.value}-{a.value}-{step.value}" for s, a, step, _ in TRANSITIONS],
)
def test_every_step_of_the_course_can_be_taken(charged, state, actor, step, after):
    complaint, case, worker = reach(state)
    assert complaint.stands is state
    do(complaint, case, worker, actor, step)
    assert again(complaint).stands is after
    assert charge("anna-open").waits is (after in law.OPEN)
