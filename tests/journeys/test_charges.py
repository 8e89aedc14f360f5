"""A charge from the slip to the receipt: by a visitor from abroad, and by whose car it was."""

from __future__ import annotations

import httpx
import pytest

from journeys import steps
from parking.actions import charge as charges
from parking.actions import slip
from parking.law.charge import ChargeNumber, spaced
from parking.law.plates import Plate
from parking.records.permit import Permit
from sandbox.charges import code_of
from town import charge, fill_basket, now, session, slip_of

PHONE, DESKTOP, NARROWEST = 390, 1280, 320


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
    steps.come_in(anna, "anna", path="/my/charges/")
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


def test_who_was_given_a_new_number_logs_in_with_the_old_and_sees_her_charge(visit, charged):
    """The charge system knows her by the new one, and the login tells the old."""
    noor = visit(width=PHONE)
    steps.log_in(noor, "noor", path="/my/charges/")
    noor.look("Mine parkeringsafgifter")
    noor.see("ZW 50 006", "Skyldig: 510 kr.")
    noor.open("/my/data/")
    noor.look()
    noor.see("om du har fået et nyt CPR-nummer")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_charge_of_a_borrowed_car_is_put_on_ones_own_page(visit, charged, scripts):
    number, plate = slip_of("lars-swedish")
    hanne = visit(width=NARROWEST, scripts=scripts)
    steps.come_in(hanne, "hanne", path="/my/charges/")
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


def test_after_wrong_guesses_of_others_the_code_on_the_slip_opens_the_charge(
    visit, charged, outside
):
    number, plate = slip_of("lars-swedish")
    for guess in range(5):
        guessed = slip.Slip(number=ChargeNumber(number), plate=Plate(f"AB1234{guess}"))
        with pytest.raises(slip.NoSuchCharge):
            slip.find(outside, guessed, asker="198.51.100.7", now=now())
    lars = visit(width=NARROWEST, language="en-GB", scripts=False)
    lars.open("/en/charges/")
    lars.page.get_by_label("Charge number").fill(number)
    lars.page.get_by_label("Number plate").fill(plate)
    lars.press("Show the charge")
    lars.look("Find your parking charge", status=422, language="en")
    lars.see("Write the code on the slip too")
    lars.press("Show the charge")
    lars.look("Find your parking charge", status=422, language="en")
    code = code_of(number)
    lars.page.get_by_label("The code on the slip").fill(
        f"{code[:-1]}{'A' if code[-1] != 'A' else 'B'}"
    )
    lars.press("Show the charge")
    lars.look("Find your parking charge", status=422, language="en")
    lars.see("There is no charge with that number and code.")
    lars.page.get_by_label("The code on the slip").fill(code.lower())
    lars.press("Show the charge")
    lars.look(f"Parking charge {spaced(ChargeNumber(number))}", language="en")
    lars.see("SWE123", "DKK 510")


def test_a_charge_at_debt_collection_is_shown_and_says_where_to_turn(visit, charged):
    asta = visit(width=NARROWEST, language="en-GB")
    asta.is_logged_in(session("asta"))
    asta.open("/en/my/charges/")
    asta.look("My parking charges", language="en")
    given = charge("asta-collection")
    asta.press(f"Charge {spaced(ChargeNumber(given.number))}")
    asta.look(f"Parking charge {spaced(ChargeNumber(given.number))}", language="en")
    asta.see("At the Danish Debt Collection Agency", "pay at gaeldst.dk", "Reminder fee")
    main = asta.page.locator("main")
    assert main.locator(f"form[action*='{given.id}/pay']").count() == 0
    assert "basket" not in main.inner_text()


def test_a_charge_with_its_fees_and_a_permit_are_paid_in_one_basket(visit, charged, stocked):
    fill_basket(stocked, "villy")
    given = charge("villy-second-fee")
    villy = visit(width=NARROWEST)
    villy.is_logged_in(session("villy"))
    villy.open(f"/charges/{given.id}/")
    villy.look()
    villy.see("Rykket to gange", "Rykkergebyr", "250 kr.", "1.010 kr.")
    villy.press("Læg i kurven")
    villy.look("Kurv")
    villy.see("Parkeringsafgift", "1.010 kr.", "ZX 10 024")
    villy.press("Gå videre")
    villy.look("Se det hele igennem")
    steps.agree(villy)
    steps.pay(villy)
    villy.look("GYLDIG")
    villy.see("ZX 10 024", "Parkeringsafgift", "1.010 kr.")
    assert Permit.objects.active().exists()
    villy.open(f"/charges/{given.id}/")
    villy.look()
    villy.see("Der er ikke noget at betale.")
