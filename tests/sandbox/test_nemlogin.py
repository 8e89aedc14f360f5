"""The sandbox's NemLog-in is strict: what the real one refuses, it refuses too."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import etree

from sandbox import saml
from sandbox_process import Sandbox

ENTITY = "https://service.example/metadata"
CONSUMER = "https://service.example/acs"


def key(sandbox: Sandbox) -> bytes:
    return Path(sandbox.addresses["SAML_KEY_FILE"]).read_bytes()


def metadata(sandbox: Sandbox) -> bytes:
    certificate = key(sandbox).decode().partition("-----BEGIN CERTIFICATE-----")[2]
    text = "".join(certificate.partition("-----END")[0].split())
    info = f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate>"
    info += "</ds:X509Data></ds:KeyInfo>"
    return f"""<md:EntityDescriptor xmlns:md="{saml.MD}" xmlns:ds="{saml.DS}" entityID="{ENTITY}">
        <md:SPSSODescriptor AuthnRequestsSigned="true"
            protocolSupportEnumeration="{saml.SAMLP}">
          <md:KeyDescriptor use="signing">{info}</md:KeyDescriptor>
          <md:KeyDescriptor use="encryption">{info}</md:KeyDescriptor>
          <md:SingleLogoutService Binding="{saml.REDIRECT}"
              Location="https://service.example/slo"/>
          <md:AssertionConsumerService Binding="{saml.POST}" Location="{CONSUMER}" index="1"/>
        </md:SPSSODescriptor>
      </md:EntityDescriptor>""".encode()


@pytest.fixture
def registered(calm_sandbox: Sandbox) -> Sandbox:
    document = metadata(calm_sandbox)
    answer = httpx.post(f"{calm_sandbox.base}/idp/registration", content=document)
    assert answer.status_code == 204, answer.text
    return calm_sandbox


@pytest.fixture
def portal(calm_sandbox: Sandbox) -> Iterator[list[str]]:
    """Something that publishes metadata where the portal is expected; what it was asked for."""
    asked_for: list[str] = []
    document = metadata(calm_sandbox)

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked_for.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            pass

    port = urlsplit(calm_sandbox.portal).port
    with HTTPServer(("127.0.0.1", port), Portal) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield asked_for
        server.shutdown()


def test_the_portals_metadata_is_fetched_from_the_portal(
    calm_sandbox: Sandbox, portal: list[str]
) -> None:
    for _ in range(2):
        assert httpx.get(asked(calm_sandbox)).status_code == 303
    assert portal == ["/saml/metadata"]


def asked(sandbox: Sandbox, change: Callable[[etree._Element], object] = lambda _: None) -> str:
    """The address of a signed request, changed before it is signed."""
    location = f"{sandbox.base}/idp/saml/3.0/"
    root = saml.message("AuthnRequest", ENTITY, location, datetime.now(UTC))
    root.set("ProtocolBinding", saml.POST)
    root.set("AssertionConsumerServiceURL", CONSUMER)
    context = saml.element(root, "samlp:RequestedAuthnContext", Comparison="minimum")
    saml.element(context, "saml:AuthnContextClassRef", saml.LOA + "Substantial")
    change(root)
    return saml.signed_address(location, "SAMLRequest", root, "state", key(sandbox))


def test_a_good_request_is_shown_the_choice(registered: Sandbox) -> None:
    page = httpx.get(asked(registered), follow_redirects=True)
    assert page.status_code == 200
    assert "Anna Vesterholm" in page.text


def test_a_good_request_may_be_posted(registered: Sandbox) -> None:
    location = f"{registered.base}/idp/saml/3.0/"
    root = saml.message("AuthnRequest", ENTITY, location, datetime.now(UTC))
    root.set("ProtocolBinding", saml.POST)
    root.set("AssertionConsumerServiceURL", CONSUMER)
    context = saml.element(root, "samlp:RequestedAuthnContext", Comparison="minimum")
    saml.element(context, "saml:AuthnContextClassRef", saml.LOA + "High")
    unsigned = base64.b64encode(etree.tostring(root)).decode()
    saml.sign(root, key(registered))
    signed = base64.b64encode(etree.tostring(root)).decode()
    assert httpx.post(location, data={"SAMLRequest": signed}).status_code == 303
    assert httpx.post(location, data={"SAMLRequest": unsigned}).status_code == 400


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda root: root.set("AssertionConsumerServiceURL", "https://evil.example/"), "metadata"),
        (lambda root: root.set("Destination", "https://elsewhere.example/"), "Destination"),
        (lambda root: root.set("ProtocolBinding", saml.REDIRECT), "HTTP-POST"),
        (
            lambda root: root.set(
                "IssueInstant", saml.instant(datetime.now(UTC) - timedelta(minutes=6))
            ),
            "five minutes",
        ),
        (lambda root: root[1].set("Comparison", "exact"), "minimum"),
        (lambda root: setattr(root[1][0], "text", saml.LOA + "Enough"), "level of assurance"),
        (lambda root: setattr(root[0], "text", "https://unknown.example/"), "service"),
    ],
    ids=["consumer", "destination", "binding", "old", "exact", "level", "issuer"],
)
def test_a_wrong_request_is_refused_and_told_why(
    registered: Sandbox, change: Callable[[etree._Element], object], says: str
) -> None:
    page = httpx.get(asked(registered, change), follow_redirects=True)
    assert page.status_code == 400
    assert says in page.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.partition("&SigAlg=")[0],
        lambda url: url.replace("RelayState=state", "RelayState=other"),
        lambda url: url.replace("rsa-sha256", "rsa-sha1"),
        lambda url: url + "&SAMLRequest=abc",
    ],
    ids=["unsigned", "changed", "weak", "twice"],
)
def test_a_request_without_a_good_signature_is_refused(
    registered: Sandbox, spoil: Callable[[str], str]
) -> None:
    assert httpx.get(spoil(asked(registered))).status_code == 400


def test_a_passive_request_without_a_session_comes_back_at_once(registered: Sandbox) -> None:
    page = httpx.get(asked(registered, lambda root: root.set("IsPassive", "true")))
    assert page.status_code == 200
    assert CONSUMER in page.text


def test_metadata_says_that_requests_must_be_signed(calm_sandbox: Sandbox) -> None:
    root = etree.fromstring(httpx.get(f"{calm_sandbox.base}/idp/metadata.xml").content)
    role = root.find("md:IDPSSODescriptor", saml.NS)
    assert role is not None
    assert role.get("WantAuthnRequestsSigned") == "true"
