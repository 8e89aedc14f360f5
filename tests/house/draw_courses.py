"""Draws ``docs/courses.md`` from the law's tables: ``python -m tests.house.draw_courses``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from parking.law import application, case, charge, complaint, instalments, order, own_accord, permit
from parking.law import map as city_map

COURSES = Path(__file__).parents[2] / "docs" / "courses.md"

_HEAD = """\
# How a matter moves

Drawn from the tables in `src/parking/law` by `python -m tests.house.draw_courses` (with
`PYTHONPATH=src`). A test says when this page is out of date. Every arrow names who takes the step.
"""


#: Everything that moves by a table, in the order of the page.
SUBJECTS: Final = (
    *(application, case, permit, order, charge, instalments, complaint, own_accord, city_map),
)


def drawn() -> str:
    """Return the page as it must be today."""
    parts = [_HEAD]
    for subject in SUBJECTS:
        name = subject.__name__.rpartition(".")[2]
        said = (subject.__doc__ or "").strip().partition("\n")[0]
        parts.append(
            f"## {name.capitalize()}\n\n{said}\n\n```mermaid\n{subject.COURSE.diagram()}```\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    COURSES.write_text(drawn(), encoding="utf-8")
    sys.stdout.write(f"{COURSES.name} is drawn\n")
