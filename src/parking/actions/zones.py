"""The city's map as dated versions: fetched, cleaned, proposed as a difference, and accepted.

Whoever lives where a border has moved gains or loses a right, so no map comes into force by itself:
only the very first, which there is nothing to compare with. A map that did not come whole, or that
cannot be right, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from shapely.geometry import mapping
from shapely.geometry import shape as shape_of

from parking.actions import caseload, casework, cleaning, send
from parking.actions.catalogue import Fetched
from parking.actions.cleaning import Cleaned, Line, Shape
from parking.actions.difference import Change, difference
from parking.law import case as case_law
from parking.law import map as law
from parking.law.course import Actor
from parking.law.days import Period, danish_day
from parking.law.zones import Category, Status, ZoneKind
from parking.ports import Outside
from parking.ports.places import ZoneLayer
from parking.records import case as cases
from parking.records.case import Case
from parking.records.permit import Permit
from parking.records.ranges import as_range
from parking.records.recording import recording
from parking.records.staff import Staff
from parking.records.zone import ZoneShape, ZoneVersion

#: A map that has lost more of its home areas than this cannot be right.
_MOST_LOST: Final = 0.5


class DayHasPassed(ValueError):
    """A map was to be in force from a day that is over: people have been answered by another."""


def fetch_zones(outside: Outside, *, now: datetime) -> Fetched:
    """Fetch the city's map, and propose it if it is another than the one in force.

    The first map of an empty portal is in force at once. A newer proposal takes the place of one
    that nobody has answered; one that was rejected is not proposed again until it changes, and one
    that covers the same ground under the same names is no other map, however it is written. A map
    that has lost more than half of its home areas is set aside whole and told to a person.

    :raises Unavailable: if the map service did not answer whole; nothing has changed.
    :raises Rejected: if it would not answer.
    """
    layer = outside.zones.layer(now=now)
    source_hash = _hash(layer)
    if not _is_news(source_hash):
        return _take_back_proposal(source_hash, now)
    cleaned = cleaning.clean(layer.features)
    base = _newest_in_force()
    changes = difference(shapes_of(base), cleaned.shapes) if base else ()
    if base is not None and not changes:
        return _take_back_proposal(source_hash, now)
    with recording():
        caseload.one_at_a_time_about(case_law.Subject.ZONE_VERSION)
        if _newest_in_force() != base or not _is_news(source_hash):
            return Fetched(0)  # somebody was faster: compare with what there is now, next time
        if lost := _lost_areas(base, cleaned):
            send.raise_incident(f"map {source_hash}", "map set aside", detail=lost, now=now)
            return Fetched(0, (f"the map: {lost}",))
        _replace_proposal(now)
        version = _record(cleaned, changes, base, source_hash, now)
        if base is None:
            # It answers for the days before it too: there is none older to ask.
            _put_in_force(version, date(danish_day(now).year, 1, 1), Actor.SYSTEM)
            return Fetched(len(cleaned.shapes), tuple(_set_aside(cleaned)))
        case = _open_case(version, now)
    return Fetched(len(changes), tuple(_set_aside(cleaned)), case.number)


def _newest_in_force() -> ZoneVersion | None:
    """Return the version that has no end: the one in force, or one that will be."""
    return ZoneVersion.objects.filter(in_force__isnull=False, in_force__endswith=None).first()


def _is_news(source_hash: str) -> bool:
    """Tell whether a map is neither in force, nor proposed, nor the last that was rejected."""
    newest = _newest_in_force()
    if newest is not None and newest.source_hash == source_hash:
        return False
    last = ZoneVersion.objects.exclude(state=law.State.REPLACED.value).order_by("-id").first()
    return last is None or last.source_hash != source_hash


def _take_back_proposal(source_hash: str, now: datetime) -> Fetched:
    """Take back what was proposed, if the city has gone back to a map that was answered."""
    with recording():
        caseload.one_at_a_time_about(case_law.Subject.ZONE_VERSION)
        _replace_proposal(now, unless=source_hash)
    return Fetched(0)


def _replace_proposal(now: datetime, *, unless: str = "") -> None:
    """End what has been proposed and not answered, with its case, *unless* it is that one."""
    proposed = ZoneVersion.objects.filter(state=law.State.PROPOSED.value)
    for version in proposed.exclude(source_hash=unless):
        for case in Case.objects.select_for_update().filter(zone_version=version, closed=None):
            caseload.step(case, Actor.SYSTEM, case_law.Step.WITHDRAW, now=now)
        version.move(Actor.SYSTEM, law.Step.REPLACE)
        version.save()


def _lost_areas(base: ZoneVersion | None, cleaned: Cleaned) -> str:
    """Tell in words when the map has lost so many home areas that it cannot be right."""
    left = {
        shape.code
        for shape in cleaned.shapes
        if shape.category is Category.HOME_AREA and shape.status is Status.NOW
    }
    had = set()
    if base is not None:
        areas = base.shapes.filter(category=Category.HOME_AREA)
        had = set(areas.values_list("code", flat=True))
    implausible = len(left) < len(had) * _MOST_LOST or not left
    return f"{len(left)} home areas where there were {len(had)}" if implausible else ""


def _hash(layer: ZoneLayer) -> str:
    said = [
        [
            *(f.source_id, f.written, f.category, f.status, f.name, f.code),
            *(f.kind.value if f.kind else "", f.flex_codes, f.zone, f.geometry),
        ]
        for f in sorted(layer.features, key=lambda f: f.source_id)
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _record(
    cleaned: Cleaned,
    changes: Iterable[Change],
    base: ZoneVersion | None,
    source_hash: str,
    now: datetime,
) -> ZoneVersion:
    version = ZoneVersion.objects.create(
        source_hash=source_hash,
        fetched=now,
        base=base,
        report=[line.as_json() for line in cleaned.report],
        difference=[change.as_json() for change in changes],
    )
    ZoneShape.of_any_time.bulk_create(
        ZoneShape(
            version=version,
            category=shape.category.value,
            status=shape.status.value,
            code=shape.code,
            name=shape.name,
            kind=shape.kind.value if shape.kind else "",
            codes=list(shape.codes),
            geometry=mapping(shape.geometry),
            source_id=shape.source_id,
        )
        for shape in cleaned.shapes
    )
    return version


def _set_aside(cleaned: Cleaned) -> Iterable[str]:
    for line in cleaned.report:
        if line.trap in cleaning.SET_ASIDE:
            yield f"{', '.join(line.source_ids)}: {line.trap.value}"


def _open_case(version: ZoneVersion, now: datetime) -> Case:
    return Case.objects.create(
        number=cases.next_number(),
        kind=case_law.Kind.MAP.value,
        zone_version=version,
        opened=now,
        due=danish_day(now) + caseload.OUR_TIME,
    )


def _put_in_force(version: ZoneVersion, start: date, actor: Actor) -> None:
    """Let *version* be in force from *start* on; what would have begun then or later never does."""
    known = ZoneVersion.objects.select_for_update().exclude(in_force=None)
    for later in known.filter(in_force__startswith__gte=start):
        later.move(actor, law.Step.REPLACE)
        later.in_force = None
        later.save()
    # Whatever was to end when one of those began lasts until this one begins.
    before = known.filter(in_force__startswith__lt=start).order_by("-in_force__startswith").first()
    if before is not None:
        before.in_force = as_range(Period(before.in_force.lower, start))
        before.save()
    version.move(actor, law.Step.ACCEPT)
    version.in_force = as_range(Period(start))
    version.save()


# What a case worker does


def accept(
    staff: Staff, case: Case, *, start: date, reasons: str, version: int, now: datetime
) -> None:
    """Let the map of *case* be in force from *start*, which is today or later.

    :raises DayHasPassed: if it is earlier.
    :raises ChangedMeanwhile: if the case has changed, or a newer map has taken its place.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    if start < danish_day(now):
        raise DayHasPassed(start)
    with recording():
        case = casework.locked_of(staff, case, version)
        caseload.step(
            case, Actor.CASE_WORKER, case_law.Step.DECIDE, now=now, staff=staff, text=reasons
        )
        _put_in_force(_locked(case), start, Actor.CASE_WORKER)


def reject(staff: Staff, case: Case, *, reasons: str, version: int, now: datetime) -> None:
    """Reject the map of *case*: the one in force stays.

    :raises ChangedMeanwhile: if the case has changed, or a newer map has taken its place.
    :raises StepNotAllowed: if *staff* does not have it.
    """
    with recording():
        case = casework.locked_of(staff, case, version)
        caseload.step(
            case, Actor.CASE_WORKER, case_law.Step.REFUSE, now=now, staff=staff, text=reasons
        )
        rejected = _locked(case)
        rejected.move(Actor.CASE_WORKER, law.Step.REJECT)
        rejected.save()


def _locked(case: Case) -> ZoneVersion:
    return ZoneVersion.objects.select_for_update().get(id=case.proposal.id)


def first_start(*, now: datetime) -> date:
    """Return the day that is proposed for another map: tomorrow, so that today has one answer."""
    return danish_day(now) + timedelta(days=1)


# What a case worker sees


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a map would change, whom it touches, and what was wrong with it."""

    changes: tuple[tuple[Change, int], ...]  #: each with how many permits it touches
    permits: int  #: that any of them touches, each counted once
    report: tuple[Line, ...]


def proposal_of(version: ZoneVersion, *, on: date) -> Proposal:
    """Return what there is to know about *version*, with the permits as they are *on* that day."""
    changes = tuple(Change.from_json(kept) for kept in version.difference)
    touched = {zone for change in changes for zone in change.zones}
    held = (
        Permit.objects.active()
        .ending_after(on)
        .filter(zone__in=touched)
        .values_list("zone", flat=True)
    )
    zones = list(held)
    return Proposal(
        changes=tuple((c, sum(zone in c.zones for zone in zones)) for c in changes),
        permits=len(zones),
        report=tuple(Line.from_json(kept) for kept in version.report),
    )


def shapes_of(version: ZoneVersion) -> tuple[Shape, ...]:
    """Return the shapes of *version*, of any time, as they can be compared."""
    return tuple(
        Shape(
            source_id=kept.source_id,
            category=Category(kept.category),
            status=Status(kept.status),
            code=kept.code,
            name=kept.name,
            kind=ZoneKind(kept.kind) if kept.kind else None,
            codes=tuple(kept.codes),
            geometry=shape_of(kept.geometry),
        )
        for kept in ZoneShape.of_any_time.filter(version=version).order_by("id")
    )
