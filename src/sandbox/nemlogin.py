"""NemLog-in: the national login, an identity provider of the Danish profile OIOSAML 3.

Strict where the real one is: a request that is unsigned, unknown, late or meant for another place
is refused with a page that says why. It keeps a session, so that logging in twice and logging out
everywhere mean something. Time here is the real time, not the sandbox's: a login whose clock is a
day off would only ever be refused.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
from cryptography.hazmat.primitives import serialization
from lxml import etree
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import saml
from sandbox.city import Inhabitant
from sandbox.front import templates
from sandbox.world import World

ENTITY_ID = "https://saml.sandbox.example"
CORE = "https://data.gov.dk/model/core/"
NSIS = "https://data.gov.dk/concept/core/nsis/"
COOKIE = "idp_session"
DEFAULTS = {"transport": "rsa-oaep", "cipher": "aes256-gcm", "honour": "no"}
FRESH = 60.0
"""Seconds for which fetched metadata of the portal is believed."""

OUTCOMES = (
    ("ok", "Som det skal være", "As it should be"),
    ("too-low", "Sikringsniveauet nås ikke", "The level of assurance is not reached"),
    ("tampered", "Svaret er ændret undervejs", "The answer was changed on the way"),
    ("expired", "Svaret er udløbet", "The answer has expired"),
    ("replayed", "Samme svar én gang til", "The same answer once more"),
    ("wrong-audience", "Svaret er til en anden", "The answer is for somebody else"),
    ("unsigned", "Svaret er ikke underskrevet", "The answer is not signed"),
    ("unencrypted", "Svaret er ikke krypteret", "The answer is not encrypted"),
    ("other-request", "Svar på en anden anmodning", "An answer to another request"),
)
WORDS = {
    "da": {
        "title": "Log på (sandkasse)",
        "to": "Du er ved at logge på",
        "who": "Hvem er du?",
        "typed": "Skriv et kort navn eller et personnummer",
        "choose": "Eller vælg",
        "login": "Log på",
        "cancel": "Annuller",
        "level": "Sikringsniveau",
        "how": "Hvad skal ske",
        "trial": "Prøv hvad der kan gå galt",
        "unknown": "Det navn kender vi ikke.",
    },
    "en": {
        "title": "Log in (sandbox)",
        "to": "You are about to log in to",
        "who": "Who are you?",
        "typed": "Type a short name or a person number",
        "choose": "Or choose",
        "login": "Log in",
        "cancel": "Cancel",
        "level": "Level of assurance",
        "how": "What should happen",
        "trial": "Try what can go wrong",
        "unknown": "We do not know that name.",
    },
}


def routes(world: World) -> list[Route]:
    """The metadata, the one address for all SAML messages, and the pages."""
    return IdentityProvider(world).routes()


class IdentityProvider:
    """An identity provider: its name, its addresses, whom it knows and what it says of them."""

    entity_id = ENTITY_ID
    path = "/idp"
    cookie = COOKIE
    key_file = "idp.pem"
    portal_metadata = "/saml/metadata"

    def __init__(self, world: World) -> None:
        self._world = world
        self._store = world.store
        self._location = f"{world.address}{self.path}/saml/3.0/"
        self._keys = world.ca.read(self.key_file)
        self._sessions = f"{self.path[1:]}-session"
        self._logouts = f"{self.path[1:]}-logout"
        self._providers = f"{self.path[1:]}-provider"
        self._memory = self.path[1:]
        self._pending: dict[str, dict[str, Any]] = {}
        self._fetched: tuple[float, saml.ServiceProvider] | None = None

    def routes(self) -> list[Route]:
        """Everything it answers."""
        return [
            Route(f"{self.path}/metadata.xml", self.metadata, methods=["GET"]),
            Route(f"{self.path}/saml/3.0/", self.receive, methods=["GET", "POST"]),
            Route(f"{self.path}/login", self.show_login, methods=["GET"]),
            Route(f"{self.path}/login", self.log_in, methods=["POST"]),
            Route(f"{self.path}/logout", self.log_out_everywhere, methods=["GET"]),
            Route(f"{self.path}/registration", self.register, methods=["POST"]),
            Route(f"{self.path}/settings", self.change_settings, methods=["POST"]),
            Route(f"{self.path}/", self.about, methods=["GET"]),
        ]

    def cards(self) -> Sequence[Any]:
        """Everybody who can log in, to choose from."""
        everybody: Sequence[Any] = self._world.city.INHABITANTS
        return everybody

    def somebody(self, name: str) -> Any:
        """Who has that short name, or person number; `None` if nobody has."""
        return self._world.city.inhabitant(name) or self._world.city.person(name)

    def name_id(self, person: Any) -> str:
        """The persistent name that services know somebody by."""
        return f"{CORE}eid/person/uuid/{person.mitid_uuid}"

    def attributes(self, person: Any, level: str, now: datetime) -> dict[str, str]:
        """What is said of somebody."""
        return _attributes(person, level, now)

    async def metadata(self, request: Request) -> Response:
        root = etree.Element(
            f"{{{saml.MD}}}EntityDescriptor",
            {"entityID": self.entity_id},
            nsmap={"md": saml.MD, "ds": saml.DS},
        )
        role = saml.element(
            root,
            "md:IDPSSODescriptor",
            WantAuthnRequestsSigned="true",
            protocolSupportEnumeration=saml.SAMLP,
        )
        key = saml.element(role, "md:KeyDescriptor", use="signing")
        data = saml.element(saml.element(key, "ds:KeyInfo"), "ds:X509Data")
        certificate = self._world.ca.certificate(self.key_file)
        der = certificate.public_bytes(serialization.Encoding.DER)
        saml.element(data, "ds:X509Certificate", base64.b64encode(der).decode("ascii"))
        for service in ("SingleLogoutService", "SingleSignOnService"):
            if service == "SingleSignOnService":
                saml.element(role, "md:NameIDFormat", saml.PERSISTENT)
            for binding in (saml.REDIRECT, saml.POST):
                saml.element(role, f"md:{service}", Binding=binding, Location=self._location)
        document = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return Response(document, media_type="application/samlmetadata+xml")

    async def receive(self, request: Request) -> Response:
        """Any SAML message, by Redirect or POST."""
        try:
            return await self._receive(request)
        except saml.Refused as problem:
            return self._refusal(request, str(problem))

    async def _receive(self, request: Request) -> Response:
        now = datetime.now(UTC)
        query = request.scope["query_string"].decode("ascii", "replace")
        if request.method == "GET":
            values = {name: each[0] for name, each in parse_qs(query).items()}
            kind = "SAMLResponse" if "SAMLResponse" in values else "SAMLRequest"
            root = saml.parse(saml.inflate(values.get(kind, "")))
        else:
            values = {name: str(each) for name, each in (await request.form()).items()}
            kind = "SAMLRequest"
            try:
                root = saml.parse(base64.b64decode(values.get(kind, ""), validate=True))
            except ValueError as problem:
                raise saml.Refused("not base64") from problem
        provider = await self._provider(saml.issuer(root))
        if request.method == "GET":
            saml.check_query(query, kind, provider.signing)
        else:
            saml.check_enveloped(root, provider.signing)

        relay_state = values.get("RelayState", "")
        if kind == "SAMLResponse":
            return self._logged_out_everywhere(request, root, now)
        if root.tag == f"{{{saml.SAMLP}}}LogoutRequest":
            return self._log_out(request, provider, root, relay_state, now)
        asked = saml.login_request(root, provider, self._location, now)
        return self._log_in_or_ask(request, provider, asked, relay_state)

    async def _provider(self, entity_id: str) -> saml.ServiceProvider:
        """A service that is registered: by us, or by having metadata at the portal's address."""
        pushed = self._store.get(self._providers, entity_id)
        if pushed is not None:
            return saml.service_provider(pushed.encode())
        if (
            self._fetched is None
            or self._fetched[1].entity_id != entity_id
            or time.monotonic() - self._fetched[0] > FRESH
        ):
            try:
                address = f"{self._world.portal}{self.portal_metadata}"
                answer = await run_in_threadpool(httpx.get, address, timeout=5, trust_env=False)
                answer.raise_for_status()
            except httpx.HTTPError as problem:
                raise saml.Refused("the service's metadata cannot be fetched") from problem
            self._fetched = (time.monotonic(), saml.service_provider(answer.content))
        if self._fetched[1].entity_id != entity_id:
            raise saml.Refused("an unknown service")
        return self._fetched[1]

    def _log_in_or_ask(
        self,
        request: Request,
        provider: saml.ServiceProvider,
        asked: saml.LoginRequest,
        relay_state: str,
    ) -> Response:
        key = secrets.token_urlsafe(16)
        for old in [k for k, each in self._pending.items() if time.monotonic() > each["until"]]:
            del self._pending[old]
        self._pending[key] = {
            "provider": provider,
            "asked": asked,
            "relay_state": relay_state,
            "until": time.monotonic() + 3600,
        }
        session = self._session(request)
        strong_enough = session is not None and _at_least(session["level"], asked.level)
        if session is not None and strong_enough and not asked.force:
            person = self.somebody(session["slug"])
            if person is not None:
                return self._answer(request, key, person, session["level"], "ok", session=session)
        if asked.passive:
            return self._fail(request, key, "NoPassive")
        return RedirectResponse(f"{self.path}/login?request={key}", 303)

    async def show_login(self, request: Request) -> Response:
        return self._login_page(request, request.query_params.get("request", ""))

    def _login_page(self, request: Request, key: str, problem: str = "") -> Response:
        pending = self._pending.get(key)
        if pending is None:
            return self._refusal(request, "this login has ended; begin again at the service")
        language = request.query_params.get("lang") or (
            "en" if request.headers.get("accept-language", "").startswith("en") else "da"
        )
        words = WORDS.get(language, WORDS["da"])
        return templates.TemplateResponse(
            request,
            "login.html",
            {
                "words": words,
                "language": language if language in WORDS else "da",
                "key": key,
                "service": pending["provider"].entity_id.split("/saml/")[0],
                "level": pending["asked"].level,
                "levels": saml.LEVELS,
                "outcomes": OUTCOMES,
                "cards": self.cards(),
                "path": self.path,
                "problem": words["unknown"] if problem else "",
            },
            status_code=422 if problem else 200,
        )

    async def log_in(self, request: Request) -> Response:
        form = {name: str(value).strip() for name, value in (await request.form()).items()}
        key = form.get("request", "")
        if key not in self._pending:
            return self._login_page(request, key)
        if "cancel" in form:
            return self._fail(request, key, "AuthnFailed")
        outcome = form.get("how", "ok")
        if outcome == "too-low":
            return self._fail(request, key, "NoAuthnContext")
        name = form.get("who") or form.get("typed", "").lower()
        person = self.somebody(name)
        level = form.get("level") or self._pending[key]["asked"].level
        if person is None or level not in saml.LEVELS or outcome not in _OUTCOME_NAMES:
            return self._login_page(request, key, "unknown")
        return self._answer(request, key, person, level, outcome)

    def _answer(
        self,
        request: Request,
        key: str,
        person: Any,
        level: str,
        outcome: str,
        *,
        session: dict[str, Any] | None = None,
    ) -> Response:
        """Send the browser back to the service with an assertion."""
        pending = self._pending.pop(key)
        provider: saml.ServiceProvider = pending["provider"]
        now = datetime.now(UTC)
        token = request.cookies.get(self.cookie, "") if session else secrets.token_urlsafe(24)
        if session is None:
            session = {
                "slug": person.slug,
                "level": level,
                "index": saml.new_id(),
                "name_id": self.name_id(person),
                "services": [],
            }
        if provider.entity_id not in session["services"]:
            session["services"].append(provider.entity_id)
        self._store.put(self._sessions, token, session)

        identity = saml.new_id()
        if outcome == "replayed":
            identity = self._store.get(self._memory, "last assertion") or identity
        self._store.put(self._memory, "last assertion", identity)
        assertion = saml.assertion(
            own=self.entity_id,
            provider=provider,
            in_response_to=saml.new_id() if outcome == "other-request" else pending["asked"].id,
            name_id=session["name_id"],
            session_index=session["index"],
            level=level,
            attributes=self.attributes(person, level, now),
            now=now - timedelta(hours=1) if outcome == "expired" else now,
            identity=identity,
            audience="https://somebody.else.example" if outcome == "wrong-audience" else None,
        )
        if outcome != "unsigned":
            saml.sign(assertion, self._keys)
        if outcome == "tampered":
            for value in assertion.iter(f"{{{saml.SAML}}}AttributeValue"):
                if value.text == (person.number_at_login.replace("-", "") or person.name):
                    value.text = "7205851002" if person.slug != "anna" else "6303791003"
        root = saml.message("Response", self.entity_id, provider.consumer, now, pending["asked"].id)
        saml.status(root, "Success")
        if outcome == "unencrypted":
            root.append(assertion)
        else:
            transport, cipher = self._algorithms(provider)
            root.append(saml.encrypted(assertion, provider.encryption, transport, cipher))
        answer = self._post_back(request, provider, root, pending["relay_state"])
        answer.set_cookie(self.cookie, token, path=f"{self.path}/", httponly=True, samesite="lax")
        return answer

    def _fail(self, request: Request, key: str, why: str) -> Response:
        """Send the browser back to the service without an assertion."""
        pending = self._pending.pop(key)
        provider: saml.ServiceProvider = pending["provider"]
        root = saml.message(
            "Response", self.entity_id, provider.consumer, datetime.now(UTC), pending["asked"].id
        )
        saml.status(root, "Responder", why)
        return self._post_back(request, provider, root, pending["relay_state"])

    def _post_back(
        self,
        request: Request,
        provider: saml.ServiceProvider,
        root: etree._Element,
        relay_state: str,
    ) -> HTMLResponse:
        return templates.TemplateResponse(
            request,
            "post_back.html",
            {
                "consumer": provider.consumer,
                "answer": base64.b64encode(etree.tostring(root)).decode("ascii"),
                "relay_state": relay_state,
            },
            headers={"Cache-Control": "no-store"},
        )

    def _algorithms(self, provider: saml.ServiceProvider) -> tuple[str, str]:
        settings = self._settings()
        transport, cipher = settings["transport"], settings["cipher"]
        if settings["honour"] == "yes":
            offered = provider.encryption_methods
            transports = [name for name, uri in saml.TRANSPORTS.items() if uri in offered]
            ciphers = [name for name, uri in saml.CIPHERS.items() if uri in offered]
            transport = transports[0] if transports else transport
            cipher = ciphers[0] if ciphers else cipher
        return transport, cipher

    def _log_out(
        self,
        request: Request,
        provider: saml.ServiceProvider,
        root: etree._Element,
        relay_state: str,
        now: datetime,
    ) -> Response:
        """A service says that somebody has logged out there: end the session here."""
        asked = saml.logout_request(root, self._location, now)
        for token, session in self._store.all(self._sessions).items():
            if session["name_id"] == asked.name_id and asked.session_index in (
                None,
                session["index"],
            ):
                self._store.delete(self._sessions, token)
        answer = saml.message(
            "LogoutResponse", self.entity_id, provider.logout_answer, now, in_response_to=asked.id
        )
        saml.status(answer, "Success")
        back = RedirectResponse(
            saml.signed_address(
                provider.logout_answer, "SAMLResponse", answer, relay_state, self._keys
            ),
            303,
        )
        back.delete_cookie(self.cookie, path=f"{self.path}/")
        return back

    async def log_out_everywhere(self, request: Request) -> Response:
        """Somebody logged out at another service: tell the portal."""
        session = self._session(request)
        if session is None or not session["services"]:
            return self._refusal(request, "nobody is logged in here", 409)
        provider = await self._provider(session["services"][0])
        root = saml.message("LogoutRequest", self.entity_id, provider.logout, datetime.now(UTC))
        saml.element(root, "saml:NameID", session["name_id"], Format=saml.PERSISTENT)
        saml.element(root, "samlp:SessionIndex", session["index"])
        self._store.put(self._logouts, root.get("ID", ""), {"index": session["index"]})
        self._store.delete(self._sessions, request.cookies[self.cookie])
        return RedirectResponse(
            saml.signed_address(provider.logout, "SAMLRequest", root, "", self._keys), 303
        )

    def _logged_out_everywhere(
        self, request: Request, root: etree._Element, now: datetime
    ) -> Response:
        asked = root.get("InResponseTo", "")
        if self._store.get(self._logouts, asked) is None:
            raise saml.Refused("an answer to nothing we asked")
        success = saml.logout_response(root, self._location, asked, now)
        self._store.delete(self._logouts, asked)
        page = templates.TemplateResponse(request, "logged_out.html", {"success": success})
        page.delete_cookie(self.cookie, path=f"{self.path}/")
        return page

    async def register(self, request: Request) -> Response:
        """Register a service by its metadata, for tests that have no portal running."""
        document = await request.body()
        try:
            provider = saml.service_provider(document)
        except saml.Refused as problem:
            return self._refusal(request, str(problem))
        self._store.put(self._providers, provider.entity_id, document.decode())
        return Response(status_code=204)

    async def change_settings(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        settings = {name: form.get(name, default) for name, default in DEFAULTS.items()}
        if (
            settings["transport"] not in saml.TRANSPORTS
            or settings["cipher"] not in saml.CIPHERS
            or settings["honour"] not in ("yes", "no")
        ):
            return self._refusal(request, "unknown settings")
        self._store.put(self._memory, "settings", settings)
        return RedirectResponse(f"{self.path}/", 303)

    async def about(self, request: Request) -> Response:
        return templates.TemplateResponse(
            request,
            "idp.html",
            {
                "session": self._session(request),
                "settings": self._settings(),
                "transports": list(saml.TRANSPORTS),
                "ciphers": list(saml.CIPHERS),
                "portal": self._world.portal,
                "path": self.path,
            },
        )

    def _settings(self) -> dict[str, str]:
        return self._store.get(self._memory, "settings") or DEFAULTS

    def _session(self, request: Request) -> dict[str, Any] | None:
        token = request.cookies.get(self.cookie)
        return self._store.get(self._sessions, token) if token else None

    def _refusal(self, request: Request, why: str, code: int = 400) -> Response:
        return templates.TemplateResponse(request, "refused.html", {"why": why}, status_code=code)


_OUTCOME_NAMES = {name for name, _, _ in OUTCOMES}


def _at_least(level: str, asked: str) -> bool:
    return saml.LEVELS.index(level) >= saml.LEVELS.index(asked)


def _attributes(person: Inhabitant, level: str, now: datetime) -> dict[str, str]:
    first, _, last = person.name.rpartition(" ")
    had_birthday = (now.month, now.day) >= (person.born.month, person.born.day)
    return {
        f"{CORE}specVersion": "OIO-SAML-3.0",
        f"{NSIS}loa": level,
        f"{NSIS}ial": level,
        f"{NSIS}aal": level,
        f"{CORE}eid/fullName": person.name,
        f"{CORE}eid/firstName": first,
        f"{CORE}eid/lastName": last,
        f"{CORE}eid/email": person.email,
        f"{CORE}eid/cprNumber": person.number_at_login.replace("-", ""),
        f"{CORE}eid/cprUuid": person.mitid_uuid,
        f"{CORE}eid/age": str(now.year - person.born.year - (not had_birthday)),
        f"{CORE}eid/dateOfBirth": person.born.isoformat(),
    }
