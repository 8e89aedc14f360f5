"""The lists of packages agree with each other and with the page that gives their reasons."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def asked_for(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    return {found[0] for line in lines if (found := re.match(r"[a-z][a-z0-9-]+", line))}


def locked(name: str) -> set[str]:
    return set(
        re.findall(
            r"^(\S+==\S+)", (ROOT / "requirements" / f"{name}.lock").read_text(), re.MULTILINE
        )
    )


def test_each_package_has_its_reason():
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = set(re.findall(r"^\| ([a-z0-9-]+) \| .{10,} \|$", page, re.MULTILINE))
    assert explained == asked_for("app") | asked_for("test") | asked_for("boot")


def test_the_tests_run_on_the_very_versions_of_the_demo():
    assert locked("app") <= locked("test")


def test_each_package_is_locked_by_hash():
    for name in ("boot", "app", "test"):
        lock = (ROOT / "requirements" / f"{name}.lock").read_text()
        assert all(
            "--hash=sha256:" in entry for entry in re.split(r"\n(?=\S)", lock) if "==" in entry
        )
