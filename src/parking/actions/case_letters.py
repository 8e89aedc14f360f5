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
                "link_text": _("Se din ansøgning på nettet: scan koden, eller brug adressen"),
                "link_alt": _("QR-kode, der fører til din ansøgning"),
            },
            link=link(case),
        )


def link(case: Case) -> str:
    """Return the address of the application's page, in the party's language."""
    language = case.concerned.language
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    return f"{settings.PORTAL_ADDRESS}{prefix}/permits/applications/{case.matter.id}/"


def link_text(language: str) -> str:
    """Return what the link in the letter says."""
    with translation.override(language):
        return _("Se din ansøgning")


def _about(case: Case) -> str:
    return _("Sag %(number)s: %(kind)s. Køretøj: %(plate)s.") % {
        "number": case.number,
        "kind": wording.case_kind(case.about),
        "plate": spaced(Plate(case.matter.plate)),
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
