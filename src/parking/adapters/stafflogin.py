"""The municipality's own login: OIOSAML 3 for employees, with roles as privileges (OIO BPP 1.2).

Privileges are given for one company number, ours; those of any other are not for us.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from lxml import etree

from parking.adapters.nemlogin import is_person_number
from parking.adapters.saml import CORE, Saml, Service, missing, mistrust
from parking.law.staff import Role
from parking.ports.identity import StaffArrival

SYSTEM: Final = "staff-idp"
PRIVILEGE: Final = "urn:dk:kk:parkering:"

_LIST = "{http://digst.dk/oiosaml/basic_privilege_profile}PrivilegeList"
_SCOPE = "urn:dk:gov:saml:cvrNumberIdentifier:"


class StaffLogin(Saml):
    """:class:`~parking.ports.identity.StaffLogin` by OIOSAML 3 and OIO BPP."""

    def __init__(
        self,
        *,
        address: str,
        service: Service,
        company_number: str,
        ca_file: Path | str | None = None,
        read_timeout: float = 5.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        """*address* is that of the login's metadata; *company_number* is the municipality's."""
        super().__init__(
            system=SYSTEM,
            address=address,
            service=service,
            ca_file=ca_file,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
        )
        self._scope = f"{_SCOPE}{company_number}"

    def arrive(self, *, saml_response: str, request_id: str, now: datetime) -> StaffArrival:
        good = self.assertion(saml_response=saml_response, request_id=request_id, now=now)
        number = good.said.get(f"{CORE}eid/cprNumber", "")
        granted = good.said.get(f"{CORE}eid/privilegesIntermediate", "")
        return StaffArrival(
            name_id=good.name_id,
            session_index=good.session_index,
            full_name=good.said.get(f"{CORE}eid/fullName") or missing("fullName"),
            roles=frozenset(self._roles(granted)),
            person_number=number if is_person_number(number) else "",
            assertion_id=good.assertion_id,
            valid_until=good.valid_until,
        )

    def _roles(self, granted: str) -> Iterator[Role]:
        """Yield the roles among the privileges; one that we do not know is none of ours."""
        if not granted:
            return
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            root = etree.fromstring(base64.b64decode(granted, validate=True), parser)
        except (binascii.Error, etree.XMLSyntaxError, ValueError):
            raise mistrust("privileges that cannot be read") from None
        if root.tag != _LIST:
            raise mistrust("another list than of privileges")
        known = {f"{PRIVILEGE}{role.value}": role for role in Role}
        for group in root.iterfind("PrivilegeGroup"):
            if group.get("Scope") == self._scope:
                names = ((each.text or "").strip() for each in group.iterfind("Privilege"))
                yield from (known[name] for name in names if name in known)
