"""The rest of a permit's life: it is renewed, or it is ended and what is left is paid back."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

from parking.actions import apply, caseload, send
from parking.actions.refund import owe
from parking.law import application as application_law
from parking.law import case as case_law
from parking.law import changes, price
from parking.law import order as order_law
from parking.law import permit as law
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import Period, danish_day
from parking.law.facts import Facts
from parking.law.money import NOTHING, Money
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer
from parking.law.record import facts_from_json
from parking.law.zones import ZoneCode
from parking.ports import Outside
from parking.ports.accounts import ActivePermit
from parking.records.application import Application
from parking.records.case import Case
from parking.records.order import Order, OrderLine
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import one_at_a_time, recording
from parking.records.tariff import terms_on


class NotYetRenewable(ValueError):
    """A permit cannot be renewed today. *days* are those on which it can."""

    def __init__(self, days: Period) -> None:
        super().__init__(f"between {days.start} and {days.last_day}")
        self.days = days


def renewable(permit: Permit, *, now: datetime) -> bool:
    """Tell whether *permit* can be renewed today, and has not been."""
    terms = terms_on(resident.PAID, permit.days.start).as_law()
    return (
        permit.stands is law.State.ACTIVE
        and danish_day(now) in resident.renewal_days(permit.days, terms)
        and not follows(permit)
    )


def follows(permit: Permit) -> bool:
    """Tell whether the party already has, or is paying for, a permit after this one.

    Only one for the same vehicle: who has two vehicles renews and is reminded of each.
    """
    return (
        Permit.objects.holding()
        .filter(
            party=permit.party_id,
            family=permit.family,
            plate=permit.plate,
            period__startswith__gte=permit.days.end,
        )
        .exists()
    )


def renew(outside: Outside, party: Party, permit: Permit, *, now: datetime) -> Application:
    """Ask for the same permit from the day the old one ends, straight into the basket if it may.

    The registers are asked as if for the first time. What has changed since the old permit was
    decided on is written on the application, so that the party can be told.

    :raises NotYetRenewable: if it is not the time.
    :raises NoFare: if the price list does not say what it will cost.
    """
    if not renewable(permit, now=now):
        raise NotYetRenewable(
            resident.renewal_days(permit.days, terms_on(resident.PAID, permit.days.start).as_law())
        )
    plate, start = Plate(permit.plate), permit.days.end
    assert start is not None
    known = apply.unfinished(party, plate).values_list("id", flat=True).first()
    reference = known or uuid4()
    answers = apply.gather_for(
        outside, party, plate, reference=str(reference), asked_by="party", now=now
    )
    with recording():
        one_at_a_time("party", party.id)
        application = apply.unfinished(party, plate).select_for_update().first() or Application(
            id=reference, party=party, plate=plate, product=permit.product, created=now
        )
        apply.back_to_draft(application)
        application.renews = permit
        judged = apply.judge(answers, application, start=start)
        needs = resident.RULE.on(start).needs
        application.changes = list(changes.between(_decided_on(permit), judged.facts, needs))
        apply.write_answer(application, judged, now)
        if judged.finding.answer is Answer.YES:
            application.move(Actor.PARTY, application_law.Step.PUT_IN_BASKET)
            apply.write_quote(application, judged.facts, apply.quote(judged.facts))
            application.save()
        apply.record_decision(application, judged, answers, occasion="renewal", now=now)
    return application


def _decided_on(permit: Permit) -> Facts:
    decision = permit.application.decisions.filter(decided__lte=permit.reserved).latest("id")
    return facts_from_json(decision.facts)


def as_published(permit: Permit) -> ActivePermit:
    """Return *permit* as the accounts are told of it.

    One that was ended is valid until midnight, and so it is active there up to that day.
    """
    valid = permit.valid_days
    return ActivePermit(
        number=permit.number,
        holder=permit.party.customer,
        product=permit.product,
        plate=Plate(permit.plate),
        zone=ZoneCode(permit.zone),
        period=valid or permit.days,
        active=valid is not None,
    )


def refund_if_ended(permit: Permit, *, on: date) -> Money:
    """Return what would be paid back if *permit* were ended with the day *on*."""
    line = OrderLine.objects.select_related("order").filter(permit=permit).first()
    if line is None or line.order.stands is not order_law.State.DELIVERED:
        return NOTHING
    terms = terms_on(resident.PAID, permit.days.start).as_law()
    return price.refund(line.price, permit.days, ended=on, terms=terms)


def end(permit: Permit, *, because: str, now: datetime, actor: Actor = Actor.PARTY) -> Money:
    """End *permit* with today, pay back what is left by the rule, and return how much that is.

    It stays valid until midnight. Nobody has to wait for that: another permit may start the same
    day, for the same vehicle or for the one that takes its place.

    :raises StepNotAllowed: if it is not active.
    """
    with recording():
        return end_within_recording(permit, because=because, now=now, actor=actor)


def end_within_recording(permit: Permit, *, because: str, now: datetime, actor: Actor) -> Money:
    """Do what :func:`end` does, as part of a larger recording.

    :raises StepNotAllowed: if the permit is not active.
    """
    one_at_a_time("party", permit.party_id)
    permit = Permit.objects.select_for_update().get(id=permit.id)
    today = danish_day(now)
    state = law.COURSE.after(permit.stands, actor, law.Step.END)
    if today not in permit.days and today > permit.days.start:
        raise StepNotAllowed(f"{permit.number} is over")
    back = refund_if_ended(permit, on=today)
    permit.state, permit.ended_on, permit.ended_because = state.value, today, because[:40]
    permit.save()
    for case in Case.objects.select_for_update().filter(permit=permit, closed=None):
        caseload.step(case, Actor.SYSTEM, case_law.Step.WITHDRAW, now=now)
    send.put(
        Outgoing.Kind.PUBLISH_PERMIT,
        key=f"publish {permit.number} {permit.state}",
        lane=f"permit {permit.number}",
        payload={"permit": str(permit.id)},
        now=now,
    )
    if back:
        order = Order.objects.select_for_update().get(lines__permit=permit)
        owe(order, back, because=because, permit=permit, now=now)
    return back
