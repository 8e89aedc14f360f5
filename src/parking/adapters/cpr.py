"""The population register: SF1520 "CPR opslag" (PersonBaseDataExtended 4) on Serviceplatformen.

SOAP 1.1 over TLS with our OCES3 system certificate. The answer also tells of spouse, children and
parents (``relationer``): we never read that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from lxml import etree

from parking.adapters import soap
from parking.adapters.transport import Transport
from parking.law.facts import Home, Residence
from parking.ports import NotFound, PortError, Rejected, Unavailable
from parking.ports.registers import Person

SYSTEM: Final = "cpr"
SERVICE: Final = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
SERVICE_UUID: Final = "e6be2436-bf35-4df2-83fe-925142825dc2"

_CONTEXT = "http://serviceplatformen.dk/xml/schemas/InvocationContext/1/"
_NUMBER = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
_FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"
_NAMES = {"p": SERVICE, "f": _FAULT}

#: The codes of the CPR office.
RESIDENCE: Final = {
    "1": Residence.RESIDENT,
    "3": Residence.RESIDENT,
    "5": Residence.NOT_RESIDENT,
    "7": Residence.NOT_RESIDENT,
    "20": Residence.NOT_RESIDENT,
    "30": Residence.NOT_RESIDENT,
    "50": Residence.NOT_RESIDENT,
    "70": Residence.DISAPPEARED,
    "80": Residence.EMIGRATED,
    "90": Residence.DEAD,
}
_NUMBER_CHANGED = "60"

#: Road codes from here on are administrative: "no fixed abode" and the like.
_FIRST_ADMINISTRATIVE_ROAD = 9900

#: ASSUMED: the real codes are not published. What is not listed is :class:`Unavailable`.
FAULTS: Final[dict[str, type[PortError]]] = {
    "SP_PNR_NOT_FOUND": NotFound,
    "SP_NOT_AUTHORISED": Rejected,
    "SP_BACKEND_UNAVAILABLE": Unavailable,
}
_NO_CONTEXT = "Security model for the called operation was not provided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The agreement by which we may ask: three UUIDs from Serviceplatformen, in lower case."""

    agreement: str
    user_system: str
    user: str


class PersonLookup:
    """:class:`~parking.ports.registers.Persons` by SF1520."""

    def __init__(
        self,
        *,
        address: str,
        context: Context,
        ca_file: Path | str | None,
        client_certificate_file: Path | str,
        connect_timeout: float = 3.0,
        read_timeout: float = 5.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._context = context
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            client_certificate_file=client_certificate_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
            connections=5,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def person(self, *, person_number: str, reference: str) -> Person:
        """Return the person with this number; a number that was replaced is followed once.

        :raises NotFound: if the register knows no such number.
        :raises Unavailable: if it did not answer, or said too little to be of use.
        :raises Rejected: if it would not answer us.
        """
        answer = self._look_up(person_number, reference)
        current = None
        if _status(answer) == _NUMBER_CHANGED:
            current = soap.text(answer, "p:persondata/p:gaeldendePersonnummer", _NAMES)
            if current is None:
                raise Unavailable(f"{SYSTEM}: a number was replaced by none")
            answer = self._look_up(current, reference)
        return _person(answer, current)

    def _look_up(self, person_number: str, reference: str) -> etree._Element:
        try:
            answer = soap.ask(
                self._transport,
                self._question(person_number, reference),
                action=f"{SERVICE}PersonLookup",
                operation="PersonLookup",
            )
        except soap.Fault as fault:
            raise _error(fault) from None
        if answer.tag != f"{{{SERVICE}}}PersonLookupResponse":
            raise Unavailable(f"{SYSTEM}: answered something else than was asked")
        if soap.text(answer, "p:persondata/p:personnummer", _NAMES) != person_number:
            raise Unavailable(f"{SYSTEM}: answered about somebody else")
        return answer

    def _question(self, person_number: str, reference: str) -> etree._Element:
        question = etree.Element(
            f"{{{SERVICE}}}PersonLookupRequest", nsmap={"p": SERVICE, "i": _CONTEXT, "n": _NUMBER}
        )
        context = etree.SubElement(question, f"{{{_CONTEXT}}}InvocationContext")
        for name, value in (
            ("ServiceAgreementUUID", self._context.agreement),
            ("UserSystemUUID", self._context.user_system),
            ("UserUUID", self._context.user),
            ("ServiceUUID", SERVICE_UUID),
            ("CallersServiceCallIdentifier", reference),
        ):
            etree.SubElement(context, f"{{{_CONTEXT}}}{name}").text = value
        etree.SubElement(question, f"{{{_NUMBER}}}PNR").text = person_number
        return question


def _error(fault: soap.Fault) -> PortError:
    codes = [] if fault.detail is None else fault.detail.findall(".//f:Error/f:ErrorCode", _NAMES)
    for code in codes:
        kind = FAULTS.get((code.text or "").strip())
        if kind is not None:
            return kind(f"{SYSTEM}: fault {code.text}")
    if _NO_CONTEXT in fault.text:
        return Rejected(f"{SYSTEM}: it does not know our agreement")
    return Unavailable(f"{SYSTEM}: an unknown fault")


def _status(answer: etree._Element) -> str | None:
    status = soap.text(answer, "p:persondata/p:status/p:status", _NAMES)
    return None if status is None else status.lstrip("0")


def _person(answer: etree._Element, current: str | None) -> Person:
    residence = RESIDENCE.get(_status(answer) or "")
    name = soap.text(answer, "p:persondata/p:navn/p:personadresseringsnavn", _NAMES)
    if residence is None or name is None:
        raise Unavailable(f"{SYSTEM}: said too little of a person")
    try:
        born = date.fromisoformat(
            (soap.text(answer, "p:persondata/p:foedselsdato/p:dato", _NAMES) or "")[:10]
        )
        digital_post = soap.truth(answer, "p:persondata/p:tilmeldtDigitalpost", _NAMES)
        home = _home(answer) if residence is Residence.RESIDENT else None
    except ValueError:
        raise Unavailable(f"{SYSTEM}: said of a person what cannot be read") from None
    if residence is Residence.RESIDENT and home is None:
        residence = Residence.NO_FIXED_ADDRESS
    return Person(
        residence=residence,
        born=born,
        home=home,
        full_name=name,
        digital_post=digital_post or False,
        current_number=current,
    )


def _home(answer: etree._Element) -> Home | None:
    """Return the registered home, or ``None`` if there is none one could live in.

    :raises ValueError: if it cannot be read.
    """
    address = answer.find("p:adresse/p:aktuelAdresse", _NAMES)
    if address is None:
        return None

    def said(name: str) -> str:
        return soap.text(address, f"p:{name}", _NAMES) or ""

    road = int(said("vejkode") or 0)
    municipality = int(said("kommunekode") or 0)
    number = said("husnummer").lstrip("0").upper()
    if not (municipality and number and 0 < road < _FIRST_ADMINISTRATIVE_ROAD):
        return None
    return Home(
        municipality=f"{municipality:04}",
        road_code=f"{road:04}",
        house_number=number,
        floor=said("etage").lstrip("0").lower(),
        door=said("sidedoer").lstrip("0").lower(),
        postcode=said("postnummer"),
        text=", ".join(
            part
            for part in (
                said("standardadresse"),
                f"{said('postnummer')} {said('postdistrikt')}".strip(),
            )
            if part
        ),
        protected=_protected(answer),
    )


def _protected(answer: etree._Element) -> bool:
    """Tell whether the address is protected; unless it says no, it is.

    The register gives an end date too. It is not asked here: until the register itself says that
    the protection has ended, we keep to it.

    :raises ValueError: if it cannot be read.
    """
    protection = answer.find("p:persondata/p:adressebeskyttelse", _NAMES)
    return protection is not None and soap.truth(protection, "p:beskyttet", _NAMES) is not False
