"""The office and the people it is about: a case from both sides of the counter, to its end."""

from __future__ import annotations

from datetime import timedelta

from journeys import steps
from parking.actions import charge_feed, wording, zones
from parking.law import case as law
from parking.law import permit as permit_law
from parking.law.charge import ChargeNumber, spaced
from parking.law.days import danish_day
from parking.records.case import Case
from parking.records.document import Document
from parking.records.order import Refund
from parking.records.permit import Permit
from parking.records.zone import ZoneVersion
from pictures import a_pdf, a_photo
from town import charge, now

PHONE, NARROWEST = 390, 320
DECLARATION = "Erklæring om enebrug"


def take(worker, case: Case) -> None:
    """Open a case from the queue, with a purpose, and take it."""
    worker.open("/office/queue/")
    worker.press(case.number)
    worker.look(f"Åbn sag {case.number}")
    worker.press("Åbn sagen")
    worker.press("Tag sagen")
    worker.see("Under behandling")


def settle(worker, step: str, reasons: str, **chosen: str) -> None:
    """Take a step in the case that is open: fill in, look at the letter, send it."""
    worker.page.get_by_label(step).check()
    for label, value in chosen.items():
        worker.page.get_by_label(label).select_option(label=value)
    worker.page.get_by_label("Begrundelse").fill(reasons)
    worker.press("Se brevet")
    worker.look()
    worker.see(reasons)
    worker.press("Send brevet")
    worker.look()
    worker.see("Breve")


def letters(visitor, slug: str) -> str:
    """Return what stands in the inbox of an inhabitant."""
    visitor.page.goto(f"{visitor.outside}/inbox/{slug}")
    visitor.look()
    return visitor.page.locator("main").inner_text()


def hand_in(visitor, *files) -> None:
    """Save files as they come from a phone."""
    named = [{"name": name, "mimeType": "", "buffer": content} for name, content in files]
    visitor.page.locator("input[type=file]").set_input_files(named)
    visitor.press("Gem filerne")


def buy_on_trust(olga) -> Permit:
    """Hand in the declaration of a company car, and buy before anybody has looked at it."""
    steps.come_in(olga, "olga")
    steps.ask_about(olga, "ZP10016")
    olga.look("Nej, du kan ikke få licens")
    olga.press("Aflever dokumenter")
    olga.look("Dokumenter")
    hand_in(olga, ("side 1.jpg", a_photo()), ("side 2.pdf", a_pdf()))
    olga.look("Dokumenter")
    olga.see("side 1.jpg", "side 2.pdf", "Ikke afleveret endnu")
    olga.press("Aflever dokumenterne")
    olga.look("Vi mangler et svar")
    olga.see("Du kan købe licensen nu")
    olga.press("Vælg startdato")
    olga.press("Læg i kurven")
    olga.press("Gå videre")
    olga.look("Se det hele igennem")
    steps.agree(olga)
    steps.pay(olga)
    olga.look("GYLDIG")
    permit = Permit.objects.get()
    assert permit.provisional_until is not None
    return permit


def test_where_two_areas_overlap_a_case_worker_says_which(visit, office, work):
    viggo = visit(width=NARROWEST)
    steps.come_in(viggo, "viggo")
    steps.ask_about(viggo, "ZV10022")
    viggo.look("Vi mangler et svar")
    viggo.see("Vi mangler svar fra: en sagsbehandler")

    case = Case.objects.get()
    ditte = office()
    ditte.look("Sager")
    ditte.see(case.number, "I kø")
    assert "Viggo" not in ditte.page.content(), "the queue names nobody"
    take(ditte, case)
    ditte.look(f"{case.number}: Bolig og licensområde")
    ditte.see("Viggo Grænsen", "760872-••••", f"Behandling af sag {case.number}", "CPR-registret")
    ditte.press("Vis hele nummeret")
    ditte.look()
    ditte.see("760872-1025")
    ditte.press("Se brevet")
    ditte.look(status=422)
    ditte.see("Vælg, hvad du gør.", "Skriv din begrundelse.")
    settle(
        ditte,
        "Afgør ud fra oplysningerne",
        "Døren vender ud mod Amager Nord.",
        Licensområde="Amager Nord (AN)",
    )
    ditte.see("Afgjort", "Ja, du kan få licens", "Døren vender ud mod Amager Nord.")

    work()
    assert "Ja, du kan få licens" in letters(viggo, "viggo")
    viggo.open("/my/")
    viggo.look("Min side")
    viggo.see("Du kan få licens")
    viggo.page.locator(".card-link").first.click()
    viggo.press("Læg i kurven")
    viggo.press("Gå videre")
    steps.agree(viggo)
    if Permit.objects.filter(state=permit_law.State.ACTIVE.value).count() == 0:
        steps.pay(viggo)
    viggo.look("GYLDIG")
    assert Permit.objects.get().zone == "AN"

    viggo.open("/my/data/")
    viggo.look("Mine data")
    viggo.see("En sagsbehandler i Parkering", f"Behandling af sag {case.number}")
    viggo.see("Dit CPR-nummer blev vist.")
    assert "Ditte" not in viggo.page.content(), "a citizen is told the unit, not the name"


def test_a_company_car_whose_declaration_is_good(visit, office, work):
    olga = visit(width=PHONE, scripts=False)
    permit = buy_on_trust(olga)
    ditte = office()
    take(ditte, Case.objects.get())
    ditte.see("side 1.jpg", "side 2.pdf", "afleveret", permit.number, "foreløbig til")
    photo = ditte.page.get_by_role("link", name="side 1.jpg").get_attribute("href")
    answer = ditte.context.request.get(f"{ditte.portal}{photo}")
    assert answer.headers["content-type"] == "image/jpeg"
    settle(
        ditte,
        "Afgør ud fra oplysningerne",
        "Begge har skrevet under.",
        **{DECLARATION: "Godkendt"},
    )
    permit.refresh_from_db()
    assert permit.provisional_until is None
    assert permit.stands is permit_law.State.ACTIVE
    work()
    assert "Ja, du kan få licens" in letters(olga, "olga")
    olga.open("/my/")
    olga.see("GYLDIG", "ZP 10 016")


def test_a_company_car_whose_declaration_does_not_hold(visit, office, work):
    olga = visit(width=PHONE)
    permit = buy_on_trust(olga)
    ditte = office()
    take(ditte, Case.objects.get())
    settle(
        ditte,
        "Afgør ud fra oplysningerne",
        "Arbejdsgiveren har ikke skrevet under.",
        **{DECLARATION: "Ikke godkendt"},
    )
    permit.refresh_from_db()
    assert permit.stands is not permit_law.State.ACTIVE
    assert Refund.objects.get().amount_ore > 0
    work()
    assert "Nej, du kan ikke få licens" in letters(olga, "olga")
    olga.open("/my/")
    olga.look("Min side")
    olga.see("GYLDIG", "Opsagt til")
    olga.page.get_by_role("link", name="ZP 10 016").last.click()
    olga.look("GYLDIG")
    olga.see("Licensen er opsagt", "tilbage")
    assert not Document.objects.exclude(state=Document.State.REJECTED).exists()


def test_a_second_vehicle_is_asked_for_in_english_and_granted(visit, office, work):
    mette = visit(width=NARROWEST, language="en-GB")
    mette.open("/en/permits/apply/")
    steps.answer_login(mette, "mette")
    mette.page.get_by_label("Number plate").fill("ZM10013")
    mette.press("Get an answer")
    mette.look(language="en")
    mette.page.locator("main a[href$='/second-vehicle/']").click()
    mette.look(language="en")
    mette.page.locator("main form button[type=submit]").last.click()
    mette.look(language="en")
    assert mette.page.title().startswith("Error:")
    mette.page.locator("textarea").fill("My husband drives the other one.")
    mette.page.locator("main form button[type=submit]").last.click()
    mette.look(language="en")

    ditte = office()
    take(ditte, Case.objects.get())
    ditte.see("My husband drives the other one.")
    settle(ditte, "Afgør ud fra oplysningerne", "To voksne bor på adressen og deler bilerne.")
    work()
    letters(mette, "mette")
    mette.open("/en/my/")
    mette.look(language="en")
    mette.page.locator(".card-link[href$='/start/']").click()
    mette.look(language="en")
    mette.page.locator("main form button[type=submit]").last.click()
    mette.look("Basket", language="en")


def test_more_is_asked_for_and_comes(visit, office, work):
    olga = visit(width=NARROWEST)
    buy_on_trust(olga)
    case = Case.objects.get()
    ditte = office()
    take(ditte, case)
    settle(ditte, "Bed om mere", "Vi kan ikke læse underskriften på side 2.")
    ditte.see("Venter på borgeren")
    work()
    assert "Vi mangler noget i din sag om licens" in letters(olga, "olga")
    olga.page.get_by_role("link", name="Se din ansøgning").last.click()
    olga.look()
    olga.press("Aflever dokumenter")
    hand_in(olga, ("side 2 igen.jpg", a_photo((90, 60))))
    olga.press("Aflever dokumenterne")
    olga.look()
    case.refresh_from_db()
    assert case.stands is law.State.TAKEN
    ditte.page.reload()
    ditte.see("side 2 igen.jpg", "Under behandling")


def test_what_is_wrong_with_a_file_is_said_and_the_others_stay(visit, portal):
    olga = visit(width=NARROWEST)
    steps.come_in(olga, "olga")
    steps.ask_about(olga, "ZP10016")
    olga.press("Aflever dokumenter")
    olga.press("Gem filerne")
    olga.look("Dokumenter", status=422)
    olga.see("Vælg mindst én fil.")
    locked = a_pdf().replace(b"trailer<<", b"trailer<</Encrypt 9 0 R")
    hand_in(
        olga,
        ("god.jpg", a_photo()),
        ("tom.pdf", b""),
        ("program.exe", b"MZ" + bytes(300)),
        ("halv.jpg", a_photo((400, 300))[:900]),
        ("låst.pdf", locked),
    )
    olga.look("Dokumenter", status=422)
    olga.see(
        "tom.pdf er tom",
        "program.exe er hverken et billede eller en pdf",
        "halv.jpg er gået i stykker undervejs",
        "låst.pdf er låst med adgangskode",
        "god.jpg",
    )
    assert Document.objects.get().original_name == "god.jpg"
    hand_in(olga, *[(f"side {number}.pdf", a_pdf(f"side {number}")) for number in range(5)])
    olga.look("Dokumenter", status=422)
    olga.see("side 4.pdf er ikke gemt: Der er for mange filer")
    olga.page.get_by_role("button", name="Fjern god.jpg").click()
    olga.look("Dokumenter")
    olga.press("English")
    olga.look("Documents", language="en")
    assert Document.objects.count() == 4


def test_nobody_handles_their_own_case(visit, office):
    viggo = visit(width=PHONE)
    steps.come_in(viggo, "viggo")
    steps.ask_about(viggo, "ZV10022")
    himself = office("viggo-k")
    himself.look("Sager")
    himself.see("Der er ingen sager her.")
    himself.open(f"/office/cases/{Case.objects.get().id}/")
    himself.look("Det er din egen sag", status=403)


def test_who_may_only_read_only_reads(visit, office):
    viggo = visit(width=PHONE)
    steps.come_in(viggo, "viggo")
    steps.ask_about(viggo, "ZV10022")
    case = Case.objects.get()
    rosa = office("rosa")
    rosa.open("/office/search/")
    rosa.look("Søg efter en sag eller en afgift")
    rosa.page.get_by_label("Sagsnummer, afgiftsnummer eller nummerplade").fill("zv 10 022")
    rosa.page.get_by_label("Hvorfor søger du?").fill("Borgeren ringer.")
    rosa.page.locator("main button[type=submit]").click()
    rosa.look("Søg efter en sag eller en afgift")
    rosa.press(case.number)
    rosa.press("Åbn sagen")
    rosa.look(f"{case.number}: Bolig og licensområde")
    for name in ("Tag sagen", "Vis hele nummeret", "Se brevet", "Spørg registrene igen"):
        assert rosa.page.get_by_role("button", name=name).count() == 0, name


def test_a_case_is_worked_on_by_keyboard_only(visit, office):
    viggo = visit(width=PHONE)
    steps.come_in(viggo, "viggo")
    steps.ask_about(viggo, "ZV10022")
    ditte = office()
    ditte.tab_to(Case.objects.get().number, "Enter")
    ditte.tab_to("Åbn sagen", "Enter")
    ditte.tab_to("Tag sagen", "Enter")
    ditte.tab_to("Afgør ud fra oplysningerne", "Space")
    ditte.tab_to("Licensområde")
    ditte.page.keyboard.type("Amager Nord")
    ditte.tab_to("Begrundelse")
    ditte.page.keyboard.type("Set på kortet.")
    ditte.tab_to("Se brevet", "Enter")
    ditte.tab_to("Send brevet", "Enter")
    ditte.see("Afgjort")


def test_an_operator_shuts_somebody_out_who_then_is_out(visit, office):
    otto = office("otto", by_login=True)
    otto.look("Ansatte")
    ditte = office("ditte", by_login=True)
    otto.page.reload()
    otto.see("Ditte Dahlgaard")
    otto.page.get_by_role("button", name="Luk ude nu Ditte Dahlgaard").click()
    otto.look("Ansatte")
    otto.see("Lukket ude")
    ditte.page.reload()
    ditte.look("Du blev ikke logget på", status=403)


def test_who_has_no_role_is_told_what_to_do(visit, office):
    nina = office("nina", by_login=True)
    nina.look("Du blev ikke logget på", status=403)
    nina.see("Spørg din leder")


def test_the_office_in_english_and_out_again(visit, office):
    leif = office("leif", by_login=True)
    leif.press("English")
    leif.look("Cases", language="en")
    leif.page.locator(".portal-user button").click()
    leif.page.wait_for_url(f"{leif.portal}/office/**")
    leif.look("Du er logget af")
    leif.open("/office/queue/")
    assert "/staff-idp/" in leif.page.url


def test_a_new_map_is_seen_as_a_difference_and_accepted(office, stocked, sandbox):
    ditte = office()
    ditte.page.goto(f"{sandbox.base}/_control/")
    ditte.press("The city publishes a new map with every trap")
    zones.fetch_zones(stocked, now=now())
    case = Case.objects.get()
    ditte.open("/office/queue/")
    ditte.press(case.number)
    ditte.look(f"{case.number}: Nyt kort fra kommunen")
    ditte.see("Ukendt kategori. Vi har lagt figuren til side.", "Flyttet grænse")
    ditte.press("Tag sagen")
    ditte.look()
    ditte.press("Gem dit svar")
    ditte.look(status=422)
    ditte.see("Vælg, hvad du gør.")
    ditte.page.set_viewport_size({"width": NARROWEST, "height": 844})
    ditte.look(status=422)
    ditte.page.get_by_label("Godkend kortet").check()
    ditte.press("Gem dit svar")
    ditte.look()
    ditte.see("Kortet er godkendt og gælder fra")
    assert ZoneVersion.objects.filter(state="in force").count() == 2


def test_a_charge_is_stopped_while_something_is_found_out(portal, stocked, visit, office, work):
    charge_feed.follow(stocked, now=now())
    found = charge("anna-open")
    number = spaced(ChargeNumber(found.number))
    anna, ditte = visit(width=NARROWEST), office(width=NARROWEST)
    steps.come_in(anna, "anna")
    ditte.open(f"/office/charges/{found.id}/")
    ditte.press("Åbn afgiften")
    ditte.press("Stop opkrævningen")
    ditte.look(f"Stop opkrævningen af afgift {number}")
    ditte.page.get_by_label("Hvorfor stopper du den?").fill("Vi venter på politiet.")
    ditte.press("Stop opkrævningen")
    ditte.look(status=422)
    ditte.see("Skriv den dag, opkrævningen skal gå videre.")
    until = danish_day(now()) + timedelta(days=30)
    for label, part in (("Dag", until.day), ("Måned", until.month), ("År", until.year)):
        ditte.page.get_by_label(label, exact=True).fill(str(part))
    ditte.press("Stop opkrævningen")
    ditte.look(f"Parkeringsafgift {number}")
    ditte.see("Stoppet af Ditte Dahlgaard", "Vi venter på politiet.")
    work()
    anna.open(f"/charges/{found.id}/")
    anna.look()
    anna.see(f"Indtil {wording.day(until)} sker der ikke noget")
    ditte.press("Ophæv stoppet")
    ditte.look(f"Ophæv stoppet af afgift {number}")
    ditte.press("Ophæv stoppet")
    ditte.look(f"Parkeringsafgift {number}")
    ditte.see("Ophævet af Ditte Dahlgaard", "Stop opkrævningen")
    work()
    (told,) = stocked.charges.charge(found.source_id).stops
    assert told.lifted is not None
