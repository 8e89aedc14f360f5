"""What every answer carries, and what people are told when something cannot be done."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from parking.actions.permission import NotYours
from parking.law.course import StepNotAllowed
from parking.law.days import NotInForce
from parking.law.price import NoFare
from parking.ports import Rejected, Unavailable
from parking.web import errors
from parking.web.middleware import ErrorsForPeople

PUBLIC = ["front", "accessibility", "privacy", "terms", "cookies", "contact"]
SECRET = "select person_number from secret_table"


def told(error):
    request = RequestFactory().get("/")
    return ErrorsForPeople(lambda _: HttpResponse()).process_exception(request, error)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotYours("order"), 404),
        (StepNotAllowed(SECRET), 409),
        (Unavailable(SECRET), 503),
        (NoFare(SECRET), 503),
        (NotInForce(SECRET), 503),
        (OperationalError(SECRET), 503),
        (Rejected(SECRET), 500),
        (ZeroDivisionError(SECRET), 500),
    ],
)
def test_an_error_becomes_a_page_that_tells_nothing_of_us(error, status):
    answer = told(error)
    text = answer.content.decode()
    assert answer.status_code == status
    assert "<h1>" in text
    assert 'lang="en"' in text
    assert not any(word in text for word in (SECRET, "Traceback", "Django", "Error("))
    assert "no-store" in answer["Cache-Control"]


def test_what_nobody_foresaw_has_a_number_that_is_in_the_log(caplog, monkeypatch):
    logged = []
    monkeypatch.setattr(errors.log, "error", lambda event, **more: logged.append(more))
    text = told(ZeroDivisionError("x")).content.decode()
    assert logged[0]["incident"] in text
    assert isinstance(logged[0]["exc_info"], ZeroDivisionError)


def test_what_django_has_a_status_for_is_left_to_it():
    assert told(Http404()) is None


@pytest.mark.parametrize("path", ["/nowhere/", "/static/nothing.css", "/permits/x/", "/healthz/"])
def test_what_there_is_not_has_a_page(path, db):
    answer = Client().get(path)
    assert answer.status_code == 404


def test_an_address_that_can_only_be_posted_to_says_so(log_in):
    answer = log_in().get(reverse("logout"))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "<h1>" in answer.content.decode()


def test_a_form_without_its_token_is_answered_in_plain_words(log_in):
    answer = log_in(enforce_csrf_checks=True).post(reverse("apply"), {"plate": "AB12345"})
    assert answer.status_code == 403
    assert "Siden var for gammel" in answer.content.decode()


SAFE = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/", "/en/terms/", "/my/", "/nowhere/", "/static/brand.css", "/my"]
)
def test_every_answer_tells_the_browser_what_it_may_do(path, db):
    answer = Client().get(path)
    assert {name: answer.get(name) for name in SAFE} == SAFE
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "geolocation=()" in answer["Permissions-Policy"]


def test_a_page_of_somebody_is_kept_nowhere(log_in):
    answer = log_in().get(reverse("my"))
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_pages_for_everybody(name, prefix, db, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        answer = Client().get(prefix + reverse(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "X-Robots-Tag" not in answer
    assert f'<html lang="{"en" if prefix else "da"}"' in text
    other = reverse(name) if prefix else f"/en{reverse(name)}"
    assert f'href="{other}"' in text


def test_the_language_switch_stays_on_the_page(log_in):
    text = log_in().get("/en/my/").content.decode()
    assert 'href="/my/" lang="da"' in text
    assert "My permits" in text
