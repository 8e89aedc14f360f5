"""Notices from the payment provider (Nexi Checkout webhooks).

A notice proves nothing: it is not signed, and may be late, repeated or somebody else's. It is kept,
answered at once, and leads to the provider being asked.
"""

from __future__ import annotations

import hmac
import json

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from parking.actions import checkout

log = structlog.get_logger(__name__)

_LARGEST = 64 * 1024
_LONGEST_TEXT = 64


@csrf_exempt
@require_POST
def payment_notice(request: HttpRequest) -> HttpResponse:
    """Take a notice: 200 when it is kept, 401 without the agreed word, 400 if it is no notice."""
    given = request.headers.get("Authorization", "").encode()
    agreed = [word.encode() for word in settings.PAYMENT_NOTICE_WORDS]
    # Every word is compared, so that the time taken says nothing about which one was close.
    if sum(hmac.compare_digest(given, word) for word in agreed) == 0:
        log.warning("notice refused", why="without the agreed word")
        return HttpResponse(status=401)
    try:
        large = len(request.body) > _LARGEST
    except RequestDataTooBig:
        large = True
    if large:
        return HttpResponse(status=413)
    try:
        notice = json.loads(request.body)
        event_id, event = notice["id"], notice["event"]
        payment_id = notice["data"]["paymentId"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return HttpResponse(status=400)
    texts = (event_id, event, payment_id)
    if not all(
        isinstance(t, str) and 0 < len(t) <= _LONGEST_TEXT and t.isprintable() for t in texts
    ):
        return HttpResponse(status=400)
    checkout.noticed(event_id=event_id, event=event, payment_id=payment_id, now=timezone.now())
    return HttpResponse(status=200)
