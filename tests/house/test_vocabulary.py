"""The words we use: ``docs/vocabulary.md`` is read, and every name we define is held against it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from tests.house.source import ROOT, SRC, modules

VOCABULARY = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
WHERE_IT_HOLDS = ("parking/law", "parking/records", "parking/actions")


def rows() -> list[list[str]]:
    table = re.findall(r"^\| (?!Danish|---).*\|$", VOCABULARY, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def in_code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


#: The word that is refused, as words in a row, and what we say instead.
REFUSED = {tuple(word.lower().split("_")): row[1] for row in rows() for word in in_code(row[2])}
EXCEPTED = {name for row in rows() for name in in_code(row[4])}
REFUSED_MODULES = set(in_code(VOCABULARY.rpartition("No module may be called")[2]))


def words_of(name: str) -> list[str]:
    """Return the words in ``a_name``, ``aName`` or ``AName``, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zæøå]+", name)]


def refused_in(name: str) -> list[str]:
    """Return what we say instead of each refused word in *name*, which may stand in the plural."""
    words = words_of(name)
    return [
        instead
        for refused, instead in REFUSED.items()
        for at in range(len(words) - len(refused) + 1)
        if all(
            word in {wanted, f"{wanted}s", f"{wanted}es"}
            for word, wanted in zip(words[at:], refused, strict=False)
        )
    ]


def defined_names() -> Iterator[tuple[str, str]]:
    """Yield every name of a module, class, function and table, and where it stands."""
    for module in modules(*WHERE_IT_HOLDS):
        yield module.path.stem, module.name
        for definition in module.definitions():
            yield definition.name, module.at(definition)
        for node in ast.walk(module.tree):
            match node:
                case ast.Assign(targets=[ast.Name("db_table")], value=ast.Constant(str(table))):
                    yield table, module.at(node)


def test_no_name_we_define_says_a_refused_word() -> None:
    found = [
        f"{where}: {name}: we say {' and '.join(instead)}"
        for name, where in defined_names()
        if name not in EXCEPTED and (instead := refused_in(name))
    ]
    assert found == []


def test_every_exception_is_a_name_that_exists_and_has_its_reason() -> None:
    names = {name for name, _ in defined_names()}
    assert names >= EXCEPTED
    for row in rows():
        assert not in_code(row[4]) or ":" in row[4]


def test_no_module_has_a_name_that_names_nothing() -> None:
    assert [
        path.relative_to(SRC).as_posix()
        for package in ("parking", "sandbox")
        for path in (SRC / package).rglob("*.py")
        if REFUSED_MODULES & {path.stem, path.parent.name}
    ] == []


def test_the_table_is_whole() -> None:
    assert len(rows()) >= 45
    assert {len(row) for row in rows()} == {5}
    assert {("licence",), ("private", "road")} <= REFUSED.keys()
    assert {"utils", "helper", "core"} <= REFUSED_MODULES


@pytest.mark.parametrize(
    "name",
    [
        "licence",
        "LicenceHolder",
        "buy_license",
        "parking_fines",
        "private_road",
        "CustomerKey",
    ],
)
def test_a_refused_word_is_found_in_any_form(name: str) -> None:
    assert refused_in(name)


@pytest.mark.parametrize(
    "name", ["define", "refine_zones", "reagent", "PrivateCommonRoad", "defined", "ticketing"]
)
def test_a_word_inside_another_is_another_word(name: str) -> None:
    assert refused_in(name) == []
