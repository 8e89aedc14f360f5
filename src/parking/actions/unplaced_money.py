"""Money that is not where it belongs: it has a case by itself, as long as it is not.

What fits nothing, cannot be counted up, or was taken back of nobody knows what, waits for a case
worker; so does what is too much on a charge and has no card to go back to. What they do about it is
in `unplaced_money_work`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from parking.actions import caseload
from parking.law import case as law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.money import Money
from parking.records import case as cases
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.collection import BankEntry, charge_terms_on
from parking.records.unplaced_money import UnplacedMoney

log = structlog.get_logger(__name__)

_UNFINISHED: Final = [state.value for state in law.UNFINISHED]


def open_about(entry: BankEntry, why: UnplacedMoney.Why, *, now: datetime) -> Case:
    """Open a case about what the bank told, within a recording."""
    money = UnplacedMoney.objects.create(
        why=why, entry=entry, amount_ore=abs(entry.amount_ore), came=entry.booked
    )
    return _open(money, now)


def withdraw(entry: BankEntry, *, now: datetime) -> bool:
    """End the case about money that came and was taken back; tell whether there was one.

    Within a recording.
    """
    cases_of = Case.objects.select_for_update(of=("self",)).filter(state__in=_UNFINISHED)
    case = cases_of.filter(unplaced_money__entry=entry).first()
    if case is None:
        return False
    caseload.step(case, Actor.SYSTEM, law.Step.WITHDRAW, now=now)
    return True


def follow(charge: Charge, overpaid: Money, *, now: datetime) -> None:
    """Have a case as long as *overpaid* of *charge* can go back to no card.

    Within a recording that nobody else records about the charge in. What was decided about is not
    overpaid any more, so what comes later has a case of its own.
    """
    known = waiting(charge)
    if known is None and overpaid:
        money = UnplacedMoney.objects.create(
            why=UnplacedMoney.Why.OVERPAID,
            charge=charge,
            amount_ore=overpaid.ore,
            came=danish_day(now),
        )
        _open(money, now)
    elif known is not None and not overpaid:
        caseload.step(known, Actor.SYSTEM, law.Step.WITHDRAW, now=now)
    elif known is not None and known.money.amount != overpaid:
        known.money.amount_ore = overpaid.ore
        known.money.save()
        known.version += 1  # whoever has the page open must see it
        known.save()


def waiting(charge: Charge) -> Case | None:
    """Return the case about what is too much on *charge*, locked for the rest of the recording."""
    unfinished = Case.objects.select_for_update(of=("self",)).filter(state__in=_UNFINISHED)
    return unfinished.filter(unplaced_money__charge=charge).select_related("unplaced_money").first()


def charges_that_wait(ids: Iterable[UUID]) -> list[UUID]:
    """Return those of the charges *ids* that have a case about what is too much on them."""
    waits = Case.objects.filter(state__in=_UNFINISHED, unplaced_money__charge__in=list(ids))
    return [each for each in waits.values_list("unplaced_money__charge", flat=True) if each]


def _open(money: UnplacedMoney, now: datetime) -> Case:
    today = danish_day(now)
    case = Case.objects.create(
        number=cases.next_number(),
        kind=law.Kind.MONEY.value,
        unplaced_money=money,
        opened=now,
        due=today + timedelta(days=charge_terms_on(today).case_days),
    )
    log.info("money must be placed", case=case.number, why=money.why)
    return case
