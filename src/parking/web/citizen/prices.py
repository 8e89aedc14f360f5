"""What a permit would cost for a plate, without login."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parking.actions import apply, prices, wording
from parking.law.facts import Registration
from parking.law.zones import ZoneKind
from parking.web.access import Request, anyone
from parking.web.forms import PlateForm


@anyone
@require_safe
def for_plate(request: Request) -> HttpResponse:
    """Show the price for a vehicle, and why it is that."""
    form = PlateForm(request.GET) if "plate" in request.GET else PlateForm()
    found = None
    if form.is_bound and form.is_valid():
        asker = request.META["REMOTE_ADDR"]
        plate = form.cleaned_data["plate"]
        found = prices.for_plate(request.outside, plate, asker=asker, now=request.now)
    return render(
        request,
        "citizen/prices.html",
        {
            "form": form,
            "vehicle": found and found.vehicle,
            "deregistered": found and found.vehicle.registration is Registration.DEREGISTERED,
            "prices": _told(found),
        },
    )


def _told(found: prices.Prices | None) -> list[dict[str, object]]:
    if found is None:
        return []
    return [
        {
            "paid": price.kind is ZoneKind.PAID,
            "price": price.quote.price,
            "why": wording.why_price(apply.price_reason(price.quote), found.vehicle),
        }
        for price in found.prices
    ]
