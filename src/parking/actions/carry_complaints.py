"""How what concerns complaints and annulments reaches the charge system.

Each is told by a reference of ours, so that telling it again is harmless. Everything about one
charge goes in one lane, its files aside, which may wait long for the scanner. A file never comes
before its complaint, nor the answer before a file that could be sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from django.utils import translation

from parking.actions import annulment, complain, complaint_course, complaint_wording
from parking.actions import charge as charges
from parking.actions.send import Carrier
from parking.law.charge_terms import AnnulmentReason
from parking.law.days import danish_day
from parking.ports import Outside, Rejected, Unavailable
from parking.ports.charges import (
    ChargeAnswer,
    ChargeComplaint,
    ComplaintDecision,
    ComplaintMessage,
    Evidence,
)
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment
from parking.records.complaint import Complaint, ComplaintFile
from parking.records.complaint import ComplaintDecision as DecisionRow
from parking.records.complaint import ComplaintMessage as MessageRow
from parking.records.file import KeptFile
from parking.records.outbox import Outgoing
from parking.records.recording import recording

_EVIDENCE_THERE: Final = {
    "permit": "permit",
    "payment": "payment",
    "stolen": "police_report",
    "charge": "register",
    "sold": "register",
    "deceased": "register",
}
_OUTCOMES_THERE: Final[dict[str, Literal["upheld", "annulled", "partly"]]] = {
    DecisionRow.Outcome.UPHELD: "upheld",
    DecisionRow.Outcome.PARTLY: "partly",
    DecisionRow.Outcome.ANNULLED: "annulled",
}
_WITHOUT_WORDS: Final = "–"


def _taken(answer: ChargeAnswer, now: datetime) -> str:
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


def _reference(complaint: Complaint, number: int) -> str:
    return f"complaint-{complaint.id}-{number}"


def complain_there(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of a complaint; it holds the charge there too."""
    complaint = Complaint.objects.select_related("charge").get(id=payload["complaint"])
    number = payload["round"]
    received = complaint.received
    assert received is not None
    # What holds up no fees here holds up none there; that nothing is transferred we see to.
    held = not complaint_course.was_withdrawn(complaint.charge)
    answer = outside.charges.complain(
        complaint.charge.source_id,
        reference=_reference(complaint, number),
        received=received,
        channel=complaint.channel,
        ground=complaint.about.value.replace(" ", "_"),
        text=_as_told(complaint, number),
        hold_until=None if held else danish_day(received),
    )
    return _taken(answer, now)


def _as_told(complaint: Complaint, number: int) -> str:
    """Return a complaint as text: what was answered, and the complainant's own words."""
    with translation.override("da"):
        answered = [
            f"{complaint_wording.asked(field)} {said}"
            for field, said in complain.in_words(complaint)
        ]
    text = complaint.text if number == 1 else complaint.again
    return "\n".join([*(answered if number == 1 else ()), text])


def send_message(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system what was said about a complaint."""
    message = MessageRow.objects.select_related("complaint__charge").get(id=payload["message"])
    complaint = message.complaint
    answer = outside.charges.add_message(
        complaint.charge.source_id,
        _there(outside, complaint, message.round).id,
        ComplaintMessage(
            reference=message.reference,
            sender="municipality" if message.from_us else "complainant",
            text=message.text or _WITHOUT_WORDS,
            sent=message.sent,
        ),
    )
    return _taken(answer, now)


def send_file(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send a file of a complaint, once it has been scanned."""
    known = ComplaintFile.objects.select_related("complaint__charge")
    file = known.filter(id=payload["file"]).first()
    if file is None:
        return "something was found in it"
    if file.scan == KeptFile.Scan.QUARANTINED:
        raise Unavailable("the file has not been scanned yet")
    complaint = file.complaint
    told = Outgoing.objects.filter(key=f"complain {complaint.id} {file.round}")
    if told.filter(state=Outgoing.State.WAITING).exists():
        raise Unavailable("its complaint has not been told yet")
    there = _there(outside, complaint, file.round)
    if there.state in {"decided", "withdrawn"}:
        return "the complaint is closed there"
    answer = outside.charges.add_attachment(
        complaint.charge.source_id,
        there.id,
        reference=f"file-{file.id}",
        name=file.file_name,
        content_type=file.media_type,
        content=bytes(file.content),
    )
    return _taken(answer, now)


def _there(outside: Outside, complaint: Complaint, number: int) -> ChargeComplaint:
    """Return the complaint as the charge system has it now.

    :raises Rejected: if it does not have it: it refused it.
    """
    charge = outside.charges.charge(complaint.charge.source_id)
    return _found(charge, complaint, number)


def _found(charge: ChargeAnswer, complaint: Complaint, number: int) -> ChargeComplaint:
    wanted = _reference(complaint, number)
    found = next((each for each in charge.complaints if each.reference == wanted), None)
    if found is None:
        raise Rejected("the charge system does not have the complaint")
    return found


def decide(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system what was decided: it takes what is annulled off the account.

    A complaint that was reopened is closed there; then what is annulled is told by itself.
    """
    decision = DecisionRow.objects.select_related("complaint__charge").get(id=payload["decision"])
    complaint = decision.complaint
    if _files_on_their_way(complaint):
        raise Unavailable("a file of the complaint goes first")
    charge = outside.charges.charge(complaint.charge.source_id)
    given_up = ChargeAnnulment.objects.filter(reference=payload["annulment"]).first()
    there = _found(charge, complaint, decision.round)
    if there.state in {"decided", "withdrawn"}:
        if given_up is None or _is_ours(there, decision):
            return _taken(charge, now)
        return _annul(outside, complaint.charge, given_up, now)
    reason = AnnulmentReason(decision.reason) if decision.reason else None
    answer = outside.charges.decide(
        charge.id,
        there.id,
        version=there.version,
        decision=ComplaintDecision(
            outcome=_OUTCOMES_THERE[decision.outcome],
            reason=annulment.REASONS_THERE[reason] if reason is not None else "",
            reasons=decision.reasons,
            amount=decision.amount,
            decided=decision.decided,
            decided_by=decision.by,
            due=decision.due,
        ),
        evidence=_evidence(given_up) if given_up is not None else (),
    )
    return _taken(answer, now)


def _files_on_their_way(complaint: Complaint) -> bool:
    scanned = ComplaintFile.objects.filter(complaint=complaint).exclude(
        scan=KeptFile.Scan.QUARANTINED
    )
    keys = [f"complaint file {each}" for each in scanned.values_list("id", flat=True)]
    return Outgoing.objects.filter(key__in=keys, state=Outgoing.State.WAITING).exists()


def _is_ours(there: ChargeComplaint, decision: DecisionRow) -> bool:
    told = there.decision
    return (
        told is not None
        and told.outcome == decision.outcome
        and told.decided.replace(microsecond=0) == decision.decided.replace(microsecond=0)
    )


def report_annulment(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of what was annulled without a complaint."""
    row = ChargeAnnulment.objects.select_related("charge").get(reference=payload["annulment"])
    return _annul(outside, row.charge, row, now)


def _evidence(row: ChargeAnnulment) -> tuple[Evidence, ...]:
    """Return what an annulment rests on, in words."""
    with translation.override("da"):
        return tuple(
            Evidence(
                kind=_EVIDENCE_THERE[each["kind"]],
                reference=each["reference"],
                text=complaint_wording.evidence(each),
            )
            for each in row.evidence
        )


def _annul(outside: Outside, charge: Charge, row: ChargeAnnulment, now: datetime) -> str:
    answer = outside.charges.annul(
        charge.source_id,
        reference=row.reference,
        amount=None if row.whole else row.amount,
        reason=annulment.REASONS_THERE[AnnulmentReason(row.reason)],
        reasons=row.reasons,
        evidence=_evidence(row),
        decided=row.decided,
        decided_by=row.by,
    )
    return _taken(answer, now)


def withdraw(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system that a complaint was taken back."""
    complaint = Complaint.objects.select_related("charge").get(id=payload["complaint"])
    charge = outside.charges.charge(complaint.charge.source_id)
    there = _found(charge, complaint, payload["round"])
    if there.state in {"decided", "withdrawn"}:
        return _taken(charge, now)
    answer = outside.charges.withdraw_complaint(charge.id, there.id, version=there.version)
    return _taken(answer, now)


CARRIERS: Final[dict[str, Carrier]] = {
    Outgoing.Kind.COMPLAIN: complain_there,
    Outgoing.Kind.COMPLAINT_MESSAGE: send_message,
    Outgoing.Kind.COMPLAINT_FILE: send_file,
    Outgoing.Kind.DECIDE_COMPLAINT: decide,
    Outgoing.Kind.WITHDRAW_COMPLAINT: withdraw,
    Outgoing.Kind.REPORT_ANNULMENT: report_annulment,
}
