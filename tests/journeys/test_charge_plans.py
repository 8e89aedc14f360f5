"""Charges: a plan agreed and its first instalment paid on a phone, and a case taken along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from journeys import steps
from parking.actions import charge as charges
from parking.actions import plan
from parking.law import instalments as law
from parking.law.charge import spaced
from parking.law.money import Money
from parking.records.collection import Plan
from sandbox.charges import code_of
from town import charge, now, party, session, slip_of

pytestmark = pytest.mark.usefixtures("charged")


def test_a_plan_agreed_its_first_instalment_paid_and_the_next_left_to_the_card_on_a_phone(visit):
    anna = visit(width=320)
    steps.come_in(anna, "anna", path="/my/charges/")
    anna.look("Mine parkeringsafgifter")
    anna.press("Betal i rater")
    anna.look("Betal i rater")
    anna.page.get_by_label("Hvor mange rater?").select_option("2")
    anna.press("Vis raterne")
    anna.see("Det aftaler du", "510 kr.", "1.020 kr.")
    anna.press("Aftal ordningen")
    anna.look("Din betalingsordning")
    anna.page.get_by_label("Træk de næste rater").check()
    anna.press("Betal 1. rate: 510 kr.")
    anna.look("Kurv")
    anna.see("510 kr.")
    anna.press("Gå videre")
    steps.agree(anna)
    steps.pay(anna)
    anna.page.wait_for_url(f"{anna.portal}/orders/**")
    plan = Plan.objects.get()
    anna.open(f"/my/plans/{plan.id}/")
    anna.look("Din betalingsordning")
    anna.see("Tilbage at betale 510 kr.", "Betalt")
    anna.see("Vi trækker 510 kr. den", "fra kortet 492500******0004")
    anna.press("Stop træk fra kortet")
    anna.look("Din betalingsordning")
    anna.see("Næste rate er 510 kr.")
    plan.refresh_from_db()
    assert not plan.card_agreement
    owed = [charges.balance(charge(slug)).owed for slug in ("anna-open", "anna-now")]
    assert owed == [Money(0), Money(51_000)]


def test_of_a_plan_that_was_broken_the_remainder_is_paid_at_once(visit, stocked):
    proposal = plan.propose(party("anna"), 2, now=now())
    agreed = plan.agree(
        stocked, party("anna"), 2, agreed=proposal.agreement, language="da", now=now()
    )
    # It was agreed long ago, and the first instalment is not paid.
    for each in agreed.instalments.all():
        each.due -= timedelta(days=40)
        each.save()
    plan.follow(now=now())
    anna = visit(width=320, scripts=False)
    anna.is_logged_in(session("anna"))
    anna.open("/my/")
    anna.look("Min side")
    anna.see("Ordningen er ophørt")
    anna.open(f"/my/plans/{agreed.id}/")
    anna.look("Din betalingsordning")
    anna.see("Ordningen er ophørt", "Betal hele resten, 1.020 kr., senest")
    anna.press("Betal resten: 1.020 kr.")
    anna.look("Kurv")
    anna.press("Gå videre")
    steps.agree(anna)
    steps.pay(anna)
    anna.look("BETALT")
    anna.open("/my/charges/")
    anna.look("Mine parkeringsafgifter")
    assert "Skyldig" not in anna.page.locator("main").inner_text()
    anna.open(f"/my/plans/{agreed.id}/")
    anna.look("Din betalingsordning")
    anna.see("Alt er betalt")
    assert "Betal hele resten" not in anna.page.locator("main").inner_text()
    agreed.refresh_from_db()
    assert agreed.stands is law.State.BROKEN


def test_somebody_with_a_slip_sees_what_comes_and_takes_the_case_along(visit):
    guest = visit(language="en-GB")
    number, _plate = slip_of("lars-swedish")
    guest.open(f"/en/charges/slip/{number}/{code_of(number)}/")
    guest.look(f"Parking charge {spaced(number)}", language="en")
    guest.see("What happens now", "We send a reminder. It costs nothing.")
    with guest.page.expect_download() as coming:
        guest.press("Download the whole case as a PDF")
    content = coming.value.path().read_bytes()
    assert coming.value.suggested_filename == f"{number}.pdf"
    assert content.startswith(b"%PDF")
    assert b"pdfuaid" in content
