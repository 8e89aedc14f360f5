"""The tables that decide how a matter moves: that they are whole, and that nothing else decides."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.house.draw_courses import SUBJECTS

from parking.law import application, charge, order, permit
from parking.law.course import Actor, Course, StepNotAllowed

COURSES: dict[str, tuple[Course[Any, Any], type[Enum], type[Enum]]] = {
    subject.__name__.rpartition(".")[2]: (subject.COURSE, subject.State, subject.Step)
    for subject in SUBJECTS
}

of_every_course = pytest.mark.parametrize(
    ("course", "states", "all_steps"), COURSES.values(), ids=COURSES
)


@of_every_course
def test_every_state_is_in_the_table(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    assert list(course.table) == list(states)


@of_every_course
def test_every_state_is_reached_from_the_first(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    reached = {next(iter(states))}
    while more := {to for state in reached for to in course.table[state].values()} - reached:
        reached |= more
    assert reached == set(states)


@of_every_course
def test_every_step_is_used(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    assert {step for moves in course.table.values() for _, step in moves} == set(all_steps)


@of_every_course
def test_a_final_state_can_be_reached_from_everywhere(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    ending = set(course.final())
    assert ending
    while more := {s for s in states if ending & set(course.table[s].values())} - ending:
        ending |= more
    assert ending == set(states)


@of_every_course
def test_only_a_final_state_has_no_exit(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    stuck = {s for s in states if not any(course.steps(s, actor) for actor in Actor)}
    assert stuck == set(course.final())


@given(st.data())
def test_what_is_offered_is_exactly_what_is_allowed(data: st.DataObject) -> None:
    course, states, all_steps = data.draw(st.sampled_from(list(COURSES.values())))
    state, step = data.draw(st.sampled_from(states)), data.draw(st.sampled_from(all_steps))
    actor = data.draw(st.sampled_from(Actor))
    if step in course.steps(state, actor):
        assert course.after(state, actor, step) in states
        assert state in course.before(actor, step)
    else:
        assert state not in course.before(actor, step)
        with pytest.raises(StepNotAllowed):
            course.after(state, actor, step)


@of_every_course
def test_the_diagram_names_every_state_and_every_step(
    course: Course[Any, Any], states: type[Enum], all_steps: type[Enum]
) -> None:
    drawn = course.diagram()
    assert [s for s in states if s.value.replace(" ", "_") not in drawn] == []
    assert [s for s in all_steps if s.value not in drawn] == []
    assert drawn.count("[*]") == len(course.final())


@pytest.mark.parametrize("state", [order.State.CANCELLED, order.State.EXPIRED])
def test_money_that_comes_late_never_revives_an_order(state: order.State) -> None:
    reached, seen = {state}, set[order.State]()
    while reached:
        seen |= reached
        reached = {to for s in reached for to in order.COURSE.table[s].values()} - seen
    assert order.State.DELIVERED not in seen
    assert order.State.REFUNDED in seen


def test_nobody_but_the_system_delivers() -> None:
    for actor in (Actor.PARTY, Actor.CASE_WORKER):
        assert order.COURSE.before(actor, order.Step.DELIVER) == ()
        assert permit.COURSE.before(actor, permit.Step.ACTIVATE) == ()
        assert application.COURSE.before(actor, application.Step.GRANT) == ()


def test_what_was_released_or_ended_is_never_valid_again() -> None:
    assert set(permit.COURSE.final()) == {permit.State.RELEASED, permit.State.ENDED}


def test_whoever_is_at_debt_collection_neither_pays_nor_agrees_a_plan_here() -> None:
    offered = charge.COURSE.steps(charge.State.AT_COLLECTION, Actor.PARTY)
    assert offered == (charge.Step.COMPLAIN,)


def test_a_case_worker_complains_for_somebody_and_annuls_and_nothing_else() -> None:
    taken = {
        step for state in charge.State for step in charge.COURSE.steps(state, Actor.CASE_WORKER)
    }
    assert taken == {charge.Step.COMPLAIN, charge.Step.ANNUL_PARTLY, charge.Step.ANNUL}


def test_whatever_can_be_claimed_can_be_complained_about() -> None:
    given_up = {charge.State.ANNULLED, charge.State.WRITTEN_OFF, charge.State.TIME_BARRED}
    for actor in (Actor.PARTY, Actor.CASE_WORKER):
        complained = charge.COURSE.before(actor, charge.Step.COMPLAIN)
        assert set(complained) == set(charge.State) - given_up


def test_collection_moves_one_step_at_a_time_and_by_itself_only() -> None:
    ways = (charge.Step.FALL_DUE, charge.Step.REMIND, charge.Step.FIRST_FEE)
    for step in (*ways, charge.Step.SECOND_FEE, charge.Step.TRANSFER):
        before = charge.COURSE.before(Actor.SYSTEM, step)
        # The last reminder comes once more to what debt collection gave back, and moves nothing.
        moves = [each for each in before if charge.COURSE.after(each, Actor.SYSTEM, step) != each]
        assert len(moves) == 1
        assert set(before) - set(moves) <= {charge.State.SECOND_FEE}
        for actor in (Actor.PARTY, Actor.CASE_WORKER):
            assert charge.COURSE.before(actor, step) == ()
