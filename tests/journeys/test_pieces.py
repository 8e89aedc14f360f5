"""Sending a large photo over a line that breaks: it goes on where it stopped."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from journeys import steps
from parking.actions.complaint_pieces import MOST_OF_A_PIECE
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece
from pictures import a_pdf
from town import charge

NARROWEST = 320


def a_large_photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1500, 1000), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


PHOTO = a_large_photo()


class Line:
    """The line between a browser and us: after so many pieces it breaks, until it is mended."""

    def __init__(self, page, *, holds: int) -> None:
        self.holds = holds
        self.offsets: list[int] = []
        page.route("**/files/pieces/**", self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method == "PATCH":
            self.holds -= 1
            if self.holds >= 0:
                self.offsets.append(int(route.request.headers["upload-offset"]))
        if self.holds < 0:
            route.abort()
        else:
            route.continue_()

    def mend(self) -> None:
        self.holds = 1000


@pytest.fixture
def anna(charged, visit):
    """Anna, at the files of the complaint that she writes."""
    visitor = visit(width=NARROWEST)
    steps.come_in(visitor, "anna")
    visitor.open(f"/charges/{charge('anna-open').id}/")
    visitor.press("Klag over afgiften")
    visitor.look("Klag over afgiften")
    open_files(visitor)
    return visitor


def open_files(visitor) -> None:
    draft = Complaint.objects.get()
    visitor.open(f"/charges/{draft.charge_id}/complaints/{draft.id}/files/")
    visitor.look("Billeder og papirer")


def choose(visitor, **files: bytes) -> None:
    given = [
        {"name": f"{name}.jpg", "mimeType": "", "buffer": each} for name, each in files.items()
    ]
    visitor.page.locator("input[type=file]").set_input_files(given)
    visitor.page.get_by_label("Billede af stedet").check()
    visitor.press("Gem filerne")


def is_saved(visitor, name: str) -> None:
    expect(visitor.page.locator(".files").get_by_role("link", name=name)).to_be_visible()


def test_a_photo_goes_on_by_itself_when_the_line_is_back(anna):
    assert len(PHOTO) > 3 * MOST_OF_A_PIECE
    line = Line(anna.page, holds=2)
    choose(anna, skilt=PHOTO)
    expect(anna.page.get_by_role("status")).to_contain_text("Forbindelsen er væk.")
    anna.look("Billeder og papirer")
    assert ComplaintPiece.objects.count() == 2
    line.mend()
    is_saved(anna, "skilt.jpg")
    anna.look("Billeder og papirer")
    assert line.offsets == list(range(0, len(PHOTO), MOST_OF_A_PIECE))
    assert ComplaintFile.objects.get().original_name == "skilt.jpg"
    assert not ComplaintPiece.objects.exists()


def test_after_a_reload_the_same_photo_goes_on_where_it_stopped(anna):
    Line(anna.page, holds=2)
    choose(anna, skilt=PHOTO)
    expect(anna.page.get_by_role("status")).to_contain_text("Forbindelsen er væk.")
    anna.page.close()
    anna.page = anna.context.new_page()
    anna.watch(anna.page)
    open_files(anna)
    anna.see("Nåede ikke helt frem", "skilt.jpg", "Vælg den samme fil igen")
    line = Line(anna.page, holds=1000)
    choose(anna, skilt=PHOTO)
    is_saved(anna, "skilt.jpg")
    assert line.offsets[0] == 2 * MOST_OF_A_PIECE, "what was here was not sent again"
    anna.look("Billeder og papirer")
    assert not ComplaintPiece.objects.exists()


def test_of_two_files_the_good_one_is_saved_and_the_other_explained(anna):
    # Its name says a picture, and it is none.
    choose(anna, skilt=PHOTO, papir=a_pdf())
    expect(anna.page.get_by_role("alert")).to_contain_text("papir.jpg er hverken")
    is_saved(anna, "skilt.jpg")
    assert ComplaintFile.objects.count() == 1
    anna.complaints = [each for each in anna.complaints if not each.startswith("422 for ")]
    anna.look("Billeder og papirer")
    anna.page.locator("input[type=file]").set_input_files(
        [{"name": "papir.pdf", "mimeType": "", "buffer": a_pdf()}]
    )
    anna.press("Gem filerne")
    is_saved(anna, "papir.pdf")


def test_one_message_is_shown_and_it_is_the_newest(anna):
    anna.press("Gem filerne")
    anna.see("Vælg, hvad filen viser.", "Vælg mindst én fil.")
    anna.complaints.clear()
    line = Line(anna.page, holds=0)
    anna.page.locator("input[type=file]").set_input_files(
        [{"name": "skilt.jpg", "mimeType": "", "buffer": PHOTO}]
    )
    anna.press("Gem filerne")
    expect(anna.page.locator(".form-error-message")).to_have_text("Vælg, hvad filen viser.")
    expect(anna.page.locator("[data-error-summary]")).to_have_count(0)
    line.mend()
    choose(anna, skilt=PHOTO)
    is_saved(anna, "skilt.jpg")


def test_the_same_picture_from_another_file_ends_and_is_told_of(anna):
    choose(anna, skilt=PHOTO)
    is_saved(anna, "skilt.jpg")
    again = PHOTO[:2] + b"\xff\xfe\x00\x06igen" + PHOTO[2:]  # a remark that nobody sees
    choose(anna, igen=again)
    expect(anna.page.get_by_role("alert")).to_contain_text("igen.jpg har du allerede gemt.")
    anna.complaints = [each for each in anna.complaints if not each.startswith("422 for ")]
    anna.look("Billeder og papirer")
    assert ComplaintFile.objects.count() == 1
    assert not ComplaintPiece.objects.exists()
