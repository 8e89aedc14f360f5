"""Offences (*forseelser*): what a charge is for, in the law's words and in plain ones.

The catalogue is dated data (``data/offences``). A code that is not in it is no error: the slip has
its own text, and the charge is shown with that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from parking.law.days import Period
from parking.law.money import Money


class OffenceKind(Enum):
    """What sort of rule was broken, so far as it decides what can excuse it."""

    STOPPING = "stopping"  #: where nobody may stop or park, whoever has paid
    RESERVED = "reserved"  #: on a space that is somebody else's
    DISABLED = "disabled"  #: on a space for disabled people
    PAYMENT = "payment"  #: without a valid payment or permit
    TIME_LIMIT = "time limit"  #: longer than allowed, or without a right parking disc


class Question(Enum):
    """What somebody who complains is asked about: one way in which a charge may be wrong."""

    PERMIT = "permit"
    PAID = "paid"  #: in an app, at a machine, by a hotel
    TYPO = "typo"  #: paid or registered with one wrong character
    DISABLED_CARD = "disabled card"
    DISC = "disc"  #: a parking disc lay there, and was set right
    LOADING = "loading"  #: goods or people
    CHARGING = "charging"  #: the car was being charged
    SPACE = "space"  #: the space was one's own: a car-share, a business or an embassy vehicle
    SIGN = "sign"  #: missing, hidden or hard to understand
    WEIGHT = "weight"  #: the vehicle is not that heavy
    BREAKDOWN = "breakdown"
    SOLD = "sold"
    STOLEN = "stolen"
    TWICE = "twice"  #: charged before for the same thing
    NOT_THERE = "not there"  #: it was another vehicle or another place
    DECEASED = "deceased"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One offence, as it was in the days of *in_force*."""

    code: str  #: as it stands on the slip: ``01a``
    kind: OffenceKind
    danish: str  #: the short text of the slip
    english: str
    plain_danish: str  #: what the rule means, to whoever has broken it
    plain_english: str
    cites: str
    amount: Money  #: færdselsloven § 121, stk. 5 and 6
    heavy: bool = False  #: of a vehicle over 3,500 kg; such a charge may have a rebate
    asks: tuple[Question, ...]  #: what is asked about this offence and not about every one
    assumed: bool  #: no public source says code and amount
    source: str
    in_force: Period


def find(offences: Iterable[Offence], code: str, *, on: date) -> Offence | None:
    """Return the offence that *code* meant on the day *on*; ``None`` if we do not know it."""
    return next((each for each in offences if each.code == code and on in each.in_force), None)
