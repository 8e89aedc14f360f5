"""Answering complaints: what a case worker asks, hears, registers and decides, each in one commit.

A decision is one step: the answer, the letter with its reasons and guidance, what is taken off the
account and the new deadline are recorded together, and leave the house in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from parking.actions import (
    annulment,
    caseload,
    casework,
    claims,
    complain,
    complaint_course,
    complaint_letters,
    evidence,
    progress,
    send,
)
from parking.actions import charge as charges
from parking.actions.case_letters import CaseLetter
from parking.law import case as case_law
from parking.law import charge as charge_law
from parking.law import complaint as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import danish_day
from parking.law.money import NOTHING, Money
from parking.ports import Outside
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeCheck
from parking.records.complaint import Complaint, ComplaintDecision, ComplaintMessage
from parking.records.outbox import Outgoing
from parking.records.recording import recording
from parking.records.staff import Staff

#: The steps that are answers, and what each comes to.
OUTCOMES: Final = {
    law.Step.UPHOLD: ComplaintDecision.Outcome.UPHELD,
    law.Step.ANNUL_PARTLY: ComplaintDecision.Outcome.PARTLY,
    law.Step.ANNUL: ComplaintDecision.Outcome.ANNULLED,
}
#: What is asked of the complainant, by letter and until a day.
QUESTIONS: Final = frozenset({law.Step.ASK, law.Step.HEAR})
#: What the complainant has said or done, and a case worker writes down for them.
REGISTERED: Final = frozenset({law.Step.ADD, law.Step.REPLY, law.Step.WITHDRAW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An answer as it is to be given. *amount* is of a part; a whole annulment takes all there is.

    :raises ValueError: if it contradicts itself.
    """

    step: law.Step
    reason: AnnulmentReason | None = None
    reasons: str
    amount: Money = NOTHING

    def __post_init__(self) -> None:
        if self.step not in OUTCOMES:
            raise ValueError(f"{self.step.value} answers nothing")
        if (self.reason is None) != (self.step is law.Step.UPHOLD):
            raise ValueError("what is annulled has a reason, and nothing else")
        if (self.amount > NOTHING) != (self.step is law.Step.ANNUL_PARTLY):
            raise ValueError("a part has an amount, and nothing else")


def may_do(staff: Staff, case: Case) -> tuple[law.Step, ...]:
    """Return the steps with words that *staff* can take in the complaint of their *case*."""
    if case.taken_by_id != staff.id:
        return ()
    steps = law.COURSE.steps(case.grievance.stands, Actor.CASE_WORKER)
    known = (*QUESTIONS, law.Step.WRITE, *OUTCOMES, *REGISTERED)
    return tuple(step for step in law.Step if step in steps and step in known)


def answer_until(complaint: Complaint, step: law.Step, *, now: datetime) -> date:
    """Return the last day on which the complainant may reply to *step*."""
    stands = law.COURSE.after(complaint.stands, Actor.CASE_WORKER, step)
    due = law.deadline(stands, progress.terms_of(complaint.charge), since=danish_day(now))
    assert due is not None
    return due.day


# Asking, and hearing


def question(complaint: Complaint, step: law.Step, text: str, *, now: datetime) -> CaseLetter:
    """Return the letter by which the complainant is asked, or heard."""
    return complaint_letters.question(
        complaint,
        text=text,
        until=answer_until(complaint, step, now=now),
        hearing=step is law.Step.HEAR,
    )


def ask(
    staff: Staff, case: Case, *, step: law.Step, text: str, version: int, now: datetime
) -> None:
    """Ask the complainant something, or hear what they say to what was found.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or it cannot be asked any more.
    """
    with recording():
        case, complaint = _locked(staff, case, version)
        until = answer_until(complaint, step, now=now)
        letter = question(complaint, step, text, now=now)
        complaint_course.step(complaint, Actor.CASE_WORKER, step, now=now)
        kinds = ComplaintMessage.Kind
        complain.add_message(
            complaint,
            kinds.HEARING if step is law.Step.HEAR else kinds.QUESTION,
            text=text,
            from_us=True,
            until=until,
            staff=staff,
            now=now,
        )
        case.due = until
        caseload.step(case, Actor.CASE_WORKER, case_law.Step.ASK, now=now, staff=staff, text=text)
        _write(letter, "hearing" if step is law.Step.HEAR else "message", complaint, case, now)


def write(staff: Staff, case: Case, *, text: str, version: int, now: datetime) -> None:
    """Write to the complainant, who need not reply: nothing waits for it, and nothing moves.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or nobody waits for its answer any more.
    """
    with recording():
        case, complaint = _locked(staff, case, version)
        complaint_course.step(complaint, Actor.CASE_WORKER, law.Step.WRITE, now=now)
        kind = ComplaintMessage.Kind.MESSAGE
        complain.add_message(complaint, kind, text=text, from_us=True, staff=staff, now=now)
        caseload.step(case, Actor.CASE_WORKER, case_law.Step.WRITE, now=now, staff=staff, text=text)
        _write(complaint_letters.message(complaint, text=text), "message", complaint, case, now)


def register(
    staff: Staff, case: Case, *, step: law.Step, text: str, version: int, now: datetime
) -> None:
    """Write down what the complainant has said by letter, mail or phone, or that they take it back.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or nobody waits for it any more.
    """
    with recording():
        case, complaint = _locked(staff, case, version)
        complaint_course.step(complaint, Actor.CASE_WORKER, step, now=now)
        kinds = ComplaintMessage.Kind
        kind = {law.Step.ADD: kinds.MESSAGE, law.Step.REPLY: kinds.REPLY}.get(
            step, kinds.WITHDRAWAL
        )
        complain.add_message(complaint, kind, text=text, from_us=False, staff=staff, now=now)
        withdrawn = step is law.Step.WITHDRAW
        taken = case_law.Step.WITHDRAW if withdrawn else case_law.Step.ANSWER
        caseload.step(case, Actor.CASE_WORKER, taken, now=now, staff=staff, text=text)
        if withdrawn:
            send.put(
                Outgoing.Kind.WITHDRAW_COMPLAINT,
                key=f"withdraw {complaint.id} {complaint.round}",
                lane=f"charge {complaint.charge_id}",
                payload={"complaint": str(complaint.id), "round": complaint.round},
                now=now,
            )


# Deciding


def letter_of(complaint: Complaint, decision: Decision, *, now: datetime) -> CaseLetter:
    """Return the letter that tells *decision*."""
    amount, left, due = _what_follows(complaint.charge, decision, now)
    return complaint_letters.answer(
        complaint,
        outcome=OUTCOMES[decision.step],
        reason=decision.reason,
        reasons=decision.reasons,
        amount=amount,
        due=due,
        left=left,
        days_to_complain_again=progress.terms_of(complaint.charge).days_to_complain_again,
    )


def _what_follows(
    charge: Charge, decision: Decision, now: datetime
) -> tuple[Money, Money, date | None]:
    """Return what is annulled, what is left to pay, and until when."""
    whole = decision.step is law.Step.ANNUL
    amount = annulment.left_to_annul(charge) if whole else decision.amount
    left = max(charges.balance(charge).owed - amount, NOTHING)
    ours = charges.stands(charge) in charge_law.COLLECTED_HERE
    if not left or not ours:
        return amount, left, None
    days = timedelta(days=progress.terms_of(charge).days_after_answer)
    return amount, left, danish_day(now) + days


def decide(
    staff: Staff, case: Case, decision: Decision, *, version: int, now: datetime
) -> ComplaintDecision:
    """Answer the complaint: decision, letter and account in one commit.

    What is annulled for the reason that a machine has seen rests on what the machine has shown.

    :raises ChangedMeanwhile: if the case has changed since the page was shown.
    :raises StepNotAllowed: if *staff* does not have it, it cannot be answered now, or a part is no
        less than the whole.
    """
    with recording():
        case, complaint = _locked(staff, case, version)
        charge = complaint.charge
        if decision.step is law.Step.ANNUL_PARTLY and (
            decision.amount >= annulment.left_to_annul(charge)
        ):
            raise StepNotAllowed("a part is less than the whole")
        letter = letter_of(complaint, decision, now=now)
        amount, _left, due = _what_follows(charge, decision, now)
        earlier = complaint.decisions.filter(round=complaint.round).exists()
        row = ComplaintDecision.objects.create(
            complaint=complaint,
            round=complaint.round,
            outcome=OUTCOMES[decision.step],
            reason=decision.reason.value if decision.reason else "",
            reasons=decision.reasons,
            amount_ore=amount.ore,
            due=due,
            decided=now,
            staff=staff,
            by=staff.unit or "case worker",
        )
        reference = f"reopened-{row.id}" if earlier else complaint.reference
        if decision.reason is not None:
            # What is with the debt collection is taken back before anything of it is annulled.
            claims.recall(charge, because="annulled", now=now)
            annulment.annul(
                charge,
                reference=reference,
                amount=None if decision.step is law.Step.ANNUL else amount,
                reason=decision.reason,
                reasons=decision.reasons,
                evidence=evidence.shown_for(charge, complaint.party, decision.reason),
                by=row.by,
                by_machine=False,
                complaint=complaint,
                now=now,
            )
        if due is not None:
            Charge.objects.filter(id=charge.id).update(due=due)
        complaint_course.step(complaint, Actor.CASE_WORKER, decision.step, now=now)
        caseload.step(
            case,
            Actor.CASE_WORKER,
            case_law.Step.DECIDE,
            now=now,
            staff=staff,
            text=decision.reasons,
        )
        send.put(
            Outgoing.Kind.DECIDE_COMPLAINT,
            key=f"decide {row.id}",
            lane=f"charge {charge.id}",
            payload={"decision": row.id, "annulment": reference if decision.reason else ""},
            now=now,
        )
        if decision.reason is not None:
            annulment.owe_back(charge, now=now)
        _write(letter, "decision", complaint, case, now)
    return row


def may_reopen(case: Case) -> bool:
    """Tell whether the complaint of *case* was answered and can be looked at again."""
    return law.Step.REOPEN in law.COURSE.steps(case.grievance.stands, Actor.CASE_WORKER)


def reopen(staff: Staff, case: Case, *, why: str, now: datetime) -> Case:
    """Look at an answered complaint again, in a new case of *staff*'s.

    :raises StepNotAllowed: if it was not answered, or is being looked at.
    """
    with recording():
        complaint = complaint_course.locked(case.grievance)
        complaint_course.step(complaint, Actor.CASE_WORKER, law.Step.REOPEN, now=now)
        opened = complaint_course.open_case(complaint, now=now)
        opened.taken_by = staff
        caseload.step(opened, Actor.CASE_WORKER, case_law.Step.TAKE, now=now, staff=staff, text=why)
    return opened


# What a machine has seen, of which nobody has complained


def settle_finding(
    outside: Outside,
    staff: Staff,
    case: Case,
    *,
    annul: bool,
    reasons: str,
    version: int,
    now: datetime,
) -> None:
    """Annul the charge as the machine proposes, or let it stand; all concerned hear of the former.

    :raises ChangedMeanwhile: if the case has changed.
    :raises StepNotAllowed: if *staff* does not have it, or nothing is proposed any more.
    :raises Unavailable: if the charge system is silent, and it alone may know whom to write to.
    """
    registered = annulment.registered_or_kept(outside, case.charged) if annul else None
    with recording():
        case = casework.locked_of(staff, case, version)
        charge = Charge.objects.get(id=case.charged.id)
        kept = ChargeCheck.objects.filter(charge=charge).exclude(reason="").order_by("-at").first()
        step = case_law.Step.DECIDE if annul else case_law.Step.REFUSE
        caseload.step(case, Actor.CASE_WORKER, step, now=now, staff=staff, text=reasons)
        complaint_course.let_go_of_finding(case, charge, now=now)
        if not annul:
            return
        if kept is None:
            raise StepNotAllowed("nothing is proposed")
        evidence.annul_as_proposed(
            charge,
            kept,
            reasons=reasons,
            by=staff.unit or "case worker",
            registered=registered,
            now=now,
        )


def _locked(staff: Staff, case: Case, version: int) -> tuple[Case, Complaint]:
    case = casework.locked_of(staff, case, version)
    complaint = complaint_course.locked(case.grievance)
    return case, complaint


def _write(letter: CaseLetter, kind: str, complaint: Complaint, case: Case, now: datetime) -> None:
    complaint_letters.write(
        letter,
        kind=kind,
        charge=complaint.charge,
        party=complaint.party,
        complaint=complaint,
        case=case,
        now=now,
    )
