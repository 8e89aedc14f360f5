"""Logging in and out over SAML, against the sandbox's NemLog-in."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import xmlsec
from cryptography import x509
from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Wrong

from parking.adapters.nemlogin import NemLogin, Service
from parking.ports import Unavailable
from parking.ports.identity import Arrival, Assurance, LoginRefused, Refusal
from sandbox import saml
from sandbox_process import Sandbox

PORTAL = "http://localhost:8000"
SERVICE = {
    "entity_id": f"{PORTAL}/saml/metadata",
    "consumer": f"{PORTAL}/saml/acs",
    "logout": f"{PORTAL}/saml/slo",
}


def now() -> datetime:
    return datetime.now(UTC)


def made(sandbox: Sandbox) -> NemLogin:
    return NemLogin(
        address=sandbox.addresses["IDENTITY"].removeprefix("nemlogin+"),
        service=Service(key_file=Path(sandbox.addresses["SAML_KEY_FILE"]), **SERVICE),
        read_timeout=1.0,
        deadline=2.0,
    )


@pytest.fixture
def identity(calm_sandbox: Sandbox) -> Iterator[NemLogin]:
    adapter = made(calm_sandbox)
    answer = httpx.post(f"{calm_sandbox.base}/idp/registration", content=adapter.metadata())
    answer.raise_for_status()
    yield adapter
    adapter.close()


@pytest.fixture
def visitor(calm_sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=calm_sandbox.base, follow_redirects=True) as client:
        yield client


def posted(page: httpx.Response) -> dict[str, str]:
    assert page.status_code == 200, page.text
    fields = re.findall(r'name="(SAMLResponse|RelayState)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in fields}


def logged_in(visitor: httpx.Client, url: str, **choices: str) -> dict[str, str]:
    """Go to the login, choose, and return what would be posted back."""
    page = visitor.get(url)
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found, page.text
    choices = {"who": "anna", **choices}
    return posted(visitor.post("/idp/login", data={"request": found[1], **choices}))


def arrived(identity: NemLogin, visitor: httpx.Client, **choices: str) -> Arrival:
    departure = identity.depart(return_key="key 1", language="da")
    back = logged_in(visitor, departure.url, **choices)
    assert back["RelayState"] == "key 1"
    return identity.arrive(
        saml_response=back["SAMLResponse"], request_id=departure.request_id, now=now()
    )


def test_somebody_logs_in(identity: NemLogin, visitor: httpx.Client) -> None:
    arrival = arrived(identity, visitor)
    assert arrival.full_name == "Anna Vesterholm"
    assert arrival.person_number == "7205851002"
    assert arrival.assurance is Assurance.SUBSTANTIAL
    assert arrival.name_id.startswith("https://data.gov.dk/model/core/eid/person/uuid/")
    assert now() < arrival.valid_until < now() + timedelta(minutes=15)
    assert "7205851002" not in repr(arrival)


@pytest.mark.parametrize("transport", ["rsa-oaep", "rsa-oaep-mgf1p"])
@pytest.mark.parametrize("cipher", ["aes256-gcm", "aes256-cbc"])
def test_every_encryption_that_nemlogin_may_use_is_read(
    identity: NemLogin, visitor: httpx.Client, transport: str, cipher: str
) -> None:
    visitor.post("/idp/settings", data={"transport": transport, "cipher": cipher, "honour": "no"})
    assert arrived(identity, visitor, who="bo").full_name == "Bo Nørregaard"


def test_a_login_that_honours_our_metadata_uses_what_it_offers(
    identity: NemLogin, visitor: httpx.Client
) -> None:
    visitor.post("/idp/settings", data={"honour": "yes"})
    departure = identity.depart(return_key="k", language="da")
    back = logged_in(visitor, departure.url)
    document = base64.b64decode(back["SAMLResponse"]).decode()
    assert "xmlenc#rsa-oaep-mgf1p" in document
    assert "xmlenc11#aes256-gcm" in document


@pytest.mark.parametrize(
    ("choices", "why", "detail"),
    [
        ({"cancel": "yes"}, Refusal.CANCELLED, ""),
        ({"how": "too-low"}, Refusal.TOO_WEAK, ""),
        ({"level": "Low"}, Refusal.TOO_WEAK, ""),
        ({"how": "tampered"}, Refusal.NOT_TRUSTED, f"{Wrong.INVALID_SIGNATURE}"),
        ({"how": "expired"}, Refusal.NOT_TRUSTED, f"{Wrong.ASSERTION_EXPIRED}"),
        ({"how": "wrong-audience"}, Refusal.NOT_TRUSTED, f"{Wrong.WRONG_AUDIENCE}"),
        ({"how": "unsigned"}, Refusal.NOT_TRUSTED, f"{Wrong.NO_SIGNED_ASSERTION}"),
        ({"how": "unencrypted"}, Refusal.NOT_TRUSTED, "saml:EncryptedAssertion"),
        ({"how": "other-request"}, Refusal.NOT_TRUSTED, f"{Wrong.WRONG_SUBJECTCONFIRMATION}"),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_what_is_not_a_good_login_is_refused(
    identity: NemLogin, visitor: httpx.Client, choices: dict[str, str], why: Refusal, detail: str
) -> None:
    with pytest.raises(LoginRefused) as refused:
        arrived(identity, visitor, **choices)
    assert refused.value.why is why
    assert refused.value.detail.endswith(detail)


def forged(sandbox: Sandbox, back: dict[str, str], change: Callable) -> str:
    """The answer with its assertion changed by somebody who can encrypt for us, as all can."""
    root = etree.fromstring(base64.b64decode(back["SAMLResponse"]))
    pem = Path(sandbox.addresses["SAML_KEY_FILE"]).read_bytes()
    keys = xmlsec.KeysManager()
    keys.add_key(xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.PEM))
    secret = root.find("saml:EncryptedAssertion/xenc:EncryptedData", saml.NS)
    assertion = xmlsec.EncryptionContext(keys).decrypt(secret)
    root.remove(root.find("saml:EncryptedAssertion", saml.NS))
    certificate = x509.load_pem_x509_certificate(pem)
    root.append(saml.encrypted(change(assertion), certificate, "rsa-oaep", "aes256-gcm"))
    return base64.b64encode(etree.tostring(root)).decode()


def said(assertion: etree._Element, name: str) -> etree._Element:
    (value,) = assertion.xpath(f".//*[contains(@Name, '{name}')]/*")
    return value


def as_it_was(assertion: etree._Element) -> etree._Element:
    return assertion


def with_a_comment(assertion: etree._Element) -> etree._Element:
    value = said(assertion, "fullName")
    value.insert(0, etree.Comment("cut"))
    value[0].tail, value.text = value.text[5:], value.text[:5]
    return assertion


def wrapped(assertion: etree._Element) -> etree._Element:
    """Somebody else's assertion on the outside, the signed one hidden within."""
    outer = deepcopy(assertion)
    outer.set("ID", "_outer")
    said(outer, "cprNumber").text = "6303791003"
    signature = outer.find("ds:Signature", saml.NS)
    inner = deepcopy(assertion)
    inner.remove(inner.find("ds:Signature", saml.NS))
    holder = etree.SubElement(signature, f"{{{saml.DS}}}Object")
    holder.append(inner)
    return outer


@pytest.mark.parametrize("change", [with_a_comment, wrapped])
def test_a_forged_assertion_is_refused(
    calm_sandbox: Sandbox, identity: NemLogin, visitor: httpx.Client, change: Callable
) -> None:
    departure = identity.depart(return_key="k", language="da")
    back = logged_in(visitor, departure.url)
    asked = {"request_id": departure.request_id, "now": now()}
    untouched = forged(calm_sandbox, back, as_it_was)
    assert identity.arrive(saml_response=untouched, **asked).person_number == "7205851002"
    with pytest.raises(LoginRefused) as refused:
        identity.arrive(saml_response=forged(calm_sandbox, back, change), **asked)
    assert refused.value.why is Refusal.NOT_TRUSTED


def test_a_replay_is_known_by_its_assertion(identity: NemLogin, visitor: httpx.Client) -> None:
    first = arrived(identity, visitor)
    visitor.cookies.clear()
    assert arrived(identity, visitor, how="replayed").assertion_id == first.assertion_id


def test_an_answer_to_another_request_is_refused(identity: NemLogin, visitor: httpx.Client) -> None:
    back = logged_in(visitor, identity.depart(return_key="k", language="da").url)
    with pytest.raises(LoginRefused, match="not trusted"):
        identity.arrive(saml_response=back["SAMLResponse"], request_id="_other", now=now())


def test_an_answer_is_too_old_after_ten_minutes(identity: NemLogin, visitor: httpx.Client) -> None:
    departure = identity.depart(return_key="k", language="da")
    back = logged_in(visitor, departure.url)
    later = now() + timedelta(minutes=11)
    with pytest.raises(LoginRefused, match="not trusted"):
        identity.arrive(
            saml_response=back["SAMLResponse"], request_id=departure.request_id, now=later
        )


@pytest.mark.parametrize(
    "rubbish",
    ["", "%%%", base64.b64encode(b"<a/>").decode(), base64.b64encode(b"\x00\x01").decode(),
     base64.b64encode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>').decode(), "A" * 300_000],
    ids=["nothing", "no base64", "other xml", "no xml", "doctype", "too long"],
)  # fmt: skip
def test_rubbish_is_refused(identity: NemLogin, rubbish: str) -> None:
    with pytest.raises(LoginRefused) as refused:
        identity.arrive(saml_response=rubbish, request_id="_1", now=now())
    assert refused.value.why is Refusal.NOT_TRUSTED


def test_a_second_login_needs_no_second_choice(identity: NemLogin, visitor: httpx.Client) -> None:
    arrived(identity, visitor)
    departure = identity.depart(return_key="k", language="da")
    back = posted(visitor.get(departure.url))
    arrival = identity.arrive(
        saml_response=back["SAMLResponse"], request_id=departure.request_id, now=now()
    )
    assert arrival.full_name == "Anna Vesterholm"


def test_logging_out_ends_the_session_at_the_login(
    identity: NemLogin, visitor: httpx.Client
) -> None:
    arrival = arrived(identity, visitor)
    departure = identity.log_out(
        name_id=arrival.name_id, session_index=arrival.session_index, return_key="out 1"
    )
    back = visitor.get(departure.url, follow_redirects=False).headers["location"]
    assert back.startswith(SERVICE["logout"])
    query = urlsplit(back).query
    assert parse_qs(query)["RelayState"] == ["out 1"]
    assert identity.logged_out(query=query, request_id=departure.request_id, now=now())
    assert not identity.logged_out(query=query, request_id="_other", now=now())
    late = now() + timedelta(minutes=6)
    assert not identity.logged_out(query=query, request_id=departure.request_id, now=late)
    assert 'name="who"' in visitor.get(identity.depart(return_key="k", language="da").url).text


def test_logging_out_elsewhere_is_told_and_acknowledged(
    identity: NemLogin, visitor: httpx.Client
) -> None:
    arrival = arrived(identity, visitor)
    told = visitor.get("/idp/logout", follow_redirects=False).headers["location"]
    query = urlsplit(told).query
    notice = identity.logout_notice(query=query, now=now())
    assert (notice.name_id, notice.session_index) == (arrival.name_id, arrival.session_index)
    end = visitor.get(identity.acknowledge_logout(notice, return_key=""))
    assert end.status_code == 200
    assert "You are logged out everywhere" in end.text


def test_a_logout_that_the_login_has_not_signed_is_refused(
    identity: NemLogin, visitor: httpx.Client
) -> None:
    arrived(identity, visitor)
    told = visitor.get("/idp/logout", follow_redirects=False).headers["location"]
    query = urlsplit(told).query
    unsigned = query.partition("&SigAlg=")[0]
    other_signer = urlsplit(
        identity.log_out(name_id="x", session_index="y", return_key="").url
    ).query
    twice = f"{query}&SAMLRequest=abc"
    weak = query.replace("rsa-sha256", "rsa-sha1")
    for wrong in (unsigned, other_signer, twice, weak, "", "SAMLRequest=%%%"):
        with pytest.raises(LoginRefused):
            identity.logout_notice(query=wrong, now=now())
    with pytest.raises(LoginRefused):
        identity.logout_notice(query=query, now=now() + timedelta(minutes=6))


@pytest.mark.parametrize(
    "fault", ["drop", "status:500", "status:404", "garbage", "truncated", "wrong-content-type"]
)
def test_without_metadata_nobody_departs_until_it_is_back(
    calm_sandbox: Sandbox, fault: str
) -> None:
    adapter = made(calm_sandbox)
    calm_sandbox.fault("idp", fault)
    with pytest.raises(Unavailable):
        adapter.depart(return_key="k", language="da")
    calm_sandbox.reset()
    assert adapter.depart(return_key="k", language="da").url.startswith(calm_sandbox.base)


def test_known_metadata_is_enough_while_the_login_is_away(
    calm_sandbox: Sandbox, identity: NemLogin
) -> None:
    identity.depart(return_key="k", language="da")
    calm_sandbox.fault("idp", "status:503")
    assert identity.depart(return_key="k", language="da").request_id
