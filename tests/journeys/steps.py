"""The steps of a purchase in Danish, for the journeys whose point is somewhere else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from journeys.visitor import Visitor
from parking.law.days import danish_day
from town import session

VISA, MASTERCARD, DECLINED = "4925 0000 0000 0004", "5413 0000 0000 0000", "4925 0000 0000 0087"


def log_in(visitor: Visitor, slug: str, *, path: str = "/login/") -> None:
    """Log in as an inhabitant of the sandbox, from *path*."""
    visitor.open(path)
    answer_login(visitor, slug)


def come_in(visitor: Visitor, slug: str, *, path: str = "/my/") -> None:
    """Be logged in already as an inhabitant of the sandbox, and stand at *path*."""
    visitor.is_logged_in(session(slug))
    visitor.open(path)


def answer_login(visitor: Visitor, slug: str, *, how: str = "ok", level: str = "") -> None:
    """Choose who one is on the login's page, and what goes wrong on the way."""
    page = visitor.page
    if how != "ok" or level:
        page.locator("summary").click()
        page.locator("select[name=how]").select_option(how)
        if level:
            page.locator("select[name=level]").select_option(level)
    page.locator(f"button[value={slug}]").click()
    if not visitor.scripts:
        visitor.press("Fortsæt")
    page.wait_for_url(f"{visitor.portal}/**")


def ask_about(visitor: Visitor, plate: str) -> None:
    """Ask about a vehicle."""
    visitor.open("/permits/apply/")
    visitor.page.get_by_label("Nummerplade").fill(plate)
    visitor.press("Få svar")


def fill_basket(visitor: Visitor, plate: str) -> None:
    """Put a permit that starts today into the basket."""
    ask_about(visitor, plate)
    visitor.press("Vælg startdato")
    visitor.press("Læg i kurven")


def order(visitor: Visitor, plate: str) -> None:
    """Come to the payment page."""
    fill_basket(visitor, plate)
    visitor.press("Gå videre")
    agree(visitor)


def agree(visitor: Visitor) -> None:
    """Agree to the terms and go on from the summary."""
    visitor.page.get_by_label("Jeg har læst").check()
    visitor.page.locator("main form button[type=submit]").last.click()


def pay(visitor: Visitor, card: str = VISA) -> None:
    """Pay on the payment page."""
    visitor.page.locator("#pan").fill(card)
    visitor.page.locator("form[data-step=card] button").click()
    visitor.page.locator("button[value=yes]").click()


def receipt(visitor: Visitor) -> bytes:
    """Fetch the receipt that the page links to."""
    link = visitor.page.locator("a[href$='receipt.pdf']").get_attribute("href")
    answer = visitor.context.request.get(f"{visitor.portal}{link}")
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def today(*, days: int = 0) -> date:
    """Return the day it is in Denmark, or so many days later."""
    return danish_day(datetime.now(UTC)) + timedelta(days=days)


def fill_day(visitor: Visitor, day: date) -> None:
    """Type the day on which the permit shall start."""
    for label, number in (("Dag", day.day), ("Måned", day.month), ("År", day.year)):
        visitor.page.get_by_label(label, exact=True).fill(str(number))
