"""The page of settings names what the source reads from the environment, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS = re.compile(r'(?:text|secrets?|address|_file|_answered)\(\s*"([A-Z][A-Z_]+)"')


def test_the_page_and_the_source_name_the_same_settings():
    source = "".join(path.read_text() for path in (ROOT / "src/parking/site").glob("*.py"))
    page = (ROOT / "docs/operating/settings.md").read_text()
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == set(
        READS.findall(source)
    )
