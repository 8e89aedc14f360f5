"""The one way to write: a transaction during which nobody outside may be asked.

A transaction that waits for somebody else's server keeps locks and connections from everybody; and
what the server did cannot be undone with it. So we gather first, decide, and then record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_open: ContextVar[bool] = ContextVar("recording", default=False)


class AskedWhileRecording(RuntimeError):
    """Somebody outside was asked while a transaction of ours was open. A mistake in our code."""


@contextmanager
def recording() -> Iterator[None]:
    """Record everything in the block, or nothing; it cannot stand inside another."""
    token = _open.set(True)
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        _open.reset(token)


@contextmanager
def by_itself() -> Iterator[None]:
    """Record the block or nothing of it, within a recording that goes on either way."""
    with transaction.atomic():
        yield


def forbid_while_recording() -> None:
    """Raise if a recording is open in this thread. Called before anybody outside is asked.

    :raises AskedWhileRecording: if one is.
    """
    if _open.get():
        raise AskedWhileRecording("gather before you record")


def one_at_a_time(kind: str, key: object) -> None:
    """Wait until nobody else records about *key*, for the rest of this recording.

    An advisory lock, so that it also keeps order among rows that do not exist yet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}:{key}"])


def each_one_at_a_time(kind: str, keys: Iterable[object]) -> None:
    """Wait like :func:`one_at_a_time` for all of *keys*, in an order that is everybody's.

    Two that need some of the same cannot wait for each other, if each takes all it needs at once.
    """
    names = sorted({f"{kind}:{key}" for key in keys})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%s::text[]) name",
            [names],
        )
