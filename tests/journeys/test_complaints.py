"""Complaining in a real browser: on a phone without scripts, and from both sides of the counter."""

from __future__ import annotations

from playwright.sync_api import expect

from complaining import answer_for, send_for
from journeys import steps
from parking.actions import checkout
from parking.law import complaint as law
from parking.law.charge import ChargeNumber, spaced
from parking.law.charge_terms import AnnulmentReason
from parking.records.case import Case
from parking.records.complaint import Complaint, ComplaintFile
from pictures import a_photo
from town import ADDRESSES, charge, now, party, pay, slip_of

NARROWEST = 320


def attach(visitor, name: str) -> None:
    """Save a photo as it comes from a phone."""
    photo = {"name": name, "mimeType": "", "buffer": a_photo()}
    visitor.page.locator("input[type=file]").set_input_files([photo])
    visitor.page.locator("input[name=kind]").first.check()
    visitor.press("Gem filerne")


def begin(visitor, slug: str) -> None:
    visitor.open(f"/charges/{charge(slug).id}/")
    visitor.look()
    visitor.press("Klag over afgiften")
    visitor.look("Klag over afgiften")


def take_up(office, case: Case):
    """Have one of the staff take *case* out of the queue."""
    ditte = office()
    ditte.open("/office/queue/")
    ditte.press(case.number)
    ditte.press("Åbn sagen")
    ditte.look()
    ditte.press("Tag sagen")
    ditte.look()
    return ditte


def test_with_the_slip_a_photo_and_no_scripts(charged, visit, work):
    lars = visit(width=NARROWEST, scripts=False)
    number, plate = slip_of("lars-swedish")
    lars.open("/charges/")
    lars.page.get_by_label("Afgiftsnummer").fill(number)
    lars.page.get_by_label("Nummerplade").fill(plate)
    lars.page.locator("main form button[type=submit]").first.click()
    lars.look(f"Parkeringsafgift {spaced(ChargeNumber(number))}")
    lars.press("Klag over afgiften")
    lars.look("Klag over afgiften")
    lars.see("Skriv klagens kode ned")
    lars.press("Gem og gå videre")
    lars.look(status=422)
    lars.page.get_by_label("Jeg havde betalt").check()
    lars.press("Gem og gå videre")
    lars.look("Hvad skete der?")
    lars.page.get_by_label("Hvem betalte du til?").fill("EasyPark")
    lars.page.get_by_label("Fortæl, hvad der skete").fill("Jeg betalte i appen.")
    lars.press("Gem og gå videre")
    lars.look(status=422)
    lars.see("Skriv dit navn.")
    lars.page.get_by_label("Dit navn").fill("Lars Svensson")
    lars.page.get_by_label("Din adresse").fill("Storgatan 1, Malmø")
    lars.press("Gem og gå videre")
    lars.look("Billeder og papirer")
    attach(lars, "kvittering.jpg")
    lars.look("Billeder og papirer")
    lars.see("kvittering.jpg", "ikke sendt endnu")
    lars.press("Gå videre")
    lars.look("Send klagen")
    lars.see("EasyPark", "Jeg betalte i appen.", "Lars Svensson")
    lars.press("Send klagen")
    lars.look("Din klage")
    lars.see("Sendt", "Gebyrer og frister venter", "kvittering.jpg")
    work()
    assert Complaint.objects.get().is_open
    assert ComplaintFile.objects.get().handed_in is not None


def test_a_machine_annuls_before_anybody_complains(charged, visit, work):
    gorm = visit(width=NARROWEST)
    steps.come_in(gorm, "gorm")
    gorm.open(f"/charges/{charge('gorm-paid-elsewhere').id}/")
    gorm.look()
    gorm.see("Det skylder du", "Klag over afgiften")
    work()
    gorm.page.reload()
    gorm.look()
    gorm.see(
        "Afgiften er annulleret",
        "Der var betalt for parkeringen, da afgiften blev givet.",
        "Der er ikke noget at betale.",
    )


def test_a_case_worker_asks_and_decides(charged, visit, office, work):
    anna = visit(width=NARROWEST)
    steps.come_in(anna, "anna")
    begin(anna, "anna-open")
    anna.page.get_by_label("P-skiven lå i bilen").check()
    anna.press("Gem og gå videre")
    anna.look("Hvad skete der?")
    anna.page.get_by_label("Fortæl, hvad der skete").fill("Skiven lå i ruden.")
    anna.press("Gem og gå videre")
    anna.look("Billeder og papirer")
    anna.press("Gå videre uden filer")
    anna.look("Send klagen")
    anna.open("/my/")
    anna.look("Min side")
    anna.see("Klagen er ikke sendt endnu.")
    anna.page.locator(".card-link").first.click()
    anna.press("Send klagen")
    anna.look("Din klage")
    work()

    ditte = take_up(office, Case.objects.get(complaint__isnull=False))
    ditte.see("Skiven lå i ruden.", "Vagtens note", "Regnskab")
    ditte.page.get_by_label("Bed klageren om mere").check()
    ditte.page.get_by_label("Begrundelse").fill("Har du et billede?")
    ditte.press("Gå videre")
    ditte.look()
    ditte.see("Vi mangler noget i din klage", "Har du et billede?")
    ditte.press("Send brevet")
    ditte.look()

    anna.page.reload()
    anna.look("Din klage")
    anna.see("Vi venter på dit svar", "Har du et billede?")
    anna.page.get_by_label("Skriv til os").fill("Nej, men skiven ses på jeres.")
    anna.page.get_by_role("button", name="Send", exact=True).click()
    anna.look("Din klage")
    anna.see("Nej, men skiven ses på jeres.")

    ditte.page.reload()
    ditte.page.get_by_label("Annuller afgiften").check()
    ditte.page.get_by_label("Hvorfor bliver der annulleret?").select_option(label="Vagtens fejl")
    ditte.page.get_by_label("Begrundelse").fill("Skiven ses på vagtens billede.")
    ditte.press("Gå videre")
    ditte.look()
    ditte.see("Svar på din klage: Afgiften er annulleret")
    ditte.press("Send brevet")
    ditte.look()
    work()
    anna.page.reload()
    anna.look("Din klage")
    anna.see("Du fik ret", "Skiven ses på vagtens billede.")
    assert Complaint.objects.get().stands is law.State.ANNULLED


def test_answered_no_asked_once_more_and_taken_back(charged, visit, work):
    complaint = send_for("anna-open", "anna")
    work()
    answer_for(complaint, law.Step.UPHOLD, reason=None)
    anna = visit(width=NARROWEST)
    steps.come_in(anna, "anna")
    anna.open(f"/charges/{complaint.charge_id}/complaints/{complaint.id}/")
    anna.look("Din klage")
    anna.see("Skiven ses ikke på billederne.", "Du kan klage igen til og med")
    anna.press("Klag igen")
    anna.look("Klag igen")
    anna.press("Send klagen")
    anna.look("Klag igen", status=422)
    anna.page.get_by_label("Hvorfor er svaret forkert?").fill("Se på billede 2.")
    anna.press("Send klagen")
    anna.look("Din klage")
    anna.see("Se på billede 2.", "Vi regner med at svare senest")
    anna.page.get_by_text("Træk klagen tilbage").first.click()
    anna.page.get_by_role("button", name="Træk klagen tilbage").click()
    anna.look()
    assert Complaint.objects.get().stands is law.State.WITHDRAWN
    anna.open(f"/charges/{complaint.charge_id}/")
    anna.look()
    anna.see("Betal senest")
    assert "Der er klaget" not in anna.page.locator("main").inner_text()


def test_what_was_paid_for_what_is_annulled_comes_back_by_itself(charged, visit, work):
    given = charge("anna-open")
    anna = party("anna")
    checkout.choose(anna, given, now=now())
    owed = checkout.charges_in_basket(anna)
    order = checkout.begin(
        charged, anna, agreed=checkout.agreement([], owed, checkout.to_pay(anna, owed)),
        language="da", addresses=ADDRESSES, now=now(),
    )  # fmt: skip
    pay(order.payment.page_url)
    checkout.settle(charged, order.payment.payment_id, now=now())
    work()
    complaint = send_for("anna-open", "anna")
    work()
    answer_for(complaint, law.Step.ANNUL, reason=AnnulmentReason.WARDEN_ERROR)
    visitor = visit(width=NARROWEST)
    steps.come_in(visitor, "anna")
    visitor.open(f"/charges/{given.id}/")
    visitor.look()
    visitor.see("Afgiften er annulleret", "Vi sender 510 kr. tilbage samme vej")
    work()
    work()
    visitor.page.reload()
    visitor.look()
    visitor.see("Betalt tilbage", "Der er ikke noget at betale.")
    assert charged.payments.payment(order.payment.payment_id).refunded == order.total


def test_a_letter_from_abroad_is_written_down_and_answered_in_english(charged, office, work):
    number, plate = slip_of("lars-swedish")
    ditte = office()
    ditte.press("Indtast klage")
    ditte.look("Indtast en klage")
    ditte.press("Gem klagen")
    ditte.look("Indtast en klage", status=422)
    ditte.see("Skriv afgiftens nummer.", "Vælg, hvordan klagen kom.")
    fill = ditte.page.get_by_label
    fill("Afgiftsnummer").fill(number)
    fill("Nummerplade").fill(plate)
    fill("Brev", exact=True).check()
    steps.fill_day(ditte, steps.today())
    fill("Hvad handler den om?").select_option(
        label="Skiltet eller stregerne var til at tage fejl af"
    )
    fill("Hvad står der, eller hvad blev der sagt?").fill("There was no sign.")
    fill("Klagerens navn").fill("Lars Svensson")
    fill("Klagerens adresse").fill("Storgatan 1, Malmö")
    fill("Engelsk").check()
    letter = {"name": "brev.jpg", "mimeType": "", "buffer": a_photo()}
    ditte.page.locator("input[type=file]").set_input_files([letter])
    ditte.press("Gem klagen")
    case = Case.objects.get(complaint__isnull=False)
    ditte.see(case.number)
    ditte.press("Tag sagen")
    ditte.look()
    ditte.see("There was no sign.", "Lars Svensson, Storgatan 1, Malmö", "Engelsk", "brev.jpg")
    fill("Fasthold afgiften").check()
    fill("Begrundelse").fill("The sign can be seen in the warden's photo.")
    ditte.press("Gå videre")
    ditte.look()
    ditte.see("The sign can be seen in the warden's photo.")
    assert ditte.page.locator(".letter").get_attribute("lang") == "en"
    ditte.press("Send brevet")
    ditte.look()
    ditte.see("Breve")
    work()
    assert Complaint.objects.get().stands is law.State.CHARGE_STANDS
    assert ComplaintFile.objects.get().handed_in is not None


def test_what_is_typed_is_there_when_one_leaves_and_comes_back(charged, visit, eventually):
    anna = visit(width=NARROWEST)
    steps.log_in(anna, "anna")
    begin(anna, "anna-open")
    anna.page.get_by_label("P-skiven lå i bilen").check()
    anna.press("Gem og gå videre")
    anna.look("Hvad skete der?")
    status = anna.page.locator("form [role=status]")
    expect(status).to_have_text("Vi gemmer kladden, mens du skriver.")
    box = anna.page.get_by_label("Fortæl, hvad der skete")
    box.fill("Skiven lå")
    expect(status).to_have_text("Kladden er gemt.")
    box.fill("Skiven lå i ruden.")
    anna.open("/charges/")  # at once, by another link
    draft = Complaint.objects.get()
    # What is sent as one leaves comes beside the next page, and may come after it.
    eventually(lambda: Complaint.objects.get().text == "Skiven lå i ruden.")
    anna.open(f"/charges/{draft.charge_id}/complaints/{draft.id}/details/")
    expect(box).to_have_value("Skiven lå i ruden.")
    anna.look("Hvad skete der?")
