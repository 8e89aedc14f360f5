"""Applying for a permit: from a plate to an answer that explains itself, and into the basket.

An answer that is open is saved and asked again by itself; nobody is refused because a register was
down, and nobody is kept waiting when the answer is certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet

from parking.actions import caseload, gather, send
from parking.law import application as law
from parking.law import case as case_law
from parking.law import price
from parking.law.course import Actor
from parking.law.days import Period, danish_day
from parking.law.facts import Facts, Holding, Missing
from parking.law.permits import resident
from parking.law.plates import Plate
from parking.law.reasoning import Answer, Finding
from parking.law.record import facts_as_json, facts_from_json
from parking.law.zones import ZoneCode
from parking.ports import Outside
from parking.records.application import Application, Decision
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.ranges import as_period, as_range
from parking.records.recording import one_at_a_time, recording
from parking.records.staff import Staff
from parking.records.tariff import TermsVersion, fares_on, terms_on
from parking.records.zone import ZoneVersion

#: The states in which a plate has a matter that is not finished.
UNFINISHED = tuple(state.value for state in law.UNFINISHED)

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=30)


class NotAllowedToStart(ValueError):
    """A permit may not start on the day that was chosen. *days* are those on which it may."""

    def __init__(self, days: Period) -> None:
        super().__init__(f"between {days.start} and {days.last_day}")
        self.days = days


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rule said about the facts, and the versions it said it by."""

    facts: Facts
    finding: Finding
    versions: dict[str, str]


def judge(answers: gather.Answers, application: Application, *, start: date) -> Judged:
    """Ask the rule about what has been gathered for *application*, if it starts on *start*.

    Reads our own records, so within a recording it sees what nobody can change meanwhile.
    """
    product = resident.PAID
    terms = terms_on(product, start)
    facts = gather.facts_from(
        answers,
        application.party,
        product=product,
        terms=terms.as_law(),
        period=resident.period_from(start, terms.as_law()),
        municipality=settings.MUNICIPALITY,
    )
    facts = caseload.with_cases(facts, application)
    facts = replace(facts, in_basket=_chosen_before(application))
    if not isinstance(facts.home_area, Missing):
        facts = replace(facts, product=resident.product_in(facts.home_area))
    return Judged(facts, resident.ask(facts), _versions(terms, start))


def _chosen_before(application: Application) -> tuple[Holding, ...]:
    """Return what is in the party's basket and counts before *application* does."""
    others = Application.objects.filter(
        party=application.party, state=law.State.IN_BASKET.value
    ).exclude(id=application.id)
    if application.stands is law.State.IN_BASKET:
        others = others.filter(created__lt=application.created)
    return tuple(
        Holding(
            product=other.product,
            plate=Plate(other.plate),
            zone=ZoneCode(other.zone),
            period=as_period(other.period),
        )
        for other in others
    )


def _versions(terms: TermsVersion, start: date) -> dict[str, str]:
    rule_since, _ = resident.RULE.version_on(start)
    versions = {"rule": rule_since.isoformat(), "terms": terms.in_force.lower.isoformat()}
    map_version = ZoneVersion.objects.filter(in_force__contains=start).first()
    if map_version:
        versions["map"] = f"{map_version.in_force.lower.isoformat()} {map_version.source_hash}"
    return versions


def quote(facts: Facts) -> price.Quote:
    """Return what the permit of *facts* costs when it starts on its day.

    :raises NoFare: if the price list does not say.
    """
    assert not isinstance(facts.vehicle, Missing)
    assert not isinstance(facts.home_area, Missing)
    start = facts.period.start
    return price.quote(
        fares_on(start),
        product=facts.product,
        tier=resident.tier(facts.vehicle, facts.home_area, facts.terms),
        on=start,
    )


def ask(outside: Outside, party: Party, plate: Plate, *, now: datetime) -> Application:
    """Ask whether *party* may have a resident permit for *plate*, and keep the answer.

    The same question twice is one application: a plate has one unfinished matter at a time.
    """
    known = unfinished(party, plate).values_list("id", flat=True).first()
    reference = known or uuid4()
    answers = gather_for(outside, party, plate, reference=str(reference), asked_by="party", now=now)
    with recording():
        one_at_a_time("party", party.id)
        application = unfinished(party, plate).select_for_update().first() or Application(
            id=reference, party=party, plate=plate, product=resident.PAID, created=now
        )
        judged = judge(answers, application, start=first_start(application, now=now))
        back_to_draft(application)
        write_answer(application, judged, now)
        record_decision(application, judged, answers, occasion="asked", now=now)
    return application


def unfinished(party: Party, plate: Plate) -> QuerySet[Application]:
    """Return the matter of *plate* that *party* has not finished, if there is one."""
    return Application.objects.filter(party=party, plate=plate, state__in=UNFINISHED)


def ask_again(
    outside: Outside, application: Application, *, now: datetime, staff: Staff | None = None
) -> Application:
    """Ask the registers again about an application that waits, and go on if they answer.

    *staff* is who wants to know; without one it is the clock.
    """
    party = application.party
    answers = gather_for(
        outside, party, Plate(application.plate), reference=str(application.id),
        asked_by=f"staff {staff.unit}" if staff else "system", staff=staff, now=now,
    )  # fmt: skip
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        if application.stands is not law.State.WAITING:
            record_look_ups(answers, application)
            return application
        judged = judge(answers, application, start=first_start(application, now=now))
        waited = now - application.changed
        if judged.finding.answer is Answer.OPEN:
            application.move(Actor.SYSTEM, law.Step.WAIT)
            application.finding = judged.finding.as_json()
            wait = min(max(waited, _FIRST_WAIT), _LONGEST_WAIT)
            application.ask_again_at = now + wait if _awaits_register(judged.finding) else None
            application.save()
        else:
            application.move(Actor.SYSTEM, law.Step.ASK_AGAIN)
            write_answer(application, judged, now)
            application.resumed = now
            application.save()
            send.put(
                Outgoing.Kind.SEND_MAIL,
                key=f"resumed {application.id} {now.isoformat()}",
                lane=f"application {application.id}",
                payload={"mail": "application goes on", "party": str(party.id)},
                now=now,
            )
        record_decision(application, judged, answers, occasion="asked again", now=now)
    return application


def waiting(*, now: datetime, most: int = 50) -> Sequence[Application]:
    """Return the applications whose turn it is to be asked about again."""
    return list(
        Application.objects.select_related("party")
        .filter(state=law.State.WAITING.value, ask_again_at__lte=now)
        .order_by("ask_again_at")[:most]
    )


def gather_for(
    outside: Outside,
    party: Party,
    plate: Plate,
    *,
    reference: str,
    asked_by: str,
    now: datetime,
    staff: Staff | None = None,
) -> gather.Answers:
    """Ask the registers all that the rule of today needs to know; no recording may be open."""
    return gather.ask_registers(
        outside,
        party,
        plate,
        needs=resident.RULE.on(danish_day(now)).needs,
        reference=reference,
        purpose="resident permit",
        asked_by=asked_by,
        staff=staff,
        now=now,
    )


def write_answer(application: Application, judged: Judged, now: datetime) -> None:
    """Write *judged* on *application*, which is a draft, and let it wait if the answer is open."""
    facts, finding = judged.facts, judged.finding
    application.product = facts.product
    application.finding = finding.as_json()
    application.period = application.price_ore = application.price_reason = None
    application.caution = resident.is_not_valid_on_own_road(facts)
    application.changed = now
    application.ask_again_at = None
    if not isinstance(facts.home_area, Missing):
        application.zone = facts.home_area.zone or ""
    if not isinstance(facts.vehicle, Missing):
        vehicle = facts.vehicle
        application.vehicle = {
            "make": vehicle.make,
            "model": vehicle.model,
            "colour": vehicle.colour,
        }
    if finding.answer is Answer.OPEN:
        application.move(Actor.PARTY, law.Step.WAIT)
        if _awaits_register(finding):
            application.ask_again_at = now + _FIRST_WAIT
    application.save()


def _awaits_register(finding: Finding) -> bool:
    return any(supplier.is_register for supplier in finding.awaited())


def back_to_draft(application: Application) -> None:
    """Take *application* back to where it is asked about; the caller saves."""
    if application.stands is not law.State.DRAFT:
        actor = Actor.PARTY if application.stands is law.State.WAITING else Actor.SYSTEM
        application.move(actor, law.Step.ASK_AGAIN)


def record_decision(
    application: Application,
    judged: Judged,
    answers: gather.Answers | None,
    *,
    occasion: str,
    now: datetime,
) -> None:
    """Keep what the rule said, on which facts and by which versions; and who was asked."""
    needs = resident.RULE.on(judged.facts.period.start).needs
    Decision.objects.create(
        application=application,
        decided=now,
        occasion=occasion,
        answer=judged.finding.answer.value,
        finding=judged.finding.as_json(),
        facts=facts_as_json(judged.facts, needs),
        versions=judged.versions,
    )
    caseload.follow(application, judged.finding, now=now)
    if answers is not None:
        record_look_ups(answers, application)


def record_look_ups(answers: gather.Answers, application: Application) -> None:
    """Keep who was asked about *application*, also when nothing came of the answers."""
    for look_up in answers.asked:
        look_up.reference = str(application.id)
        look_up.save(force_insert=True)


def first_start(application: Application, *, now: datetime) -> date:
    """Return the first day the permit could start: today, or when the one it renews has ended."""
    today, renews = danish_day(now), application.renews
    return today if renews is None else max(today, renews.days.end or today)


def start_days(*, now: datetime) -> Period:
    """Return the days on which a permit bought now may start."""
    today = danish_day(now)
    return resident.start_days(today, terms_on(resident.PAID, today).as_law())


@dataclass(frozen=True, slots=True)
class Offer:
    """What the permit would cost when it starts on one of *starts*."""

    starts: Period
    quote: price.Quote


def offers(application: Application, *, now: datetime) -> tuple[Offer, ...]:
    """Return what the permit would cost on each day it may start, the days of one price together.

    :raises NoFare: if the price list does not say for today.
    """
    days = start_days(now=now)
    facts = _latest_facts(application)
    found: list[Offer] = []
    day = days.start
    while day in days:
        try:
            quoted = quote(replace(facts, period=Period(day)))
        except price.NoFare:
            if not found:
                raise
            break
        after = quoted.fare.in_force.end or day + timedelta(days=366)
        end = min(after, days.end or after)
        found.append(Offer(Period(day, end), quoted))
        day = end
    return tuple(found)


def choose_start(
    party: Party, application: Application, start: date, *, now: datetime
) -> Application:
    """Choose the day the permit shall start, and put it in the basket if the rule allows it.

    The registers' answers of the last time are used: only the period has changed. They are asked
    again before anything is paid.

    :raises NotAllowedToStart: if it may not start that day.
    :raises NoFare: if the price list does not say what it costs that day.
    :raises StepNotAllowed: if the application is not one that can be put in the basket.
    """
    days = start_days(now=now)
    if start not in days:
        raise NotAllowedToStart(days)
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        terms = terms_on(resident.PAID, start)
        facts = replace(
            _latest_facts(application),
            terms=terms.as_law(),
            period=resident.period_from(start, terms.as_law()),
            in_basket=_chosen_before(application),
        )
        judged = Judged(facts, resident.ask(facts), _versions(terms, start))
        application.finding = judged.finding.as_json()
        application.changed = now
        if may_be_sold(judged.finding):
            application.move(Actor.PARTY, law.Step.PUT_IN_BASKET)
            write_quote(application, facts, quote(facts))
        application.save()
        record_decision(application, judged, None, occasion="start chosen", now=now)
    return application


def write_quote(application: Application, facts: Facts, quoted: price.Quote) -> None:
    """Write where, when and for what a permit would be sold on *application*; the caller saves."""
    assert not isinstance(facts.home_area, Missing)
    application.zone = facts.home_area.zone or ""
    application.period = as_range(facts.period)
    application.price_ore = quoted.price.ore
    application.item_number = quoted.fare.item_number
    application.price_reason = price_reason(quoted)


def price_reason(quoted: price.Quote) -> dict[str, Any]:
    """Return why it costs what it costs, as it is kept."""
    threshold = quoted.tier.threshold
    return {
        "tier": quoted.tier.code,
        "why": quoted.tier.why,
        "threshold": None
        if threshold is None
        else {**asdict(threshold), "fuel": threshold.fuel.value, "norm": threshold.norm.value},
        "fare_since": quoted.fare.in_force.start.isoformat(),
    }


def _latest_facts(application: Application) -> Facts:
    decision = application.decisions.order_by("-id").first()
    assert decision is not None
    return facts_from_json(decision.facts)


def withdraw(party: Party, application: Application, *, now: datetime) -> None:
    """Take an application back: out of the basket, or before it ever was in it.

    :raises StepNotAllowed: if it is being paid, or is finished.
    """
    with recording():
        one_at_a_time("party", party.id)
        application = Application.objects.select_for_update().get(id=application.id)
        in_basket = application.stands is law.State.IN_BASKET
        step = law.Step.TAKE_OUT if in_basket else law.Step.WITHDRAW
        _withdraw(application, Actor.PARTY, step, now)


def make_room_for(application: Application, *, now: datetime) -> None:
    """Withdraw what the party has begun about the same vehicle meanwhile, within a recording.

    For an *application* that comes back from an order that was not paid: while it was being paid
    nothing could come of the other one.
    """
    one_at_a_time("party", application.party_id)
    begun = unfinished(application.party, Plate(application.plate)).exclude(id=application.id)
    for other in begun.select_for_update():
        _withdraw(other, Actor.SYSTEM, law.Step.WITHDRAW, now)


def _withdraw(application: Application, actor: Actor, step: law.Step, now: datetime) -> None:
    application.move(actor, step)
    application.changed = now
    application.ask_again_at = None
    application.save()
    for case in caseload.unfinished(application):
        caseload.step(case, actor, case_law.Step.WITHDRAW, now=now)


def may_be_sold(finding: Finding) -> bool:
    """Tell whether a permit may be sold: by a yes, or while only documents are being assessed."""
    return finding.answer is Answer.YES or case_law.is_provisional(finding)


def provisional_until(application: Application, *, now: datetime) -> date | None:
    """Return until when a permit is valid without its documents approved; ``None``: to its end."""
    if application.answer is not Answer.OPEN:
        return None
    today = danish_day(now)
    return today + timedelta(days=terms_on(resident.PAID, today).documentation_days)


def next_look(period: Period, *, now: datetime) -> datetime | None:
    """Return when a permit that is decided on *now* is looked at again; ``None``: never.

    Every permit has its turn so many days after the last time the registers were asked about it.
    """
    turn = now + timedelta(days=settings.RECHECK_DAYS)
    return turn if period.end is None or danish_day(turn) < period.end else None


def allowed_permits(application: Application) -> int:
    """Return how many permits the applicant may have at a time: the usual number, and granted."""
    assert application.period is not None
    usual = terms_on(resident.PAID, application.period.lower).permits_per_person
    return usual + caseload.extra_permits(application, on=application.period.lower)
