"""What the tests of the actions share: parties, a purchase step by step, and a payer."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module

import httpx
from django.conf import settings
from lxml import html

from parking.actions import apply, checkout, staff
from parking.law.days import danish_day
from parking.law.plates import Plate
from parking.records import sealing
from parking.records.charge import Charge
from parking.records.party import LoginSession, Party
from parking.records.staff import Staff, StaffSession
from sandbox import charges, city
from sandbox.employees import EMPLOYEES
from sandbox.nemlogin import CORE

ADDRESSES = checkout.Addresses(
    back=lambda order: f"http://localhost:1/orders/{order}/return",
    terms="http://localhost:1/terms/",
    notices="http://localhost:1/webhooks/nexi",
)
PLATES = {
    "anna": "ZA10001",
    "bo": "ZB10002",
    "clara": "ZC10003",
    "dan": "ZD10004",
    "inger": "ZN10015",
    "mette": "ZM10013",
    "niels": "ZN10015",
    "peter": "ZR10017",
    "villy": "ZX10024",
    "soeren": "ZS10019",
    "tove": "ZT10020",
    "ulla": "ZU10021",
    "viggo": "ZV10022",
}


def now():
    return datetime.now(UTC)


def party(slug: str) -> Party:
    """Return the party that the inhabitant *slug* becomes when they have logged in."""
    person = next(each for each in city.INHABITANTS if each.slug == slug)
    name_id = f"{CORE}eid/person/uuid/{person.mitid_uuid}"
    found = Party.objects.filter(name_id=name_id).first()
    if found:
        return found
    new = Party(name_id=name_id, name=person.name, first_seen=now(), last_seen=now())
    new.with_number(person.number_at_login.replace("-", "")).save()
    return new


def session(slug: str, *, begun: datetime | None = None) -> str:
    """Log *slug* in, as the national login would have; return the key of the session."""
    begun = begun or now()
    kept = import_module(settings.SESSION_ENGINE).SessionStore()
    kept["party"] = str(party(slug).id)
    kept.save()
    LoginSession.objects.create(
        session_key=kept.session_key,
        party=party(slug),
        session_index="of a test",
        assurance="Substantial",
        begun=begun,
        last_used=begun,
    )
    return kept.session_key


def office_session(slug: str) -> str:
    """Let *slug* into the office, as the municipality's login would have; return the key.

    Whoever is to be let in has been added before.
    """
    employee = next(each for each in EMPLOYEES if each.slug == slug)
    known = Staff.objects.get(name_id=employee.name_id)
    known.name = employee.name
    if employee.person_number:
        number = employee.person_number.replace("-", "")
        known.number_fingerprint = sealing.keys().fingerprint_of(number)
    known.save()
    key = f"key of {slug}"
    StaffSession.objects.create(
        key_hash=staff._hash(key),
        staff=known,
        session_index="of a test",
        roles=list(employee.roles),
        begun=now(),
        last_used=now(),
    )
    return key


def ask(outside, slug: str, plate: str = ""):
    return apply.ask(outside, party(slug), Plate(plate or PLATES[slug]), now=now())


def fill_basket(outside, slug: str, plate: str = "", start=None):
    application = ask(outside, slug, plate)
    return apply.choose_start(party(slug), application, start or danish_day(now()), now=now())


def agreement(slug: str) -> str:
    """Return what *slug* agrees to by paying for the basket as it is shown now."""
    return checkout.agreement(checkout.basket(party(slug)))


def begin(outside, slug: str, agreed: str = ""):
    return checkout.begin(
        outside,
        party(slug),
        agreed=agreed or agreement(slug),
        language="da",
        addresses=ADDRESSES,
        now=now(),
    )


def order(outside, slug: str, plate: str = ""):
    fill_basket(outside, slug, plate)
    return begin(outside, slug)


def pay(page_url: str) -> None:
    """Pay at the provider as a person does, and never come back."""
    with httpx.Client(follow_redirects=False) as browser:
        page = browser.get(page_url)
        for step in ("card", "confirm"):
            document = html.fromstring(page.text, base_url=page_url)
            (form,) = document.xpath(f"//form[@data-step='{step}']")
            form.make_links_absolute()
            fields = dict(form.form_values())
            if step == "confirm":
                fields["answer"] = "yes"
            page = browser.post(form.action, data=fields)
        assert page.status_code == 303, page.text


def slip_of(slug: str) -> tuple[str, str]:
    """Return the number and the plate of the charge that the sandbox calls *slug*."""
    return next((number, seed.plate) for number, seed in charges.numbered() if seed.slug == slug)


def charge(slug: str) -> Charge:
    """Return our copy of the charge that the sandbox calls *slug*."""
    return Charge.objects.get(number=slip_of(slug)[0])
