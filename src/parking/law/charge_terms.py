"""The numbers of the rules about charges. Dated data, never code.

A version holds for the charges issued while it is in force, so that nobody's deadline moves because
a number was changed after they found the slip.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import Enum

from parking.law.instalments import Limits
from parking.law.money import NOTHING, Money
from parking.law.plates import Typo


class AnnulmentReason(Enum):
    """Why a charge is annulled."""

    TYPO = "typo"  #: in a plate for which something valid was paid
    PAID_ELSEWHERE = "paid elsewhere"
    PERMIT = "permit"  #: a valid one that was not looked up
    DISABLED_CARD = "disabled card"
    BREAKDOWN = "breakdown"
    SOLD = "sold"
    STOLEN = "stolen"
    SIGN = "sign"  #: or marking, that was missing or wrong
    WARDEN_ERROR = "warden error"
    GOODWILL = "goodwill"
    DOUBLE_CHARGE = "double charge"  #: for the same offence within a day
    CHARGED_TOO_OFTEN = "charged too often"  #: a fourth time for the same offence
    DECEASED = "deceased"


class Suspension(Enum):
    """Which complaints have suspensive effect: reminders, fees and deadlines wait for the answer.

    The law gives a complaint none (SKM2017.329.ØLR); it is the municipality's own practice.
    """

    NONE = "none"
    FIRST_ROUND = "first round"
    EVERY_ROUND = "every round"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebate:
    """What is taken off the charge of a heavy vehicle that is paid soon. Days count from issue."""

    first_day: int
    last_day: int
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeTerms:
    """The numbers for charges. Every *day* counts from the day of issue, which is day 0.

    :raises ValueError: if a step of the collection could come before the one that leads to it.
    """

    payment_days: int  #: the first deadline, and the one each reminder sets
    reminder_day: int  #: without a fee
    first_fee_day: int
    second_fee_day: int
    transfer_day: int  #: to debt collection
    first_fee: Money
    second_fee: Money
    limitation_years: int

    suspension: Suspension
    days_after_answer: int  #: the new deadline after a complaint
    target_days: int  #: in which a complaint should be answered
    reply_days: int  #: to answer a question about a complaint
    hearing_days: int  #: to say something about what was found out
    case_days: int  #: in which we look at what a machine has found, or money that fits nothing
    draft_days: int  #: how long a complaint that was never sent is kept
    days_to_complain_again: int  #: after the first answer
    longest_stop_days: int  #: that a case worker may stop the collection for at a time

    recall_when_annulled: bool  #: a claim at debt collection; else it is written down to nothing
    rebates: tuple[Rebate, ...]

    same_offence_hours: int  #: in which a second charge for the same offence is one too many
    most_for_same_offence: int
    same_offence_days: int  #: this long after the last charge it is another offence
    typos: tuple[Typo, ...]  #: which mistakes in a plate are forgiven
    machine_decides: tuple[AnnulmentReason, ...]  #: on the spot, without a case worker

    plan_limits: Limits

    def __post_init__(self) -> None:
        days = (
            self.payment_days,
            self.reminder_day,
            self.first_fee_day,
            self.second_fee_day,
            self.transfer_day,
        )
        if any(later <= earlier for earlier, later in itertools.pairwise(days)):
            raise ValueError("each step of the collection comes after the one before it")
        if min(self.first_fee, self.second_fee) < NOTHING:
            raise ValueError("a fee is no gift")
