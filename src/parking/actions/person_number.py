"""The person number of a party: what the login tells, and what has replaced it.

The population register gives some people a new number. The login may go on telling the old one, and
other systems know them by either. Only the register's word makes two numbers one person's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from parking.law.facts import Supplier
from parking.ports import NotFound, Outside, PortError, Rejected
from parking.records.audit import LookUp
from parking.records.party import Party
from parking.records.recording import recording

log = structlog.get_logger(__name__)

#: Somebody who logs in after so long is asked about anew.
_STANDS: Final = timedelta(days=30)
#: Who was here so lately is asked about, if the register did not answer then.
_LATELY: Final = timedelta(days=1)
_AT_A_TIME: Final = 20
_PURPOSE: Final = "number of a login"


def log_in(party: Party, person_number: str, *, now: datetime) -> None:
    """Take over what the login tells; `follow` is due if the register has not told lately."""
    party.told_by_login(person_number)
    if party.number_asked is not None and now - party.number_asked > _STANDS:
        party.number_asked = None


def unasked(*, now: datetime) -> list[Party]:
    """Return some who were here lately, and whose number the register has not told of."""
    return list(
        Party.objects.filter(number_asked=None, last_seen__gt=now - _LATELY).order_by("last_seen")[
            :_AT_A_TIME
        ]
    )


def follow(outside: Outside, party: Party, *, now: datetime) -> None:
    """Ask the population register whether *party*'s number was replaced, and keep the answer.

    If the register does not answer, nothing changes, and the question is put again later.
    """
    reference = f"login-{party.id.hex[:12]}"
    asked, former, looks = party.person_number, party.former_number, list[LookUp]()

    def replaced(number: str) -> str | None:
        outcome = "answered"
        try:
            return outside.persons.person(person_number=number, reference=reference).current_number
        except NotFound:
            outcome = "not found"
            return None
        except PortError as error:
            outcome = "rejected" if isinstance(error, Rejected) else "unavailable"
            raise
        finally:
            looks.append(
                LookUp(
                    party=party,
                    register=Supplier.POPULATION_REGISTER.value,
                    purpose=_PURPOSE,
                    asked_by="system",
                    reference=reference,
                    outcome=outcome,
                    at=now,
                )
            )

    current, was_theirs, answered = None, False, False
    try:
        current = replaced(asked)
        was_theirs = former is not None and replaced(former) in {asked, current}
        answered = True
    except PortError as error:
        log.warning("register did not answer", register="population register", why=str(error))
    with recording():
        LookUp.objects.bulk_create(looks)
        now_known = Party.objects.select_for_update().get(id=party.id)
        if not answered or now_known.person_number != asked:
            return
        if was_theirs and former is not None:
            now_known.has_also_had(former)
        if current is not None:
            now_known.replaced_by(current)
        now_known.former_sealed, now_known.number_asked = None, now
        now_known.save()
    party.refresh_from_db()
