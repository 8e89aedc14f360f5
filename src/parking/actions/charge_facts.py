"""Gathering what speaks for the one who was charged: permits, payments, registers, other charges.

Everybody is asked with no recording open. Who does not answer leaves a fact missing, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from parking.actions import charge as charges
from parking.law import charge as charge_law
from parking.law import standing
from parking.law.charge import ChargeNumber
from parking.law.charge_terms import ChargeTerms
from parking.law.days import NotInForce, Period, danish_day
from parking.law.evidence import (
    Facts,
    Issued,
    PaidParking,
)
from parking.law.facts import (
    FROM_ACCOUNTS,
    FROM_CASE_WORKER,
    FROM_OPERATORS,
    FROM_PEOPLE,
    FROM_VEHICLES,
    Holding,
    Known,
    Missing,
    Registration,
    Residence,
    Supplier,
)
from parking.law.offence import Offence, OffenceKind
from parking.law.plates import Plate, typo, without_marks
from parking.law.zones import ZoneCode
from parking.ports import NotFound, Outside, PortError
from parking.ports.accounts import ActivePermit
from parking.ports.charges import ChargeAnswer
from parking.records import hours
from parking.records.audit import LookUp
from parking.records.charge import Charge, ChargeHolder
from parking.records.collection import charge_terms_on
from parking.records.map import map_on
from parking.records.offence import offences_on
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.sealing import keys

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: What stands on plates; a typo makes one of these of another.
_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ0123456789"
_DANISH: Final = "DK"


def holders_on(charge: Charge, day: date) -> list[ChargeHolder]:
    """Return who was registered for the vehicle of *charge* on *day*."""
    rows = ChargeHolder.objects.filter(charge=charge)
    return [each for each in rows if day in Period(each.since, each.until)]


def held_alone(charge: Charge, party: Party | None) -> bool:
    """Tell whether *party*, and nobody else, held the vehicle on the day of the charge."""
    held = holders_on(charge, danish_day(charge.issued))
    theirs = party.number_fingerprints if party is not None else ()
    return bool(held) and all(each.number_fingerprint in theirs for each in held)


def has_parted(charge: Charge, party: Party) -> bool:
    """Tell whether *party* is known as a holder, and was none any more on the day of the charge."""
    return isinstance(_kept_until(charge, party), date)


def _kept_until(charge: Charge, party: Party | None) -> date | None:
    if party is None:
        return None
    day = danish_day(charge.issued)
    rows = list(ChargeHolder.objects.filter(charge=charge).of(party))
    if not rows or any(day in Period(each.since, each.until) for each in rows):
        return None
    ends = [each.until for each in rows if each.until is not None and each.until <= day]
    return max(ends) - timedelta(days=1) if ends else None


@dataclass
class Inquiry:
    """The questions that are put about one charge, and a note of each that concerns somebody."""

    outside: Outside
    charge: Charge
    party: Party | None
    now: datetime
    asked: list[LookUp] = field(default_factory=list)
    map_version: int | None = None  #: of our map, if it was read

    def facts(self) -> Facts:
        """Return what is known now. Asks outside; no recording may be open."""
        charge, day = self.charge, danish_day(self.charge.issued)
        answer = charges.answer_of(charge)
        terms = charge_terms_on(day)
        offence, code = _hardest(answer, day)
        plate = Plate(charge.plate)
        holders = holders_on(charge, day)
        zone = answer.place.zone
        permits = self._permits(plate, holders, day, terms)
        payments = self._payments()
        return Facts(
            charge=_issued(charge, answer, code),
            on=danish_day(self.now),
            terms=terms,
            kind=FROM_CASE_WORKER if offence is None else offence.kind,
            permit_zones=self._permit_zones(answer),
            paid_zone=zone,
            permits=permits,
            other_payments=payments,
            vehicles=self._vehicles(plate, permits, payments, terms),
            charges=_others(charge),
            kept_until=_kept_until(charge, self.party),
            stolen=None if answer.stolen is None else Period(danish_day(answer.stolen)),
            died=self._died(holders),
        )

    def _permit_zones(self, answer: ChargeAnswer) -> tuple[ZoneCode, ...]:
        """Return the zones whose permits were valid where the warden saw the vehicle, and then.

        That is what our own map of the day says of the point, by the rules of standing. Without a
        point or a map, or where the map says nothing, it is the zone that the charge names. That a
        road is a private common road nobody tells us here; in doubt it is none.
        """
        place, seen = answer.place, answer.observation.began
        named = (ZoneCode(place.zone),) if place.zone else ()
        if place.point is None:
            return named
        day = danish_day(seen)
        try:
            chart = map_on(danish_day(answer.issued))
        except NotInForce:
            return named
        house = f"{place.street} {place.house_number}"
        drawn = chart.spot(place.point.x, place.point.y)
        spot = replace(drawn, garage=hours.garage_at(house, day))
        if spot.ground is standing.Ground.UNKNOWN and spot.garage is None:
            return named
        self.map_version = chart.version
        after_hours = hours.after_hours(Period(day, day + timedelta(days=1)))
        return standing.zones_valid(spot, seen, after_hours=after_hours)

    def _permits(
        self, plate: Plate, holders: Sequence[ChargeHolder], day: date, terms: ChargeTerms
    ) -> Known[tuple[Holding, ...]]:
        """Our own permits for the plate and for those one typo away, and what the accounts have.

        The accounts cannot be asked for plates like another; they are asked for the plate, and for
        whoever held the vehicle.
        """
        ours = Permit.objects.filter(plate__in={plate, *_one_typo_away(plate)})
        found = [
            Holding(
                product=each.product,
                plate=Plate(each.plate),
                zone=ZoneCode(each.zone),
                period=each.valid_days,
                own=self.party is not None and each.party_id == self.party.id,
            )
            for each in ours
            if each.valid_days is not None
            and day in each.valid_days
            # What was bought after the charge does not undo it, on the same day either.
            and (each.activated is None or each.activated <= self.charge.issued)
        ]
        booked: list[ActivePermit] = []
        questions: list[tuple[dict[str, Any], ChargeHolder | None]] = [({"plate": plate}, None)]
        questions += [
            ({"holder": keys().customer_of(each.number)}, each)
            for each in holders
            if each.kind == "person"
        ]
        for asked, whose in questions:
            answer = self._ask(
                Supplier.ACCOUNTS,
                partial(self.outside.accounts.permits, **asked, since=day),
                whose,
            )
            if isinstance(answer, Missing):
                return answer
            booked += answer or ()
        numbers = [each.number for each in booked]
        known = set(Permit.objects.filter(number__in=numbers).values_list("number", flat=True))
        for each in {each.number: each for each in booked}.values():
            near = each.plate == plate or typo(each.plate, plate) in terms.typos
            if each.number not in known and each.active and near:
                found.append(
                    Holding(
                        product=each.product,
                        plate=each.plate,
                        zone=each.zone,
                        period=each.period,
                        own=False,
                    )
                )
        return tuple(found)

    def _payments(self) -> Known[tuple[PaidParking, ...]]:
        answer = self._ask(
            Supplier.PAYMENT_OPERATORS,
            lambda: self.outside.charges.parking_payments(self.charge.source_id),
        )
        if isinstance(answer, Missing):
            return FROM_OPERATORS
        return tuple(
            PaidParking(
                operator=each.source,
                reference=each.reference,
                plate=each.plate,
                start=each.began,
                end=each.ended,
                zone=each.zone,
            )
            for each in answer or ()
        )

    def _vehicles(
        self,
        plate: Plate,
        permits: Known[tuple[Holding, ...]],
        payments: Known[tuple[PaidParking, ...]],
        terms: ChargeTerms,
    ) -> Known[tuple[Plate, ...]]:
        """Which of the plates that matter are vehicles'; none is asked about where none is a typo.

        A foreign plate counts as a vehicle's, and one with letters that no Dane has.
        """
        if isinstance(permits, Missing) or isinstance(payments, Missing):
            return FROM_VEHICLES
        rights = [*(each.plate for each in permits), *(each.plate for each in payments)]
        near = {each for each in rights if typo(each, plate) in terms.typos}
        if not near:
            return (plate,)
        found = [each for each in sorted(near) if each != without_marks(each)]
        if self.charge.country != _DANISH:
            found.append(plate)
        for each in sorted({*near, plate} - set(found)):
            answer = self._ask(
                Supplier.VEHICLE_REGISTER,
                partial(
                    self.outside.vehicles.description, plate=each, reference=self.charge.number
                ),
            )
            if isinstance(answer, Missing) or answer is None:
                return FROM_VEHICLES
            if answer.registration is not Registration.NOT_FOUND:
                found.append(each)
        return tuple(found)

    def _died(self, holders: Sequence[ChargeHolder]) -> Known[date | None]:
        """Whether everybody who held the vehicle is dead.

        The register is asked whether, and tells no day: so it is today at the latest.
        """
        if not holders or any(each.kind != "person" for each in holders):
            return None
        for each in holders:
            answer = self._ask(
                Supplier.POPULATION_REGISTER,
                partial(
                    self.outside.persons.person,
                    person_number=each.number,
                    reference=self.charge.number,
                ),
                each,
            )
            if isinstance(answer, Missing):
                return FROM_PEOPLE
            if answer is None or answer.residence is not Residence.DEAD:
                return None
        return danish_day(self.now)

    def _ask(
        self, supplier: Supplier, put: Callable[[], T], whose: ChargeHolder | None = None
    ) -> T | Missing | None:
        """Put a question; ``None`` if there is no such thing."""
        outcome = "answered"
        try:
            return put()
        except NotFound:
            outcome = "not found"
            return None
        except PortError as error:
            outcome = "unavailable"
            log.warning("register did not answer", register=supplier.value, why=str(error))
            return FROM_ACCOUNTS if supplier is Supplier.ACCOUNTS else Missing(supplier)
        finally:
            self._note(supplier, outcome, whose)

    def _note(self, supplier: Supplier, outcome: str, whose: ChargeHolder | None) -> None:
        """Note a question about somebody we know, so that they can read that it was put."""
        if whose is None:
            return
        party = Party.objects.known_by(whose.number_fingerprint).first()
        if party is not None:
            self.asked.append(
                LookUp(
                    party=party,
                    register=supplier.value,
                    purpose="check of a charge",
                    asked_by="system",
                    reference=self.charge.number,
                    outcome=outcome,
                    at=self.now,
                )
            )


def _hardest(answer: ChargeAnswer, day: date) -> tuple[Offence | None, str]:
    """Return the offence that is hardest to excuse, and its code: a permit must excuse them all."""
    codes = [each.code for each in answer.offences]
    known = offences_on(codes, day)
    easy = (OffenceKind.PAYMENT, OffenceKind.TIME_LIMIT)

    def hardness(code: str) -> int:
        offence = known.get(code)
        return easy.index(offence.kind) if offence and offence.kind in easy else len(easy)

    code = max(codes, key=hardness, default="")
    return known.get(code), code


def _issued(charge: Charge, answer: ChargeAnswer, code: str) -> Issued:
    return Issued(
        number=ChargeNumber(charge.number),
        plate=Plate(charge.plate),
        code=code,
        at=charge.issued,
        road=answer.place.street,
        annulled=charges.stands(charge) is charge_law.State.ANNULLED,
    )


def _others(charge: Charge) -> tuple[Issued, ...]:
    """Return the other charges of the vehicle, once for each offence."""
    rows = Charge.objects.filter(plate=charge.plate, country=charge.country).exclude(id=charge.id)
    return tuple(
        _issued(each, answer, offence.code)
        for each in rows
        for answer in [charges.answer_of(each)]
        for offence in answer.offences
    )


def _one_typo_away(plate: Plate) -> set[Plate]:
    """Return every plate of which *plate* is one typo away."""
    near = set()
    for at in range(len(plate) + 1):
        before, after = plate[:at], plate[at:]
        near |= {before + sign + after for sign in _SIGNS}
        if after:
            near |= {before + sign + after[1:] for sign in _SIGNS} | {before + after[1:]}
        if len(after) > 1:
            near.add(before + after[1] + after[0] + after[2:])
    return {Plate(each) for each in near - {plate}}
