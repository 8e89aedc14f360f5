"""Files in pieces as a script sends them: whose they are, and what it is told."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from parking.actions import complaint_pieces
from parking.actions.files import MOST_BYTES
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece
from pictures import a_photo
from town import charge, slip_of

PHOTO = a_photo((300, 200))
HALF = len(PHOTO) // 2


def begun(client: Client, slug: str = "anna-open") -> Complaint:
    client.post(reverse("charge-complain", kwargs={"charge_id": charge(slug).id}))
    return Complaint.objects.latest("begun")


def of(complaint: Complaint, name: str = "complaint-piece", **more: str) -> str:
    ids = {"charge_id": complaint.charge_id, "complaint_id": complaint.id}
    return reverse(name, kwargs={**ids, **more})


def piece_at(complaint: Complaint, content: bytes = PHOTO) -> str:
    return of(complaint, mark=hashlib.sha256(content).hexdigest())


def bring(
    client: Client,
    complaint: Complaint,
    begin: int,
    end: int | None = None,
    *,
    content: bytes = PHOTO,
    **headers: str,
):
    told = {
        "Upload-Offset": str(begin),
        "Upload-Length": str(len(content)),
        "Upload-Name": quote("Skilt på gåden.jpg"),
        "Upload-Kind": "picture of the disc",
    }
    return client.patch(
        piece_at(complaint, content),
        content[begin:end],
        content_type="application/offset+octet-stream",
        headers=told | {name.replace("_", "-"): value for name, value in headers.items()},
    )


def test_a_file_comes_in_pieces_and_the_page_says_what_is_missing(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    assert anna.head(piece_at(complaint))["Upload-Offset"] == "0"
    answer = bring(anna, complaint, 0, HALF)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, str(HALF))
    assert answer["Cache-Control"] == "no-store"
    page = unescape(anna.get(of(complaint, "complaint-files")).content.decode())
    assert "Nåede ikke helt frem" in page
    assert 'data-largest="10000000"' in page
    assert "Nåede ikke" in unescape(anna.get(of(complaint, "complaint-review")).content.decode())
    assert "Skilt på gåden.jpg" in page
    again = bring(anna, complaint, 0, HALF)
    assert (again.status_code, again["Upload-Offset"]) == (409, str(HALF))
    for answer in (bring(anna, complaint, HALF), anna.get(piece_at(complaint))):
        assert (answer.status_code, answer["Upload-Complete"]) == (204, "?1")
    assert ComplaintFile.objects.get().original_name == "Skilt på gåden.jpg"
    page = unescape(anna.get(of(complaint, "complaint-files")).content.decode())
    assert "Nåede ikke helt frem" not in page
    assert "Skilt på gåden.jpg" in page


def test_a_picture_that_is_saved_already_is_told_of_with_scripts_and_without(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    bring(anna, complaint, 0)
    at = PHOTO.index(b"\xff\xe1")
    other = PHOTO[:at] + PHOTO[at + 2 + int.from_bytes(PHOTO[at + 2 : at + 4]) :]
    answer = anna.patch(
        piece_at(complaint, other),
        other,
        content_type="application/offset+octet-stream",
        headers={
            "Upload-Offset": "0",
            "Upload-Length": str(len(other)),
            "Upload-Name": "igen.jpg",
            "Upload-Kind": "picture of the disc",
        },
    )
    assert (answer.status_code, answer.content.decode()) == (422, "igen.jpg har du allerede gemt.")
    page = anna.post(
        of(complaint, "complaint-files"),
        {"kind": "picture of the place", "file": SimpleUploadedFile("igen.jpg", other)},
    )
    assert page.status_code == 422
    assert "igen.jpg har du allerede gemt." in unescape(page.content.decode())
    assert ComplaintFile.objects.count() == 1
    assert not ComplaintPiece.objects.exists()


def test_a_refusal_is_told_in_the_words_of_the_form(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    answer = bring(anna, complaint, 0, HALF, Upload_Length=str(MOST_BYTES + 1))
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/plain")
    assert "er større end 10 MB" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"Upload_Kind": "novel"}, {"Upload_Offset": "first"}, {"Upload_Length": ""}],
)
def test_what_cannot_be_read_changes_nothing(charged, log_in, wrong):
    anna = log_in("anna")
    complaint = begun(anna)
    assert bring(anna, complaint, 0, HALF, **wrong).status_code == 400
    assert not ComplaintPiece.objects.exists()
    assert anna.head(of(complaint, mark="skilt")).status_code == 404


def test_a_body_larger_than_any_piece_is_not_read(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    much = b"x" * (2 * complaint_pieces.MOST_OF_A_PIECE + 1)
    assert bring(anna, complaint, 0, content=much[:1000]).status_code == 422
    assert bring(anna, complaint, 0, content=much).status_code == 400
    assert not ComplaintPiece.objects.exists()


@pytest.mark.parametrize("name", ["a\0b.jpg", "a\u202eb.jpg", "a\nb.jpg", "../a\x1bb.jpg"])
def test_a_name_is_kept_without_what_is_not_seen(charged, log_in, name):
    anna = log_in("anna")
    complaint = begun(anna)
    assert bring(anna, complaint, 0, HALF, Upload_Name=quote(name)).status_code == 204
    assert ComplaintPiece.objects.get().original_name == "ab.jpg"
    assert bring(anna, complaint, HALF, Upload_Name=quote(name)).status_code == 204
    assert ComplaintFile.objects.get().original_name == "ab.jpg"


def test_only_who_has_the_draft_brings_pieces_and_hears_how_far_they_are(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    bring(anna, complaint, 0, HALF)
    slip = Client()
    number, plate = slip_of("anna-open")
    slip.post(reverse("charges"), {"number": number, "plate": plate})
    for other in (log_in("bo"), slip):
        assert other.head(piece_at(complaint)).status_code == 404
        assert bring(other, complaint, HALF).status_code == 404
    assert Client().head(piece_at(complaint)).status_code == 303
    assert bring(Client(), complaint, HALF).status_code == 303
    assert ComplaintPiece.objects.count() == 1
    theirs = begun(slip)
    assert slip.head(piece_at(theirs))["Upload-Offset"] == "0", "another complaint, another file"
    assert bring(slip, theirs, 0, HALF).status_code == 204
    assert anna.head(piece_at(theirs)).status_code == 404


def test_a_piece_needs_the_token_of_the_form(charged, log_in):
    complaint = begun(log_in("anna"))
    anna = log_in("anna", enforce_csrf_checks=True)
    assert bring(anna, complaint, 0, HALF).status_code == 403
    page = anna.get(of(complaint, "complaint-files")).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert bring(anna, complaint, 0, HALF, X_CSRFToken=token).status_code == 204


def test_nothing_comes_to_a_complaint_that_was_taken_back(charged, log_in):
    anna = log_in("anna")
    complaint = begun(anna)
    bring(anna, complaint, 0, HALF)
    anna.post(of(complaint, "complaint-withdraw"))
    answer = bring(anna, complaint, HALF)
    assert answer.status_code == 409
    assert "Upload-Offset" not in answer, "there is nowhere to go on"
