"""Paying: from the basket to valid permits, so that money and permit never part.

When payment begins everything is decided again and reserved; the database has the last word. What
the provider says when asked is the truth: a returning browser, a notice and the clock are only
reasons to ask, and all lead to :func:`settle`, one re-reading and one conditional change of state.
Each may come first, twice, late or never.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from parking.actions import apply, gather, send, wording
from parking.actions import charge as charges
from parking.actions.permission import NotYours
from parking.actions.refund import owe
from parking.law import application as application_law
from parking.law import charge as charge_law
from parking.law import instalments as plan_law
from parking.law import order as law
from parking.law import permit as permit_law
from parking.law import quota
from parking.law.course import Actor
from parking.law.days import Period, danish_day
from parking.law.money import Money, total
from parking.law.permits import resident
from parking.law.plates import Plate, spaced
from parking.law.price import NoFare
from parking.ports import NotFound, Outside, PortError, Rejected
from parking.ports.payments import DrawRequest, PaymentLine, PaymentRequest, PaymentTruth
from parking.records import order as orders
from parking.records import permit as permits
from parking.records.application import Application
from parking.records.charge import Charge, ChargePayment, ChosenCharge
from parking.records.collection import Plan
from parking.records.order import Order, OrderLine, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.ranges import as_period, as_range
from parking.records.recording import each_one_at_a_time, one_at_a_time, recording

log = structlog.get_logger(__name__)

#: What money for charges is booked as in the accounts.
CHARGE_ITEM = "PARKAFG"
#: How long what is reserved is kept for somebody who is paying.
TIME_TO_PAY = timedelta(minutes=60)
#: How long after it ended an order is still asked about, in case money came after all.
LATE_MONEY = timedelta(days=3)
#: How long an order waits that draws an instalment; it reserves nothing, and asks nobody to pay.
TIME_TO_DRAW = timedelta(days=3)


class EmptyBasket(LookupError):
    """There is nothing to pay for."""


class NothingOwed(LookupError):
    """There is nothing to pay on the charge here: it is paid, annulled or at debt collection."""


class Changed(Exception):
    """The basket is not what was agreed to any more; nothing was ordered. It shows what changed."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Our own pages that the provider sends people and notices to; each takes an order's id."""

    back: Callable[[str], str]
    terms: str
    notices: str


def basket(party: Party) -> Sequence[Application]:
    """Return what *party* has in the basket."""
    return list(
        Application.objects.filter(
            party=party, state=application_law.State.IN_BASKET.value
        ).order_by("created")
    )


def charges_in_basket(party: Party) -> Sequence[Charge]:
    """Return the charges that *party* has in the basket."""
    chosen = Charge.objects.filter(chosen__party=party).order_by("chosen__chosen")
    return list(chosen.prefetch_related("payments__refunds", "steps"))


def choose(
    party: Party,
    charge: Charge,
    *,
    now: datetime,
) -> None:
    """Put all that is owed on *charge*, which stands on *party*'s page, in the basket.

    If it lay there as part of an instalment, what was agreed to with that ends.

    :raises NothingOwed: if there is nothing to pay on it here.
    """
    if not charges.payable(charge):
        raise NothingOwed(charge.number)
    with recording():
        one_at_a_time("party", party.id)
        _end_consent(ChosenCharge.objects.filter(party=party, charge=charge))
        _choose(party, charge, now, part_ore=None, remember=None)


def choose_instalment(
    party: Party,
    shares: Sequence[tuple[Charge, Money]],
    *,
    remember: Plan | None = None,
    now: datetime,
) -> None:
    """Put an instalment in *party*'s basket: a share of what is owed on each of its charges.

    *remember* is the plan it belongs to, if the card that pays it is to pay the following ones. The
    consent holds for this plan and this payment: it ends when any of it leaves the basket unpaid,
    when another instalment is chosen, and with the plan.

    :raises NothingOwed: if there is nothing to pay on one of them here.
    """
    for charge, _share in shares:
        if not charges.payable(charge):
            raise NothingOwed(charge.number)
    with recording():
        one_at_a_time("party", party.id)
        _end_consent(ChosenCharge.objects.filter(party=party))
        for charge, share in shares:
            _choose(party, charge, now, part_ore=share.ore, remember=remember)


def _choose(party: Party, charge: Charge, now: datetime, **how: object) -> None:
    ChosenCharge.objects.update_or_create(
        party=party, charge=charge, defaults=how, create_defaults={"chosen": now, **how}
    )


def end_consent(plan: Plan) -> None:
    """Take back that a card which has not paid yet is to pay for *plan*, within a recording."""
    _end_consent(ChosenCharge.objects.filter(remember=plan))
    begun = Order.objects.filter(plan=plan, instalment=None, state=law.State.OPEN.value)
    begun.update(plan=None)


def _end_consent(rows: QuerySet[ChosenCharge]) -> None:
    """End what was agreed to with any of *rows*, on all that it was agreed to with."""
    plans = rows.exclude(remember=None).values_list("remember", flat=True)
    agreed = ChosenCharge.objects.filter(remember__in=list(plans)).order_by("id")
    for each in agreed.select_for_update():  # in an order that is everybody's
        each.remember = None
        each.save(update_fields=["remember"])


def _take_out(rows: QuerySet[ChosenCharge]) -> int:
    """Take *rows* out of their baskets, within a recording; return how many there were."""
    _end_consent(rows)
    gone, _by_table = rows.delete()
    return gone


def to_pay(party: Party, owed: Sequence[Charge]) -> list[Money]:
    """Return how much of each charge in the basket is to be paid: all, or one instalment."""
    parts = dict(
        ChosenCharge.objects.filter(party=party, charge__in=owed).values_list("charge", "part_ore")
    )
    return [
        payable if (part := parts.get(each.id)) is None else min(payable, Money(part))
        for each in owed
        for payable in [charges.payable(each)]
    ]


def remembers(party: Party) -> Plan | None:
    """Return the plan whose following instalments the card that pays the basket is to pay."""
    return Plan.objects.filter(
        party=party, state=plan_law.State.AGREED.value, chosen__party=party
    ).first()


def put_away(party: Party, charge_id: UUID) -> None:
    """Take a charge out of *party*'s basket again.

    :raises NotYours: if it is not there.
    """
    with recording():
        gone = _take_out(ChosenCharge.objects.filter(party=party, charge=charge_id))
    if not gone:
        raise NotYours("charge")


def agreement(
    chosen: Sequence[Application],
    owed: Sequence[Charge] = (),
    amounts: Sequence[Money] | None = None,
    *,
    remembers: Plan | None = None,
) -> str:
    """Return what somebody agrees to who pays for *chosen* and what is *owed* on charges.

    *amounts* are how much of each charge is to be paid; all of it if they are not given. Another
    permit, zone, period or price of the same total is another agreement; so is it whether the card
    *remembers*: is to pay the following instalments of a plan, and of which.
    """
    said = [f"{a.id} {a.zone} {as_period(a.period)} {a.price_ore}" for a in chosen]
    amounts = [charges.payable(charge) for charge in owed] if amounts is None else amounts
    said += [f"{each.id} {amount.ore}" for each, amount in zip(owed, amounts, strict=True)]
    if remembers is not None:
        said.append(f"card for plan {remembers.id}")
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()


def open_order(party: Party) -> Order | None:
    """Return the order that *party* has begun to pay for, if any; not one that we draw."""
    return (
        Order.objects.select_related("payment")
        .filter(party=party, state=law.State.OPEN.value, instalment=None)
        .first()
    )


def begin(
    outside: Outside, party: Party, *, agreed: str, language: str, addresses: Addresses,
    now: datetime,
) -> Order:  # fmt: skip
    """Order what is in the basket if it is what was *agreed* to, and open its payment.

    *agreed* is the :func:`agreement` about the basket as it was shown. Everything is asked and
    decided again first. A party that is already paying gets the order it is paying for: a double
    click and a second tab are one order.

    :raises EmptyBasket: if there is nothing in it.
    :raises Changed: if something in it may not be sold like that any more.
    :raises Unavailable: if the payment could not be opened; the order is kept, and trying again
        goes on with it.
    :raises Rejected: if the provider would not open it.
    """
    order = open_order(party)
    if order is None:
        gathered = [
            (application, _ask_afresh(outside, application, now)) for application in basket(party)
        ]
        owed = [charges.refreshed(outside, each, now=now) for each in charges_in_basket(party)]
        try:
            order = _order(party, gathered, owed, agreed=agreed, language=language, now=now)
        except IntegrityError as somebody_was_faster:
            # The database refused: another purchase took the vehicle or the place in the quota
            # after we looked. Asking once more shows the party what is in the way.
            _order_nothing(party, gathered, now)
            raise Changed from somebody_was_faster
    if order.stands is law.State.OPEN and not hasattr(order, "payment"):
        open_payment(outside, order, addresses=addresses, now=now)
    return order


def begin_without_login(
    outside: Outside, charge: Charge, *, agreed: Money, begun: Collection[UUID], language: str,
    addresses: Addresses, now: datetime,
) -> Order:  # fmt: skip
    """Order what is owed on *charge*, if it is what was *agreed* to, for whoever has its slip.

    *begun* are the orders that the same visitor has begun before: who is paying this charge already
    gets that order. Others may pay it at the same time: what comes too much is refunded.

    :raises NothingOwed: if there is nothing to pay.
    :raises Changed: if another amount is owed by now.
    :raises Unavailable: if the payment could not be opened; the order is kept.
    :raises Rejected: if the provider would not open it.
    """
    charge = charges.refreshed(outside, charge, now=now)
    with recording():
        one_at_a_time("charge", charge.id)
        order = (
            Order.objects.select_related("payment")
            .filter(id__in=list(begun), state=law.State.OPEN.value, lines__charge=charge)
            .first()
        )
        if order is None:
            owed = charges.payable(charge)
            if not owed:
                raise NothingOwed(charge.number)
            if owed != agreed:
                raise Changed
            order = _open(None, owed, language, now)
            _write_charge(order, charge, owed)
    if not hasattr(order, "payment"):
        open_payment(outside, order, addresses=addresses, now=now)
    return order


def _ask_afresh(outside: Outside, application: Application, now: datetime) -> gather.Answers:
    return apply.gather_for(
        outside,
        application.party,
        Plate(application.plate),
        reference=str(application.id),
        asked_by="party",
        now=now,
    )


def _order(
    party: Party,
    gathered: Sequence[tuple[Application, gather.Answers]],
    owed: Sequence[Charge],
    *,
    agreed: str,
    language: str,
    now: datetime,
) -> Order:
    with recording():
        one_at_a_time("party", party.id)
        for plate in sorted({application.plate for application, _answers in gathered}):
            one_at_a_time("plate", plate)
        each_one_at_a_time("charge", [charge.id for charge in owed])
        if begun := open_order(party):
            for stale, answers in gathered:
                apply.record_look_ups(answers, stale)
            return begun
        if not gathered and not owed:
            raise EmptyBasket
        lines = [line for each in gathered if (line := _decided_again(*each, now)) is not None]
        amounts = to_pay(party, owed)
        nothing_owed = [each.id for each, amount in zip(owed, amounts, strict=True) if not amount]
        remembered = remembers(party)
        _take_out(ChosenCharge.objects.filter(party=party, charge__in=nothing_owed))
        order = None
        asked = agreement(lines, owed, amounts, remembers=remembered)
        if len(lines) == len(gathered) and not nothing_owed and asked == agreed:
            pays = list(zip(owed, amounts, strict=True))
            order = _write_order(party, lines, pays, language, now)
            if remembered is not None:
                order.plan = remembered
                order.save(update_fields=["plan"])
    if order is None:
        raise Changed
    return order


def _decided_again(
    stale: Application, answers: gather.Answers, now: datetime
) -> Application | None:
    """Return the application if it may still be sold as it was agreed."""
    application = Application.objects.select_for_update().get(id=stale.id)
    if application.stands is not application_law.State.IN_BASKET:
        apply.record_look_ups(answers, application)
        return None
    start = max(as_period(application.period).start, danish_day(now))
    return application if _still_holds(application, answers, start, now) else None


def _still_holds(
    application: Application, answers: gather.Answers, start: date, now: datetime
) -> bool:
    """Decide *application* again; if it may not be sold as it was agreed, write that on it."""
    judged = apply.judge(answers, application, start=start)
    apply.record_decision(application, judged, answers, occasion="payment began", now=now)
    try:
        quoted = apply.quote(judged.facts) if apply.may_be_sold(judged.finding) else None
    except NoFare:
        quoted = None
    if quoted is None:
        application.move(Actor.SYSTEM, application_law.Step.ASK_AGAIN)
        apply.write_answer(application, judged, now)
        return False
    agreed = (application.price_ore, as_period(application.period))
    apply.write_quote(application, judged.facts, quoted)
    application.finding = judged.finding.as_json()
    application.changed = now
    application.save()
    return agreed == (application.price_ore, judged.facts.period)


def _order_nothing(
    party: Party, gathered: Sequence[tuple[Application, gather.Answers]], now: datetime
) -> None:
    with recording():
        one_at_a_time("party", party.id)
        for stale, answers in gathered:
            application = Application.objects.select_for_update().get(id=stale.id)
            if application.stands is application_law.State.IN_BASKET:
                start = max(as_period(application.period).start, danish_day(now))
                _still_holds(application, answers, start, now)


def _open(party: Party | None, price: Money, language: str, now: datetime) -> Order:
    return Order.objects.create(
        number=orders.next_number(danish_day(now).year),
        party=party,
        total_ore=price.ore,
        language=language,
        opened=now,
        expires=now + TIME_TO_PAY,
    )


def _write_charge(order: Order, charge: Charge, owed: Money) -> None:
    OrderLine.objects.create(
        order=order, charge=charge, item_number=CHARGE_ITEM, price_ore=owed.ore
    )


def _write_order(
    party: Party,
    lines: Sequence[Application],
    owed: Sequence[tuple[Charge, Money]],
    language: str,
    now: datetime,
) -> Order:
    amounts = [amount for _charge, amount in owed]
    price = total([*(Money(line.price_ore or 0) for line in lines), *amounts])
    order = _open(party, price, language, now)
    for charge, amount in owed:
        _write_charge(order, charge, amount)
    _take_out(
        ChosenCharge.objects.filter(party=party, charge__in=[charge.id for charge, _ in owed])
    )
    for application in lines:
        period = as_period(application.period)
        permit = Permit.objects.create(
            number=permits.next_number(),
            party=party,
            application=application,
            family=resident.FAMILY,
            product=application.product,
            zone=application.zone,
            plate=application.plate,
            period=as_range(period),
            slot=_slot(party, period, application),
            provisional_until=apply.provisional_until(application, now=now),
            next_look=apply.next_look(period, now=now),
            reserved=now,
        )
        OrderLine.objects.create(
            order=order,
            application=application,
            permit=permit,
            item_number=application.item_number,
            price_ore=application.price_ore or 0,
        )
        application.move(Actor.PARTY, application_law.Step.ORDER)
        application.changed = now
        application.save()
    if not price:
        _deliver(order, now)
    return order


def order_instalment(
    plan: Plan, instalment: int, shares: Sequence[tuple[Charge, Money]], *, turn: int, now: datetime
) -> Order:
    """Order an *instalment* of *plan*, which is drawn from the stored card. Within a recording.

    It leaves the party's basket, if it was there, so that nobody pays it beside.
    """
    order = Order.objects.create(
        number=orders.next_number(danish_day(now).year),
        party=plan.party,
        total_ore=total(share for _charge, share in shares).ore,
        language=plan.language,
        opened=now,
        expires=now + TIME_TO_DRAW,
        plan=plan,
        instalment=instalment,
        turn=turn,
    )
    for charge, share in shares:
        _write_charge(order, charge, share)
    _take_out(
        ChosenCharge.objects.filter(
            party=plan.party, part_ore__isnull=False, charge__in=[charge for charge, _ in shares]
        )
    )
    return order


def give_up_drawing(order: Order, *, declined: bool, now: datetime) -> bool:
    """End an open *order* of which nothing was drawn; tell whether it was open. In a recording.

    *declined* says that the card would not pay: another draw is for a later day.
    """
    order = Order.objects.select_for_update().get(id=order.id)
    if order.stands is not law.State.OPEN:
        return False
    order.declined = declined
    order.save(update_fields=["declined"])
    _end(order, law.Step.CANCEL, now)
    return True


def draw(outside: Outside, order: Order, agreement: str, *, notices: str, now: datetime) -> None:
    """Have the provider draw what *order* comes to, once however often it is asked.

    :raises Declined: if the card would not pay.
    :raises Unavailable: if it is not certain; asking again is harmless.
    :raises Rejected: if the provider would not.
    """
    payment_id = outside.payments.draw(
        agreement,
        DrawRequest(reference=order.number, lines=_payment_lines(order), notice_url=notices),
        key=order.number,
    )
    with recording():
        _write_drawn(order, payment_id, now)


def _write_drawn(order: Order, payment_id: str, now: datetime) -> Payment:
    payment, _created = Payment.objects.get_or_create(
        order=order, defaults={"payment_id": payment_id, "page_url": "", "created": now}
    )
    return payment


def _slot(party: Party, period: Period, application: Application) -> int:
    """Return the place in the quota; the last one if all are taken, which the database refuses.

    Where permits of different lengths have left no place that is free all the time, though one is
    on each day, the party's others change places to make one.
    """
    allowed = apply.allowed_permits(application)
    free = permits.free_slot(party, resident.FAMILY, period, allowed)
    if free is not None:
        return free
    held = list(Permit.objects.holding().filter(party=party, family=resident.FAMILY))
    if quota.at_once((each.days for each in held), during=period) >= allowed:
        return allowed
    mine, *theirs = quota.places([period, *(each.days for each in held)])
    beyond = max(each.slot for each in held) + len(held) + 1
    # Out of each other's way first: the database looks after every single change.
    for slots in (range(beyond, beyond + len(held)), theirs):
        for each, slot in zip(held, slots, strict=True):
            each.slot = slot
            each.save(update_fields=["slot"])
    return mine


def open_payment(outside: Outside, order: Order, *, addresses: Addresses, now: datetime) -> Payment:
    """Open the payment of *order* at the provider, unless it has been opened.

    :raises Unavailable: if it is not certain that there is one; the order waits for a new try.
    :raises Rejected: if the provider would not open it.
    """
    page = outside.payments.create(
        PaymentRequest(
            reference=order.number,
            lines=_payment_lines(order),
            language=order.language,
            return_url=addresses.back(str(order.id)),
            cancel_url=addresses.back(str(order.id)),
            terms_url=addresses.terms,
            notice_url=addresses.notices,
            remember=order.plan_id is not None,
        ),
        key=order.number,
    )
    with recording():
        order.state = Order.objects.select_for_update().get(id=order.id).state
        payment, _created = Payment.objects.get_or_create(
            order=order,
            defaults={"payment_id": page.payment_id, "page_url": page.url, "created": now},
        )
        send.settle_later(payment.payment_id)
    if order.stands is not law.State.OPEN:  # it was ended while its payment was being opened
        outside.payments.end(payment.payment_id)
    order.payment = payment
    return payment


def _payment_lines(order: Order) -> tuple[PaymentLine, ...]:
    return tuple(
        PaymentLine(line.item_number, line_text(line), line.price)
        for line in order.lines.select_related("permit", "charge")
    )


def line_text(line: OrderLine) -> str:
    """Return what a line of an order is called, in the language in force."""
    if line.charge is not None:
        number = charge_law.spaced(charge_law.ChargeNumber(line.charge.number))
        return _("Parkeringsafgift %(number)s") % {"number": number}
    permit, _application = line.sold
    return f"{wording.product(permit.product)} {permit.zone}, {spaced(Plate(permit.plate))}"


def noticed(*, event_id: str, event: str, payment_id: str, now: datetime) -> None:
    """Keep a notice from the provider, once however often it comes, and see what is true."""
    with recording():
        one_at_a_time("notice", event_id)
        notice = PaymentNotice.objects.filter(event_id=event_id).first()
        if notice is None:
            PaymentNotice.objects.create(
                event_id=event_id, event=event[:80], payment_id=payment_id, received=now
            )
        else:
            notice.times += 1
            notice.save()
        send.settle_later(payment_id)


def settle(outside: Outside, payment_id: str, *, now: datetime) -> Order | None:
    """Ask what is true of a payment, and do what follows from it, once.

    Returns the order, or ``None`` if the payment is none of ours (yet).

    :raises Unavailable: if the provider did not answer; ask again.
    :raises Rejected: if it would not answer.
    """
    try:
        truth = outside.payments.payment(payment_id)
    except NotFound:
        log.warning("payment unknown to the provider", payment=payment_id)
        return None
    with recording():
        payment = Payment.objects.filter(payment_id=payment_id).first()
        payment = payment or _drawn_as(truth, now)
        if payment is None:
            log.warning("payment unknown to us", payment=payment_id)
            if truth.taken:
                send.raise_incident(f"payment {payment_id}", "money for no order of ours", now=now)
            return None
        order = Order.objects.select_for_update().get(id=payment.order_id)
        payment.refresh_from_db()
        # Money that was taken stays taken: an answer that knows of less was given before one that
        # somebody else has recorded meanwhile.
        if truth.taken.ore >= payment.taken_ore and truth.refunded.ore >= payment.refunded_ore:
            _write_truth(payment, truth, now)
            _follow(order, payment, truth, now)
    order.payment = payment
    return order


def _drawn_as(truth: PaymentTruth, now: datetime) -> Payment | None:
    """Return the payment of the order that was drawn, if we never heard the answer to that."""
    order = Order.objects.filter(
        number=truth.reference, instalment__isnull=False, payment=None
    ).first()
    return _write_drawn(order, truth.payment_id, now) if order is not None else None


def _write_truth(payment: Payment, truth: PaymentTruth, now: datetime) -> None:
    payment.asked = now
    payment.taken_ore = truth.taken.ore
    payment.refunded_ore = truth.refunded.ore
    payment.charge_id = truth.charge_id or ""
    payment.method = truth.method[:40]
    payment.masked_card = truth.masked_card[:30]
    payment.ended = truth.ended
    payment.save()


def _follow(order: Order, payment: Payment, truth: PaymentTruth, now: datetime) -> None:
    if truth.refund_failed:
        send.raise_incident(
            f"payment {payment.payment_id} refund", "a refund failed at the provider", now=now
        )
    if truth.reference != order.number or truth.asked != order.total:
        send.raise_incident(
            f"payment {payment.payment_id}", "payment is for another order or amount", now=now
        )
    elif not truth.taken:
        if truth.ended and order.stands is law.State.OPEN:
            expired = order.expires <= now
            _end(order, law.Step.EXPIRE if expired else law.Step.CANCEL, now)
    elif truth.taken != order.total:
        send.raise_incident(
            f"payment {payment.payment_id}", "part of the amount was taken", now=now
        )
    elif order.stands is law.State.OPEN:
        _remember_card(order, truth)
        _deliver(order, now)
    elif order.stands in law.COURSE.before(Actor.SYSTEM, law.Step.OWE_BACK):
        _owe_back(order, truth.taken - truth.refunded, now)


def _remember_card(order: Order, truth: PaymentTruth) -> None:
    """Have the card that has paid pay the following instalments, if that was agreed to."""
    if order.plan_id is None or order.instalment is not None or not truth.agreement:
        return
    Plan.objects.filter(id=order.plan_id, state=plan_law.State.AGREED.value).update(
        card_agreement=truth.agreement, masked_card=truth.masked_card[:30]
    )


def _take(order: Order, actor: Actor, step: law.Step, now: datetime) -> None:
    """Take *step* if nobody has meanwhile: the change of state itself is the guard."""
    after = law.COURSE.after(order.stands, actor, step).value
    taken = Order.objects.filter(id=order.id, state=order.state).update(state=after, settled=now)
    if taken != 1:
        raise RuntimeError(f"order {order.number} changed while it was locked")
    order.state, order.settled = after, now


def _deliver(order: Order, now: datetime) -> None:
    _take(order, Actor.SYSTEM, law.Step.DELIVER, now)
    # Booked before anything is paid back of it: the two stand in one lane.
    send.put(
        Outgoing.Kind.BOOK_ORDER,
        key=f"book {order.number}",
        lane=f"order {order.number}",
        payload={"order": str(order.id)},
        now=now,
    )
    lines = list(order.lines.select_related("permit", "application", "charge"))
    each_one_at_a_time("charge", [line.charge_id for line in lines if line.charge_id is not None])
    for line in lines:
        if line.charge is not None:
            _deliver_to_charge(order, line, line.charge, now)
            continue
        permit, application = line.sold
        permit.state = permit_law.COURSE.after(
            permit.stands, Actor.SYSTEM, permit_law.Step.ACTIVATE
        ).value
        permit.activated = now
        permit.save()
        application.move(Actor.SYSTEM, application_law.Step.GRANT)
        application.changed = now
        application.save()
        send.put(
            Outgoing.Kind.PUBLISH_PERMIT,
            key=f"publish {permit.number} {permit.state}",
            lane=f"permit {permit.number}",
            payload={"permit": str(permit.id)},
            now=now,
        )
    if order.party_id is None:
        return
    send.put(
        Outgoing.Kind.SEND_RECEIPT,
        key=f"receipt {order.number}",
        lane=f"letters {order.number}",
        payload={"order": str(order.id)},
        now=now,
    )
    send.put(
        Outgoing.Kind.SEND_MAIL,
        key=f"mail {order.number}",
        lane=f"mail {order.number}",
        payload={"mail": "receipt", "party": str(order.party_id)},
        now=now,
    )


def _deliver_to_charge(order: Order, line: OrderLine, charge: Charge, now: datetime) -> None:
    """Count the money on the charge at once, tell the charge system, and owe back what is too much.

    Somebody else may have paid it meanwhile, or it may have been annulled.
    """
    payment = ChargePayment.objects.create(
        charge=charge,
        order=order,
        reference=f"{order.number}-{line.id}",
        amount_ore=line.price_ore,
        method=_method(order),
        paid=now,
    )
    _take_out(ChosenCharge.objects.filter(charge=charge))
    send.put(
        Outgoing.Kind.REPORT_PAYMENT,
        key=f"report payment {payment.reference}",
        lane=f"charge {charge.id}",
        payload={"payment": str(payment.id)},
        now=now,
    )
    charges.owe_what_is_overpaid(Charge.objects.get(id=charge.id), now=now)


def _method(order: Order) -> str:
    return "mobilepay" if order.payment.method.lower().startswith("mobilepay") else "card"


def _end(order: Order, step: law.Step, now: datetime, actor: Actor = Actor.SYSTEM) -> None:
    """End an order that was not paid: release what it reserved, and give the basket back.

    That a card was to pay the following instalments was agreed to for this payment, and ends here.
    """
    _take(order, actor, step, now)
    for line in order.lines.select_related("permit", "application", "charge"):
        if line.charge is not None:
            left = charges.payable(line.charge)
            if order.party is not None and order.instalment is None and left:
                part = line.price_ore if line.price < left else None
                ChosenCharge.objects.get_or_create(
                    party=order.party,
                    charge=line.charge,
                    defaults={"chosen": now, "part_ore": part},
                )
            continue
        permit, application = line.sold
        permit.state = permit_law.COURSE.after(
            permit.stands, Actor.SYSTEM, permit_law.Step.RELEASE
        ).value
        permit.save()
        apply.make_room_for(application, now=now)
        application.move(Actor.SYSTEM, application_law.Step.GIVE_BACK)
        application.changed = now
        application.save()


def _owe_back(order: Order, amount: Money, now: datetime) -> None:
    if not amount:
        return
    _take(order, Actor.SYSTEM, law.Step.OWE_BACK, now)
    owe(order, amount, because="paid with nothing to deliver", now=now)


def cancel(outside: Outside, order: Order, *, now: datetime) -> Order:
    """Cancel *order* for its party, unless it turns out to be paid.

    :raises Unavailable: if the provider did not answer: nothing has changed.
    """
    return _close(outside, order, Actor.PARTY, law.Step.CANCEL, now)


def expire(outside: Outside, order: Order, *, now: datetime) -> Order:
    """End *order*, whose time to pay is over, unless it turns out to be paid.

    :raises Unavailable: if the provider did not answer: nothing has changed.
    """
    return _close(outside, order, Actor.SYSTEM, law.Step.EXPIRE, now)


def _close(outside: Outside, order: Order, actor: Actor, step: law.Step, now: datetime) -> Order:
    """End the payment first, so that nothing can be paid any more; then the order."""
    payment = Payment.objects.filter(order=order).first()
    if payment is not None:
        try:
            outside.payments.end(payment.payment_id)
        except Rejected:
            log.info("payment could not be ended, so it is asked about", order=order.number)
        settled = settle(outside, payment.payment_id, now=now)
        if settled is not None:
            return settled
    with recording():
        order = Order.objects.select_for_update().get(id=order.id)
        opened = payment is None and Payment.objects.filter(order=order).exists()
        if order.stands is law.State.OPEN and not opened:
            if payment is not None:
                # Nobody can pay it, and it must not keep the party from buying for ever.
                key = f"payment {payment.payment_id} unknown"
                send.raise_incident(key, "a payment of ours is unknown to the provider", now=now)
            _end(order, step, now, actor)
    return order


def refunded(refund: Refund, *, refund_id: str, now: datetime) -> None:
    """Record that the provider has taken on to pay *refund* back. Within a recording.

    An order that was paid with nothing to deliver is finished by it; one that was delivered stays
    delivered, whatever is paid back of it.
    """
    order = Order.objects.select_for_update().get(id=refund.order_id)
    done = Refund.objects.filter(id=refund.id, done=None).update(refund_id=refund_id, done=now)
    if done and order.stands is law.State.REFUND_DUE:
        _take(order, Actor.SYSTEM, law.Step.REFUND, now)


def reconcile(outside: Outside, *, now: datetime, most: int = 200) -> int:
    """Ask about every payment that may have changed without our hearing of it; return how many.

    Open orders are asked about each time, and ended when their time is over. Orders that ended
    unpaid are asked about now and then for three days, in case money came after all; so are those
    that something was paid back of, in case it did not arrive. Who was not asked about for longest
    comes first, so that many who pay at once do not keep the others from their turn.
    """
    unpaid = Q(state__in=[law.State.CANCELLED.value, law.State.EXPIRED.value])
    late = (unpaid & Q(settled__gt=now - LATE_MONEY)) | Q(refunds__done__gt=now - LATE_MONEY)
    quiet = Q(payment__asked=None) | Q(payment__asked__lt=now - timedelta(hours=6))
    unfinished = Q(payment__isnull=False) | Q(expires__lte=now)
    to_ask = (
        Order.objects.select_related("payment")
        .filter(
            (Q(state=law.State.OPEN.value) & unfinished) | (late & quiet & Q(payment__isnull=False))
        )
        .order_by(F("payment__asked").asc(nulls_first=True), "opened")
        .distinct()
    )
    asked = 0
    for order in to_ask[:most]:
        asked += 1
        try:
            if order.stands is law.State.OPEN and order.expires <= now:
                expire(outside, order, now=now)
            elif hasattr(order, "payment"):
                settle(outside, order.payment.payment_id, now=now)
        except PortError as error:
            log.warning("reconciliation must ask again", order=order.number, why=str(error))
        except Exception:  # one that nobody foresaw keeps no other from its turn
            log.exception("payment could not be settled", order=order.number)
            with recording():
                send.raise_incident(
                    f"order {order.number} unsettled", "an order cannot be settled", now=now
                )
    return asked
