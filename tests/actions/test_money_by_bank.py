"""Money by bank that comes late, twice, or back: it ends on the right charge, or in a case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from collecting import Town
from parking.actions import (
    bank,
    caseload,
    casework,
    charge_wording,
    checkout,
    claims,
    letters,
    plan,
    retention,
)
from parking.actions import charge as charges
from parking.actions import staff as staff_actions
from parking.actions import unplaced_money_work as work
from parking.law.charge import State, Step, spaced
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money
from parking.law.staff import Role
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.charge import ChargePayment
from parking.records.collection import BankEntry, BankFeed, CollectionAction, CollectionClaim
from parking.records.letter import Letter
from parking.records.order import Refund
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from parking.records.unplaced_money import BankRefund
from sandbox.bank import PAYER
from town import ADDRESSES, charge, party, pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def pays(town, slug: str, kroner: str, how: str = "today") -> None:
    slip = charges.answer_of(charge(slug)).slip.id
    read(town, slip, kroner, how)


def read(town, slip: str, kroner: str, how: str = "today") -> None:
    said = {"id": slip, "kroner": kroner, "how": how}
    httpx.post(f"{town.sandbox.base}/bank/pay", data=said).raise_for_status()
    bank.read(town.outside, now=town.at)


def waits(slug: str = "") -> list[Case]:
    """The unfinished cases about what is too much on a charge, or about what the bank told."""
    cases = Case.objects.filter(kind="money", state__in=["open", "taken"]).order_by("number")
    return list(cases.filter(unplaced_money__charge=charge(slug) if slug else None))


def worker(town, slug: str = "ditte"):
    return staff_actions.add(name_id=slug, roles=[Role.DECIDER], unit="Parkering", now=town.at)


def taken(town, case: Case, slug: str = "ditte") -> tuple:
    somebody = worker(town, slug)
    casework.take(somebody, case, version=case.version, now=town.at)
    case.refresh_from_db()
    return somebody, casework.case_for(somebody, case.id)


def is_told(town, slug: str) -> None:
    """The charge system's account says what ours says, and nothing was refused."""
    town.send()
    assert not Outgoing.objects.filter(state=Outgoing.State.DEAD).exists()
    told, here = town.told(slug), charges.balance(charge(slug))
    assert told.balance == here.owed - here.overpaid


def test_what_fits_nothing_is_placed_on_the_charge_it_was_for(town):
    pays(town, "anna-open", "510", "wrong-id")
    (case,) = waits()
    somebody, case = taken(town, case)
    number = charge("anna-open").number
    said = {"text": "Ringede", "version": case.version, "now": town.at}
    with pytest.raises(work.NoSuchPlace):
        work.place(somebody, case, "000000000", **said)
    work.place(somebody, case, number, **said)
    with pytest.raises(casework.ChangedMeanwhile):
        work.place(somebody, case, number, **said)
    assert BankEntry.objects.get().became == "charge"
    assert charges.payable(charge("anna-open")) == NOTHING
    is_told(town, "anna-open")
    assert [line.amount.ore for line in town.told("anna-open").account] == [51_000, -51_000]
    assert not waits()


def test_two_case_workers_decide_once(town):
    pays(town, "anna-open", "510", "wrong-id")
    (case,) = waits()
    somebody, case = taken(town, case)
    with pytest.raises(StepNotAllowed):
        work.pay_back(worker(town, "lone"), case, text="x", version=case.version, now=town.at)
    work.pay_back(somebody, case, text="Ingen ved det.", version=case.version, now=town.at)
    with pytest.raises(casework.ChangedMeanwhile):
        work.place(
            somebody, case, charge("anna-open").number, text="x", version=case.version, now=town.at
        )
    town.send()
    assert Outgoing.objects.get(kind="pay out").answer == case.number
    assert not Incident.objects.filter(what="money to be paid back by bank").exists()
    assert charges.payable(charge("anna-open")) == Money(51_000)
    assert BankEntry.objects.get().became == "paid back"


def test_what_is_paid_too_much_is_paid_back_each_time(town):
    for times in (1, 2):
        pays(town, "anna-open", "510", "twice" if times == 1 else "today")
        (case,) = waits("anna-open")
        assert case.money.amount == Money(51_000)
        somebody, case = taken(town, case)
        work.pay_back(somebody, case, text="To gange", version=case.version, now=town.at)
        assert charges.balance(charge("anna-open")).overpaid == NOTHING
        assert not waits("anna-open")
        is_told(town, "anna-open")
        assert BankRefund.objects.count() == times
    assert not Outgoing.objects.filter(kind="report refund").exclude(state="done").exists()


def test_what_comes_while_the_case_is_open_is_seen_in_it(town):
    pays(town, "anna-open", "510", "twice")
    (case,) = waits("anna-open")
    somebody, case = taken(town, case)
    pays(town, "anna-open", "100")
    with pytest.raises(casework.ChangedMeanwhile):
        work.pay_back(somebody, case, text="x", version=case.version, now=town.at)
    assert [each.money.amount_ore for each in waits("anna-open")] == [61_000]


def test_what_is_too_much_is_moved_to_another_charge(town):
    pays(town, "anna-open", "510", "twice")
    (case,) = waits("anna-open")
    somebody, case = taken(town, case)
    said = {"text": "Hun mente den anden", "version": case.version, "now": town.at}
    with pytest.raises(work.NoSuchPlace):
        work.place(somebody, case, charge("anna-open").number, **said)
    work.place(somebody, case, charge("anna-now").number, **said)
    for slug in ("anna-open", "anna-now"):
        assert charges.balance(charge(slug)).owed == NOTHING
        assert charges.balance(charge(slug)).overpaid == NOTHING
        is_told(town, slug)


def card_order(town, slug: str, person: str = "anna"):
    """An order for a charge whose page at the card company is open."""
    checkout.choose(party(person), charge(slug), now=town.at)
    chosen = checkout.charges_in_basket(party(person))
    return checkout.begin(
        town.outside,
        party(person),
        agreed=checkout.agreement(checkout.basket(party(person)), chosen),
        language="da",
        addresses=ADDRESSES,
        now=town.at,
    )


def settle(town, order) -> None:
    pay(order.payment.page_url)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)


def test_nothing_is_moved_to_where_it_is_not_owed(town):
    settle(town, card_order(town, "anna-now"))
    pays(town, "anna-open", "510", "twice")
    (case,) = waits("anna-open")
    somebody, case = taken(town, case)
    said = {"text": "Til den", "version": case.version, "now": town.at}
    with pytest.raises(work.MoreThanIsOwed) as refused:
        work.place(somebody, case, charge("anna-now").number, **said)
    assert refused.value.owed == NOTHING
    assert not Refund.objects.exists()
    assert not BankRefund.objects.exists()
    assert [each.id for each in waits("anna-open")] == [case.id]


def test_no_more_than_is_owed_there_is_placed_on_a_charge(town):
    pays(town, "anna-open", "511", "wrong-id")
    somebody, case = taken(town, *waits())
    with pytest.raises(work.MoreThanIsOwed):
        work.place(
            somebody, case, charge("anna-open").number, text="Til den", version=case.version,
            now=town.at,
        )  # fmt: skip
    assert charges.payable(charge("anna-open")) == Money(51_000)


def test_what_was_moved_never_goes_to_the_card_of_somebody_else(town):
    order = card_order(town, "anna-now")
    pays(town, "anna-open", "510", "twice")
    somebody, case = taken(town, *waits("anna-open"))
    number = charge("anna-now").number
    work.place(somebody, case, number, text="Til den", version=case.version, now=town.at)
    settle(town, order)
    assert not Refund.objects.exists()
    (case,) = waits("anna-now")
    assert case.money.amount == Money(51_000)
    somebody, case = taken(town, case, "lone")
    work.pay_back(somebody, case, text="Hans", version=case.version, now=town.at)
    entry = bank.entry_of(BankRefund.objects.latest("id").payment_reference)
    assert entry is not None
    assert entry.payer == PAYER


@pytest.mark.parametrize(("to", "theirs"), [("anna-now", True), ("bo-tomorrow", False)])
def test_whoever_paid_is_told_where_the_money_was_moved(town, monkeypatch, to, theirs):
    said: list[str] = []
    typeset = letters.typeset
    monkeypatch.setattr(
        letters, "typeset", lambda told, **more: said.append(str(told)) or typeset(told, **more)
    )
    pays(town, "anna-open", "510", "twice")
    somebody, case = taken(town, *waits("anna-open"))
    work.place(somebody, case, charge(to).number, text="x", version=case.version, now=town.at)
    letter = Letter.objects.latest("written")
    assert letter.subject == "Vi har flyttet penge, du har betalt for meget"
    assert letter.charge == charge("anna-open")
    (told,) = said
    assert "for meget på parkeringsafgift" in told
    assert ("til din parkeringsafgift" in told) is theirs
    assert (repr(spaced(charge(to).number))[1:-1] in told) is theirs


def test_what_the_bank_takes_back_is_owed_again(town):
    pays(town, "anna-open", "510")
    is_told(town, "anna-open")
    assert charges.stands(charge("anna-open")) is State.PAID
    pays(town, "anna-open", "510", "back")
    assert charges.balance(charge("anna-open")).owed == Money(51_000)
    is_told(town, "anna-open")
    assert charges.stands(charge("anna-open")) is not State.PAID
    assert charges.payable(charge("anna-open")) == Money(51_000)
    assert not waits()
    pays(town, "anna-open", "510", "back")
    (case,) = waits()
    assert case.money.why == "taken back"


def test_what_was_taken_back_without_a_name_is_undone_in_one_step(town):
    pays(town, "anna-open", "510")
    pays(town, "anna-now", "510", "back")
    (case,) = waits()
    somebody, case = taken(town, case)
    said = {"text": "Se bankens brev", "version": case.version, "now": town.at}
    with pytest.raises(StepNotAllowed):
        work.pay_back(somebody, case, **said)
    with pytest.raises(work.NoSuchPlace):
        work.place(somebody, case, charge("anna-now").number, **said)
    work.place(somebody, case, charge("anna-open").number, **said)
    assert charges.balance(charge("anna-open")).owed == Money(51_000)
    is_told(town, "anna-open")


def test_money_on_an_annulled_charge_has_a_case(town):
    town.officer("anna-open", "annul", reason="sign_defect")
    pays(town, "anna-open", "510", "late")
    (case,) = waits("anna-open")
    assert case.money.amount == Money(51_000)
    somebody, case = taken(town, case)
    work.pay_back(somebody, case, text="Annulleret", version=case.version, now=town.at)
    is_told(town, "anna-open")
    assert town.told("anna-open").balance == NOTHING


def test_money_at_debt_collection_writes_the_claim_down(town):
    town.collect_until("anna-open", Step.TRANSFER)
    owed = charges.balance(charge("anna-open")).owed
    pays(town, "anna-open", str(owed.ore // 100), "late")
    claims.follow_all(now=town.at)
    is_told(town, "anna-open")
    assert CollectionClaim.objects.get(charge=charge("anna-open")).left_ore == 0
    assert CollectionAction.objects.exclude(kind="submit").exists()
    assert not waits("anna-open")
    pays(town, "anna-open", "100", "late")
    assert [each.money.amount_ore for each in waits("anna-open")] == [10_000]


def test_money_for_a_broken_plan_pays_its_charges(town):
    agreed = agreed_plan(town)
    town.send()
    due = agreed.as_law().instalments[0].due
    town.pass_days((due - danish_day(town.at)).days + 1)
    plan.follow(now=town.at)
    town.send()
    before = owed_by_anna()
    read(town, charge_wording.instalment_line(agreed, 1, "88888888")[4:19], "340", "late")
    assert before - owed_by_anna() == 34_000
    assert not waits()


def agreed_plan(town):
    proposal = plan.propose(party("anna"), 3, now=town.at)
    return plan.agree(
        town.outside, party("anna"), 3, agreed=proposal.agreement, language="da", now=town.at
    )


def owed_by_anna() -> int:
    return sum(charges.balance(charge(each)).owed.ore for each in ("anna-open", "anna-now"))


def test_an_instalment_that_the_bank_takes_back_is_owed_again_on_each_charge(town):
    agreed = agreed_plan(town)
    slip = charge_wording.instalment_line(agreed, 1, "88888888")[4:19]
    before = owed_by_anna()
    read(town, slip, "600")
    assert before - owed_by_anna() == 60_000
    read(town, slip, "600", "back")
    assert owed_by_anna() == before
    assert [each.became for each in BankEntry.objects.order_by("id")] == ["plan", "undone"]
    assert not waits()
    is_told(town, "anna-open")
    is_told(town, "anna-now")


def test_whoever_is_liable_is_told_that_a_payment_was_taken_back(town):
    anna, before = party("anna"), Letter.objects.count()
    pays(town, "anna-open", "510")
    is_told(town, "anna-open")
    pays(town, "anna-open", "510", "back")
    assert Letter.objects.count() == before + 1
    letter = Letter.objects.latest("written")
    assert (letter.subject, letter.kind) == ("Banken har taget en betaling tilbage", "message")
    assert letter.party == anna
    town.send()
    lines = charge_wording.account(charges.account(charge("anna-open")), ())
    assert lines[-1].text == "Taget tilbage af banken"
    pays(town, "anna-open", "510", "twice")
    pays(town, "anna-open", "510", "back")
    assert Letter.objects.count() == before + 1, "nothing is owed all the same"


def test_what_fitted_nothing_and_was_taken_back_needs_nobody(town):
    pays(town, "anna-open", "510", "wrong-id")
    (case,) = waits()
    read(town, case.money.entry.payment_id, "510", "back")
    assert not waits()
    assert [each.became for each in BankEntry.objects.order_by("id")] == ["settled", "undone"]


def test_what_was_paid_back_and_is_taken_back_too_is_for_a_case_worker(town):
    pays(town, "anna-open", "510", "twice")
    (case,) = waits("anna-open")
    somebody, case = taken(town, case)
    work.pay_back(somebody, case, text="To gange", version=case.version, now=town.at)
    pays(town, "anna-open", "510", "back")
    pays(town, "anna-open", "510", "back")
    (case,) = waits()
    assert case.money.why == "taken back"
    assert charges.balance(charge("anna-open")).owed == Money(51_000)


def contradict(slug: str) -> None:
    """Let the account of a charge have one entry on two days."""
    of = charge(slug)
    of.told["account"].append(of.told["account"][0] | {"number": 99, "booked": "2020-01-01"})
    of.save()


def test_what_cannot_be_counted_up_keeps_nothing_else_from_being_booked(town):
    agreed = agreed_plan(town)
    town.send()
    contradict("anna-now")
    instalment = charge_wording.instalment_line(agreed, 1, "88888888")[4:19]
    said = {"id": instalment, "kroner": "340", "how": "today"}
    httpx.post(f"{town.sandbox.base}/bank/pay", data=said).raise_for_status()
    owed = charges.balance(charge("bo-tomorrow")).owed
    pays(town, "bo-tomorrow", str(owed.ore // 100))
    assert charges.balance(charge("bo-tomorrow")).owed == NOTHING
    (case,) = waits()
    assert (case.money.why, case.money.amount_ore) == ("not booked", 34_000)
    somebody, case = taken(town, case)
    number = charge("anna-open").number
    work.place(somebody, case, number, text="Rate 1", version=case.version, now=town.at)
    assert charges.balance(charge("anna-open")).owed == Money(17_000)


def test_what_nobody_foresaw_is_an_incident_and_a_case(town, monkeypatch):
    monkeypatch.setattr(plan, "divide", lambda *_: 1 / 0)
    read(town, charge_wording.instalment_line(agreed_plan(town), 1, "88888888")[4:19], "340")
    (case,) = waits()
    assert case.money.why == "not booked"
    assert Incident.objects.get(key=f"bank {case.money.entry.reference}").detail == (
        "ZeroDivisionError"
    )


def test_an_account_that_contradicts_itself_again_is_told_again(town):
    contradict("anna-open")
    told = Incident.objects.filter(what="a charge's account contradicts itself", settled=None)
    pays(town, "anna-open", "510")
    assert told.count() == 1
    told.update(settled=town.at, word="Rettet")
    pays(town, "anna-open", "510", "late")
    assert told.count() == 1


def test_an_entry_that_is_told_twice_counts_once(town):
    pays(town, "anna-open", "510")
    pays(town, "anna-open", "510", "wrong-id")
    BankFeed.objects.update(cursor="")
    assert bank.read(town.outside, now=town.at) == 0
    assert charges.balance(charge("anna-open")).overpaid == NOTHING
    assert len(waits()) == 1


@pytest.mark.parametrize("first", ["card", "bank"])
def test_what_is_paid_by_card_and_by_bank_goes_back_to_the_card_by_itself(town, first):
    order = card_order(town, "anna-open")
    if first == "bank":
        pays(town, "anna-open", "510")
    settle(town, order)
    if first == "card":
        pays(town, "anna-open", "510")
    town.send()
    assert Refund.objects.get().amount_ore == 51_000
    assert not waits("anna-open")
    assert charges.balance(charge("anna-open")).overpaid == NOTHING


def test_what_is_annulled_after_it_was_paid_by_bank_is_paid_back_by_itself(town):
    pays(town, "anna-open", "510")
    is_told(town, "anna-open")
    town.officer("anna-open", "annul", reason="sign_defect")
    (case,) = waits("anna-open")
    assert work.pay_back_what_was_annulled(now=town.at) >= 1
    assert work.pay_back_what_was_annulled(now=town.at) == 0
    case.refresh_from_db()
    assert case.steps.get().actor == Actor.SYSTEM.value
    assert charges.balance(charge("anna-open")).overpaid == NOTHING
    is_told(town, "anna-open")
    assert [line.kind for line in town.told("anna-open").account][-1] == "refund"
    assert not waits("anna-open")


def test_what_somebody_looks_at_already_is_left_to_them(town):
    pays(town, "anna-open", "510")
    town.officer("anna-open", "annul", reason="sign_defect")
    taken(town, *waits("anna-open"))
    work.pay_back_what_was_annulled(now=town.at)
    assert waits("anna-open")


def test_what_comes_for_an_annulled_charge_may_be_meant_for_another(town):
    town.officer("anna-open", "annul", reason="sign_defect")
    town.pass_days(1)
    pays(town, "anna-open", "510")
    work.pay_back_what_was_annulled(now=town.at)
    assert waits("anna-open")


def test_what_was_moved_and_is_paid_back_goes_to_the_account_it_came_from(town):
    pays(town, "anna-open", "510", "twice")
    somebody, case = taken(town, *waits("anna-open"))
    town.pass_days(9)
    work.place(
        somebody, case, charge("anna-now").number, text="Til den", version=case.version, now=town.at
    )
    town.send()
    moved = ChargePayment.objects.get(charge=charge("anna-now"))
    paid = danish_day(town.at - timedelta(days=9))
    assert danish_day(moved.paid) == paid, "the day it was paid"
    assert charges.account(charge("anna-now"))[-1].booked == paid, "there too, and not a day before"
    town.officer("anna-now", "annul", reason="sign_defect")
    work.pay_back_what_was_annulled(now=town.at)
    entry = bank.entry_of(BankRefund.objects.get(charge=charge("anna-now")).payment_reference)
    assert entry is not None
    assert entry.payer == PAYER


def test_no_more_goes_back_than_was_paid(town):
    pays(town, "anna-open", "510")
    with recording(), pytest.raises(StepNotAllowed):
        bank.give_back(
            charge("anna-open"), Money(51_001), why=BankRefund.Why.PAID_OUT, number="S-1",
            now=town.at,
        )  # fmt: skip


def test_a_payment_and_what_took_it_back_are_forgotten_each_in_its_time(town):
    """The payment in the last days of a year, and the reversal in the first of the next."""
    pays(town, "anna-open", "510")
    pays(town, "anna-open", "510", "back")
    town.send()
    came, back = BankEntry.objects.order_by("id")
    assert back.reverses == came
    BankEntry.objects.filter(id=came.id).update(booked=date(2026, 12, 30))
    BankEntry.objects.filter(id=back.id).update(booked=date(2027, 1, 4))
    retention.forget(now=datetime(2032, 1, 2, 3, tzinfo=UTC))
    assert list(BankEntry.objects.all()) == [back]
    retention.forget(now=datetime(2033, 1, 2, 3, tzinfo=UTC))
    assert not BankEntry.objects.exists()


def test_the_payers_account_is_kept_sealed_and_goes_with_what_is_paid_back(town, monkeypatch):
    pays(town, "anna-open", "510", "wrong-id")
    pays(town, "anna-open", "510", "twice")
    kept = str(list(BankEntry.objects.values_list()))
    assert PAYER not in kept
    for each in (*waits(), *waits("anna-open")):
        somebody, case = taken(town, each)
        work.pay_back(somebody, case, text="Tilbage", version=case.version, now=town.at)
    sent = []
    ask = town.outside.charges._ask
    monkeypatch.setattr(
        town.outside.charges, "_ask", lambda *a, **b: sent.append(b.get("json")) or ask(*a, **b)
    )
    town.send()
    assert [body["payerAccount"] for body in sent if body and "payerAccount" in body] == [PAYER] * 2
    assert not Outgoing.objects.exclude(state="done").exists()


def test_a_case_falls_away_when_the_charge_system_has_paid_back(town):
    pays(town, "anna-open", "510", "twice")
    (case,) = waits("anna-open")
    assert case.due == danish_day(town.at) + caseload.OUR_TIME
    town.send()
    reference = charge("anna-open").payments.latest("paid").reference
    town.outside.charges.report_refund(
        charge("anna-open").source_id, reference="theirs-1", amount=Money(51_000),
        refunded=town.at + timedelta(minutes=1), payment=reference,
    )  # fmt: skip
    charges.refreshed(town.outside, charge("anna-open"), now=town.at)
    assert not waits("anna-open")
