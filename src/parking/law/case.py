"""The course of a case (*sag*): what no register can say, and a case worker must.

A case worker never says yes. They supply the facts that the rule lacks, and the rule decides; to
refuse is to find that the fact has not been shown. So every answer explains itself the same way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any, Final

from parking.law.course import Actor, Course
from parking.law.facts import FROM_APPLICANT, Document, Supplier
from parking.law.reasoning import Answer, Finding


class Kind(Enum):
    """What a case is about."""

    HOME = "home"  #: overlap or gap in the map, no fixed address, a person the register lacks
    VEHICLE = "vehicle"  #: the vehicle register does not say enough
    DOCUMENTS = "documents"  #: a declaration or a contract has been handed in
    SECOND_VEHICLE = "second vehicle"  #: asked for by somebody who has all the permits they may
    MAP = "map"  #: the city has published another map
    COMPLAINT = "complaint"  #: about a charge
    FINDING = "finding"  #: of a machine about a charge of which nobody has complained
    CHANGED = "changed"  #: the conditions of a permit that is valid no longer hold
    MONEY = "money"  #: that came by bank, or was taken back, and is not where it belongs


class Subject(Enum):
    """What a case hangs on; the value is what the case's records call it."""

    APPLICATION = "application"
    ZONE_VERSION = "zone_version"
    COMPLAINT = "complaint"
    CHARGE = "charge"
    PERMIT = "permit"
    UNPLACED_MONEY = "unplaced_money"


#: What each kind of case hangs on: one subject, and never another.
SUBJECTS: Final[Mapping[Kind, Subject]] = {
    Kind.HOME: Subject.APPLICATION,
    Kind.VEHICLE: Subject.APPLICATION,
    Kind.DOCUMENTS: Subject.APPLICATION,
    Kind.SECOND_VEHICLE: Subject.APPLICATION,
    Kind.MAP: Subject.ZONE_VERSION,
    Kind.COMPLAINT: Subject.COMPLAINT,
    Kind.FINDING: Subject.CHARGE,
    Kind.CHANGED: Subject.PERMIT,
    Kind.MONEY: Subject.UNPLACED_MONEY,
}
#: The subjects that are somebody's: their cases have a party, who reads who has looked at them.
OF_A_PARTY: Final = frozenset({Subject.APPLICATION, Subject.PERMIT})
#: The subjects that are somebody's who may never have logged in.
OF_SOMEBODY: Final = frozenset({Subject.COMPLAINT, Subject.CHARGE, Subject.UNPLACED_MONEY})

#: The facts that each kind of case about an application may settle.
SETTLES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.HOME: ("residence", "born", "home", "home_area"),
    Kind.VEHICLE: ("gross_weight_kg",),
    Kind.DOCUMENTS: ("sole_user_declaration", "lease"),
    Kind.SECOND_VEHICLE: ("extra_permits",),
}

#: What a fact is when it has not been shown; any other is then still the applicant's to show.
_NOT_SHOWN: Final[Mapping[str, Any]] = {
    "sole_user_declaration": Document(approved=False),
    "lease": Document(approved=False),
    "extra_permits": 0,
}


class State(Enum):
    """Where a case stands."""

    OPEN = "open"  #: waits in the queue
    TAKEN = "taken"  #: a case worker has it
    ASKED = "asked"  #: waits for the party, until a day
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"  #: by the party, or nobody needs it any more


class Step(Enum):
    """What can be done to a case."""

    TAKE = "take"
    PUT_BACK = "put back"
    ASK = "ask"
    WRITE = "write"  #: to the party, who need not answer
    ANSWER = "answer"
    GO_ON = "go on"  #: without an answer
    DECIDE = "decide"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    END = "end"  #: the permit that the case is about
    LET_STAND = "let stand"  #: the permit, although something has changed
    PLACE = "place"  #: the money, on a charge
    PAY_BACK = "pay back"  #: the money, to whoever paid it
    NOTHING_TO_DO = "nothing to do"  #: with the money: another entry of the bank's settles it


_PARTY, _WORKER, _SYSTEM = Actor.PARTY, Actor.CASE_WORKER, Actor.SYSTEM

COURSE: Final = Course(
    {
        State.OPEN: {
            (_WORKER, Step.TAKE): State.TAKEN,
            (_PARTY, Step.ANSWER): State.OPEN,
            (_WORKER, Step.ANSWER): State.OPEN,  # it came by letter, mail or phone
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.WRITE): State.OPEN,
            (_SYSTEM, Step.PAY_BACK): State.DECIDED,
        },
        State.TAKEN: {
            (_WORKER, Step.DECIDE): State.DECIDED,
            (_WORKER, Step.ASK): State.ASKED,
            (_WORKER, Step.WRITE): State.TAKEN,
            (_WORKER, Step.REFUSE): State.DECIDED,
            (_WORKER, Step.END): State.DECIDED,
            (_WORKER, Step.LET_STAND): State.DECIDED,
            (_WORKER, Step.PLACE): State.DECIDED,
            (_WORKER, Step.PAY_BACK): State.DECIDED,
            (_WORKER, Step.NOTHING_TO_DO): State.DECIDED,
            (_WORKER, Step.PUT_BACK): State.OPEN,
            (_PARTY, Step.ANSWER): State.TAKEN,
            (_WORKER, Step.ANSWER): State.TAKEN,
            (_SYSTEM, Step.WRITE): State.TAKEN,
            (_WORKER, Step.WITHDRAW): State.WITHDRAWN,  # the party has said so
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
        },
        State.ASKED: {
            (_WORKER, Step.WRITE): State.ASKED,
            (_PARTY, Step.ANSWER): State.TAKEN,
            (_WORKER, Step.ANSWER): State.TAKEN,
            (_SYSTEM, Step.WRITE): State.ASKED,
            (_SYSTEM, Step.GO_ON): State.TAKEN,
            (_WORKER, Step.WITHDRAW): State.WITHDRAWN,
            (_WORKER, Step.DECIDE): State.DECIDED,
            (_WORKER, Step.REFUSE): State.DECIDED,
            (_WORKER, Step.END): State.DECIDED,
            (_WORKER, Step.LET_STAND): State.DECIDED,
            (_SYSTEM, Step.REFUSE): State.DECIDED,
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.WITHDRAW): State.WITHDRAWN,
        },
        State.DECIDED: {},
        State.WITHDRAWN: {},
    }
)

#: The states of a case that somebody still waits for.
UNFINISHED: Final = tuple(state for state in State if state not in COURSE.final())


def owed(finding: Finding) -> dict[Kind, tuple[str, ...]]:
    """Return the facts that keep *finding* open and that a case worker owes, by kind of case."""
    if finding.answer is not Answer.OPEN:
        return {}
    missing = {
        fact
        for reason in finding.reasons()
        for fact, who in reason.missing
        if who is Supplier.CASE_WORKER
    }
    return {
        kind: facts
        for kind, all_of_kind in SETTLES.items()
        if (facts := tuple(fact for fact in all_of_kind if fact in missing))
    }


def is_provisional(finding: Finding) -> bool:
    """Tell whether only the approval of documents that were handed in keeps *finding* open.

    Then the permit may be used until they have been looked at (ASSUMED: 14 days, as for leases).
    """
    return finding.answer is Answer.OPEN and all(
        fact in SETTLES[Kind.DOCUMENTS] and who is Supplier.CASE_WORKER
        for reason in finding.reasons()
        for fact, who in reason.missing
        if who is not Supplier.APPLICANT
    )


def only_the_quota_refuses(finding: Finding) -> bool:
    """Tell whether a permit more than usual is all that is asked for (a second vehicle)."""
    return finding.answer is Answer.NO and {reason.rule for reason in finding.reasons()} == {
        "applicant_has_a_permit_left"
    }


def not_shown(facts: Collection[str]) -> dict[str, Any]:
    """Return *facts* as they are when a case worker finds that they have not been shown."""
    return {fact: _NOT_SHOWN.get(fact, FROM_APPLICANT) for fact in facts}


def is_for_a_person(finding: Finding) -> bool:
    """Tell whether a permit that is valid must be looked at by a person, after *finding* of today.

    A certain no is, and what only a case worker can say. While a register is silent nothing is.
    """
    if finding.answer is Answer.OPEN:
        return not any(supplier.is_register for supplier in finding.awaited())
    return finding.answer is Answer.NO


def is_heard(steps: Sequence[Step], *, until: date, today: date) -> bool:
    """Tell whether the party has been heard (forvaltningsloven § 19), after *steps* of the case.

    They were told of what the decision rests on, and have answered, or let the time pass that they
    had *until* the end of that day.
    """
    if Step.ASK not in steps:
        return False
    asked = len(steps) - 1 - list(reversed(steps)).index(Step.ASK)
    return Step.ANSWER in steps[asked:] or until < today
