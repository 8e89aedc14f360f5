"""What comes of a complaint, and of what a machine has seen, from both sides of the counter."""

from __future__ import annotations

from complaining import answer_for, send_for
from parking.actions import evidence
from parking.law import complaint as law
from parking.records.case import Case
from parking.records.complaint import Complaint
from town import charge, now, session

NARROWEST = 320


def open_case(worker, case: Case) -> None:
    """Open *case* from the queue, saying what for."""
    worker.open(f"/office/cases/{case.id}/")
    worker.press("Åbn sagen")
    worker.look()


def test_who_need_not_complain_reads_it_and_a_case_worker_does_as_the_machine_proposes(
    charged, visit, office
):
    given = charge("jens-stolen")
    evidence.check(charged, given, occasion="came in", now=now())
    jens = visit(width=NARROWEST)
    jens.is_logged_in(session("jens"))
    jens.open(f"/charges/{given.id}/")
    jens.look()
    jens.see(
        "Afgiften bliver annulleret",
        "Bilen var meldt stjålet, før afgiften blev givet.",
        "Du skal ikke betale eller klage.",
        "Afgiften er på 510 kr., men du skal ikke betale den.",
    )
    assert "rykker" not in jens.page.locator("main").inner_text()
    ditte = office()
    open_case(ditte, Case.objects.get(charge=given))
    ditte.see("Ingen har klaget.", "Skal annulleres", "Grund: Bilen var stjålet.")
    ditte.press("Tag sagen")
    ditte.press("Gem")
    ditte.look(status=422)
    ditte.see("Vælg, hvad du gør.", "Skriv din begrundelse.")
    ditte.page.get_by_label("Annuller afgiften").check()
    ditte.page.get_by_label("Begrundelse").fill("Politiet har anmeldelsen.")
    ditte.press("Gem")
    ditte.look()
    ditte.see("Afgjort", "Annulleret", "Politiet har anmeldelsen.")
    jens.page.reload()
    jens.look()
    jens.see("Afgiften er annulleret", "Der er ikke noget at betale.")


def test_heard_and_then_a_part_is_annulled(charged, visit, office, work):
    complaint = send_for("anna-open", "anna")
    work()
    ditte = office()
    open_case(ditte, Case.objects.get(complaint=complaint))
    ditte.press("Tag sagen")
    ditte.page.get_by_label("Hør klageren om det, du har fundet").check()
    ditte.page.get_by_label("Begrundelse").fill("Skiven var stillet en time frem.")
    ditte.press("Gå videre")
    ditte.look()
    ditte.see("Hvad siger du til det, vi har fundet?", "Skiven var stillet en time frem.")
    ditte.press("Send brevet")

    anna = visit(width=NARROWEST, scripts=False)
    anna.is_logged_in(session("anna"))
    anna.open(f"/charges/{complaint.charge_id}/complaints/{complaint.id}/")
    anna.look("Din klage")
    anna.see("Du kan sige noget til det, vi har fundet", "Skiven var stillet en time frem.")
    unbroken = f"Sommertiden var lige begyndt. https://example.org/{'x' * 300}"
    anna.page.get_by_label("Skriv til os").fill(unbroken)
    anna.page.get_by_role("button", name="Send", exact=True).click()
    anna.look("Din klage")
    anna.see("Vi ser på den", "Sommertiden var lige begyndt.")

    ditte.page.reload()
    ditte.look()
    ditte.see("Sommertiden var lige begyndt.")
    ditte.page.get_by_label("Annuller en del").check()
    ditte.page.get_by_label("Hvorfor bliver der annulleret?").select_option(label="Kulance")
    ditte.page.get_by_label("Begrundelse").fill("Skiven var stillet forkert i god tro.")
    ditte.press("Gå videre")
    ditte.look(status=422)
    ditte.see("Skriv, hvor meget der bliver annulleret.")
    ditte.page.get_by_label("Hvor meget bliver annulleret").fill("210")
    ditte.press("Gå videre")
    ditte.look()
    ditte.see("Svar på din klage: En del er annulleret", "300 kr.")
    ditte.press("Send brevet")
    ditte.look()
    work()
    anna.page.reload()
    anna.look("Din klage")
    anna.see("En del er annulleret", "Vi har trukket 210 kr. fra.", "Betal resten senest")
    anna.open(f"/charges/{complaint.charge_id}/")
    anna.look()
    anna.see("En del af afgiften er annulleret", "I alt 300 kr.")


def test_an_answer_is_looked_at_again_and_turns_out_the_other_way(charged, visit, office, work):
    complaint = send_for("anna-open", "anna")
    work()
    answer_for(complaint, law.Step.UPHOLD, reason=None)
    work()
    ditte = office()
    open_case(ditte, Case.objects.get(complaint=complaint))
    ditte.press("Genoptag klagen")
    ditte.look()
    ditte.see("Skiven ses ikke på billederne.", "Hos Ditte Dahlgaard.")
    ditte.page.get_by_label("Annuller afgiften").check()
    ditte.page.get_by_label("Hvorfor bliver der annulleret?").select_option(label="Vagtens fejl")
    ditte.page.get_by_label("Begrundelse").fill("Skiven ses på billede 2.")
    ditte.press("Gå videre")
    ditte.look()
    ditte.press("Send brevet")
    ditte.look()
    work()
    anna = visit(width=NARROWEST, language="en-GB")
    anna.is_logged_in(session("anna"))
    anna.open(f"/en/charges/{complaint.charge_id}/complaints/{complaint.id}/")
    anna.look("Your complaint", language="en")
    anna.see("Skiven ses ikke på billederne.", "Skiven ses på billede 2.")
    assert "Pay the rest" not in anna.page.locator("main").inner_text()
    anna.open(f"/charges/{complaint.charge_id}/")
    anna.see("Afgiften er annulleret", "Der er ikke noget at betale.")
    assert Complaint.objects.get().stands is law.State.ANNULLED
