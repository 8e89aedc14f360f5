"""What people are told who may not buy, or not yet: why, on what, and what would change it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from journeys import steps
from parking.jobs import tasks
from parking.records.application import Application
from parking.records.order import Order
from parking.records.permit import Permit

#: Who asks, about what, and what they are told: the sentence, the fact and what would change it.
REFUSED = [
    (
        "erik",
        "ZE10005",
        ("Du skal være fyldt 18 år", "§ 1, stk. 1", "Søg igen, når du er fyldt 18 år"),
    ),
    ("rikke", "ZR10018", ("bosat i Danmark", "udrejst", "meld det til Borgerservice")),
    ("freja", "ZF10006", ("ligge i kommunen", "i en anden kommune", "spørg den kommune, du bor i")),
    ("gorm", "ZG10007", ("ret til en licenszone", "ikke behøver licens", "Flytter du")),
    ("lars", "SWE123", ("danske motorregister", "findes ikke", "indregistreret i Danmark")),
    ("karen", "ZK10012", ("ikke være afmeldt", "er afmeldt", "når køretøjet er indregistreret")),
    ("jens", "ZK10011", ("meldt stjålet", "er meldt stjålet", "slette efterlysningen")),
    ("villy", "ZX10025", ("personbil, en varebil", "påhængsvogn", "af de nævnte typer")),
    ("ib", "ZJ10009", ("højst være 3.500 kg", "3.501 kg", "et lettere køretøj")),
    ("hanne", "ZH10008", ("ejer eller bruger", "hverken", "Bliv registreret")),
    ("olga", "ZP10016", ("erklæret, at kun du", "dokument", "erklære det skriftligt")),
    ("mette", "ZM10013", ("højst have 1 beboerlicens", "ZM 10 014", "er udløbet")),
    ("niels", "ZN10015", ("ikke gælde en anden licens", "allerede", "den anden licens er udløbet")),
]


@pytest.mark.parametrize(("slug", "plate", "told"), REFUSED, ids=[slug for slug, _, _ in REFUSED])
def test_refused(visit, slug, plate, told):
    visitor = visit(width=390)
    steps.log_in(visitor, slug)
    steps.ask_about(visitor, plate)
    visitor.look("Nej, du kan ikke få licens")
    visitor.see(*told, "§")
    application = Application.objects.get()
    visitor.open(f"/permits/applications/{application.id}/start/")
    assert visitor.page.url.endswith(f"/applications/{application.id}/")
    assert not Order.objects.exists()


def test_refused_in_english(visit):
    ib = visit(language="en-GB")
    steps.log_in(ib, "ib", path="/en/login/")
    ib.open("/en/permits/apply/")
    ib.page.get_by_label("Number plate").fill("ZJ10009")
    ib.press("Get an answer")
    ib.look("No, you cannot have a permit", language="en")
    ib.see("3,500 kg", "3,501 kg", "lighter vehicle")


def test_a_silent_register_is_waited_for_and_the_application_goes_on_by_itself(
    visit, work, sandbox
):
    ulla = visit(width=390)
    steps.log_in(ulla, "ulla")
    steps.ask_about(ulla, "ZU10021")
    ulla.look("Vi mangler et svar")
    ulla.see("Vi mangler svar fra: Motorregistret", "Din ansøgning er gemt", "ikke fået nej")
    ulla.page.get_by_label("E-mail").fill("ulla@borger.example")
    ulla.press("Gem e-mail")
    ulla.press("Gå til Min side")
    ulla.look("Min side")
    ulla.see("Venter på svar", "ZU 10 021")

    operator = visit()
    operator.page.goto(f"{sandbox.base}/_control/")
    operator.press("Take away temporary from dmr")
    operator.see("None.")
    Application.objects.update(ask_again_at=timezone.now())  # the minutes have passed
    tasks.resume_applications.defer(timestamp=0)
    work()

    ulla.page.reload()
    ulla.see("Du kan få licens", "Registrene svarede")
    ulla.look("Min side")
    ulla.page.locator(".card-link").click()
    ulla.press("Læg i kurven")
    ulla.press("Gå videre")
    steps.agree(ulla)
    steps.pay(ulla)
    ulla.look("GYLDIG")


def test_where_the_map_is_unsure_a_case_worker_is_awaited(visit):
    viggo = visit()
    steps.log_in(viggo, "viggo")
    steps.ask_about(viggo, "ZV10022")
    viggo.look("Vi mangler et svar")
    viggo.see("Vi mangler svar fra: en sagsbehandler", "ikke fået nej")


@pytest.mark.slow
def test_a_slow_register_does_not_keep_anybody_waiting(visit, sandbox):
    sandbox.fault("dmr", "slow:30")
    anna = visit()
    steps.log_in(anna, "anna")
    steps.ask_about(anna, "ZA10001")
    anna.look("Vi mangler et svar")
    anna.see("Motorregistret")


def test_an_answer_can_be_taken_back(visit):
    anna = visit(width=390)
    steps.log_in(anna, "anna")
    steps.ask_about(anna, "ZA10001")
    anna.press("Træk ansøgningen tilbage")
    anna.look("Min side")
    assert "ZA 10 001" not in anna.page.locator("main").inner_text()


def test_what_was_true_when_asked_is_asked_again_before_payment(visit, sandbox):
    anna = visit(width=390)
    steps.log_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    sandbox.fault("dmr", "drop")
    anna.press("Gå videre")
    steps.agree(anna)
    anna.see("der er ikke bestilt noget", "ZA 10 001 er taget ud af kurven")
    anna.look("Kurv", status=409)
    assert not Order.objects.exists()
    assert not Permit.objects.exists()
