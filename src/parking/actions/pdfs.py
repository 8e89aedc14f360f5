"""PDFs that people hand in, written anew from what their pages are drawn by.

What is left behind: who wrote it and by what, attachments, scripts, forms and links, whatever else
hangs on a page, and what the photographs on the pages say about place and camera. What a form or a
note shows stays in the page.

What stands on a page and is not seen stays too: what is drawn outside its edges or over, and the
layers that are switched off. Which layers are seen is kept as it was.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from parking.actions.apart import Broken, Locked, TooLarge

#: One stream may unfold to no more than a picture of fifty million dots.
_MOST_UNFOLDED: Final = 150_000_000
#: All photographs of a file; they are written as they are, and so count in full.
_MOST_OF_PHOTOS: Final = 50_000_000
#: What says something that cannot be seen, wherever it stands.
_SAID: Final = ("/Metadata", "/PieceInfo", "/LastModified", "/Creator", "/CreatorInfo")
#: What hangs something else on a page or a picture; a font may be called the same among its like.
_HUNG_ON: Final = ("/AF", "/EF", "/JS", "/OPI", "/Alternates", "/StructParent", "/StructParents")
#: All that is kept of a page: how large it is, which way it is turned, and what is drawn on it. The
#: page that it stands below may say the same for it.
_OF_A_PAGE: Final = frozenset(
    {
        *("/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"),
        *("/Rotate", "/UserUnit", "/Group", "/Contents", "/Resources"),
    }
)
#: By what it is drawn.
_USED_BY_A_PAGE: Final = frozenset(
    {
        *("/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/XObject", "/Font"),
        *("/ProcSet", "/Properties"),
    }
)
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
#: It may be written several times before it says what it marks.
_ANY_MARK: Final = re.compile(rb"\xff+[^\xff]", re.DOTALL)
#: In the middle of the dots: not a byte that is no marker, and not where one may begin anew.
_MARK: Final = re.compile(rb"\xff[^\xff\x00\x01\xd0-\xd7]", re.DOTALL)
#: What a JPEG says beside its dots; how they are coloured (JFIF, Adobe) is kept.
_REMARKS: Final = frozenset({0xFE, *range(0xE1, 0xF0)}) - {0xEE}

pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_MOST_UNFOLDED,
    png_max_memory=_MOST_UNFOLDED,
    tiff_max_memory=_MOST_UNFOLDED,
    run_length_max_memory=_MOST_UNFOLDED,
    dct_max_memory=_MOST_UNFOLDED,
    max_stream_filters=5,
)


def anew(content: bytes, *, most: int) -> bytes:
    """Return a PDF of the same pages; the same one always comes out the same.

    What it takes of memory and time is for its caller to bound (`actions/apart.py`): qpdf bounds
    the bytes of a stream, and not what it makes of them.

    :raises Locked: if it is encrypted.
    :raises Broken: if it cannot be read.
    :raises TooLarge: if it becomes larger than *most* bytes.
    :raises MemoryError: if it takes too much.
    """
    try:
        made = _anew(content)
    except pikepdf.PasswordError:
        raise Locked from None
    except (pikepdf.PikepdfError, ValueError, TypeError, LookupError, AttributeError,
            RuntimeError, OverflowError) as error:  # fmt: skip
        raise Broken from error
    if len(made) > most:
        raise TooLarge
    return made


def _anew(content: bytes) -> bytes:
    with Pdf.open(io.BytesIO(content)) as old, Pdf.new() as new:
        if old.is_encrypted:
            raise Locked
        if Name.AcroForm in old.Root:
            old.generate_appearance_streams()
        old.flatten_annotations("screen")
        if not len(old.pages):
            raise Broken
        for page in old.pages:
            _keep_only(_OF_A_PAGE, page.obj)
        new.pages.extend(old.pages)
        for page in new.pages:
            _keep_only(_USED_BY_A_PAGE, page.obj.get(Name.Resources))
        if Name.OCProperties in old.Root:  # which layers are seen
            layers = old.make_indirect(old.Root.OCProperties)
            new.Root.OCProperties = new.copy_foreign(layers)
        _clear(new)
        out = io.BytesIO()
        new.save(out, deterministic_id=True, fix_metadata_version=False)
        _see_that_all_was_read(old, new)
        return out.getvalue()


def _clear(new: Pdf) -> None:
    """Take out of all that the pages use what is left behind.

    :raises TooLarge: if the photographs are too many and too large together.
    """
    photos = 0
    for each in new.objects:
        _leave_behind(each)
        if isinstance(each, Stream):
            photos += _look_at_picture(new, each)
        if photos > _MOST_OF_PHOTOS:
            raise TooLarge


def _keep_only(kept: frozenset[str], thing: Any) -> None:
    """Take every key out of *thing* that is not *kept*, if it has keys at all."""
    if isinstance(thing, Dictionary):
        for key in set(thing.keys()) - kept:
            del thing[key]


def _see_that_all_was_read(*files: Pdf) -> None:
    """See that there was memory for all: qpdf leaves out what it has none for, and goes on.

    :raises MemoryError: if there was not.
    """
    if any("bad_alloc" in warning for file in files for warning in file.get_warnings()):
        raise MemoryError


def _leave_behind(thing: Any) -> None:
    """Take out of *thing*, and of what stands directly in it, what is left behind."""
    inside: list[Any] = []
    if isinstance(thing, (Dictionary, Stream)):
        typed = isinstance(thing, Stream) or Name.Type in thing
        for key in (*_SAID, *(_HUNG_ON if typed else ())):
            if key in thing:
                del thing[key]
        inside = [thing[key] for key in thing.keys()]  # noqa: SIM118 -- no mapping
    elif isinstance(thing, Array):
        inside = list(thing)
    for each in inside:
        if isinstance(each, (Dictionary, Array)) and not each.is_indirect:
            _leave_behind(each)


def _look_at_picture(new: Pdf, stream: Stream) -> int:
    """Take the remarks out of a photograph, without touching its dots; return its bytes."""
    filters = _several(stream.get(Name.Filter))
    if not filters or filters[-1] not in (Name.DCTDecode, Name.JPXDecode):
        return 0
    terms = _several(stream.get(Name.DecodeParms))
    photo = stream.read_raw_bytes()
    if len(filters) > 1:  # packed once more
        packed = Stream(new, photo)
        packed.Filter = Array(filters[:-1])
        if terms:
            packed.DecodeParms = Array(terms[:-1])
        photo = packed.read_bytes()
    bare = without_remarks if filters[-1] == Name.DCTDecode else _without_boxes
    last = terms[-1] if terms and isinstance(terms[-1], Dictionary) else None
    stream.write(bare(photo), filter=filters[-1], decode_parms=last)
    return len(photo)


def _several(said: Any) -> list[Any]:
    """Return what may stand alone or in an array."""
    if said is None:
        return []
    return list(said) if isinstance(said, Array) else [said]


def without_remarks(jpeg: bytes) -> bytes:
    """Return a JPEG without what its application segments say of place and camera.

    Between the scans of a progressive one stand tables, and might stand remarks. What stands
    behind its end stays behind.

    :raises ValueError: if it is none.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    bare, kept, at, has_dots = bytearray(), 0, 2, False
    while mark := _MARK.search(jpeg, at) if has_dots else _ANY_MARK.match(jpeg, at):
        begin, kind = mark.end() - 2, jpeg[mark.end() - 1]
        if kind == _END and has_dots:
            return bytes(bare + jpeg[kept : mark.end()])
        has_dots = has_dots or kind == _START_OF_SCAN
        at = max(begin + 2 + int.from_bytes(jpeg[begin + 2 : begin + 4]), begin + 4)
        if kind in _REMARKS:
            bare += jpeg[kept:begin]
            kept = at
    if not has_dots:
        raise ValueError("no JPEG, or one without dots")
    return bytes(bare + jpeg[kept:] + b"\xff\xd9")


def _without_boxes(picture: bytes) -> bytes:
    """Return a JPEG 2000 without the boxes that hold remarks."""
    if not picture.startswith(b"\0\0\0\x0cjP"):
        return picture  # the bare dots
    bare, at = bytearray(), 0
    while at + 8 <= len(picture):
        length, kind = int.from_bytes(picture[at : at + 4]), picture[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(picture[at + 8 : at + 16])
        end = len(picture) if length == 0 else at + max(length, 8)
        if kind not in {b"uuid", b"xml ", b"uinf", b"jp2i"}:
            bare += picture[at:end]
        at = end
    return bytes(bare)
