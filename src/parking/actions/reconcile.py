"""Comparing our permits with those of the accounts: each difference is a person's to settle.

We own the permits, so nothing that the accounts say changes ours; and nothing of theirs is written
over, since whoever changed it there may have had a reason. One thing needs no person: a permit of
ours that they have never had is published once more, which is harmless to repeat.

A difference is an incident: raised once, and settled by itself when it is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db.models import F, Q, Value
from django.db.models.functions import Concat

from parking.actions import permit as permits
from parking.actions import send
from parking.law import permit as law
from parking.law.days import danish_day
from parking.ports import NotFound, Outside
from parking.ports.accounts import ActivePermit
from parking.records.audit import Incident
from parking.records.comparison import PermitComparison
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.recording import recording

log = structlog.get_logger(__name__)

MISSING_THERE: Final = "a permit of ours is not in the accounts"
MISSING_HERE: Final = "the accounts have a permit that is not ours"
DIFFERS: Final = "a permit differs in the accounts"
TOO_MANY: Final = "the permits in the accounts cannot be ours"

#: More differences than this are not a list for a person: something larger is wrong.
MOST: Final = 500
_KEY: Final = "permit difference"
_GONE: Final = "the difference is gone"
_LONGEST_NUMBER: Final = 60
#: A day without a comparison is told when the next one is over too.
_WORRY_AFTER: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Difference:
    """One permit that is not the same on both sides; *fields* are those that differ."""

    what: str  #: :data:`MISSING_THERE`, :data:`MISSING_HERE` or :data:`DIFFERS`
    number: str
    fields: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the incident is known by: another difference of the same permit is another one."""
        said = "+".join(self.fields) or self.what
        return f"{_KEY} {self.number[:_LONGEST_NUMBER]}: {said}"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison has come to."""

    ours: int
    theirs: int
    differences: tuple[Difference, ...]
    published: int  #: of them, those that were put into the outbox once more


def compare(outside: Outside, *, now: datetime) -> Compared:
    """Compare every permit that is valid or will be with those of the accounts.

    A permit that has been changed while the accounts told theirs, or whose news still waits to
    leave, is left for the next time.

    :raises Unavailable: if the accounts did not answer whole; nothing has changed then.
    :raises Rejected: if they would not answer.
    """
    today = danish_day(now)
    theirs = {permit.number: permit for permit in outside.accounts.all_permits(since=today)}
    ours = {permit.number: permit for permit in _ours(today)}
    unsettled = _on_their_way(since=now)
    absent = [number for number in ours if number not in theirs and number not in unsettled]
    strangers = [
        each.number
        for each in theirs.values()
        if each.active and each.number not in ours and each.number not in unsettled
    ]
    if len(absent) + len(strangers) > MOST:
        return _give_up(len(ours), len(theirs), len(absent) + len(strangers), now)
    theirs |= _outside_the_days(outside, absent)
    found = (
        *_differing(ours, theirs, unsettled),
        *_strange([theirs[number] for number in strangers]),
    )
    if len(found) > MOST:
        return _give_up(len(ours), len(theirs), len(found), now)
    with recording():
        published = sum(
            _publish_again(ours[each.number], now) for each in found if each.what == MISSING_THERE
        )
        _tell(found, now)
        _note(len(ours), len(theirs), len(found), now)
    log.info("permits compared", ours=len(ours), theirs=len(theirs), differing=len(found))
    return Compared(len(ours), len(theirs), found, published)


def _ours(today: date) -> Iterator[Permit]:
    """Yield the permits of ours that the accounts must have as active."""
    lasting = Q(state=law.State.ACTIVE.value)
    lasting |= Q(state=law.State.ENDED.value, ended_on__gte=today)
    known = Permit.objects.filter(lasting, period__endswith__gt=today).select_related("party")
    for permit in known.order_by("number").iterator(chunk_size=2000):
        if permit.valid_days is not None:
            yield permit


def _on_their_way(*, since: datetime) -> set[str]:
    """Return the permits whose news waits to leave, or has left since the comparison began."""
    news = Outgoing.objects.filter(kind=Outgoing.Kind.PUBLISH_PERMIT)
    moving = news.filter(Q(state=Outgoing.State.WAITING) | Q(done__gte=since))
    return {lane.removeprefix("permit ") for lane in moving.values_list("lane", flat=True)}


def _outside_the_days(outside: Outside, numbers: list[str]) -> dict[str, ActivePermit]:
    """Return what they have under *numbers* after all, though it is over there."""
    found = {}
    for number in numbers:
        try:
            found[number] = outside.accounts.permit(number)
        except NotFound:
            continue
    return found


def _differing(
    ours: dict[str, Permit], theirs: dict[str, ActivePermit], unsettled: set[str]
) -> Iterator[Difference]:
    for number, permit in ours.items():
        if number in unsettled:
            continue
        wanted, told = permits.as_published(permit), theirs.get(number)
        if told is None:
            yield Difference(MISSING_THERE, number)
        elif fields := differing(wanted, told):
            yield Difference(DIFFERS, number, fields)


def differing(ours: ActivePermit, theirs: ActivePermit) -> tuple[str, ...]:
    """Return the names of what is not the same of a permit on both sides."""
    names = ("active", "period", "plate", "zone", "product", "holder")
    return tuple(name for name in names if getattr(ours, name) != getattr(theirs, name))


def _strange(told: list[ActivePermit]) -> Iterator[Difference]:
    """Yield what they have as active and we do not: never ours, or over here."""
    known = set(
        Permit.objects.filter(number__in=[each.number for each in told]).values_list(
            "number", flat=True
        )
    )
    for each in told:
        if each.number in known:
            yield Difference(DIFFERS, each.number, ("active",))
        else:
            yield Difference(MISSING_HERE, each.number)


def _publish_again(permit: Permit, now: datetime) -> bool:
    send.put(
        Outgoing.Kind.PUBLISH_PERMIT,
        key=f"publish {permit.number} again {danish_day(now)}",
        lane=f"permit {permit.number}",
        payload={"permit": str(permit.id)},
        now=now,
    )
    return True


def _tell(found: tuple[Difference, ...], now: datetime) -> None:
    """Raise what is new, and settle what is gone; a difference that comes back is told anew."""
    for each in found:
        detail = f"{each.number[:_LONGEST_NUMBER]}: {', '.join(each.fields) or 'the whole permit'}"
        send.raise_incident(each.key, each.what, now=now, detail=detail)
    here = Incident.objects.filter(key__startswith=f"{_KEY} ")
    gone = here.exclude(key__in=[each.key for each in found])
    gone.filter(settled=None).update(settled=now, word=_GONE)
    gone.update(key=Concat(Value(f"gone {now:%Y%m%d%H%M%S} "), F("key")))


def _give_up(ours: int, theirs: int, differing: int, now: datetime) -> Compared:
    """Tell a person that the accounts must be looked at as a whole: nothing is sent anywhere."""
    with recording():
        send.raise_incident(
            f"permits cannot be compared {danish_day(now)}",
            TOO_MANY,
            now=now,
            detail=f"{differing} of ours ({ours}) and theirs ({theirs}) differ",
        )
        _note(ours, theirs, differing, now)
    log.error("permits cannot be compared", ours=ours, theirs=theirs, differing=differing)
    return Compared(ours, theirs, (), 0)


def _note(ours: int, theirs: int, differing: int, now: datetime) -> None:
    PermitComparison.objects.update_or_create(
        day=danish_day(now),
        defaults={"finished": now, "ours": ours, "theirs": theirs, "differing": differing},
    )


def latest() -> PermitComparison | None:
    """Return the last comparison there was."""
    return PermitComparison.objects.order_by("-day").first()


def check(*, now: datetime) -> None:
    """Raise an alarm if the permits have not been compared for two days."""
    last = latest()
    if last is not None and now - last.finished > _WORRY_AFTER:
        with recording():
            send.raise_incident(
                f"permits not compared since {last.day}", "the permits are not compared", now=now
            )
