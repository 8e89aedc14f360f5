"""How each kind of effect in the outbox is done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid5

from django.conf import settings
from django.utils import translation

from parking.actions import case_letters, checkout, letters, send
from parking.actions import charge as charges
from parking.actions import permit as permits
from parking.actions.send import Carrier
from parking.law import permit as permit_law
from parking.law.days import danish_day
from parking.law.money import Money
from parking.law.plates import Plate
from parking.law.zones import ZoneCode
from parking.ports import Outside, Rejected, Unavailable
from parking.ports.accounts import ActivePermit, BookedOrder, OrderLine
from parking.ports.post import Letter as PostLetter
from parking.records.charge import ChargePayment
from parking.records.letter import Letter
from parking.records.order import Order, Refund
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import recording
from parking.records.reminder import Reminder

_BY_MAIL: Final = "mail"
_NOT_NEEDED: Final = "no longer needed"


def book_order(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Book a delivered order in the accounts, once."""
    order = Order.objects.select_related("party", "payment").get(id=payload["order"])
    with translation.override("da"):
        lines = tuple(
            OrderLine(item_number=line.item_number, text=checkout.line_text(line), price=line.price)
            for line in order.lines.select_related("permit", "charge")
        )
    payment = getattr(order, "payment", None)
    return outside.accounts.book(
        BookedOrder(
            reference=order.number,
            customer=order.party.customer if order.party else settings.CUSTOMER_WITHOUT_LOGIN,
            ordered=danish_day(order.opened),
            lines=lines,
            payment_reference=payment.payment_id if payment else "",
        )
    )


def publish_permit(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the accounts of a permit as it is now.

    One that was ended is valid until midnight, and so it is active there up to that day.
    """
    permit = Permit.objects.select_related("party").get(id=payload["permit"])
    valid = permit.valid_days
    outside.accounts.publish(
        ActivePermit(
            number=permit.number,
            holder=permit.party.customer,
            product=permit.product,
            plate=Plate(permit.plate),
            zone=ZoneCode(permit.zone),
            period=valid or permit.days,
            active=valid is not None,
        ),
        changed=now,
    )
    return permit.number


def send_receipt(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send the receipt to the party's Digital Post, if letters reach them there."""
    order = Order.objects.select_related("party").get(id=payload["order"])
    assert order.party is not None
    letter = letters.receipt(order, order.party, now=now)
    number = order.party.person_number
    if not outside.post.reaches(person_number=number):
        return "not registered for Digital Post"
    with translation.override(order.language):
        transaction = outside.post.send(
            PostLetter(
                letter_id=str(letter.id),
                person_number=number,
                subject=letter.subject,
                file_name=f"{order.number}.pdf",
                pdf=bytes(letter.pdf),
                language=order.language,
                link_text=letters.link_text(),
                link=letters.order_address(order),
            )
        )
    with recording():
        Letter.objects.filter(id=letter.id).update(sent=now, transaction=transaction[:100])
    return transaction


def send_letter(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send a letter about a case to the party's Digital Post; who has none gets it on paper."""
    letter = Letter.objects.select_related("party", "case__party").get(id=payload["letter"])
    assert letter.case is not None
    number = letter.party.person_number
    if not outside.post.reaches(person_number=number):
        with recording():
            send.raise_incident(f"letter {letter.id}", "a letter must go on paper", now=now)
        return "not registered for Digital Post"
    transaction = outside.post.send(
        PostLetter(
            letter_id=str(letter.id),
            person_number=number,
            subject=letter.subject,
            file_name=f"{letter.case.number}.pdf",
            pdf=bytes(letter.pdf),
            language=letter.language,
            link_text=case_letters.link_text(letter.language),
            link=case_letters.link(letter.case),
        )
    )
    with recording():
        Letter.objects.filter(id=letter.id).update(sent=now, transaction=transaction[:100])
    return transaction


def send_mail(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send a courtesy mail, without personal data, to a party that has given an address."""
    party = Party.objects.get(id=payload["party"])
    if not party.email:
        return "no address given"
    mail = letters.mail(payload["mail"], language=party.language)
    outside.mail.send(
        message_id=f"{payload['mail'].replace(' ', '-')}.{party.id}.{now:%Y%m%d%H%M%S}",
        to=party.email,
        subject=mail.subject,
        text=mail.text,
    )
    return "sent"


def refund(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Have the provider pay money back, once."""
    refund = Refund.objects.select_related("order__payment").get(id=payload["refund"])
    refund_id = outside.payments.refund(
        charge_id=refund.order.payment.charge_id,
        amount=Money(refund.amount_ore),
        key=str(refund.id),
    )
    with recording():
        checkout.refunded(refund, refund_id=refund_id, now=now)
    return refund_id


def credit_order(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Book in the accounts that money of an order was paid back, once it has been."""
    refund = Refund.objects.select_related("order").get(id=payload["refund"])
    if refund.done is None:
        raise Unavailable("the money has not been paid back yet")
    return outside.accounts.credit(
        number=refund.number,
        reference=refund.order.number,
        amount=Money(refund.amount_ore),
        on=danish_day(refund.due),
    )


def send_reminder(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Remind a party that a permit ends: by Digital Post, and by mail if they gave an address.

    A permit that was renewed or ended meanwhile needs no reminder.
    """
    reminder = Reminder.objects.select_related("permit__party").get(id=payload["reminder"])
    permit = reminder.permit
    if permit.stands is not permit_law.State.ACTIVE or permits.follows(permit):
        return _reminded(reminder, _NOT_NEEDED, now)
    try:
        how = _remind(outside, reminder)
    except Rejected as refused:
        _failed(reminder, str(refused))
        raise
    return _reminded(reminder, how, now) if how else _failed(reminder, "nowhere to send it")


def _remind(outside: Outside, reminder: Reminder) -> str:
    """Send a reminder where it is sure to be read; return where that was, if there is such."""
    permit, party = reminder.permit, reminder.permit.party
    number = party.person_number
    if outside.post.reaches(person_number=number):
        with translation.override(party.language):
            letter = letters.reminder(permit)
        return outside.post.send(
            PostLetter(
                letter_id=str(uuid5(permit.id, f"reminder {reminder.days_before}")),
                person_number=number,
                subject=letter.subject,
                file_name=f"{permit.number}.pdf",
                pdf=letter.pdf,
                language=party.language,
                link_text=letter.link_text,
                link=letter.link,
            )
        )
    if party.email:
        mail = letters.mail("reminder", language=party.language)
        outside.mail.send(
            message_id=f"reminder.{reminder.id}",
            to=party.email,
            subject=mail.subject,
            text=mail.text,
        )
        return _BY_MAIL
    return ""


def _reminded(reminder: Reminder, how: str, now: datetime) -> str:
    party = reminder.permit.party
    with recording():
        Reminder.objects.filter(id=reminder.id).update(sent=now, failed="")
        if party.email and how not in {_BY_MAIL, _NOT_NEEDED}:
            # An effect of its own: what becomes of it does not send the letter once more.
            send.put(
                Outgoing.Kind.SEND_MAIL,
                key=f"mail reminder {reminder.id}",
                lane=f"mail reminder {reminder.id}",
                payload={"mail": "reminder", "party": str(party.id)},
                now=now,
            )
    return how


def _failed(reminder: Reminder, why: str) -> str:
    with recording():
        Reminder.objects.filter(id=reminder.id).update(failed=why[:200])
    return why


def report_payment(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of money taken here, once, and take over what it answers."""
    payment = ChargePayment.objects.select_related("charge").get(id=payload["payment"])
    answer = outside.charges.report_payment(
        payment.charge.source_id,
        reference=payment.reference,
        amount=payment.amount,
        paid=payment.paid,
        method=payment.method,
    )
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


def report_refund(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system what was paid back, once it has been."""
    refund = Refund.objects.select_related("charge_payment__charge").get(id=payload["refund"])
    payment = refund.charge_payment
    assert payment is not None
    if refund.done is None:
        raise Unavailable("the money has not been paid back yet")
    answer = outside.charges.report_refund(
        payment.charge.source_id,
        reference=refund.number,
        amount=refund.amount,
        refunded=refund.done,
        payment=payment.reference,
    )
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


CARRIERS: Final[dict[str, Carrier]] = {
    Outgoing.Kind.BOOK_ORDER: book_order,
    Outgoing.Kind.PUBLISH_PERMIT: publish_permit,
    Outgoing.Kind.SEND_RECEIPT: send_receipt,
    Outgoing.Kind.SEND_LETTER: send_letter,
    Outgoing.Kind.SEND_MAIL: send_mail,
    Outgoing.Kind.REFUND: refund,
    Outgoing.Kind.CREDIT_ORDER: credit_order,
    Outgoing.Kind.SEND_REMINDER: send_reminder,
    Outgoing.Kind.REPORT_PAYMENT: report_payment,
    Outgoing.Kind.REPORT_REFUND: report_refund,
}
