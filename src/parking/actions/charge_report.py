"""What the municipality reports of its charges each year (bek. 877, § 5), to Vejdirektoratet."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from parking.actions import send
from parking.actions.permission import NotYours
from parking.law import complaint as complaint_law
from parking.law.days import DENMARK, danish_day
from parking.records.audit import Incident
from parking.records.charge import Charge
from parking.records.charge_report import ChargeReport, deadline_of
from parking.records.complaint import Complaint
from parking.records.recording import recording

#: What the charge system tells of complaints, those that came to it alone among them.
_COMPLAINED_THERE: Final = ~Q(told__complaints=[])
_STANDS_THERE: Final = (
    Q(told__complaints__contains=[{"state": "open"}])
    | Q(told__complaints__contains=[{"state": "hearing"}])
    | Q(told__complaints__contains=[{"state": "decided"}])
)
_ANNULLED: Final = Q(state="annulled")
_AT_COLLECTION: Final = Q(told__collection__transferred__isnull=False)
_TAKEN_BACK: Final = (complaint_law.State.WITHDRAWN.value, complaint_law.State.LAPSED.value)
_COLUMNS: Final = (
    "year", "issued", "complained_of", "annulled_after_complaint", "sent_to_collection",
)  # fmt: skip
_NOT_REPORTED: Final = "the year's charges are not reported"


@dataclass(frozen=True, slots=True)
class YearOfCharges:
    """How many charges were issued in a year, and what has become of them so far."""

    year: int
    issued: int
    complained_of: int
    annulled_after_complaint: int
    sent_to_collection: int


def of_year(year: int) -> YearOfCharges:
    """Count the charges issued in *year*, by the Danish calendar.

    Annulled after a complaint is what was annulled as a whole when somebody had complained and not
    taken it back: by the answer, after an answer that was reopened, or by machine meanwhile.
    """
    issued = _issued_in(year)
    ours = Complaint.objects.filter(charge=OuterRef("pk"), received__isnull=False)
    complained = _COMPLAINED_THERE | Exists(ours)
    stood = _STANDS_THERE | Exists(ours.exclude(state__in=_TAKEN_BACK))
    return YearOfCharges(
        year=year,
        issued=issued.count(),
        complained_of=issued.filter(complained).count(),
        annulled_after_complaint=issued.filter(_ANNULLED, stood).count(),
        sent_to_collection=issued.filter(_AT_COLLECTION).count(),
    )


def _issued_in(year: int) -> QuerySet[Charge]:
    begins, ends = (datetime(each, 1, 1, tzinfo=DENMARK) for each in (year, year + 1))
    return Charge.objects.filter(issued__gte=begins, issued__lt=ends)


def report(year: int, *, now: datetime) -> YearOfCharges:
    """Count the charges issued in *year*; if it is over, nobody need be told to do so any more."""
    counted = of_year(year)
    if year < danish_day(now).year:
        with recording():
            _keep(counted, now)
            _take_out(year, now)
    return counted


def count_last_year(*, now: datetime) -> bool:
    """Count last year's charges and keep what was counted, once its day has come; tell if it was.

    It is counted once; whoever wants it anew runs the command.
    """
    today = danish_day(now)
    year = today.year - 1
    deadline = deadline_of(year)
    if deadline is None or today < deadline.counted_on(year):
        return False
    if ChargeReport.objects.filter(year=year).exists():
        return False
    counted = of_year(year)
    with recording():
        _keep(counted, now)
    return True


def _keep(counted: YearOfCharges, now: datetime) -> None:
    numbers = asdict(counted)
    ChargeReport.objects.update_or_create(
        year=numbers.pop("year"), defaults={**numbers, "counted": now}
    )


def _take_out(year: int, now: datetime) -> None:
    """Note that somebody has the report of *year*: nobody need be told to report it any more."""
    ChargeReport.objects.filter(year=year, taken=None).update(taken=now)
    Incident.objects.filter(key__in=_keys(year), settled=None).update(settled=now, word="reported")


def take_out(year: int, *, now: datetime) -> str:
    """Return the report of *year* as it was counted, to be sent: two lines of CSV.

    :raises NotYours: if it has not been counted.
    """
    with recording():
        kept = ChargeReport.objects.filter(year=year).first()
        if kept is None:
            raise NotYours("charge report")
        _take_out(year, now)
    return as_csv(kept)


def as_csv(counted: YearOfCharges | ChargeReport) -> str:
    """Return what was counted as two lines: what each number is, and the numbers."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    table.writerow([getattr(counted, name) for name in _COLUMNS])
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the next report is: of last year, or of this one if nobody asks for last year's."""

    year: int
    counted_on: date  #: the first day on which it is counted by itself
    last: date  #: to report it
    report: ChargeReport | None


def standing(*, now: datetime) -> Standing | None:
    """Return how far the next report is; ``None`` where nobody has said by when it is due."""
    this = danish_day(now).year
    for year in (this - 1, this):
        deadline = deadline_of(year)
        if deadline is not None:
            kept = ChargeReport.objects.filter(year=year).first()
            return Standing(year, deadline.counted_on(year), deadline.of(year), kept)
    return None


def check(*, now: datetime) -> None:
    """Tell a person that last year's charges are to be reported, and once more when it is too late.

    The second time even if somebody has put the first away without reporting.
    """
    today = danish_day(now)
    year = today.year - 1
    deadline = deadline_of(year)
    if deadline is None or ChargeReport.objects.filter(year=year, taken__isnull=False).exists():
        return
    last = deadline.of(year)
    soon, late = _keys(year)
    with recording():
        for key, begins in (
            (soon, last - timedelta(days=deadline.days_ahead)),
            (late, last + timedelta(days=1)),
        ):
            if today >= begins:
                send.raise_incident(
                    key, _NOT_REPORTED, now=now, detail=f"report_charges {year}, by {last}"
                )


def _keys(year: int) -> tuple[str, str]:
    return f"charges of {year} not reported", f"charges of {year} reported too late"
