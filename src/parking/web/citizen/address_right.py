"""Which permit an address would give, for whoever thinks of moving; without login."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parking.actions import address_right
from parking.law.zones import ZoneKind
from parking.web.access import Request, anyone
from parking.web.citizen.place import Found, find
from parking.web.forms import AddressForm


@anyone
@require_safe
def of_address(request: Request) -> HttpResponse:
    """Show what the address that was typed or picked gives a right to."""
    asked = {"q", "house"} & request.GET.keys()
    form = AddressForm(request.GET) if asked else AddressForm()
    found = find(request, form) if form.is_bound and form.is_valid() else Found()
    right = address_right.of(found.house, now=request.now) if found.house else None
    return render(
        request,
        "citizen/address-right.html",
        {
            "form": form,
            "found": found,
            "right": right,
            "place": right and right.area.place.name,
            "paid": right and right.area.kind is ZoneKind.PAID,
            "road": right and right.road.name,
        },
    )
