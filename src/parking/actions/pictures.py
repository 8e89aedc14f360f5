"""Pictures that people hand in, decoded and encoded again: what can be seen, and nothing else."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Final

import pillow_heif
from PIL import Image, ImageOps

from parking.actions.apart import Broken, TooLarge, TooManyPixels

MOST_PIXELS: Final = 50_000_000
#: A page of A4 is kept with 210 dots to the inch, which is plenty to read it by.
LONGEST_SIDE: Final = 2500

_FORMATS: Final = ("JPEG", "PNG", "HEIF")
#: The modes in which dots can be made fewer without colours going wrong.
_SCALABLE: Final = {"L", "RGB", "RGBA", "CMYK"}
#: The modes without colours: such a picture grows threefold if it is kept with them.
_GREY: Final = {"1", "L", "LA"}
#: How well a photo is kept: as well as fits.
_QUALITIES: Final = (85, 70, 50, 30)

pillow_heif.register_heif_opener(thumbnails=False)


def anew(content: bytes, *, most: int) -> bytes:
    """Return a new picture of the same dots in *most* bytes: a PNG of a PNG if it fits, or a JPEG.

    What it takes of memory and time is for its caller to bound (`actions/apart.py`): what a
    picture says of its size is not what its decoder must believe.

    :raises Broken: if it cannot be read.
    :raises TooManyPixels: if it says that it has too many dots.
    :raises TooLarge: if it does not fit, however badly it is kept.
    :raises MemoryError: if it takes too much.
    """
    try:
        with warnings.catch_warnings():
            # The size is looked at here, before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=_FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise TooManyPixels
            drawing = picture.format == "PNG"
            mode = "L" if picture.mode in _GREY else "RGB"
            seen = ImageOps.exif_transpose(_smaller(picture)).convert(mode)
    except Image.DecompressionBombError:
        raise TooManyPixels from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, RuntimeError) as error:
        raise Broken from error
    # A new picture of the same dots: what else the old one carried stays behind.
    new = Image.new(mode, seen.size)
    new.paste(seen)
    for encoded in _encodings(new, drawing=drawing):
        if len(encoded) <= most:
            return encoded
    raise TooLarge


def _encodings(picture: Image.Image, *, drawing: bool) -> Iterator[bytes]:
    """Yield *picture* as it may be kept, the best first: a drawing with every dot, if it fits."""
    if drawing:
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=False)
        yield out.getvalue()
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        yield out.getvalue()


def _smaller(picture: Image.Image) -> Image.Image:
    """Return *picture* no longer than can be read, so that many at once fit into memory.

    A photo is decoded at a half, a fourth or an eighth of its size, and so never whole.
    """
    width, height = picture.size
    longest = max(width, height)
    if longest <= LONGEST_SIDE:
        return picture
    if picture.format == "JPEG":
        picture.draft(None, (width * LONGEST_SIDE // longest, height * LONGEST_SIDE // longest))
    if picture.mode not in _SCALABLE:
        picture = picture.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), reducing_gap=None)
    return picture
