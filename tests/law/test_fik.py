"""Payment lines: the published examples, and that one wrong digit is always seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.law.charge import ChargeNumber
from parking.law.fik import (
    InstalmentPaid,
    NotAPaymentLine,
    PaymentLine,
    check_digit,
    for_charge,
    for_instalment,
    meaning,
    parse,
)

CREDITOR = "88888888"
payloads = st.text("0123456789", min_size=14, max_size=14)
numbers = st.integers(0, 999_999_999).map(lambda number: ChargeNumber(f"{number:09}"))


@pytest.mark.parametrize(
    ("digits", "check"),
    [
        ("00000000000002", "6"),
        ("00404040000066", "9"),
        ("00002026001234", "7"),
        ("00000000000000", "0"),
    ],
)
def test_check_digits_that_are_published(digits: str, check: str) -> None:
    assert check_digit(digits) == check


def test_a_line_is_written_as_it_is_printed() -> None:
    line = parse("+71<000020260012347 +88888888<")
    assert line == PaymentLine("000020260012347", CREDITOR)
    assert str(line) == "+71<000020260012347+88888888<"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+71<000020260012346+88888888<",
        "+71<00020260012347+88888888<",
        "+71<000020260012347+78888888<",
        "+71<000020260012347+8888888<",
        "+75<0000202600123471+88888888<",
        "+71<000020260012347+88888888",
        "71<000020260012347+88888888<",
        "+71<00002026001234٧+88888888<",
    ],
)
def test_what_is_no_payment_line_is_refused(text: str) -> None:
    with pytest.raises(NotAPaymentLine):
        parse(text)


@pytest.mark.parametrize(("plan", "instalment"), [(10**9, 1), (-1, 1), (1, 0), (1, 10**4)])
def test_numbers_that_do_not_fit_are_refused(plan: int, instalment: int) -> None:
    with pytest.raises(NotAPaymentLine):
        for_instalment(plan, instalment, CREDITOR)


@given(payloads)
def test_a_line_is_read_as_it_was_written(digits: str) -> None:
    line = PaymentLine(digits + check_digit(digits), CREDITOR)
    assert parse(str(line)) == line


@given(payloads, st.integers(0, 14), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(digits: str, at: int, more: int) -> None:
    right = digits + check_digit(digits)
    wrong = right[:at] + str((int(right[at]) + more) % 10) + right[at + 1 :]
    with pytest.raises(NotAPaymentLine):
        PaymentLine(wrong, CREDITOR)
    assert meaning(wrong) is None


@given(payloads, st.integers(0, 12))
def test_two_digits_swapped_are_seen_but_for_0_and_9(digits: str, at: int) -> None:
    swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    same = {digits[at], digits[at + 1]} == {"0", "9"} or swapped == digits
    assert (check_digit(swapped) == check_digit(digits)) is same


@given(numbers)
def test_the_line_of_a_charge_means_that_charge(number: ChargeNumber) -> None:
    assert meaning(for_charge(number, CREDITOR).payment_id) == number


@given(st.integers(0, 10**9 - 1), st.integers(1, 10**4 - 1))
def test_the_line_of_an_instalment_means_that_instalment(plan: int, instalment: int) -> None:
    line = for_instalment(plan, instalment, CREDITOR)
    assert meaning(line.payment_id) == InstalmentPaid(plan, instalment)


@pytest.mark.parametrize("digits", ["00404040000066", "90000000000000", "00001000000000"])
def test_what_is_not_ours_means_nothing_to_us(digits: str) -> None:
    assert meaning(digits + check_digit(digits)) is None
