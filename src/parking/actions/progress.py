"""How far the collection of a charge has come, and what the law says happens next.

What we have done and nobody has acknowledged yet counts as done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from parking.actions import charge as charges
from parking.actions import holds
from parking.law import charge as law
from parking.law import collection
from parking.law.charge import COLLECTED_HERE, Hold, State, Step
from parking.law.charge_terms import ChargeTerms
from parking.law.collection import Next, Progress
from parking.law.days import danish_day
from parking.ports.charges import ChargeAnswer
from parking.records.charge import Charge
from parking.records.collection import ChargeStep, charge_terms_on, charge_terms_on_each

#: The steps that we take; what the charge system settles by itself it tells us.
TAKEN_HERE: Final = {
    Step.FALL_DUE, Step.REMIND, Step.FIRST_FEE, Step.SECOND_FEE, Step.TRANSFER, Step.BAR,
}  # fmt: skip
#: Those of them that somebody is told of before they come: the deadline is told by itself.
TOLD_OF: Final = TAKEN_HERE - {Step.FALL_DUE}


def terms_of(charge: Charge) -> ChargeTerms:
    """Return the numbers that hold for *charge*: those of the day it was issued.

    :raises NotInForce: if there are none.
    """
    day = danish_day(charge.issued)
    # Kept with the charge: a page asks for them several times, and they are never edited.
    known: dict[date, ChargeTerms] = vars(charge).setdefault("_terms_by_day", {})
    if day not in known:
        known[day] = charge_terms_on(day)
    return known[day]


def share_terms(known: Iterable[Charge], *, now: datetime) -> ChargeTerms:
    """Have all *known* share the terms that are read for any of them; return those of today."""
    today = danish_day(now)
    known = tuple(known)
    days = {today, *(danish_day(charge.issued) for charge in known)}
    terms = charge_terms_on_each(days)
    for charge in known:
        vars(charge)["_terms_by_day"] = terms
    return terms[today]


def of(charge: Charge) -> Progress:
    """Return what is known of *charge* so far as it matters to its collection."""
    taken = [step for step in charge.steps.all() if not step.refused]
    steps = sorted(taken, key=lambda step: step.id)
    answer = charges.answer_of(charge)
    state = _state(charges.stands(charge), steps)
    return Progress(
        issued=danish_day(charge.issued),
        state=state,
        since=max(_since(state, charge, answer, steps)),
        account=charges.account(charge),
        booked_here=charges.paid_here(charge),
        pauses=holds.pauses(charge),
        acknowledged=_acknowledged(charge),
        is_back=_is_back(charge, answer, steps),
    )


def _state(told: State, steps: list[ChargeStep]) -> State:
    """Return how far a charge has come: what we have done and nobody has acknowledged counts."""
    ours = steps[-1] if steps else None
    if ours is None:
        return told
    if ours.what is Step.RECALL and ours.told is None and told is State.AT_COLLECTION:
        return ours.led_to
    if told not in COLLECTED_HERE:
        return told
    if ours.told is None or ours.what is Step.BAR:
        return ours.led_to
    return State.DUE if (told, ours.led_to) == (State.ISSUED, State.DUE) else told


_LETTER_OF: Final = {
    State.REMINDED: "reminder",
    State.FIRST_FEE: "reminder_first_fee",
    State.SECOND_FEE: "reminder_second_fee",
}


def _since(
    state: State, charge: Charge, answer: ChargeAnswer, steps: list[ChargeStep]
) -> Iterator[date]:
    """Yield the days since which a charge can have been in *state*; the last of them counts.

    Who is owed money back, or has had it taken back by a bank, has the full time once more.
    """
    yield danish_day(charge.issued)
    yield from (step.day for step in steps if step.led_to is state)
    yield from (
        danish_day(letter.sent) for letter in answer.letters if letter.kind == _LETTER_OF.get(state)
    )
    if answer.collection is not None:
        yield danish_day(answer.collection.transferred)
        if answer.collection.withdrawn is not None:
            yield danish_day(answer.collection.withdrawn)
    yield from (e.booked for e in charges.account(charge) if e.kind is law.Kind.REFUND)


def came_back(charge: Charge) -> datetime | None:
    """Return when *charge* last came back from debt collection, here or there; ``None`` if never.

    It may have gone there again since.
    """
    collection_ = charges.answer_of(charge).collection
    told = collection_.withdrawn if collection_ is not None else None
    ours = [step.taken for step in charge.steps.all() if step.what is Step.RECALL]
    return max((each for each in (told, *ours) if each is not None), default=None)


def _is_back(charge: Charge, answer: ChargeAnswer, steps: list[ChargeStep]) -> bool:
    """Tell whether *charge* has come back from debt collection and nobody was reminded since."""
    back = came_back(charge)
    if back is None:
        return False
    reminded = [step.taken for step in steps if step.what is Step.SECOND_FEE]
    reminded += [each.sent for each in answer.letters if each.kind == _LETTER_OF[State.SECOND_FEE]]
    return max(reminded, default=back) <= back


def _acknowledged(charge: Charge) -> date | None:
    agreed = [instalment.plan.agreed for instalment in charge.instalments.all()]
    return danish_day(max(agreed)) if agreed else None


def coming(charge: Charge, *, now: datetime) -> Next | None:
    """Return what happens next to *charge* if nobody does anything; maybe nothing.

    :raises EntriesDisagree: if its account contradicts itself.
    """
    return collection.what_is_next(of(charge), terms_of(charge), on=danish_day(now))


def outlook_after(step: ChargeStep) -> tuple[Next, ...]:
    """Return what will happen after *step* if nobody does anything."""
    found = collection.outlook(of(step.charge), terms_of(step.charge), on=step.day)
    return tuple(each for each in found if each.step in TOLD_OF)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody is told of how a charge goes on."""

    state: State
    is_claimed: bool  #: whether what is left to pay is to be paid at all
    due: date | None  #: the last day to pay; ``None`` while it waits, or when there is none
    waits_for: tuple[Hold, ...]
    coming: tuple[Next, ...]  #: what happens if nobody does anything
    stopped_until: date | None = None  #: by a case worker, if that has a day
    days_after_plan: int = 0  #: how many there are to pay what is left of a plan that has ended


def seen(charge: Charge, *, will_be_annulled: bool = False, now: datetime) -> Seen:
    """Return how *charge* goes on; nothing is foretold of an account that contradicts itself.

    Nobody is to pay what *will_be_annulled*, and no deadline or fee is foretold of it.
    """
    here, terms, today = of(charge), terms_of(charge), danish_day(now)
    if will_be_annulled:
        return Seen(here.state, is_claimed=False, due=None, waits_for=(), coming=())
    collected = here.state in COLLECTED_HERE
    try:
        coming = tuple(collection.outlook(here, terms, on=today)) if collected else ()
    except law.EntriesDisagree:
        coming = ()
    return Seen(
        state=here.state,
        is_claimed=here.state not in law.COURSE.final(),
        due=collection.last_day_to_pay(here, terms),
        waits_for=collection.open_holds(here.pauses, on=today) if collected else (),
        coming=tuple(each for each in coming if each.step in TOLD_OF and not _is_stopped(each)),
        stopped_until=collection.stopped_until(here.pauses, on=today),
        days_after_plan=terms.plan_limits.days_after_missed,
    )


def is_late(charge: Charge, *, now: datetime) -> bool:
    """Tell whether something is owed on *charge* and the last day to pay it has passed."""
    with suppress(law.EntriesDisagree):
        due = collection.last_day_to_pay(of(charge), terms_of(charge))
        return bool(charges.payable(charge)) and due is not None and due < danish_day(now)
    return False


def _is_stopped(coming: Next) -> bool:
    """Tell whether a hold stops all, and not the transfer alone: it says itself what follows.

    Nothing comes by itself as long as the instalments of a plan are paid.
    """
    if Hold.PLAN in coming.waits_for:
        return True
    return coming.day is None and set(coming.waits_for) != {Hold.TRANSFER}
