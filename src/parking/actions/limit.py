"""How often somebody may ask, where asking costs us or others: a bucket that fills again."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from parking.records.limit import Bucket
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording


class TooOften(Exception):
    """Somebody has asked more often than they may. *wait* is how long until they may again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


#: What one home gets of the net: whoever has one address of it has them all.
_HOME: Final = 64


def asking(address: str, party: Party | None = None) -> str:
    """Return the name by which to count what somebody asks: their own if they are logged in.

    Otherwise it is *address*, on the net; of IPv6 only the part that one home shares.
    """
    if party is not None:
        return f"party {party.id}"
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(IPv6Network((int(known), _HOME), strict=False))


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
