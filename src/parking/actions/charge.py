"""Charges: what the charge system tells of them, what is owed, and whose page one stands on.

What the charge system told last is ours to read; what we ourselves have taken or paid back counts
at once. Whoever is asked for the money is told the same by every page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from parking.actions import complaint_course, holds, send, unplaced_money
from parking.actions.permission import NotYours
from parking.actions.refund import owe
from parking.law import charge as law
from parking.law.charge import Balance, Entry
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money, total
from parking.law.record import as_json, from_json
from parking.ports import Outside, PortError
from parking.ports.charges import ChargeAnswer
from parking.records.charge import Charge, ChargeClaim, ChargeHolder, ChargePayment
from parking.records.party import Party
from parking.records.recording import each_one_at_a_time, one_at_a_time, recording

_KINDS: Final = {
    "charge": law.Kind.CHARGE,
    "fee": law.Kind.FEE,
    "payment": law.Kind.PAYMENT,
    "collected": law.Kind.PAYMENT,  # to the debt collection: paid all the same
    "refund": law.Kind.REFUND,
    "annulment": law.Kind.ANNULMENT,
    "write_off": law.Kind.WRITE_OFF,
}


def answer_of(charge: Charge) -> ChargeAnswer:
    """Return what the charge system told last, without who holds the vehicle."""
    return from_json(ChargeAnswer, charge.told)


def stands(charge: Charge) -> law.State:
    """Return how far the collection of *charge* has come."""
    return law.State(charge.state.replace("_", " "))


def account(charge: Charge) -> tuple[Entry, ...]:
    """Return the account of *charge* as the charge system keeps it."""
    return tuple(
        Entry(_KINDS[line.kind], Money(abs(line.amount.ore)), line.booked, line.reference)
        for line in answer_of(charge).account
        if line.amount
    )


#: What the fee of each step is called in an account.
FEE_REFERENCES: Final = {law.Step.FIRST_FEE.value: "fee-1", law.Step.SECOND_FEE.value: "fee-2"}


def paid_here(charge: Charge) -> tuple[Entry, ...]:
    """Return what we have booked on *charge*: taken, paid or owed back, annulled, and fees.

    A fee counts from the day it was charged, though the charge system has not heard of it.
    """
    payments = list(charge.payments.all())
    refunds = [refund for payment in payments for refund in payment.refunds.all()]
    fees = [step for step in charge.steps.all() if step.fee and step.told is None]
    return (
        *annulled_here(charge),
        *(Entry(law.Kind.PAYMENT, p.amount, danish_day(p.paid), p.reference) for p in payments),
        *(Entry(law.Kind.REFUND, r.amount, danish_day(r.due), r.number) for r in refunds),
        *went_back_here(charge),
        *(Entry(law.Kind.FEE, f.fee, f.day, FEE_REFERENCES[f.step]) for f in fees if not f.refused),
    )


def on_its_way_back(charge: Charge) -> Money:
    """Return what of *charge* goes back to the card it was paid with, and has not gone yet."""
    refunds = [each for payment in charge.payments.all() for each in payment.refunds.all()]
    return total(refund.amount for refund in refunds if refund.done is None)


def went_back_here(charge: Charge) -> tuple[Entry, ...]:
    """Return what went back here of *charge*, and not to a card."""
    if not charge.has_bank_refunds:  # as nearly all: nothing need be asked
        return ()
    rows = charge.bank_refunds.all()
    return tuple(Entry(law.Kind.REFUND, r.amount, danish_day(r.due), r.number) for r in rows)


def annulled_here(charge: Charge) -> tuple[Entry, ...]:
    """Return what was annulled here of *charge*, as the charge system books it.

    Its reference there is our own, or in a complaint the charge system's id of it.
    """
    if not charge.has_annulments:  # as nearly all: nothing need be asked
        return ()
    rows = charge.annulments.all()
    ids = {each.reference: each.id for each in answer_of(charge).complaints}
    return tuple(
        Entry(
            law.Kind.ANNULMENT,
            row.amount,
            danish_day(row.decided),
            ids.get(row.reference, row.reference),
        )
        for row in rows
        if row.amount
    )


def balance(charge: Charge) -> Balance:
    """Return what is owed on *charge* now, what was taken here counted.

    :raises EntriesDisagree: if the account contradicts itself: a person must look.
    """
    return law.balance(account(charge), paid_here(charge), due=None if charge.waits else charge.due)


def balance_if_known(charge: Charge) -> Balance | None:
    """Return what is owed on *charge* now; ``None`` where its account contradicts itself."""
    try:
        return balance(charge)
    except law.EntriesDisagree:
        return None


def payable(charge: Charge) -> Money:
    """Return what can be paid here now: nothing if it is paid, annulled or not ours to collect.

    Nor where nobody knows what is owed, since the account contradicts itself.
    """
    if stands(charge) not in law.COLLECTED_HERE or is_handed_over(charge):
        return NOTHING
    known = balance_if_known(charge)
    return NOTHING if known is None else known.owed


def is_handed_over(charge: Charge) -> bool:
    """Tell whether we have handed *charge* to debt collection, though nobody has heard of it."""
    last = stands(charge) is law.State.SECOND_FEE
    return last and any(claim.ended is None for claim in charge.collection_claims.all())


# Whose page


def mine(party: Party) -> QuerySet[Charge]:
    """Return the charges on *party*'s page, the newest first.

    Those of vehicles they owned or used at the time, and those they have added by number and plate;
    ``was_theirs`` tells them apart.
    """
    held = ChargeHolder.objects.on_the_day().of(party)
    added = ChargeClaim.objects.filter(party=party)
    # By the two indexes, and not by way of every charge there is.
    ids = held.values("charge").union(added.values("charge"))
    known = Charge.objects.filter(id__in=ids).order_by("-issued").with_what_was_done()
    was_theirs = Exists(held.filter(charge=OuterRef("id")))
    # Its type is declared on the model, where readers look; the plugin would declare it here too.
    return known.annotate(was_theirs=was_theirs)  # type: ignore[no-redef]


def charge_of(party: Party, charge_id: UUID) -> Charge:
    """Return a charge on *party*'s page.

    :raises NotYours: if there is no such charge there.
    """
    charge = mine(party).filter(id=charge_id).first()
    if charge is None:
        raise NotYours("charge")
    return charge


def claim(party: Party, charge: Charge, *, now: datetime) -> None:
    """Put *charge* on *party*'s page: they have shown its number and plate, or the slip's code."""
    with recording():
        ChargeClaim.objects.get_or_create(party=party, charge=charge, defaults={"claimed": now})


def give_up(party: Party, charge: Charge) -> None:
    """Take a charge that *party* had added off their page; one of their own vehicle stays."""
    with recording():
        ChargeClaim.objects.filter(party=party, charge=charge).delete()


def known_parties(charge: Charge) -> list[Party]:
    """Return whom *charge* tells about, of those who have been here.

    They are those who held the vehicle that day, who have complained, and who pay in instalments.
    """
    held = Party.objects.known_by_any(
        charge.holders.all().on_the_day().values("number_fingerprint")
    )
    received = charge.complaints.exclude(received=None).exclude(party=None)
    complained = Party.objects.filter(id__in=received.values("party"))
    paying = Party.objects.filter(id__in=charge.instalments.values("plan__party"))
    # Each by its index, and not by way of every party there is.
    return list(held.union(complained, paying))


def known_parties_of(charge_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return, for many charges at once, whom each tells about: as :func:`known_parties` does."""
    told: dict[UUID, set[UUID]] = {charge_id: set() for charge_id in charge_ids}
    holders = ChargeHolder.objects.on_the_day().filter(charge__in=charge_ids)
    held = list(holders.values_list("charge", "number_fingerprint"))
    numbers = list({number for _, number in held})
    known = Party.objects.filter(number_fingerprints__overlap=numbers) if numbers else ()
    by_number = {number: each.id for each in known for number in each.number_fingerprints}
    pairs = [(charge, by_number[number]) for charge, number in held if number in by_number]
    here = Charge.objects.filter(id__in=charge_ids)
    complained = here.filter(complaints__received__isnull=False, complaints__party__isnull=False)
    pairs += complained.values_list("id", "complaints__party")
    pairs += here.filter(instalments__isnull=False).values_list("id", "instalments__plan__party")
    for charge, party in pairs:
        told[charge].add(party)
    return told


# Money that is not owed any more

MOVED: Final = "moved-"  #: begins the reference of what a case moved here from another charge


def follow_up(charges: Iterable[Charge], *, now: datetime) -> None:
    """Owe back what has been paid too much on *charges*, within the recording that changed them.

    What was taken here by card goes back the way it came. What came another way has a case.
    """
    ids = [charge.id for charge in charges]
    paid = ChargePayment.objects.filter(charge__in=ids).values_list("charge", flat=True)
    concerned = Q(id__in=list(paid)) | Q(id__in=ids, balance_ore__lt=0)
    concerned |= Q(id__in=unplaced_money.charges_that_wait(ids))
    for charge in Charge.objects.filter(concerned):
        owe_what_is_overpaid(charge, now=now)


def owe_what_is_overpaid(charge: Charge, *, now: datetime) -> Money:
    """Owe back what is paid too much on *charge*, within a recording; return how much that is."""
    one_at_a_time("charge", charge.id)
    try:
        overpaid = balance(charge).overpaid
    except law.EntriesDisagree as wrong:
        send.raise_incident(
            f"charge {charge.number} disagrees", "a charge's account contradicts itself", now=now,
            detail=str(wrong), anew=True,
        )  # fmt: skip
        return NOTHING
    # What was moved here is somebody else's, perhaps, than whose card it is: it has a case first.
    moved = ChargePayment.objects.filter(charge=charge, order=None, reference__startswith=MOVED)
    for_a_case = min(overpaid, total(payment.left for payment in moved))
    left = overpaid - for_a_case
    for payment in ChargePayment.objects.filter(charge=charge, order__isnull=False).order_by(
        "-paid"
    ):
        back = min(left, payment.left)
        if not back:
            continue
        payment.refunded_ore += back.ore
        payment.save()
        assert payment.order is not None
        owe(payment.order, back, because="nothing owed on charge", now=now, charge_payment=payment)
        left -= back
    unplaced_money.follow(charge, left + for_a_case, now=now)
    return overpaid


# What the charge system tells

#: What a newer answer puts in the place of an older one.
_TOLD = (
    *("number", "version", "plate", "country", "issued", "state", "due", "balance_ore", "waits"),
    *("code_hash", "told", "learnt"),
)


def take_over(answers: Iterable[ChargeAnswer], *, now: datetime) -> int:
    """Write down the *answers* that are newer than what we have, within a recording.

    Returns how many there were. What is owed to somebody because of them is owed in the same
    commit. Others may take over the same at the same time: the highest version stays.
    """
    whole = {answer.id: answer for answer in answers if not answer.masked}
    rows = _written_first(whole, now)
    rows += _written_over({k: whole[k] for k in whole.keys() - {r.source_id for r in rows}}, now)
    ChargeHolder.objects.filter(charge__in=[row.id for row in rows]).delete()
    ChargeHolder.objects.bulk_create(
        ChargeHolder(
            charge=row,
            relation=holder.relation,
            kind=holder.kind,
            since=holder.since,
            until=holder.until,
        ).with_number(holder.number)
        for row in rows
        for holder in whole[row.source_id].holders
        if holder.number
    )
    holds.follow(((row, whole[row.source_id]) for row in rows), now=now)
    complaint_course.follow(rows, now=now)
    follow_up(rows, now=now)
    return len(rows)


def _written_first(whole: Mapping[str, ChargeAnswer], now: datetime) -> list[Charge]:
    """Write down those of *whole* that nobody has; return them. The others are left alone.

    Who writes the same at the same time is waited for, in an order that is everybody's.
    """
    known = set(Charge.objects.filter(source_id__in=whole).values_list("source_id", flat=True))
    new = [
        _filled(Charge(source_id=source_id), whole[source_id], now)
        for source_id in sorted(whole.keys() - known)
    ]
    if not new:
        return []
    Charge.objects.bulk_create(new, ignore_conflicts=True)
    there = dict(
        Charge.objects.filter(source_id__in=[row.source_id for row in new]).values_list(
            "source_id", "id"
        )
    )
    # What is not there after all had the number of another charge: the database says so.
    Charge.objects.bulk_create(row for row in new if row.source_id not in there)
    return [row for row in new if there.get(row.source_id, row.id) == row.id]


def _written_over(whole: Mapping[str, ChargeAnswer], now: datetime) -> list[Charge]:
    """Write what is newer in *whole* over what is known; return it.

    The charges' locks are taken before any row that is known is touched, as everywhere; which
    version is known is asked once more under them.
    """
    rows = Charge.objects.filter(source_id__in=whole)
    older = [
        charge_id
        for charge_id, source_id, version in rows.values_list("id", "source_id", "version")
        if version < whole[source_id].version
    ]
    each_one_at_a_time("charge", older)
    locked = Charge.objects.select_for_update(no_key=True).filter(id__in=older).defer("told")
    newer = [
        _filled(row, whole[row.source_id], now)
        for row in locked.order_by("id")
        if row.version < whole[row.source_id].version
    ]
    Charge.objects.bulk_create(
        newer, update_conflicts=True, unique_fields=["source_id"], update_fields=_TOLD
    )
    return newer


def _filled(row: Charge, answer: ChargeAnswer, now: datetime) -> Charge:
    row.number = answer.number
    row.version = answer.version
    row.plate = answer.plate
    row.country = answer.country
    row.issued = answer.issued
    row.state = answer.state.value
    row.due = answer.due
    row.balance_ore = answer.balance.ore
    row.waits = bool(answer.plan) or holds.is_held_there(answer)
    row.code_hash = hash_of(answer.code)
    row.told = as_json(answer) | {"holders": [], "code": "", "stops": []}
    row.learnt = now
    return row


def hash_of(code: str) -> str:
    """Return what is kept of a slip's code."""
    return hashlib.sha256(code.encode()).hexdigest() if code else ""


def refreshed(outside: Outside, charge: Charge, *, now: datetime) -> Charge:
    """Return *charge* as the charge system tells it now; as we have it if it does not answer."""
    with suppress(PortError):
        answer = outside.charges.charge(charge.source_id)
        with recording():
            take_over([answer], now=now)
    return Charge.objects.get(id=charge.id)
