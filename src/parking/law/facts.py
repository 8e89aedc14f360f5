"""The facts a permit is decided on: who applies, from where, for which vehicle.

A fact that nobody has told us yet is :class:`Missing`, and says who can supply it. That is what
makes a register that is down an open matter, and a document never handed in a refusal with advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final, NewType, TypeAlias, TypeVar

from parking.law.days import Period
from parking.law.plates import Plate
from parking.law.zones import HomeArea, Place, ZoneCode

T = TypeVar("T")

PartyKey = NewType("PartyKey", str)  #: a person or a company by our own key, never a person number


class Supplier(Enum):
    """Who can supply a missing fact, and so what we must do while it is missing."""

    POPULATION_REGISTER = "population register"
    VEHICLE_REGISTER = "vehicle register"
    ADDRESS_REGISTER = "address register"
    MAP = "map"
    ACCOUNTS = "accounts"
    CHARGE_SYSTEM = "charge system"
    PAYMENT_OPERATORS = "payment operators"  #: the apps and machines by which one pays for parking
    CASE_WORKER = "case worker"  #: has the matter or a document before them
    APPLICANT = "applicant"  #: nobody else can: what is not handed in does not count

    @property
    def is_register(self) -> bool:
        """Whether asking again later, by itself, may bring the fact."""
        return self not in {Supplier.CASE_WORKER, Supplier.APPLICANT}


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that is not known, and who can supply it."""

    supplier: Supplier


Known: TypeAlias = T | Missing

_NONE_HELD: Final = ZoneCode("")

FROM_PEOPLE: Final = Missing(Supplier.POPULATION_REGISTER)
FROM_VEHICLES: Final = Missing(Supplier.VEHICLE_REGISTER)
FROM_ADDRESSES: Final = Missing(Supplier.ADDRESS_REGISTER)
FROM_MAP: Final = Missing(Supplier.MAP)
FROM_ACCOUNTS: Final = Missing(Supplier.ACCOUNTS)
FROM_CHARGE_SYSTEM: Final = Missing(Supplier.CHARGE_SYSTEM)
FROM_OPERATORS: Final = Missing(Supplier.PAYMENT_OPERATORS)
FROM_CASE_WORKER: Final = Missing(Supplier.CASE_WORKER)
FROM_APPLICANT: Final = Missing(Supplier.APPLICANT)


def settled(area: HomeArea) -> Known[HomeArea]:
    """Return what the map says as a fact; a gap and an overlap are for a case worker to settle."""
    return FROM_CASE_WORKER if area.place in {Place.UNKNOWN, Place.SEVERAL} else area


class Residence(Enum):
    """What the population register says of where a person lives (CPR status codes)."""

    RESIDENT = "resident"  #: 1 and 3: lives in Denmark
    NO_FIXED_ADDRESS = "no fixed address"  #: resident, with no address we may use
    EMIGRATED = "emigrated"  #: 80
    DISAPPEARED = "disappeared"  #: 70
    DEAD = "dead"  #: 90
    NOT_RESIDENT = "not resident"  #: 5, 7, 20, 30, 50: Greenland, tax number only, annulled, double


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A registered home (folkeregisteradresse)."""

    municipality: str  #: four digits, Copenhagen is ``0101``
    road_code: str  #: four digits
    house_number: str  #: without leading zeros, with its letter: ``12A``
    floor: str = ""
    door: str = ""
    postcode: str = ""
    text: str = ""  #: as it is written on a letter; never shown to others if protected
    protected: bool = False  #: CPR law § 28: never shown to anybody but the person and the city
    on_private_common_road: bool = False


class VehicleKind(Enum):
    """What sort of vehicle it is, as far as the regulation cares."""

    CAR = "car"
    VAN = "van"
    MOTORCYCLE = "motorcycle"
    LORRY = "lorry"
    BUS = "bus"
    TRAILER = "trailer"
    CARAVAN = "caravan"
    CAMPER = "camper"
    TRACTOR = "tractor"
    MOPED = "moped"
    OTHER = "other"


class Drive(Enum):
    """What moves a vehicle."""

    PETROL = "petrol"
    DIESEL = "diesel"
    ELECTRIC = "electric"
    PLUG_IN_HYBRID = "plug-in hybrid"
    HYDROGEN = "hydrogen"
    GAS = "gas"
    OTHER = "other"


class Norm(Enum):
    """How fuel consumption was measured: the older NEDC or the newer WLTP."""

    NEDC = "NEDC"
    WLTP = "WLTP"


class Registration(Enum):
    """Where a vehicle stands in the vehicle register."""

    REGISTERED = "registered"
    DEREGISTERED = "deregistered"
    NOT_FOUND = "not found"  #: a foreign plate, or no plate at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle as the vehicle register described it when we asked.

    A plate the register does not know is a vehicle too, of which nothing else is known.
    """

    plate: Plate
    registration: Registration
    kind: VehicleKind = VehicleKind.OTHER
    gross_weight_kg: int | None = None
    drive: Drive = Drive.OTHER
    fuel: Drive | None = None  #: petrol or diesel, also of a plug-in hybrid
    km_per_litre_tenths: int | None = None  #: 152 is 15.2 km/l; ``None`` if the register has none
    norm: Norm | None = None
    reported_stolen: bool = False
    make: str = ""
    model: str = ""
    colour: str = ""
    first_registered: date | None = None


class Relation(Enum):
    """What the applicant is to the vehicle, according to the vehicle register."""

    OWNER = "owner"
    USER = "user"
    NEITHER = "neither"


class Keeper(Enum):
    """What kind of party stands behind the vehicle when it is not the applicant."""

    PERSON = "person"
    COMPANY = "company"
    LEASING_COMPANY = "leasing company"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """What one known applicant is to one vehicle; nobody else's identity is in it."""

    relation: Relation
    keeper: Keeper = Keeper.PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A permit that somebody already has."""

    product: str
    plate: Plate
    zone: ZoneCode
    period: Period
    own: bool = True  #: whether the applicant is the one who holds it


@dataclass(frozen=True, slots=True)
class Document:
    """A document handed in to show what no register says, and what a case worker made of it."""

    approved: bool


class PrivateCommonRoadEffect(Enum):
    """What it means for a permit that the home lies on a private common road."""

    REFUSE = "refuse"
    WARN = "warn"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From how many km/l a vehicle of one fuel and norm belongs to a fare tier, or a better one."""

    fuel: Drive
    tier: str
    at_least_tenths: int  #: 153 is 15.3 km/l
    norm: Norm = Norm.NEDC


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The numbers in the regulation for one product. Dated data, never code."""

    permits_per_person: int
    youngest_age: int
    heaviest_vehicle_kg: int
    months: int  #: how long a permit is valid
    most_days_ahead: int  #: how far ahead it may start
    renewal_days: int = 30  #: how many days before its last day a permit may be renewed
    refunds: bool = True  #: whether anything is paid back for a permit that is ended early
    smallest_refund_ore: int = 20_000  #: less than this is not paid back
    private_common_road_effect: PrivateCommonRoadEffect
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about one application for a permit.

    A vehicle that the register does not know leaves ``vehicle`` missing, and a person who does not
    live here leaves ``home`` missing: the fact that settles the matter is another one.
    """

    product: str
    plate: Plate
    period: Period  #: the days the permit shall be valid
    terms: Terms
    municipality: str  #: ours, four digits
    residence: Known[Residence] = FROM_PEOPLE
    born: Known[date] = FROM_PEOPLE
    home: Known[Home] = FROM_PEOPLE
    home_area: Known[HomeArea] = FROM_MAP
    registration: Known[Registration] = FROM_VEHICLES
    vehicle: Known[Vehicle] = FROM_VEHICLES
    gross_weight_kg: Known[int] = FROM_VEHICLES
    tie: Known[Tie] = FROM_VEHICLES
    own_permits: Known[tuple[Holding, ...]] = FROM_ACCOUNTS
    plate_permits: Known[tuple[Holding, ...]] = FROM_ACCOUNTS
    in_basket: tuple[Holding, ...] = ()  #: what the applicant has chosen before, and not yet paid
    extra_permits: Known[int] = 0  #: beyond the usual number; owed while it is being asked for
    sole_user_declaration: Known[Document] = FROM_APPLICANT
    lease: Known[Document] = FROM_APPLICANT
    held_zone: ZoneCode = _NONE_HELD  #: of the permit, when one that is valid is asked about
