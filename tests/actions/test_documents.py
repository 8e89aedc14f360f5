"""Documents that people hand in: what is kept of them, and what is not taken at all."""

from __future__ import annotations

import io
import os
import resource
import socket
import struct
import sys
import threading
import time
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from pikepdf import Encryption, ObjectStreamMode, Pdf, Stream
from PIL import Image, ImageFile

from parking.actions import apart, documents, files, pdfs, pictures
from parking.actions.files import Fault, Refused
from parking.actions.permission import NotYours
from parking.adapters.clamd import Clamd
from parking.adapters.pilen import LARGEST_FILE
from parking.law import application as application_law
from parking.law import case as case_law
from parking.ports import Rejected, Unavailable
from parking.ports.scanner import Infected
from parking.records.audit import Incident
from parking.records.case import Case
from parking.records.document import Document
from parking.records.letter import Letter
from parking.records.recording import recording
from parking.web import uploads
from pictures import PLACE, a_pdf, a_pdf_of_photos, a_photo, a_swelling_pdf, a_telling_pdf
from town import ask, now, party

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def opened(clean: files.Clean) -> Image.Image:
    return Image.open(io.BytesIO(clean.content))


def huge_png() -> bytes:
    """A picture that says it has a hundred million dots, in a hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack("!I", len(body)) + kind + body + struct.pack("!I", zlib.crc32(kind + body))
        )

    head = struct.pack("!IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 30_001))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("ending", "name"), [("JPEG", "a.jpg"), ("PNG", "a.PNG"), ("HEIF", "a.heic")]
)
def test_a_picture_is_made_anew_without_where_and_by_whom(ending: str, name: str) -> None:
    photo = a_photo(ending=ending)
    assert PLACE.encode() in photo or ending == "PNG"
    clean = files.clean(photo, name)
    assert PLACE.encode() not in clean.content
    assert b"Kamera" not in clean.content
    assert not opened(clean).getexif()
    assert clean.media_type == ("image/png" if ending == "PNG" else "image/jpeg")


def test_a_picture_taken_sideways_is_kept_upright() -> None:
    clean = files.clean(a_photo((60, 40), upright=False), "a.jpg")
    assert opened(clean).size == (40, 60)


def test_a_large_photo_is_never_decoded_whole(monkeypatch) -> None:
    out = io.BytesIO()
    Image.new("L", (8000, 6000), 200).save(out, "JPEG")
    decoded, load = [], ImageFile.ImageFile.load

    def noting(picture):
        decoded.append(picture.width * picture.height)
        return load(picture)

    monkeypatch.setattr(ImageFile.ImageFile, "load", noting)
    made = pictures.anew(out.getvalue(), most=files.MOST_BYTES)
    assert max(decoded) < pictures.MOST_PIXELS / 3
    assert Image.open(io.BytesIO(made)).size == (2500, 1875)
    assert opened(files.clean(out.getvalue(), "a.jpg")).size == (2500, 1875)


def grey_noise() -> bytes:
    """A grey scan, as dense as one can be, that would not fit in colours."""
    size = (2500, 2480)
    out = io.BytesIO()
    Image.frombytes("L", size, os.urandom(size[0] * size[1])).save(out, "PNG")
    return out.getvalue()


def test_what_is_taken_is_no_larger_when_it_is_kept_than_the_charge_system_takes() -> None:
    assert files.MOST_BYTES == LARGEST_FILE
    scan = grey_noise()
    clean = files.clean(scan, "a.png")
    assert len(clean.content) <= len(scan) * 1.01
    assert (clean.media_type, opened(clean).mode) == ("image/png", "L")


def test_a_drawing_that_grows_is_kept_as_a_photo_as_good_as_fits(monkeypatch) -> None:
    size = (400, 300)
    few = Image.frombytes("P", size, bytes(each % 16 for each in os.urandom(size[0] * size[1])))
    few.putpalette(os.urandom(768))
    out = io.BytesIO()
    few.save(out, "PNG")
    monkeypatch.setattr(files, "MOST_BYTES", len(out.getvalue()))
    clean = files.clean(out.getvalue(), "a.png")
    assert (clean.media_type, opened(clean).size) == ("image/jpeg", size)
    assert len(clean.content) <= files.MOST_BYTES
    best = io.BytesIO()
    few.convert("RGB").save(best, "JPEG", quality=85)
    assert len(best.getvalue()) > files.MOST_BYTES


def a_packed_pdf() -> bytes:
    """A PDF of many pages that its writer has packed as tightly as can be."""
    out = io.BytesIO()
    with Pdf.new() as pdf:
        for _ in range(30):
            pdf.add_blank_page()
        pdf.save(out, object_stream_mode=ObjectStreamMode.generate)
    return out.getvalue()


def test_a_pdf_that_grows_beyond_the_limit_is_refused_with_words(monkeypatch) -> None:
    packed = a_packed_pdf()
    assert len(files.clean(packed, "a.pdf").content) > len(packed)
    monkeypatch.setattr(files, "MOST_BYTES", len(packed))
    with pytest.raises(Refused) as refused:
        files.clean(packed, "a.pdf")
    assert refused.value.fault is Fault.GROWS
    assert "a.pdf fylder mere end 10 MB, når vi gemmer den" in uploads.refusal(refused.value)


def test_what_hides_behind_a_picture_stays_behind() -> None:
    two = a_photo() + b"PK\x03\x04<script>alert(1)</script>"
    clean = files.clean(two, "a.jpg")
    assert b"script" not in clean.content


def test_of_a_pdf_the_pages_are_kept_and_nothing_else() -> None:
    given = a_telling_pdf()
    for said in (b"Hemmelig", b"app.alert", b"cmd.exe", b"skjult.txt", b"Kamera", PLACE.encode()):
        assert said in given, "the test proves something"
    clean = files.clean(given, "a.pdf")
    assert clean == files.clean(given, "a.pdf"), "the same file twice is one"
    with Pdf.open(io.BytesIO(given)) as old, Pdf.open(io.BytesIO(clean.content)) as new:
        assert set(new.Root.keys()) == {"/Type", "/Pages", "/OCProperties"}
        assert "/Info" not in new.trailer
        (was,), (page,) = old.pages, new.pages
        assert page.mediabox == was.mediabox
        assert page.Contents.read_bytes() == was.Contents.read_bytes()
        pictures = [each.Resources.XObject.A.read_raw_bytes() for each in (was, page)]
        dots = [Image.open(io.BytesIO(each)).tobytes() for each in pictures]
        assert dots[0] == dots[1]
        every = b"".join(
            each.unparse(resolved=True) + each.read_raw_bytes()
            if isinstance(each, Stream)
            else each.unparse(resolved=True)
            for each in new.objects
        )
    for said in (b"Hemmelig", b"app.alert", b"JavaScript", b"cmd.exe", b"skjult.txt", b"Kamera"):
        assert said not in every
    assert PLACE.encode() not in every


def test_of_a_page_is_kept_what_is_known_to_be_seen() -> None:
    with Pdf.open(io.BytesIO(a_telling_pdf())) as pdf:
        page = pdf.pages[0]
        page.Foo = page.Resources.Foo = Stream(pdf, b"Ukendt")
        page.Rotate, page.UserUnit, page.Dur = 90, 2, 5
        out = io.BytesIO()
        pdf.save(out, compress_streams=False)
    assert b"Ukendt" in out.getvalue(), "the test proves something"
    clean = files.clean(out.getvalue(), "a.pdf")
    assert b"Ukendt" not in clean.content
    with Pdf.open(io.BytesIO(clean.content)) as new:
        (page,) = new.pages
        assert {"/Foo", "/Dur", "/AA", "/Annots"}.isdisjoint(page.obj.keys())
        assert (page.obj.Rotate, page.obj.UserUnit) == (90, 2)
        assert set(page.obj.Resources.keys()) == {"/XObject"}


def test_a_pdf_that_grows_above_the_limit_is_refused() -> None:
    assert files.clean(a_swelling_pdf(b"(" + b"a" * 1000 + b")"), "a.pdf")
    grown = a_swelling_pdf(b"(" + b"a" * (files.MOST_BYTES + 1) + b")")
    assert len(grown) < 20_000
    assert refused_cheaply(grown, "a.pdf") is Fault.GROWS


def test_a_progressive_photo_keeps_its_dots_without_remarks() -> None:
    out = io.BytesIO()
    picture = Image.effect_noise((80, 60), 60).convert("RGB")
    picture.save(out, "JPEG", progressive=True, comment=b"Kamera", exif=b"Exif\0\0" + b"x" * 40)
    bare = pdfs.without_remarks(out.getvalue() + b"PK and more")
    assert b"Kamera" not in bare
    assert b"Exif" not in bare
    assert bare.endswith(b"\xff\xd9")
    opened_anew = Image.open(io.BytesIO(bare))
    assert opened_anew.tobytes() == Image.open(io.BytesIO(out.getvalue())).tobytes()


def test_a_pdf_that_asks_for_a_password_is_refused_however_it_says_so() -> None:
    out = io.BytesIO()
    with Pdf.open(io.BytesIO(a_pdf())) as pdf:
        pdf.save(out, encryption=Encryption(owner="a", user="b"))
    with pytest.raises(apart.Locked):
        pdfs.anew(out.getvalue(), most=files.MOST_BYTES)
    with pytest.raises(Refused) as refused:
        files.clean(b"%PDF-1.4\n" + b"nonsense " * 50 + b"\n%%EOF\n", "a.pdf")
    assert refused.value.fault is Fault.DAMAGED


def numbers(many: int) -> bytes:
    return b"[" + b"0 " * many + b"]"


def most_memory() -> int:
    """How many megabytes this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def refused_cheaply(content: bytes, name: str) -> Fault:
    """Why a file is refused; this process must not have swelled by it, nor waited for long."""
    before, began = most_memory(), time.monotonic()
    with pytest.raises(Refused) as refused:
        files.clean(content, name)
    assert most_memory() - before < 50
    assert time.monotonic() - began < 40
    return refused.value.fault


def test_a_small_pdf_of_millions_of_things_is_refused_and_costs_us_nothing() -> None:
    with Pdf.open(io.BytesIO(a_swelling_pdf(numbers(10)))) as small:
        assert len(small.pages[0].Resources.Font.A) == 10, "the test proves something"
    content = a_swelling_pdf(numbers(5_000_000))
    assert len(content) < 12_000
    assert refused_cheaply(content, "a.pdf") is Fault.DAMAGED


@pytest.mark.parametrize("what", [b"\xff\x00", b"\xff\xe1\x00\x02", b"\xff\xdb\x00\x02"])
@pytest.mark.parametrize("behind", [2, 5])
def test_a_photo_of_twenty_thousand_marks_takes_no_more_than_it_is_large(what, behind) -> None:
    photo = a_photo()
    photo = photo.replace(b"\xff\xda", what * 20_000 * (behind == 2) + b"\xff\xda")
    photo = photo[:-2] + what * 20_000 * (behind == 5)
    tracemalloc.start()
    with suppress(ValueError):
        pdfs.without_remarks(photo)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * len(photo)


def test_photos_that_unfold_to_much_are_refused_by_what_they_are_together() -> None:
    photo = a_photo() + b"\xff\x00" * 4_000_000
    few, many = (a_pdf_of_photos(photo, number) for number in (1, 20))
    assert len(many) < 300_000
    assert files.clean(few, "a.pdf")
    assert refused_cheaply(many, "a.pdf") is Fault.GROWS
    with pytest.raises(apart.TooLarge):
        pdfs.anew(many, most=files.MOST_BYTES)


def drawing() -> bytes:
    """Six kilobytes, and nearly as many dots as a picture may have."""
    out = io.BytesIO()
    Image.new("P", (7000, 7000)).save(out, "PNG")
    return out.getvalue()


def talkative_photo() -> bytes:
    """A photo with half a million remarks of nothing."""
    photo = a_photo()
    return photo[:2] + b"\xff\xe9\x00\x02" * 500_000 + photo[2:]


@pytest.mark.parametrize(("made", "name"), [(drawing, "a.png"), (talkative_photo, "a.jpg")])
def test_a_picture_that_takes_much_to_read_costs_us_nothing(made, name) -> None:
    content, before = made(), most_memory()
    assert files.clean(content, name)
    assert most_memory() - before < 50


def test_a_file_that_takes_too_long_or_is_the_end_of_its_process_is_refused(monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(apart, "_LONGEST", 0.001)
        assert refused_cheaply(a_pdf(), "a.pdf") is Fault.DAMAGED
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert refused_cheaply(a_pdf(), "a.pdf") is Fault.DAMAGED


def test_whoever_reads_a_file_is_told_nothing_of_ours(monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    told = {}

    def noting(asked, **how):
        told.update(how["env"], closed=how.get("close_fds", True))
        return run(asked, **how)

    run = apart.subprocess.run
    monkeypatch.setattr(apart.subprocess, "run", noting)
    files.clean(a_pdf(), "a.pdf")
    assert told.keys() == {"PYTHONPATH", "LC_ALL", "MALLOC_ARENA_MAX", "closed"}
    assert told["closed"]


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [
        (b"", "a.jpg", Fault.EMPTY),
        (b"\xff\xd8\xff" + b"a" * files.MOST_BYTES, "a.jpg", Fault.TOO_LARGE),
        (huge_png(), "a.png", Fault.TOO_MANY_PIXELS),
        (a_photo()[:200], "a.jpg", Fault.DAMAGED),
        (b"\xff\xd8\xff\xe0" + b"a" * 300, "a.jpg", Fault.DAMAGED),
        (b"<!doctype html><script>1</script>", "a.jpg", Fault.KIND),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "a.svg", Fault.KIND),
        (b"GIF89a" + b"\0" * 100, "a.gif", Fault.KIND),
        (b"MZ" + b"\0" * 300, "a.exe", Fault.KIND),
        (b"MZ" + b"\0" * 300, "a.jpg", Fault.KIND),
        (b"PK\x03\x04" + b"\0" * 300, "a.docx", Fault.KIND),
        (a_photo(), "a.pdf", Fault.KIND),
        (a_pdf(), "a.jpg", Fault.KIND),
        (a_photo(), "a.jpg.exe", Fault.KIND),
        (a_photo(), "a", Fault.KIND),
        (a_pdf()[:30], "a.pdf", Fault.DAMAGED),
        (a_pdf().replace(b"trailer<<", b"trailer<</Encrypt 9 0 R"), "a.pdf", Fault.LOCKED),
    ],
    ids=lambda value: value.value if isinstance(value, Fault) else "",
)
def test_what_cannot_be_taken_is_refused_and_says_why(
    content: bytes, name: str, fault: Fault
) -> None:
    with pytest.raises(Refused) as refused:
        files.clean(content, name)
    assert refused.value.fault is fault


class Clamav(threading.Thread):
    """As much of clamd as a scan needs: it knows one virus."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as said:
                assert said.read(10) == b"zINSTREAM\0"
                seen = b""
                while length := struct.unpack("!I", said.read(4))[0]:
                    seen += said.read(length)
                found = b"stream: Eicar-Signature FOUND" if EICAR in seen else b"stream: OK"
                connection.sendall(found + b"\0")


@pytest.fixture
def clamav():
    running = Clamav()
    running.start()
    yield running
    running.listener.close()


def test_the_scanner_is_asked_and_believed(clamav: Clamav) -> None:
    scanner = Clamd(address=clamav.address)
    scanner.scan(b"a" * 200_000)
    with pytest.raises(Infected, match="Eicar"):
        scanner.scan(EICAR)


def test_a_scanner_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Clamd(address="tcp://127.0.0.1:9", timeout=1).scan(b"a")


def save(application, content: bytes, name: str = "bevis.pdf", scanner=None):
    return documents.save_draft(
        scanner,
        application,
        kind=Document.Kind.SOLE_USER_DECLARATION,
        name=name,
        content=content,
        now=now(),
    )


@pytest.fixture
def application(stocked):
    return ask(stocked, "olga", "ZP10016")


def test_without_a_scanner_a_document_says_so(application) -> None:
    assert save(application, a_pdf()).scan == Document.Scan.NOT_SCANNED


def test_a_virus_is_never_kept(application, clamav) -> None:
    with pytest.raises(Refused) as refused:
        save(application, a_pdf() + EICAR + b"\n%%EOF", scanner=Clamd(address=clamav.address))
    assert refused.value.fault is Fault.INFECTED
    assert not Document.objects.exists()


def test_of_what_its_owner_has_removed_meanwhile_nobody_is_told(application, clamav) -> None:
    kept = save(application, a_pdf(), scanner=Clamd(address="tcp://127.0.0.1:9", timeout=1))
    documents.remove(application, kept.id)
    with recording():
        documents.tell_of_infected(kept, now())
    application.refresh_from_db()
    assert application.infected == []


def test_while_the_scanner_is_away_a_document_waits_in_quarantine(application, clamav) -> None:
    away = Clamd(address="tcp://127.0.0.1:9", timeout=1)
    kept = save(application, a_pdf(), scanner=away)
    assert kept.scan == Document.Scan.QUARANTINED
    assert files.scan_quarantined(away, [Document], now=now()) == 0
    assert files.scan_quarantined(Clamd(address=clamav.address), [Document], now=now()) == 1
    kept.refresh_from_db()
    assert kept.scan == Document.Scan.CLEAN


class Finds:
    """A scanner that finds something in every file."""

    def scan(self, content: bytes) -> None:
        raise Infected("Eicar")


def scanned(scanner) -> None:
    files.scan_quarantined(
        scanner, [Document], now=now(), before_removal=documents.tell_of_infected
    )


def test_of_an_infected_document_its_page_tells_until_another_is_saved(application) -> None:
    away = Clamd(address="tcp://127.0.0.1:9", timeout=1)
    save(application, a_pdf(), scanner=away, name="tro.pdf")
    scanned(Finds())
    assert not Document.objects.exists()
    application.refresh_from_db()
    assert application.infected == ["tro.pdf"]
    assert not Letter.objects.exists()
    save(application, a_pdf())
    application.refresh_from_db()
    assert application.infected == []


def test_of_an_infected_document_that_was_handed_in_both_sides_hear(stocked, application) -> None:
    save(application, a_pdf(), scanner=Clamd(address="tcp://127.0.0.1:9", timeout=1))
    documents.hand_in(stocked, party("olga"), application, now=now())
    scanned(Finds())
    application.refresh_from_db()
    assert application.infected == ["bevis.pdf"]
    letter = Letter.objects.get()
    assert letter.party == party("olga")
    assert letter.subject == "Vi har slettet et dokument i din sag om licens"
    case = Case.objects.get()
    assert case.stands is case_law.State.OPEN
    last = case.steps.last()
    assert (last.actor, last.step) == ("system", "write")
    assert "Vi har slettet filen bevis.pdf." in last.text


class Particular:
    """A scanner that will not look at some files."""

    def __init__(self, *refused: bytes) -> None:
        self.refused = refused

    def scan(self, content: bytes) -> None:
        if any(each in content for each in self.refused):
            raise Rejected("clamd: size limit exceeded")


def test_a_file_the_scanner_refuses_keeps_nothing_behind_it_waiting(application) -> None:
    away = Clamd(address="tcp://127.0.0.1:9", timeout=1)
    first = save(application, a_pdf("for stor"), scanner=away)
    second = save(application, a_pdf("passer"), scanner=away)
    scanner = Particular(bytes(first.content))
    assert files.scan_quarantined(scanner, [Document], now=now(), most=1) == 1
    second.refresh_from_db()
    first.refresh_from_db()
    assert second.scan == Document.Scan.CLEAN
    assert first.scan == Document.Scan.QUARANTINED
    files.scan_quarantined(scanner, [Document], now=now())
    assert Incident.objects.get().key == f"scan {first.id}"


def test_the_same_file_twice_is_one_document(application) -> None:
    assert save(application, a_pdf()).id == save(application, a_pdf(), name="kopi.pdf").id


def test_a_file_that_was_rejected_can_be_handed_in_again(stocked, application) -> None:
    first = save(application, a_pdf())
    documents.hand_in(stocked, party("olga"), application, now=now())
    Document.objects.update(state=Document.State.REJECTED)
    Case.objects.update(state=case_law.State.WITHDRAWN.value)
    again = save(application, a_pdf())
    assert (again.state, again.id == first.id) == (Document.State.DRAFT, False)
    documents.hand_in(stocked, party("olga"), application, now=now())
    again.refresh_from_db()
    assert again.state == Document.State.HANDED_IN


def test_no_more_than_five_files(application) -> None:
    for number in range(5):
        save(application, a_pdf(str(number)))
    with pytest.raises(Refused) as refused:
        save(application, a_pdf("6"))
    assert refused.value.fault is Fault.TOO_MANY


def test_a_name_is_only_a_name(application) -> None:
    kept = save(application, a_pdf(), name="../../etc/<b>bevis.pdf")
    assert kept.original_name == "<b>bevis.pdf"
    assert kept.file_name == f"{kept.id}.pdf"


def test_a_draft_can_be_removed_and_what_was_handed_in_cannot(stocked, application) -> None:
    gone = save(application, a_pdf("1"))
    documents.remove(application, gone.id)
    kept = save(application, a_pdf("2"))
    documents.hand_in(stocked, party("olga"), application, now=now())
    with pytest.raises(NotYours):
        documents.remove(application, kept.id)
    assert Document.objects.get().state == Document.State.HANDED_IN


def test_handing_in_opens_a_case_and_offers_the_permit_meanwhile(stocked, application) -> None:
    assert documents.offers(application).hand_in
    save(application, a_pdf())
    after = documents.hand_in(stocked, party("olga"), application, now=now())
    assert after.id == application.id
    assert after.stands is application_law.State.WAITING
    assert documents.offers(after).provisional
    case = Case.objects.get()
    assert (case.about, case.facts) == (case_law.Kind.DOCUMENTS, ["sole_user_declaration"])


def test_nothing_to_hand_in_changes_nothing(stocked, application) -> None:
    documents.hand_in(stocked, party("olga"), application, now=now())
    assert not Case.objects.exists()


def test_documents_that_help_nobody_are_not_asked_for(stocked) -> None:
    assert not documents.offers(ask(stocked, "anna")).hand_in
    assert not documents.offers(ask(stocked, "mette")).hand_in
