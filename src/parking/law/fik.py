"""The payment line on slips and letters (*FIK-kode*), ``+71<123456789012347+87654321<``.

A line of the kind 71 names what is paid with 15 digits, of which the last one is a check digit, and
who is paid with the eight digits of a creditor. A bank sends the 15 digits back with the money.

What our own digits mean: they begin with 0 and end with the number of a charge; or they begin with
1, and nine digits of a plan and four of an instalment follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from parking.law.charge import ChargeNumber

_LINE: Final = re.compile(r"\+71<([0-9]{15})\+(8[0-9]{7})<")
_ID: Final = re.compile(r"[0-9]{15}")
_CREDITOR: Final = re.compile(r"8[0-9]{7}")
_CHARGE: Final = re.compile(r"0{5}([0-9]{9})")
_INSTALMENT: Final = re.compile(r"1([0-9]{9})([0-9]{4})")
_MOST_PLANS: Final = 10**9
_MOST_INSTALMENTS: Final = 10**4


class NotAPaymentLine(ValueError):
    """It is no payment line of the kind 71, or a digit of it is wrong."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """What is paid, and to whom.

    :raises NotAPaymentLine: if there are other than 15 digits, or the last one does not check them;
        or if the creditor is not eight digits of which the first is 8.
    """

    payment_id: str
    creditor: str

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.payment_id):
            raise NotAPaymentLine("a payment id of the kind 71 has 15 digits")
        if check_digit(self.payment_id[:-1]) != self.payment_id[-1]:
            raise NotAPaymentLine("the check digit does not fit the others")
        if not _CREDITOR.fullmatch(self.creditor):
            raise NotAPaymentLine("a creditor has eight digits, of which the first is 8")

    def __str__(self) -> str:
        """Return the line as it is printed."""
        return f"+71<{self.payment_id}+{self.creditor}<"


@dataclass(frozen=True, slots=True)
class InstalmentPaid:
    """What a payment id of ours means when it is not about one charge."""

    plan: int
    instalment: int  #: from 1


def check_digit(digits: str) -> str:
    """Return the digit that checks *digits* by modulus 10.

    From the right, every second digit beginning with the last is doubled; the digits of all the
    products and the check digit together are a multiple of ten.
    """
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits))]
    return str(-sum(number // 10 + number % 10 for number in doubled) % 10)


def parse(text: str) -> PaymentLine:
    """Return the payment line that *text* is; spaces do not count.

    :raises NotAPaymentLine: if it is none.
    """
    found = _LINE.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        raise NotAPaymentLine(f"{len(text)} characters that are no payment line of the kind 71")
    return PaymentLine(*found.groups())


def for_charge(number: ChargeNumber, creditor: str) -> PaymentLine:
    """Return the line by which the charge *number* is paid to *creditor*.

    :raises NotAPaymentLine: if *creditor* is none.
    """
    return _checked(f"00000{number}", creditor)


def for_instalment(plan: int, instalment: int, creditor: str) -> PaymentLine:
    """Return the line by which one *instalment* of the *plan* with that number is paid.

    :raises NotAPaymentLine: if *creditor* is none, or a number has more digits than there are.
    """
    if not (0 <= plan < _MOST_PLANS and 0 < instalment < _MOST_INSTALMENTS):
        raise NotAPaymentLine("a plan has nine digits and an instalment four")
    return _checked(f"1{plan:09}{instalment:04}", creditor)


def meaning(payment_id: str) -> ChargeNumber | InstalmentPaid | None:
    """Return what the 15 digits that a bank sends mean; ``None`` if they are not ours."""
    if not _ID.fullmatch(payment_id) or check_digit(payment_id[:-1]) != payment_id[-1]:
        return None
    if found := _CHARGE.fullmatch(payment_id[:-1]):
        return ChargeNumber(found.group(1))
    if found := _INSTALMENT.fullmatch(payment_id[:-1]):
        return InstalmentPaid(int(found.group(1)), int(found.group(2)))
    return None


def _checked(digits: str, creditor: str) -> PaymentLine:
    return PaymentLine(digits + check_digit(digits), creditor)
