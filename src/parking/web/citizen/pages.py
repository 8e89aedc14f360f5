"""The pages that everybody may read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from parking.actions import wording
from parking.law import retention
from parking.law.days import danish_day
from parking.law.permits import resident
from parking.law.price import FREE, TOP, ZERO_EMISSION
from parking.law.retention import Matter
from parking.records.tariff import TermsVersion, fares_on
from parking.web.access import Request, anyone

#: The fare tiers in the order of what they cost.
_TIERS = (FREE, ZERO_EMISSION, "a", "b", TOP)
#: What people are told of how long their data is kept: what, and from when it is counted.
_KEPT: Final[Mapping[Matter, tuple[Any, Any]]] = {
    Matter.DRAFTS: (_("Dokumenter, du har gemt, men ikke afleveret"), _("efter at du gemte dem")),
    Matter.UNFINISHED: (_("Ansøgninger, der ikke blev til noget"), _("efter sidste ændring")),
    Matter.PIECES: (_("Filer, der ikke nåede helt frem"), _("efter det sidste stykke")),
    Matter.DOCUMENTS: (_("Dokumenter, du har afleveret"), _("efter at sagen er afgjort")),
    Matter.CASES: (_("Sager, som en sagsbehandler har haft"), _("efter at sagen er afgjort")),
    Matter.PERMITS: (_("Licenser og svarene bag dem"), _("efter licensens sidste dag")),
    Matter.ACCOUNTS: (_("Køb og kvitteringer"), _("efter udgangen af det år, du købte")),
    Matter.CHARGES: (_("Parkeringsafgifter, der er afsluttet"), _("efter sidste ændring")),
    Matter.LOOK_UPS: (_("Listen over, hvem der har set på dine data"), _("efter opslaget")),
    Matter.TRAFFIC: (_("Hvad vi har sendt til andre systemer"), _("efter at det blev sendt")),
    Matter.PARTIES: (
        _("Dit navn og dit CPR-nummer"),
        _("efter dit seneste login, når resten er væk"),
    ),
}


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
    """How well the portal can be used by everybody (BEK 904/2019: the statement the law wants)."""
    return render(
        request,
        "citizen/accessibility.html",
        {
            "site": urlsplit(settings.PORTAL_ADDRESS).netloc,
            "statement": settings.ACCESSIBILITY_STATEMENT,
            "reviewed": date.fromisoformat(settings.ACCESSIBILITY_REVIEWED),
        },
    )


@anyone
@require_safe
def privacy(request: Request) -> HttpResponse:
    """What we know about people, from whom, why and for how long (GDPR art. 13 and 14)."""
    rules = retention.SCHEDULE.on(danish_day(request.now))
    return render(
        request,
        "citizen/privacy.html",
        {
            "address": settings.CONTACT_ADDRESS,
            "dpo_email": settings.DPO_EMAIL,
            "dpo_phone": settings.DPO_PHONE,
            "kept": [
                {"what": what, "since": since, "time": wording.kept_for(rules[matter])}
                for matter, (what, since) in _KEPT.items()
            ],
        },
    )


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
