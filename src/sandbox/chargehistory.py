"""What had happened to the charges of the first day, before anybody looked.

Written through the books by the same functions as what comes later, so that nothing stands in them
that could not have been reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox import charges
from sandbox.chargebook import COPENHAGEN, Body, Charge, ChargeBook, moment, money, today
from sandbox.charges import DAYS_TO_PAY, FEE, Event, PlanSeed


def write(book: ChargeBook, now: datetime) -> None:
    """Write the charges and the plans of the first day."""
    ids = {}
    for seed in charges.SEEDS:
        charge = book.issue(seed, now - seed.ago)
        ids[seed.slug] = str(charge["id"])
        for number, event in enumerate(seed.happened, start=1):
            when = datetime.fromisoformat(charge["issuedAt"]) + timedelta(days=event.day)
            reference = f"before-{charge['chargeNumber']}-{number}"
            HAPPENINGS[event.what](
                Happening(book, book.get(ids[seed.slug]), event, when, reference)
            )
    for agreed in charges.PLANS:
        _plan(book, agreed, [ids[slug] for slug in agreed.charges], now)


@dataclass(frozen=True)
class Happening:
    """One thing that happened: to which charge, and when."""

    book: ChargeBook
    charge: Charge
    event: Event
    when: datetime
    reference: str

    @property
    def id(self) -> str:
        """The charge's id."""
        return str(self.charge["id"])

    @property
    def at(self) -> str:
        """When, as the interface writes it."""
        return moment(self.when)

    @property
    def owed(self) -> int:
        """What was to pay then, in øre."""
        return int(self.charge["balance"]["amount"])

    @property
    def complaint(self) -> str:
        """The id of the last complaint."""
        return str(self.charge["complaints"][-1]["id"])

    def report(self, **more: object) -> Body:
        """What is reported under the reference."""
        return {"reference": self.reference, **more}

    def deadline(self) -> str:
        """The new last day to pay."""
        return (today(self.when) + timedelta(days=DAYS_TO_PAY)).isoformat()

    def decider(self) -> Body:
        """When it was decided, and by whom."""
        return {"decidedAt": self.at, "decidedBy": "Sagsbehandler"}


def _paid(this: Happening) -> None:
    amount = money(this.event.ore or this.owed)
    this.book.pay(this.id, this.report(amount=amount, paidAt=this.at, method=this.event.what))


def _refunded(this: Happening) -> None:
    payments = [entry for entry in this.charge["ledger"] if entry["kind"] == "payment"]
    this.book.refund(
        this.id,
        this.report(
            amount=money(-this.owed),
            refundedAt=this.at,
            paymentReference=payments[0]["reference"],
        ),
    )


def _reminded(this: Happening) -> None:
    if this.event.what != "reminder":
        fee = {"reference": f"{this.reference}-fee", "amount": money(FEE), "bookedAt": this.at}
        this.book.fee(this.id, fee)
    this.book.letter(
        this.id,
        this.report(
            kind=this.event.what,
            channel="digital_post",
            sentAt=this.at,
            subject="Påmindelse om din parkeringsafgift",
            dueDate=this.deadline(),
        ),
    )


def _transferred(this: Happening) -> None:
    this.book.transfer(this.id, this.report(amount=money(this.owed), transferredAt=this.at))


def _withdrawn(this: Happening) -> None:
    this.book.withdraw(this.id, this.report(reason=this.event.reason, withdrawnAt=this.at))


def _booked_by_the_city(this: Happening) -> None:
    this.book.reported_by_the_city(this.id, this.event.what, this.owed, this.reference)


def _time_barred(this: Happening) -> None:
    this.book.time_bar(this.id)


def _annulled(this: Happening) -> None:
    why = {"reasonCode": this.event.reason, "reasons": "Afgiften er annulleret.", "evidence": []}
    this.book.annul(this.id, this.report(**why, **this.decider()))


def _complained(this: Happening) -> None:
    said = {"channel": "portal", "ground": this.event.reason, "text": this.event.text}
    this.book.complain(this.id, this.report(receivedAt=this.at, **said))


def _heard(this: Happening) -> None:
    this.book.change_complaint(this.id, this.complaint, None, {"state": "hearing"})
    asked = {"sender": "municipality", "text": this.event.text, "sentAt": this.at}
    this.book.message(this.id, this.complaint, this.report(**asked))


def _took_back(this: Happening) -> None:
    this.book.change_complaint(this.id, this.complaint, None, {"state": "withdrawn"})


def _decided(this: Happening) -> None:
    outcome = this.event.what
    annulled = {"upheld": 0, "annulled": this.owed}.get(outcome, this.event.ore)
    decision = {
        "outcome": outcome,
        "reasonCode": this.event.reason or None,
        "reasons": this.event.text,
        "amount": money(annulled),
        "dueDate": None if outcome == "annulled" else this.deadline(),
        **this.decider(),
    }
    this.book.change_complaint(this.id, this.complaint, None, {"decision": decision})


HAPPENINGS: Final[dict[str, Callable[[Happening], None]]] = {
    "card": _paid,
    "mobilepay": _paid,
    "bank": _paid,
    "refund": _refunded,
    "reminder": _reminded,
    "reminder_first_fee": _reminded,
    "reminder_second_fee": _reminded,
    "transfer": _transferred,
    "withdrawal": _withdrawn,
    "collected": _booked_by_the_city,
    "write_off": _booked_by_the_city,
    "time_barred": _time_barred,
    "annul": _annulled,
    "complain": _complained,
    "hearing": _heard,
    "withdraw_complaint": _took_back,
    "upheld": _decided,
    "annulled": _decided,
    "partly": _decided,
}


def _plan(book: ChargeBook, agreed: PlanSeed, ids: list[str], now: datetime) -> None:
    """Let a plan have been agreed, and paid as far as it was."""
    began = now - timedelta(days=agreed.days_ago)
    owed = {charge_id: int(book.get(charge_id)["balance"]["amount"]) for charge_id in ids}
    each, over = divmod(sum(owed.values()), agreed.parts)
    instalments = [
        {
            "number": number,
            "dueDate": (today(began) + timedelta(days=30 * number - 20)).isoformat(),
            "amount": money(each + (1 if number <= over else 0)),
        }
        for number in range(1, agreed.parts + 1)
    ]
    _, plan = book.agree(
        {
            "reference": f"before-plan-{ids[0]}",
            "chargeIds": ids,
            "instalments": instalments,
            "agreedAt": moment(began),
        }
    )
    for number in range(1, agreed.paid + 1):
        _pay_instalment(book, owed, instalments[number - 1], f"before-plan-{ids[0]}-{number}")
    if agreed.state != "active":
        book.change_plan(str(plan["id"]), 1, {"state": agreed.state})


def _pay_instalment(
    book: ChargeBook, owed: dict[str, int], instalment: Body, reference: str
) -> None:
    """Pay an instalment: the first charge first. *owed* is what is left of each."""
    left = instalment["amount"]["amount"]
    paid_at = datetime.fromisoformat(instalment["dueDate"]).replace(tzinfo=COPENHAGEN)
    for charge_id, rest in owed.items():
        part = min(left, rest)
        if part:
            paid = {"amount": money(part), "paidAt": moment(paid_at), "method": "card"}
            book.pay(charge_id, {"reference": reference, **paid})
        owed[charge_id] -= part
        left -= part
