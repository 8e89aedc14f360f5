"""What every request passes: safe headers, errors turned into pages, and who is logged in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from parking import ports
from parking.actions import login
from parking.records.party import LoginSession
from parking.web import errors
from parking.web.access import Request

Next = Callable[[HttpRequest], HttpResponse]

#: Using a session is written down this often at most.
_TOUCH = timedelta(minutes=1)

_PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), "
    "fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
    "payment=(), picture-in-picture=(), publickey-credentials-get=(), usb=(), "
    "xr-spatial-tracking=()"
)
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nobody else is told where one came from. With no-referrer a browser would send our own forms
    # from the origin "null", which the check against forged forms must refuse.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: Of what is answered before a page's own policy is set, a redirect or a file: it runs nothing.
_POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class SafeHeaders:
    """Says in every answer, errors and files included, what a browser may do with it."""

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        for name, value in _HEADERS.items():
            response[name] = value
        response["Permissions-Policy"] = _permissions(request, response)
        response.setdefault("Content-Security-Policy", _POLICY)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not _is_everybodys(
            request, response
        ):
            response["Cache-Control"] = "no-store"
        elif "Cache-Control" not in response:
            response["Cache-Control"] = "no-cache, private"
        if not _may_be_found(request, response):
            response.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response


def _permissions(request: HttpRequest, response: HttpResponse) -> str:
    """Return what a page may ask the browser for: nothing, but one may ask where somebody is."""
    match = request.resolver_match
    if response.status_code == 200 and match and match.url_name in _MAY_ASK_WHERE:  # noqa: PLR2004
        return _PERMISSIONS.replace("geolocation=()", "geolocation=(self)")
    return _PERMISSIONS


#: The pages with a button »use my position«.
_MAY_ASK_WHERE = {"standing"}


def _is_everybodys(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether it is the same for all: a file, or what its view has said may be shared."""
    return _is_file(request) or "public" in response.get("Cache-Control", "")


def _is_file(request: HttpRequest) -> bool:
    return request.path.startswith(settings.STATIC_URL)


def _may_be_found(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether a search engine may show the page: only what everybody may see."""
    if _is_file(request):
        return True
    match = request.resolver_match
    return response.status_code == 200 and getattr(match and match.func, "admits", "") == "anyone"  # noqa: PLR2004


class ErrorsForPeople:
    """Turns what a view raises into a page."""

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.status_code == 405 and not response.content:  # noqa: PLR2004 -- not allowed
            allow = response["Allow"]
            response = errors.page(405)
            response["Allow"] = allow
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what a view raised; what Django has a status for, its own handlers answer."""
        if isinstance(error, _DJANGO_ANSWERS):
            return None
        return errors.answer(request, error)


_DJANGO_ANSWERS = (Http404, PermissionDenied, SuspiciousOperation, BadRequest, MultiPartParserError)


class LoggedIn:
    """Says who is asking, and ends a session that has been silent or has lasted too long."""

    def __init__(self, get_response: Next) -> None:
        self._get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        request.now = timezone.now()
        request.outside = SimpleLazyObject(ports.outside)  # type: ignore[assignment]
        request.login = _login(request)
        request.party = request.login.party if request.login else None
        had_session = bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        request.session_ended = had_session and request.party is None
        return self._get_response(request)


def _login(request: Request) -> LoginSession | None:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    party = request.session.get("party")
    session = LoginSession.objects.select_related("party").filter(session_key=key).first()
    if session is None or str(session.party_id) != party or _is_over(session, request):
        login.end_session(key)
        request.session.flush()
        return None
    if request.now - session.last_used > _TOUCH:
        login.keep_session(session, now=request.now)
        request.session.modified = True
    return session


def _is_over(session: LoginSession, request: Request) -> bool:
    silent = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return (
        request.now - session.last_used > silent
        or request.now - session.begun > settings.LONGEST_SESSION
    )
