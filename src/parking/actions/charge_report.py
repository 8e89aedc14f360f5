"""What the municipality reports of its charges each year (bek. 877, § 5), to Vejdirektoratet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from parking.law.days import DENMARK
from parking.records.charge import Charge

_WITH_COMPLAINT: Final = ~Q(told__complaints=[])
_ANNULLED_AFTER: Final = Q(told__complaints__contains=[{"decision": {"outcome": "annulled"}}])
_AT_COLLECTION: Final = Q(told__collection__transferred__isnull=False)


@dataclass(frozen=True, slots=True)
class YearOfCharges:
    """How many charges were issued in a year, and what has become of them so far."""

    year: int
    issued: int
    complained_of: int
    annulled_after_complaint: int
    sent_to_collection: int


def of_year(year: int) -> YearOfCharges:
    """Count the charges issued in *year*, by the Danish calendar."""
    begins, ends = (datetime(each, 1, 1, tzinfo=DENMARK) for each in (year, year + 1))
    issued = Charge.objects.filter(issued__gte=begins, issued__lt=ends)
    return YearOfCharges(
        year=year,
        issued=issued.count(),
        complained_of=issued.filter(_WITH_COMPLAINT).count(),
        annulled_after_complaint=issued.filter(_ANNULLED_AFTER).count(),
        sent_to_collection=issued.filter(_AT_COLLECTION).count(),
    )
