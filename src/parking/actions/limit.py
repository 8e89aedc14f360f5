"""How often somebody may ask, where asking costs us or others: a bucket that fills again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from parking.records.limit import Bucket
from parking.records.recording import one_at_a_time, recording


class TooOften(Exception):
    """Somebody has asked more often than they may. *wait* is how long until they may again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


def take(key: str, *, most: int, per: timedelta, now: datetime) -> None:
    """Take one from the bucket *key*, which holds *most* and fills in the time *per*.

    :raises TooOften: if it is empty.
    """
    with recording():
        one_at_a_time("bucket", key)
        bucket = _filled(key, most=most, per=per, now=now)
        short = bucket.left < 1
        if not short:
            bucket.left -= 1
        bucket.save()
    if short:
        raise TooOften(per * ((1 - bucket.left) / most))


def spend(key: str, *, most: int, per: timedelta, now: datetime) -> None:
    """Take one from the bucket *key* if there is one left, and nothing if not."""
    with suppress(TooOften):
        take(key, most=most, per=per, now=now)


def left(key: str, *, most: int, per: timedelta, now: datetime) -> float:
    """Return how much is left in the bucket *key*, taking nothing from it."""
    return float(_filled(key, most=most, per=per, now=now).left)


def _filled(key: str, *, most: int, per: timedelta, now: datetime) -> Bucket:
    """Return the bucket as it has filled by *now*."""
    bucket = Bucket.objects.filter(key=key).first() or Bucket(key=key, left=most, at=now)
    filled = max((now - bucket.at) / per, 0) * most
    bucket.left = min(most, bucket.left + filled)
    bucket.at = now
    return bucket


def forget(*, before: datetime) -> None:
    """Remove the buckets that nobody has touched since *before*: they are full again."""
    with recording():
        Bucket.objects.filter(at__lt=before).delete()
