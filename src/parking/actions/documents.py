"""Documents that people hand in: looked at by their content, made anew, scanned, and kept.

A picture is decoded and encoded again, so that nothing but what can be seen comes with it: no
place, no name of a phone, no second file hidden behind the first. A PDF is kept as it is and only
ever sent as an attachment. What was wrong is said before anything is lost.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import Final
from uuid import UUID

import pillow_heif
import puremagic
import structlog
from PIL import Image, ImageOps, UnidentifiedImageError

from parking.actions import apply, caseload
from parking.actions.permission import NotYours
from parking.law import application as application_law
from parking.law import case as case_law
from parking.law.course import Actor, StepNotAllowed
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding, would_help
from parking.law.record import facts_from_json
from parking.ports import Outside, PortError
from parking.ports.scanner import Infected, Scanner
from parking.records.application import Application
from parking.records.case import Case
from parking.records.document import Document
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

MOST_FILES: Final = 5  #: of one application
MOST_BYTES: Final = 10 * 1024 * 1024  #: of one file
MOST_PIXELS: Final = 50_000_000
#: A page of A4 is kept with 210 dots to the inch, which is plenty to read it by.
LONGEST_SIDE: Final = 2500
#: Somebody who has so many drafts of all kinds hands in or removes some first.
MOST_DRAFTS: Final = 20

_PICTURES = {"image/jpeg", "image/png", "image/heic", "image/heif", "image/avif"}
_ENDINGS = {
    "jpg": "picture", "jpeg": "picture", "png": "picture", "heic": "picture", "heif": "picture",
    "pdf": "pdf",
}  # fmt: skip
_FORMATS = ("JPEG", "PNG", "HEIF")
#: The modes in which dots can be made fewer without colours going wrong.
_SCALABLE = {"L", "RGB", "RGBA", "CMYK"}
_KINDS_OF: Final = {
    "sole_user_declaration": Document.Kind.SOLE_USER_DECLARATION,
    "lease": Document.Kind.LEASE,
}

pillow_heif.register_heif_opener(thumbnails=False)


class Fault(Enum):
    """What is wrong with a file."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    KIND = "kind"  #: neither a picture nor a PDF, or not what its name says
    TOO_MANY_PIXELS = "too many pixels"
    DAMAGED = "damaged"
    LOCKED = "locked"  #: a PDF that asks for a password
    INFECTED = "infected"
    TOO_MANY = "too many"


class Refused(Exception):
    """A file cannot be taken. Nothing else was lost by it."""

    def __init__(self, fault: Fault, name: str) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.name = name


@dataclass(frozen=True, slots=True)
class Clean:
    """A file as we keep it."""

    media_type: str
    content: bytes


def clean(content: bytes, name: str) -> Clean:
    """Return a file made anew from what it holds, whatever its name or its sender say it is.

    :raises Refused: if it cannot be taken.
    """
    if not content:
        raise Refused(Fault.EMPTY, name)
    if len(content) > MOST_BYTES:
        raise Refused(Fault.TOO_LARGE, name)
    try:
        looks_like = {each.mime_type for each in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        raise Refused(Fault.KIND, name) from None
    said = _ENDINGS.get(PurePath(name).suffix.lower().lstrip("."))
    if "application/pdf" in looks_like and said == "pdf":
        return _pdf(content, name)
    if looks_like & _PICTURES and said == "picture":
        return _picture(content, name)
    raise Refused(Fault.KIND, name)


def _pdf(content: bytes, name: str) -> Clean:
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise Refused(Fault.DAMAGED, name)
    if b"/Encrypt" in content:
        raise Refused(Fault.LOCKED, name)
    return Clean("application/pdf", content)


def _picture(content: bytes, name: str) -> Clean:
    try:
        with warnings.catch_warnings():
            # The size is looked at here, before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(Fault.TOO_MANY_PIXELS, name)
            drawing = picture.format == "PNG"
            seen = ImageOps.exif_transpose(_smaller(picture)).convert("RGB")
    except Image.DecompressionBombError:
        raise Refused(Fault.TOO_MANY_PIXELS, name) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError):
        raise Refused(Fault.DAMAGED, name) from None
    # A new picture of the same dots: what else the old one carried stays behind.
    new = Image.new("RGB", seen.size)
    new.paste(seen)
    out = io.BytesIO()
    if drawing:
        new.save(out, "PNG", optimize=False)
    else:
        new.save(out, "JPEG", quality=85)
    return Clean("image/png" if drawing else "image/jpeg", out.getvalue())


def _smaller(picture: Image.Image) -> Image.Image:
    """Return *picture* no longer than can be read, so that many at once fit into memory.

    A photo is decoded at a half, a fourth or an eighth of its size, and so never whole.
    """
    width, height = picture.size
    longest = max(width, height)
    if longest <= LONGEST_SIDE:
        return picture
    if picture.format == "JPEG":
        picture.draft(None, (width * LONGEST_SIDE // longest, height * LONGEST_SIDE // longest))
    if picture.mode not in _SCALABLE:
        picture = picture.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=None)
    return picture


def may_hand_in(application: Application) -> bool:
    """Tell whether documents can be handed in for *application* as it stands."""
    return application.stands in {
        application_law.State.DRAFT,
        application_law.State.WAITING,
        application_law.State.IN_BASKET,
        application_law.State.ORDERED,
        application_law.State.GRANTED,
    } and (bool(helpful(application)) or bool(_unfinished(application)))


def helpful(application: Application) -> tuple[Document.Kind, ...]:
    """Return the kinds of document that might turn a no into a yes, or that a case is about."""
    decision = application.decisions.order_by("-id").first()
    if decision is None:
        return ()
    facts = facts_from_json(decision.facts)
    found = Finding.from_json(decision.finding)
    helps: Sequence[str] = ()
    if found.answer is Answer.NO:
        helps = would_help(resident.RULE.on(facts.period.start), facts)
    cases = _unfinished(application)
    asked = [fact for case in cases for fact in case.facts if fact in _KINDS_OF]
    return tuple(dict.fromkeys(_KINDS_OF[fact] for fact in (*helps, *asked)))


@dataclass(frozen=True, slots=True)
class Offers:
    """What somebody can do about an application beside what the machine answered."""

    hand_in: bool
    drafts: int
    handed_in: int
    second_vehicle: bool
    provisional: bool  #: buy now, while the documents are being assessed


def offers(application: Application) -> Offers:
    """Return what can be done about *application*."""
    kept = of(application)
    finding = application.found
    return Offers(
        hand_in=may_hand_in(application),
        drafts=sum(each.state == Document.State.DRAFT for each in kept),
        handed_in=sum(each.state == Document.State.HANDED_IN for each in kept),
        second_vehicle=second_vehicle_may_be_asked_for(application),
        provisional=finding is not None and case_law.is_provisional(finding),
    )


def _unfinished(application: Application) -> list[Case]:
    states = [state.value for state in case_law.UNFINISHED]
    return list(Case.objects.filter(application=application, state__in=states))


def of(application: Application) -> Sequence[Document]:
    """Return the documents of *application*, without what they hold."""
    return list(Document.objects.filter(application=application).defer("content"))


def save_draft(
    scanner: Scanner | None,
    application: Application,
    *,
    kind: Document.Kind,
    name: str,
    content: bytes,
    now: datetime,
) -> Document:
    """Save a file as a draft, at once; the same file twice is one draft.

    What was handed in before stays as it was, so the same file can be handed in anew.

    :raises Refused: if it cannot be taken.
    """
    made = clean(content, name)
    scan = _scan(scanner, content, name)
    digest = hashlib.sha256(made.content).hexdigest()
    with recording():
        one_at_a_time("party", application.party_id)
        mine = Document.objects.filter(application=application)
        same = mine.filter(kind=kind, sha256=digest, state=Document.State.DRAFT).first()
        if same is not None:
            return same
        drafts = Document.objects.filter(
            party_id=application.party_id, state=Document.State.DRAFT
        ).count()
        if mine.exclude(state=Document.State.REJECTED).count() >= MOST_FILES:
            raise Refused(Fault.TOO_MANY, name)
        if drafts >= MOST_DRAFTS:
            raise Refused(Fault.TOO_MANY, name)
        return Document.objects.create(
            party_id=application.party_id,
            application=application,
            kind=kind,
            scan=scan,
            media_type=made.media_type,
            content=made.content,
            size=len(made.content),
            sha256=digest,
            original_name=PurePath(name.replace("\\", "/")).name[-150:],
            uploaded=now,
        )


def _scan(scanner: Scanner | None, content: bytes, name: str) -> Document.Scan:
    if scanner is None:
        return Document.Scan.NOT_SCANNED
    try:
        scanner.scan(content)
    except Infected as found:
        log.warning("infected upload refused", signature=str(found))
        raise Refused(Fault.INFECTED, name) from None
    except PortError as error:
        log.warning("scanner did not answer", why=str(error))
        return Document.Scan.QUARANTINED
    return Document.Scan.CLEAN


def scan_quarantined(scanner: Scanner | None, *, now: datetime, most: int = 50) -> int:
    """Scan what could not be scanned before; return how many are clean now."""
    if scanner is None:
        return 0
    cleared = 0
    waiting = Document.objects.filter(scan=Document.Scan.QUARANTINED).order_by("uploaded")[:most]
    for document in waiting:
        try:
            scanner.scan(bytes(document.content))
        except Infected as found:
            log.warning("infected document removed", signature=str(found))
            with recording():
                Document.objects.filter(id=document.id).delete()
        except PortError:
            return cleared
        else:
            with recording():
                Document.objects.filter(id=document.id).update(scan=Document.Scan.CLEAN)
            cleared += 1
    return cleared


def remove(application: Application, document_id: UUID) -> None:
    """Remove a draft.

    :raises NotYours: if there is no such draft.
    """
    with recording():
        gone, _ = Document.objects.filter(
            application=application, id=document_id, state=Document.State.DRAFT
        ).delete()
    if not gone:
        raise NotYours("document")


def hand_in(
    outside: Outside, party: Party, application: Application, *, now: datetime
) -> Application:
    """Hand in the drafts of *application*; who asked for them goes on with the case.

    An application that had a no, or waits, is asked about again: what is being assessed is open.
    """
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        drafts = Document.objects.filter(application=application, state=Document.State.DRAFT)
        kinds = set(drafts.values_list("kind", flat=True))
        if not kinds:
            return application
        drafts.update(state=Document.State.HANDED_IN, handed_in=now)
        facts = tuple(fact for fact, kind in _KINDS_OF.items() if kind in kinds)
        cases = caseload.unfinished(application)
        for case in cases:
            if case.about is case_law.Kind.DOCUMENTS:
                case.facts = list(dict.fromkeys([*case.facts, *facts]))
            caseload.step(case, Actor.PARTY, case_law.Step.ANSWER, now=now)
        if facts and not any(case.about is case_law.Kind.DOCUMENTS for case in cases):
            caseload.open_case(application, case_law.Kind.DOCUMENTS, facts, now=now)
    if application.stands in {application_law.State.DRAFT, application_law.State.WAITING}:
        return apply.ask(outside, party, Plate(application.plate), now=now)
    return application


def second_vehicle_may_be_asked_for(application: Application) -> bool:
    """Tell whether the quota is all that stands in the way, and a case worker may look at it."""
    finding = application.found
    return (
        finding is not None
        and application.stands is application_law.State.DRAFT
        and case_law.only_the_quota_refuses(finding)
        and not Case.objects.filter(
            application=application, kind=case_law.Kind.SECOND_VEHICLE.value
        ).exists()
    )


def ask_for_second_vehicle(
    outside: Outside, party: Party, application: Application, *, why: str, now: datetime
) -> Application:
    """Have a case worker decide whether *party* may hold one permit more than usual.

    :raises StepNotAllowed: if something else stands in the way too.
    """
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        if not second_vehicle_may_be_asked_for(application):
            raise StepNotAllowed("more than the quota stands in the way")
        case = caseload.open_case(
            application, case_law.Kind.SECOND_VEHICLE, ("extra_permits",), now=now
        )
        caseload.step(case, Actor.PARTY, case_law.Step.ANSWER, now=now, text=why)
    return apply.ask(outside, party, Plate(application.plate), now=now)
