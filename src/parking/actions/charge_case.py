"""A charge as one document: what it is for, the account, letters, complaints, photographs.

It is made anew each time somebody asks, for whoever may see the charge, and kept nowhere. Of the
complaints it has those that they may see; whoever calls says which.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Sequence
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
from parking.actions import (
    charge_letters,
    charge_photos,
    charge_wording,
    complain,
    complaint_letters,
    complaint_wording,
    complaints_elsewhere,
    glyphs,
    letters,
    progress,
    wording,
)
from parking.actions.charge_photos import Photo, Why
from parking.law import complaint as complaint_law
from parking.law.charge import Balance, ChargeNumber
from parking.law.charge import spaced as spaced_number
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.law.plates import Plate, spaced
from parking.ports import Outside, PortError
from parking.ports.charges import ChargeAnswer, ChargeComplaint
from parking.records.charge import Charge
from parking.records.complaint import Complaint, ComplaintDecision

log = structlog.get_logger(__name__)

_HERE: Final = Path(__file__).parent
_MOST_PHOTOS: Final = 20
_WIDEST: Final = (1400, 1400)  #: pixels, wide enough to read a plate in


def pdf(
    outside: Outside,
    charge: Charge,
    complaints: Sequence[Complaint] = (),
    *,
    elsewhere: Sequence[ChargeComplaint] = (),
    will: AnnulmentReason | None = None,
    now: datetime,
) -> bytes:
    """Return everything about *charge* as a tagged PDF, in the language in force.

    *complaints* are those about it that whoever asks may see, and *elsewhere* those of the charge
    system's; *will* says why it is to be annulled by what a machine has seen. Photographs that
    cannot be had now are named as missing, and those that are not what the warden took as such.
    """
    taken = _photos(outside, charge)
    small = {each.image.number: _small(each.content) for each in taken if each.hidden is None}
    photos = {number: content for number, content in small.items() if content is not None}
    says = contents(
        charge,
        complaints,
        elsewhere=elsewhere,
        shown=list(photos),
        taken=taken,
        will=will,
        now=now,
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for number, content in photos.items():
            (root / f"photo-{number}.jpg").write_bytes(content)
        document = root / "case.typ"
        document.write_bytes((_HERE / "case.typ").read_bytes())
        try:
            return _compiled(document, glyphs.showable(says))
        except typst.TypstError:  # as in letters: what people wrote must not stop it
            return _compiled(document, glyphs.plainest(says))


def _compiled(document: Path, says: dict[str, Any]) -> bytes:
    return typst.compile(
        document,
        root=document.parent,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"says": json.dumps(says)},
        pdf_standards=["ua-1"],
    )


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(glyphs.FONTS)])


def _photos(outside: Outside, charge: Charge) -> tuple[Photo, ...]:
    """Return the photographs that were taken; none if nobody tells which there are."""
    try:
        return charge_photos.photos(outside, charge, most=_MOST_PHOTOS)
    except PortError as error:
        log.warning("the photographs cannot be had", why=type(error).__name__)
        return ()


def _small(content: bytes) -> bytes | None:
    """Return a photograph made small enough for a document, or nothing if it is none."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            picture.thumbnail(_WIDEST)
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=82)
    except (
        UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError,
    ) as error:  # fmt: skip
        log.warning("a photograph cannot be had", why=type(error).__name__)
        return None
    return small.getvalue()


def contents(
    charge: Charge,
    complaints: Sequence[Complaint] = (),
    *,
    elsewhere: Sequence[ChargeComplaint] = (),
    shown: list[int],
    taken: Sequence[Photo] = (),
    will: AnnulmentReason | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Return everything the document says.

    *shown* are the photographs that are in it, and *taken* what the warden says each shows.
    """
    answer = charges.answer_of(charge)
    seen = progress.seen(charge, will_be_annulled=will is not None, now=now)
    balance = charges.balance_if_known(charge)
    status = charge_wording.state(
        charges.stands(charge),
        balance,
        will_be_annulled=will is not None,
        is_late=seen.due is not None and seen.due < danish_day(now),
    )
    number = spaced_number(ChargeNumber(charge.number))
    differ = [each.image.number for each in taken if each.hidden is Why.DIFFERS]
    missing = [each for each in range(1, answer.images + 1) if each not in (*shown, *differ)]
    described = {each.image.number: each.image.description for each in taken}
    return {
        "language": translation.get_language(),
        "title": _("Parkeringsafgift %(number)s") % {"number": number},
        "status": status.text,
        "made": _("Hentet %(moment)s") % {"moment": wording.moment(now)},
        "tables": [
            {"heading": _("Afgiften"), "rows": list(_facts(charge, answer, seen))},
            {"heading": _("Sådan er beløbet blevet til"), "rows": list(_account(charge, seen))},
        ],
        "sections": [
            {"heading": heading, "paragraphs": paragraphs}
            for heading, paragraphs in (
                (_("Derfor fik du afgiften"), list(_offences(answer))),
                *_annulled(charge),
                *_will_be_annulled(will),
                (
                    _("Det sker der nu"),
                    [] if will else list(next_sentences(seen, balance)),
                ),
                (_("Det har vi sendt"), list(_letters(answer))),
                (_("Er du ikke enig?"), list(charge_letters.complaint())),
            )
            if paragraphs
        ],
        "complaints": [
            *(_told(charge, each) for each in elsewhere),
            *(_complaint(each) for each in complaints if each.stands not in _NEVER_SENT),
        ],
        "photos_heading": _("Billeder") if answer.images else "",
        "photos": [
            {
                "file": f"photo-{each}.jpg",
                "alt": described.get(each)
                or _("Vagtens billede %(number)s af bilen %(plate)s")
                % {"number": each, "plate": spaced(Plate(charge.plate))},
            }
            for each in shown
        ],
        "photos_missing": _("Nogle billeder kunne ikke hentes lige nu: %(numbers)s.")
        % {"numbers": ", ".join(map(str, missing))}
        if missing
        else "",
        "photos_differ": _("Disse billeder vises ikke. De er ikke dem, vagten tog: %(numbers)s.")
        % {"numbers": ", ".join(map(str, differ))}
        if differ
        else "",
        **letters.sender(),
    }


def next_sentences(seen: progress.Seen, balance: Balance | None = None) -> Iterator[str]:
    """Yield what happens next to a charge and when, and what it waits for."""
    for hold in seen.waits_for:
        yield charge_wording.waits(hold, until=seen.stopped_until, days=seen.days_after_plan)
    for next_ in seen.coming:
        yield charge_wording.coming(next_)
    if following := charge_wording.state(seen.state, balance).next:
        yield following


def _annulled(charge: Charge) -> Iterator[tuple[str, list[str]]]:
    """Yield what was annulled, and why."""
    for row in charge.annulments.order_by("decided"):
        heading = (
            _("Afgiften er annulleret") if row.whole else _("En del af afgiften er annulleret")
        )
        yield heading, [complaint_wording.why_annulled(AnnulmentReason(row.reason))]


def _will_be_annulled(will: AnnulmentReason | None) -> Iterator[tuple[str, list[str]]]:
    """Yield that nobody need pay or complain, where a machine has seen why."""
    if will is not None:
        says = _(
            "Du skal ikke betale eller klage. En sagsbehandler ser på det, og vi skriver til dig."
        )
        yield _("Afgiften bliver annulleret"), [complaint_wording.why_annulled(will), says]


#: Complaints that nobody has got yet, or ever will.
_NEVER_SENT: Final = frozenset({complaint_law.State.DRAFT, complaint_law.State.LAPSED})


def _told(charge: Charge, complaint: ChargeComplaint) -> dict[str, Any]:
    """Return all of a complaint that only the charge system has."""
    said = complaints_elsewhere.contents(charge, complaint)
    return {each: said[each] for each in ("heading", "rows", "parts")}


def _complaint(complaint: Complaint) -> dict[str, Any]:
    """Return all of a complaint: what was said, the files by name, messages and answers."""
    parts = (
        (_("Det har du skrevet"), _lines(complaint.text)),
        (_("Derfor er svaret forkert"), _lines(complaint.again)),
        (_("Billeder og papirer"), list(_files(complaint))),
        (_("Beskeder"), list(_messages(complaint))),
        *((_answer_heading(each), list(_answer(each))) for each in complaint.decisions.all()),
    )
    return {
        "heading": _("Din klage"),
        "rows": list(_complained(complaint)),
        "parts": [
            {"heading": heading, "paragraphs": paragraphs}
            for heading, paragraphs in parts
            if paragraphs
        ],
    }


def _complained(complaint: Complaint) -> Iterator[list[str]]:
    yield [_("Klagen"), complaint_wording.complained(complaint)]
    yield [_("Status"), complaint_wording.state(complaint.stands).text]
    yield [_("Derfor er afgiften forkert"), complaint_wording.question(complaint.about)]
    for field, said in complain.in_words(complaint):
        yield [complaint_wording.asked(field), complaint_wording.said(field, said)]
    for heading, said in ((_("Navn"), complaint.name), (_("Adresse"), complaint.address)):
        if said:
            yield [heading, said]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _files(complaint: Complaint) -> Iterator[str]:
    for each in complaint.files.filter(handed_in__isnull=False).defer("content"):
        yield f"{each.original_name} ({complaint_wording.document(each.kind)})"


def _messages(complaint: Complaint) -> Iterator[str]:
    for each in complaint.messages.all():
        who = _("Kommunen:") if each.from_us else _("Dig:")
        yield f"{wording.moment(each.sent)}. {who}"
        yield from _lines(each.text)
        if each.until is not None:
            yield _("Svar senest %(day)s.") % {"day": wording.day(each.until)}


def _answer_heading(decision: ComplaintDecision) -> str:
    told = {
        "text": complaint_wording.outcome(decision.outcome),
        "day": wording.moment(decision.decided),
    }
    return _("Svar: %(text)s (%(day)s)") % told


def _answer(decision: ComplaintDecision) -> Iterator[str]:
    """Yield an answer as its letter has it: the reasons, what is left to pay, where to turn."""
    if decision.reason:
        yield complaint_wording.why_annulled(AnnulmentReason(decision.reason))
    yield from _lines(decision.reasons)
    if decision.amount:
        yield _("Vi har trukket %(amount)s fra.") % {"amount": wording.amount(decision.amount)}
    if decision.due is not None:
        yield complaint_wording.pay_by(decision.due, is_rest=bool(decision.amount))
    if decision.outcome != ComplaintDecision.Outcome.ANNULLED:
        terms = progress.terms_of(decision.complaint.charge)
        yield from complaint_letters.guidance(decision.round, terms.days_to_complain_again)


def _facts(charge: Charge, answer: ChargeAnswer, goes_on: progress.Seen) -> Iterator[list[str]]:
    place, seen = answer.place, answer.observation
    yield [_("Afgiftsnummer"), spaced_number(ChargeNumber(charge.number))]
    yield [_("Nummerplade"), f"{spaced(Plate(charge.plate))} {answer.make}"]
    street = f"{place.street} {place.house_number}".strip()
    yield [_("Sted"), f"{street}, {place.postcode} {place.town}"]
    yield [_("Afgiften blev givet"), wording.moment(charge.issued)]
    yield [_("Vagten så på bilen"), f"{wording.moment(seen.began)} – {wording.moment(seen.ended)}"]
    for heading, said in (
        (_("P-skiven viste"), seen.disc_set_to),
        (_("Handicapkort"), _("Der lå et kort i bilen.") if seen.disabled_badge else ""),
        (_("Hjulenes ventiler"), charge_wording.valves(seen.valves)),
        (_("Bilen blev fjernet"), wording.moment(answer.towed) if answer.towed else ""),
        (_("Vagtens note"), seen.note),
    ):
        if said:
            yield [heading, said]
    if goes_on.is_claimed and charges.payable(charge):
        yield [_("Betalingslinje"), charge_letters.payment_line(answer)]


def _account(charge: Charge, seen: progress.Seen) -> Iterator[list[str]]:
    for line in charge_wording.account(charges.account(charge), charges.paid_here(charge)):
        yield [f"{wording.day(line.booked)}: {line.text}", wording.amount(line.amount)]
    balance = charges.balance_if_known(charge)
    if balance is None:
        yield [_("Skyldig"), _("Det ved vi ikke lige nu: regnskabet passer ikke sammen.")]
        return
    if balance.owed and not seen.is_claimed:
        yield [_("Skal ikke betales"), wording.amount(balance.owed)]
    else:
        yield [_("Skyldig"), wording.amount(balance.owed)]
    if balance.overpaid:
        yield [_("Betalt for meget"), wording.amount(balance.overpaid)]


def _offences(answer: ChargeAnswer) -> Iterator[str]:
    for each in charge_wording.offences(answer):
        yield f"{each.text} ({each.cites}): {wording.amount(each.told.amount)}"
        if each.plain:
            yield each.plain
    if len(answer.offences) > 1:
        yield _(
            "Der er flere forseelser, men kun én afgift. Beløbene lægges ikke sammen: det højeste "
            "gælder."
        )


def _letters(answer: ChargeAnswer) -> Iterator[str]:
    for each in answer.letters:
        yield f"{wording.moment(each.sent)}: {charge_wording.sent(each)}"
