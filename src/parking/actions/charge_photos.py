"""The warden's photographs of a charge: each shown only if it is the one that was taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import structlog

from parking.ports import Outside, PortError
from parking.ports.charges import ChargeImage, PhotoDiffers
from parking.records.charge import Charge

log = structlog.get_logger(__name__)


class Why(Enum):
    """Why a photograph is not shown."""

    DIFFERS = "differs"  #: it is not the one that the warden took
    AWAY = "away"  #: it cannot be had now


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph that the warden took: its bytes, or why they cannot be shown."""

    image: ChargeImage
    content: bytes = b""
    hidden: Why | None = None


def photos(outside: Outside, charge: Charge, *, most: int | None = None) -> tuple[Photo, ...]:
    """Return the photographs of *charge*, the first *most* of them, each held against its hash.

    :raises NotFound: if the charge system knows no such charge.
    :raises Unavailable: if it does not tell which photographs there are.
    :raises Rejected: if it would not answer.
    """
    told = outside.charges.images(charge.source_id)
    return tuple(_photo(outside, charge, image) for image in told[:most])


def _photo(outside: Outside, charge: Charge, image: ChargeImage) -> Photo:
    try:
        _kind, content = outside.charges.image(charge.source_id, image.number)
    except PhotoDiffers:
        log.warning("a photograph is not the one that was taken", number=image.number)
        return Photo(image=image, hidden=Why.DIFFERS)
    except PortError as error:
        log.warning("a photograph cannot be had", why=type(error).__name__)
        return Photo(image=image, hidden=Why.AWAY)
    return Photo(image=image, content=content)
