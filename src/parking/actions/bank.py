"""Money that came by payment slip: read from the bank, once, and counted on what it pays.

Each entry has the bank's own reference, and is booked once however often it is told. What fits
nothing has a case in the office, and is never lost; so has what cannot be counted up, what is too
much, and what the bank took back of nobody knows what. What goes back of such money counts at once,
and the charge system is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final

import structlog
from django.db import OperationalError
from django.db.models import Q

from parking.actions import charge as charges
from parking.actions import charge_letters, claims, plan, send, unplaced_money
from parking.law import fik
from parking.law.charge import ChargeNumber, EntriesDisagree, Entry, Kind, merged
from parking.law.course import StepNotAllowed
from parking.law.days import DENMARK, danish_day
from parking.law.fik import InstalmentPaid
from parking.law.money import NOTHING, Money
from parking.ports import Outside
from parking.ports.bank import BankEntry as ToldEntry
from parking.records.charge import Charge, ChargePayment
from parking.records.collection import BankEntry, BankFeed, Plan
from parking.records.outbox import Outgoing
from parking.records.recording import by_itself, each_one_at_a_time, one_at_a_time, recording
from parking.records.unplaced_money import BankRefund, UnplacedMoney

log = structlog.get_logger(__name__)

_Became = BankEntry.Became
#: What waits for a case worker, and why.
_WAITS: Final = {
    _Became.FITS_NOTHING: UnplacedMoney.Why.FITS_NOTHING,
    _Became.NOT_BOOKED: UnplacedMoney.Why.NOT_BOOKED,
    _Became.TAKEN_BACK: UnplacedMoney.Why.TAKEN_BACK,
}
_PAID: Final = (_Became.CHARGE, _Became.PLAN)
#: The payments that an entry became: one, or one of each charge of a plan. The bank's reference
#: may be 35 long, and ours 40.
_OUR_REFERENCE: Final = re.compile(r"(?:bank|b\d+)-(.+)")
_MOST_PARTS: Final = 500  #: more charges than that are in no plan
_COLLECTED: Final = "COLL-"  #: what the debt collection agency sent us, and no bank takes back


def read(outside: Outside, *, now: datetime) -> int:
    """Book what the bank has told since we last read; return how many entries were new.

    :raises Unavailable: if the bank did not answer, or with what does not add up: what was read
        before stays, and the next call goes on there.
    :raises Rejected: if it would not answer.
    """
    new = 0
    while True:
        cursor = _feed().cursor
        page = outside.bank.entries(cursor)
        with recording():
            one_at_a_time("bank", "feed")
            feed = _feed()
            if feed.cursor != cursor:  # somebody else has read on meanwhile
                return new
            _lock_what_is_paid(page.entries)
            new += sum(_book(entry, now) for entry in page.entries)
            feed.cursor = page.next
            feed.save()
        if not page.more:
            return new


def _feed() -> BankFeed:
    return BankFeed.objects.filter(only=True).first() or BankFeed()


def _lock_what_is_paid(entries: Iterable[ToldEntry]) -> None:
    """Let nobody else record about what *entries* pay, all at once and in everybody's order."""
    meant = [_meaning(entry) for entry in entries]
    plans = [each.plan for each in meant if isinstance(each, InstalmentPaid)]
    numbers = [each for each in meant if each is not None and not isinstance(each, InstalmentPaid)]
    paid = Charge.objects.filter(Q(number__in=numbers) | Q(instalments__plan__number__in=plans))
    each_one_at_a_time("charge", paid.values_list("id", flat=True))


def _meaning(told: ToldEntry) -> ChargeNumber | InstalmentPaid | None:
    return fik.meaning(told.slip_id) if told.slip_type == "71" else None


def _book(told: ToldEntry, now: datetime) -> bool:
    entry, new = BankEntry.objects.get_or_create(
        reference=told.reference[:80],
        defaults={
            "payment_id": told.slip_id[:30],
            "amount_ore": told.amount.ore,
            "booked": told.booked,
            "text": told.text[:140],
            "read": now,
            "became": _Became.FITS_NOTHING,
        },
    )
    if not new:
        return False
    entry.became = _became(entry.came_from(told.payer), told, now)
    entry.save()
    why = _WAITS.get(_Became(entry.became))
    if why is not None and entry.amount_ore:
        unplaced_money.open_about(entry, why, now=now)
    return True


def _became(entry: BankEntry, told: ToldEntry, now: datetime) -> BankEntry.Became:
    """Book one entry by itself: one that cannot be keeps none of the others from being booked."""
    failed = _Became.NOT_BOOKED if told.amount > NOTHING else _Became.TAKEN_BACK
    try:
        with by_itself():
            return _paid(told, now) if told.amount > NOTHING else _undone(entry, now)
    except EntriesDisagree:
        return failed
    except OperationalError:  # the database's trouble, and none of the entry's
        raise
    except Exception as error:
        log.exception("an entry was not booked", entry=entry.reference)
        send.raise_incident(
            f"bank {entry.reference}", "an entry of the bank was not booked", now=now,
            detail=type(error).__name__,
        )  # fmt: skip
        return failed


# What came


def _paid(told: ToldEntry, now: datetime) -> BankEntry.Became:
    meant = _meaning(told)
    if isinstance(meant, InstalmentPaid):
        return _Became.PLAN if _pay_plan(told, meant, now) else _Became.FITS_NOTHING
    charge = Charge.objects.filter(number=meant).first() if meant is not None else None
    if charge is None:
        return _Became.FITS_NOTHING
    _pay(charge, told, told.amount, f"bank-{told.reference}", now)
    return _Became.CHARGE


def _pay(charge: Charge, told: ToldEntry, amount: Money, reference: str, now: datetime) -> None:
    claims.book_bank_payment(
        charge,
        amount,
        reference=reference,
        paid=datetime.combine(told.booked, datetime.min.time(), DENMARK),
        now=now,
    )


def _pay_plan(told: ToldEntry, meant: InstalmentPaid, now: datetime) -> bool:
    """Divide what came for an instalment among the plan's charges; too much goes to the last."""
    found = Plan.objects.filter(number=meant.plan).first()
    if found is None:
        return False
    parts = plan.divide(found, told.amount)
    for at, (charge, amount) in enumerate(parts, start=1):
        _pay(charge, told, amount, f"b{at}-{told.reference}", now)
    return bool(parts)


def entry_of(payment_reference: str) -> BankEntry | None:
    """Return the bank's entry that became the payment with a reference of ours, if one did.

    Money that a case worker has moved from another charge came with the entry that it was there.
    """
    if payment_reference.startswith(charges.MOVED):
        case = payment_reference.removeprefix(charges.MOVED)
        number = f"{BankRefund.Why.MOVED.value}:{case}-"
        before = BankRefund.objects.filter(number__startswith=number).order_by("id").first()
        return entry_of(before.payment_reference) if before is not None else None
    ours = _OUR_REFERENCE.fullmatch(payment_reference)
    return BankEntry.objects.filter(reference=ours[1]).first() if ours else None


# What went back


def _undone(entry: BankEntry, now: datetime) -> BankEntry.Became:
    """Undo the payment that *entry* took back, if it is certain which that is.

    It had the same payment id and amount, and all of it is still where it was put.
    """
    if not entry.payment_id or not entry.amount_ore:
        return _Became.TAKEN_BACK
    same = BankEntry.objects.filter(
        payment_id=entry.payment_id, amount_ore=-entry.amount_ore, reversed_by=None
    )
    for original in same.order_by("-booked", "-id"):
        if unplaced_money.withdraw(original, now=now):
            original.became = _Became.SETTLED
            original.save()
        elif original.became not in _PAID or not _undo(
            _payments_of(original), number=str(entry.id), now=now
        ):
            continue
        entry.reverses = original
        return _Became.UNDONE
    return _Became.TAKEN_BACK


def undo(charge: Charge, amount: Money, *, number: str, now: datetime) -> bool:
    """Let the newest payment by bank of *amount* on *charge* count no more: it was taken back.

    Within a recording. Tells whether there is one of which nothing has gone back yet.
    """
    of_bank = ChargePayment.objects.filter(charge=charge, order=None, amount_ore=amount.ore)
    for payment in of_bank.exclude(reference__startswith=_COLLECTED).order_by("-paid", "-id"):
        if _undo([payment], number=number, now=now):
            return True
    return False


def _payments_of(entry: BankEntry) -> list[ChargePayment]:
    parts = [f"b{at}-{entry.reference}" for at in range(1, _MOST_PARTS)]
    ours = ChargePayment.objects.filter(
        order=None, reference__in=[f"bank-{entry.reference}", *parts]
    )
    return list(ours.select_related("charge").order_by("charge"))


def _undo(payments: list[ChargePayment], *, number: str, now: datetime) -> bool:
    for payment in payments:
        one_at_a_time("charge", payment.charge_id)
        payment.refresh_from_db(fields=["refunded_ore"])
    if not payments or any(payment.refunded_ore for payment in payments):
        return False
    for at, payment in enumerate(payments, start=1):
        charge, reference = payment.charge, payment.reference
        why, part = BankRefund.Why.TAKEN_BACK, f"{number}-{at}"
        _let_go(charge, reference, payment.amount, why=why, number=part, now=now)
        charges.owe_what_is_overpaid(charge, now=now)
        charge_letters.about_reversal(charge, payment.amount, now=now)
    return True


def give_back(
    charge: Charge, amount: Money, *, why: BankRefund.Why, number: str, now: datetime
) -> date:
    """Let *amount* of what was paid on *charge*, and not by card, go back, within a recording.

    Returns the day on which the first of it was paid.

    :raises StepNotAllowed: if so much was not paid, or has gone back.
    """
    rest, paid = amount, danish_day(now)
    for at, (entry, left) in enumerate(_not_by_card(charge), start=1):
        if part := min(rest, left):
            _let_go(charge, entry.reference, part, why=why, number=f"{number}-{at}", now=now)
            rest, paid = rest - part, min(paid, entry.booked)
    if rest:
        raise StepNotAllowed(f"{charge.number}: {rest.ore} øre are not there to go back")
    return paid


def was_paid_before_it_was_annulled(charge: Charge) -> bool:
    """Tell whether all that was paid on *charge*, and not by card, came before it was annulled."""
    entries = merged(charges.account(charge), charges.paid_here(charge))
    annulled = [each.booked for each in entries if each.kind is Kind.ANNULMENT]
    paid = [entry.booked for entry, _ in _not_by_card(charge)]
    return bool(annulled and paid) and max(paid) <= max(annulled)


def _not_by_card(charge: Charge) -> Iterator[tuple[Entry, Money]]:
    """Yield the payments on *charge* that no card paid, with what has not gone back of each."""
    ours = {each.reference: each for each in charge.payments.all()}
    gone: dict[str, Money] = {}
    for back in charge.bank_refunds.all():
        gone[back.payment_reference] = gone.get(back.payment_reference, NOTHING) + back.amount
    entries = merged(charges.account(charge), charges.paid_here(charge))
    for entry in sorted(entries, key=lambda each: each.booked, reverse=True):
        payment = ours.get(entry.reference)
        by_card = payment is not None and payment.order_id is not None
        left = entry.amount - gone.get(entry.reference, NOTHING)
        if entry.kind is Kind.PAYMENT and not by_card and left > NOTHING:
            yield entry, left


def _let_go(
    charge: Charge, reference: str, amount: Money, *, why: BankRefund.Why, number: str,
    now: datetime,
) -> None:  # fmt: skip
    number = f"{why.value}:{number}"
    refund = BankRefund.objects.create(
        number=number, why=why, charge=charge, payment_reference=reference, amount_ore=amount.ore,
        due=now,
    )  # fmt: skip
    charge.has_bank_refunds = True
    Charge.objects.filter(id=charge.id).update(has_bank_refunds=True)
    for payment in ChargePayment.objects.filter(charge=charge, reference=reference):
        payment.refunded_ore += amount.ore
        payment.save()
    send.put(
        Outgoing.Kind.REPORT_REFUND,
        key=f"report refund {number}",
        lane=f"charge {charge.id}",
        payload={"bank_refund": refund.id},
        now=now,
    )
