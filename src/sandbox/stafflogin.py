"""The municipality's own login: an identity provider for those who work there.

It speaks as NemLog-in does, with another name and key, and says what somebody may do as privileges
(OIO BPP). `employees` says who works here; whether the portal knows them is the portal's to say.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lxml import etree
from starlette.routing import Route

from sandbox import nemlogin
from sandbox.employees import EMPLOYEES
from sandbox.nemlogin import CORE, NSIS
from sandbox.world import World

BPP = "http://digst.dk/oiosaml/basic_privilege_profile"
COMPANY_NUMBER = "64942212"

_BY_SLUG = {each.slug: each for each in EMPLOYEES}


def routes(world: World) -> list[Route]:
    """The metadata, the one address for all SAML messages, and the pages."""
    return StaffIdentityProvider(world).routes()


class StaffIdentityProvider(nemlogin.IdentityProvider):
    """The identity provider of the municipality."""

    entity_id = "https://saml.staff.sandbox.example"
    path = "/staff-idp"
    cookie = "staff_idp_session"
    key_file = "staff-idp.pem"
    portal_metadata = "/office/saml/metadata"

    def cards(self) -> Sequence[Any]:
        return EMPLOYEES

    def somebody(self, name: str) -> Any:
        return _BY_SLUG.get(name)

    def name_id(self, person: Any) -> str:
        return str(person.name_id)

    def attributes(self, person: Any, level: str, now: datetime) -> dict[str, str]:
        said = {
            f"{CORE}specVersion": "OIO-SAML-3.0",
            f"{NSIS}loa": level,
            f"{CORE}eid/fullName": person.name,
            f"{CORE}eid/professional/cvr": COMPANY_NUMBER,
            f"{CORE}eid/professional/orgName": "Københavns Kommune",
            f"{CORE}eid/privilegesIntermediate": privileges(person.roles),
        }
        if person.number_at_login:
            said[f"{CORE}eid/cprNumber"] = person.number_at_login.replace("-", "")
        return said


def privileges(roles: Sequence[str]) -> str:
    """A list of privileges as an assertion carries it."""
    root = etree.Element(f"{{{BPP}}}PrivilegeList", nsmap={"bpp": BPP})
    scope = f"urn:dk:gov:saml:cvrNumberIdentifier:{COMPANY_NUMBER}"
    group = etree.SubElement(root, "PrivilegeGroup", Scope=scope)
    for role in roles:
        etree.SubElement(group, "Privilege").text = f"urn:dk:kk:parkering:{role}"
    return base64.b64encode(etree.tostring(root)).decode("ascii")
