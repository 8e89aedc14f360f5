"""The municipality's own login: an identity provider for those who work there.

It speaks as NemLog-in does, with another name and key, and says what somebody may do as privileges
(OIO BPP). Who works here is below; whether the portal knows them is the portal's to say.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from lxml import etree
from starlette.routing import Route

from sandbox import nemlogin
from sandbox.city import IDENTITIES
from sandbox.nemlogin import CORE, NSIS
from sandbox.world import World

BPP = "http://digst.dk/oiosaml/basic_privilege_profile"
COMPANY_NUMBER = "64942212"


@dataclass(frozen=True)
class Employee:
    """Somebody who works for the municipality."""

    slug: str
    name: str
    roles: tuple[str, ...]
    story_da: str
    story_en: str
    person_number: str = ""

    @property
    def number_at_login(self) -> str:
        """The person number that the assertion carries, if any."""
        return self.person_number

    @property
    def name_id(self) -> str:
        """The persistent name that services know them by."""
        return f"{CORE}eid/professional/uuid/{uuid5(IDENTITIES, f'staff {self.slug}')}"


EMPLOYEES = (
    Employee("otto", "Otto Oppermann", ("operator",),
             "Administrator: siger, hvem der arbejder her.", "Operator: says who works here."),
    Employee("ditte", "Ditte Dahlgaard", ("decider",),
             "Sagsbehandler.", "Case worker."),
    Employee("dorte", "Dorte Dueholm", ("decider",),
             "Sagsbehandler nummer to.", "The other case worker."),
    Employee("leif", "Leif Lederup", ("lead",),
             "Leder: må også lægge andres sager tilbage.",
             "Lead: may also put back the cases of others."),
    Employee("rosa", "Rosa Rosenlund", ("reader",),
             "Læser: må se, men ikke afgøre.", "Reader: may look, not decide."),
    Employee("viggo-k", "Viggo Grænsen", ("decider",),
             "Sagsbehandler, som selv har en sag (han er også borgeren viggo).",
             "Case worker with a case of his own (he is the inhabitant viggo too).",
             "760872-1025"),
    Employee("nina", "Nina Nyansat", (),
             "Ansat uden rolle i parkering: slipper ikke ind.",
             "Employed without a role in parking: is not let in."),
)  # fmt: skip
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
