"""What the outside remembers: one SQLite file of JSON values, by system and key."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Store:
    """Keeps values over a restart; may be used by every thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS thing ("
            " number INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, key TEXT NOT NULL,"
            " value TEXT NOT NULL, UNIQUE (system, key))"
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile: for read, decide, write."""
        with self._lock:
            yield

    def get(self, system: str, key: str) -> Any:
        """The value, or None if there is none."""
        with self._lock:
            row = self._database.execute(
                "SELECT value FROM thing WHERE system = ? AND key = ?", (system, key)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, system: str, key: str, value: Any) -> None:
        """Keep a JSON value, over the old one if there is one."""
        with self._lock:
            self._database.execute(
                "INSERT INTO thing (system, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (system, key) DO UPDATE SET value = excluded.value",
                (system, key, json.dumps(value, ensure_ascii=False)),
            )

    def all(self, system: str) -> dict[str, Any]:
        """Every value of a system by its key, the first kept first."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, value FROM thing WHERE system = ? ORDER BY number", (system,)
            ).fetchall()
        return {key: json.loads(value) for key, value in rows}

    def delete(self, system: str, key: str | None = None) -> None:
        """Forget one value, or everything a system remembers."""
        with self._lock:
            if key is None:
                self._database.execute("DELETE FROM thing WHERE system = ?", (system,))
            else:
                self._database.execute(
                    "DELETE FROM thing WHERE system = ? AND key = ?", (system, key)
                )

    def forget_everything(self) -> None:
        """As on the first day."""
        with self._lock:
            self._database.execute("DELETE FROM thing")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()
