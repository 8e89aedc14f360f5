"""Doing one thing after another, so that one that fails keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger(__name__)


@contextmanager
def keeping_nobody_waiting(what: str, which: object) -> Iterator[None]:
    """Log what nobody foresaw about one thing, so that the others have their turn all the same."""
    try:
        yield
    except Exception:
        log.exception("failed", what=what, which=str(which))
