"""The vehicle register: DMR's signed SOAP services for other authorities ("US-services").

Two questions a vehicle: how it is registered (``getUSKoeretoejRegistreringHent``) and what it is
(``getUSKoeretoejTekniskDataHent``). The first answer names owners and users. We look for one known
person among them and let no name and no number of anybody else out of this module.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog
from lxml import etree

from parking.adapters import soap
from parking.adapters.transport import Transport
from parking.law.facts import Drive, Keeper, Norm, Registration, Relation, Tie, Vehicle, VehicleKind
from parking.law.plates import Plate
from parking.ports import Rejected, Unavailable
from parking.ports.registers import VehicleAnswer

log = structlog.get_logger("parking.outside")

SYSTEM: Final = "dmr"
DMR: Final = "http://skat.dk/dmr/2007/05/31/"

_CONTEXT = "http://rep.oio.dk/skat.dk/basis/kontekst/xml/schemas/2006/09/01/"
_NAMES = {"d": DMR, "k": _CONTEXT}


class Trouble(Enum):
    """What an error that comes inside an answer means to us."""

    NOT_FOUND = "not found"
    UNAVAILABLE = "unavailable"


#: ``FejlIdentifikator``. ASSUMED: the real list is not public. What is not listed is UNAVAILABLE.
TROUBLES: Final = {
    1001: Trouble.NOT_FOUND,  # no such vehicle
    1002: Trouble.NOT_FOUND,  # not a Danish plate
    9001: Trouble.UNAVAILABLE,  # for the moment
}

#: ``KoeretoejArtNummer``
KINDS: Final = {
    1: VehicleKind.CAR,
    2: VehicleKind.BUS,
    3: VehicleKind.VAN,
    4: VehicleKind.LORRY,
    5: VehicleKind.TRAILER,
    6: VehicleKind.TRAILER,
    7: VehicleKind.MOTORCYCLE,
    8: VehicleKind.TRACTOR,
    10: VehicleKind.CARAVAN,
    16: VehicleKind.MOPED,
    17: VehicleKind.MOPED,
}
_TO_LIVE_IN = 34  #: ``KoeretoejAnvendelseNummer``, Beboelse
_BECOMES_A_CAMPER = frozenset(
    {VehicleKind.CAR, VehicleKind.BUS, VehicleKind.VAN, VehicleKind.LORRY}
)

#: ``DrivkraftTypeNummer``
DRIVES: Final = {
    1: Drive.PETROL,
    2: Drive.DIESEL,
    3: Drive.GAS,
    4: Drive.ELECTRIC,
    6: Drive.GAS,
    7: Drive.HYDROGEN,
}
_FUELS = frozenset({Drive.PETROL, Drive.DIESEL})

_WANTED = 8  #: ``KoeretoejBlokeringAarsagTypeNummer``, Efterlyst

_REGISTERED = {
    "Registreret": Registration.REGISTERED,
    "Afmeldt": Registration.DEREGISTERED,
    # Being prepared: it may not be on the road yet.
    "UnderUdarbejdelse": Registration.DEREGISTERED,
}


class VehicleRegister:
    """:class:`~parking.ports.registers.Vehicles` by DMR.

    *clock* tells the time, for the timestamps that are signed.
    """

    def __init__(
        self,
        *,
        address: str,
        seal: soap.Seal,
        clock: Callable[[], datetime],
        ca_file: Path | str | None,
        client_certificate_file: Path | str,
        connect_timeout: float = 3.0,
        read_timeout: float = 5.0,
        deadline: float = 5.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._seal = seal
        self._clock = clock
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            client_certificate_file=client_certificate_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
            connections=4,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def vehicle(self, *, plate: Plate, person_number: str, reference: str) -> VehicleAnswer:
        """Return the vehicle with *plate* and what the person with this number is to it.

        :raises Unavailable: if the register did not answer, or not in a way that we understand.
        :raises Rejected: if it would not answer us.
        """
        return self._described(plate, reference, lambda told: _tie(told, person_number))

    def description(self, *, plate: Plate, reference: str) -> Vehicle:
        """Return the vehicle with *plate*; what it says of people is not read.

        :raises Unavailable: if the register did not answer, or not in a way that we understand.
        :raises Rejected: if it would not answer us.
        """
        nobody = Tie(relation=Relation.NEITHER)
        return self._described(plate, reference, lambda _: nobody).vehicle

    def _described(
        self, plate: Plate, reference: str, tie: Callable[[_Contents], Tie]
    ) -> VehicleAnswer:
        registered = self._ask("USKoeretoejRegistreringHent", plate, reference)
        described = registered and self._ask("USKoeretoejTekniskDataHent", plate, reference)
        if registered is None:
            unknown = Vehicle(plate=plate, registration=Registration.NOT_FOUND)
            return VehicleAnswer(vehicle=unknown, tie=Tie(relation=Relation.NEITHER))
        if described is None:
            raise Unavailable(f"{SYSTEM}: cannot describe a vehicle that it has registered")
        try:
            vehicle = _vehicle(plate, registered, described)
            return VehicleAnswer(vehicle=vehicle, tie=tie(registered))
        except (ValueError, ArithmeticError):
            raise Unavailable(f"{SYSTEM}: said of a vehicle what we do not understand") from None

    def _ask(self, operation: str, plate: Plate, reference: str) -> _Contents | None:
        """Return what the answer holds, or ``None`` if there is no such vehicle."""
        now = self._clock()
        transaction = str(uuid4())
        # The protocol has no room for our reference; this line is what ties the two together.
        log.info(
            "asks the vehicle register",
            operation=operation,
            reference=reference,
            transaction=transaction,
        )
        try:
            answer = soap.ask(
                self._transport,
                _question(operation, plate, transaction, now),
                action=f"get{operation}",
                operation=operation,
                seal=self._seal,
                now=now,
            )
        except soap.Fault as fault:
            if fault.code in {"FailedCheck", "InvalidSecurity", "MessageExpired"}:
                raise Rejected(f"{SYSTEM}: it does not accept our signature") from None
            raise Unavailable(f"{SYSTEM}: an unknown fault") from None
        if answer.tag != f"{{{DMR}}}{operation}_O":
            raise Unavailable(f"{SYSTEM}: answered something else than was asked")
        about = "k:HovedOplysningerSvar/k:TransaktionIdentifikator"
        if soap.text(answer, about, _NAMES) != transaction:
            raise Unavailable(f"{SYSTEM}: answered another question")
        troubles = _troubles(answer)
        if troubles == {Trouble.NOT_FOUND}:
            return None
        contents = answer.find("d:Indhold", _NAMES)
        if troubles or contents is None:
            raise Unavailable(f"{SYSTEM}: could not answer about a vehicle")
        return _Contents(contents)


def _question(operation: str, plate: Plate, transaction: str, now: datetime) -> etree._Element:
    question = etree.Element(f"{{{DMR}}}{operation}_I", nsmap={"d": DMR, "k": _CONTEXT})
    about = etree.SubElement(question, f"{{{_CONTEXT}}}HovedOplysninger")
    etree.SubElement(about, f"{{{_CONTEXT}}}TransaktionIdentifikator").text = transaction
    etree.SubElement(about, f"{{{_CONTEXT}}}TransaktionTid").text = now.isoformat("T", "seconds")
    structure = etree.SubElement(question, f"{{{DMR}}}KoeretoejGenerelIdentifikatorStruktur")
    choice = etree.SubElement(structure, f"{{{DMR}}}KoeretoejGenerelIdentifikatorValg")
    etree.SubElement(choice, f"{{{DMR}}}RegistreringNummerNummer").text = plate
    return question


def _troubles(answer: etree._Element) -> set[Trouble]:
    found = answer.iterfind("k:HovedOplysningerSvar//k:FejlStruktur/k:FejlIdentifikator", _NAMES)
    codes = [(each.text or "").strip() for each in found]
    return {
        TROUBLES.get(int(code), Trouble.UNAVAILABLE) if code.isdecimal() else Trouble.UNAVAILABLE
        for code in codes
    }


class _Contents:
    """What an answer holds, by the names DMR gives things."""

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    def text(self, *path: str) -> str | None:
        """Return what is written at *path*, at any depth, or ``None`` if nothing is.

        :raises ValueError: if it is there several times and differs.
        """
        where = ".//" + "/".join(f"d:{name}" for name in path)
        found = {(each.text or "").strip() for each in self._element.findall(where, _NAMES)}
        if len(found) > 1:
            raise ValueError(path)
        return found.pop() or None if found else None

    def number(self, *path: str) -> int | None:
        """Return the whole number at *path*, or ``None``.

        :raises ValueError: if it is something else.
        """
        found = self.text(*path)
        return None if found is None else int(found)

    def truth(self, *path: str) -> bool:
        """Tell whether it says true at *path*; what is not there is false.

        :raises ValueError: if it is something else.
        """
        found = self.text(*path)
        if found not in {None, "true", "1", "false", "0"}:
            raise ValueError(path)
        return found in {"true", "1"}

    def each(self, *path: str) -> list[_Contents]:
        """Return all that there is at *path*, at any depth."""
        where = ".//" + "/".join(f"d:{name}" for name in path)
        return [_Contents(each) for each in self._element.findall(where, _NAMES)]


def _vehicle(plate: Plate, registered: _Contents, described: _Contents) -> Vehicle:
    """Return the vehicle that both answers are about.

    :raises ValueError: if they contradict each other, or cannot be read.
    """
    if registered.text("RegistreringNummerStruktur", "RegistreringNummerNummer") != plate:
        raise ValueError("another plate")
    chassis = registered.text("KoeretoejOplysningStelNummer")
    same = [
        each
        for each in described.each("KoeretoejOplysningStruktur")
        if chassis is not None and each.text("KoeretoejOplysningStelNummer") == chassis
    ]
    if len(same) != 1:
        raise ValueError("not one vehicle")
    technical = same[0]
    drive, moved_by = _drive(technical)
    first = technical.text("KoeretoejOplysningFoersteRegistreringDato")
    fuel = None if moved_by is None else _energy(moved_by)
    return Vehicle(
        plate=plate,
        registration=_registration(registered),
        kind=_kind(registered),
        gross_weight_kg=technical.number("KoeretoejOplysningTotalVaegt"),
        drive=drive,
        fuel=fuel if fuel in _FUELS else None,
        km_per_litre_tenths=None if moved_by is None else _tenths(moved_by),
        norm=None if moved_by is None else _norm(moved_by),
        reported_stolen=any(
            each.number("KoeretoejBlokeringAarsagTypeNummer") == _WANTED
            for each in technical.each("KoeretoejBlokeringAarsag")
        ),
        make=technical.text("KoeretoejMaerkeTypeNavn") or "",
        model=technical.text("KoeretoejModelTypeNavn") or "",
        colour=technical.text("FarveTypeNavn") or "",
        first_registered=None if first is None else date.fromisoformat(first[:10]),
    )


def _registration(registered: _Contents) -> Registration:
    if registered.text("RegistreringNummerStruktur", "RegistreringNummerStatus") == "Afmeldt":
        return Registration.DEREGISTERED
    status = registered.text("KoeretoejRegistreringStruktur", "KoeretoejRegistreringStatus")
    if status not in _REGISTERED:
        raise ValueError("an unknown status")
    return _REGISTERED[status]


def _kind(registered: _Contents) -> VehicleKind:
    number = registered.number("KoeretoejArtStruktur", "KoeretoejArtNummer")
    if number is None:
        raise ValueError("no kind")
    kind = KINDS.get(number, VehicleKind.OTHER)
    use = registered.number("KoeretoejAnvendelseStruktur", "KoeretoejAnvendelseNummer")
    return VehicleKind.CAMPER if use == _TO_LIVE_IN and kind in _BECOMES_A_CAMPER else kind


def _drive(technical: _Contents) -> tuple[Drive, _Contents | None]:
    """Return what moves the vehicle, and the entry whose consumption counts.

    That is the primary one; of a plug-in hybrid it is the one that burns something.
    """
    entries = technical.each("DrivmiddelStruktur")
    if not entries:
        return Drive.OTHER, None
    if any(each.truth("KoeretoejMotorPlugInHybrid") for each in entries):
        burning = [each for each in entries if _energy(each) in _FUELS]
        return Drive.PLUG_IN_HYBRID, burning[0] if len(burning) == 1 else None
    primary = [each for each in entries if each.truth("KoeretoejMotorDrivmiddelPrimaer")]
    if len(primary) != 1:
        raise ValueError("not one primary energy")
    return _energy(primary[0]), primary[0]


def _energy(entry: _Contents) -> Drive:
    number = entry.number("DrivkraftTypeStruktur", "DrivkraftTypeNummer")
    if number is None:
        raise ValueError("an energy without a number")
    return DRIVES.get(number, Drive.OTHER)


def _tenths(entry: _Contents) -> int | None:
    """Return km/l in tenths, or ``None`` if the register has none: it writes 0 for that too."""
    found = entry.text("KoeretoejBraendstofStruktur", "KoeretoejMotorKmPerLiter")
    if found is None:
        return None
    tenths = Decimal(found) * 10
    return int(tenths.to_integral_value(ROUND_HALF_UP)) or None


def _norm(entry: _Contents) -> Norm | None:
    """Return how consumption was measured. ASSUMED: the name of the field is not public."""
    found = entry.text("KoeretoejBraendstofStruktur", "KoeretoejMiljoeOplysningMaalenorm")
    return None if found is None else Norm(found)


def _tie(registered: _Contents, person_number: str) -> Tie:
    """Return what the person is to the vehicle. Who leases it out has no say: only users count."""
    leased = registered.truth(
        "KoeretoejRegistreringStruktur", "KoeretoejRegistreringTilknyttetLeasingForhold"
    )
    relations = set()
    company = False
    for each in registered.each("EjerBruger"):
        company = company or bool(each.each("Virksomhed") or each.each("UdenlandskVirksomhed"))
        if each.text("Person", "PersonCPRNummer") == person_number:
            relations.add(each.text("EjerBrugerForholdForhold"))
    relation = Relation.NEITHER
    if "Ejer" in relations and not leased:
        relation = Relation.OWNER
    elif "Bruger" in relations:
        relation = Relation.USER
    keeper = Keeper.COMPANY if company else Keeper.PERSON
    return Tie(relation=relation, keeper=Keeper.LEASING_COMPANY if leased else keeper)
