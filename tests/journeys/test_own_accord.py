"""A crooked sign in a real browser: one case worker proposes, another approves, a driver reads."""

from __future__ import annotations

from datetime import date, timedelta

from journeys import steps
from parking.actions import charge as charges
from parking.actions import charge_feed
from parking.law.charge import ChargeNumber, State, spaced
from parking.law.days import danish_day
from town import charge, now

NARROWEST = 320


def fill_day(worker, name: str, day: date) -> None:
    for place, part in enumerate((day.day, day.month, day.year)):
        worker.page.locator(f"#id_{name}_{place}").fill(str(part))


def test_what_a_crooked_sign_made_wrong_is_annulled_by_two_people(stocked, visit, office, work):
    charge_feed.follow(stocked, now=now())
    ditte, dorte = office("ditte", width=NARROWEST), office("dorte")
    ditte.open("/office/own-accord/")
    ditte.look("Annuller flere afgifter")
    ditte.press("Nyt forslag")
    ditte.look("Foreslå en annullering")
    ditte.page.get_by_label("Vej", exact=True).fill("lergravsvej")
    ditte.page.get_by_label("Forseelser").fill("05a")
    fill_day(ditte, "since", danish_day(now()) - timedelta(days=30))
    ditte.press("Vis, hvad det bliver til")
    ditte.look(status=422)
    ditte.see("Skriv en dato.", "Vælg, hvorfor der bliver annulleret.", "Skriv din begrundelse.")
    fill_day(ditte, "until", danish_day(now()))
    ditte.page.get_by_label("Hvorfor bliver der annulleret?").select_option(value="sign")
    ditte.page.locator("#id_text").fill("Skiltet vendte ind mod hegnet.")
    ditte.press("Vis, hvad det bliver til")
    ditte.look("Foreslå en annullering")
    ditte.see("Det bliver det til", "1.530 kr.", "Lergravsvej 226")
    ditte.press("Foreslå annulleringen")
    ditte.look("Annullering: Lergravsvej")
    ditte.see("Venter på en kollega", "En kollega skal godkende dit forslag.")

    dorte.open("/office/own-accord/")
    dorte.press("Lergravsvej")
    dorte.look("Annullering: Lergravsvej")
    dorte.see("Skiltet vendte ind mod hegnet.", "Ditte Dahlgaard")
    dorte.page.get_by_label("Godkend, så afgifterne bliver annulleret").check()
    dorte.press("Gem dit svar")
    dorte.look()
    dorte.see("Bliver annulleret nu")
    work()
    dorte.press("Se, hvor langt vi er nu")
    dorte.look()
    dorte.see("Færdig", "2.040 kr.", "Dorte Dueholm")

    svend = visit(width=NARROWEST)
    steps.come_in(svend, "svend", path=f"/charges/{charge('sign-unpaid').id}/")
    svend.look()
    svend.see("Annulleret")

    dorte.open(f"/office/charges/{charge('anna-open').id}/open/")
    dorte.press("Åbn afgiften")
    dorte.press("Annuller den her afgift")
    dorte.look(f"Annuller afgift {spaced(ChargeNumber(charge('anna-open').number))}")
    dorte.page.get_by_label("Hvorfor bliver der annulleret?").select_option(value="warden error")
    dorte.page.locator("#id_text").fill("Vagten tog fejl af tiden.")
    dorte.press("Annuller afgiften")
    dorte.look()
    dorte.see("Annulleret", "Din parkeringsafgift er annulleret")
    assert charges.stands(charge("anna-open")) is State.ANNULLED
