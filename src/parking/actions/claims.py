"""Claims with the debt collection agency: made, followed, written down and taken back.

What the agency is told is a row with its number, told until it was heard; what became of it is
asked for later. What it did itself (collected, given back, given up) is read notice by notice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from parking.actions import charge as charges
from parking.actions import charge_letters, progress, send
from parking.actions.turns import keeping_nobody_waiting
from parking.law import charge as law
from parking.law import collection
from parking.law.charge import State, Step
from parking.law.collection import ClaimChange
from parking.law.days import DENMARK, danish_day
from parking.law.money import Money
from parking.ports import Outside, Rejected, Unavailable
from parking.ports.collection import ActionReceipt, ActionState, Claim, CollectionNotice
from parking.records.charge import Charge, ChargePayment
from parking.records.collection import (
    ChargeStep,
    CollectionAction,
    CollectionClaim,
    CollectionFeed,
)
from parking.records.outbox import Outgoing
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

_SUBMIT = CollectionAction.Kind.SUBMIT
#: A charge that has not changed for so long has been followed.
_FOLLOWED: Final = timedelta(days=3)
_MOST_ACTIONS: Final = 500


def make(step: ChargeStep, charge: Charge, *, now: datetime) -> CollectionClaim:
    """Hand over what is owed on *charge*, within a recording: the charge system hears it first."""
    claim = CollectionClaim.objects.create(
        charge=charge,
        reference=f"{charge.number}-{step.turn + 1}",
        amount_ore=step.owed_ore,
        left_ore=step.owed_ore,
        made=now,
    )
    send.put(
        Outgoing.Kind.REPORT_TRANSFER,
        key=f"transfer {step.reference}",
        lane=f"charge {charge.id}",
        payload={"step": step.id, "claim": claim.id},
        now=now,
    )
    _tell(claim, _SUBMIT, claim.left, "", now, lane=f"charge {charge.id}")
    return claim


def unmake(claim: CollectionClaim, *, now: datetime) -> None:
    """Forget a claim that the charge system would not have, before the agency has heard of it.

    Within a recording.
    """
    claim.ended, claim.left_ore = now, 0
    claim.save()
    CollectionAction.objects.filter(claim=claim, settled=None).update(
        settled=now, state="never sent"
    )


def recall(charge: Charge, *, because: str, now: datetime) -> bool:
    """Take the claim about *charge* back, within a recording; tell whether there was one.

    *because* is ``annulled``, ``complaint`` or ``mistake``. The charge is then ours again. Whoever
    annuls a charge that is at debt collection takes it back first.
    """
    one_at_a_time("charge", charge.id)
    claim = CollectionClaim.objects.filter(charge=charge, ended=None).first()
    if claim is not None:
        _tell(claim, CollectionAction.Kind.RECALL, claim.left, because, now)
        _end(claim, now)
    if claim is None:
        if charges.stands(charge) is not State.AT_COLLECTION:
            return False
        send.raise_incident(
            f"charge {charge.number} recall",
            "a claim of before must be recalled",
            now=now,
            anew=True,
        )
    reason = "goodwill" if because == "annulled" else because
    _report_withdrawal(charge, reason, now)
    return True


def _end(claim: CollectionClaim, now: datetime) -> None:
    claim.ended, claim.left_ore = now, 0
    claim.save()


def _tell(
    claim: CollectionClaim, kind: CollectionAction.Kind, amount: Money, reason: str, now: datetime,
    *, lane: str = "",
) -> None:  # fmt: skip
    action = CollectionAction.objects.create(
        claim=claim, kind=kind, amount_ore=amount.ore, reason=reason, written=now
    )
    send.put(
        Outgoing.Kind.TELL_COLLECTION,
        key=f"collection {action.id}",
        lane=lane or f"charge {claim.charge_id}",
        payload={"action": action.id},
        now=now,
    )


def _report_withdrawal(charge: Charge, reason: str, now: datetime) -> None:
    """Let the charge be ours again, and the charge system know."""
    earlier = ChargeStep.objects.filter(charge=charge)
    step = ChargeStep.objects.create(
        charge=charge,
        step=Step.RECALL.value,
        turn=earlier.filter(step=Step.RECALL.value).count(),
        state=State.SECOND_FEE.value,
        day=danish_day(now),
        taken=now,
        reference=f"{charge.number}-{earlier.count() + 1}",
        owed_ore=charges.balance(charge).owed.ore,
    )
    send.put(
        Outgoing.Kind.REPORT_WITHDRAWAL,
        key=f"withdrawal {step.reference}",
        lane=f"charge {charge.id}",
        payload={"step": step.id, "reason": reason},
        now=now,
    )


def follow_all(*, now: datetime) -> int:
    """Tell the agency of claims on which less is owed; return how many.

    Only charges of which something was learnt lately are looked at: the others were before.
    """
    changed = CollectionClaim.objects.filter(ended=None, charge__learnt__gte=now - _FOLLOWED)
    told = 0
    for claim_id, number in list(changed.values_list("id", "charge__number")):
        with keeping_nobody_waiting("claim about", number), recording():
            told += _follow(claim_id, now)
    return told


def _follow(claim_id: int, now: datetime) -> bool:
    known = CollectionClaim.objects.filter(id=claim_id)
    one_at_a_time("charge", known.values_list("charge", flat=True).get())
    claim = known.select_related("charge").get()
    charge = claim.charge
    here = progress.of(charge)
    told = collection.claim_correction(claim.left, here, progress.terms_of(charge))
    if told is None or claim.ended is not None:
        return False
    annulled = not law.claimed(here.entries())
    if told.change is ClaimChange.RECALL:
        _tell(claim, CollectionAction.Kind.RECALL, told.amount, "annulled", now)
    else:
        reason = "annulled" if annulled else "paid"
        _tell(claim, CollectionAction.Kind.WRITE_DOWN, told.amount, reason, now)
    claim.left_ore -= told.amount.ore
    if not claim.left_ore:
        claim.ended = now
        if charges.stands(charge) is State.AT_COLLECTION:
            _report_withdrawal(charge, "goodwill" if annulled else "paid", now)
    claim.save()
    return True


# What the agency is told


def tell(outside: Outside, action: CollectionAction, *, now: datetime) -> ActionReceipt:
    """Tell the agency *action*; it is known there by its number, so that twice is once.

    :raises Unavailable: if it is not certain that it was heard.
    :raises Rejected: if it would not take it.
    """
    claim, on = action.claim, danish_day(action.written)
    if action.kind == CollectionAction.Kind.WRITE_DOWN:
        return outside.collection.write_down(
            claim.reference,
            action=action.id,
            amount=action.amount,
            on=on,
            reason="annulled" if action.reason == "annulled" else "paid",
        )
    if action.kind == CollectionAction.Kind.RECALL:
        return outside.collection.recall(
            claim.reference, action=action.id, on=on, reason=action.reason
        )
    charge = claim.charge
    answer = outside.charges.charge(charge.source_id)
    if answer.collection is None:
        raise Unavailable("the charge system has not taken the transfer yet")
    debtor = charge_letters.addressee_of(answer)
    if debtor is None or not debtor.number:
        raise Rejected("nobody with a number is liable any more")
    first = danish_day(charge.issued) + timedelta(days=progress.terms_of(charge).payment_days)
    return outside.collection.submit(
        Claim(
            reference=claim.reference,
            amount=Money(claim.amount_ore),
            due=first,
            last_timely=min(charge.due, on - timedelta(days=1)),
            time_barred=collection.barred_from(progress.of(charge), progress.terms_of(charge)),
            debtor=debtor.number,
        ),
        action=action.id,
    )


# What the agency says


def ask(outside: Outside, *, now: datetime) -> int:
    """Ask what has become of what the agency was told; return how much is settled now.

    :raises Unavailable: if it did not answer.
    :raises Rejected: if it would not answer.
    """
    waiting = CollectionAction.objects.filter(settled=None).exclude(state="")
    ids = tuple(waiting.order_by("id").values_list("id", flat=True)[:_MOST_ACTIONS])
    if not ids:
        return 0
    return sum(_take_receipt(receipt, now) for receipt in outside.collection.receipts(ids))


def _take_receipt(receipt: ActionReceipt, now: datetime) -> bool:
    over = receipt.state in {ActionState.DONE, ActionState.REFUSED}
    told = CollectionAction.objects.filter(id=receipt.action, settled=None)
    charge_id = told.values_list("claim__charge", flat=True).first()
    if charge_id is None:
        return False
    with recording():
        one_at_a_time("charge", charge_id)
        action = told.select_for_update(of=("self",)).select_related("claim__charge").first()
        if action is None:  # somebody else has settled it meanwhile
            return False
        action.state, action.code = receipt.state.value, receipt.code[:20]
        action.settled = now if over else None
        action.save()
        if receipt.state is ActionState.REFUSED:
            send.raise_incident(
                f"collection {action.id}", "the debt collection refused something", now=now,
                detail=f"{action.kind}, code {receipt.code}, charge {action.claim.charge.number}",
            )  # fmt: skip
            if action.kind == _SUBMIT and action.claim.ended is None:
                _end(action.claim, now)
                _report_withdrawal(action.claim.charge, "mistake", now)
    return over


def read_notices(outside: Outside, *, now: datetime) -> int:
    """Take over what the agency did; return how much was new.

    :raises Unavailable: if it did not answer.
    :raises Rejected: if it would not answer.
    """
    feed = CollectionFeed.objects.filter(only=True).first() or CollectionFeed()
    taken = 0
    for notice in sorted(outside.collection.notices(feed.last), key=lambda each: each.number):
        with recording():
            one_at_a_time("collection", "notices")
            feed = CollectionFeed.objects.filter(only=True).first() or CollectionFeed()
            if notice.number <= feed.last:
                continue  # somebody else has read on meanwhile
            _take_notice(notice, now)
            feed.last = notice.number
            feed.save()
        taken += 1
    return taken


def _take_notice(notice: CollectionNotice, now: datetime) -> None:
    about = CollectionClaim.objects.filter(reference=notice.reference)
    charge_id = about.values_list("charge", flat=True).first()
    if charge_id is None:
        send.raise_incident(
            f"collection notice {notice.number}", "a notice about no claim of ours", now=now
        )
        return
    one_at_a_time("charge", charge_id)
    claim = about.select_related("charge").get()  # as it is now that nobody else records about it
    claim.left_ore -= min(claim.left_ore, notice.amount.ore)
    if notice.kind == "collected":
        _book_collected(claim, notice, now)
        if not claim.left_ore:
            claim.ended = now
    elif claim.ended is None:
        claim.ended, claim.left_ore = now, 0
        if notice.kind == "returned":
            _report_withdrawal(claim.charge, "mistake", now)
        what = {
            "returned": "the debt collection gave a claim back",
            "written_off": "the debt collection gave a claim up",
        }[notice.kind]
        send.raise_incident(
            f"collection notice {notice.number}", what, now=now,
            detail=f"charge {claim.charge.number}",
        )  # fmt: skip
    claim.save()


def _book_collected(claim: CollectionClaim, notice: CollectionNotice, now: datetime) -> None:
    """Count what the agency has collected like money that came by bank: from there it comes."""
    book_bank_payment(
        claim.charge,
        Money(notice.amount.ore),
        reference=f"COLL-{notice.number}",
        paid=datetime.combine(notice.on, datetime.min.time(), DENMARK),
        now=now,
    )


def book_bank_payment(
    charge: Charge, amount: Money, *, reference: str, paid: datetime, now: datetime
) -> ChargePayment:
    """Count money that came for *charge* by bank at once, within a recording, and tell of it."""
    payment = ChargePayment.objects.create(
        charge=charge, reference=reference, amount_ore=amount.ore, method="bank", paid=paid
    )
    send.put(
        Outgoing.Kind.REPORT_PAYMENT,
        key=f"report payment {reference}",
        lane=f"charge {charge.id}",
        payload={"payment": str(payment.id)},
        now=now,
    )
    charges.owe_what_is_overpaid(charge, now=now)
    return payment
