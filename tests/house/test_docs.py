"""What the docs say is true: drawings are drawn from the code, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.house.draw_courses import COURSES, drawn
from tests.house.source import ROOT

from parking.law.retention import SCHEDULE, TABLES

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_the_courses_are_drawn_as_the_law_has_them() -> None:
    assert COURSES.read_text(encoding="utf-8") == drawn(), "run python -m tests.house.draw_courses"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_why_what_and_what_follows(path: Path) -> None:
    headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequence"]


def test_the_list_of_decisions_is_whole() -> None:
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in DECISIONS if f"({path.name})" not in listed] == []


def test_the_page_on_retention_says_what_the_schedule_says() -> None:
    page = (ROOT / "docs" / "operating" / "retention.md").read_text(encoding="utf-8")
    start, rules = SCHEDULE.versions[-1]
    assert f"In force since {start}:" in page
    timed = re.compile(r" \d+ (months|days) \| ")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if timed.search(line)]
    assert [row[:4] for row in rows] == [
        [matter.value, keep.time, keep.counted_from, keep.basis] for matter, keep in rules.items()
    ]
    for matter, table in ((matter, table) for table, matter in TABLES.items()):
        assert f"`{table}`" in page, matter
