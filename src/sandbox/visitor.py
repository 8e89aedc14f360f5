"""A visitor: buys a permit from outside as a person does, and looks whether all of it happened.

`python -m sandbox.visitor --portal URL --sandbox URL` logs in as the first inhabitant who may still
buy, pays, and then looks for the receipt, the letter and the order in the books. A line for each
step says how long it took; the exit status is 1 as soon as something is not as it should be.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from lxml import html

from sandbox import city

CARD = {"pan": "4925 0000 0000 0004", "expiry": "12/30", "cvc": "123"}
PATIENCE = 20  #: seconds within which the letter and the order must have come


class Wrong(Exception):
    """Something is not as it should be; the message says what."""


class Browser:
    """What one person sees: a page, whose links can be followed and whose forms can be sent."""

    def __init__(self) -> None:
        # As browsers do, take http://localhost for a safe place to send secure cookies to.
        policy = DefaultCookiePolicy(secure_protocols=("http", "https"))
        self._cookies = httpx.Cookies(CookieJar(policy))
        self._client = httpx.Client(
            follow_redirects=True,
            timeout=30,
            trust_env=False,
            headers={"Accept": "text/html", "Accept-Language": "da"},
            event_hooks={
                "request": [self._send_cookies],
                "response": [self._cookies.extract_cookies],
            },
        )

    def _send_cookies(self, request: httpx.Request) -> None:
        request.headers.pop("Cookie", None)
        self._cookies.set_cookie_header(request)

    def open(self, address: str) -> None:
        """Go to an address."""
        self._show(self._client.get(address))

    def follow(self, path: str) -> None:
        """Follow the link whose address ends so."""
        self.open(urljoin(self.address, self.find(f"//main//a[contains(@href, '{path}')]/@href")))

    def send(self, form: str, **typed: str) -> None:
        """Fill in and send the form that this XPath finds."""
        found = self.find(form)
        to = urljoin(self.address, found.get("action") or "")
        at = urlsplit(self.address)
        self._show(
            self._client.post(
                to,
                data=dict(found.form_values()) | typed,
                headers={"Origin": f"{at.scheme}://{at.netloc}"},
            )
        )

    def download(self, path: str) -> bytes:
        """Fetch the file behind the link whose address ends so, and stay on the page."""
        link = self.find(f"//main//a[contains(@href, '{path}')]/@href")
        return self._client.get(urljoin(self.address, link)).content

    def find(self, xpath: str) -> Any:
        """Return the first that is found on the page.

        :raises Wrong: when nothing is
        """
        found = self.page.xpath(xpath)
        if not found:
            raise Wrong(f"{self.address} has no {xpath}. It says: {self.heading}")
        return found[0]

    def has(self, xpath: str) -> bool:
        """Whether it is on the page."""
        return bool(self.page.xpath(xpath))

    @property
    def heading(self) -> str:
        """What the page says first."""
        return " ".join(self.page.xpath("string(//h1)").split())

    def _show(self, answer: httpx.Response) -> None:
        self.address = str(answer.url)
        self.page: Any = html.fromstring(answer.content)
        if answer.status_code != HTTPStatus.OK:
            raise Wrong(f"{self.address} answers {answer.status_code}: {self.heading}")


def visit(portal: str, sandbox: str) -> None:
    """Buy a permit and look whether all of it happened.

    :raises Wrong: when something is not as it should be
    """
    person, browser = _somebody_who_may(portal)
    outside = httpx.Client(base_url=sandbox, timeout=30, trust_env=False)
    letters_before = _letters(outside, person)
    with _step("A period of a year from today"):
        browser.follow("/start/")
        browser.send("//form[.//input[@name='start_day']]")
        _check(browser.has("//main//a[contains(@href, 'summary')]"), "The basket leads nowhere.")
    with _step("The basket and the summary"):
        browser.follow("summary")
    with _step("The registers are asked a last time, and the order is made"):
        browser.send("//form[.//input[@name='agreed']]", terms="on")
    with _step("Payment by card, with 3-D Secure"):
        browser.send("//form[@data-step='card']", **CARD)
        browser.send("//form[@data-step='confirm']", answer="yes")
    with _step("The receipt says GYLDIG"):
        _check(
            browser.heading.startswith("GYLDIG"),
            f"Instead of a receipt, {browser.address} says: {browser.heading}",
        )
        number = browser.find("//*[@class='receipt-reference']/strong/text()")
    with _step(f"The receipt of {number} as a PDF"):
        _check(browser.download("receipt.pdf").startswith(b"%PDF"), "The receipt is not a PDF.")
    with _step("The letter in the inbox"):
        _wait(
            lambda: _letters(outside, person) > letters_before,
            f"{person.name} has no letter after {PATIENCE} seconds.",
        )
    with _step("The order in the books, once"):
        _wait(
            lambda: _invoices(outside, number) > 0,
            f"{number} is not in the books after {PATIENCE} seconds.",
        )
        times = _invoices(outside, number)
        _check(times == 1, f"{number} is in the books {times} times.")


def _somebody_who_may(portal: str) -> tuple[city.Inhabitant, Browser]:
    """Log in as one after the other until the answer is yes."""
    for person in city.INHABITANTS:
        if person.outcome != "buys" or not person.digital_post:
            continue
        browser = Browser()
        with _step("The front page"):
            browser.open(f"{portal}/")
        with _step(f"{person.name} logs in"):
            browser.follow("/apply/")
            browser.send("//form[.//button[@name='who']]", who=person.slug)
            browser.send("//form[.//input[@name='SAMLResponse']]")
        plate = city.plates(person)[0]
        with _step(f"The registers and the regulation answer about {plate}"):
            browser.send("//form[.//input[@name='plate']]", plate=plate)
        if browser.has("//main//a[contains(@href, '/start/')]"):
            return person, browser
        _say(f"  {person.name} cannot buy now: {browser.heading}")
    raise Wrong("Everybody who may buy a permit has one already. Begin anew: ./portal demo --reset")


def _letters(outside: httpx.Client, person: city.Inhabitant) -> int:
    answer = outside.get(f"/inbox/{person.slug}", headers={"Accept": "application/json"})
    return len(answer.raise_for_status().json()["letters"])


def _invoices(outside: httpx.Client, number: str) -> int:
    """How often an order of this number stands in the books, posted or not."""
    books = html.fromstring(outside.get("/businesscentral/").raise_for_status().content)
    pages = " or ".join(f"@aria-labelledby='{page}'" for page in ("salesOrders", "salesInvoices"))
    orders: Any = books.xpath(f"//div[{pages}]//tr[td = $number]", number=number)
    return len(orders)


@contextmanager
def _step(what: str) -> Iterator[None]:
    _say(f"  {what:<62}", end="")
    began = time.monotonic()
    try:
        yield
    except BaseException:
        _say("")
        raise
    _say(f"{(time.monotonic() - began) * 1000:6.0f} ms")


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201 - it talks to a terminal


def _wait(ready: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise Wrong(otherwise)
        time.sleep(0.1)


def _check(so: bool, otherwise: str) -> None:  # noqa: FBT001
    if not so:
        raise Wrong(otherwise)


def main() -> int:
    """Read the command line, visit, and tell how it went."""
    parser = argparse.ArgumentParser(prog="sandbox.visitor", description=__doc__)
    parser.add_argument("--portal", required=True, help="the portal's address")
    parser.add_argument("--sandbox", required=True, help="the address of the world outside")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        visit(given.portal.rstrip("/"), given.sandbox.rstrip("/"))
    except (Wrong, httpx.HTTPError) as problem:
        _say(f"\nThe purchase failed. {problem}")
        return 1
    _say(f"\nA whole purchase in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
