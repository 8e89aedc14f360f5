"""What our fonts can show of what people write, so that a letter can be made whatever they write.

The text itself stays as it was written; only the paper shows a box for what no font of ours has.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

FONTS: Final = Path(__file__).parent / "fonts"
#: Stands for a character that cannot be shown.
BOX: Final = "□"
#: In the order in which a document asks them.
_FILES: Final = ("IBMPlexSans-Regular.ttf", "DejaVuSans.ttf", "DroidSansFallback.ttf")
_BLANKS: Final = frozenset("\t\n\r\v\f\x85\u2028\u2029")
_NEVER_SHOWN: Final = frozenset({"Cc", "Cf", "Cs"})
_UNKNOWN: Final = frozenset({"Co", "Cn"})


def showable(said: Any) -> Any:
    """Return *said*, whatever it is made of, with every text in it as our fonts can show it."""
    return _each_text(said, lambda text: "".join(_shown(unicodedata.normalize("NFC", text))))


def plainest(said: Any) -> Any:
    """Return *said* with nothing but what the first font has, each character by itself."""
    first = _coverage()[0]

    def plain(text: str) -> str:
        signs = "".join(_shown(unicodedata.normalize("NFC", text)))
        return "".join(BOX if ord(each) not in first or _is_mark(each) else each for each in signs)

    return _each_text(said, plain)


def _each_text(said: Any, change: Callable[[str], str]) -> Any:
    if isinstance(said, str):
        return change(said)
    if isinstance(said, dict):
        return {key: _each_text(each, change) for key, each in said.items()}
    if isinstance(said, list | tuple):
        return [_each_text(each, change) for each in said]
    return said


def _shown(text: str) -> Iterator[str]:
    for cluster in _clusters(text):
        base, marks = cluster[0], cluster[1:]
        fonts = [font for font in _coverage() if ord(base) in font]
        if _is_mark(base) or unicodedata.category(base) in _UNKNOWN or not fonts:
            yield BOX
        elif any(all(ord(mark) in font for mark in marks) for font in fonts):
            yield cluster
        else:
            yield base + BOX


def _clusters(text: str) -> Iterator[str]:
    """Yield each character with the marks on it: one font must have them all."""
    cluster = ""
    for written in text:
        each = " " if written in _BLANKS else written
        if each != " " and _is_invisible(each):
            continue
        if _is_mark(each) and cluster and not cluster.isspace():
            cluster += each
            continue
        if cluster:
            yield cluster
        cluster = each
    if cluster:
        yield cluster


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _is_invisible(character: str) -> bool:
    """Tell whether it is no sign, or says only how the one before it is drawn."""
    if unicodedata.category(character) in _NEVER_SHOWN:
        return True
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=1)
def _coverage() -> tuple[frozenset[int], ...]:
    return tuple(frozenset(_covered((FONTS / name).read_bytes())) for name in _FILES)


def _covered(font: bytes) -> Iterator[int]:
    """Yield the characters that a TrueType font has a glyph for (its table `cmap`)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    directory = [struct.unpack_from(">4sLLL", font, 12 + 16 * each) for each in range(tables)]
    start = next(offset for tag, _sum, offset, _length in directory if tag == b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    for each in range(count):
        _platform, _encoding, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * each)
        (format_,) = struct.unpack_from(">H", font, start + offset)
        if format_ == _BY_SEGMENTS:
            yield from _by_segments(font, start + offset)
        elif format_ == _BY_GROUPS:
            yield from _by_groups(font, start + offset)


_BY_SEGMENTS: Final = 4
_BY_GROUPS: Final = 12


def _by_segments(font: bytes, start: int) -> Iterator[int]:
    (twice,) = struct.unpack_from(">H", font, start + 6)
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", font, start + 14)
    begins = struct.unpack_from(f">{count}H", font, start + 16 + twice)
    deltas = struct.unpack_from(f">{count}H", font, start + 16 + 2 * twice)
    places = start + 16 + 3 * twice
    offsets = struct.unpack_from(f">{count}H", font, places)
    for number in range(count):
        for code in range(begins[number], ends[number] + 1):
            glyph = code
            if offsets[number]:
                at = places + 2 * number + offsets[number] + 2 * (code - begins[number])
                (glyph,) = struct.unpack_from(">H", font, at)
                if not glyph:
                    continue
            if (glyph + deltas[number]) % 0x10000:
                yield code


def _by_groups(font: bytes, start: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">L", font, start + 12)
    for number in range(count):
        begin, end, glyph = struct.unpack_from(">LLL", font, start + 16 + 12 * number)
        for code in range(begin, end + 1):
            if glyph + code - begin:
                yield code
