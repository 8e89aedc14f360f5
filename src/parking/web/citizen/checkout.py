"""From the basket to the receipt.

What a browser says when it comes back from the payment page is never believed: the provider is
asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parking.actions import apply, checkout, letters, login, permission, wording
from parking.law import order as law
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.money import Money, total
from parking.law.plates import Plate, spaced
from parking.ports import PortError, Unavailable
from parking.records.application import Application
from parking.records.charge import Charge
from parking.records.order import Order, Refund
from parking.records.party import Party
from parking.records.ranges import as_period
from parking.web.access import PartyRequest, Request, party, payer, typed
from parking.web.citizen import zones
from parking.web.citizen.permits import steps
from parking.web.forms import SummaryForm

_BASKET, _SUMMARY = 4, 5
#: How often and how many times the order page looks by itself while the provider does not answer.
_SECONDS_BETWEEN_LOOKS = 5
_LOOKS = 12


@party()
@require_safe
def basket(request: PartyRequest) -> HttpResponse:
    """Show what is in the basket."""
    return _basket(request)


def _basket(
    request: PartyRequest, changes: list[str] | None = None, status: int = 200
) -> HttpResponse:
    chosen = checkout.basket(request.party)
    owed = _owed(request.party, checkout.charges_in_basket(request.party))
    return render(
        request,
        "citizen/basket.html",
        {
            "lines": _lines(chosen, danish_day(request.now)),
            "charges": owed,
            "total": _total(chosen, owed),
            "open_order": checkout.open_order(request.party),
            "remembers": checkout.remembers(request.party),
            "changes": changes,
            "steps": steps(chosen[-1] if chosen else None) if chosen or not owed else [],
            "step": _BASKET,
        },
        status=status,
    )


def _lines(chosen: Any, today: Any) -> list[dict[str, Any]]:
    names = zones.names(today)
    return [
        {
            "application": each,
            "product": wording.product(each.product),
            "period": as_period(each.period),
            "price": Money(each.price_ore),
            "why": wording.why_price(each.price_reason),
            "zone": names.get(each.zone, each.zone),
        }
        for each in chosen
    ]


def _owed(party: Party, chosen: Sequence[Charge]) -> list[dict[str, Any]]:
    amounts = checkout.to_pay(party, chosen)
    return [{"charge": each, "owed": owed} for each, owed in zip(chosen, amounts, strict=True)]


def _total(chosen: Any, owed: list[dict[str, Any]]) -> Money:
    prices = [Money(each.price_ore) for each in chosen]
    return total([*prices, *(each["owed"] for each in owed)])


@party(form_at="basket")
@require_POST
def remove(request: PartyRequest, application_id: UUID) -> HttpResponse:
    """Take something out of the basket."""
    asked = permission.application_of(request.party, application_id)
    apply.withdraw(request.party, asked, now=request.now)
    return redirect("basket")


@party(form_at="basket")
@require_POST
def put_away(request: PartyRequest, charge_id: UUID) -> HttpResponse:
    """Take a charge out of the basket; it is owed as before."""
    checkout.put_away(request.party, charge_id)
    return redirect("basket")


@party()
@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: PartyRequest) -> HttpResponse:
    """Show everything once more, and begin to pay for what was agreed to."""
    chosen = checkout.basket(request.party)
    owing = checkout.charges_in_basket(request.party)
    begun = checkout.open_order(request.party)
    if begun is not None:
        return redirect("order", order_id=begun.id)
    if not chosen and not owing:
        return redirect("basket")
    remembered = checkout.remembers(request.party)
    form = SummaryForm(
        request.POST or None,
        initial={
            "email": request.party.email,
            **typed(request),
            "agreed": checkout.agreement(
                chosen, owing, checkout.to_pay(request.party, owing), remembers=remembered
            ),
        },
    )
    if request.method == "POST" and form.is_valid():
        login.set_email(request.party, form.cleaned_data["email"])
        return _begin(request, chosen, form.cleaned_data["agreed"])
    owed = _owed(request.party, owing)
    return render(
        request,
        "citizen/summary.html",
        {
            "lines": _lines(chosen, danish_day(request.now)),
            "charges": owed,
            "total": _total(chosen, owed),
            "remembers": remembered,
            "form": form,
            "steps": steps(chosen[-1]) if chosen else [],
            "step": _SUMMARY,
        },
    )


def _begin(request: PartyRequest, chosen: Any, agreed: str) -> HttpResponse:
    language = translation.get_language()
    try:
        order = checkout.begin(
            request.outside,
            request.party,
            agreed=agreed,
            language=language,
            addresses=addresses(language),
            now=request.now,
        )
    except checkout.EmptyBasket:
        return redirect("basket")
    except checkout.Changed:
        return _basket(request, _changes(chosen), status=409)
    except Unavailable:
        begun = checkout.open_order(request.party)
        if begun is None:
            raise
        return redirect("order", order_id=begun.id)
    return onward(order)


def _changes(before: Any) -> list[str]:
    """Return what is not any more as it was shown, a sentence for each."""
    now = Application.objects.in_bulk([each.id for each in before])
    told = []
    for was in before:
        found = now[was.id]
        plate = spaced(Plate(was.plate))
        if found.period is None:
            told.append(
                translation.gettext("%(plate)s er taget ud af kurven, fordi svaret har ændret sig.")
                % {"plate": plate}
            )
        elif found.price_ore != was.price_ore:
            told.append(
                translation.gettext("%(plate)s: Prisen er nu %(price)s i stedet for %(was)s.")
                % {
                    "plate": plate,
                    "price": wording.amount(Money(found.price_ore or 0)),
                    "was": wording.amount(Money(was.price_ore or 0)),
                }
            )
        elif found.period != was.period:
            told.append(
                translation.gettext("%(plate)s: Licensen gælder nu %(period)s.")
                % {"plate": plate, "period": wording.period(as_period(found.period))}
            )
    return told or [
        translation.gettext("Kurven er ændret, siden du godkendte den. Se den igennem igen.")
    ]


def addresses(language: str) -> checkout.Addresses:
    """Return our own pages that the payment provider leads to, in *language*."""

    def address(name: str, **named: str) -> str:
        with translation.override(language):
            return f"{settings.PORTAL_ADDRESS}{reverse(name, kwargs=named)}"

    return checkout.Addresses(
        back=lambda order_id: address("order-return", order_id=order_id),
        terms=address("terms"),
        notices=settings.NOTICE_ADDRESS,
    )


def onward(order: Order) -> HttpResponse:
    """Lead to the payment page while there is something to pay, else to the order."""
    if order.stands is not law.State.OPEN:
        return redirect("order", order_id=order.id)
    response = HttpResponseRedirect(order.payment.page_url)
    response.status_code = 303
    return response


def _order_of(request: Request, order_id: UUID) -> Order:
    return permission.order_of(request.party, order_id, begun=request.visit.orders)


@payer()
@require_safe
def order(request: Request, order_id: UUID) -> HttpResponse:
    """Show an order: the receipt once it is paid, else where it stands and what one can do."""
    found = _order_of(request, order_id)
    lines = list(found.lines.select_related("permit", "application", "charge"))
    permits = [line.sold[0] for line in lines if line.charge is None]
    today = danish_day(request.now)
    looks = _looks(request)
    response = render(
        request,
        "citizen/order.html",
        {
            "order": found,
            "state": found.stands.name,
            "payment": getattr(found, "payment", None),
            "refund": Refund.objects.filter(order=found).order_by("-due").first(),
            "lines": lines,
            "remembers": _remembers(found),
            "valid_from": min((each.days.start for each in permits), default=today),
            "sells_permits": bool(permits),
            "today": today,
            "zone_names": zones.names(today),
            "can": {step.name: True for step in law.COURSE.steps(found.stands, Actor.PARTY)},
            "steps": [{"title": each["title"]} for each in steps()],
            "step": _SUMMARY,
            "asking": looks is not None,
            "has_expired": found.expires <= request.now,
        },
    )
    if looks is not None and looks < _LOOKS and found.stands is law.State.OPEN:
        again = reverse("order-return", kwargs={"order_id": found.id})
        response["Refresh"] = f"{_SECONDS_BETWEEN_LOOKS}; url={again}?looked={looks + 1}"
    return response


def _remembers(order: Order) -> UUID | None:
    """Return the plan whose following instalments the card was agreed to pay, while that holds."""
    holds = {law.State.OPEN, law.State.DELIVERED}
    return order.plan_id if order.instalment is None and order.stands in holds else None


def _looks(request: Request) -> int | None:
    """Return how often the provider has been asked in vain, or ``None`` if it has answered."""
    looked = request.GET.get("looked", "")
    return int(looked) if looked.isascii() and looked.isdigit() and len(looked) < 3 else None  # noqa: PLR2004


@payer()
@require_safe
def come_back(request: Request, order_id: UUID) -> HttpResponse:
    """Come back from the payment page: ask the provider what is true, and show that."""
    found = _order_of(request, order_id)
    page = reverse("order", kwargs={"order_id": found.id})
    if hasattr(found, "payment"):
        try:
            checkout.settle(request.outside, found.payment.payment_id, now=request.now)
        except PortError:
            return redirect(f"{page}?looked={_looks(request) or 0}")
    return redirect(page)


@payer(form_of="order")
@require_POST
def pay(request: Request, order_id: UUID) -> HttpResponse:
    """Go on to the payment page of an order that is not paid yet."""
    found = _order_of(request, order_id)
    if found.stands is law.State.OPEN and not hasattr(found, "payment"):
        try:
            checkout.open_payment(
                request.outside,
                found,
                addresses=addresses(found.language),
                now=request.now,
            )
        except Unavailable:
            return redirect("order", order_id=found.id)
    return onward(found)


@payer(form_of="order")
@require_POST
def cancel(request: Request, order_id: UUID) -> HttpResponse:
    """Cancel an order that is not paid, and give the basket back."""
    found = _order_of(request, order_id)
    if found.stands is law.State.OPEN:
        checkout.cancel(request.outside, found, now=request.now)
    return redirect("order", order_id=found.id)


@payer()
@require_safe
def receipt(request: Request, order_id: UUID) -> HttpResponse:
    """Give the receipt as a PDF."""
    found = _order_of(request, order_id)
    if found.stands is not law.State.DELIVERED:
        raise permission.NotYours("receipt")
    response = HttpResponse(letters.receipt_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.number}.pdf"'
    return response
