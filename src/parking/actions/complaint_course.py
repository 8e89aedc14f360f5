"""The course of a complaint and its case, side by side, and what of it the charge system decides.

A complaint that waits for an answer holds its charge from the commit it is sent in, whether the
charge system has heard of it or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from parking.actions import caseload, holds
from parking.law import case as case_law
from parking.law import complaint as law
from parking.law.charge import Hold
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.record import from_json
from parking.ports.charges import ChargeAnswer, ChargeComplaint
from parking.records import case as cases
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment
from parking.records.collection import ChargePause, charge_terms_on
from parking.records.complaint import Complaint, ComplaintDecision, ComplaintMessage
from parking.records.recording import one_at_a_time

_OPEN: Final = [state.value for state in law.OPEN]
_UNFINISHED: Final = [state.value for state in case_law.UNFINISHED]
_CHARGE_SYSTEM: Final = "charge system"
#: The waiting states, out of which one goes on before anything is decided.
WAITING: Final = frozenset({law.State.AWAITING_REPLY, law.State.HEARING, law.State.SECOND_REPLY})


def locked(complaint: Complaint) -> Complaint:
    """Return *complaint* as it is now, its charge nobody else's for the rest of the recording."""
    one_at_a_time("charge", complaint.charge_id)
    known = Complaint.objects.select_for_update(of=("self",)).select_related("charge", "party")
    return known.get(id=complaint.id)


def step(complaint: Complaint, actor: Actor, taken: law.Step, *, now: datetime) -> None:
    """Take a step and save it, and hold the charge or let it go, within a recording.

    :raises StepNotAllowed: if it cannot be taken from where the complaint stands.
    """
    before = complaint.stands
    complaint.move(actor, taken, on=danish_day(now))
    complaint.changed = now
    complaint.save()
    _hold(complaint, before, now)
    update_hold(complaint.charge)


def _hold(complaint: Complaint, before: law.State, now: datetime) -> None:
    """Let the days of the charge count no longer, or count again, from today on."""
    on = danish_day(now)
    was, now_is = before in law.OPEN, complaint.is_open
    if was and not now_is:
        stopped = holds.complaint_reference(complaint.reference)
        for pause in ChargePause.objects.filter(
            charge=complaint.charge, reference__startswith=stopped, until=None
        ):
            holds.end(complaint.charge, reference=pause.reference, on=on)
    if now_is and not was:
        terms = charge_terms_on(danish_day(complaint.charge.issued))
        hold = law.hold(complaint.stands, terms, renewed=was_withdrawn(complaint.charge))
        assert hold is not None
        answered = complaint.decisions.filter(round=complaint.round).count()
        # What is reopened stands still anew: the days since the answer did count. What came by
        # letter counts from the day it came.
        since = min(danish_day(complaint.received or now), on) if before is law.State.DRAFT else on
        reference = f"{complaint.reference}{f' {answered}' if answered else ''}"
        holds.begin(
            complaint.charge, hold, reference=holds.complaint_reference(reference), on=since
        )


def update_hold(charge: Charge) -> None:
    """Write on *charge* whether it waits, for us or for the charge system, within a recording."""
    told = from_json(ChargeAnswer, charge.told)
    waits = bool(told.plan) or is_held(charge) or _findings(charge).exists()
    waits = waits or holds.is_stopped_for_good(charge)
    if not waits and told.hold is not None and holds.is_held_there(told):
        waits = told.hold.reason != "complaint" or not _ours_alone(charge, told)
    Charge.objects.filter(id=charge.id).update(waits=waits)
    charge.waits = waits


def _ours_alone(charge: Charge, told: ChargeAnswer) -> bool:
    """Tell whether every complaint that is open there is one of ours, which we have closed."""
    ours = set()
    for each in Complaint.objects.filter(charge=charge):
        ours |= {f"complaint-{each.id}-{number}" for number in (1, 2)}
    return all(each.reference in ours for each in told.complaints if each.state in _OPEN_THERE)


_OPEN_THERE: Final = frozenset({"open", "hearing"})


def is_held(charge: Charge) -> bool:
    """Tell whether a complaint of ours stops the reminders and fees of *charge*."""
    terms = charge_terms_on(danish_day(charge.issued))
    waiting = Complaint.objects.filter(charge=charge, state__in=_OPEN)
    held = [each for each in waiting if law.hold(each.stands, terms) is Hold.COMPLAINT]
    return bool(held) and not was_withdrawn(charge)


def was_withdrawn(charge: Charge, ours: Iterable[Complaint] | None = None) -> bool:
    """Tell whether a complaint about *charge* was withdrawn after it was sent, here or there.

    *ours* are all that we have about it, if they are at hand.
    """
    told = from_json(ChargeAnswer, charge.told)
    if any(each.state == "withdrawn" for each in told.complaints):
        return True
    if ours is not None:
        return any(each.stands is law.State.WITHDRAWN and each.received for each in ours)
    withdrawn = Complaint.objects.filter(charge=charge, state=law.State.WITHDRAWN.value)
    return withdrawn.filter(received__isnull=False).exists()


# The case


def open_case(complaint: Complaint, *, now: datetime) -> Case:
    """Open the case in which a case worker answers *complaint*, within a recording."""
    terms = charge_terms_on(danish_day(complaint.charge.issued))
    today = danish_day(now)
    due = law.deadline(complaint.stands, terms, since=today, submitted=today)
    return Case.objects.create(
        number=cases.next_number(),
        kind=case_law.Kind.COMPLAINT.value,
        party_id=complaint.party_id,
        complaint=complaint,
        opened=now,
        due=due.day if due is not None else today,
    )


def open_case_of_finding(charge: Charge, *, now: datetime) -> None:
    """Open a case in which a case worker looks at what a machine has seen, within a recording.

    There is one of a charge. None is opened while somebody waits for the answer to a complaint: its
    own case shows the same; nor again once a case worker has looked.
    """
    if Complaint.objects.filter(charge=charge, state__in=_OPEN).exists():
        return
    if Case.objects.filter(charge=charge).exclude(state=case_law.State.WITHDRAWN.value).exists():
        return
    terms = charge_terms_on(danish_day(charge.issued))
    case = Case.objects.create(
        number=cases.next_number(),
        kind=case_law.Kind.FINDING.value,
        charge=charge,
        opened=now,
        due=danish_day(now) + timedelta(days=terms.case_days),
    )
    # Who reads that nothing shall be paid is neither reminded nor charged a fee meanwhile.
    holds.begin(charge, Hold.CASE_WORKER, reference=_hold_of(case), on=danish_day(now))
    update_hold(charge)


def _findings(charge: Charge) -> QuerySet[Case]:
    """Return the case in which a case worker is to look at what a machine has seen, if any."""
    return Case.objects.filter(charge=charge, state__in=_UNFINISHED)


def _hold_of(case: Case) -> str:
    return f"finding {case.number}"


def is_looked_at(charge: Charge) -> bool:
    """Tell whether a case worker has yet to decide on a complaint or a finding of *charge*."""
    about = Q(charge=charge) | Q(complaint__charge=charge)
    return Case.objects.filter(about, state__in=_UNFINISHED).exists()


def let_go_of_finding(case: Case, charge: Charge, *, now: datetime) -> None:
    """Let *charge* wait no longer for *case*, which has ended, within a recording."""
    holds.end(charge, reference=_hold_of(case), on=danish_day(now))
    update_hold(charge)


def end_case_of_finding(charge: Charge, *, now: datetime) -> None:
    """End the case about what a machine has seen: nobody need look any more."""
    for case in _findings(charge).select_for_update(of=("self",)):
        caseload.step(case, Actor.SYSTEM, case_law.Step.WITHDRAW, now=now)
        let_go_of_finding(case, charge, now=now)


def case_of(complaint: Complaint) -> Case | None:
    """Return the case that *complaint* waits in, locked; ``None`` if it waits in none."""
    waiting = Case.objects.select_for_update(of=("self",)).filter(
        complaint=complaint, state__in=_UNFINISHED
    )
    return waiting.first()


def step_in_case(
    complaint: Complaint, actor: Actor, taken: case_law.Step, *, now: datetime, text: str = ""
) -> None:
    """Take a step in the case of *complaint*, if it has one, within a recording."""
    case = case_of(complaint)
    if case is not None:
        caseload.step(case, actor, taken, now=now, text=text)


# What the charge system tells


def follow(charges: Iterable[Charge], *, now: datetime) -> None:
    """Follow what the charge system told of *charges*, within the recording that took it over.

    A complaint that was decided or withdrawn there is so here, and a charge that is annulled leaves
    nothing to complain about. What we have recorded and it has not heard of yet still counts.
    """
    rows = {charge.id: charge for charge in charges}
    told = Complaint.objects.filter(charge__in=rows, state__in=_OPEN).select_related("party")
    for complaint in list(told):
        complaint.charge = rows[complaint.charge_id]
        _follow(complaint, from_json(ChargeAnswer, complaint.charge.told), now)
        update_hold(complaint.charge)
    for case in Case.objects.filter(charge__in=rows, state__in=_UNFINISHED):
        assert case.charge_id is not None
        row = rows[case.charge_id]
        if row.state == "annulled":
            end_case_of_finding(row, now=now)
        else:
            update_hold(row)
    annulled = ChargeAnnulment.objects.filter(charge__in=rows, whole=True).values("charge")
    Charge.objects.filter(id__in=annulled).exclude(state="annulled").update(
        state="annulled", waits=False
    )


def _follow(complaint: Complaint, told: ChargeAnswer, now: datetime) -> None:
    there = known_there(complaint, told)
    if there is not None:
        _take_messages(complaint, there)
        if there.state == "withdrawn":
            close(complaint, Actor.CASE_WORKER, law.Step.WITHDRAW, now=now)
            return
        if there.decision is not None:
            _take_decision(complaint, there, now)
            return
    if told.state == "annulled":
        close(complaint, Actor.SYSTEM, law.Step.ANNUL, now=now)


def known_there(complaint: Complaint, told: ChargeAnswer) -> ChargeComplaint | None:
    """Return this round of *complaint* as the charge system knows it; ``None`` if it does not."""
    found = (each for each in told.complaints if each.reference == complaint.reference)
    return next(found, None)


def _take_messages(complaint: Complaint, there: ChargeComplaint) -> None:
    """Keep what the municipality has written to the complainant in the charge system itself."""
    for message in there.messages:
        if message.sender == "municipality":
            ComplaintMessage.objects.get_or_create(
                reference=message.reference,
                defaults={
                    "complaint": complaint,
                    "round": complaint.round,
                    "kind": ComplaintMessage.Kind.MESSAGE,
                    "from_us": True,
                    "text": message.text,
                    "sent": message.sent,
                },
            )


def _take_decision(complaint: Complaint, there: ChargeComplaint, now: datetime) -> None:
    decision = there.decision
    assert decision is not None
    known = ComplaintDecision.objects.filter(complaint=complaint, round=complaint.round)
    if known.exists():  # it is our own that is told back; what was reopened since is ours alone
        return
    ComplaintDecision.objects.create(
        complaint=complaint,
        round=complaint.round,
        outcome=decision.outcome,
        reason=decision.reason,
        reasons=decision.reasons,
        amount_ore=decision.amount.ore,
        due=decision.due,
        decided=decision.decided,
        by=_CHARGE_SYSTEM,
    )
    taken = {
        "upheld": law.Step.UPHOLD,
        "partly": law.Step.ANNUL_PARTLY,
        "annulled": law.Step.ANNUL,
    }[decision.outcome]
    close(complaint, Actor.CASE_WORKER, taken, now=now)


def close(complaint: Complaint, actor: Actor, taken: law.Step, *, now: datetime) -> None:
    """Bring *complaint* to its end by a step that was taken elsewhere, its case with it.

    Where the step is a case worker's the complaint is taken up first, for it was, elsewhere.
    """
    if actor is Actor.CASE_WORKER and taken is not law.Step.WITHDRAW:
        if complaint.stands is law.State.SUBMITTED:
            complaint.move(actor, law.Step.TAKE_UP, on=danish_day(now))
        elif complaint.stands in WAITING:
            complaint.move(Actor.SYSTEM, law.Step.GO_ON, on=danish_day(now))
    step(complaint, actor, taken, now=now)
    step_in_case(complaint, Actor.SYSTEM, case_law.Step.WITHDRAW, now=now)
