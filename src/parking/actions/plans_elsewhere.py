"""Plans that were agreed in the charge system itself: read here, and kept there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from parking.actions import charge as charges
from parking.law.money import NOTHING, Money, total
from parking.ports import Outside, PortError
from parking.ports.charges import ChargePlan
from parking.ports.patience import patience
from parking.records.charge import Charge

#: How long somebody who looks at a charge waits for its plan, in seconds.
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a plan, and what is left of it to pay."""

    number: int
    due: date
    amount: Money
    left: Money
    is_late: bool  #: whether something is left that should have been paid


@dataclass(frozen=True, slots=True)
class PlanElsewhere:
    """A plan as the charge system tells it; without instalments, if it does not answer now."""

    instalments: tuple[Instalment, ...] = ()


def of(outside: Outside, charge: Charge, *, on: date) -> PlanElsewhere | None:
    """Return the plan that *charge* is on and that is not one of ours; ``None`` if there is none.

    What was to be paid before the day *on* and is not is late.
    Whoever shows it to somebody sees to it that the debt is theirs: it may be about more charges.
    """
    told = charges.answer_of(charge).plan
    if not told or any(each.plan.source_id in {told, ""} for each in charge.instalments.all()):
        return None
    try:
        with patience(_PATIENCE):
            plan = outside.charges.plan(told)
    except PortError:
        return PlanElsewhere()
    return PlanElsewhere(tuple(_instalments(plan, on)))


def _instalments(plan: ChargePlan, on: date) -> Iterator[Instalment]:
    """Yield each part with what is left of it: what was paid since went to the first of them."""
    theirs = Charge.objects.filter(source_id__in=plan.charges).with_what_was_done()
    balances = [charges.balance_if_known(each) for each in theirs]
    owed = total(each.owed for each in balances if each is not None)
    paid = max(total(each.amount for each in plan.instalments) - owed, NOTHING)
    for each in sorted(plan.instalments, key=lambda each: each.number):
        covered = min(paid, each.amount)
        paid -= covered
        left = each.amount - covered
        yield Instalment(each.number, each.due, each.amount, left, bool(left) and each.due < on)
