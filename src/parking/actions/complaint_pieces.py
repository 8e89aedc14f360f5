"""A file of a complaint that comes in pieces, so that a broken line loses no more than one of them.

The pieces are kept with the complaint until the file is whole; then it is looked at like any other.
Whoever sends it asks how far it has come, and goes on from there: after a break, in another tab, or
on another day, until the pieces are forgotten.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import Length

from parking.actions import complain, complaint_course, files
from parking.law.complaint import Document
from parking.law.course import StepNotAllowed
from parking.ports.scanner import Scanner
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece
from parking.records.recording import recording

MOST_OF_A_PIECE: Final = 256 * 1024  #: bytes
#: So many files may be on their way about one charge from all who have not logged in: of three.
_MOST_BEGUN: Final = 3 * files.MOST_FILES


class NotThere(Exception):
    """The piece does not begin where the file has come to; says where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(str(offset))
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A file that comes in pieces: what its sender calls it, and how many bytes it will have.

    *mark* is its SHA-256 in hexadecimal: whoever sends the same file again goes on with it.
    """

    mark: str
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A file that was broken off, or is on its way."""

    name: str
    size: int
    here: int  #: bytes


def come_to(complaint: Complaint, mark: str) -> int:
    """Return how many bytes of a file are here."""
    here: int = _pieces(complaint, mark).aggregate(here=Sum(Length("content")))["here"] or 0
    return here


def come_whole(complaint: Complaint, mark: str) -> ComplaintFile | None:
    """Return the file that has come whole under *mark*, as it was saved."""
    return ComplaintFile.objects.filter(complaint=complaint, came_as=mark).defer("content").first()


def unfinished(complaint: Complaint) -> list[Unfinished]:
    """Return the files of which something is missing, the newest first."""
    begun = ComplaintPiece.objects.filter(complaint=complaint).order_by()
    rows = begun.values("mark", "size").annotate(
        name=Max("original_name"), here=Sum(Length("content")), last=Max("came")
    )
    return [
        Unfinished(name=row["name"], size=row["size"], here=row["here"])
        for row in rows.order_by("-last")
    ]


def add(
    scanner: Scanner | None,
    complaint: Complaint,
    coming: Coming,
    *,
    kind: Document,
    offset: int,
    piece: bytes,
    now: datetime,
) -> ComplaintFile | None:
    """Keep a piece; return the file, saved, if it is whole by that.

    An empty piece at the end says once more that it is whole, if the answer to the last was lost.

    :raises NotThere: if it does not begin where the file has come to: one was lost, or came twice.
    :raises files.Refused: if the file cannot be taken; its pieces are gone.
    :raises StepNotAllowed: if nothing can be added any more.
    """
    if coming.size < 1:
        raise files.Refused(files.Fault.EMPTY, coming.name)
    if coming.size > files.MOST_BYTES or len(piece) > MOST_OF_A_PIECE:
        raise files.Refused(files.Fault.TOO_LARGE, coming.name)
    with recording():
        complaint = complaint_course.locked(complaint)
        if not complain.may_add(complaint):
            raise StepNotAllowed(f"a complaint that is {complaint.state}")
        saved = come_whole(complaint, coming.mark)
        if saved is not None:
            return saved
        here = come_to(complaint, coming.mark)
        is_last = here + len(piece) == coming.size
        if offset != here or here + len(piece) > coming.size or not (piece or is_last):
            raise NotThere(here)
        if piece:
            _make_room(complaint, coming)
            ComplaintPiece.objects.create(
                complaint=complaint,
                mark=coming.mark,
                original_name=files.plain_name(coming.name),
                size=coming.size,
                offset=offset,
                content=piece,
                came=now,
            )
    return _save(scanner, complaint, coming, kind, now) if is_last else None


def _save(
    scanner: Scanner | None, complaint: Complaint, coming: Coming, kind: Document, now: datetime
) -> ComplaintFile:
    """Save the whole file.

    If that fails its pieces go, so that it is not tried over and over; only a process that is
    killed meanwhile leaves them there, to be saved the next time.
    """
    pieces = _pieces(complaint, coming.mark)
    whole = b"".join(bytes(each) for each in pieces.values_list("content", flat=True))
    if len(whole) != coming.size:  # saved meanwhile by another tab, or forgotten
        saved = come_whole(complaint, coming.mark)
        if saved is None:
            raise NotThere(come_to(complaint, coming.mark))
        return saved
    try:
        _look_whole(coming, whole)
        return complain.add_file(
            scanner, complaint, kind=kind, name=coming.name, content=whole, now=now
        )
    except Exception:
        with recording():
            pieces.delete()
        raise


def _look_whole(coming: Coming, whole: bytes) -> None:
    """See that the pieces are those of one file, as its sender has it.

    :raises files.Refused: if they are not.
    """
    if hashlib.sha256(whole).hexdigest() != coming.mark:
        raise files.Refused(files.Fault.DAMAGED, coming.name)


def _pieces(complaint: Complaint, mark: str) -> QuerySet[ComplaintPiece]:
    return ComplaintPiece.objects.filter(complaint=complaint, mark=mark)


def _make_room(complaint: Complaint, coming: Coming) -> None:
    """See that no more is kept than may be sent: what was broken off longest ago goes first."""
    saved = ComplaintFile.objects.filter(complaint=complaint, round=complaint.round).count()
    if saved >= files.MOST_FILES:
        raise files.Refused(files.Fault.TOO_MANY, coming.name)
    pieces = ComplaintPiece.objects.filter(complaint=complaint)
    others = pieces.exclude(mark=coming.mark).order_by().values("mark")
    begun = others.annotate(last=Max("came")).order_by("-last").values_list("mark", flat=True)
    pieces.filter(mark__in=list(begun)[files.MOST_FILES - 1 :]).delete()
    if complaint.party_id is None:
        _make_room_on_the_charge(complaint, coming)


def _make_room_on_the_charge(complaint: Complaint, coming: Coming) -> None:
    """See that those who have not logged in keep no more about one charge than a few would.

    Anybody with the slip may begin, so nobody is refused: what was broken off longest ago goes.
    """
    pieces = ComplaintPiece.objects.filter(
        complaint__charge=complaint.charge_id, complaint__party=None
    )
    others = pieces.exclude(complaint=complaint, mark=coming.mark).order_by()
    begun = others.values("complaint", "mark").annotate(last=Max("came")).order_by("-last")
    for file in begun[_MOST_BEGUN - 1 :]:
        pieces.filter(complaint=file["complaint"], mark=file["mark"]).delete()
