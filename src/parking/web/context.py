"""What every page says: whose portal it is, who is logged in, and the way around."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from parking.web import announcements
from parking.web.access import log_in_address


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of a page needs."""
    party = getattr(request, "party", None)  # an error before the login was read has none
    there = _other_language(request)
    return {
        "portal": {
            "name": "Parkeringsbutikken",
            "authority": _("Københavns Kommune"),
            "phone": settings.CONTACT_PHONE,
            "email": settings.CONTACT_EMAIL,
            "home_url": reverse("front"),
            "log_in_url": log_in_address(_next_path(request)),
            "log_out_url": reverse("logout"),
            "accessibility_url": reverse("accessibility"),
            "privacy_url": reverse("privacy"),
            "data_url": reverse("my-data"),
            "terms_url": reverse("terms"),
            "cookies_url": reverse("cookies"),
            "contact_url": reverse("contact"),
        },
        "person_name": party.name if party else "",
        "other_language_url": there,
        # Search engines want the whole address.
        "other_language_address": f"{settings.PORTAL_ADDRESS}{there}" if there else "",
        "navigation": _navigation(request) if party else [],
        "announcements": announcements.on(request),
    }


def _next_path(request: HttpRequest) -> str:
    """Return where to go after logging in: this page, unless my page says more."""
    stays = request.method == "GET" and getattr(request, "session_ended", False)
    return request.get_full_path() if stays else reverse("my")


def _other_language(request: HttpRequest) -> str:
    """Return the same page in the other language; nothing if it cannot be asked for again."""
    if request.method != "GET" or request.resolver_match is None:
        return ""
    here = request.get_full_path()
    there = translate_url(here, "en" if get_language() == "da" else "da")
    return there if there != here else ""


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    here = request.resolver_match.url_name if request.resolver_match else None
    return [
        {"text": text, "url": reverse(name), "current": name == here}
        for text, name in (
            (_("Min side"), "my"),
            (_("Søg licens"), "apply"),
            (_("Afgifter"), "my-charges"),
            (_("Kurv"), "basket"),
            (_("Må jeg parkere her?"), "standing"),
        )
    ]
