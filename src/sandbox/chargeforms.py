"""What may stand in a request to the charge system: every field, and nothing else.

Written by hand beside the document, not drawn from it, so that each finds out the other's mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sandbox.chargebook import Body, Refused

Check = Callable[[Any, str], None]

LARGEST_AMOUNT: Final = 1_000_000_000
REASONS: Final = (
    "plate_slip", "paid_elsewhere", "valid_permit", "disabled_badge", "breakdown", "owner_changed",
    "stolen", "sign_defect", "warden_error", "goodwill", "double_charge", "fourth_charge",
    "deceased",
)  # fmt: skip
LETTERS: Final = (
    "reminder", "reminder_first_fee", "reminder_second_fee", "collection_notice", "decision",
    "hearing", "receipt", "plan", "refund", "message",
)  # fmt: skip
PATTERNS: Final = {
    "charge id": r"c-[0-9]{4}-[0-9]{7}",
    "complaint id": r"k-[0-9a-f]{32}",
    "attachment id": r"a-[0-9a-f]{32}",
    "plan id": r"p-[0-9a-f]{32}",
    "charge number": r"[0-9]{9}",
    "plate": r"[A-Z0-9À-ÖØ-ÞĀ-Ž]{2,10}",
    "code": r"[2-9A-HJ-NP-Z]{10}",
    "cursor": r"[A-Za-z0-9_-]{4,100}",
    "reference": r"[A-Za-z0-9._:/-]{3,64}",
    "key": r"[A-Za-z0-9._:-]{8,64}",
    "etag": r'"[1-9][0-9]{0,9}"',
    "account": r"[A-Z0-9]{5,34}",
    "ground": r"[a-z][a-z0-9_-]{1,39}",
    "file name": r"[^\x00-\x1f/\\]{1,100}",
    "line": r"[^\x00-\x1f]{1,200}",
    "text": r"[^\x00-\x08\x0b-\x1f]{1,20000}",
    "moment": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    "day": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}


def wrong(field: str, detail: str) -> Refused:
    """The answer to a request that is not as it must be."""
    return Refused(400, "invalid-request", detail, field)


def like(name: str) -> Check:
    """A text of the pattern of that name."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or not re.fullmatch(PATTERNS[name], value):
            raise wrong(field, f"must be a {name}")

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, str) or value not in words:
            raise wrong(field, f"must be one of {', '.join(words)}")

    return check


def _or_null(inner: Check) -> Check:
    def check(value: Any, field: str) -> None:
        if value is not None:
            inner(value, field)

    return check


def _moment(value: Any, field: str) -> None:
    like("moment")(value, field)
    try:
        datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError):
        raise wrong(field, "is no moment") from None


def _day(value: Any, field: str) -> None:
    like("day")(value, field)
    try:
        date.fromisoformat(value)
    except ValueError:
        raise wrong(field, "is no day") from None


def _whole(least: int, most: int) -> Check:
    def check(value: Any, field: str) -> None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # to JSON 1 and 1.0 are the same number
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wrong(field, f"must be a whole number from {least} to {most}")

    return check


def _money(least: int) -> Check:
    return _record({"amount": _whole(least, LARGEST_AMOUNT), "currency": _one_of("DKK")})


def _record(must: Mapping[str, Check], may: Mapping[str, Check] | None = None) -> Check:
    may = may or {}

    def check(value: Any, field: str) -> None:
        if not isinstance(value, dict):
            raise wrong(field, "must be an object")
        prefix = f"{field}/" if field else ""
        for name in must:
            if name not in value:
                raise wrong(f"{prefix}{name}", "is required")
        for name, given in value.items():
            one = must.get(name) or may.get(name)
            if one is None:
                raise Refused(400, "unknown-field", "is not known", f"{prefix}{name[:60]}")
            one(given, f"{prefix}{name}")

    return check


def _list(inner: Check, least: int, most: int, *, unique: bool = False) -> Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise wrong(field, f"must be a list of {least} to {most}")
        for number, each in enumerate(value):
            inner(each, f"{field}/{number}")
        if unique and len(set(value)) != len(value):
            raise wrong(field, "holds something twice")

    return check


_EVIDENCE: Final = _record(
    {
        "kind": _one_of("permit", "payment", "police_report", "register", "document"),
        "reference": like("reference"),
        "text": like("text"),
    }
)


def _complaint_change(value: Any, field: str) -> None:
    decision = _record(
        {
            "outcome": _one_of("upheld", "annulled", "partly"),
            "reasonCode": _or_null(_one_of(*REASONS)),
            "reasons": like("text"),
            "amount": _money(-LARGEST_AMOUNT),
            "decidedAt": _moment,
            "decidedBy": like("line"),
            "dueDate": _or_null(_day),
        },
        {"evidence": _list(_EVIDENCE, 0, 20)},
    )
    kinds = {
        "decision": decision,
        "state": _one_of("withdrawn", "hearing"),
        "holdUntil": _or_null(_day),
    }
    _record({}, kinds)(value, field)
    if len(value) != 1:
        raise wrong(field, "exactly one of the fields")


_POSITIVE: Final = _money(1)
_REPORT: Final[dict[str, Check]] = {"reference": like("reference")}
_INSTALMENT: Final = _record({"number": _whole(1, 60), "dueDate": _day, "amount": _POSITIVE})

FORMS: Final[dict[str, Check]] = {
    "payments": _record(
        {
            **_REPORT,
            "amount": _POSITIVE,
            "paidAt": _moment,
            "method": _one_of("card", "mobilepay", "bank"),
        }
    ),
    "refunds": _record(
        {
            **_REPORT,
            "amount": _POSITIVE,
            "refundedAt": _moment,
            "paymentReference": like("reference"),
        },
        {
            "way": _one_of("card", "paid_out", "moved", "taken_back"),
            "payerAccount": like("account"),
        },
    ),
    "payouts": _record(
        {
            **_REPORT,
            "amount": _POSITIVE,
            "bankReference": like("line"),
            "decidedAt": _moment,
        },
        {"payerAccount": like("account")},
    ),
    "fees": _record({**_REPORT, "amount": _POSITIVE, "bookedAt": _moment}),
    "letters": _record(
        {
            **_REPORT,
            "kind": _one_of(*LETTERS),
            "channel": _one_of("digital_post", "print", "email"),
            "sentAt": _moment,
            "subject": like("line"),
        },
        {"dueDate": _day},
    ),
    "annulments": _record(
        {
            **_REPORT,
            "reasonCode": _one_of(*REASONS),
            "reasons": like("text"),
            "evidence": _list(_EVIDENCE, 0, 20),
            "decidedAt": _moment,
            "decidedBy": like("line"),
        },
        {"amount": _POSITIVE},
    ),
    "collection": _record({**_REPORT, "amount": _POSITIVE, "transferredAt": _moment}),
    "withdrawals": _record(
        {
            **_REPORT,
            "reason": _one_of("paid", "complaint", "mistake", *REASONS),
            "withdrawnAt": _moment,
        }
    ),
    "stops": _record(
        {**_REPORT, "from": _moment, "reason": like("text")},
        {"until": _day},
    ),
    "lifts": _record({**_REPORT, "stopReference": like("reference"), "liftedAt": _moment}),
    "complaints": _record(
        {
            **_REPORT,
            "receivedAt": _moment,
            "channel": _one_of("portal", "letter", "email", "phone"),
            "ground": like("ground"),
            "text": like("text"),
        },
        {"holdUntil": _day},
    ),
    "messages": _record(
        {
            **_REPORT,
            "sender": _one_of("complainant", "municipality"),
            "text": like("text"),
            "sentAt": _moment,
        }
    ),
    "complaint": _complaint_change,
    "plans": _record(
        {
            **_REPORT,
            "chargeIds": _list(like("charge id"), 1, 50, unique=True),
            "instalments": _list(_INSTALMENT, 1, 60),
            "agreedAt": _moment,
        }
    ),
    "plan": _record({"state": _one_of("completed", "defaulted", "ended")}),
}


def checked(form: str, body: Any) -> Body:
    """A body that is as it must be.

    :raises Refused: if it is not
    """
    FORMS[form](body, "")
    sure: Body = _whole_numbers(body)
    return sure


def _whole_numbers(value: Any) -> Any:
    """The same with 1.0 as 1, as JSON means it."""
    if isinstance(value, float):
        return int(value)
    if isinstance(value, list):
        return [_whole_numbers(each) for each in value]
    if isinstance(value, dict):
        return {name: _whole_numbers(each) for name, each in value.items()}
    return value


def kind_of(content: bytes) -> str:
    """What a file is, read from its beginning; nothing if it is none that may be sent.

    >>> kind_of(b"%PDF-1.7")
    'application/pdf'
    """
    beginnings = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"%PDF-": "application/pdf",
    }
    for beginning, kind in beginnings.items():
        if content.startswith(beginning):
            return kind
    return ""
