"""A charge from the slip to the receipt: by a visitor from abroad, and by whose car it was."""

from __future__ import annotations

import httpx
import pytest

from journeys import steps
from parking.actions import charge as charges
from parking.actions import charge_feed
from parking.law.charge import ChargeNumber, spaced
from sandbox.charges import code_of
from town import charge, now, slip_of

PHONE, DESKTOP, NARROWEST = 390, 1280, 320


@pytest.fixture
def charged(portal, outside):
    """A portal that has read every charge of the sandbox."""
    charge_feed.follow(outside, now=now())
    return portal


def test_a_visitor_from_abroad_pays_by_the_slip(visit, charged):
    lars = visit(width=DESKTOP, language="en-GB")
    lars.open("/en/")
    lars.press("Have you got a parking charge?")
    lars.look("Find your parking charge", language="en")
    lars.press("Show the charge")
    lars.look("Find your parking charge", status=422, language="en")
    number, plate = slip_of("lars-swedish")
    lars.page.get_by_label("Charge number").fill(number)
    lars.page.get_by_label("Number plate").fill(plate.lower())
    lars.press("Show the charge")
    lars.look(language="en")
    lars.see("SWE123", "DKK 510", "Why you got the charge", "vejloven § 90")
    lars.press("See the photos large")
    lars.look(language="en")
    lars.press("Back")
    lars.press("Pay DKK 510")
    lars.look("Payment", language="en")
    steps.pay(lars)
    lars.look("PAID", language="en")
    lars.see("DKK 510", "Visa")
    assert steps.receipt(lars).startswith(b"%PDF")
    lars.press("See the charge")
    lars.see("There is nothing to pay.")
    assert not charges.payable(charge("lars-swedish"))


@pytest.mark.parametrize(
    ("width", "scripts"), [(NARROWEST, True), (PHONE, False)], ids=["narrowest", "no scripts"]
)
def test_two_charges_are_paid_at_once(visit, charged, width, scripts):
    anna = visit(width=width, scripts=scripts)
    steps.log_in(anna, "anna", path="/my/charges/")
    anna.look("Mine parkeringsafgifter")
    for slug in ("anna-open", "anna-now"):
        anna.open(f"/charges/{charge(slug).id}/")
        anna.look()
        anna.press("Læg i kurven")
        anna.look("Kurv")
    anna.see("1.020 kr.")
    anna.press("Gå videre")
    anna.look("Se det hele igennem")
    steps.agree(anna)
    anna.look("Betaling")
    steps.pay(anna)
    anna.look("BETALT")
    anna.open("/my/charges/")
    assert "Skyldig" not in anna.page.locator("main").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_charge_of_a_borrowed_car_is_put_on_ones_own_page(visit, charged, scripts):
    number, plate = slip_of("lars-swedish")
    hanne = visit(width=NARROWEST, scripts=scripts)
    steps.log_in(hanne, "hanne", path="/my/charges/")
    hanne.look("Mine parkeringsafgifter")
    assert plate not in hanne.page.locator("main").inner_text()
    hanne.press("Find en afgift")
    hanne.look("Find din parkeringsafgift")
    hanne.page.get_by_label("Afgiftsnummer").fill(number)
    hanne.page.get_by_label("Nummerplade").fill("ab 12 345")
    hanne.press("Vis afgiften")
    hanne.look("Find din parkeringsafgift", status=422)
    hanne.see("Der er ingen afgift med det nummer og den nummerplade.")
    hanne.page.get_by_label("Nummerplade").fill(f"{plate[:3]}-{plate[3:]}".lower())
    hanne.press("Vis afgiften")
    hanne.look(f"Parkeringsafgift {spaced(ChargeNumber(number))}")
    hanne.press("Føj afgiften til min side")
    hanne.look(f"Parkeringsafgift {spaced(ChargeNumber(number))}")
    hanne.open("/my/charges/")
    hanne.look("Mine parkeringsafgifter")
    hanne.see(plate)
    hanne.press(f"Afgift {spaced(ChargeNumber(number))}")
    hanne.press("Tag afgiften af min side")
    hanne.look("Mine parkeringsafgifter")
    assert plate not in hanne.page.locator("main").inner_text()


def test_a_slip_that_is_scanned_at_the_car_leads_straight_there(visit, charged, sandbox):
    number = given_now(sandbox)
    uta = visit(width=NARROWEST, scripts=False, language="en-GB")
    uta.open(f"/en/charges/slip/{number}/{code_of(number)}/")
    uta.look(f"Parking charge {spaced(ChargeNumber(number))}", language="en")
    uta.see("WÜAB123", "DKK 510")
    uta.press("Pay DKK 510")
    uta.look("Payment", language="en")
    steps.pay(uta)
    uta.look("PAID", language="en")


def given_now(sandbox) -> str:
    """Let a warden give a charge that the feed has not told of yet; return its number."""
    said = {"plate": "WÜAB123", "offence": "40a", "place": "VB", "country": "DE"}
    number: str = httpx.post(f"{sandbox.base}/pilen/issue", data=said).json()["chargeNumber"]
    return number


def test_a_code_that_cannot_be_read_leads_there_by_the_plate(visit, charged, sandbox):
    number = given_now(sandbox)
    uta = visit(width=NARROWEST, scripts=False, language="en-GB")
    uta.open(f"/en/charges/slip/{number}/{code_of(number)[:-1]}/")
    uta.look("Find your parking charge", status=404, language="en")
    uta.see("A brand new charge may be missing for up to a minute.")
    uta.page.get_by_label("Number plate").fill("WUE AB 123")
    uta.press("Show the charge")
    uta.look(language="en")
    uta.see("WÜAB123", "DKK 510")
