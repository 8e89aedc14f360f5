"""Hints from the charge system that something has changed: `webhooks` in its interface.

A hint is signed, says nothing that is believed, and only has the feed read sooner. One that is
lost, late or repeated changes nothing.
"""

from __future__ import annotations

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from parking.actions import send
from parking.api import signed

log = structlog.get_logger(__name__)

_LARGEST = 64 * 1024


@csrf_exempt
@require_POST
def changed(request: HttpRequest) -> HttpResponse:
    """Take a hint: 204 once the feed is to be read, 401 if it is not signed by who should."""
    try:
        body = request.body
    except RequestDataTooBig:
        return HttpResponse(status=413)
    if len(body) > _LARGEST:
        return HttpResponse(status=413)
    if not signed.is_signed(
        body,
        timestamp=request.headers.get("Webhook-Timestamp", ""),
        signature=request.headers.get("Webhook-Signature", ""),
        secrets=settings.CHARGE_NOTICE_SECRETS,
        now=timezone.now(),
    ):
        log.warning("hint refused", why="not signed")
        return HttpResponse(status=401)
    send.follow_charges_soon()
    return HttpResponse(status=204)
