"""The number of a charge and its account: what is owed, what is too much, and nothing twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.law import charge
from parking.law.charge import (
    Balance,
    EntriesDisagree,
    Entry,
    Kind,
    NotAChargeNumber,
    balance,
    charge_number,
    claimed,
)
from parking.law.money import NOTHING, Money, kroner, total

DAY = date(2026, 11, 20)
CHARGE = Entry(Kind.CHARGE, kroner(510), DAY, "charge")
FEE = Entry(Kind.FEE, kroner(250), date(2026, 12, 25), "first fee")


def paid(amount: int, reference: str = "p-1") -> Entry:
    return Entry(Kind.PAYMENT, kroner(amount), DAY, reference)


@pytest.mark.parametrize("typed", ["123456789", " 123 456 789 ", "123.456.789", "123-456\u2013789"])
def test_a_charge_number_may_be_typed_in_many_ways(typed: str) -> None:
    assert charge_number(typed) == "123456789"


@pytest.mark.parametrize(
    "typed", ["", "12345678", "1234567890", "12345678A", "١٢٣٤٥٦٧٨٩", "1/3456789"]
)
def test_what_cannot_be_a_charge_number_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(NotAChargeNumber) as error:
        charge_number(typed)
    assert not typed or typed not in str(error.value)


@given(st.integers(0, 999_999_999))
def test_a_charge_number_is_written_so_that_it_can_be_read(number: int) -> None:
    written = charge_number(f"{number:09}")
    assert charge_number(charge.spaced(written)) == written
    assert [len(group) for group in charge.spaced(written).split()] == [3, 3, 3]


@pytest.mark.parametrize("ore", [0, -1])
def test_an_entry_is_about_an_amount(ore: int) -> None:
    with pytest.raises(ValueError, match="an entry has an amount"):
        Entry(Kind.PAYMENT, Money(ore), DAY, "p-1")


def test_an_entry_can_be_recognised() -> None:
    with pytest.raises(ValueError, match="a reference"):
        Entry(Kind.PAYMENT, kroner(1), DAY, "")


@pytest.mark.parametrize(
    ("account", "booked_here", "owed", "overpaid", "underway"),
    [
        ([], [], 0, 0, 0),
        ([CHARGE], [], 510, 0, 0),
        ([CHARGE, FEE], [], 760, 0, 0),
        ([CHARGE], [paid(510)], 0, 0, 510),
        ([CHARGE, paid(510)], [paid(510)], 0, 0, 0),
        ([CHARGE, paid(510)], [], 0, 0, 0),
        ([CHARGE], [paid(510), paid(510)], 0, 0, 510),
        ([CHARGE], [paid(510), paid(510, "p-2")], 0, 510, 1020),
        ([CHARGE, CHARGE, paid(200), paid(200)], [], 310, 0, 0),
        ([CHARGE, paid(500)], [paid(510)], 10, 0, 0),
        ([CHARGE, paid(510), Entry(Kind.ANNULMENT, kroner(510), DAY, "a")], [], 0, 510, 0),
        (
            [
                CHARGE,
                paid(510),
                Entry(Kind.ANNULMENT, kroner(510), DAY, "a"),
                Entry(Kind.REFUND, kroner(510), DAY, "r"),
            ],
            [],
            *(0, 0, 0),
        ),
        ([CHARGE, Entry(Kind.WRITE_OFF, kroner(510), DAY, "w")], [], 0, 0, 0),
    ],
    ids=[
        "no entry",
        "the charge",
        "the charge and a fee",
        "paid here counts at once",
        "and once when it is acknowledged",
        "paid elsewhere",
        "paid here and told twice",
        "paid here two times",
        "a feed that was read twice",
        "the charge system's amount counts",
        "annulled after payment",
        "annulled and refunded",
        "written off",
    ],
)
def test_what_is_owed(
    account: Sequence[Entry],
    booked_here: Sequence[Entry],
    owed: int,
    overpaid: int,
    underway: int,
) -> None:
    now = balance(account, booked_here)
    assert (now.owed, now.overpaid) == (kroner(owed), kroner(overpaid))
    assert now.underway == kroner(underway)


def test_a_refund_made_here_counts_at_once_and_never_twice() -> None:
    refund = Entry(Kind.REFUND, kroner(90), DAY, "r-1")
    account = [CHARGE, paid(600)]
    assert balance(account, []).overpaid == kroner(90)
    once = balance(account, [refund])
    assert (once.overpaid, once.returning) == (NOTHING, kroner(90))
    told = balance([*account, refund], [refund])
    assert (told.overpaid, told.returning) == (NOTHING, NOTHING)


def test_one_entry_that_says_two_things_is_nothing_to_count_with() -> None:
    with pytest.raises(EntriesDisagree):
        balance([CHARGE, paid(200), paid(300)], [])


def test_a_payment_and_a_refund_may_have_the_same_reference() -> None:
    refund = Entry(Kind.REFUND, kroner(510), DAY, "p-1")
    assert balance([CHARGE, paid(510), refund], []).owed == kroner(510)


def test_there_is_no_deadline_for_nothing() -> None:
    assert balance([CHARGE], [], due=DAY).due == DAY
    assert balance([CHARGE, paid(510)], [], due=DAY).due is None


@pytest.mark.parametrize(
    ("owed", "due", "overdue"),
    [
        (510, date(2026, 11, 19), True),
        (510, DAY, False),
        (510, None, False),
        (0, date(2026, 11, 19), False),
    ],
)
def test_overdue_is_what_should_have_been_paid_before_today(
    *, owed: int, due: date | None, overdue: bool
) -> None:
    nothing = Balance(
        owed=kroner(owed), overpaid=NOTHING, underway=NOTHING, returning=NOTHING, due=due
    )
    assert nothing.is_overdue(DAY) is overdue


entries = st.lists(
    st.builds(
        Entry,
        st.sampled_from(Kind),
        st.builds(Money, st.integers(1, 200_000)),
        st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        st.uuids().map(str),
    ),
    max_size=12,
    unique_by=lambda entry: entry.reference,
)


@given(entries, st.data())
def test_every_ore_is_owed_or_overpaid_and_order_and_repetition_change_nothing(
    account: list[Entry], data: st.DataObject
) -> None:
    now = balance(account, [])
    assert now.owed - now.overpaid == total(e.amount * e.kind.sign for e in account)
    assert NOTHING in (now.owed, now.overpaid)
    replayed = data.draw(st.permutations([*account, *account]))
    assert balance(replayed, []) == now


@given(entries, st.data())
def test_acknowledging_what_was_booked_here_changes_nothing_that_is_owed(
    account: list[Entry], data: st.DataObject
) -> None:
    ours = [e for e in account if e.kind in {Kind.PAYMENT, Kind.REFUND}]
    acknowledged = [e for e in ours if data.draw(st.booleans())]
    theirs = [e for e in account if e not in ours]
    before = balance(theirs, ours)
    after = balance([*theirs, *acknowledged], ours)
    assert (after.owed, after.overpaid) == (before.owed, before.overpaid)
    settled = total(e.amount for e in acknowledged if e.kind is Kind.PAYMENT)
    assert before.underway - after.underway == settled


@given(entries)
def test_annulling_what_is_claimed_leaves_nothing_owed_and_gives_all_money_back(
    account: list[Entry],
) -> None:
    claim = claimed(account)
    if claim <= NOTHING:
        return
    annulled = balance([*account, Entry(Kind.ANNULMENT, claim, DAY, "annulled")], [])
    kept = total(e.amount for e in account if e.kind is Kind.PAYMENT)
    given_back = total(e.amount for e in account if e.kind is Kind.REFUND)
    assert annulled.overpaid - annulled.owed == kept - given_back


def test_the_kinds_are_stored_by_their_names_and_each_counts_one_way() -> None:
    assert {Kind(kind.value) for kind in Kind} == set(Kind)
    assert {kind.sign for kind in Kind} == {+1, -1}
    assert dataclasses.replace(FEE, kind=Kind.ANNULMENT).signed == -FEE.amount
