"""Who lives where, and who drives what: the population register and the vehicle register.

Person numbers go in and never come out. Nobody else's identity comes out either: we ask what one
known person is to a vehicle, never who its owner is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from parking.law.facts import Home, Residence, Tie, Vehicle
from parking.law.plates import Plate


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the population register (CPR) described them when we asked."""

    residence: Residence
    born: date
    home: Home | None = field(repr=False)  #: ``None``: resident, with no address, or not resident
    full_name: str = field(repr=False)
    digital_post: bool  #: whether letters reach them digitally
    current_number: str | None = field(default=None, repr=False)  #: the number that replaced theirs


class Persons(Protocol):
    """The population register."""

    def person(self, *, person_number: str, reference: str) -> Person:
        """Return the person with this number; *reference* names our case in the register's log.

        :raises NotFound: if the register knows no such number.
        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleAnswer:
    """A vehicle, and what the person who was asked about is to it."""

    vehicle: Vehicle
    tie: Tie


class Vehicles(Protocol):
    """The vehicle register."""

    def description(self, *, plate: Plate, reference: str) -> Vehicle:
        """Return the vehicle with *plate*, without asking about anybody.

        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...

    def vehicle(self, *, plate: Plate, person_number: str, reference: str) -> VehicleAnswer:
        """Return the vehicle with *plate* and what the person with this number is to it.

        A plate that the register does not know is an answer too
        (:attr:`~parking.law.facts.Registration.NOT_FOUND`).

        :raises Unavailable: if it did not answer.
        :raises Rejected: if it would not answer us.
        """
        ...
