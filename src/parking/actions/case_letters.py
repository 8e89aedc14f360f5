"""Letters about a case: what was decided and why, or what we ask for and until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from parking.actions import letters, wording
from parking.law.facts import Facts
from parking.law.money import Money
from parking.law.plates import Plate, spaced
from parking.law.reasoning import Answer, Finding
from parking.records.case import Case


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a letter; the first has no heading."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseLetter:
    """A letter as it is previewed and sent."""

    subject: str
    language: str
    sections: tuple[Section, ...]


def answer(
    case: Case, finding: Finding, facts: Facts, *, reasons: str, ends_permit: bool
) -> CaseLetter:
    """Return the letter that tells the party what *finding* the case has led to."""
    language = case.concerned.language
    with translation.override(language):
        subject = {
            Answer.YES: _("Ja, du kan få licens"),
            Answer.NO: _("Nej, du kan ikke få licens"),
            Answer.OPEN: _("Nyt i din sag om licens"),
        }[finding.answer]
        sections = [Section("", (_about(case), _what_now(finding, ends_permit=ends_permit)))]
        sections.append(Section(_("Begrundelse"), tuple(_paragraphs(reasons))))
        if finding.answer is Answer.NO:
            sections.append(Section(_("Reglerne, der siger nej"), tuple(_rules(finding, facts))))
        if finding.answer is not Answer.YES:
            sections.append(Section(_("Er du ikke enig?"), (_complaint(),)))
    return CaseLetter(subject, language, tuple(sections))


def question(case: Case, *, text: str, until: date) -> CaseLetter:
    """Return the letter that asks the party for something, to be answered on *until* at latest."""
    language = case.concerned.language
    with translation.override(language):
        sections = (
            Section("", (_about(case), _("Vi mangler noget fra dig, før vi kan svare."))),
            Section(_("Det skal vi bruge"), tuple(_paragraphs(text))),
            Section(
                _("Sådan gør du"),
                (
                    _("Svar senest %(day)s.") % {"day": wording.day(until)},
                    _(
                        "Log på Parkeringsbutikken, åbn din ansøgning, og aflever dokumenterne "
                        "dér. Ring til os, hvis du ikke kan nå det, eller hvis du vil svare på "
                        "en anden måde."
                    ),
                    _("Hører vi ikke fra dig, afgør vi sagen ud fra det, vi ved."),
                ),
            ),
        )
        subject = _("Vi mangler noget i din sag om licens")
    return CaseLetter(subject, language, sections)


def infected(case: Case, name: str) -> CaseLetter:
    """Return the letter that says that the file *name*, handed in, had to be deleted."""
    language = case.concerned.language
    with translation.override(language):
        gone = wording.infected(language, name)
        sections = (
            Section("", (_about(case), gone, _("Resten af din ansøgning har vi."))),
            Section(
                _("Sådan gør du"),
                (
                    _(
                        "Log på Parkeringsbutikken, åbn din ansøgning, og aflever dokumentet "
                        "igen, for eksempel som et foto."
                    ),
                ),
            ),
        )
        subject = _("Vi har slettet et dokument i din sag om licens")
    return CaseLetter(subject, language, sections)


def hearing(case: Case, finding: Finding, facts: Facts, *, text: str, until: date) -> CaseLetter:
    """Return the letter that hears the party before their permit may be ended.

    It tells what the registers say today: they may not know it (forvaltningsloven § 19).
    """
    with translation.override(case.concerned.language):
        sections = [
            Section(
                "",
                (
                    _about(case),
                    _(
                        "Vi har spurgt registrene igen. Det ser ud til, at noget er ændret, "
                        "efter du fik licensen. Derfor kan den måske ikke gælde længere. "
                        "Du kan sige din mening, før vi afgør det."
                    ),
                ),
            ),
            *_what_no_longer_holds(finding, facts),
            Section(_("Det skriver sagsbehandleren"), tuple(_paragraphs(text))),
            Section(
                _("Sådan svarer du"),
                (
                    _("Svar senest %(day)s.") % {"day": wording.day(until)},
                    _(
                        "Log på Parkeringsbutikken, åbn din licens, og skriv dit svar dér. "
                        "Er oplysningerne forkerte, så skriv det. Du kan også ringe til os på "
                        "%(phone)s."
                    )
                    % {"phone": settings.CONTACT_PHONE},
                    _(
                        "Licensen gælder, mens vi ser på sagen. Hører vi ikke fra dig, afgør vi "
                        "den ud fra det, vi ved."
                    ),
                ),
            ),
        ]
        subject = _("Din licens: noget er ændret")
    return CaseLetter(subject, case.concerned.language, tuple(sections))


def ended(
    case: Case, finding: Finding, facts: Facts, *, reasons: str, day: date, back: Money
) -> CaseLetter:
    """Return the letter that says that the permit is ended with *day*, why, and what comes back."""
    with translation.override(case.concerned.language):
        money = (
            _("Du får %(back)s tilbage på det kort, du betalte med.")
            % {"back": wording.amount(back)}
            if back
            else _("Efter reglerne er der ingen penge at betale tilbage.")
        )
        last = (
            _("Vi har opsagt din licens, før den begyndte at gælde.")
            if day < case.held.days.start
            else _("Vi har opsagt din licens. Den gælder til og med %(day)s.")
            % {"day": wording.day(day)}
        )
        sections = (
            Section("", (_about(case), last, money)),
            Section(_("Begrundelse"), tuple(_paragraphs(reasons))),
            *_what_no_longer_holds(finding, facts),
            Section(_("Er du ikke enig?"), (_complaint(),)),
        )
        subject = _("Din licens er opsagt")
    return CaseLetter(subject, case.concerned.language, sections)


def let_stand(case: Case, *, reasons: str) -> CaseLetter:
    """Return the letter that says that the permit is valid as before."""
    with translation.override(case.concerned.language):
        sections = (
            Section("", (_about(case), _("Din licens gælder som før. Du skal ikke gøre noget."))),
            Section(_("Begrundelse"), tuple(_paragraphs(reasons))),
        )
        subject = _("Din licens gælder stadig")
    return CaseLetter(subject, case.concerned.language, sections)


def _what_no_longer_holds(finding: Finding, facts: Facts) -> Iterator[Section]:
    if finding.answer is Answer.NO:
        yield Section(_("Det, der er ændret"), tuple(_rules(finding, facts)))


def pdf(case: Case, letter: CaseLetter) -> bytes:
    """Return *letter* as it is sent (PDF/UA-1)."""
    with translation.override(letter.language):
        return letters.typeset(
            {
                "title": letter.subject,
                "sections": [
                    {"heading": part.heading, "paragraphs": list(part.paragraphs)}
                    for part in letter.sections
                ],
                "link_text": _("Se din licens på nettet: scan koden, eller brug adressen")
                if case.permit
                else _("Se din ansøgning på nettet: scan koden, eller brug adressen"),
                "link_alt": _("QR-kode, der fører til din licens")
                if case.permit
                else _("QR-kode, der fører til din ansøgning"),
            },
            link=link(case),
        )


def link(case: Case) -> str:
    """Return the address of the page of the application or the permit, in the party's language."""
    language = case.concerned.language
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    page = f"{case.permit.id}" if case.permit else f"applications/{case.matter.id}"
    return f"{settings.PORTAL_ADDRESS}{prefix}/permits/{page}/"


def link_text(case: Case) -> str:
    """Return what the link in the letter says."""
    with translation.override(case.concerned.language):
        return _("Se din licens") if case.permit else _("Se din ansøgning")


def _about(case: Case) -> str:
    return _("Sag %(number)s: %(kind)s. Køretøj: %(plate)s.") % {
        "number": case.number,
        "kind": wording.case_kind(case.about),
        "plate": spaced(Plate(case.permit.plate if case.permit else case.matter.plate)),
    }


def _what_now(finding: Finding, *, ends_permit: bool) -> str:
    if ends_permit:
        return _(
            "Din licens gjaldt, mens vi så på dine dokumenter. Den slutter i dag. Er der penge at "
            "betale tilbage efter reglerne, får du dem på det kort, du betalte med."
        )
    if finding.answer is Answer.YES:
        return _("Du kan få licens. Har du ikke købt den endnu, så gå videre på Min side.")
    if finding.answer is Answer.NO:
        return _("Du kan ikke få licens. Herunder står hvorfor, og hvad der ville ændre svaret.")
    awaited = ", ".join(wording.supplier(who) for who in finding.awaited())
    return _("Vi mangler stadig svar fra: %(who)s.") % {"who": awaited}


def _rules(finding: Finding, facts: Facts) -> Iterator[str]:
    for refusal in wording.refusals(finding):
        told = wording.tell(refusal, facts)
        yield f"{told.sentence} ({told.citation})"
        yield f"{told.fact} {told.change}".strip()


def _complaint() -> str:
    return _(
        "Du kan klage til kommunen over svaret. Ring på %(phone)s, eller skriv til %(email)s, og "
        "sig, hvorfor du mener, at det er forkert. Så ser vi på sagen igen."
    ) % {"phone": settings.CONTACT_PHONE, "email": settings.CONTACT_EMAIL}


def _paragraphs(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
