"""Keeping what we sell by in step: our dated terms, and the fares of the accounts.

What comes from outside is never taken on trust: a line that cannot be right is set aside and told
to a person, and what we had stays in force.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError

from parking.actions import hours, send
from parking.actions.hours import Version
from parking.law import price
from parking.law.charge_terms import ChargeTerms
from parking.law.days import Period, danish_day
from parking.law.record import as_json, from_json
from parking.ports import Outside
from parking.records.charge_report import ReportDeadline
from parking.records.collection import ChargeTermsVersion
from parking.records.offence import OffenceVersion
from parking.records.ranges import as_period, as_range
from parking.records.recording import one_at_a_time, recording
from parking.records.tariff import FareLine, TermsVersion
from parking.records.zone import PrivateCommonRoad

#: How many times dearer or cheaper than the fare before it a fare may be. ASSUMED: the city's
#: largest step from one year to the next was below two.
_MOST_TIMES = 3
#: How long ahead every tier must have a fare: who buys chooses a day up to 30 days ahead, and a
#: price list needs its time to be mended.
_LOOK_AHEAD = timedelta(days=60)
_FAR = date.max


class BadTariff(ValueError):
    """A file of the tariff contradicts itself or what is in force; says which line."""


def seed_tariff(folder: Path, *, today: date | None = None) -> int:
    """Take over the versions in the files of *folder* that we do not have yet; return how many.

    A version that is in force is never edited: a file that says otherwise is refused. But one that
    has no end may be given one that lies after *today*, so that another can follow it.

    :raises BadTariff: if a file contradicts what is recorded.
    """
    changed = 0
    for file in sorted(folder.glob("*.toml")):
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        with recording():
            one_at_a_time("catalogue", "tariff")
            known: dict[Any, list[Any]] = {}
            for version in _versions(said):
                if version.table not in known:
                    known[version.table] = list(version.table.objects.all())
                row = _row(known[version.table], version, file, today)
                if row is None:
                    continue
                changed += 1
                if row.pk is None:
                    known[version.table].append(row)
                else:
                    row.save()
            for table, rows in known.items():
                table.objects.bulk_create(row for row in rows if row.pk is None)
    return changed


def _versions(said: Mapping[str, Any]) -> list[Version]:
    """Return the versions in a file, the earlier before those that follow them."""
    terms = said.get("terms", [])
    roads = said.get("private_common_road", [])
    found = [
        *(Version(TermsVersion, ("product",), each) for each in terms),
        *(Version(PrivateCommonRoad, ("municipality", "road_code"), each) for each in roads),
        *(charge_terms(each) for each in said.get("charge_terms", [])),
        *(Version(ReportDeadline, (), each) for each in said.get("report_deadline", [])),
        *hours.versions(said),
        *(Version(OffenceVersion, ("code",), _offence(each)) for each in said.get("offence", [])),
    ]
    return sorted(found, key=lambda version: version.said["from"])


def charge_terms(said: Mapping[str, Any]) -> Version:
    """Return a version of the numbers for charges as a file of the tariff says it.

    :raises UnreadableRecord: if a number is missing, or is none.
    :raises ValueError: if the numbers contradict each other.
    """
    named = {"from", "until", "source"}
    numbers = {name: value for name, value in said.items() if name not in named}
    read = from_json(ChargeTerms, numbers)
    told = {name: value for name, value in said.items() if name in named}
    return Version(ChargeTermsVersion, (), told | {"numbers": as_json(read)})


def _offence(said: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: value for name, value in said.items() if name != "amount"}
    return {"heavy": False, **columns, "amount_ore": said["amount"]["ore"]}


def _row(known: Iterable[Any], version: Version, file: Path, today: date | None) -> Any | None:
    """Return the row to be added, or the one that is given its end; ``None`` if all is as said.

    :raises BadTariff: if it contradicts one of those that are *known*.
    """
    said, keys = version.said, version.keys
    values = {name: value for name, value in said.items() if name not in {"from", "until"}}
    period = Period(said["from"], said.get("until"))
    same = [row for row in known if all(getattr(row, key) == said[key] for key in keys)]
    existing = next((row for row in same if as_period(row.in_force).overlaps(period)), None)
    if existing is None:
        return version.table(**values, in_force=as_range(period))
    recorded = as_period(existing.in_force)
    if values == {name: getattr(existing, name) for name in values}:
        if recorded == period:
            return None
        ends_ahead = today is not None and period.end is not None and period.end > today
        if recorded == Period(period.start) and ends_ahead:
            existing.in_force = as_range(period)
            return existing
    what = " ".join(str(said[key]) for key in keys) or version.table._meta.db_table
    raise BadTariff(f"{file.name}: {what} from {said['from']} is recorded differently")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching: how much is new, what was set aside, and what waits for a yes."""

    new: int
    set_aside: tuple[str, ...] = ()
    case: str = ""  #: the number of the case in which somebody must say yes


def fetch_fares(outside: Outside, *, now: datetime) -> Fetched:
    """Take over the price list of the accounts, except what cannot be right.

    Set aside are a price of nothing where only the free tier costs nothing, a price out of all
    proportion to the one before it, and another price for a fare that is in force: history is not
    rewritten, though a fare may be given an end that lies ahead. What we have and the list lacks
    stays in force. All of it is told to a person, and so is a tier that nobody could be sold within
    the months to come.

    :raises Unavailable: if the accounts did not answer whole; nothing has changed.
    :raises Rejected: if they would not answer.
    """
    fares, today = outside.accounts.fares(), danish_day(now)
    new, set_aside = 0, []
    # In order of time, so that one fare has got its end before the next one begins.
    for fare in sorted(fares, key=lambda fare: fare.in_force.start):
        wrong = _wrong_with(fare)
        if wrong is None:
            try:
                with recording():
                    one_at_a_time("catalogue", "fares")
                    new += _take_over(fare, today, now)
            except (_Contradiction, IntegrityError):
                wrong = "contradicts a fare that is in force"
        if wrong:
            name = _name(fare.product, fare.tier, fare.in_force.start)
            set_aside.append(f"{name}: {wrong}")
            with recording():
                send.raise_incident(
                    f"fare {name} {fare.price.ore}", "fare set aside", detail=wrong, now=now
                )
    for name, since in _missing_from(fares, today):
        set_aside.append(f"{name}: missing")
        with recording():
            send.raise_incident(f"fare {name} missing", "fare missing", detail=since, now=now)
    return Fetched(new, tuple(set_aside))


class _Contradiction(ValueError):
    pass


def _name(product: str, tier: str, start: date) -> str:
    return f"{product} {tier} from {start}"


def _wrong_with(fare: price.Fare) -> str | None:
    if fare.price.ore < 0:
        return "a negative price"
    if not fare.price and fare.tier != price.FREE:
        return "costs nothing"
    before = (
        FareLine.objects.filter(
            product=fare.product, tier=fare.tier, in_force__startswith__lt=fare.in_force.start
        )
        .order_by("-in_force__startswith")
        .first()
    )
    if before is not None and before.price_ore:
        times = fare.price.ore / before.price_ore
        if not 1 / _MOST_TIMES <= times <= _MOST_TIMES:
            return f"{times:.3g} times the price before it"
    return None


def _take_over(fare: price.Fare, today: date, now: datetime) -> bool:
    same = FareLine.objects.filter(product=fare.product, tier=fare.tier)
    known = same.filter(in_force__startswith=fare.in_force.start).first()
    if known is not None:
        if known.as_law() == fare:
            return False
        if fare.in_force.start <= today:
            _give_end(known, fare, today)
            return True
        known.delete()  # not in force yet: the accounts may still change their mind
    FareLine.objects.create(
        product=fare.product,
        item_number=fare.item_number,
        tier=fare.tier,
        price_ore=fare.price.ore,
        in_force=as_range(fare.in_force),
        fetched=now,
    )
    return True


def _give_end(known: FareLine, fare: price.Fare, today: date) -> None:
    """Let a fare that is in force end on another day, of those that lie ahead."""
    was = known.as_law()
    ends = [period.end for period in (was.in_force, fare.in_force) if period.end is not None]
    if replace(was, in_force=fare.in_force) != fare or min(ends) <= today:
        raise _Contradiction
    known.in_force = as_range(fare.in_force)
    known.save()


def _missing_from(fares: Iterable[price.Fare], today: date) -> Iterator[tuple[str, str]]:
    """Yield what we sell by and the list lacks, and what nobody could buy in the months to come.

    A fare that has ended may be missing; a tier whose last fare ends without a successor may not.
    """
    listed = {(fare.product, fare.tier, fare.in_force.start) for fare in fares}
    sold: dict[tuple[str, str], list[Period]] = {}
    for line in FareLine.objects.order_by("in_force"):
        fare = line.as_law()
        if fare.in_force.end is not None and fare.in_force.end <= today:
            continue
        sold.setdefault((fare.product, fare.tier), []).append(fare.in_force)
        if (fare.product, fare.tier, fare.in_force.start) not in listed:
            yield _name(fare.product, fare.tier, fare.in_force.start), "not in the price list"
    for (product, tier), periods in sold.items():
        day = today
        for period in periods:
            day = period.end or _FAR if day in period else day
        if day < today + _LOOK_AHEAD:
            yield _name(product, tier, day), "no fare from then on"
