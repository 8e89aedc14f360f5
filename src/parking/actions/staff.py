"""Who works in the office: let in, logged out, added and disabled; and every look on record.

Somebody gets in if they are known here and the municipality's own login says they have a role. What
they may do is what both say.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from parking.actions import charge as charges
from parking.actions import login
from parking.actions.permission import NotYours
from parking.law.staff import Role
from parking.ports import Outside
from parking.ports.identity import LoginRefused, LogoutNotice, Refusal, StaffArrival
from parking.records import sealing
from parking.records.audit import LookUp
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.recording import recording
from parking.records.staff import Staff, StaffSession

log = structlog.get_logger(__name__)

#: A session that has been silent for so long is over (ASSUMED: on shared desks).
IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=8)
_TOUCH: Final = timedelta(seconds=30)

LONGEST_PURPOSE: Final = 60

#: The photographs of a page are fetched one by one; within so long that is one look at them.
PHOTO: Final = "photo opened"
_ONE_LOOK: Final = timedelta(minutes=1)


class NoPurpose(PermissionError):
    """A case or a charge was to be read without saying why."""


class LastOperator(ValueError):
    """Somebody must remain who can say who works here."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login to the office that has succeeded. *key* is for the browser alone."""

    session: StaffSession
    key: str
    next_path: str


def begin(outside: Outside, *, next_path: str, language: str, now: datetime) -> login.Begun:
    """Begin to log a browser in to the office.

    :raises Unavailable: if the login does not answer.
    """
    return login.begin_at(outside.staff, next_path=next_path, language=language, now=now)


def complete(
    outside: Outside, *, saml_response: str, return_key: str, browser_secret: str, now: datetime
) -> LoggedIn:
    """Log in whoever the answer speaks of, if they work here.

    :raises LoginRefused: if nobody can be let in by it.
    :raises Unavailable: if the login's metadata cannot be had.
    """
    key = secrets.token_urlsafe(32)
    session, _arrival, next_path = login.complete_at(
        outside.staff,
        saml_response=saml_response,
        return_key=return_key,
        browser_secret=browser_secret,
        admit=lambda arrival: _admit(arrival, key, now),
        now=now,
    )
    return LoggedIn(session, key, next_path)


def _admit(arrival: StaffArrival, key: str, now: datetime) -> StaffSession:
    staff = Staff.objects.select_for_update().filter(name_id=arrival.name_id).first()
    if staff is None or staff.disabled is not None:
        raise LoginRefused(Refusal.NOT_TRUSTED, "not known in the office, or disabled")
    session = StaffSession(
        key_hash=_hash(key),
        staff=staff,
        session_index=arrival.session_index,
        roles=sorted(role.value for role in arrival.roles),
        begun=now,
        last_used=now,
    )
    if not session.rights:
        raise LoginRefused(Refusal.NOT_TRUSTED, "no role that both the login and the office know")
    staff.name, staff.last_seen = arrival.full_name[:200], now
    if arrival.person_number:
        staff.number_fingerprint = sealing.keys().fingerprint_of(arrival.person_number)
    staff.save()
    StaffSession.objects.filter(last_used__lt=now - LONGEST).delete()
    session.save(force_insert=True)
    return session


def session_of(key: str, *, now: datetime) -> StaffSession | None:
    """Return the session that *key* opens, if it is not over and its owner still works here."""
    session = StaffSession.objects.select_related("staff").filter(key_hash=_hash(key)).first()
    if session is None:
        return None
    over = now - session.last_used > IDLE or now - session.begun > LONGEST
    if over or session.staff.disabled is not None or not session.rights:
        with recording():
            StaffSession.objects.filter(key_hash=session.key_hash).delete()
        return None
    if now - session.last_used > _TOUCH:
        with recording():
            StaffSession.objects.filter(key_hash=session.key_hash).update(last_used=now)
    return session


def end_session(session: StaffSession) -> None:
    """End one session."""
    with recording():
        StaffSession.objects.filter(key_hash=session.key_hash).delete()


def end_sessions_elsewhere(notice: LogoutNotice) -> int:
    """End the sessions that *notice* says have ended, and return how many there were."""
    with recording():
        sessions = StaffSession.objects.filter(staff__name_id=notice.name_id)
        if notice.session_index is not None:
            sessions = sessions.filter(session_index=notice.session_index)
        ended, _ = sessions.delete()
    return ended


def speak(session: StaffSession, language: str) -> None:
    """Keep which language somebody works in."""
    with recording():
        Staff.objects.filter(id=session.staff_id).update(language=language)


# Who works here


def add(*, name_id: str, roles: Collection[Role], unit: str, now: datetime) -> Staff:
    """Add somebody, or give somebody we know these roles and let them in again."""
    with recording():
        staff = Staff.objects.select_for_update().filter(name_id=name_id).first()
        staff = staff or Staff(name_id=name_id, added=now)
        staff.roles, staff.unit = sorted(role.value for role in roles), unit
        staff.disabled = None
        staff.save()
    log.info("staff added", staff=str(staff.id), roles=staff.roles)
    return staff


def disable(staff_id: UUID, *, now: datetime) -> None:
    """Shut somebody out, at once.

    :raises NotYours: if nobody of that id works here.
    :raises LastOperator: if nobody else could let anybody in.
    """
    with recording():
        working = Staff.objects.select_for_update().filter(disabled=None)
        staff = working.filter(id=staff_id).first()
        if staff is None:
            raise NotYours("staff")
        operators = working.filter(roles__contains=[Role.OPERATOR.value])
        if Role.OPERATOR.value in staff.roles and not operators.exclude(id=staff_id).exists():
            raise LastOperator(str(staff_id))
        staff.disabled = now
        staff.save()
        StaffSession.objects.filter(staff=staff).delete()
    log.info("staff disabled", staff=str(staff_id))


# Looks on record


def open_case(session: StaffSession, case: Case, purpose: str) -> None:
    """Keep why *case* is opened, for this session; each look at it says so.

    :raises NoPurpose: if nothing is said.
    """
    _keep_purpose(session, case, purpose)


def open_charge(session: StaffSession, charge: Charge, purpose: str) -> None:
    """Keep why *charge* is opened, for this session; each look at it says so.

    :raises NoPurpose: if nothing is said.
    """
    _keep_purpose(session, charge, purpose)


def _keep_purpose(session: StaffSession, opened: Case | Charge, purpose: str) -> None:
    said = " ".join(purpose.split())[:LONGEST_PURPOSE]
    if not said:
        raise NoPurpose(opened.number)
    _add_purposes(session, {str(opened.id): said})


def _add_purposes(session: StaffSession, said: dict[str, object]) -> None:
    with recording():
        now_it_is = StaffSession.objects.select_for_update().get(key_hash=session.key_hash)
        now_it_is.purposes = {**now_it_is.purposes, **said}
        now_it_is.save()
    session.purposes = now_it_is.purposes


#: Under what name the purpose of the last search is kept, with what it found.
_SEARCH: Final = "search"


def keep_search(session: StaffSession, found: Iterable[Case | Charge], purpose: str) -> None:
    """Remember why somebody searched, so that they need not type it again to open what was found.

    It opens nothing.
    """
    ids = [str(each.id) for each in found]
    _add_purposes(session, {_SEARCH: {"purpose": purpose[:LONGEST_PURPOSE], "found": ids}})


def searched_for(session: StaffSession, found: Case | Charge) -> str:
    """Return why the last search was made, if it found *found*; else nothing."""
    last = session.purposes.get(_SEARCH, {})
    return str(last["purpose"]) if str(found.id) in last.get("found", ()) else ""


def purpose_of(session: StaffSession, opened: Case | Charge) -> str:
    """Return why a case or a charge was opened in this session; empty if it was not."""
    return str(session.purposes.get(str(opened.id), ""))


def look(session: StaffSession, case: Case, *, now: datetime, saw: str = "answered") -> None:
    """Put on record that somebody looks at *case*, or *saw* something in it, and why.

    A case that concerns nobody in particular may be read as it is: there is nobody to tell. One of
    somebody who never logged in may not, and the log keeps the look.

    :raises NoPurpose: if it was not opened with a purpose.
    """
    if not case.is_about_somebody:
        return
    purpose = purpose_of(session, case)
    if not purpose:
        raise NoPurpose(case.number)
    note(session, case, purpose=purpose, saw=saw, now=now)


def note(session: StaffSession, case: Case, *, purpose: str, saw: str, now: datetime) -> None:
    """Put on record that somebody of ours looked at something about the party of *case*."""
    if case.party is None:
        if case.is_about_somebody:
            log.info("looked", staff=str(session.staff_id), case=case.number, saw=saw, why=purpose)
        return
    if saw == PHOTO and _has_just_seen(session, case.number, now):
        return
    with recording():
        LookUp.objects.create(
            party=case.party,
            register="case",
            purpose=purpose[:LONGEST_PURPOSE],
            asked_by=f"staff {session.staff.unit}",
            staff=session.staff,
            reference=case.number,
            outcome=saw,
            at=now,
        )


def look_at_charge(
    session: StaffSession, charge: Charge, *, now: datetime, saw: str = "answered"
) -> None:
    """Put on record that somebody looks at *charge*, or *saw* something of it, and why.

    :raises NoPurpose: if it was not opened with a purpose.
    """
    purpose = purpose_of(session, charge)
    if not purpose:
        raise NoPurpose(charge.number)
    note_charge(session, charge, purpose=purpose, saw=saw, now=now)


def note_charge(
    session: StaffSession, charge: Charge, *, purpose: str, saw: str, now: datetime
) -> None:
    """Put on record that somebody of ours looked at *charge*, for each whom it tells about.

    The log keeps a look at the charge of somebody who was never here: there is nobody to tell.
    """
    told = charges.known_parties(charge)
    if not told:
        log.info("looked", staff=str(session.staff_id), charge=charge.number, saw=saw, why=purpose)
        return
    if saw == PHOTO and _has_just_seen(session, charge.number, now):
        return
    with recording():
        for party in told:
            LookUp.objects.create(
                party=party,
                register="charge",
                purpose=purpose[:LONGEST_PURPOSE],
                asked_by=f"staff {session.staff.unit}",
                staff=session.staff,
                reference=charge.number,
                outcome=saw,
                at=now,
            )


def note_charges(
    session: StaffSession, seen: Collection[Charge], *, purpose: str, now: datetime
) -> None:
    """Put on record that somebody of ours looked at a list of charges, for each whom one is about.

    However many there are, the database is asked the same number of times.
    """
    told = charges.known_parties_of([each.id for each in seen])
    rows = []
    for charge in seen:
        if not told[charge.id]:
            log.info("looked", staff=str(session.staff_id), charge=charge.number, why=purpose)
        rows += [
            LookUp(
                party_id=party_id,
                register="charge",
                purpose=purpose[:LONGEST_PURPOSE],
                asked_by=f"staff {session.staff.unit}",
                staff=session.staff,
                reference=charge.number,
                outcome="searched",
                at=now,
            )
            for party_id in told[charge.id]
        ]
    with recording():
        LookUp.objects.bulk_create(rows)


def _has_just_seen(session: StaffSession, reference: str, now: datetime) -> bool:
    """Tell whether the same person's look at another photograph is on record a moment ago."""
    theirs = LookUp.objects.filter(staff=session.staff, reference=reference, outcome=PHOTO)
    return theirs.filter(at__gt=now - _ONE_LOOK).exists()


def note_in_vain(session: StaffSession, text: str) -> None:
    """Put on record that somebody searched for *text* and found nothing.

    There is no party to tell. The log keeps a fingerprint of what was looked for, so that it can be
    asked whether somebody searched for a certain plate, and not what everybody searched for.
    """
    looked_for = sealing.keys().fingerprint_of("".join(text.upper().split()))
    log.info("search in vain", staff=str(session.staff_id), looked_for=looked_for)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
