"""What a party can do about their own data: see who has looked, take it all along, have it erased.

What there is about a party is found by following the keys that lead to them, table by table, so
that a table added later is in it without anybody thinking of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BinaryField, Field, ForeignKey, Max, Model, QuerySet

from parking.actions import apply, charge, retention
from parking.law import order as order_law
from parking.law.application import State
from parking.law.complaint import State as ComplaintState
from parking.law.days import danish_day
from parking.law.permit import State as PermitState
from parking.law.retention import TIME_TO_COMPLAIN, Keep, Matter, keep
from parking.records.application import Application
from parking.records.audit import LookUp
from parking.records.charge import Charge, ChargeHolder
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.collection import ChargePause, ChargeStep
from parking.records.complaint import Complaint, ComplaintFile, ComplaintPiece
from parking.records.document import Document
from parking.records.forgetting import forgetting
from parking.records.letter import Letter
from parking.records.order import Order
from parking.records.party import LoginSession, Party
from parking.records.permit import Permit
from parking.records.ranges import DateRangeField, as_period
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff

# What there is


#: What a copy leaves out, and why. It is the party's own copy; these are not about the party.
LEFT_OUT: Final[Mapping[tuple[str, str], str]] = {
    ("charge", "code_hash"): "made of the code on the slip",
    ("charge_pause", "reason"): "it may tell of somebody else who had the vehicle",
    ("charge_holder", "number_fingerprint"): "made of the person number with a secret key",
    ("charge_holder", "number_sealed"): "the person number itself is told instead",
    ("letter", "addressee_fingerprint"): "made of the person number with a secret key",
    ("letter", "addressee_sealed"): "the person number itself is told instead",
    ("login_session", "session_key"): "opens the session to whoever has it",
    ("party", "number_sealed"): "the person number itself is told instead",
    ("party", "number_fingerprints"): "made of the person numbers with a secret key",
    ("party", "former_customer"): "not known to be theirs",
    ("party", "former_fingerprints"): "not known to be theirs",
    ("party", "former_sealed"): "not known to be theirs",
}


@dataclass(frozen=True, slots=True)
class Table:
    """All rows of one table that are about a party: column → value, ready for JSON."""

    name: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """Everything we have about a party."""

    made: datetime
    tables: tuple[Table, ...]
    files: Mapping[str, bytes] = field(repr=False)  #: those that rows name

    def as_json(self) -> str:
        """Return the tables for machines to read."""
        everything = {"made": self.made, "tables": {each.name: each.rows for each in self.tables}}
        return json.dumps(everything, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)


def copy_of(party: Party, *, now: datetime) -> Copy:
    """Return everything in our tables that refers to *party*, themselves first."""
    files: dict[str, bytes] = {}
    tables = [
        Table(model._meta.db_table, tuple(_told(row, files) for row in rows))
        for model, rows in about(party).items()
    ]
    return Copy(made=now, tables=tuple(tables), files=files)


def about(party: Party) -> dict[type[Model], list[Model]]:
    """Return every row that refers to *party*, or to a row that does, by table."""
    found: dict[type[Model], set[Any]] = {Party: {party.pk}}
    waiting: list[type[Model]] = [Party]
    while waiting:
        model = waiting.pop()
        for key in _keys_to(model):
            known = found.setdefault(key.model, set())
            rows = key.model._default_manager.filter(**{f"{key.name}__in": found[model]})
            if more := set(rows.values_list("pk", flat=True)) - known:
                known |= more
                waiting.append(key.model)
    _add_charges(found, party)
    return {
        model: list(model._default_manager.filter(pk__in=keys).order_by("pk"))
        for model, keys in found.items()
    }


def _add_charges(found: dict[type[Model], set[Any]], party: Party) -> None:
    """Add the charges on the party's page: nothing refers to them but the party's number.

    Who else has held, claimed, paid or complained about one is not the party's to see.
    """
    charges = set(charge.mine(party).values_list("pk", flat=True))
    held = ChargeHolder.objects.filter(charge__in=charges).of(party)
    if charges:
        found.setdefault(Charge, set()).update(charges)
        found.setdefault(ChargeHolder, set()).update(held.values_list("pk", flat=True))
        letters = Letter.objects.filter(
            charge__in=charges, addressee_fingerprint__in=party.number_fingerprints
        )
        found.setdefault(Letter, set()).update(letters.values_list("pk", flat=True))
        for model in (ChargeStep, ChargePause):
            rows = model._default_manager.filter(charge__in=charges)
            found.setdefault(model, set()).update(rows.values_list("pk", flat=True))
        seen = ChargeCheck.objects.filter(charge__in=charges, party=None)
        found.setdefault(ChargeCheck, set()).update(seen.values_list("pk", flat=True))
        annulled = ChargeAnnulment.objects.filter(charge__in=charges, complaint=None)
        found.setdefault(ChargeAnnulment, set()).update(annulled.values_list("pk", flat=True))


@cache
def _keys_to(model: type[Model]) -> tuple[ForeignKey[Any, Any], ...]:
    return tuple(
        key
        for other in apps.get_app_config("records").get_models()
        for key in other._meta.concrete_fields
        if isinstance(key, ForeignKey) and key.related_model is model
    )


def _told(row: Model, files: dict[str, bytes]) -> dict[str, Any]:
    table = row._meta.db_table
    told = {
        column.name: _value(row, column, files)
        for column in row._meta.concrete_fields
        if (table, column.name) not in LEFT_OUT
    }
    return told | {"person_number": row.person_number} if isinstance(row, Party) else told


def _value(row: Model, column: Field[Any, Any], files: dict[str, bytes]) -> Any:
    if isinstance(column, ForeignKey) and column.related_model is Staff:
        # Who of us it was is theirs; the unit answers for it.
        staff: Staff | None = getattr(row, column.name)
        return staff and staff.unit
    value = getattr(row, column.attname)
    if isinstance(column, BinaryField):
        name = f"{row._meta.db_table}/{row.pk}{_ending(row)}"
        files[name] = bytes(value)
        return name
    if isinstance(column, DateRangeField) and value is not None:
        days = as_period(value)
        return {"first": days.start, "last": days.last_day}
    return _without_others(value)


def _ending(row: Model) -> str:
    kind = getattr(row, "media_type", "application/pdf")
    endings = {"image/png": ".png", "image/jpeg": ".jpg", "application/octet-stream": ".part"}
    return endings.get(kind, ".pdf")


def _without_others(value: Any) -> Any:
    """Return *value* without what facts say of other people's permits for the same vehicle."""
    if isinstance(value, dict):
        if value.get("own") is False:
            return {"own": False}
        return {name: _without_others(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_others(part) for part in value]
    return value


# Who has looked


def look_ups(party: Party) -> QuerySet[LookUp]:
    """Return every look at *party*'s data, the newest first; who of us it was is only a key."""
    return LookUp.objects.filter(party=party).order_by("-at", "-id")


#: So long the same person's looks for the same purpose are told as one.
_ONE_SITTING: Final = timedelta(hours=1)


def together(looks: Iterable[LookUp]) -> Iterator[list[LookUp]]:
    """Yield *looks*, the newest first, in lists of those that are one look to whoever reads them.

    They were made at once, or by one person of ours about one matter, for one purpose, in one
    sitting. All of them stay on record.
    """
    one: list[LookUp] = []
    for look in looks:
        if one and not _is_same(one[0], look):
            yield one
            one = []
        one.append(look)
    if one:
        yield one


def _is_same(newest: LookUp, look: LookUp) -> bool:
    by_whom = [
        (each.asked_by, each.staff_id, each.purpose, each.reference) for each in (newest, look)
    ]
    if by_whom[0] != by_whom[1]:
        return False
    within = _ONE_SITTING if look.staff_id is not None else timedelta()
    return newest.at - look.at <= within


# Erasing


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that the law keeps, although erasure was asked for."""

    matter: Matter
    count: int
    until: date | None  #: the last day of the newest; ``None`` while it is in use


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased."""

    email: bool
    drafts: int
    withdrawn: int
    applications: int
    logins: int


def kept(party: Party, *, now: datetime) -> list[Kept]:
    """Return what stays of *party*'s data if they have it erased, why, and until when."""
    today = danish_day(now)

    def rule(matter: Matter) -> Keep:
        return keep(matter, today)

    found: list[Kept] = []
    orders = Order.objects.filter(party=party)
    paid = orders.exclude(
        state__in=[order_law.State.CANCELLED.value, order_law.State.EXPIRED.value]
    )
    if count := paid.count():
        settled = paid.aggregate(at=Max("settled"))["at"] or now
        found.append(Kept(Matter.ACCOUNTS, count, rule(Matter.ACCOUNTS).until(danish_day(settled))))
    permits = list(
        Permit.objects.filter(
            party=party, state__in=[PermitState.ACTIVE.value, PermitState.ENDED.value]
        )
    )
    if permits:
        last = max(each.ended_on or each.last_day for each in permits)
        found.append(Kept(Matter.PERMITS, len(permits), rule(Matter.PERMITS).until(last)))
    found += _kept_applications(party, now)
    documents = Document.objects.filter(party=party).exclude(state=Document.State.DRAFT)
    if count := documents.count():
        decided = documents.aggregate(at=Max("application__cases__closed"))["at"]
        last_day = rule(Matter.DOCUMENTS).until(danish_day(decided)) if decided else None
        found.append(Kept(Matter.DOCUMENTS, count, last_day))
    complaints = Complaint.objects.filter(party=party).exclude(received=None)
    if count := complaints.count():
        changed = complaints.aggregate(at=Max("changed"))["at"]
        found.append(Kept(Matter.CASES, count, rule(Matter.CASES).until(danish_day(changed))))
    charges = charge.mine(party).order_by()
    if count := charges.count():
        changed = charges.aggregate(at=Max("learnt"))["at"]
        found.append(Kept(Matter.CHARGES, count, rule(Matter.CHARGES).until(danish_day(changed))))
    looks = LookUp.objects.filter(party=party)
    if count := looks.count():
        at = looks.aggregate(at=Max("at"))["at"]
        found.append(Kept(Matter.LOOK_UPS, count, rule(Matter.LOOK_UPS).until(danish_day(at))))
    # Who the rest is about is kept as long as the rest.
    untils = [each.until for each in found]
    alone = rule(Matter.PARTIES).until(danish_day(party.last_seen))
    last_of_all = None if None in untils else max([alone, *(day for day in untils if day)])
    return [*found, Kept(Matter.PARTIES, 1, last_of_all)]


def _kept_applications(party: Party, now: datetime) -> list[Kept]:
    found = []
    today = danish_day(now)
    fresh = _unfinished(party).filter(cases=None).exclude(pk__in=_erasable(party, now).values("pk"))
    if count := fresh.count():
        found.append(Kept(Matter.UNFINISHED, count, keep(Matter.UNFINISHED, today).until(today)))
    decided = Application.objects.filter(party=party, permits=None).exclude(cases=None).distinct()
    if count := decided.count():
        closed = decided.aggregate(at=Max("cases__closed"))["at"] or now
        until = keep(Matter.CASES, today).until(danish_day(closed))
        found.append(Kept(Matter.CASES, count, until))
    return found


def _unfinished(party: Party) -> QuerySet[Application]:
    return Application.objects.filter(party=party, permits=None, lines=None)


def _erasable(party: Party, now: datetime) -> QuerySet[Application]:
    """Return the applications that can go at once: nobody could still complain of the answer."""
    return (
        _unfinished(party)
        .filter(cases=None, changed__lt=now - TIME_TO_COMPLAIN)
        .exclude(decisions__decided__gte=now - TIME_TO_COMPLAIN)
    )


def erase(party: Party, *, session_key: str, now: datetime) -> Erased:
    """Erase what nothing says must be kept; the session *session_key* goes on.

    Applications of which nothing has come are withdrawn. What stays, `kept` says.
    """
    with recording():
        one_at_a_time("party", party.id)
        unsent_ones = Complaint.objects.filter(party=party, state=ComplaintState.DRAFT.value)
        ComplaintFile.objects.filter(complaint__in=unsent_ones).delete()
        ComplaintPiece.objects.filter(complaint__party=party).delete()
        unsent, _ = unsent_ones.delete()
        drafts, _ = Document.objects.filter(party=party, state=Document.State.DRAFT).delete()
        email = bool(Party.objects.filter(id=party.id).exclude(email="").update(email=""))
        elsewhere = LoginSession.objects.filter(party=party).exclude(session_key=session_key)
        keys = list(elsewhere.values_list("session_key", flat=True))
        elsewhere.delete()
        Session.objects.filter(session_key__in=keys).delete()
    party.email = ""
    old = list(_erasable(party, now).values_list("id", flat=True))
    begun = [State.DRAFT.value, State.WAITING.value, State.IN_BASKET.value]
    fresh = list(Application.objects.filter(party=party, state__in=begun).exclude(id__in=old))
    for application in fresh:
        apply.withdraw(party, application, now=now)
    with forgetting():
        one_at_a_time("party", party.id)
        retention.forget_whole(old)
    return Erased(
        email=email,
        drafts=drafts + unsent,
        withdrawn=len(fresh),
        applications=len(old),
        logins=len(keys),
    )
