"""What people get wrong, and what goes wrong around them: a clear message, and nothing is lost."""

from __future__ import annotations

from journeys import steps
from parking.actions import login
from parking.records.application import Application
from parking.records.party import LoginSession
from parking.web.citizen import pages


def test_wrong_plates_are_told_and_kept(visit):
    anna = visit(width=320)
    steps.log_in(anna, "anna")
    for plate in ("", "A", "AB 12 345 678 90", "AB-12;DROP", "<script>alert(1)</script>"):
        steps.ask_about(anna, plate)
        anna.look("Nummerplade")
        assert anna.page.title().startswith("Fejl:")
        assert anna.page.get_by_label("Nummerplade").input_value() == plate
        assert anna.page.evaluate("document.activeElement.matches('[data-error-summary]')")
        anna.see("Der er problemer")
        anna.page.locator("[data-error-summary] a").click()
        assert anna.page.evaluate("document.activeElement.name") == "plate"
    assert not Application.objects.exists()


def test_wrong_days_are_told_and_kept(visit):
    anna = visit(width=320)
    steps.log_in(anna, "anna")
    steps.ask_about(anna, "ZA10001")
    anna.press("Vælg startdato")
    wrong = [steps.today(days=-1), steps.today(days=400)]
    typed = [(str(d.day), str(d.month), str(d.year)) for d in wrong]
    for day, month, year in [*typed, ("31", "2", "2027"), ("x", "y", "z"), ("", "", "")]:
        for label, text in (("Dag", day), ("Måned", month), ("År", year)):
            anna.page.get_by_label(label, exact=True).fill(text)
        anna.press("Læg i kurven")
        anna.look("Hvornår skal licensen begynde?")
        assert anna.page.title().startswith("Fejl:")
        assert anna.page.get_by_label("Dag", exact=True).input_value() == day
        assert anna.page.get_by_label("År", exact=True).input_value() == year
    assert Application.objects.get().period is None


def test_terms_that_are_not_agreed_to_and_a_wrong_e_mail(visit):
    anna = visit(width=320)
    steps.log_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    anna.page.get_by_label("E-mail").fill("anna")
    anna.press("Betal")
    anna.look("Se det hele igennem")
    anna.see("Du skal acceptere betingelserne", "navn@eksempel.dk")
    assert anna.page.get_by_label("E-mail").input_value() == "anna"


def test_a_session_that_ends_in_the_middle_loses_nothing(visit):
    anna = visit(width=390)
    steps.log_in(anna, "anna")
    anna.open("/permits/apply/")
    anna.page.get_by_label("Nummerplade").fill("ZA10001")
    login.end_session(LoginSession.objects.get().session_key)
    anna.press("Få svar")
    anna.look("Du er logget af", status=403)
    anna.see("er ikke gjort")
    anna.press("Log på igen")
    anna.look("Nummerplade")
    assert anna.page.get_by_label("Nummerplade").input_value() == "ZA10001"
    anna.press("Få svar")
    anna.look("Ja, du kan få licens")


def test_a_session_that_ends_at_the_basket_keeps_the_basket(visit):
    anna = visit(width=390)
    steps.log_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    login.end_session(LoginSession.objects.get().session_key)
    steps.agree(anna)
    anna.look("Du er logget af", status=403)
    anna.press("Log på igen")
    anna.look("Se det hele igennem")


def test_what_is_in_the_basket_can_be_changed_and_removed(visit):
    anna = visit(width=320)
    steps.log_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Ret startdato")
    steps.fill_day(anna, steps.today(days=2))
    anna.press("Læg i kurven")
    anna.look("Kurv")
    anna.press("Fjern")
    anna.look("Kurv")
    anna.see("Kurven er tom")


def test_the_other_language_is_the_same_page(visit):
    anna = visit()
    steps.log_in(anna, "anna")
    steps.ask_about(anna, "ZA10001")
    anna.press("English")
    anna.look("Yes, you can have a permit", language="en")
    anna.press("Dansk")
    anna.look("Ja, du kan få licens")


def test_a_page_that_does_not_exist(visit):
    anyone = visit(width=320)
    anyone.open("/licens/")
    anyone.look("Siden findes ikke", status=404)


def test_an_address_that_belongs_to_a_button(visit):
    anyone = visit(width=320)
    anyone.open("/saml/acs")
    anyone.look("Siden kan ikke åbnes på den måde", status=405)


def test_an_error_of_ours_has_a_number(visit, monkeypatch):
    def broken(*_):
        raise RuntimeError("610170-1234")

    monkeypatch.setattr(pages, "fares_on", broken)
    anyone = visit(width=320)
    anyone.open("/")
    anyone.look("Der skete en fejl hos os", status=500)
    anyone.see("fejlens nummer")
    for secret in ("610170", "RuntimeError", "Traceback", "Django", "Python"):
        assert secret not in anyone.page.content()


def test_a_login_that_does_not_answer(visit, sandbox):
    sandbox.fault("idp", "status:503")
    anyone = visit(width=320)
    anyone.open("/login/")
    anyone.look("Vi kan ikke svare lige nu", status=503)


def test_a_form_from_before_one_logged_in_again(visit):
    anna = visit(width=320)
    steps.log_in(anna, "anna")
    anna.open("/permits/apply/")
    anna.page.get_by_label("Nummerplade").fill("ZA10001")
    anna.context.clear_cookies(name="__Host-csrf")
    anna.press("Få svar")
    anna.look("Siden var for gammel", status=403)
