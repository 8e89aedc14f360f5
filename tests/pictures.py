"""Files as people hand them in, pictures and PDFs; and PDFs of ours, to be read."""

from __future__ import annotations

import io
import re
import zlib
from contextlib import suppress

from pikepdf import Array, Dictionary, Name, Pdf, Stream
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
    seen = f"BT ({text}) Tj ET".encode()
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Length "
        + str(len(seen)).encode()
        + b">>stream\n"
        + seen
        + b"\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def a_swelling_pdf(font: bytes) -> bytes:
    """A PDF whose page says that *font* is its font, packed in a stream."""
    head = b"5 0 "
    packed = zlib.compress(head + font, 9)
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Font<</A 5 0 R>>>>>>",
        4: b"<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>stream\n%b\nendstream"
        % (len(head), len(packed), packed),
    }
    out, rows = b"%PDF-1.5\n", [bytes(6)]
    for number, said in objects.items():
        rows.append(b"\1" + len(out).to_bytes(4) + b"\0")
        out += b"%d 0 obj%b endobj\n" % (number, said)
    rows += [b"\2" + (4).to_bytes(4) + b"\0", b"\1" + len(out).to_bytes(4) + b"\0"]
    table = b"<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length 42>>stream\n%b\nendstream"
    where = len(out)
    out += b"6 0 obj" + table % b"".join(rows) + b" endobj\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % where


def a_pdf_of_photos(photo: bytes, number: int) -> bytes:
    """A PDF of one page with so many photos, each packed once more."""
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 200))
        packed, photos = zlib.compress(photo, 9), Dictionary()
        for each in range(number):
            image = Stream(pdf, packed)
            image.Type, image.Subtype = Name.XObject, Name.Image
            image.Filter = Array([Name.FlateDecode, Name.DCTDecode])
            photos[f"/A{each}"] = image
        pdf.pages[0].Resources = Dictionary(XObject=photos)
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def a_telling_pdf() -> bytes:
    """A PDF of one page with a photo, that says who made it and where, and carries more."""
    photo = a_photo()
    with Pdf.new() as pdf:
        image = Stream(pdf, photo)
        for key, value in {
            "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 60, "/Height": 40,
            "/ColorSpace": Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": Name.DCTDecode,
        }.items():  # fmt: skip
            image[key] = value
        image.Metadata = Stream(pdf, b"<x>Kamera</x>")
        pdf.add_blank_page(page_size=(200, 200))
        page = pdf.pages[0]
        page.Resources = Dictionary(XObject=Dictionary(A=image))
        page.Contents = Stream(pdf, b"q 60 0 0 40 10 10 cm /A Do Q")
        page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS="app.alert('page')"))
        page.PieceInfo = Dictionary(App=Dictionary(LastModified="D:2026", Private="Hemmelig"))
        page.Annots = Array(
            [
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([0, 0, 50, 50]),
                    A=Dictionary(S=Name.Launch, F="cmd.exe"),
                )
            ]
        )
        pdf.Root.OCProperties = Dictionary(
            OCGs=Array([]), D=Dictionary(Creator="Hemmelig", Order=Array([]))
        )
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('open')")
        pdf.attachments["skjult.txt"] = b"Hemmelig bilag"
        pdf.docinfo["/Author"] = "Anna Hemmelig"
        with pdf.open_metadata() as said:
            said["dc:creator"] = ["Anna Hemmelig"]
        out = io.BytesIO()
        pdf.save(out, compress_streams=False)
        return out.getvalue()


def unpacked(pdf: bytes) -> str:
    """Return a PDF unpacked: its headings (by the outline) and links can be read in that."""
    parts = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with suppress(zlib.error):
            parts.append(zlib.decompress(packed))
    return b"".join(parts).decode("latin-1")
