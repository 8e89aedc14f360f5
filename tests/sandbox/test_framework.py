"""Faults, clock, journal and client certificates: what every system of the sandbox has."""

from __future__ import annotations

import ssl
from datetime import datetime

import httpx
import pytest

from sandbox_process import Sandbox

METADATA = "/idp/metadata.xml"


def tls(sandbox: Sandbox, *, with_certificate: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=sandbox.addresses["OUTSIDE_CA_FILE"])
    if with_certificate:
        context.load_cert_chain(sandbox.addresses["CLIENT_CERTIFICATE_FILE"])
    return context


def persons(sandbox: Sandbox) -> str:
    return sandbox.addresses["PERSONS"].removeprefix("sf1520+")


def test_a_tls_port_refuses_whoever_has_no_client_certificate(calm_sandbox: Sandbox) -> None:
    with (
        httpx.Client(verify=tls(calm_sandbox, with_certificate=False)) as client,
        pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)),
    ):
        client.post(persons(calm_sandbox))


@pytest.mark.parametrize(
    ("fault", "says"),
    [("expired-certificate", "expired"), ("foreign-certificate", "unable to get local issuer")],
)
def test_a_wrong_certificate_is_shown_while_the_fault_is_on(
    calm_sandbox: Sandbox, fault: str, says: str
) -> None:
    with httpx.Client(verify=tls(calm_sandbox)) as client:
        assert client.post(persons(calm_sandbox)).status_code < 600
        calm_sandbox.fault("cpr", fault)
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(persons(calm_sandbox))
        with pytest.raises(httpx.ConnectError, match=says):
            client.post(persons(calm_sandbox))


def test_the_faults_of_the_wire(calm_sandbox: Sandbox) -> None:
    address = calm_sandbox.base + METADATA
    good = httpx.get(address)
    calm_sandbox.fault("idp", "status:429", count=1)
    busy = httpx.get(address)
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")
    assert httpx.get(address).content == good.content

    for fault in ("drop", "answer-lost", "truncated"):
        calm_sandbox.fault("idp", fault, count=1)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            httpx.get(address)
    calm_sandbox.fault("idp", "wrong-content-type", count=1)
    assert httpx.get(address).headers["content-type"] == "text/html"
    calm_sandbox.fault("idp", "slow:0.4", count=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(address, timeout=0.2)
    calm_sandbox.fault("idp", "status:503", path="/idp/saml")
    assert httpx.get(address).status_code == 200


def test_the_clock_moves_and_comes_back(calm_sandbox: Sandbox) -> None:
    def now() -> datetime:
        return datetime.fromisoformat(calm_sandbox.control("GET", "state")["now"])

    before = now()
    calm_sandbox.control("POST", "clock", advance_seconds=3600)
    assert 3600 <= (now() - before).total_seconds() < 3660
    calm_sandbox.control("POST", "clock", reset=True)
    assert (now() - before).total_seconds() < 60


def test_the_journal_masks_person_numbers(calm_sandbox: Sandbox) -> None:
    httpx.get(calm_sandbox.base + METADATA, params={"who": "720585-1002", "or": "7205851002"})
    # A call that a test before gave up may still be written down.
    (entry,) = [each for each in calm_sandbox.journal("idp") if "who=" in each["path"]]
    assert entry["status"] == 200
    # Not in all of it: what was answered holds a certificate, in which any four digits may stand.
    assert "1002" not in entry["path"]
    assert entry["path"].count("******-****") == 2


def test_another_sites_form_cannot_move_the_control_plane(calm_sandbox: Sandbox) -> None:
    answer = httpx.post(
        calm_sandbox.base + "/_control/reset", headers={"Origin": "http://elsewhere.example"}
    )
    assert answer.status_code == 403


def test_life_changes_people_and_vehicles_until_everything_is_forgotten(
    calm_sandbox: Sandbox,
) -> None:
    changes = [
        {"vehicle": "ZA10001", "stolen": True},
        {"vehicle": "ZA10001", "holder": "bo"},
        {"person": "anna", "home": "YØ"},
        {"person": "anna", "status": 90, "home": None},
    ]
    for change in changes:
        calm_sandbox.control("POST", "city", **change)
    wrong = [
        {},
        {"vehicle": "NOBODY"},
        {"vehicle": "ZA10001", "colour": "red"},
        {"vehicle": "ZA10001", "holder": "nobody"},
        {"person": "nobody", "home": "YØ"},
        {"person": "anna", "home": "nowhere"},
        {"person": "anna", "name": "Bo"},
    ]
    for change in wrong:
        address = f"{calm_sandbox.base}/_control/city"
        assert httpx.post(address, json=change).status_code == 400, change
