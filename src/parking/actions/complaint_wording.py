"""What the law's words about complaints are called by people: for pages and letters alike.

Everything is said in the language in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from parking.actions import wording
from parking.law import complaint as law
from parking.law import own_accord
from parking.law.charge import COLLECTED_HERE, ChargeNumber, State
from parking.law.charge import spaced as spaced_number
from parking.law.charge_terms import AnnulmentReason
from parking.law.complaint import Document, Field
from parking.law.evidence import Ground
from parking.law.offence import Question
from parking.law.plates import Plate, spaced
from parking.records.complaint import Complaint, ComplaintDecision


@dataclass(frozen=True, slots=True)
class StateText:
    """A state in a word, how good or bad it is, and what follows from it."""

    text: str
    kind: str  #: of the badge
    next: str


_WE_ANSWER: Final = later("Vi skriver til dig, når vi har svaret.")
_STATES: Final[Mapping[law.State, tuple[Any, str, Any]]] = {
    law.State.DRAFT: (later("Kladde"), "warning", later("Klagen er ikke sendt endnu.")),
    law.State.SUBMITTED: (later("Sendt"), "info", _WE_ANSWER),
    law.State.IN_REVIEW: (later("Vi ser på den"), "info", _WE_ANSWER),
    law.State.AWAITING_REPLY: (
        later("Vi venter på dit svar"),
        "warning",
        later("Svarer du ikke til tiden, afgør vi klagen ud fra det, vi ved."),
    ),
    law.State.HEARING: (
        later("Du kan sige noget til det, vi har fundet"),
        "warning",
        later("Siger du ikke noget, afgør vi klagen ud fra det, vi ved."),
    ),
    law.State.CHARGE_STANDS: (
        later("Afgiften står ved magt"),
        "error",
        later("Er du ikke enig, kan du klage én gang til."),
    ),
    law.State.PARTLY_ANNULLED: (
        later("En del er annulleret"),
        "warning",
        later("Er du ikke enig i resten, kan du klage én gang til."),
    ),
    law.State.SECOND_ROUND: (later("Vi ser på den igen"), "info", _WE_ANSWER),
    law.State.SECOND_REPLY: (
        later("Vi venter på dit svar"),
        "warning",
        later("Svarer du ikke til tiden, afgør vi klagen ud fra det, vi ved."),
    ),
    law.State.CHARGE_STANDS_FINALLY: (
        later("Afgiften står ved magt"),
        "error",
        later("Du kan ikke klage til os mere. Er du ikke enig, kan du gå til fogedretten."),
    ),
    law.State.ANNULLED: (
        later("Du fik ret"),
        "success",
        later("Afgiften gælder ikke mere. Har du betalt, får du pengene tilbage."),
    ),
    law.State.WITHDRAWN: (later("Trukket tilbage"), "info", later("Klagen er slut.")),
    law.State.LAPSED: (later("Slettet"), "info", later("Klagen blev aldrig sendt.")),
}


def state(stands: law.State) -> StateText:
    """Return where a complaint stands, in words."""
    text, kind, following = _STATES[stands]
    return StateText(str(text), kind, str(following))


#: What is said otherwise to whoever works with a complaint than to whoever has complained.
_IN_OFFICE: Final[Mapping[law.State, Any]] = {
    law.State.SUBMITTED: later("Klagen er kommet"),
    law.State.IN_REVIEW: later("Under behandling"),
    law.State.AWAITING_REPLY: later("Venter på klagerens svar"),
    law.State.HEARING: later("Klageren er i høring"),
    law.State.SECOND_ROUND: later("Under behandling igen"),
    law.State.SECOND_REPLY: later("Venter på klagerens svar"),
    law.State.ANNULLED: later("Klageren fik ret"),
}


def pay_by(day: date, *, is_rest: bool) -> str:
    """Return by when to pay after an answer: all, or the rest if it took a part away."""
    told = {"day": wording.day(day)}
    return (
        _("Betal resten senest %(day)s.") % told if is_rest else _("Betal senest %(day)s.") % told
    )


def state_in_office(stands: law.State) -> StateText:
    """Return where a complaint stands, in words to whoever works with it."""
    said = state(stands)
    return StateText(str(_IN_OFFICE.get(stands, said.text)), said.kind, "")


_QUESTIONS: Final[Mapping[Question, Any]] = {
    Question.PERMIT: later("Bilen har en licens, der gælder her"),
    Question.PAID: later("Jeg havde betalt"),
    Question.TYPO: later("Jeg tastede nummerpladen forkert"),
    Question.DISABLED_CARD: later("Der lå et handicapkort i bilen"),
    Question.DISC: later("P-skiven lå i bilen og var stillet rigtigt"),
    Question.LOADING: later("Jeg læssede eller satte nogen af"),
    Question.CHARGING: later("Bilen blev ladet op"),
    Question.SPACE: later("Pladsen er til min bil"),
    Question.SIGN: later("Skiltet eller stregerne var til at tage fejl af"),
    Question.WEIGHT: later("Bilen vejer ikke så meget"),
    Question.BREAKDOWN: later("Bilen var gået i stykker"),
    Question.SOLD: later("Bilen var solgt"),
    Question.STOLEN: later("Bilen var stjålet"),
    Question.TWICE: later("Jeg har fået to afgifter for det samme"),
    Question.NOT_THERE: later("Bilen holdt der ikke"),
    Question.DECEASED: later("Ejeren er død"),
    Question.OTHER: later("Noget andet"),
}
_FIELDS: Final[Mapping[Field, Any]] = {
    Field.OPERATOR: later("Hvem betalte du til?"),
    Field.PAID_FROM: later("Hvornår begyndte betalingen?"),
    Field.PAID_UNTIL: later("Hvornår sluttede den?"),
    Field.PLATE_TYPED: later("Hvilken nummerplade tastede du?"),
    Field.PERMIT_PLATE: later("Hvilken nummerplade står på licensen?"),
    Field.CARD_NUMBER: later("Hvilket nummer står på kortet?"),
    Field.ARRIVED: later("Hvornår kom du?"),
    Field.LOADED_FROM: later("Hvornår begyndte du at læsse?"),
    Field.LOADED_UNTIL: later("Hvornår var du færdig?"),
    Field.WHAT_IS_WRONG: later("Hvad er der galt med skiltet eller stregerne?"),
    Field.GROSS_WEIGHT: later("Hvad er bilens totalvægt i kg?"),
    Field.BROKE_DOWN: later("Hvornår gik bilen i stykker?"),
    Field.SOLD_ON: later("Hvilken dag blev bilen solgt?"),
    Field.STOLEN_ON: later("Hvilken dag blev bilen stjålet?"),
    Field.POLICE_NUMBER: later("Hvilket nummer har politiets sag?"),
    Field.OTHER_NUMBER: later("Hvilket nummer har den anden afgift?"),
    Field.DIED_ON: later("Hvilken dag døde ejeren?"),
}
_DOCUMENTS: Final[Mapping[Document, Any]] = {
    Document.RECEIPT: later("Kvittering"),
    Document.PERMIT: later("Licens"),
    Document.DISABLED_CARD: later("Handicapkort, begge sider"),
    Document.DISC: later("Billede af p-skiven"),
    Document.DELIVERY_NOTE: later("Følgeseddel"),
    Document.CHARGING_RECEIPT: later("Kvittering for opladning"),
    Document.PICTURE: later("Billede af stedet"),
    Document.REGISTRATION: later("Registreringsattest"),
    Document.TOWING_SLIP: later("Seddel fra vejhjælp eller værksted"),
    Document.SALES_CONTRACT: later("Slutseddel"),
    Document.POLICE_REPORT: later("Anmeldelse til politiet"),
    Document.OTHER_CHARGE: later("Den anden afgift"),
    Document.OTHER: later("Andet"),
}
_REASONS: Final[Mapping[AnnulmentReason, tuple[Any, Any]]] = {
    AnnulmentReason.TYPO: (
        later("Tastefejl i nummerpladen"),
        later(
            "Der var en gyldig licens eller betaling for en nummerplade, der kun afviger ved én "
            "tastefejl, og som ikke er en anden bils."
        ),
    ),
    AnnulmentReason.PAID_ELSEWHERE: (
        later("Der var betalt"),
        later("Der var betalt for parkeringen, da afgiften blev givet."),
    ),
    AnnulmentReason.PERMIT: (
        later("Gyldig licens"),
        later("Bilen havde en licens, der gjaldt på stedet."),
    ),
    AnnulmentReason.DISABLED_CARD: (
        later("Gyldigt handicapkort"),
        later("Der var et gyldigt handicapkort."),
    ),
    AnnulmentReason.BREAKDOWN: (
        later("Bilen var gået i stykker"),
        later("Bilen var gået i stykker og kunne ikke flyttes."),
    ),
    AnnulmentReason.SOLD: (
        later("Bilen var solgt"),
        later("Bilen havde en anden ejer eller bruger den dag."),
    ),
    AnnulmentReason.STOLEN: (
        later("Bilen var stjålet"),
        later("Bilen var meldt stjålet, før afgiften blev givet."),
    ),
    AnnulmentReason.SIGN: (
        later("Fejl ved skilt eller striber"),
        later("Skiltet eller stregerne på vejen var ikke i orden."),
    ),
    AnnulmentReason.WARDEN_ERROR: (
        later("Vagtens fejl"),
        later("Afgiften blev givet ved en fejl."),
    ),
    AnnulmentReason.GOODWILL: (
        later("Kulance"),
        later("Kommunen kræver ikke afgiften betalt."),
    ),
    AnnulmentReason.DOUBLE_CHARGE: (
        later("To afgifter inden for et døgn"),
        later("Du havde fået en afgift for det samme inden for et døgn."),
    ),
    AnnulmentReason.CHARGED_TOO_OFTEN: (
        later("For mange afgifter for det samme"),
        later("Du havde fået tre afgifter for det samme. Der må ikke gives flere."),
    ),
    AnnulmentReason.DECEASED: (
        later("Ejeren er død"),
        later("Den, der skulle betale, er død."),
    ),
}
_GROUNDS: Final[Mapping[Ground, Any]] = {
    Ground.PERMIT: later("En licens til bilen gjaldt på stedet"),
    Ground.PAYMENT: later("Der var betalt for bilen"),
    Ground.PERMIT_TYPO: later("En licens til næsten samme nummerplade gjaldt på stedet"),
    Ground.PAYMENT_TYPO: later("Der var betalt for næsten samme nummerplade"),
    Ground.DOUBLE_CHARGE: later("Der var givet en afgift for det samme inden for et døgn"),
    Ground.CHARGED_TOO_OFTEN: later("Der var givet tre afgifter for det samme"),
    Ground.STOLEN: later("Bilen var meldt stjålet"),
    Ground.SOLD: later("Bilen havde skiftet ejer eller bruger"),
    Ground.DECEASED: later("Den, der skulle betale, er død"),
}
_OUTCOMES: Final[Mapping[str, Any]] = {
    ComplaintDecision.Outcome.UPHELD: later("Afgiften står ved magt"),
    ComplaintDecision.Outcome.PARTLY: later("En del er annulleret"),
    ComplaintDecision.Outcome.ANNULLED: later("Afgiften er annulleret"),
}
_CHANNELS: Final[Mapping[str, Any]] = {
    Complaint.Channel.PORTAL: later("Parkeringsbutikken"),
    Complaint.Channel.LETTER: later("brev"),
    Complaint.Channel.EMAIL: later("mail"),
    Complaint.Channel.PHONE: later("telefon"),
}
_EVIDENCE: Final[Mapping[str, Any]] = {
    "permit": later("Licens til %(plate)s i zone %(zone)s, fra %(from)s til og med %(until)s"),
    "payment": later("Betaling for %(plate)s i zone %(zone)s, fra %(from)s til %(until)s"),
    "charge": later("Afgift %(reference)s, givet %(from)s"),
    "stolen": later("Meldt stjålet %(from)s"),
    "sold": later("Ejer eller bruger til og med %(until)s"),
    "deceased": later("Død senest %(until)s"),
}


def question(which: Question) -> str:
    """Return one way in which a charge may be wrong, as the complainant says it."""
    return str(_QUESTIONS[which])


def asked(field: Field) -> str:
    """Return what is asked, as a question."""
    return str(_FIELDS[field])


def said(field: Field, value: str) -> str:
    """Return what was answered, as it is read back."""
    if field in {Field.SOLD_ON, Field.STOLEN_ON, Field.DIED_ON}:
        return wording.day(date.fromisoformat(value))
    if field in {Field.PLATE_TYPED, Field.PERMIT_PLATE}:
        return spaced(Plate(value))
    if field is Field.OTHER_NUMBER:
        return spaced_number(ChargeNumber(value))
    return value


def meanwhile(stands: State, *, waits: bool) -> str:
    """Return what becomes of a debt that *stands* so, and *waits* or not, until we have answered.

    Empty where nobody claims it.
    """
    if waits:
        return _("Gebyrer og frister venter, til vi har svaret.")
    if stands is State.AT_COLLECTION:
        return _("Gælden er hos Gældsstyrelsen. Den venter ikke, mens vi ser på klagen.")
    if stands in COLLECTED_HERE:
        return _("Fristen for at betale løber videre, mens vi ser på klagen.")
    return ""


def document(kind: str) -> str:
    """Return what a file shall show."""
    return str(_DOCUMENTS[Document(kind)])


def reason(which: AnnulmentReason) -> str:
    """Return why a charge is annulled, in a word or two."""
    return str(_REASONS[which][0])


_OWN_ACCORD: Final[Mapping[own_accord.State, Any]] = {
    own_accord.State.PROPOSED: (later("Venter på en kollega"), "warning"),
    own_accord.State.APPROVED: (later("Bliver annulleret nu"), "info"),
    own_accord.State.REJECTED: (later("Afvist"), "error"),
    own_accord.State.WITHDRAWN: (later("Trukket tilbage"), ""),
    own_accord.State.DONE: (later("Færdig"), "success"),
}


def own_accord_state(stands: own_accord.State) -> StateText:
    """Return where an annulment of our own accord stands, in words."""
    text, kind = _OWN_ACCORD[stands]
    return StateText(str(text), kind, "")


def why_annulled(which: AnnulmentReason, *, language: str = "") -> str:
    """Return why a charge is annulled, as a sentence to whoever got it; maybe in *language*."""
    with translation.override(language or translation.get_language()):
        return str(_REASONS[which][1])


def ground(which: Ground) -> str:
    """Return what a machine looked for."""
    return str(_GROUNDS[which])


def outcome(which: str) -> str:
    """Return what was decided."""
    return str(_OUTCOMES[which])


def channel(which: str) -> str:
    """Return by what way a complaint came in."""
    return str(_CHANNELS[which])


def evidence(shown: Mapping[str, str]) -> str:
    """Return one piece of the evidence that a machine has seen (`evidence.told`)."""
    said = {name: _told(name, value) for name, value in shown.items()}
    return str(_EVIDENCE[shown["kind"]]) % {"zone": "", "until": "", **said}


def _told(name: str, value: str) -> str:
    if name == "plate":
        return spaced(Plate(value))
    if name == "reference" and value.isdecimal():
        return spaced_number(ChargeNumber(value))
    if name in {"from", "until"} and value:
        if "T" in value:
            return wording.moment(datetime.fromisoformat(value))
        return wording.day(date.fromisoformat(value))
    return value


def complained(by: Complaint) -> str:
    """Return when and by what way a complaint came in."""
    if by.received is None:
        return ""
    return _("Modtaget %(when)s via %(channel)s") % {
        "when": wording.moment(by.received),
        "channel": channel(by.channel),
    }
