"""Seeing by machine what is wrong with a charge, and annulling it where that is all there is to it.

Everybody is asked who may know something that speaks for the one who was charged. A register that
is silent leaves its question open, and it is asked again; nothing is ever decided against anybody
here. What was found is kept with its facts, so that the same rules can be asked about them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from parking.actions import (
    annulment,
    charge_facts,
    complaint_course,
    complaint_wording,
    send,
)
from parking.actions import charge as charges
from parking.law import charge as charge_law
from parking.law.charge_terms import AnnulmentReason
from parking.law.course import Actor
from parking.law.days import NotInForce, Period, danish_day
from parking.law.evidence import (
    RULES,
    Evidence,
    Facts,
    Ground,
    Issued,
    PaidParking,
    Proposal,
    proposal,
)
from parking.law.facts import (
    Holding,
)
from parking.law.reasoning import Answer
from parking.law.record import as_json, from_json
from parking.ports import Outside
from parking.ports.charges import ChargeAnswer
from parking.records.audit import LookUp
from parking.records.charge import Charge
from parking.records.charge_check import ChargeAnnulment, ChargeCheck
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording

log = structlog.get_logger(__name__)

#: A charge that came this long ago by the feed is looked at by itself; an older one when it is
#: opened.
_FRESH: Final = timedelta(days=3)
#: So long we go on asking a register that was silent.
_ASK_FOR: Final = timedelta(days=365)

#: The states in which a charge is no longer anybody's to pay.
_OVER: Final = frozenset(charge_law.COURSE.final())


# When


def newest(charge: Charge, party: Party | None = None) -> ChargeCheck | None:
    """Return the newest check of *charge*, as *party*'s debt if it was looked at as that."""
    checks = ChargeCheck.objects.filter(charge=charge).order_by("-at", "-id")
    if party is not None:
        own = checks.filter(party=party).first()
        if own is not None:
            return own
    return checks.filter(party=None).first()


def will_be_annulled(charge: Charge, kept: ChargeCheck | None) -> AnnulmentReason | None:
    """Return why *charge* will be annulled by what a machine has seen; ``None`` if it will not.

    It is promised only while a case worker has yet to look: one who has may have found otherwise.
    """
    over = charges.stands(charge) in _OVER
    if kept is None or over or kept.answer != Answer.YES.value:
        return None
    if not complaint_course.is_looked_at(charge):
        return None
    return AnnulmentReason(kept.reason)


def shown_for(charge: Charge, party: Party | None, reason: AnnulmentReason) -> list[dict[str, str]]:
    """Return what a machine has shown that speaks for annulling *charge* for *reason*, as kept."""
    kept = newest(charge, party)
    if kept is None or will_be_annulled(charge, kept) is not reason:
        return []
    return list(kept.shown)


def with_answers(known: QuerySet[Charge], party: Party) -> QuerySet[Charge]:
    """Return *known* with what the newest check of each says, as :func:`newest` finds it."""
    checks = ChargeCheck.objects.filter(charge=OuterRef("id")).order_by("-at", "-id")
    own, anybodys = (checks.filter(party=whose).values("answer")[:1] for whose in (party, None))
    newest_answer = Coalesce(Subquery(own), Subquery(anybodys))
    return known.annotate(newest_answer=newest_answer)


def is_to_be_annulled(charge: Charge) -> bool:
    """Tell whether one :func:`with_answers` will be annulled by what a machine has seen."""
    over = charge.has_annulments or charges.stands(charge) in _OVER
    return not over and vars(charge)["newest_answer"] == Answer.YES.value


def reason_of(row: ChargeAnnulment) -> AnnulmentReason:
    """Return why something was annulled."""
    return AnnulmentReason(row.reason)


def check_soon(charge: Charge, party: Party | None, *, occasion: str) -> None:
    """Have *charge* looked at soon, whatever was seen before: more may be known by now.

    As *party*'s debt too if that is another matter. Within a recording it is looked at after that.
    """
    if charges.stands(charge) in _OVER:
        return
    send.check_charge_soon(charge.id, None, occasion=occasion)
    if party is not None and charge_facts.has_parted(charge, party):
        send.check_charge_soon(charge.id, party.id, occasion=occasion)


def check_soon_if_never(charge: Charge, party: Party | None, *, now: datetime) -> bool:
    """Have *charge* looked at soon if it never was, as *party*'s debt if that is another matter.

    Returns whether that is still to come: what a machine will find is not known yet.
    """
    if charges.stands(charge) in _OVER:
        return False
    known = ChargeCheck.objects.filter(charge=charge)
    as_whose: list[UUID | None] = [None] if not known.filter(party=None).exists() else []
    if (
        party is not None
        and charge_facts.has_parted(charge, party)
        and not known.filter(party=party).exists()
    ):
        as_whose.append(party.id)
    for party_id in as_whose:
        send.check_charge_soon(charge.id, party_id, occasion="opened")
    return bool(as_whose) and danish_day(charge.issued) >= RULES.versions[0][0]


def check_what_came(answers: Iterable[ChargeAnswer], *, now: datetime) -> None:
    """Have the charges issued lately looked at soon, within the recording they came in."""
    fresh = [answer.id for answer in answers if now - answer.issued < _FRESH]
    unseen = Charge.objects.filter(source_id__in=fresh, checks=None)
    for charge_id in unseen.values_list("id", flat=True):
        send.check_charge_soon(charge_id, None, occasion="came in")


def to_ask_again(*, now: datetime, most: int = 200) -> list[ChargeCheck]:
    """Return the checks that a silent register keeps open, and that no newer one has replaced."""
    later = ChargeCheck.objects.filter(charge=OuterRef("charge"), at__gt=OuterRef("at"))
    replaced = Exists(later.filter(party=OuterRef("party"))) | (
        Q(party=None) & Exists(later.filter(party=None))
    )
    waiting = (
        ChargeCheck.objects.filter(
            answer=Answer.OPEN.value, ask_again=True, charge__issued__gt=now - _ASK_FOR
        )
        .exclude(charge__state__in=[state.value.replace(" ", "_") for state in _OVER])
        .exclude(replaced)
        .select_related("charge", "party")
    )
    return list(waiting.order_by("at")[:most])


# Looking


def check(
    outside: Outside, charge: Charge, *, party: Party | None = None, occasion: str, now: datetime
) -> ChargeCheck | None:
    """Look at *charge* as *party*'s debt, keep what was found, and do what follows.

    Where the municipality lets a machine decide the charge is annulled in the same commit. ``None``
    if no rule was in force when the charge was issued.
    """
    inquiry = charge_facts.Inquiry(outside, charge, party, now)
    facts = inquiry.facts()
    try:
        found = proposal(facts)
    except NotInForce:
        return None
    registered = annulment.registered_or_kept(outside, charge) if found.on_the_spot else None
    with recording():
        one_at_a_time("charge", charge.id)
        charge = Charge.objects.get(id=charge.id)
        LookUp.objects.bulk_create(inquiry.asked)
        kept = ChargeCheck.objects.create(
            charge=charge,
            party=party,
            at=now,
            occasion=occasion,
            answer=found.answer.value,
            ask_again=any(who.is_register for who in found.awaited()),
            ground=found.ground.value if found.ground else "",
            reason=found.reason.value if found.reason else "",
            on_the_spot=found.on_the_spot,
            finding={ground.value: finding.as_json() for ground, finding in found.findings},
            facts=as_json(facts),
            shown=[told(found.ground, each) for each in found.evidence if found.ground],
            versions={
                "rules": RULES.version_on(danish_day(charge.issued))[0].isoformat(),
                **({"map": inquiry.map_version} if inquiry.map_version is not None else {}),
            },
        )
        if found.on_the_spot and found.reason is not None and may_annul_at_once(charge):
            reasons = complaint_wording.why_annulled(found.reason, language="da")
            annul_as_proposed(charge, kept, reasons=reasons, by=_BY, now=now, registered=registered)
        elif found.reason is not None and charges.stands(charge) not in _OVER:
            complaint_course.open_case_of_finding(charge, now=now)
    log.info("charge checked", charge=charge.number, answer=kept.answer, ground=kept.ground)
    return kept


def may_annul_at_once(charge: Charge) -> bool:
    """Tell whether nobody else need do anything first: it is not with the debt collection."""
    stands = charges.stands(charge)
    allowed = (Actor.SYSTEM, charge_law.Step.ANNUL) in charge_law.COURSE.table[stands]
    return allowed and stands is not charge_law.State.AT_COLLECTION


def told(ground: Ground, evidence: Evidence) -> dict[str, str]:
    """Return one piece of evidence as it is kept: what it is, and what one can look it up by."""
    match evidence:
        case Holding():
            return {
                "kind": "permit",
                "reference": f"{evidence.plate}/{evidence.zone}",
                "plate": evidence.plate,
                "zone": evidence.zone,
                "from": evidence.period.start.isoformat(),
                "until": _last_day(evidence.period),
            }
        case PaidParking():
            return {
                "kind": "payment",
                "reference": evidence.reference,
                "plate": evidence.plate,
                "zone": evidence.zone,
                "from": evidence.start.isoformat(),
                "until": evidence.end.isoformat(),
            }
        case Issued():
            return {
                "kind": "charge",
                "reference": evidence.number,
                "plate": evidence.plate,
                "from": evidence.at.isoformat(),
            }
        case Period():
            return {"kind": "stolen", "reference": "stolen", "from": evidence.start.isoformat()}
        case _:
            kind = {Ground.SOLD: "sold", Ground.DECEASED: "deceased"}[ground]
            return {"kind": kind, "reference": kind, "until": evidence.isoformat()}


def _last_day(period: Period) -> str:
    return period.last_day.isoformat() if period.last_day else ""


# Annulling on the spot


def annul_as_proposed(
    charge: Charge,
    kept: ChargeCheck,
    *,
    reasons: str,
    by: str,
    now: datetime,
    registered: annulment.Registered | None = None,
) -> None:
    """Annul the whole charge for the reason that *kept* proposes, within a recording.

    Whom it concerns is written to, and so is who is *registered*, as :func:`annulment.annul_whole`
    does it.
    """
    annulment.annul_whole(
        charge,
        reference=f"check-{kept.id}",
        reason=AnnulmentReason(kept.reason),
        reasons=reasons,
        evidence=kept.shown,
        by=by,
        by_machine=by == _BY,
        registered=registered,
        now=now,
    )


#: Who annuls when nobody does.
_BY: Final = "machine"


def proposal_of(kept: ChargeCheck) -> Proposal:
    """Return what the rules say to the facts of a check, asked again now."""
    return proposal(from_json(Facts, kept.facts))
