"""Asking the registers what a rule needs to know about one application, and nothing more.

Which registers are asked follows from the facts the rule names. They are asked side by side, with
no transaction open; a register that does not answer leaves its facts missing, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import structlog

from parking.law.days import NotInForce, Period, danish_day
from parking.law.facts import (
    FROM_ACCOUNTS,
    FROM_ADDRESSES,
    FROM_CASE_WORKER,
    FROM_MAP,
    FROM_PEOPLE,
    FROM_VEHICLES,
    Facts,
    Holding,
    Known,
    Missing,
    Registration,
    Residence,
    Supplier,
    Terms,
    settled,
)
from parking.law.plates import Plate
from parking.law.zones import HomeArea, Place
from parking.ports import NotFound, Outside, PortError, Rejected
from parking.ports.accounts import ActivePermit
from parking.ports.places import Point
from parking.ports.registers import Person, VehicleAnswer
from parking.records.audit import LookUp
from parking.records.map import map_on
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.staff import Staff
from parking.records.zone import is_private_common_road

T = TypeVar("T")
log = structlog.get_logger(__name__)

#: The facts that each register supplies: a register whose facts no rule names is not asked.
_FACTS_FROM = {
    Supplier.POPULATION_REGISTER: {"residence", "born", "home", "home_area"},
    Supplier.ADDRESS_REGISTER: {"home_area"},
    Supplier.VEHICLE_REGISTER: {"registration", "vehicle", "gross_weight_kg", "tie"},
    Supplier.ACCOUNTS: {"own_permits", "plate_permits"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What everybody who was asked has answered; who did not is missing."""

    plate: Plate
    person: Known[Person] = FROM_PEOPLE
    point: Known[Point | None] = FROM_ADDRESSES  #: ``None``: no such house is registered
    vehicle: Known[VehicleAnswer] = FROM_VEHICLES
    booked: Known[tuple[ActivePermit, ...]] = FROM_ACCOUNTS  #: of the party, or for the plate
    asked: tuple[LookUp, ...] = field(default=())  #: to be recorded, whatever was answered


def ask_registers(
    outside: Outside,
    party: Party,
    plate: Plate,
    *,
    needs: Collection[str],
    reference: str,
    purpose: str,
    asked_by: str,
    now: datetime,
    staff: Staff | None = None,
) -> Answers:
    """Ask what *needs* calls for about *party* and *plate*, and note each question asked.

    :raises AskedWhileRecording: if a recording is open.
    """

    def note(supplier: Supplier, outcome: str) -> LookUp:
        return LookUp(
            party=party,
            register=supplier.value,
            purpose=purpose,
            asked_by=asked_by,
            staff=staff,
            reference=reference,
            outcome=outcome,
            at=now,
        )

    inquiry = _Inquiry(
        outside=outside,
        party=party,
        plate=plate,
        needs=needs,
        reference=reference,
        today=danish_day(now),
        note=note,
    )
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="register") as side_by_side:
        people = side_by_side.submit(inquiry.person_and_point)
        vehicles = side_by_side.submit(inquiry.vehicle)
        accounts = side_by_side.submit(inquiry.booked)
        person, point = people.result()
        if not isinstance(person, Missing) and person.current_number is not None:
            # The vehicle register knows them by the number that replaced the one they log in by.
            vehicles.result()
            inquiry.number = person.current_number
            vehicles = side_by_side.submit(inquiry.vehicle)
        return Answers(
            plate=plate,
            person=person,
            point=point,
            vehicle=vehicles.result(),
            booked=accounts.result(),
            asked=tuple(inquiry.asked),
        )


class _Inquiry:
    """The questions to be put, and a note of each that was."""

    def __init__(
        self,
        *,
        outside: Outside,
        party: Party,
        plate: Plate,
        needs: Collection[str],
        reference: str,
        today: date,
        note: Callable[[Supplier, str], LookUp],
    ) -> None:
        self.outside, self.plate, self.reference, self.today = outside, plate, reference, today
        self.needs, self.note, self.asked = needs, note, list[LookUp]()
        # Opened here, since the threads that ask have no connection of their own.
        self.number, self.customer = party.person_number, party.customer

    def person_and_point(self) -> tuple[Known[Person], Known[Point | None]]:
        people = self.outside.persons.person
        person = self._ask(
            Supplier.POPULATION_REGISTER,
            partial(people, person_number=self.number, reference=self.reference),
        )
        if person is None:  # a number that has just logged in is unknown: a person must look
            return FROM_CASE_WORKER, FROM_CASE_WORKER
        if isinstance(person, Missing) or person.home is None:
            return person, FROM_ADDRESSES
        point = partial(self.outside.addresses.point, person.home)
        return person, self._ask(Supplier.ADDRESS_REGISTER, point)

    def vehicle(self) -> Known[VehicleAnswer]:
        put = partial(
            self.outside.vehicles.vehicle,
            plate=self.plate,
            person_number=self.number,
            reference=self.reference,
        )
        return self._ask(Supplier.VEHICLE_REGISTER, put) or FROM_VEHICLES

    def booked(self) -> Known[tuple[ActivePermit, ...]]:
        permits = self.outside.accounts.permits
        answer = self._ask(
            Supplier.ACCOUNTS,
            lambda: (
                *permits(holder=self.customer, since=self.today),
                *permits(plate=self.plate, since=self.today),
            ),
        )
        return () if answer is None else answer

    def _ask(self, supplier: Supplier, put: Callable[[], T]) -> T | Missing | None:
        """Put a question if a rule needs its answer; ``None`` if there is no such thing."""
        if _FACTS_FROM[supplier].isdisjoint(self.needs):
            return Missing(supplier)
        outcome = "answered"
        try:
            return put()
        except NotFound:
            outcome = "not found"
            return None
        except PortError as error:
            outcome = "rejected" if isinstance(error, Rejected) else "unavailable"
            log.warning("register did not answer", register=supplier.value, why=str(error))
            return Missing(supplier)
        finally:
            self.asked.append(self.note(supplier, outcome))


def facts_from(
    answers: Answers,
    party: Party,
    *,
    product: str,
    terms: Terms,
    period: Period,
    municipality: str,
) -> Facts:
    """Return the facts as *answers* and our own records tell them. Reads, asks nobody.

    An answer that names no home leaves it to a case worker to say where somebody without a fixed
    address belongs; an answer about a vehicle that is not in the register leaves its facts missing.
    """
    facts = Facts(
        product=product,
        plate=answers.plate,
        period=period,
        terms=terms,
        municipality=municipality,
        own_permits=_holdings(answers.booked, party=party),
        plate_permits=_holdings(answers.booked, plate=answers.plate),
    )
    if isinstance(answers.person, Missing):
        facts = replace(
            facts,
            residence=answers.person,
            born=answers.person,
            home=answers.person,
            home_area=answers.person,
        )
    else:
        facts = _with_person(facts, answers.person, answers.point)
    if isinstance(answers.vehicle, Missing):
        return facts
    vehicle = answers.vehicle.vehicle
    facts = replace(facts, registration=vehicle.registration)
    if vehicle.registration is Registration.NOT_FOUND:
        return facts
    weight = FROM_CASE_WORKER if vehicle.gross_weight_kg is None else vehicle.gross_weight_kg
    return replace(facts, vehicle=vehicle, gross_weight_kg=weight, tie=answers.vehicle.tie)


def _with_person(facts: Facts, person: Person, point: Known[Point | None]) -> Facts:
    facts = replace(facts, residence=person.residence, born=person.born)
    if person.home is None:
        lives_here = person.residence in {Residence.RESIDENT, Residence.NO_FIXED_ADDRESS}
        owed = FROM_CASE_WORKER if lives_here else FROM_PEOPLE
        return replace(facts, home=owed, home_area=owed)
    # How the address is written on a letter decides nothing, so it is not kept with a decision.
    home = replace(
        person.home,
        text="",
        on_private_common_road=is_private_common_road(
            person.home.municipality, person.home.road_code, facts.period.start
        ),
    )
    return replace(
        facts,
        home=home,
        home_area=_home_area(home.municipality, point, facts.municipality, facts.period.start),
    )


def _home_area(
    municipality: str, point: Known[Point | None], ours: str, day: date
) -> Known[HomeArea]:
    if municipality != ours:
        return HomeArea(place=Place.ELSEWHERE)
    if isinstance(point, Missing):
        return point
    if point is None:
        return FROM_CASE_WORKER
    try:
        area = map_on(day).home_area(point.x, point.y)
    except NotInForce:
        return FROM_MAP
    if area.place is Place.ELSEWHERE:
        return FROM_CASE_WORKER  # the register of addresses says it is ours: one of them is wrong
    return settled(area)


def _holdings(
    booked: Known[tuple[ActivePermit, ...]],
    *,
    party: Party | None = None,
    plate: Plate | None = None,
) -> Known[tuple[Holding, ...]]:
    """Return what is held: our own permits, and those that only the accounts know.

    We own the permits, so a permit we know is as we know it, whatever the accounts say.
    """
    if isinstance(booked, Missing):
        return booked
    ours = Permit.objects.holding()
    ours = ours.filter(party=party) if party else ours.filter(plate=plate)
    elsewhere = [
        permit
        for permit in {permit.number: permit for permit in booked}.values()
        if permit.active and (permit.holder == party.customer if party else permit.plate == plate)
    ]
    known = set(
        Permit.objects.filter(number__in=[permit.number for permit in elsewhere]).values_list(
            "number", flat=True
        )
    )
    return (
        *(permit.as_holding(own=party is not None) for permit in ours),
        *(
            Holding(
                product=permit.product,
                plate=permit.plate,
                zone=permit.zone,
                period=permit.period,
                own=party is not None,
            )
            for permit in elsewhere
            if permit.number not in known
        ),
    )
