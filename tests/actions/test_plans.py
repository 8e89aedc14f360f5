"""A debt in instalments: it adds up, is kept or broken, and money by bank finds what it pays."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from collecting import Town
from parking.actions import bank, charge_feed, charge_wording, checkout, plan, progress
from parking.actions import charge as charges
from parking.actions.plan_progress import progress_of
from parking.law import instalments as law
from parking.law.charge import Hold, State
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money, total
from parking.ports import Unavailable
from parking.ports.bank import BankEntry as ToldEntry
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.charge import ChargePayment
from parking.records.collection import BankEntry, ChargePause, Plan
from parking.records.letter import Letter
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from town import ADDRESSES, charge, party, pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def agree(town, slug: str = "anna", instalments: int = 3) -> Plan:
    proposal = plan.propose(party(slug), instalments, now=town.at)
    agreed = plan.agree(
        town.outside, party(slug), instalments,
        agreed=proposal.agreement, language="da", now=town.at,
    )  # fmt: skip
    town.send()
    return agreed


def pay_next(town, agreed: Plan) -> int:
    """Pay the next instalment by card; return how much that was."""
    payer = agreed.party
    plan.choose_next(payer, agreed, now=town.at)
    owed = checkout.charges_in_basket(payer)
    order = checkout.begin(
        town.outside,
        payer,
        agreed=checkout.agreement([], owed, checkout.to_pay(payer, owed)),
        language="da",
        addresses=ADDRESSES,
        now=town.at,
    )
    pay(order.payment.page_url)
    checkout.settle(town.outside, order.payment.payment_id, now=town.at)
    town.send()
    return order.total_ore


def told_plan(town, agreed: Plan):
    agreed.refresh_from_db()
    return town.outside.charges.plan(agreed.source_id)


def test_a_plan_adds_up_and_is_paid_off(town):
    agreed = agree(town)
    parts = agreed.as_law()
    assert parts.debt == Money(102_000)
    assert {each.charge.number for each in agreed.instalments.all()} == {
        charge("anna-open").number, charge("anna-now").number,
    }  # fmt: skip
    told = told_plan(town, agreed)
    assert total(each.amount for each in told.instalments) == Money(102_000)
    assert [pay_next(town, agreed) for _ in range(3)] == [34_000, 34_000, 34_000]
    assert progress_of(agreed).left == ()
    assert {charges.payable(charge(each)) for each in ("anna-open", "anna-now")} == {NOTHING}
    plan.follow(now=town.at)
    town.send()
    assert told_plan(town, agreed).state == "completed"
    assert agreed.stands is law.State.COMPLETED
    assert {row.state for row in Outgoing.objects.all()} == {Outgoing.State.DONE}
    charge_feed.follow(town.outside, now=town.at)
    assert set(ChargePause.objects.filter(charge=charge("anna-open")).values_list("until")) == {
        (danish_day(town.at),)
    }


def test_no_fee_comes_while_a_plan_is_kept_and_what_was_missed_has_the_stated_consequence(town):
    agreed = agree(town)
    first = agreed.as_law().instalments[0]
    assert pay_next(town, agreed) == 34_000
    reminded_before = Letter.objects.filter(kind="plan").count()
    town.pass_days((agreed.as_law().instalments[1].due - danish_day(town.at)).days - 5)
    for _twice in range(2):
        plan.follow(now=town.at)
        town.send()
    assert Letter.objects.filter(kind="plan").count() == reminded_before + 1, "reminded once"
    assert progress.coming(charge("anna-open"), now=town.at).waits_for[0] is Hold.PLAN
    assert town.collect("anna-open") is None
    town.pass_days(5)
    plan.follow(now=town.at)
    assert Plan.objects.get().stands is law.State.AGREED, "the last day is in time"
    town.pass_days(3)
    plan.follow(now=town.at)
    assert Plan.objects.get().stands is law.State.AGREED, "a bank may still tell of it"
    town.pass_days(1)
    plan.follow(now=town.at)
    town.send()
    agreed.refresh_from_db()
    assert agreed.stands is law.State.BROKEN
    assert agreed.due == danish_day(town.at) + timedelta(days=10)
    assert told_plan(town, agreed).state == "defaulted"
    assert Letter.objects.filter(subject="Din betalingsordning er ophørt").count() == 1
    assert first.amount == Money(34_000)
    # Nothing before the new deadline has passed, and then time goes on.
    coming = progress.coming(charge("anna-now"), now=town.at)
    assert coming.day > agreed.due


def test_a_plan_that_was_agreed_while_the_charge_system_was_away_comes_before_its_money(
    town, sandbox
):
    sandbox.fault("pilen", "status:503")
    agreed = agree(town, instalments=2)
    assert not agreed.source_id
    assert pay_next(town, agreed) == 51_000
    assert Outgoing.objects.filter(state=Outgoing.State.WAITING).count() > 0
    town.outside_is_back()
    town.at += timedelta(minutes=30)
    town.send()
    assert told_plan(town, agreed).state == "active"
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()


def test_another_debt_than_was_shown_is_not_agreed(town):
    shown = plan.propose(party("anna"), 3, now=town.at)
    town.officer("anna-open", "annul", reason="sign_defect")
    with pytest.raises(plan.ProposalChanged):
        plan.agree(
            town.outside, party("anna"), 3, agreed=shown.agreement, language="da", now=town.at
        )
    assert not Plan.objects.exists()


def test_agreeing_twice_is_one_plan(town):
    assert agree(town) == agree_again(town)
    assert Plan.objects.count() == 1


def agree_again(town) -> Plan:
    return plan.agree(town.outside, party("anna"), 3, agreed="whatever", language="da", now=town.at)


def test_what_waits_for_a_complaint_is_no_part_of_a_plan(town):
    town.complain("anna-open", "k-9")
    town.send()
    charges.refreshed(town.outside, charge("anna-open"), now=town.at)
    assert [each.number for each in plan.owed_by(party("anna"), now=town.at)] == [
        charge("anna-now").number
    ]


def test_the_debtor_sets_the_first_day_within_the_limits(town):
    today, anna = danish_day(town.at), party("anna")
    usual = plan.propose(anna, 3, now=town.at)
    assert usual.first == today + timedelta(days=14)
    for days in (0, 32):
        with pytest.raises(law.PlanNotAllowed) as refused:
            plan.propose(anna, 3, first=today + timedelta(days=days), now=town.at)
        assert refused.value.reason is law.Refusal.FIRST_DAY
    chosen = today + timedelta(days=31)
    shown = plan.propose(anna, 3, first=chosen, now=town.at)
    with pytest.raises(plan.ProposalChanged):
        plan.agree(
            town.outside, anna, 3, agreed=shown.agreement, language="da", now=town.at
        )  # fmt: skip
    agreed = plan.agree(
        town.outside, anna, 3, first=chosen, agreed=shown.agreement, language="da", now=town.at
    )
    assert agreed.as_law().instalments[0].due == chosen
    assert agreed.as_law().debt == usual.plan.debt


def test_a_complaint_that_came_before_the_plan_and_was_written_down_later_stops_it(town):
    agreed = agree(town)
    town.pass_days(5)
    town.complain("anna-open", "k-13", days_ago=7)
    charge_feed.follow(town.outside, now=town.at)
    assert progress_of(agreed).waits
    first = agreed.as_law().instalments[0].due
    town.pass_days(10)
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    (_, coming), *_ = progress_of(agreed).left
    assert coming.due == first + timedelta(days=15), "as many days as it waited"


def miss_next(town, agreed: Plan) -> None:
    """Let the next instalment be missed."""
    (_, coming), *_ = progress_of(agreed).left
    town.pass_days((coming.due - danish_day(town.at)).days + 4)
    plan.follow(now=town.at)
    town.send()
    agreed.refresh_from_db()
    assert agreed.stands is law.State.BROKEN


def test_while_a_complaint_waits_the_plan_does_and_then_all_of_it_is_due_later(town):
    agreed = agree(town)
    dues = [each.due for each in agreed.as_law().instalments]
    town.pass_days((dues[0] - danish_day(town.at)).days - 1)
    town.complain("anna-open", "k-12")
    charge_feed.follow(town.outside, now=town.at)
    town.pass_days(40)
    letters = Letter.objects.filter(kind="plan").count()
    plan.follow(now=town.at)
    assert progress_of(agreed).waits(on=danish_day(town.at))
    assert Plan.objects.get().stands is law.State.AGREED
    assert Letter.objects.filter(kind="plan").count() == letters, "nobody is reminded"
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    assert not progress_of(agreed).waits(on=danish_day(town.at))
    assert [each.due for each in progress_of(agreed).terms.instalments] == [
        due + timedelta(days=40) for due in dues
    ]
    assert pay_next(town, agreed) == 34_000
    town.pass_days(1)
    plan.follow(now=town.at)
    assert Plan.objects.get().stands is law.State.AGREED
    assert [number for number, _ in progress_of(agreed).left] == [2, 3]


def test_a_complaint_that_came_before_the_plan_and_is_heard_of_after_holds_it_from_its_first_day(
    town,
):
    agreed = agree(town)
    due = agreed.as_law().instalments[0].due
    town.outside.charges.complain(
        charge("anna-open").source_id, reference="k-31", received=town.at - timedelta(days=4),
        channel="letter", ground="sign", text="Skiltet var væk.", hold_until=None,
    )  # fmt: skip
    charge_feed.follow(town.outside, now=town.at)
    waits = ChargePause.objects.get(hold="complaint", charge=charge("anna-open"))
    assert waits.since < danish_day(agreed.agreed)
    town.pass_days(60)
    plan.follow(now=town.at)
    assert Plan.objects.get().stands is law.State.AGREED
    assert progress_of(agreed).waits(on=danish_day(town.at))
    town.officer("anna-open", "uphold", reasons="Skiltet stod der.")
    assert progress_of(agreed).terms.instalments[0].due == due + timedelta(days=60)


def test_a_complaint_that_waits_to_a_day_holds_the_plan_to_that_day(town):
    agreed = agree(town)
    last = danish_day(town.at) + timedelta(days=30)
    ChargePause.objects.create(
        charge=charge("anna-open"), hold="complaint", reference="complaint k-32",
        since=danish_day(town.at), until=last,
    )  # fmt: skip
    assert progress_of(agreed).waits(on=last - timedelta(days=1))
    assert not progress_of(agreed).waits(on=last)


def test_a_broken_plan_is_shown_until_it_is_paid_whatever_was_agreed_since(town):
    broken = agree(town)
    miss_next(town, broken)
    Plan.objects.create(
        number=999, party=party("anna"), state="completed", language="da", agreed=town.at
    )
    assert plan.shown_to(party("anna")) == progress_of(broken)


def test_there_is_no_new_plan_for_what_a_plan_was_broken_for(town):
    agreed = agree(town)
    miss_next(town, agreed)
    assert plan.owed_by(party("anna"), now=town.at) == ()
    assert plan.choices(party("anna"), now=town.at) == ()
    with pytest.raises(law.PlanNotAllowed):
        plan.propose(party("anna"), 3, now=town.at)


def test_the_whole_remainder_of_a_broken_plan_is_paid_at_once(town):
    agreed = agree(town)
    assert pay_next(town, agreed) == 34_000
    miss_next(town, agreed)
    assert plan.shown_to(party("anna")) == progress_of(agreed)
    assert pay_next(town, agreed) == 68_000
    assert progress_of(agreed).left == ()
    assert plan.shown_to(party("anna")) is None
    assert {charges.payable(charge(each)) for each in ("anna-open", "anna-now")} == {NOTHING}


# Money by bank


def paid_at_bank(town, slip: str, kroner: str, how: str = "today") -> None:
    httpx.post(
        f"{town.sandbox.base}/bank/pay", data={"id": slip, "kroner": kroner, "how": how}
    ).raise_for_status()


def money_cases() -> list[Case]:
    """The cases about money that somebody must see to, but for those of the first day."""
    waits = Case.objects.filter(kind="money", state__in=["open", "taken"]).order_by("number")
    ours = {None, charge("anna-open"), charge("anna-now")}
    return [case for case in waits if case.money.charge in ours]


def test_a_slip_paid_at_the_bank_counts_once_however_often_it_is_told(town, sandbox):
    slip = charges.answer_of(charge("anna-open")).slip.id
    paid_at_bank(town, slip, "510")
    assert bank.read(town.outside, now=town.at) == 1
    sandbox.fault("bank", "repeated", count=1)
    paid_at_bank(town, slip, "1", "wrong-id")
    with pytest.raises(Unavailable):
        bank.read(town.outside, now=town.at)
    bank.read(town.outside, now=town.at)
    assert charges.payable(charge("anna-open")) == NOTHING
    town.send()
    account = town.told("anna-open").account
    assert [line.amount.ore for line in account] == [51_000, -51_000]
    assert charges.stands(charge("anna-open")) is State.PAID
    assert BankEntry.objects.count() == 2


def test_money_that_fits_nothing_and_money_that_is_too_much_has_a_case(town):
    slip = charges.answer_of(charge("anna-open")).slip.id
    before = Incident.objects.count()
    paid_at_bank(town, slip, "510", "wrong-id")
    paid_at_bank(town, slip, "510", "twice")
    bank.read(town.outside, now=town.at)
    waits = money_cases()
    assert [(each.money.why, each.money.amount_ore) for each in waits] == [
        ("fits nothing", 51_000), ("overpaid", 51_000),
    ]  # fmt: skip
    assert waits[1].money.charge == charge("anna-open")
    paid_at_bank(town, slip, "510", "back")
    bank.read(town.outside, now=town.at)
    assert [each.money.why for each in money_cases()] == ["fits nothing"], "it is too much no more"
    assert Incident.objects.count() == before
    assert ChargePayment.objects.filter(method="bank").count() == 2
    assert sum(BankEntry.objects.values_list("amount_ore", flat=True)) == 102_000


def test_an_instalment_paid_at_the_bank_goes_to_the_charges_of_its_plan(town):
    agreed = agree(town)
    slip = charge_wording.instalment_line(agreed, 1, "88888888")
    paid_at_bank(town, slip[4:19], "340")
    assert bank.read(town.outside, now=town.at) == 1
    assert [number for number, _ in progress_of(agreed).left] == [2, 3]
    paid_at_bank(town, slip[4:19], "700")
    bank.read(town.outside, now=town.at)
    assert progress_of(agreed).left == ()


def test_an_instalment_paid_at_the_bank_on_its_last_day_is_in_time_whenever_we_hear(town):
    agreed = agree(town)
    town.pass_days((agreed.as_law().instalments[0].due - danish_day(town.at)).days)
    paid_at_bank(town, charge_wording.instalment_line(agreed, 1, "88888888")[4:19], "340")
    town.pass_days(1)
    plan.follow(now=town.at)
    bank.read(town.outside, now=town.at)
    town.pass_days(3)
    plan.follow(now=town.at)
    assert Plan.objects.get().stands is law.State.AGREED
    assert [number for number, _ in progress_of(agreed).left] == [2, 3]


def test_what_is_paid_to_two_charges_at_once_is_booked_however_long_the_banks_reference(town):
    agreed = agree(town)
    slip = charge_wording.instalment_line(agreed, 1, "88888888")[4:19]
    told = ToldEntry(
        reference="x" * 35, amount=Money(102_000), booked=danish_day(town.at),
        slip_type="71", slip_id=slip,
    )  # fmt: skip
    with recording():
        assert bank._book(told, town.at)
    assert ChargePayment.objects.filter(method="bank").count() == 2
    assert progress_of(agreed).left == ()
