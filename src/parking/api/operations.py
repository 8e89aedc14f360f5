"""Whether the portal is well, for those who keep it running."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from parking.records.outbox import Outgoing


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 if a page could be answered, with how much waits to leave the house."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    late = Outgoing.objects.filter(
        state=Outgoing.State.WAITING, written__lt=timezone.now() - timedelta(minutes=5)
    )
    return JsonResponse({"well": True, "late_in_outbox": late.count()})
