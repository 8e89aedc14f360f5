"""How often somebody may ask, where asking costs us or others: a bucket that fills again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from parking.records.limit import Bucket
from parking.records.party import Party
from parking.records.recording import each_one_at_a_time, one_at_a_time, recording


class TooOften(Exception):
    """Somebody has asked more often than they may. *wait* is how long until they may again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so long for one key: the bucket *key* holds *most* and fills in the time *per*."""

    key: str
    most: int
    per: timedelta


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


#: What belongs to one owner of the net as a rule, of either kind of address.
_NETWORKS: Final = {4: 24, 6: 56}


def network(address: str) -> str:
    """Return the name by which to count all that comes from the network *address* belongs to."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return str(ip_network((int(known), _NETWORKS[known.version]), strict=False))


def take(key: str, *, most: int, per: timedelta, now: datetime, amount: int = 1) -> None:
    """Take *amount* from the bucket *key*, which holds *most* and fills in the time *per*.

    :raises TooOften: if there is less.
    """
    with recording():
        one_at_a_time("bucket", key)
        bucket = _filled(key, most=most, per=per, now=now)
        short = bucket.left < amount
        if not short:
            bucket.left -= amount
        bucket.save()
    if short:
        raise TooOften(per * ((amount - bucket.left) / most))


def spend(key: str, *, most: int, per: timedelta, now: datetime) -> None:
    """Take one from the bucket *key* if there is one left, and nothing if not."""
    with suppress(TooOften):
        take(key, most=most, per=per, now=now)


def take_each(limits: Iterable[Limit], *, now: datetime) -> None:
    """Take one of each of *limits*, or of none of them.

    :raises TooOften: if one is used up.
    """
    limits = tuple(limits)
    with recording():
        each_one_at_a_time("bucket", [each.key for each in limits])
        buckets = [_filled(each.key, most=each.most, per=each.per, now=now) for each in limits]
        waits = [
            limit.per * ((1 - bucket.left) / limit.most)
            for limit, bucket in zip(limits, buckets, strict=True)
            if bucket.left < 1
        ]
        for bucket in buckets if not waits else ():
            bucket.left -= 1
            bucket.save()
    if waits:
        raise TooOften(max(waits))


def give_back(limits: Iterable[Limit], *, now: datetime) -> None:
    """Put back one of each of *limits* that had been taken for what then did not count."""
    limits = tuple(limits)
    with recording():
        each_one_at_a_time("bucket", [each.key for each in limits])
        for each in limits:
            bucket = _filled(each.key, most=each.most, per=each.per, now=now)
            bucket.left = min(each.most, bucket.left + 1)
            bucket.save()


def left(key: str, *, most: int, per: timedelta, now: datetime) -> float:
    """Return how much is left in the bucket *key*, taking nothing from it."""
    return float(_filled(key, most=most, per=per, now=now).left)


def is_used_up(limits: Iterable[Limit], *, now: datetime) -> bool:
    """Tell whether nothing is left of one of *limits*, taking nothing from any."""
    limits = tuple(limits)
    buckets = Bucket.objects.in_bulk([each.key for each in limits])
    return any(
        _filled_up(buckets[each.key], most=each.most, per=each.per, now=now).left < 1
        for each in limits
        if each.key in buckets
    )


def _filled(key: str, *, most: int, per: timedelta, now: datetime) -> Bucket:
    """Return the bucket as it has filled by *now*."""
    bucket = Bucket.objects.filter(key=key).first() or Bucket(key=key, left=most, at=now)
    return _filled_up(bucket, most=most, per=per, now=now)


def _filled_up(bucket: Bucket, *, most: int, per: timedelta, now: datetime) -> Bucket:
    filled = max((now - bucket.at) / per, 0) * most
    bucket.left = min(most, bucket.left + filled)
    bucket.at = now
    return bucket


def forget(*, before: datetime) -> None:
    """Remove the buckets that nobody has touched since *before*: they are full again."""
    with recording():
        Bucket.objects.filter(at__lt=before).delete()
