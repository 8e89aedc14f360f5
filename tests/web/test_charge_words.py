"""What a charge's page says is so: nothing that is over, waits or is not owed is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from lxml import html

from collecting import Town
from parking.actions import charge as charges
from parking.actions import (
    charge_case,
    charge_letters,
    charge_wording,
    complain,
    evidence,
    plan,
    progress,
    wording,
)
from parking.law.charge import State
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.ports.charges import SentLetter
from parking.records.charge import ChargePayment
from parking.records.complaint import Complaint
from parking.records.letter import Addressee, Letter
from parking.records.recording import recording
from parking.web.office import charge_desk
from sandbox.charges import code_of
from town import charge, now, party, slip_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


@pytest.fixture
def visitor():
    return Client()


def text_of(answer) -> str:
    assert answer.status_code == 200
    main = html.fromstring(answer.content).xpath("//main")[0]
    return " ".join(main.text_content().split())


def page(client: Client, slug: str, language: str = "da") -> str:
    """Return what the page of a charge says to whoever has its slip, or has logged in."""
    number, plate = slip_of(slug)
    client.post(reverse("charges"), {"number": number, "plate": plate})
    prefix = "" if language == "da" else f"/{language}"
    return text_of(client.get(f"{prefix}/charges/{charge(slug).id}/"))


def document(slug: str, **more) -> str:
    """Return what the case as a document says."""
    return str(charge_case.contents(charge(slug), shown=[], now=now(), **more))


# To be annulled


def looked_at(town, slug):
    kept = evidence.check(town.outside, charge(slug), occasion="opened", now=town.at)
    assert evidence.will_be_annulled(charge(slug), kept) is not None


@pytest.mark.parametrize("slug", ["jens-stolen", "dagmar-deceased"])
def test_what_is_to_be_annulled_is_not_asked_for(town, visitor, slug):
    looked_at(town, slug)
    said = page(visitor, slug)
    kept = evidence.newest(charge(slug))
    in_office = charge_desk.of(charge(slug), kept, now=town.at)["charge_state"]
    assert in_office.text == "Bliver annulleret"
    assert "Bliver annulleret" in said
    assert "Afgiften er på 510 kr., men du skal ikke betale den." in said
    for never in ("Skal betales", "Betal senest", "rykker", "Gældsstyrelsen", "Det skylder du"):
        assert never not in said
    shown = html.fromstring(visitor.get(f"/charges/{charge(slug).id}/").content)
    (button,) = shown.xpath("//form[contains(@action, '/pay/')]//button")
    assert "button-primary" not in button.get("class")
    assert button.xpath("ancestor::details"), "one can still pay"
    assert "The charge is DKK 510, but you do not have to pay it." in page(visitor, slug, "en")


def test_the_case_and_my_page_ask_for_nothing_that_is_to_be_annulled(town, log_in):
    looked_at(town, "jens-stolen")
    said = document("jens-stolen", will=AnnulmentReason.STOLEN)
    assert "Bliver annulleret" in said
    assert "Skal ikke betales" in said
    for never in ("Skyldig", "rykker", "Betalingslinje"):
        assert never not in said
    client = log_in("jens")
    client.post(reverse("charge-add", kwargs={"charge_id": charge("jens-stolen").id}))
    mine = text_of(client.get(reverse("my-charges")))
    assert "Bliver annulleret" in mine
    assert "Skyldig" not in mine
    assert "Betal senest" not in mine


# In instalments


@pytest.mark.parametrize("slug", ["laura-plan-2", "ib-missed"])
def test_nothing_is_foretold_while_a_plan_is_kept(town, visitor, slug):
    for said in (page(visitor, slug), document(slug)):
        assert "Der sker ikke noget, så længe raterne bliver betalt" in said
        assert "Bliver en rate ikke betalt til tiden, ophører ordningen" in said
        assert "Vi sender" not in said
    assert "We send" not in page(visitor, slug, "en")


def test_an_instalment_of_a_plan_elsewhere_that_is_missed_is_marked(town, log_in):
    told = town.outside.charges.plan(town.told("ib-missed").plan).instalments
    shown = page(log_in("ib"), "ib-missed")
    assert [each.due < danish_day(town.at) for each in told] == [
        f"mangler {wording.amount(each.amount)}, skulle være betalt senest {wording.day(each.due)}"
        in shown
        for each in told
    ]
    assert told[0].due < danish_day(town.at)


def test_its_party_is_led_to_the_plan_and_told_the_next_date_and_nobody_else(town, visitor, log_in):
    shown = plan.propose(party("anna"), 3, now=town.at)
    kept = plan.agree(
        town.outside, party("anna"), 3, agreed=shown.agreement, language="da", now=town.at
    )
    client, due = log_in("anna"), wording.day(kept.as_law().instalments[0].due)
    assert f"Næste rate er 340 kr. og skal betales senest {due}." in page(client, "anna-open")
    address = f"/charges/{charge('anna-open').id}/"
    assert f'href="/my/plans/{kept.id}/"' in client.get(address).content.decode()
    listed = text_of(client.get(reverse("my-charges")))
    both = f"Bliver betalt i rater. Næste rate er 340 kr. og skal betales senest {due}."
    assert listed.count(both) == 2, "each of its charges"
    assert "Næste rate" not in page(visitor, "anna-open")
    kept.instalments.update(due=danish_day(town.at) - timedelta(days=1))
    for at in ("/my/", f"/my/plans/{kept.id}/", f"/charges/{charge('anna-open').id}/"):
        assert "og skulle være betalt senest" in text_of(client.get(at))
    assert "/my/plans/" not in visitor.get(address).content.decode()


# Taken back


def test_a_complaint_that_is_taken_back_gives_the_same_new_deadline_as_an_answer(town, log_in):
    client = log_in("dan")
    client.post(reverse("charge-complain", kwargs={"charge_id": charge("dan-first-fee").id}))
    complaint = Complaint.objects.get()
    complain.keep(complaint, {"question": "other", "text": "Skiltet var væk."}, now=town.at)
    complain.submit(complaint, now=town.at)
    assert "Bagefter får du en ny frist" in page(client, "dan-first-fee")
    kept = {"charge_id": complaint.charge_id, "complaint_id": complaint.id}
    own = text_of(client.get(reverse("complaint", kwargs=kept)))
    assert "Du får mindst 10 dage til at betale." in own
    client.post(reverse("complaint-withdraw", kwargs=kept))
    due = danish_day(town.at) + timedelta(days=10)
    assert progress.seen(charge("dan-first-fee"), now=town.at).due >= due
    said = page(client, "dan-first-fee")
    assert f"Betal senest {wording.day(due)}." in said
    assert f"Tidligst {wording.day(due + timedelta(days=1))}: Vi sender en rykker mere." in said


# Not owed, overpaid, late


def test_what_is_too_old_is_not_to_be_paid(town, visitor):
    said = page(visitor, "kamma-time-barred")
    assert "Der er ikke noget at betale." in said
    for never in ("Det skylder du", "I alt", "Betal senest"):
        assert never not in said
    assert "Skal ikke betales" in document("kamma-time-barred")
    assert "There is nothing to pay." in page(visitor, "kamma-time-barred", "en")


def test_a_matter_is_not_over_while_we_owe_money_back(town, visitor):
    said = page(visitor, "kirsten-overpaid")
    assert "Det skylder du" not in said
    assert "Betalt for meget" in said
    assert "Sagen er slut." not in said


def test_what_was_paid_just_now_is_paid_though_nobody_has_heard_of_it(town, visitor):
    page(visitor, "poul-towed")
    found = charge("poul-towed")
    owed = charges.payable(found)
    ChargePayment.objects.create(
        charge=found, amount_ore=owed.ore, paid=town.at, reference="p-1", method="card"
    )
    said = page(visitor, "poul-towed")
    assert "Skal betales" not in said
    assert "Der er ikke noget at betale." in said


def test_a_deadline_that_has_passed_is_past(town, log_in):
    found, client = charge("sanne-crossing"), log_in("hanne")
    past = wording.day(danish_day(found.issued) + timedelta(days=10))
    said = page(client, "sanne-crossing")
    client.post(reverse("charge-add", kwargs={"charge_id": found.id}))
    for each in (said, text_of(client.get(reverse("my-charges")))):
        assert f"Skulle være betalt senest {past}." in each
        assert "Fristen er gået" in each
    assert found.state == State.ISSUED.value
    assert "Skal betales" not in said
    assert "Betal senest" not in said
    assert "Fristen er gået" in document("sanne-crossing")
    assert progress.is_late(found, now=now())
    assert charge_wording.state_in_office(State.ISSUED, is_late=True).text == "Fristen er gået"
    assert "Should have been paid by" in page(client, "sanne-crossing", "en")


def test_two_offences_are_one_charge(town, visitor):
    said = "Beløbene lægges ikke sammen: det højeste gælder."
    assert said in page(visitor, "zenia-two")
    assert said in document("zenia-two")
    assert said not in page(visitor, "anna-open")


def test_my_charges_tell_of_a_complaint_that_is_begun_or_open(town, log_in):
    client = log_in("anna")
    client.post(reverse("charge-complain", kwargs={"charge_id": charge("anna-open").id}))
    complaint = Complaint.objects.get()
    address = f'/charges/{complaint.charge_id}/complaints/{complaint.id}/"'
    mine = client.get(reverse("my-charges"))
    assert "Skriv din klage færdig" in text_of(mine)
    assert address in mine.content.decode()
    complain.keep(complaint, {"question": "other", "text": "Skiltet var væk."}, now=town.at)
    complain.submit(complaint, now=town.at)
    assert "Vi ser på din klage. Se den" in text_of(client.get(reverse("my-charges")))


def test_the_page_says_how_to_pay_at_the_bank_and_where_to_turn(town, visitor):
    said = page(visitor, "anna-open")
    line = charge_letters.payment_line(charges.answer_of(charge("anna-open")))
    assert f"betalingslinjen {line}" in said
    assert "fogedretten" in said
    assert "betalingslinjen" not in page(visitor, "asta-collection")


def test_letters_are_named_by_their_kind_in_the_readers_language(town, visitor):
    danish, english = page(visitor, "villy-second-fee"), page(visitor, "villy-second-fee", "en")
    for ours, theirs in (
        ("Påmindelse uden gebyr", "Reminder without a fee"),
        ("Første rykker, med gebyr", "First reminder with a fee"),
        ("Anden rykker, med gebyr", "Second reminder with a fee"),
    ):
        assert danish.count(ours) == english.count(theirs) == 1
    assert "Påmindelse" not in english


def test_letters_are_named_in_the_language_of_the_page_and_not_of_the_letter(town, log_in):
    found = charge("anna-open")
    reply = "Svar på din klage: Afgiften står ved magt"
    told = charges.answer_of(found)
    sent = [("decision", reply), ("message", "Besked om din klage"), ("reminder", "Påmindelse om")]
    letters = tuple(
        SentLetter(reference=kind, kind=kind, channel="print", sent=town.at, subject=subject)
        for kind, subject in sent
    )
    with recording():
        charges.take_over([replace(told, letters=letters, version=told.version + 1)], now=town.at)
    Letter(
        charge=found, kind="plan", subject="Your plan", language="en", written=now(), sent=now()
    ).to(Addressee(kind="person", number=party("anna").person_number)).save()
    danish, english = page(log_in("anna"), "anna-open"), page(log_in("anna"), "anna-open", "en")
    for each in (reply, "Besked om din klage", "Aftale om at betale i rater (PDF)"):
        assert each in danish
    for each in ("Answer to a complaint", "A message about your complaint", "Your plan (PDF)"):
        assert each in english
    with translation.override("en"):
        in_pdf = document("anna-open")
    for each in ("Answer to a complaint (on paper)", "A message about your complaint (message, on"):
        assert each in in_pdf
    for each in ("Svar", "Besked", "Påmindelse om"):
        assert each not in english
        assert each not in in_pdf


@pytest.mark.parametrize(
    ("asks", "prefix"),
    [("de-DE,de;q=0.9", "/en"), ("da,en;q=0.8", ""), ("en,da;q=0", "/en"), ("", ""), ("*", "")],
)
def test_the_qr_code_opens_english_for_who_does_not_ask_for_danish(town, visitor, asks, prefix):
    number, _plate = slip_of("german-found")
    asked = {"accept-language": asks}
    answer = visitor.get(f"/charges/slip/{number}/{code_of(number)}/", headers=asked)
    assert answer["Location"] == f"{prefix}/charges/{charge('german-found').id}/"


def test_the_rows_of_a_table_carry_their_headings_and_need_no_scrolling(town, log_in):
    anna = log_in("anna")
    shown = plan.propose(party("anna"), 3, now=town.at)
    kept = plan.agree(
        town.outside, party("anna"), 3, agreed=shown.agreement, language="da", now=town.at
    )
    for address, kind in (
        (f"/my/plans/{kept.id}/", "instalments"),
        (f"/charges/{charge('anna-open').id}/", "account"),
    ):
        seen = anna.get(address)
        (table,) = html.fromstring(seen.content).xpath(f"//table[contains(@class, '{kind}')]")
        assert not table.xpath("ancestor::*[contains(@class, 'table--responsive-scroll')]")
        headings = [each.text for each in table.xpath("./thead//th")]
        for row in table.xpath("./tbody/tr"):
            assert [each.get("data-title") for each in row] == headings
        assert "kr.." not in text_of(seen)
