"""CPR and DMR in the sandbox, asked by another client than the portal's, and asked wrongly."""

from __future__ import annotations

import ssl
from typing import Final

import httpx
import pytest

from sandbox import city
from sandbox.cpr import ACTION, CONTEXT, NUMBER, SERVICE, SERVICE_UUID
from sandbox.world import AGREEMENT
from sandbox_process import Sandbox

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
GOOD: Final = f"""<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>
<p:PersonLookupRequest xmlns:p="{SERVICE}" xmlns:i="{CONTEXT}" xmlns:n="{NUMBER}"
><i:InvocationContext><i:ServiceAgreementUUID>{AGREEMENT[0]}</i:ServiceAgreementUUID
><i:UserSystemUUID>{AGREEMENT[1]}</i:UserSystemUUID><i:UserUUID>{AGREEMENT[2]}</i:UserUUID
><i:ServiceUUID>{SERVICE_UUID}</i:ServiceUUID></i:InvocationContext
><n:PNR>7205851002</n:PNR></p:PersonLookupRequest></s:Body></s:Envelope>"""
HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}"'}


def post(
    sandbox: Sandbox, port: str, body: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    trust = ssl.create_default_context(cafile=sandbox.addresses["OUTSIDE_CA_FILE"])
    trust.load_cert_chain(sandbox.addresses["CLIENT_CERTIFICATE_FILE"])
    address = sandbox.addresses[port].partition("+")[2]
    with httpx.Client(verify=trust) as client:
        return client.post(address, content=body.encode(), headers=headers or HEADERS)


def test_cpr_answers_a_request_of_the_contract(sandbox: Sandbox) -> None:
    answer = post(sandbox, "PERSONS", GOOD)
    assert answer.status_code == 200
    assert "Anna Vesterholm" in answer.text


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("trine", f"tilflytningsdato><ns2:dato>{city.YESTERDAY}T00:00:00<"),
        ("alma", "alder>18<"),
        ("erik", "alder>17<"),
        ("svend", "vejkode>9901<"),
        ("kjeld", "adr1-supladr>c/o Klub Kælderen<"),
        ("hemming", "beskyttet>true<"),
        ("dagmar", "status>90<"),
        ("noor", "gaeldendePersonnummer>6205034086<"),
    ],
)
def test_cpr_tells_what_somebody_lives_in_town_for(sandbox: Sandbox, slug: str, says: str) -> None:
    person = city.inhabitant(slug)
    assert person
    number = person.number_at_login.replace("-", "")
    assert says in post(sandbox, "PERSONS", GOOD.replace("7205851002", number)).text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("<n:PNR>", "<n:PNR>1", "ten digits"),
        ("</n:PNR>", "</n:PNR><n:PNR>7205851002</n:PNR>", "Unexpected element"),
        (AGREEMENT[0], AGREEMENT[1], "SP_NOT_AUTHORISED"),
        (SERVICE_UUID, AGREEMENT[1], "SP_NOT_AUTHORISED"),
        ("UserUUID", "User", "Unexpected element or order"),
        ("InvocationContext", "Context", "Security model for the called operation"),
        ("/PersonBaseDataExtended/4/", "/PersonBaseDataExtended/5/", "PersonLookupRequest"),
        ("</s:Body>", "", "not XML"),
    ],
)
def test_cpr_refuses_what_is_not_in_the_contract(
    sandbox: Sandbox, old: str, new: str, why: str
) -> None:
    answer = post(sandbox, "PERSONS", GOOD.replace(old, new))
    assert answer.status_code == 500
    assert "Fault" in answer.text
    assert why in answer.text
    assert "Anna" not in answer.text


@pytest.mark.parametrize("header", ["Content-Type", "SOAPAction"])
def test_cpr_refuses_another_header(sandbox: Sandbox, header: str) -> None:
    answer = post(sandbox, "PERSONS", GOOD, {**HEADERS, header: "text/plain"})
    assert answer.status_code == 500


def test_dmr_refuses_what_is_not_signed(sandbox: Sandbox) -> None:
    unsigned = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><a/></s:Body></s:Envelope>'
    answer = post(sandbox, "VEHICLES", unsigned)
    assert answer.status_code == 500
    assert "wsse:InvalidSecurity" in answer.text
