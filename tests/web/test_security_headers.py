"""What a browser is told to do with every answer, and which cookies it is given."""

from __future__ import annotations

import secrets

import pytest
from django.conf import settings
from django.core import checks
from django.test import Client
from django.urls import reverse

from parking.web.citizen import pages

OPEN = ["/", "/en/", "/terms/", "/login/", "/saml/metadata", "/healthz"]
ERRORS = ["/nowhere/", "/static/nothing.css", "/saml/acs", "/webhooks/nexi", "/my/", "/%00"]
FILES = ["/static/site.css", "/static/modules/once-only-submit.js", "/static/favicon.ico"]
OWN = ["/my/", "/permits/apply/", "/basket/", "/basket/summary/", "/en/my/"]


@pytest.fixture(autouse=True)
def _files(settings):
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def secure(db, outside):
    """Ask as over HTTPS, where the address of the portal is."""

    def ask(path, client=None, method="get", **more):
        client = client or Client(raise_request_exception=False)
        return getattr(client, method)(path, secure=True, **more)

    return ask


def policy(answer):
    directives = (line.strip().split(" ") for line in answer["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in directives if name}


def assert_safe(answer):
    allowed = policy(answer)
    assert allowed["default-src"] == {"'none'"}
    assert allowed["frame-ancestors"] == {"'none'"}
    assert allowed["base-uri"] == {"'none'"}
    assert allowed.get("script-src", {"'self'"}) == {"'self'"}
    assert allowed.get("style-src", {"'self'"}) == {"'self'"}
    hsts = answer["Strict-Transport-Security"]
    assert int(hsts.removeprefix("max-age=").partition(";")[0]) >= 2 * 365 * 24 * 3600
    assert "includeSubDomains" in hsts
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] in {"no-referrer", "same-origin"}
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer
    assert "Server" not in answer


@pytest.mark.parametrize("path", [*OPEN, *ERRORS, *FILES])
def test_every_answer_keeps_the_browser_safe(secure, path):
    assert_safe(secure(path))


def test_the_answer_to_an_error_of_ours_does_too(secure, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(pages, "fares_on", broken)
    answer = secure("/")
    assert answer.status_code == 500
    assert_safe(answer)


def test_the_answer_to_a_refused_form_does_too(secure):
    answer = secure("/my/", Client(enforce_csrf_checks=True), "post")
    assert answer.status_code == 403
    assert_safe(answer)


@pytest.mark.parametrize("path", OWN)
def test_what_is_somebodys_own_is_kept_by_nobody(secure, log_in, path):
    answer = secure(path, log_in())
    assert_safe(answer)
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_every_page_of_somebodys_own_can_log_off(secure, log_in):
    for path in ("/my/", "/permits/apply/", "/basket/", "/terms/"):
        page = secure(path, log_in()).content.decode()
        assert f'action="{reverse("logout")}"' in page, path


def test_forms_lead_nowhere_but_where_they_are_meant_to(secure):
    assert "*" not in policy(secure("/"))["form-action"]


@pytest.mark.parametrize("method", ["trace", "put", "delete", "patch"])
def test_other_methods_are_refused(secure, method):
    for path in ("/", "/terms/", "/login/", "/saml/acs", "/webhooks/nexi"):
        assert secure(path, method=method).status_code == 405, path


def test_cookies_are_for_us_alone(secure, log_in):
    client = log_in()
    given = {}
    for path in ("/permits/apply/", "/basket/", "/my/", "/en/my/"):
        given |= secure(path, client).cookies
    given |= secure("/login/").cookies
    assert given.keys() >= {"__Host-csrf", "__Host-login"}
    for name, cookie in given.items():
        assert name.startswith("__Host-")
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name
        assert cookie["samesite"] == ("None" if name == "__Host-login" else "Lax"), name
        assert len(cookie.OutputString()) < 4096


def test_the_session_lives_on_our_side():
    assert settings.SESSION_ENGINE.endswith(".db")
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-")
    assert settings.SESSION_COOKIE_SECURE
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert not settings.DEBUG


def test_nothing_is_left_to_do_before_it_is_let_out(settings):
    settings.SECURE_SSL_REDIRECT = True  # as wherever the address begins with https
    settings.SECRET_KEY = secrets.token_urlsafe(48)
    left = {problem.id for problem in checks.run_checks(include_deployment_checks=True)}
    assert left <= {
        "security.W002",  # X-Frame-Options is set by our own middleware, errors and files included
        "async.E001",  # only the tests have a browser's loop in their thread
        "parking.E001",  # the tests' outside is the sandbox, which production refuses
    }
