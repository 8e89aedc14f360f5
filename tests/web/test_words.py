"""Compiling what translators write."""

from __future__ import annotations

from parking.web.words import compile_catalogues


def test_a_catalogue_is_compiled_when_it_is_older_than_its_source(tmp_path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "Kurv"\nmsgstr "Basket"\n', encoding="utf-8")
    assert compile_catalogues(tmp_path) == 1
    assert compile_catalogues(tmp_path) == 0
    assert b"Basket" in (folder / "django.mo").read_bytes()
