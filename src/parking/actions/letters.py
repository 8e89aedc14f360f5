"""Letters and mails: what they say, and the receipt as a PDF that a screen reader can read.

A letter is kept as it was sent. A mail is a courtesy: it says that something has happened and where
to read it, and never what.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import segno
import typst
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from parking.actions import glyphs, wording
from parking.law.charge import ChargeNumber
from parking.law.charge import spaced as spaced_number
from parking.law.days import DENMARK
from parking.law.plates import Plate, spaced
from parking.records.charge import Charge
from parking.records.letter import Letter
from parking.records.order import Order, OrderLine
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import recording
from parking.records.zone import zone_name

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class MailText:
    """What a courtesy mail says."""

    subject: str
    text: str


#: Where a mail leads, if not to my page.
_PLACES = {"charge news": "charges"}


def mail(about: str, *, language: str) -> MailText:
    """Return the mail about *about*: named below."""
    with translation.override(language):
        subject, happened = {
            "receipt": (
                _("Din kvittering er klar"),
                _("Din kvittering ligger på Min side og i din Digital Post."),
            ),
            "reminder": (
                _("Din parkeringslicens udløber snart"),
                _("Du kan forny den på Min side, hvis den kan fornys."),
            ),
            "refund": (
                _("Du får dine penge tilbage"),
                _("Vi betaler et beløb tilbage til dig. Du kan læse hvorfor på Min side."),
            ),
            "instalment": (
                _("Du skal snart betale en rate"),
                _("Du kan se og betale raten på Min side."),
            ),
            "drawn soon": (
                _("Snart trækker vi en rate"),
                _("Du kan se hvornår på Min side, og du kan stoppe det der."),
            ),
            "instalment not drawn": (
                _("Vi kunne ikke trække din rate"),
                _("Du kan se hvorfor og betale raten på Min side."),
            ),
            "application goes on": (
                _("Der er nyt om din ansøgning"),
                _("Du kan nu gå videre med din ansøgning på Min side."),
            ),
            "charge news": (
                _("Der er nyt om en parkeringsafgift"),
                _("Log på, eller find afgiften med det, der står på sedlen."),
            ),
        }[about]
        place = _PLACES.get(about, "my")
        greeting = _("Hej")
        address = f"{settings.PORTAL_ADDRESS}{_prefix()}/{place}/"
        signature = _("Venlig hilsen\nParkeringsbutikken")
        note = _("Mailen indeholder ikke personlige oplysninger. Svar ikke på den.")
    return MailText(subject, f"{greeting}\n\n{happened}\n\n{address}\n\n{signature}\n\n{note}\n")


def _prefix() -> str:
    language = translation.get_language()
    return "" if language == settings.LANGUAGE_CODE else f"/{language}"


@dataclass(frozen=True, slots=True)
class ReminderLetter:
    """A letter that reminds somebody of a permit, ready to be sent."""

    subject: str
    pdf: bytes
    link_text: str
    link: str


def reminder(permit: Permit) -> ReminderLetter:
    """Return the letter that says when *permit* ends, in the language in force."""
    link = f"{settings.PORTAL_ADDRESS}{_prefix()}/permits/{permit.id}/"
    subject = _("Din parkeringslicens udløber snart")
    says = {
        "language": translation.get_language(),
        "title": subject,
        "status": _("Licensen gælder til og med %(day)s. Forny den, hvis du stadig skal bruge den.")
        % {"day": date_format(permit.last_day, "DATE_FORMAT")},
        "permits": [{"heading": wording.product(permit.product), "rows": _permit_rows(permit)}],
        "paid_heading": "",
        "paid": [],
        **_sender(link),
        "link_text": _("Forny på nettet: scan koden, eller brug adressen"),
        "link_alt": _("QR-kode, der fører til din licens"),
    }
    return ReminderLetter(
        subject=subject,
        pdf=_typeset(says, segno.make(link).svg_inline()),
        link_text=_("Forny din licens"),
        link=link,
    )


def link_text() -> str:
    """Return what the link in a letter says, in the language in force."""
    return _("Se din ordre")


def order_address(order: Order) -> str:
    """Return the address of *order*'s page, in the order's language."""
    prefix = "" if order.language == settings.LANGUAGE_CODE else f"/{order.language}"
    return f"{settings.PORTAL_ADDRESS}{prefix}/orders/{order.id}/"


def receipt(order: Order, party: Party, *, now: datetime) -> Letter:
    """Return *party*'s receipt of *order* as a letter, written down the first time it is asked."""
    letter = Letter.objects.filter(order=order).first()
    if letter is None:
        pdf = receipt_pdf(order)
        with translation.override(order.language):
            subject = _("Kvittering for ordre %(number)s") % {"number": order.number}
        with recording():
            letter, _created = Letter.objects.get_or_create(
                order=order,
                defaults={
                    "party": party,
                    "subject": subject,
                    "pdf": pdf,
                    "written": now,
                },
            )
    return letter


def receipt_pdf(order: Order) -> bytes:
    """Return the receipt of *order* as a tagged PDF (PDF/UA-1), as it was sent if it was."""
    sent = Letter.objects.filter(order=order).values_list("pdf", flat=True).first()
    if sent is not None:
        return bytes(sent)
    with translation.override(order.language):
        says = _receipt(order)
    return _typeset(says, segno.make(order_address(order)).svg_inline())


def _receipt(order: Order) -> dict[str, object]:
    """Return everything the receipt says, in the language in force."""
    payment = getattr(order, "payment", None)
    settled = (order.settled or order.opened).astimezone(DENMARK)
    permits = []
    standings = []
    for line in order.lines.select_related("permit", "application", "charge"):
        if line.charge is not None:
            permits.append(_paid_charge(line, line.charge))
            continue
        permit, _application = line.sold
        standings.append(_standing(permit, on=settled.date()))
        rows = [
            [_("Gyldighed"), standings[-1]],
            *_permit_rows(permit),
            [_("Pris"), wording.amount(line.price)],
        ]
        permits.append({"heading": wording.product(permit.product), "rows": rows})
    money = _("Betalingen er modtaget.") if order.total else _("Der er ikke noget at betale.")
    all_alike = len(set(standings)) == 1
    paid = [
        [_("Ordrenummer"), order.number],
        [_("Købt"), date_format(settled, "DATETIME_FORMAT")],
        [_("I alt"), wording.amount(order.total)],
        [_("Moms"), _("Der er ikke moms på parkeringslicenser og parkeringsafgifter.")],
    ]
    if payment and payment.method:
        paid.append([_("Betalt med"), f"{payment.method} {payment.masked_card}".strip()])
    return {
        "language": translation.get_language(),
        "title": _("Kvittering for ordre %(number)s") % {"number": order.number},
        "status": f"{standings[0]}. {money}" if all_alike else money,
        "permits": permits,
        "paid_heading": _("Betaling"),
        "paid": paid,
        **_sender(order_address(order)),
        "link_text": _("Se ordren på nettet: scan koden, eller brug adressen"),
        "link_alt": _("QR-kode, der fører til din ordre"),
    }


def _paid_charge(line: OrderLine, charge: Charge) -> dict[str, object]:
    """Return what a receipt says of a charge that was paid."""
    return {
        "heading": _("Parkeringsafgift"),
        "rows": [
            [_("Afgiftsnummer"), spaced_number(ChargeNumber(charge.number))],
            [_("Nummerplade"), spaced(Plate(charge.plate))],
            [_("Betalt"), wording.amount(line.price)],
        ],
    }


def _standing(permit: Permit, *, on: date) -> str:
    """Return whether *permit* is valid on the day *on*, or from when, in the language in force."""
    day = {"day": date_format(permit.days.start, "DATE_FORMAT")}
    later = on < permit.days.start
    if permit.provisional_until is not None:
        if later:
            return _("FORELØBIG GYLDIG fra og med %(day)s, mens vi ser på dine dokumenter") % day
        return _("FORELØBIG GYLDIG, mens vi ser på dine dokumenter")
    return _("GYLDIG fra og med %(day)s") % day if later else _("GYLDIG")


def _permit_rows(permit: Permit) -> list[list[str]]:
    return [
        [_("Licensnummer"), permit.number],
        [_("Nummerplade"), spaced(Plate(permit.plate))],
        [_("Zone"), f"{zone_name(permit.zone, permit.days.start)} ({permit.zone})"],
        [_("Gælder fra og med"), date_format(permit.days.start, "DATE_FORMAT")],
        [_("Gælder til og med"), date_format(permit.last_day, "DATE_FORMAT")],
    ]


def _sender(link: str) -> dict[str, object]:
    return {**sender(), "link": link}


def sender() -> dict[str, object]:
    """Return who writes, in the language in force."""
    return {
        "sender": [
            "Parkeringsbutikken",
            _("Københavns Kommune"),
            _("Telefon %(phone)s") % {"phone": settings.CONTACT_PHONE},
            settings.CONTACT_EMAIL,
        ],
        "sender_heading": _("Kontakt"),
    }


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        str(_HERE / "letter.typ"),
        root=str(_HERE),
        font_paths=[str(glyphs.FONTS)],
        ignore_system_fonts=True,
    )


def typeset(says: dict[str, object], *, link: str) -> bytes:
    """Return a letter with the sections of *says* as a tagged PDF, in the language in force."""
    everything = {
        "language": translation.get_language(),
        "status": "",
        "permits": [],
        "paid": [],
        **_sender(link),
        **says,
    }
    return _typeset(everything, segno.make(link).svg_inline())


def _typeset(says: dict[str, object], qr_svg: str) -> bytes:
    """Return the document, whatever people wrote: no text of theirs may stop a letter."""
    try:
        return _compiled(glyphs.showable(says), qr_svg)
    except typst.TypstError:  # the fonts have each of its signs, and not all as they are combined
        return _compiled(glyphs.plainest(says), qr_svg)


def _compiled(says: dict[str, object], qr_svg: str) -> bytes:
    compiled = _compiler().compile(
        format="pdf",
        sys_inputs={"says": json.dumps(says), "qr": qr_svg},
        pdf_standards=["ua-1"],
    )
    assert isinstance(compiled, bytes)
    return compiled
