"""What a public site owes everybody: who answers, what is kept, what is down, and whom to ask."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import translation

from canaries import Planted
from parking.actions import announce, wording
from parking.law import retention
from parking.law.retention import Matter
from parking.records.announcement import Announcement
from parking.records.audit import LookUp
from parking.records.party import LoginSession, Party
from parking.records.staff import Staff
from parking.web import announcements, errors, visit
from parking.web.citizen import mydata
from town import now, party

PUBLIC = ["front", "accessibility", "privacy", "terms", "cookies", "contact"]
BOTH = pytest.mark.parametrize("prefix", ["", "/en"])


def at(name, prefix=""):
    """The address of a page in one language, whichever the page before was in."""
    with translation.override("en" if prefix else "da"):
        return reverse(name)


def text_of(address, client=None):
    answer = (client or Client()).get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


# Every page


@BOTH
@pytest.mark.parametrize("name", PUBLIC)
def test_every_page_says_whom_to_call_and_leads_to_the_duties(name, prefix, db):
    text = text_of(at(name, prefix))
    assert settings.CONTACT_PHONE in text
    assert f'href="mailto:{settings.CONTACT_EMAIL}"' in text
    for duty in ("accessibility", "privacy", "terms", "cookies", "contact", "my-data"):
        assert f'href="{at(duty, prefix)}"' in text


@pytest.mark.parametrize(("prefix", "there"), [("", "/en"), ("/en", "")])
def test_the_same_page_in_the_other_language_is_told_with_its_whole_address(prefix, there, db):
    language = "en" if there else "da"
    link = f'rel="alternate" hreflang="{language}" href="{settings.PORTAL_ADDRESS}{there}/terms/"'
    assert link in text_of(at("terms", prefix))


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 429, 500, 503])
def test_the_page_of_every_error_speaks_both_languages_and_needs_no_database(status):
    text = errors.page(status, incident="12AB").content.decode()
    danish, english = text.split('<div lang="en"')
    assert all("<h" in part and "<p>" in part for part in (danish, english))
    assert settings.CONTACT_PHONE in text
    assert ("12AB" in text) == (status >= 500)


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_that_was_raised_needs_no_database_either(status):
    """Without the mark for it, asking the database fails this test."""
    raised = {400: errors.bad_request, 404: errors.not_found}.get(status)
    answer = raised(None, ValueError()) if raised else errors.page(500, incident="1")
    assert answer.status_code == status


# What is down


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()
    yield
    cache.clear()


def down(**more):
    return announce.announce("MitID er nede.", "MitID is down.", now=now(), **more)


@pytest.mark.parametrize(("prefix", "said"), [("", "MitID er nede."), ("/en", "MitID is down.")])
def test_what_is_down_is_said_on_every_page_in_its_language(prefix, said, db_commits, log_in):
    down()
    for name in PUBLIC:
        assert said in text_of(at(name, prefix))
    assert said in text_of(at("my", prefix), log_in())


@pytest.mark.parametrize(
    "when",
    [
        {"begins": now() + timedelta(hours=1)},
        {"begins": now() - timedelta(hours=2), "ends": now() - timedelta(hours=1)},
        {"pages": ["login"]},
    ],
)
def test_what_is_not_true_here_and_now_is_not_said(when, db_commits):
    down(**when)
    assert "MitID er nede." not in text_of("/cookies/")


def test_one_page_can_be_told_alone(db_commits):
    down(pages=["terms"])
    assert "MitID er nede." in text_of("/terms/")


def test_what_ends_while_it_is_remembered_is_not_said(db_commits, monkeypatch):
    down(ends=now() + timedelta(seconds=10))
    assert "MitID er nede." in text_of("/cookies/")
    later = now() + timedelta(seconds=11)
    monkeypatch.setattr("parking.web.middleware.timezone.now", lambda: later)
    assert "MitID er nede." not in text_of("/cookies/")


def test_the_table_is_asked_once_for_many_pages(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        for _ in range(5):
            text_of("/cookies/")


def test_a_page_is_shown_although_the_database_is_away(monkeypatch):
    def away(**_):
        raise OperationalError("away")

    monkeypatch.setattr(announce, "current", away)
    assert "<h1>" in text_of("/cookies/")
    assert cache.get(announcements._KEY) == [], "it is not waited for again at once"


def test_the_command_announces_lists_and_ends(db_commits, capsys):
    call_command("announce", "Betaling er nede.", "Payment is down.", "--hours", "2")
    (one,) = Announcement.objects.all()
    assert one.ends - one.begins == timedelta(hours=2)
    assert f"{one.id}  " in capsys.readouterr().out
    call_command("announce", "--end", str(one.id))
    assert not list(announce.current(now=now()))
    with pytest.raises(CommandError):
        call_command("announce", "--end", str(one.id))


@pytest.mark.parametrize("words", [("Kun på dansk.",), ("Nede.", "Down.", "--page", "nowhere")])
def test_the_command_refuses_what_not_everybody_could_read(words, db_commits):
    with pytest.raises(CommandError):
        call_command("announce", *words)
    assert not Announcement.objects.exists()


def test_one_that_has_not_begun_can_be_ended(db_commits):
    planned = down(begins=now() + timedelta(days=1))
    assert announce.end(planned.id, now=now())
    assert not list(announce.current(now=now(), ahead=timedelta(days=2)))


# What programs ask for


def test_whom_to_tell_of_a_weakness_is_said_as_rfc_9116_wants_it():
    answer = Client().get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert fields.keys() == {"Contact", "Expires", "Preferred-Languages", "Canonical"}
    assert re.match("mailto:|https:", fields["Contact"])
    assert datetime.fromisoformat(fields["Expires"]).tzinfo is not None


def test_robots_are_kept_from_what_needs_a_login():
    text = Client().get("/robots.txt").content.decode()
    assert text.startswith("User-agent: *\n")
    assert {"Disallow: /my/", "Disallow: /en/my/", "Disallow: /office/"} <= set(text.splitlines())
    assert "Disallow: /\n" not in text


def test_the_favicon_is_where_old_browsers_look():
    assert Client().get("/favicon.ico")["Location"].endswith("favicon.ico")


# What the pages promise


def test_the_accessibility_statement_has_what_the_law_wants(db):
    text = text_of("/accessibility/")
    for needed in (
        "EN 301 549", "delvist", "Kendte mangler", "Digitaliseringsstyrelsen",
        settings.ACCESSIBILITY_STATEMENT, settings.CONTACT_PHONE,
        wording.day(date.fromisoformat(settings.ACCESSIBILITY_REVIEWED)),
    ):  # fmt: skip
        assert needed in text, needed


def test_the_privacy_notice_names_every_source_and_its_basis(db):
    text = text_of("/privacy/")
    sources = re.findall(r"<h3>(.*?)</h3>\s*<p>(.*?)</p>", text, re.DOTALL)
    assert [name for name, _ in sources] == [
        "MitID", "CPR-registret", "Motorregistret", "Adresseregistret og kommunens kort",
        "Kommunens økonomisystem", "Betalingsudbyderen", "Digital Post",
        "Systemet med parkeringsafgifter", "Gældsstyrelsen", "Banken", "Breve på papir", "Dig selv",
    ]  # fmt: skip
    assert all("Grundlag:" in told for _, told in sources)
    assert all(each in text for each in (settings.DPO_EMAIL, settings.CONTACT_ADDRESS, "litra e"))


def test_the_privacy_notice_says_how_long_as_the_schedule_has_it(db):
    text = text_of("/privacy/")
    rules = retention.SCHEDULE.on(now().date())
    told = dict(re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', text))
    assert told["Køb og kvitteringer"].startswith("5 år")
    assert len(told) == len(rules) - 1, "all but logins, which the page on cookies tells"
    assert told["Dokumenter, du har gemt, men ikke afleveret"].startswith(
        wording.months(rules[Matter.DRAFTS].months)
    )


def test_the_page_on_cookies_names_those_there_are(db, log_in):
    names = set(re.findall(r"<code>(__Host-\w+)</code>", text_of("/cookies/")))
    session = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    assert names == session | {"__Host-login", visit._COOKIE}
    client = log_in()
    client.get(at("my"))
    client.get(at("my", "/en"))
    assert client.cookies.keys() <= names, "the language is in the address"


@BOTH
@pytest.mark.parametrize("name", ["accessibility", "privacy", "terms", "cookies"])
def test_a_legal_word_is_explained_where_it_first_stands(name, prefix, db):
    assert "<dfn" in text_of(at(name, prefix))


# One's own data


def look(
    who="party", *, at=None, register="population register", purpose="resident permit", **more
):
    return LookUp.objects.create(
        party=party("anna"), register=register, purpose=purpose, asked_by=who,
        reference=more.get("reference", "x"), outcome=more.get("outcome", "answered"),
        at=at or now(), staff=more.get("staff"),
    )  # fmt: skip


def test_who_has_looked_is_told_in_plain_words(log_in):
    look()
    look("system")
    look("staff Parkering", register="case", purpose="Klage fra borgeren", outcome="number shown")
    text = text_of(at("my-data"), log_in())
    for told in (
        "Portalen, da du selv bad om det", "Portalen, mens din ansøgning ventede",
        "En sagsbehandler i Parkering", "CPR-registret", "Klage fra borgeren",
        "Dit CPR-nummer blev vist.", "For at se, om du kan få en beboerlicens",
    ):  # fmt: skip
        assert told in text, told


def test_one_persons_looks_in_one_sitting_are_one_line_and_all_stay_on_record(log_in):
    a, b = (Staff.objects.create(name_id=name, unit="Parkering", added=now()) for name in "ab")
    said = {"register": "charge", "purpose": "Borgeren ringede"}
    for minutes, who in ((0, a), (1, a), (2, a), (3, b), (90, b)):
        at_that = now() - timedelta(minutes=minutes)
        look("staff Parkering", at=at_that, staff=who, **said)
    text = text_of(at("my-data"), log_in())
    assert text.count("<time") == 3
    assert "Det samme opslag er sket 3 gange." in text
    assert LookUp.objects.count() == 5


@pytest.mark.parametrize("purpose", ["number of a login", "check of a charge"])
def test_what_has_nothing_to_do_with_an_application_is_not_said_to(log_in, purpose):
    look("system", purpose=purpose)
    text = text_of(at("my-data"), log_in())
    assert "Portalen, af sig selv" in text
    assert "mens din ansøgning ventede" not in text


def test_what_was_looked_at_together_is_told_together(log_in):
    moment = now()
    for register in ("population register", "vehicle register"):
        look(at=moment, register=register, outcome="unavailable")
    text = text_of(at("my-data"), log_in())
    assert text.count("<time") == 1
    assert text.count("Registret svarede ikke.") == 2


def test_the_moment_of_a_look_is_danish(log_in):
    look(at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert "2. juli 2026 kl. 00.30" in text_of(at("my-data"), log_in())
    assert "2 July 2026 at 00:30" in text_of(at("my-data", "/en"), log_in())


def test_what_others_looked_at_is_not_told(log_in):
    look("staff Hemmelig", register="case")
    assert "Hemmelig" not in text_of(at("my-data"), log_in("bo"))


def test_many_looks_are_paged_by_few_questions(log_in, django_assert_max_num_queries):
    for number in range(120):
        look(at=now() - timedelta(minutes=number), reference=f"S-{number}")
    client = log_in()
    with django_assert_max_num_queries(9):
        first = text_of(at("my-data"), client)
    assert first.count("<time") == 50
    assert "Side 1 af 3" in first
    assert text_of(at("my-data") + "?page=3", client).count("<time") == 20
    assert text_of(at("my-data") + "?page=x", client).count("<time") == 50


@BOTH
def test_the_copy_can_be_read_by_people_and_by_programs(prefix, db_commits, log_in):
    client = log_in()
    answer = client.post(at("my-data-copy", prefix))
    assert answer["Content-Type"] == "application/zip"
    assert re.search(r'filename="[a-z-]+-\d{4}-\d\d-\d\d\.zip"', answer["Content-Disposition"])
    assert answer["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        data = json.loads(packed.read("data.json"))
        (page,) = (packed.read(name).decode() for name in packed.namelist() if "html" in name)
    assert data["tables"]["party"][0]["name"] == party("anna").name
    assert party("anna").name in page


def test_the_copy_can_be_had_of_every_table(db_commits, rf):
    planted = Planted("alt", at=now())
    request = rf.post("/")
    request.party, request.now, request.login = planted.party, now(), None
    with zipfile.ZipFile(
        io.BytesIO(mydata.copy.__wrapped__.__wrapped__(request).content)
    ) as packed:
        names = packed.namelist()
        page = packed.read("laes-mig.html").decode()
    assert {name.partition("/")[0] for name in names} >= {"document", "letter", "data.json"}
    assert all(f"<h2>{title}</h2>" in page for title in mydata._TABLES.values())


def test_a_copy_is_not_made_without_end(log_in, db_commits):
    client = log_in()
    statuses = [client.post(at("my-data-copy")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_erasing_says_first_what_is_kept_and_why(db_commits, log_in):
    client = log_in()
    Party.objects.update(email="anna@example.dk")
    text = text_of(at("my-data-erase"), client)
    assert "Det skal vi gemme" in text
    assert "Det sidste slettes efter" in text
    assert client.post(at("my-data-erase"))["Location"] == at("my-data-erased")
    assert Party.objects.get().email == ""
    assert LoginSession.objects.exists()
    assert "Dine data er slettet" in text_of(at("my-data-erased"), client)


def test_everything_that_may_be_kept_has_words_for_people():
    told = set(mydata._KEPT)
    assert told == set(Matter) - {Matter.DRAFTS, Matter.PIECES, Matter.TRAFFIC, Matter.LOGINS}


@pytest.fixture
def db_commits(transactional_db):
    """Commits are real, as the actions want them."""
