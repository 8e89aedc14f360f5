"""The person number of a party: what the login tells, and what has replaced it.

The population register gives some people a new number. The login may go on telling the old one, and
other systems know them by either. Only the register's word makes two numbers one person's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import F, Q

from parking.law.facts import Supplier
from parking.ports import NotFound, Outside, PortError, Rejected
from parking.records.audit import LookUp
from parking.records.party import Party
from parking.records.recording import recording

log = structlog.get_logger(__name__)

#: Somebody who logs in after so long is asked about anew.
_STANDS: Final = timedelta(days=30)
#: Whom the register does not answer about is asked about again so soon at first, then ever later,
#: as long as they were here within a day.
_SOON: Final = timedelta(minutes=2)
_LATELY: Final = timedelta(days=1)
_AT_A_TIME: Final = 20
_PURPOSE: Final = "number of a login"


def is_due(party: Party, *, now: datetime) -> bool:
    """Tell whether the register is to be asked what *party*'s number is now."""
    return party.number_due is None or party.number_due <= now


def due(*, now: datetime) -> list[Party]:
    """Return some who were here lately and of whom the register is to be asked, in turn."""
    waiting = Q(number_due=None) | Q(number_due__lte=now)
    lately = Party.objects.filter(waiting, last_seen__gt=now - _LATELY)
    return list(lately.order_by(F("number_due").asc(nulls_first=True), "last_seen")[:_AT_A_TIME])


def follow(outside: Outside, party: Party, *, now: datetime) -> None:
    """Ask the population register whether *party*'s number was replaced, and keep the answer.

    If the register does not answer, nothing changes, and the question is put again later.
    """
    inquiry = _Inquiry(outside, party, now)
    asked, former = party.person_number, party.former_number
    current, was_theirs, answered = None, False, False
    try:
        current = inquiry.replaced_by(asked)
        replaced = None if former is None else inquiry.replaced_by(former)
        was_theirs = replaced is not None and replaced in {asked, current}
        answered = True
    except PortError as error:
        log.warning("register did not answer", register="population register", why=str(error))
    with recording():
        LookUp.objects.bulk_create(inquiry.looks)
        known = Party.objects.select_for_update().get(id=party.id)
        if known.person_number != asked:
            return
        if answered:
            known.with_former(theirs=was_theirs)
            if current is not None:
                known.replaced_by(current)
            known.number_due = now + _STANDS
        else:
            known.number_due = now + max(_SOON, now - known.last_seen)
        known.save()
    party.refresh_from_db()


class _Inquiry:
    """The questions that are put about one party's numbers, and a note of each."""

    def __init__(self, outside: Outside, party: Party, now: datetime) -> None:
        self._persons, self._party, self._now = outside.persons, party, now
        self._reference = f"login-{party.id.hex[:12]}"
        self.looks: list[LookUp] = []

    def replaced_by(self, number: str) -> str | None:
        """Return the number that has replaced *number*; ``None`` if none has.

        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        outcome = "answered"
        try:
            person = self._persons.person(person_number=number, reference=self._reference)
        except NotFound:
            outcome = "not found"
            return None
        except PortError as error:
            outcome = "rejected" if isinstance(error, Rejected) else "unavailable"
            raise
        else:
            return person.current_number
        finally:
            self.looks.append(
                LookUp(
                    party=self._party,
                    register=Supplier.POPULATION_REGISTER.value,
                    purpose=_PURPOSE,
                    asked_by="system",
                    reference=self._reference,
                    outcome=outcome,
                    at=self._now,
                )
            )
