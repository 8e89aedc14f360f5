"""Staff logging in at the municipality's own login, with roles as privileges."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx
import pytest

from parking.adapters.nemlogin import NemLogin, Service
from parking.adapters.stafflogin import StaffLogin
from parking.law.staff import Role
from parking.ports.identity import LoginRefused, Refusal, StaffArrival
from sandbox import stafflogin
from sandbox_process import Sandbox

OFFICE = "http://localhost:8000/office/saml"
SERVICE = {
    "entity_id": f"{OFFICE}/metadata",
    "consumer": f"{OFFICE}/acs",
    "logout": f"{OFFICE}/logout",
}


def made(sandbox: Sandbox, company_number: str = stafflogin.COMPANY_NUMBER) -> StaffLogin:
    return StaffLogin(
        address=sandbox.addresses["STAFF"].removeprefix("stafflogin+"),
        service=Service(key_file=Path(sandbox.addresses["STAFF_KEY_FILE"]), **SERVICE),
        company_number=company_number,
    )


def registered(sandbox: Sandbox, adapter: StaffLogin) -> StaffLogin:
    for system in ("staff-idp", "idp"):
        answer = httpx.post(f"{sandbox.base}/{system}/registration", content=adapter.metadata())
        answer.raise_for_status()
    return adapter


@pytest.fixture
def staff(calm_sandbox: Sandbox) -> Iterator[StaffLogin]:
    adapter = registered(calm_sandbox, made(calm_sandbox))
    yield adapter
    adapter.close()


def arrived(sandbox: Sandbox, adapter: StaffLogin, who: str, **choices: str) -> StaffArrival:
    departure = adapter.depart(return_key="k", language="da")
    with httpx.Client(base_url=sandbox.base, follow_redirects=True) as visitor:
        page = visitor.get(departure.url)
        key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
        place = re.search(r'action="(/[a-z-]+/login)', page.text)[1]
        back = visitor.post(place, data={"request": key, "who": who, **choices})
    answer = unescape(re.search(r'name="SAMLResponse" value="([^"]*)"', back.text)[1])
    return adapter.arrive(
        saml_response=answer, request_id=departure.request_id, now=datetime.now(UTC)
    )


@pytest.mark.parametrize(
    ("who", "roles"),
    [
        ("ditte", {Role.DECIDER}),
        ("leif", {Role.LEAD}),
        ("otto", {Role.OPERATOR}),
        ("rosa", {Role.READER}),
        ("nina", set()),
    ],
)
def test_an_employee_arrives_with_the_roles_they_have(
    calm_sandbox: Sandbox, staff: StaffLogin, who: str, roles: set[Role]
) -> None:
    arrival = arrived(calm_sandbox, staff, who)
    assert arrival.roles == roles
    assert arrival.person_number == ""
    assert "/professional/" in arrival.name_id


def test_a_person_number_comes_only_if_the_login_says_it(
    calm_sandbox: Sandbox, staff: StaffLogin
) -> None:
    arrival = arrived(calm_sandbox, staff, "viggo-k")
    assert arrival.person_number == "7608721025"
    assert "7608721025" not in repr(arrival)


def test_privileges_for_another_company_are_not_for_us(calm_sandbox: Sandbox) -> None:
    adapter = registered(calm_sandbox, made(calm_sandbox, company_number="99000101"))
    assert arrived(calm_sandbox, adapter, "ditte").roles == set()


@pytest.mark.parametrize("how", ["tampered", "unsigned", "expired", "wrong-audience"])
def test_a_forged_answer_lets_nobody_in(calm_sandbox: Sandbox, staff: StaffLogin, how: str) -> None:
    with pytest.raises(LoginRefused) as refused:
        arrived(calm_sandbox, staff, "otto", how=how)
    assert refused.value.why is Refusal.NOT_TRUSTED


def test_what_the_citizens_login_signs_is_nothing_to_the_office(
    calm_sandbox: Sandbox, staff: StaffLogin
) -> None:
    """An assertion for our service, good in all but who signed it."""
    citizens = NemLogin(
        address=calm_sandbox.addresses["IDENTITY"].removeprefix("nemlogin+"),
        service=Service(key_file=Path(calm_sandbox.addresses["STAFF_KEY_FILE"]), **SERVICE),
    )
    departure = citizens.depart(return_key="k", language="da")
    with httpx.Client(base_url=calm_sandbox.base, follow_redirects=True) as visitor:
        page = visitor.get(departure.url)
        key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
        back = visitor.post("/idp/login", data={"request": key, "who": "anna"})
    answer = unescape(re.search(r'name="SAMLResponse" value="([^"]*)"', back.text)[1])
    asked = {
        "saml_response": answer, "request_id": departure.request_id, "now": datetime.now(UTC)
    }  # fmt: skip
    assert citizens.arrive(**asked).full_name == "Anna Vesterholm"
    with pytest.raises(LoginRefused):
        staff.arrive(**asked)


@pytest.mark.parametrize(
    "granted", ["%%%", base64.b64encode(b"<a/>").decode(), base64.b64encode(b"no xml").decode()]
)
def test_privileges_that_cannot_be_read_are_not_guessed_at(
    calm_sandbox: Sandbox, staff: StaffLogin, granted: str
) -> None:
    with pytest.raises(LoginRefused):
        list(staff._roles(granted))
