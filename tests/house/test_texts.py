"""Every text for people is there in English too: in the templates, in the code, in the letters."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize
from tests.house.source import NOT_OURS, SRC, Module, modules

from parking.web import readability

CATALOGUES = sorted((SRC / "parking").glob("*/locale/en/LC_MESSAGES/django.po"))
TEMPLATES = sorted(
    path
    for path in (SRC / "parking").glob("*/templates/**/*")
    if path.suffix in {".html", ".txt"} and NOT_OURS.isdisjoint(path.parts)
)
#: Where the text stands among the arguments of each function that translates.
TRANSLATES = {
    **dict.fromkeys(("gettext", "gettext_lazy", "gettext_noop"), 0),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), 0),
    **dict.fromkeys(("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"), 1),
}
#: What stands for something else in a text: ``%(name)s``, ``{name}``.
PLACES = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def singular(message: Message) -> str:
    """Return the Danish text; of one with a plural, the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


ENGLISH = [message for path in CATALOGUES for message in read(path) if message.id]
TRANSLATED = {singular(message) for message in ENGLISH if all(forms(message.string))}


def in_code(module: Module) -> Iterator[tuple[str, str]]:
    """Yield every text that the code translates, and where it stands."""
    called = {
        alias.asname or alias.name: TRANSLATES[alias.name]
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in TRANSLATES
    }
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in called:
                text = args[called[name]]
                if isinstance(text, ast.Constant):
                    yield str(text.value), module.at(node)


def in_template(path: Path) -> Iterator[str]:
    """Yield every text that the template translates."""
    # The template's own language becomes Python: gettext('text'), pgettext('context', 'text') …
    python = templatize(path.read_text(encoding="utf-8"))
    literal = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|'{3}.*?'{3}|"{3}.*?"{3})"""
    gettext = rf"\b(n?p?)gettext\(\s*{literal}(?:\s*,\s*{literal})?"
    for call in re.finditer(gettext, python, re.DOTALL):
        kind, first, second = call.groups()
        yield ast.literal_eval(second if "p" in kind else first)
    for call in re.finditer(rf"(?<!\w)_\(\s*{literal}", python, re.DOTALL):
        yield ast.literal_eval(call.group(1))


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text for people, and where it stands."""
    for module in modules("parking"):
        yield from in_code(module)
    for path in TEMPLATES:
        for text in in_template(path):
            yield text, path.relative_to(SRC).as_posix()


def test_every_text_is_there_in_english() -> None:
    missing = {text: where for text, where in texts() if text not in TRANSLATED}
    assert missing == {}


def test_there_are_texts_in_code_and_in_templates() -> None:
    kinds = Counter(Path(where.partition(":")[0]).suffix for _, where in texts())
    assert kinds[".py"]
    assert kinds[".html"]


def test_no_translation_is_a_guess() -> None:
    assert [singular(message) for message in ENGLISH if message.fuzzy] == []


def test_what_stands_for_something_stands_in_both_languages() -> None:
    def differs(message: Message) -> bool:
        danish = set(PLACES.findall(forms(message.id)[-1]))
        return any(set(PLACES.findall(text)) != danish for text in forms(message.string)[-1:])

    assert [singular(message) for message in ENGLISH if differs(message)] == []


#: Danish amounts end in »kr.«, which is the sentence's full stop as well.
AMOUNTS = re.compile(r"%\((amount|fee|left|owed|price|sum|total)\)s\.(?!\w)")


def test_no_amount_is_followed_by_a_second_full_stop() -> None:
    assert {text: where for text, where in texts() if AMOUNTS.search(text)} == {}


def test_every_page_can_be_read_by_somebody_who_is_tired() -> None:
    hard = readability.pages()
    assert {page: lix for page, lix in hard.items() if lix > readability.LIMIT} == {}
    assert len(hard) > 20


def test_no_single_passage_is_law_talk() -> None:
    told = {text for text, _ in texts() if len(text.split()) >= 10}
    assert {text: lix for text in told if (lix := readability.lix([text])) >= 55} == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Du kan parkere her.", 4 + 25),
        ("Du må. Nej!", 2),
        ("%(count)s <b>lette</b> ord", 2),
        ("", 0),
    ],
)
def test_how_hard_a_text_is_to_read_is_counted(text: str, expected: int) -> None:
    assert readability.lix([text]) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% load i18n %}{% translate "Hej" %}', ["Hej"]),
        ("{% load i18n %}{% blocktranslate trimmed %}\n En\n to{% endblocktranslate %}", ["En to"]),
        ('{{ title|default:_("Ukendt") }}', ["Ukendt"]),
        ('{% load i18n %}{% trans "Maj" context "month" %}', ["Maj"]),
        ("Hej", []),
    ],
)
def test_a_text_in_a_template_is_found(source: str, expected: list[str], tmp_path: Path) -> None:
    template = tmp_path / "page.html"
    template.write_text(source, encoding="utf-8")
    assert list(in_template(template)) == expected


def test_a_text_in_code_is_found() -> None:
    code = (
        "from django.utils.translation import gettext as _, pgettext as p\n_('Hej')\np('c', 'Nej')"
    )
    module = Module(modules("parking/law")[0].path, ast.parse(code))
    assert [text for text, _ in in_code(module)] == ["Hej", "Nej"]
