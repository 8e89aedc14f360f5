"""What the law's words about charges are called by people: for pages and letters alike.

Everything is said in the language in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parking.actions import wording
from parking.law import charge as law
from parking.law import fik, instalments
from parking.law.charge import Balance, Entry, Hold, Kind, Step
from parking.law.collection import Next
from parking.law.days import danish_day
from parking.law.money import Money
from parking.ports.charges import ChargeAnswer, ChargedOffence, SentLetter
from parking.records.collection import Plan
from parking.records.offence import offences_on
from parking.records.unplaced_money import BankRefund


@dataclass(frozen=True, slots=True)
class StateText:
    """A state in a word, how good or bad it is, and what follows from it."""

    text: str
    kind: str  #: of the badge: ``success``, ``warning``, ``error`` or ``info``
    next: str  #: empty while time brings something: :func:`coming` says it


_STATES: Final = {
    law.State.ISSUED: (
        gettext_lazy("Skal betales"),
        "warning",
        "",
    ),
    law.State.DUE: (
        gettext_lazy("Fristen er gået"),
        "warning",
        "",
    ),
    law.State.REMINDED: (
        gettext_lazy("Vi har mindet dig om afgiften"),
        "warning",
        "",
    ),
    law.State.FIRST_FEE: (
        gettext_lazy("Rykket én gang"),
        "error",
        "",
    ),
    law.State.SECOND_FEE: (
        gettext_lazy("Rykket to gange"),
        "error",
        "",
    ),
    law.State.AT_COLLECTION: (
        gettext_lazy("Hos Gældsstyrelsen"),
        "error",
        gettext_lazy(
            "Gælden er hos Gældsstyrelsen. Du kan ikke betale eller aftale noget her. "
            "Se gælden og betal på gaeldst.dk."
        ),
    ),
    law.State.PAID: (gettext_lazy("Betalt"), "success", gettext_lazy("Sagen er slut.")),
    law.State.ANNULLED: (
        gettext_lazy("Annulleret"),
        "success",
        gettext_lazy("Afgiften gælder ikke mere. Du skal ikke betale den."),
    ),
    law.State.WRITTEN_OFF: (
        gettext_lazy("Opgivet"),
        "info",
        gettext_lazy("Vi kræver ikke afgiften betalt."),
    ),
    law.State.TIME_BARRED: (
        gettext_lazy("Forældet"),
        "info",
        gettext_lazy("Afgiften er for gammel til at blive krævet."),
    ),
}

_KINDS: Final = {
    Kind.CHARGE: gettext_lazy("Parkeringsafgift"),
    Kind.FEE: gettext_lazy("Rykkergebyr"),
    Kind.PAYMENT: gettext_lazy("Betalt"),
    Kind.ANNULMENT: gettext_lazy("Annulleret"),
    Kind.WRITE_OFF: gettext_lazy("Opgivet"),
    Kind.REFUND: gettext_lazy("Betalt tilbage"),
}


_WENT_BACK: Final = {
    BankRefund.Why.PAID_OUT: gettext_lazy("Betalt tilbage"),
    BankRefund.Why.MOVED: gettext_lazy("Flyttet til en anden afgift"),
    BankRefund.Why.TAKEN_BACK: gettext_lazy("Taget tilbage af banken"),
}


def state(
    stands: law.State,
    balance: Balance | None = None,
    *,
    will_be_annulled: bool = False,
    is_looked_at: bool = False,
    is_late: bool = False,
) -> StateText:
    """Return how far a charge has come, in words; of one that *will_be_annulled*, just that.

    And of one that *is_looked_at* by a machine, and is not late, that nobody is to hurry.

    By its *balance* it is paid though the charge system has not said so, and not over as long as we
    owe money back. When its last day to pay has passed it *is_late*, whoever has written that down.
    """
    if will_be_annulled:
        return StateText(_("Bliver annulleret"), "success", "")
    if balance is not None and not balance.owed and stands in law.COLLECTED_HERE:
        stands = law.State.PAID
    stands = _fallen_due(stands, is_late=is_late)
    if is_looked_at and stands is law.State.ISSUED:
        return StateText(_("Vi ser efter fejl"), "info", "")
    if balance is not None and balance.overpaid and stands is law.State.PAID:
        return StateText(
            _("Betalt"),
            "success",
            _("Sagen er slut, når det, der er betalt for meget, er betalt tilbage."),
        )
    text, kind, following = _STATES[stands]
    return StateText(str(text), kind, str(following))


def _fallen_due(stands: law.State, *, is_late: bool) -> law.State:
    return law.State.DUE if is_late and stands is law.State.ISSUED else stands


#: What is said otherwise to whoever works with a charge than to whoever got it.
_IN_OFFICE: Final = {law.State.REMINDED: gettext_lazy("Påmindelse sendt")}


def state_in_office(
    stands: law.State, *, will_be_annulled: bool = False, is_late: bool = False
) -> StateText:
    """Return how far a charge has come, in words to whoever works with it."""
    if will_be_annulled:
        return state(stands, will_be_annulled=True)
    stands = _fallen_due(stands, is_late=is_late)
    said = state(stands)
    return StateText(str(_IN_OFFICE.get(stands, said.text)), said.kind, "")


@dataclass(frozen=True, slots=True)
class OffenceText:
    """An offence in the language in force, as far as we know it in that."""

    told: ChargedOffence
    text: str
    plain: str  #: what it means; empty if we do not know the code
    cites: str  #: by our own table, everywhere alike; by the slip if we do not know the code


def offences(answer: ChargeAnswer) -> list[OffenceText]:
    """Return each offence as the slip says it, or in English as our own table does."""
    known = offences_on([each.code for each in answer.offences], danish_day(answer.issued))
    danish = translation.get_language() == settings.LANGUAGE_CODE
    texts = []
    for told in answer.offences:
        ours = known.get(told.code)
        if ours is None:
            texts.append(OffenceText(told, told.text, "", told.legal_basis))
        elif danish:
            texts.append(OffenceText(told, told.text, ours.plain_danish, ours.cites))
        else:
            texts.append(OffenceText(told, ours.english, ours.plain_english, ours.cites))
    return texts


_LETTERS: Final = {
    "reminder": gettext_lazy("påmindelse uden gebyr"),
    "reminder_first_fee": gettext_lazy("rykker med gebyr"),
    "reminder_second_fee": gettext_lazy("rykker med endnu et gebyr"),
    "collection_notice": gettext_lazy("varsel om, at Gældsstyrelsen overtager gælden"),
    "decision": gettext_lazy("svar på en klage"),
    "hearing": gettext_lazy("spørgsmål til en klage"),
    "receipt": gettext_lazy("kvittering"),
    "plan": gettext_lazy("aftale om at betale i rater"),
    "refund": gettext_lazy("besked om penge, du får tilbage"),
    "message": gettext_lazy("besked"),
}
_CHANNELS: Final = {
    "digital_post": gettext_lazy("i Digital Post"),
    "print": gettext_lazy("på papir"),
    "email": gettext_lazy("i en mail"),
}


_HOLDS: Final = {
    Hold.COMPLAINT: gettext_lazy("Klage"),
    Hold.TRANSFER: gettext_lazy("Klage, der kun holder gælden fra Gældsstyrelsen"),
    Hold.PLAN: gettext_lazy("Betalingsordning"),
    Hold.CASE_WORKER: gettext_lazy("Stoppet, mens sagen bliver undersøgt"),
}
_PLANS: Final = {
    instalments.State.AGREED: (gettext_lazy("Bliver betalt i rater"), "info"),
    instalments.State.COMPLETED: (gettext_lazy("Alt er betalt"), "success"),
    instalments.State.BROKEN: (gettext_lazy("Ophørt: en rate blev ikke betalt"), "error"),
}


def hold(which: Hold) -> str:
    """Return what stops the collection of a charge, in a word to whoever works with it."""
    return str(_HOLDS[which])


def plan_state(stands: instalments.State) -> StateText:
    """Return how far a plan has come, in words to whoever works with it."""
    text, kind = _PLANS[stands]
    return StateText(str(text), kind, "")


def valves(noted: str) -> str:
    """Return what the warden *noted* of the tyre valves, ``3/6``, and why; empty if nothing."""
    first, _between, second = noted.partition("/")
    if not (first.isdecimal() and second.isdecimal()):
        return noted
    return _(
        "%(noted)s: Ventilerne på to af hjulene pegede på klokken %(first)s og klokken "
        "%(second)s, som visere på et ur. Sådan kan vagten se, om bilen har holdt stille."
    ) % {"noted": noted, "first": first, "second": second}


_COMING: Final = {
    Step.FALL_DUE: gettext_lazy("%(day)s: Fristen er gået."),
    Step.REMIND: gettext_lazy("%(day)s: Vi sender en påmindelse. Den koster ikke noget."),
    Step.FIRST_FEE: gettext_lazy("%(day)s: Vi sender en rykker. Den koster %(fee)s"),
    Step.SECOND_FEE: gettext_lazy("%(day)s: Vi sender en rykker mere. Den koster %(fee)s"),
    Step.TRANSFER: gettext_lazy("%(day)s: Vi sender gælden til Gældsstyrelsen."),
    Step.BAR: gettext_lazy("%(day)s: Afgiften er for gammel til at blive krævet."),
}
_WAITS: Final = {
    Hold.COMPLAINT: gettext_lazy(
        "Vi ser på en klage over afgiften. Imens sker der ikke noget, og der kommer ingen "
        "gebyrer på. Bagefter får du en ny frist."
    ),
    Hold.TRANSFER: gettext_lazy(
        "Vi ser på en klage over afgiften. Imens sender vi ikke gælden til Gældsstyrelsen."
    ),
    Hold.PLAN: gettext_lazy(
        "Afgiften bliver betalt i rater. Der sker ikke noget, så længe raterne bliver betalt til "
        "tiden. Bliver en rate ikke betalt til tiden, ophører ordningen. Så skal hele resten "
        "betales inden %(days)s dage."
    ),
    Hold.CASE_WORKER: gettext_lazy("Vi undersøger sagen. Imens sker der ikke noget."),
}


def coming(next_: Next) -> str:
    """Return what happens next, and on which day at the earliest."""
    day = (
        _("Når vi er færdige")
        if next_.day is None
        else _("Tidligst %(day)s") % {"day": wording.day(next_.day)}
    )
    fee = wording.amount(next_.fee) if next_.fee else _("ikke noget")
    return str(_COMING[next_.step]) % {"day": day, "fee": fee}


_TITLES: Final = {
    "reminder": gettext_lazy("Påmindelse uden gebyr"),
    "reminder_first_fee": gettext_lazy("Første rykker, med gebyr"),
    "reminder_second_fee": gettext_lazy("Anden rykker, med gebyr"),
    "collection_notice": gettext_lazy("Din gæld er sendt til Gældsstyrelsen"),
}


def letter(kind: str, subject: str, written_in: str = settings.LANGUAGE_CODE) -> str:
    """Return what a letter of that *kind* is called; its *subject* where that says more.

    A subject that is *written_in* another language, and is not a text of ours, says nothing.
    """
    if kind in _TITLES:
        return str(_TITLES[kind])
    return _here(subject, written_in) or str(capfirst(_LETTERS.get(kind, ""))) or subject


def sent(letter: SentLetter) -> str:
    """Return what a letter said it was, of which kind it is, and which way it went."""
    kind, way = str(_LETTERS.get(letter.kind, letter.kind)), _CHANNELS[letter.channel]
    title = _here(letter.subject, settings.LANGUAGE_CODE) or str(_TITLES.get(letter.kind, ""))
    return f"{title} ({kind}, {way})" if title else f"{capfirst(kind)} ({way})"


def _here(subject: str, written_in: str) -> str:
    """Return *subject* in the language in force; empty if we do not know it in that."""
    if written_in == translation.get_language() or not subject:
        return subject
    translated = _(subject)
    return translated if translated != subject else ""


def waits(hold: Hold, *, until: date | None = None, days: int = 0) -> str:
    """Return why nothing happens.

    *until* is the day on which a case worker's stop ends, and *days* how many there are to pay all
    that is left of a plan once it has ended.
    """
    if hold is Hold.CASE_WORKER and until is not None:
        return _(
            "Vi har stoppet opkrævningen, mens vi undersøger sagen. Indtil %(day)s sker der ikke "
            "noget, og der kommer ingen gebyrer på. Bagefter får du en ny frist."
        ) % {"day": wording.day(until)}
    return str(_WAITS[hold]) % {"days": days}


def instalment_line(plan: Plan, number: int, creditor: str) -> str:
    """Return the line by which an instalment is paid at the bank."""
    return str(fik.for_instalment(plan.number, number, creditor))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account as people read it: what makes more owed is positive."""

    booked: date
    text: str
    amount: Money


def account(entries: Iterable[Entry], paid_here: Iterable[Entry]) -> list[Line]:
    """Return the account in words by its days, with what was taken here and is on its way.

    Of one that contradicts itself everything is shown, as it was told.
    """
    entries, paid_here = tuple(entries), tuple(paid_here)
    try:
        merged = law.merged(entries, paid_here)
    except law.EntriesDisagree:
        merged = entries + paid_here
    lines = [
        Line(
            entry.booked,
            _line(entry)
            if at < len(entries)
            else _("%(what)s her, på vej til regnskabet") % {"what": _line(entry)},
            entry.signed,
        )
        for at, entry in enumerate(merged)
    ]
    return sorted(lines, key=lambda line: line.booked)


def _line(entry: Entry) -> str:
    went = BankRefund.why_of(entry.reference) if entry.kind is Kind.REFUND else None
    return str(_KINDS[entry.kind] if went is None else _WENT_BACK[went])
