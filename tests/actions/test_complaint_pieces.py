"""A file that comes in pieces: where it goes on, what comes twice, and what is left of it."""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import timedelta

import pytest
from django.db import connection

from parking.actions import complain, complaint_pieces, files, mydata, retention
from parking.actions.complaint_pieces import Coming, NotThere
from parking.actions.files import Fault, Refused
from parking.law.complaint import Document
from parking.law.course import StepNotAllowed
from parking.ports import Unavailable
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece
from pictures import a_pdf, a_photo
from town import charge, now, party

PHOTO = a_photo((300, 200))
THIRD = len(PHOTO) // 3


@pytest.fixture
def draft(charged) -> Complaint:
    return complain.begin(party("anna"), charge("anna-open"), language="da", now=now())


def coming(content: bytes = PHOTO, name: str = "skilt.jpg") -> Coming:
    return Coming(mark=hashlib.sha256(content).hexdigest(), name=name, size=len(content))


def bring(
    complaint: Complaint,
    begin: int,
    end: int | None = None,
    *,
    content: bytes = PHOTO,
    what: Coming | None = None,
    at=None,
) -> ComplaintFile | None:
    return complaint_pieces.add(
        None,
        complaint,
        what or coming(content),
        kind=Document.PICTURE,
        offset=begin,
        piece=content[begin:end],
        now=at or now(),
    )


def refused(what) -> Fault:
    with pytest.raises(Refused) as said:
        what()
    return said.value.fault


def test_a_file_goes_on_where_it_stopped_and_is_looked_at_when_it_is_whole(draft):
    mark = coming().mark
    assert complaint_pieces.come_to(draft, mark) == 0
    assert bring(draft, 0, THIRD) is None
    assert bring(draft, THIRD, 2 * THIRD) is None
    assert complaint_pieces.come_to(draft, mark) == 2 * THIRD
    (left,) = complaint_pieces.unfinished(draft)
    assert (left.name, left.here, left.size) == ("skilt.jpg", 2 * THIRD, len(PHOTO))
    assert not ComplaintFile.objects.exists()
    saved = bring(draft, 2 * THIRD)
    assert bytes(saved.content) == files.clean(PHOTO, "skilt.jpg").content
    assert saved == complaint_pieces.come_whole(draft, mark)
    assert not ComplaintPiece.objects.exists()


def test_a_piece_that_comes_twice_or_was_lost_changes_nothing(draft):
    bring(draft, 0, THIRD)
    for begin, end in ((0, THIRD), (THIRD + 1, 2 * THIRD), (THIRD - 1, None)):
        with pytest.raises(NotThere) as there:
            bring(draft, begin, end)
        assert there.value.offset == THIRD
    with pytest.raises(NotThere):
        bring(draft, THIRD, THIRD)
    assert ComplaintPiece.objects.count() == 1


def test_more_than_was_said_is_not_kept(draft):
    said = Coming(mark=coming().mark, name="skilt.jpg", size=THIRD)
    with pytest.raises(NotThere):
        bring(draft, 0, THIRD + 1, what=said)
    assert not ComplaintPiece.objects.exists()


def test_whoever_has_not_heard_the_last_answer_asks_once_more(draft):
    bring(draft, 0, THIRD)
    saved = bring(draft, THIRD)
    assert bring(draft, THIRD) == saved
    assert bring(draft, len(PHOTO)) == saved
    assert ComplaintFile.objects.count() == 1
    assert not ComplaintPiece.objects.exists()


class Killed(BaseException):
    """The power goes."""


def kill(*_given, **_named):
    raise Killed


def test_killed_before_it_was_looked_at_it_is_saved_by_an_empty_piece(draft, monkeypatch):
    bring(draft, 0, THIRD)
    with monkeypatch.context() as patched:
        patched.setattr(complain, "add_file", kill)
        with pytest.raises(Killed):
            bring(draft, THIRD)
    assert not ComplaintFile.objects.exists()
    assert complaint_pieces.come_to(draft, coming().mark) == len(PHOTO)
    assert bring(draft, len(PHOTO)) == ComplaintFile.objects.get()
    assert not ComplaintPiece.objects.exists()


def test_what_fails_when_it_is_looked_at_leaves_no_pieces_to_fail_again(draft, monkeypatch):
    def fail(*_given, **_named):
        raise RuntimeError("a fault of ours")

    bring(draft, 0, THIRD)
    monkeypatch.setattr(complain, "add_file", fail)
    with pytest.raises(RuntimeError):
        bring(draft, THIRD)
    assert not ComplaintPiece.objects.exists()


def test_all_who_are_not_logged_in_keep_no_more_on_a_charge_than_a_few_would(draft):
    bring(draft, 0, THIRD, at=now() - timedelta(hours=1))
    other = complain.begin(None, charge("lars-swedish"), language="en", now=now())
    bring(other, 0, THIRD, at=now() - timedelta(hours=1))
    for number in range(20):
        stranger = complain.begin(None, charge("anna-open"), language="da", now=now())
        content = os.urandom(20)
        bring(stranger, 0, 10, content=content, at=now() + timedelta(seconds=number))
        assert complaint_pieces.come_to(stranger, coming(content).mark) == 10, "nobody is refused"
    unknown = ComplaintPiece.objects.filter(complaint__charge=draft.charge, complaint__party=None)
    assert unknown.count() == 15
    assert complaint_pieces.come_to(draft, coming().mark) == THIRD
    assert complaint_pieces.come_to(other, coming().mark) == THIRD


def test_two_tabs_make_one_file(draft):
    bring(draft, 0, THIRD)
    answers: list[object] = []
    both = threading.Barrier(2)

    def tab() -> None:
        both.wait()
        try:
            answers.append(bring(draft, THIRD))
        except NotThere as there:
            answers.append(there.offset)
        finally:
            connection.close()

    tabs = [threading.Thread(target=tab) for _ in range(2)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    saved = ComplaintFile.objects.get()
    assert saved in answers
    assert set(answers) <= {saved, len(PHOTO)}
    assert bring(draft, len(PHOTO)) == saved
    assert not ComplaintPiece.objects.exists()


def test_the_whole_file_by_the_form_ends_its_pieces(draft):
    bring(draft, 0, THIRD)
    complain.add_file(
        None, draft, kind=Document.PICTURE, name="skilt.jpg", content=PHOTO, now=now()
    )
    assert complaint_pieces.unfinished(draft) == []
    assert complaint_pieces.come_whole(draft, coming().mark) == ComplaintFile.objects.get()


def stripped(photo: bytes = PHOTO) -> bytes:
    """The same picture from another file: without what the camera wrote into it."""
    at, length = photo.index(b"\xff\xe1"), photo[photo.index(b"\xff\xe1") + 2 :][:2]
    return photo[:at] + photo[at + 2 + int.from_bytes(length) :]


def test_a_picture_that_is_saved_already_is_refused_and_its_pieces_are_gone(draft):
    first = bring(draft, 0)
    other = stripped()
    bring(draft, 0, 100, content=other)
    assert refused(lambda: bring(draft, 100, content=other)) is Fault.TWICE
    assert list(ComplaintFile.objects.all()) == [first]
    assert not ComplaintPiece.objects.exists()


def test_by_the_form_too_a_picture_that_is_saved_already_is_refused(draft):
    bring(draft, 0)
    other = stripped()
    bring(draft, 0, 100, content=other)
    given = {"kind": Document.PICTURE, "name": "igen.jpg", "content": other}
    assert refused(lambda: complain.add_file(None, draft, **given, now=now())) is Fault.TWICE
    assert ComplaintFile.objects.count() == 1
    assert not ComplaintPiece.objects.exists()


def test_what_it_is_shows_when_it_is_whole(draft):
    nothing = b"MZ" + os.urandom(300)
    bring(draft, 0, 100, content=nothing)
    assert refused(lambda: bring(draft, 100, content=nothing)) is Fault.KIND
    other = Coming(mark=coming(a_pdf()).mark, name="skilt.jpg", size=len(PHOTO))
    assert refused(lambda: bring(draft, 0, what=other)) is Fault.DAMAGED
    assert not ComplaintPiece.objects.exists()
    assert not ComplaintFile.objects.exists()


def test_what_is_too_large_or_nothing_is_refused_before_any_of_it_is_kept(draft):
    large = Coming(mark="0" * 64, name="a.jpg", size=files.MOST_BYTES + 1)
    assert refused(lambda: bring(draft, 0, 10, what=large)) is Fault.TOO_LARGE
    most = complaint_pieces.MOST_OF_A_PIECE
    much = os.urandom(most + 1)
    assert refused(lambda: bring(draft, 0, content=much)) is Fault.TOO_LARGE
    assert refused(lambda: bring(draft, 0, content=b"")) is Fault.EMPTY
    assert not ComplaintPiece.objects.exists()


def test_no_more_files_are_on_their_way_than_may_be_sent(draft):
    contents = [os.urandom(20) for _ in range(files.MOST_FILES + 1)]
    for place, content in enumerate(contents):
        bring(draft, 0, 10, content=content, at=now() + timedelta(seconds=place))
    marks = set(ComplaintPiece.objects.values_list("mark", flat=True))
    assert marks == {coming(each).mark for each in contents[1:]}, "the oldest has made room"


def test_a_sixth_file_is_refused_at_its_first_piece(draft):
    for number in range(files.MOST_FILES):
        content = a_pdf(f"side {number}")
        complain.add_file(
            None, draft, kind=Document.OTHER, name="a.pdf", content=content, now=now()
        )
    assert refused(lambda: bring(draft, 0, THIRD)) is Fault.TOO_MANY
    assert not ComplaintPiece.objects.exists()


def test_nothing_comes_to_a_complaint_that_is_over(draft):
    bring(draft, 0, THIRD)
    complain.withdraw(draft, now=now())
    with pytest.raises(StepNotAllowed):
        bring(draft, THIRD)
    assert not ComplaintFile.objects.exists()


class Away:
    """A scanner that does not answer."""

    def scan(self, content: bytes) -> None:
        raise Unavailable("away")


def test_it_is_scanned_like_any_other(draft):
    saved = complaint_pieces.add(
        Away(), draft, coming(), kind=Document.PICTURE, offset=0, piece=PHOTO, now=now()
    )
    assert saved.scan == ComplaintFile.Scan.QUARANTINED


def test_pieces_are_forgotten_a_week_after_the_last_and_not_a_day_early(draft):
    bring(draft, 0, THIRD, at=now() - timedelta(days=9))
    bring(draft, THIRD, 2 * THIRD, at=now() - timedelta(days=7))
    retention.forget(now=now())
    assert complaint_pieces.come_to(draft, coming().mark) == 2 * THIRD
    retention.forget(now=now() + timedelta(days=1))
    assert not ComplaintPiece.objects.exists()
    assert Complaint.objects.exists()


def test_they_go_with_a_draft_that_lapses_and_with_what_somebody_has_erased(draft):
    bring(draft, 0, THIRD)
    complain.run_out(now=now() + timedelta(days=400))
    assert not ComplaintPiece.objects.exists()
    other = complain.begin(party("anna"), charge("anna-open"), language="da", now=now())
    bring(other, 0, THIRD)
    mydata.erase(party("anna"), session_key="x", now=now())
    assert not ComplaintPiece.objects.exists()
