"""Complaining in a browser without scripts, who may read what, and the office's side of it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from parking.actions import (
    carry,
    charge_case,
    charge_wording,
    complain,
    complaint_course,
    complaint_letters,
    complaint_room,
    complaints_elsewhere,
    evidence,
    print_queue,
)
from parking.actions import charge as charges
from parking.law import case as case_law
from parking.law import complaint as law
from parking.law import plates
from parking.law.charge import ChargeNumber, spaced
from parking.law.complaint import Document
from parking.law.days import danish_day
from parking.law.offence import Question
from parking.law.staff import Role
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.charge import Charge, ChargeHolder
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.collection import ChargeTermsVersion
from parking.records.complaint import Complaint, ComplaintFile
from parking.records.letter import Letter
from parking.records.limit import Bucket
from parking.records.offence import offences_on
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from parking.records.staff import Staff
from parking.web.office import charge_desk
from pictures import a_pdf, a_photo, unpacked
from town import charge, now, party, slip_of

#: Of one page; a hundred charges or files more ask no more than this.
CHARGE_PAGE, COMPLAINT_PAGE, CASE_PAGE = 50, 25, 45

#: A form that was sent with nothing filled in.
NOTHING = {"sent": "yes"}


def shown(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return unescape(answer.content.decode())


def of_charge(name: str, about: Charge, **more) -> str:
    return reverse(name, kwargs={"charge_id": about.id, **more})


def of(name: str, complaint: Complaint) -> str:
    return of_charge(name, complaint.charge, complaint_id=complaint.id)


def with_slip(slug: str) -> Client:
    """A browser that has shown the slip of a charge."""
    client = Client()
    number, plate = slip_of(slug)
    assert client.post(reverse("charges"), {"number": number, "plate": plate}).status_code == 303
    return client


def begun(client: Client, slug: str) -> Complaint:
    answer = client.post(of_charge("charge-complain", charge(slug)))
    assert answer.status_code == 303
    return Complaint.objects.select_related("charge").latest("begun")


def sent(slug: str = "anna-open", who: str = "anna") -> Complaint:
    draft = complain.begin(party(who), charge(slug), language="da", now=now())
    said = {"question": Question.DISC.value, "text": "Skiven lå i ruden."}
    return complain.submit(complain.keep(draft, said, now=now()), now=now())


# The way through


def test_the_whole_way_without_scripts(charged, log_in):
    anna = log_in("anna")
    about = charge("anna-open")
    page = shown(anna.get(of_charge("charge", about)))
    assert "Klag over afgiften" in page
    complaint = begun(anna, "anna-open")
    assert "P-skiven lå i bilen" in shown(anna.get(of("complaint-why", complaint)))
    assert (
        shown(anna.post(of("complaint-why", complaint), NOTHING), 422).count("Vælg, hvorfor") >= 1
    )
    assert anna.post(of("complaint-why", complaint), {"question": "disc"}).status_code == 303
    page = shown(anna.get(of("complaint-details", complaint)))
    assert "Hvornår kom du?" in page
    assert "Dit navn" not in page
    wrong = shown(anna.post(of("complaint-details", complaint), {"asked_arrived": "12.15"}), 422)
    assert "Skriv, hvad der skete." in wrong
    assert Complaint.objects.get().answers == {"arrived": "12.15"}, "what can be read is saved"
    assert "maxlength" not in wrong, "a browser would cut it without a word"
    long = {"asked_arrived": "1" * 101, "text": "Skiven lå i ruden."}
    page = shown(anna.post(of("complaint-details", complaint), long), 422)
    assert "Teksten er på 101 tegn. Skriv højst 100." in page
    assert "1" * 101 in page
    told = {"asked_arrived": "12.15", "text": "Skiven lå i ruden."}
    assert anna.post(of("complaint-details", complaint), told).status_code == 303
    files = [
        SimpleUploadedFile("skive.jpg", a_photo()),
        SimpleUploadedFile("virus.exe", b"MZ nothing"),
    ]
    page = shown(anna.get(of("complaint-files", complaint)))
    assert not re.search(r'name="kind"[^>]*checked', page)
    nothing = anna.post(
        of("complaint-files", complaint), {"file": SimpleUploadedFile("a.jpg", a_photo())}
    )
    assert "Vælg, hvad filen viser." in shown(nothing, 422)
    given = {"kind": "picture of the disc", "file": files}
    answer = anna.post(of("complaint-files", complaint), given)
    assert "virus.exe er hverken" in shown(answer, 422)
    assert ComplaintFile.objects.count() == 1, "the good one is saved"
    page = shown(anna.get(of("complaint-review", complaint)))
    assert "Skiven lå i ruden." in page
    assert "skive.jpg" in page
    assert "Klagen er ikke sendt endnu." in shown(anna.get(reverse("my")))
    assert anna.post(of("complaint-review", complaint)).status_code == 303
    page = shown(anna.get(of("complaint", complaint)))
    assert "Gebyrer og frister venter" in page
    assert "Sendt" in page
    page = shown(anna.get(of_charge("charge", about)))
    assert "Der er klaget over afgiften" in page
    assert "Se din klage" in page
    assert Complaint.objects.get().is_open


def test_what_is_typed_is_saved_before_one_goes_on(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna, "anna-open")
    anna.post(of("complaint-why", complaint), {"question": "disc"})
    page = shown(anna.get(of("complaint-details", complaint)))
    assert of("complaint-draft-save", complaint) in page
    assert "Det er først gemt, når du går videre." in page, "without scripts it says so"
    typed = {"text": "Jeg er ikke færd", "asked_arrived": "12.15"}
    assert anna.post(of("complaint-draft-save", complaint), typed).status_code == 204
    saved = Complaint.objects.get()
    assert (saved.text, saved.answers) == (typed["text"], {"arrived": "12.15"})
    assert anna.post(of("complaint-draft-save", complaint), {"text": ""}).status_code == 204
    long = {"text": "x" * 10_001}
    assert anna.post(of("complaint-draft-save", complaint), long).status_code == 422
    assert Complaint.objects.get().text == typed["text"]


def test_what_is_typed_is_saved_by_nobody_else_and_not_after_it_was_sent(charged, log_in):
    complaint = ready(log_in("anna"), "anna-open")
    said = {"text": "Noget andet"}
    assert (
        with_slip("anna-open").post(of("complaint-draft-save", complaint), said).status_code == 404
    )
    forged = Client(enforce_csrf_checks=True)
    assert forged.post(of("complaint-draft-save", complaint), said).status_code == 403
    complain.submit(complaint, now=now())
    answer = log_in("anna").post(of("complaint-draft-save", complaint), said)
    assert answer.status_code == 409
    assert Complaint.objects.get().text == "Skiven lå i ruden."


def test_a_draft_is_gone_on_with_at_the_first_step_that_lacks_something(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna, "anna-open")
    steps = []
    for said in ({}, {"question": Question.DISC.value}, {"text": "Skiven lå i ruden."}):
        complain.keep(complaint, said, now=now())
        goes_on = anna.get(of("complaint", complaint))["Location"]
        steps.append(goes_on)
        review = shown(anna.get(of("complaint-review", complaint)))
        assert ("Udfyld det" in review) == (f'href="{goes_on}">Udfyld det' in review)
    names = ("complaint-why", "complaint-details", "complaint-review")
    assert steps == [of(name, complaint) for name in names]


WAITS = "ebyrer og frister venter"
RUNS = "Fristen for at betale løber videre"


def suspend(value: str) -> None:
    row = ChargeTermsVersion.objects.get()
    row.numbers["suspension"] = value
    row.save()


def ready(client: Client, slug: str) -> Complaint:
    """A draft that lacks nothing."""
    draft = begun(client, slug)
    said = {"question": Question.DISC.value, "text": "Skiven lå i ruden."}
    return complain.keep(draft, said, now=now())


@pytest.mark.parametrize(("suspension", "waits"), [("none", False), ("first round", True)])
def test_pages_and_letter_say_that_fees_wait_where_they_do(
    charged, log_in, monkeypatch, suspension, waits
):
    suspend(suspension)
    letters, write = [], complaint_letters.write
    monkeypatch.setattr(
        complaint_letters,
        "write",
        lambda letter, **of: (letters.append(letter), write(letter, **of)),
    )
    anna, about = log_in("anna"), charge("anna-open")
    said, unsaid = (WAITS, RUNS) if waits else (RUNS, WAITS)
    page = shown(anna.get(of_charge("charge", about)))
    assert said in page
    assert unsaid not in page
    complaint = ready(anna, "anna-open")
    page = shown(anna.get(of("complaint-review", complaint)))
    assert said in page
    assert unsaid not in page
    assert anna.post(of("complaint-review", complaint)).status_code == 303
    page = shown(anna.get(of("complaint", complaint)))
    assert said in page
    assert unsaid not in page
    page = shown(anna.get(of_charge("charge", about)))
    assert (WAITS in page) == waits
    (letter,) = letters
    assert ("Imens venter gebyrer og frister." in str(letter)) == waits
    assert (RUNS in str(letter)) != waits


def test_a_second_round_waits_only_if_the_terms_say_so(charged, log_in):
    suspend("first round")
    anna = log_in("anna")
    complaint = sent()
    Case.objects.update(state=case_law.State.DECIDED.value)
    Complaint.objects.update(state=law.State.CHARGE_STANDS.value, since=danish_day(now()))
    page = shown(anna.get(of("complaint-again", complaint)))
    assert RUNS in page
    assert WAITS not in page
    anna.post(of("complaint-again", complaint), {"text": "Se igen."})
    page = shown(anna.get(of("complaint", complaint)))
    assert RUNS in page
    assert WAITS not in page


def test_what_is_at_collection_does_not_wait_and_the_pages_say_so(charged):
    asta = with_slip("asta-collection")
    about = charge("asta-collection")
    there = "Gælden er hos Gældsstyrelsen. Den venter ikke, mens vi ser på klagen."
    page = shown(asta.get(of_charge("charge", about)))
    assert there in page
    assert WAITS not in page


def test_nothing_is_said_to_wait_on_what_is_paid(charged, log_in):
    complaint = sent()
    Charge.objects.filter(id=complaint.charge_id).update(state="paid")
    page = shown(log_in("anna").get(of("complaint", complaint)))
    assert WAITS not in page


def test_in_english_too(charged, log_in):
    anna = log_in("anna")
    page = shown(anna.get(f"/en{of_charge('charge', charge('anna-open'))}"))
    assert "Complain about the charge" in page
    assert "overstayed" in page.lower() or "longer than" in page.lower()


def test_an_offence_is_explained_with_the_law_behind_it(charged):
    page = shown(with_slip("lars-swedish").get(of_charge("charge", charge("lars-swedish"))))
    assert "vejloven" in page
    assert "betal" in page.lower()


def test_without_a_login_name_and_address_are_asked_and_the_code_brings_one_back(charged):
    visitor = with_slip("lars-swedish")
    complaint = begun(visitor, "lars-swedish")
    visitor.post(of("complaint-why", complaint), {"question": "paid"})
    page = shown(visitor.get(of("complaint-why", complaint)))
    code = complain.code_of(complaint)
    assert f"{code[:5]}-{code[5:]}" in page
    lacking = {"text": "I had paid."}
    page = shown(visitor.post(of("complaint-details", complaint), lacking), 422)
    assert "Skriv dit navn." in page
    assert "Skriv din adresse." in page
    visitor.post(
        of("complaint-details", complaint),
        {**lacking, "name": "Lars", "address": "Storgatan 1", "email": "lars@example.se"},
    )
    assert visitor.post(of("complaint-review", complaint)).status_code == 303
    later = with_slip("lars-swedish")
    assert later.get(of("complaint", complaint)).status_code == 404
    opening = of_charge("complaint-code", complaint.charge)
    assert "passer ikke" in shown(later.post(opening, {"code": "AAAAA-AAAAA"}), 422)
    answer = later.post(opening, {"code": f"{code[:5].lower()}-{code[5:]}"})
    assert answer.status_code == 303
    assert "I had paid." in shown(later.get(of("complaint", complaint)))


def test_more_can_be_said_asked_for_replied_and_taken_back(charged, log_in):
    complaint = sent()
    anna = log_in("anna")
    assert "Skriv noget." in shown(anna.post(of("complaint-message", complaint), NOTHING), 422)
    assert anna.post(of("complaint-message", complaint), {"text": "Og så regnede det."})
    file = {"kind": "other", "file": SimpleUploadedFile("a.pdf", a_pdf())}
    anna.post(of("complaint-files", complaint), file)
    kept = ComplaintFile.objects.get()
    own = of_charge("complaint-file", complaint.charge, complaint_id=complaint.id, file_id=kept.id)
    assert anna.get(own)["Content-Disposition"].startswith("attachment")
    anna.post(of("complaint-files-send", complaint))
    kept.refresh_from_db()
    assert kept.handed_in is not None
    assert "Og så regnede det." in shown(anna.get(of("complaint", complaint)))
    assert anna.post(of("complaint-withdraw", complaint)).status_code == 303
    assert Complaint.objects.get().stands is law.State.WITHDRAWN


def test_a_draft_can_be_thrown_away(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna, "anna-open")
    answer = anna.post(of("complaint-withdraw", complaint))
    assert answer["Location"] == of_charge("charge", complaint.charge)
    assert "Klag over afgiften" in shown(anna.get(answer["Location"]))


def test_the_second_time_is_asked_for_once(charged, log_in):
    complaint = sent()
    anna = log_in("anna")
    assert anna.get(of("complaint-again", complaint)).status_code == 302
    Case.objects.update(state=case_law.State.DECIDED.value)
    Complaint.objects.update(state=law.State.CHARGE_STANDS.value, since=danish_day(now()))
    assert "Skriv, hvorfor svaret" in shown(
        anna.post(of("complaint-again", complaint), NOTHING), 422
    )
    assert "Klag igen" in shown(anna.get(of("complaint", complaint)))
    anna.post(of("complaint-again", complaint), {"text": "Se igen."})
    assert Complaint.objects.get().stands is law.State.SECOND_ROUND


# What a machine has seen


def test_the_page_says_at_once_that_and_why_a_charge_was_annulled(charged, log_in, work):
    gorm = log_in("gorm")
    about = charge("gorm-paid-elsewhere")
    shown(gorm.get(of_charge("charge", about)))
    work()
    page = shown(gorm.get(of_charge("charge", about)))
    assert "Afgiften er annulleret" in page
    assert "Der var betalt for parkeringen, da afgiften blev givet." in page
    assert "Klag over afgiften" not in page


def test_who_need_not_complain_is_told_so(charged, log_in):
    evidence.check(charged, charge("jens-stolen"), occasion="opened", now=now())
    page = shown(log_in("jens").get(of_charge("charge", charge("jens-stolen"))))
    assert "Afgiften bliver annulleret" in page
    assert "Bilen var meldt stjålet" in page
    assert "Klag over afgiften" not in page
    assert "Klag alligevel" in page


# Who may read it


NAMES = [
    *("complaint", "complaint-why", "complaint-details", "complaint-files", "complaint-review"),
    *("complaint-again", "complaint-message", "complaint-withdraw", "complaint-files-send"),
    "complaint-file-remove",
]


@pytest.mark.parametrize("name", NAMES)
def test_somebody_elses_complaint_does_not_exist(charged, log_in, name):
    mine = sent("inger-shared", "inger")
    niels = log_in("niels")
    stranger = log_in("anna")
    slip_alone = with_slip("inger-shared")
    for client in (niels, stranger, slip_alone):
        statuses = {client.get(of(name, mine)).status_code, client.post(of(name, mine)).status_code}
        assert statuses <= {404, 405}
        assert 404 in statuses
    assert Client().get(of(name, mine))["Location"].startswith(f"{reverse('charges')}?next=")
    assert Complaint.objects.get().stands is law.State.SUBMITTED


def test_others_who_hold_the_vehicle_read_that_and_not_what(charged, log_in):
    sent("inger-shared", "inger")
    page = shown(log_in("niels").get(of_charge("charge", charge("inger-shared"))))
    assert "Der er klaget over afgiften" in page
    assert "Skiven lå i ruden." not in page
    assert "Se din klage" not in page


# What the charge system had first


@pytest.mark.parametrize(
    ("who", "slug", "texts"),
    [
        ("dorte", "dorte-open", ("Jeg var kun to minutter forsinket.", "Vi ser på den")),
        (
            "egon",
            "egon-hearing",
            ("Jeg holdt ikke på fortovet.", "Har du et billede, der viser, hvor bilen holdt?"),
        ),
        (
            "helle",
            "helle-upheld",
            ("Vagten målte 6,2 meter til krydset.", "Betal senest", "én gang til, senest"),
        ),
        ("iben", "iben-annulled", ("Jeg havde betalt i appen.", "Du havde betalt")),
        ("jonas", "jonas-partly", ("Brevet kom aldrig frem", "Vi har trukket")),
        ("marie", "marie-second-round", ("Skiltet var skjult af et træ.", "Se billedet.")),
    ],
)
def test_who_holds_the_car_reads_the_complaint_the_charge_system_had_first(
    charged, log_in, who, slug, texts
):
    client, about = log_in(who), charge(slug)
    page = shown(client.get(of_charge("charge", about)))
    for text in ("Din klage", "Sådan svarer du", settings.CONTACT_EMAIL, *texts):
        assert text in page
    assert "Klag over afgiften" not in page
    assert ("Betal resten" in page) is (slug == "jonas-partly"), "a rest of what was taken away"
    told = complaints_elsewhere.readable(party(who), about)
    whole = str(charge_case.contents(about, elsewhere=told, shown=[], now=now()))
    for text in ("Sådan svarer du", *texts):
        assert text in whole
    assert "(Din klage)" in unpacked(client.get(of_charge("charge-case", about)).content)
    with translation.override("en"):
        whole = str(charge_case.contents(about, elsewhere=told, shown=[], now=now()))
    for text in ("How to answer", "you cannot reply to it here", "Your complaint"):
        assert text in whole


def test_nobody_else_reads_it(charged, log_in, django_assert_max_num_queries):
    about = charge("dorte-open")
    borrower = log_in("anna")
    number, plate = slip_of("dorte-open")
    borrower.post(reverse("charges"), {"number": number, "plate": plate})
    borrower.post(of_charge("charge-add", about))
    for other in (borrower, with_slip("dorte-open")):
        assert "to minutter" not in shown(other.get(of_charge("charge", about)))
        case = unpacked(other.get(of_charge("charge-case", about)).content)
        assert "(Afgiften)" in case
        assert "(Din klage)" not in case
    dorte = log_in("dorte")
    with django_assert_max_num_queries(CHARGE_PAGE):
        dorte.get(of_charge("charge", about))


def test_of_two_who_hold_the_car_nobody_knows_who_complained(charged, log_in):
    about, other = charge("dorte-open"), party("anna")
    mine = about.holders.get()
    ChargeHolder(
        charge=about, relation="user", kind="person", since=mine.since, until=None
    ).with_number(other.person_number).save()
    for who in ("dorte", "anna"):
        assert "to minutter" not in shown(log_in(who).get(of_charge("charge", about)))


def test_our_own_complaint_is_not_told_twice_nor_once_it_is_forgotten(charged, log_in, work):
    sent()
    work()
    assert charges.answer_of(charge("anna-open")).complaints
    assert complaints_elsewhere.known(charge("anna-open")) == []
    assert complaints_elsewhere.readable(party("anna"), charge("anna-open")) == []


def test_a_case_worker_reads_it_with_the_charge(charged):
    (told,) = charge_desk.of(charge("egon-hearing"), None, now=now())["elsewhere"]
    assert told["complaint"].text == "Jeg holdt ikke på fortovet."
    page = render_to_string(
        "office/_charge.html",
        {**charge_desk.of(charge("egon-hearing"), None, now=now()), "photos": []},
    )
    assert "Jeg holdt ikke på fortovet." in page
    assert "Har du et billede" in page


# The case as a file


def test_the_case_has_the_complaints_of_who_asks_and_nobody_elses(charged, log_in):
    sent("inger-shared", "inger")
    address = of_charge("charge-case", charge("inger-shared"))
    assert "(Din klage)" in unpacked(log_in("inger").get(address).content)
    for other in (log_in("niels"), with_slip("inger-shared")):
        case = other.get(address)
        assert case.status_code == 200
        assert "(Afgiften)" in unpacked(case.content)
        assert "(Din klage)" not in unpacked(case.content)


def test_a_visitors_case_has_the_complaint_that_this_browser_has_opened(charged):
    visitor = with_slip("lars-swedish")
    complaint = begun(visitor, "lars-swedish")
    about = complaint.charge
    address = of_charge("charge-case", about)
    assert "(Din klage)" not in unpacked(visitor.get(address).content), "nobody has got it yet"
    said = {"question": "paid", "text": "Paid.", "name": "Lars", "address": "Storgatan 1"}
    complain.submit(complain.keep(complaint, said, now=now()), now=now())
    assert "(Din klage)" in unpacked(visitor.get(address).content)
    assert "(Din klage)" not in unpacked(with_slip("lars-swedish").get(address).content)


def test_the_case_tells_all_that_was_said_and_decided(charged, enter):
    complaint = sent()
    complain.add_file(
        None, complaint, kind=Document.DISC, name="skive.jpg", content=a_photo(), now=now()
    )
    complain.send_added(complaint, now=now())
    complain.write(complaint, text="Skiven viste 12.15.", now=now())
    complain.add_file(
        None, complaint, kind=Document.DISC, name="kladde.pdf", content=a_pdf(), now=now()
    )
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    decided = {"step": "annul in part", "reason": "goodwill", "text": "Skiven viste 12.45."}
    work_on(ditte, case, **decided, kroner="100", confirm="yes")
    found = charge("anna-open")
    for language, parts in (
        ("da", ("Du kan klage én gang til inden 28 dage", "Vi har trukket 100 kr. fra.")),
        ("en", ("28 days", "DKK 100")),
    ):
        with translation.override(language):
            whole = str(charge_case.contents(found, [complaint], shown=[], now=now()))
        for part in (
            "Skiven lå i ruden.", "skive.jpg", "Skiven viste 12.15.", "Skiven viste 12.45.", *parts,
        ):  # fmt: skip
            assert part in whole, part
        assert "kladde.pdf" not in whole, "what was not sent is no part of the case"
    assert complaint.files.count() == 2
    assert "Skiven" not in str(charge_case.contents(found, shown=[], now=now()))


# How much a page asks


def test_the_pages_ask_no_more_when_there_is_more(charged, log_in, django_assert_max_num_queries):
    complaint = sent()
    anna = log_in("anna")
    for number in range(10):
        complain.write(complaint, text=f"Besked {number}", now=now())
    with django_assert_max_num_queries(CHARGE_PAGE):
        shown(anna.get(of_charge("charge", charge("anna-open"))))
    with django_assert_max_num_queries(COMPLAINT_PAGE):
        shown(anna.get(of("complaint", complaint)))


# Behind the counter


def opened(client: Client, case: Case) -> str:
    client.post(reverse("office-case-open", args=[case.id]), {"purpose": "Klage"})
    return shown(client.get(reverse("office-case", args=[case.id])))


def taken(client: Client, case: Case) -> Case:
    opened(client, case)
    client.post(reverse("office-case-take", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    return case


def work_on(client: Client, case: Case, **said):
    fields = {"version": case.version, **said}
    return client.post(reverse("office-case-work", args=[case.id]), fields)


def test_charge_finding_and_complaint_stand_on_one_page(
    charged, enter, django_assert_max_num_queries
):
    complaint = sent()
    evidence.check(charged, charge("anna-open"), occasion="opened", now=now())
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    page = opened(ditte, case)
    for text in (
        "Skiven lå i ruden.",
        "Maskinen har ikke fundet noget",
        "Vagtens note",
        "Regnskab",
    ):
        assert text in page
    assert re.search(r"\d{6}-••••", page)
    number = party("anna").person_number
    assert number not in page
    assert f"{number[:6]}-{number[6:]}" not in page
    with django_assert_max_num_queries(CASE_PAGE):
        ditte.get(reverse("office-case", args=[case.id]))
    photo = ditte.get(reverse("office-charge-photo", args=[case.id, 1]))
    assert photo["Content-Type"] == "image/jpeg"
    assert photo["Cache-Control"] == "no-store"
    seen = set(LookUp.objects.filter(party=complaint.party).values_list("outcome", flat=True))
    assert {"answered", "photo opened"} <= seen


def test_the_office_reads_the_offence_in_its_own_language(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    (offence,) = charges.answer_of(charge("anna-open")).offences
    assert f"{offence.code}: {offence.text}" in opened(ditte, case)
    ditte.post(reverse("office-language"), {"language": "en"})
    page = opened(ditte, case)
    known = offences_on([offence.code], danish_day(charge("anna-open").issued))
    assert f"{offence.code}: {known[offence.code].english}" in page
    assert "The complainant" in page


def test_nothing_is_shown_before_it_is_said_why(charged, enter):
    sent()
    case = Case.objects.get(kind="complaint")
    for name, more in (("office-case", []), ("office-charge-photo", [1])):
        answer = enter().get(reverse(name, args=[case.id, *more]))
        assert answer["Location"] == reverse("office-case-open", args=[case.id])


def test_of_a_visitors_complaint_too_it_must_be_said_why(charged, enter):
    draft = complain.begin(None, charge("lars-swedish"), language="en", now=now())
    said = {"question": "paid", "text": "Paid.", "name": "Lars", "address": "Storgatan 1"}
    complain.submit(complain.keep(draft, said, now=now()), now=now())
    case, ditte = Case.objects.get(kind="complaint"), enter()
    assert ditte.get(reverse("office-case", args=[case.id])).status_code == 302
    assert "Storgatan 1" in opened(ditte, case)


def test_a_decision_is_seen_as_a_letter_before_it_is_sent(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    wrong = shown(work_on(ditte, case, step="annul the charge", text="Du har ret."), 422)
    assert "Vælg, hvorfor der bliver annulleret." in wrong
    chosen = {"step": "annul the charge", "reason": "warden error", "text": "Du har ret."}
    page = shown(work_on(ditte, case, **chosen))
    assert "Svar på din klage: Afgiften er annulleret" in page
    assert Complaint.objects.get().stands is law.State.IN_REVIEW
    assert work_on(ditte, case, **chosen, confirm="yes").status_code == 302
    assert Complaint.objects.get().stands is law.State.ANNULLED


def a_proposal(charged, enter) -> tuple[Client, Case]:
    """A complaint of which a machine says that the car was stolen, which a case worker decides."""
    draft = complain.begin(party("jens"), charge("jens-stolen"), language="da", now=now())
    said = {"question": "stolen", "text": "Bilen var stjålet."}
    complain.submit(complain.keep(draft, said, now=now()), now=now())
    evidence.check(charged, charge("jens-stolen"), occasion="complained", now=now())
    ditte = enter()
    return ditte, taken(ditte, Case.objects.get(kind="complaint"))


def test_what_the_machine_proposes_is_filled_in_and_nothing_else_is(charged, enter):
    ditte, case = a_proposal(charged, enter)
    page = opened(ditte, case)
    assert "Forslag: annuller. Grund: Bilen var stjålet." in page
    assert re.search(r'<input[^>]*value="annul the charge"[^>]*checked', page)
    assert re.search(r'<option value="stolen"[^>]*selected', page)
    assert "Meldt stjålet" in page
    sent()
    other = taken(ditte, Case.objects.exclude(id=case.id).get(kind="complaint"))
    evidence.check(charged, charge("anna-open"), occasion="complained", now=now())
    assert not re.search(r'value="annul the charge"[^>]*checked', opened(ditte, other))


@pytest.fixture
def evidence_told(charged, monkeypatch):
    """The evidence of each decision that the charge system is told."""
    told = []
    decide = type(charged.charges).decide

    def listening(self, *what, **named):
        told.append(named["evidence"])
        return decide(self, *what, **named)

    monkeypatch.setattr(type(charged.charges), "decide", listening)
    return told


@pytest.mark.parametrize("reason", ["stolen", "goodwill"])
def test_an_annulment_rests_on_what_the_machine_has_shown(
    charged, enter, work, evidence_told, reason
):
    rests = reason == "stolen"
    ditte, case = a_proposal(charged, enter)
    chosen = {"step": "annul the charge", "reason": reason, "text": "Ja.", "confirm": "yes"}
    assert work_on(ditte, case, **chosen).status_code == 302
    kept = ChargeCheck.objects.filter(charge=charge("jens-stolen"), reason="stolen").first()
    given_up = ChargeAnnulment.objects.get()
    assert given_up.evidence == (kept.shown if rests else [])
    work()
    (there,) = evidence_told
    assert [(each.kind, each.reference) for each in there] == (
        [("police_report", "stolen")] if rests else []
    )
    assert charged.charges.charge(charge("jens-stolen").source_id).state.value == "annulled"
    assert not Outgoing.objects.exclude(state=Outgoing.State.DONE).exists()


def test_a_message_is_seen_as_a_letter_and_read_on_the_page(charged, enter, log_in):
    complaint = sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    said = {"step": "write to the complainant", "text": "Vi venter på vagten."}
    page = shown(work_on(ditte, case, **said))
    for text in ("Besked om din klage", "Vi venter på vagten.", "Du behøver ikke at svare."):
        assert text in page
    assert not complaint.messages.exists()
    assert work_on(ditte, case, **said, confirm="yes").status_code == 302
    page = opened(ditte, case)
    assert "Skriv til borgeren" in page
    assert "Vi venter på vagten." in page
    page = shown(log_in("anna").get(of("complaint", complaint)))
    assert "Vi venter på vagten." in page
    assert "Svar senest" not in page


def test_upheld_the_letter_guides(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    page = shown(work_on(ditte, case, step="uphold the charge", text="Skiven var ikke stillet."))
    assert "Du kan klage én gang til inden 28 dage." in page
    assert "fogedretten" in page


def test_a_part_must_be_less_than_the_whole(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    part = {"step": "annul in part", "reason": "goodwill", "text": "Delvis."}
    assert "Skriv, hvor meget" in shown(work_on(ditte, case, **part), 422)
    assert "mindre end det hele" in shown(work_on(ditte, case, **part, kroner="510"), 422)
    assert "Vi har trukket 100 kr. fra." in shown(work_on(ditte, case, **part, kroner="100"))


def by_letter(slug: str, **more) -> dict:
    """What a case worker fills in of a complaint that came today by letter."""
    number, plate = slip_of(slug)
    today = danish_day(now())
    return {
        "number": number,
        "plate": plate,
        "channel": "letter",
        "received_day": today.day,
        "received_month": today.month,
        "received_year": today.year,
        "question": "sign",
        "text": "Skiltet var væk.",
        "name": "Zenia",
        "address": "Vej 1",
        "language": "da",
        **more,
    }


def test_what_came_by_letter_is_written_down_and_holds_the_charge(charged, enter):
    ditte = enter()
    said = by_letter("zenia-two")
    page = shown(ditte.post(reverse("office-register"), NOTHING), 422)
    assert "Skriv, hvilken dag klagen kom." in page
    wrong = ditte.post(reverse("office-register"), {**said, "plate": "AB12345"})
    assert "Der er ingen afgift med det nummer" in shown(wrong, 422)
    too_early = ditte.post(reverse("office-register"), {**said, "received_year": 2020})
    assert "Afgiften blev først givet" in shown(too_early, 422)
    answer = ditte.post(
        reverse("office-register"), {**said, "file": SimpleUploadedFile("brev.pdf", a_pdf())}
    )
    case = Case.objects.get(kind="complaint")
    assert answer["Location"] == reverse("office-case", args=[case.id])
    assert charge("zenia-two").waits
    assert "Skiltet var væk." in opened(ditte, case)
    again = shown(ditte.post(reverse("office-register"), said), 422)
    assert "Der er allerede klaget" in again


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([("brev.pdf", b"MZ")], "hverken et billede eller en pdf"),
        ([(f"{each}.pdf", a_pdf(str(each))) for each in range(6)], "Der er for mange filer"),
    ],
)
def test_a_letter_with_a_file_that_cannot_be_taken_is_not_written_down(charged, enter, given, told):
    sheets = [SimpleUploadedFile(*each) for each in given]
    answer = enter().post(reverse("office-register"), by_letter("zenia-two", file=sheets))
    assert told in shown(answer, 422)
    assert not Complaint.objects.exists()


def test_a_complaint_in_english_that_came_by_letter_is_answered_in_english(charged, enter):
    ditte = enter()
    ditte.post(reverse("office-register"), by_letter("zenia-two", language="en"))
    case = taken(ditte, Case.objects.get(complaint__isnull=False))
    page = re.sub(r"\s+", " ", opened(ditte, case))
    assert "<dt>Får svar på</dt><dd>Engelsk</dd>" in page
    chosen = {"step": "uphold the charge", "text": "The sign was there."}
    assert 'class="letter" lang="en"' in shown(work_on(ditte, case, **chosen))


def test_a_case_worker_finds_the_charge_though_citizens_have_guessed(charged, enter):
    number, _plate = slip_of("zenia-two")
    stranger, ditte = Client(), enter()
    for last in range(5):
        stranger.post(reverse("charges"), {"number": number, "plate": f"AB1234{last}"})
    answer = ditte.post(reverse("office-register"), by_letter("zenia-two"))
    assert answer["Location"] == reverse(
        "office-case", args=[Case.objects.get(complaint__isnull=False).id]
    )


def test_a_case_worker_who_mistypes_costs_the_citizen_nothing(charged, enter):
    ditte = enter()
    for last in range(31):
        wrong = by_letter("zenia-two", plate=f"AB{last:05}")
        assert ditte.post(reverse("office-register"), wrong).status_code == 422
    assert with_slip("zenia-two")


def test_somebody_else_who_guesses_at_the_code_of_a_complaint_locks_nobody_out(charged):
    begun = complain.begin(None, charge("lars-swedish"), language="en", now=now())
    at = of_charge("complaint-code", begun.charge)
    guesser = with_slip("lars-swedish")
    for last in range(6):
        guessed = guesser.post(at, {"code": "A" * 10}, REMOTE_ADDR="192.0.2.1")
        assert guessed.status_code == (422 if last < 5 else 429)
    mine = with_slip("lars-swedish").post(at, {"code": complain.code_of(begun)})
    assert mine["Location"] == of("complaint", begun)


def test_who_begins_many_complaints_or_sends_much_is_told_what_to_do_and_locks_nobody_out(
    charged, log_in
):
    about = charge("lars-swedish")
    begin, far = of_charge("charge-complain", about), "192.0.2.1"
    answers = [with_slip("lars-swedish").post(begin, REMOTE_ADDR=far) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [*[303] * 5, 429]
    page = shown(answers[-1], 429)
    assert "Log på med MitID" in page
    assert of_charge("complaint-code", about) in page
    mine = with_slip("lars-swedish")
    complaint = begun(mine, "lars-swedish")
    assert mine.post(begin, REMOTE_ADDR=far).status_code == 303, "who goes on begins nothing"
    for whose in ("127.0.0.1", "127.0.0.0/24"):
        Bucket.objects.filter(key__startswith="complaint bytes ").delete()
        Bucket.objects.create(key=f"complaint bytes {whose}", left=-10_000_000, at=now())
        file = {"kind": "other", "file": SimpleUploadedFile("a.pdf", a_pdf())}
        page = shown(mine.post(of("complaint-files", complaint), file), 422)
        assert "a.pdf er ikke gemt: Der er sendt meget fra dit netværk" in page
    anna = log_in("anna")
    ours = of("complaint-files", begun(anna, "anna-open"))
    file = {"kind": "other", "file": SimpleUploadedFile("a.pdf", a_pdf())}
    assert anna.post(ours, file).status_code == 303
    complain.begin(None, about, language="da", now=now())
    complaint_room.lapse(complaint, now=now())
    page = shown(mine.get(of("complaint", complaint)))
    assert "Begynd en ny klage" in page
    assert "Log helst på først." in page


def test_a_reader_reads_and_decides_nothing(charged, enter):
    sent()
    rosa = enter("rosa", Role.READER)
    case = Case.objects.get(kind="complaint")
    assert "Spørg, hør eller afgør" not in opened(rosa, case)
    assert rosa.get(reverse("office-register")).status_code == 403
    assert work_on(rosa, case, step="annul the charge", text="x").status_code == 403


def test_the_machines_own_case_is_settled_in_the_office(charged, enter):
    evidence.check(charged, charge("jens-stolen"), occasion="opened", now=now())
    ditte = enter()
    queue = shown(ditte.get(reverse("office-queue")))
    assert "ser ud til at være forkert" in queue
    about = Case.objects.get(kind="finding").charge
    assert f"Afgift {spaced(ChargeNumber(about.number))} ({plates.spaced(about.plate)})" in queue
    assert 'class="table stacks"' in queue
    case = taken(ditte, Case.objects.get(kind="finding"))
    page = opened(ditte, case)
    assert "Forslag: annuller. Grund: Bilen var stjålet." in page
    assert "Meldt stjålet" in page
    assert "Skriv din begrundelse." in shown(work_on(ditte, case, step="decide"), 422)
    work_on(ditte, case, step="decide", text="Politiet har bekræftet det.")
    assert charge("jens-stolen").state == "annulled"


def test_what_was_written_about_a_finding_stays_while_the_charge_system_is_silent(
    charged, enter, sandbox
):
    """Whom to write to abroad nobody else knows."""
    about = charge("german-found")
    ChargeCheck.objects.create(
        charge=about, at=now(), on_the_spot=False, ask_again=False, occasion="here", answer="YES",
        ground="stolen", finding={}, facts={}, shown=[], versions={}, reason="stolen",
    )  # fmt: skip
    with recording():
        complaint_course.open_case_of_finding(about, now=now())
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="finding"))
    sandbox.fault("pilen", "status:503")
    page = shown(work_on(ditte, case, step="decide", text="Politiet har set den."), 422)
    assert "Afgiftssystemet svarer ikke, så intet er gemt." in page
    assert "Politiet har set den." in page
    assert charge("german-found").state != "annulled"


def test_an_answered_complaint_can_be_reopened(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    chosen = {"step": "uphold the charge", "text": "Nej.", "confirm": "yes"}
    work_on(ditte, case, **chosen)
    assert "Genoptag klagen" in opened(ditte, case)
    ditte.post(reverse("office-case-reopen", args=[case.id]))
    assert Complaint.objects.get().stands is law.State.IN_REVIEW
    assert (
        Case.objects.filter(kind="complaint").exclude(id=case.id).get().stands
        is case_law.State.TAKEN
    )


def test_the_preview_says_which_way_the_letter_goes(charged, enter, sandbox):
    ditte = enter()
    chosen = {"step": "uphold the charge", "text": "Skiltet var der."}
    sent()
    page = shown(work_on(ditte, taken(ditte, Case.objects.get(kind="complaint")), **chosen))
    assert "Dette brev bliver sendt til borgerens Digital Post." in page
    sent("villy-second-fee", "villy")
    villys = taken(ditte, Case.objects.get(complaint__party=party("villy")))
    page = shown(work_on(ditte, villys, **chosen))
    assert "sendt på papir. Borgeren har ikke Digital Post." in page
    ditte.post(reverse("office-register"), by_letter("zenia-two", language="en"))
    abroad = taken(ditte, Case.objects.get(complaint__channel="letter"))
    page = shown(work_on(ditte, abroad, **chosen))
    assert "sendt på papir til den adresse, klageren har givet." in page
    assert "Det er på engelsk, som modtageren får svar på." in page
    sandbox.fault("digitalpost", "status:503")
    page = shown(work_on(ditte, villys, **chosen))
    assert "Digital Post, eller på papir til den, der ikke har det." in page


def test_a_letter_that_waits_to_be_printed_is_not_called_sent(charged, enter):
    ditte = enter()
    ditte.post(reverse("office-register"), by_letter("zenia-two"))
    case = taken(ditte, Case.objects.get(kind="complaint"))
    work_on(ditte, case, step="uphold the charge", text="Skiltet var der.", confirm="yes")
    for row in Outgoing.objects.filter(kind=Outgoing.Kind.SEND_CHARGE_LETTER):
        carry.send_charge_letter(charged, row.payload, now())
    page = opened(ditte, case)
    assert "Venter på at blive printet" in page
    assert not re.search(r">\s*Sendt\s*<", page)
    print_queue.printed(Letter.objects.values_list("id", flat=True), now=now())
    assert "Sendt på papir" in opened(ditte, case)


def test_whoever_registers_a_complaint_says_what_it_is_about_and_comes_to_its_case(charged, enter):
    ditte = enter()
    form = shown(ditte.get(reverse("office-register")))
    assert re.search(r'<option value="" selected>\s*Vælg', form)
    page = shown(ditte.post(reverse("office-register"), by_letter("zenia-two", question="")), 422)
    assert "Vælg, hvad klagen handler om." in page
    assert not Complaint.objects.exists()
    answer = ditte.post(reverse("office-register"), by_letter("zenia-two"))
    case = Case.objects.get(kind="complaint")
    assert answer["Location"] == reverse("office-case", args=[case.id])
    page = shown(ditte.get(answer["Location"]))
    assert "Indtastede klagen, der kom via brev" in page


def test_nobody_registers_a_complaint_about_their_own_charge(charged, enter):
    client = enter("zenia-k")
    Staff.objects.update(number_fingerprint=party("zenia").number_fingerprints[0])
    answer = client.post(reverse("office-register"), by_letter("zenia-two"))
    assert "Det er din egen sag" in shown(answer, 403)
    assert not Complaint.objects.exists()


def test_the_office_says_it_in_words_for_the_office(charged, enter):
    sent()
    ditte = enter()
    case = taken(ditte, Case.objects.get(kind="complaint"))
    assert "Vi ser på den" not in opened(ditte, case)
    chosen = {"step": "annul the charge", "reason": "warden error", "text": "Du har ret."}
    work_on(ditte, case, **chosen, confirm="yes")
    page = opened(ditte, case)
    assert "Klageren fik ret" in page
    assert "Du fik ret" not in page


def test_a_hint_says_that_an_answer_goes_out_in_english(charged, enter):
    ditte, hint = enter(), "Svaret bliver sendt på engelsk. Skriv teksten på engelsk."
    ditte.post(reverse("office-register"), by_letter("zenia-two", language="en"))
    assert hint in opened(ditte, taken(ditte, Case.objects.get(kind="complaint")))
    sent()
    danish = Case.objects.get(complaint__party=party("anna"))
    assert hint not in opened(ditte, taken(ditte, danish))


def test_law_and_valves_are_the_same_on_both_sides(charged, enter, log_in):
    sent()
    found, ditte = charge("anna-open"), enter()
    told = charges.answer_of(found)
    first, second = told.observation.valves.split("/")
    (offence,) = charge_wording.offences(told)
    assert offence.cites != offence.told.legal_basis
    valves = f"pegede på klokken {first} og klokken {second}, som visere på et ur."
    assert valves in str(charge_case.contents(found, shown=[], now=now()))
    for page in (
        shown(log_in("anna").get(of_charge("charge", found))),
        opened(ditte, Case.objects.get(kind="complaint")),
    ):
        assert offence.cites in page
        assert valves in page
        assert offence.told.legal_basis not in page.replace(offence.cites, "")


def test_the_photographs_stand_on_the_case_with_what_they_show(charged, enter, sandbox):
    sent()
    ditte, case = enter(), Case.objects.get(kind="complaint")
    page = opened(ditte, case)
    photos = charged.charges.images(charge("anna-open").source_id)
    assert len(photos) > 1
    for each in photos:
        src = reverse("office-charge-photo", args=[case.id, each.number])
        assert re.search(f'<img src="{src}" alt="[^"]+" loading="lazy"', page)
        assert each.description in page
        assert ditte.get(src)["Content-Type"] == "image/jpeg"
    assert LookUp.objects.filter(outcome="photo opened").count() == 1, "they are one look"
    sandbox.fault("pilen", "status:503")
    assert 'loading="lazy"' in opened(ditte, case)
