"""The terms of 2026, and an ordinary charge, to be changed one thing at a time."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

from parking.law.charge import Entry, Hold, Kind, State
from parking.law.charge_terms import AnnulmentReason, ChargeTerms, Suspension
from parking.law.collection import Pause, Progress
from parking.law.days import Period
from parking.law.instalments import Limits
from parking.law.money import kroner
from parking.law.plates import Typo

ISSUED = date(2026, 3, 2)

LIMITS = Limits(
    fewest=2,
    most=6,
    smallest=kroner(100),
    days_to_first=31,
    usual_days_to_first=14,
    days_for_bank=3,
    days_after_missed=10,
    reminder_days=5,
    drawn_again=(3, 6),
)

TERMS = ChargeTerms(
    payment_days=10,
    reminder_day=21,
    first_fee_day=35,
    second_fee_day=49,
    transfer_day=63,
    first_fee=kroner(250),
    second_fee=kroner(250),
    limitation_years=3,
    suspension=Suspension.EVERY_ROUND,
    days_after_answer=10,
    target_days=28,
    reply_days=14,
    hearing_days=14,
    case_days=14,
    draft_days=30,
    days_to_complain_again=28,
    longest_stop_days=365,
    recall_when_annulled=True,
    rebates=(),
    same_offence_hours=24,
    most_for_same_offence=3,
    same_offence_days=7,
    typos=tuple(Typo),
    machine_decides=(
        AnnulmentReason.TYPO,
        AnnulmentReason.PAID_ELSEWHERE,
        AnnulmentReason.PERMIT,
        AnnulmentReason.DOUBLE_CHARGE,
        AnnulmentReason.CHARGED_TOO_OFTEN,
    ),
    plan_limits=LIMITS,
)


def terms(**changes: Any) -> ChargeTerms:
    """Return the terms of 2026, but for *changes*."""
    return dataclasses.replace(TERMS, **changes)


def day(number: int) -> date:
    """Return the day that is *number* days after the charge was issued."""
    return ISSUED + timedelta(days=number)


def charged(amount: int = 510) -> Entry:
    """Return the charge itself."""
    return Entry(Kind.CHARGE, kroner(amount), ISSUED, "charge")


def fee(number: int, on: int) -> Entry:
    """Return the fee *number*, booked on the day *on* after issue."""
    return Entry(Kind.FEE, kroner(250), day(on), f"fee-{number}")


def payment(amount: int, on: int, reference: str = "p-1") -> Entry:
    """Return a payment that was made on the day *on* after issue."""
    return Entry(Kind.PAYMENT, kroner(amount), day(on), reference)


def pause(hold: Hold, first: int, end: int | None = None) -> Pause:
    """Return a hold from the day *first* up to, not including, the day *end* after issue."""
    return Pause(hold, Period(day(first), None if end is None else day(end)))


def progress(state: State = State.ISSUED, since: int = 0, **changes: Any) -> Progress:
    """Return a charge of 510 kr. that is in *state* since a day after issue, but for *changes*."""
    ordinary: dict[str, Any] = {
        "issued": ISSUED,
        "state": state,
        "since": day(since),
        "account": (charged(),),
    }
    return Progress(**(ordinary | changes))
