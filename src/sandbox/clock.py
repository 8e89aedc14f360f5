"""The time outside: the real time plus an offset that can be moved and is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.store import Store


class Clock:
    """Every system of the sandbox asks this clock and no other."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offset(self) -> timedelta:
        """How far the sandbox is ahead of the real time."""
        return timedelta(seconds=self._store.get("clock", "offset_seconds") or 0)

    def now(self) -> datetime:
        """The time outside, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Move on; a negative number moves back."""
        self._store.put("clock", "offset_seconds", self.offset.total_seconds() + seconds)

    def set(self, moment: datetime) -> None:
        """Go to a moment, from where time runs on.

        :raises ValueError: for a moment without a time zone
        """
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        ahead = moment - datetime.now(UTC)
        self._store.put("clock", "offset_seconds", ahead.total_seconds())

    def reset(self) -> None:
        """Back to the real time."""
        self._store.put("clock", "offset_seconds", 0)
