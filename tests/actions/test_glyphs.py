"""A letter can be made of whatever people write."""

from __future__ import annotations

import io

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking.actions import charge_case, complain, complaint_letters, glyphs
from parking.actions.case_letters import CaseLetter, Section
from parking.law.offence import Question
from parking.records.complaint import Complaint
from parking.records.letter import Letter
from town import charge, now, party

#: What people send from their telephones, and what nobody sends who means well.
WRITTEN = (
    "Jeg holdt der kun i to minutter 😀",
    "张伟 住在哥本哈根, 한국어, ひらがな",
    "العربية עברית Ελληνικά Владимир Ąžuolas",
    "👨‍👩‍👧 🥑 🇩🇰 ไทย हिन्दी ✌🏽 ❤️",
    "e\u0301\u0302\u0327 中\u0301 \u0301x \u200d\ufeff\ue000\x00\x07\u2028\U000e0041",
)


def letter(text: str) -> bytes:
    says = CaseLetter(f"Om {text}", "da", (Section(f"Du skrev {text}", (text,)),))
    return complaint_letters.pdf(says, link="https://parkering.example/")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_letter_is_made_whatever_was_written(text):
    with pikepdf.open(io.BytesIO(letter(text))) as made:
        assert "/StructTreeRoot" in made.Root


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_a_letter_is_made_of_any_text(text):
    assert letter(text).startswith(b"%PDF")


@given(st.text(st.sampled_from("abcæøåÆØÅé €§½–»«0123456789.,:;()張伟Жя"), max_size=80))
def test_what_our_fonts_have_stays_as_it_is(text):
    assert glyphs.showable(text) == text


def test_what_they_have_not_is_a_box_and_what_cannot_be_seen_is_nothing():
    assert glyphs.showable("Fin 🥑!") == "Fin □!"
    assert glyphs.showable("a\u200db\ufe0f\x07c\nd") == "abc d"
    assert glyphs.showable({"title": ["a\u030a", 2, None, ("हि",)]}) == {
        "title": ["å", 2, None, ["□"]]
    }


def test_every_sign_that_could_stop_it_is_left_out_at_last(monkeypatch):
    monkeypatch.setattr(glyphs, "showable", lambda said: said)
    assert letter("Fin 🥑 e\u0302\u0327").startswith(b"%PDF")


@pytest.mark.django_db(transaction=True)
def test_a_complaint_is_sent_whatever_is_written_in_it_and_kept_as_it_was_written(charged):
    text = " ".join(WRITTEN[:4])
    about = charge("anna-open")
    begun = complain.begin(party("anna"), about, language="da", now=now())
    complain.keep(begun, {"question": Question.DISC.value, "text": text}, now=now())
    complain.submit(begun, now=now())
    sent = Complaint.objects.get()
    assert sent.text == text
    assert bytes(Letter.objects.get(complaint=sent).pdf).startswith(b"%PDF")
    assert charge_case.pdf(charged, about, [sent], now=now()).startswith(b"%PDF")
