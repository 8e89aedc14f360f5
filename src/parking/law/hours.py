"""What an hour costs, how long one may stand, and which permits an hour lets in.

Everything goes by the clock on the wall in Denmark; how long somebody has stood goes by the time
that has passed, also in the two nights in which the clock is changed. Moments are answered in UTC.

Which days are holidays is a fact that is passed in. There are two sorts, since the rules differ:
paying follows both, time limits only the first (:class:`Holidays`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise
from typing import Final

from parking.law.days import DENMARK, NotInForce, Period, danish_day
from parking.law.money import NOTHING, Money
from parking.law.zones import Colour, ZoneCode

#: How far ahead a change is looked for: longer than any row of holidays and weekends.
LOOK_AHEAD: Final = timedelta(days=14)

_HOUR: Final = timedelta(hours=1)
_TICK: Final = timedelta(microseconds=1)
_MIDNIGHT: Final = time(0)


class Relief(Enum):
    """What need not be paid at weekends and on holidays."""

    ALL = "all"  #: nothing is to be paid then
    FIRST_HOUR = "first hour"  #: the first hour of a stay that begins then is free


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """The days that are no ordinary days."""

    public: frozenset[date] = frozenset()  #: the national holidays (helligdage)
    named: frozenset[date] = frozenset()  #: those the payment rule names beside them

    @property
    def of_payment(self) -> frozenset[date]:
        """The days on which payment is relieved."""
        return self.public | self.named


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """When the three prices of a day begin, by the clock on the wall; the night goes on to *day*.

    :raises ValueError: if they are not in order, or if one begins in the hour that is skipped or
        comes twice when the clock is changed.
    """

    day: time
    evening: time
    night: time

    def __post_init__(self) -> None:
        if not self.day < self.evening < self.night:
            raise ValueError(f"the bands of a day are in order: {self}")
        _must_come_once(self.day, self.evening, self.night)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekend:
    """The hours of the week in which payment is relieved; Monday is 0.

    :raises ValueError: if it begins or ends in an hour that may be skipped or come twice.
    """

    first_day: int
    begins: time
    last_day: int
    ends: time

    def __post_init__(self) -> None:
        _must_come_once(self.begins, self.ends)

    def __contains__(self, local: datetime) -> bool:
        now = (local.weekday(), local.time())
        begins, ends = (self.first_day, self.begins), (self.last_day, self.ends)
        return begins <= now < ends if begins <= ends else now >= begins or now < ends


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyFare:
    """What an hour costs in the paid zones of one colour, in one period."""

    colour: Colour
    day: Money
    evening: Money
    night: Money
    bands: Bands
    weekend: Weekend
    relief: Relief  #: at weekends and on holidays
    in_force: Period


@dataclass(frozen=True, slots=True)
class Price:
    """What an hour costs at one moment."""

    per_hour: Money  #: nothing at all where paying is not asked for
    first_hour_free: bool  #: of a stay that begins now


@dataclass(frozen=True, slots=True)
class Change:
    """When the price changes, and what it is then; ``None`` if no fare says."""

    at: datetime
    price: Price | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """How long one may stand in a time-limited zone, and when that is asked for; Monday is 0.

    :raises ValueError: if it does not end after it begins, or does so in an hour that may be
        skipped or come twice.
    """

    zone: ZoneCode
    minutes: int
    weekdays: frozenset[int]
    begins: time
    ends: time
    in_force: Period

    def __post_init__(self) -> None:
        _must_be_hours_of_a_day(self.begins, self.ends)


@dataclass(frozen=True, slots=True)
class Span:
    """The hours of one day in which a time limit holds."""

    limit: TimeLimit
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterHours:
    """A zone that lets in the permits of others, except in its own hours; Monday is 0.

    :raises ValueError: as for a :class:`TimeLimit`.
    """

    zone: ZoneCode
    permits: frozenset[ZoneCode]  #: those that are let in
    weekdays: frozenset[int]
    begins: time  #: from when on these weekdays they are not
    ends: time
    in_force: Period

    def __post_init__(self) -> None:
        _must_be_hours_of_a_day(self.begins, self.ends)


def price_at(
    fares: Iterable[HourlyFare], colour: Colour, at: datetime, *, holidays: frozenset[date]
) -> Price | None:
    """Return what an hour costs in the zones of *colour* at the moment *at*.

    ``None`` if no fare is in force that day. We never guess a price.
    """
    local = at.astimezone(DENMARK)
    fare = _fare_on(fares, colour, local.date())
    if fare is None:
        return None
    relieved = local.date() in holidays or local in fare.weekend
    if relieved and fare.relief is Relief.ALL:
        return Price(NOTHING, first_hour_free=False)
    return Price(_band(fare, local.time()), first_hour_free=relieved)


def next_change(
    fares: Iterable[HourlyFare], colour: Colour, at: datetime, *, holidays: frozenset[date]
) -> Change | None:
    """Return when the price in the zones of *colour* first changes after *at*, and to what.

    ``None`` if it stays the same for as long as we look ahead.
    """
    fares = tuple(fares)
    now = price_at(fares, colour, at, holidays=holidays)
    for edge in _edges(fares, colour, at, at.astimezone(UTC) + LOOK_AHEAD):
        price = price_at(fares, colour, edge, holidays=holidays)
        if price != now:
            return Change(edge, price)
    return None


def cost(
    fares: Iterable[HourlyFare],
    colour: Colour,
    begins: datetime,
    ends: datetime,
    *,
    holidays: frozenset[date],
) -> Money:
    """Return what it costs to stand in the zones of *colour* from *begins* to *ends*.

    Each part of the stay is paid by its own band for the time that passes in it. The sum is
    rounded once, down to whole øre. Of a stay that begins where the first hour is free, that hour
    is free as far as it lies in the relieved time.

    :raises NotInForce: if for a part of it no fare is in force.
    :raises ValueError: if it ends before it begins.
    """
    fares = tuple(fares)
    start, end = begins.astimezone(UTC), ends.astimezone(UTC)
    if end < start:
        raise ValueError("a stay cannot end before it begins")
    first = price_at(fares, colour, start, holidays=holidays)
    free_until = start + _HOUR if first is not None and first.first_hour_free else start
    cuts = [start, *_edges(fares, colour, start, end), end]
    owed = 0
    for since, until in pairwise(cuts):
        price = price_at(fares, colour, since, holidays=holidays)
        if price is None:
            raise NotInForce(f"no hourly fare for {colour.value} on {danish_day(since)}")
        paid_from = max(since, free_until) if price.first_hour_free else since
        owed += price.per_hour.ore * (max(until - paid_from, timedelta(0)) // _TICK)
    return Money(owed // (_HOUR // _TICK))


def limit_in_force(
    limits: Iterable[TimeLimit], zone: ZoneCode, at: datetime, *, holidays: frozenset[date]
) -> Span | None:
    """Return the time limit that holds in *zone* at the moment *at*, and until when; if any."""
    spans = _spans(limits, zone, at, holidays)
    return next((span for span in spans if span.begins <= at < span.ends), None)


def next_limit(
    limits: Iterable[TimeLimit], zone: ZoneCode, at: datetime, *, holidays: frozenset[date]
) -> Span | None:
    """Return the next time limit that begins to hold in *zone* after *at*; ``None`` if none does.

    Looked for as far ahead as :data:`LOOK_AHEAD`.
    """
    return next((span for span in _spans(limits, zone, at, holidays) if span.begins > at), None)


def lets_in(rules: Iterable[AfterHours], zone: ZoneCode, permit: ZoneCode, at: datetime) -> bool:
    """Tell whether *zone* lets in the permits of the zone *permit* at the moment *at*."""
    local = at.astimezone(DENMARK)
    return any(
        rule.zone == zone
        and permit in rule.permits
        and local.date() in rule.in_force
        and not (local.weekday() in rule.weekdays and rule.begins <= local.time() < rule.ends)
        for rule in rules
    )


def next_letting_in(
    rules: Iterable[AfterHours], zone: ZoneCode, permit: ZoneCode, at: datetime
) -> datetime | None:
    """Return when :func:`lets_in` first says something else than at the moment *at*."""
    rules = tuple(rules)
    now = lets_in(rules, zone, permit, at)
    times = {_MIDNIGHT, *(edge for rule in rules for edge in (rule.begins, rule.ends))}
    for edge in _moments(times, at, at.astimezone(UTC) + LOOK_AHEAD):
        if lets_in(rules, zone, permit, edge) is not now:
            return edge
    return None


def _fare_on(fares: Iterable[HourlyFare], colour: Colour, day: date) -> HourlyFare | None:
    """Return the fare of *colour* in force on *day*.

    :raises ValueError: if there are two.
    """
    found = [fare for fare in fares if fare.colour is colour and day in fare.in_force]
    if len(found) > 1:
        raise ValueError(f"{len(found)} hourly fares for {colour.value} on {day}")
    return found[0] if found else None


def _band(fare: HourlyFare, clock: time) -> Money:
    if fare.bands.day <= clock < fare.bands.evening:
        return fare.day
    if fare.bands.evening <= clock < fare.bands.night:
        return fare.evening
    return fare.night


def _edges(
    fares: tuple[HourlyFare, ...], colour: Colour, after: datetime, before: datetime
) -> Iterator[datetime]:
    """Yield the moments between *after* and *before* at which the price may change, in order."""
    times = {_MIDNIGHT}
    for fare in fares:
        if fare.colour is colour:
            times |= {fare.bands.day, fare.bands.evening, fare.bands.night}
            times |= {fare.weekend.begins, fare.weekend.ends}
    return _moments(times, after, before)


def _moments(times: set[time], after: datetime, before: datetime) -> Iterator[datetime]:
    """Yield when the clock shows one of *times* between *after* and *before*, in order."""
    after, before = after.astimezone(UTC), before.astimezone(UTC)
    day = danish_day(after)
    in_order = sorted(times)
    while True:
        for clock in in_order:
            moment = _moment(day, clock)
            if moment >= before:
                return
            if moment > after:
                yield moment
        day += timedelta(days=1)


def _spans(
    limits: Iterable[TimeLimit], zone: ZoneCode, at: datetime, holidays: frozenset[date]
) -> Iterator[Span]:
    of_zone = [limit for limit in limits if limit.zone == zone]
    today = danish_day(at)
    for ahead in range(LOOK_AHEAD.days + 1):
        day = today + timedelta(days=ahead)
        for limit in sorted(of_zone, key=lambda limit: limit.begins):
            if day in limit.in_force and day.weekday() in limit.weekdays and day not in holidays:
                yield Span(limit, _moment(day, limit.begins), _moment(day, limit.ends))


def _moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, DENMARK).astimezone(UTC)


def _must_be_hours_of_a_day(begins: time, ends: time) -> None:
    if not begins < ends:
        raise ValueError(f"hours end after they begin: {begins}–{ends}")
    _must_come_once(begins, ends)


def _must_come_once(*clocks: time) -> None:
    """Refuse the hour from 2 to 3 at night, which is skipped in March and comes twice in October.

    :raises ValueError: if one of *clocks* lies in it.
    """
    if any(time(2) <= clock < time(3) for clock in clocks):
        raise ValueError("nothing may begin or end between 2 and 3 at night")
