"""Files that people hand in: looked at by their content, made anew, and scanned.

A picture is decoded and encoded again (`actions/pictures.py`), so that nothing but what can be seen
comes with it: no place, no name of a phone, no second file hidden behind the first. A PDF is
written anew from its pages (`actions/pdfs.py`) and only ever sent as an attachment. Both happen in
a process of its own (`actions/apart.py`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, Final

import puremagic
import structlog
from django.db.models import QuerySet

from parking.actions import apart, send
from parking.ports import PortError, Unavailable
from parking.ports.scanner import Infected, Scanner
from parking.records.file import KeptFile
from parking.records.recording import recording

log = structlog.get_logger(__name__)

MOST_FILES: Final = 5  #: of one matter
#: Of one file, as it comes and as it is kept: the charge system takes no more either.
MOST_BYTES: Final = 10_000_000

_LONGEST_NAME: Final = 150
_PICTURES = {"image/jpeg", "image/png", "image/heic", "image/heif", "image/avif"}
_ENDINGS = {
    "jpg": "picture", "jpeg": "picture", "png": "picture", "heic": "picture", "heif": "picture",
    "pdf": "pdf",
}  # fmt: skip
_PNG: Final = b"\x89PNG"


class Fault(Enum):
    """What is wrong with a file."""

    EMPTY = "empty"
    TOO_LARGE = "too large"
    KIND = "kind"  #: neither a picture nor a PDF, or not what its name says
    TOO_MANY_PIXELS = "too many pixels"
    DAMAGED = "damaged"
    GROWS = "grows"  #: made anew it is larger than may be kept
    LOCKED = "locked"  #: a PDF that asks for a password
    INFECTED = "infected"
    TOO_MANY = "too many"
    TOO_MUCH = "too much"  #: for now, from one network
    TWICE = "twice"  #: what can be seen of it has been saved from another file


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
    return Clean("application/pdf", _anew("pdf", content, name))


def _picture(content: bytes, name: str) -> Clean:
    made = _anew("picture", content, name)
    return Clean("image/png" if made.startswith(_PNG) else "image/jpeg", made)


def _anew(kind: apart.Kind, content: bytes, name: str) -> bytes:
    try:
        return apart.anew(kind, content, most=MOST_BYTES)
    except apart.Locked:
        raise Refused(Fault.LOCKED, name) from None
    except apart.TooManyPixels:
        raise Refused(Fault.TOO_MANY_PIXELS, name) from None
    except apart.TooLarge:
        raise Refused(Fault.GROWS, name) from None
    except apart.Broken as broken:
        log.info("a file cannot be read", kind=kind, why=str(broken))
        raise Refused(Fault.DAMAGED, name) from None


def plain_name(name: str) -> str:
    """Return what somebody calls a file as it is kept and shown: one line, read in one direction.

    Characters that are not seen (control, direction, half ones) are left out, and folders too.
    """
    seen = "".join(each for each in name if not unicodedata.category(each).startswith("C"))
    return PurePath(seen.replace("\\", "/")).name[-_LONGEST_NAME:]


def taken(scanner: Scanner | None, content: bytes, name: str, *, now: datetime) -> dict[str, Any]:
    """Return the columns of a file as it is kept, scanned and made anew.

    :raises Refused: if it cannot be taken.
    """
    made = clean(content, name)
    return {
        "scan": _scan(scanner, content, name),
        "media_type": made.media_type,
        "content": made.content,
        "size": len(made.content),
        "sha256": hashlib.sha256(made.content).hexdigest(),
        "original_name": plain_name(name),
        "uploaded": now,
    }


def all_taken(
    scanner: Scanner | None, given: Sequence[tuple[str, bytes]], *, now: datetime
) -> list[dict[str, Any]]:
    """Return the columns of files that came together, name and content; the same twice is one.

    :raises Refused: if one cannot be taken, or there are more than one matter may have.
    """
    if len(given) > MOST_FILES:
        raise Refused(Fault.TOO_MANY, given[MOST_FILES][0])
    each = [taken(scanner, content, name, now=now) for name, content in given]
    return list({file["sha256"]: file for file in each}.values())


def _scan(scanner: Scanner | None, content: bytes, name: str) -> KeptFile.Scan:
    if scanner is None:
        return KeptFile.Scan.NOT_SCANNED
    try:
        scanner.scan(content)
    except Infected as found:
        log.warning("infected upload refused", signature=str(found))
        raise Refused(Fault.INFECTED, name) from None
    except PortError as error:
        log.warning("scanner did not answer", why=str(error))
        return KeptFile.Scan.QUARANTINED
    return KeptFile.Scan.CLEAN


def scan_quarantined(
    scanner: Scanner | None,
    tables: Iterable[type[KeptFile]],
    *,
    now: datetime,
    most: int = 50,
    before_removal: Callable[[Any, datetime], None] | None = None,
) -> int:
    """Scan what of *tables* could not be scanned before; return how many are clean now.

    What the scanner will not look at is a person's to see to, and keeps nothing behind it waiting.
    *before_removal* is told of what is infected, in the recording that removes it.
    """
    if scanner is None:
        return 0
    cleared = 0
    for table in tables:
        kept = table._default_manager
        waiting = kept.filter(scan=KeptFile.Scan.QUARANTINED).order_by("uploaded")
        looked_at = 0
        for key in list(waiting.values_list("pk", flat=True)):
            content = waiting.filter(pk=key).values_list("content", flat=True).first()
            if content is None:
                continue
            try:
                scanner.scan(bytes(content))
            except Infected as found:
                log.warning("infected file removed", signature=str(found))
                _remove_infected(kept.filter(pk=key).defer("content"), before_removal, now)
            except Unavailable:
                return cleared
            except PortError as error:
                with recording():
                    send.raise_incident(
                        f"scan {key}", "a file cannot be scanned", now=now, detail=str(error)
                    )
                continue
            else:
                with recording():
                    kept.filter(pk=key).update(scan=KeptFile.Scan.CLEAN)
                cleared += 1
            looked_at += 1
            if looked_at == most:
                break
    return cleared


def _remove_infected(
    found: QuerySet[Any], before_removal: Callable[[Any, datetime], None] | None, now: datetime
) -> None:
    with recording():
        file = found.first()
        if file is None:
            return
        if before_removal is not None:
            before_removal(file, now)
        found.delete()
