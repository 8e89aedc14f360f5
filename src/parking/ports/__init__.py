"""What we ask of others: small protocols in our own words, and the three errors they may raise.

    PortError
    ├── Unavailable   ask again later, decide nothing
    ├── NotFound      it answered: there is no such thing
    └── Rejected      it answered: not like that; the mistake is ours to mend

Whoever implements a port raises nothing else. Nobody below `web`, `api` and `jobs` chooses the
implementation: it is handed to them as an :class:`Outside`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parking.ports.accounts import Accounts
    from parking.ports.bank import Bank
    from parking.ports.charges import Charges
    from parking.ports.collection import DebtCollection
    from parking.ports.identity import Identity, StaffLogin
    from parking.ports.payments import Payments
    from parking.ports.places import Addresses, Basemap, Zones
    from parking.ports.post import Mail, Post
    from parking.ports.registers import Persons, Vehicles
    from parking.ports.scanner import Scanner


class PortError(Exception):
    """Something we asked of the outside did not come back as an answer.

    The message is for our own log: it names the system and the circumstance, and holds no personal
    data.
    """


class Unavailable(PortError):
    """It did not answer, or not in a way that means anything: ask again later, decide nothing."""


class NotFound(PortError):
    """It answered that there is no such thing."""


class Rejected(PortError):
    """It answered that it will not have it like that; asking again the same way will not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everybody we ask, by the name of what we ask of them."""

    identity: Identity
    staff: StaffLogin
    persons: Persons
    vehicles: Vehicles
    addresses: Addresses
    zones: Zones
    accounts: Accounts
    payments: Payments
    charges: Charges
    collection: DebtCollection
    bank: Bank
    post: Post
    mail: Mail
    basemap: Basemap | None = None  #: without one, maps show our zones on a plain ground
    scanner: Scanner | None = None  #: without one, documents are kept as not scanned


_source: list[Callable[[], Outside]] = []


def answer_with(source: Callable[[], Outside]) -> None:
    """Let *source* say who is outside; called once, by the wiring of the running site."""
    _source[:] = [source]


def outside() -> Outside:
    """Return everybody we may ask. For `web`, `api` and `jobs`, which hand it to an action.

    :raises LookupError: if the site has not been wired.
    """
    if not _source:
        raise LookupError("nobody is outside: the site has not been wired")
    return _source[0]()
