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
from parking.actions.plan_progress import PlanProgress, progress_of
from parking.actions.turns import keeping_nobody_waiting
from parking.law import charge as charge_law
from parking.law import instalments as law
from parking.law.charge import ChargeNumber, Hold
from parking.law.course import Actor
from parking.law.days import Period, danish_day
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
from parking.records.recording import each_one_at_a_time, one_at_a_time, recording

log = structlog.get_logger(__name__)

_AGREED: Final = law.State.AGREED.value
_OPEN: Final = tuple(state.value.replace(" ", "_") for state in charge_law.COLLECTED_HERE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as it is shown before it is agreed, and what it divides."""

    charges: tuple[Charge, ...]
    plan: law.Plan
    limits: Limits

    @property
    def first(self) -> date:
        """The day on which the first instalment is due."""
        return self.plan.instalments[0].due

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
    held = ChargeHolder.objects.on_the_day().of(party)
    owing = Charge.objects.filter(
        id__in=held.values("charge"), state__in=_OPEN, balance_ore__gt=0, waits=False
    ).with_what_was_done()
    return tuple(_free(owing.order_by("issued", "number"), danish_day(now)))


def _free(owing: Iterable[Charge], today: date) -> Iterator[Charge]:
    """Yield the charges of *owing* that nothing stands in the way of.

    Of what a plan was broken for there is no other plan: its remainder is due.
    """
    for charge in owing:
        waits = any(today in pause.period for pause in holds.pauses(charge))
        broken = any(each.plan.stands is law.State.BROKEN for each in charge.instalments.all())
        if charges.payable(charge) and not waits and not broken:
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
    return choices_among(owed_by(party, now=now), limits(now=now), now=now)


def choices_among(owing: Iterable[Charge], accepted: Limits, *, now: datetime) -> tuple[int, ...]:
    """Return the numbers of instalments in which what is owed on *owing* could be paid."""
    ours = [charge for charge in owing if charge.state in _OPEN and not charge.waits]
    return law.choices(debts(_free(ours, danish_day(now))), accepted)


def usual_first_day(*, now: datetime) -> date:
    """Return the day on which the first instalment is due if nobody chooses another."""
    return danish_day(now) + timedelta(days=limits(now=now).usual_days_to_first)


def first_days(*, now: datetime) -> Period:
    """Return the days of which one may choose that of the first instalment."""
    return law.first_days(limits(now=now), on=danish_day(now))


def propose(
    party: Party, instalments: int, *, first: date | None = None, now: datetime
) -> Proposal:
    """Return the plan that *party* may agree to, in so many *instalments*.

    The first is due on the day *first*, or else on the usual one.

    :raises PlanNotAllowed: if the municipality does not accept it.
    """
    owed, allowed = owed_by(party, now=now), limits(now=now)
    if first is None:
        first = usual_first_day(now=now)
    if first not in law.first_days(allowed, on=danish_day(now)):
        raise law.PlanNotAllowed(law.Refusal.FIRST_DAY)
    return Proposal(owed, law.propose(debts(owed), instalments, first, allowed), allowed)


class ProposalChanged(Exception):
    """What was agreed to is not what is owed any more; nothing has been agreed."""


def agree(
    outside: Outside,
    party: Party,
    instalments: int,
    *,
    first: date | None = None,
    agreed: str,
    language: str,
    now: datetime,
) -> Plan:
    """Agree the plan that was shown, whose agreement was *agreed*; from now on fees wait.

    *first* is the day that was chosen for the first instalment, if one was.

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
        each_one_at_a_time("charge", [each.id for each in owed_by(party, now=now)])
        proposal = propose(party, instalments, first=first, now=now)
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
    so_far = progress_of(plan)
    first = so_far.charges[0]
    creditor = charges.answer_of(first).slip.creditor
    rows = charge_letters.instalment_rows(
        plan, [(number, each.due, each.amount) for number, each in so_far.left], creditor
    )
    letter = charge_letters.about_plan(
        plan, first, heading=heading, paragraphs=paragraphs, kind="plan", rows=rows, now=now
    )
    charge_letters.put(letter, first, now=now)


# One that was agreed


def current(party: Party) -> Plan | None:
    """Return the plan that *party* keeps now, if any."""
    return Plan.objects.filter(party=party, state=_AGREED).first()


def shown_to(party: Party) -> PlanProgress | None:
    """Return the plan that *party* keeps, or else the last one, if it is broken and owed."""
    unpaid = Plan.objects.filter(party=party).exclude(state=law.State.COMPLETED.value)
    for each in unpaid.order_by("-agreed"):
        found = progress_of(each)
        if found.is_kept or found.is_broken_and_owed:
            return found
    return None


def kept_for(party: Party | None, charge: Charge) -> PlanProgress | None:
    """Return the plan in which *party* pays *charge*, if there is one and they keep it."""
    if party is None:
        return None
    found = Plan.objects.filter(party=party, state=_AGREED, instalments__charge=charge).first()
    return progress_of(found) if found is not None else None


def plan_of(party: Party, plan_id: UUID) -> Plan:
    """Return a plan of *party*.

    :raises NotYours: if it is no plan of theirs.
    """
    found = Plan.objects.filter(id=plan_id, party=party).first()
    if found is None:
        raise NotYours("plan")
    return found


def choose_next(party: Party, plan: Plan, *, remember: bool = False, now: datetime) -> None:
    """Put the next instalment of *plan* in the basket; all that is left, when it was broken.

    *remember* says that the card that pays it is to pay the following ones by itself.

    :raises NothingOwed: if all of it is paid, or we are about to draw it.
    """
    so_far = progress_of(plan)
    if not so_far.left or so_far.is_drawn_now():
        raise checkout.NothingOwed(str(plan.number))
    if so_far.is_broken_and_owed:
        for charge in filter(charges.payable, so_far.charges):
            checkout.choose(party, charge, now=now)
        return
    _number, instalment = so_far.left[0]
    by_number = {each.number: each for each in so_far.charges}
    checkout.choose_instalment(
        party,
        [(by_number[share.charge], share.amount) for share in instalment.shares],
        remember=plan if remember else None,
        now=now,
    )


# Drawn from a card


def is_still_to_be_drawn(order: Order, agreement: str, *, now: datetime) -> bool:
    """Tell whether the party still wants what *order* draws, by *agreement*, and still owes it."""
    if order.plan is None or order.plan.card_agreement != agreement:
        return False
    so_far = progress_of(order.plan)
    if not so_far.is_kept or so_far.waits(on=danish_day(now)):
        return False
    left = {number: each.amount.ore for number, each in so_far.left}
    return left.get(order.instalment or 0, 0) >= order.total_ore


def stop_drawing(plan: Plan) -> None:
    """Draw nothing more for *plan*: from now on its party pays each instalment itself."""
    with recording():
        one_at_a_time("plan", plan.id)
        checkout.end_consent(plan)
        Plan.objects.filter(id=plan.id).update(card_agreement="", masked_card="")


def tell_not_drawn(plan: Plan, number: int, *, now: datetime) -> None:
    """Tell the party of *plan* that its card would not pay an instalment. Within a recording."""
    so_far = progress_of(plan)
    by_number = dict(so_far.left)
    if number not in by_number:
        return
    again = so_far.next_draw(on=danish_day(now))
    _write_to(
        plan,
        *charge_letters.not_drawn_text(
            by_number[number],
            last=so_far.last_day_of(number),
            again=again.day if again is not None else None,
            days=so_far.limits.days_after_missed,
        ),
        now=now,
    )
    tried = plan.orders.filter(instalment=number).count()
    _mail(plan, "instalment not drawn", f"{number} not drawn {tried}", now)


def tell_uncertain(plan: Plan, number: int, *, now: datetime) -> None:
    """Tell the party of *plan*, once, that nobody knows if an instalment was drawn."""
    so_far, which = progress_of(plan), f"{number} uncertain"
    by_number = dict(so_far.left)
    if number not in by_number or Outgoing.objects.filter(key=_mail_key(plan, which)).exists():
        return
    last = so_far.last_day_of(number)
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
    so_far, parts = progress_of(plan), dict[str, Money]()
    by_number = {each.number: each for each in so_far.charges}
    rest = amount
    for _number, instalment in so_far.left:
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
    today, so_far = danish_day(now), progress_of(plan)
    if not so_far.is_kept:
        return False
    if not so_far.left:
        _end(plan, law.Step.COMPLETE, now)
        return True
    if so_far.waits(on=today):
        return False
    missed = so_far.missed(on=today)
    if missed is not None and not so_far.is_drawn_now():
        plan.due = missed.due
        _end(plan, law.Step.BREAK, now)
        _write_to(plan, *charge_letters.broken_text(missed), now=now)
        return True
    soon = so_far.to_remind(on=today)
    return soon is not None and _remind(so_far, soon, now)


def _remind(so_far: PlanProgress, soon: law.Instalment, now: datetime) -> bool:
    """Remind the party of an instalment, once: by a mail if they gave an address, and a letter."""
    plan = so_far.plan
    if Outgoing.objects.filter(key=_mail_key(plan, str(soon.due))).exists():
        return False
    drawn = so_far.next_draw(on=danish_day(now))
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
    checkout.end_consent(plan)  # orders before the plan, as where one is paid
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
