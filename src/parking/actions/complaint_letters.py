"""Letters about complaints: that one came in, what we ask, what was found, what was decided.

What is decided is explained: what was looked at, the reasons, and where to turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from parking.actions import charge_letters, complaint_wording, letters, send, wording
from parking.actions.case_letters import CaseLetter, Section
from parking.law.charge import ChargeNumber
from parking.law.charge import spaced as spaced_number
from parking.law.charge_terms import AnnulmentReason
from parking.law.money import Money
from parking.law.plates import Plate, spaced
from parking.records.case import Case
from parking.records.charge import Charge
from parking.records.complaint import Complaint, ComplaintDecision
from parking.records.letter import Addressee, Letter
from parking.records.outbox import Outgoing
from parking.records.party import Party


def receipt(complaint: Complaint, *, answer_by: date, waits: bool, meanwhile: str) -> CaseLetter:
    """Return the letter that says that a complaint has come in.

    *waits* and *meanwhile* say what becomes of the debt until it is answered.
    """
    with translation.override(complaint.language):
        if waits:
            meanwhile = _(
                "Imens venter gebyrer og frister. Du skal ikke betale, før vi har svaret."
            )
        sections = [
            Section("", (_about(complaint.charge), complaint_wording.complained(complaint))),
            Section(_("Det sker der nu"), tuple(filter(None, (_answer_by(answer_by), meanwhile)))),
            Section(_("Det har du skrevet"), tuple(_paragraphs(said(complaint)))),
        ]
        subject = _("Vi har fået din klage over en parkeringsafgift")
    return CaseLetter(subject, complaint.language, tuple(sections))


def said(complaint: Complaint) -> str:
    """Return what the complainant said in this round, in their own words."""
    return complaint.text if complaint.round == 1 else complaint.again


def question(complaint: Complaint, *, text: str, until: date, hearing: bool) -> CaseLetter:
    """Return the letter that asks something, or tells what was found; to be replied to *until*."""
    with translation.override(complaint.language):
        if hearing:
            subject = _("Hvad siger du til det, vi har fundet?")
            opening = _("Du kan sige noget til det, vi har fundet, før vi afgør din klage.")
            heading = _("Det har vi fundet")
        else:
            subject = _("Vi mangler noget i din klage")
            opening = _("Vi mangler noget fra dig, før vi kan svare.")
            heading = _("Det skal vi bruge")
        sections = (
            Section("", (_about(complaint.charge), opening)),
            Section(heading, tuple(_paragraphs(text))),
            Section(
                _("Sådan gør du"),
                (
                    _("Svar senest %(day)s.") % {"day": wording.day(until)},
                    _(
                        "Åbn klagen i Parkeringsbutikken, og svar dér. "
                        "Du kan også ringe eller skrive."
                    ),
                    _("Hører vi ikke fra dig, afgør vi klagen ud fra det, vi ved."),
                ),
            ),
        )
    return CaseLetter(subject, complaint.language, sections)


def message(complaint: Complaint, *, text: str) -> CaseLetter:
    """Return the letter that tells something about a complaint, and asks for nothing."""
    with translation.override(complaint.language):
        sections = (
            Section("", (_about(complaint.charge), *_paragraphs(text))),
            Section(
                _("Vil du sige mere?"),
                (
                    _("Du behøver ikke at svare. Klagen går videre, som den er."),
                    _(
                        "Vil du skrive til os, så åbn klagen i Parkeringsbutikken. "
                        "Du kan også ringe eller sende et brev."
                    ),
                ),
            ),
        )
        subject = _("Besked om din klage")
    return CaseLetter(subject, complaint.language, sections)


def infected(complaint: Complaint, name: str) -> CaseLetter:
    """Return the letter that says that the file *name* of a complaint had to be deleted."""
    with translation.override(complaint.language):
        sections = (
            Section(
                "",
                (
                    _about(complaint.charge),
                    wording.infected(complaint.language, name),
                    _("Resten af klagen har vi, og den gælder stadig."),
                ),
            ),
        )
        subject = _("Vi har slettet en fil i din klage")
    return CaseLetter(subject, complaint.language, sections)


def answer(
    complaint: Complaint,
    *,
    outcome: str,
    reason: AnnulmentReason | None,
    reasons: str,
    amount: Money,
    due: date | None,
    left: Money,
    days_to_complain_again: int,
) -> CaseLetter:
    """Return the letter that tells what was decided, why, and what one can do about it."""
    upheld = outcome == ComplaintDecision.Outcome.UPHELD
    with translation.override(complaint.language):
        subject = _("Svar på din klage: %(outcome)s") % {
            "outcome": complaint_wording.outcome(outcome)
        }
        now = [complaint_wording.outcome(outcome) + "."]
        if amount:
            now.append(_("Vi har trukket %(amount)s fra.") % {"amount": wording.amount(amount)})
        if left and due is not None:
            now.append(
                _("Betal %(amount)s senest %(day)s.")
                % {"amount": wording.amount(left), "day": wording.day(due)}
            )
        elif outcome == ComplaintDecision.Outcome.ANNULLED:
            now.append(_("Har du betalt, får du pengene tilbage."))
        sections = [
            Section("", (_about(complaint.charge), *now)),
            Section(
                _("Begrundelse"),
                (
                    *((complaint_wording.why_annulled(reason),) if reason is not None else ()),
                    *_paragraphs(reasons),
                ),
            ),
        ]
        if upheld or outcome == ComplaintDecision.Outcome.PARTLY:
            turn = tuple(guidance(complaint.round, days_to_complain_again))
            sections.append(Section(_("Er du ikke enig?"), turn))
    return CaseLetter(subject, complaint.language, tuple(sections))


def guidance(number: int, days: int) -> Iterator[str]:
    """Yield where to turn with the answer to round *number*, and in how many *days*."""
    if number == 1:
        yield _(
            "Du kan klage én gang til inden %(days)s dage. Åbn klagen i Parkeringsbutikken, og "
            "skriv, hvorfor svaret er forkert. Du kan også ringe eller skrive."
        ) % {"days": days}
    yield _(
        "Der er ingen anden myndighed at klage til. Betaler du ikke, kan du gøre indsigelse i "
        "fogedretten. Den afgør, om du skal betale (færdselsloven § 121)."
    )


@dataclass(frozen=True, slots=True)
class Words:
    """What a case worker adds to the reason, in Danish and in English if they wrote it."""

    danish: str = ""
    english: str = ""

    def within(self, language: str) -> str:
        """Return what stands in a letter in *language*: Danish where nothing else was written."""
        return self.english or self.danish if language == "en" else self.danish


#: Where the reason says it all.
NO_WORDS: Final = Words()


def annulled(
    charge: Charge, reason: AnnulmentReason, *, language: str, words: Words = NO_WORDS
) -> CaseLetter:
    """Return the letter that tells that a charge was annulled without anybody's asking."""
    with translation.override(language):
        sections = (
            Section(
                "",
                (
                    _about(charge),
                    _("Afgiften er annulleret. Du skal ikke gøre noget."),
                    _("Har du betalt, får du pengene tilbage."),
                ),
            ),
            Section(
                _("Begrundelse"),
                (
                    complaint_wording.why_annulled(reason),
                    *_paragraphs(words.within(language)),
                ),
            ),
        )
        subject = _("Din parkeringsafgift er annulleret")
    return CaseLetter(subject, language, sections)


def _about(charge: Charge) -> str:
    return _("Parkeringsafgift %(number)s. Nummerplade: %(plate)s.") % {
        "number": spaced_number(ChargeNumber(charge.number)),
        "plate": spaced(Plate(charge.plate)),
    }


def _answer_by(day: date) -> str:
    return _("Vi regner med at svare senest %(day)s.") % {"day": wording.day(day)}


def _paragraphs(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


# As they are sent


def write(
    letter: CaseLetter,
    *,
    kind: str,
    charge: Charge,
    party: Party | None,
    complaint: Complaint | None,
    case: Case | None,
    now: datetime,
    addressee: Addressee | None = None,
    code: str = "",
) -> None:
    """Keep *letter* as it is sent, and have it sent, within a recording.

    *kind* is one of `ports.charges.LETTER_KINDS`. It is for *party*, for whoever complained, or for
    *addressee*, who is neither. Whoever complained without a login gets it on paper, and a mail
    that says so if they gave an address. With the *code* of the slip its link needs no login.
    """
    written = Letter(
        party=party,
        case=case,
        complaint=complaint,
        charge=charge,
        kind=kind,
        subject=letter.subject,
        language=letter.language,
        pdf=pdf(letter, link=link(charge, complaint, letter.language, code)),
        written=now,
    ).to(addressee or _addressee(party, complaint))
    written.save(force_insert=True)
    charge_letters.put(written, charge, now=now)
    whom = {}
    if party is not None:
        whom = {"party": str(party.id)}
    elif complaint is not None:
        whom = {"complaint": str(complaint.id)}
    if whom:
        send.put(
            Outgoing.Kind.SEND_MAIL,
            key=f"mail {written.id}",
            lane=f"mail {charge.number}",
            payload={"mail": "charge news", **whom},
            now=now,
        )


def _addressee(party: Party | None, complaint: Complaint | None) -> Addressee:
    """Return whom to write to: the party, or whoever gave a name and an address."""
    if party is not None:
        return Addressee(kind="person", number=party.person_number)
    assert complaint is not None
    lines = tuple(line.strip() for line in complaint.address.splitlines() if line.strip())
    return Addressee(kind="abroad", name=complaint.name, lines=lines, country="")


def send_annulled(
    charge: Charge,
    reason: AnnulmentReason,
    party: Party | None,
    *,
    complaint: Complaint | None,
    now: datetime,
    words: Words = NO_WORDS,
) -> None:
    """Tell *party*, or whoever complained, that the charge was annulled, within a recording."""
    language = complaint.language if complaint else party.language if party else "da"
    letter = annulled(charge, reason, language=language, words=words)
    write(
        letter,
        kind="decision",
        charge=charge,
        party=party,
        complaint=complaint,
        case=None,
        now=now,
    )


def send_annulled_to_holder(
    charge: Charge,
    reason: AnnulmentReason,
    holder: Addressee,
    *,
    code: str,
    now: datetime,
    words: Words = NO_WORDS,
) -> None:
    """Tell *holder*, who was registered for the vehicle, the same, within a recording."""
    party = charge_letters.party_of(holder)
    language = charge_letters.language_of(holder, party)
    write(
        annulled(charge, reason, language=language, words=words),
        kind="decision",
        charge=charge,
        party=party,
        complaint=None,
        case=None,
        now=now,
        addressee=holder,
        code=code,
    )


def pdf(letter: CaseLetter, *, link: str) -> bytes:
    """Return *letter* as it is sent (PDF/UA-1)."""
    with translation.override(letter.language):
        return letters.typeset(
            {
                "title": letter.subject,
                "sections": [
                    {"heading": part.heading, "paragraphs": list(part.paragraphs)}
                    for part in letter.sections
                ],
                "link_text": _("Se afgiften på nettet: scan koden, eller brug adressen"),
                "link_alt": _("QR-kode, der fører til afgiften"),
            },
            link=link,
        )


def link(charge: Charge, complaint: Complaint | None, language: str, code: str = "") -> str:
    """Return the address of the complaint's page, or the charge's; its *code* opens that."""
    if complaint is None:
        with translation.override(language):
            return charge_letters.link(charge, code)
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    place = f"{settings.PORTAL_ADDRESS}{prefix}/charges/{charge.id}/"
    return f"{place}complaints/{complaint.id}/"
