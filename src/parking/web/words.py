"""Compile the catalogues that translators write into those that Django reads.

Run as ``python -m parking.web.words``. A catalogue is compiled when it is older than its source,
and put in place in one move, so that nobody ever reads half of one.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages import mofile, pofile

LOCALE = Path(__file__).parent / "locale"


def compile_catalogues(folder: Path = LOCALE) -> int:
    """Compile the catalogues under *folder* that have changed; return how many."""
    stale = [
        (written, read)
        for written in sorted(folder.glob("*/LC_MESSAGES/django.po"))
        for read in [written.with_suffix(".mo")]
        if not read.exists() or read.stat().st_mtime < written.stat().st_mtime
    ]
    for written, read in stale:
        with written.open("rb") as source:
            catalogue = pofile.read_po(source, locale=written.parts[-3], domain="django")
        new = read.with_suffix(".new")
        with new.open("wb") as out:
            mofile.write_mo(out, catalogue)
        new.replace(read)
    return len(stale)


if __name__ == "__main__":
    compile_catalogues()
