"""Complaints as somebody sent them and somebody answered them, before we come to look."""

from __future__ import annotations

from parking.actions import casework, complain, complaint_work, staff
from parking.law import complaint as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.money import NOTHING
from parking.law.offence import Question
from parking.law.staff import Role
from parking.records.case import Case
from parking.records.complaint import Complaint
from sandbox.employees import EMPLOYEES
from town import charge, now, party


def send_for(slug: str, who: str) -> Complaint:
    """Complain as somebody who did it yesterday, and not in front of us."""
    begun = complain.begin(party(who), charge(slug), language="da", now=now())
    written = {"question": Question.DISC.value, "text": "Skiven lå i ruden."}
    return complain.submit(complain.keep(begun, written, now=now()), now=now())


def answer_for(complaint: Complaint, step: law.Step, *, reason: AnnulmentReason | None) -> None:
    """Have another case worker than Ditte decide it."""
    dorte = next(each for each in EMPLOYEES if each.slug == "dorte")
    worker = staff.add(name_id=dorte.name_id, roles={Role.DECIDER}, unit="Parkering", now=now())
    case = Case.objects.get(complaint=complaint)
    casework.take(worker, case, version=case.version, now=now())
    decision = complaint_work.Decision(
        step=step, reason=reason, reasons="Skiven ses ikke på billederne.", amount=NOTHING
    )
    case = casework.case_for(worker, case.id)
    complaint_work.decide(worker, case, decision, version=case.version, now=now())
