"""Finding the place that somebody types: anybody may, nothing is kept and nothing decided by it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from parking.actions import limit
from parking.ports import Outside
from parking.ports.places import House, Suggestion

#: So often may one address on the net ask the register of addresses through us.
_MOST: Final = 60
_PER: Final = timedelta(minutes=10)

_POSTCODE = re.compile(r"\b\d{4}\b")


def search(outside: Outside, text: str, *, asker: str, now: datetime) -> tuple[Suggestion, ...]:
    """Return what may be meant by *text*: in our municipality, and elsewhere if it is not here.

    :raises TooOften: if *asker*, an address on the net, asks too often.
    :raises Unavailable: if the register of addresses did not answer.
    :raises Rejected: if it would not answer us.
    """
    _take(asker, now)
    ours = outside.addresses.search(text, municipality=settings.MUNICIPALITY)
    if ours and all(_has(ours, code) for code in _POSTCODE.findall(text)):
        return ours
    return ours + tuple(each for each in outside.addresses.search(text) if each not in ours)


def _has(found: tuple[Suggestion, ...], number: str) -> bool:
    """Tell whether a number of four digits that was typed, most likely a postcode, was found."""
    return any(number in each.text for each in found)


def the_one_meant(text: str, found: tuple[Suggestion, ...]) -> Suggestion | None:
    """Return the house that *text* leaves no doubt about; nothing if a person must choose."""
    typed = _plain(text)
    meant = [
        each
        for each in found
        if each.house and typed in {_plain(each.text), _plain(each.text.partition(",")[0])}
    ]
    if len(meant) == 1:
        return meant[0]
    return found[0] if len(found) == 1 and found[0].house else None


def _plain(text: str) -> str:
    return " ".join(text.replace(",", " ").casefold().split())


def house(outside: Outside, identity: str, *, asker: str, now: datetime) -> House:
    """Return the house that a suggestion named.

    :raises TooOften: if *asker* asks too often.
    :raises NotFound: if there is none.
    :raises Unavailable: if the register of addresses did not answer.
    :raises Rejected: if it would not answer us.
    """
    _take(asker, now)
    return outside.addresses.house(identity)


def _take(asker: str, now: datetime) -> None:
    limit.take(f"places {asker}", most=_MOST, per=_PER, now=now)
