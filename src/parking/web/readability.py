"""How hard our Danish is to read, by LIX, the measure of Scandinavian texts (Björnsson 1968).

Run as ``python -m parking.web.readability`` for a list of the pages, the hardest first. LIX is the
words in a sentence plus the share of words longer than six letters: below 35 is easy, up to 44 is a
newspaper, from 45 on it is hard.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path

from django.utils.translation.template import templatize

TEMPLATES = Path(__file__).parent / "templates"
#: The most that a page may have: somebody who is tired, on a phone, reads it once.
LIMIT = 40

_LONG = 7
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CALL = re.compile(r"""gettext\(\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def lix(texts: Iterable[str]) -> int:
    """Return the LIX of *texts*, each of which is a sentence at least; 0 of no words."""
    words: list[str] = []
    sentences = 0
    for text in texts:
        plain = unescape(re.sub(r"<[^>]+>|%\(\w+\)[sd]", " ", text))
        said = [part for part in re.split(r"[.!?:](?:\s|$)", plain) if _WORD.search(part)]
        sentences += len(said)
        words += _WORD.findall(plain)
    if not words:
        return 0
    long = sum(len(word) >= _LONG for word in words)
    return round(len(words) / sentences + 100 * long / len(words))


def texts_of(template: Path) -> Iterator[str]:
    """Yield what *template* says in Danish."""
    python = templatize(template.read_text(encoding="utf-8"))
    for literal in _CALL.findall(python):
        yield ast.literal_eval(literal)


def pages() -> dict[str, int]:
    """Return the LIX of each page that says more than a few words, the hardest first."""
    found = {
        path.relative_to(TEMPLATES).as_posix(): lix(texts_of(path))
        for path in TEMPLATES.rglob("*.html")
        if sum(len(_WORD.findall(text)) for text in texts_of(path)) >= _ENOUGH
    }
    return dict(sorted(found.items(), key=lambda page: -page[1]))


#: Fewer words than these measure nothing.
_ENOUGH = 30

if __name__ == "__main__":
    for page, hard in pages().items():
        print(f"{hard:4}  {page}")  # noqa: T201 -- it is asked to say it
