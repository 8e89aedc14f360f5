"""Number plates as people type them and as the vehicle register writes them."""

from __future__ import annotations

import re
from enum import Enum
from typing import NewType

Plate = NewType("Plate", str)

_PLATE = re.compile(r"[A-Z0-9ÆØÅ]{2,10}")
_PERSON_NUMBER = re.compile(r"\d{10}")


class NotAPlate(ValueError):
    """What was typed cannot be a number plate."""


def plate(text: str) -> Plate:
    """Return the plate that *text* means: capitals, without spaces, dots and hyphens.

    The vehicle register (DMR) takes 2 to 10 letters and digits, Æ, Ø and Å included, so that
    personal plates fit too. Ten digits are refused: no plate has them, and a person number typed
    in the wrong place must not be kept or sent on as one.

    :raises NotAPlate: if what remains is anything else.
    """
    written = re.sub(r"[\s.\-\u2010-\u2015]", "", text).upper()
    if not _PLATE.fullmatch(written) or _PERSON_NUMBER.fullmatch(written):
        raise NotAPlate(f"{len(text)} characters that are no plate")
    return Plate(written)


def spaced(plate: Plate) -> str:
    """Return *plate* as it stands on a Danish car, ``AB 12 345``; any other as it is."""
    if re.fullmatch(r"[A-Z]{2}\d{5}", plate):
        return f"{plate[:2]} {plate[2:4]} {plate[4:]}"
    return plate


class Typo(Enum):
    """One small mistake of whoever typed a plate, which makes another plate of it."""

    WRONG = "wrong character"
    MISSING = "missing character"
    EXTRA = "extra character"
    SWAPPED = "swapped characters"  #: two that stand beside each other


def typo(typed: Plate, meant: Plate) -> Typo | None:
    """Return the one mistake by which *typed* differs from *meant*; ``None`` if it is not one.

    Plates that are the same differ by none, and plates with two mistakes are two plates.
    """
    if len(typed) == len(meant):
        wrong = [at for at, (t, m) in enumerate(zip(typed, meant, strict=True)) if t != m]
        match wrong:
            case [_]:
                return Typo.WRONG
            case [first, second] if second == first + 1:
                crossed = typed[first] == meant[second] and typed[second] == meant[first]
                return Typo.SWAPPED if crossed else None
        return None
    if len(meant) == len(typed) + 1 and typed in _one_left_out(meant):
        return Typo.MISSING
    if len(typed) == len(meant) + 1 and meant in _one_left_out(typed):
        return Typo.EXTRA
    return None


def _one_left_out(plate: Plate) -> set[str]:
    return {plate[:at] + plate[at + 1 :] for at in range(len(plate))}
