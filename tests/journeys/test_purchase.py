"""The purchase from the front page to the receipt: on every kind of device, in both languages."""

from __future__ import annotations

import pytest

from journeys import steps
from parking.records.outbox import Outgoing
from parking.records.permit import Permit

PHONE, DESKTOP, NARROWEST = 390, 1280, 320


@pytest.mark.parametrize(
    ("width", "scripts"),
    [(PHONE, True), (NARROWEST, True), (PHONE, False)],
    ids=["phone", "narrowest screen", "no scripts"],
)
def test_in_danish(visit, work, sandbox, width, scripts):
    anna = visit(width=width, scripts=scripts)
    anna.open("/")
    anna.look("Parkér med beboerlicens")
    anna.press("Søg beboerlicens")
    anna.look("Log på (sandkasse)")
    steps.answer_login(anna, "anna")

    anna.look("Nummerplade")
    anna.page.get_by_label("Nummerplade").fill("za 10 001")
    anna.press("Få svar")
    anna.look("Ja, du kan få licens")
    anna.see("ZA 10 001", "Skoda Fabia", "Vesterbro (VB)")

    anna.press("Vælg startdato")
    anna.look("Hvornår skal licensen begynde?")
    anna.press("Læg i kurven")
    anna.look("Kurv")
    anna.press("Gå videre")
    anna.look("Se det hele igennem")
    anna.page.get_by_label("E-mail").fill("anna@borger.example")
    anna.page.get_by_label("Jeg har læst").check()
    anna.press("Betal")

    anna.look("Betaling")
    steps.pay(anna)
    anna.look("GYLDIG")
    anna.see("Kvitteringsnummer", "Vesterbro (VB)", "Visa")
    assert anna.page.title().startswith("Kvittering")
    assert steps.receipt(anna).startswith(b"%PDF")

    anna.press("Gå til Min side")
    anna.look("Min side")
    anna.see("GYLDIG", "ZA 10 001")
    anna.page.locator(".card-link").first.click()
    anna.look("GYLDIG")
    anna.see("ZA 10 001", "Her må du parkere med licensen", "Vesterbro (VB)")

    work()
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()
    anna.page.goto(f"{sandbox.base}/inbox/anna")
    anna.look()
    anna.see("Kvittering")


def test_in_english_on_a_desktop(visit):
    bo = visit(width=DESKTOP, language="en-GB")
    bo.open("/")
    bo.press("English")
    bo.look("Park with a resident permit", language="en")
    bo.press("Apply for a resident permit")
    bo.look("Log in (sandbox)", language="en")
    steps.answer_login(bo, "bo")

    bo.look("Number plate", language="en")
    bo.page.get_by_label("Number plate").fill("ZB10002")
    bo.press("Get an answer")
    bo.look("Yes, you can have a permit", language="en")
    bo.press("Choose the start date")
    bo.look(language="en")
    bo.press("Put in the basket")
    bo.look("Basket", language="en")
    bo.press("Continue")
    bo.look(language="en")
    bo.page.get_by_role("checkbox").check()
    bo.press("Pay DKK")

    bo.look("Payment", language="en")
    steps.pay(bo)
    bo.look("VALID", language="en")
    assert steps.receipt(bo).startswith(b"%PDF")
    bo.press("Go to My page")
    bo.look("My page", language="en")
    bo.see("VALID", "ZB 10 002")


def test_by_keyboard_only(visit):
    anna = visit()
    anna.open("/")
    anna.tab_to("Søg beboerlicens", "Enter")
    steps.answer_login(anna, "anna")
    anna.tab_to("Nummerplade")
    anna.page.keyboard.type("ZA10001")
    with anna.page.expect_navigation():
        anna.page.keyboard.press("Enter")
    anna.look("Ja, du kan få licens")
    anna.tab_to("Se hele svaret", "Space")
    anna.see("§ 1, stk. 1")
    anna.tab_to("Vælg startdato", "Enter")
    anna.tab_to("Læg i kurven", "Space")
    anna.look("Kurv")
    anna.tab_to("Gå videre", "Enter")
    anna.tab_to("Jeg har læst", "Space")
    anna.tab_to("Betal", "Enter")
    anna.look("Betaling")
    steps.pay(anna)
    anna.look("GYLDIG")
    anna.tab_to("Gå til Min side", "Enter")
    anna.look("Min side")


def test_the_first_stop_of_the_keyboard_leads_past_the_head_of_the_page(visit):
    anyone = visit()
    anyone.open("/")
    anyone.page.keyboard.press("Tab")
    anyone.page.keyboard.press("Enter")
    assert anyone.page.evaluate("document.activeElement.id") == "main-content"


def test_a_free_permit_needs_no_payment(visit):
    dan = visit(width=PHONE)
    steps.log_in(dan, "dan")
    steps.fill_basket(dan, "ZD10004")
    dan.press("Gå videre")
    dan.see("Licensen er gratis")
    dan.page.get_by_label("Jeg har læst").check()
    dan.press("Få licensen")
    dan.look("GYLDIG")
    assert Permit.objects.active().get().zone == "VS"


def test_a_permit_that_starts_later_is_not_valid_yet(visit):
    anna = visit(width=PHONE)
    steps.log_in(anna, "anna")
    steps.ask_about(anna, "ZA10001")
    anna.press("Vælg startdato")
    steps.fill_day(anna, steps.today(days=3))
    anna.press("Læg i kurven")
    anna.press("Gå videre")
    steps.agree(anna)
    steps.pay(anna)
    anna.page.wait_for_url("**/orders/**")
    assert anna.page.locator("h1").inner_text().startswith("GYLDIG fra")
    anna.look()
    anna.press("Gå til Min side")
    anna.see("IKKE GYLDIG ENDNU")
    anna.look("Min side")


def test_who_lives_on_a_private_common_road_is_warned_at_every_step(visit):
    tove = visit(width=PHONE)
    steps.log_in(tove, "tove")
    steps.ask_about(tove, "ZT10020")
    tove.look("Ja, du kan få licens")
    tove.see("Du bor på en privat fællesvej")
    tove.press("Vælg startdato")
    tove.press("Læg i kurven")
    tove.press("Gå videre")
    tove.see("Licensen gælder ikke på din egen vej")
    steps.agree(tove)
    steps.pay(tove)
    tove.look("GYLDIG")
    tove.see("Licensen gælder ikke på din egen vej")


def test_a_protected_address_is_shown_nowhere(visit):
    soeren = visit()
    steps.log_in(soeren, "soeren")
    steps.fill_basket(soeren, "ZS10019")
    soeren.press("Gå videre")
    steps.agree(soeren)
    soeren.look("GYLDIG")
    while soeren.page.go_back():
        assert "Islands Brygge 224" not in soeren.page.content()
