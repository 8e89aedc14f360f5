"""Finding a charge without a login: by the number and the plate on the slip, or by its own code.

Nobody is to find a charge by guessing, and nobody is to be locked out by others who guess: wrong
numbers and plates only raise what is asked, and the way by the slip's code stays open.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from parking.actions import charge as charges
from parking.actions import limit
from parking.law.charge import ChargeNumber
from parking.law.plates import Plate
from parking.ports import NotFound, Outside
from parking.records.charge import Charge
from parking.records.recording import recording


class NoSuchCharge(LookupError):
    """There is no charge with that number and plate. It is not told which of them is wrong."""


class CodeNeeded(PermissionError):
    """Number and plate were guessed at too often: the slip's code or a login must show the way."""


#: So often may anybody be wrong about one plate or one number before its code is asked for as well.
_MOST_MISSES: Final = 5
_MISSES_FADE: Final = timedelta(minutes=15)
#: So often may one asker ask at all.
_MOST_ASKED: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What somebody has read off the slip on the windscreen."""

    number: ChargeNumber
    plate: Plate | None  #: not needed with the code
    code: str = ""  #: of the slip's own, in its QR code too

    def __repr__(self) -> str:
        return f"Slip({self.number})"


def find(outside: Outside, slip: Slip, *, asker: str, now: datetime) -> Charge:
    """Return the charge that *slip* names, asking the charge system if we do not have it yet.

    Misses never lock a plate or a number: they raise what is asked. The way by code is not slowed
    by what others have tried. *asker* is who asks (an address on the net).

    :raises NoSuchCharge: if there is none with that number and plate, or that number and code.
    :raises CodeNeeded: if number and plate no longer suffice for now.
    :raises TooOften: if *asker* asks too often.
    :raises Unavailable: if we do not have it and the charge system does not answer.
    :raises Rejected: if it would not answer.
    """
    limit.take(f"charges {asker}", most=_MOST_ASKED, per=timedelta(minutes=10), now=now)
    by_code = bool(slip.code)
    guessed = [f"charge plate {slip.plate}", f"charge number {slip.number}"]
    if not by_code and any(
        limit.left(key, most=_MOST_MISSES, per=_MISSES_FADE, now=now) < 1 for key in guessed
    ):
        raise CodeNeeded
    charge = _named(slip) or _fetched(outside, slip, now)
    if charge is None:
        if not by_code:
            for key in guessed:
                limit.spend(key, most=_MOST_MISSES, per=_MISSES_FADE, now=now)
        raise NoSuchCharge
    return charge


def _named(slip: Slip) -> Charge | None:
    charge = Charge.objects.filter(number=slip.number).first()
    if charge is None or not _shows_it(slip, charge):
        return None
    return charge


def _shows_it(slip: Slip, charge: Charge) -> bool:
    if slip.code:
        return hmac.compare_digest(charge.code_hash, charges.hash_of(slip.code))
    return charge.plate == slip.plate


def _fetched(outside: Outside, slip: Slip, now: datetime) -> Charge | None:
    """Ask for a charge that was issued so lately that the feed has not brought it."""
    if slip.plate is None or Charge.objects.filter(number=slip.number).exists():
        return None
    try:
        found = outside.charges.look_up(number=slip.number, plate=slip.plate)
        whole = outside.charges.charge(found.id)
    except NotFound:
        return None
    with recording():
        charges.take_over([whole], now=now)
    return _named(slip)
