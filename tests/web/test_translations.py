"""Every text is there in both languages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.extract import extract
from django.utils.translation import template as templates

from parking.web.words import LOCALE, compile_catalogues

SOURCE = Path(__file__).parents[2] / "src" / "parking"
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "_": None,
    "ngettext": (1, 2),
}


def said_in(path: Path) -> set[str]:
    """Return every text of a file that is said to people."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # What is left of a template is no Python; only its calls of gettext are.
        source = "\n".join(line.strip() for line in templates.templatize(source).splitlines())
    said = set()
    for _line, message, _comments, _context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        said.update([message] if isinstance(message, str) else message)
    return said


def catalogue():
    with (LOCALE / "en" / "LC_MESSAGES" / "django.po").open("rb") as source:
        return pofile.read_po(source, locale="en")


def everything_said() -> set[str]:
    files = [*SOURCE.rglob("*.py"), *(SOURCE / "web" / "templates").rglob("*.html")]
    return set().union(*(said_in(path) for path in files)) - {""}


def forms(text: object) -> list[str]:
    return list(text) if isinstance(text, list | tuple) else [str(text)]


def test_every_text_has_english_words():
    said = everything_said()
    translated = {
        each
        for message in catalogue()
        if message.id and all(forms(message.string))
        for each in forms(message.id)
    }
    assert len(said) > 200
    assert said - translated == set()


def test_the_catalogue_holds_nothing_that_nobody_says():
    held = {each for message in catalogue() if message.id for each in forms(message.id)}
    assert held - everything_said() == set()


@pytest.mark.parametrize("kind", [r"%\(\w+\)s", r"</?[a-z]+"])
def test_a_translation_keeps_what_is_filled_in(kind):
    for message in catalogue():
        for danish, english in zip(forms(message.id), forms(message.string), strict=True):
            assert sorted(set(re.findall(kind, danish))) == sorted(set(re.findall(kind, english)))


def test_a_catalogue_is_compiled_when_it_is_older_than_its_source(tmp_path):
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text('msgid "Kurv"\nmsgstr "Basket"\n', encoding="utf-8")
    assert compile_catalogues(tmp_path) == 1
    assert compile_catalogues(tmp_path) == 0
    assert b"Basket" in (folder / "django.mo").read_bytes()
