"""How each kind of effect in the outbox is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

from django.conf import settings
from django.utils import translation

from parking.actions import (
    bank,
    carry_complaints,
    case_letters,
    charge_letters,
    checkout,
    claims,
    draw,
    letters,
    remind,
    send,
    stops,
)
from parking.actions import charge as charges
from parking.actions import permit as permits
from parking.actions.plan_progress import charges_of
from parking.actions.send import Carrier
from parking.law import instalments as plan_law
from parking.law import permit as permit_law
from parking.law.days import danish_day
from parking.law.money import Money
from parking.ports import NotFound, Outside, Rejected, Unavailable
from parking.ports.accounts import BookedOrder, OrderLine
from parking.ports.charges import ChargeAnswer, ChargeState, PlanInstalment, RefundWay, SentLetter
from parking.ports.post import Letter as PostLetter
from parking.ports.post import Recipient
from parking.records.case import Case
from parking.records.charge import Charge, ChargePayment
from parking.records.collection import ChargeStep, CollectionAction, CollectionClaim, Plan
from parking.records.complaint import Complaint
from parking.records.letter import Addressee, Letter
from parking.records.order import Order, Refund
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.permit import Permit
from parking.records.recording import one_at_a_time, recording
from parking.records.reminder import Reminder
from parking.records.unplaced_money import BankRefund

_BY_MAIL: Final = "mail"
_NOT_NEEDED: Final = "no longer needed"
_OPEN_STATES: Final = {
    ChargeState.ISSUED, ChargeState.REMINDED, ChargeState.FIRST_FEE, ChargeState.SECOND_FEE,
}  # fmt: skip


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
    """Tell the accounts of a permit as it is now."""
    permit = Permit.objects.select_related("party").get(id=payload["permit"])
    outside.accounts.publish(permits.as_published(permit), changed=now)
    return permit.number


def send_receipt(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send the receipt to the party's Digital Post, if letters reach them there."""
    order = Order.objects.select_related("party").get(id=payload["order"])
    assert order.party is not None
    letter = letters.receipt(order, order.party, now=now)
    number = order.party.person_number
    if not outside.post.reaches(Recipient(number)):
        return "not registered for Digital Post"
    with translation.override(order.language):
        transaction = outside.post.send(
            PostLetter(
                letter_id=str(letter.id),
                recipient=Recipient(number),
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
    letter = Letter.objects.select_related("party", "case__party", "case__permit").get(
        id=payload["letter"]
    )
    assert letter.case is not None
    assert letter.party is not None
    number = letter.party.person_number
    if not outside.post.reaches(Recipient(number)):
        letter.to(Addressee(kind="person", number=number))
        letter.channel, letter.sent, letter.queued = Letter.Channel.PRINT, now, now
        with recording():
            letter.save(
                update_fields=[
                    *("addressee_sealed", "addressee_fingerprint", "channel", "sent", "queued"),
                ]
            )
        return "not registered for Digital Post: on paper"
    transaction = outside.post.send(
        PostLetter(
            letter_id=str(letter.id),
            recipient=Recipient(number),
            subject=letter.subject,
            file_name=f"{letter.case.number}.pdf",
            pdf=bytes(letter.pdf),
            language=letter.language,
            link_text=case_letters.link_text(letter.case),
            link=case_letters.link(letter.case),
        )
    )
    with recording():
        Letter.objects.filter(id=letter.id).update(sent=now, transaction=transaction[:100])
    return transaction


def send_mail(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send a courtesy mail, without personal data, to whoever has given an address."""
    whose: Party | Complaint | None
    if payload.get("complaint"):
        whose = Complaint.objects.filter(id=payload["complaint"]).first()
    else:
        whose = Party.objects.get(id=payload["party"])
    if whose is None or not whose.email:
        return "no address given"
    mail = letters.mail(payload["mail"], language=whose.language)
    outside.mail.send(
        message_id=f"{payload['mail'].replace(' ', '-')}.{whose.id}.{now:%Y%m%d%H%M%S}",
        to=whose.email,
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
    if _is_dead(f"book {refund.order.number}"):
        raise Unavailable("the order has not been booked")
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
    if outside.post.reaches(Recipient(number)):
        with translation.override(party.language):
            letter = letters.reminder(permit)
        return outside.post.send(
            PostLetter(
                letter_id=str(remind.message_of(permit, reminder.days_before)),
                recipient=Recipient(number),
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
        Reminder.objects.filter(id=reminder.id).update(sent=now)
        # That it came back may be known before that it was sent.
        Reminder.objects.filter(id=reminder.id, returned=None).update(failed="")
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
    if _plan_comes_first(payment):
        raise Unavailable("the charge system has not heard of the plan yet")
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


def _plan_comes_first(payment: ChargePayment) -> bool:
    """Tell whether the charge system must hear of a plan before the first money for it.

    What a plan divides is what was owed when it was agreed.
    """
    agreed = Plan.objects.filter(
        instalments__charge=payment.charge_id, source_id="", agreed__lte=payment.paid
    ).distinct()
    keys = [f"plan {each.id}" for each in agreed]
    return Outgoing.objects.filter(key__in=keys, state=Outgoing.State.WAITING).exists()


def report_refund(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system what was paid back, once it has been; by bank it pays itself."""
    if "bank_refund" in payload:
        return _report_bank_refund(outside, payload["bank_refund"], now)
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


def _report_bank_refund(outside: Outside, refund_id: int, now: datetime) -> str:
    refund = BankRefund.objects.select_related("charge").get(id=refund_id)
    answer = outside.charges.report_refund(
        refund.charge.source_id,
        reference=refund.number,
        amount=refund.amount,
        refunded=refund.due,
        payment=refund.payment_reference,
        way=RefundWay(refund.why),
        payer=_payer_of(refund),
    )
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


def _payer_of(refund: BankRefund) -> str:
    """Return the account to pay *refund* out to, if that is to be done and the bank told it."""
    if refund.why != BankRefund.Why.PAID_OUT:
        return ""
    entry = bank.entry_of(refund.payment_reference)
    return entry.payer if entry is not None else ""


def pay_out(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Have the charge system pay back what came by bank and is of no charge."""
    case = Case.objects.select_related("unplaced_money__entry").get(id=payload["case"])
    entry = case.money.entry
    assert entry is not None
    outside.charges.pay_out(
        reference=case.number,
        amount=case.money.amount,
        bank_reference=entry.reference,
        payer=entry.payer,
        decided=case.closed or now,
    )
    return case.number


def report_fee(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of a reminder fee. If it will not have it, the step is not taken."""
    step = ChargeStep.objects.select_related("charge").get(id=payload["step"])
    return _stepped(
        outside,
        step,
        now,
        lambda: outside.charges.report_fee(
            step.charge.source_id,
            reference=charges.FEE_REFERENCES[step.step],
            amount=step.fee,
            booked=step.taken,
        ),
    )


def report_transfer(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system that a charge goes to debt collection, before it does."""
    step = ChargeStep.objects.select_related("charge").get(id=payload["step"])
    return _stepped(
        outside,
        step,
        now,
        lambda: outside.charges.report_transfer(
            step.charge.source_id,
            reference=step.reference,
            amount=step.owed,
            transferred=step.taken,
        ),
    )


def _stepped(
    outside: Outside, step: ChargeStep, now: datetime, report: Callable[[], ChargeAnswer]
) -> str:
    """Report a part of *step*; refuse the whole of it if the charge system has reason not to.

    Somebody may have complained or paid between our asking and our telling. That is nobody's
    mistake: the step is undone before anybody has heard of it, and comes again on its day.
    """
    if step.refused:
        return _NOT_NEEDED
    try:
        answer = report()
    except Rejected as refused:
        answer = outside.charges.charge(step.charge.source_id)
        open_ = answer.state in _OPEN_STATES and answer.balance == step.owed - step.fee
        if answer.hold is None and open_:
            raise
        with recording():
            one_at_a_time("charge", step.charge_id)
            _undo(step, str(refused), now)
            charges.take_over([answer], now=now)
        return _NOT_NEEDED
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


def _undo(step: ChargeStep, why: str, now: datetime) -> None:
    step.refused = why[:200] or "refused"
    step.save()
    for claim in CollectionClaim.objects.filter(charge=step.charge, ended=None, made=step.taken):
        claims.unmake(claim, now=now)


def send_charge_letter(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Send a letter about a charge by Digital Post, or put it in the print queue."""
    letter = Letter.objects.select_related("charge").get(id=payload["letter"])
    step = _step_of(payload)
    if step is not None and step.refused:
        with recording():
            letter.delete()
        return _NOT_NEEDED
    if step is not None and step.fee and _is_dead(f"fee {step.reference}"):
        raise Unavailable("the fee that the letter tells of has not been booked")
    transaction = _posted(outside, letter)
    letter.channel = Letter.Channel.DIGITAL_POST if transaction else Letter.Channel.PRINT
    with recording():
        Letter.objects.filter(id=letter.id).update(
            channel=letter.channel,
            transaction=transaction[:100],
            sent=now,
            queued=None if transaction else now,
        )
    return transaction or "on paper"


def _is_dead(key: str) -> bool:
    return Outgoing.objects.filter(key=key, state=Outgoing.State.DEAD).exists()


def _posted(outside: Outside, letter: Letter) -> str:
    """Send *letter* by Digital Post and return the transaction; nothing if it must go on paper.

    Somebody abroad has a name and an address, and no number to have a box by. What Digital Post
    will not have goes on paper too, so that nothing is lost.
    """
    assert letter.charge is not None
    recipient = _recipient(letter.addressee)
    if recipient is None:
        return ""
    with translation.override(letter.language):
        link, link_text = charge_letters.link(letter.charge), charge_letters.link_text()
    try:
        if not outside.post.reaches(recipient):
            return ""
        return outside.post.send(
            PostLetter(
                letter_id=str(letter.id),
                recipient=recipient,
                subject=letter.subject,
                file_name=f"{letter.charge.number}-{letter.kind}.pdf",
                pdf=bytes(letter.pdf),
                language=letter.language,
                link_text=link_text,
                link=link,
            )
        )
    except (NotFound, Rejected):
        return ""


def _recipient(addressee: Addressee) -> Recipient | None:
    """Return whose box *addressee* may have, if they can have one."""
    if not addressee.number or addressee.kind not in {"person", "company"}:
        return None
    return Recipient(addressee.number, "company" if addressee.kind == "company" else "person")


def _step_of(payload: dict[str, Any]) -> ChargeStep | None:
    if payload["step"] is None:
        return None
    return ChargeStep.objects.select_related("charge").get(id=payload["step"])


def report_letter(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of a letter; a reminder brings the charge to its next state."""
    step = _step_of(payload)
    if step is not None and step.refused:
        return _NOT_NEEDED
    letter = Letter.objects.select_related("charge").get(id=payload["letter"])
    assert letter.charge is not None
    if letter.sent is None:
        raise Unavailable("the letter has not been sent yet")
    sent = SentLetter(
        reference=f"letter-{letter.id}",
        kind=letter.kind,
        channel=letter.channel,
        sent=letter.sent,
        subject=letter.subject,
    )
    source_id = letter.charge.source_id

    def report() -> ChargeAnswer:
        return outside.charges.report_letter(source_id, sent, due=step.due if step else None)

    if step is None:
        answer = report()
        with recording():
            charges.take_over([answer], now=now)
        return str(answer.version)
    done = _stepped(outside, step, now, report)
    if not step.refused:
        with recording():
            ChargeStep.objects.filter(id=step.id).update(told=now)
    return done


def take_back_fee(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Have a fee that should not have been charged taken off the account."""
    charge = Charge.objects.get(id=payload["charge"])
    answer = outside.charges.annul(
        charge.source_id,
        reference=payload["reference"],
        amount=Money(payload["ore"]),
        reason="goodwill",
        reasons="Gebyret skulle ikke have været lagt på.",
        evidence=(),
        decided=datetime.fromisoformat(payload["at"]),
        decided_by="Parkeringsbutikken",
    )
    with recording():
        charges.take_over([answer], now=now)
    return str(answer.version)


def report_withdrawal(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system that a charge has come back from debt collection."""
    step = ChargeStep.objects.select_related("charge").get(id=payload["step"])
    asked = outside.charges.charge(step.charge.source_id)
    if asked.collection is not None and asked.collection.withdrawn is None:
        asked = outside.charges.report_withdrawal(
            asked.id, reference=step.reference, reason=payload["reason"], withdrawn=step.taken
        )
    with recording():
        one_at_a_time("charge", step.charge_id)
        ChargeStep.objects.filter(id=step.id).update(told=now)
        charges.take_over([asked], now=now)
    return str(asked.version)


def tell_collection(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the debt collection agency one thing about a claim, unless it is no longer needed."""
    action = CollectionAction.objects.select_related("claim__charge").get(id=payload["action"])
    if action.settled is not None:
        return _NOT_NEEDED
    receipt = claims.tell(outside, action, now=now)
    with recording():
        CollectionAction.objects.filter(id=action.id, settled=None).update(
            state=receipt.state.value
        )
    return receipt.state.value


def report_plan(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system of a plan, once it knows all that was paid before it was agreed."""
    plan = Plan.objects.get(id=payload["plan"])
    agreed = plan.as_law()
    before = Outgoing.objects.filter(
        lane__in=[f"charge {each.id}" for each in charges_of(plan)],
        state=Outgoing.State.WAITING,
        written__lt=plan.agreed,
    )
    if before.exists():
        raise Unavailable("the charge system has not heard what came before the plan")
    told = outside.charges.report_plan(
        reference=f"plan-{plan.id}",
        charges=tuple(each.source_id for each in charges_of(plan)),
        instalments=tuple(
            PlanInstalment(number=number, due=each.due, amount=each.amount)
            for number, each in enumerate(agreed.instalments, start=1)
        ),
        agreed=plan.agreed,
    )
    with recording():
        Plan.objects.filter(id=plan.id).update(source_id=told.id)
    return told.id


def end_plan(outside: Outside, payload: dict[str, Any], now: datetime) -> str:
    """Tell the charge system that a plan is over, and how."""
    plan = Plan.objects.get(id=payload["plan"])
    if not plan.source_id:
        if _is_dead(f"plan {plan.id}"):
            return _NOT_NEEDED
        raise Unavailable("the charge system has not heard of the plan yet")
    told = outside.charges.plan(plan.source_id)
    if told.state != "active":
        return told.state
    state = _PLAN_STATES[plan.stands]
    return outside.charges.change_plan(told.id, version=told.version, state=state).state


_PLAN_STATES: Final[dict[plan_law.State, Literal["completed", "defaulted"]]] = {
    plan_law.State.COMPLETED: "completed",
    plan_law.State.BROKEN: "defaulted",
}


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
    Outgoing.Kind.PAY_OUT: pay_out,
    Outgoing.Kind.REPORT_FEE: report_fee,
    Outgoing.Kind.TAKE_BACK_FEE: take_back_fee,
    Outgoing.Kind.SEND_CHARGE_LETTER: send_charge_letter,
    Outgoing.Kind.REPORT_LETTER: report_letter,
    Outgoing.Kind.REPORT_TRANSFER: report_transfer,
    Outgoing.Kind.REPORT_WITHDRAWAL: report_withdrawal,
    Outgoing.Kind.TELL_COLLECTION: tell_collection,
    Outgoing.Kind.REPORT_PLAN: report_plan,
    Outgoing.Kind.END_PLAN: end_plan,
    Outgoing.Kind.DRAW_INSTALMENT: draw.carry_out,
    **carry_complaints.CARRIERS,
    **stops.CARRIERS,
}
