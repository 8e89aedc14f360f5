"""The reasoning itself: what "and" and "or" make of the three answers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.situations import START, application

from parking.law.facts import FROM_APPLICANT, FROM_MAP, Known, Supplier
from parking.law.permits import resident
from parking.law.reasoning import Answer, Finding, all_of, any_of, condition

YES, NO, OPEN = Answer.YES, Answer.NO, Answer.OPEN


@dataclass(frozen=True)
class Two:
    first: Known[bool]
    second: Known[bool]


@condition("§ 1")
def the_first(first: bool) -> bool:  # noqa: FBT001 - a condition's facts come by name
    """The first fact holds."""
    return first


@condition("§ 2")
def the_second(second: bool) -> bool:  # noqa: FBT001 - a condition's facts come by name
    """The second fact holds."""
    return second


FACT = {YES: True, NO: False, OPEN: FROM_MAP}


@pytest.mark.parametrize(
    ("first", "second", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (YES, OPEN, OPEN, YES),
        (NO, NO, NO, NO),
        (NO, OPEN, NO, OPEN),
        (OPEN, OPEN, OPEN, OPEN),
    ],
)
def test_and_and_or_over_three_answers(
    first: Answer, second: Answer, both: Answer, either: Answer
) -> None:
    for facts in (Two(FACT[first], FACT[second]), Two(FACT[second], FACT[first])):
        assert all_of("both", the_first, the_second).ask(facts).answer is both
        assert any_of("either", the_first, the_second).ask(facts).answer is either


facts = st.builds(Two, *[st.sampled_from([True, False, FROM_MAP, FROM_APPLICANT])] * 2)


@given(facts, st.sampled_from([all_of, any_of]))
def test_every_answer_has_reasons_that_give_the_same_answer(two: Two, together: type) -> None:
    finding = together("together", the_first, the_second).ask(two)
    reasons = list(finding.reasons())
    assert reasons
    assert {reason.answer for reason in reasons} == {finding.answer}


@given(facts, st.sampled_from([all_of, any_of]))
def test_only_an_open_answer_awaits_somebody_and_never_the_applicant(
    two: Two, together: type
) -> None:
    finding = together("together", the_first, the_second).ask(two)
    assert bool(finding.awaited()) == (finding.answer is OPEN)
    assert Supplier.APPLICANT not in finding.awaited()


@given(facts, st.sampled_from([all_of, any_of]))
def test_a_finding_is_written_down_and_read_back_whole(two: Two, together: type) -> None:
    finding = together("together", the_first, the_second).ask(two)
    assert Finding.from_json(finding.as_json()) == finding


def test_what_only_the_applicant_could_hand_in_and_has_not_is_a_refusal() -> None:
    finding = the_first.ask(Two(FROM_APPLICANT, FROM_APPLICANT))
    assert finding.answer is NO
    assert finding.missing == (("first", Supplier.APPLICANT),)


def test_a_condition_must_say_what_it_requires() -> None:
    with pytest.raises(TypeError, match="must say in its docstring"):

        @condition("§ 1")
        def says_nothing() -> bool:
            return True


def test_a_rule_needs_what_its_conditions_need_each_once() -> None:
    rule = all_of("all", the_first, any_of("any", the_second, the_first))
    assert rule.needs == ("first", "second")


def test_a_whole_answer_takes_less_than_a_third_of_a_millisecond() -> None:
    rule, applied = resident.RULE.on(START), application()
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(200):
            rule.ask(applied)
        rounds.append((time.perf_counter() - began) / 200)
    assert min(rounds) < 300e-6
