"""Complaining about a charge: written as a draft that is saved all along, sent, and followed.

What is sent holds the charge in the same commit, and leaves the house through the outbox: whether
the charge system answers or not, a complaint that was sent is safe.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import translation
from django.utils.crypto import salted_hmac

from parking.actions import charge as charges
from parking.actions import (
    complaint_course,
    complaint_letters,
    complaint_room,
    complaint_wording,
    evidence,
    fees,
    files,
    limit,
    progress,
    send,
    wording,
)
from parking.actions.permission import NotYours
from parking.actions.turns import keeping_nobody_waiting
from parking.law import case as case_law
from parking.law import charge as charge_law
from parking.law import complaint as law
from parking.law.complaint import Document, Field, Guide, questions_for
from parking.law.course import Actor, StepNotAllowed
from parking.law.days import DENMARK, danish_day
from parking.law.offence import Question
from parking.ports.scanner import Scanner
from parking.records.charge import Charge
from parking.records.complaint import (
    Complaint,
    ComplaintDecision,
    ComplaintFile,
    ComplaintMessage,
    ComplaintPiece,
)
from parking.records.offence import offences_on
from parking.records.outbox import Outgoing
from parking.records.party import Party
from parking.records.recording import one_at_a_time, recording

#: What is told to the charge system beside the text is written into it.
LONGEST_TEXT: Final = 10_000
#: Letters and digits that nobody mistakes for each other.
_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_DOES_NOT_COUNT: Final = frozenset({law.State.WITHDRAWN, law.State.LAPSED, law.State.DRAFT})
_THERE: Final = {
    "open": law.State.SUBMITTED,
    "hearing": law.State.HEARING,
    "decided": law.State.CHARGE_STANDS,
    "withdrawn": law.State.WITHDRAWN,
}
#: So often may one asker be wrong about the code of one complaint in a quarter of an hour.
_MOST_MISSES: Final = 5


class NotComplete(ValueError):
    """Something that a complaint must say is missing; says what, by the names of the columns."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


# Whose


def of_party(party: Party, charge: Charge) -> list[Complaint]:
    """Return *party*'s complaints about *charge*, the newest first."""
    return list(Complaint.objects.filter(charge=charge, party=party).order_by("-begun"))


def open_to(charge: Charge, *, party: Party | None, opened: Collection[UUID]) -> list[Complaint]:
    """Return every complaint about *charge* that :func:`complaint_of` would give the same asker."""
    mine = [] if party is None else of_party(party, charge)
    if opened:
        mine += Complaint.objects.filter(charge=charge, party=None, id__in=list(opened))
    return mine


def unfinished_of(party: Party) -> list[Complaint]:
    """Return the complaints that *party* has begun and not sent, or waits about."""
    states = [state.value for state in (law.State.DRAFT, *law.OPEN)]
    known = Complaint.objects.filter(party=party, state__in=states)
    return list(known.select_related("charge").order_by("-changed"))


def with_unfinished(known: QuerySet[Charge], party: Party) -> QuerySet[Charge]:
    """Return *known* with *party*'s complaint about each that is not sent, or not answered."""
    states = [state.value for state in (law.State.DRAFT, *law.OPEN)]
    mine = Complaint.objects.filter(charge=OuterRef("id"), party=party, state__in=states)
    newest = mine.order_by("-changed", "id")
    return known.annotate(
        complaint_unfinished=Subquery(newest.values("id")[:1]),
        complaint_stands=Subquery(newest.values("state")[:1]),
    )


def unfinished(charge: Charge) -> tuple[UUID | None, bool]:
    """Return which complaint about one :func:`with_unfinished` there is, and if it is a draft."""
    said = vars(charge)
    return said["complaint_unfinished"], said["complaint_stands"] == law.State.DRAFT.value


def complaint_of(
    charge: Charge, complaint_id: UUID, *, party: Party | None, opened: Collection[UUID]
) -> Complaint:
    """Return a complaint of *party*'s, or one that this browser has begun or opened by its code.

    :raises NotYours: if there is no such complaint about *charge*, or it is somebody else's.
    """
    found = (
        Complaint.objects.filter(charge=charge, id=complaint_id)
        .select_related("charge", "party")
        .first()
    )
    if found is None:
        raise NotYours("complaint")
    if found.party_id is None and found.id in opened:
        return found
    if party is None or found.party_id != party.id:
        raise NotYours("complaint")
    return found


def code_of(complaint: Complaint) -> str:
    """Return the code by which somebody without a login comes back to their complaint.

    It is made of a secret of ours and kept nowhere.
    """
    drawn = int.from_bytes(salted_hmac("parking.complaint", str(complaint.id)).digest()[:8], "big")
    return "".join(_SIGNS[drawn >> 5 * place & 31] for place in range(10))


def open_by_code(
    charge: Charge, code: str, *, asker: str, party: Party | None = None, now: datetime
) -> Complaint:
    """Return the complaint about *charge* that *code* opens.

    *asker* is who asks (an address on the net), *party* who of those that are logged in. What
    others have guessed keeps nobody out: the 50 bits of a code are not guessed by many either.

    :raises NotYours: if it opens none.
    :raises TooOften: if they have guessed at it too often.
    """
    key = f"complaint code {charge.id} {limit.asking(asker, party)}"
    if limit.left(key, most=_MOST_MISSES, per=_A_WHILE, now=now) < 1:
        limit.take(key, most=_MOST_MISSES, per=_A_WHILE, now=now)
    for complaint in Complaint.objects.filter(charge=charge, party=None):
        if secrets.compare_digest(code_of(complaint), code):
            return complaint
    limit.spend(key, most=_MOST_MISSES, per=_A_WHILE, now=now)
    raise NotYours("complaint")


_A_WHILE: Final = timedelta(minutes=15)


# What one can do


def guides(charge: Charge) -> tuple[Guide, ...]:
    """Return what is asked about the offences of *charge*, what concerns them most first."""
    codes = [each.code for each in charges.answer_of(charge).offences]
    known = offences_on(codes, danish_day(charge.issued))
    every = [guide for code in codes or [""] for guide in questions_for(known.get(code))]
    asked = {guide.question: guide for guide in every}
    way_out = asked.pop(Question.OTHER)
    return (*asked.values(), way_out)


def may_begin(charge: Charge, *, besides: Complaint | None = None) -> bool:
    """Tell whether a new complaint may be begun about *charge*.

    What somebody else is only writing is in nobody's way; what the charge system knows counts.
    """
    return _may_begin(charge, _all_about(charge), besides)


def offered(charge: Charge) -> tuple[bool, str]:
    """Return whether a new complaint may be begun, and what :func:`meanwhile` says of it."""
    ours = _all_about(charge)
    renewed = complaint_course.was_withdrawn(charge, ours)
    return _may_begin(charge, ours, None), _meanwhile(charge, 1, renewed=renewed)


def _all_about(charge: Charge) -> list[Any]:
    answers = ComplaintDecision.objects.filter(complaint=OuterRef("id"))
    return list(Complaint.objects.filter(charge=charge).annotate(answered=Exists(answers)))


def _may_begin(charge: Charge, ours: list[Any], besides: Complaint | None) -> bool:
    earlier = [
        law.counts_as(each.stands, answered=each.answered or each.round > 1)
        for each in ours
        if (besides is None or each.id != besides.id) and each.received is not None
    ]
    references = {f"complaint-{each.id}-{number}" for each in ours for number in (1, 2)}
    earlier += [
        law.counts_as(_THERE[each.state], answered=each.round > 1)
        for each in charges.answer_of(charge).complaints
        if each.reference not in references
    ]
    stands = charges.stands(charge)
    return law.may_complain(stands, earlier)


def may_complain_again(complaint: Complaint, *, now: datetime) -> bool:
    """Tell whether the complainant may still complain again."""
    answered = danish_day(answered_at(complaint) or complaint.changed)
    terms = progress.terms_of(complaint.charge)
    return law.may_complain_again(complaint.stands, answered, terms, on=danish_day(now))


def answered_at(complaint: Complaint) -> datetime | None:
    """Return when *complaint* was last answered."""
    last = ComplaintDecision.objects.filter(complaint=complaint).order_by("-decided").first()
    return last.decided if last is not None else None


def deadline(complaint: Complaint) -> law.Deadline | None:
    """Return until when somebody should do something about *complaint*."""
    received = danish_day(complaint.received) if complaint.received else None
    terms = progress.terms_of(complaint.charge)
    return law.deadline(complaint.stands, terms, since=complaint.since, submitted=received)


# Writing it


def begin(
    party: Party | None,
    charge: Charge,
    *,
    language: str,
    now: datetime,
    begun: Collection[UUID] = (),
    asker: str = "",
) -> Complaint:
    """Begin a complaint, or go on with the draft there is: of *party*, or *begun* in this browser.

    *asker* is who asks (an address on the net), by which those that are not logged in are counted.

    :raises StepNotAllowed: if there is an open one, it was answered, or the charge is over.
    :raises TooOften: if from there too many have been begun.
    """
    whose = Q(party=party) if party is not None else Q(party=None, id__in=list(begun))
    drafts = Complaint.objects.filter(whose, charge=charge, state=law.State.DRAFT.value)
    if party is None and asker and not drafts.exists():
        complaint_room.count_begun(charge, asker, now=now)
    with recording():
        charge = _alone_with(charge)
        draft = drafts.first()
        if draft is not None:
            return draft
        if party is None and may_begin(charge):
            complaint_room.make_room(charge, now=now)
        return _draft(charge, now, party=party, language=language)


def _alone_with(charge: Charge) -> Charge:
    """Return *charge* as it is now, nobody else's for the rest of the recording."""
    one_at_a_time("charge", charge.id)
    return Charge.objects.get(id=charge.id)


def _draft(charge: Charge, now: datetime, **columns: Any) -> Complaint:
    if not may_begin(charge):
        raise StepNotAllowed(f"no complaint about {charge.number} now")
    return Complaint.objects.create(
        charge=charge, since=danish_day(now), begun=now, changed=now, **columns
    )


#: What of a draft can be saved.
_SAVED: Final = frozenset({"question", "answers", "text", "name", "address", "email"})


def keep(complaint: Complaint, said: Mapping[str, Any], *, now: datetime) -> Complaint:
    """Save what was said so far.

    :raises StepNotAllowed: if it has been sent meanwhile.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        complaint.move(Actor.PARTY, law.Step.SAVE, on=danish_day(now))
        for column, value in said.items():
            if column in _SAVED:
                setattr(complaint, column, value)
        complaint.changed = now
        complaint.save()
    return complaint


def add_file(
    scanner: Scanner | None,
    complaint: Complaint,
    *,
    kind: Document,
    name: str,
    content: bytes,
    now: datetime,
) -> ComplaintFile:
    """Save a file, at once; the same file twice is one. It is sent with the next that is sent.

    :raises files.Refused: if it cannot be taken, or nothing can be seen of it that another that
        was saved does not show.
    :raises StepNotAllowed: if nothing can be added any more.
    """
    file = files.taken(scanner, content, name, now=now)
    came_as = hashlib.sha256(content).hexdigest()
    with recording():
        complaint = complaint_course.locked(complaint)
        if not may_add(complaint):
            raise StepNotAllowed(f"a complaint that is {complaint.state}")
        ComplaintPiece.objects.filter(complaint=complaint, mark=came_as).delete()
        mine = ComplaintFile.objects.filter(complaint=complaint)
        saved = mine.filter(sha256=file["sha256"]).first()
        if saved is None:
            if mine.filter(round=complaint.round).count() >= files.MOST_FILES:
                raise files.Refused(files.Fault.TOO_MANY, name)
            if complaint.infected:
                complaint.infected = []
                complaint.save()
            saved = ComplaintFile.objects.create(
                complaint=complaint,
                kind=kind.value,
                round=complaint.round,
                came_as=came_as,
                **file,
            )
            if complaint.party_id is None:
                complaint_room.make_room(complaint.charge, besides=complaint, now=now)
    if saved.came_as != came_as:
        raise files.Refused(files.Fault.TWICE, name)
    return saved


def may_add(complaint: Complaint) -> bool:
    """Tell whether the complainant can add a file or say something more."""
    steps = law.COURSE.steps(complaint.stands, Actor.PARTY)
    return bool({law.Step.SAVE, law.Step.ADD} & set(steps))


def remove_file(complaint: Complaint, file_id: UUID) -> None:
    """Remove a file that was not sent.

    :raises NotYours: if there is no such file.
    """
    with recording():
        gone, _ = ComplaintFile.objects.filter(
            complaint=complaint, id=file_id, handed_in=None
        ).delete()
    if not gone:
        raise NotYours("file")


def missing(complaint: Complaint) -> tuple[str, ...]:
    """Return what a complaint must still say: what the law asks of each, charge and plate aside."""
    needed = {"question": complaint.question, "text": complaint.text}
    if complaint.party_id is None:
        needed |= {"name": complaint.name, "address": complaint.address}
    return tuple(name for name, said in needed.items() if not said.strip())


# Sending it


def submit(complaint: Complaint, *, now: datetime, actor: Actor = Actor.PARTY) -> Complaint:
    """Send the complaint: it holds the charge, opens a case and leaves the house, in one commit.

    Sending it twice is sending it once.

    :raises NotComplete: if something is missing.
    :raises StepNotAllowed: if another complaint has been sent meanwhile, or the charge is over.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        if complaint.is_open:
            return complaint
        _submit(complaint, actor, received=now, now=now)
    return complaint


def _submit(complaint: Complaint, actor: Actor, *, received: datetime, now: datetime) -> None:
    if lacks := missing(complaint):
        raise NotComplete(lacks)
    if not may_begin(complaint.charge, besides=complaint):
        raise StepNotAllowed("another complaint is there")
    complaint.received = received
    complaint_course.step(complaint, actor, law.Step.SUBMIT, now=now)
    _begin_round(complaint, now)


def again(
    complaint: Complaint, *, text: str, now: datetime, actor: Actor = Actor.PARTY
) -> Complaint:
    """Complain once more, about the answer.

    :raises StepNotAllowed: if it is too late, or was done before.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        if complaint.stands is law.State.SECOND_ROUND:
            return complaint
        if actor is Actor.PARTY and not may_complain_again(complaint, now=now):
            raise StepNotAllowed("too late to complain again")
        complaint.again, complaint.round, complaint.received = text, 2, now
        complaint_course.step(complaint, actor, law.Step.COMPLAIN_AGAIN, now=now)
        _begin_round(complaint, now)
    return complaint


def _begin_round(complaint: Complaint, now: datetime) -> None:
    """Take back the fees it would have prevented, open the case, tell others, have a machine look.

    What a machine said before stands for nothing: a payment or a sale may have become known since.
    """
    complaint_course.end_case_of_finding(complaint.charge, now=now)
    fees.take_back(complaint.charge, now=now)
    case = complaint_course.open_case(complaint, now=now)
    send.put(
        Outgoing.Kind.COMPLAIN,
        key=f"complain {complaint.id} {complaint.round}",
        lane=f"charge {complaint.charge_id}",
        payload={"complaint": str(complaint.id), "round": complaint.round},
        now=now,
    )
    send_files(complaint, now)
    with translation.override(complaint.language):
        says = meanwhile(complaint.charge, complaint.round)
    waits = will_wait(complaint.charge, complaint.round)
    letter = complaint_letters.receipt(complaint, answer_by=case.due, waits=waits, meanwhile=says)
    complaint_letters.write(
        letter,
        kind="receipt",
        charge=complaint.charge,
        party=complaint.party,
        complaint=complaint,
        case=case,
        now=now,
    )
    evidence.check_soon(complaint.charge, complaint.party, occasion="complained")


def send_files(complaint: Complaint, now: datetime) -> None:
    """Send what has been saved and not been sent, within a recording.

    Each has a lane of its own: while one waits to be scanned, nothing else about the charge does.
    """
    for file in ComplaintFile.objects.filter(complaint=complaint, handed_in=None):
        send.put(
            Outgoing.Kind.COMPLAINT_FILE,
            key=f"complaint file {file.id}",
            lane=f"complaint file {file.id}",
            payload={"file": str(file.id)},
            now=now,
        )
    unsent = ComplaintFile.objects.filter(complaint=complaint, handed_in=None)
    unsent.update(handed_in=now, round=complaint.round)


def register(
    scanner: Scanner | None,
    charge: Charge,
    *,
    channel: Complaint.Channel,
    received: date,
    language: str,
    said: Mapping[str, Any],
    given: Sequence[tuple[str, bytes]],
    kind: Document,
    now: datetime,
) -> Complaint:
    """Write down a complaint that came by letter, mail or phone, and send it on, in one commit.

    It counts from the day it was *received*, and is answered in *language*. *given* are its files,
    name and content; if one cannot be taken, nothing is written.

    :raises StepNotAllowed: if another is there, or the charge is over.
    :raises NotComplete: if something is missing.
    :raises files.Refused: if a file cannot be taken.
    """
    kept = files.all_taken(scanner, given, now=now)
    came = min(datetime.combine(received, time(12), DENMARK), now)
    columns = {name: value for name, value in said.items() if name in _SAVED}
    with recording():
        complaint = _draft(_alone_with(charge), now, channel=channel, language=language, **columns)
        for file in kept:
            ComplaintFile.objects.create(
                complaint=complaint, kind=kind.value, round=complaint.round, **file
            )
        _submit(complaint, Actor.CASE_WORKER, received=came, now=now)
    return complaint


# What is said afterwards


def write(
    complaint: Complaint, *, text: str, now: datetime, actor: Actor = Actor.PARTY
) -> ComplaintMessage:
    """Say something more, or reply to what was asked; what was saved goes with it.

    :raises StepNotAllowed: if nobody waits for the complaint any more.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        asked = law.Step.REPLY in law.COURSE.steps(complaint.stands, actor)
        step = law.Step.REPLY if asked else law.Step.ADD
        complaint_course.step(complaint, actor, step, now=now)
        kind = ComplaintMessage.Kind.REPLY if asked else ComplaintMessage.Kind.MESSAGE
        message = add_message(complaint, kind, text=text, from_us=False, now=now)
        send_files(complaint, now)
        complaint_course.step_in_case(complaint, actor, case_law.Step.ANSWER, now=now, text=text)
    return message


def tell_of_infected(file: ComplaintFile, now: datetime) -> None:
    """Say that a file is gone, within a recording: in its complaint, and by letter if it was sent.

    Of one that was not sent the page says so, until another is saved.
    """
    complaint = complaint_course.locked(file.complaint)
    if not ComplaintFile.objects.filter(id=file.id, handed_in__isnull=False).exists():
        complaint.infected = [*complaint.infected, file.original_name]
        complaint.save()
        return
    if complaint.stands in _DOES_NOT_COUNT:
        return
    text = wording.infected(complaint.language, file.original_name)
    add_message(complaint, ComplaintMessage.Kind.MESSAGE, text=text, from_us=True, now=now)
    complaint_letters.write(
        complaint_letters.infected(complaint, file.original_name),
        kind="message",
        charge=complaint.charge,
        party=complaint.party,
        complaint=complaint,
        case=None,
        now=now,
    )


def send_added(complaint: Complaint, *, now: datetime) -> None:
    """Send the files that were saved since, without a word; who was asked may still reply.

    :raises StepNotAllowed: if nobody waits for the complaint any more.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        complaint_course.step(complaint, Actor.PARTY, law.Step.ADD, now=now)
        send_files(complaint, now)


def add_message(
    complaint: Complaint,
    kind: ComplaintMessage.Kind,
    *,
    text: str,
    from_us: bool,
    now: datetime,
    until: date | None = None,
    **more: Any,
) -> ComplaintMessage:
    """Keep a message, and tell the charge system, within a recording."""
    message = ComplaintMessage.objects.create(
        complaint=complaint,
        reference=f"message-{secrets.token_hex(12)}",
        round=complaint.round,
        kind=kind,
        from_us=from_us,
        text=text,
        sent=now,
        until=until,
        **more,
    )
    send.put(
        Outgoing.Kind.COMPLAINT_MESSAGE,
        key=f"complaint message {message.id}",
        lane=f"charge {complaint.charge_id}",
        payload={"message": message.id},
        now=now,
    )
    return message


def withdraw(complaint: Complaint, *, now: datetime, actor: Actor = Actor.PARTY) -> Complaint:
    """Take a complaint back: nothing waits for it any more.

    :raises StepNotAllowed: if it was answered meanwhile.
    """
    with recording():
        complaint = complaint_course.locked(complaint)
        if complaint.stands is law.State.WITHDRAWN:
            return complaint
        was_sent = complaint.is_open
        complaint_course.step(complaint, actor, law.Step.WITHDRAW, now=now)
        if was_sent:
            complaint_course.step_in_case(complaint, actor, case_law.Step.WITHDRAW, now=now)
            send.put(
                Outgoing.Kind.WITHDRAW_COMPLAINT,
                key=f"withdraw {complaint.id} {complaint.round}",
                lane=f"charge {complaint.charge_id}",
                payload={"complaint": str(complaint.id), "round": complaint.round},
                now=now,
            )
    return complaint


# What happens in time


def run_out(*, now: datetime) -> int:
    """Let drafts lapse that were never sent, and go on without replies; return how many."""
    moved = 0
    waits = [law.State.DRAFT, *complaint_course.WAITING]
    states = [state.value for state in waits]
    for complaint in Complaint.objects.filter(state__in=states).select_related("charge"):
        limit_day = deadline(complaint)
        if limit_day is None or limit_day.then is None or limit_day.day >= danish_day(now):
            continue
        with keeping_nobody_waiting("complaint", complaint.id):
            moved += _run_out(complaint, now)
    return moved


def _run_out(complaint: Complaint, now: datetime) -> bool:
    with recording():
        complaint = complaint_course.locked(complaint)
        over = deadline(complaint)
        if over is None or over.then is None or over.day >= danish_day(now):
            return False
        if over.then is law.Step.LAPSE:
            complaint_room.lapse(complaint, now=now)
        else:
            complaint_course.step(complaint, Actor.SYSTEM, over.then, now=now)
            complaint_course.step_in_case(complaint, Actor.SYSTEM, case_law.Step.GO_ON, now=now)
    return True


def in_words(complaint: Complaint) -> list[tuple[Field, str]]:
    """Return what was answered, by what was asked."""
    known = {field.value: field for field in Field}
    return [
        (known[name], str(said))
        for name, said in complaint.answers.items()
        if name in known and said
    ]


def will_wait(charge: Charge, round_: int) -> bool:
    """Tell whether fees and deadlines of *charge* wait for the answer to a complaint in a round."""
    renewed = complaint_course.was_withdrawn(charge)
    return _will_wait(charge, round_, renewed=renewed)


def _will_wait(charge: Charge, round_: int, *, renewed: bool) -> bool:
    terms = progress.terms_of(charge)
    return law.will_wait(charges.stands(charge), round_, terms, renewed=renewed)


def meanwhile(charge: Charge, round_: int) -> str:
    """Return what becomes of the debt while a complaint in that round is open, as a sentence.

    Empty where nothing is owed any more.
    """
    return _meanwhile(charge, round_, renewed=complaint_course.was_withdrawn(charge))


def _meanwhile(charge: Charge, round_: int, *, renewed: bool) -> str:
    waits = _will_wait(charge, round_, renewed=renewed)
    return complaint_wording.meanwhile(charges.stands(charge), waits=waits)


def days_to_pay_once_withdrawn(complaint: Complaint) -> int:
    """Return how many days there are to pay when an open *complaint* is withdrawn.

    They are as many as after an answer; none where nothing is owed to us or nothing waited.
    """
    charge = complaint.charge
    if not (complaint.is_open and charges.payable(charge) and will_wait(charge, complaint.round)):
        return 0
    return progress.terms_of(charge).days_after_answer


#: The states in which there is nothing to complain about any more.
OVER: Final = frozenset(charge_law.COURSE.final())


def held_until(charge: Charge) -> date | None:
    """Return by when the complaint that *charge* waits for should be answered; maybe there is none.

    Only the day is told: whoever holds the vehicle may know it, whoever has complained.
    """
    if not charge.waits:
        return None
    states = [state.value for state in law.OPEN]
    waiting = Complaint.objects.filter(charge=charge, state__in=states).first()
    if waiting is None or waiting.received is None or not will_wait(charge, waiting.round):
        return None
    waiting.charge = charge
    return danish_day(waiting.received) + timedelta(days=progress.terms_of(charge).target_days)
