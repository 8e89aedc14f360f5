"""The pages that everybody may read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parking.actions import wording
from parking.law.days import danish_day
from parking.law.permits import resident
from parking.law.price import FREE, TOP, ZERO_EMISSION
from parking.records.tariff import TermsVersion, fares_on
from parking.web.access import Request, anyone

#: The fare tiers in the order of what they cost.
_TIERS = (FREE, ZERO_EMISSION, "a", "b", TOP)


@anyone
@require_safe
def front(request: Request) -> HttpResponse:
    """What a resident permit is, who can get it and what it costs."""
    today = danish_day(request.now)
    terms = TermsVersion.objects.filter(product=resident.PAID, in_force__contains=today).first()
    fares = {fare.tier: fare for fare in fares_on(today) if fare.product in resident.PRODUCTS}
    prices = [
        {
            "tier": wording.tier(code),
            "price": fares[code].price,
            "limits": wording.limits(code, terms.as_law()) if terms else (),
        }
        for code in _TIERS
        if code in fares
    ]
    return render(
        request,
        "citizen/front.html",
        {"prices": prices, "terms": terms, "free_tier": wording.tier(FREE), "today": today},
    )


@anyone
@require_safe
def accessibility(request: Request) -> HttpResponse:
    """How well the portal can be used by everybody."""
    return render(request, "citizen/accessibility.html")


@anyone
@require_safe
def privacy(request: Request) -> HttpResponse:
    """What we know about people, from whom and for how long."""
    return render(request, "citizen/privacy.html")


@anyone
@require_safe
def terms(request: Request) -> HttpResponse:
    """What one agrees to when buying."""
    return render(request, "citizen/terms.html")


@anyone
@require_safe
def cookies(request: Request) -> HttpResponse:
    """Which cookies there are."""
    return render(request, "citizen/cookies.html")


@anyone
@require_safe
def contact(request: Request) -> HttpResponse:
    """How to reach somebody."""
    return render(request, "citizen/contact.html")
