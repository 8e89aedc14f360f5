"""What people are told when something cannot be done: the one place that turns errors into pages.

A page says what happened, what is kept and what to do; never a trace, a version or a register's
own words. What nobody foresaw gets a number that a person can quote and we can find in the log.
"""

from __future__ import annotations

import secrets
import sys

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from parking.actions.limit import TooOften
from parking.actions.permission import NotYours
from parking.actions.permit import NotYetRenewable
from parking.law.course import StepNotAllowed
from parking.law.days import NotInForce
from parking.law.price import NoFare
from parking.ports import NotFound, Unavailable
from parking.ports.identity import LoginRefused, Refusal
from parking.records.party import LoginAttempt
from parking.web.access import local_path, log_in_address

log = structlog.get_logger(__name__)

_STATUS_OF = {
    NotYours: 404,
    NotFound: 404,
    StepNotAllowed: 409,
    NotYetRenewable: 409,
    TooOften: 429,
    Unavailable: 503,
    NoFare: 503,
    NotInForce: 503,
    OperationalError: 503,
}


def page(status: int, template: str = "", *, incident: str = "") -> HttpResponse:
    """Return the page for *status*, which needs neither database nor login."""
    says = {"incident": incident, "phone": settings.CONTACT_PHONE}
    response = HttpResponse(
        render_to_string(f"errors/{template or status}.html", says), status=status
    )
    add_never_cache_headers(response)
    return response


def answer(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the page for an error that came out of a view or a middleware."""
    if isinstance(error, LoginRefused):
        return _login_refused(request, error)
    status = next((s for kind, s in _STATUS_OF.items() if isinstance(error, kind)), 500)
    if status < 500:  # noqa: PLR2004 -- below, somebody asked for what there is not
        return page(status)
    incident = secrets.token_hex(4).upper()
    log.error("page failed", incident=incident, path=request.path, exc_info=error)
    return page(status, "no-fare" if isinstance(error, NoFare) else "", incident=incident)


def _login_refused(request: HttpRequest, refused: LoginRefused) -> HttpResponse:
    log.warning("login refused", why=refused.why.value, detail=refused.detail)
    attempt = LoginAttempt.objects.filter(return_key=request.POST.get("RelayState", "")).first()
    next_path = local_path(attempt.next_path if attempt else "")
    incident = ""
    if refused.why is Refusal.NOT_TRUSTED:
        incident = secrets.token_hex(4).upper()
        log.warning("login not trusted", incident=incident)
    return render(
        request,
        "citizen/login-refused.html",
        {"why": refused.why.name, "log_in_url": log_in_address(next_path), "incident": incident},
        status=200 if refused.why is Refusal.CANCELLED else 403,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what cannot be read."""
    return page(400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who may not."""
    return page(403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who asked for what there is not."""
    return page(404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an error outside a view, which is still being handled."""
    return answer(request, sys.exc_info()[1] or RuntimeError("an error nobody raised"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that this browser was not given, or was given before it logged in again."""
    log.warning("form refused", reason=reason, path=request.path)
    return page(403, "form-refused")
