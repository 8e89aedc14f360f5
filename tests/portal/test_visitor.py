"""The visitor who buys from outside: what its browser does, and that it says what is wrong."""

from __future__ import annotations

import httpx
import pytest
import respx

from sandbox import visitor

PORTAL, OUTSIDE = "http://localhost:1", "http://127.0.0.1:2"


@pytest.fixture
def web():
    with respx.mock(assert_all_called=False) as web:
        yield web


def page(text: str, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, html=f"<main>{text}</main>", headers=headers)


def run(monkeypatch) -> int:
    monkeypatch.setattr("sys.argv", ["visitor", "--portal", PORTAL, "--sandbox", OUTSIDE])
    return visitor.main()


def test_a_secure_cookie_goes_back_to_its_host_alone(web):
    cookie = "__Host-session=abc; Path=/; Secure; HttpOnly"
    web.get(f"{PORTAL}/").mock(page("<h1>Hej</h1>", **{"Set-Cookie": cookie}))
    asked = [web.get(address).mock(page("<h1>Hej</h1>")) for address in (PORTAL + "/a", OUTSIDE)]
    browser = visitor.Browser()
    for address in (f"{PORTAL}/", f"{PORTAL}/a", OUTSIDE):
        browser.open(address)
    sent = [route.calls.last.request.headers.get("Cookie") for route in asked]
    assert sent == ["__Host-session=abc", None]


def test_a_form_is_sent_as_the_page_says_with_what_is_typed(web):
    form = "<form action='/to' method='post'><input name=key value=k><input name=plate></form>"
    web.get(f"{PORTAL}/").mock(page(form))
    sent = web.post(f"{PORTAL}/to").mock(page("<h1>Svar</h1>"))
    browser = visitor.Browser()
    browser.open(f"{PORTAL}/")
    browser.send("//form", plate="ZA10001")
    request = sent.calls.last.request
    assert request.content == b"key=k&plate=ZA10001"
    assert request.headers["Origin"] == PORTAL
    assert browser.heading == "Svar"


def test_a_page_that_fails_is_named_with_what_it_says(web, monkeypatch, capsys):
    web.get(f"{PORTAL}/").mock(page("<h1>Noget gik galt</h1>", status=500))
    assert run(monkeypatch) == 1
    assert f"{PORTAL}/ answers 500: Noget gik galt" in capsys.readouterr().out


def test_a_portal_that_is_not_there_is_a_failure(web, monkeypatch, capsys):
    web.get(f"{PORTAL}/").mock(side_effect=httpx.ConnectError("Connection refused"))
    assert run(monkeypatch) == 1
    assert "The purchase failed. Connection refused" in capsys.readouterr().out
