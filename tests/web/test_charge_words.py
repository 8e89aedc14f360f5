"""What a charge's page says is so: nothing that is over, waits or is not owed is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from collecting import Town
from parking.actions import charge_case, complain, evidence, plan, progress, wording
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.records.complaint import Complaint
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
        assert "Bliver en rate ikke betalt, ophører ordningen" in said
        assert "Vi sender" not in said
    assert "We send" not in page(visitor, slug, "en")


def test_its_party_is_led_to_the_plan_and_told_the_next_date_and_nobody_else(town, visitor, log_in):
    shown = plan.propose(party("anna"), 3, now=town.at)
    kept = plan.agree(
        town.outside, party("anna"), 3, agreed=shown.agreement, language="da", now=town.at
    )
    client, due = log_in("anna"), wording.day(kept.as_law().instalments[0].due)
    assert f"Næste rate er 340 kr. og skal betales senest {due}." in page(client, "anna-open")
    address = f"/charges/{charge('anna-open').id}/"
    assert f'href="/my/plans/{kept.id}/"' in client.get(address).content.decode()
    assert "Næste rate" not in page(visitor, "anna-open")
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
