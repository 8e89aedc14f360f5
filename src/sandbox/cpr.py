"""CPR as Serviceplatformen answers: SF1520, PersonBaseDataExtended 4, SOAP 1.1 over mutual TLS.

Stricter than life: the envelope may hold nothing but what the contract names, in its order, and the
invocation context must be one of an agreement that exists.
"""

from __future__ import annotations

import re
from datetime import date

from lxml import etree
from lxml.builder import ElementMaker
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import city
from sandbox.city import Address, Inhabitant
from sandbox.world import AGREEMENT, World

PATH = "/service/CPR/PersonBaseDataExtended/4"
SERVICE = "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/4/"
ACTION = f"{SERVICE}PersonLookup"
SERVICE_UUID = "e6be2436-bf35-4df2-83fe-925142825dc2"

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
CONTEXT = "http://serviceplatformen.dk/xml/schemas/InvocationContext/1/"
NUMBER = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"

CONTEXT_ORDER = (
    "ServiceAgreementUUID",
    "UserSystemUUID",
    "UserUUID",
    "OnBehalfOfUser",
    "ServiceUUID",
    "CallersServiceCallIdentifier",
    "AccountingInfo",
)
CONTEXT_REQUIRED = {"ServiceAgreementUUID", "UserSystemUUID", "UserUUID", "ServiceUUID"}

S = ElementMaker(namespace=ENVELOPE, nsmap={"soap": ENVELOPE})
P = ElementMaker(namespace=SERVICE, nsmap={"ns2": SERVICE})
F = ElementMaker(namespace=FAULT, nsmap={"ns3": FAULT})
PLAIN = ElementMaker()

NUMBER_CHANGED = 60
IN_A_ROAD_OF_THE_REGISTERS_OWN = 3
NO_FIXED_ADDRESS = 9901
"""A road code that the population register keeps for whoever lives on no road."""

FAULTS = {
    "not-authorised": ("SP_NOT_AUTHORISED", "Kaldet er ikke autoriseret."),
    "backend": ("SP_BACKEND_UNAVAILABLE", "CPR svarer ikke i øjeblikket."),
    "unknown-code": ("SP_SOMETHING_NEW", "En fejl, som ingen har hørt om."),
}
"""Faults of this system alone, besides `wrong-namespace`, which answers as version 5."""


class Refused(Exception):
    """The request is answered with a fault: an error code (if it has one) and a text."""

    def __init__(self, text: str, code: str = "", fault_code: str = "soap:Client") -> None:
        super().__init__(text)
        self.text, self.code, self.fault_code = text, code, fault_code


def routes(world: World) -> list[Route]:
    """The one operation, PersonLookup."""

    async def lookup(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, world, request, body)

    return [Route(PATH, lookup, methods=["POST"])]


def _answer(world: World, request: Request, body: bytes) -> Response:
    try:
        number = _asked(request, body)
        person = _found(world, number)
    except Refused as refused:
        return Response(_fault(refused), 500, media_type="text/xml")
    if number == person.former_number.replace("-", ""):
        answer = _replaced(person)
    else:
        answer = _person(person, city.home(person), world.clock.now().date())
    if world.faults.take("cpr", "wrong-namespace"):
        answer = answer.replace(SERVICE.encode(), SERVICE.replace("/4/", "/5/").encode())
    return Response(answer, media_type="text/xml")


def _found(world: World, number: str) -> Inhabitant:
    """The person of that number.

    :raises Refused: if there is none, or a fault is in force
    """
    for name, (code, text) in FAULTS.items():
        if world.faults.take("cpr", name):
            raise Refused(text, code, "soap:Server")
    person = world.person(number)
    if person is None:
        raise Refused("Personnummeret findes ikke.", "SP_PNR_NOT_FOUND", "soap:Server")
    return person


def _asked(request: Request, body: bytes) -> str:
    """The person number that is asked about, if every part of the request is as it should be.

    :raises Refused: otherwise
    """
    if request.headers.get("content-type", "").replace(" ", "").lower() != "text/xml;charset=utf-8":
        raise Refused("Content-Type must be text/xml; charset=utf-8")
    if request.headers.get("soapaction") != f'"{ACTION}"':
        raise Refused("SOAPAction is not PersonLookup")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as broken:
        raise Refused("The request is not XML") from broken
    [lookup] = _children(root, f"{{{ENVELOPE}}}Envelope", f"{{{ENVELOPE}}}Body")
    parts = _children(lookup, f"{{{ENVELOPE}}}Body", f"{{{SERVICE}}}PersonLookupRequest")[0]
    names = [etree.QName(part).text for part in parts]
    if f"{{{CONTEXT}}}InvocationContext" not in names:
        raise Refused(
            "Security model for the called operation was not provided. Provide an InvocationContext"
            " or an AuthorityContext."
        )
    if names != [f"{{{CONTEXT}}}InvocationContext", f"{{{NUMBER}}}PNR"]:
        raise Refused("Unexpected element in PersonLookupRequest")
    _check_context(parts[0])
    number = parts[1].text or ""
    if not re.fullmatch(r"\d{10}", number):
        raise Refused("PNR must be ten digits")
    return number


def _children(element: etree._Element, name: str, child: str) -> list[etree._Element]:
    if element.tag != name or [each.tag for each in element] != [child]:
        raise Refused(f"{etree.QName(name).localname} must hold exactly one {child}")
    return list(element)


def _check_context(context: etree._Element) -> None:
    names = [name for each in context if (name := etree.QName(each)).namespace == CONTEXT]
    given = [name.localname for name in names]
    if len(given) != len(context) or given != [each for each in CONTEXT_ORDER if each in given]:
        raise Refused("Unexpected element or order in InvocationContext")
    if not CONTEXT_REQUIRED.issubset(given):
        raise Refused("InvocationContext lacks an element")
    values = {name: each.text or "" for name, each in zip(given, context, strict=True)}
    if values["ServiceUUID"] != SERVICE_UUID:
        raise Refused("The service is unknown", "SP_NOT_AUTHORISED")
    agreement = tuple(
        values[name] for name in ("ServiceAgreementUUID", "UserSystemUUID", "UserUUID")
    )
    if agreement != AGREEMENT:
        raise Refused("The service agreement is unknown", "SP_NOT_AUTHORISED")


def _replaced(person: Inhabitant) -> bytes:
    """What is left of a number that was replaced: the number in force, and no address."""
    return _enveloped(
        P.PersonLookupResponse(
            P.persondata(
                P.personnummer(person.former_number.replace("-", "")),
                P.gaeldendePersonnummer(person.person_number.replace("-", "")),
                P.navn(P.personadresseringsnavn(person.name)),
                P.antalBoernUnder18("0"),
                P.status(P.status(str(NUMBER_CHANGED))),
            )
        )
    )


def _person(person: Inhabitant, home: Address | None, today: date) -> bytes:
    """The whole answer, with relatives too: it is the portal's to leave them unread."""
    given, _, family = person.name.rpartition(" ")
    born = person.born
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    nowhere = person.status == IN_A_ROAD_OF_THE_REGISTERS_OWN and home is None
    protection = P.adressebeskyttelse(P.startdato("2025-02-01"), P.beskyttet("true"))
    answer = P.PersonLookupResponse(
        P.persondata(
            P.personnummer(person.person_number.replace("-", "")),
            P.navn(P.personadresseringsnavn(person.name), P.fornavn(given), P.efternavn(family)),
            P.foedselsdato(P.dato(born.isoformat())),
            P.alder(str(age)),
            P.koen(person.gender),
            P.antalBoernUnder18("0"),
            P.status(P.status(str(person.status))),
            *([protection] if person.protected else []),
            P.tilmeldtDigitalpost(str(person.digital_post).lower()),
        ),
        *([P.adresse(_home(home, person.moved_in))] if home is not None else []),
        *([P.adresse(_no_fixed_address())] if nowhere else []),
        P.relationer(P.mor(P.personnummer("6101400000"))),
    )
    return _enveloped(answer)


def _no_fixed_address() -> etree._Element:
    """The address of whoever has none: a road that is none, and no house number."""
    address: etree._Element = P.aktuelAdresse(
        P.kommunekode(str(int(city.COPENHAGEN))),
        P.vejkode(str(NO_FIXED_ADDRESS)),
        P.vejnavn("Uden fast bopæl"),
        P.standardadresse("Uden fast bopæl"),
        P.vejadresseringsnavn("Uden fast bopæl"),
    )
    return address


def _home(home: Address, moved_in: date) -> etree._Element:
    """The address as CPR writes it: codes as whole numbers, zeros before the house number."""
    digits = home.house_number.rstrip("ABCDEFGHIJKLMNOPQRSTUVXYZ")
    address: etree._Element = P.aktuelAdresse(
        P.kommunekode(str(int(home.municipality))),
        P.vejkode(str(int(home.road_code))),
        P.husnummer(digits.zfill(3) + home.house_number[len(digits) :]),
        *([P.etage(home.floor.zfill(2))] if home.floor else []),
        *([P.sidedoer(home.door)] if home.door else []),
        *([P.conavn(home.care_of)] if home.care_of else []),
        *([P.lokalitet(home.locality)] if home.locality else []),
        P.postnummer(home.postcode),
        P.postdistrikt(home.district),
        P.vejnavn(home.road_name),
        P.standardadresse(home.line),
        P.vejadresseringsnavn(home.road_name),
        P.tilflytningsdato(P.dato(f"{moved_in}T00:00:00")),
        *_supplement(home),
    )
    return address


def _supplement(home: Address) -> list[etree._Element]:
    """The lines above the road on an envelope."""
    lines = [
        *([f"c/o {home.care_of}"] if home.care_of else []),
        *([home.locality] if home.locality else []),
    ]
    return [P(f"adr{number}-supladr", line) for number, line in enumerate(lines, start=1)]


def _fault(refused: Refused) -> bytes:
    code = refused.code or "SP_REQUEST_INVALID"
    errors = F.ErrorList(F.Error(F.ErrorCode(code), F.ErrorText(refused.text)))
    return _enveloped(
        S.Fault(
            PLAIN.faultcode(refused.fault_code),
            PLAIN.faultstring(refused.text),
            PLAIN.detail(F.ServiceplatformFault(errors)),
        )
    )


def _enveloped(body: etree._Element) -> bytes:
    envelope = S.Envelope(S.Body(body))
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
