"""SOAP 1.1 over the transport: envelopes, faults, reading XML that nobody has vouched for, seals.

A :class:`Seal` is the WS-Security signature that the vehicle register asks for: over a token, a
timestamp and the body. What it verifies is what is read afterwards: the very same element.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Final
from uuid import uuid4

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from xmlsec import constants

from parking.adapters.transport import Transport
from parking.ports import Unavailable

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSSE = f"{_WSS}wssecurity-secext-1.0.xsd"
_WSU = f"{_WSS}wssecurity-utility-1.0.xsd"
_X509 = f"{_WSS}x509-token-profile-1.0#X509v3"
_BASE64 = f"{_WSS}soap-message-security-1.0#Base64Binary"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_NAMES = {"s": ENVELOPE, "wsse": _WSSE, "wsu": _WSU, "ds": _DSIG}
_ID = f"{{{_WSU}}}Id"

_VALID_FOR = timedelta(minutes=5)
_CLOCKS_DIFFER = timedelta(minutes=5)


class Fault(Exception):
    """It answered with a SOAP fault. The adapter says which of our three errors that is."""

    def __init__(self, code: str, text: str, detail: etree._Element | None) -> None:
        super().__init__(code)
        self.code = code  #: without its prefix
        self.text = text  #: for people; it may name a person, so it is not for the log
        self.detail = detail


class Algorithm(Enum):
    """How a seal is made. The vehicle register still asks for SHA-1 (December 2025)."""

    RSA_SHA1 = "rsa-sha1"
    RSA_SHA256 = "rsa-sha256"


_TRANSFORMS = {
    Algorithm.RSA_SHA1: (constants.TransformRsaSha1, constants.TransformSha1),
    Algorithm.RSA_SHA256: (constants.TransformRsaSha256, constants.TransformSha256),
}


def parse(document: bytes, *, system: str) -> etree._Element:
    """Return the root of *document*, without comments.

    Comments are dropped because a text with one in the middle would otherwise be read half.

    :raises Unavailable: if it is not XML, or brings a document type, with which entities come.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unavailable(f"{system}: answered broken XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unavailable(f"{system}: answered XML with a document type")
    return root


def ask(
    transport: Transport,
    question: etree._Element,
    *,
    action: str,
    operation: str,
    seal: Seal | None = None,
    now: datetime | None = None,
) -> etree._Element:
    """Send *question* as the body of an envelope and return the one element that answers it.

    With a *seal*, question and answer are signed, and *now* is when. Every question may be
    repeated: what is sent to be done carries a number by which it is known again.

    :raises Fault: if the answer is a fault.
    :raises Unavailable: if there is no answer, or none that can be trusted.
    :raises Rejected: if it would not answer us.
    """
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"s": ENVELOPE})
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(question)
    if seal is not None and now is not None:
        seal.put_on(envelope, now=now)
    response = transport.request(
        "POST",
        operation=operation,
        repeatable=True,
        content=etree.tostring(envelope, xml_declaration=True, encoding="utf-8"),
        headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'},
        answers={500},
    )
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "text/xml":
        raise Unavailable(f"{transport.system}: answered {kind or 'something'} for SOAP")
    root = parse(response.content, system=transport.system)
    body = _only(root, "s:Body", transport.system)
    if root.tag != f"{{{ENVELOPE}}}Envelope" or len(body) != 1:
        raise Unavailable(f"{transport.system}: answered no SOAP envelope")
    fault = body.find("s:Fault", _NAMES)
    if fault is not None:
        code = (fault.findtext("faultcode") or "").strip()
        raise Fault(
            code.rpartition(":")[2], fault.findtext("faultstring") or "", fault.find("detail")
        )
    if response.is_server_error:
        raise Unavailable(f"{transport.system}: status 500 without a fault")
    if seal is not None and now is not None:
        seal.check(root, now=now, system=transport.system)
    return body[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How we sign what we say, and whose signature we believe.

    *key_file* (PEM) holds our private key and its certificate; *trust_file* (PEM) the one
    certificate that answers are signed with. Whatever certificate an answer itself brings is
    ignored.
    """

    key_file: Path | str
    trust_file: Path | str
    algorithm: Algorithm = Algorithm.RSA_SHA1

    def put_on(self, envelope: etree._Element, *, now: datetime) -> None:
        """Sign the body of *envelope*, together with a token of who we are and the time."""
        body = envelope[0]
        header = etree.Element(f"{{{ENVELOPE}}}Header")
        envelope.insert(0, header)
        security = etree.SubElement(
            header, f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE, "wsu": _WSU}
        )
        security.set(f"{{{ENVELOPE}}}mustUnderstand", "1")
        token = etree.SubElement(
            security, f"{{{_WSSE}}}BinarySecurityToken", EncodingType=_BASE64, ValueType=_X509
        )
        pem = Path(self.key_file).read_bytes()
        certificate = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        token.text = b64encode(certificate).decode("ascii")
        timestamp = etree.SubElement(security, f"{{{_WSU}}}Timestamp")
        etree.SubElement(timestamp, f"{{{_WSU}}}Created").text = _written(now)
        etree.SubElement(timestamp, f"{{{_WSU}}}Expires").text = _written(now + _VALID_FOR)

        signing, digesting = _TRANSFORMS[self.algorithm]
        signature = xmlsec.template.create(envelope, constants.TransformExclC14N, signing, ns="ds")
        security.append(signature)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(pem, constants.KeyDataFormatPem)
        for element in (token, timestamp, body):
            name = f"id-{uuid4()}"
            element.set(_ID, name)
            context.register_id(element, "Id", _WSU)
            reference = xmlsec.template.add_reference(signature, digesting, uri=f"#{name}")
            xmlsec.template.add_transform(reference, constants.TransformExclC14N)
        known_by = etree.SubElement(
            xmlsec.template.ensure_key_info(signature), f"{{{_WSSE}}}SecurityTokenReference"
        )
        etree.SubElement(
            known_by, f"{{{_WSSE}}}Reference", URI=f"#{token.get(_ID)}", ValueType=_X509
        )
        context.sign(signature)

    def check(self, envelope: etree._Element, *, now: datetime, system: str) -> None:
        """Make sure that the body of *envelope* was signed by the one we trust, just now.

        :raises Unavailable: if it was not.
        """
        body = _only(envelope, "s:Body", system)
        security = _only(envelope, "s:Header/wsse:Security", system)
        timestamp = _only(security, "wsu:Timestamp", system)
        signature = _only(security, "ds:Signature", system)
        self._check_what_is_signed(signature, (body, timestamp), system)

        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(str(self.trust_file), constants.KeyDataFormatCertPem)
        try:
            for element in _identified(envelope, system).values():
                context.register_id(element, "Id", _WSU)
            context.verify(signature)
        except xmlsec.Error:
            raise Unavailable(f"{system}: its signature is wrong") from None

        created = _moment(_only(timestamp, "wsu:Created", system).text, system)
        expires = _moment(_only(timestamp, "wsu:Expires", system).text, system)
        if not (created - _CLOCKS_DIFFER <= now < expires + _CLOCKS_DIFFER):
            raise Unavailable(f"{system}: its signature is not of now")
        if now - created > _VALID_FOR + _CLOCKS_DIFFER:
            raise Unavailable(f"{system}: its signature is old")

    def _check_what_is_signed(
        self, signature: etree._Element, needed: tuple[etree._Element, ...], system: str
    ) -> None:
        """Make sure that the signature covers *needed* whole, with our algorithms and no tricks."""
        by_id = _identified(signature.getroottree().getroot(), system)
        signed = _only(signature, "ds:SignedInfo", system)
        algorithms = {
            _only(signed, "ds:CanonicalizationMethod", system).get("Algorithm"),
            _only(signed, "ds:SignatureMethod", system).get("Algorithm"),
        }
        covered = []
        for reference in signed.iterfind("ds:Reference", _NAMES):
            algorithms.add(_only(reference, "ds:DigestMethod", system).get("Algorithm"))
            algorithms.add(_only(reference, "ds:Transforms/ds:Transform", system).get("Algorithm"))
            covered.append(by_id.get((reference.get("URI") or "").removeprefix("#")))
        agreed = {each.href for each in _TRANSFORMS[self.algorithm]}
        if algorithms != {_EXCLUSIVE, *agreed}:
            raise Unavailable(f"{system}: signed in another way than agreed")
        if not all(any(element is each for each in covered) for element in needed):
            raise Unavailable(f"{system}: its signature does not cover what it says")


def text(element: etree._Element, path: str, names: Mapping[str, str]) -> str | None:
    """Return the text at *path*, or ``None`` if it is not there or empty."""
    found = element.findtext(path, namespaces=dict(names))
    return found.strip() or None if found is not None else None


def truth(element: etree._Element, path: str, names: Mapping[str, str]) -> bool | None:
    """Return the xs:boolean at *path*, or ``None`` if it is not there.

    :raises ValueError: if it is something else.
    """
    found = text(element, path, names)
    if found is None:
        return None
    if found not in {"true", "1", "false", "0"}:
        raise ValueError(f"{path} is neither true nor false")
    return found in {"true", "1"}


def _only(element: etree._Element, path: str, system: str) -> etree._Element:
    found = element.findall(path, _NAMES)
    if len(found) != 1:
        raise Unavailable(f"{system}: answered {len(found)} {path}")
    return found[0]


def _identified(root: etree._Element, system: str) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for element in root.iter():
        name = element.get(_ID)
        if name is None:
            continue
        if name in found:
            raise Unavailable(f"{system}: two elements have one id")
        found[name] = element
    return found


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(written: str | None, system: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError:
        raise Unavailable(f"{system}: its timestamp cannot be read") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
