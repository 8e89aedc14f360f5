"""Whether the charge system signed a hint: `webhooks` in docs/outside/charge-system-v1.yaml."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=5)  #: how old a hint may be, or how far its clock ahead of ours
_SIGNATURES: Final = re.compile(r"v1=[0-9a-f]{64}(?: v1=[0-9a-f]{64})?", re.ASCII)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


def is_signed(
    body: bytes, *, timestamp: str, signature: str, secrets: Sequence[str], now: datetime
) -> bool:
    """Tell whether *body* was signed with one of *secrets*, and lately.

    *timestamp* and *signature* are the headers as they came. Every secret is tried against every
    signature, so that the time it takes says nothing about which one was close.
    """
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURES.fullmatch(signature):
        return False
    sent = datetime.fromtimestamp(int(timestamp), UTC)
    signed = timestamp.encode("ascii") + b"." + body
    good = 0
    for secret in secrets:
        ours = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for given in signature.split(" "):
            good += hmac.compare_digest(ours, given.removeprefix("v1="))
    return good > 0 and abs(now - sent) <= WINDOW
