"""Logging in and out, and my page."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from parking.actions import apply, complain, login
from parking.actions import charge as charges
from parking.actions import permit as life
from parking.law import application as application_law
from parking.law import order as order_law
from parking.law import permit as permit_law
from parking.law.days import danish_day
from parking.law.reasoning import Answer
from parking.ports import Unavailable
from parking.records.application import Application
from parking.records.order import Order
from parking.records.permit import Permit
from parking.web.access import (
    PartyRequest,
    Request,
    anyone,
    local_path,
    national_login,
    party,
)
from parking.web.citizen import plans, zones

#: The language and the secret of the browser that is away to log in. It comes back by a form that
#: another site posts, which a session's cookie would not follow.
_LOGIN_COOKIE = "__Host-login"
_NEWEST = 20
#: Orders about which there is something to do or to know.
_TOLD_OF = (order_law.State.OPEN, order_law.State.REFUND_DUE, order_law.State.REFUNDED)


@anyone
@require_safe
def log_in(request: Request) -> HttpResponse:
    """Go to the national login, and afterwards to ``next``."""
    next_path = local_path(request.GET.get("next", ""))
    if request.party is not None:
        return redirect(next_path)
    language = translation.get_language()
    begun = login.begin(request.outside, next_path=next_path, language=language, now=request.now)
    response = HttpResponseRedirect(begun.url)
    response.set_cookie(
        _LOGIN_COOKIE,
        f"{language}.{begun.browser_secret}",
        max_age=login.LONGEST_ATTEMPT,
        secure=True,
        httponly=True,
        samesite="None",
    )
    return response


@national_login
@require_POST
def arrive(request: Request) -> HttpResponse:
    """Take the national login's answer, and begin a session that nobody has used before."""
    language, _, browser_secret = request.COOKIES.get(_LOGIN_COOKIE, "").partition(".")
    _speak(language)
    logged_in = login.complete(
        request.outside,
        saml_response=request.POST.get("SAMLResponse", ""),
        return_key=request.POST.get("RelayState", ""),
        browser_secret=browser_secret,
        language=translation.get_language(),
        now=request.now,
    )
    if request.login is not None:
        login.end_session(request.login.session_key)
    request.session.flush()
    request.session["party"] = str(logged_in.party.id)
    request.session.save()
    assert request.session.session_key is not None
    login.begin_session(
        logged_in.party,
        logged_in.arrival,
        session_key=request.session.session_key,
        now=request.now,
    )
    rotate_token(request)
    response = HttpResponseRedirect(local_path(logged_in.next_path))
    response.status_code = 303
    response.delete_cookie(_LOGIN_COOKIE, samesite="None")
    response.cookies[_LOGIN_COOKIE]["secure"] = True
    return response


def _speak(language: str) -> None:
    """Go on in the language somebody left us in; what the national login calls names none."""
    if language in dict(settings.LANGUAGES):
        translation.activate(language)


@anyone
@require_safe
def saml_metadata(request: Request) -> HttpResponse:
    """Tell the national login who we are."""
    return HttpResponse(
        request.outside.identity.metadata(), content_type="application/samlmetadata+xml"
    )


@national_login
@require_safe
def saml_logout(request: Request) -> HttpResponse:
    """Take a logout that began elsewhere, or the answer to one that began here."""
    if "SAMLRequest" not in request.GET:
        _speak(request.GET.get("RelayState", ""))
        return _logged_out(request)
    identity = request.outside.identity
    notice = identity.logout_notice(query=request.META["QUERY_STRING"], now=request.now)
    login.end_sessions_elsewhere(notice)
    return HttpResponseRedirect(
        identity.acknowledge_logout(notice, return_key=request.GET.get("RelayState", ""))
    )


@party(form_at="front")
@require_POST
def log_out(request: PartyRequest) -> HttpResponse:
    """End the session here, whatever happens, and then everywhere else if the login answers."""
    session = request.login
    login.end_session(session.session_key)
    request.session.flush()
    try:
        departure = request.outside.identity.log_out(
            name_id=request.party.name_id,
            session_index=session.session_index,
            return_key=translation.get_language(),
        )
    except Unavailable:
        return _logged_out(request)
    return _forgotten(HttpResponseRedirect(departure.url))


def _logged_out(request: Request) -> HttpResponse:
    request.party = None
    return _forgotten(render(request, "citizen/logged-out.html"))


def _forgotten(response: HttpResponse) -> HttpResponse:
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@party()
@require_safe
def my(request: PartyRequest) -> HttpResponse:
    """What one has, what one waits for and what one may do."""
    today = danish_day(request.now)
    permits = list(
        Permit.objects.filter(party=request.party)
        .exclude(state__in=[permit_law.State.RESERVED.value, permit_law.State.RELEASED.value])
        .order_by("-period")
    )
    valid = [p for p in permits if p.is_valid_on(today)]
    later = [p for p in permits if p.stands is permit_law.State.ACTIVE and today < p.days.start]
    unfinished = Application.objects.filter(
        party=request.party, state__in=apply.UNFINISHED
    ).order_by("-changed")[:_NEWEST]
    begun = [a for a in unfinished if a.stands is application_law.State.DRAFT]
    orders = list(
        Order.objects.filter(
            Q(instalment=None) | ~Q(state=order_law.State.OPEN.value),
            party=request.party,
            state__in=[state.value for state in _TOLD_OF],
        ).order_by("-opened")[:_NEWEST]
    )
    return render(
        request,
        "citizen/my.html",
        {
            "valid": valid,
            "later": later,
            "past": [p for p in permits if p not in valid and p not in later],
            "renewable": {p.id for p in valid if life.renewable(p, now=request.now)},
            "zone_names": zones.names(today),
            "open_order": next((o for o in orders if o.stands is order_law.State.OPEN), None),
            "waiting": [a for a in unfinished if a.stands is application_law.State.WAITING],
            "ready": [a for a in begun if a.answer is Answer.YES],
            "refused": [a for a in begun if a.answer is Answer.NO],
            "in_basket": [a for a in unfinished if a.stands is application_law.State.IN_BASKET],
            "refunds": [order for order in orders if order.stands is not order_law.State.OPEN],
            "charges_owed": charges.mine(request.party).filter(balance_ore__gt=0).count(),
            "plan": plans.card(request.party, now=request.now),
            "complaints": complain.unfinished_of(request.party),
        },
    )
