"""Forgetting: what is no longer needed goes, each night, by the schedule of `law.retention`.

Things that belong together go together. A permit that is over is forgotten but for what the
accounts need: which permit was sold, for which plate and days. With the accounts go the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import structlog
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet

from parking.law import application as application_law
from parking.law import case as case_law
from parking.law import charge as charge_law
from parking.law import complaint as complaint_law
from parking.law import order as order_law
from parking.law import permit as permit_law
from parking.law.days import DENMARK, danish_day
from parking.law.retention import Matter, keep
from parking.records.application import Application, Decision
from parking.records.audit import Incident, LookUp
from parking.records.case import Case, CaseStep, Supplied
from parking.records.charge import (
    Charge,
    ChargeClaim,
    ChargeHolder,
    ChargePayment,
    ChosenCharge,
)
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.collection import (
    BankEntry,
    ChargePause,
    ChargeStep,
    CollectionAction,
    CollectionClaim,
    Instalment,
    Plan,
)
from parking.records.complaint import (
    Complaint,
    ComplaintDecision,
    ComplaintFile,
    ComplaintMessage,
    ComplaintPiece,
)
from parking.records.document import Document
from parking.records.forgetting import forgetting
from parking.records.letter import Letter
from parking.records.order import Order, OrderLine, Payment, PaymentNotice, Refund
from parking.records.outbox import Outgoing
from parking.records.own_accord import OwnAccordAnnulment, OwnAccordCharge
from parking.records.party import LoginAttempt, LoginSession, Party, UsedAssertion
from parking.records.permit import Permit
from parking.records.recording import recording
from parking.records.reminder import Reminder
from parking.records.staff import StaffSession
from parking.records.unplaced_money import BankRefund, UnplacedMoney

log = structlog.get_logger(__name__)

#: So many are forgotten in one recording, so that a night's work locks nobody out.
_AT_ONCE: Final = 200
#: Far longer than any session may last.
_LOGIN_IS_OVER: Final = timedelta(days=1)

#: The states in which nobody waits for an application and nothing came of it.
ABANDONED: Final = (
    application_law.State.DRAFT.value,
    application_law.State.IN_BASKET.value,
    application_law.State.WITHDRAWN.value,
)
_WAITING_COMPLAINT: Final = tuple(
    state.value for state in (complaint_law.State.DRAFT, *complaint_law.OPEN)
)
_UNFINISHED_CASE: Final = tuple(state.value for state in case_law.UNFINISHED)

Forgotten = Counter[str]


def forget(*, now: datetime) -> Forgotten:
    """Forget what the schedule says; return how many rows of each table are gone."""
    gone = Forgotten()
    for part in (
        _documents, _pieces, _unpaid, _unfinished, _decided, _permits, _accounts, _complaints,
        _findings, _charges,
        _look_ups,
        _traffic,
        _logins, _parties,
    ):  # fmt: skip
        gone += part(now)
    log.info("forgotten", **gone)
    return gone


def _before(matter: Matter, now: datetime) -> datetime:
    """Return the moment before which something must have ended to be forgotten now."""
    return _midnight(_day_before(matter, now))


def _day_before(matter: Matter, now: datetime) -> date:
    today = danish_day(now)
    return keep(matter, today).ended_before(today)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), DENMARK)


def _chunks(ids: QuerySet[Any, Any]) -> Iterator[list[Any]]:
    """Yield the ids that are found now, so many at once."""
    found = list(ids)
    for start in range(0, len(found), _AT_ONCE):
        yield found[start : start + _AT_ONCE]


def _remove(
    rows: QuerySet[Any], within: Callable[[], AbstractContextManager[None]] = recording
) -> Forgotten:
    """Remove rows that nothing refers to."""
    gone = Forgotten()
    for ids in _chunks(rows.values_list("pk", flat=True)):
        with within():
            gone += _delete(rows.model._default_manager.filter(pk__in=ids))
    return gone


def _delete(rows: QuerySet[Any]) -> Forgotten:
    model: type[Model] = rows.model
    return Forgotten({model._meta.db_table: rows.delete()[0]})


def _documents(now: datetime) -> Forgotten:
    drafts = Document.objects.filter(
        state=Document.State.DRAFT, uploaded__lt=_before(Matter.DRAFTS, now)
    )
    handed_in = (
        Document.objects.exclude(state=Document.State.DRAFT)
        .exclude(application__cases__state__in=_UNFINISHED_CASE)
        .annotate(decided=Max("application__cases__closed"))
        .filter(decided__lt=_before(Matter.DOCUMENTS, now))
    )
    return _remove(drafts) + _remove(handed_in)


def _pieces(now: datetime) -> Forgotten:
    """Files that were broken off; while one of its pieces is new, a file is on its way."""
    before = _before(Matter.PIECES, now)
    newer = ComplaintPiece.objects.filter(
        complaint=OuterRef("complaint"), mark=OuterRef("mark"), came__gte=before
    )
    return _remove(ComplaintPiece.objects.filter(~Exists(newer), came__lt=before))


def _unpaid(now: datetime) -> Forgotten:
    """Orders that were never paid, and what was reserved for them."""
    gone = Forgotten()
    unpaid = (
        Order.objects.filter(
            state__in=[order_law.State.CANCELLED.value, order_law.State.EXPIRED.value],
            settled__lt=_before(Matter.UNFINISHED, now),
        )
        .exclude(payment__taken_ore__gt=0)
        .exclude(refunds__isnull=False)
    )
    for ids in _chunks(unpaid.values_list("id", flat=True)):
        with recording():
            gone += _delete(OrderLine.objects.filter(order__in=ids))
            gone += _delete(Payment.objects.filter(order__in=ids))
            gone += _delete(Order.objects.filter(id__in=ids))
    released = Permit.objects.filter(
        state=permit_law.State.RELEASED.value, line=None, reminders=None, renewals=None
    )
    return gone + _remove(released)


def _unfinished(now: datetime) -> Forgotten:
    return _forget_applications(
        abandoned().filter(cases=None, changed__lt=_before(Matter.UNFINISHED, now))
    )


def abandoned() -> QuerySet[Application]:
    """Return the applications of which nothing has come, and which nobody waits for."""
    return Application.objects.filter(state__in=ABANDONED, permits=None, lines=None)


def _decided(now: datetime) -> Forgotten:
    """Applications that a case worker has decided, and no permit came of."""
    return _forget_applications(
        abandoned()
        .exclude(cases__state__in=_UNFINISHED_CASE)
        .annotate(decided=Max("cases__closed"))
        .filter(decided__lt=_before(Matter.CASES, now))
    )


def _permits(now: datetime) -> Forgotten:
    """Permits that are over: what the accounts need stays, with the accounts."""
    last_day = _day_before(Matter.PERMITS, now)
    still = Q(permits__period__endswith__gt=last_day) & Q(permits__ended_on=None)
    still |= Q(permits__ended_on__gte=last_day)
    over = (
        Application.objects.filter(
            state=application_law.State.GRANTED.value, changed__lt=_midnight(last_day)
        )
        .exclude(cases__state__in=_UNFINISHED_CASE)
        .exclude(permits__cases__state__in=_UNFINISHED_CASE)
        .exclude(pk__in=Application.objects.filter(still).values("pk"))
    )
    gone = _forget_applications(over.filter(lines=None))
    bare = over.filter(lines__isnull=False, finding__isnull=False).distinct()
    for ids in _chunks(bare.values_list("id", flat=True)):
        with forgetting():
            gone += _forget_what_led_to(ids)
            Application.objects.filter(id__in=ids).update(
                finding=None, vehicle=None, changes=[], price_reason=None, infected=[]
            )
    return gone


def _forget_applications(applications: QuerySet[Application]) -> Forgotten:
    gone = Forgotten()
    for ids in _chunks(applications.values_list("id", flat=True).distinct()):
        with forgetting():
            gone += forget_whole(ids)
    return gone


def forget_whole(ids: Iterable[Any]) -> Forgotten:
    """Forget applications and all that belongs to them, within a `forgetting`."""
    ids = list(ids)
    gone = _forget_what_led_to(ids)
    Application.objects.filter(renews__application__in=ids).update(renews=None)
    gone += _delete(Permit.objects.filter(application__in=ids))
    return gone + _delete(Application.objects.filter(id__in=ids))


def _forget_what_led_to(ids: Iterable[Any]) -> Forgotten:
    """Forget how applications were answered: all but the application and its permits."""
    gone = Forgotten()
    for rows in (
        Reminder.objects.filter(permit__application__in=ids),
        Letter.objects.filter(Q(case__application__in=ids) | Q(case__permit__application__in=ids)),
        CaseStep.objects.filter(
            Q(case__application__in=ids) | Q(case__permit__application__in=ids)
        ),
        Supplied.objects.filter(case__application__in=ids),
        Case.objects.filter(Q(application__in=ids) | Q(permit__application__in=ids)),
        Document.objects.filter(application__in=ids),
        Decision.objects.filter(application__in=ids),
    ):
        gone += _delete(rows)
    return gone


def _accounts(now: datetime) -> Forgotten:
    gone = Forgotten()
    # What is still owed is not settled, however old it is.
    old = Order.objects.filter(settled__lt=_before(Matter.ACCOUNTS, now)).exclude(
        state__in=[order_law.State.OPEN.value, order_law.State.REFUND_DUE.value]
    )
    old = old.exclude(refunds__done__gte=_before(Matter.ACCOUNTS, now))
    old = old.exclude(pk__in=Refund.objects.filter(done=None).values("order"))
    for ids in _chunks(old.values_list("id", flat=True).distinct()):
        with recording():
            for rows in (
                Letter.objects.filter(order__in=ids),
                Refund.objects.filter(order__in=ids),
                ChargePayment.objects.filter(order__in=ids),
                Payment.objects.filter(order__in=ids),
                OrderLine.objects.filter(order__in=ids),
                Order.objects.filter(id__in=ids),
            ):
                gone += _delete(rows)
    before = _day_before(Matter.ACCOUNTS, now)
    gone += _remove(UnplacedMoney.objects.filter(came__lt=before, cases=None))
    gone += _remove(BankRefund.objects.filter(due__lt=_before(Matter.ACCOUNTS, now)))
    gone += _remove(BankEntry.objects.filter(booked__lt=before, unplaced_money=None))
    # The permits that only the accounts kept.
    return gone + _permits(now)


def _complaints(now: datetime) -> Forgotten:
    """Complaints that were answered or given up; what was annulled stays with the charge."""
    over = Complaint.objects.exclude(state__in=_WAITING_COMPLAINT)
    never_sent = over.filter(received=None, changed__lt=_before(Matter.DRAFTS, now))
    files = ComplaintFile.objects.filter(
        complaint__in=over.filter(changed__lt=_before(Matter.DOCUMENTS, now))
    )
    gone = _remove(files)
    old = over.filter(changed__lt=_before(Matter.CASES, now)) | never_sent
    for ids in _chunks(old.values_list("id", flat=True)):
        with forgetting():
            gone += _forget_complaints(ids)
    return gone


def _forget_complaints(ids: Iterable[Any]) -> Forgotten:
    gone = Forgotten()
    for rows in (
        Letter.objects.filter(Q(complaint__in=ids) | Q(case__complaint__in=ids)),
        CaseStep.objects.filter(case__complaint__in=ids),
        Case.objects.filter(complaint__in=ids),
        ComplaintMessage.objects.filter(complaint__in=ids),
        ComplaintDecision.objects.filter(complaint__in=ids),
        ComplaintFile.objects.filter(complaint__in=ids),
        ComplaintPiece.objects.filter(complaint__in=ids),
    ):
        gone += _delete(rows)
    ChargeAnnulment.objects.filter(complaint__in=ids).update(complaint=None)
    return gone + _delete(Complaint.objects.filter(id__in=ids))


def _findings(now: datetime) -> Forgotten:
    """Cases about a charge of which nobody has complained, and about money by bank."""
    about = Q(charge__isnull=False) | Q(unplaced_money__isnull=False)
    old = Case.objects.filter(about, closed__lt=_before(Matter.CASES, now))
    gone = Forgotten()
    for ids in _chunks(old.values_list("id", flat=True)):
        with forgetting():
            gone += _delete(CaseStep.objects.filter(case__in=ids))
            gone += _delete(Case.objects.filter(id__in=ids))
    return gone


def _charges(now: datetime) -> Forgotten:
    """Charges that nobody owes anything on any more; what was paid stays with the accounts."""
    closed = Charge.objects.filter(
        state__in=[state.value.replace(" ", "_") for state in charge_law.COURSE.final()]
        + [charge_law.State.PAID.value],
        balance_ore=0,
        learnt__lt=_before(Matter.CHARGES, now),
        lines=None,
        payments__order=None,
        complaints=None,
        cases=None,
        unplaced_money=None,
        bank_refunds=None,
    )
    gone = Forgotten()
    for ids in _chunks(closed.values_list("id", flat=True).distinct()):
        with recording():
            plans = list(
                Plan.objects.filter(instalments__charge__in=ids).values_list("id", flat=True)
            )
            for rows in (
                CollectionAction.objects.filter(claim__charge__in=ids),
                CollectionClaim.objects.filter(charge__in=ids),
                ChargeStep.objects.filter(charge__in=ids),
                ChargePause.objects.filter(charge__in=ids),
                Instalment.objects.filter(charge__in=ids),
                Plan.objects.filter(id__in=plans, instalments=None),
                Letter.objects.filter(charge__in=ids),
                ChargePayment.objects.filter(charge__in=ids),
                ChargeClaim.objects.filter(charge__in=ids),
                ChosenCharge.objects.filter(charge__in=ids),
                ChargeCheck.objects.filter(charge__in=ids),
                ChargeAnnulment.objects.filter(charge__in=ids),
                OwnAccordCharge.objects.filter(charge__in=ids),
                OwnAccordAnnulment.objects.filter(charges=None),
                ChargeHolder.objects.filter(charge__in=ids),
                Charge.objects.filter(id__in=ids),
            ):
                gone += _delete(rows)
    return gone


def _look_ups(now: datetime) -> Forgotten:
    return _remove(LookUp.objects.filter(at__lt=_before(Matter.LOOK_UPS, now)), forgetting)


def _traffic(now: datetime) -> Forgotten:
    before = _before(Matter.TRAFFIC, now)
    return (
        _remove(Outgoing.objects.filter(state=Outgoing.State.DONE, done__lt=before))
        + _remove(PaymentNotice.objects.filter(received__lt=before))
        + _remove(Incident.objects.filter(settled__lt=before))
    )


def _logins(now: datetime) -> Forgotten:
    over = now - _LOGIN_IS_OVER
    return (
        _remove(LoginSession.objects.filter(last_used__lt=over))
        + _remove(StaffSession.objects.filter(last_used__lt=over))
        + _remove(LoginAttempt.objects.filter(begun__lt=over))
        + _remove(UsedAssertion.objects.filter(valid_until__lt=over))
        + _remove(Session.objects.filter(expire_date__lt=over))
    )


def _parties(now: datetime) -> Forgotten:
    """Parties of whom nothing else is left; a table added later holds them too."""
    alone = {f"{each.name}__isnull": True for each in Party._meta.related_objects}
    return _remove(Party.objects.filter(last_seen__lt=_before(Matter.PARTIES, now)).filter(**alone))
