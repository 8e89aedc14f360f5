"""How much those who have not logged in may keep about one charge while they complain of it.

Anybody with the slip may begin, as often as they like. So nobody is refused because of what others
have begun: the draft that would be missed least makes room, and what one network begins and sends
is counted by itself. Whoever is logged in has nothing to do with any of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max, QuerySet, Sum

from parking.actions import complaint_course, files, limit
from parking.law import complaint as law
from parking.law.course import Actor
from parking.records.charge import Charge
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece

#: So many drafts about one charge wait at once. ASSUMED, as all of these.
_MOST_DRAFTS: Final = 15
#: So much have all of their files together: of three complaints. One alone can have no more.
_MOST_BYTES: Final = 3 * files.MOST_FILES * files.MOST_BYTES
#: So many drafts about one charge may one network begin in a day.
_MOST_BEGUN: Final = 5
_BEGUN_FADE: Final = timedelta(days=1)
#: So much may one address send in an hour, to whatever complaints: bytes of four complaints; and so
#: much its whole network, where many may sit who have nothing to do with each other.
_MOST_SENT: Final = 4 * files.MOST_FILES * files.MOST_BYTES
_MOST_SENT_BY_NETWORK: Final = 20 * _MOST_SENT
_SENT_FADE: Final = timedelta(hours=1)


def count_begun(charge: Charge, asker: str, *, now: datetime) -> None:
    """Count that *asker*, an address on the net, begins one more draft about *charge*.

    :raises TooOften: if their network has begun too many.
    """
    key = f"complaints begun {charge.id} {limit.network(asker)}"
    limit.take(key, most=_MOST_BEGUN, per=_BEGUN_FADE, now=now)


def count_sent(complaint: Complaint, asker: str, *, name: str, size: int, now: datetime) -> None:
    """Count that *asker*, an address on the net, sends *size* bytes of the file *name*.

    :raises files.Refused: if it or its network has sent too much.
    """
    if complaint.party_id is not None:
        return
    try:
        for whose, most in (
            (limit.asking(asker), _MOST_SENT), (limit.network(asker), _MOST_SENT_BY_NETWORK),
        ):  # fmt: skip
            limit.take(f"complaint bytes {whose}", most=most, per=_SENT_FADE, now=now, amount=size)
    except limit.TooOften:
        raise files.Refused(files.Fault.TOO_MUCH, name) from None


def make_room(charge: Charge, *, besides: Complaint | None = None, now: datetime) -> None:
    """Let drafts lapse until one more, or *besides* with its files, has room, within a recording.

    Those in which nothing has been said go first, then those that nobody has touched for longest.
    """
    begun = _drafts(charge)
    room = _MOST_DRAFTS - (besides is None)
    least_missed = [each for each in begun if besides is None or each.id != besides.id]
    held = sum(each.held or 0 for each in begun)
    for drafts, draft in zip(range(len(begun), 0, -1), least_missed, strict=False):
        if drafts <= room and held <= _MOST_BYTES:
            return
        held -= draft.held or 0
        lapse(draft, now=now)


def _drafts(charge: Charge) -> list[Any]:
    """Return the drafts of those who have not logged in, those that would be missed least first."""
    drafts: QuerySet[Any] = Complaint.objects.filter(
        charge=charge, party=None, state=law.State.DRAFT.value
    )
    drafts = drafts.select_related("charge").annotate(
        held=Sum("files__size"), last_file=Max("files__uploaded")
    )
    begun = list(drafts)
    coming = dict(
        ComplaintPiece.objects.filter(complaint__in=begun)
        .order_by()
        .values_list("complaint")
        .annotate(last=Max("came"))
    )

    def missed(draft: Any) -> tuple[bool, datetime]:
        said = bool(draft.text or draft.name or draft.address or draft.held)
        last = coming.get(draft.id)
        touched = max(each for each in (draft.changed, draft.last_file, last) if each)
        return said or last is not None, touched

    return sorted(begun, key=missed)


def lapse(draft: Complaint, *, now: datetime) -> None:
    """Let a draft lapse with all that was saved for it, within a recording."""
    complaint_course.step(draft, Actor.SYSTEM, law.Step.LAPSE, now=now)
    ComplaintFile.objects.filter(complaint=draft).delete()
    ComplaintPiece.objects.filter(complaint=draft).delete()
