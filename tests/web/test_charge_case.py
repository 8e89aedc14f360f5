"""What a charge's page says of time, its letters and its case as a file; and paying in parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from lxml import html

from collecting import Town
from parking.actions import charge as charges
from parking.actions import (
    charge_case,
    charge_letters,
    charge_photos,
    charge_wording,
    draw,
    holds,
    plan,
    progress,
    wording,
)
from parking.actions.plan_progress import progress_of
from parking.law.charge import ChargeNumber, Hold, Step, spaced
from parking.law.days import danish_day
from parking.law.money import Money, total
from parking.records.charge import ChargePayment
from parking.records.collection import Plan
from parking.records.letter import Letter
from parking.records.order import Order
from parking.records.recording import recording
from sandbox.charges import SEEDS, code_of
from town import charge, party, pay, slip_of

pytestmark = pytest.mark.django_db(transaction=True)

#: A page about one charge, or a few, asks the database no more often than this.
BUDGET = 60


@pytest.fixture
def town(stocked, sandbox):
    return Town(stocked, sandbox)


def text_of(answer) -> str:
    return " ".join(html.fromstring(answer.content).text_content().split())


def page(client: Client, slug: str) -> str:
    answer = client.get(f"/charges/{charge(slug).id}/")
    assert answer.status_code == 200
    return text_of(answer)


def test_a_charge_says_what_happens_next_and_on_which_day(town, log_in):
    text = page(log_in("anna"), "anna-open")
    issued = danish_day(charge("anna-open").issued)
    for days, what in (
        (21, "Vi sender en påmindelse. Den koster ikke noget."),
        (35, "Vi sender en rykker. Den koster 250 kr."),
        (49, "Vi sender en rykker mere. Den koster 250 kr."),
        (63, "Vi sender gælden til Gældsstyrelsen."),
    ):
        assert f"Tidligst {wording.day(issued + timedelta(days=days))}: {what}" in text
    assert f"Betal senest {wording.day(issued + timedelta(days=10))}." in text
    assert "kr.." not in text


def test_a_charge_that_waits_says_for_what_and_promises_no_fee(town, log_in):
    text = page(log_in("dorte"), "dorte-open")
    assert charge_wording.waits(Hold.COMPLAINT) in text
    assert "Betal senest" not in text
    assert "gebyr" not in text.replace("ingen gebyrer", "")


def test_a_charge_at_debt_collection_is_read_only_and_says_where_to_turn(town, log_in):
    answer = log_in("asta").get(f"/charges/{charge('asta-collection').id}/")
    assert "gaeldst.dk" in text_of(answer)
    assert b"charge-pay" not in answer.content
    assert "Læg i kurven" not in text_of(answer)
    assert "Tidligst" not in text_of(answer)


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_charge_of_the_first_day_can_be_told_whole(town, language):
    with translation.override(language):
        for seed in SEEDS:
            said = charge_case.contents(charge(seed.slug), shown=[], now=town.at)
            assert said["sections"]
            assert said["status"]


def test_the_case_is_a_tagged_document_with_the_photographs(town, log_in, sandbox):
    client = log_in("anna")
    found = charge("anna-open")
    answer = client.get(f"/charges/{found.id}/case.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.count(b"/Subtype /Image") + answer.content.count(b"/Subtype/Image") >= 3
    assert b"pdfuaid" in answer.content
    sandbox.fault("pilen", "status:503")
    without = charge_case.pdf(town.outside, found, now=town.at)
    assert b"/Subtype /Image" not in without
    said = charge_case.contents(found, shown=[], now=town.at)
    assert said["photos_missing"] == "Nogle billeder kunne ikke hentes lige nu: 1, 2, 3."


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_case_explains_the_offence_and_says_what_the_photographs_and_letters_are(
    town, sandbox, language
):
    found = charge("dan-first-fee")
    sandbox.fault("pilen", "photo-differs", path="2")
    taken = charge_photos.photos(town.outside, found)
    with translation.override(language):
        said = charge_case.contents(found, shown=[1, 3], taken=taken, now=town.at)
        (offence,) = charge_wording.offences(charges.answer_of(found))
    told = [paragraph for each in said["sections"] for paragraph in each["paragraphs"]]
    assert offence.plain
    assert offence.plain in told
    fee = {"da": "(rykker med gebyr, ", "en": "(reminder with a fee, "}[language]
    assert any(fee in each for each in told)
    assert "Skiltet på" in said["photos"][1]["alt"]
    assert said["photos_differ"].endswith(": 2.")
    assert not said["photos_missing"]


@pytest.mark.parametrize(
    ("slug", "danish", "english"),
    [
        ("poul-towed", "Bilen blev fjernet", "The car was towed away"),
        ("kjeld-badge", "Handicapkort", "Disabled"),
    ],
)
def test_what_the_warden_noted_of_the_car_is_told_to_whom_it_concerns(town, slug, danish, english):
    found = charge(slug)
    by_slip = Client()
    by_slip.get(f"/charges/slip/{found.number}/{code_of(found.number)}/")
    for language, prefix, heading in (("da", "", danish), ("en", "/en", english)):
        page = text_of(by_slip.get(f"{prefix}/charges/{found.id}/"))
        assert heading in page
        with translation.override(language):
            said = charge_case.contents(found, shown=[], now=town.at)
        assert any(row[0].startswith(heading) and row[1] for row in said["tables"][0]["rows"])
    others = charge("anna-open")
    with translation.override("da"):
        assert danish not in str(charge_case.contents(others, shown=[], now=town.at)["tables"])


def test_a_letter_is_its_addressees_and_nobody_elses(town, log_in):
    found = charge("inger-shared")  # Niels owns the car, Inger uses it: she is written to
    town.collect_until("inger-shared", Step.REMIND)
    (letter,) = Letter.objects.all()
    address = f"/charges/{found.id}/letters/{letter.id}.pdf"
    hers = log_in("inger")
    assert address.encode() in hers.get(f"/charges/{found.id}/").content
    answer = hers.get(address)
    assert answer.content == bytes(letter.pdf)
    his = log_in("niels")
    seen = his.get(f"/charges/{found.id}/")
    assert "Påmindelse uden gebyr" in text_of(seen), "that it was sent is no secret"
    assert address.encode() not in seen.content
    assert his.get(address).status_code == 404
    assert log_in("anna").get(address).status_code == 404
    by_slip = Client()
    number, _plate = slip_of("inger-shared")
    by_slip.get(f"/charges/slip/{number}/{code_of(number)}/")
    assert by_slip.get(address).status_code == 404
    assert hers.get(f"/charges/{found.id}/letters/{uuid4()}.pdf").status_code == 404


def test_the_link_in_a_letter_opens_the_charge_without_a_login(town):
    town.collect_until("anna-open", Step.REMIND)
    number, _plate = slip_of("anna-open")
    with translation.override("da"):
        link = charge_letters.link(charge("anna-open"), code_of(number))
    path = link.removeprefix(link.split("/charges/")[0])
    assert Client().get(path).status_code == 303


# Plans


def agree(town) -> Plan:
    shown = plan.propose(party("anna"), 3, now=town.at)
    return plan.agree(
        town.outside, party("anna"), 3, agreed=shown.agreement, language="da", now=town.at
    )


def test_a_plan_is_shown_before_it_is_agreed_and_adds_up(town, log_in):
    client = log_in("anna")
    assert b"/my/plans/new/" in client.get("/my/charges/").content
    answer = client.get("/my/plans/new/?instalments=4")
    proposal = plan.propose(party("anna"), 4, now=town.at)
    text = text_of(answer)
    for each in proposal.plan.instalments:
        assert wording.day(each.due) in text
        assert wording.amount(each.amount) in text
    assert total(each.amount for each in proposal.plan.instalments) == Money(102_000)
    assert "Så skal du betale hele resten inden 10 dage." in text
    agreed = client.post("/my/plans/agree/", {"instalments": "4", "agreed": proposal.agreement})
    found = Plan.objects.get()
    assert agreed["Location"] == f"/my/plans/{found.id}/"
    shown = text_of(client.get(agreed["Location"]))
    assert "Betal 1. rate: 255 kr." in shown
    assert "Næste rate er 255 kr." in text_of(client.get("/my/"))
    assert client.get("/my/plans/new/")["Location"] == agreed["Location"]
    said = page(client, "anna-open")
    assert charge_wording.waits(Hold.PLAN, days=10) in said
    assert "Så skal hele resten betales inden 10 dage." in said, "as the plan's own page says it"
    to_basket = client.post(f"/my/plans/{found.id}/pay/")
    assert to_basket["Location"] == "/basket/"
    assert "255 kr." in text_of(client.get("/basket/"))
    assert log_in("bo").get(f"/my/plans/{found.id}/").status_code == 404
    assert log_in("bo").post(f"/my/plans/{found.id}/pay/").status_code == 404


def test_a_card_that_pays_may_pay_the_following_instalments_until_that_is_stopped(town, log_in):
    client = log_in("anna")
    agreed = agree(town)
    address = f"/my/plans/{agreed.id}/"
    assert 'name="remember"' in client.get(address).content.decode()
    client.post(f"{address}pay/", {"remember": "on"})
    said = "trækker vi også de næste rater fra kortet"
    assert said in text_of(client.get("/basket/"))
    assert f'href="{address}"' in client.get("/basket/").content.decode()
    summary = client.get("/basket/summary/")
    assert said in text_of(summary)
    agreed_to = html.fromstring(summary.content).xpath("string(//input[@name='agreed']/@value)")
    given = {"agreed": agreed_to, "email": "", "terms": "on"}
    pay(client.post("/basket/summary/", given)["Location"])
    client.get(f"/orders/{Order.objects.get().id}/return")
    told = "Du har sagt ja til, at vi også trækker dem fra det kort, du betaler med."
    assert told in text_of(client.get(f"/orders/{Order.objects.get().id}/"))
    agreed.refresh_from_db()
    due = agreed.as_law().instalments[1].due
    shown = text_of(client.get(address))
    assert f"den {wording.day(due)} fra kortet 492500******0004." in shown
    assert f"den {wording.day(due)} fra kortet" in text_of(client.get("/my/"))
    # On the day that we draw it, and not on the last day to pay it.
    assert f"den {wording.day(due)} fra kortet 492500******0004." in page(client, "anna-open")
    assert "Næste rate er" not in page(client, "anna-open")
    assert 'name="remember"' not in client.get(address).content.decode()
    assert log_in("bo").post(f"{address}stop/").status_code == 404
    client.get(f"{address}stop/")
    assert Plan.objects.get().card_agreement
    stopped = text_of(client.post(f"{address}stop/", follow=True))
    assert "fra kortet" not in stopped
    assert f"Betal senest {wording.day(due)}." in stopped
    assert not Plan.objects.get().card_agreement


def test_an_order_that_we_draw_is_nobodys_to_pay_or_to_end(town, log_in):
    agreed = agree(town)
    Plan.objects.update(card_agreement="0" * 32, masked_card="492500******0004")
    town.at = datetime.combine(agreed.as_law().instalments[0].due, town.at.timetz())
    draw.follow(now=town.at)
    order = Order.objects.get()
    client = log_in("anna")
    assert client.get(f"/orders/{order.id}/").status_code == 404
    for way in ("pay", "cancel"):
        assert client.post(f"/orders/{order.id}/{way}").status_code == 404
    assert order.number not in client.get("/my/").content.decode()
    shown = client.get(f"/my/plans/{agreed.id}/")
    assert "Vi er ved at trække 340 kr. fra dit kort." in text_of(shown)
    assert "/pay/" not in shown.content.decode()


def test_another_debt_than_was_shown_is_shown_anew(town, log_in):
    answer = log_in("anna").post(
        "/my/plans/agree/", {"instalments": "3", "agreed": "another"}, follow=True
    )
    assert "Der er ikke aftalt noget." in text_of(answer)
    assert not Plan.objects.exists()


def test_too_many_instalments_are_not_agreed(town, log_in):
    client = log_in("anna")
    for number in ("7", "1", "x", ""):
        client.post("/my/plans/agree/", {"instalments": number, "agreed": ""})
    assert not Plan.objects.exists()


def test_who_owes_nothing_is_told_why_there_is_no_plan(town, log_in):
    assert "Du har ikke noget, der kan betales i rater" in text_of(
        log_in("clara").get("/my/plans/new/")
    )


@pytest.mark.parametrize("address", ["/my/charges/", "/my/", "/my/plans/new/"])
def test_the_pages_ask_the_database_seldom(town, log_in, address):
    client = log_in("anna")
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    assert len(asked) <= BUDGET


def test_the_page_of_a_charge_asks_the_database_seldom(town, log_in):
    client = log_in("villy")
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/charges/{charge('villy-second-fee').id}/").status_code == 200
    assert len(asked) <= BUDGET


# A stop


def test_a_stop_of_ours_holds_at_once(town, log_in):
    found = charge("anna-open")
    with recording():
        holds.begin(found, Hold.CASE_WORKER, reference="office 1", on=danish_day(town.at))
    town.pass_days(30)
    assert town.collect("anna-open") is None
    assert charge_wording.waits(Hold.CASE_WORKER) in page(log_in("anna"), "anna-open")
    with recording():
        holds.end(found, reference="office 1", on=danish_day(town.at))
    due = progress.seen(charge("anna-open"), now=town.at).due
    assert due is not None
    assert due >= danish_day(town.at) + timedelta(days=10)


def test_the_page_of_a_plan_says_what_is_left_on_each_charge(town, log_in):
    found, client = agree(town), log_in("anna")
    text = text_of(client.get(f"/my/plans/{found.id}/"))
    for charge_ in progress_of(found).charges:
        number = " ".join(spaced(ChargeNumber(charge_.number)).split())
        assert f"Afgift {number}: mangler 510 kr." in text
    oldest = progress_of(found).charges[0]
    with recording():
        ChargePayment.objects.create(
            charge=oldest, reference="PB-1", amount_ore=51_000, method="bank", paid=town.at
        )
    text = text_of(client.get(f"/my/plans/{found.id}/"))
    number = " ".join(spaced(ChargeNumber(oldest.number)).split())
    assert f"Afgift {number}: Betalt" in text
