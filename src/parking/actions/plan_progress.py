"""How far a plan has come: read once, whatever is asked of it then.

How much of a plan is paid follows from what is still owed on its charges, however that was paid.
What was annulled meanwhile is no part of it, and the days of complaints do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parking.actions import charge as charges
from parking.law import charge as charge_law
from parking.law import instalments as law
from parking.law import order as order_law
from parking.law.charge import ChargeNumber, Hold
from parking.law.days import Period, danish_day
from parking.law.instalments import Instalment, Limits
from parking.law.money import NOTHING, Money, total
from parking.records.charge import Charge
from parking.records.collection import Plan, charge_terms_on
from parking.records.order import Order
from parking.records.outbox import Outgoing

#: Instalments, each with its number in the plan.
Numbered = tuple[tuple[int, Instalment], ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """An instalment that is drawn from the stored card, and when."""

    day: date
    number: int
    turn: int  #: how often that was tried before
    declined: int  #: how often the card would not pay it
    instalment: Instalment


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """A plan as it stands at one moment."""

    plan: Plan
    charges: tuple[Charge, ...]  #: that it is about, the oldest first
    instalments: Numbered  #: as they are due by now
    left: Numbered  #: what is not paid of them
    paid: dict[ChargeNumber, Money]
    complaints: tuple[Period, ...]  #: in which one stopped the collection of any of its charges
    drawn: tuple[Order, ...]  #: what was drawn from a card, or tried to

    @property
    def terms(self) -> law.Plan:
        """The instalments as the law takes them."""
        return law.Plan(tuple(each for _, each in self.instalments))

    @property
    def remainder(self) -> Money:
        """How much is left to pay."""
        return total(each.amount for _, each in self.left)

    @property
    def is_kept(self) -> bool:
        """Whether it is agreed, and neither paid off nor broken."""
        return self.plan.stands is law.State.AGREED

    @property
    def is_broken_and_owed(self) -> bool:
        """Whether an instalment was missed and the remainder is not paid yet."""
        return self.plan.stands is law.State.BROKEN and bool(self.left)

    def left_on(self, charge: Charge) -> Money:
        """Return how much of the plan is left to pay on one of its charges."""
        number = ChargeNumber(charge.number)
        part = self.terms.per_charge().get(number, NOTHING)
        return max(part - self.paid.get(number, NOTHING), NOTHING)

    def waits(self, *, on: date) -> bool:
        """Tell whether a complaint about one of its charges stops it: nothing of it is due."""
        return self.is_kept and any(on in period for period in self.complaints)

    @property
    def limits(self) -> Limits:
        """What the municipality accepted when it was agreed."""
        return charge_terms_on(danish_day(self.plan.agreed)).plan_limits

    @property
    def last_day(self) -> date | None:
        """The last day to pay the first instalment left; ``None`` if all is paid."""
        return self.last_day_of(self.left[0][0]) if self.left else None

    def last_day_of(self, number: int) -> date:
        """Return the last day to pay the instalment with that *number*, which is not paid."""
        instalment = dict(self.left)[number]
        return law.last_day(instalment, self.limits, drawn=self._is_left_to_us(number))

    def _is_left_to_us(self, number: int) -> bool:
        """Tell whether it was left to us to draw an instalment, be it drawn or declined."""
        return bool(self.plan.card_agreement) or bool(self._tried(number))

    def _tried(self, number: int) -> list[Order]:
        return [order for order in self.drawn if order.instalment == number]

    def next_draw(self, *, on: date) -> Draw | None:
        """Return what is drawn next as it stands *on* a day, if anything is.

        An instalment of which something was drawn, or perhaps was, is never drawn again.
        """
        if not (self.plan.card_agreement and self.is_kept and self.left) or self.waits(on=on):
            return None
        number, instalment = self.left[0]
        tried = self._tried(number)
        if any(order.stands is not order_law.State.CANCELLED for order in tried):
            return None
        declined = sum(order.declined for order in tried)
        day = law.draw_day(instalment.due, self.limits, declined=declined)
        return Draw(day, number, len(tried), declined, instalment) if day is not None else None

    def is_drawn_now(self) -> bool:
        """Tell whether an instalment is being drawn at this moment."""
        keys = [draw_key(each) for each in self.drawn if each.stands is order_law.State.OPEN]
        return (
            bool(keys)
            and Outgoing.objects.filter(key__in=keys, state=Outgoing.State.WAITING).exists()
        )

    def missed(self, *, on: date) -> law.Missed | None:
        """Return what was missed on the day *on*, if anything."""
        if not self.left:
            return None
        drawn = self._is_left_to_us(self.left[0][0])
        return law.missed(self.terms, self.paid, self.limits, on=on, drawn=drawn)

    def to_remind(self, *, on: date) -> Instalment | None:
        """Return the instalment of which the party is to be reminded on the day *on*, if any."""
        return law.to_remind(self.terms, self.paid, self.limits, on=on)


def progress_of(plan: Plan) -> PlanProgress:
    """Return how far *plan* has come, in a number of queries that does not grow with it."""
    about = charges_of(plan)
    agreed = danish_day(plan.agreed)
    # A complaint that came before it was agreed can be registered after: it counts from there.
    complaints = tuple(
        Period(max(pause.since, agreed), pause.until)
        for charge in about
        for pause in charge.pauses.all()
        if pause.hold == Hold.COMPLAINT.value and (pause.until is None or pause.until > agreed)
    )
    due = law.postponed(plan.as_law(), complaints)
    number_of = {each.due: number for number, each in enumerate(due.instalments, start=1)}
    for charge in about:
        if charges.stands(charge) is charge_law.State.ANNULLED:
            due = law.without(due, ChargeNumber(charge.number))
    owed = {ChargeNumber(each.number): charges.balance(each).owed for each in about}
    paid = {
        number: max(amount - owed.get(number, NOTHING), NOTHING)
        for number, amount in due.per_charge().items()
    }
    return PlanProgress(
        plan=plan,
        charges=about,
        instalments=tuple((number_of[each.due], each) for each in due.instalments),
        left=tuple((number_of[each.due], each) for each in law.unpaid(due, paid)),
        paid=paid,
        complaints=complaints,
        drawn=tuple(plan.orders.filter(instalment__isnull=False).order_by("opened")),
    )


def charges_of(plan: Plan) -> tuple[Charge, ...]:
    """Return the charges that *plan* is about, the oldest first."""
    about = Charge.objects.filter(id__in=plan.instalments.values("charge"))
    return tuple(about.order_by("issued", "number").with_what_was_done())


def draw_key(order: Order) -> str:
    """Return by which the outbox knows the drawing of *order*."""
    return f"draw {order.number}"
