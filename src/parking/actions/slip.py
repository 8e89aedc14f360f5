"""Finding a charge without a login: by the number and the plate on the slip, or by its own code.

Nobody is to find a charge by guessing, and nobody is to be locked out by others who guess: wrong
numbers and plates only raise what is asked, of one plate, of one number, from one network and from
everybody together. The way by the slip's code stays open, whoever else tries from the same address,
for its 50 bits cannot be guessed; and whoever is logged in is counted alone, by each plate.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from parking.actions import charge as charges
from parking.actions import limit
from parking.law.charge import ChargeNumber
from parking.law.plates import Plate, loosely, without_marks
from parking.ports import NotFound, Outside
from parking.ports.charges import ChargeAnswer
from parking.ports.patience import patience
from parking.records.charge import Charge
from parking.records.party import Party
from parking.records.recording import recording


class NoSuchCharge(LookupError):
    """There is no charge with that number and plate. It is not told which of them is wrong."""


class CodeNeeded(PermissionError):
    """Number and plate were asked for too often: the slip's code or a login must show the way."""


#: So often in an hour may anybody be wrong about one plate or one number before the code is asked
#: for as well, and so may one party about one plate. At that a year's numbers last seven years.
_MOST_MISSES: Final = 5
#: So often in an hour may one party be wrong, whatever the plate, and one network. ASSUMED.
_MOST_MISSES_TOGETHER: Final = 60
#: And so often all who are not logged in: about ten times what mistyping would come to. ASSUMED.
_MOST_MISSES_OF_ALL: Final = 100
_MISSES_FADE: Final = timedelta(hours=1)
#: So often may one asker be wrong at all, and so often by code about what is not here yet.
_MOST_ASKED: Final = 30
_ASKED_FADE: Final = timedelta(minutes=10)
#: So many seconds somebody waits who wants to find a charge, whatever is asked for it. ASSUMED.
_PATIENCE: Final = 4.0
#: What the charge system takes for a plate.
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What somebody has read off the slip on the windscreen."""

    number: ChargeNumber
    plate: Plate | None  #: not needed with the code
    code: str = ""  #: of the slip's own, in its QR code too

    def __repr__(self) -> str:
        return f"Slip({self.number})"


def find(
    outside: Outside, slip: Slip, *, asker: str, party: Party | None = None, now: datetime
) -> Charge:
    """Return the charge that *slip* names, asking the charge system if we do not have it yet.

    Misses never lock a plate or a number: they raise what is asked. The way by code is not slowed
    by what others have tried. *asker* is who asks (an address on the net), *party* who of those
    that are logged in: what others try is nothing to them, and only their own misses raise what
    is asked of them.

    :raises NoSuchCharge: if there is none with that number and plate, or that number and code.
    :raises CodeNeeded: if number and plate no longer suffice for now.
    :raises Unavailable: if we do not have it and the charge system does not answer while somebody
        waits. What we have is never asked for.
    :raises Rejected: if it would not answer.
    """
    whose = f"charges {limit.asking(asker, party)}"
    if slip.code:
        with patience(_PATIENCE):
            return _by_code(outside, slip, whose, now)
    misses = (limit.Limit(whose, _MOST_ASKED, _ASKED_FADE), *_misses(slip, asker, party))
    if limit.is_used_up(misses, now=now):
        raise CodeNeeded
    with patience(_PATIENCE):
        return _by_plate(outside, slip, misses, now)


def look_up(outside: Outside, slip: Slip, *, now: datetime) -> Charge:
    """Return the charge that *slip* names, however often it is asked: for those who work with them.

    :raises NoSuchCharge: if there is none with that number and plate.
    :raises Unavailable: if we do not have it and the charge system does not answer.
    :raises Rejected: if it would not answer.
    """
    charge = _named(slip) or (_fetched(outside, slip, now) if _may_be_new(slip) else None)
    if charge is None:
        raise NoSuchCharge
    return charge


def _by_code(outside: Outside, slip: Slip, whose: str, now: datetime) -> Charge:
    """Only asking outside is limited: what is here is found by its code, always.

    A code that does not fit a charge we do not have counts as a miss of whoever asked, and of
    nobody else: neither the plate nor the number is touched. It is counted apart from what they ask
    by plate, so that nothing they see tells them which numbers we have.
    """
    if (charge := _named(slip)) is not None:
        return charge
    by_code = f"{whose} by code"
    if (
        Charge.objects.filter(number=slip.number).exists()
        or limit.left(by_code, most=_MOST_ASKED, per=_ASKED_FADE, now=now) < 1
    ):
        raise NoSuchCharge
    try:
        found = outside.charges.look_up_by_code(number=slip.number, code=slip.code)
        charge = _taken_over(outside, slip, found, now)
    except NotFound:
        charge = None
    if charge is None:
        limit.spend(by_code, most=_MOST_ASKED, per=_ASKED_FADE, now=now)
        raise NoSuchCharge
    return charge


def _misses(slip: Slip, asker: str, party: Party | None) -> Iterator[limit.Limit]:
    """Yield what each miss takes from, as *asker* or *party* guesses at *slip*."""
    plate = f"charge plate {loosely(slip.plate) if slip.plate is not None else ''}"
    if party is not None:
        whose = limit.asking(asker, party)
        yield limit.Limit(f"{plate} {whose}", _MOST_MISSES, _MISSES_FADE)
        yield limit.Limit(f"charge misses {whose}", _MOST_MISSES_TOGETHER, _MISSES_FADE)
        return
    network = limit.network(asker)
    yield limit.Limit(plate, _MOST_MISSES, _MISSES_FADE)
    yield limit.Limit(f"charge number {slip.number}", _MOST_MISSES, _MISSES_FADE)
    yield limit.Limit(f"charge misses {network}", _MOST_MISSES_TOGETHER, _MISSES_FADE)
    yield limit.Limit("charge misses", _MOST_MISSES_OF_ALL, _MISSES_FADE)


def _by_plate(
    outside: Outside, slip: Slip, misses: tuple[limit.Limit, ...], now: datetime
) -> Charge:
    """Every try is a miss until it has found something: so that many at once are not one."""
    try:
        limit.take_each(misses, now=now)
    except limit.TooOften:
        raise CodeNeeded from None
    missed = False
    try:
        return look_up(outside, slip, now=now)
    except NoSuchCharge:
        missed = True
        raise
    finally:
        if not missed:
            limit.give_back(misses, now=now)


def _named(slip: Slip) -> Charge | None:
    charge = Charge.objects.filter(number=slip.number).first()
    if charge is None or not _shows_it(slip, charge):
        return None
    return charge


def _shows_it(slip: Slip, charge: Charge) -> bool:
    if slip.code:
        return hmac.compare_digest(charge.code_hash, charges.hash_of(slip.code))
    # The number says which charge it is: its plate may be typed as the keyboard allows.
    return slip.plate is not None and loosely(Plate(charge.plate)) == loosely(slip.plate)


def _may_be_new(slip: Slip) -> bool:
    """Tell whether it may have been issued so lately that the feed has not brought it."""
    return slip.plate is not None and not Charge.objects.filter(number=slip.number).exists()


def _fetched(outside: Outside, slip: Slip, now: datetime) -> Charge | None:
    """Ask the charge system, which finds by number and plate, and take over what it has."""
    for plate in _spellings(slip.plate):
        try:
            found = outside.charges.look_up(number=slip.number, plate=plate)
            return _taken_over(outside, slip, found, now)
        except NotFound:
            continue
    return None


def _taken_over(outside: Outside, slip: Slip, found: ChargeAnswer, now: datetime) -> Charge | None:
    """Take over the whole of what was found, and return it if it is what *slip* names."""
    whole = outside.charges.charge(found.id)
    with recording():
        charges.take_over([whole], now=now)
    return _named(slip)


def _spellings(plate: Plate | None) -> tuple[Plate, ...]:
    """Return how the charge system may have written *plate*, the likeliest first."""
    if plate is None:
        return ()
    plain, loose = without_marks(plate), loosely(plate)
    return (plain,) if loose == plain or len(loose) < _SHORTEST else (plain, loose)
