"""Files as people hand them in, pictures and PDFs; and PDFs of ours, to be read."""

from __future__ import annotations

import io
import re
import zlib
from contextlib import suppress

from PIL import Image

PLACE = "55.6761 N 12.5683 E"


def a_photo(size: tuple[int, int] = (60, 40), *, ending: str = "JPEG", upright: bool = True):
    """A picture that says where it was taken and by whom."""
    picture = Image.new("RGB", size, (200, 30, 30))
    exif = Image.Exif()
    exif[0x010F] = "Kamera"
    exif[0x010E] = PLACE
    exif[0x0112] = 1 if upright else 6
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    picture.save(out, ending, exif=exif)
    return out.getvalue()


def a_pdf(text: str = "side 1") -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n% "
        + text.encode()
        + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


def unpacked(pdf: bytes) -> str:
    """Return a PDF unpacked: its headings (by the outline) and links can be read in that."""
    parts = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            parts.append(zlib.decompress(packed))
    return b"".join(parts).decode("latin-1")
