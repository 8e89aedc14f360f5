"""Money by bank in a real browser: it finds its charge by itself, or a case worker finds it."""

from __future__ import annotations

from journeys import steps
from parking.actions import bank
from parking.actions import charge as charges
from parking.law.charge import ChargeNumber, spaced
from parking.records.case import Case
from town import charge, now

NARROWEST = 320


def pay_at_home(visitor, slug: str, how: str = "today", text: str = "") -> None:
    """Type the payment line of a slip at the bank, as one does at home."""
    told = charges.answer_of(charge(slug))
    page = visitor.page
    page.goto(f"{visitor.outside}/bank/?id={told.slip.id}")
    page.get_by_label("Kroner").fill(f"{told.balance.ore // 100},00")
    page.get_by_label("How").select_option(how)
    page.get_by_label("Text").fill(text)
    visitor.press("Pay")
    page.wait_for_url(f"{visitor.outside}/bank/")
    visitor.see(told.slip.id[:-2])


def test_who_pays_at_the_bank_reads_that_it_is_paid(charged, visit, work):
    anna = visit(width=NARROWEST)
    steps.come_in(anna, "anna")
    pay_at_home(anna, "anna-open")
    bank.read(charged, now=now())
    anna.open(f"/charges/{charge('anna-open').id}/")
    anna.look()
    anna.see("Der er ikke noget at betale.", "Vi har fået 510 kr.")
    work()
    anna.page.reload()
    anna.look()
    anna.see("Betalt", "Sagen er slut.", "Der er ikke noget at betale.")

    pay_at_home(anna, "anna-now", "twice")
    bank.read(charged, now=now())
    anna.open(f"/charges/{charge('anna-now').id}/")
    anna.look()
    anna.see("for meget. Vi sørger for")


def test_money_that_fits_nothing_is_placed_by_a_case_worker(charged, visit, office, work):
    anna = visit(width=NARROWEST)
    steps.come_in(anna, "anna")
    pay_at_home(anna, "anna-open", "wrong-id", "Parkering i Vesterbro")
    bank.read(charged, now=now())
    case = Case.objects.get(unplaced_money__why="fits nothing")
    number = spaced(ChargeNumber(charge("anna-open").number))

    ditte = office(width=NARROWEST)
    ditte.open("/office/queue/")
    ditte.press(case.number)
    ditte.press("Åbn sagen")
    ditte.look(f"{case.number}: Penge i banken, som skal på plads")
    ditte.see("510 kr.", "Parkering i Vesterbro", "Kontoen, der ender på 1234")
    ditte.press("Tag sagen")
    ditte.page.get_by_label("Sæt pengene på en afgift").check()
    ditte.page.get_by_label("Begrundelse").fill("Hun har skrevet ét ciffer forkert.")
    ditte.press("Gem")
    ditte.look(status=422)
    ditte.see("Skriv afgiftens nummer.")
    ditte.page.get_by_label("Afgiftens nummer").fill(number)
    ditte.press("Gem")
    ditte.look()
    ditte.see("Afgjort", "Hun har skrevet ét ciffer forkert.")
    work()

    anna.open(f"/charges/{charge('anna-open').id}/")
    anna.look()
    anna.see("Betalt", "Der er ikke noget at betale.")
