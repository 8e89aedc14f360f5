"""Nothing of anybody's machine stands in the repository: no folder of theirs, no private host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.source import NOT_OURS, ROOT

#: Folders that are somebody's own. A path with a variable or a placeholder in it is nobody's.
SOMEBODYS_FOLDER = re.compile(
    r"(?<![\w.$}>~:/-])/(?:home|Users|root|mnt|tmp|work|workspace)/[\w.-]+"
)
#: An address that says where packages are fetched from.
INDEX = re.compile(r"(?:--(?:extra-)?index-url|--find-links|--trusted-host)")
PACKAGE_HOSTS = {"registry.npmjs.org", "pypi.org", "files.pythonhosted.org"}


def files() -> Iterator[Path]:
    """Yield every file somebody wrote here."""
    waiting = [ROOT]
    while waiting:
        for path in waiting.pop().iterdir():
            if path.name in NOT_OURS or path.name.endswith("_cache") or path.is_symlink():
                continue
            if path.is_dir():
                waiting.append(path)
            else:
                yield path


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text file's path from the root, and what it says."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


TEXTS = dict(texts())


def test_the_files_are_read() -> None:
    assert {"pyproject.toml", "portal", "docs/vocabulary.md"} <= TEXTS.keys()


def test_no_folder_of_somebodys_machine_is_named() -> None:
    assert [
        f"{path}: {found.group()}"
        for path, text in TEXTS.items()
        for found in SOMEBODYS_FOLDER.finditer(text)
    ] == []


def test_no_lock_file_says_where_packages_came_from() -> None:
    locks = {path: text for path, text in TEXTS.items() if path.endswith(".lock")}
    assert locks
    assert [path for path, text in locks.items() if INDEX.search(text) or "://" in text] == []


def test_packages_of_the_front_end_come_from_the_public_registry() -> None:
    hosts = {
        host
        for path, text in TEXTS.items()
        if path.endswith("package-lock.json")
        for host in re.findall(r'"resolved": "https?://([^/"]+)/', text)
    }
    assert hosts <= PACKAGE_HOSTS


def test_no_person_number_is_anybodys() -> None:
    """A synthetic one has 60 added to its day, as the official test persons have."""
    real = re.compile(r"(?<![\w-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d-\d{4}(?![\w-])")
    assert [
        f"{path}: {found.group()}"
        for path, text in TEXTS.items()
        for found in real.finditer(text)
        if not path.endswith(".lock")
    ] == []


@pytest.mark.parametrize("folder", ["home", "Users", "root", "workspace", "tmp"])
@pytest.mark.parametrize("before", ["", "see ", "'", "(", "file="])
def test_somebodys_folder_is_recognised(before: str, folder: str) -> None:
    assert SOMEBODYS_FOLDER.search(f"{before}/{folder}/anna")


@pytest.mark.parametrize("path", ["https://x.dk/home/page", "$HOME/work/x", "static/work/a.css"])
def test_what_is_nobodys_folder_is_let_through(path: str) -> None:
    assert not SOMEBODYS_FOLDER.search(path)
