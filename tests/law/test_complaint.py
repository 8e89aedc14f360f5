"""Complaints: who may, what waits meanwhile, until when, and what is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.law.charge_situations import ISSUED, TERMS, day, terms
from tests.law.test_offences import OFFENCES

from parking.law import charge
from parking.law.charge import Hold
from parking.law.charge_terms import AnnulmentReason, ChargeTerms, Suspension
from parking.law.complaint import (
    ALWAYS,
    COURSE,
    DEADLINES,
    GUIDES,
    OPEN,
    Deadline,
    Document,
    Field,
    State,
    Step,
    counts_as,
    deadline,
    hold,
    hold_in,
    may_complain,
    may_complain_again,
    questions_for,
    will_wait,
)
from parking.law.course import Actor
from parking.law.offence import Offence, Question, find

FIRST_ROUND = (State.SUBMITTED, State.IN_REVIEW, State.AWAITING_REPLY, State.HEARING)
SECOND_ROUND = (State.SECOND_ROUND, State.SECOND_REPLY)
ANSWERED = (State.CHARGE_STANDS, State.PARTLY_ANNULLED)


def test_what_waits_for_an_answer_is_open_and_nothing_else() -> None:
    assert (*FIRST_ROUND, *SECOND_ROUND) == OPEN


def test_what_was_answered_stays_answered_though_the_second_round_is_withdrawn() -> None:
    assert counts_as(State.WITHDRAWN, answered=True) is State.CHARGE_STANDS_FINALLY
    assert not may_complain(charge.State.ISSUED, [counts_as(State.WITHDRAWN, answered=True)])
    assert counts_as(State.WITHDRAWN, answered=False) is State.WITHDRAWN


@pytest.mark.parametrize("suspension", Suspension)
@pytest.mark.parametrize("round_", [1, 2])
def test_after_a_withdrawal_fees_do_not_wait_again(suspension: Suspension, round_: int) -> None:
    numbers = terms(suspension=suspension)
    assert hold_in(round_, numbers, renewed=True) is Hold.TRANSFER
    assert hold(State.SUBMITTED, numbers, renewed=True) is Hold.TRANSFER
    assert not will_wait(charge.State.ISSUED, round_, numbers, renewed=True)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    ("suspension", "first", "second"),
    [
        (Suspension.NONE, Hold.TRANSFER, Hold.TRANSFER),
        (Suspension.FIRST_ROUND, Hold.COMPLAINT, Hold.TRANSFER),
        (Suspension.EVERY_ROUND, Hold.COMPLAINT, Hold.COMPLAINT),
    ],
)
def test_fees_wait_as_the_municipality_says_and_a_transfer_always(
    state: State, suspension: Suspension, first: Hold, second: Hold
) -> None:
    holds = dict.fromkeys(FIRST_ROUND, first) | dict.fromkeys(SECOND_ROUND, second)
    assert hold(state, terms(suspension=suspension)) == holds.get(state)


@pytest.mark.parametrize("about", charge.State)
@pytest.mark.parametrize(
    ("suspension", "rounds"),
    [(Suspension.NONE, ()), (Suspension.FIRST_ROUND, (1,)), (Suspension.EVERY_ROUND, (1, 2))],
)
def test_only_what_we_collect_waits_and_only_in_the_rounds_that_are_said(
    about: charge.State, suspension: Suspension, rounds: tuple[int, ...]
) -> None:
    ours = about.value in {"issued", "due", "reminded", "first fee", "second fee"}
    for round_ in (1, 2):
        waits = will_wait(about, round_, terms(suspension=suspension))
        assert waits == (ours and round_ in rounds)


def test_there_are_two_rounds_and_no_third() -> None:
    seen, reached = set[State](), {State.SECOND_ROUND}
    while reached:
        seen |= reached
        reached = {
            to
            for state in reached
            for (actor, _), to in COURSE.table[state].items()
            if actor is Actor.PARTY
        } - seen
    assert State.CHARGE_STANDS not in seen
    assert COURSE.steps(State.CHARGE_STANDS_FINALLY, Actor.PARTY) == ()
    assert COURSE.before(Actor.PARTY, Step.COMPLAIN_AGAIN) == ANSWERED


def test_nobody_but_a_case_worker_finds_that_a_charge_stands() -> None:
    for step in (Step.UPHOLD, Step.ANNUL_PARTLY):
        assert COURSE.before(Actor.SYSTEM, step) == COURSE.before(Actor.PARTY, step) == ()
    assert COURSE.before(Actor.PARTY, Step.ANNUL) == ()


def test_a_charge_that_is_annulled_ends_every_complaint_that_is_open_or_answered() -> None:
    annulled = COURSE.before(Actor.SYSTEM, Step.ANNUL)
    assert set(annulled) == {*OPEN, *ANSWERED, State.CHARGE_STANDS_FINALLY}
    assert all(COURSE.after(s, Actor.SYSTEM, Step.ANNUL) is State.ANNULLED for s in annulled)


def test_a_case_worker_can_write_down_a_complaint_that_came_by_letter_to_its_end() -> None:
    way = [Step.SUBMIT, Step.TAKE_UP, Step.ASK, Step.REPLY, Step.UPHOLD, Step.COMPLAIN_AGAIN]
    state = State.DRAFT
    for step in [*way, Step.ANNUL]:
        state = COURSE.after(state, Actor.CASE_WORKER, step)
    assert state is State.ANNULLED


@pytest.mark.parametrize("state", OPEN)
def test_whoever_waits_may_always_add_something_and_withdraw(state: State) -> None:
    assert {Step.ADD, Step.WITHDRAW} <= set(COURSE.steps(state, Actor.PARTY))


@pytest.mark.parametrize(
    ("about", "earlier", "may"),
    [
        (charge.State.ISSUED, [], True),
        (charge.State.AT_COLLECTION, [], True),
        (charge.State.PAID, [], True),
        (charge.State.ANNULLED, [], False),
        (charge.State.TIME_BARRED, [], False),
        (charge.State.ISSUED, [State.DRAFT], False),
        (charge.State.ISSUED, [State.IN_REVIEW], False),
        (charge.State.ISSUED, [State.CHARGE_STANDS], False),
        (charge.State.ISSUED, [State.WITHDRAWN, State.LAPSED], True),
        (charge.State.ISSUED, [State.WITHDRAWN, State.WITHDRAWN], False),
        (charge.State.ISSUED, [State.WITHDRAWN, State.CHARGE_STANDS_FINALLY], False),
    ],
)
def test_one_complaint_at_a_time_about_what_is_claimed(
    *, about: charge.State, earlier: list[State], may: bool
) -> None:
    assert may_complain(about, earlier) is may


@pytest.mark.parametrize("state", State)
def test_one_complains_again_within_four_weeks_of_the_answer(state: State) -> None:
    last = ISSUED + timedelta(days=28)
    offered = state in ANSWERED
    assert may_complain_again(state, ISSUED, TERMS, on=last) is offered
    assert not may_complain_again(state, ISSUED, TERMS, on=last + timedelta(days=1))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.DRAFT, Deadline(day(130), Actor.PARTY, Step.LAPSE)),
        (State.SUBMITTED, Deadline(day(118), Actor.CASE_WORKER, None)),
        (State.IN_REVIEW, Deadline(day(118), Actor.CASE_WORKER, None)),
        (State.AWAITING_REPLY, Deadline(day(114), Actor.PARTY, Step.GO_ON)),
        (State.HEARING, Deadline(day(114), Actor.PARTY, Step.GO_ON)),
        (State.CHARGE_STANDS, Deadline(day(128), Actor.PARTY, None)),
        (State.PARTLY_ANNULLED, Deadline(day(128), Actor.PARTY, None)),
        (State.SECOND_ROUND, Deadline(day(118), Actor.CASE_WORKER, None)),
        (State.SECOND_REPLY, Deadline(day(114), Actor.PARTY, Step.GO_ON)),
        (State.CHARGE_STANDS_FINALLY, None),
        (State.ANNULLED, None),
        (State.WITHDRAWN, None),
        (State.LAPSED, None),
    ],
)
def test_deadlines(state: State, expected: Deadline | None) -> None:
    assert deadline(state, TERMS, since=day(100), submitted=day(90)) == expected


def test_what_the_system_does_after_a_deadline_it_may_do() -> None:
    for state, (_, number, then) in DEADLINES.items():
        assert number in ChargeTerms.__dataclass_fields__
        assert then is None or then in COURSE.steps(state, Actor.SYSTEM)


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("40a", (Question.PAID, Question.PERMIT, Question.TYPO, Question.SIGN)),
        ("41b", (Question.DISC, Question.PERMIT, Question.TYPO, Question.SIGN)),
        ("33a", (Question.DISABLED_CARD, Question.SIGN)),
        ("31d", ()),
    ],
)
def test_a_complaint_asks_what_this_offence_needs(code: str, first: tuple[Question, ...]) -> None:
    asked = tuple(guide.question for guide in questions_for(find(OFFENCES, code, on=ISSUED)))
    assert asked == (*first, *ALWAYS)


@pytest.mark.parametrize("offence", OFFENCES, ids=lambda offence: offence.code)
def test_nobody_is_asked_about_payment_who_was_not_charged_for_it(offence: Offence) -> None:
    asked = [guide.question for guide in questions_for(offence)]
    assert len(asked) < len(Question)
    assert asked[-1] is Question.OTHER


def test_about_an_offence_nobody_knows_everything_is_asked() -> None:
    assert {guide.question for guide in questions_for(None)} == set(Question)


def test_every_question_has_its_guide_and_every_field_and_document_its_question() -> None:
    assert set(GUIDES) == set(Question)
    assert {field for guide in GUIDES.values() for field in guide.fields} == set(Field)
    assert {each for guide in GUIDES.values() for each in guide.documents} == set(Document)
    assert not [g for g in GUIDES.values() if g.needs_document and not g.documents]


def test_every_reason_that_somebody_can_bring_forward_is_asked_about() -> None:
    led_to = {guide.leads_to for guide in GUIDES.values()}
    found_by_us = {AnnulmentReason.GOODWILL, AnnulmentReason.CHARGED_TOO_OFTEN}
    assert led_to - {None} == set(AnnulmentReason) - found_by_us
