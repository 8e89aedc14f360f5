"""Running it: what no machine could settle, what has not left the house, who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Count, Max, Min

from parking.actions import charge_report, reconcile, remind
from parking.actions.permission import NotYours
from parking.law.days import danish_day
from parking.law.facts import Supplier
from parking.records.audit import Incident, LookUp
from parking.records.comparison import PermitComparison
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from parking.records.staff import Staff
from parking.records.tariff import FareLine
from parking.records.zone import ZoneVersion

log = structlog.get_logger(__name__)

_MOST: Final = 200
_DAYS_OF_REMINDERS: Final = 7
#: Among so many questions to registers each of them is found, without reading a year of them.
_NEWEST_LOOK_UPS: Final = 500
#: What somebody of ours looks at here is on record too, and is no register's answer.
_REGISTERS: Final = tuple(each.value for each in Supplier if each.is_register)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of one kind waits to leave the house."""

    kind: str
    count: int
    since: datetime
    last_error: str  #: of one of them; empty if none has failed yet


@dataclass(frozen=True, slots=True)
class State:
    """How everything stands, for whoever runs it."""

    incidents: Sequence[Incident]  #: that nobody has settled, the newest first
    waiting: Sequence[Waiting]
    dead: Sequence[Outgoing]  #: refused for good
    reminders: remind.Tally  #: of the last days
    registers: Sequence[LookUp]  #: the newest question to each, and what came of it
    comparison: PermitComparison | None  #: the last with the permits in the accounts
    report: charge_report.Standing | None  #: of the year's charges, to Vejdirektoratet
    fares_changed: datetime | None
    map_changed: datetime | None


def state(*, now: datetime) -> State:
    """Return how everything stands. Nobody outside is asked."""
    since = danish_day(now) - timedelta(days=_DAYS_OF_REMINDERS)
    waiting = (
        Outgoing.objects.filter(state=Outgoing.State.WAITING)
        .values("kind")
        .annotate(count=Count("id"), since=Min("written"), last_error=Max("last_error"))
        .order_by("since")
    )
    newest: dict[str, LookUp] = {}
    asked = LookUp.objects.filter(register__in=_REGISTERS).order_by("-id")
    for look_up in asked[:_NEWEST_LOOK_UPS]:
        newest.setdefault(look_up.register, look_up)
    return State(
        incidents=list(Incident.objects.filter(settled=None).order_by("-raised")[:_MOST]),
        waiting=[Waiting(**each) for each in waiting],
        dead=list(Outgoing.objects.filter(state=Outgoing.State.DEAD).order_by("-id")[:_MOST]),
        reminders=remind.tally(since=since),
        registers=sorted(newest.values(), key=lambda each: each.register),
        comparison=reconcile.latest(),
        report=charge_report.standing(now=now),
        fares_changed=FareLine.objects.aggregate(at=Max("fetched"))["at"],
        map_changed=ZoneVersion.objects.exclude(in_force=None).aggregate(at=Max("fetched"))["at"],
    )


def incident(incident_id: int) -> Incident:
    """Return an incident, settled or not.

    :raises NotYours: if there is no such.
    """
    found = Incident.objects.select_related("settled_by").filter(id=incident_id).first()
    if found is None:
        raise NotYours("incident")
    return found


def settle(staff: Staff, incident_id: int, *, word: str, now: datetime) -> None:
    """Settle an incident: *word* says what was done. One that is settled already stays as it is."""
    with recording():
        settled = Incident.objects.filter(id=incident_id, settled=None).update(
            settled=now, settled_by=staff, word=word[:200]
        )
    if settled:
        log.info("incident settled", incident=incident_id, staff=str(staff.id))
