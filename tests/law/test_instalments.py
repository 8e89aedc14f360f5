"""Plans: that they add up to the øre, keep within the limits, and what a missed one means."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.law.charge_situations import ISSUED, LIMITS

from parking.law import instalments
from parking.law.charge import COLLECTED_HERE, ChargeNumber, State
from parking.law.days import Period
from parking.law.instalments import (
    Debt,
    Instalment,
    Missed,
    Plan,
    PlanNotAllowed,
    Refusal,
    Share,
    choices,
    draw_day,
    last_day,
    missed,
    paid_of,
    postponed,
    propose,
    remainder,
    to_remind,
    unpaid,
    without,
)
from parking.law.money import NOTHING, Money, kroner, total

FIRST = date(2026, 4, 30)
OLD, NEW = ChargeNumber("100000001"), ChargeNumber("100000002")


def debt(charge: ChargeNumber, ore: int, *, issued: date = ISSUED, **changes: State) -> Debt:
    return Debt(
        charge=charge, issued=issued, owed=Money(ore), state=changes.get("state", State.REMINDED)
    )


TWO = [debt(NEW, 51_000, issued=ISSUED + timedelta(days=9)), debt(OLD, 51_000)]
PLAN = propose(TWO, 5, FIRST, LIMITS)


def test_two_charges_in_five_instalments_the_oldest_charge_first() -> None:
    assert (
        Plan(
            (
                Instalment(date(2026, 4, 30), (Share(OLD, kroner(204)),)),
                Instalment(date(2026, 5, 30), (Share(OLD, kroner(204)),)),
                Instalment(date(2026, 6, 30), (Share(OLD, kroner(102)), Share(NEW, kroner(102)))),
                Instalment(date(2026, 7, 30), (Share(NEW, kroner(204)),)),
                Instalment(date(2026, 8, 30), (Share(NEW, kroner(204)),)),
            )
        )
        == PLAN
    )


@pytest.mark.parametrize("state", [s for s in State if s not in COLLECTED_HERE])
def test_what_is_not_collected_here_is_in_no_plan(state: State) -> None:
    with pytest.raises(PlanNotAllowed) as error:
        propose([*TWO, debt(ChargeNumber("3"), 51_000, state=state)], 3, FIRST, LIMITS)
    assert error.value.reason is Refusal.NOT_COLLECTED_HERE
    assert choices([debt(OLD, 51_000, state=state)], LIMITS) == ()


@pytest.mark.parametrize(
    ("debts", "number", "reason"),
    [
        ([], 2, Refusal.NOTHING_OWED),
        ([debt(OLD, 0)], 2, Refusal.NOTHING_OWED),
        (TWO, 1, Refusal.TOO_FEW),
        (TWO, 7, Refusal.TOO_MANY),
        ([debt(OLD, 51_000)], 6, Refusal.TOO_SMALL),
        ([debt(OLD, 19_999)], 2, Refusal.TOO_SMALL),
    ],
)
def test_what_the_limits_do_not_permit_is_refused_with_the_reason(
    debts: list[Debt], number: int, reason: Refusal
) -> None:
    with pytest.raises(PlanNotAllowed) as error:
        propose(debts, number, FIRST, LIMITS)
    assert error.value.reason is reason


def test_a_charge_is_owed_once() -> None:
    with pytest.raises(ValueError, match="owed once"):
        propose([debt(OLD, 51_000), debt(OLD, 51_000)], 3, FIRST, LIMITS)


@pytest.mark.parametrize(
    ("ore", "numbers"),
    [(19_999, ()), (20_000, (2,)), (51_000, (2, 3, 4, 5)), (60_000, (2, 3, 4, 5, 6))],
)
def test_one_chooses_among_the_numbers_that_are_allowed(ore: int, numbers: tuple[int, ...]) -> None:
    assert choices([debt(OLD, ore)], LIMITS) == numbers


# Keeping it


@pytest.mark.parametrize(
    ("paid", "left"),
    [
        ({}, [204, 204, 204, 204, 204]),
        ({OLD: 204}, [204, 204, 204, 204]),
        ({OLD: 300}, [108, 204, 204, 204]),
        ({OLD: 510, NEW: 510}, []),
        ({OLD: 2000}, [102, 204, 204]),
        ({OLD: -100}, [204, 204, 204, 204, 204]),
    ],
    ids=["nothing", "one", "one and a bit", "all", "too much on one charge", "taken back"],
)
def test_money_pays_the_first_instalment_first(
    paid: dict[ChargeNumber, int], left: list[int]
) -> None:
    money = {charge: kroner(amount) for charge, amount in paid.items()}
    assert [each.amount for each in unpaid(PLAN, money)] == [kroner(amount) for amount in left]
    assert remainder(PLAN, money) == total(each.amount for each in unpaid(PLAN, money))


def test_nothing_is_missed_before_a_bank_would_have_told_of_what_was_paid_on_the_last_day() -> None:
    assert missed(PLAN, {}, LIMITS, on=date(2026, 4, 30)) is None
    assert missed(PLAN, {}, LIMITS, on=date(2026, 5, 3)) is None
    assert missed(PLAN, {}, LIMITS, on=date(2026, 5, 4)) == Missed(
        PLAN.instalments[0], kroner(1020), date(2026, 5, 14)
    )


def test_one_missed_instalment_makes_the_whole_remainder_due() -> None:
    paid = {OLD: kroner(204)}
    found = missed(PLAN, paid, LIMITS, on=date(2026, 6, 3))
    assert found is not None
    assert (found.instalment.due, found.remainder) == (date(2026, 5, 30), kroner(816))
    assert found.due == date(2026, 6, 13)


def test_what_was_to_be_drawn_is_missed_only_after_the_days_there_are_to_pay_a_remainder() -> None:
    (first, *_) = PLAN.instalments
    assert last_day(first, LIMITS, drawn=False) == first.due
    assert last_day(first, LIMITS, drawn=True) == date(2026, 5, 10)
    assert missed(PLAN, {}, LIMITS, on=date(2026, 5, 13), drawn=True) is None
    found = missed(PLAN, {}, LIMITS, on=date(2026, 5, 14), drawn=True)
    assert found is not None
    assert found.due == date(2026, 5, 24)


def test_an_instalment_is_drawn_on_its_day_and_twice_more_at_most() -> None:
    due = date(2026, 4, 30)
    tries = [draw_day(due, LIMITS, declined=times) for times in range(4)]
    assert tries == [due, date(2026, 5, 3), date(2026, 5, 6), None]
    last = last_day(PLAN.instalments[0], LIMITS, drawn=True)
    assert all(day < last for day in tries if day)


def test_nothing_is_missed_when_all_is_paid() -> None:
    assert missed(PLAN, PLAN.per_charge(), LIMITS, on=date(2030, 1, 1)) is None


@pytest.mark.parametrize(
    ("on", "reminded"),
    [
        (date(2026, 4, 24), False),
        (date(2026, 4, 25), True),
        (date(2026, 4, 30), True),
        (date(2026, 5, 1), False),
    ],
)
def test_somebody_is_reminded_in_the_five_days_before(*, on: date, reminded: bool) -> None:
    found = to_remind(PLAN, {}, LIMITS, on=on)
    assert found == (PLAN.instalments[0] if reminded else None)


def test_nobody_is_reminded_of_what_is_paid() -> None:
    assert to_remind(PLAN, PLAN.per_charge(), LIMITS, on=FIRST) is None


def test_a_charge_that_is_annulled_leaves_the_plan_and_the_others_stay_as_agreed() -> None:
    rest = without(PLAN, OLD)
    assert [(each.due, each.amount) for each in rest.instalments] == [
        (date(2026, 6, 30), kroner(102)),
        (date(2026, 7, 30), kroner(204)),
        (date(2026, 8, 30), kroner(204)),
    ]
    assert without(rest, NEW) == Plan(())
    assert remainder(Plan(()), {}) == NOTHING


def test_the_days_of_a_complaint_do_not_count() -> None:
    complaint = Period(date(2026, 5, 30), date(2026, 6, 19))
    assert [each.due for each in postponed(PLAN, [complaint]).instalments] == [
        date(2026, 4, 30),
        date(2026, 6, 19),
        date(2026, 7, 20),
        date(2026, 8, 19),
        date(2026, 9, 19),
    ]


def test_days_on_which_two_complaints_wait_count_once_and_one_that_is_open_for_nothing() -> None:
    first = Period(date(2026, 4, 10), date(2026, 4, 20))
    within = Period(date(2026, 4, 12), date(2026, 4, 18))
    over = Period(date(2026, 4, 15), date(2026, 4, 25))
    waited = [over, Period(date(2026, 4, 28)), within, first]
    assert postponed(PLAN, waited).instalments[0].due == date(2026, 5, 15)
    assert postponed(PLAN, []) == PLAN


debts = st.lists(
    st.builds(
        debt,
        st.integers(0, 999_999_999).map(lambda number: ChargeNumber(f"{number:09}")),
        st.integers(1, 500_000),
        issued=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each.charge,
)
plans = st.builds(
    lambda owed, number, first: (owed, number, first),
    debts,
    st.integers(2, 6),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
).filter(lambda asked: asked[1] in choices(asked[0], LIMITS))


@given(plans)
def test_a_plan_adds_up_to_the_debt_and_to_each_charge(
    asked: tuple[list[Debt], int, date],
) -> None:
    owed, number, first = asked
    plan = propose(owed, number, first, LIMITS)
    assert plan.debt == total(each.owed for each in owed)
    assert plan.per_charge() == {each.charge: each.owed for each in owed}
    amounts = [each.amount for each in plan.instalments]
    assert len(amounts) == number
    assert max(amounts).ore - min(amounts).ore <= 1
    assert min(amounts) >= LIMITS.smallest
    assert amounts == sorted(amounts, reverse=True)
    dues = [each.due for each in plan.instalments]
    assert dues == sorted(set(dues))
    assert dues[0] == first


@given(plans)
def test_an_older_charge_is_paid_before_a_younger_one(
    asked: tuple[list[Debt], int, date],
) -> None:
    owed, number, first = asked
    order = sorted(owed, key=lambda each: (each.issued, each.charge))
    paid = [
        s.charge for each in propose(owed, number, first, LIMITS).instalments for s in each.shares
    ]
    assert list(dict.fromkeys(paid)) == [each.charge for each in order]
    assert paid == sorted(paid, key=[each.charge for each in order].index)


@given(plans, st.data())
def test_what_is_paid_and_what_is_left_are_the_debt(
    asked: tuple[list[Debt], int, date], data: st.DataObject
) -> None:
    plan = propose(*asked, LIMITS)
    paid = {
        charge: Money(data.draw(st.integers(0, 2 * owed.ore)))
        for charge, owed in plan.per_charge().items()
    }
    left = unpaid(plan, paid)
    assert total(each.amount for each in left) == remainder(plan, paid)
    assert paid_of(plan, paid) + remainder(plan, paid) == plan.debt
    assert all(each.amount > NOTHING for each in left)


@given(plans, st.data())
def test_without_a_charge_the_others_add_up_as_before(
    asked: tuple[list[Debt], int, date], data: st.DataObject
) -> None:
    plan = propose(*asked, LIMITS)
    gone = data.draw(st.sampled_from(sorted(plan.per_charge())))
    before = plan.per_charge()
    before.pop(gone)
    assert without(plan, gone).per_charge() == before


@given(
    plans,
    st.lists(
        st.builds(
            lambda start, days: Period(start, start + timedelta(days=days)),
            st.dates(date(2026, 1, 1), date(2028, 12, 31)),
            st.integers(0, 200),
        ),
        max_size=4,
    ),
)
def test_a_complaint_brings_nothing_forward_and_changes_no_amount_and_no_order(
    asked: tuple[list[Debt], int, date], waited: list[Period]
) -> None:
    plan = propose(*asked, LIMITS)
    later = postponed(plan, waited)
    assert [each.shares for each in later.instalments] == [each.shares for each in plan.instalments]
    dues = [each.due for each in later.instalments]
    assert dues == sorted(set(dues))
    most = timedelta(days=sum((period.end - period.start).days for period in waited))
    for before, after in zip(plan.instalments, later.instalments, strict=True):
        assert before.due <= after.due <= before.due + most
        assert not any(after.due in period for period in waited)


def test_only_an_agreed_plan_is_kept_or_broken() -> None:
    course = instalments.COURSE
    for step in instalments.Step:
        for actor in instalments.Actor:
            assert set(course.before(actor, step)) <= {instalments.State.AGREED}
