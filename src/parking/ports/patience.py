"""How long we wait for those outside while a person waits for us: for all of it together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Let all that is asked in the block take so many seconds, and what takes longer be away."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def left() -> float | None:
    """Return how many seconds are left; ``None`` while nobody waits for us."""
    ends = _ends.get()
    return None if ends is None else ends - time.monotonic()
