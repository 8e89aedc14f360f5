"""SAML 2.0 messages as OIOSAML 3 wants them: read, check, write, sign, encrypt.

Knows nothing of inhabitants, sessions or pages: that is `nemlogin`.
"""

from __future__ import annotations

import base64
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
NS = {"samlp": SAMLP, "saml": SAML, "md": MD, "ds": DS, "xenc": XENC}

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
URI_NAME = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
LOA = "https://data.gov.dk/concept/core/nsis/loa/"
LEVELS = ("Low", "Substantial", "High")

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = XENC + "sha256"
TRANSPORTS = {"rsa-oaep": XENC11 + "rsa-oaep", "rsa-oaep-mgf1p": XENC + "rsa-oaep-mgf1p"}
CIPHERS = {"aes256-gcm": XENC11 + "aes256-gcm", "aes256-cbc": XENC + "aes256-cbc"}

SKEW = timedelta(minutes=5)


class Refused(Exception):
    """A message that is not as the profile wants it."""


@dataclass(frozen=True)
class ServiceProvider:
    """What a service's metadata says about it."""

    entity_id: str
    consumer: str
    logout: str
    logout_answer: str
    signing: tuple[x509.Certificate, ...]
    encryption: x509.Certificate
    encryption_methods: tuple[str, ...]


@dataclass(frozen=True)
class LoginRequest:
    """A checked AuthnRequest."""

    id: str
    level: str
    force: bool
    passive: bool


@dataclass(frozen=True)
class LogoutRequest:
    """A checked LogoutRequest."""

    id: str
    name_id: str
    session_index: str | None


def parse(document: bytes) -> etree._Element:
    """The root of an XML document without doctype.

    :raises Refused: if it is none
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise Refused("not XML") from problem
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused("a doctype")
    return root


def service_provider(metadata: bytes) -> ServiceProvider:
    """Read a service's metadata.

    :raises Refused: if something that the profile needs is missing
    """
    root = parse(metadata)
    if root.tag != f"{{{MD}}}EntityDescriptor":
        raise Refused("metadata without EntityDescriptor")
    role = _one(root, "md:SPSSODescriptor")
    if role.get("AuthnRequestsSigned") not in ("true", "1"):
        raise Refused("metadata must say AuthnRequestsSigned")
    keys: dict[str, list[x509.Certificate]] = {"signing": [], "encryption": []}
    methods: list[str] = []
    for key in role.iterfind("md:KeyDescriptor", NS):
        text = key.findtext(".//ds:X509Certificate", "", NS)
        certificate = x509.load_der_x509_certificate(base64.b64decode(text))
        uses = (key.get("use"),) if key.get("use") else tuple(keys)
        for use in uses:
            keys[str(use)].append(certificate)
        if "encryption" in uses:
            methods += [m.get("Algorithm", "") for m in key.iterfind("md:EncryptionMethod", NS)]
    consumers = [
        each.get("Location", "")
        for each in role.iterfind("md:AssertionConsumerService", NS)
        if each.get("Binding") == POST
    ]
    logouts = [
        each
        for each in role.iterfind("md:SingleLogoutService", NS)
        if each.get("Binding") == REDIRECT
    ]
    if not (consumers and logouts and keys["signing"] and keys["encryption"]):
        raise Refused("metadata needs both keys, POST consumer and Redirect logout")
    return ServiceProvider(
        entity_id=root.get("entityID", ""),
        consumer=consumers[0],
        logout=logouts[0].get("Location", ""),
        logout_answer=logouts[0].get("ResponseLocation", logouts[0].get("Location", "")),
        signing=tuple(keys["signing"]),
        encryption=keys["encryption"][0],
        encryption_methods=tuple(methods),
    )


def inflate(value: str) -> bytes:
    """The document in a parameter of the Redirect binding.

    :raises Refused: if there is none
    """
    try:
        stream = zlib.decompressobj(-15)
        document = stream.decompress(base64.b64decode(value, validate=True), 100_000)
    except (ValueError, zlib.error) as problem:
        raise Refused("not deflated base64") from problem
    if stream.unconsumed_tail or not stream.eof:
        raise Refused("too long or cut off")
    return document


def deflate(document: bytes) -> str:
    """A document as a parameter of the Redirect binding."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(stream.compress(document) + stream.flush()).decode("ascii")


def issuer(root: etree._Element) -> str:
    """Who sent the message.

    :raises Refused: if it does not say
    """
    text = root.findtext("saml:Issuer", None, NS)
    if not text:
        raise Refused("no Issuer")
    return text.strip()


def check_query(query: str, kind: str, signers: tuple[x509.Certificate, ...]) -> None:
    """Check the signature of a Redirect message over the very octets that were sent.

    :param kind: `SAMLRequest` or `SAMLResponse`
    :raises Refused: if it is missing, weak or wrong
    """
    raw: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in raw:
            raise Refused(f"{name} twice")
        raw[name] = value
    if "Signature" not in raw or "SigAlg" not in raw:
        raise Refused("not signed")
    if parse_qs(query)["SigAlg"][0] != RSA_SHA256:
        raise Refused("signed with another algorithm than RSA-SHA256")
    order = [name for name in (kind, "RelayState", "SigAlg") if name in raw]
    octets = "&".join(f"{name}={raw[name]}" for name in order).encode("ascii")
    try:
        signature = base64.b64decode(parse_qs(query)["Signature"][0], validate=True)
    except (ValueError, KeyError) as problem:
        raise Refused("the signature is not base64") from problem
    for certificate in signers:
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            continue
        try:
            key.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return
    raise Refused("the signature is wrong")


def check_enveloped(root: etree._Element, signers: tuple[x509.Certificate, ...]) -> None:
    """Check the signature inside a posted message; it must cover the whole message.

    :raises Refused: if it is missing or wrong
    """
    signature = _one(root, "ds:Signature")
    reference = _one(signature, "ds:SignedInfo/ds:Reference")
    if reference.get("URI") != f"#{root.get('ID')}":
        raise Refused("the signature covers something else")
    xmlsec.tree.add_ids(root, ["ID"])
    for certificate in signers:
        context = xmlsec.SignatureContext()
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM)
        try:
            context.verify(signature)
        except xmlsec.Error:
            continue
        return
    raise Refused("the signature is wrong")


def login_request(
    root: etree._Element, provider: ServiceProvider, destination: str, now: datetime
) -> LoginRequest:
    """Check what an AuthnRequest says.

    :raises Refused: if it is not as OIOSAML 3 wants it
    """
    _check_head(root, "AuthnRequest", destination, now)
    if root.get("ProtocolBinding") != POST:
        raise Refused("ProtocolBinding must be HTTP-POST")
    if root.get("AssertionConsumerServiceURL") != provider.consumer:
        raise Refused("AssertionConsumerServiceURL is not in the metadata")
    context = _one(root, "samlp:RequestedAuthnContext")
    if context.get("Comparison") != "minimum":
        raise Refused("RequestedAuthnContext must ask for a minimum")
    classes = [each.text or "" for each in context.iterfind("saml:AuthnContextClassRef", NS)]
    levels = [each.removeprefix(LOA) for each in classes if each.startswith(LOA)]
    others = [each for each in classes if not each.startswith(LOA)]
    if len(levels) != 1 or levels[0] not in LEVELS:
        raise Refused("exactly one level of assurance must be asked for")
    if others not in ([], ["https://data.gov.dk/eid/Person"]):
        raise Refused("an unknown attribute profile")
    return LoginRequest(
        id=root.get("ID", ""),
        level=levels[0],
        force=root.get("ForceAuthn") in ("true", "1"),
        passive=root.get("IsPassive") in ("true", "1"),
    )


def logout_request(root: etree._Element, destination: str, now: datetime) -> LogoutRequest:
    """Check what a LogoutRequest says.

    :raises Refused: if it is not as OIOSAML 3 wants it
    """
    _check_head(root, "LogoutRequest", destination, now)
    return LogoutRequest(
        id=root.get("ID", ""),
        name_id=(_one(root, "saml:NameID").text or "").strip(),
        session_index=root.findtext("samlp:SessionIndex", None, NS),
    )


def logout_response(root: etree._Element, destination: str, asked: str, now: datetime) -> bool:
    """Check a LogoutResponse and tell whether it says success.

    :raises Refused: if it answers something else
    """
    _check_head(root, "LogoutResponse", destination, now)
    if root.get("InResponseTo") != asked:
        raise Refused("it answers another request")
    return _one(root, "samlp:Status/samlp:StatusCode").get("Value") == STATUS + "Success"


def _check_head(root: etree._Element, kind: str, destination: str, now: datetime) -> None:
    if root.tag != f"{{{SAMLP}}}{kind}" or root.get("Version") != "2.0":
        raise Refused(f"not a {kind} of SAML 2.0")
    if not root.get("ID"):
        raise Refused("no ID")
    if root.get("Destination") != destination:
        raise Refused(f"Destination must be {destination}")
    try:
        issued = datetime.fromisoformat(root.get("IssueInstant", ""))
    except ValueError as problem:
        raise Refused("no IssueInstant") from problem
    if issued.tzinfo is None or abs(now - issued) > SKEW:
        raise Refused("IssueInstant is more than five minutes away")


def _one(root: etree._Element, path: str) -> etree._Element:
    found = root.findall(path, NS)
    if len(found) != 1:
        raise Refused(f"exactly one {path} is needed")
    return found[0]


def new_id() -> str:
    """An identity for a message: 160 random bits."""
    return "_" + secrets.token_hex(20)


def instant(moment: datetime) -> str:
    """A moment as SAML writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def message(
    kind: str, own: str, destination: str, now: datetime, in_response_to: str | None = None
) -> etree._Element:
    """The head of a message: identity, time, destination and issuer."""
    root = etree.Element(f"{{{SAMLP}}}{kind}", nsmap={"samlp": SAMLP, "saml": SAML})
    root.set("ID", new_id())
    root.set("Version", "2.0")
    root.set("IssueInstant", instant(now))
    root.set("Destination", destination)
    if in_response_to is not None:
        root.set("InResponseTo", in_response_to)
    element(root, "saml:Issuer", own)
    return root


def element(
    parent: etree._Element, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    """A new child, by its usual prefix."""
    prefix, _, local = name.partition(":")
    child = etree.SubElement(parent, f"{{{NS[prefix]}}}{local}", attributes)
    child.text = text
    return child


def status(root: etree._Element, code: str, second: str | None = None) -> None:
    """Add a status, for example `Responder` and below it `AuthnFailed`."""
    first = element(element(root, "samlp:Status"), "samlp:StatusCode", Value=STATUS + code)
    if second is not None:
        element(first, "samlp:StatusCode", Value=STATUS + second)


def assertion(
    *,
    own: str,
    provider: ServiceProvider,
    in_response_to: str,
    name_id: str,
    session_index: str,
    level: str,
    attributes: Mapping[str, str],
    now: datetime,
    identity: str,
    audience: str | None = None,
    lifetime: timedelta = timedelta(minutes=5),
) -> etree._Element:
    """An assertion that is not yet signed."""
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml": SAML})
    root.set("ID", identity)
    root.set("Version", "2.0")
    root.set("IssueInstant", instant(now))
    element(root, "saml:Issuer", own)
    subject = element(root, "saml:Subject")
    element(subject, "saml:NameID", name_id, Format=PERSISTENT)
    confirmation = element(
        subject, "saml:SubjectConfirmation", Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"
    )
    element(
        confirmation,
        "saml:SubjectConfirmationData",
        InResponseTo=in_response_to,
        NotOnOrAfter=instant(now + lifetime),
        Recipient=provider.consumer,
    )
    conditions = element(
        root,
        "saml:Conditions",
        NotBefore=instant(min(now, now + lifetime) - timedelta(minutes=1)),
        NotOnOrAfter=instant(now + lifetime),
    )
    restriction = element(conditions, "saml:AudienceRestriction")
    element(restriction, "saml:Audience", audience or provider.entity_id)
    login = element(
        root, "saml:AuthnStatement", AuthnInstant=instant(now), SessionIndex=session_index
    )
    element(element(login, "saml:AuthnContext"), "saml:AuthnContextClassRef", LOA + level)
    statement = element(root, "saml:AttributeStatement")
    for name, value in attributes.items():
        attribute = element(statement, "saml:Attribute", Name=name, NameFormat=URI_NAME)
        element(attribute, "saml:AttributeValue", value)
    return root


def sign(root: etree._Element, key_and_certificate: bytes) -> None:
    """Sign an element in itself: RSA-SHA256, exclusive canonicalisation, after its Issuer."""
    signature = xmlsec.template.create(
        root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds"
    )
    root.insert(1, signature)
    reference = xmlsec.template.add_reference(
        signature, xmlsec.Transform.SHA256, uri=f"#{root.get('ID')}"
    )
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    key_info = xmlsec.template.ensure_key_info(signature)
    xmlsec.template.x509_data_add_certificate(xmlsec.template.add_x509_data(key_info))
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key_and_certificate, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(key_and_certificate, xmlsec.KeyFormat.PEM)
    context.sign(signature)


def encrypted(
    root: etree._Element, certificate: x509.Certificate, transport: str, cipher: str
) -> etree._Element:
    """An EncryptedAssertion for the holder of a certificate.

    :param transport: `rsa-oaep` (SHA-256 and MGF1 with SHA-256) or `rsa-oaep-mgf1p` (SHA-1)
    :param cipher: `aes256-gcm` or `aes256-cbc`
    """
    plain = etree.tostring(root, method="c14n", exclusive=True)
    key = os.urandom(32)
    if cipher == "aes256-gcm":
        nonce = os.urandom(12)
        content = nonce + AESGCM(key).encrypt(nonce, plain, None)
    else:
        vector = os.urandom(16)
        filling = 16 - len(plain) % 16
        padded = plain + os.urandom(filling - 1) + bytes([filling])
        encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
        content = vector + encryptor.update(padded) + encryptor.finalize()
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise Refused("the service's key is not RSA")
    digest = hashes.SHA256() if transport == "rsa-oaep" else hashes.SHA1()  # noqa: S303 - as mgf1p has it
    wrapped = public.encrypt(
        key, padding.OAEP(mgf=padding.MGF1(digest), algorithm=digest, label=None)
    )

    outer = etree.Element(
        f"{{{SAML}}}EncryptedAssertion", nsmap={"saml": SAML, "xenc": XENC, "ds": DS}
    )
    block = element(outer, "xenc:EncryptedData", Id=new_id(), Type=XENC + "Element")
    element(block, "xenc:EncryptionMethod", Algorithm=CIPHERS[cipher])
    encrypted_key = element(element(block, "ds:KeyInfo"), "xenc:EncryptedKey", Id=new_id())
    method = element(encrypted_key, "xenc:EncryptionMethod", Algorithm=TRANSPORTS[transport])
    if transport == "rsa-oaep":
        element(method, "ds:DigestMethod", Algorithm=SHA256)
        etree.SubElement(
            method,
            f"{{{XENC11}}}MGF",
            {"Algorithm": XENC11 + "mgf1sha256"},
            nsmap={"xenc11": XENC11},
        )
    else:
        element(method, "ds:DigestMethod", Algorithm=DS + "sha1")
    for part, octets in ((encrypted_key, wrapped), (block, content)):
        data = element(part, "xenc:CipherData")
        element(data, "xenc:CipherValue", base64.b64encode(octets).decode("ascii"))
    return outer


def signed_address(
    location: str, kind: str, root: etree._Element, relay_state: str, key_file: bytes
) -> str:
    """The address of a signed message of the Redirect binding."""
    query = f"{kind}={quote(deflate(etree.tostring(root)), safe='')}"
    if relay_state:
        query += f"&RelayState={quote(relay_state, safe='')}"
    query += f"&SigAlg={quote(RSA_SHA256, safe='')}"
    key = serialization.load_pem_private_key(key_file, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("an RSA key is needed")
    signature = key.sign(query.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    query += f"&Signature={quote(base64.b64encode(signature), safe='')}"
    return f"{location}{'&' if '?' in location else '?'}{query}"
