"""What a charge's page says is so: nothing that is over, waits or is not owed is asked for."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from collecting import Town
from parking.actions import charge_case, evidence
from parking.law.charge_terms import AnnulmentReason
from town import charge, now, slip_of

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
