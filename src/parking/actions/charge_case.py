"""A charge as one document: what it is for, the account, what happens next, letters, photographs.

It is made anew each time somebody asks, for whoever may see the charge, and kept nowhere.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import structlog
import typst
from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from parking.actions import charge as charges
from parking.actions import charge_letters, charge_wording, letters, progress, wording
from parking.law.charge import ChargeNumber
from parking.law.charge import spaced as spaced_number
from parking.law.plates import Plate, spaced
from parking.ports import Outside, PortError
from parking.ports.charges import ChargeAnswer
from parking.records.charge import Charge

log = structlog.get_logger(__name__)

_HERE: Final = Path(__file__).parent
_MOST_PHOTOS: Final = 20
_WIDEST: Final = (1400, 1400)  #: pixels, wide enough to read a plate in


def pdf(outside: Outside, charge: Charge, *, now: datetime) -> bytes:
    """Return everything about *charge* as a tagged PDF, in the language in force.

    Photographs that cannot be had now are named as missing.
    """
    answer = charges.answer_of(charge)
    photos = _photos(outside, charge, answer)
    says = contents(charge, shown=list(photos), now=now)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, content in photos.items():
            (root / f"photo-{number}.jpg").write_bytes(content)
        document = root / "case.typ"
        document.write_bytes((_HERE / "case.typ").read_bytes())
        return typst.compile(
            document,
            root=root,
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"says": json.dumps(says)},
            pdf_standards=["ua-1"],
        )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_HERE / "fonts")])


def _photos(outside: Outside, charge: Charge, answer: ChargeAnswer) -> dict[int, bytes]:
    """Return the photographs that can be had, made small enough for a document."""
    found = {}
    for number in range(1, min(answer.images, _MOST_PHOTOS) + 1):
        try:
            _kind, content = outside.charges.image(charge.source_id, number)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
                picture.thumbnail(_WIDEST)
                small = io.BytesIO()
                picture.convert("RGB").save(small, "JPEG", quality=82)
        except (
            PortError, UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError,
        ) as error:  # fmt: skip
            log.warning("a photograph cannot be had", why=type(error).__name__)
            continue
        found[number] = small.getvalue()
    return found


def contents(charge: Charge, *, shown: list[int], now: datetime) -> dict[str, Any]:
    """Return everything the document says; *shown* are the photographs that are in it."""
    answer = charges.answer_of(charge)
    number = spaced_number(ChargeNumber(charge.number))
    missing = [each for each in range(1, answer.images + 1) if each not in shown]
    return {
        "language": translation.get_language(),
        "title": _("Parkeringsafgift %(number)s") % {"number": number},
        "status": charge_wording.state(charges.stands(charge)).text,
        "made": _("Hentet %(moment)s") % {"moment": wording.moment(now)},
        "tables": [
            {"heading": _("Afgiften"), "rows": list(_facts(charge, answer))},
            {"heading": _("Sådan er beløbet blevet til"), "rows": list(_account(charge))},
        ],
        "sections": [
            {"heading": heading, "paragraphs": paragraphs}
            for heading, paragraphs in (
                (_("Derfor fik du afgiften"), list(_offences(answer))),
                (_("Det sker der nu"), list(next_sentences(progress.seen(charge, now=now)))),
                (_("Det har vi sendt"), list(_letters(answer))),
                (_("Er du ikke enig?"), list(charge_letters.complaint())),
            )
            if paragraphs
        ],
        "photos_heading": _("Billeder") if answer.images else "",
        "photos": [
            {
                "file": f"photo-{each}.jpg",
                "alt": _("Vagtens billede %(number)s af bilen %(plate)s")
                % {"number": each, "plate": spaced(Plate(charge.plate))},
            }
            for each in shown
        ],
        "photos_missing": _("Nogle billeder kunne ikke hentes lige nu: %(numbers)s.")
        % {"numbers": ", ".join(map(str, missing))}
        if missing
        else "",
        **letters.sender(),
    }


def next_sentences(seen: progress.Seen) -> Iterator[str]:
    """Yield what happens next to a charge and when, and what it waits for."""
    for hold in seen.waits_for:
        yield charge_wording.waits(hold)
    for next_ in seen.coming:
        yield charge_wording.coming(next_)
    if following := charge_wording.state(seen.state).next:
        yield following


def _facts(charge: Charge, answer: ChargeAnswer) -> Iterator[list[str]]:
    place, seen = answer.place, answer.observation
    yield [_("Afgiftsnummer"), spaced_number(ChargeNumber(charge.number))]
    yield [_("Nummerplade"), f"{spaced(Plate(charge.plate))} {answer.make}"]
    street = f"{place.street} {place.house_number}".strip()
    yield [_("Sted"), f"{street}, {place.postcode} {place.town}"]
    yield [_("Afgiften blev givet"), wording.moment(charge.issued)]
    yield [_("Vagten så på bilen"), f"{wording.moment(seen.began)} – {wording.moment(seen.ended)}"]
    for heading, said in (
        (_("P-skiven viste"), seen.disc_set_to),
        (_("Ventiler"), seen.valves),
        (_("Vagtens note"), seen.note),
    ):
        if said:
            yield [heading, said]
    if charges.payable(charge):
        yield [_("Betalingslinje"), charge_letters.payment_line(answer)]


def _account(charge: Charge) -> Iterator[list[str]]:
    for line in charge_wording.account(charges.account(charge), charges.paid_here(charge)):
        yield [f"{wording.day(line.booked)}: {line.text}", wording.amount(line.amount)]
    balance = charges.balance(charge)
    yield [_("Skyldig"), wording.amount(balance.owed)]
    if balance.overpaid:
        yield [_("Betalt for meget"), wording.amount(balance.overpaid)]


def _offences(answer: ChargeAnswer) -> Iterator[str]:
    for each in charge_wording.offences(answer):
        yield f"{each.text} ({each.told.legal_basis}): {wording.amount(each.told.amount)}"


def _letters(answer: ChargeAnswer) -> Iterator[str]:
    for each in answer.letters:
        yield f"{wording.moment(each.sent)}: {each.subject}"
