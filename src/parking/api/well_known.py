"""What programs ask every site for: the rules for robots, and whom to tell of weaknesses."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

#: What a search engine finds nothing in: it needs a login, or somebody who acts.
_NOT_FOR_ROBOTS = ("/basket/", "/login/", "/my/", "/office/", "/orders/", "/permits/", "/saml/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Say which pages a search engine may go through (RFC 9309)."""
    paths = [f"{prefix}{path}" for path in _NOT_FOR_ROBOTS for prefix in ("", "/en")]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths)]
    return _text(lines)


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Say whom to tell about a weakness (RFC 9116)."""
    return _text(
        [
            f"Contact: {settings.SECURITY_CONTACT}",
            f"Expires: {settings.SECURITY_EXPIRES}",
            "Preferred-Languages: da, en",
            f"Canonical: {settings.PORTAL_ADDRESS}/.well-known/security.txt",
        ]
    )


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Send who asks for the picture in its old place to its new one."""
    return redirect(static("favicon.ico"))


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
