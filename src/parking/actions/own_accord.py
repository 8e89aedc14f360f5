"""Annulling charges of our own accord: proposed by one case worker, approved by another.

A proposal is frozen: which charges it is about, what is given up and what goes back. Once approved
each charge is annulled in a commit of its own, and never twice: whoever is killed on the way goes
on where they stopped. What has changed meanwhile counts as it is then.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Case, IntegerField, Q, Value, When

from parking.actions import annulment, casework, send
from parking.actions import charge as charges
from parking.actions.complaint_letters import Words
from parking.actions.permission import NotYours
from parking.law import charge as charge_law
from parking.law import own_accord as law
from parking.law.charge_terms import AnnulmentReason
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import danish_day
from parking.law.money import Money, total
from parking.law.own_accord import LIMITS, Limits, Selection, State, Step
from parking.ports import Outside, Unavailable
from parking.records.charge import Charge
from parking.records.own_accord import OwnAccordAnnulment, OwnAccordCharge
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff

log = structlog.get_logger(__name__)

#: So many are annulled before the other jobs have their turn.
_AT_ONCE: Final = 100
#: What the charge system did not answer about stands back for so long, so that others go first.
_ASK_AGAIN: Final = timedelta(minutes=5)
#: What failed is a person's to look at first.
_TRY_AGAIN: Final = timedelta(hours=1)
#: After so long without an answer a person is told; we go on trying.
_WORRY_AFTER: Final = timedelta(hours=24)
_OVER: Final = [state.value.replace(" ", "_") for state in charge_law.COURSE.final()]
_Outcome = OwnAccordCharge.Outcome
#: What a person must look at comes first.
_LISTED_BY: Final = (_Outcome.DISAGREES, _Outcome.OVER, _Outcome.WAITING, _Outcome.ANNULLED)


class TooMany(ValueError):
    """More charges were selected than may be annulled at once."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A charge that would be annulled: what is owed on it, and what was paid and goes back."""

    charge: Charge
    owed: Money
    back: Money


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be annulled, the oldest charge first."""

    chosen: tuple[Chosen, ...]
    unclear: tuple[Charge, ...] = ()  #: whose account contradicts itself: they are left out

    @property
    def count(self) -> int:
        """How many charges it is."""
        return len(self.chosen)

    @property
    def owed(self) -> Money:
        """What is owed, and would be given up."""
        return total(each.owed for each in self.chosen)

    @property
    def back(self) -> Money:
        """What was paid, and would go back."""
        return total(each.back for each in self.chosen)

    def by_state(self) -> list[tuple[charge_law.State, int]]:
        """Return how many charges stand where, as their course goes."""
        counted = Counter(charges.stands(each.charge) for each in self.chosen)
        return [(state, counted[state]) for state in charge_law.State if counted[state]]

    @property
    def mark(self) -> str:
        """What tells this preview from another: which charges, and how much of each."""
        told = (f"{each.charge.id} {each.owed.ore} {each.back.ore}" for each in self.chosen)
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Why:
    """Why charges are annulled, and the words that the letters carry."""

    reason: AnnulmentReason
    words: Words


# What would be annulled


def preview(staff: Staff, selection: Selection, *, now: datetime) -> Preview:
    """Return what *selection* would annul. What is annulled or given up already is left out.

    :raises WrongSelection: if it is about a longer time than is allowed.
    :raises TooMany: if it is more than may be annulled at once.
    :raises OwnCase: if a charge of *staff*'s own is among them.
    """
    limits = _limits(now)
    selection = selection.within(limits)
    there = Charge.objects.on_street(selection.street, selection.since, selection.until)
    told = there.exclude(state__in=_OVER).values_list(
        "id", "told__place__house_number", "told__offences"
    )
    meant = [
        charge_id
        for charge_id, house_number, offences in told
        if selection.means(house_number, [each["code"] for each in offences])
    ]
    if len(meant) > limits.most:
        raise TooMany(str(len(meant)))
    return _preview(staff, meant)


def preview_of(staff: Staff, charge: Charge) -> Preview:
    """Return what annulling *charge* alone would do.

    :raises OwnCase: if it is *staff*'s own.
    """
    return _preview(staff, [charge.id])


def _preview(staff: Staff, charge_ids: list[UUID]) -> Preview:
    if casework.is_own_among(staff, charge_ids):
        log.warning("own charge refused", staff=str(staff.id), charges=len(charge_ids))
        raise casework.OwnCase("a charge among many")
    chosen, unclear = [], []
    known = Charge.objects.filter(id__in=charge_ids).exclude(state__in=_OVER)
    known = known.with_what_was_done().prefetch_related("annulments", "bank_refunds")
    for charge in known.order_by("issued", "id"):
        try:
            seen = _chosen(charge)
        except charge_law.EntriesDisagree:
            unclear.append(charge)
            continue
        if seen.owed + seen.back:
            chosen.append(seen)
    return Preview(tuple(chosen), tuple(unclear))


def _chosen(charge: Charge) -> Chosen:
    """Return what annulling *charge* would do now.

    :raises EntriesDisagree: if its account contradicts itself.
    """
    claimed = annulment.left_to_annul(charge)
    owed = min(charges.balance(charge).owed, claimed)
    return Chosen(charge, owed, claimed - owed)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An annulment that is not over yet, and how many of some charges it has already."""

    annulment_id: UUID
    count: int


def waiting_with(seen: Preview) -> list[Waiting]:
    """Return which annulments, not over yet, already have charges of what was *seen*."""
    rows = OwnAccordCharge.objects.filter(
        charge__in=[each.charge.id for each in seen.chosen],
        outcome=_Outcome.WAITING,
        annulment__state__in=[State.PROPOSED.value, State.APPROVED.value],
    )
    counted = Counter(rows.order_by("annulment__proposed").values_list("annulment", flat=True))
    return [Waiting(annulment_id, count) for annulment_id, count in counted.items()]


def _limits(now: datetime) -> Limits:
    return LIMITS.on(danish_day(now))


# Proposing, and answering


def propose(
    staff: Staff, selection: Selection, why: Why, *, shown: str, now: datetime
) -> OwnAccordAnnulment:
    """Propose to annul what *selection* selects now; *shown* is the mark of what the page showed.

    :raises ChangedMeanwhile: if it selects something else by now, or nothing.
    :raises WrongSelection: if it is about a longer time than is allowed.
    :raises TooMany: if it is more than may be annulled at once.
    :raises OwnCase: if a charge of *staff*'s own is among them.
    """
    with recording():
        seen = preview(staff, selection, now=now)
        if seen.mark != shown:
            raise casework.ChangedMeanwhile(selection.street)
        if not seen.chosen:
            raise casework.ChangedMeanwhile(selection.street)
        row = OwnAccordAnnulment(
            street=charges.answer_of(seen.chosen[0].charge).place.street,  # as it is spelled
            first_house=selection.first_house,
            last_house=selection.last_house,
            since=selection.since,
            until=selection.until,
            codes=list(selection.codes),
        )
        _freeze(staff, row, seen, why, now)
    return row


def annul_one(staff: Staff, charge: Charge, why: Why, *, now: datetime) -> OwnAccordAnnulment:
    """Annul *charge*: approved by *staff* alone up to an ordinary amount, else proposed.

    What is approved is carried out by :func:`carry_out`.

    :raises StepNotAllowed: if nothing is claimed on it any more.
    :raises OwnCase: if it is *staff*'s own.
    """
    with recording():
        one_at_a_time("charge", charge.id)
        row = OwnAccordAnnulment()
        seen = preview_of(staff, charge)
        _freeze(staff, row, seen, why, now)
        if not takes_two(seen, now=now):
            row.move(Actor.CASE_WORKER, Step.APPROVE)
            row.answered, row.answered_by = now, staff
            row.save()
            send.annul_soon()
    return row


def takes_two(seen: Preview, *, now: datetime) -> bool:
    """Tell whether somebody else must approve what was *seen*."""
    return law.takes_two([each.owed + each.back for each in seen.chosen], _limits(now))


def _freeze(staff: Staff, row: OwnAccordAnnulment, seen: Preview, why: Why, now: datetime) -> None:
    if not seen.chosen:
        raise StepNotAllowed("nothing is claimed")
    row.reason = why.reason.value
    row.reasons, row.reasons_english = why.words.danish, why.words.english
    row.count, row.owed_ore, row.back_ore = seen.count, seen.owed.ore, seen.back.ore
    row.proposed, row.proposed_by = now, staff
    row.save()
    OwnAccordCharge.objects.bulk_create(
        OwnAccordCharge(
            annulment=row, charge=each.charge, owed_ore=each.owed.ore, back_ore=each.back.ore
        )
        for each in seen.chosen
    )


def annulment_for(staff: Staff, annulment_id: UUID) -> OwnAccordAnnulment:
    """Return an annulment that *staff* may look at.

    :raises NotYours: if there is no such annulment.
    :raises OwnCase: if a charge of their own is among it.
    """
    known = OwnAccordAnnulment.objects.select_related("proposed_by", "answered_by")
    found = known.filter(id=annulment_id).first()
    if found is None:
        raise NotYours("annulment")
    if casework.is_own_among(staff, list(found.charges.values_list("charge", flat=True))):
        log.warning("own charge refused", staff=str(staff.id), annulment=str(found.id))
        raise casework.OwnCase(str(found.id))
    return found


def may_do(staff: Staff, found: OwnAccordAnnulment) -> tuple[Step, ...]:
    """Return what *staff* may do to an annulment: who proposed it withdraws it, others answer."""
    steps = law.COURSE.steps(found.stands, Actor.CASE_WORKER)
    own = {Step.WITHDRAW}
    proposed_it = found.proposed_by_id == staff.id
    return tuple(step for step in steps if (step in own) is proposed_it)


def answer(staff: Staff, annulment_id: UUID, step: Step, *, text: str, now: datetime) -> None:
    """Approve, reject or withdraw what was proposed; *text* says why it was rejected.

    :raises NotYours: if there is no such annulment.
    :raises OwnCase: if a charge of *staff*'s own is among it.
    :raises StepNotAllowed: if somebody else has answered, or *staff* proposed it themselves, or has
        not proposed it and would withdraw it.
    """
    with recording():
        OwnAccordAnnulment.objects.select_for_update().filter(id=annulment_id).first()
        found = annulment_for(staff, annulment_id)
        if step not in may_do(staff, found):
            raise StepNotAllowed(f"{step.value} is somebody else's to do, or too late")
        found.move(Actor.CASE_WORKER, step)
        found.answered, found.answered_by, found.answer = now, staff, text
        found.save()
        if step is Step.APPROVE:
            send.annul_soon()
    log.info("own accord", step=step.value, staff=str(staff.id), annulment=str(annulment_id))


# Carrying it out


def carry_out(
    outside: Outside,
    *,
    now: datetime,
    only: OwnAccordAnnulment | None = None,
    most: int = _AT_ONCE,
) -> bool:
    """Annul what was approved, at most so many; tell whether there is more to do at once.

    One that fails keeps no other from its turn: a person is told of it, and it is tried again when
    it is due. While the charge system is silent nothing is annulled: only it knows whom to write to
    abroad.
    """
    approved = OwnAccordAnnulment.objects.filter(state=State.APPROVED.value)
    if only is not None:
        approved = approved.filter(id=only.id)
    left = most
    for found in approved.order_by("answered"):
        waiting = found.charges.filter(outcome=_Outcome.WAITING)
        due = waiting.filter(Q(due=None) | Q(due__lte=now)).order_by("id")
        for row_id, number in list(due.values_list("id", "charge__number")):
            if not left:
                return True
            left -= 1
            try:
                _carry_out(outside, row_id, now)
            except Unavailable as silent:
                _set_back(row_id, silent, wait=_ASK_AGAIN, now=now)
                return False
            except Exception as wrong:
                log.exception("failed", what="annulment of", which=number)
                _set_back(row_id, wrong, wait=_TRY_AGAIN, now=now)
        _finish(found, now)
    return False


def _set_back(row_id: int, why: Exception, *, wait: timedelta, now: datetime) -> None:
    """Let the others go first for so long; a person is told of what no waiting will mend."""
    with recording():
        row = OwnAccordCharge.objects.select_related("charge", "annulment").get(id=row_id)
        row.due = now + wait
        row.save(update_fields=["due"])
        began = row.annulment.answered
        assert began is not None
        if not isinstance(why, Unavailable) or now - began > _WORRY_AFTER:
            send.raise_incident(
                f"own accord {row.id}", "a charge could not be annulled of our own accord", now=now,
                detail=f"{row.charge.number}, {row.annulment_id}: {type(why).__name__}",
            )  # fmt: skip


def _carry_out(outside: Outside, row_id: int, now: datetime) -> None:
    """Annul one charge, as it is now: what it was when it was proposed may have changed."""
    rows = OwnAccordCharge.objects.select_related("charge", "annulment__answered_by")
    charge = rows.get(id=row_id).charge
    registered = annulment.registered(outside, charge)
    with recording():
        one_at_a_time("charge", charge.id)
        row = rows.select_for_update(of=("self",)).get(id=row_id)
        if row.outcome != _Outcome.WAITING:  # somebody else was faster
            return
        if registered.answer is not None:
            charges.take_over([registered.answer], now=now)
        row.charge = Charge.objects.get(id=charge.id)
        if _was_put_back(row, now):
            return
        row.outcome, given_up = _annulled(row, registered, now)
        row.annulled_ore, row.done = given_up.ore, now
        row.save()


def _was_put_back(row: OwnAccordCharge, now: datetime) -> bool:
    """Leave to a colleague what one case worker alone approved, if more is claimed by now.

    They see what is claimed now (§ 12, stk. 2).
    """
    about = row.annulment
    if about.answered_by_id != about.proposed_by_id:
        return False
    try:
        seen = _chosen(row.charge)
    except charge_law.EntriesDisagree:
        return False
    if not law.takes_two([seen.owed + seen.back], _limits(now)):
        return False
    about = OwnAccordAnnulment.objects.select_for_update().get(id=about.id)
    about.move(Actor.SYSTEM, Step.PUT_BACK)
    about.answered, about.answered_by = None, None
    row.owed_ore, row.back_ore = seen.owed.ore, seen.back.ore
    about.owed_ore, about.back_ore = row.owed_ore, row.back_ore
    about.save()
    row.save()
    log.info("own accord", step=Step.PUT_BACK.value, annulment=str(about.id))
    return True


def _annulled(
    row: OwnAccordCharge, registered: annulment.Registered, now: datetime
) -> tuple[OwnAccordCharge.Outcome, Money]:
    """Annul what is still claimed on the charge of *row*; return what became of it."""
    charge, about, nothing = row.charge, row.annulment, Money(0)
    try:
        claimed = annulment.left_to_annul(charge)
        charges.balance(charge)
    except charge_law.EntriesDisagree as wrong:
        send.raise_incident(
            f"charge {charge.number} disagrees", "a charge's account contradicts itself", now=now,
            detail=f"{wrong}; not annulled by {about.id}", anew=True,
        )  # fmt: skip
        return _Outcome.DISAGREES, nothing
    if charges.stands(charge) in charge_law.COURSE.final() or not claimed:
        return _Outcome.OVER, nothing
    assert about.answered_by is not None
    done = annulment.annul_whole(
        charge,
        reference=row.reference,
        reason=AnnulmentReason(about.reason),
        reasons=about.reasons,
        evidence=(),
        by=about.answered_by.unit or "case worker",
        by_machine=False,
        registered=registered,
        words=words_of(about),
        now=now,
    )
    return _Outcome.ANNULLED, done.amount


def words_of(found: OwnAccordAnnulment) -> Words:
    """Return what the letters of an annulment carry."""
    return Words(found.reasons, found.reasons_english)


def _finish(found: OwnAccordAnnulment, now: datetime) -> None:
    """End an annulment each of whose charges has had its turn."""
    with recording():
        found = OwnAccordAnnulment.objects.select_for_update().get(id=found.id)
        is_done = not found.charges.filter(outcome=_Outcome.WAITING).exists()
        if found.stands is State.APPROVED and is_done:
            found.move(Actor.SYSTEM, Step.FINISH)
            found.finished = now
            found.save()
            log.info("own accord", step=Step.FINISH.value, annulment=str(found.id))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the charges of an annulment have come."""

    waiting: int
    annulled: int
    over: int
    disagrees: int
    amount: Money  #: of all that was annulled


def progress(found: OwnAccordAnnulment) -> Progress:
    """Return how far the charges of an annulment have come."""
    rows: Iterable[tuple[str, int]] = found.charges.values_list("outcome", "annulled_ore")
    told = list(rows)
    counted = Counter(outcome for outcome, _ in told)
    return Progress(
        waiting=counted[_Outcome.WAITING],
        annulled=counted[_Outcome.ANNULLED],
        over=counted[_Outcome.OVER],
        disagrees=counted[_Outcome.DISAGREES],
        amount=Money(sum(ore for _, ore in told)),
    )


def charges_of(found: OwnAccordAnnulment, *, most: int) -> list[OwnAccordCharge]:
    """Return the charges of an annulment, what was not annulled first."""
    rows = found.charges.select_related("charge").annotate(
        turn=Case(
            *(When(outcome=outcome, then=Value(turn)) for turn, outcome in enumerate(_LISTED_BY)),
            output_field=IntegerField(),
        )
    )
    return list(rows.order_by("turn", "id")[:most])


def to_answer(staff: Staff) -> int:
    """Return how many proposals wait for somebody else than who proposed them, as *staff* is."""
    proposed = OwnAccordAnnulment.objects.filter(state=State.PROPOSED.value)
    return proposed.exclude(proposed_by=staff).count()


def recent(*, most: int) -> list[OwnAccordAnnulment]:
    """Return the newest annulments of our own accord, those that wait or run first."""
    known = OwnAccordAnnulment.objects.select_related("proposed_by")
    unfinished = [State.PROPOSED.value, State.APPROVED.value]
    open_ones = known.filter(state__in=unfinished).order_by("-proposed")[:most]
    closed = known.exclude(state__in=unfinished).order_by("-proposed")[:most]
    return [*open_ones, *closed][:most]
