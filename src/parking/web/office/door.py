"""The way into the office: its own login, its own session, and who may see what.

The session's cookie goes to no page outside the office, and a citizen's to none inside means
nothing: whoever works here logs in anew at the municipality's own login.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from parking.actions import casework, login
from parking.actions import staff as actions
from parking.actions.permission import NotYours
from parking.law.course import StepNotAllowed
from parking.law.staff import Right
from parking.ports import Unavailable
from parking.ports.identity import LoginRefused
from parking.records.case import AnotherSubject
from parking.records.staff import StaffSession
from parking.web.access import Request, View, admit, anyone, local_path, national_login
from parking.web.context import everywhere

log = structlog.get_logger(__name__)

COOKIE: Final = "__Secure-office"
PATH: Final = "/office/"
_LOGIN_COOKIE: Final = "__Host-office-login"
_LONGEST_KEY = 100


class StaffRequest(Request):
    """A request from somebody who works here."""

    staff: StaffSession


def staff(right: Right | None = None) -> Callable[[View], View]:
    """Let in whoever works here and has *right*; without one, everybody who works here."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: StaffRequest, /, **named: Any) -> HttpResponse:
            session = _session(request)
            if session is None:
                response = _ask_to_log_in(request)
            else:
                request.staff = session
                with translation.override(session.staff.language):
                    response = _answer(view, request, right, named)
                response["Content-Language"] = session.staff.language
            add_never_cache_headers(response)
            response["Cache-Control"] = "no-store"
            return response

        return admit(view, f"staff: {right.value if right else 'any'}", guarded)

    return decorate


def _session(request: Request) -> StaffSession | None:
    key = request.COOKIES.get(COOKIE, "")
    return actions.session_of(key, now=request.now) if 0 < len(key) <= _LONGEST_KEY else None


def _answer(
    view: View, request: StaffRequest, right: Right | None, named: dict[str, Any]
) -> HttpResponse:
    if right is not None and right not in request.staff.rights:
        log.warning("right refused", staff=str(request.staff.staff_id), path=request.path)
        return page(request, "office/stopped.html", {"why": "right"}, status=403)
    try:
        return view(request, **named)
    except casework.OwnCase:
        return page(request, "office/stopped.html", {"why": "own"}, status=403)
    except (casework.ChangedMeanwhile, StepNotAllowed):
        return _changed(request, named)
    except actions.NoPurpose:
        if "charge_id" in named:
            return redirect("office-charge-open", charge_id=named["charge_id"])
        return redirect("office-case-open", case_id=named["case_id"])
    except AnotherSubject as other:
        raise NotYours(str(other)) from None


#: Where people write at length, whatever the form.
_TEXTS: Final = ("text", "reasons", "english", "word")
#: What a page is about, by what its address says, and where that is shown.
_PAGES: Final = {
    "case_id": "office-case",
    "charge_id": "office-charge",
    "annulment_id": "office-own-accord",
}


def _changed(request: StaffRequest, named: dict[str, Any]) -> HttpResponse:
    """Say that nothing was saved, lead back, and give back what was typed."""
    back = next(
        (reverse(_PAGES[name], kwargs={name: named[name]}) for name in named if name in _PAGES), ""
    )
    typed = [text for name in _TEXTS if (text := request.POST.get(name, "").strip())]
    says = {"why": "changed", "back": back, "typed": typed}
    return page(request, "office/stopped.html", says, status=409)


def page(
    request: StaffRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Return a page of the office, in its own frame."""
    here = request.resolver_match.url_name if request.resolver_match else None
    rights = request.staff.rights
    ways = [
        (_("Sager"), "office-queue", Right.READ),
        (_("Søg"), "office-search", Right.READ),
        (_("Indtast klage"), "office-register", Right.DECIDE),
        (_("Annuller flere"), "office-own-accords", Right.DECIDE),
        (_("Ansatte"), "office-people", Right.ADMIT),
        (_("Drift"), "office-operations", Right.OPERATE),
    ]
    frame = {
        "portal": {
            **everywhere(request)["portal"],
            "home_url": reverse("office"),
            "log_out_url": reverse("office-logout"),
            "log_in_url": "",
        },
        "person_name": request.staff.staff.name,
        "other_language_url": "",
        "navigation": [
            {"text": text, "url": reverse(name), "current": name == here}
            for text, name, right in ways
            if right in rights
        ],
        "LANGUAGE_CODE": request.staff.staff.language,
        "may": {right.name: True for right in rights},
        "staff": request.staff.staff,
    }
    return render(request, template, {**frame, **context}, status=status)


def _ask_to_log_in(request: Request) -> HttpResponse:
    log_in = f"{reverse('office-login')}?{urlencode({'next': _back(request)})}"
    if request.method == "GET":
        return redirect(log_in)
    return render(request, "office/session-ended.html", {"log_in_url": log_in}, status=403)


def _back(request: Request) -> str:
    return request.get_full_path() if request.method == "GET" else reverse("office")


@anyone
@require_safe
def log_in(request: Request) -> HttpResponse:
    """Go to the municipality's login, and afterwards to ``next``."""
    asked = local_path(request.GET.get("next", ""))
    next_path = asked if asked.startswith(PATH) else reverse("office")
    begun = actions.begin(
        request.outside, next_path=next_path, language=translation.get_language(), now=request.now
    )
    response = HttpResponseRedirect(begun.url)
    response.set_cookie(
        _LOGIN_COOKIE,
        begun.browser_secret,
        max_age=login.LONGEST_ATTEMPT,
        secure=True,
        httponly=True,
        samesite="None",
    )
    response["Cache-Control"] = "no-store"
    return response


@national_login
@require_POST
def arrive(request: Request) -> HttpResponse:
    """Take the login's answer, and begin a session in the office."""
    try:
        logged_in = actions.complete(
            request.outside,
            saml_response=request.POST.get("SAMLResponse", ""),
            return_key=request.POST.get("RelayState", ""),
            browser_secret=request.COOKIES.get(_LOGIN_COOKIE, ""),
            now=request.now,
        )
    except LoginRefused as refused:
        log.warning("staff login refused", why=refused.why.value, detail=refused.detail)
        return render(
            request,
            "office/refused.html",
            {"why": refused.why.name, "log_in_url": reverse("office-login")},
            status=403,
        )
    rotate_token(request)
    response = HttpResponseRedirect(logged_in.next_path)
    response.status_code = 303
    response.set_cookie(
        COOKIE, logged_in.key, path=PATH, secure=True, httponly=True, samesite="Lax"
    )
    response.delete_cookie(_LOGIN_COOKIE, samesite="None")
    response.cookies[_LOGIN_COOKIE]["secure"] = True
    response["Cache-Control"] = "no-store"
    return response


@anyone
@require_safe
def saml_metadata(request: Request) -> HttpResponse:
    """Tell the municipality's login who we are."""
    return HttpResponse(
        request.outside.staff.metadata(), content_type="application/samlmetadata+xml"
    )


@national_login
@require_safe
def saml_logout(request: Request) -> HttpResponse:
    """Take a logout that began elsewhere, or the answer to one that began here."""
    if "SAMLRequest" not in request.GET:
        return _logged_out(request)
    there = request.outside.staff
    try:
        notice = there.logout_notice(query=request.META["QUERY_STRING"], now=request.now)
    except LoginRefused as refused:
        log.warning("staff logout refused", detail=refused.detail)
        return _logged_out(request, status=403)
    actions.end_sessions_elsewhere(notice)
    return HttpResponseRedirect(
        there.acknowledge_logout(notice, return_key=request.GET.get("RelayState", ""))
    )


@staff()
@require_POST
def log_out(request: StaffRequest) -> HttpResponse:
    """End the session here, whatever happens, and then everywhere else if the login answers."""
    session = request.staff
    actions.end_session(session)
    try:
        departure = request.outside.staff.log_out(
            name_id=session.staff.name_id,
            session_index=session.session_index,
            return_key=secrets.token_urlsafe(16),
        )
    except Unavailable:
        return _logged_out(request)
    return _forgotten(HttpResponseRedirect(departure.url))


def _logged_out(request: Request, status: int = 200) -> HttpResponse:
    return _forgotten(render(request, "office/logged-out.html", status=status))


def _forgotten(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    response["Clear-Site-Data"] = '"cache"'
    return response


@staff()
@require_POST
def speak(request: StaffRequest) -> HttpResponse:
    """Choose the language to work in."""
    language = request.POST.get("language", "")
    actions.speak(request.staff, language if language in {"da", "en"} else "da")
    return redirect("office")


@staff()
@require_safe
def office(request: StaffRequest) -> HttpResponse:
    """Go to where one's work is."""
    reads = Right.READ in request.staff.rights
    return redirect("office-queue" if reads else "office-people")
