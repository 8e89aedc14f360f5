"""Complaints that the charge system had before us: read here, and replied to there.

They came in before this portal was there, or at the charge system's own console. We have no rows of
them, and nobody's code; the charge system does not say who complained. So only a person or company
that alone held the vehicle on the day reads them: whoever else may have complained is nobody else's
to know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from parking.actions import (
    annulment,
    charge_facts,
    complaint_letters,
    complaint_wording,
    progress,
    wording,
)
from parking.actions import charge as charges
from parking.law import complaint as law
from parking.law.days import danish_day
from parking.law.offence import Question
from parking.ports.charges import ChargeComplaint, ComplaintDecision
from parking.records.charge import Charge
from parking.records.party import Party

#: What we ourselves have told goes by such a name, though we may have forgotten it since.
_OURS: Final = re.compile(r"complaint-[0-9a-f-]{36}-[12]")
_STANDS: Final = {
    "open": law.State.IN_REVIEW,
    "hearing": law.State.HEARING,
    "withdrawn": law.State.WITHDRAWN,
}
_REASONS: Final = {there: reason for reason, there in annulment.REASONS_THERE.items()}


def known(charge: Charge) -> list[ChargeComplaint]:
    """Return the complaints about *charge* that are the charge system's alone, the oldest first."""
    told = charges.answer_of(charge).complaints
    return [each for each in told if not _OURS.fullmatch(each.reference)]


def readable(party: Party | None, charge: Charge) -> list[ChargeComplaint]:
    """Return those that *party* may read: none, unless they alone held the vehicle on the day."""
    found = known(charge)
    return found if found and charge_facts.held_alone(charge, party) else []


def state(complaint: ChargeComplaint) -> complaint_wording.StateText:
    """Return where a complaint stands, in words, and what follows."""
    if complaint.decision is not None:
        outcome = complaint_wording.outcome(complaint.decision.outcome)
        kind = "success" if complaint.decision.outcome == "annulled" else "error"
        return complaint_wording.StateText(outcome, kind, "")
    return complaint_wording.state(_STANDS.get(complaint.state, law.State.IN_REVIEW))


def contents(charge: Charge, complaint: ChargeComplaint) -> dict[str, Any]:
    """Return all of a complaint, for page and document: what was said, answered, and what to do."""
    parts = (
        (_("Det har du skrevet"), _lines(complaint.text)),
        (_("Billeder og papirer"), [each.name for each in complaint.attachments]),
        (_("Beskeder"), list(_messages(complaint))),
        (_("Svar"), list(_answer(charge, complaint))),
        (_("Sådan svarer du"), list(_where_to_reply(complaint))),
    )
    return {
        "heading": _("Din klage"),
        "state": state(complaint),
        "is_over": complaint.state == "withdrawn",
        "rows": list(_rows(charge, complaint)),
        "parts": [
            {"heading": heading, "paragraphs": paragraphs}
            for heading, paragraphs in parts
            if paragraphs
        ],
    }


def _rows(charge: Charge, complaint: ChargeComplaint) -> Iterator[list[str]]:
    told = {
        "when": wording.moment(complaint.received),
        "channel": complaint_wording.channel(complaint.channel),
    }
    yield [_("Klagen"), _("Modtaget %(when)s via %(channel)s") % told]
    stands = state(complaint)
    yield [_("Status"), " ".join(filter(None, (f"{stands.text}.", stands.next)))]
    about = complaint.ground.replace("_", " ")
    if about in {each.value for each in Question}:
        yield [_("Derfor er afgiften forkert"), complaint_wording.question(Question(about))]
    if complaint.state in {"open", "hearing"}:
        target = timedelta(days=progress.terms_of(charge).target_days)
        yield [
            _("Vi regner med at svare senest"),
            wording.day(danish_day(complaint.received) + target),
        ]
    if complaint.hold_until is not None:
        yield [_("Gebyrer og frister venter til"), wording.day(complaint.hold_until)]


def _messages(complaint: ChargeComplaint) -> Iterator[str]:
    for each in complaint.messages:
        who = _("Kommunen:") if each.sender == "municipality" else _("Dig:")
        yield f"{wording.moment(each.sent)}. {who}"
        yield from _lines(each.text)


def _answer(charge: Charge, complaint: ChargeComplaint) -> Iterator[str]:
    decision = complaint.decision
    if decision is None:
        return
    told = {
        "text": complaint_wording.outcome(decision.outcome),
        "day": wording.moment(decision.decided),
    }
    yield _("Svar: %(text)s (%(day)s)") % told
    if decision.reason in _REASONS:
        yield complaint_wording.why_annulled(_REASONS[decision.reason])
    yield from _lines(decision.reasons)
    if decision.amount:
        yield _("Vi har trukket %(amount)s fra.") % {"amount": wording.amount(decision.amount)}
    if decision.due is not None:
        yield complaint_wording.pay_by(decision.due, is_rest=bool(decision.amount))
    if decision.outcome != "annulled":
        yield from _guidance(charge, complaint, decision)


def _guidance(
    charge: Charge, complaint: ChargeComplaint, decision: ComplaintDecision
) -> Iterator[str]:
    if complaint.round == 1:
        days = timedelta(days=progress.terms_of(charge).days_to_complain_again)
        yield _("Du kan klage én gang til, senest %(day)s.") % {
            "day": wording.day(danish_day(decision.decided) + days)
        }
    yield from complaint_letters.guidance(2, 0)


def _where_to_reply(complaint: ChargeComplaint) -> Iterator[str]:
    if complaint.state == "withdrawn":
        return
    yield (
        _("Klagen kom ikke ind her på siden, så du kan ikke svare på den her.")
        + " "
        + _(
            "Skriv til %(email)s eller %(address)s, eller ring på %(phone)s. Oplys afgiftsnummeret."
        )
        % {
            "email": settings.CONTACT_EMAIL,
            "address": settings.CONTACT_ADDRESS,
            "phone": settings.CONTACT_PHONE,
        }
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
