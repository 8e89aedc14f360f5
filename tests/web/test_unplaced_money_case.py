"""Money by bank that is not where it belongs: what a case worker sees of it and does."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import httpx
import pytest
from django.urls import reverse

from collecting import Town
from parking.actions import bank, claims, wording
from parking.actions import charge as charges
from parking.law import case as law
from parking.law.charge import ChargeNumber, spaced
from parking.law.money import NOTHING, Money
from parking.law.staff import Role
from parking.records.case import Case
from parking.records.recording import recording
from parking.records.unplaced_money import UnplacedMoney
from sandbox.bank import PAYER
from town import charge


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def case_of(town, how: str) -> Case:
    slip = charges.answer_of(charge("anna-open")).slip.id
    said = {"id": slip, "kroner": "510", "how": how, "text": "Bøde til mor"}
    httpx.post(f"{town.sandbox.base}/bank/pay", data=said)
    bank.read(town.outside, now=town.at)
    return Case.objects.filter(kind="money").latest("number")


def text_of(answer) -> str:
    return unescape(answer.content.decode())


def opened(client, case: Case) -> str:
    client.post(reverse("office-case-open", args=[case.id]), {"purpose": "Sagen"})
    answer = client.get(reverse("office-case", args=[case.id]))
    assert answer.status_code == 200
    return text_of(answer)


def taken(client, case: Case) -> Case:
    opened(client, case)
    client.post(reverse("office-case-take", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    return case


def do(client, case: Case, step: law.Step, **said):
    fields = {"version": case.version, "step": step.value, "text": "Betaleren har ringet."}
    return client.post(reverse("office-case-work", args=[case.id]), fields | said)


def test_money_that_fits_nothing_is_placed(enter, town):
    client, case = enter(), case_of(town, "wrong-id")
    assert case.number in text_of(client.get(reverse("office-queue"), {"kind": "money"}))
    assert "Penge i banken, som skal på plads" in opened(client, case)
    shown = opened(client, taken(client, case))
    assert "Der er kommet penge i banken, som ikke passer til nogen afgift" in shown
    assert "510" in shown
    assert case.money.entry.payment_id in shown
    assert "Bøde til mor" in shown
    assert "Kontoen, der ender på 1234" in shown
    assert PAYER not in shown
    refused = do(client, case, law.Step.PLACE)
    assert refused.status_code == 422
    assert "Skriv afgiftens nummer." in text_of(refused)
    refused = do(client, case, law.Step.PLACE, number="999 999 999")
    assert "Der er ingen anden afgift med det nummer." in text_of(refused)
    number = charge("anna-open").number
    assert do(client, case, law.Step.PLACE, number=number).status_code == 302
    assert do(client, case, law.Step.PLACE, number=number).status_code == 409
    assert charges.payable(charge("anna-open")) == NOTHING
    shown = opened(client, case)
    assert "Sæt pengene på plads" in shown
    assert number in shown


def test_more_than_is_owed_there_is_refused_in_words_and_the_reasons_are_kept(enter, town):
    client, case = enter(), case_of(town, "twice")
    number = charge("bo-tomorrow").number
    taken(client, case)
    with recording():
        claims.book_bank_payment(
            charge("bo-tomorrow"), Money(10_000), reference="bank-X", paid=town.at, now=town.at
        )
    refused = do(client, case, law.Step.PLACE, number=number)
    assert refused.status_code == 422
    assert "Der skyldes kun 410 kr. på den afgift." in text_of(refused)
    assert "Betaleren har ringet." in text_of(refused)
    assert charges.balance(charge("anna-open")).overpaid == Money(51_000)


def test_what_is_too_much_is_paid_back_and_the_citizen_reads_that_we_see_to_it(enter, log_in, town):
    client, case = enter(), case_of(town, "twice")
    page = reverse("charge", args=[charge("anna-open").id])
    assert "Vi sørger for, at pengene bliver betalt tilbage." in text_of(log_in("anna").get(page))
    shown = opened(client, taken(client, case))
    assert "Der er betalt for meget på afgiften." in shown
    assert "Flyt pengene til en anden afgift" in shown
    assert do(client, case, law.Step.PAY_BACK).status_code == 302
    assert do(client, case, law.Step.PAY_BACK).status_code == 409
    assert charges.balance(charge("anna-open")).overpaid == NOTHING
    assert "Betal pengene tilbage" in opened(client, case)


def test_who_may_only_read_decides_nothing(enter, town):
    case = case_of(town, "twice")
    client = enter("rosa", Role.READER)
    assert "<textarea" not in opened(client, case)
    case.refresh_from_db()
    assert do(client, case, law.Step.PAY_BACK).status_code == 403
    assert charges.balance(charge("anna-open")).overpaid == Money(51_000)


def test_it_is_read_in_english_too(enter, town):
    client, case = enter(), case_of(town, "wrong-id")
    client.post(reverse("office-language"), {"language": "en"})
    shown = opened(client, taken(client, case))
    assert "Money has come to the bank that fits no charge" in shown
    assert "Put the money on a charge" in shown


def test_the_queue_says_which_money_it_is_and_not_what_the_payer_wrote(enter, town):
    unknown, twice, client = case_of(town, "wrong-id"), case_of(town, "twice"), enter()
    page = text_of(client.get(reverse("office-queue"), {"kind": "money"}))
    assert f"510 kr. med betalings-id {unknown.money.entry.payment_id}" in page
    found = charge("anna-open")
    number = spaced(ChargeNumber(found.number))
    assert f"510 kr. på afgift {number} (ZA 10 001)" in page
    assert "Bøde til mor" not in page
    assert twice.number in page


def test_the_day_of_what_is_too_much_is_the_payments_and_the_account_says_how_much(enter, town):
    case = case_of(town, "twice")
    paid = max(each.booked for each in charges.paid_here(charge("anna-open")))
    UnplacedMoney.objects.filter(id=case.unplaced_money_id).update(came=paid + timedelta(days=9))
    case = Case.objects.get(id=case.id)
    shown = " ".join(opened(enter(), case).split())
    assert f"<dt>Dag</dt><dd>{wording.day(paid)}</dd>" in shown
    assert wording.day(case.money.came) not in shown.replace(wording.day(case.due), "")
    assert '<th scope="row">Betalt for meget</th><td class="align-text-right">510 kr.</td>' in shown
    assert "Skyldig" not in shown


def test_the_photographs_of_a_charge_with_too_much_on_it_can_be_seen(enter, town):
    client, case = enter(), case_of(town, "twice")
    opened(client, case)
    photo = client.get(reverse("office-charge-photo", args=[case.id, 1]))
    assert photo["Content-Type"] == "image/jpeg"
