"""Who may come in: each view says it with exactly one of these, and a test walks them all.

Somebody whose session ended is sent to log in again and comes back to where they were, with what
they had typed.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, TypeAlias
from urllib.parse import urlencode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt

from parking.ports import Outside
from parking.records.party import LoginSession, Party
from parking.web import visit


class Request(HttpRequest):
    """A request as `middleware.LoggedIn` hands it on."""

    now: datetime
    outside: Outside
    party: Party | None
    login: LoginSession | None  #: the login that made it *party*'s
    session_ended: bool  #: whether somebody was logged in until just now
    visit: visit.Visit  #: what was opened without a login, where a view admits by that


class PartyRequest(Request):
    """A request from somebody who is logged in."""

    party: Party
    login: LoginSession


#: A view: it takes a request and what its address says.
View: TypeAlias = Callable[..., HttpResponse]

#: A path longer than this cannot be remembered while somebody logs in.
_LONGEST_PATH = 500
_TYPED_IS_KEPT = 3600  #: seconds


def anyone(view: View) -> View:
    """Let everybody in."""
    return admit(view, "anyone", view)


def national_login(view: View) -> View:
    """Let in the browser that the national login sends here; what it carries is signed by it."""
    return csrf_exempt(admit(view, "national login", view))


def party(*, form_at: str = "", form_of: str = "") -> Callable[[View], View]:
    """Let in who is logged in; others are asked to log in first.

    When the view can only be posted to, the page that holds the form is named: *form_at* one that
    there is one of, *form_of* that of the same thing.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, /, **named: Any) -> HttpResponse:
            if request.party is None:
                return _ask_to_log_in(request, _form(request, form_at, form_of, named))
            return view(request, **named)

        return admit(view, "party", guarded)

    return decorate


def slip(view: View) -> View:
    """Let in who is logged in, and who has opened the charge by its slip; the view says which.

    Others are asked for number and plate.
    """

    @wraps(view)
    def guarded(request: Request, /, charge_id: UUID, **named: Any) -> HttpResponse:
        request.visit = visit.of(request)
        if request.party is None and charge_id not in request.visit.charges:
            return _ask_for_the_slip(request, charge_id)
        response = view(request, charge_id=charge_id, **named)
        response["Cache-Control"] = "no-store"
        return response

    return admit(view, "slip", guarded)


def _ask_for_the_slip(request: Request, charge_id: UUID) -> HttpResponse:
    """Go and ask for number and plate, and on from there to what was asked for."""
    page = reverse("charge", kwargs={"charge_id": charge_id})
    asked = request.get_full_path() if request.method == "GET" else page
    on = asked if len(asked) <= _LONGEST_PATH else page
    response = HttpResponseRedirect(f"{reverse('charges')}?{urlencode({'next': on})}")
    response.status_code = 303
    return response


def payer(*, form_of: str = "") -> Callable[[View], View]:
    """Let in who is logged in, and who has begun the order without a login.

    *form_of* as for :func:`party`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, /, order_id: UUID, **named: Any) -> HttpResponse:
            request.visit = visit.of(request)
            if request.party is None and order_id not in request.visit.orders:
                form = _form(request, "", form_of, {"order_id": order_id, **named})
                return _ask_to_log_in(request, form)
            response = view(request, order_id=order_id, **named)
            response["Cache-Control"] = "no-store"
            return response

        return admit(view, "payer", guarded)

    return decorate


def admit(view: View, whom: str, guarded: View) -> View:
    """Return *guarded*, which lets *whom* see *view*; said once of each view."""
    if hasattr(view, "admits"):
        raise TypeError("a view says once who may come in")
    guarded.admits = whom  # type: ignore[attr-defined]
    return guarded


def _form(request: Request, form_at: str, form_of: str, named: dict[str, Any]) -> str:
    if form_of:
        return reverse(form_of, kwargs=named)
    return reverse(form_at) if form_at else request.path


def _ask_to_log_in(request: Request, path: str) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else with_typed(path, request)
    log_in = log_in_address(back)
    if request.method == "GET" and not request.session_ended:
        return redirect(log_in)
    return render(
        request,
        "citizen/session-ended.html",
        {"log_in_url": log_in, "posted": request.method == "POST"},
        status=403,
    )


def log_in_address(next_path: str) -> str:
    """Return where to log in and then go on to *next_path*."""
    return f"{reverse('login')}?{urlencode({'next': next_path})}"


def local_path(text: str) -> str:
    """Return *text* if it is a path of ours, else my page: nobody is sent away from here."""
    is_ours = text.startswith("/") and url_has_allowed_host_and_scheme(text, allowed_hosts=None)
    return text if is_ours and len(text) <= _LONGEST_PATH else reverse("my")


def with_typed(path: str, request: Request) -> str:
    """Return *path* with what was typed into its form, so that logging in loses nothing.

    It is sealed: addresses stand in histories and logs, and what was typed is nobody's to read.
    """
    fields = {
        name: value
        for name, value in request.POST.items()
        if name != "csrfmiddlewaretoken" and value
    }
    if not fields:
        return path
    sealed = _seal(settings.SECRET_KEY).encrypt(zlib.compress(json.dumps(fields).encode()))
    full = f"{path}?{urlencode({'typed': sealed.decode()})}"
    return full if len(full) <= _LONGEST_PATH else path


def typed(request: Request) -> dict[str, str]:
    """Return what was typed before somebody had to log in again; nothing if it is not known."""
    sealed = request.GET.get("typed", "")
    try:
        opened = _seal(settings.SECRET_KEY).decrypt(sealed.encode(), _TYPED_IS_KEPT)
    except InvalidToken:
        return {}
    fields: dict[str, str] = json.loads(zlib.decompress(opened))
    return fields


@lru_cache(maxsize=1)
def _seal(secret: str) -> Fernet:
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"typed before logging in")
    return Fernet(base64.urlsafe_b64encode(key.derive(secret.encode())))
