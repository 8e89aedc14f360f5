"""Who may come in, how long one stays, and that nothing typed is lost on the way."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from parking.records.party import LoginSession
from parking.web import access, middleware

WHOM = {"anyone", "national login", "party", "payer", "slip"}
NOBODY = uuid4()
_THINGS = ("application", "charge", "order", "permit", "plan")


def views(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.callback.__module__.startswith("parking.web"):
                yield pattern.name, pattern.callback
        else:
            yield from views(pattern)


VIEWS = dict(views())


def address(name):
    for kwargs in ({}, *({f"{what}_id": NOBODY} for what in _THINGS)):
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=kwargs)
    raise AssertionError(name)


FOR_PARTIES = sorted(
    name for name, view in VIEWS.items() if getattr(view, "admits", "") in {"party", "payer"}
)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_every_view_says_who_may_come_in(name):
    assert VIEWS[name].admits in WHOM or VIEWS[name].admits.startswith("staff: ")


def test_these_and_no_other_pages_are_for_everybody():
    assert {name for name, view in VIEWS.items() if view.admits == "anyone"} == {
        *("front", "accessibility", "privacy", "terms", "cookies", "contact"),
        *("charges", "charge-scan", "prices", "login", "saml-metadata"),
        *("standing", "zones", "address-right"),
        *("office-login", "office-saml-metadata"),
    }
    assert {name for name, view in VIEWS.items() if view.admits == "national login"} == {
        *("saml-acs", "saml-logout"),
        *("office-saml-acs", "office-saml-logout"),
    }


def test_a_view_says_it_once():
    with pytest.raises(TypeError):
        access.anyone(access.anyone(lambda request: None))


@pytest.mark.parametrize("name", FOR_PARTIES)
def test_who_is_not_logged_in_is_asked_to(name, db):
    answer = Client().get(address(name))
    assert answer.status_code == 302
    assert urlsplit(answer["Location"]).path == reverse("login")


@pytest.mark.parametrize("name", FOR_PARTIES)
def test_a_form_of_nobody_changes_nothing_and_says_so(name, db):
    answer = Client().post(address(name), {"plate": "AB12345"})
    assert answer.status_code == 403
    assert "Log på igen" in answer.content.decode()


@pytest.mark.parametrize("name", FOR_PARTIES)
def test_every_form_needs_its_token(name, log_in):
    assert log_in(enforce_csrf_checks=True).post(address(name)).status_code == 403


@pytest.mark.parametrize("name", [name for name in FOR_PARTIES if str(NOBODY) in address(name)])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_there_is_not_is_not_found(name, method, log_in):
    answer = getattr(log_in(), method)(address(name))
    assert answer.status_code in {404, 405}
    assert answer.content


@pytest.mark.parametrize(
    "path",
    [
        "https://example.com/",
        "//example.com/",
        "/\\example.com",
        "javascript:alert(1)",
        "my/",
        "",
        "/" + "a" * 500,
    ],
)
def test_nobody_is_sent_away_from_here(path):
    assert access.local_path(path) == reverse("my")


def test_a_path_of_ours_is_kept():
    assert access.local_path("/en/basket/?a=b") == "/en/basket/?a=b"


def test_what_was_typed_comes_back_after_logging_in(log_in):
    answer = Client().post(reverse("apply"), {"plate": "ab 12 345"})
    (next_path,) = parse_qs(urlsplit(answer.context["log_in_url"]).query)["next"]
    page = log_in().get(next_path)
    sealed = parse_qs(urlsplit(next_path).query)["typed"][0].split(":")[0].lstrip(".") + "=="
    assert b"345" not in base64.urlsafe_b64decode(sealed), "nobody can read it in the address"
    assert 'value="ab 12 345"' in page.content.decode()


def test_what_somebody_else_made_up_is_not_typed():
    request = RequestFactory().get("/", {"typed": "plate=AB12345"})
    assert access.typed(request) == {}


def test_too_much_to_remember_is_forgotten_and_the_page_is_not():
    request = RequestFactory().post("/", {"plate": "".join(map(str, range(400)))})
    assert access.with_typed("/permits/apply/", request) == "/permits/apply/"


def later(monkeypatch, **by):
    moment = datetime.now(UTC) + timedelta(**by)
    monkeypatch.setattr(middleware.timezone, "now", lambda: moment)
    return moment


def test_a_silent_session_ends_after_half_an_hour(log_in, monkeypatch):
    client = log_in()
    later(monkeypatch, minutes=31)
    answer = client.get(reverse("my"))
    assert answer.status_code == 403
    assert "30 minutter" in answer.content.decode()
    assert not LoginSession.objects.exists()


def test_a_session_that_is_used_goes_on(log_in, monkeypatch):
    client = log_in()
    moment = later(monkeypatch, minutes=29)
    assert client.get(reverse("my")).status_code == 200
    assert LoginSession.objects.get().last_used == moment


def test_a_session_ends_after_eight_hours_however_much_it_is_used(log_in, monkeypatch):
    client = log_in(begun=datetime.now(UTC) - timedelta(hours=8, minutes=1))
    LoginSession.objects.update(last_used=datetime.now(UTC))
    assert client.get(reverse("my")).status_code == 403


def test_a_session_that_was_ended_elsewhere_is_dead(log_in):
    client = log_in()
    LoginSession.objects.all().delete()
    assert client.get(reverse("my")).status_code == 403
    assert client.get(reverse("my")).status_code == 302


def test_using_a_session_is_written_down_once_a_minute(log_in, django_assert_num_queries):
    client = log_in()
    client.get(reverse("cookies"))
    with django_assert_num_queries(2):
        client.get(reverse("cookies"))


def test_the_session_of_somebody_else_is_not_mine(log_in):
    client, other = log_in("anna"), log_in("bo")
    LoginSession.objects.filter(
        session_key=client.cookies[settings.SESSION_COOKIE_NAME].value
    ).update(
        party=LoginSession.objects.get(
            session_key=other.cookies[settings.SESSION_COOKIE_NAME].value
        ).party
    )
    assert client.get(reverse("my")).status_code == 403
