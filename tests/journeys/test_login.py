"""Logging in and out: as it should be, cancelled, too weak, forged, and ended elsewhere."""

from __future__ import annotations

import pytest

from journeys import steps
from parking.records.party import LoginSession, Party

FORGED = ["tampered", "expired", "wrong-audience", "unsigned", "unencrypted", "other-request"]


def test_a_cancelled_login_is_no_disaster(visit):
    anna = visit(width=390)
    anna.open("/permits/apply/")
    anna.press("Annuller")
    anna.look("Du afbrød login")
    assert not LoginSession.objects.exists()
    anna.press("Log på igen")
    steps.answer_login(anna, "anna")
    anna.look("Nummerplade")


def test_a_cancelled_login_is_told_in_the_language_it_began_in(visit):
    anna = visit(language="en-GB")
    anna.open("/en/login/")
    anna.press("Cancel")
    anna.look("You stopped logging in", language="en")


@pytest.mark.parametrize(("how", "level"), [("ok", "Low"), ("too-low", "")])
def test_a_login_that_is_too_weak_is_refused(visit, how, level):
    anna = visit(width=390)
    anna.open("/login/")
    steps.answer_login(anna, "anna", how=how, level=level)
    anna.see("sikringsniveauet Betydelig")
    anna.look("Du er ikke logget på", status=403)
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_answer_logs_nobody_in(visit, how):
    anna = visit(width=390)
    anna.open("/login/")
    steps.answer_login(anna, "anna", how=how)
    anna.look("Du er ikke logget på", status=403)
    anna.see("oplys nummeret")
    assert not Party.objects.exists()
    assert not LoginSession.objects.exists()


def test_an_answer_that_was_used_logs_nobody_in(visit):
    steps.log_in(visit(), "anna")
    somebody = visit()
    somebody.open("/login/")
    steps.answer_login(somebody, "anna", how="replayed")
    somebody.look("Du er ikke logget på", status=403)
    assert LoginSession.objects.count() == 1


def test_logging_in_again_gives_a_session_that_nobody_has_used(visit):
    anna = visit()
    steps.log_in(anna, "anna")
    before = LoginSession.objects.get().session_key
    anna.press("Log af")
    steps.log_in(anna, "anna")
    assert LoginSession.objects.get().session_key != before


def test_logging_out_here_ends_the_login_too(visit):
    anna = visit()
    steps.log_in(anna, "anna")
    anna.press("Log af")
    anna.look("Du er logget af")
    assert not LoginSession.objects.exists()
    anna.open("/my/")
    anna.look("Log på (sandkasse)")


def test_logging_out_here_works_though_the_login_is_silent(visit, sandbox):
    anna = visit()
    steps.log_in(anna, "anna")
    sandbox.fault("idp", "drop")
    anna.page.get_by_role("button", name="Log af").first.click(no_wait_after=True)
    anna.page.wait_for_timeout(200)
    assert not LoginSession.objects.exists()


def test_logging_out_elsewhere_ends_the_session_here(visit, sandbox):
    anna = visit()
    steps.log_in(anna, "anna")
    anna.page.goto(f"{sandbox.base}/idp/")
    anna.press("Log out here")
    assert "Du er logget af alle steder" in anna.page.locator("h1").inner_text()
    assert not LoginSession.objects.exists()
    anna.open("/my/")
    anna.look("Du er logget af", status=403)


def test_a_login_does_not_need_the_population_register(visit, sandbox):
    sandbox.fault("cpr", "drop")
    noor = visit(width=390)
    steps.log_in(noor, "noor", path="/my/charges/")
    noor.look("Mine parkeringsafgifter")
    assert LoginSession.objects.count() == 1
    assert len(Party.objects.get().number_fingerprints) == 1
