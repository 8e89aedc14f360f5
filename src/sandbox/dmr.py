"""DMR, the vehicle register, as it answers other authorities: signed SOAP over mutual TLS.

Stricter than life: a request must be signed over its token, its timestamp and its body, by a
certificate of the sandbox's authority, within the last minutes; and it may hold nothing but what
the contract names. A good request is answered by a signed answer, also when the answer is an error.

The sandbox's own clock has no say in signatures: certificates and the portal keep to the real one.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from lxml.builder import ElementMaker
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from xmlsec import constants

from sandbox import city
from sandbox.city import IDENTITIES, Registration, Vehicle
from sandbox.world import World

PATH = "/ws/USImportoerService"

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
DMR = "http://skat.dk/dmr/2007/05/31/"
CONTEXT = "http://rep.oio.dk/skat.dk/basis/kontekst/xml/schemas/2006/09/01/"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{WSS}wssecurity-secext-1.0.xsd"
WSU = f"{WSS}wssecurity-utility-1.0.xsd"
TOKEN_TYPE = f"{WSS}x509-token-profile-1.0#X509v3"
TOKEN_ENCODING = f"{WSS}soap-message-security-1.0#Base64Binary"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
NAMES = {"s": ENVELOPE, "d": DMR, "k": CONTEXT, "wsse": WSSE, "wsu": WSU, "ds": DSIG}
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

SIGNING = {
    constants.TransformRsaSha1.href: (constants.TransformRsaSha1, constants.TransformSha1),
    constants.TransformRsaSha256.href: (constants.TransformRsaSha256, constants.TransformSha256),
}
FRESH = timedelta(minutes=5)

S = ElementMaker(namespace=ENVELOPE, nsmap={"soapenv": ENVELOPE, "wsu": WSU})
D = ElementMaker(namespace=DMR, nsmap={"ns": DMR, "ctx": CONTEXT})
K = ElementMaker(namespace=CONTEXT, nsmap={"ctx": CONTEXT})
W = ElementMaker(namespace=WSSE, nsmap={"wsse": WSSE, "wsu": WSU})
U = ElementMaker(namespace=WSU, nsmap={"wsu": WSU})
PLAIN = ElementMaker()

KINDS = {
    "car": ("1", "Personbil"),
    "large car": ("2", "Stor personbil"),
    "van": ("3", "Varebil"),
    "lorry": ("4", "Lastbil"),
    "trailer": ("5", "Påhængsvogn"),
    "motorcycle": ("7", "Motorcykel"),
    "tractor": ("8", "Traktor"),
    "caravan": ("10", "Campingvogn"),
    "moped": ("16", "Stor knallert"),
}
WITHOUT_ENGINE = {"trailer", "caravan"}
USES = {
    "private": ("1", "Privat personkørsel"),
    "goods": ("20", "Godstransport"),
    "taxi": ("21", "Taxi"),
    "living in": ("34", "Beboelse"),
}
ENERGIES = {
    "petrol": ("1", "Benzin"),
    "diesel": ("2", "Diesel"),
    "gas": ("3", "F-gas"),
    "electric": ("4", "El"),
    "hydrogen": ("7", "Brint"),
}
RELATIONS = {"owner": "Ejer", "user": "Bruger", "sublessor": "Subleasinggiver"}
STATUSES = {
    "registered": "Registreret",
    "deregistered": "Afmeldt",
    "being prepared": "UnderUdarbejdelse",
}

TEMPORARY = (9001, "Der er opstået en midlertidig fejl. Prøv igen senere.")
NOT_FOUND = (1001, "Køretøjet blev ikke fundet.")
NOT_A_PLATE = (1002, "Registreringsnummeret har ikke et gyldigt format.")

SIGNATURE_FAULTS = ("unsigned", "tampered", "signed-by-another", "old", "wrapped")
"""Faults of the signature of the answer; besides them `temporary` and `unknown-error`."""


class Refused(Exception):
    """The request is answered with a SOAP fault, unsigned."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True)
class Question:
    """A request that was accepted: which operation, about which plate, signed how."""

    operation: str
    plate: str
    transaction: str
    algorithm: str


def routes(world: World) -> list[Route]:
    """The two operations, told apart by SOAPAction."""

    async def ask(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, world, request, body)

    return [Route(PATH, ask, methods=["POST"])]


def _answer(world: World, request: Request, body: bytes) -> Response:
    try:
        question = _question(world, request, body)
    except Refused as refused:
        fault = S.Fault(PLAIN.faultcode(refused.code), PLAIN.faultstring(refused.text))
        return Response(_written(S.Envelope(S.Body(fault))), 500, media_type="text/xml")
    envelope = S.Envelope(S.Header(), S.Body(_said(world, question)))
    fault_taken = world.faults.take("dmr", *SIGNATURE_FAULTS)
    return Response(
        _sealed(world, envelope, question.algorithm, fault_taken.name if fault_taken else ""),
        media_type="text/xml",
    )


# What is asked


def _question(world: World, request: Request, body: bytes) -> Question:
    """What the request asks, if every part of it is as it should be.

    :raises Refused: otherwise
    """
    if request.headers.get("content-type", "").replace(" ", "").lower() != "text/xml;charset=utf-8":
        raise Refused("soapenv:Client", "Content-Type must be text/xml; charset=utf-8")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as broken:
        raise Refused("soapenv:Client", "The request is not XML") from broken
    algorithm = _check_signature(world, root)
    holder = _one(root, "s:Body")
    if len(holder) != 1:
        raise Refused("soapenv:Client", "Body must hold exactly one element")
    asked = holder[0]
    action = request.headers.get("soapaction", "").strip('"')
    operation = action.removeprefix("get")
    if operation not in OPERATIONS or asked.tag != f"{{{DMR}}}{operation}_I":
        raise Refused("soapenv:Client", "SOAPAction and body do not name one operation")
    _check_elements(
        asked,
        [f"{{{CONTEXT}}}HovedOplysninger", f"{{{DMR}}}KoeretoejGenerelIdentifikatorStruktur"],
    )
    _check_elements(
        asked[0], [f"{{{CONTEXT}}}TransaktionIdentifikator", f"{{{CONTEXT}}}TransaktionTid"]
    )
    _check_elements(asked[1], [f"{{{DMR}}}KoeretoejGenerelIdentifikatorValg"])
    _check_elements(asked[1][0], [f"{{{DMR}}}RegistreringNummerNummer"])
    transaction = asked[0][0].text or ""
    try:
        UUID(transaction)
        datetime.fromisoformat(asked[0][1].text or "")
    except ValueError as wrong:
        raise Refused("soapenv:Client", "HovedOplysninger cannot be read") from wrong
    return Question(operation, asked[1][0][0].text or "", transaction, algorithm)


def _check_elements(parent: etree._Element, names: list[str]) -> None:
    if [each.tag for each in parent] != names:
        raise Refused("soapenv:Client", f"{parent.tag} must hold exactly {', '.join(names)}")


def _one(parent: etree._Element, path: str) -> etree._Element:
    found = parent.findall(path, NAMES)
    if len(found) != 1:
        raise Refused("wsse:InvalidSecurity", f"There must be exactly one {path}")
    return found[0]


def _check_signature(world: World, root: etree._Element) -> str:
    """How the request is signed, if it is signed as it should be.

    :raises Refused: otherwise
    """
    security = _one(root, "s:Header/wsse:Security")
    token = _one(security, "wsse:BinarySecurityToken")
    timestamp = _one(security, "wsu:Timestamp")
    signature = _one(security, "ds:Signature")
    if token.get("ValueType") != TOKEN_TYPE or token.get("EncodingType") != TOKEN_ENCODING:
        raise Refused("wsse:UnsupportedSecurityToken", "The token must be X.509 in base 64")
    names = [f"#{each.get(f'{{{WSU}}}Id')}" for each in (token, timestamp, _one(root, "s:Body"))]
    known_by = _one(signature, "ds:KeyInfo/wsse:SecurityTokenReference/wsse:Reference")
    if known_by.get("URI") != names[0]:
        raise Refused("wsse:InvalidSecurity", "KeyInfo must name the token")
    references = signature.findall("ds:SignedInfo/ds:Reference", NAMES)
    if sorted(each.get("URI") or "" for each in references) != sorted(names):
        raise Refused("wsse:InvalidSecurity", "Token, Timestamp and Body must be signed")
    method = _one(signature, "ds:SignedInfo/ds:SignatureMethod").get("Algorithm") or ""
    transforms = signature.iterfind(".//ds:Transform", NAMES)
    if method not in SIGNING or {each.get("Algorithm") for each in transforms} != {EXCLUSIVE}:
        raise Refused("wsse:UnsupportedAlgorithm", "RSA-SHA1 or RSA-SHA256 and exclusive c14n")
    certificate = _certificate(world, token.text or "")
    _check_fresh(timestamp)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        certificate.public_bytes(Encoding.PEM), constants.KeyDataFormatCertPem
    )
    try:
        for element in root.iter():
            if element.get(f"{{{WSU}}}Id") is not None:
                context.register_id(element, "Id", WSU)
        context.verify(signature)
    except xmlsec.Error as wrong:
        raise Refused("wsse:FailedCheck", "The signature is wrong") from wrong
    return method


def _certificate(world: World, token: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(b64decode(token, validate=True))
        certificate.verify_directly_issued_by(world.ca.certificate("ca.pem"))
    except (ValueError, TypeError, InvalidSignature) as wrong:
        raise Refused("wsse:FailedCheck", "The certificate is not one we trust") from wrong
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused("wsse:FailedCheck", "The certificate is not valid now")
    return certificate


def _check_fresh(timestamp: etree._Element) -> None:
    now = datetime.now(UTC)
    try:
        created = datetime.fromisoformat(timestamp.findtext("wsu:Created", "", NAMES))
        expires = datetime.fromisoformat(timestamp.findtext("wsu:Expires", "", NAMES))
        fresh = now - FRESH <= created <= now + FRESH and now < expires
    except (ValueError, TypeError) as wrong:
        raise Refused("wsse:InvalidSecurity", "The timestamp cannot be read") from wrong
    if not fresh:
        raise Refused("wsse:MessageExpired", "The message has expired")


# What is answered


def _said(world: World, question: Question) -> etree._Element:
    """The answer to a question: an error inside it, or what it asks for."""
    error = None
    vehicle = world.vehicle(question.plate)
    if not re.fullmatch(r"[A-Z0-9ÆØÅ]{2,10}", question.plate):
        error = NOT_A_PLATE
    elif world.faults.take("dmr", "temporary", path=question.plate):
        error = TEMPORARY
    elif world.faults.take("dmr", "unknown-error", path=question.plate):
        error = (4242, "En fejl, som ingen har hørt om.")
    elif vehicle is None:
        error = NOT_FOUND
    struck = K.SvarStruktur()
    if error is not None:
        number, text = error
        struck.append(K.FejlStruktur(K.FejlIdentifikator(str(number)), K.FejlTekst(text)))
    answer: etree._Element = D(
        f"{question.operation}_O",
        K.HovedOplysningerSvar(
            K.TransaktionIdentifikator(question.transaction),
            K.ServiceIdentifikator("dk.skat.dmr.service.RegistreringServiceType"),
            K.TransaktionTid(world.clock.now().isoformat(timespec="seconds")),
            struck,
        ),
    )
    if error is None and vehicle is not None:
        answer.append(D.Indhold(*OPERATIONS[question.operation](vehicle)))
    return answer


def _chassis(vehicle: Vehicle) -> etree._Element:
    number = uuid5(IDENTITIES, f"chassis {vehicle.plate}").hex[:14].upper()
    chassis: etree._Element = D.KoeretoejOplysningStelNummer(f"SBX{number}")
    return chassis


def _registered(vehicle: Vehicle) -> list[etree._Element]:
    kind, use = KINDS[vehicle.kind], USES[vehicle.use]
    gone = vehicle.status == "deregistered"
    since = f"{vehicle.first_registered}T00:00:00+01:00"
    return [
        D.KoeretoejRegistreringGrundlagResultat(
            D.KoeretoejRegistreringGrundlagStruktur(
                D.KoeretoejRegistreringGrundlagStatus(
                    "RegistreringsgrundlagTilknyttetRegistrering"
                ),
                D.KoeretoejArtStruktur(
                    D.KoeretoejArtNummer(kind[0]),
                    D.KoeretoejArtNavn(kind[1]),
                    D.KoeretoejArtKraeverForsikring(
                        str(vehicle.kind not in WITHOUT_ENGINE).lower()
                    ),
                ),
                D.KoeretoejAnvendelseStruktur(
                    D.KoeretoejAnvendelseNummer(use[0]), D.KoeretoejAnvendelseNavn(use[1])
                ),
            )
        ),
        D.RegistreringNummerStruktur(
            D.RegistreringNummerType("Ønske" if vehicle.personal_plate else "Normal"),
            D.RegistreringNummerStatus("Afmeldt" if gone else "Oprettet"),
            D.RegistreringNummerStatusDato(since),
            D.RegistreringNummerNummer(vehicle.plate),
        ),
        D.KoeretoejRegistreringStruktur(
            D.KoeretoejRegistreringStatus(STATUSES[vehicle.status]),
            D.KoeretoejRegistreringStatusDato(since),
            D.KoeretoejRegistreringStatusAarsag(
                "AfmeldtAlmindeligt" if gone else "RegistreretAlmindeligt"
            ),
            D.KoeretoejRegistreringTilknyttetLeasingForhold(str(vehicle.leasing).lower()),
        ),
        _chassis(vehicle),
        D.EjerBrugerSamlingStruktur(
            D.EjerBrugerSamling(*[_party(each) for each in vehicle.registrations])
        ),
    ]


def _party(registration: Registration) -> etree._Element:
    company = city.company(registration.holder)
    person = city.inhabitant(registration.holder)
    if company is not None:
        party = D.Virksomhed(
            D.VirksomhedCVRNummer(company.number),
            D.VirksomhedNavnStruktur(D.VirksomhedNavnFirmaNavn(company.name)),
        )
    elif person is not None:
        party = D.Person(
            D.PersonCPRNummer(person.person_number.replace("-", "")),
            D.PersonNavnNavn(person.name),
            D.PersonNavnAdresseBeskyttelseMarkering(str(person.protected).lower()),
        )
    else:
        raise LookupError(f"nobody is {registration.holder}")
    return D.EjerBruger(  # type: ignore[no-any-return]
        D.EjerBrugerForholdGrundStruktur(
            D.EjerBrugerForholdForhold(RELATIONS[registration.relation]),
            D.EjerBrugerForholdPrimaer(str(registration.primary).lower()),
            D.EjerBrugerForholdGyldigFra(f"{registration.since}T00:00:00+01:00"),
        ),
        D.JuridiskEnhedStruktur(D.JuridiskEnhedValg(party)),
    )


def _technical(vehicle: Vehicle) -> list[etree._Element]:
    gone = vehicle.status == "deregistered"
    weight = vehicle.gross_weight_kg
    identity = 9_000_000_000_000_000 + uuid5(IDENTITIES, vehicle.plate).int % 10**15
    return [
        D.KoeretoejTekniskDataListe(
            D.KoeretoejTekniskData(
                D.KoeretoejTekniskDataStruktur(
                    D.KoeretoejIdent(str(identity)),
                    D.KoeretoejOplysningStruktur(
                        D.KoeretoejOplysningOprettetUdFra("CocDokument"),
                        D.KoeretoejOplysningStatus("Afmeldt" if gone else "Registreret"),
                        D.KoeretoejOplysningFoersteRegistreringDato(
                            f"{vehicle.first_registered}+02:00"
                        ),
                        _chassis(vehicle),
                        *([] if weight is None else [D.KoeretoejOplysningTotalVaegt(str(weight))]),
                        D.KoeretoejBetegnelseStruktur(
                            D.KoeretoejMaerkeTypeNavn(vehicle.make),
                            D.Model(D.KoeretoejModelTypeNavn(vehicle.model)),
                        ),
                        D.KoeretoejFarveStruktur(
                            D.FarveTypeStruktur(D.FarveTypeNavn(vehicle.colour))
                        ),
                        *([] if vehicle.kind in WITHOUT_ENGINE else [_engine(vehicle)]),
                        *_blocked(vehicle),
                    ),
                )
            )
        )
    ]


def _blocked(vehicle: Vehicle) -> list[etree._Element]:
    """Why the vehicle is blocked, if it is: being wanted is one reason among others."""
    reasons = [
        D.KoeretoejBlokeringAarsag(
            D.KoeretoejBlokeringAarsagTypeNummer(number), D.KoeretoejBlokeringAarsagTypeNavn(name)
        )
        for holds, number, name in (
            (vehicle.called_in, "5", "Indkaldt"),
            (vehicle.stolen, "8", "Efterlyst"),
        )
        if holds
    ]
    if not reasons:
        return []
    return [D.KoeretoejBlokeringAarsagListeStruktur(D.KoeretoejBlokeringAarsagListe(*reasons))]


def _engine(vehicle: Vehicle) -> etree._Element:
    """What moves the vehicle: two energies if it is a hybrid, with the consumption beside each."""
    plug_in = vehicle.hybrid == "plug-in"
    energies = [_energy(vehicle, vehicle.fuel, primary=not plug_in, measured=True)]
    if vehicle.hybrid != "no":
        energies.insert(0, _energy(vehicle, "electric", primary=plug_in, measured=False))
    engine: etree._Element = D.KoeretoejMotorStruktur(
        D.KoeretoejDrivmiddelSamlingStruktur(D.KoeretoejDrivmiddelSamling(*energies))
    )
    return engine


def _energy(vehicle: Vehicle, energy: str, *, primary: bool, measured: bool) -> etree._Element:
    number, name = ENERGIES[energy]
    consumption = D.KoeretoejBraendstofStruktur()
    if measured and vehicle.km_per_l is not None:
        consumption.append(D.KoeretoejMotorKmPerLiter(f"{vehicle.km_per_l:.1f}"))
    if measured and vehicle.co2 is not None:
        consumption.append(D.KoeretoejMiljoeOplysningCO2Udslip(f"{vehicle.co2}.0"))
    if measured and vehicle.norm is not None:
        # ASSUMED: no public text names the field that tells NEDC from WLTP.
        consumption.append(D.KoeretoejMiljoeOplysningMaalenorm(vehicle.norm))
    return D.DrivmiddelStruktur(  # type: ignore[no-any-return]
        D.DrivkraftTypeStruktur(D.DrivkraftTypeNummer(number), D.DrivkraftTypeNavn(name)),
        consumption,
        D.KoeretoejMotorPlugInHybrid(str(vehicle.hybrid == "plug-in").lower()),
        D.KoeretoejMotorDrivmiddelPrimaer(str(primary).lower()),
    )


OPERATIONS = {
    "USKoeretoejRegistreringHent": _registered,
    "USKoeretoejTekniskDataHent": _technical,
}


# How it is signed


def _sealed(world: World, envelope: etree._Element, algorithm: str, fault: str) -> bytes:
    """The answer signed as the question was, or with the fault that was ordered."""
    if fault == "unsigned":
        return _written(envelope)
    header, body = envelope[0], envelope[1]
    now = datetime.now(UTC) - (timedelta(hours=1) if fault == "old" else timedelta())
    pem = world.ca.read("client.pem" if fault == "signed-by-another" else "dmr.pem")
    certificate = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    token = W.BinarySecurityToken(
        b64encode(certificate).decode("ascii"), ValueType=TOKEN_TYPE, EncodingType=TOKEN_ENCODING
    )
    timestamp = U.Timestamp(U.Created(_moment(now)), U.Expires(_moment(now + FRESH)))
    signing, digesting = SIGNING[algorithm]
    signature = xmlsec.template.create(envelope, constants.TransformExclC14N, signing, ns="ds")
    header.append(W.Security(token, timestamp, signature))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, constants.KeyDataFormatPem)
    for element in (token, timestamp, body):
        name = f"id-{uuid4()}"
        element.set(f"{{{WSU}}}Id", name)
        context.register_id(element, "Id", WSU)
        reference = xmlsec.template.add_reference(signature, digesting, uri=f"#{name}")
        xmlsec.template.add_transform(reference, constants.TransformExclC14N)
    xmlsec.template.ensure_key_info(signature).append(
        W.SecurityTokenReference(W.Reference(URI=f"#{token.get(f'{{{WSU}}}Id')}"))
    )
    context.sign(signature)
    written = _written(envelope)
    if fault == "tampered":
        return written.replace(b"<ns:Indhold>", b"<ns:Indhold><ns:Tilsat/>", 1)
    if fault == "wrapped":
        return _wrapped(envelope)
    return written


def _wrapped(envelope: etree._Element) -> bytes:
    """The signed body moved into the header, where it still verifies, and another in its place."""
    header, body = envelope[0], envelope[1]
    forged = S.Body(etree.fromstring(etree.tostring(body[0]).replace(b"Bruger<", b"Ejer<")))
    header.append(D.Andet(body))
    envelope.append(forged)
    return _written(envelope)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
