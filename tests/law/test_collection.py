"""What time does to a charge: each step on its day, none during a hold, and all adds up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.law.charge_situations import (
    ISSUED,
    TERMS,
    charged,
    day,
    fee,
    pause,
    payment,
    progress,
    terms,
)

from parking.law.charge import (
    COLLECTED_HERE,
    COURSE,
    Entry,
    Hold,
    Kind,
    State,
    Step,
    balance,
    claimed,
    merged,
)
from parking.law.charge_terms import Rebate
from parking.law.collection import (
    Accrual,
    ClaimChange,
    ClaimCorrection,
    Next,
    Pause,
    Progress,
    accrued,
    barred_from,
    claim_correction,
    last_day_to_pay,
    open_holds,
    outlook,
    rebate,
    stop_can_end,
    stopped_until,
    take_back,
    unjust_fees,
    what_is_next,
)
from parking.law.course import Actor
from parking.law.days import Period
from parking.law.money import NOTHING, Money, kroner, total

HOLDS = [Hold.COMPLAINT, Hold.PLAN, Hold.CASE_WORKER]


def coming(on: int = 0, **changes: Any) -> Next:
    found = what_is_next(progress(**changes), TERMS, on=day(on))
    assert found is not None
    return found


# The schedule


def test_a_charge_that_nobody_pays_goes_to_debt_collection_on_day_63_with_two_fees() -> None:
    steps = [
        (step.step, (step.day - ISSUED).days if step.day else None, step.fee.ore // 100)
        for step in outlook(progress(), TERMS, on=ISSUED)
    ]
    assert steps == [
        (Step.FALL_DUE, 11, 0),
        (Step.REMIND, 21, 0),
        (Step.FIRST_FEE, 35, 250),
        (Step.SECOND_FEE, 49, 250),
        (Step.TRANSFER, 63, 0),
    ]


@pytest.mark.parametrize(
    ("state", "since", "step", "first"),
    [
        (State.ISSUED, 0, Step.FALL_DUE, 11),
        (State.DUE, 11, Step.REMIND, 21),
        (State.REMINDED, 21, Step.FIRST_FEE, 35),
        (State.FIRST_FEE, 35, Step.SECOND_FEE, 49),
        (State.SECOND_FEE, 49, Step.TRANSFER, 63),
    ],
)
def test_no_step_comes_a_day_before_its_day(
    state: State, since: int, step: Step, first: int
) -> None:
    found = coming(state=state, since=since)
    assert (found.step, found.day) == (step, day(first))
    assert not found.is_ripe(day(first - 1))
    assert found.is_ripe(day(first))


def test_what_came_back_from_debt_collection_is_reminded_of_before_it_goes_there_again() -> None:
    back = progress(state=State.SECOND_FEE, since=90, is_back=True)
    assert last_day_to_pay(back, TERMS) == day(100)
    steps = [(step.step, step.day, step.fee) for step in outlook(back, TERMS, on=day(90))]
    assert steps == [
        (Step.SECOND_FEE, day(104), NOTHING),
        (Step.TRANSFER, day(118), NOTHING),
    ]


def test_after_weeks_in_which_nothing_ran_each_step_still_gets_its_full_time() -> None:
    steps = list(outlook(progress(), TERMS, on=day(200)))
    days = [(step.day - ISSUED).days for step in steps if step.day]
    assert days == [200, 210, 224, 238, 252]


@pytest.mark.parametrize(
    ("state", "since", "last"),
    [
        (State.ISSUED, 0, 10),
        (State.DUE, 30, 10),
        (State.REMINDED, 21, 31),
        (State.FIRST_FEE, 35, 45),
        (State.SECOND_FEE, 49, 59),
    ],
)
def test_the_slip_sets_a_deadline_and_each_reminder_another(
    state: State, since: int, last: int
) -> None:
    assert last_day_to_pay(progress(state, since), TERMS) == day(last)


@pytest.mark.parametrize("state", [s for s in State if s not in COLLECTED_HERE])
def test_what_is_not_collected_here_has_no_deadline_here(state: State) -> None:
    assert last_day_to_pay(progress(state), TERMS) is None


# Holds


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("state", COLLECTED_HERE)
def test_an_open_hold_stops_whatever_is_next_and_says_so(state: State, hold: Hold) -> None:
    found = coming(500, state=state, since=0, pauses=(pause(hold, 5),))
    assert found.day is None
    assert found.waits_for == (hold,)
    assert not found.is_ripe(day(500))
    assert last_day_to_pay(progress(state, pauses=(pause(hold, 5),)), TERMS) is None


@pytest.mark.parametrize(
    ("first", "end", "deadline"),
    [
        (3, 5, 15),  # 10 days after the answer
        (1, 40, 50),
        (9, 40, 50),
        (10, 11, 21),
    ],
)
def test_after_an_answer_there_are_ten_days_to_pay(first: int, end: int, deadline: int) -> None:
    complained = progress(pauses=(pause(Hold.COMPLAINT, first, end),))
    assert last_day_to_pay(complained, TERMS) == day(deadline)
    found = what_is_next(complained, TERMS, on=day(end))
    assert found == Next(step=Step.FALL_DUE, day=day(deadline + 1))


def test_days_in_a_hold_do_not_count() -> None:
    short = terms(days_after_answer=1)
    held = progress(State.REMINDED, 21, pauses=(pause(Hold.COMPLAINT, 24, 54),))
    found = what_is_next(held, short, on=day(54))
    assert found is not None
    assert found.day == day(35 + 30)


def test_holds_that_overlap_are_counted_once_and_the_last_sets_the_deadline() -> None:
    short = terms(days_after_answer=1)
    overlapping = (
        pause(Hold.COMPLAINT, 24, 54),
        pause(Hold.CASE_WORKER, 30, 40),
        pause(Hold.CASE_WORKER, 50, 60),
    )
    found = what_is_next(progress(State.REMINDED, 21, pauses=overlapping), short, on=day(60))
    assert found is not None
    assert found.day == day(35 + 36)


def test_a_hold_before_the_last_step_moves_nothing_that_comes_much_later() -> None:
    found = coming(40, state=State.FIRST_FEE, since=35, pauses=(pause(Hold.COMPLAINT, 12, 20),))
    assert found.day == day(49)


def test_a_complaint_without_suspensive_effect_stops_nothing_but_the_transfer() -> None:
    complained = (pause(Hold.TRANSFER, 5),)
    assert coming(state=State.FIRST_FEE, since=35, pauses=complained).day == day(49)
    waiting = coming(70, state=State.SECOND_FEE, since=49, pauses=complained)
    assert (waiting.day, waiting.waits_for) == (None, (Hold.TRANSFER,))
    answered = (pause(Hold.TRANSFER, 5, 60),)
    assert coming(70, state=State.SECOND_FEE, since=49, pauses=answered).day == day(73)


def test_a_broken_plan_is_followed_by_the_days_of_a_missed_instalment() -> None:
    limits = dataclasses.replace(TERMS.plan_limits, days_after_missed=17)
    broken = progress(State.REMINDED, 21, pauses=(pause(Hold.PLAN, 22, 100),))
    assert last_day_to_pay(broken, terms(plan_limits=limits)) == day(117)


def test_open_holds_are_named_once() -> None:
    pauses = (pause(Hold.PLAN, 5), pause(Hold.COMPLAINT, 1, 7), pause(Hold.PLAN, 6, 9))
    assert open_holds(pauses, on=day(6)) == (Hold.PLAN, Hold.COMPLAINT)
    assert open_holds(pauses, on=day(7)) == (Hold.PLAN,)
    assert open_holds(pauses, on=day(0)) == ()


# Closing, and opening again


@pytest.mark.parametrize("state", [*COLLECTED_HERE, State.AT_COLLECTION])
def test_what_is_paid_is_settled_at_once_and_gets_no_fee(state: State) -> None:
    found = coming(400, state=state, booked_here=(payment(510, 3),))
    assert found == Next(step=Step.SETTLE, day=day(400))


@pytest.mark.parametrize("state", [*COLLECTED_HERE, State.AT_COLLECTION, State.PAID])
def test_what_the_charge_system_has_annulled_is_annulled_here(state: State) -> None:
    annulled = Entry(Kind.ANNULMENT, kroner(510), day(2), "a")
    assert coming(9, state=state, account=(charged(), annulled)).step is Step.ANNUL


def test_a_charge_that_the_charge_system_has_given_up_is_for_a_person() -> None:
    given_up = Entry(Kind.WRITE_OFF, kroner(510), day(2), "w")
    assert what_is_next(progress(account=(charged(), given_up)), TERMS, on=day(99)) is None


def test_before_anybody_has_told_what_it_costs_nothing_is_settled() -> None:
    assert what_is_next(progress(account=()), TERMS, on=day(99)) is None


@pytest.mark.parametrize("state", COURSE.final())
def test_what_is_closed_stays_closed(state: State) -> None:
    assert what_is_next(progress(state), TERMS, on=day(99)) is None


def test_what_is_paid_stays_paid_until_the_money_is_taken_back() -> None:
    paid = progress(State.PAID, 3, account=(charged(), payment(510, 3)))
    assert what_is_next(paid, TERMS, on=day(99)) is None
    back = dataclasses.replace(
        paid, account=(*paid.account, Entry(Kind.REFUND, kroner(510), day(90), "p-1"))
    )
    assert what_is_next(back, TERMS, on=day(90)) == Next(step=Step.OWE_AGAIN, day=day(90))


def test_a_charge_that_is_owed_again_is_reminded_anew_and_no_fee_is_charged_twice() -> None:
    again = progress(State.DUE, 90, account=(charged(), fee(1, 35)))
    coming_fees = [(step.step, step.fee) for step in outlook(again, TERMS, on=day(90))]
    assert coming_fees == [
        (Step.REMIND, NOTHING),
        (Step.FIRST_FEE, NOTHING),
        (Step.SECOND_FEE, kroner(250)),
        (Step.TRANSFER, NOTHING),
    ]


def test_a_fee_is_booked_under_a_name_that_can_be_there_once() -> None:
    found = coming(35, state=State.REMINDED, since=21)
    assert found.entry(day(35)) == fee(1, 35)
    assert coming(11).entry(day(11)) is None


# Limitation


@pytest.mark.parametrize("hold", [None, *HOLDS])
def test_three_years_after_the_deadline_it_is_too_old_even_during_a_hold(
    hold: Hold | None,
) -> None:
    pauses = () if hold is None else (pause(hold, 5),)
    old = progress(State.SECOND_FEE, 49, pauses=pauses)
    assert barred_from(old, TERMS) == date(2029, 3, 13)
    before = what_is_next(old, TERMS, on=date(2029, 3, 12))
    assert before is not None
    assert before.step is Step.TRANSFER
    after = what_is_next(old, TERMS, on=date(2029, 3, 13))
    assert after == Next(step=Step.BAR, day=date(2029, 3, 13))


def test_whoever_agrees_to_a_plan_owes_it_three_years_from_then() -> None:
    assert barred_from(progress(acknowledged=date(2027, 1, 5)), TERMS) == date(2030, 1, 6)


def test_no_step_is_announced_for_a_day_on_which_it_is_too_late() -> None:
    late = progress(State.SECOND_FEE, 49, pauses=(pause(Hold.COMPLAINT, 50, 1100),))
    found = what_is_next(late, TERMS, on=day(1100))
    assert found is not None
    assert (found.step, found.day) == (Step.BAR, date(2029, 3, 13))


# Fees that should not have been charged


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(
    ("first", "end", "unjust"),
    [(30, 40, True), (30, None, True), (36, 40, False), (20, 25, True), (20, 24, False)],
    ids=["within", "still open", "before it", "the last day after it", "after that"],
)
def test_a_fee_is_unjust_during_a_hold_and_in_the_days_after_it(
    *, hold: Hold, first: int, end: int | None, unjust: bool
) -> None:
    found = unjust_fees(
        progress(account=(charged(), fee(1, 35)), pauses=(pause(hold, first, end),)), TERMS
    )
    assert found == ((fee(1, 35),) if unjust else ())


def test_a_fee_of_the_day_on_which_a_plan_is_agreed_is_part_of_the_plan() -> None:
    account = (charged(), fee(1, 35))
    planned = progress(account=account, pauses=(pause(Hold.PLAN, 35),))
    complained = progress(account=account, pauses=(pause(Hold.COMPLAINT, 35),))
    assert unjust_fees(planned, TERMS) == ()
    assert unjust_fees(complained, TERMS) == (fee(1, 35),)


def test_a_complaint_without_suspensive_effect_makes_no_fee_unjust() -> None:
    complained = progress(account=(charged(), fee(1, 35)), pauses=(pause(Hold.TRANSFER, 30),))
    assert unjust_fees(complained, TERMS) == ()


@pytest.mark.parametrize(("on", "unjust"), [(34, True), (35, True), (36, False)])
def test_a_fee_is_unjust_when_it_turns_out_that_all_was_paid_by_then(
    *, on: int, unjust: bool
) -> None:
    account = (charged(), fee(1, 35), payment(510, on))
    assert unjust_fees(progress(account=account), TERMS) == ((fee(1, 35),) if unjust else ())


def test_no_fee_rests_on_another_that_was_unjust() -> None:
    account = (charged(), fee(1, 35), fee(2, 49), payment(510, 30))
    assert unjust_fees(progress(account=account), TERMS) == (fee(1, 35), fee(2, 49))
    first, second = take_back(progress(account=account), TERMS, on=day(60))
    half = (*account, first)
    assert unjust_fees(progress(account=half), TERMS) == (fee(2, 49),)
    assert take_back(progress(account=half), TERMS, on=day(60)) == (second,)
    whole = (*half, second)
    assert unjust_fees(progress(account=whole), TERMS) == ()
    assert balance(whole, []).owed == NOTHING


def test_no_more_is_taken_back_than_is_still_claimed() -> None:
    most = Entry(Kind.ANNULMENT, kroner(700), day(60), "most")
    account = (charged(), fee(1, 35), payment(510, 30), most)
    (back,) = take_back(progress(account=account), TERMS, on=day(61))
    assert back.amount == kroner(60)
    assert claimed((*account, back)) == NOTHING


def test_what_is_annulled_in_part_was_never_owed_and_so_no_fee_was_due() -> None:
    account = (
        charged(1020),
        payment(510, 5),
        fee(1, 35),
        Entry(Kind.ANNULMENT, kroner(510), day(60), "half"),
    )
    assert unjust_fees(progress(account=account), TERMS) == (fee(1, 35),)


def test_nothing_is_taken_back_of_what_has_been_annulled_as_a_whole() -> None:
    annulled = Entry(Kind.ANNULMENT, kroner(760), day(60), "all")
    account = (charged(), fee(1, 35), payment(510, 30), annulled)
    assert unjust_fees(progress(account=account), TERMS) == ()


def test_what_has_accrued_says_which_step_brought_it_and_what_was_taken_back() -> None:
    other_name = dataclasses.replace(fee(2, 49), reference="R-77")
    told = progress(
        account=(other_name, charged(), fee(1, 35)), pauses=(pause(Hold.COMPLAINT, 30),)
    )
    (back, _) = take_back(told, TERMS, on=day(60))
    assert accrued(dataclasses.replace(told, booked_here=(back,))) == (
        Accrual(charged(), None, taken_back=False),
        Accrual(fee(1, 35), Step.FIRST_FEE, taken_back=True),
        Accrual(other_name, Step.SECOND_FEE, taken_back=False),
    )


# Debt collection


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ((charged(),), None),
        ((charged(), payment(200, 70)), ClaimCorrection(ClaimChange.WRITE_DOWN, kroner(200))),
        ((charged(), payment(600, 70)), ClaimCorrection(ClaimChange.WRITE_DOWN, kroner(510))),
        (
            (charged(), Entry(Kind.ANNULMENT, kroner(510), day(70), "a")),
            ClaimCorrection(ClaimChange.RECALL, kroner(510)),
        ),
    ],
    ids=["nothing changed", "paid in part", "paid too much", "annulled"],
)
def test_the_agency_is_told_when_less_is_owed(
    account: tuple[Entry, ...], told: ClaimCorrection | None
) -> None:
    transferred = progress(State.AT_COLLECTION, 63, account=account)
    assert claim_correction(kroner(510), transferred, TERMS) == told
    if told:
        assert claim_correction(kroner(510) - told.amount, transferred, TERMS) is None


def test_a_municipality_may_write_down_instead_of_recalling() -> None:
    annulled = progress(account=(charged(), Entry(Kind.ANNULMENT, kroner(510), day(70), "a")))
    told = claim_correction(kroner(510), annulled, terms(recall_when_annulled=False))
    assert told == ClaimCorrection(ClaimChange.WRITE_DOWN, kroner(510))


# Rebates


@pytest.mark.parametrize(("on", "less"), [(0, 1020), (5, 1020), (6, 510), (24, 510), (25, 0)])
def test_a_rebate_ends_with_its_last_day(on: int, less: int) -> None:
    on_for_lorries = terms(
        rebates=(
            Rebate(first_day=0, last_day=5, percent=50),
            Rebate(first_day=6, last_day=24, percent=25),
        )
    )
    assert rebate(kroner(2040), on_for_lorries, issued=ISSUED, on=day(on)) == kroner(less)
    assert rebate(kroner(2040), TERMS, issued=ISSUED, on=day(on)) == NOTHING


# Whatever happens, in whatever order


pauses = st.lists(
    st.builds(
        lambda hold, first, length: pause(hold, first, first + length),
        st.sampled_from(Hold),
        st.integers(0, 120),
        st.integers(0, 60),
    ),
    max_size=4,
)
standing = st.sampled_from(
    [
        (State.ISSUED, 0),
        (State.DUE, 11),
        (State.REMINDED, 21),
        (State.FIRST_FEE, 35),
        (State.SECOND_FEE, 49),
    ]
)


@given(standing, pauses)
def test_no_step_is_planned_for_a_day_in_a_hold_or_before_the_deadline_after_it(
    at: tuple[State, int], held: list[Pause]
) -> None:
    state, since = at
    charge = progress(state, since, pauses=tuple(held))
    found = what_is_next(charge, TERMS, on=day(since))
    assert found is not None
    assert found.day is not None
    stops = [p for p in held if found.step is Step.TRANSFER or p.hold is not Hold.TRANSFER]
    assert all(found.day not in p.period for p in stops)
    # A stop that was lifted on its first day may leave the deadline as it was (§ 4, stk. 6).
    stops = [p for p in stops if p.hold is not Hold.CASE_WORKER or p.period.start != p.period.end]
    assert all(p.period.end and found.day >= p.period.end + timedelta(days=10) for p in stops)
    deadline = last_day_to_pay(charge, TERMS)
    assert deadline is not None
    assert found.day > deadline


@given(standing, pauses, st.integers(0, 400))
def test_a_hold_never_makes_anything_come_sooner(
    at: tuple[State, int], held: list[Pause], on: int
) -> None:
    state, since = at
    free = what_is_next(progress(state, since), TERMS, on=day(on))
    stopped = what_is_next(progress(state, since, pauses=tuple(held)), TERMS, on=day(on))
    assert free is not None
    assert free.day is not None
    assert stopped is not None
    assert stopped.day is not None
    assert stopped.day >= free.day


class TwoSystems(RuleBasedStateMachine):
    """A charge in two systems that hear of everything late, twice and in any order.

    The truth is kept beside them, by whoever did something, and never by the law.
    """

    def __init__(self) -> None:
        super().__init__()
        self.on = ISSUED
        self.state = State.ISSUED
        self.since = ISSUED
        self.account: list[Entry] = [charged()]  # as far as the charge system has told us
        self.here: list[Entry] = []  # what we took and gave back ourselves
        self.untold: list[Entry] = []  # what the charge system knows and has not told us
        self.pauses: list[Pause] = []
        self.unregistered: list[Pause] = []  # complaints that lie in the post
        self.truth: list[Entry] = [charged()]
        self.steps: list[tuple[Step, date]] = []
        self.count = 0

    @property
    def now(self) -> Progress:
        return Progress(
            issued=ISSUED,
            state=self.state,
            since=self.since,
            account=tuple(self.account),
            booked_here=tuple(self.here),
            pauses=tuple(self.pauses),
        )

    def book(self, entry: Entry) -> None:
        """Say to the charge system what we did; it will tell us in its own time."""
        self.truth.append(entry)
        self.here.append(entry)
        self.untold.append(entry)

    def new(self, kind: Kind, amount: Money, on: date) -> Entry:
        self.count += 1
        return Entry(kind, amount, on, f"{kind.value}-{self.count}")

    @initialize(days=st.sampled_from([0, 12, 30, 34, 36, 48, 50]))
    def nobody_has_done_anything_until_now(self, days: int) -> None:
        for _ in range(days):
            self.on += timedelta(days=1)
            self.the_clock_strikes()

    @rule(days=st.sampled_from([1, 1, 3, 10, 11, 14, 40]))
    def time_passes(self, days: int) -> None:
        self.on += timedelta(days=days)

    @rule(days=st.integers(5, 40))
    def the_clock_strikes_every_day(self, days: int) -> None:
        for _ in range(days):
            self.on += timedelta(days=1)
            self.the_clock_strikes()

    @rule(amount=st.integers(1, 120_000))
    def somebody_pays_here(self, amount: int) -> None:
        self.book(self.new(Kind.PAYMENT, Money(amount), self.on))

    @rule(amount=st.sampled_from([20_000, 51_000, 76_000]), days=st.integers(0, 30))
    def somebody_has_paid_by_bank(self, amount: int, days: int) -> None:
        made = max(ISSUED, self.on - timedelta(days=days))
        entry = self.new(Kind.PAYMENT, Money(amount), made)
        self.truth.append(entry)
        self.untold.append(entry)

    @precondition(lambda self: self.untold)
    @rule(data=st.data())
    def the_feed_tells_something(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.untold))
        self.account.append(entry)
        if data.draw(st.booleans()):
            self.untold.remove(entry)  # else it is told again

    @rule(data=st.data())
    def the_feed_is_read_twice(self, data: st.DataObject) -> None:
        self.account = data.draw(st.permutations([*self.account, *self.account[:3]]))

    @precondition(lambda self: not any(p.period.end is None for p in self.pauses))
    @rule(hold=st.sampled_from(Hold))
    def something_holds_it(self, hold: Hold) -> None:
        self.pauses.append(Pause(hold, Period(self.on)))

    @rule(days=st.integers(0, 30))
    def a_complaint_came_by_letter(self, days: int) -> None:
        received = max(ISSUED, self.on - timedelta(days=days))
        self.pauses.append(Pause(Hold.COMPLAINT, Period(received, self.on)))

    @precondition(lambda self: any(p.period.end is None for p in self.pauses))
    @rule()
    def the_hold_is_lifted(self) -> None:
        self.pauses = [
            dataclasses.replace(p, period=Period(p.period.start, p.period.end or self.on))
            for p in self.pauses
        ]

    @rule(days=st.integers(1, 40))
    def a_case_worker_stops_it_up_to_a_day(self, days: int) -> None:
        until = self.on + timedelta(days=days)
        self.pauses.append(Pause(Hold.CASE_WORKER, Period(self.on, until)))

    @precondition(lambda self: any(p.hold is Hold.CASE_WORKER for p in self.pauses))
    @rule()
    def every_stop_is_lifted(self) -> None:
        self.pauses = [
            dataclasses.replace(p, period=Period(p.period.start, min(p.period.end, self.on)))
            if p.hold is Hold.CASE_WORKER and p.period.end is not None
            else p
            for p in self.pauses
        ]

    @precondition(lambda self: self.state not in COURSE.final() and len(self.truth) > 4)
    @rule()
    def it_is_annulled(self) -> None:
        claim = claimed(merged(self.account, self.here))
        if not claim:
            return
        self.book(self.new(Kind.ANNULMENT, claim, self.on))
        self.state, self.since = State.ANNULLED, self.on

    @precondition(lambda self: Step.ANNUL_PARTLY in COURSE.steps(self.state, Actor.CASE_WORKER))
    @rule(amount=st.integers(1, 51_000))
    def it_is_annulled_in_part(self, amount: int) -> None:
        part = min(Money(amount), claimed(merged(self.account, self.here)))
        if part > NOTHING:
            self.book(self.new(Kind.ANNULMENT, part, self.on))

    @precondition(lambda self: self.state is State.PAID)
    @rule()
    def a_bank_takes_its_money_back(self) -> None:
        known = merged(self.account, self.here)
        kept = -total(e.signed for e in known if e.kind in {Kind.PAYMENT, Kind.REFUND})
        if kept > NOTHING:
            self.book(self.new(Kind.REFUND, kept, self.on))

    @rule()
    def the_clock_strikes(self) -> None:
        """One step at most, and then another look at the fees."""
        found = what_is_next(self.now, TERMS, on=self.on)
        if found is not None and found.is_ripe(self.on):
            assert found.step in COURSE.steps(self.state, Actor.SYSTEM)
            entry = found.entry(self.on)
            if found.step in {Step.FIRST_FEE, Step.SECOND_FEE, Step.TRANSFER, Step.REMIND}:
                assert balance(self.account, self.here).owed
                assert not [h for h in open_holds(self.pauses, on=self.on) if h in HOLDS]
                assert all(self.on - taken >= timedelta(days=10) for _, taken in self.steps[-1:])
                self.steps.append((found.step, self.on))
            if entry is not None:
                event("a fee")
                self.book(entry)
            event(found.step.value)
            self.state = COURSE.after(self.state, Actor.SYSTEM, found.step)
            self.since = self.on
        for correction in take_back(self.now, TERMS, on=self.on):
            event("a fee is taken back")
            self.book(correction)

    @rule()
    def what_is_too_much_is_refunded(self) -> None:
        too_much = balance(self.account, self.here).overpaid
        if too_much:
            self.book(self.new(Kind.REFUND, too_much, self.on))

    @invariant()
    def the_account_adds_up(self) -> None:
        known = merged(self.account, self.here)
        unheard = [e for e in self.truth if e not in known]
        now = balance(self.account, self.here)
        assert now.owed - now.overpaid == total(e.signed for e in self.truth if e in known)
        assert NOTHING in (now.owed, now.overpaid)
        everything = balance([*self.account, *unheard], self.here)
        assert everything.owed - everything.overpaid == total(e.signed for e in self.truth)

    @invariant()
    def no_fee_is_charged_twice(self) -> None:
        fees = [e for e in self.truth if e.kind is Kind.FEE]
        assert [e.reference for e in fees] == ["fee-1", "fee-2"][: len(fees)]

    @invariant()
    def what_is_annulled_is_not_owed(self) -> None:
        if self.state is State.ANNULLED:
            assert balance(self.account, self.here).owed == NOTHING

    def teardown(self) -> None:
        """When everything has been told and every job has run, all is explained."""
        self.account = [*self.truth, *self.account]
        for _ in range(3):
            self.the_clock_strikes()
        self.what_is_too_much_is_refunded()
        end = balance(self.account, self.here)
        assert end.overpaid == NOTHING
        if self.state in {State.PAID, State.ANNULLED}:
            assert end.owed == NOTHING
        taken_back = {e.reference for e in self.truth if e.kind is Kind.ANNULMENT}
        charged_for_good = [
            e
            for e in self.truth
            if e.kind is Kind.FEE and f"{e.reference}-taken-back" not in taken_back
        ]
        in_the_way = [p for p in self.pauses if p.hold in {Hold.COMPLAINT, Hold.CASE_WORKER}]
        if claimed(self.truth):
            assert not [
                (e, p) for e in charged_for_good for p in in_the_way if e.booked in p.period
            ]


TestTwoSystems = TwoSystems.TestCase
TestTwoSystems.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)


def test_a_stop_has_a_day_to_end_within_a_year_and_the_last_of_several_counts() -> None:
    days = stop_can_end(TERMS, on=ISSUED)
    assert (days.start, days.last_day) == (day(1), day(365))
    assert (
        stopped_until([pause(Hold.CASE_WORKER, 5, 9), pause(Hold.PLAN, 5, 20)], on=day(9)) is None
    )
    stops = [pause(Hold.CASE_WORKER, 5, 9), pause(Hold.CASE_WORKER, 7, 30)]
    assert stopped_until(stops, on=day(8)) == day(30)
    assert stopped_until([*stops, pause(Hold.CASE_WORKER, 8, None)], on=day(8)) is None


def replays(events: list[Entry]) -> Iterator[list[Entry]]:
    yield events
    yield events[::-1]
    yield [*events, *events]


@given(pauses, st.lists(st.integers(0, 100), max_size=3))
def test_what_is_unjust_does_not_depend_on_the_order_in_which_it_is_told(
    held: list[Pause], paid_on: list[int]
) -> None:
    paid = [payment(300, on, f"p-{at}") for at, on in enumerate(paid_on)]
    events = [charged(), fee(1, 35), fee(2, 49), *paid]
    found = {
        unjust_fees(progress(account=tuple(told), pauses=tuple(held)), TERMS)
        for told in replays(events)
    }
    assert len(found) == 1
