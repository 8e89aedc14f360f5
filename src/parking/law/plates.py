"""Number plates as people type them and as the vehicle register writes them."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from typing import Final, NewType

Plate = NewType("Plate", str)

_PLATE = re.compile(r"[A-Z0-9ÆØÅ]{2,10}")
_OF_ANY_COUNTRY = re.compile(r"[A-Z0-9À-ÖØ-ÞĀ-Ž]{2,10}")
_PERSON_NUMBER = re.compile(r"\d{10}")
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015]")
#: Letters that are no plain letter with a mark upon it.
_PLAIN: Final = str.maketrans({"Đ": "D", "Ð": "D", "Ł": "L", "Ħ": "H", "Ŧ": "T", "Ŋ": "N"})
_NOT_DANISH: Final = str.maketrans("ÆØÅ", "AOA")


class NotAPlate(ValueError):
    """What was typed cannot be a number plate."""


def plate(text: str) -> Plate:
    """Return the plate that *text* means: capitals, without spaces, dots and hyphens.

    The vehicle register (DMR) takes 2 to 10 letters and digits, Æ, Ø and Å included, so that
    personal plates fit too. Ten digits are refused: no plate has them, and a person number typed
    in the wrong place must not be kept or sent on as one.

    :raises NotAPlate: if what remains is anything else.
    """
    written = _SEPARATORS.sub("", text).upper()
    if not _PLATE.fullmatch(written) or _PERSON_NUMBER.fullmatch(written):
        raise NotAPlate(f"{len(text)} characters that are no plate")
    return Plate(written)


def plate_of_any_country(text: str) -> Plate:
    """Return the plate that *text* means, of whichever country: ``WÜ AB 123`` is ``WÜAB123``.

    Only for what has been charged. The vehicle register is asked about what :func:`plate` takes.

    :raises NotAPlate: if it cannot be one.
    """
    written = _SEPARATORS.sub("", unicodedata.normalize("NFC", text)).upper()
    if not _OF_ANY_COUNTRY.fullmatch(written) or _PERSON_NUMBER.fullmatch(written):
        raise NotAPlate(f"{len(text)} characters that are no plate")
    return Plate(written)


def without_marks(plate: Plate) -> Plate:
    """Return *plate* with plain letters for those outside the Danish alphabet: Ü is U."""
    plain = plate.translate(_PLAIN)
    return Plate("".join(each if each in "ÆØÅ" else _plain(each) for each in plain))


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0]


def loosely(plate: Plate) -> Plate:
    """Return what is left of *plate* when people write it on a keyboard that lacks its letters.

    Ü may be typed as U or UE, Ø as O or OE, Å as A or AA. Two vehicles may share what is left: it
    serves to find what a number has named already, and never says which vehicle is meant.
    """
    plain = without_marks(plate).translate(_NOT_DANISH)
    return Plate(re.sub(r"(?<=[AOU])E|(?<=A)A", "", plain))


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
