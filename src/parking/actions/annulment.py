"""Annulling a charge here, whole or in part: it counts at once, and the charge system is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from parking.actions import charge as charges
from parking.law import charge as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.money import Money
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment
from parking.records.complaint import Complaint

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
    """Return what is still claimed on *charge*, paid or not: the most that can be annulled."""
    return law.claimed(law.merged(charges.account(charge), charges.annulled_here(charge)))
