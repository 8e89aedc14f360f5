"""Charges: found by the slip or on my page, seen, understood and paid.

Without a login one sees the one charge whose slip one has, and nothing about any person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import charge as charges
from parking.actions import (
    charge_case,
    charge_facts,
    charge_letters,
    charge_photos,
    charge_wording,
    checkout,
    complain,
    complaints_elsewhere,
    evidence,
    plan,
    plans_elsewhere,
    progress,
    slip,
)
from parking.actions.permission import NotYours
from parking.actions.plan_progress import PlanProgress
from parking.law import order as order_law
from parking.law.charge import ChargeNumber, Hold, NotAChargeNumber, charge_number
from parking.law.days import danish_day
from parking.law.instalments import Limits
from parking.law.instalments import State as PlanState
from parking.law.money import NOTHING, Money
from parking.ports import NotFound, Unavailable
from parking.ports.charges import ChargeAnswer, SentLetter
from parking.ports.places import Point
from parking.records.charge import Charge, ChargeClaim
from parking.records.letter import Letter
from parking.records.order import Order
from parking.web import access, visit
from parking.web.access import PartyRequest, Request, anyone, party
from parking.web.citizen import complaints
from parking.web.citizen import map as zone_map
from parking.web.citizen.checkout import addresses, onward
from parking.web.citizen.opening import opened
from parking.web.forms import SlipForm

_ON_A_PAGE = 50
_NOT_WANTED = frozenset({"0", "0.0", "0.00", "0.000"})  #: how much a browser wants a language
_LONGEST_AMOUNT = 9  #: digits of an amount in øre


@anyone
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: Request) -> HttpResponse:
    """Ask for number and plate, or for the slip's code once they have been guessed at."""
    form = SlipForm(request.POST or None, code_needed="code" in request.POST)
    sent_here = request.POST.get("next", "") or request.GET.get("next", "")
    why = ""
    if request.method == "POST" and form.is_valid():
        asked = slip.Slip(
            number=form.cleaned_data["number"],
            plate=form.cleaned_data["plate"],
            code=form.cleaned_data.get("code", ""),
        )
        try:
            return _open(request, asked, sent_here)
        except slip.NoSuchCharge:
            why = "wrong code" if asked.code else "not found"
        except slip.CodeNeeded:
            # The code is asked for only now: that it is missing is no mistake yet.
            if "code" not in request.POST:
                form = SlipForm(initial=request.POST.dict(), code_needed=True)
            why = "code needed"
        except Unavailable:
            why = "away"
    return render(
        request,
        "citizen/charge-find.html",
        {
            "form": form,
            "why": why,
            "next": sent_here,
            "log_in_url": access.log_in_address(sent_here or reverse("my-charges")),
        },
        status=_STATUS_OF.get(why, 422 if why or form.errors else 200),
    )


_STATUS_OF: Final = {"away": 503}


@anyone
@require_safe
def scan(request: Request, number: str, code: str) -> HttpResponse:
    """Come straight from the QR code on the slip.

    A charge that was given just now, and is not here yet, is asked for. A wrong code and a number
    that there is not are answered alike, so that nobody learns which numbers there are; by the
    plate one can still ask.
    """
    try:
        meant = charge_number(number)
    except NotAChargeNumber:
        raise NotYours("charge") from None
    if _asks_for_another_language(request):
        translation.activate("en")
    try:
        return _open(request, slip.Slip(number=meant, plate=None, code=code))
    except slip.NoSuchCharge:
        form = SlipForm(initial={"number": meant}, code_needed=False)
        told = {"form": form, "why": "not here yet"}
        return render(request, "citizen/charge-find.html", told, status=404)
    except Unavailable:
        # The code stays, so that nobody has to type it when the plate alone does not suffice.
        form = SlipForm(initial={"number": meant, "code": code}, code_needed=True)
        told = {"form": form, "why": "away"}
        return render(request, "citizen/charge-find.html", told, status=_STATUS_OF["away"])


def _asks_for_another_language(request: Request) -> bool:
    """Tell whether a browser says which languages it reads, and Danish is none of them.

    The address on a slip is the same for everybody, so it names no language.
    """
    asked = [
        part.partition(";")[0].strip().lower()
        for part in request.headers.get("Accept-Language", "").split(",")
        if part.partition(";q=")[2].strip() not in _NOT_WANTED
    ]
    return any(asked) and not any(each == "*" or each.split("-")[0] == "da" for each in asked)


def _open(request: Request, asked: slip.Slip, sent_here: str = "") -> HttpResponse:
    """Open a charge, and remember in this browser that its slip was shown.

    Who was *sent_here* from a page about that charge goes on to it.
    """
    found = slip.find(
        request.outside,
        asked,
        asker=request.META["REMOTE_ADDR"],
        party=request.party,
        now=request.now,
    )
    seen = visit.of(request).with_charge(found.id)
    response = HttpResponseRedirect(_onward(sent_here, found, seen))
    response.status_code = 303
    return visit.keep(response, seen)


def _onward(sent_here: str, found: Charge, seen: visit.Visit) -> str:
    """Return where one goes on to who has shown the slip of the charge *found*.

    Of a complaint without a login one shows its code first.
    """
    try:
        meant = resolve(urlsplit(sent_here).path).kwargs
    except Resolver404:
        meant = {}
    if meant.get("charge_id") != found.id or access.local_path(sent_here) != sent_here:
        return _address(found)
    if meant.get("complaint_id", found.id) not in {found.id, *seen.complaints}:
        return reverse("complaint-code", kwargs={"charge_id": found.id})
    return sent_here


@party()
@require_safe
def mine(request: PartyRequest) -> HttpResponse:
    """Show the charges of the vehicles that were mine at the time, and those I have added."""
    known = evidence.with_answers(charges.mine(request.party), request.party)
    shown = list(complain.with_unfinished(known, request.party)[:_ON_A_PAGE])
    accepted = progress.share_terms(shown, now=request.now).plan_limits
    kept = plan.shown_to(request.party)
    is_free = kept is None or not kept.is_kept
    return render(
        request,
        "citizen/charges.html",
        {
            "charges": [_in_short(each, kept, now=request.now) for each in shown],
            "most": _ON_A_PAGE,
            "plan": kept.plan if kept is not None else None,
            "may_plan": is_free and _may_plan(request, shown, accepted),
        },
    )


def _may_plan(request: PartyRequest, shown: list[Charge], accepted: Limits) -> bool:
    """Tell whether a plan would be accepted: about what was theirs, not what they added."""
    if len(shown) == _ON_A_PAGE:
        return bool(plan.choices(request.party, now=request.now))
    theirs = [each for each in shown if each.was_theirs]
    return bool(plan.choices_among(theirs, accepted, now=request.now))


def _in_short(charge: Charge, kept: PlanProgress | None, *, now: datetime) -> dict[str, Any]:
    """Return what the list says of a charge, whose party may keep a plan."""
    will, balance = evidence.is_to_be_annulled(charge), charges.balance_if_known(charge)
    seen = progress.seen(charge, will_be_annulled=will, now=now)
    owed = balance.owed if balance is not None and seen.is_claimed else NOTHING
    due = seen.due if owed and charges.payable(charge) else None
    is_late = due is not None and due < danish_day(now)
    complaint, drafted = complain.unfinished(charge)
    return {
        "charge": charge,
        "place": charges.answer_of(charge).place,
        "state": charge_wording.state(
            charges.stands(charge), balance, will_be_annulled=will, is_late=is_late
        ),
        "owed": owed,
        "due": due,
        "is_late": is_late,
        "stopped": charge_wording.waits(Hold.CASE_WORKER, until=seen.stopped_until)
        if owed and Hold.CASE_WORKER in seen.waits_for
        else "",
        "in_parts": bool(owed) and Hold.PLAN in seen.waits_for,
        "plan": _next_part(kept, now)
        if kept is not None and kept.is_kept and charge in kept.charges
        else None,
        "complaint": complaint,
        "drafted": drafted,
    }


@access.slip
@require_safe
def charge(request: Request, charge_id: UUID) -> HttpResponse:
    """Show a charge: what, where and when, why, what it costs by now, and what happens next."""
    found = opened(request, charge_id)
    is_due = evidence.check_soon_if_never(found, request.party, now=request.now)
    told = charges.answer_of(found)
    balance = charges.balance_if_known(found)
    owed = NOTHING if balance is None else balance.owed
    complained = complaints.of_charge(request, found)
    will, payable = bool(complained["will"]), charges.payable(found)
    # Nobody is asked to pay what may be annulled by a machine before they have found their card.
    is_looked_at = is_due and bool(payable) and not will
    seen = progress.seen(found, will_be_annulled=will, now=request.now)
    due = seen.due if owed and seen.is_claimed else None
    is_late = due is not None and due < danish_day(request.now)
    state = charge_wording.state(
        charges.stands(found),
        balance,
        will_be_annulled=will,
        is_looked_at=is_looked_at,
        is_late=is_late,
    )
    return render(
        request,
        "citizen/charge.html",
        {
            "charge": found,
            "number": ChargeNumber(found.number),
            "told": told,
            "observed": _minutes(told),
            "valves": charge_wording.valves(told.observation.valves),
            "map": zone_map.box_at(told.place.point) if told.place.point else {},
            "here": _spot(told.place.point),
            "account": charge_wording.account(charges.account(found), charges.paid_here(found)),
            "balance": balance,
            "returning": charges.on_its_way_back(found),
            "payable": payable,
            "is_looked_at": is_looked_at,
            "state": state,
            "is_claimed": seen.is_claimed,
            "due": due,
            "is_late": is_late,
            "plan_ended": bool(owed)
            and seen.is_claimed
            and any(each.plan.stands is PlanState.BROKEN for each in found.instalments.all()),
            "payment_line": charge_letters.payment_line(told)
            if seen.is_claimed and payable
            else "",
            "plan": _in_instalments(request, found, seen),
            "plan_elsewhere": _plan_elsewhere(request, found, told),
            "next": [] if will else list(charge_case.next_sentences(seen, balance)),
            "letters": _letters(request, found, told),
            "photos": range(1, told.images + 1),
            "mine": _is_mine(request, found),
            "added": request.party is not None
            and ChargeClaim.objects.filter(party=request.party, charge=found).exists(),
            "begun": _begun(request, found),
            "offences": charge_wording.offences(told),
            **complained,
        },
    )


def _in_instalments(request: Request, found: Charge, seen: progress.Seen) -> dict[str, Any] | None:
    """Return the plan that a charge is paid by, and its next date: its party's own to see."""
    if Hold.PLAN not in seen.waits_for:
        return None
    kept = plan.kept_for(request.party, found)
    if kept is None:
        return None
    return _next_part(kept, request.now)


def _next_part(kept: PlanProgress, now: datetime) -> dict[str, Any] | None:
    """Return the next instalment of a plan that is kept, and when it is drawn or to be paid."""
    if not kept.left:
        return None
    last_day, today = kept.last_day, danish_day(now)
    return {
        "plan": kept.plan,
        "next": kept.left[0][1],
        "draw": kept.next_draw(on=today),
        "last_day": last_day,
        "is_late": last_day is not None and last_day < today,
        "waits": kept.waits(on=today),
    }


def _plan_elsewhere(
    request: Request, found: Charge, told: ChargeAnswer
) -> plans_elsewhere.PlanElsewhere | None:
    """Return the plan that was agreed elsewhere: for whoever held the vehicle alone."""
    if not told.plan or not charge_facts.held_alone(found, request.party):
        return None
    return plans_elsewhere.of(request.outside, found, on=danish_day(request.now))


def _spot(point: Point | None) -> str:
    """Return how the page about places is asked for *point*."""
    return urlencode({"x": f"{point.x:.1f}", "y": f"{point.y:.1f}"}) if point else ""


def _is_mine(request: Request, found: Charge) -> bool:
    return request.party is not None and charges.mine(request.party).filter(id=found.id).exists()


def _begun(request: Request, found: Charge) -> Order | None:
    """Return the order by which this browser is paying the charge without a login."""
    if not request.visit.orders:
        return None
    return (
        Order.objects.filter(
            id__in=request.visit.orders, lines__charge=found, state=order_law.State.OPEN.value
        )
        .select_related("payment")
        .first()
    )


def _letters(request: Request, found: Charge, told: ChargeAnswer) -> list[dict[str, Any]]:
    """Return what has been sent, the newest last, with a file where it was sent to who asks.

    That something was sent everybody may know who sees the charge; what stands in it is its
    addressee's.
    """
    mine = {f"letter-{each.id}": each for each in _letters_to(request, found)}
    known = {letter.reference for letter in told.letters}
    sent = [
        {
            "sent": each.sent,
            "subject": charge_wording.letter(each.kind, each.subject, _language(each, mine)),
            "file": mine.get(each.reference),
        }
        for each in told.letters
    ]
    sent += [
        {
            "sent": each.sent,
            "subject": charge_wording.letter(each.kind, each.subject, each.language),
            "file": each,
        }
        for reference, each in mine.items()
        if reference not in known
    ]
    return sent


def _language(letter: SentLetter, mine: Mapping[str, Letter]) -> str:
    """Return which language a letter is written in: Danish, unless we know better."""
    ours = mine.get(letter.reference)
    return settings.LANGUAGE_CODE if ours is None else ours.language


def _letters_to(request: Request, found: Charge) -> QuerySet[Letter]:
    if request.party is None:
        return Letter.objects.none()
    return (
        Letter.objects.filter(
            charge=found,
            addressee_fingerprint__in=request.party.number_fingerprints,
            sent__isnull=False,
        )
        .defer("pdf", "addressee_sealed")
        .order_by("sent")
    )


@access.slip
@require_safe
def letter(request: Request, charge_id: UUID, letter_id: UUID) -> HttpResponse:
    """Give a letter as it was sent, to whom it was sent."""
    found = opened(request, charge_id)
    sent = _letters_to(request, found).filter(id=letter_id).first()
    if sent is None:
        raise NotYours("letter")
    return _pdf(bytes(sent.pdf), f"{found.number}-{sent.kind}.pdf")


@access.slip
@require_safe
def case(request: Request, charge_id: UUID) -> HttpResponse:
    """Give everything about the charge as one document, with the complaints of who asks."""
    found = opened(request, charge_id)
    mine = complain.open_to(found, party=request.party, opened=request.visit.complaints)
    told = complaints_elsewhere.readable(request.party, found)
    will = complaints.will_be_annulled(request, found)
    content = charge_case.pdf(
        request.outside, found, mine, elsewhere=told, will=will, now=request.now
    )
    return _pdf(content, f"{found.number}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _minutes(told: ChargeAnswer) -> int:
    return int((told.observation.ended - told.observation.began).total_seconds() // 60)


@access.slip
@require_safe
def photos(request: Request, charge_id: UUID) -> HttpResponse:
    """Show the warden's photographs large, with what each of them shows."""
    found = opened(request, charge_id)
    shown = charge_photos.photos(request.outside, found)
    return render(request, "citizen/charge-photos.html", {"charge": found, "photos": shown})


@access.slip
@require_safe
def photo(request: Request, charge_id: UUID, number: int) -> HttpResponse:
    """Send one of the warden's photographs; nobody else keeps it."""
    found = opened(request, charge_id)
    try:
        content_type, content = request.outside.charges.image(found.source_id, number)
    except NotFound:
        raise NotYours("photo") from None
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'inline; filename="{found.number}-{number}.jpg"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@access.slip
@require_POST
def pay(request: Request, charge_id: UUID) -> HttpResponse:
    """Put the charge in the basket; without a login go straight to the payment page."""
    found = opened(request, charge_id)
    try:
        if request.party is not None:
            checkout.choose(request.party, found, now=request.now)
            return redirect("basket")
        order = checkout.begin_without_login(
            request.outside,
            found,
            agreed=_agreed(request),
            begun=request.visit.orders,
            language=translation.get_language(),
            addresses=addresses(translation.get_language()),
            now=request.now,
        )
    except (checkout.NothingOwed, checkout.Changed):
        return HttpResponseRedirect(f"{_address(found)}?changed=yes")
    except Unavailable:
        return HttpResponseRedirect(f"{_address(found)}?away=yes")
    return visit.keep(onward(order), request.visit.with_order(order.id))


def _agreed(request: Request) -> Money:
    said = request.POST.get("owed", "")
    return Money(int(said) if said.isascii() and said.isdigit() and len(said) <= 9 else 0)  # noqa: PLR2004


def _address(found: Charge) -> str:
    return str(redirect("charge", charge_id=found.id)["Location"])


@access.slip
@require_POST
def add(request: Request, charge_id: UUID) -> HttpResponse:
    """Put a charge on my page: I borrowed the car. It opens this charge and no other."""
    found = opened(request, charge_id)
    if request.party is None:
        return redirect(access.log_in_address(_address(found)))
    charges.claim(request.party, found, now=request.now)
    return redirect("charge", charge_id=found.id)


@access.slip
@require_POST
def take_off(request: Request, charge_id: UUID) -> HttpResponse:
    """Take a charge that I had added off my page."""
    found = opened(request, charge_id)
    if request.party is not None:
        charges.give_up(request.party, found)
    return redirect("my-charges")
