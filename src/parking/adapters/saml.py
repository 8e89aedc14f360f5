"""SAML 2.0 as the Danish profiles have it: what every login that speaks OIOSAML 3 shares.

python3-saml reads and writes the messages; what it leaves open is checked here: that there is
exactly one assertion, encrypted and signed with a strong algorithm, that it answers our request,
is meant for us and names a sufficient level of assurance. Whoever calls sees to it that a request
is answered once and an assertion is used once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import onelogin.saml2
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from parking.adapters.transport import Transport
from parking.ports import PortError, Rejected, Unavailable
from parking.ports.identity import Assurance, Departure, LoginRefused, LogoutNotice, Refusal

SKEW: Final = timedelta(minutes=5)
SECONDS_METADATA_IS_FRESH: Final = 600.0
SECONDS_METADATA_IS_USABLE: Final = 86_400.0
LONGEST_MESSAGE: Final = 200_000
LONGEST_QUERY: Final = 20_000

CORE: Final = "https://data.gov.dk/model/core/"
_LOA = "https://data.gov.dk/concept/core/nsis/loa"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_XENC = "http://www.w3.org/2001/04/xmlenc#"
_XENC11 = "http://www.w3.org/2009/xmlenc11#"
_NAMES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": _DSIG,
}
_MD = f"{{{_NAMES['md']}}}"

_RSA_SHA256 = f"{_MORE}rsa-sha256"
_SIGNATURES = frozenset({f"{_MORE}rsa-sha{bits}" for bits in (256, 384, 512)})
_PSS = frozenset({f"{_MORE_2007}sha{bits}-rsa-MGF1" for bits in (256, 384, 512)})
_DIGESTS = frozenset({f"{_XENC}sha256", f"{_XENC}sha512", f"{_MORE}sha384"})
_TRANSFORMS = frozenset({f"{_DSIG}enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#"})

#: Offered in our metadata, best first. NemLog-in's own choice, xmlenc11#rsa-oaep, is read as well.
_ENCRYPTIONS = (f"{_XENC}rsa-oaep-mgf1p", f"{_XENC11}aes256-gcm", f"{_XENC}aes256-cbc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How the login knows us. *key_file* (PEM) holds the key and the certificate of it."""

    entity_id: str
    consumer: str  #: where answers are posted to
    logout: str  #: where logout messages are sent to
    key_file: Path


@dataclass(frozen=True, slots=True)
class _Provider:
    entity_id: str
    login: str
    logout: str
    logout_answer: str
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What an assertion says that has been found good; whose it is, the attributes tell."""

    name_id: str
    session_index: str
    assurance: Assurance
    said: Mapping[str, str] = field(repr=False)
    assertion_id: str
    valid_until: datetime


class Saml:
    """A login over SAML, with which we are registered as *service*."""

    def __init__(
        self,
        *,
        system: str,
        address: str,
        service: Service,
        ca_file: Path | str | None = None,
        read_timeout: float = 5.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        """*address* is that of the login's metadata."""
        parts = urlsplit(address)
        self._system = system
        self._transport = Transport(
            system,
            f"{parts.scheme}://{parts.netloc}",
            ca_file=ca_file,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
        )
        self._metadata_path = parts.path
        self._service = service
        pem = service.key_file.read_text("ascii")
        self._key, self._certificate = _split(pem)
        self._lock = threading.Lock()
        self._fetched: tuple[float, _Provider] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def metadata(self) -> bytes:
        settings = OneLogin_Saml2_Settings(self._own_settings(), sp_validation_only=True)
        root = etree.fromstring(settings.get_sp_metadata())
        # It would tell those who fetched it once that we end in two days.
        for passing in {"validUntil", "cacheDuration"} & set(root.attrib):
            del root.attrib[passing]
        for key in root.iterfind(".//md:KeyDescriptor[@use='encryption']", _NAMES):
            for algorithm in _ENCRYPTIONS:
                etree.SubElement(key, f"{_MD}EncryptionMethod", Algorithm=algorithm)
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    def depart(self, *, return_key: str, language: str) -> Departure:
        login = self._auth(self._service.consumer)
        url = login.login(return_to=return_key)
        return Departure(url, login.get_last_request_id())

    def assertion(self, *, saml_response: str, request_id: str, now: datetime) -> Assertion:
        """Return what the posted answer to the request *request_id* asserts.

        :raises LoginRefused: if it is not to be trusted, or nobody has logged in.
        :raises Unavailable: if the login's metadata cannot be had.
        """
        settings = self._settings(self._provider())
        with _anything_else_is_mistrust("answer"):
            if len(saml_response) > LONGEST_MESSAGE:
                raise mistrust("too long")
            response = OneLogin_Saml2_Response(settings, saml_response)
            if response.get_in_response_to() != request_id:
                raise mistrust("an answer to another request")
            _refuse_failures(response.document)
            _one(response.document, "saml:EncryptedAssertion")
            request = _request(self._service.consumer)
            response.is_valid(request, request_id, raise_exceptions=True)
            return self._read(response, request_id, now)

    def _read(self, response: OneLogin_Saml2_Response, request_id: str, now: datetime) -> Assertion:
        """Return what the assertion says, whose signature the library has found valid."""
        if response.document.get("Destination") != self._service.consumer:
            raise mistrust("sent to another place")
        assertion = _one(response.decrypted_document, "saml:Assertion")
        _refuse_weak_signature(assertion)
        if assertion.xpath(".//comment() | .//processing-instruction()"):
            # The signature does not cover them, and they cut a text in two.
            raise mistrust("a comment")
        if not (response.get_issuers() and _text(assertion, "saml:Issuer")):
            raise mistrust("no issuer")
        audience = "saml:Conditions/saml:AudienceRestriction/saml:Audience"
        if self._service.entity_id not in [each.text for each in _all(assertion, audience)]:
            raise mistrust("meant for somebody else")
        confirmation = _one(assertion, "saml:Subject/saml:SubjectConfirmation")
        confirmed = _one(confirmation, "saml:SubjectConfirmationData")
        if (
            confirmation.get("Method") != _BEARER
            or confirmed.get("InResponseTo") != request_id
            or confirmed.get("Recipient") != self._service.consumer
        ):
            raise mistrust("not confirmed for us")
        ends = _moment(confirmed.get("NotOnOrAfter"))
        if ends + SKEW <= now:
            raise mistrust("expired")
        login = _one(assertion, "saml:AuthnStatement")
        if _moment(login.get("AuthnInstant")) > now + SKEW:
            raise mistrust("from the future")

        said = _attributes(assertion)
        if said.get(f"{CORE}specVersion") != "OIO-SAML-3.0":
            raise mistrust("another profile than OIO-SAML-3.0")
        return Assertion(
            name_id=_text(assertion, "saml:Subject/saml:NameID"),
            session_index=login.get("SessionIndex") or missing("SessionIndex"),
            assurance=_assurance(said),
            said=said,
            assertion_id=assertion.get("ID") or missing("ID"),
            valid_until=ends + SKEW,
        )

    def log_out(self, *, name_id: str, session_index: str, return_key: str) -> Departure:
        login = self._auth(self._service.logout)
        url = login.logout(
            return_to=return_key,
            name_id=name_id,
            session_index=session_index,
            name_id_format=_PERSISTENT,
        )
        return Departure(url, login.get_last_request_id())

    def logged_out(self, *, query: str, request_id: str, now: datetime) -> bool:
        provider = self._provider()
        try:
            with _anything_else_is_mistrust("logout answer"):
                said = self._check_query(provider, query, "SAMLResponse")
                settings = self._settings(provider)
                response = OneLogin_Saml2_Logout_Response(settings, said["SAMLResponse"])
                request = _request(self._service.logout, said)
                response.is_valid(request, request_id, raise_exceptions=True)
                root = response.document
                self._check_logout(root, "LogoutResponse", provider, now)
                answers = root.get("InResponseTo") == request_id
                return answers and bool(response.get_status() == f"{_STATUS}Success")
        except LoginRefused:
            return False

    def logout_notice(self, *, query: str, now: datetime) -> LogoutNotice:
        provider = self._provider()
        with _anything_else_is_mistrust("logout request"):
            said = self._check_query(provider, query, "SAMLRequest")
            settings = self._settings(provider)
            request = OneLogin_Saml2_Logout_Request(settings, said["SAMLRequest"])
            request.is_valid(_request(self._service.logout, said), raise_exceptions=True)
            root = OneLogin_Saml2_XML.to_etree(request.get_xml())
            self._check_logout(root, "LogoutRequest", provider, now)
            sessions = OneLogin_Saml2_Logout_Request.get_session_indexes(root)
            return LogoutNotice(
                request_id=root.get("ID") or missing("ID"),
                name_id=OneLogin_Saml2_Logout_Request.get_nameid(root),
                session_index=sessions[0] if len(sessions) == 1 else None,
            )

    def acknowledge_logout(self, notice: LogoutNotice, *, return_key: str) -> str:
        login = self._auth(self._service.logout)
        answer = OneLogin_Saml2_Logout_Response(login.get_settings())
        answer.build(notice.request_id)
        parameters = {"SAMLResponse": answer.get_response()}
        if return_key:
            parameters["RelayState"] = return_key
        login.add_response_signature(parameters, _RSA_SHA256)
        return str(login.redirect_to(login.get_slo_response_url(), parameters))

    def _check_query(self, provider: _Provider, query: str, kind: str) -> dict[str, str]:
        """Return the parameters of a signed redirect.

        The library takes an unsigned message for a good one, and of a parameter that comes twice it
        checks one and reads the other.
        """
        if len(query) > LONGEST_QUERY:
            raise mistrust("too long")
        pairs = parse_qsl(query, keep_blank_values=True)
        said = dict(pairs)
        if len(said) != len(pairs):
            raise mistrust("a parameter twice")
        if not (said.get(kind) and said.get("Signature")):
            raise mistrust("not signed")
        if said.get("SigAlg") not in _SIGNATURES:
            raise mistrust("a weak signature")
        login = self._auth(self._service.logout, provider, query)
        check = (
            login.validate_request_signature
            if kind == "SAMLRequest"
            else login.validate_response_signature
        )
        if not check(said):
            raise mistrust("a wrong signature")
        return said

    def _check_logout(
        self, root: etree._Element, kind: str, provider: _Provider, now: datetime
    ) -> None:
        if root.tag != f"{{{_NAMES['samlp']}}}{kind}":
            raise mistrust("another kind of message")
        if root.get("Destination") != self._service.logout:
            raise mistrust("sent to another place")
        if _text(root, "saml:Issuer") != provider.entity_id:
            raise mistrust("from somebody else")
        if abs(_moment(root.get("IssueInstant")) - now) > SKEW:
            raise mistrust("too old or from the future")

    def _auth(
        self, current: str, provider: _Provider | None = None, query: str = ""
    ) -> OneLogin_Saml2_Auth:
        settings = self._settings(provider or self._provider())
        request = _request(current) | {
            "query_string": query,
            "validate_signature_from_qs": True,
        }
        return OneLogin_Saml2_Auth(request, old_settings=settings)

    def _settings(self, provider: _Provider) -> OneLogin_Saml2_Settings:
        idp = {
            "entityId": provider.entity_id,
            "singleSignOnService": {"url": provider.login, "binding": _REDIRECT},
            "singleLogoutService": {
                "url": provider.logout,
                "responseUrl": provider.logout_answer,
                "binding": _REDIRECT,
            },
            "x509certMulti": {"signing": list(provider.certificates)},
        }
        return OneLogin_Saml2_Settings({**self._own_settings(), "idp": idp})

    def _own_settings(self) -> dict[str, Any]:
        return {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": self._service.entity_id,
                "assertionConsumerService": {"url": self._service.consumer, "binding": _POST},
                "singleLogoutService": {"url": self._service.logout, "binding": _REDIRECT},
                "NameIDFormat": _PERSISTENT,
                "x509cert": self._certificate,
                "privateKey": self._key,
            },
            "security": {
                "authnRequestsSigned": True,
                "logoutRequestSigned": True,
                "logoutResponseSigned": True,
                # NemLog-in signs the assertion and never the message around it.
                "wantMessagesSigned": False,
                "wantAssertionsSigned": True,
                "wantAssertionsEncrypted": True,
                "wantNameId": True,
                "requestedAuthnContext": [
                    f"{_LOA}/{Assurance.SUBSTANTIAL.value}",
                    "https://data.gov.dk/eid/Person",
                ],
                "requestedAuthnContextComparison": "minimum",
                "signatureAlgorithm": _RSA_SHA256,
                "digestAlgorithm": f"{_XENC}sha256",
                "rejectDeprecatedAlgorithm": True,
                "allowSingleLabelDomains": True,
            },
        }

    def _provider(self) -> _Provider:
        """Return what the login says of itself, an old word if there is no new one.

        :raises Unavailable: if there is none that can be used.
        """
        with self._lock:
            known = self._fetched
        age = time.monotonic() - known[0] if known else SECONDS_METADATA_IS_USABLE
        if known and age < SECONDS_METADATA_IS_FRESH:
            return known[1]
        try:
            answer = self._transport.request(
                "GET", self._metadata_path, operation="metadata", repeatable=True
            )
            provider = _provider(answer.content, self._system)
        except PortError as failure:
            if known and age < SECONDS_METADATA_IS_USABLE:
                return known[1]
            if isinstance(failure, Rejected):
                raise Unavailable(f"{self._system}: no metadata") from failure
            raise
        with self._lock:
            self._fetched = (time.monotonic(), provider)
        return provider


def _provider(document: bytes, system: str) -> _Provider:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise Unavailable(f"{system}: metadata is not XML") from broken
    role = root.find("md:IDPSSODescriptor", _NAMES)
    if role is None or not root.get("entityID"):
        raise Unavailable(f"{system}: metadata of something else")
    login = role.find(f"md:SingleSignOnService[@Binding='{_REDIRECT}']", _NAMES)
    logout = role.find(f"md:SingleLogoutService[@Binding='{_REDIRECT}']", _NAMES)
    certificates = tuple(
        "".join((each.text or "").split())
        for key in role.iterfind("md:KeyDescriptor", _NAMES)
        if key.get("use") in (None, "signing")
        for each in key.iterfind(".//ds:X509Certificate", _NAMES)
    )
    if login is None or logout is None or not certificates:
        raise Unavailable(f"{system}: metadata lacks addresses or certificates")
    return _Provider(
        entity_id=root.get("entityID", ""),
        login=login.get("Location", ""),
        logout=logout.get("Location", ""),
        logout_answer=logout.get("ResponseLocation", logout.get("Location", "")),
        certificates=certificates,
    )


def _refuse_failures(document: etree._Element) -> None:
    """Say calmly why the login did not succeed; such an answer is never signed."""
    if document.tag != f"{{{_NAMES['samlp']}}}Response":
        raise mistrust("another kind of message")
    codes = {
        code.get("Value", "").removeprefix(_STATUS)
        for code in _all(document, "samlp:Status//samlp:StatusCode")
    }
    if "Success" in codes:
        return
    if "AuthnFailed" in codes:
        raise LoginRefused(Refusal.CANCELLED)
    if "NoAuthnContext" in codes:
        raise LoginRefused(Refusal.TOO_WEAK)
    raise mistrust("the login failed")


def _refuse_weak_signature(assertion: etree._Element) -> None:
    """Take only a strong signature over the whole assertion and nothing else.

    :raises LoginRefused: if it is another one.
    """
    signed = _one(assertion, "ds:Signature/ds:SignedInfo")
    reference = _one(signed, "ds:Reference")
    algorithm = _one(signed, "ds:SignatureMethod").get("Algorithm")
    digest = _one(reference, "ds:DigestMethod").get("Algorithm")
    transforms = [each.get("Algorithm") for each in _all(reference, "ds:Transforms/ds:Transform")]
    if (
        reference.get("URI") != f"#{assertion.get('ID')}"
        or algorithm not in _SIGNATURES | _PSS
        or digest not in _DIGESTS
        or not _TRANSFORMS.issuperset(transforms)
    ):
        raise mistrust("a weak signature")


def _assurance(said: Mapping[str, str]) -> Assurance:
    try:
        assurance = Assurance(said.get(_LOA))
    except ValueError:
        raise mistrust("no level of assurance") from None
    if assurance is Assurance.LOW:
        raise LoginRefused(Refusal.TOO_WEAK)
    return assurance


def _attributes(assertion: etree._Element) -> dict[str, str]:
    """Return the attributes; one that comes twice or has two values is not to be trusted."""
    said: dict[str, str] = {}
    statement = _one(assertion, "saml:AttributeStatement")
    for attribute in statement.iterfind("saml:Attribute", _NAMES):
        name = attribute.get("Name", "")
        if name in said:
            raise mistrust("an attribute twice")
        values = attribute.findall("saml:AttributeValue", _NAMES)
        if len(values) == 1:
            said[name] = (values[0].text or "").strip()
    return said


def _request(address: str, said: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the request as python3-saml wants it: as if it came to our own public address."""
    parts = urlsplit(address)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": dict(said or {}),
        "post_data": {},
    }


def _split(pem: str) -> tuple[str, str]:
    """Return key and certificate."""
    begin = pem.index("-----BEGIN CERTIFICATE-----")
    return pem[:begin].strip(), pem[begin:].strip()


def _one(root: etree._Element, path: str) -> etree._Element:
    found = _all(root, path)
    if len(found) != 1:
        raise mistrust(f"not exactly one {path}")
    return found[0]


def _all(root: etree._Element, path: str) -> list[etree._Element]:
    return root.findall(path, _NAMES)


def _text(root: etree._Element, path: str) -> str:
    return (_one(root, path).text or "").strip() or missing(path)


def missing(what: str) -> str:
    """Refuse a message that lacks *what*.

    :raises LoginRefused: always.
    """
    raise mistrust(f"no {what}")


def _moment(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        raise mistrust("no time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def mistrust(detail: str) -> LoginRefused:
    """Return the refusal of a message that is not what it claims to be."""
    return LoginRefused(Refusal.NOT_TRUSTED, detail)


@contextmanager
def _anything_else_is_mistrust(what: str) -> Iterator[None]:
    """Whatever the library makes of a broken message, it is one that cannot be trusted.

    Its words may repeat the message, so only their kind is told.
    """
    try:
        yield
    except (LoginRefused, PortError):
        raise
    except Exception as failure:
        code = getattr(failure, "code", "")
        raise mistrust(f"{what}: {type(failure).__name__} {code}".strip()) from failure


def _lax_validation() -> Callable[..., Any]:
    """Return python3-saml's schema check, with a schema that knows of ``xenc11:MGF``.

    Its copy of the XML encryption schema has a strict wildcard where NemLog-in's
    ``xmlenc11#rsa-oaep`` puts that element. Only the wildcard is made lax.
    """
    folder = Path(onelogin.saml2.__file__).parent / "schemas"

    class Relaxed(etree.Resolver):
        def resolve(  # type: ignore[override]  # its types forget the context
            self, system_url: str, public_id: str, context: Any
        ) -> Any:
            name = system_url.rpartition("/")[2]
            text = (folder / name).read_text("utf-8")
            if name == "xenc-schema.xsd":
                strict = "<any namespace='##other' minOccurs='0' maxOccurs='unbounded'/>"
                text = text.replace(strict, strict.replace("/>", " processContents='lax'/>"), 1)
            return self.resolve_string(text, context, base_url=system_url)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Relaxed())
    schemas: dict[str, etree.XMLSchema] = {}

    def validate(xml: Any, schema: str, debug: bool = False) -> Any:  # noqa: FBT001, FBT002
        if schema not in schemas:
            schemas[schema] = etree.XMLSchema(etree.parse(str(folder / schema), parser))
        root = OneLogin_Saml2_XML.to_etree(xml)
        return root if schemas[schema].validate(root) else "invalid_xml"

    return validate


OneLogin_Saml2_XML.validate_xml = staticmethod(_lax_validation())
