"""Every page there is, looked at once on the narrowest screen: a new one needs no test for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.utils import translation
from playwright.sync_api import Error

from parking.actions import caseload, permit, recheck, send
from parking.law import case as law
from parking.records.application import Application
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.order import Order
from parking.records.recording import recording
from parking.records.staff import Staff
from town import ask, now, party, session

NARROWEST = 320


def patterns(resolver=None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


#: What the logins call is no page, and ends the session of who just looks at it.
PAGES = {
    pattern.name: sorted(pattern.pattern.converters)
    for pattern in patterns()
    if getattr(pattern.callback, "admits", "national login") != "national login"
}


#: Those that everybody may see, whom another test follows into both languages.
PUBLIC = {
    pattern.name
    for pattern in patterns()
    if getattr(pattern.callback, "admits", "") == "anyone" and not pattern.pattern.converters
}


def addresses(ids: dict[str, list], language: str = "da") -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each page that *ids* lead to."""
    with translation.override(language):
        for name, needs in sorted(PAGES.items()):
            if set(needs) <= ids.keys():
                for values in product(*(ids[need] for need in needs)):
                    yield name, reverse(name, kwargs=dict(zip(needs, values, strict=True)))


def look_at_all(visitor, ids: dict[str, list], language: str = "da") -> set[str]:
    """Look at each page that only *visitor* may see; return the names of those."""
    seen = set()
    for name, address in addresses(ids, language):
        if name not in PUBLIC and opens(visitor, address):
            visitor.look(language=language)
            seen.add(name)
    return seen


def opens(visitor, address: str) -> bool:
    """Tell whether there is a page at *address* for *visitor*, who then stands on it."""
    try:
        answer = visitor.page.goto(f"{visitor.portal}{address}")
    except Error:  # a file
        return False
    is_page = answer.status == 200 and "text/html" in answer.headers["content-type"]
    return is_page and answer.request.redirected_from is None


@pytest.fixture
def hers(stocked, ends_soon) -> dict[str, list]:
    """Anna's: a permit that she renews, with the new one in the basket, and a car she may not."""
    permit.renew(stocked, party("anna"), ends_soon, now=now())
    ask(stocked, "anna", "ZH10008")
    return {
        "application_id": list(Application.objects.values_list("id", flat=True)),
        "order_id": list(Order.objects.values_list("id", flat=True)),
        "permit_id": [ends_soon.id],
    }


@pytest.mark.parametrize("language", ["da", "en"])
def test_to_somebody_who_is_logged_in(visit, hers, language):
    anna = visit(width=NARROWEST)
    anna.is_logged_in(session("anna"))
    anna.open(f"/permits/{hers['permit_id'][0]}/")
    anna.see("Tid til at forny")
    assert look_at_all(anna, hers, language) >= {
        *("my", "my-data", "my-data-erase", "apply", "basket", "summary"),
        *("application", "order", "permit", "permit-end"),
    }


def test_to_anyone_in_the_language_they_choose(visit):
    anyone = visit(width=NARROWEST)
    for name, address in addresses({}):
        if opens(anyone, address):
            anyone.look()
            anyone.press("English")
            assert urlsplit(anyone.page.url).path == f"/en{address}", name
            anyone.look(language="en")


def test_to_who_leads_the_office(office, hers):
    with recording():
        send.raise_incident("a test", "a refund failed at the provider", now=now())
        case = caseload.open_case(
            Application.objects.filter(plate="ZH10008").get(),
            law.Kind.SECOND_VEHICLE, ("extra_permits",), now=now(),
        )  # fmt: skip
    leif = office("leif", width=NARROWEST)
    theirs = {
        "case_id": [case.id],
        "incident_id": list(Incident.objects.values_list("id", flat=True)),
        "staff_id": list(Staff.objects.values_list("id", flat=True)[:1]),
    }
    leif.open(f"/office/cases/{case.id}/")
    leif.press("Åbn sagen")
    assert look_at_all(leif, theirs) >= {
        *("office-queue", "office-search", "office-case", "office-case-open"),
        *("office-operations", "office-incident"),
    }


def test_to_who_says_who_works_here(office):
    otto = office("otto", width=NARROWEST)
    assert look_at_all(otto, {}) >= {"office-people", "office-operations"}


def test_to_who_is_heard_about_a_permit_and_to_who_hears_them(
    office, visit, stocked, sandbox, ends_soon
):
    sandbox.control("POST", "city", vehicle=ends_soon.plate, stolen=True)
    recheck.look(stocked, ends_soon, now=now())
    case = Case.objects.get()
    leif = office("leif", width=NARROWEST)
    leif.open(f"/office/cases/{case.id}/")
    leif.press("Åbn sagen")
    leif.press("Tag sagen")
    leif.look()
    leif.page.get_by_text("Hør borgeren: send et brev med en frist").click()
    leif.page.get_by_label("Begrundelse").fill("Bilen er meldt stjålet.")
    leif.press("Se brevet")
    leif.look()
    leif.press("Send brevet")
    anna = visit(width=NARROWEST)
    anna.is_logged_in(session("anna"))
    anna.open(f"/permits/{ends_soon.id}/")
    anna.see("Vi vil gerne høre fra dig")
    anna.look()
    anna.page.get_by_label("Dit svar").fill("Den er fundet.")
    anna.press("Send dit svar")
    assert Case.objects.get().stands is law.State.TAKEN
