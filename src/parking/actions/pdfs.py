"""PDFs that people hand in, written anew: the pages as they are seen, and nothing else.

What is left behind: who wrote it and by what, attachments, scripts, forms and links, and what the
photographs on the pages say about place and camera. What a form or a note shows stays in the page.
"""

from __future__ import annotations

import io
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from parking.actions.apart import Broken, Locked

#: One stream may unfold to no more than a picture of fifty million dots.
_MOST_UNFOLDED: Final = 150_000_000
#: What says something that cannot be seen, wherever it stands.
_SAID: Final = ("/Metadata", "/PieceInfo", "/LastModified", "/Creator", "/CreatorInfo")
#: What hangs something else on a page or a picture; a font may be called the same among its like.
_HUNG_ON: Final = ("/AF", "/EF", "/JS", "/OPI", "/Alternates", "/StructParent", "/StructParents")
#: What a page does, and what a reader shows of it beside it.
_OF_A_PAGE: Final = ("/AA", "/Annots", "/B", "/Tabs", "/Thumb")
_MARKER: Final = 0xFF
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
#: In the middle of the dots: a byte that is no marker, and where one may begin anew.
_ALONE: Final = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
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


def anew(content: bytes) -> bytes:
    """Return a PDF of the same pages; the same one always comes out the same.

    What it takes of memory and time is for its caller to bound (`actions/apart.py`): qpdf bounds
    the bytes of a stream, and not what it makes of them.

    :raises Locked: if it is encrypted.
    :raises Broken: if it cannot be read.
    :raises MemoryError: if it takes too much.
    """
    try:
        return _anew(content)
    except pikepdf.PasswordError:
        raise Locked from None
    except (pikepdf.PikepdfError, ValueError, TypeError, LookupError, AttributeError,
            RuntimeError, OverflowError) as error:  # fmt: skip
        raise Broken from error


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
            for key in _OF_A_PAGE:
                if key in page.obj:
                    del page.obj[key]
            _leave_behind(page.obj)
        new.pages.extend(old.pages)
        if Name.OCProperties in old.Root:  # which layers are seen
            layers = old.make_indirect(old.Root.OCProperties)
            new.Root.OCProperties = new.copy_foreign(layers)
        for each in new.objects:
            _leave_behind(each)
            if isinstance(each, Stream):
                _look_at_picture(new, each)
        out = io.BytesIO()
        new.save(out, deterministic_id=True, fix_metadata_version=False)
        _see_that_all_was_read(old, new)
        return out.getvalue()


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


def _look_at_picture(new: Pdf, stream: Stream) -> None:
    """Take the remarks out of a photograph, without touching its dots."""
    filters = _several(stream.get(Name.Filter))
    if not filters or filters[-1] not in (Name.DCTDecode, Name.JPXDecode):
        return
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


def _several(said: Any) -> list[Any]:
    """Return what may stand alone or in an array."""
    if said is None:
        return []
    return list(said) if isinstance(said, Array) else [said]


def without_remarks(jpeg: bytes) -> bytes:
    """Return a JPEG without what its application segments say of place and camera.

    :raises ValueError: if it is none.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        raise ValueError("no JPEG")
    kept, at = [jpeg[:2]], 2
    while at < len(jpeg):
        if jpeg[at] != _MARKER:
            raise ValueError("no JPEG")
        mark = jpeg[at + 1]
        if mark == _MARKER:  # it may be written several times
            at += 1
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        if mark == _START_OF_SCAN:
            return b"".join([*kept, _scans(jpeg[at:])])
        if mark not in _REMARKS:
            kept.append(jpeg[at:end])
        at = max(end, at + 4)
    raise ValueError("a JPEG without dots")


def _scans(rest: bytes) -> bytes:
    """Return all scans of a JPEG; what stands behind its end stays behind.

    Between the scans of a progressive one stand tables, and might stand remarks.
    """
    kept: list[bytes] = []
    at = 0
    while (mark := rest.find(b"\xff", at)) >= 0 and mark + 1 < len(rest):
        kind = rest[mark + 1]
        if kind == _END:
            return b"".join([*kept, rest[at : mark + 2]])
        if kind in _ALONE:
            kept.append(rest[at : mark + 2])
            at = mark + 2
        elif kind == _MARKER:
            kept.append(rest[at : mark + 1])
            at = mark + 1
        else:
            end = mark + 2 + int.from_bytes(rest[mark + 2 : mark + 4])
            kept.append(rest[at:mark])
            if kind not in _REMARKS:
                kept.append(rest[mark:end])
            at = max(end, mark + 4)
    return b"".join([*kept, rest[at:], b"\xff\xd9"])


def _without_boxes(picture: bytes) -> bytes:
    """Return a JPEG 2000 without the boxes that hold remarks."""
    if not picture.startswith(b"\0\0\0\x0cjP"):
        return picture  # the bare dots
    kept, at = [], 0
    while at + 8 <= len(picture):
        length, kind = int.from_bytes(picture[at : at + 4]), picture[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(picture[at + 8 : at + 16])
        end = len(picture) if length == 0 else at + max(length, 8)
        if kind not in {b"uuid", b"xml ", b"uinf", b"jp2i"}:
            kept.append(picture[at:end])
        at = end
    return b"".join(kept)
