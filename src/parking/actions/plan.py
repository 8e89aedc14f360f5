"""Plans: a debt that one party pays in instalments, proposed, agreed, kept or broken.

A plan is about everything the party owes that we collect ourselves and nothing stands in the way
of. While it is kept no fee is charged; a missed instalment makes the whole remainder due. How much
of it is paid follows from what is still owed, however that was paid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import QuerySet
from django.utils import translation

from parking.actions import charge as charges
from parking.actions import charge_letters, checkout, holds, progress, send
from parking.actions.permission import NotYours
from parking.actions.turns import keeping_nobody_waiting
from parking.law import charge as charge_law
from parking.law import instalments as law
from parking.law import order as order_law
from parking.law.charge import ChargeNumber, Hold
from parking.law.course import Actor
from parking.law.days import danish_day
from parking.law.instalments import Debt, Limits
from parking.law.money import NOTHING, Money
from parking.ports import Outside
from parking.records.charge import Charge, ChargeHolder
from parking.records.collection import (
    ChargePause,
    Instalment,
    Plan,
    charge_terms_on,
    next_plan_number,
)
from parking.records.order import Order
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

_AGREED: Final = law.State.AGREED.value
_OPEN: Final = tuple(state.value.replace(" ", "_") for state in charge_law.COLLECTED_HERE)
#: The days to the first instalment that a proposal gives: a wage comes in between.
_DAYS_TO_FIRST: Final = 14


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as it is shown before it is agreed, and what it divides."""

    charges: tuple[Charge, ...]
    plan: law.Plan
    limits: Limits

    @property
    def agreement(self) -> str:
        """What somebody agrees to; another day or amount is another agreement."""
        said = [
            f"{each.due} {share.charge} {share.amount.ore}"
            for each in self.plan.instalments
            for share in each.shares
        ]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def limits(*, now: datetime) -> Limits:
    """Return what the municipality accepts today."""
    return charge_terms_on(danish_day(now)).plan_limits


def owed_by(party: Party, *, now: datetime) -> tuple[Charge, ...]:
    """Return the charges that a plan of *party* would be about, the oldest first.

    Those of vehicles that were theirs, that we collect, and that nothing stands in the way of.
    """
    held = ChargeHolder.objects.filter(number_fingerprint=party.number_fingerprint)
    owing = Charge.objects.filter(
        id__in=held.values("charge"), state__in=_OPEN, balance_ore__gt=0, waits=False
    ).with_what_was_done()
    return tuple(_free(owing.order_by("issued", "number"), danish_day(now)))


def _free(owing: Iterable[Charge], today: date) -> Iterator[Charge]:
    """Yield the charges of *owing* that nothing stands in the way of."""
    for charge in owing:
        if charges.payable(charge) and not any(
            today in pause.period for pause in holds.pauses(charge)
        ):
            yield charge


def debts(owed: Iterable[Charge]) -> tuple[Debt, ...]:
    """Return what is owed on each charge, as the law takes it."""
    return tuple(
        Debt(
            charge=ChargeNumber(charge.number),
            issued=danish_day(charge.issued),
            owed=charges.balance(charge).owed,
            state=progress.of(charge).state,
        )
        for charge in owed
    )


def choices(party: Party, *, now: datetime) -> tuple[int, ...]:
    """Return the numbers of instalments of which *party* may choose; none if no plan can be."""
    if current(party) is not None:
        return ()
    return choices_among(owed_by(party, now=now), now=now)


def choices_among(owing: Iterable[Charge], *, now: datetime) -> tuple[int, ...]:
    """Return the numbers of instalments in which what is owed on *owing* could be paid."""
    ours = [charge for charge in owing if charge.state in _OPEN and not charge.waits]
    return law.choices(debts(_free(ours, danish_day(now))), limits(now=now))


def propose(party: Party, instalments: int, *, now: datetime) -> Proposal:
    """Return the plan that *party* may agree to, in so many *instalments*.

    :raises PlanNotAllowed: if the municipality does not accept it.
    """
    owed, allowed = owed_by(party, now=now), limits(now=now)
    first = danish_day(now) + timedelta(days=min(_DAYS_TO_FIRST, allowed.days_to_first))
    return Proposal(owed, law.propose(debts(owed), instalments, first, allowed), allowed)


class ProposalChanged(Exception):
    """What was agreed to is not what is owed any more; nothing has been agreed."""


def agree(
    outside: Outside, party: Party, instalments: int, *, agreed: str, language: str, now: datetime
) -> Plan:
    """Agree the plan that was shown, whose agreement was *agreed*; from now on fees wait.

    A second click gets the plan that there is.

    :raises ProposalChanged: if something else is owed by now: it is shown anew.
    :raises PlanNotAllowed: if the municipality does not accept it.
    """
    known = current(party)
    if known is not None:
        return known
    for charge in owed_by(party, now=now):
        charges.refreshed(outside, charge, now=now)
    with recording():
        one_at_a_time("party", party.id)
        if (known := current(party)) is not None:
            return known
        for number in sorted(str(each.id) for each in owed_by(party, now=now)):
            one_at_a_time("charge", number)
        proposal = propose(party, instalments, now=now)
        if proposal.agreement != agreed:
            raise ProposalChanged
        return _write(party, proposal, language, now)


def _write(party: Party, proposal: Proposal, language: str, now: datetime) -> Plan:
    plan = Plan.objects.create(
        number=next_plan_number(), party=party, language=language, agreed=now
    )
    by_number = {ChargeNumber(charge.number): charge for charge in proposal.charges}
    Instalment.objects.bulk_create(
        Instalment(
            plan=plan,
            charge=by_number[share.charge],
            number=number,
            due=each.due,
            amount_ore=share.amount.ore,
        )
        for number, each in enumerate(proposal.plan.instalments, start=1)
        for share in each.shares
    )
    for charge in proposal.charges:
        holds.begin(charge, Hold.PLAN, reference=_pause_of(plan), on=danish_day(now))
    send.put(
        Outgoing.Kind.REPORT_PLAN,
        key=f"plan {plan.id}",
        lane=f"charge {proposal.charges[0].id}",
        payload={"plan": str(plan.id)},
        now=now,
    )
    _write_to(plan, *charge_letters.agreed_text(plan, proposal.limits.days_after_missed), now=now)
    return plan


def _pause_of(plan: Plan) -> str:
    return f"plan {plan.id}"


def _write_to(plan: Plan, heading: str, paragraphs: Sequence[str], *, now: datetime) -> None:
    """Write a letter about *plan* to its party, with what is left to pay."""
    first = charges_of(plan)[0]
    creditor = charges.answer_of(first).slip.creditor
    rows = charge_letters.instalment_rows(
        plan, [(number, each.due, each.amount) for number, each in left_of(plan)], creditor
    )
    letter = charge_letters.about_plan(
        plan, first, heading=heading, paragraphs=paragraphs, kind="plan", rows=rows, now=now
    )
    charge_letters.put(letter, first, now=now)


# One that was agreed


def current(party: Party) -> Plan | None:
    """Return the plan that *party* keeps now, if any."""
    return Plan.objects.filter(party=party, state=_AGREED).first()


def plan_of(party: Party, plan_id: UUID) -> Plan:
    """Return a plan of *party*.

    :raises NotYours: if it is no plan of theirs.
    """
    found = Plan.objects.filter(id=plan_id, party=party).first()
    if found is None:
        raise NotYours("plan")
    return found


def charges_of(plan: Plan) -> list[Charge]:
    """Return the charges that *plan* is about, the oldest first."""
    return list(
        Charge.objects.filter(instalments__plan=plan).distinct().order_by("issued", "number")
    )


def terms(plan: Plan) -> law.Plan:
    """Return the instalments of *plan* as they stand: without what was annulled meanwhile."""
    agreed = plan.as_law()
    for charge in charges_of(plan):
        if charges.stands(charge) is charge_law.State.ANNULLED:
            agreed = law.without(agreed, ChargeNumber(charge.number))
    return agreed


def paid(plan: Plan, agreed: law.Plan) -> dict[ChargeNumber, Money]:
    """Return how much of *plan* is paid on each charge: what is not owed on it any more."""
    owed = {ChargeNumber(each.number): charges.balance(each).owed for each in charges_of(plan)}
    return {
        number: max(amount - owed.get(number, NOTHING), NOTHING)
        for number, amount in agreed.per_charge().items()
    }


def left_of(plan: Plan) -> list[tuple[int, law.Instalment]]:
    """Return the instalments of *plan* that are not paid, each with its number."""
    agreed = terms(plan)
    unpaid = law.unpaid(agreed, paid(plan, agreed))
    return numbered(plan, law.Plan(unpaid))


def numbered(plan: Plan, agreed: law.Plan) -> list[tuple[int, law.Instalment]]:
    """Return the instalments of *agreed*, each with its number in *plan*."""
    number_of = {each.due: each.number for each in plan.instalments.all()}
    return [(number_of[each.due], each) for each in agreed.instalments]


def choose_next(party: Party, plan: Plan, *, remember: bool = False, now: datetime) -> None:
    """Put the next instalment of *plan* in the basket.

    *remember* says that the card that pays it is to pay the following ones by itself.

    :raises NothingOwed: if all of it is paid, or we are about to draw it.
    """
    left = left_of(plan)
    if not left or drawn_now(plan):
        raise checkout.NothingOwed(str(plan.number))
    _number, instalment = left[0]
    by_number = {each.number: each for each in charges_of(plan)}
    for share in instalment.shares:
        checkout.choose(
            party, by_number[share.charge], part=share.amount, remember=remember, now=now
        )


# Drawn from a card


@dataclass(frozen=True, slots=True)
class Draw:
    """An instalment that is drawn from the stored card, and when."""

    day: date
    number: int
    turn: int  #: how often the card has declined it
    instalment: law.Instalment


def next_draw(plan: Plan) -> Draw | None:
    """Return what is drawn next for *plan*, if anything is.

    An instalment of which something was drawn, or perhaps was, is never drawn again.
    """
    left = left_of(plan)
    if not plan.card_agreement or plan.stands is not law.State.AGREED or not left:
        return None
    number, instalment = left[0]
    tried = list(plan.orders.filter(instalment=number).values_list("state", flat=True))
    if any(state != order_law.State.CANCELLED.value for state in tried):
        return None
    day = law.draw_day(instalment.due, declined=len(tried))
    return Draw(day, number, len(tried), instalment) if day is not None else None


def drawn_now(plan: Plan) -> bool:
    """Tell whether an instalment of *plan* is being drawn at this moment."""
    begun = plan.orders.filter(instalment__isnull=False, state=order_law.State.OPEN.value)
    keys = [draw_key(order) for order in begun]
    return Outgoing.objects.filter(key__in=keys, state=Outgoing.State.WAITING).exists()


def is_still_to_be_drawn(order: Order, agreement: str) -> bool:
    """Tell whether the party still wants what *order* draws, by *agreement*, and still owes it."""
    plan = order.plan
    if plan is None or plan.stands is not law.State.AGREED or plan.card_agreement != agreement:
        return False
    left = {number: each.amount.ore for number, each in left_of(plan)}
    return left.get(order.instalment or 0, 0) >= order.total_ore


def draw_key(order: Order) -> str:
    """Return by which the outbox knows the drawing of *order*."""
    return f"draw {order.number}"


def last_day(plan: Plan, number: int, instalment: law.Instalment) -> date:
    """Return the last day to pay an *instalment* of *plan* before it is missed."""
    return law.last_day(instalment, limits_of(plan), drawn=_is_drawn(plan, number))


def limits_of(plan: Plan) -> Limits:
    """Return what the municipality accepted when *plan* was agreed."""
    return charge_terms_on(danish_day(plan.agreed)).plan_limits


def _is_drawn(plan: Plan, number: int) -> bool:
    """Tell whether it was left to us to draw an instalment, whether it was drawn or declined."""
    return bool(plan.card_agreement) or plan.orders.filter(instalment=number).exists()


def stop_drawing(plan: Plan) -> None:
    """Draw nothing more for *plan*: from now on its party pays each instalment itself."""
    with recording():
        one_at_a_time("plan", plan.id)
        Plan.objects.filter(id=plan.id).update(card_agreement="", masked_card="")


def tell_not_drawn(plan: Plan, number: int, *, now: datetime) -> None:
    """Tell the party of *plan* that its card would not pay an instalment. Within a recording."""
    by_number = dict(left_of(plan))
    if number not in by_number:
        return
    again = next_draw(plan)
    _write_to(
        plan,
        *charge_letters.not_drawn_text(
            by_number[number],
            last=last_day(plan, number, by_number[number]),
            again=again.day if again is not None else None,
            days=limits_of(plan).days_after_missed,
        ),
        now=now,
    )
    tried = plan.orders.filter(instalment=number).count()
    _mail(plan, "instalment not drawn", f"{number} not drawn {tried}", now)


def tell_uncertain(plan: Plan, number: int, *, now: datetime) -> None:
    """Tell the party of *plan*, once, that nobody knows if an instalment was drawn."""
    which, by_number = f"{number} uncertain", dict(left_of(plan))
    if number not in by_number or Outgoing.objects.filter(key=_mail_key(plan, which)).exists():
        return
    last = last_day(plan, number, by_number[number])
    _write_to(plan, *charge_letters.uncertain_text(by_number[number], last=last), now=now)
    _mail(plan, "instalment not drawn", which, now)


def _mail(plan: Plan, mail: str, which: str, now: datetime) -> None:
    send.put(
        Outgoing.Kind.SEND_MAIL,
        key=_mail_key(plan, which),
        lane=f"mail plan {plan.number}",
        payload={"mail": mail, "party": str(plan.party_id)},
        now=now,
    )


def _mail_key(plan: Plan, which: str) -> str:
    return f"mail plan {plan.number} {which}"


def divide(plan: Plan, amount: Money) -> list[tuple[Charge, Money]]:
    """Divide *amount*, which came for *plan*, among its charges; what is too much is the last's."""
    parts: dict[str, Money] = {}
    by_number = {each.number: each for each in charges_of(plan)}
    rest = amount
    for _number, instalment in left_of(plan):
        for share in instalment.shares:
            part = min(rest, share.amount)
            if part:
                parts[share.charge] = parts.get(share.charge, NOTHING) + part
                rest -= part
    if rest and by_number:
        last = next(reversed(parts), next(reversed(by_number)))
        parts[last] = parts.get(last, NOTHING) + rest
    return [(by_number[number], part) for number, part in parts.items()]


# Time


def follow(*, now: datetime) -> int:
    """Remind of what falls due, complete what is paid, break what was missed; return how many."""
    done = 0
    for plan in _agreed():
        with (
            keeping_nobody_waiting("plan", plan.number),
            translation.override(plan.language),
            recording(),
        ):
            one_at_a_time("plan", plan.id)
            done += _follow(Plan.objects.get(id=plan.id), now)
    return done


def _agreed() -> QuerySet[Plan]:
    return Plan.objects.filter(state=_AGREED).order_by("agreed")


def _follow(plan: Plan, now: datetime) -> bool:
    if plan.stands is not law.State.AGREED:
        return False
    today, agreed = danish_day(now), terms(plan)
    allowed = limits_of(plan)
    so_far = paid(plan, agreed)
    left = numbered(plan, law.Plan(law.unpaid(agreed, so_far)))
    if not left:
        _end(plan, law.Step.COMPLETE, now)
        return True
    missed = law.missed(agreed, so_far, allowed, on=today, drawn=_is_drawn(plan, left[0][0]))
    if missed is not None and not drawn_now(plan):
        plan.due = missed.due
        _end(plan, law.Step.BREAK, now)
        _write_to(plan, *charge_letters.broken_text(missed), now=now)
        return True
    soon = law.to_remind(agreed, so_far, allowed, on=today)
    return soon is not None and _remind(plan, soon, now)


def _remind(plan: Plan, soon: law.Instalment, now: datetime) -> bool:
    """Remind the party of an instalment, once: by a mail if they gave an address, and a letter."""
    if Outgoing.objects.filter(key=_mail_key(plan, str(soon.due))).exists():
        return False
    drawn = next_draw(plan)
    if drawn is not None and drawn.instalment == soon:
        mail, text = "drawn soon", charge_letters.drawn_soon_text(soon, plan.masked_card)
    else:
        mail, text = "instalment", charge_letters.reminder_text(soon)
    _mail(plan, mail, str(soon.due), now)
    _write_to(plan, *text, now=now)
    return True


def _end(plan: Plan, step: law.Step, now: datetime) -> None:
    plan.state = law.COURSE.after(plan.stands, Actor.SYSTEM, step).value
    plan.ended = now
    plan.card_agreement = plan.masked_card = ""
    plan.save()
    today = danish_day(now)
    for pause in ChargePause.objects.filter(reference=_pause_of(plan)).select_related("charge"):
        holds.end(pause.charge, reference=pause.reference, on=today)
    send.put(
        Outgoing.Kind.END_PLAN,
        key=f"end plan {plan.id}",
        lane=f"plan {plan.id}",
        payload={"plan": str(plan.id)},
        now=now,
    )
