"""Is there a virus in it? Asked of whoever scans files for us."""

from __future__ import annotations

from typing import Protocol


class Infected(Exception):
    """Something was found. The message is the scanner's name for it."""


class Scanner(Protocol):
    """A virus scanner."""

    def scan(self, content: bytes) -> None:
        """Return if nothing is found in *content*.

        :raises Infected: if something is.
        :raises Unavailable: if it did not answer; the file must not be opened until it has.
        :raises Rejected: if it would not look at it.
        """
        ...
