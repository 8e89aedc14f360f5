"""Who is it? The national login (MitID through NemLog-in) and that of our own staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias, TypeVar

from parking.law.staff import Role


class Assurance(Enum):
    """How sure the login is of who it is (NSIS level of assurance), weakest first."""

    LOW = "Low"
    SUBSTANTIAL = "Substantial"
    HIGH = "High"


class Refusal(Enum):
    """Why somebody came back without having logged in."""

    CANCELLED = "cancelled"  #: they chose to stop
    TOO_WEAK = "too weak"  #: the level of assurance was not reached
    NOT_TRUSTED = "not trusted"  #: the answer was not what it claims to be; never say more


class LoginRefused(Exception):
    """Nobody was logged in.

    ``why`` is all that may be shown; ``detail`` is for the security log and holds no personal data.
    """

    def __init__(self, why: Refusal, detail: str = "") -> None:
        super().__init__(why.value)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and the id of the request it carries."""

    url: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who has logged in."""

    name_id: str  #: the persistent name the login knows them by: this identifies the account
    session_index: str
    assurance: Assurance
    full_name: str
    person_number: str = field(repr=False)  #: ten digits
    assertion_id: str  #: must never be accepted twice
    valid_until: datetime  #: after which the assertion could not be accepted anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffArrival:
    """Somebody who works for the municipality and has logged in."""

    name_id: str  #: the persistent name the login knows them by
    session_index: str
    full_name: str
    roles: frozenset[Role]  #: what the municipality lets them do here; may be nothing
    person_number: str = field(default="", repr=False)  #: ten digits, if the login says it
    assertion_id: str  #: must never be accepted twice
    valid_until: datetime  #: after which the assertion could not be accepted anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """The login says that somebody has logged out elsewhere."""

    request_id: str
    name_id: str
    session_index: str | None  #: ``None``: all their sessions


ArrivalT_co = TypeVar("ArrivalT_co", covariant=True)


class Login(Protocol[ArrivalT_co]):
    """A login, whose answer is an *ArrivalT_co*."""

    def metadata(self) -> bytes:
        """Return our own SAML metadata, as XML."""
        ...

    def depart(self, *, return_key: str, language: str) -> Departure:
        """Return where to send the browser to log in; *return_key* comes back with it.

        :raises Unavailable: if the login's metadata cannot be had.
        """
        ...

    def arrive(self, *, saml_response: str, request_id: str, now: datetime) -> ArrivalT_co:
        """Return who has logged in, given the posted answer to the request *request_id*.

        The caller sees to it that a request is answered once and an assertion is used once.

        :raises LoginRefused: if nobody has.
        :raises Unavailable: if the login's metadata cannot be had.
        """
        ...

    def log_out(self, *, name_id: str, session_index: str, return_key: str) -> Departure:
        """Return where to send the browser to log out everywhere.

        :raises Unavailable: if the login's metadata cannot be had.
        """
        ...

    def logged_out(self, *, query: str, request_id: str, now: datetime) -> bool:
        """Tell whether the signed redirect *query* confirms the logout *request_id*.

        :raises Unavailable: if the login's metadata cannot be had.
        """
        ...

    def logout_notice(self, *, query: str, now: datetime) -> LogoutNotice:
        """Return who logged out elsewhere, given the signed redirect *query*.

        :raises LoginRefused: if it is not signed by the login, or is not a logout request.
        :raises Unavailable: if the login's metadata cannot be had.
        """
        ...

    def acknowledge_logout(self, notice: LogoutNotice, *, return_key: str) -> str:
        """Return where to send the browser to say that the session here has ended."""
        ...


Identity: TypeAlias = Login[Arrival]  #: the national login
StaffLogin: TypeAlias = Login[StaffArrival]  #: the municipality's own, with roles
