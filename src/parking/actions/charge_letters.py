"""Letters about charges: reminders, the notice before debt collection, plans.

Each says what bekendtgørelse om kontrolafgifter (bek. 877) asks for: who writes and by which law,
why, how and until when to pay, what follows if one does not, how to complain, and what becomes of
one's data. They are kept as they were sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from babel import Locale
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from parking.actions import charge as charges
from parking.actions import charge_facts, charge_wording, letters, progress, send, wording
from parking.law.charge import ChargeNumber, State, Step
from parking.law.charge import spaced as spaced_number
from parking.law.charge_terms import ChargeTerms
from parking.law.days import danish_day
from parking.law.instalments import Instalment, Missed
from parking.law.money import Money
from parking.law.plates import Plate, spaced
from parking.ports.charges import ChargeAnswer, ChargeHolder
from parking.records.charge import Charge
from parking.records.collection import ChargeStep, Plan
from parking.records.letter import Addressee, Letter
from parking.records.outbox import Outgoing
from parking.records.party import Party

#: What the charge system calls the letter of each step.
_KIND_OF: Final = {
    Step.REMIND: "reminder",
    Step.FIRST_FEE: "reminder_first_fee",
    Step.SECOND_FEE: "reminder_second_fee",
    Step.TRANSFER: "collection_notice",
}
#: Letters that set a new last day to pay.
REMINDERS: Final = ("reminder", "reminder_first_fee", "reminder_second_fee")


# To whom


def addressee_of(answer: ChargeAnswer) -> Addressee | None:
    """Return whom to write to about a charge: who used the vehicle that day, or else its owner.

    ``None`` while nobody is known, or somebody abroad whose address nobody has found.
    """
    day = danish_day(answer.issued)
    then = [
        holder
        for holder in answer.holders
        if holder.since <= day and (holder.until is None or day < holder.until)
    ]
    for relation in ("user", "owner"):
        for holder in then:
            if holder.relation == relation and (found := _as_addressee(holder)) is not None:
                return found
    return None


def addressee_kept(charge: Charge) -> Addressee | None:
    """Return whom to write to about *charge* by our own copy, which knows nobody abroad."""
    then = charge_facts.holders_on(charge, danish_day(charge.issued))
    for relation in ("user", "owner"):
        for holder in then:
            if holder.relation == relation:
                return Addressee(kind=holder.kind, number=holder.number)
    return None


def _as_addressee(holder: ChargeHolder) -> Addressee | None:
    if holder.number:
        return Addressee(kind=holder.kind, number=holder.number)
    if holder.name and holder.address:
        return Addressee(
            kind=holder.kind, name=holder.name, lines=holder.address, country=holder.country
        )
    return None


def put(letter: Letter, charge: Charge, *, now: datetime, step: ChargeStep | None = None) -> None:
    """Have *letter* about *charge* sent and told to the charge system, within a recording."""
    about = {"letter": str(letter.id), "step": step.id if step else None}
    for kind in (Outgoing.Kind.SEND_CHARGE_LETTER, Outgoing.Kind.REPORT_LETTER):
        send.put(
            kind,
            key=f"{kind} {letter.id}",
            lane=f"charge {charge.id}",
            payload=about,
            now=now,
        )


# About a step


@dataclass(frozen=True, slots=True)
class _Said:
    """What a letter is about, and whom it speaks to."""

    step: ChargeStep
    charge: Charge
    answer: ChargeAnswer
    terms: ChargeTerms


def about_step(
    step: ChargeStep, addressee: Addressee, terms: ChargeTerms, *, code: str, now: datetime
) -> Letter:
    """Write down the letter that tells *addressee* of *step*, within a recording.

    With the *code* of the slip its link opens the charge without a login.
    """
    party = party_of(addressee)
    language = language_of(addressee, party)
    with translation.override(language):
        subject = _subject(step.what)
        pdf = letters.typeset(contents(step, addressee, terms), link=link(step.charge, code))
    letter = Letter(
        party=party,
        charge=step.charge,
        kind=_KIND_OF[step.what],
        subject=subject,
        language=language,
        pdf=pdf,
        written=now,
    ).to(addressee)
    letter.save(force_insert=True)
    return letter


def contents(step: ChargeStep, addressee: Addressee, terms: ChargeTerms) -> dict[str, Any]:
    """Return everything the letter about *step* says, in the language in force."""
    said = _Said(step, step.charge, charges.answer_of(step.charge), terms)
    return {
        "title": _subject(step.what),
        "address": _address(addressee),
        "status": _status(said),
        "facts": [{"heading": _("Det skylder du"), "rows": list(_facts(said))}],
        "sections": list(_sections(said)),
        "link_text": _("Se billeder, betal eller klag: scan koden, eller brug adressen"),
        "link_alt": _("QR-kode, der fører til afgiften"),
    }


def _address(addressee: Addressee) -> list[str]:
    """Return the lines of an address abroad, with the country's English name as posts ask for it.

    A Danish address the printer finds by the number.
    """
    if not addressee.name:
        return []
    country = Locale("en").territories.get(addressee.country, addressee.country)
    return [addressee.name, *addressee.lines, str(country).upper()]


def party_of(addressee: Addressee) -> Party | None:
    """Return the party that *addressee* is, if they have ever logged in."""
    if not addressee.number:
        return None
    return Party.objects.known_by(fingerprint(addressee)).first()


def fingerprint(addressee: Addressee) -> str:
    """Return what the letters to *addressee* are found by."""
    return Letter().to(addressee).addressee_fingerprint


def language_of(addressee: Addressee, party: Party | None) -> str:
    """Return in which language to write to *addressee*, who may be *party*."""
    if party is not None:
        return party.language
    return "en" if addressee.kind == "abroad" else "da"


def link(charge: Charge, code: str = "") -> str:
    """Return the address of *charge*'s page in the language in force; its *code* opens it."""
    language = translation.get_language()
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    place = f"slip/{charge.number}/{code}" if code else str(charge.id)
    return f"{settings.PORTAL_ADDRESS}{prefix}/charges/{place}/"


def link_text() -> str:
    """Return what the link in a letter says, in the language in force."""
    return _("Se afgiften")


def _subject(step: Step) -> str:
    return {
        Step.REMIND: _("Påmindelse: En parkeringsafgift er ikke betalt"),
        Step.FIRST_FEE: _("Rykker: En parkeringsafgift er ikke betalt"),
        Step.SECOND_FEE: _("Anden rykker: Gælden bliver sendt til inddrivelse"),
        Step.TRANSFER: _("Din gæld er sendt til Gældsstyrelsen"),
    }[step]


def _status(said: _Said) -> str:
    if said.step.due is None:
        return _("Du kan ikke mere betale hos os. Du skal betale til Gældsstyrelsen.")
    return _("Betal %(amount)s senest %(day)s.") % {
        "amount": wording.amount(said.step.owed),
        "day": wording.day(said.step.due),
    }


def _facts(said: _Said) -> Iterator[list[str]]:
    charge, place = said.charge, said.answer.place
    yield [_("Afgiftsnummer"), spaced_number(ChargeNumber(charge.number))]
    yield [_("Nummerplade"), spaced(Plate(charge.plate))]
    street = f"{place.street} {place.house_number}".strip()
    yield [_("Sted"), f"{street}, {place.postcode} {place.town}"]
    yield [_("Afgiften blev givet"), wording.moment(charge.issued)]
    entries = charges.account(charge), charges.paid_here(charge)
    for line in charge_wording.account(*entries):
        yield [line.text, wording.amount(line.amount)]
    yield [_("I alt"), wording.amount(said.step.owed)]
    if said.step.due is not None:
        yield [_("Betal senest"), wording.day(said.step.due)]
        yield [_("Betalingslinje"), payment_line(said.answer)]


def payment_line(answer: ChargeAnswer) -> str:
    """Return the line by which a charge is paid at the bank: ``+71<…+8…<``."""
    return f"+{answer.slip.type}<{answer.slip.id}+{answer.slip.creditor}<"


def _sections(said: _Said) -> Iterator[dict[str, Any]]:
    yield _section("", _why(said))
    yield _section(
        _("Derfor blev afgiften givet"),
        *(f"{each.text} ({each.cites})." for each in charge_wording.offences(said.answer)),
        _("På nettet kan du se vagtens billeder og note."),
    )
    if said.step.due is not None:
        yield _section(
            _("Sådan betaler du"),
            _("Scan koden nederst i brevet, og betal med kort eller MobilePay."),
            _("Du kan også betale i din bank med betalingslinjen %(line)s.")
            % {"line": payment_line(said.answer)},
            _(
                "Har du betalt inden for de sidste dage, skal du ikke gøre mere. "
                "Brevet og pengene kan have krydset hinanden."
            ),
        )
        yield _section(_("Hvis du ikke betaler til tiden"), *_what_follows(said))
        yield _section(
            _("Kan du ikke betale det hele på én gang?"),
            _("Log på, og lav en betalingsordning. Det kan du, indtil gælden går til inddrivelse."),
        )
    else:
        yield _section(
            _("Det sker der nu"),
            _(
                "Gældsstyrelsen inddriver gælden. De kan trække den i din løn eller modregne "
                "den i penge, du skal have fra det offentlige. Der kan komme renter til."
            ),
            _("Se og betal gælden på gaeldst.dk. Vi kan ikke mere aftale noget med dig om den."),
        )
    yield _section(_("Er du ikke enig?"), *complaint())
    yield _section(_("Dine oplysninger"), *_privacy())


def _section(heading: str, *paragraphs: str) -> dict[str, Any]:
    return {"heading": heading, "paragraphs": list(paragraphs)}


def _why(said: _Said) -> str:
    told = {"plate": spaced(Plate(said.charge.plate)), "day": wording.day(said.step.day)}
    if said.step.what is Step.TRANSFER:
        return _("Afgiften til %(plate)s er ikke betalt. Den %(day)s sendte vi gælden videre.") % (
            told
        )
    return _(
        "Afgiften til %(plate)s er ikke betalt. Du er registreret som bilens ejer eller bruger "
        "den dag, afgiften blev givet. Når føreren ikke betaler til tiden, skal du betale "
        "(færdselsloven § 121, stk. 4)."
    ) % {"plate": told["plate"]}


def _what_follows(said: _Said) -> Iterator[str]:
    for next_ in progress.outlook_after(said.step):
        yield charge_wording.coming(next_)
    if said.step.what is Step.SECOND_FEE:
        yield _(
            "Det er et varsel: Når gælden er sendt, kan Gældsstyrelsen trække den i din løn, "
            "lave udlæg og kræve renter."
        )


def complaint() -> Iterator[str]:
    """Yield how to complain of a charge, as bek. 877 asks for it."""
    yield _(
        "Du kan klage til os på nettet, i et brev eller på telefon %(phone)s. Skriv "
        "afgiftsnummeret, og hvorfor du mener, at afgiften er forkert."
    ) % {"phone": settings.CONTACT_PHONE}
    yield _("Du kan ikke klage til en anden myndighed (færdselsloven § 121, stk. 2).")
    yield _(
        "Er du stadig uenig, kan du bede om, at fogedretten ser på sagen, når gælden skal "
        "inddrives. Du kan også gå til domstolene."
    )


def _privacy() -> Iterator[str]:
    yield _(
        "Vi har dit navn og nummer fra motorregistret og CPR. Vi bruger dem for at kræve "
        "afgiften ind. På nettet kan du læse, hvor længe vi gemmer dem, og hvad du har ret til."
    )


# About a payment that was taken back


def about_reversal(charge: Charge, amount: Money, *, now: datetime) -> None:
    """Tell whoever is liable that *charge* is owed again: the bank took *amount* back.

    Within a recording. Nobody is written to if nothing is owed to us all the same, or if nobody is
    known to be liable: then the charge waits for its next reminder.
    """
    # Whether the charge system calls it paid is from before; what counts is the account.
    addressee, owed = addressee_kept(charge), charges.balance(charge).owed
    elsewhere = charges.stands(charge) is State.AT_COLLECTION or charges.is_handed_over(charge)
    if addressee is None or not owed or elsewhere:
        return
    language = language_of(addressee, party_of(addressee))
    with translation.override(language):
        text = reversal_text(charge, amount, owed)
        link_text = _("Se og betal på nettet: scan koden, eller brug adressen")
    _tell_of_money(charge, addressee, language, text, link_text, now=now)


def _tell_of_money(
    charge: Charge, addressee: Addressee, language: str, text: tuple[str, list[str]],
    link_text: str, *, now: datetime,
) -> None:  # fmt: skip
    """Write to *addressee* what became of money on *charge*, within a recording."""
    subject, told = text
    with translation.override(language):
        pdf = letters.typeset(
            {
                "title": subject,
                "sections": [_section("", *told), _section(_("Dine oplysninger"), *_privacy())],
                "link_text": link_text,
                "link_alt": _("QR-kode, der fører til afgiften"),
            },
            link=link(charge),
        )
    letter = Letter(
        party=party_of(addressee),
        charge=charge,
        kind="message",
        subject=subject,
        language=language,
        pdf=pdf,
        written=now,
    ).to(addressee)
    letter.save(force_insert=True)
    put(letter, charge, now=now)


def reversal_text(charge: Charge, amount: Money, owed: Money) -> tuple[str, list[str]]:
    """Return what is said when the bank has taken *amount* back, in the language in force."""
    told = {
        "number": spaced_number(ChargeNumber(charge.number)),
        "amount": wording.amount(amount),
        "owed": wording.amount(owed),
    }
    return _("Banken har taget en betaling tilbage"), [
        _("Der var betalt %(amount)s på parkeringsafgift %(number)s.") % told,
        _("Banken har taget pengene tilbage. Derfor tæller betalingen ikke mere."),
        _("Nu er der %(owed)s at betale. Se på nettet hvornår, og betal dér.") % told,
    ]


# About money that was moved


def about_move(charge: Charge, amount: Money, to: Charge, *, now: datetime) -> None:
    """Tell whoever is liable for *charge* that *amount*, too much on it, was moved: to which other.

    Within a recording. The number is told to nobody but whoever is liable for both.
    """
    addressee = addressee_kept(charge)
    if addressee is None:
        return
    theirs = addressee_kept(to) == addressee
    language = language_of(addressee, party_of(addressee))
    with translation.override(language):
        text = move_text(charge, amount, to if theirs else None)
        link_text = _("Se afgiften på nettet: scan koden, eller brug adressen")
    _tell_of_money(charge, addressee, language, text, link_text, now=now)


def move_text(charge: Charge, amount: Money, to: Charge | None) -> tuple[str, list[str]]:
    """Return what is said of *amount* that was moved, in the language in force.

    *to* is the charge it was moved to, if its number may be told.
    """
    told = {"number": spaced_number(ChargeNumber(charge.number)), "amount": wording.amount(amount)}
    if to is None:
        where = _("Vi har flyttet pengene til en anden parkeringsafgift, som de var ment til.")
    else:
        where = _("Vi har flyttet pengene til din parkeringsafgift %(number)s.") % {
            "number": spaced_number(ChargeNumber(to.number))
        }
    return _("Vi har flyttet penge, du har betalt for meget"), [
        _("Der var betalt %(amount)s for meget på parkeringsafgift %(number)s.") % told,
        where,
        _("Derfor får du ikke pengene tilbage. Er det forkert, så ring til os på %(phone)s.")
        % {"phone": settings.CONTACT_PHONE},
    ]


# About a plan


def about_plan(
    plan: Plan, charge: Charge, *, heading: str, paragraphs: Sequence[str], kind: str,
    rows: Sequence[Sequence[str]], now: datetime,
) -> Letter:  # fmt: skip
    """Write down a letter about *plan* to its party, within a recording and in its language."""
    party = plan.party
    prefix = "" if plan.language == settings.LANGUAGE_CODE else f"/{plan.language}"
    pdf = letters.typeset(
        {
            "title": heading,
            "facts": [{"heading": _("Rater"), "rows": [list(row) for row in rows]}],
            "sections": [_section("", *paragraphs)],
            "link_text": _("Se og betal på nettet: scan koden, eller brug adressen"),
            "link_alt": _("QR-kode, der fører til din betalingsordning"),
        },
        link=f"{settings.PORTAL_ADDRESS}{prefix}/my/plans/{plan.id}/",
    )
    letter = Letter(
        party=party,
        charge=charge,
        kind=kind,
        subject=heading,
        language=plan.language,
        pdf=pdf,
        written=now,
    ).to(Addressee(kind="person", number=party.person_number))
    letter.save(force_insert=True)
    return letter


def instalment_rows(
    plan: Plan, instalments: Sequence[tuple[int, date, Money]], creditor: str
) -> list[list[str]]:
    """Return the instalments as a letter lists them, each with its own payment line."""
    return [
        [
            _("%(number)s. rate, senest %(day)s") % {"number": number, "day": wording.day(due)},
            f"{wording.amount(amount)}\n{charge_wording.instalment_line(plan, number, creditor)}",
        ]
        for number, due, amount in instalments
    ]


def agreed_text(plan: Plan, limits_days: int) -> tuple[str, list[str]]:
    """Return what the letter about a plan that was agreed says."""
    return _("Din betalingsordning"), [
        _("Vi har aftalt, at du betaler din gæld i rater."),
        _("Der kommer ikke flere gebyrer på, så længe du betaler til tiden."),
        _(
            "Betaler du ikke en rate til tiden, ophører ordningen. Så skal du betale hele "
            "resten inden %(days)s dage."
        )
        % {"days": limits_days},
        _("Betal på nettet, eller i din bank med ratens egen betalingslinje."),
    ]


def reminder_text(instalment: Instalment) -> tuple[str, list[str]]:
    """Return what the reminder of an instalment says."""
    told = {"amount": wording.amount(instalment.amount), "day": wording.day(instalment.due)}
    return _("Snart skal du betale en rate"), [
        _("Du skal betale %(amount)s senest %(day)s.") % told,
        _("Betaler du ikke, ophører ordningen, og hele resten skal betales."),
    ]


def drawn_soon_text(instalment: Instalment, card: str) -> tuple[str, list[str]]:
    """Return what is said before an instalment is drawn from *card*."""
    told = {"amount": wording.amount(instalment.amount), "day": wording.day(instalment.due)}
    return _("Snart trækker vi en rate"), [
        _("Vi trækker %(amount)s den %(day)s fra kortet %(card)s.") % {**told, "card": card},
        _("Du behøver ikke gøre noget. På nettet kan du stoppe det, indtil vi trækker pengene."),
    ]


def not_drawn_text(
    instalment: Instalment, *, last: date, again: date | None, days: int
) -> tuple[str, list[str]]:
    """Return what is said when the card would not pay an instalment.

    *last* is the last day to pay it, and *again* when it is tried once more.
    """
    told = {"amount": wording.amount(instalment.amount), "last": wording.day(last)}
    if again is None:
        goes_on = _("Vi prøver ikke igen. Betal raten med kort på nettet, eller i din bank.")
    else:
        goes_on = _("Vi prøver igen den %(day)s. Du kan også betale raten selv nu.") % {
            "day": wording.day(again)
        }
    return _("Vi kunne ikke trække din rate"), [
        _("Vi kunne ikke trække %(amount)s fra dit kort.") % told,
        goes_on,
        _("Raten skal være betalt senest %(last)s. Indtil da sker der ikke noget.") % told,
        _(
            "Er den ikke betalt da, ophører ordningen. Så skal du betale hele resten inden "
            "%(days)s dage."
        )
        % {"days": days},
    ]


def uncertain_text(instalment: Instalment, *, last: date) -> tuple[str, list[str]]:
    """Return what is said when nobody can say whether an instalment was drawn.

    *last* is the last day to pay it.
    """
    told = {"amount": wording.amount(instalment.amount), "last": wording.day(last)}
    return _("Vi ved ikke, om din rate er betalt"), [
        _("Vi ville trække %(amount)s fra dit kort, men har ikke fået svar. Vi ser på det.") % told,
        _("Se i din bank, om pengene er trukket. Er de ikke det, så betal senest %(last)s.") % told,
        _("Får vi pengene to gange, sender vi det, der er for meget, tilbage."),
    ]


def broken_text(missed: Missed) -> tuple[str, list[str]]:
    """Return what the letter about a missed instalment says."""
    return _("Din betalingsordning er ophørt"), [
        _("Raten på %(amount)s skulle være betalt senest %(day)s.")
        % {
            "amount": wording.amount(missed.instalment.amount),
            "day": wording.day(missed.instalment.due),
        },
        _("Betal hele resten, %(amount)s, senest %(day)s.")
        % {"amount": wording.amount(missed.remainder), "day": wording.day(missed.due)},
        _("Betaler du ikke, sender vi rykkere med gebyr, og gælden kan gå til inddrivelse."),
    ]
