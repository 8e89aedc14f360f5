"""NemLog-in: the national login over SAML 2.0 with the Danish profile OIOSAML 3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from parking.adapters.saml import CORE, Saml, Service, missing, mistrust
from parking.ports.identity import Arrival

__all__ = ["NemLogin", "Service"]

SYSTEM: Final = "idp"

_PERSON_NUMBER_DIGITS = 10


class NemLogin(Saml):
    """:class:`~parking.ports.identity.Identity` by OIOSAML 3."""

    def __init__(
        self,
        *,
        address: str,
        service: Service,
        ca_file: Path | str | None = None,
        read_timeout: float = 5.0,
        deadline: float = 10.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        """*address* is that of the login's metadata."""
        super().__init__(
            system=SYSTEM,
            address=address,
            service=service,
            ca_file=ca_file,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
        )

    def arrive(self, *, saml_response: str, request_id: str, now: datetime) -> Arrival:
        good = self.assertion(saml_response=saml_response, request_id=request_id, now=now)
        number = good.said.get(f"{CORE}eid/cprNumber", "")
        if not is_person_number(number):
            raise mistrust("no person number")
        return Arrival(
            name_id=good.name_id,
            session_index=good.session_index,
            assurance=good.assurance,
            full_name=good.said.get(f"{CORE}eid/fullName") or missing("fullName"),
            person_number=number,
            assertion_id=good.assertion_id,
            valid_until=good.valid_until,
        )


def is_person_number(text: str) -> bool:
    """Tell whether *text* is written as a person number is."""
    return len(text) == _PERSON_NUMBER_DIGITS and text.isdecimal()
