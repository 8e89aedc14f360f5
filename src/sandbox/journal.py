"""The wire journal: who was asked what and answered how, with person numbers masked."""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

PERSON_NUMBER = re.compile(r"(?<!\d)(\d{6})-?\d{4}(?!\d)")
SECRET = re.compile(r"((?:client_secret|access_token|assertion)\"?\s*[=:]\s*\"?)[^&\"\s]+")
LONGEST_BODY = 20_000


@dataclass(frozen=True)
class Entry:
    """One request and its answer; sizes in bytes, duration in milliseconds."""

    number: int
    at: str
    system: str
    method: str
    path: str
    status: int | None
    fault: str
    milliseconds: int
    request_size: int
    response_size: int
    request: str
    response: str


def masked(text: str) -> str:
    """The text without person numbers and secrets."""
    return SECRET.sub(r"\1…", PERSON_NUMBER.sub("******-****", text))


def readable(body: bytes) -> str:
    """A body as masked text, cut where it becomes long."""
    return masked(body[:LONGEST_BODY].decode("utf-8", errors="replace"))


class Journal:
    """The latest two thousand calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=2000)
        self._number = 0

    def add(
        self,
        *,
        at: str,
        system: str,
        method: str,
        path: str,
        status: int | None,
        fault: str,
        milliseconds: int,
        request: bytes,
        response: bytes,
    ) -> None:
        """Write down one call; `status` is None when no answer was given."""
        with self._lock:
            self._number += 1
            self._entries.append(
                Entry(
                    number=self._number,
                    at=at,
                    system=system,
                    method=method,
                    path=masked(path),
                    status=status,
                    fault=fault,
                    milliseconds=milliseconds,
                    request_size=len(request),
                    response_size=len(response),
                    request=readable(request),
                    response=readable(response),
                )
            )

    def as_list(self, system: str | None = None) -> list[dict[str, Any]]:
        """The calls, oldest first, as JSON."""
        with self._lock:
            return [asdict(each) for each in self._entries if system in (None, each.system)]

    def clear(self, system: str | None = None) -> None:
        """Forget the calls of one system, or all."""
        with self._lock:
            kept = [each for each in self._entries if system not in (None, each.system)]
            self._entries.clear()
            self._entries.extend(kept)
