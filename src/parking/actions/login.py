"""Logging in and out with the national eID.

The account is the login's persistent name of the person. An attempt belongs to the browser that
began it, is answered once, and an assertion is used once; so neither a stolen answer nor somebody
else's can log anybody in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from django.contrib.sessions.models import Session
from django.db import IntegrityError

from parking.actions import person_number
from parking.ports import Outside
from parking.ports.identity import Arrival, Login, LoginRefused, LogoutNotice, Refusal
from parking.ports.patience import patience
from parking.records.party import LoginAttempt, LoginSession, Party, UsedAssertion
from parking.records.recording import recording

#: How long one may take to log in.
LONGEST_ATTEMPT = timedelta(minutes=20)
#: How long somebody waits at their login for the population register, in seconds.
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that has begun: where to go, and the secret this browser keeps meanwhile."""

    url: str
    browser_secret: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that has succeeded."""

    party: Party
    arrival: Arrival
    next_path: str


def begin(outside: Outside, *, next_path: str, language: str, now: datetime) -> Begun:
    """Begin to log a browser in; afterwards it shall see *next_path*.

    :raises Unavailable: if the login does not answer.
    """
    return begin_at(outside.identity, next_path=next_path, language=language, now=now)


def begin_at(login: Login[Any], *, next_path: str, language: str, now: datetime) -> Begun:
    """Begin to log a browser in at *login*; afterwards it shall see *next_path*.

    :raises Unavailable: if the login does not answer.
    """
    return_key, browser_secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    departure = login.depart(return_key=return_key, language=language)
    with recording():
        LoginAttempt.objects.filter(begun__lt=now - timedelta(days=1)).delete()
        LoginAttempt.objects.create(
            return_key=return_key,
            request_id=departure.request_id,
            browser=_hash(browser_secret),
            next_path=next_path[:500],
            begun=now,
        )
    return Begun(departure.url, browser_secret)


def complete(
    outside: Outside,
    *,
    saml_response: str,
    return_key: str,
    browser_secret: str,
    language: str,
    now: datetime,
) -> LoggedIn:
    """Log in whoever the answer speaks of, making their account the first time.

    :raises LoginRefused: if nobody can be logged in by it.
    :raises Unavailable: if the login's metadata cannot be had.
    """
    party, arrival, next_path = complete_at(
        outside.identity,
        saml_response=saml_response,
        return_key=return_key,
        browser_secret=browser_secret,
        admit=lambda arrival: _account(arrival, language, now),
        now=now,
    )
    if person_number.is_due(party, now=now):
        with patience(_PATIENCE):
            person_number.follow(outside, party, now=now)
    return LoggedIn(party, arrival, next_path)


class _Arrived(Protocol):
    """What an arrival at any login says."""

    @property
    def assertion_id(self) -> str: ...

    @property
    def valid_until(self) -> datetime: ...


ArrivalT = TypeVar("ArrivalT", bound=_Arrived)
AccountT = TypeVar("AccountT")


def complete_at(
    login: Login[ArrivalT],
    *,
    saml_response: str,
    return_key: str,
    browser_secret: str,
    admit: Callable[[ArrivalT], AccountT],
    now: datetime,
) -> tuple[AccountT, ArrivalT, str]:
    """Return the account that *admit* gives to whoever the answer speaks of, and where to go.

    :raises LoginRefused: if nobody can be logged in by it.
    :raises Unavailable: if the login's metadata cannot be had.
    """
    attempt = LoginAttempt.objects.filter(
        return_key=return_key, answered=None, begun__gt=now - LONGEST_ATTEMPT
    ).first()
    if attempt is None:
        raise LoginRefused(Refusal.NOT_TRUSTED, "no such attempt, or it was answered before")
    if not secrets.compare_digest(attempt.browser, _hash(browser_secret)):
        raise LoginRefused(Refusal.NOT_TRUSTED, "another browser began this attempt")
    arrival = login.arrive(saml_response=saml_response, request_id=attempt.request_id, now=now)
    try:
        with recording():
            if not LoginAttempt.objects.filter(return_key=return_key, answered=None).update(
                answered=now
            ):
                raise LoginRefused(Refusal.NOT_TRUSTED, "the attempt was answered meanwhile")
            UsedAssertion.objects.filter(valid_until__lt=now - timedelta(days=1)).delete()
            UsedAssertion.objects.create(
                assertion_id=arrival.assertion_id, valid_until=arrival.valid_until
            )
            account = admit(arrival)
    except IntegrityError as again:
        raise LoginRefused(Refusal.NOT_TRUSTED, "the assertion has been used") from again
    return account, arrival, attempt.next_path


def _account(arrival: Arrival, language: str, now: datetime) -> Party:
    party = Party.objects.select_for_update().filter(name_id=arrival.name_id).first()
    if party is None:
        party = Party(name_id=arrival.name_id, first_seen=now)
    party.told_by_login(arrival.person_number)
    party.name, party.language, party.last_seen = arrival.full_name[:200], language, now
    party.save()
    return party


def begin_session(party: Party, arrival: Arrival, *, session_key: str, now: datetime) -> None:
    """Remember whose session *session_key* is, so that it can be ended from outside."""
    with recording():
        LoginSession.objects.create(
            session_key=session_key,
            party=party,
            session_index=arrival.session_index,
            assurance=arrival.assurance.value,
            begun=now,
            last_used=now,
        )


def keep_session(session: LoginSession, *, now: datetime) -> None:
    """Remember that the session was used *now*."""
    with recording():
        LoginSession.objects.filter(session_key=session.session_key).update(last_used=now)


def end_session(session_key: str) -> None:
    """End one session, whether or not the login hears of it."""
    with recording():
        LoginSession.objects.filter(session_key=session_key).delete()
        Session.objects.filter(session_key=session_key).delete()


def end_sessions_elsewhere(notice: LogoutNotice) -> int:
    """End the sessions that *notice* says have ended, and return how many there were."""
    with recording():
        sessions = LoginSession.objects.filter(party__name_id=notice.name_id)
        if notice.session_index is not None:
            sessions = sessions.filter(session_index=notice.session_index)
        keys = list(sessions.values_list("session_key", flat=True))
        sessions.delete()
        Session.objects.filter(session_key__in=keys).delete()
    return len(keys)


def set_email(party: Party, email: str) -> None:
    """Keep the address that courtesy mails go to; empty for none."""
    with recording():
        Party.objects.filter(id=party.id).update(email=email)
    party.email = email


def _hash(browser_secret: str) -> str:
    return hashlib.sha256(browser_secret.encode()).hexdigest()
