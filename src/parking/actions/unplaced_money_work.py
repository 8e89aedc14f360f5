"""What a case worker does about money that is not where it belongs: place it, or pay it back.

Each is one decision in one commit. What goes back counts on the charge at once. The charge system
is told, and pays it to the account it came from; so it does with money of no charge (ASSUMED).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q

from parking.actions import bank, caseload, casework, charge_letters, claims, send
from parking.actions import charge as charges
from parking.actions.turns import keeping_nobody_waiting
from parking.law import case as law
from parking.law import charge as charge_law
from parking.law.charge import ChargeNumber, EntriesDisagree
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import DENMARK
from parking.law.money import NOTHING, Money
from parking.records.case import Case
from parking.records.charge import Charge, ChargeHolder
from parking.records.collection import BankEntry
from parking.records.outbox import Outgoing
from parking.records.recording import each_one_at_a_time, one_at_a_time, recording
from parking.records.staff import Staff
from parking.records.unplaced_money import BankRefund, UnplacedMoney

#: What can be done about the money, by why it is here.
STEPS: Final = {
    UnplacedMoney.Why.FITS_NOTHING: (law.Step.PLACE, law.Step.PAY_BACK, law.Step.NOTHING_TO_DO),
    UnplacedMoney.Why.NOT_BOOKED: (law.Step.PLACE, law.Step.PAY_BACK, law.Step.NOTHING_TO_DO),
    UnplacedMoney.Why.TAKEN_BACK: (law.Step.PLACE, law.Step.NOTHING_TO_DO),
    UnplacedMoney.Why.OVERPAID: (law.Step.PLACE, law.Step.PAY_BACK),
}


class NoSuchPlace(ValueError):
    """The money cannot be placed there: no such charge, the same one, or nothing to undo on it."""


class MoreThanIsOwed(NoSuchPlace):
    """The money is more than is owed there: it would be too much on that charge in turn."""

    def __init__(self, number: ChargeNumber, owed: Money) -> None:
        """Say how much is *owed* on the charge *number*."""
        super().__init__(number)
        self.owed = owed


def place(
    staff: Staff, case: Case, number: ChargeNumber, *, text: str, version: int, now: datetime
) -> None:
    """Book the money of *case* on the charge *number*; or, if the bank took it back, off it.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it.
    :raises NoSuchPlace: if it cannot be placed there.
    :raises MoreThanIsOwed: if not so much is owed there.
    :raises OwnCase: if the charge is of a vehicle of their own.
    """
    charge = Charge.objects.filter(number=number).first()
    if charge is None or charge.id == case.money.charge_id:
        raise NoSuchPlace(number)
    own = casework.own_numbers(staff)
    if own and ChargeHolder.objects.filter(charge=charge, number_fingerprint__in=own).exists():
        raise casework.OwnCase(case.number)
    with recording():
        each_one_at_a_time("charge", {charge.id, case.money.charge_id or charge.id})
        case = _locked(staff, case, law.Step.PLACE, version)
        money, said = case.money, f"{number}: {text}"
        caseload.step(case, Actor.CASE_WORKER, law.Step.PLACE, now=now, staff=staff, text=said)
        if money.why == UnplacedMoney.Why.TAKEN_BACK:
            if not bank.undo(charge, money.amount, number=case.number, now=now):
                raise NoSuchPlace(number)
            _becomes(money, BankEntry.Became.UNDONE)
            return
        if money.amount > (owed := _owed(charge)):
            raise MoreThanIsOwed(number, owed)
        entry, paid = money.entry, money.came
        if money.charge is not None:
            charge_letters.about_move(money.charge, money.amount, charge, now=now)
            paid = bank.give_back(
                money.charge, money.amount, why=BankRefund.Why.MOVED, number=case.number, now=now
            )
        claims.book_bank_payment(
            charge,
            money.amount,
            reference=f"bank-{entry.reference}" if entry else f"{charges.MOVED}{case.number}",
            paid=datetime.combine(paid, datetime.min.time(), DENMARK),
            now=now,
        )
        _becomes(money, BankEntry.Became.CHARGE)


def pay_back(staff: Staff, case: Case, *, text: str, version: int, now: datetime) -> None:
    """Order the money of *case* to be paid back to whoever paid it.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or it is not ours to pay back.
    """
    with recording():
        case = _locked(staff, case, law.Step.PAY_BACK, version)
        money = case.money
        caseload.step(case, Actor.CASE_WORKER, law.Step.PAY_BACK, now=now, staff=staff, text=text)
        if money.charge is not None:
            bank.give_back(
                money.charge, money.amount, why=BankRefund.Why.PAID_OUT, number=case.number, now=now
            )
            return
        assert money.entry is not None
        send.put(
            Outgoing.Kind.PAY_OUT,
            key=f"pay out {case.number}",
            lane=f"bank {money.entry.id}",
            payload={"case": str(case.id)},
            now=now,
        )
        _becomes(money, BankEntry.Became.PAID_BACK)


def pay_back_what_was_annulled(*, now: datetime) -> int:
    """Pay back by itself what was paid on a charge before it was annulled; return how often.

    A case that somebody has taken is left to them, and so is money that came after the annulment:
    it may have been meant for another charge.
    """
    done = 0
    overpaid = Q(unplaced_money__why=UnplacedMoney.Why.OVERPAID)
    annulled = Q(unplaced_money__charge__state=charge_law.State.ANNULLED.value)
    waiting = Case.objects.filter(overpaid & annulled, state=law.State.OPEN.value)
    for case_id, number, charge_id in waiting.order_by("opened").values_list(
        "id", "number", "unplaced_money__charge"
    ):
        with keeping_nobody_waiting("case", number), recording():
            one_at_a_time("charge", charge_id)
            case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
            charge = Charge.objects.get(id=charge_id)
            if case.stands is law.State.OPEN and bank.was_paid_before_it_was_annulled(charge):
                caseload.step(case, Actor.SYSTEM, law.Step.PAY_BACK, now=now)
                bank.give_back(
                    charge, case.money.amount, why=BankRefund.Why.PAID_OUT, number=number, now=now
                )
                done += 1
    return done


def close(staff: Staff, case: Case, *, text: str, version: int, now: datetime) -> None:
    """End *case* with nothing done: the bank's entry is settled by another.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or the money is too much on a charge.
    """
    with recording():
        case = _locked(staff, case, law.Step.NOTHING_TO_DO, version)
        step = law.Step.NOTHING_TO_DO
        caseload.step(case, Actor.CASE_WORKER, step, now=now, staff=staff, text=text)
        _becomes(case.money, BankEntry.Became.SETTLED)


def _locked(staff: Staff, case: Case, step: law.Step, version: int) -> Case:
    case = casework.locked_of(staff, case, version)
    if step not in STEPS[UnplacedMoney.Why(case.money.why)]:
        raise StepNotAllowed(f"{case.number}: {step.value}")
    return case


def _owed(charge: Charge) -> Money:
    """Return what is owed on *charge*; nothing if its account contradicts itself."""
    try:
        return charges.balance(charge).owed
    except EntriesDisagree:
        return NOTHING


def _becomes(money: UnplacedMoney, what: BankEntry.Became) -> None:
    if money.entry is not None:
        money.entry.became = what
        money.entry.save()
