"""What the law's words are called by people: one place for pages, letters and lines of an order.

Everything is said in the language in force. Danish is the source and the catalogue holds the rest;
a test asks for words for each condition, state, step, supplier and place there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Final

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from parking.law import application, case, hours, order, permit
from parking.law import standing as standing_law
from parking.law.course import Actor
from parking.law.days import DENMARK, Period
from parking.law.facts import (
    Drive,
    Facts,
    Holding,
    Keeper,
    Known,
    Missing,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Supplier,
    Terms,
    Vehicle,
    VehicleKind,
)
from parking.law.money import Money
from parking.law.permits import resident
from parking.law.plates import spaced
from parking.law.price import FREE, TOP, ZERO_EMISSION
from parking.law.reasoning import Answer, Finding, Rule, Together
from parking.law.retention import Keep
from parking.law.staff import Role
from parking.law.zones import Colour, Place

# Amounts and days


def amount(money: Money) -> str:
    """Return *money* as it is written: ``1.310 kr.`` or ``DKK 1,310``; øre if there are any."""
    kroner, ore = divmod(abs(money.ore), 100)
    sign = "-" if money.ore < 0 else ""
    written = f"{kroner:,}" + (f".{ore:02}" if ore else "")
    if _is_danish():
        return f"{sign}{written.translate(_DANISH_NUMBER)} kr."
    return f"{sign}DKK {written}"


def day(when: date) -> str:
    """Return *when* in full: ``1. december 2026`` or ``1 December 2026``."""
    return date_format(when, "j. F Y" if _is_danish() else "j F Y")


def moment(when: datetime) -> str:
    """Return *when* in Danish time: ``1. december 2026 kl. 14.05``."""
    local = when.astimezone(DENMARK)
    clock = f"{local:%H.%M}" if _is_danish() else f"{local:%H:%M}"
    return gettext("%(day)s kl. %(time)s") % {"day": day(local.date()), "time": clock}


def period(days: Period) -> str:
    """Return the first and the last day of *days*."""
    if days.last_day is None:
        return gettext("fra %(day)s") % {"day": day(days.start)}
    return gettext("%(first)s til og med %(last)s") % {
        "first": day(days.start),
        "last": day(days.last_day),
    }


def _number(value: int) -> str:
    written = f"{value:,}"
    return written.translate(_DANISH_NUMBER) if _is_danish() else written


def _tenths(value: int) -> str:
    written = f"{value // 10}.{value % 10}"
    return written.translate(_DANISH_NUMBER) if _is_danish() else written


def _is_danish() -> bool:
    return get_language() == "da"


_DANISH_NUMBER: Final = str.maketrans(",.", ".,")

# What is sold

_PRODUCTS: Final[Mapping[str, Any]] = {
    resident.PAID: _("Beboerlicens"),
    resident.TIME_LIMITED: _("Beboerlicens i zone med tidsrestriktion"),
}
_TIERS: Final[Mapping[str, Any]] = {
    ZERO_EMISSION: _("El- og brintbiler og motorcykler"),
    "a": _("Lavt forbrug"),
    "b": _("Mellem forbrug"),
    TOP: _("Højt eller ukendt forbrug"),
    FREE: _("Gratis"),
}
_DRIVES: Final[Mapping[Drive, Any]] = {
    Drive.PETROL: _("benzin"),
    Drive.DIESEL: _("diesel"),
    Drive.ELECTRIC: _("el"),
    Drive.PLUG_IN_HYBRID: _("plug-in-hybrid"),
    Drive.HYDROGEN: _("brint"),
    Drive.GAS: _("gas"),
    Drive.OTHER: _("andet drivmiddel"),
}
_WHY_TIER: Final[Mapping[str, Any]] = {
    "zero emission": _("Køretøjet kører på el eller brint og betaler den laveste pris."),
    "motorcycle": _("En motorcykel betaler den laveste pris."),
    "consumption": _("Prisen følger, hvor langt køretøjet kører på literen."),
    "no consumption figure": _(
        "Motorregistret har intet tal for, hvor langt køretøjet kører på literen. "
        "Så er prisen den højeste."
    ),
    "time-limited zone": _("I en zone med tidsrestriktion er licensen gratis."),
}


def product(name: str) -> str:
    """Return what the product *name* is called."""
    return str(_PRODUCTS[name])


def tier(code: str) -> str:
    """Return what the fare tier *code* is called."""
    return str(_TIERS[code])


def limits(code: str, terms: Terms) -> tuple[str, ...]:
    """Return from how many km/l a vehicle belongs to the tier *code*, one line a fuel and norm."""
    return tuple(
        _limit(each.fuel.value, each.norm.value, each.at_least_tenths)
        for each in terms.thresholds
        if each.tier == code
    )


def _limit(fuel: str, norm: str, at_least_tenths: int) -> str:
    return gettext("%(fuel)s: mindst %(figure)s km/l (%(norm)s)") % {
        "fuel": _DRIVES[Drive(fuel)],
        "figure": _tenths(at_least_tenths),
        "norm": norm,
    }


def why_price(
    reason: Mapping[str, Any], vehicle: Known[Vehicle] | None = None
) -> list[tuple[str, str]]:
    """Return why a permit costs what it costs, line by line: label and text.

    *reason* is what `actions.apply.price_reason` wrote; with *vehicle*, its own figure and the
    register it came from are told as well.
    """
    lines = [
        (gettext("Prisgruppe"), tier(reason["tier"])),
        (gettext("Hvorfor"), str(_WHY_TIER[reason["why"]])),
    ]
    if isinstance(vehicle, Vehicle):
        told = [str(_DRIVES[vehicle.drive])]
        if vehicle.km_per_litre_tenths is not None and vehicle.norm is not None:
            told.append(f"{_tenths(vehicle.km_per_litre_tenths)} km/l ({vehicle.norm.value})")
        lines.append((gettext("Ifølge Motorregistret"), ", ".join(told)))
    if threshold := reason["threshold"]:
        limit = _limit(threshold["fuel"], threshold["norm"], threshold["at_least_tenths"])
        lines.append((gettext("Gruppens grænse"), limit))
    since = day(date.fromisoformat(reason["fare_since"]))
    lines.append((gettext("Prisen har været gældende siden"), since))
    return lines


# Who knows, and where one is

_SUPPLIERS: Final[Mapping[Supplier, Any]] = {
    Supplier.POPULATION_REGISTER: _("CPR-registret"),
    Supplier.VEHICLE_REGISTER: _("Motorregistret"),
    Supplier.ADDRESS_REGISTER: _("adresseregistret"),
    Supplier.MAP: _("kommunens zonekort"),
    Supplier.ACCOUNTS: _("kommunens økonomisystem"),
    Supplier.CHARGE_SYSTEM: _("systemet med parkeringsafgifter"),
    Supplier.PAYMENT_OPERATORS: _("parkeringsapps og automater"),
    Supplier.CASE_WORKER: _("en sagsbehandler"),
    Supplier.APPLICANT: _("dig selv"),
}
_PLACES: Final[Mapping[Place, Any]] = {
    Place.HOME_AREA: _("Din adresse ligger i et område med ret til zone %(zone)s."),
    Place.NO_AREA: _("Din adresse ligger i en del af kommunen, hvor man ikke behøver licens."),
    Place.UNKNOWN: _("Kommunens kort siger ikke, hvilket område din adresse ligger i."),
    Place.SEVERAL: _("Din adresse ligger, hvor to områder overlapper hinanden."),
    Place.ELSEWHERE: _("Din adresse ligger i en anden kommune."),
}
_PRIVATE_ROADS: Final[Mapping[PrivateCommonRoadEffect, Any]] = {
    PrivateCommonRoadEffect.REFUSE: _("Der gives ikke licens til beboere på private fællesveje."),
    PrivateCommonRoadEffect.WARN: _(
        "Du bor på en privat fællesvej. Det er en vej, som husejerne selv har ansvaret for. "
        "Licensen gælder ikke på vejen, men i resten af zonen."
    ),
    PrivateCommonRoadEffect.NONE: _(
        "At boligen ligger på en privat fællesvej, betyder ikke noget."
    ),
}
_KINDS: Final[Mapping[VehicleKind, Any]] = {
    VehicleKind.CAR: _("personbil"),
    VehicleKind.VAN: _("varebil"),
    VehicleKind.MOTORCYCLE: _("motorcykel"),
    VehicleKind.LORRY: _("lastbil"),
    VehicleKind.BUS: _("bus"),
    VehicleKind.TRAILER: _("påhængsvogn"),
    VehicleKind.CARAVAN: _("campingvogn"),
    VehicleKind.CAMPER: _("autocamper"),
    VehicleKind.TRACTOR: _("traktor"),
    VehicleKind.MOPED: _("knallert"),
    VehicleKind.OTHER: _("anden type"),
}


def supplier(who: Supplier) -> str:
    """Return what *who* is called, to stand within a sentence."""
    return str(_SUPPLIERS[who])


def place(where: Place, *, zone: str = "") -> str:
    """Return what it means that a home lies *where*."""
    return str(_PLACES[where]) % {"zone": zone}


def private_common_road(effect: PrivateCommonRoadEffect) -> str:
    """Return what *effect* a private common road has on a permit."""
    return str(_PRIVATE_ROADS[effect])


def vehicle_kind(kind: VehicleKind) -> str:
    """Return what *kind* of vehicle it is."""
    return str(_KINDS[kind])


# Where something stands, and what can be done to it

_STATES: Final[Mapping[Enum, Any]] = {
    application.State.DRAFT: _("Ikke sendt"),
    application.State.WAITING: _("Venter på svar"),
    application.State.IN_BASKET: _("I kurven"),
    application.State.ORDERED: _("Ved at blive betalt"),
    application.State.GRANTED: _("Givet"),
    application.State.WITHDRAWN: _("Trukket tilbage"),
    order.State.OPEN: _("Ikke betalt endnu"),
    order.State.DELIVERED: _("Betalt"),
    order.State.CANCELLED: _("Fortrudt"),
    order.State.EXPIRED: _("Udløbet uden betaling"),
    order.State.REFUND_DUE: _("Pengene er på vej tilbage"),
    order.State.REFUNDED: _("Betalt tilbage"),
    permit.State.RESERVED: _("Reserveret, mens der betales"),
    permit.State.ACTIVE: _("Betalt"),
    permit.State.RELEASED: _("Aldrig betalt"),
    permit.State.ENDED: _("Afsluttet"),
    case.State.OPEN: _("I kø"),
    case.State.TAKEN: _("Under behandling"),
    case.State.ASKED: _("Venter på borgeren"),
    case.State.DECIDED: _("Afgjort"),
    case.State.WITHDRAWN: _("Bortfaldet"),
}
_STEPS: Final[Mapping[Enum, Any]] = {
    application.Step.ASK_AGAIN: _("Spørg igen nu"),
    application.Step.WAIT: _("Vent på svar"),
    application.Step.PUT_IN_BASKET: _("Læg i kurven"),
    application.Step.TAKE_OUT: _("Fjern fra kurven"),
    application.Step.ORDER: _("Gå til betaling"),
    application.Step.GIVE_BACK: _("Læg tilbage i kurven"),
    application.Step.GRANT: _("Giv licensen"),
    application.Step.WITHDRAW: _("Træk ansøgningen tilbage"),
    order.Step.DELIVER: _("Lever det betalte"),
    order.Step.CANCEL: _("Fortryd købet"),
    order.Step.EXPIRE: _("Lad ordren udløbe"),
    order.Step.OWE_BACK: _("Skyld pengene tilbage"),
    order.Step.REFUND: _("Betal tilbage"),
    permit.Step.ACTIVATE: _("Gør licensen gyldig"),
    permit.Step.RELEASE: _("Giv pladsen fri"),
    permit.Step.END: _("Afslut licensen"),
    case.Step.TAKE: _("Tag sagen"),
    case.Step.PUT_BACK: _("Læg sagen tilbage"),
    case.Step.ASK: _("Bed om mere"),
    case.Step.WRITE: _("Skriv til borgeren"),
    case.Step.ANSWER: _("Svar"),
    case.Step.GO_ON: _("Gå videre uden svar"),
    case.Step.DECIDE: _("Afgør ud fra oplysningerne"),
    case.Step.REFUSE: _("Afslå: det er ikke vist"),
    case.Step.WITHDRAW: _("Træk sagen tilbage"),
    case.Step.END: _("Opsig licensen"),
    case.Step.LET_STAND: _("Lad licensen gælde"),
    case.Step.PLACE: _("Sæt pengene på plads"),
    case.Step.PAY_BACK: _("Betal pengene tilbage"),
    case.Step.NOTHING_TO_DO: _("Luk: der er ikke mere at gøre"),
}


def state(where: Enum) -> str:
    """Return what people are told of something that stands *where*."""
    return str(_STATES[where])


def step(what: Enum) -> str:
    """Return what the button says that does *what*."""
    return str(_STEPS[what])


# Cases, and who works with them

_CASE_KINDS: Final[Mapping[case.Kind, Any]] = {
    case.Kind.HOME: _("Bolig og licensområde"),
    case.Kind.VEHICLE: _("Oplysninger om køretøjet"),
    case.Kind.DOCUMENTS: _("Dokumenter om retten til køretøjet"),
    case.Kind.SECOND_VEHICLE: _("Licens til et køretøj mere"),
    case.Kind.MAP: _("Nyt kort fra kommunen"),
    case.Kind.COMPLAINT: _("Klage over en parkeringsafgift"),
    case.Kind.FINDING: _("Afgift, som ser ud til at være forkert"),
    case.Kind.CHANGED: _("Noget er ændret, efter licensen blev givet"),
    case.Kind.MONEY: _("Penge i banken, som skal på plads"),
}
_ROLES: Final[Mapping[Role, Any]] = {
    Role.READER: _("Læser"),
    Role.DECIDER: _("Sagsbehandler"),
    Role.LEAD: _("Leder"),
    Role.OPERATOR: _("Administrator"),
}
_ACTORS: Final[Mapping[Actor, Any]] = {
    Actor.PARTY: _("Borgeren"),
    Actor.CASE_WORKER: _("Sagsbehandler"),
    Actor.SYSTEM: _("Systemet"),
}
_FACT_NAMES: Final[Mapping[str, Any]] = {
    "residence": _("Bopæl"),
    "born": _("Født"),
    "home": _("Folkeregisteradresse"),
    "home_area": _("Licensområde"),
    "registration": _("Indregistrering"),
    "vehicle": _("Køretøj"),
    "gross_weight_kg": _("Tilladt totalvægt i kg"),
    "tie": _("Forhold til køretøjet"),
    "own_permits": _("Egne licenser"),
    "plate_permits": _("Licenser til køretøjet"),
    "in_basket": _("I kurven"),
    "extra_permits": _("Licenser ud over det sædvanlige"),
    "sole_user_declaration": _("Erklæring om enebrug"),
    "lease": _("Leasing- eller lejekontrakt"),
}


_DOCUMENT_KINDS: Final[Mapping[str, Any]] = {
    "sole-user declaration": _("Erklæring om enebrug"),
    "lease": _("Leasing- eller lejekontrakt"),
    "other": _("Andet dokument"),
}
_DOCUMENT_STATES: Final[Mapping[str, Any]] = {
    "draft": _("gemt, ikke afleveret"),
    "handed in": _("afleveret"),
    "approved": _("godkendt"),
    "rejected": _("ikke godkendt"),
}


def document_kind(kind: str) -> str:
    """Return what a document of *kind* is called."""
    return str(_DOCUMENT_KINDS[kind])


def document_state(state: str) -> str:
    """Return how far a document has come."""
    return str(_DOCUMENT_STATES[state])


def case_kind(kind: case.Kind) -> str:
    """Return what a case of *kind* is about."""
    return str(_CASE_KINDS[kind])


def role(which: Role) -> str:
    """Return what somebody with the role *which* is called."""
    return str(_ROLES[which])


def actor(who: Actor) -> str:
    """Return what *who* is called in the history of a case."""
    return str(_ACTORS[who])


def fact_name(name: str) -> str:
    """Return what the fact *name* is called."""
    return str(_FACT_NAMES[name])


# Running it

_OUTGOING: Final[Mapping[str, Any]] = {
    "book order": _("Ordre til regnskabet"),
    "publish permit": _("Licens til regnskabet"),
    "send receipt": _("Kvittering"),
    "send letter": _("Brev om en sag"),
    "send mail": _("Mail"),
    "refund": _("Tilbagebetaling"),
    "credit order": _("Kreditering i regnskabet"),
    "send reminder": _("Påmindelse"),
    "report payment": _("Betaling af en afgift til afgiftssystemet"),
    "pay out": _("Tilbagebetaling af penge, som ikke hører til en afgift"),
    "report refund": _("Tilbagebetaling af en afgift til afgiftssystemet"),
    "report fee": _("Rykkergebyr til afgiftssystemet"),
    "take back fee": _("Gebyr, der tages af en afgift"),
    "send charge letter": _("Brev om en afgift"),
    "report letter": _("Brev om en afgift til afgiftssystemet"),
    "report transfer": _("Overgang til inddrivelse til afgiftssystemet"),
    "report withdrawal": _("Tilbagekaldelse fra inddrivelse til afgiftssystemet"),
    "tell collection": _("Besked til Gældsstyrelsen"),
    "report plan": _("Betalingsordning til afgiftssystemet"),
    "draw instalment": _("Træk af en rate på et kort"),
    "end plan": _("Slut på en betalingsordning til afgiftssystemet"),
    "report annulment": _("Annullering af en afgift til afgiftssystemet"),
    "report stop": _("Stop for opkrævningen til afgiftssystemet"),
    "report lift": _("Ophævelse af et stop til afgiftssystemet"),
    "complain": _("Klage til afgiftssystemet"),
    "complaint message": _("Besked i en klage til afgiftssystemet"),
    "complaint file": _("Fil i en klage til afgiftssystemet"),
    "decide complaint": _("Svar på en klage til afgiftssystemet"),
    "withdraw complaint": _("Klage, der er trukket tilbage, til afgiftssystemet"),
}
_INCIDENTS: Final[Mapping[str, Any]] = {
    "money for no order of ours": _("Der er betalt for en ordre, vi ikke kender"),
    "a refund failed at the provider": _("En tilbagebetaling er slået fejl hos udbyderen"),
    "payment is for another order or amount": _("En betaling gælder en anden ordre"),
    "part of the amount was taken": _("Kun en del af et beløb er betalt"),
    "a payment of ours is unknown to the provider": _("Udbyderen kender ikke vores betaling"),
    "an order cannot be settled": _("En ordre kan ikke gøres færdig"),
    "nobody looked for permits that end": _("Der er ikke set efter licenser, der udløber"),
    "fare set aside": _("En pris er lagt til side"),
    "fare missing": _("En pris mangler"),
    "map set aside": _("Et kort er lagt til side"),
    "a charge's account contradicts itself": _("En afgifts regnskab modsiger sig selv"),
    "money to be paid back by bank": _("Penge skal betales tilbage til en bankkonto"),
    "a letter must go on paper": _("Et brev skal sendes på papir"),
    "a charge is too old to be claimed": _("En afgift er forældet"),
    "a charge cannot be collected": _("En afgift kan ikke kræves ind"),
    "a debtor abroad must be collected by hand": _("En skyldner i udlandet kræver en person"),
    "letters wait to be printed": _("Breve venter på at blive trykt"),
    "the debt collection refused something": _("Gældsstyrelsen har afvist noget"),
    "a notice about no claim of ours": _("Gældsstyrelsen skriver om et krav, vi ikke kender"),
    "the debt collection gave a claim back": _("Gældsstyrelsen har sendt et krav tilbage"),
    "the debt collection gave a claim up": _("Gældsstyrelsen har opgivet et krav"),
    "a claim of before must be recalled": _("Et krav fra før skal kaldes tilbage i hånden"),
    "an entry of the bank was not booked": _("Vi kunne ikke bogføre en post fra banken"),
    "a letter has no receipt": _("Et brev har ingen kvittering fra Digital Post"),
    "a permit of ours is not in the accounts": _("En licens mangler i regnskabet"),
    "the accounts have a permit that is not ours": _("Regnskabet har en licens, vi ikke kender"),
    "a permit differs in the accounts": _("En licens er anderledes i regnskabet"),
    "the permits in the accounts cannot be ours": _("Licenserne i regnskabet kan ikke være vores"),
    "the year's charges are not reported": _("Årets afgifter skal meldes til Vejdirektoratet"),
    "the permits are not compared": _("Licenserne er ikke sammenlignet med regnskabet"),
}
_INCIDENTS_OF: Final[Mapping[str, Any]] = {
    " was refused": _("Afvist: %(what)s"),
    " has not arrived for a day": _("Ikke nået frem i et døgn: %(what)s"),
    " reminders have not gone": _("Påmindelser, der ikke er sendt: %(what)s"),
    " reminders came back": _("Påmindelser, der kom tilbage: %(what)s"),
}


def outgoing(kind: str) -> str:
    """Return what leaves the house in an effect of *kind*."""
    return str(_OUTGOING.get(kind, kind))


def incident(what: str) -> str:
    """Return what has happened, for whoever runs it."""
    for ending, said in _INCIDENTS_OF.items():
        if what.endswith(ending):
            return str(said) % {"what": outgoing(what.removesuffix(ending))}
    return str(_INCIDENTS.get(what, what))


# The regulation, sentence by sentence

_SENTENCES: Final[Mapping[str, Any]] = {
    "resident permit": _("Beboerlicens"),
    "the applicant": _("Dig, der søger"),
    "the home": _("Din bolig"),
    "the vehicle": _("Køretøjet"),
    "the right to the vehicle": _("Din ret til køretøjet (ét af tre er nok)"),
    "company car": _("Firmabil"),
    "leased car": _("Leaset eller lejet køretøj"),
    "how many": _("Hvor mange licenser"),
    "applicant_is_of_age": _("Du skal være fyldt %(age)s år den dag, licensen begynder."),
    "applicant_lives_in_denmark": _("Du skal være registreret i CPR som bosat i Danmark."),
    "home_is_in_the_municipality": _("Din folkeregisteradresse skal ligge i kommunen."),
    "home_gives_right_to_a_permit_zone": _(
        "Din folkeregisteradresse skal ligge i et område, hvis beboere har ret til en licenszone."
    ),
    "home_road_is_open_to_permits": _(
        "Din bolig må ikke ligge på en privat fællesvej, hvis beboere ikke kan få licens."
    ),
    "vehicle_is_in_the_danish_register": _("Køretøjet skal stå i det danske motorregister."),
    "vehicle_is_in_traffic": _("Køretøjet må ikke være afmeldt."),
    "vehicle_is_not_reported_stolen": _("Køretøjet må ikke være meldt stjålet."),
    "vehicle_is_of_a_permitted_kind": _(
        "Køretøjet skal være en personbil, en varebil, en autocamper eller en motorcykel."
    ),
    "vehicle_is_not_too_heavy": _("Køretøjets tilladte totalvægt må højst være %(weight)s kg."),
    "applicant_owns_or_uses_the_vehicle": _(
        "Du skal være registreret som ejer eller bruger af køretøjet."
    ),
    "vehicle_belongs_to_a_company": _("Køretøjet er registreret til en virksomhed."),
    "company_declares_sole_use": _(
        "Din arbejdsgiver og du har begge skriftligt erklæret, at kun du bruger køretøjet."
    ),
    "vehicle_is_leased": _("Køretøjet er registreret som leaset eller lejet."),
    "lease_names_the_applicant": _(
        "En kontrakt med en autoriseret virksomhed viser, at du leaser eller lejer køretøjet."
    ),
    "applicant_has_a_permit_left": _(
        "Du må højst have %(permits)s beboerlicens ad gangen, kurven regnet med."
    ),
    "vehicle_has_no_other_permit": _("Der må ikke gælde en anden licens for køretøjet."),
    "permit that is valid": _("Licensen, du har"),
    "home_lies_in_the_zone_of_the_permit": _(
        "Din folkeregisteradresse skal give ret til den zone, licensen gælder i."
    ),
}
_CHANGES: Final[Mapping[str, Any]] = {
    "applicant_is_of_age": _("Søg igen, når du er fyldt %(age)s år."),
    "applicant_lives_in_denmark": _(
        "Er du flyttet til Danmark, så meld det til Borgerservice, og søg igen, når CPR er rettet."
    ),
    "home_is_in_the_municipality": _(
        "Er du lige flyttet hertil, så søg igen, når flytningen står i CPR. "
        "Ellers spørg den kommune, du bor i."
    ),
    "home_gives_right_to_a_permit_zone": _(
        "Flytter du til en adresse i et licensområde, kan du søge igen. "
        "Mener du, at kortet er forkert, så ring til os."
    ),
    "home_road_is_open_to_permits": _("Er vejen blevet offentlig, så ring til os."),
    "vehicle_is_in_the_danish_register": _(
        "Se efter, om nummerpladen er skrevet rigtigt. "
        "Et udenlandsk køretøj kan få licens, når det er indregistreret i Danmark."
    ),
    "vehicle_is_in_traffic": _("Søg igen, når køretøjet er indregistreret."),
    "vehicle_is_not_reported_stolen": _(
        "Er køretøjet fundet, så få politiet til at slette efterlysningen, og søg igen."
    ),
    "vehicle_is_of_a_permitted_kind": _("Søg med et køretøj af en af de nævnte typer."),
    "vehicle_is_not_too_heavy": _(
        "Søg med et lettere køretøj. Er vægten forkert i Motorregistret, så få den rettet først."
    ),
    "applicant_owns_or_uses_the_vehicle": _(
        "Bliv registreret som ejer eller bruger i Motorregistret, og søg igen. "
        "Se også efter, om nummerpladen er skrevet rigtigt."
    ),
    "vehicle_belongs_to_a_company": _("Det kræver, at køretøjet tilhører en virksomhed."),
    "company_declares_sole_use": _(
        "Er du den eneste, der bruger bilen, kan din arbejdsgiver og du erklære det skriftligt. "
        "Ring til os, så hjælper vi jer med erklæringen."
    ),
    "vehicle_is_leased": _("Det kræver, at køretøjet er leaset eller lejet."),
    "lease_names_the_applicant": _(
        "Har du en kontrakt, der viser, at du leaser eller lejer køretøjet, så ring til os. "
        "Så hjælper vi dig med at få den med i sagen."
    ),
    "applicant_has_a_permit_left": _(
        "Vælg en startdato, efter at den licens, du har, er udløbet, "
        "eller fjern den anden licens fra kurven."
    ),
    "vehicle_has_no_other_permit": _(
        "Søg igen, når den anden licens er udløbet. Ved du ikke, hvis den er, så ring til os."
    ),
    "home_lies_in_the_zone_of_the_permit": _(
        "Er du flyttet, så opsig licensen, og søg om en til zonen, hvor du bor nu."
    ),
}


def sentence(rule: str, terms: Terms) -> str:
    """Return what the condition named *rule* requires, or what the group of that name is called."""
    return str(_SENTENCES[rule]) % _numbers(terms)


def change(condition: str, terms: Terms) -> str:
    """Return what would turn a no of *condition* into a yes."""
    return str(_CHANGES[condition]) % _numbers(terms)


def _numbers(terms: Terms) -> dict[str, str]:
    return {
        "age": str(terms.youngest_age),
        "weight": _number(terms.heaviest_vehicle_kg),
        "permits": str(terms.permits_per_person),
    }


# On which fact

_RESIDENCES: Final[Mapping[Residence, Any]] = {
    Residence.RESIDENT: _("CPR: Du er registreret som bosat i Danmark."),
    Residence.NO_FIXED_ADDRESS: _("CPR: Du er bosat i Danmark uden fast adresse."),
    Residence.EMIGRATED: _("CPR: Du er registreret som udrejst."),
    Residence.DISAPPEARED: _("CPR: Du er registreret uden kendt opholdssted."),
    Residence.DEAD: _("CPR: Personen er registreret som død."),
    Residence.NOT_RESIDENT: _("CPR: Du er ikke registreret som bosat i Danmark."),
}
_AWAY: Final = frozenset(Residence) - {Residence.RESIDENT, Residence.NO_FIXED_ADDRESS}
_REGISTRATIONS: Final[Mapping[Registration, Any]] = {
    Registration.REGISTERED: _("Motorregistret: Køretøjet er indregistreret."),
    Registration.DEREGISTERED: _("Motorregistret: Køretøjet er afmeldt."),
    Registration.NOT_FOUND: _("Motorregistret: Nummerpladen findes ikke."),
}
_RELATIONS: Final[Mapping[Relation, Any]] = {
    Relation.OWNER: _("Motorregistret: Du er registreret som ejer."),
    Relation.USER: _("Motorregistret: Du er registreret som bruger."),
    Relation.NEITHER: _("Motorregistret: Du er hverken registreret som ejer eller bruger."),
}
_KEEPERS: Final[Mapping[Keeper, Any]] = {
    Keeper.PERSON: _("Motorregistret: Køretøjet står ikke i en virksomheds navn."),
    Keeper.COMPANY: _("Motorregistret: Køretøjet er registreret til en virksomhed."),
    Keeper.LEASING_COMPANY: _("Motorregistret: Køretøjet er leaset eller lejet ud."),
}


def fact(condition: str, finding: Finding, facts: Facts) -> str:
    """Return what *condition* looked at and saw, and who said so."""
    for name, who in finding.missing:
        return _not_known(name, who, facts)
    return _FACTS[condition](facts)


def _not_known(name: str, who: Supplier, facts: Facts) -> str:
    if who is Supplier.VEHICLE_REGISTER and facts.registration is Registration.NOT_FOUND:
        return gettext("Motorregistret kender ikke køretøjet, så det er ikke undersøgt.")
    if name in {"home", "home_area"} and facts.residence in _AWAY:
        return gettext("CPR har ingen dansk adresse, så det er ikke undersøgt.")
    if who is Supplier.APPLICANT:
        return gettext("Vi har ikke fået noget dokument, der viser det.")
    if who is Supplier.CASE_WORKER:
        return gettext("Registrene siger ikke nok. Det skal en sagsbehandler afgøre.")
    return gettext("Vi har ikke fået svar fra %(who)s.") % {"who": supplier(who)}


def _age(facts: Facts) -> str:
    return gettext("CPR: Du er født %(born)s. Licensen begynder %(start)s.") % {
        "born": day(_is(facts.born)),
        "start": day(facts.period.start),
    }


def _municipality(facts: Facts) -> str:
    if _is(facts.home).municipality == facts.municipality:
        return gettext("CPR: Din adresse ligger i kommunen.")
    return gettext("CPR: Din adresse ligger i en anden kommune.")


def _area(facts: Facts) -> str:
    area = _is(facts.home_area)
    return place(area.place, zone=area.zone or "")


def _held_zone(facts: Facts) -> str:
    held = gettext("Licensen gælder i zone %(zone)s.") % {"zone": facts.held_zone}
    return f"{_area(facts)} {held}"


def _road(facts: Facts) -> str:
    if _is(facts.home).on_private_common_road:
        return private_common_road(facts.terms.private_common_road_effect)
    return gettext("Vejen står ikke på kommunens liste over private fællesveje.")


def _stolen(facts: Facts) -> str:
    if _is(facts.vehicle).reported_stolen:
        return gettext("Motorregistret: Køretøjet er meldt stjålet.")
    return gettext("Motorregistret: Køretøjet er ikke meldt stjålet.")


def _kind(facts: Facts) -> str:
    kind = vehicle_kind(_is(facts.vehicle).kind)
    return gettext("Motorregistret: Køretøjets type er %(kind)s.") % {"kind": kind}


def _weight(facts: Facts) -> str:
    weight = _number(_is(facts.gross_weight_kg))
    return gettext("Motorregistret: Tilladt totalvægt %(weight)s kg.") % {"weight": weight}


def _document(approved: bool) -> str:  # noqa: FBT001 -- what a case worker made of it
    if approved:
        return gettext("En sagsbehandler har godkendt dokumentet.")
    return gettext("En sagsbehandler har ikke kunnet godkende dokumentet.")


def _own_permits(facts: Facts) -> str:
    held = [h for h in _is(facts.own_permits) if h.period.overlaps(facts.period)]
    told = [_held(each) for each in held]
    if extra := facts.extra_permits:
        told.append(
            gettext("En sagsbehandler har givet lov til %(count)s mere.") % {"count": extra}
        )
    told += [
        gettext("Kurven: licens til %(plate)s.") % {"plate": spaced(each.plate)}
        for each in facts.in_basket
        if each.period.overlaps(facts.period)
    ]
    return " ".join(told) or gettext("Du har ingen anden beboerlicens i perioden.")


def _held(holding: Holding) -> str:
    return gettext("Du har en licens til %(plate)s: %(period)s.") % {
        "plate": spaced(holding.plate),
        "period": period(holding.period),
    }


def _plate_permits(facts: Facts) -> str:
    held = [h for h in _is(facts.plate_permits) if h.period.overlaps(facts.period)]
    if not held:
        return gettext("Der gælder ingen anden licens for køretøjet i perioden.")
    # Whose it is, and until when, is nobody's business but theirs.
    return gettext("Der gælder eller betales allerede en licens for køretøjet.")


def _is(known: Any) -> Any:
    """Return a fact that the condition could look at, so that it is not missing."""
    assert not isinstance(known, Missing)
    return known


_FACTS: Final[Mapping[str, Callable[[Facts], str]]] = {
    "applicant_is_of_age": _age,
    "applicant_lives_in_denmark": lambda facts: str(_RESIDENCES[_is(facts.residence)]),
    "home_is_in_the_municipality": _municipality,
    "home_gives_right_to_a_permit_zone": _area,
    "home_road_is_open_to_permits": _road,
    "vehicle_is_in_the_danish_register": lambda f: str(_REGISTRATIONS[_is(f.registration)]),
    "vehicle_is_in_traffic": lambda f: str(_REGISTRATIONS[_is(f.registration)]),
    "vehicle_is_not_reported_stolen": _stolen,
    "vehicle_is_of_a_permitted_kind": _kind,
    "vehicle_is_not_too_heavy": _weight,
    "applicant_owns_or_uses_the_vehicle": lambda f: str(_RELATIONS[_is(f.tie).relation]),
    "vehicle_belongs_to_a_company": lambda f: str(_KEEPERS[_is(f.tie).keeper]),
    "company_declares_sole_use": lambda f: _document(_is(f.sole_user_declaration).approved),
    "vehicle_is_leased": lambda f: str(_KEEPERS[_is(f.tie).keeper]),
    "lease_names_the_applicant": lambda f: _document(_is(f.lease).approved),
    "applicant_has_a_permit_left": _own_permits,
    "vehicle_has_no_other_permit": _plate_permits,
    "home_lies_in_the_zone_of_the_permit": _held_zone,
}


# A finding, told


@dataclass(frozen=True, slots=True)
class Told:
    """A finding and those it rests on, in words."""

    answer: str  #: yes, no or open
    sentence: str
    citation: str
    fact: str
    change: str  #: of a no, what would change it
    because: tuple[Told, ...]


def tell(finding: Finding, facts: Facts) -> Told:
    """Return *finding* in words, with the facts it was asked about.

    Of alternatives of which one is met, the others are left out: they say no and mean nothing.
    """
    is_condition = not finding.because
    is_settled = finding.rule in _EITHER and finding.answer is Answer.YES
    changes = is_condition and finding.answer is Answer.NO
    return Told(
        answer=finding.answer.value,
        sentence=sentence(finding.rule, facts.terms),
        citation=finding.cites,
        fact=fact(finding.rule, finding, facts) if is_condition else "",
        change=change(finding.rule, facts.terms) if changes else "",
        because=tuple(
            tell(each, facts)
            for each in finding.because
            if not is_settled or each.answer is Answer.YES
        ),
    )


def refusals(finding: Finding) -> Iterator[Finding]:
    """Yield the sentences to tell somebody who was refused: of alternatives, only the nearest.

    Somebody with a stranger's car is told about owners and users, not about leases; somebody with
    their company's car is told about the declaration that is missing.
    """
    if not finding.because:
        yield finding
        return
    no = [each for each in finding.because if each.answer is Answer.NO]
    if finding.rule in _EITHER:
        no = [max(no, key=_nearness)]
    for each in no:
        yield from refusals(each)


def _nearness(alternative: Finding) -> int:
    return sum(each.answer is not Answer.NO for each in alternative.because)


def _alternatives(rule: Rule) -> Iterator[str]:
    """Yield the names of the rules in *rule* of which one part is enough."""
    if isinstance(rule, Together):
        if rule.order[0] is Answer.YES:
            yield rule.name
        for part in rule.rules:
            yield from _alternatives(part)


_EITHER: Final = frozenset(
    name
    for dated in (resident.RULE, standing_law.RULE)
    for _since, rule in dated.versions
    for name in _alternatives(rule)
)


def how_many_permits(count: int) -> str:
    """Return how many permits there are."""
    return ngettext("%(count)s licens", "%(count)s licenser", count) % {"count": count}


def months(count: int) -> str:
    """Return how long *count* months are, in years if they are whole."""
    if count % 12 == 0:
        return ngettext("%(count)s år", "%(count)s år", count // 12) % {"count": count // 12}
    return ngettext("%(count)s måned", "%(count)s måneder", count) % {"count": count}


def kept_for(rule: Keep) -> str:
    """Return how long something is kept, in days or months or years."""
    if rule.days:
        return ngettext("%(count)s dag", "%(count)s dage", rule.days) % {"count": rule.days}
    return months(rule.months)


# May I park here?

_COLOURS: Final[Mapping[Colour, Any]] = {
    Colour.RED: _("Betaling, rød zone"),
    Colour.GREEN: _("Betaling, grøn zone"),
    Colour.BLUE: _("Betaling, blå zone"),
    Colour.YELLOW: _("Betaling, gul zone"),
}
_GROUNDS: Final[Mapping[standing_law.Ground, Any]] = {
    standing_law.Ground.SCHEME: _("Kommunen har regler for at parkere her."),
    standing_law.Ground.OUTSIDE: _(
        "Her tager kommunen ikke betaling, og der er ingen tidsgrænse for hele området. "
        "Se efter skilte."
    ),
    standing_law.Ground.ELSEWHERE: _("Her gælder en anden kommunes regler. Dem kender vi ikke."),
    standing_law.Ground.UNKNOWN: _(
        "Kommunens kort siger ikke, hvad der gælder her. Se efter skilte, eller ring til os."
    ),
}
_WHYS: Final[Mapping[standing_law.Why, Any]] = {
    standing_law.Why.ZONE: _("Gælder her."),
    standing_law.Why.FLEX_ZONE: _("Gælder her, fordi det er en flexzone."),
    standing_law.Why.HOUR: _("Gælder her på denne tid."),
    standing_law.Why.GARAGE: _("Gælder i garagen."),
}
_STANDING_SENTENCES: Final[Mapping[str, Any]] = {
    "permit here": _("Licensen gælder her"),
    "where it is valid": _("Gade eller garage (én af to er nok)"),
    "on the street": _("På gaden"),
    "zones where it is valid": _("Licensens zone (én af tre er nok)"),
    "permit_is_valid_on_the_day": _("Licensen skal gælde den dag."),
    "place_is_in_the_municipality": _("Stedet må ikke ligge i en anden kommune."),
    "place_is_in_the_permits_zone": _("Stedet ligger i licensens egen zone."),
    "place_is_in_a_flex_zone_that_names_it": _(
        "Stedet ligger i en flexzone, der nævner licensens zone."
    ),
    "zone_lets_the_permit_in_at_this_hour": _(
        "Stedet ligger i en zone, der lukker licensen ind på denne tid."
    ),
    "garage_gives_the_permit_a_right": _("Stedet er en garage, som licensen giver ret til."),
    "road_is_not_a_private_common_road": _("Vejen må ikke være en privat fællesvej."),
}


def colour(which: Colour) -> str:
    """Return what the paid zones of the colour *which* are called."""
    return str(_COLOURS[which])


def ground(which: standing_law.Ground) -> str:
    """Return what it means that a spot is of the sort *which*."""
    return str(_GROUNDS[which])


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what holds at a spot: at the moment asked about, and after it."""

    what: str
    now: str
    then: str = ""


def standing(said: standing_law.Standing, names: Mapping[str, str] | None = None) -> list[Row]:
    """Return what holds at a spot, line by line, in the order of reading.

    *names* is what the permit zones are called, by code; without it the codes stand alone.
    """
    named = names or {}
    rows = [Row(gettext("Stedet"), ground(said.ground))]
    if said.spot.garage is not None:
        rows.append(Row(gettext("Garage"), _garage(said.spot.garage)))
    rows += [_paying(each) for each in said.paying]
    rows += [_limiting(each, named) for each in said.limiting]
    rows += [_valid(each, named) for each in said.permits]
    if said.ground in {standing_law.Ground.SCHEME, standing_law.Ground.OUTSIDE}:
        rows.append(Row(gettext("Vejen"), _kind_of_road(said.private_common_road)))
    return rows


def _garage(garage: standing_law.Garage) -> str:
    if garage.access_controlled:
        return gettext("%(name)s. Man skal have en brik for at komme ind.") % {"name": garage.name}
    return garage.name


def _paying(paying: standing_law.Paying) -> Row:
    now, then = paying.now, ""
    if paying.next is not None:
        then = _from(paying.next.at, _price(paying.next.price))
    return Row(colour(paying.colour), _price(now), then)


def _price(price: hours.Price | None) -> str:
    if price is None:
        return gettext("Vi kender ikke prisen.")
    if not price.per_hour:
        return gettext("Det koster ikke noget.")
    told = gettext("%(amount)s i timen.") % {"amount": amount(price.per_hour)}
    if price.first_hour_free:
        free = gettext("Den første time er gratis, men du skal starte en parkering.")
        return f"{told} {free}"
    return told


def _limiting(limiting: standing_law.Limiting, names: Mapping[str, str]) -> Row:
    now = gettext("Ingen grænse.")
    if limiting.now is not None:
        now = gettext("Højst %(length)s uden licens, indtil %(until)s. Husk P-skive.") % {
            "length": how_long(limiting.now.limit.minutes),
            "until": moment(limiting.now.ends),
        }
    then = ""
    if limiting.next is not None:
        length = how_long(limiting.next.limit.minutes)
        then = _from(limiting.next.begins, gettext("Højst %(length)s.") % {"length": length})
    zone = _zone(limiting.zone, names)
    return Row(gettext("Tidsgrænse i zone %(zone)s") % {"zone": zone}, now, then)


def _valid(valid: standing_law.Valid, names: Mapping[str, str]) -> Row:
    zone = _zone(valid.zone, names)
    then = ""
    if valid.changes is not None:
        then = _from(
            valid.changes,
            gettext("Gælder ikke her.") if valid.now else gettext("Gælder her."),
        )
    return Row(
        gettext("Licens til zone %(zone)s") % {"zone": zone},
        str(_WHYS[valid.why]) if valid.now else gettext("Gælder ikke her."),
        then,
    )


def _from(when: datetime, what: str) -> str:
    return gettext("Fra %(when)s: %(what)s") % {"when": moment(when), "what": what}


def how_long(minutes: int) -> str:
    """Return how long something lasts: ``3 timer``, ``90 minutter``."""
    if minutes % 60 == 0:
        count = minutes // 60
        return ngettext("%(count)s time", "%(count)s timer", count) % {"count": count}
    return ngettext("%(count)s minut", "%(count)s minutter", minutes) % {"count": minutes}


def _zone(code: str, names: Mapping[str, str]) -> str:
    name = names.get(code, "")
    return f"{code} {name}".strip()


def _kind_of_road(private_common_road: Known[bool]) -> str:
    if isinstance(private_common_road, Missing):
        return gettext(
            "Vi ved ikke, om vejen er en privat fællesvej. Søg på en adresse, så siger vi det."
        )
    if private_common_road:
        return gettext(
            "Vejen er en privat fællesvej. Her tager kommunen ikke betaling, "
            "og licenser gælder ikke. Husejerne kan have egne regler: se efter skilte."
        )
    return gettext("Vejen står ikke på kommunens liste over private fællesveje.")


def time_limit(limit: hours.TimeLimit) -> str:
    """Return a time limit as it stands on signs: ``3 timer, mandag–fredag kl. 08.00–19.00``."""
    return gettext("%(length)s, %(hours)s") % {
        "length": how_long(limit.minutes),
        "hours": _hours(limit.weekdays, limit.begins, limit.ends),
    }


def except_in_hours(rule: hours.AfterHours) -> str:
    """Return when a zone lets in the permits of others: ``ikke mandag–fredag kl. 08.00–17.00``."""
    return gettext("ikke %(hours)s") % {"hours": _hours(rule.weekdays, rule.begins, rule.ends)}


def _hours(weekdays: frozenset[int], begins: time, ends: time) -> str:
    days = sorted(weekdays)
    names = [str(WEEKDAYS[day]).lower() if _is_danish() else str(WEEKDAYS[day]) for day in days]
    in_a_row = len(days) > 1 and days[-1] - days[0] == len(days) - 1
    clock = "%H.%M" if _is_danish() else "%H:%M"
    return gettext("%(days)s kl. %(begins)s–%(ends)s") % {
        "days": f"{names[0]}–{names[-1]}" if in_a_row else ", ".join(names),
        "begins": begins.strftime(clock),
        "ends": ends.strftime(clock),
    }


def standing_sentence(rule: str) -> str:
    """Return what the condition named *rule* requires, or what the group of that name is called."""
    return str(_STANDING_SENTENCES[rule])


def tell_standing(
    finding: Finding, question: standing_law.Question, names: Mapping[str, str] | None = None
) -> Told:
    """Return a finding about a permit at a spot in words, with the facts it was asked about.

    Of a permit that is not the asker's own, nothing is told but the answer. Of alternatives of
    which one is met, the others are left out.
    """
    is_settled = finding.rule in _EITHER and finding.answer is Answer.YES
    return Told(
        answer=finding.answer.value,
        sentence=standing_sentence(finding.rule),
        citation=finding.cites,
        fact="" if finding.because else _standing_fact(finding, question, names or {}),
        change="",
        because=tuple(
            tell_standing(each, question, names)
            for each in finding.because
            if not is_settled or each.answer is Answer.YES
        ),
    )


def _standing_fact(
    finding: Finding, question: standing_law.Question, names: Mapping[str, str]
) -> str:
    missing = dict(finding.missing)
    if "permit" in missing:
        return gettext("Vi har ikke fundet en licens, der gælder her.")
    if "spot" in missing:
        return gettext("Kommunens kort siger ikke, hvad der gælder på stedet.")
    if finding.rule == "road_is_not_a_private_common_road":
        return _kind_of_road(question.private_common_road)
    if finding.rule == "place_is_in_the_municipality":
        return _where(_is(question.spot))
    holding: Holding = _is(question.permit)
    if not holding.own:
        return gettext("Vi har set efter licenser til køretøjet.")
    return _own_permit(finding, holding, question.spot, names)


def _where(spot: standing_law.Spot) -> str:
    if spot.elsewhere:
        return gettext("Kortet: Stedet ligger i en anden kommune.")
    return gettext("Kortet: Stedet ligger ikke i en anden kommune.")


def _own_permit(
    finding: Finding, holding: Holding, spot: Known[standing_law.Spot], names: Mapping[str, str]
) -> str:
    if finding.rule == "permit_is_valid_on_the_day":
        return gettext("Din licens gælder %(period)s.") % {"period": period(holding.period)}
    return gettext("Din licens er til zone %(zone)s. Her gælder: %(here)s.") % {
        "zone": _zone(holding.zone, names),
        "here": _here(_is(spot), names),
    }


def _here(spot: standing_law.Spot, names: Mapping[str, str]) -> str:
    zones = [_zone(code, names) for code in (*spot.permit_zones, *spot.time_limited)]
    zones += [f"{flex.name} ({', '.join(flex.codes)})" for flex in spot.flex_zones]
    if spot.garage is not None:
        zones.append(spot.garage.name)
    return ", ".join(zones) or gettext("ingen zone")


def infected(language: str, name: str) -> str:
    """Return what is said of a file in which the virus scanner found something."""
    with override(language):
        return gettext(
            "Vi har slettet filen %(name)s. Vores viruskontrol fandt noget i den. "
            "Send den gerne igen fra en anden kopi."
        ) % {"name": name}
