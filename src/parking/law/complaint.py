"""The course of a complaint (*indsigelse*) about a charge, what it asks, and how long things take.

There are two rounds: who is not content with the answer may complain once more, and after that a
court decides. A complaint that comes by letter, mail or phone goes the same way; a case worker
takes the complainant's steps for them.

Paragraphs refer to ``docs/regulation/charges.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from parking.law import charge
from parking.law.charge import Hold
from parking.law.charge_terms import AnnulmentReason, ChargeTerms, Suspension
from parking.law.course import Actor, Course
from parking.law.offence import Offence, Question


class State(Enum):
    """Where a complaint stands."""

    DRAFT = "draft"  #: being written; nothing waits for it
    SUBMITTED = "submitted"  #: waits to be taken up
    IN_REVIEW = "in review"
    AWAITING_REPLY = "awaiting reply"  #: the complainant has been asked something
    HEARING = "hearing"  #: the complainant may say something about what was found out
    CHARGE_STANDS = "charge stands"
    PARTLY_ANNULLED = "partly annulled"
    SECOND_ROUND = "second round"  #: by whoever was not content; the last one
    SECOND_REPLY = "awaiting reply in the second round"
    CHARGE_STANDS_FINALLY = "charge stands finally"  #: or what is left; only a court can change it
    ANNULLED = "annulled"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"  #: never sent, or there is nothing to complain about any more


class Step(Enum):
    """What can be done to a complaint."""

    SAVE = "save"
    SUBMIT = "submit"
    LAPSE = "lapse"
    TAKE_UP = "take up"
    PUT_BACK = "put back"
    ADD = "add something"
    ASK = "ask the complainant"
    HEAR = "hear the complainant"
    WRITE = "write to the complainant"  #: who need not reply
    REPLY = "reply"
    GO_ON = "go on without a reply"
    UPHOLD = "uphold the charge"
    ANNUL_PARTLY = "annul in part"
    ANNUL = "annul the charge"
    COMPLAIN_AGAIN = "complain again"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


_PARTY, _WORKER, _SYSTEM = Actor.PARTY, Actor.CASE_WORKER, Actor.SYSTEM
_Moves = dict[tuple[Actor, Step], State]


def _open(state: State) -> _Moves:
    """Return what can happen to every complaint that waits for its answer."""
    return {
        (_PARTY, Step.ADD): state,
        (_WORKER, Step.ADD): state,  # it came by letter, mail or phone
        (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
        (_WORKER, Step.WITHDRAW): State.WITHDRAWN,
        # By the machine on the spot, or because the charge was annulled for another reason.
        (_SYSTEM, Step.ANNUL): State.ANNULLED,
    }


def _taken_up(state: State) -> _Moves:
    """Return what can happen to every complaint that somebody is looking at."""
    return _open(state) | {(_WORKER, Step.WRITE): state}


def _waiting(state: State, goes_on: State) -> _Moves:
    """Return what can happen to a complaint whose complainant may say something."""
    return _taken_up(state) | {
        (_PARTY, Step.REPLY): goes_on,
        (_WORKER, Step.REPLY): goes_on,
        (_SYSTEM, Step.GO_ON): goes_on,
    }


def _answered(again: State) -> _Moves:
    """Return what can happen after an answer that leaves something to pay."""
    return {
        (_WORKER, Step.REOPEN): again,
        # For many at once: a sign turned out to be crooked.
        (_SYSTEM, Step.ANNUL): State.ANNULLED,
    }


COURSE: Final = Course(
    {
        State.DRAFT: {
            (_PARTY, Step.SAVE): State.DRAFT,
            (_PARTY, Step.SUBMIT): State.SUBMITTED,
            (_WORKER, Step.SUBMIT): State.SUBMITTED,
            (_PARTY, Step.WITHDRAW): State.WITHDRAWN,
            (_SYSTEM, Step.LAPSE): State.LAPSED,
        },
        State.SUBMITTED: _open(State.SUBMITTED) | {(_WORKER, Step.TAKE_UP): State.IN_REVIEW},
        State.IN_REVIEW: _taken_up(State.IN_REVIEW)
        | {
            (_WORKER, Step.PUT_BACK): State.SUBMITTED,
            (_WORKER, Step.ASK): State.AWAITING_REPLY,
            (_WORKER, Step.HEAR): State.HEARING,
            (_WORKER, Step.UPHOLD): State.CHARGE_STANDS,
            (_WORKER, Step.ANNUL_PARTLY): State.PARTLY_ANNULLED,
            (_WORKER, Step.ANNUL): State.ANNULLED,
        },
        State.AWAITING_REPLY: _waiting(State.AWAITING_REPLY, State.IN_REVIEW),
        State.HEARING: _waiting(State.HEARING, State.IN_REVIEW),
        State.CHARGE_STANDS: _answered(State.IN_REVIEW)
        | {
            (_PARTY, Step.COMPLAIN_AGAIN): State.SECOND_ROUND,
            (_WORKER, Step.COMPLAIN_AGAIN): State.SECOND_ROUND,
        },
        State.PARTLY_ANNULLED: _answered(State.IN_REVIEW)
        | {
            (_PARTY, Step.COMPLAIN_AGAIN): State.SECOND_ROUND,
            (_WORKER, Step.COMPLAIN_AGAIN): State.SECOND_ROUND,
        },
        State.SECOND_ROUND: _taken_up(State.SECOND_ROUND)
        | {
            (_WORKER, Step.ASK): State.SECOND_REPLY,
            (_WORKER, Step.HEAR): State.SECOND_REPLY,
            (_WORKER, Step.UPHOLD): State.CHARGE_STANDS_FINALLY,
            (_WORKER, Step.ANNUL_PARTLY): State.CHARGE_STANDS_FINALLY,
            (_WORKER, Step.ANNUL): State.ANNULLED,
        },
        State.SECOND_REPLY: _waiting(State.SECOND_REPLY, State.SECOND_ROUND),
        State.CHARGE_STANDS_FINALLY: _answered(State.SECOND_ROUND),
        State.ANNULLED: {},
        State.WITHDRAWN: {},
        State.LAPSED: {},
    }
)

#: The states in which somebody waits for an answer: a complaint is open.
OPEN: Final = COURSE.before(Actor.PARTY, Step.ADD)
_SECOND: Final = frozenset({State.SECOND_ROUND, State.SECOND_REPLY})


# Who may complain, and what waits


def may_complain(about: charge.State, earlier: Collection[State]) -> bool:
    """Tell whether a new complaint may be begun about a charge that has *earlier* ones (§ 6).

    One that was never sent counts for nothing. Whoever withdrew one may begin one more. After an
    answer one complains again by the same complaint; while one is open or being written there is no
    other.
    """
    possible = Actor.PARTY, charge.Step.COMPLAIN
    return (
        possible in charge.COURSE.table[about]
        and all(state in {State.WITHDRAWN, State.LAPSED} for state in earlier)
        and list(earlier).count(State.WITHDRAWN) <= _MOST_WITHDRAWN
    )


#: After so many that were withdrawn there is still a new one.
_MOST_WITHDRAWN: Final = 1


def counts_as(state: State, *, answered: bool) -> State:
    """Return what an earlier complaint counts as (§ 6, stk. 4).

    One that was *answered* stays answered: who withdraws what they said of the answer leaves it
    standing, for good.
    """
    return State.CHARGE_STANDS_FINALLY if answered and state is State.WITHDRAWN else state


def may_complain_again(state: State, answered: date, terms: ChargeTerms, *, on: date) -> bool:
    """Tell whether the complainant may still complain again on the day *on* (§ 6, stk. 4)."""
    offered = Step.COMPLAIN_AGAIN in COURSE.steps(state, Actor.PARTY)
    return offered and on <= answered + timedelta(days=terms.days_to_complain_again)


def hold(state: State, terms: ChargeTerms, *, renewed: bool = False) -> Hold | None:
    """Return how a complaint in *state* holds the collection of its charge (§ 6, stk. 3).

    Without suspensive effect reminders go on, and still nothing is transferred to debt collection
    while somebody waits for an answer.
    """
    if state not in OPEN:
        return None
    return hold_in(2 if state in _SECOND else 1, terms, renewed=renewed)


def hold_in(round_: int, terms: ChargeTerms, *, renewed: bool = False) -> Hold:
    """Return what a complaint in its first or second *round* holds up, while it is open.

    One that is *renewed*, after another was withdrawn, holds up no fees again.
    """
    suspended = {
        Suspension.NONE: False,
        Suspension.FIRST_ROUND: round_ == 1,
        Suspension.EVERY_ROUND: True,
    }[terms.suspension]
    return Hold.COMPLAINT if suspended and not renewed else Hold.TRANSFER


def will_wait(
    about: charge.State, round_: int, terms: ChargeTerms, *, renewed: bool = False
) -> bool:
    """Tell whether fees and deadlines of a charge wait for the answer in that round (§ 6, stk. 3).

    Only what we collect ourselves has fees and deadlines that can wait.
    """
    held = hold_in(round_, terms, renewed=renewed)
    return about in charge.COLLECTED_HERE and held is Hold.COMPLAINT


# Deadlines


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which something should be done about a complaint."""

    day: date
    actor: Actor  #: who should do something until then
    then: Step | None  #: what the system does the day after; ``None`` if it only shows it


#: Who has how many days in each state, by the name of the number in the terms, and what follows.
DEADLINES: Final[Mapping[State, tuple[Actor, str, Step | None]]] = {
    State.DRAFT: (_PARTY, "draft_days", Step.LAPSE),
    State.SUBMITTED: (_WORKER, "target_days", None),
    State.IN_REVIEW: (_WORKER, "target_days", None),
    State.AWAITING_REPLY: (_PARTY, "reply_days", Step.GO_ON),
    State.HEARING: (_PARTY, "hearing_days", Step.GO_ON),
    State.CHARGE_STANDS: (_PARTY, "days_to_complain_again", None),
    State.PARTLY_ANNULLED: (_PARTY, "days_to_complain_again", None),
    State.SECOND_ROUND: (_WORKER, "target_days", None),
    State.SECOND_REPLY: (_PARTY, "reply_days", Step.GO_ON),
}


def deadline(
    state: State, terms: ChargeTerms, *, since: date, submitted: date | None = None
) -> Deadline | None:
    """Return the deadline of a complaint that is in *state* since a day; ``None`` if it has none.

    The days to answer count from the day it was *submitted*, in either round, and not from the day
    somebody took it up.
    """
    if state not in DEADLINES:
        return None
    actor, number, then = DEADLINES[state]
    counted_from = submitted if actor is _WORKER and submitted is not None else since
    return Deadline(counted_from + timedelta(days=getattr(terms, number)), actor, then)


# What a complaint asks


class Document(Enum):
    """Something that shows what somebody says."""

    RECEIPT = "receipt"  #: of a payment, from the app or the machine
    PERMIT = "permit"  #: or a picture of it
    DISABLED_CARD = "disabled card"  #: both sides
    DISC = "picture of the disc"
    DELIVERY_NOTE = "delivery note"
    CHARGING_RECEIPT = "charging receipt"
    PICTURE = "picture of the place"
    REGISTRATION = "registration certificate"
    TOWING_SLIP = "towing slip"  #: or a repair shop's invoice
    SALES_CONTRACT = "sales contract"
    POLICE_REPORT = "police report"
    OTHER_CHARGE = "the other charge"
    OTHER = "other"


class Field(Enum):
    """One thing that a complaint asks for, besides the story in one's own words."""

    OPERATOR = "operator"  #: who was paid
    PAID_FROM = "paid from"
    PAID_UNTIL = "paid until"
    PLATE_TYPED = "plate typed"
    PERMIT_PLATE = "permit plate"
    CARD_NUMBER = "card number"
    ARRIVED = "arrived"
    LOADED_FROM = "loaded from"
    LOADED_UNTIL = "loaded until"
    WHAT_IS_WRONG = "what is wrong"  #: with the sign or the marking
    GROSS_WEIGHT = "gross weight"
    BROKE_DOWN = "broke down"
    SOLD_ON = "sold on"
    STOLEN_ON = "stolen on"
    POLICE_NUMBER = "police number"
    OTHER_NUMBER = "other number"  #: of the charge before
    DIED_ON = "died on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What is asked of somebody who says that a charge is wrong in one way."""

    question: Question
    fields: tuple[Field, ...] = ()
    documents: tuple[Document, ...] = ()  #: any of them helps
    needs_document: bool = False  #: without one it cannot be shown; it may come later
    leads_to: AnnulmentReason | None = None  #: if it is so; ``None`` if it depends


_GUIDES: Final = (
    Guide(
        question=Question.PERMIT,
        fields=(Field.PERMIT_PLATE,),
        documents=(Document.PERMIT,),
        leads_to=AnnulmentReason.PERMIT,
    ),
    Guide(
        question=Question.PAID,
        fields=(Field.OPERATOR, Field.PAID_FROM, Field.PAID_UNTIL),
        documents=(Document.RECEIPT,),
        leads_to=AnnulmentReason.PAID_ELSEWHERE,
    ),
    Guide(
        question=Question.TYPO,
        fields=(Field.PLATE_TYPED, Field.OPERATOR),
        documents=(Document.RECEIPT, Document.PERMIT),
        leads_to=AnnulmentReason.TYPO,
    ),
    Guide(
        question=Question.DISABLED_CARD,
        fields=(Field.CARD_NUMBER,),
        documents=(Document.DISABLED_CARD,),
        needs_document=True,
        leads_to=AnnulmentReason.DISABLED_CARD,
    ),
    Guide(question=Question.DISC, fields=(Field.ARRIVED,), documents=(Document.DISC,)),
    Guide(
        question=Question.LOADING,
        fields=(Field.LOADED_FROM, Field.LOADED_UNTIL),
        documents=(Document.DELIVERY_NOTE, Document.PICTURE),
    ),
    Guide(
        question=Question.CHARGING,
        fields=(Field.ARRIVED,),
        documents=(Document.CHARGING_RECEIPT, Document.PICTURE),
    ),
    Guide(
        question=Question.SPACE,
        documents=(Document.PERMIT, Document.REGISTRATION),
        leads_to=AnnulmentReason.WARDEN_ERROR,
    ),
    Guide(
        question=Question.SIGN,
        fields=(Field.WHAT_IS_WRONG,),
        documents=(Document.PICTURE,),
        leads_to=AnnulmentReason.SIGN,
    ),
    Guide(
        question=Question.WEIGHT,
        fields=(Field.GROSS_WEIGHT,),
        documents=(Document.REGISTRATION,),
        leads_to=AnnulmentReason.WARDEN_ERROR,
    ),
    Guide(
        question=Question.BREAKDOWN,
        fields=(Field.BROKE_DOWN,),
        documents=(Document.TOWING_SLIP,),
        needs_document=True,
        leads_to=AnnulmentReason.BREAKDOWN,
    ),
    Guide(
        question=Question.SOLD,
        fields=(Field.SOLD_ON,),
        documents=(Document.SALES_CONTRACT, Document.REGISTRATION),
        needs_document=True,
        leads_to=AnnulmentReason.SOLD,
    ),
    Guide(
        question=Question.STOLEN,
        fields=(Field.STOLEN_ON, Field.POLICE_NUMBER),
        documents=(Document.POLICE_REPORT,),
        needs_document=True,
        leads_to=AnnulmentReason.STOLEN,
    ),
    Guide(
        question=Question.TWICE,
        fields=(Field.OTHER_NUMBER,),
        documents=(Document.OTHER_CHARGE,),
        leads_to=AnnulmentReason.DOUBLE_CHARGE,
    ),
    Guide(
        question=Question.NOT_THERE,
        documents=(Document.PICTURE, Document.OTHER),
        leads_to=AnnulmentReason.WARDEN_ERROR,
    ),
    Guide(
        question=Question.DECEASED,
        fields=(Field.DIED_ON,),
        leads_to=AnnulmentReason.DECEASED,
    ),
    Guide(question=Question.OTHER, documents=(Document.OTHER,)),
)
GUIDES: Final[Mapping[Question, Guide]] = {guide.question: guide for guide in _GUIDES}

#: What every complaint may be about, whatever the offence; the last one is the way out.
ALWAYS: Final = (
    Question.BREAKDOWN,
    Question.SOLD,
    Question.STOLEN,
    Question.TWICE,
    Question.NOT_THERE,
    Question.DECEASED,
    Question.OTHER,
)


def questions_for(offence: Offence | None) -> tuple[Guide, ...]:
    """Return what is asked about *offence*, what concerns it most first (§ 6, stk. 2).

    About an offence that is not in the catalogue everything is asked that could be wrong.
    """
    asked = tuple(GUIDES) if offence is None else (*offence.asks, *ALWAYS)
    return tuple(GUIDES[question] for question in dict.fromkeys(asked))
