"""How long what we know about people is kept, from when, and by which rule.

Nothing is kept because it might be useful. Where the law names no time, the shortest that lets
somebody complain, and us answer, is ASSUMED; the municipality confirms it or adds a version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from parking.law.days import Dated, months_after


class Matter(Enum):
    """A sort of thing that is forgotten together."""

    DRAFTS = "drafts of documents"
    UNFINISHED = "unfinished applications"
    PIECES = "files that never came whole"
    DOCUMENTS = "documents that were handed in"
    CASES = "cases"
    PERMITS = "permits"
    ACCOUNTS = "accounts"
    CHARGES = "charges"
    LOOK_UPS = "look-ups"
    TRAFFIC = "traffic with other systems"
    PARTIES = "parties"
    LOGINS = "logins"


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a matter is kept. *counted_from* and *basis* are for people."""

    months: int
    counted_from: str
    basis: str
    whole_years: bool = False  #: counted from the end of the calendar year
    days: int = 0  #: beside the months

    @property
    def time(self) -> str:
        """How long it is, for people."""
        return f"{self.days} days" if self.days else f"{self.months} months"

    def until(self, since: date) -> date:
        """Return the last day on which something that ended on *since* is kept."""
        if self.whole_years:
            return date(since.year + self.months // 12, 12, 31)
        return months_after(since, self.months) + timedelta(days=self.days)

    def ended_before(self, today: date) -> date:
        """Return the day before which something must have ended to be forgotten *today*."""
        if self.whole_years:
            return date(today.year - self.months // 12, 1, 1)
        return months_after(today - timedelta(days=self.days), -self.months)


SCHEDULE: Final[Dated[Mapping[Matter, Keep]]] = Dated.of(
    (
        date(2026, 1, 1),
        {
            Matter.DRAFTS: Keep(1, "upload", "GDPR art. 5(1)(e); ASSUMED"),
            Matter.UNFINISHED: Keep(3, "last change", "GDPR art. 5(1)(e); ASSUMED"),
            Matter.PIECES: Keep(0, "last piece", "GDPR art. 5(1)(e); ASSUMED", days=7),
            Matter.DOCUMENTS: Keep(12, "decision", "GDPR art. 5(1)(e); ASSUMED"),
            Matter.CASES: Keep(24, "decision", "offentlighedsloven § 13; ASSUMED"),
            Matter.PERMITS: Keep(24, "last day of the permit", "GDPR art. 5(1)(e); ASSUMED"),
            Matter.ACCOUNTS: Keep(
                60, "end of the year it was settled", "bogføringsloven § 12", True
            ),
            Matter.CHARGES: Keep(60, "last change", "offentlighedsloven § 13; ASSUMED"),
            Matter.LOOK_UPS: Keep(12, "look-up", "databeskyttelsesforordningen art. 32; ASSUMED"),
            Matter.TRAFFIC: Keep(12, "sending", "GDPR art. 5(1)(e); ASSUMED"),
            Matter.PARTIES: Keep(24, "last login, when nothing else is left", "GDPR art. 5(1)(e)"),
            Matter.LOGINS: Keep(0, "end of the session", "GDPR art. 5(1)(e)"),
        },
    ),
)

#: Somebody who asks for it has an unfinished application forgotten this soon: the time in which
#: they could complain about the answer (ASSUMED: four weeks, as is usual).
TIME_TO_COMPLAIN: Final = timedelta(days=28)

#: What each table holds about people; ``None`` if it holds nothing about anybody.
TABLES: Final[Mapping[str, Matter | None]] = {
    "after_hours": None,
    "announcement": None,
    "application": Matter.UNFINISHED,
    "bank_entry": Matter.ACCOUNTS,
    "bank_refund": Matter.ACCOUNTS,
    "bank_feed": None,
    "bucket": None,
    "case": Matter.CASES,
    "case_step": Matter.CASES,
    "charge": Matter.CHARGES,
    "charge_annulment": Matter.CHARGES,
    "charge_check": Matter.CHARGES,
    "charge_claim": Matter.CHARGES,
    "charge_feed": None,
    "charge_holder": Matter.CHARGES,
    "charge_pause": Matter.CHARGES,
    "charge_payment": Matter.ACCOUNTS,
    "charge_report": None,
    "charge_report_deadline": None,
    "charge_step": Matter.CHARGES,
    "charge_unread": None,
    "chosen_charge": Matter.CHARGES,
    "collection_action": Matter.CHARGES,
    "collection_claim": Matter.CHARGES,
    "collection_feed": None,
    "charge_terms": None,
    "complaint": Matter.CASES,
    "complaint_decision": Matter.CASES,
    "complaint_file": Matter.DOCUMENTS,
    "complaint_message": Matter.CASES,
    "complaint_piece": Matter.PIECES,
    "decision": Matter.UNFINISHED,
    "document": Matter.DOCUMENTS,
    "fare": None,
    "garage": None,
    "garage_right": None,
    "holiday": None,
    "hourly_fare": None,
    "incident": Matter.TRAFFIC,
    "instalment": Matter.CHARGES,
    "letter": Matter.CASES,
    "login_attempt": Matter.LOGINS,
    "login_session": Matter.LOGINS,
    "look_up": Matter.LOOK_UPS,
    "offence": None,
    "order": Matter.ACCOUNTS,
    "order_line": Matter.ACCOUNTS,
    "outgoing": Matter.TRAFFIC,
    "own_accord_annulment": Matter.CHARGES,
    "own_accord_charge": Matter.CHARGES,
    "party": Matter.PARTIES,
    "payment": Matter.ACCOUNTS,
    "payment_notice": Matter.TRAFFIC,
    "permit": Matter.PERMITS,
    "permit_comparison": None,
    "plan": Matter.CHARGES,
    "private_common_road": None,
    "receipt_feed": None,
    "refund": Matter.ACCOUNTS,
    "reminder": Matter.PERMITS,
    "reminder_run": None,
    "staff": None,  #: employees are told elsewhere what is kept about them
    "staff_session": Matter.LOGINS,
    "supplied": Matter.CASES,
    "terms": None,
    "time_limit": None,
    "unplaced_money": Matter.ACCOUNTS,
    "used_assertion": Matter.LOGINS,
    "zone_shape": None,
    "zone_version": None,
}


def keep(matter: Matter, today: date) -> Keep:
    """Return how long *matter* is kept by the rules of *today*.

    :raises NotInForce: if there were none yet.
    """
    return SCHEDULE.on(today)[matter]
