"""What a machine can see is wrong with a charge: each ground one rule, with what shows it.

A *ground* holds when its rule says YES: then the charge must be annulled, whoever asks for it or
nobody. A register that is silent leaves the ground OPEN, and never makes a charge stand.

The conditions stand in the order of ``docs/regulation/charges.md``, whose paragraphs they cite.
When the law or the municipality's practice changes, add a version to :data:`RULES`; never change
one that has been in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeAlias

from parking.law.charge import ChargeNumber
from parking.law.charge_terms import AnnulmentReason, ChargeTerms
from parking.law.days import Dated, Period, danish_day
from parking.law.facts import (
    FROM_ACCOUNTS,
    FROM_CASE_WORKER,
    FROM_CHARGE_SYSTEM,
    FROM_MAP,
    FROM_OPERATORS,
    FROM_PEOPLE,
    FROM_VEHICLES,
    Holding,
    Known,
    Supplier,
)
from parking.law.offence import OffenceKind
from parking.law.plates import Plate, typo
from parking.law.reasoning import Answer, Finding, Together, all_of, condition
from parking.law.zones import ZoneCode


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidParking:
    """Parking that somebody has paid for by the hour, as the one who was paid says."""

    operator: str
    reference: str  #: as the operator calls it
    plate: Plate
    start: datetime
    end: datetime  #: from here on it is not paid
    zone: str  #: the paid zone

    def covers(self, at: datetime, zone: str) -> bool:
        """Tell whether it was paid for in *zone* at the moment *at*."""
        paid = self.start.astimezone(UTC) <= at.astimezone(UTC) < self.end.astimezone(UTC)
        return paid and self.zone == zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A charge as it was issued, so far as it matters here."""

    number: ChargeNumber
    plate: Plate  #: as the warden wrote it down
    code: str  #: of the offence
    at: datetime
    road: str
    annulled: bool = False

    @property
    def order(self) -> tuple[datetime, ChargeNumber]:
        """Which of two charges came first: by the moment, and by the number in the same one.

        The moment is UTC, so that an hour is an hour on the nights when the clocks change.
        """
        return self.at.astimezone(UTC), self.number

    def after(self, other: Issued) -> timedelta:
        """Return how long after *other* it was issued."""
        return self.at.astimezone(UTC) - other.at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one charge and its debtor.

    Permits and payments are those for the plate and for every plate one typo away from it. A
    foreign plate counts as a vehicle's, for no register here could say that it is none.
    """

    charge: Issued
    on: date  #: the day the question is asked
    terms: ChargeTerms
    kind: Known[OffenceKind] = FROM_CASE_WORKER  #: missing if the catalogue lacks the code
    permit_zones: Known[tuple[ZoneCode, ...]] = FROM_MAP  #: whose permits are valid there
    paid_zone: Known[str] = FROM_MAP  #: empty where nobody pays
    permits: Known[tuple[Holding, ...]] = FROM_ACCOUNTS
    other_payments: Known[tuple[PaidParking, ...]] = FROM_OPERATORS
    vehicles: Known[tuple[Plate, ...]] = FROM_VEHICLES  #: which of all those plates are vehicles'
    charges: Known[tuple[Issued, ...]] = FROM_CHARGE_SYSTEM  #: others for the plate
    kept_until: Known[date | None] = FROM_VEHICLES  #: the debtor's last day with it; ``None``: has
    stolen: Known[Period | None] = FROM_VEHICLES  #: reported, until it was found again
    died: Known[date | None] = FROM_PEOPLE  #: the debtor


#: What shows that a ground holds.
Evidence: TypeAlias = Holding | PaidParking | Issued | Period | date


# § 7: a right to stand there


@condition("§ 7, stk. 1")
def offence_is_about_payment_or_time(kind: OffenceKind) -> bool:
    """The charge is for not having paid, or for standing too long in a time-limited zone."""
    return kind in {OffenceKind.PAYMENT, OffenceKind.TIME_LIMIT}


@condition("§ 7, stk. 1")
def permit_was_valid_for_the_plate(
    permits: tuple[Holding, ...], charge: Issued, permit_zones: tuple[ZoneCode, ...]
) -> bool:
    """A permit for the vehicle was valid there and then."""
    return any(each.plate == charge.plate for each in _valid(permits, charge, permit_zones))


@condition("§ 7, stk. 2")
def offence_is_about_payment(kind: OffenceKind) -> bool:
    """The charge is for not having paid."""
    return kind is OffenceKind.PAYMENT


@condition("§ 7, stk. 2")
def payment_was_valid_for_the_plate(
    other_payments: tuple[PaidParking, ...], charge: Issued, paid_zone: str
) -> bool:
    """Parking was paid for the vehicle there and then, to whomever."""
    return any(each.plate == charge.plate for each in _paid(other_payments, charge, paid_zone))


# § 8: one typo in a plate


@condition("§ 8, stk. 1")
def permit_was_valid_for_a_plate_one_typo_away(
    permits: tuple[Holding, ...],
    charge: Issued,
    permit_zones: tuple[ZoneCode, ...],
    terms: ChargeTerms,
) -> bool:
    """A permit was valid there and then, for a plate that is this one but for one typo."""
    return any(_is_typo(each, charge, terms) for each in _valid(permits, charge, permit_zones))


@condition("§ 8, stk. 2")
def one_of_the_plates_is_no_vehicles(
    permits: tuple[Holding, ...],
    charge: Issued,
    permit_zones: tuple[ZoneCode, ...],
    terms: ChargeTerms,
    vehicles: tuple[Plate, ...],
) -> bool:
    """The plate of that permit or the plate of the charge belongs to no vehicle: one is a typo."""
    return any(
        _is_typo(each, charge, terms) and not {each.plate, charge.plate} <= set(vehicles)
        for each in _valid(permits, charge, permit_zones)
    )


@condition("§ 8, stk. 1")
def payment_was_valid_for_a_plate_one_typo_away(
    other_payments: tuple[PaidParking, ...], charge: Issued, paid_zone: str, terms: ChargeTerms
) -> bool:
    """Parking was paid there and then, for a plate that is this one but for one typo."""
    return any(_is_typo(each, charge, terms) for each in _paid(other_payments, charge, paid_zone))


@condition("§ 8, stk. 2")
def plate_that_was_typed_is_no_other_vehicles(
    other_payments: tuple[PaidParking, ...],
    charge: Issued,
    paid_zone: str,
    terms: ChargeTerms,
    vehicles: tuple[Plate, ...],
) -> bool:
    """The plate that was paid for belongs to no other vehicle."""
    return any(
        _is_typo(each, charge, terms) and each.plate not in vehicles
        for each in _paid(other_payments, charge, paid_zone)
    )


# § 9: the same offence again


@condition("§ 9, stk. 1")
def charge_came_too_soon_after_another(
    charges: tuple[Issued, ...], charge: Issued, terms: ChargeTerms
) -> bool:
    """Another charge for the same offence had been issued less than 24 hours before."""
    before = _same_offence(charges, charge, terms)
    soon = timedelta(hours=terms.same_offence_hours)
    return bool(before) and charge.after(before[-1]) < soon


@condition("§ 9, stk. 2")
def as_many_as_allowed_had_been_issued(
    charges: tuple[Issued, ...], charge: Issued, terms: ChargeTerms
) -> bool:
    """Three charges for the same offence had been issued before, without a break between them."""
    return len(_same_offence(charges, charge, terms)) >= terms.most_for_same_offence


# § 10: not the debtor's to pay


@condition("§ 10, stk. 1")
def debtor_had_parted_with_the_vehicle(kept_until: date | None, charge: Issued) -> bool:
    """The debtor was neither owner nor user any more on the day of the offence."""
    return kept_until is not None and kept_until < danish_day(charge.at)


@condition("§ 10, stk. 2")
def vehicle_had_been_reported_stolen(stolen: Period | None, charge: Issued) -> bool:
    """The vehicle had been reported stolen on an earlier day, and had not been found."""
    day = danish_day(charge.at)
    return stolen is not None and day in stolen and stolen.start < day


@condition("§ 10, stk. 3")
def debtor_is_dead(died: date | None, on: date) -> bool:
    """The debtor is dead."""
    return died is not None and died <= on


class Ground(Enum):
    """A way in which a machine can see that a charge is wrong, the plainest first."""

    PERMIT = "permit"
    PAYMENT = "payment"
    PERMIT_TYPO = "permit but for a typo"
    PAYMENT_TYPO = "payment but for a typo"
    DOUBLE_CHARGE = "double charge"
    CHARGED_TOO_OFTEN = "charged too often"
    STOLEN = "stolen"
    SOLD = "sold"
    DECEASED = "deceased"


#: The reason for which a charge is annulled when a ground holds.
REASONS: Final[Mapping[Ground, AnnulmentReason]] = {
    Ground.PERMIT: AnnulmentReason.PERMIT,
    Ground.PAYMENT: AnnulmentReason.PAID_ELSEWHERE,
    Ground.PERMIT_TYPO: AnnulmentReason.TYPO,
    Ground.PAYMENT_TYPO: AnnulmentReason.TYPO,
    Ground.DOUBLE_CHARGE: AnnulmentReason.DOUBLE_CHARGE,
    Ground.CHARGED_TOO_OFTEN: AnnulmentReason.CHARGED_TOO_OFTEN,
    Ground.STOLEN: AnnulmentReason.STOLEN,
    Ground.SOLD: AnnulmentReason.SOLD,
    Ground.DECEASED: AnnulmentReason.DECEASED,
}

RULES: Dated[Mapping[Ground, Together]] = Dated.of(
    (
        date(2021, 1, 1),
        {
            Ground.PERMIT: all_of(
                "a valid permit", offence_is_about_payment_or_time, permit_was_valid_for_the_plate
            ),
            Ground.PAYMENT: all_of(
                "a valid payment", offence_is_about_payment, payment_was_valid_for_the_plate
            ),
            Ground.PERMIT_TYPO: all_of(
                "a valid permit but for a typo",
                offence_is_about_payment_or_time,
                permit_was_valid_for_a_plate_one_typo_away,
                one_of_the_plates_is_no_vehicles,
            ),
            Ground.PAYMENT_TYPO: all_of(
                "a valid payment but for a typo",
                offence_is_about_payment,
                payment_was_valid_for_a_plate_one_typo_away,
                plate_that_was_typed_is_no_other_vehicles,
            ),
            Ground.DOUBLE_CHARGE: all_of("a double charge", charge_came_too_soon_after_another),
            Ground.CHARGED_TOO_OFTEN: all_of(
                "a charge too many", as_many_as_allowed_had_been_issued
            ),
            Ground.STOLEN: all_of("a stolen vehicle", vehicle_had_been_reported_stolen),
            Ground.SOLD: all_of("a sold vehicle", debtor_had_parted_with_the_vehicle),
            Ground.DECEASED: all_of("a dead debtor", debtor_is_dead),
        },
    ),
)


# Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a machine proposes about a charge: YES annul it, NO nothing, OPEN ask again."""

    answer: Answer
    ground: Ground | None = None
    reason: AnnulmentReason | None = None
    evidence: tuple[Evidence, ...] = ()
    on_the_spot: bool = False  #: the municipality lets the machine decide this by itself
    findings: tuple[tuple[Ground, Finding], ...]  #: of every ground, to be kept with a decision

    def awaited(self) -> tuple[Supplier, ...]:
        """Return who owes a fact that keeps the answer open, each once, in order."""
        if self.answer is not Answer.OPEN:
            return ()
        owing = (who for _, finding in self.findings for who in finding.awaited())
        return tuple(dict.fromkeys(owing))


def proposal(facts: Facts) -> Proposal:
    """Return what follows from *facts* by the rules of the day of the offence.

    If several grounds hold, it is the first on which the municipality lets the machine decide, or
    else the first. One that holds does not wait for a register that is silent about another.

    :raises NotInForce: if no rule was in force that day.
    """
    rules = RULES.on(danish_day(facts.charge.at))
    findings = tuple((ground, rule.ask(facts)) for ground, rule in rules.items())
    holding = [ground for ground, finding in findings if finding.answer is Answer.YES]
    if not holding:
        is_open = any(finding.answer is Answer.OPEN for _, finding in findings)
        return Proposal(answer=Answer.OPEN if is_open else Answer.NO, findings=findings)
    decides = facts.terms.machine_decides
    ground = next((each for each in holding if REASONS[each] in decides), holding[0])
    return Proposal(
        answer=Answer.YES,
        ground=ground,
        reason=REASONS[ground],
        evidence=tuple(_SHOWN_BY[ground](facts)),
        on_the_spot=REASONS[ground] in decides,
        findings=findings,
    )


def _permits(facts: Any) -> Iterator[Evidence]:
    for each in _valid(facts.permits, facts.charge, facts.permit_zones):
        if each.plate == facts.charge.plate:
            yield each


def _payments(facts: Any) -> Iterator[Evidence]:
    for each in _paid(facts.other_payments, facts.charge, facts.paid_zone):
        if each.plate == facts.charge.plate:
            yield each


def _typos_of_permits(facts: Any) -> Iterator[Evidence]:
    for each in _valid(facts.permits, facts.charge, facts.permit_zones):
        both_are_vehicles = {each.plate, facts.charge.plate} <= set(facts.vehicles)
        if _is_typo(each, facts.charge, facts.terms) and not both_are_vehicles:
            yield each


def _typos_of_payments(facts: Any) -> Iterator[Evidence]:
    for each in _paid(facts.other_payments, facts.charge, facts.paid_zone):
        if _is_typo(each, facts.charge, facts.terms) and each.plate not in facts.vehicles:
            yield each


#: What shows a ground that holds. No fact that it rests on is missing then.
_SHOWN_BY: Final[Mapping[Ground, Callable[[Any], Iterable[Evidence]]]] = {
    Ground.PERMIT: _permits,
    Ground.PAYMENT: _payments,
    Ground.PERMIT_TYPO: _typos_of_permits,
    Ground.PAYMENT_TYPO: _typos_of_payments,
    Ground.DOUBLE_CHARGE: lambda facts: _same_offence(facts.charges, facts.charge, facts.terms)[
        -1:
    ],
    Ground.CHARGED_TOO_OFTEN: lambda facts: _same_offence(facts.charges, facts.charge, facts.terms),
    Ground.STOLEN: lambda facts: (facts.stolen,),
    Ground.SOLD: lambda facts: (facts.kept_until,),
    Ground.DECEASED: lambda facts: (facts.died,),
}


def _valid(
    permits: tuple[Holding, ...], charge: Issued, zones: tuple[ZoneCode, ...]
) -> Iterator[Holding]:
    """Yield the permits that were valid there and then, where those of *zones* are."""
    day = danish_day(charge.at)
    return (each for each in permits if day in each.period and each.zone in zones)


def _paid(payments: tuple[PaidParking, ...], charge: Issued, zone: str) -> Iterator[PaidParking]:
    """Yield the payments that were valid there and then."""
    return (each for each in payments if each.covers(charge.at, zone))


def _is_typo(right: Holding | PaidParking, charge: Issued, terms: ChargeTerms) -> bool:
    return typo(right.plate, charge.plate) in terms.typos


def _same_offence(charges: tuple[Issued, ...], charge: Issued, terms: ChargeTerms) -> list[Issued]:
    """Return the charges before *charge* that stand for the same offence, the first one first.

    It is the same while vehicle, offence and road are, and no more days lie between two charges
    than the terms say. What has been annulled does not count, and neither does a charge that itself
    came too soon after another.
    """
    soon = timedelta(hours=terms.same_offence_hours)
    long = timedelta(days=terms.same_offence_days)
    standing: list[Issued] = []
    for each in sorted(charges, key=lambda each: each.order):
        same = (each.plate, each.code, each.road) == (charge.plate, charge.code, charge.road)
        if not same or each.annulled or each.order >= charge.order:
            continue
        if standing and each.after(standing[-1]) > long:
            standing = []
        if not standing or each.after(standing[-1]) >= soon:
            standing.append(each)
    return standing if standing and charge.after(standing[-1]) <= long else []
