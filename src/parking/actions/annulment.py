"""Annulling a charge here, whole or in part: it counts at once, and the charge system is told.

Whoever decides it, a machine or a case worker, :func:`annul_whole` does all that follows. Only the
answer to a complaint has a letter and an order of things of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from parking.actions import charge as charges
from parking.actions import (
    charge_facts,
    charge_letters,
    claims,
    complaint_course,
    complaint_letters,
    send,
)
from parking.law import charge as law
from parking.law import complaint as complaint_law
from parking.law.charge_terms import AnnulmentReason
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.money import Money
from parking.ports import NotFound, Outside, Rejected, Unavailable
from parking.ports.charges import ChargeAnswer
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment
from parking.records.complaint import Complaint
from parking.records.letter import Addressee
from parking.records.outbox import Outgoing
from parking.records.party import Party

#: What we call the reasons when we tell the charge system.
REASONS_THERE: Final = {
    AnnulmentReason.TYPO: "plate_slip",
    AnnulmentReason.PAID_ELSEWHERE: "paid_elsewhere",
    AnnulmentReason.PERMIT: "valid_permit",
    AnnulmentReason.DISABLED_CARD: "disabled_badge",
    AnnulmentReason.BREAKDOWN: "breakdown",
    AnnulmentReason.SOLD: "owner_changed",
    AnnulmentReason.STOLEN: "stolen",
    AnnulmentReason.SIGN: "sign_defect",
    AnnulmentReason.WARDEN_ERROR: "warden_error",
    AnnulmentReason.GOODWILL: "goodwill",
    AnnulmentReason.DOUBLE_CHARGE: "double_charge",
    AnnulmentReason.CHARGED_TOO_OFTEN: "fourth_charge",
    AnnulmentReason.DECEASED: "deceased",
}

_NEVER_SENT: Final = (complaint_law.State.DRAFT, complaint_law.State.LAPSED)


@dataclass(frozen=True, slots=True)
class Registered:
    """Who was registered for the vehicle, somebody abroad too, and the code of the slip."""

    holder: Addressee | None
    code: str = ""
    answer: ChargeAnswer | None = None  #: what the charge system said; ``None`` if it does not know


def registered(outside: Outside, charge: Charge) -> Registered:
    """Ask the charge system who was registered for the vehicle of *charge*.

    If it does not know the charge, it is who our own copy knows, and no code.

    :raises Unavailable: if it is silent: our own copy knows nobody abroad.
    """
    try:
        answer = outside.charges.charge(charge.source_id)
    except (NotFound, Rejected):
        return Registered(charge_letters.addressee_kept(charge))
    return Registered(charge_letters.addressee_of(answer), answer.code, answer)


def registered_or_kept(outside: Outside, charge: Charge) -> Registered:
    """Ask who was registered for the vehicle of *charge*, for what must not wait for an answer.

    While the charge system is silent it is who our own copy knows.

    :raises Unavailable: if it is silent, and our own copy knows nobody.
    """
    try:
        return registered(outside, charge)
    except Unavailable:
        kept = charge_letters.addressee_kept(charge)
        if kept is None:
            raise
        return Registered(kept)


def annul_whole(
    charge: Charge,
    *,
    reference: str,
    reason: AnnulmentReason,
    reasons: str,
    evidence: Sequence[dict[str, str]],
    by: str,
    by_machine: bool,
    now: datetime,
    registered: Registered | None = None,
    words: complaint_letters.Words = complaint_letters.NO_WORDS,
) -> ChargeAnnulment:
    """Annul all that is claimed on *charge* and do what follows, within a recording.

    What is with the debt collection is taken back first. The charge system is told, what was paid
    is owed back, and nobody waits for an answer any more. Whoever has complained, whatever the
    answer was, pays it in instalments or has it on their page is written to, and so is who is
    *registered* (by our own copy if not given), each once; the letters carry *words*. Nobody writes
    to the dead: then of those who held the vehicle only who waits for an answer is written to.
    """
    claims.recall(charge, because="annulled", now=now)
    row = annul(
        charge,
        reference=reference,
        amount=None,
        reason=reason,
        reasons=reasons,
        evidence=evidence,
        by=by,
        by_machine=by_machine,
        now=now,
    )
    send.put(
        Outgoing.Kind.REPORT_ANNULMENT,
        key=f"annulment {reference}",
        lane=f"charge {charge.id}",
        payload={"annulment": reference},
        now=now,
    )
    owe_back(charge, now=now)
    told = _close_complaints(charge, reason, words, now)
    complaint_course.end_case_of_finding(charge, now=now)
    concerns: list[tuple[Party | None, Complaint | None]] = [
        *((each.party, each) for each in _answered_complaints(charge)),
        *((party, None) for party in concerned(charge)),
    ]
    dead = _held(charge) if reason is AnnulmentReason.DECEASED else set()
    for party, complaint in concerns:
        known_as = _known_as(party, complaint.name if complaint else "")
        if told.isdisjoint(known_as) and dead.isdisjoint(known_as):
            complaint_letters.send_annulled(
                charge, reason, party, complaint=complaint, words=words, now=now
            )
            told |= known_as
    if registered is None:
        registered = Registered(charge_letters.addressee_kept(charge))
    holder = registered.holder
    if holder is None or reason is AnnulmentReason.DECEASED:
        return row
    number = charge_letters.fingerprint(holder)
    if told.isdisjoint({number} if number else _known_as(None, holder.name)):
        complaint_letters.send_annulled_to_holder(
            charge, reason, holder, code=registered.code, words=words, now=now
        )
    return row


def _close_complaints(
    charge: Charge, reason: AnnulmentReason, words: complaint_letters.Words, now: datetime
) -> set[str]:
    """End every complaint about *charge* that waits; return what tells those who were written to.

    Their cases end with them.
    """
    told: set[str] = set()
    waiting = Complaint.objects.filter(
        charge=charge, state__in=[state.value for state in complaint_law.OPEN]
    )
    for complaint in waiting.select_related("party"):
        complaint.charge = charge
        complaint_course.close(complaint, Actor.SYSTEM, complaint_law.Step.ANNUL, now=now)
        complaint_letters.send_annulled(
            charge, reason, complaint.party, complaint=complaint, words=words, now=now
        )
        told |= _known_as(complaint.party, complaint.name)
    return told


def _known_as(party: Party | None, name: str = "") -> set[str]:
    """Return what tells one who is written to from another: the numbers, or a guest's name."""
    if party is None:
        return {name.strip().casefold()}
    return {str(party.id), *party.number_fingerprints}


def _answered_complaints(charge: Charge) -> list[Complaint]:
    """Return every complaint about *charge* that came in and waits no more, the newest first."""
    came_in = charge.complaints.exclude(received=None).exclude(
        state__in=[state.value for state in (*complaint_law.OPEN, *_NEVER_SENT)]
    )
    return list(came_in.select_related("party").order_by("-received"))


def _held(charge: Charge) -> set[str]:
    """Return what tells those who held the vehicle of *charge* on the day."""
    then = charge_facts.holders_on(charge, danish_day(charge.issued))
    return {each.number_fingerprint for each in then}


def concerned(charge: Charge) -> list[Party]:
    """Return whom *charge* is about, of those who have logged in.

    They held the vehicle on the day, have added the charge, or pay it in instalments.
    """
    held = Party.objects.filter(number_fingerprints__overlap=list(_held(charge)))
    added = Party.objects.filter(charge_claims__charge=charge)
    paying = Party.objects.filter(id__in=charge.instalments.values("plan__party"))
    return list(held.union(added, paying))


def annul(
    charge: Charge,
    *,
    reference: str,
    amount: Money | None,
    reason: AnnulmentReason,
    reasons: str,
    evidence: Sequence[dict[str, str]],
    by: str,
    by_machine: bool,
    now: datetime,
    complaint: Complaint | None = None,
) -> ChargeAnnulment:
    """Annul *amount* of *charge*, or all that is claimed, within a recording.

    It counts at once. The caller has the charge system told, and then calls :func:`owe_back`.
    """
    claimed = left_to_annul(charge)
    given_up = claimed if amount is None else min(amount, claimed)
    whole = given_up == claimed
    row = ChargeAnnulment.objects.create(
        charge=charge,
        complaint=complaint,
        reference=reference,
        amount_ore=given_up.ore,
        whole=whole,
        reason=reason.value,
        reasons=reasons,
        evidence=list(evidence),
        decided=now,
        by=by,
        by_machine=by_machine,
    )
    charge.has_annulments = True
    if whole:
        charge.state = "annulled"
    Charge.objects.filter(id=charge.id).update(has_annulments=True, state=charge.state)
    return row


def owe_back(charge: Charge, *, now: datetime) -> None:
    """Owe back what is paid too much since *charge* was annulled, within the same recording.

    Once the annulment stands in the charge's lane: the charge system hears of it before it hears
    what was paid back because of it.
    """
    charges.owe_what_is_overpaid(Charge.objects.get(id=charge.id), now=now)


def left_to_annul(charge: Charge) -> Money:
    """Return what is still claimed on *charge*, paid or not: the most that can be annulled.

    What was booked here counts, a fee too of which the charge system has not heard.

    :raises EntriesDisagree: if its account contradicts itself.
    """
    return law.claimed(law.merged(charges.account(charge), charges.paid_here(charge)))
