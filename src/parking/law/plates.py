"""Number plates as people type them and as the vehicle register writes them."""

from __future__ import annotations

import re
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
