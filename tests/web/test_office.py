"""The office: who may come in, what they see, and that every look is on record."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, reverse
from structlog.testing import capture_logs

from parking.actions import caseload, documents, staff
from parking.law import application as application_law
from parking.law import case as law
from parking.law.reasoning import Answer
from parking.law.staff import Role
from parking.records import sealing
from parking.records.application import Application
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.document import Document
from parking.records.letter import Letter
from parking.records.staff import Staff, StaffSession
from parking.site import wiring
from parking.web import uploads, urls_office
from pictures import a_pdf, a_photo
from sandbox import stafflogin
from town import ask, now, party

REASONS = "Boligen ligger ud til Vesterbrogade."


def opened(client: Client, case: Case, purpose: str = "Behandling") -> str:
    """Open a case with a purpose, and return its page."""
    client.post(reverse("office-case-open", args=[case.id]), {"purpose": purpose})
    answer = client.get(reverse("office-case", args=[case.id]))
    assert answer.status_code == 200, answer
    return answer.content.decode()


def taken(client: Client, case: Case) -> Case:
    client.post(reverse("office-case-take", args=[case.id]), {"version": case.version})
    case.refresh_from_db()
    return case


def work(client: Client, case: Case, **said):
    fields = {"version": case.version, "step": "decide", "reasons": REASONS, **said}
    return client.post(reverse("office-case-work", args=[case.id]), fields)


@pytest.fixture
def case(stocked):
    ask(stocked, "viggo")
    return Case.objects.get()


# Who comes in


def test_without_a_login_every_page_asks_for_one(db):
    assert Client().get("/office/queue/").headers["Location"].startswith("/office/login/?next=")
    assert Client().post("/office/language/").status_code == 403


def test_a_citizens_login_opens_nothing_here(log_in, db):
    assert log_in("anna").get("/office/queue/").status_code == 302


@pytest.mark.parametrize(
    ("known", "said"),
    [((Role.DECIDER,), ()), ((Role.DECIDER,), (Role.OPERATOR,))],
    ids=["no role at the login", "another role at the login"],
)
def test_a_role_must_be_known_to_both(enter, known, said):
    client = enter("ditte", *known, said=said)
    assert client.get("/office/queue/").status_code == 302
    assert not StaffSession.objects.exists()


def test_a_disabled_account_dies_at_once(enter):
    client = enter("ditte")
    assert client.get("/office/queue/").status_code == 200
    staff.disable(Staff.objects.get(name_id="ditte").id, now=now())
    assert client.get("/office/queue/").status_code == 302


def test_a_silent_session_is_over_after_a_quarter_of_an_hour(enter):
    assert (
        enter("ditte", begun=now() - timedelta(minutes=14)).get("/office/queue/").status_code == 200
    )
    assert (
        enter("dorte", begun=now() - timedelta(minutes=16)).get("/office/queue/").status_code == 302
    )


WITHOUT_A_CASE = {"office-queue", "office-search", "office-people", "office-operations",
                  "office-fetch-map"}  # fmt: skip
GETS = {*WITHOUT_A_CASE, "office-case", "office-case-open"} - {"office-fetch-map"}
POSTS = {"office-case-take", "office-case-put-back", "office-case-work", "office-case-reveal",
         "office-case-ask-registers", "office-disable", "office-fetch-map"}  # fmt: skip
MAY = {
    Role.READER: {"office-queue", "office-search", "office-case", "office-case-open"},
    Role.DECIDER: (GETS | POSTS)
    - {"office-people", "office-disable", "office-operations", "office-fetch-map"},
    Role.LEAD: (GETS | POSTS) - {"office-people", "office-disable"},
    Role.OPERATOR: {"office-people", "office-disable", "office-operations", "office-fetch-map"},
}


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_own_pages_and_no_others(enter, case, role):
    client = enter("somebody", role)
    opened_first = role is not Role.OPERATOR
    if opened_first:
        opened(client, case)
    for name in sorted(GETS | POSTS):
        args = [] if name in WITHOUT_A_CASE else [case.id]
        ask_for = client.get if name in GETS else client.post
        status = ask_for(reverse(name, args=args)).status_code
        assert (status == 403) is (name not in MAY[role]), (role, name, status)


def test_every_page_of_the_office_says_who_may_see_it():
    views = [each for each in urls_office.urlpatterns if isinstance(each, URLPattern)]
    admits = {each.name: each.callback.admits for each in views}
    open_to_all = {name for name, whom in admits.items() if not whom.startswith("staff")}
    assert open_to_all == {
        "office-login", "office-saml-metadata", "office-saml-acs", "office-saml-logout",
    }  # fmt: skip


def test_nothing_of_the_office_is_kept_by_a_browser(enter):
    assert enter().get("/office/queue/").headers["Cache-Control"] == "no-store"


# The real login


@pytest.fixture
def city_login(stocked, sandbox, settings):
    settings.PORTAL_ADDRESS = "http://testserver"
    wiring.outside.cache_clear()
    there = wiring.outside().staff
    httpx.post(
        f"{sandbox.base}/staff-idp/registration", content=there.metadata()
    ).raise_for_status()
    yield sandbox
    wiring.outside.cache_clear()


def logged_in(sandbox, client: Client, who: str, visitor: httpx.Client | None = None):
    """Log in at the municipality's own login, in a browser that nobody else has used."""
    away = client.get("/office/login/").headers["Location"]
    visitor = visitor or httpx.Client(base_url=sandbox.base, follow_redirects=True)
    page = visitor.get(away)
    key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
    back = visitor.post("/staff-idp/login", data={"request": key, "who": who})
    fields = dict(re.findall(r'name="(SAMLResponse|RelayState)" value="([^"]*)"', back.text))
    return client.post(
        "/office/saml/acs", {name: unescape(value) for name, value in fields.items()}
    )


def name_id(slug: str) -> str:
    return next(each.name_id for each in stafflogin.EMPLOYEES if each.slug == slug)


def test_somebody_who_works_here_logs_in_and_out(city_login):
    staff.add(name_id=name_id("ditte"), roles={Role.DECIDER}, unit="Parkering", now=now())
    client = Client()
    answer = logged_in(city_login, client, "ditte")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/office/")
    assert answer.cookies[settings.CSRF_COOKIE_NAME].value, "not that of who sat here before"
    cookie = answer.cookies["__Secure-office"]
    assert (cookie["path"], cookie["secure"], cookie["httponly"]) == ("/office/", True, True)
    assert "Ditte Dahlgaard" in client.get("/office/queue/").content.decode()
    assert client.post("/office/logout/").headers["Location"].startswith(city_login.base)
    assert not StaffSession.objects.exists()


def test_logging_out_elsewhere_ends_the_session_in_the_office(city_login):
    staff.add(name_id=name_id("ditte"), roles={Role.DECIDER}, unit="Parkering", now=now())
    staff.add(name_id=name_id("leif"), roles={Role.LEAD}, unit="Parkering", now=now())
    ditte, leif = Client(), Client()
    with httpx.Client(base_url=city_login.base, follow_redirects=True) as visitor:
        logged_in(city_login, ditte, "ditte", visitor)
        told = visitor.get("/staff-idp/logout", follow_redirects=False).headers["Location"]
    logged_in(city_login, leif, "leif")
    forged = told.replace("SigAlg=", "SigAlg=x")
    assert Client().get(forged).status_code == 403
    assert StaffSession.objects.count() == 2
    answer = Client().get(told)
    assert answer.headers["Location"].startswith(f"{city_login.base}/staff-idp/")
    assert "SAMLResponse=" in answer.headers["Location"]
    assert ditte.get("/office/queue/").status_code == 302
    assert leif.get("/office/queue/").status_code == 200, "it was not leif who logged out"


def test_logging_out_of_the_office_works_though_the_login_is_silent(city_login):
    staff.add(name_id=name_id("ditte"), roles={Role.DECIDER}, unit="Parkering", now=now())
    client = Client()
    logged_in(city_login, client, "ditte")
    city_login.fault("staff-idp", "drop")
    wiring.outside.cache_clear()
    answer = client.post("/office/logout/")
    assert "Du er logget af" in answer.content.decode()
    assert not StaffSession.objects.exists()


def test_who_is_not_known_here_is_not_let_in(city_login):
    answer = logged_in(city_login, Client(), "ditte")
    assert answer.status_code == 403
    assert "oprettet her" in answer.content.decode()


def test_who_has_no_role_at_the_login_is_not_let_in(city_login):
    staff.add(name_id=name_id("nina"), roles={Role.DECIDER}, unit="Parkering", now=now())
    assert logged_in(city_login, Client(), "nina").status_code == 403


def test_an_answer_is_good_once(city_login):
    staff.add(name_id=name_id("ditte"), roles={Role.DECIDER}, unit="Parkering", now=now())
    client = Client()
    assert logged_in(city_login, client, "ditte").status_code == 303
    assert (
        client.post("/office/saml/acs", {"SAMLResponse": "x", "RelayState": "y"}).status_code == 403
    )


# A case


def test_a_case_is_not_shown_before_somebody_says_why(enter, case):
    client = enter()
    answer = client.get(reverse("office-case", args=[case.id]))
    assert answer.headers["Location"] == reverse("office-case-open", args=[case.id])
    page = client.post(answer.headers["Location"], {"purpose": "  "})
    assert page.status_code == 200
    assert not LookUp.objects.filter(register="case").exists()


def test_every_look_is_on_record_with_its_purpose(enter, case):
    client = enter()
    opened(client, case, "Klage over svar")
    client.get(reverse("office-case", args=[case.id]))
    client.post(reverse("office-case-reveal", args=[case.id]), {"what": "number"})
    client.post("/office/search/", {"text": "zv 10022", "purpose": "Opkald"})
    looks = LookUp.objects.filter(register="case").order_by("id")
    assert [(each.purpose, each.outcome) for each in looks] == [
        ("Klage over svar", "answered"),
        ("Klage over svar", "answered"),
        ("Klage over svar", "number shown"),
        ("Opkald", "searched"),
    ]
    assert {each.asked_by for each in looks} == {"staff Parkering"}
    assert {each.staff.name for each in looks} == {"ditte"}
    assert {each.party_id for each in looks} == {case.party_id}


def test_a_search_without_a_purpose_finds_nothing(enter, case):
    page = enter().post("/office/search/", {"text": case.number}).content.decode()
    assert "Skriv, hvorfor du søger." in page
    assert case.number not in page.replace(f'value="{case.number}"', "")


def test_a_search_in_vain_is_on_record_too(enter, case):
    with capture_logs() as logs:
        enter().post("/office/search/", {"text": "zz 99 999", "purpose": "Nysgerrig"})
    (said,) = [each for each in logs if each["event"] == "search in vain"]
    assert said["staff"] == str(Staff.objects.get().id)
    assert said["looked_for"] == sealing.keys().fingerprint_of("ZZ99999")
    assert "99999" not in str({**said, "looked_for": ""}), "nobody's plate is in the log"
    assert not LookUp.objects.filter(register="case").exists()


def test_the_queue_names_nobody(enter, case):
    page = enter().get("/office/queue/").content.decode()
    assert case.number in page
    assert "Viggo" not in page


def test_the_queue_shows_what_one_has_oneself(enter, case):
    client, other = enter("ditte"), enter("dorte")
    opened(client, case)
    taken(client, case)
    assert case.number in client.get("/office/queue/?mine=yes").content.decode()
    assert case.number not in other.get("/office/queue/?mine=yes").content.decode()
    assert case.number not in client.get("/office/queue/?kind=documents").content.decode()


def test_a_person_number_is_masked_until_it_is_asked_for(enter, case):
    client = enter()
    assert "760872-••••" in opened(client, case)
    shown = client.post(reverse("office-case-reveal", args=[case.id]), {"what": "number"})
    assert "760872-1025" in shown.content.decode()
    assert "760872-1025" not in client.get(reverse("office-case", args=[case.id])).content.decode()


def test_a_protected_address_is_masked_until_it_is_asked_for(enter, stocked):
    application = ask(stocked, "soeren")
    hidden = caseload.open_case(application, law.Kind.SECOND_VEHICLE, ("extra_permits",), now=now())
    client = enter()
    assert "vejkode" not in opened(client, hidden)
    shown = client.post(reverse("office-case-reveal", args=[hidden.id]), {"what": "address"})
    assert "vejkode" in shown.content.decode()
    reader = enter("rosa", Role.READER)
    opened(reader, hidden)
    refused = reader.post(reverse("office-case-reveal", args=[hidden.id]), {"what": "address"})
    assert refused.status_code == 403


def test_nobody_sees_their_own_case(enter, case):
    client = enter("viggo-k")
    Staff.objects.filter(name_id="viggo-k").update(
        number_fingerprint=party("viggo").number_fingerprints[0]
    )
    assert case.number not in client.get("/office/queue/").content.decode()
    for name in ("office-case", "office-case-open"):
        assert client.get(reverse(name, args=[case.id])).status_code == 403
    assert client.post(reverse("office-case-take", args=[case.id])).status_code == 403
    found = client.post("/office/search/", {"text": case.number, "purpose": "Mig selv"})
    assert "Der er ingen sag" in found.content.decode()


def test_the_letter_is_seen_before_it_is_sent(enter, case):
    client = enter()
    opened(client, case)
    taken(client, case)
    preview = work(client, case, fact_home_area="VB").content.decode()
    assert REASONS in preview
    assert "Ja, du kan få licens" in preview
    assert not Letter.objects.exists()
    done = work(client, case, fact_home_area="VB", confirm="yes")
    assert done.status_code == 302
    case.refresh_from_db()
    assert case.stands is law.State.DECIDED
    assert Letter.objects.get().subject == "Ja, du kan få licens"
    assert REASONS in client.get(reverse("office-case", args=[case.id])).content.decode()


def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(enter, case):
    client = enter()
    opened(client, case)
    taken(client, case)
    page = work(client, case)
    assert page.status_code == 422
    assert "Udfyld »Licensområde«" in unescape(page.content.decode())
    assert REASONS in page.content.decode()


def test_asking_and_refusing_need_no_fact(enter, case):
    client = enter()
    opened(client, case)
    taken(client, case)
    assert "Vi mangler noget" in work(client, case, step="ask").content.decode()
    refused = work(client, case, step="refuse").content.decode()
    assert "Nej, du kan ikke få licens" in refused
    assert "Du kan klage til kommunen" in refused


def test_the_second_of_two_is_told_that_the_case_has_changed(enter, case):
    first, second = enter("ditte"), enter("dorte")
    for client in (first, second):
        opened(client, case)
    version = case.version
    assert (
        first.post(reverse("office-case-take", args=[case.id]), {"version": version}).status_code
        == 302
    )
    late = second.post(reverse("office-case-take", args=[case.id]), {"version": version})
    assert late.status_code == 409
    assert "Sagen har ændret sig" in late.content.decode()


def test_who_was_just_added_is_called_by_the_last_part_of_their_name_at_the_login(enter, db):
    staff.add(name_id="https://data.gov.dk/eid/ny", roles={Role.READER}, unit="P", now=now())
    page = enter("leif", Role.OPERATOR).get(reverse("office-people")).content.decode()
    assert ">ny</th>" in page
    assert "data.gov.dk" not in page


def test_what_was_typed_too_late_is_given_back_with_a_way_to_the_case(enter, case):
    client = enter()
    opened(client, case)
    page = work(client, case, reasons="Alt det, jeg skrev.").content.decode()
    assert "Det, du sendte, er ikke gemt." in page
    assert f'href="{reverse("office-case", args=[case.id])}"' in page
    assert "readonly>Alt det, jeg skrev.</textarea>" in page


def test_a_document_is_shown_safely_and_on_record(enter, stocked):
    application = ask(stocked, "olga", "ZP10016")
    for name, content in (("a.pdf", a_pdf()), ("b.jpg", a_photo())):
        documents.save_draft(
            None,
            application,
            kind=Document.Kind.SOLE_USER_DECLARATION,
            name=name,
            content=content,
            now=now(),
        )
    client, draft = enter(), Document.objects.first()
    documents.hand_in(stocked, party("olga"), application, now=now())
    case = Case.objects.get()
    opened(client, case)
    pdf, picture = Document.objects.order_by("original_name")
    answer = client.get(reverse("office-document", args=[case.id, pdf.id]))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{pdf.id}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = client.get(reverse("office-document", args=[case.id, picture.id]))
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert LookUp.objects.filter(outcome="document opened").count() == 2
    Document.objects.filter(id=draft.id).update(scan=Document.Scan.QUARANTINED)
    assert client.get(reverse("office-document", args=[case.id, draft.id])).status_code == 403


def test_an_operator_says_who_works_here(enter):
    client = enter("otto", Role.OPERATOR)
    added = client.post("/office/people/", {"name_id": "ny", "unit": "Parkering", "role": "reader"})
    assert added.status_code == 302
    somebody = Staff.objects.get(name_id="ny")
    assert client.post(reverse("office-disable", args=[somebody.id])).status_code == 302
    somebody.refresh_from_db()
    assert somebody.disabled is not None
    last = client.post(reverse("office-disable", args=[Staff.objects.get(name_id="otto").id]))
    assert last.status_code == 409


def test_the_office_speaks_english_too(enter, case):
    client = enter()
    client.post("/office/language/", {"language": "en"})
    page = client.get("/office/queue/")
    assert "Cases" in page.content.decode()
    assert page.headers["Content-Language"] == "en"


# What citizens see of it


def test_somebody_hands_in_a_photo_and_takes_one_back(log_in, stocked):
    application = ask(stocked, "olga", "ZP10016")
    client = log_in("olga")
    address = reverse("application-documents", args=[application.id])
    assert address in client.get(reverse("application", args=[application.id])).content.decode()
    good = SimpleUploadedFile("side 1.jpg", a_photo())
    bad = SimpleUploadedFile("side 2.exe", b"MZ" + b"\0" * 200)
    answer = client.post(address, {"kind": "sole-user declaration", "file": [good, bad]})
    said = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "side 2.exe er hverken et billede eller en pdf" in said
    assert "side 1.jpg" in said, "the good one is saved all the same"
    kept = Document.objects.get()
    client.post(
        reverse("application-document-remove", args=[application.id]), {"document": kept.id}
    )
    assert not Document.objects.exists()
    client.post(address, {"kind": "lease", "file": SimpleUploadedFile("a.pdf", a_pdf())})
    assert not Document.objects.exists(), "a lease shows nothing about a company's car"
    client.post(
        address, {"kind": "sole-user declaration", "file": SimpleUploadedFile("a.pdf", a_pdf())}
    )
    client.post(reverse("application-documents-hand-in", args=[application.id]))
    page = client.get(reverse("application", args=[application.id])).content.decode()
    assert "Du kan købe licensen nu" in page
    assert "En fil er slettet" not in page
    Application.objects.update(infected=["tro.pdf"])
    for name in ("application", "application-documents"):
        page = client.get(reverse(name, args=[application.id])).content.decode()
        assert "Vi har slettet filen tro.pdf." in page
        assert "Send den gerne igen fra en anden kopi." in page
    Application.objects.update(state=application_law.State.WITHDRAWN.value)
    page = client.get(reverse("application", args=[application.id])).content.decode()
    assert "Vi har slettet filen tro.pdf." in page
    assert "Send den gerne igen" not in page, "nothing can be sent any more"
    Application.objects.update(state=application_law.State.DRAFT.value)
    assert client.get(reverse("application-start", args=[application.id])).status_code == 200


def test_somebody_elses_documents_do_not_exist(log_in, stocked):
    application = ask(stocked, "olga", "ZP10016")
    assert (
        log_in("anna").get(reverse("application-documents", args=[application.id])).status_code
        == 404
    )


def test_a_second_vehicle_is_asked_for_in_words(log_in, stocked):
    application = ask(stocked, "mette", "ZM10013")
    assert application.answer is Answer.NO, application.finding
    client = log_in("mette")
    address = reverse("application-second-vehicle", args=[application.id])
    assert address in client.get(reverse("application", args=[application.id])).content.decode()
    assert client.post(address, {"why": ""}).status_code == 200
    assert not Case.objects.exists()
    assert client.post(address, {"why": "Vi er to om bilerne."}).status_code == 302
    assert Case.objects.get().steps.get().text == "Vi er to om bilerne."


def test_too_much_at_once_is_not_read(log_in, stocked, monkeypatch):
    application = ask(stocked, "olga", "ZP10016")
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    answer = log_in("olga").post(
        reverse("application-documents", args=[application.id]),
        {"kind": "lease", "file": SimpleUploadedFile("a.pdf", a_pdf() * 10)},
    )
    assert answer.status_code == 400
    assert not Document.objects.exists()
