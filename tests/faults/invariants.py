"""What must be true of the portal and the world together, whatever went wrong: rows that break it.

The numbers are those of docs/faults.md. What is true outside is read from the world's own memory,
so the portal cannot mark its own work. An invariant that holds only once everything has come to
rest is asked for when it has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import combinations, product
from typing import Any

from django.db.models import F, Q, QuerySet

from faults.drill import Truth
from parking.actions import charge as charges
from parking.law.application import State as ApplicationState
from parking.law.days import danish_day
from parking.law.order import State as OrderState
from parking.law.permit import State as PermitState
from parking.records.application import Application, Decision
from parking.records.audit import Incident, LookUp
from parking.records.charge import Charge, ChargeFeed, ChargePayment
from parking.records.complaint import Complaint
from parking.records.letter import Letter
from parking.records.order import Order, OrderLine, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.permit import Permit
from parking.records.tariff import FareLine, terms_on

Invariant = Callable[[Truth, Any], Iterator[str]]
_ALWAYS: dict[str, Invariant] = {}
_AT_REST: dict[str, Invariant] = {}

REGISTERS = {"population register", "address register", "vehicle register", "accounts"}
#: How old the answers may be that a permit rests on.
FRESH = timedelta(hours=24)
LIMBO = timedelta(minutes=90)


def violations(truth: Truth, now: Any, *, at_rest: bool = True) -> dict[str, list[str]]:
    """Return every row that breaks an invariant, by the invariant's number."""
    asked = {**_ALWAYS, **_AT_REST} if at_rest else _ALWAYS
    found = {number: list(holds(truth, now)) for number, holds in asked.items()}
    return {number: rows for number, rows in found.items() if rows}


def _always(invariant: Invariant) -> Invariant:
    _ALWAYS[invariant.__name__[:3].upper()] = invariant
    return invariant


def _at_rest(invariant: Invariant) -> Invariant:
    _AT_REST[invariant.__name__[:3].upper()] = invariant
    return invariant


def _of_permits() -> QuerySet[OrderLine]:
    """Return the lines that sell a permit, and not those that pay a charge."""
    return OrderLine.objects.exclude(permit=None)


def _day(moment: str) -> date:
    return danish_day(datetime.fromisoformat(moment))


def _net(payment: dict[str, Any]) -> int:
    return int(payment["charged"] - payment["refunded"])


def _is_told(payment_id: str) -> bool:
    return Incident.objects.filter(key__startswith=f"payment {payment_id}").exists()


def _can_still_be_paid(payment: dict[str, Any]) -> bool:
    return not (payment["charged"] or payment["terminated"] or payment["cancelled"])


@_at_rest
def i01_paid_is_issued(truth: Truth, now: Any) -> Iterator[str]:
    """Money that the provider keeps has bought something, or a person has been told of it."""
    delivered = set(Order.objects.filter(state="delivered").values_list("number", flat=True))
    for payment in truth.payments():
        bought = payment["order"]["reference"] in delivered
        if _net(payment) > 0 and not bought and not _is_told(payment["id"]):
            yield payment["order"]["reference"]


@_always
def i02_issued_is_paid(truth: Truth, now: Any) -> Iterator[str]:
    """A permit that costs something is valid only with all of its order's money at the provider."""
    at_provider = {payment["id"]: payment for payment in truth.payments()}
    for line in _of_permits().select_related("permit", "order__payment"):
        if line.permit.stands is PermitState.ACTIVE and line.price_ore:
            payment = getattr(line.order, "payment", None)
            there = at_provider.get(payment.payment_id) if payment else None
            kept = _net(there) if there else 0
            if kept < line.price_ore or there["charged"] < line.order.total_ore:
                yield line.permit.number


@_always
def i03_one_permit_for_each_line(truth: Truth, now: Any) -> Iterator[str]:
    """What was delivered is valid, each line once, and nothing else is."""
    for permit in Permit.objects.select_related("line__order").filter(state="active"):
        line = getattr(permit, "line", None)
        if line is None or line.order.stands is not OrderState.DELIVERED:
            yield permit.number
    twice = Counter(_of_permits().values_list("application", "order"))
    yield from (str(key) for key, times in twice.items() if times > 1)


@_always
def i04_nobody_pays_twice(truth: Truth, now: Any) -> Iterator[str]:
    """One order, or one application, is paid by one payment at most."""
    kept = [p["order"]["reference"] for p in truth.payments() if _net(p) > 0]
    paid = Counter(
        str(line.application_id)
        for line in _of_permits().select_related("order")
        for _ in range(kept.count(line.order.number))
    )
    yield from (application for application, times in paid.items() if times > 1)


@_at_rest
def i05_no_money_unknown_to_us(truth: Truth, now: Any) -> Iterator[str]:
    """Money at the provider belongs to a payment of ours, or a person has been told."""
    ours = set(Payment.objects.values_list("payment_id", flat=True))
    for payment in truth.payments():
        if _net(payment) > 0 and payment["id"] not in ours and not _is_told(payment["id"]):
            yield payment["id"]


@_at_rest
def i08_our_books_are_the_providers(truth: Truth, now: Any) -> Iterator[str]:
    """What we say was taken and paid back is what the provider took and paid back."""
    at_provider = {payment["id"]: payment for payment in truth.payments()}
    for payment in Payment.objects.select_related("order"):
        there = at_provider[payment.payment_id]
        refunds = Refund.objects.filter(order=payment.order).exclude(done=None)
        ours = sum(refunds.values_list("amount_ore", flat=True))
        differs = payment.taken_ore != there["charged"] or ours != there["refunded"]
        if differs and not _is_told(payment.payment_id):
            yield f"{payment.order.number}: {ours} and {there['refunded']}"


@_always
def i09_refunds_within_what_was_taken(truth: Truth, now: Any) -> Iterator[str]:
    """No more is paid back than was taken."""
    for payment in truth.payments():
        good = [each["amount"] for each in payment["refunds"] if each["state"] != "Failed"]
        if sum(good) > payment["charged"]:
            yield payment["order"]["reference"]


@_always
def i10_a_key_works_once(truth: Truth, now: Any) -> Iterator[str]:
    """The provider was made to pay back once at most for each refund of ours."""
    for payment in truth.payments():
        ours = Refund.objects.filter(order__number=payment["order"]["reference"]).count()
        if len(payment["refunds"]) > ours:
            yield payment["order"]["reference"]


@_at_rest
def i11_nothing_left_to_pay(truth: Truth, now: Any) -> Iterator[str]:
    """When an order has ended nothing is reserved for it and nothing can be paid any more."""
    at_provider = {payment["id"]: payment for payment in truth.payments()}
    for payment in Payment.objects.select_related("order").exclude(order__state="open"):
        if _can_still_be_paid(at_provider[payment.payment_id]):
            yield payment.order.number


@_always
def i12_the_price_is_the_price_lists(truth: Truth, now: Any) -> Iterator[str]:
    """What is ordered costs what the price list says for its first day; only the free is free."""
    for line in _of_permits().select_related("permit", "order"):
        fares = FareLine.objects.filter(
            item_number=line.item_number, in_force__contains=line.permit.days.start
        )
        if {(fare.price_ore, fare.tier == "free") for fare in fares} != {
            (line.price_ore, line.price_ore == 0)
        }:
            yield f"{line.order.number}: {line.price_ore}"
    totals = dict(Order.objects.values_list("number", "total_ore"))
    for payment in truth.payments():
        asked, reference = payment["order"]["amount"], payment["order"]["reference"]
        if asked != totals.get(reference, asked):
            yield f"{reference}: {asked} is asked at the provider"


@_always
def i13_the_total_is_the_sum(truth: Truth, now: Any) -> Iterator[str]:
    """An order costs what its lines cost."""
    for order in Order.objects.prefetch_related("lines"):
        if order.total_ore != sum(line.price_ore for line in order.lines.all()):
            yield order.number


@_at_rest
def i14_nothing_in_limbo(truth: Truth, now: Any) -> Iterator[str]:
    """Nothing waits for somebody's payment, or for its money, longer than it may."""
    for order in Order.objects.filter(state="open", opened__lt=now - LIMBO):
        yield order.number
    told = set(Incident.objects.values_list("key", flat=True))
    for refund in Refund.objects.filter(done=None, due__lt=now - LIMBO):
        row = Outgoing.objects.filter(key=f"refund {refund.id}").first()
        if row is None or f"outgoing {row.id}" not in told:
            yield str(refund.id)


_TOGETHER = {
    OrderState.OPEN: ({PermitState.RESERVED}, {ApplicationState.ORDERED}),
    OrderState.DELIVERED: (
        {PermitState.ACTIVE, PermitState.ENDED},
        {ApplicationState.GRANTED},
    ),
}
_ENDED = (
    {PermitState.RELEASED},
    set(ApplicationState) - {ApplicationState.GRANTED},
)


@_always
def i15_order_permit_and_application_go_together(truth: Truth, now: Any) -> Iterator[str]:
    """The three courses are always where one recording could have left them."""
    for line in _of_permits().select_related("permit", "application", "order"):
        permits, applications = _TOGETHER.get(line.order.stands, _ENDED)
        ended = line.order.stands not in _TOGETHER
        ordered_anew = ended and line.application.lines.count() > 1
        if line.permit.stands not in permits:
            yield f"{line.order.number}: {line.permit.state}"
        elif line.application.stands not in applications and not ordered_anew:
            yield f"{line.order.number}: {line.application.state}"
    for ordered in Application.objects.filter(state=ApplicationState.ORDERED.value):
        if not ordered.lines.filter(order__state="open").exists():
            yield f"{ordered.id} is ordered nowhere"


@_always
def i17_within_the_quota(truth: Truth, now: Any) -> Iterator[str]:
    """Nobody holds more permits on any day than the terms allow."""
    held = list(Permit.objects.holding())
    for permit in held:
        first = permit.days.start
        that_day = [
            each
            for each in held
            if (each.party_id, each.family) == (permit.party_id, permit.family)
            and first in each.days
        ]
        if len(that_day) > terms_on("resident-permit", first).permits_per_person:
            yield permit.number


@_always
def i18_one_permit_for_each_vehicle(truth: Truth, now: Any) -> Iterator[str]:
    """No two permits of a vehicle are valid on the same day."""
    for one, other in combinations(Permit.objects.holding(), 2):
        if one.plate == other.plate and one.days.overlaps(other.days):
            yield f"{one.number} and {other.number}"


@_always
def i19_decided_on_fresh_facts(truth: Truth, now: Any) -> Iterator[str]:
    """Each permit rests on a yes, and on registers that answered within a day before."""
    for permit in Permit.objects.holding():
        within = (permit.reserved - FRESH, permit.reserved + timedelta(minutes=1))
        decided = Decision.objects.filter(
            application=permit.application, answer="yes", decided__range=within
        )
        answered = LookUp.objects.filter(
            reference=str(permit.application_id), outcome="answered", at__range=within
        )
        if not decided.exists() or set(answered.values_list("register", flat=True)) != REGISTERS:
            yield permit.number


@_at_rest
def i21_booked_exactly_once(truth: Truth, now: Any) -> Iterator[str]:
    """Each delivered order is one invoice in the accounts, and no order is left half made."""
    for order in Order.objects.filter(state="delivered"):
        invoices = truth.booked("salesInvoices", order.number)
        if len(invoices) != 1 or truth.booked("salesOrders", order.number):
            yield f"{order.number}: {len(invoices)}"


@_always
def i22_nothing_unpaid_is_booked(truth: Truth, now: Any) -> Iterator[str]:
    """Only what was delivered is in the accounts."""
    delivered = set(Order.objects.filter(state="delivered").values_list("number", flat=True))
    for invoice in truth.booked("salesInvoices"):
        if invoice["externalDocumentNumber"] not in delivered:
            yield invoice["externalDocumentNumber"]


@_at_rest
def i23_booked_as_sold(truth: Truth, now: Any) -> Iterator[str]:
    """The accounts have the same amount, the same texts, and one payment."""
    for order in Order.objects.filter(state="delivered"):
        for invoice in truth.booked("salesInvoices", order.number):
            if round(invoice["totalAmountIncludingTax"] * 100) != order.total_ore:
                yield order.number
            payment = getattr(order, "payment", None)
            entries = truth.booked("customerPayments", payment.payment_id) if payment else []
            if len(entries) != bool(order.total_ore):
                yield f"{order.number}: {len(entries)} payments"


@_at_rest
def i25_the_outbox_is_empty(truth: Truth, now: Any) -> Iterator[str]:
    """What must leave has left, or a person has been told that it never will."""
    told = set(Incident.objects.values_list("key", flat=True))
    for row in Outgoing.objects.exclude(state=Outgoing.State.DONE):
        if row.state == Outgoing.State.WAITING or f"outgoing {row.id}" not in told:
            yield f"{row.kind} {row.state}"


@_always
def i26_in_the_order_of_its_lane(truth: Truth, now: Any) -> Iterator[str]:
    """Nothing has left before what stands earlier in its lane."""
    for row in Outgoing.objects.filter(state=Outgoing.State.DONE):
        before = Outgoing.objects.filter(lane=row.lane, id__lt=row.id)
        overtaken = Q(state=Outgoing.State.WAITING) | Q(done__gt=row.done)
        if before.filter(overtaken).exists():
            yield row.key


@_at_rest
def i40_no_notice_without_outcome(truth: Truth, now: Any) -> Iterator[str]:
    """After a notice came about a payment of ours, the provider was asked about it."""
    payments = {payment.payment_id: payment for payment in Payment.objects.all()}
    for notice in PaymentNotice.objects.all():
        payment = payments.get(notice.payment_id)
        if payment and (payment.asked is None or payment.asked < notice.received):
            yield notice.event_id


@_always
def i41_told_once(truth: Truth, now: Any) -> Iterator[str]:
    """No letter and no mail is sent twice, and nothing is done again that was done."""
    letters = Counter(letter["id"] for letter in truth.letters())
    yield from (key for key, times in letters.items() if times > 1)
    if len(letters) > Letter.objects.count():
        yield f"{len(letters)} letters"
    mails = Outgoing.objects.filter(kind=Outgoing.Kind.SEND_MAIL).count()
    if len(truth.mails()) > mails:
        yield f"{len(truth.mails())} mails for {mails}"


@_at_rest
def i42_a_receipt_for_each_order(truth: Truth, now: Any) -> Iterator[str]:
    """Whoever has bought something has been told so, where letters reach them."""
    for order in Order.objects.filter(state="delivered"):
        sent = Letter.objects.filter(order=order).exclude(sent=None).exists()
        row = Outgoing.objects.filter(key=f"receipt {order.number}").first()
        if not sent and (row is None or "not registered" not in row.answer):
            yield order.number


@_at_rest
def i27_every_charge_is_here_as_it_is_there(truth: Truth, now: Any) -> Iterator[str]:
    """Once the charges have been read, each is here once, as the charge system last told it."""
    if not ChargeFeed.objects.exclude(read=None).exists():
        return
    ours = dict(Charge.objects.values_list("number", "version"))
    for charge in truth.charges():
        if ours.get(charge["chargeNumber"]) != charge["version"]:
            yield f"{charge['chargeNumber']}: {ours.get(charge['chargeNumber'])}"


@_at_rest
def i28_what_is_owed_is_what_the_account_says(truth: Truth, now: Any) -> Iterator[str]:
    """What we ask for a charge is what its account there comes to."""
    there = {charge["chargeNumber"]: charge for charge in truth.charges()}
    for charge in Charge.objects.filter(number__in=there).with_what_was_done():
        lines = sum(line["amount"]["amount"] for line in there[charge.number]["ledger"])
        balance = charges.balance(charge)
        if balance.owed.ore != max(lines, 0) or balance.overpaid.ore != max(-lines, 0):
            yield f"{charge.number}: {balance.owed.ore} here, {lines} there"


@_at_rest
def i29_nothing_is_kept_for_what_was_annulled(truth: Truth, now: Any) -> Iterator[str]:
    """The money that a card paid on a charge which was annulled has gone back to it."""
    back = set(
        ChargePayment.objects.filter(charge__state="annulled", order__isnull=False)
        .exclude(refunded_ore=F("amount_ore"))
        .values_list("charge__number", flat=True)
    )
    yield from sorted(back)


@_always
def i34_no_fee_while_a_complaint_waits(truth: Truth, now: Any) -> Iterator[str]:
    """No fee is charged from the day a complaint came to the day it was answered."""
    for charge in truth.charges():
        fees = [line for line in charge["ledger"] if line["kind"] == "fee"]
        for complaint, fee in product(charge["complaints"], fees):
            decision = complaint["decision"]
            answered = _day(decision["decidedAt"]) if decision else date.max
            waited = _day(complaint["receivedAt"]) <= _day(fee["bookedAt"]) < answered
            if complaint["round"] == 1 and waited:
                yield charge["chargeNumber"]


@_at_rest
def i35_every_complaint_is_there(truth: Truth, now: Any) -> Iterator[str]:
    """Each complaint that somebody was told we have is in the charge system, once."""
    told = Counter(
        complaint["reference"] for charge in truth.charges() for complaint in charge["complaints"]
    )
    for complaint in Complaint.objects.exclude(state="draft"):
        if complaint.is_open and told[complaint.reference] != 1:
            yield complaint.reference


@_always
def i37_nothing_is_owed_for_what_was_annulled(truth: Truth, now: Any) -> Iterator[str]:
    """Nobody is asked for anything on a charge that was annulled."""
    for charge in Charge.objects.filter(state="annulled").with_what_was_done():
        if charges.balance(charge).owed:
            yield charge.number


@_always
def i50_an_instalment_is_drawn_once(truth: Truth, now: Any) -> Iterator[str]:
    """From a stored card no more was taken for an instalment than it comes to, in all its turns."""
    ours = {order.number: order for order in Order.objects.filter(instalment__isnull=False)}
    taken: Counter[tuple[Any, Any]] = Counter()
    for payment in truth.payments():
        order = ours.get(payment["order"]["reference"])
        if order is not None:
            taken[order.plan_id, order.instalment] += _net(payment)
    for order in ours.values():
        if taken[order.plan_id, order.instalment] > order.total_ore:
            yield order.number


@_at_rest
def i51_what_was_drawn_counts_once(truth: Truth, now: Any) -> Iterator[str]:
    """What was drawn stands on its charges, all of it and once; what was not drawn does not."""
    for order in Order.objects.filter(instalment__isnull=False):
        counted = sum(each.amount_ore for each in ChargePayment.objects.filter(order=order))
        if counted != sum(_net(payment) for payment in truth.payments(order.number)):
            yield order.number
