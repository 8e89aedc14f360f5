"""The parking charges of the first day: sixty and some, each there for one reason.

Read it like `sandbox.city`: whoever is charged lives there, and the car is theirs there. Each seed
says what happened to it, in days after it was issued; `sandbox.chargehistory` writes it. Below
them are the many: charges made by arithmetic, so that a first import has something to read.

Offence texts follow the law; the codes 20 to 45 and all plates, numbers and people are ASSUMED.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from pyproj import Transformer

from sandbox import city

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")
CREDITOR: Final = "88888888"
NUMBERS: Final = 900_000_000
SPREAD: Final = 7_368_787  #: has no divisor in common with NUMBERS, so that no number comes twice
BULK_FROM: Final = 1_000_000
FEE: Final = 25_000
DAYS_TO_PAY: Final = 10
YEARS_UNTIL_TIME_BARRED: Final = 3
#: Letters and digits that nobody mistakes for each other.
_CODE_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Offence:
    """An offence of the catalogue: its code, its text on the slip, the law, and kroner."""

    code: str
    text: str
    law: str
    kroner: int = 510


_LAW: Final = "færdselsloven § "
OFFENCES: Final = {
    offence.code: offence
    for offence in (
        Offence("01a", "Standset, hvor der er standsningsforbud", f"{_LAW}121, stk. 1, nr. 5"),
        Offence("03a", "Parkeret på en reserveret plads", f"{_LAW}121, stk. 1, nr. 5"),
        Offence("05a", "Parkeret i strid med parkeringsforbud", f"{_LAW}121, stk. 1, nr. 5"),
        Offence("20a", "Standset i venstre side af vejen", f"{_LAW}28, stk. 2, 1. pkt."),
        Offence("21a", "Standset på eller mindre end 5 m foran et fodgængerfelt",
                f"{_LAW}29, stk. 1, nr. 1"),
        Offence("22a", "Standset mindre end 10 m fra et vejkryds", f"{_LAW}29, stk. 1, nr. 2"),
        Offence("24a", "Standset på fortov eller cykelsti", f"{_LAW}28, stk. 3"),
        Offence("30a", "Standset ved et busstoppested", f"{_LAW}29, stk. 2"),
        Offence("31b", "Standset ud for ind- eller udkørsel til ejendom",
                f"{_LAW}29, stk. 3, nr. 2", 1020),
        Offence("31c", "Standset ved siden af et andet køretøj", f"{_LAW}29, stk. 3, nr. 3"),
        Offence("33a", "Parkeret på handicapplads uden gyldigt kort", f"{_LAW}121, stk. 5", 1020),
        Offence("35å", "Køretøj over 3.500 kg uden gyldig betaling",
                f"{_LAW}121, stk. 1, nr. 9", 2040),
        Offence("40a", "Ingen gyldig betaling, billet eller licens for betalingszonen",
                "vejloven § 90, stk. 2-3"),
        Offence("41a", "P-skive mangler i zone med tidsbegrænsning", f"{_LAW}121, stk. 1, nr. 8"),
        Offence("41b", "Parkeringstiden er overskredet", f"{_LAW}121, stk. 1, nr. 8"),
        Offence("42a", "Ikke elbil på plads til opladning af elbiler", f"{_LAW}121, stk. 1, nr. 5"),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What happened, so many days after the charge was issued; `ore` and `text` as it needs."""

    what: str
    day: float
    text: str = ""
    ore: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Paid:
    """Parking that was paid for: for which plate, and so many hours before the charge."""

    plate: str
    hours_before: float = 1
    hours: float = 2
    source: str = "app"


@dataclass(frozen=True)
class Abroad:
    """Somebody abroad who was found."""

    name: str
    lines: tuple[str, ...]
    country: str


@dataclass(frozen=True)
class Seed:
    """One charge. Without `holders` they are those of the vehicle in `sandbox.city`.

    A holder is `(relation, who, days since, days until)`, the days counted from the issue, `who` an
    inhabitant's slug or a company number.
    """

    slug: str
    plate: str
    offences: tuple[str, ...]
    place: str
    ago: timedelta
    story_da: str
    story_en: str
    happened: tuple[Event, ...] = ()
    country: str = "DK"
    holders: tuple[tuple[str, str, int, int | None], ...] | None = None
    abroad: Abroad | None = None
    note: str = "Ingen synlig p-billet eller p-skive. Ingen person ved bilen."
    badge: bool = False
    disc: str | None = None
    towed: bool = False
    stolen_days_before: int | None = None
    parking: tuple[Paid, ...] = field(default=())
    images: int = 3
    make: str = ""


def _days(days: float) -> timedelta:
    return timedelta(days=days)


_REMINDED = (Event("reminder", 21),)
_FIRST = (*_REMINDED, Event("reminder_first_fee", 35))
_SECOND = (*_FIRST, Event("reminder_second_fee", 49))
_HANDED_OVER = (*_SECOND, Event("transfer", 63))

SEEDS: Final = (
    # Where it can stand
    Seed("anna-now", "ZA10001", ("40a",), "VB", timedelta(minutes=40),
         "Lige udskrevet. Intet er sendt endnu.", "Issued just now. Nothing has been sent yet."),
    Seed("anna-open", "ZA10001", ("41b",), "VS", _days(5),
         "Åben, fristen er ikke udløbet.", "Open, the deadline has not passed.", disc="12:15"),
    Seed("bo-tomorrow", "ZB10002", ("22a",), "IN", _days(9),
         "Fristen er i morgen. Bruger og ejer er to personer.",
         "Due tomorrow. User and owner are two people."),
    Seed("bo-reminded", "ZB10002", ("40a",), "YN", _days(25),
         "Påmindet uden gebyr.", "Reminded without a fee.", _REMINDED),
    Seed("dan-first-fee", "ZD10004", ("41a",), "VS", _days(40),
         "Rykket, 250 kr. i gebyr.", "Reminded with a fee of 250 kr.", _FIRST),
    Seed("villy-second-fee", "ZX10024", ("24a",), "VB", _days(55),
         "Rykket to gange, 500 kr. i gebyr. Breve går på papir.",
         "Reminded twice, 500 kr. in fees. Letters go on paper.", _SECOND),
    Seed("asta-collection", "ZW10001", ("40a",), "IB", _days(95),
         "Hos Gældsstyrelsen.", "At the debt collection.", _HANDED_OVER),
    Seed("bent-collected", "ZW10002", ("31c",), "YØ", _days(200),
         "Gældsstyrelsen har inddrevet den hele.", "The debt collection has collected all of it.",
         (*_HANDED_OVER, Event("collected", 150))),
    Seed("brian-recalled", "ZW10003", ("40a",), "YN", _days(110),
         "Trukket tilbage fra Gældsstyrelsen: sendt ved en fejl. Bliver rykket igen, uden gebyr.",
         "Withdrawn from the debt collection: sent by mistake. Is reminded anew, without a fee.",
         (*_HANDED_OVER, Event("withdrawal", 90, reason="mistake"))),
    Seed("kamma-time-barred", "ZW40001", ("05a",), "HK", _days(1200),
         "Forældet.", "Time-barred.", (*_SECOND, Event("time_barred", 1096))),
    Seed("frank-written-off", "ZW50003", ("40a",), "IN", _days(700),
         "Afskrevet: ejeren er forsvundet.", "Written off: the owner has disappeared.",
         (*_SECOND, Event("write_off", 500))),
    # Paying
    Seed("clara-paid", "ZC10003", ("42a",), "CH", _days(20),
         "Betalt med kort efter tre dage.", "Paid by card after three days.",
         (Event("card", 3),)),
    Seed("tove-bank", "ZT10020", ("40a",), "VA", _days(30),
         "Betalt i banken med indbetalingskortet.", "Paid at the bank by the slip.",
         (Event("bank", 8),)),
    Seed("carsten-late", "ZW10004", ("40a",), "AN", _days(60),
         "Betalt med gebyr efter første rykker.", "Paid with the fee after the first reminder.",
         (*_FIRST, Event("mobilepay", 41))),
    Seed("viggo-part", "ZV10022", ("40a",), "overlap", _days(15),
         "Kun 300 kr. af 510 er betalt.", "Only 300 of 510 kr. are paid.",
         (Event("bank", 7, ore=30_000),)),
    Seed("kirsten-overpaid", "ZW10012", ("40a",), "AN", _days(18),
         "Betalt to gange: vi skylder 510 kr.", "Paid twice: we owe 510 kr.",
         (Event("card", 4), Event("bank", 6, ore=51_000))),
    Seed("gert-refunded", "ZW10008", ("40a",), "CH", _days(45),
         "Betalt, så annulleret, så betalt tilbage.", "Paid, then annulled, then paid back.",
         (Event("card", 2), Event("annul", 20, reason="warden_error"), Event("refund", 21))),
    Seed("fie-owed", "ZW10007", ("41a",), "IØ", _days(33),
         "Annulleret efter betaling: pengene er endnu ikke betalt tilbage.",
         "Annulled after payment: the money has not been paid back yet.",
         (Event("card", 2), Event("annul", 30, reason="sign_defect"))),
    # In parts
    Seed("laura-plan-1", "ZW10013", ("40a",), "VA", _days(50),
         "På en ordning med den næste: første rate er betalt.",
         "On a plan together with the next one: the first instalment is paid.", _REMINDED),
    Seed("laura-plan-2", "ZW10013", ("31b",), "VA", _days(48),
         "På samme ordning.", "On the same plan.", _REMINDED),
    Seed("ib-missed", "ZJ10009", ("40a",), "IØ", _days(70),
         "På en ordning: en rate er ikke betalt til tiden.",
         "On a plan: an instalment has been missed.", _REMINDED),
    Seed("yrsa-completed", "ZY10023", ("24a",), "gap", _days(160),
         "Ordning gennemført: alt er betalt.", "Plan completed: all is paid.", _REMINDED),
    Seed("saleem-defaulted", "ZW20010", ("40a",), "GD", _days(120),
         "Ordning misligholdt: resten er forfalden.",
         "Plan defaulted: what remains is due.", _REMINDED),
    # Complaints
    Seed("dorte-open", "ZW10005", ("41b",), "VS", _days(12),
         "Klage modtaget i går. Gebyrer venter.", "Complaint received yesterday. Fees wait.",
         (Event("complain", 11, "Jeg var kun to minutter forsinket.", reason="disc"),),
         disc="09:30"),
    Seed("egon-hearing", "ZW10006", ("24a",), "IØ", _days(28),
         "Klage i høring: vi har spurgt om et billede.",
         "Complaint in hearing: we have asked for a picture.",
         (Event("complain", 6, "Jeg holdt ikke på fortovet.", reason="not_there"),
          Event("hearing", 9, "Har du et billede, der viser, hvor bilen holdt?"))),
    Seed("helle-upheld", "ZW10009", ("22a",), "CH", _days(40),
         "Klage afvist: afgiften står ved magt med ny frist.",
         "Complaint decided: the charge is upheld with a new deadline.",
         (Event("complain", 5, "Der var over ti meter til krydset.", reason="distance"),
          Event("upheld", 33, "Vagten målte 6,2 meter til krydset. Billederne viser det."))),
    Seed("iben-annulled", "ZW10010", ("40a",), "YN", _days(35),
         "Klage medhold: annulleret, inden den blev betalt.",
         "Complaint decided: annulled before it was paid.",
         (Event("complain", 4, "Jeg havde betalt i appen.", reason="paid_elsewhere"),
          Event("annulled", 14, "Du havde betalt for parkeringen.",
                reason="paid_elsewhere")),
         parking=(Paid("ZW10010"),)),
    Seed("jonas-partly", "ZW10011", ("40a",), "YN", _days(60),
         "Klage delvist medhold: gebyret er fjernet.",
         "Complaint decided in part: the fee is taken off.",
         (*_FIRST, Event("complain", 37, "Jeg fik aldrig påmindelsen.", reason="letter"),
          Event("partly", 50, "Brevet kom aldrig frem, så gebyret bortfalder.",
                ore=FEE, reason="goodwill"))),
    Seed("marie-second-round", "ZW20001", ("05a",), "GJ", _days(45),
         "Anden klagerunde er åben.", "A second round is open.",
         (Event("complain", 3, "Skiltet var skjult af et træ.", reason="sign"),
          Event("upheld", 20, "Skiltet kan ses på vagtens billede."),
          Event("complain", 26, "Træet er siden klippet. Se billedet.", reason="sign"))),
    Seed("mikkel-withdrawn", "ZW20002", ("41a",), "HS", _days(22),
         "Klagen er trukket tilbage.", "The complaint was withdrawn.",
         (Event("complain", 4, "P-skiven lå i bilen.", reason="disc"),
          Event("withdraw_complaint", 10))),
    Seed("torben-breakdown", "ZW20014", ("40a",), "SJ", _days(16),
         "Klage: bilen var brudt sammen.", "Complaint: the car had broken down.",
         (Event("complain", 9, "Bilen gik i stå. Falck hentede den.", reason="breakdown"),)),
    Seed("kjeld-badge", "ZW40002", ("33a",), "cellar", _days(7),
         "Handicapkort lå i bilen, men vagten så kun bagsiden.",
         "A disabled badge lay in the car, but the warden saw its back only.",
         note="Kort i forruden, bagsiden opad. Kan ikke aflæses.", badge=True),
    # What a machine can find
    Seed("tine-permit-slip", "ZM31751", ("40a",), "VB", _days(3),
         "Har licens til ZM31757: ét tegn forkert, og ingen bil hedder sådan.",
         "Has a permit for ZM31757: one sign is wrong, and no car is called that."),
    Seed("mette-permit", "ZM10014", ("40a",), "VA", _days(2),
         "Bilen har en gyldig licens til zonen.", "The car has a valid permit for the zone."),
    Seed("rita-ran-out", "ZW60001", ("40a",), "YØ", timedelta(hours=5),
         "Licensen er lige udløbet. Nabobilen med næsten samme nummer har en.",
         "The permit has just run out. Another car, one sign away, has one."),
    Seed("freja-payment-slip", "ZF10006", ("40a",), "VB", _days(4),
         "Betalte for ZF10096: ét tegn forkert, og ingen bil hedder sådan.",
         "Paid for ZF10096: one sign is wrong, and no car is called that.",
         parking=(Paid("ZF10096"),)),
    Seed("gorm-paid-elsewhere", "ZG10007", ("40a",), "IB", _days(6),
         "Parkeringen var betalt i en app.", "The parking was paid for in an app.",
         parking=(Paid("ZG10007"),)),
    Seed("alma-other-car", "ZW50001", ("40a",), "VB", _days(8),
         "Betalte for ZW50002, som er en andens bil.",
         "Paid for ZW50002, which is somebody else's car.", parking=(Paid("ZW50002"),)),
    Seed("trine-paid-late", "ZW40006", ("40a",), "VB", _days(8),
         "Betalte først en halv time efter afgiften.",
         "Paid only half an hour after the charge.",
         parking=(Paid("ZW40006", hours_before=-0.5),)),
    Seed("pia-double-1", "ZW20005", ("41a",), "AS", _days(10),
         "Den første af to for det samme inden for et døgn.",
         "The first of two for the same within 24 hours."),
    Seed("pia-double-2", "ZW20005", ("41a",), "AS", timedelta(days=9, hours=10),
         "Den anden inden for et døgn: må ikke gives.",
         "The second within 24 hours: must not be given."),
    Seed("nanna-1", "ZW20003", ("05a",), "VL", _days(13),
         "Den første for det samme.", "The first for the same offence."),
    Seed("nanna-2", "ZW20003", ("05a",), "VL", _days(11.5),
         "Den anden for det samme.", "The second for the same offence."),
    Seed("nanna-3", "ZW20003", ("05a",), "VL", _days(10),
         "Den tredje for det samme.", "The third for the same offence."),
    Seed("nanna-4", "ZW20003", ("05a",), "VL", _days(8.5),
         "Den fjerde for det samme: må ikke gives.",
         "The fourth for the same offence: must not be given."),
    Seed("jens-stolen", "ZK10011", ("40a",), "AN", _days(14),
         "Bilen var meldt stjålet dagen før.", "The car had been reported stolen the day before.",
         stolen_days_before=1),
    Seed("karen-sold", "ZK10012", ("31b",), "YØ", _days(19),
         "Karen var ejer indtil ti dage før; nu ejer Nuka bilen.",
         "Karen owned it until ten days before; then Nuka did.",
         holders=(("owner", "karen", -900, -10), ("owner", "nuka", -10, None))),
    Seed("dagmar-deceased", "ZW50002", ("40a",), "IN", _days(24),
         "Ejeren var død, før afgiften blev givet.",
         "The owner had died before the charge was given."),
    # Whose it is
    Seed("ida-bought", "ZW30004", ("41b",), "VI", _days(6),
         "Givet, mens Holger ejede bilen. Ida købte den bagefter.",
         "Given while Holger owned the car. Ida bought it afterwards.",
         holders=(("owner", "holger", -1500, 5), ("owner", "ida", 5, None)), disc="14:00"),
    Seed("peter-leased", "ZR10017", ("40a",), "NV", _days(9),
         "Leaset: Henrik var bruger indtil tre dage før, så Peter.",
         "Leased: Henrik was its user until three days before, then Peter.",
         holders=(("owner", "99000202", -1500, None), ("user", "henrik", -1500, -3),
                  ("user", "peter", -3, None))),
    Seed("peter-borrowed", "ZH10008", ("22a",), "YN", _days(3),
         "Peters bil, men Hanne kørte. Hun kan føje den til sin side med nummer og plade.",
         "Peter's car, but Hanne drove. She can add it to her page by number and plate."),
    Seed("olga-company", "ZP10016", ("40a",), "VB", _days(11),
         "Firmabil: afgiften er firmaets.", "A company's car: the charge is the company's."),
    Seed("henrik-company-user", "ZW30005", ("30a",), "KE", _days(7),
         "Firmaet ejer, Henrik er bruger.", "The company owns, Henrik is the user."),
    Seed("gerda-company-user", "ZW30007", ("01a",), "BB", _days(26),
         "Gerda ejer, firmaet er bruger.", "Gerda owns, the company is the user.", _REMINDED),
    Seed("emil-shared", "ZW30001", ("41a",), "RP", _days(4),
         "Tre er knyttet til bilen: Holger ejer, Emil og Ditte bruger.",
         "Three belong to the car: Holger owns, Emil and Ditte use it."),
    Seed("inger-shared", "ZN10015", ("24a",), "IN", _days(5),
         "Niels ejer, Inger bruger.", "Niels owns, Inger uses it."),
    Seed("soeren-protected", "ZS10019", ("40a",), "HA", _days(8),
         "Beskyttet adresse: må aldrig vises.", "A protected address, never to be shown."),
    Seed("hemming-protected", "ZW40004", ("41a",), "VI", _days(23),
         "Beskyttet og uden bopæl.", "Protected and without a home.", _REMINDED),
    Seed("rikke-emigrated", "ZR10018", ("40a",), "IØ", _days(30),
         "Udrejst.", "Has emigrated.", _REMINDED),
    Seed("nuka-greenland", "ZW50004", ("40a",), "CH", _days(17),
         "Bor i Grønland.", "Lives in Greenland."),
    Seed("erik-minor", "ZE10005", ("24a",), "VB", _days(2),
         "Ejeren er 17.", "The owner is 17."),
    # From abroad
    Seed("lars-swedish", "SWE123", ("40a",), "IB", _days(12),
         "Svensk plade. Ejeren er ikke fundet.", "A Swedish plate. The owner is not found.",
         country="SE", make="Volvo"),
    Seed("german-found", "BMU1234", ("22a", "24a"), "CH", _days(32),
         "Tysk plade: ejeren er fundet og har fået brev.",
         "A German plate: the owner was found and written to.", _REMINDED, country="DE",
         make="BMW", abroad=Abroad("Max Beispiel", ("Beispielweg 1", "10115 Berlin"), "DE")),
    Seed("german-unknown", "HHXY99", ("40a",), "IB", _days(6),
         "Tysk plade. Ejeren er ikke fundet.", "A German plate. The owner is not found.",
         country="DE", make="Volkswagen"),
    Seed("norwegian-paid", "EK12345", ("30a",), "CH", _days(21),
         "Norsk plade, betalt uden login.", "A Norwegian plate, paid without a login.",
         (Event("card", 5),), country="NO", make="Tesla"),
    # The rest of the catalogue
    Seed("zenia-two", "ZÆBRA", ("22a", "24a"), "BB", _days(6),
         "To forseelser på én seddel.", "Two offences on one slip."),
    Seed("rosa-lorry", "ZW20007", ("35å",), "SV", _days(9),
         "Lastbil: 2.040 kr.", "A lorry: 2,040 kr."),
    Seed("poul-towed", "ZW20006", ("31b",), "AS", _days(4),
         "Bilen blev fjernet.", "The car was towed away.", towed=True),
    Seed("otto-sign", "ZW20004", ("05a",), "LP", _days(10),
         "Skiltet var drejet væk. Klage.", "The sign was turned away. Complaint.",
         (Event("complain", 2, "Skiltet vendte ind mod hegnet.", reason="sign"),)),
    Seed("noor-no-picture", "ZW50006", ("21a",), "IB", _days(5),
         "Uden billeder: kameraet virkede ikke.", "Without pictures: the camera did not work.",
         images=0),
    Seed("sanne-crossing", "ZW20009", ("20a",), "SØ", _days(14),
         "Standset i venstre side, påmindelsen er på vej.",
         "Stopped on the left side; the reminder is about to be sent."),
    # One crooked sign, and all who could not read it; Otto's is above
    Seed("sign-unpaid", "ZW40005", ("05a",), "LP", _days(9),
         "Samme drejede skilt: ikke betalt.", "The same turned sign: not paid."),
    Seed("sign-paid", "ZW60002", ("05a",), "LP", _days(8),
         "Samme drejede skilt: betalt med kort.", "The same turned sign: paid by card.",
         (Event("card", 2),)),
    Seed("sign-reminded", "ZW50005", ("05a",), "LP", _days(24),
         "Samme drejede skilt: påmindet.", "The same turned sign: reminded.", _REMINDED),
    Seed("sign-and-pavement", "ZW20008", ("05a", "24a"), "LP", _days(7),
         "Samme drejede skilt, men bilen holdt også på fortovet.",
         "The same turned sign, but the car stood on the pavement too."),
)  # fmt: skip


@dataclass(frozen=True)
class PlanSeed:
    """A plan: on which charges, agreed so long ago, in so many parts; what happened to it."""

    charges: tuple[str, ...]
    days_ago: int
    parts: int
    paid: int
    state: str = "active"


PLANS: Final = (
    PlanSeed(("laura-plan-1", "laura-plan-2"), 20, 3, 1),
    PlanSeed(("ib-missed",), 40, 2, 0),
    PlanSeed(("yrsa-completed",), 130, 3, 3, "completed"),
    PlanSeed(("saleem-defaulted",), 90, 3, 1, "defaulted"),
)


def issued(seed: Seed, number: int, when: datetime) -> dict[str, Any]:
    """A charge as it is when the warden has given it."""
    vehicle = city.vehicle(seed.plate)
    charge = _charge(number, seed.plate, seed.offences, _place(seed.place), when)
    make = seed.make or (f"{vehicle.make} {vehicle.model}" if vehicle else "Ukendt")
    charge.update(make=make, images=seed.images, country=seed.country, holders=_holders(seed, when))
    charge["observation"].update(note=seed.note, disabledBadge=seed.badge, discSetTo=seed.disc)
    if seed.towed:
        charge["towedAt"] = _moment(when + timedelta(minutes=50))
    if seed.stolen_days_before is not None:
        charge["stolenSince"] = _moment(when - timedelta(days=seed.stolen_days_before))
    return charge


def parking_of(seed: Seed, charge: dict[str, Any]) -> list[dict[str, Any]]:
    """The parking that was paid for around a charge."""
    at = datetime.fromisoformat(charge["issuedAt"])
    return [
        {
            "registrationNumber": paid.plate,
            "zone": charge["location"]["zone"] or "",
            "from": _moment(at - timedelta(hours=paid.hours_before)),
            "to": _moment(at - timedelta(hours=paid.hours_before - paid.hours)),
            "source": paid.source,
            "reference": f"parking-{charge['chargeNumber']}-{number}",
        }
        for number, paid in enumerate(seed.parking, start=1)
    ]


def number_of(n: int) -> str:
    """The number on the slip of the n-th charge: nine digits that do not follow each other."""
    return str(n * SPREAD % NUMBERS + 100_000_000)


def numbered() -> list[tuple[str, Seed]]:
    """The charges of the first day with their numbers."""
    return [(number_of(n), seed) for n, seed in enumerate(SEEDS, start=1)]


def code_of(number: str) -> str:
    """The code on the slip of a charge: ten letters and digits, 50 bits. Made up by rule here."""
    drawn = int.from_bytes(hashlib.sha256(f"slip {number}".encode()).digest()[:8], "big")
    return "".join(_CODE_SIGNS[drawn >> 5 * place & 31] for place in range(10))


def slip_id(number: str) -> str:
    """The payment id of a charge: fourteen digits and a check digit, modulus 10."""
    payload = number.zfill(14)
    total = 0
    for place, digit in enumerate(reversed(payload)):
        weighted = int(digit) * (1 if place % 2 else 2)
        total += weighted // 10 + weighted % 10
    return f"{payload}{-total % 10}"


# The many


def bulk(index: int, opened: datetime) -> dict[str, Any]:
    """The charge at that place among the many; the same each time."""
    mixed = (index * 2_654_435_761) % 2**32
    n = BULK_FROM + index
    when = opened - timedelta(days=30, minutes=index * 7 % (5 * 365 * 24 * 60))
    code = tuple(OFFENCES)[mixed % len(OFFENCES)]
    keys = [each.key for each in city.ADDRESSES]
    plate = f"ZQ{index % 100_000:05}"
    charge = _charge(n, plate, (code,), _place(keys[mixed // 16 % len(keys)]), when)
    charge.update(
        make="Ukendt",
        images=2,
        version=1,
        holders=[_holder("owner", _bulk_person(index // 3), when.date() - timedelta(days=900))],
    )
    kind = mixed // 4096 % 10
    owed = charge["balance"]["amount"]
    if kind < 6:  # noqa: PLR2004 - six of ten are paid
        _closed(charge, "payment", owed, when + timedelta(days=5))
        charge["state"] = "paid"
    elif kind == 6:  # noqa: PLR2004 - and one is annulled
        _closed(charge, "annulment", owed, when + timedelta(days=25))
        charge["state"] = "annulled"
    elif kind == 7:  # noqa: PLR2004 - and one has been reminded
        charge["state"] = "reminded"
    return charge


def bulk_by_id(charge_id: str, count: int, opened: datetime) -> dict[str, Any] | None:
    """The charge of that id among the many, if it is one."""
    index = int(charge_id.rpartition("-")[2]) - BULK_FROM
    found = bulk(index, opened) if 0 <= index < count else None
    return found if found and found["id"] == charge_id else None


def bulk_id_of(number: str, count: int, opened: datetime) -> str | None:
    """The id of the charge with that number among the many, if it is one."""
    n = (int(number) - 100_000_000) * pow(SPREAD, -1, NUMBERS) % NUMBERS
    index = n - BULK_FROM
    if not 0 <= index < count or number_of(n) != number:
        return None
    return str(bulk(index, opened)["id"])


def _bulk_person(who: int) -> str:
    """A synthetic person number, out of which the place can be read again."""
    rest, day = divmod(who, 28)
    rest, month = divmod(rest, 12)
    serial, year = divmod(rest, 60)
    return f"{day + 61:02}{month + 1:02}{year:02}{5000 + serial:04}"


# How a charge is made


def _charge(
    n: int, plate: str, codes: tuple[str, ...], location: dict[str, Any], when: datetime
) -> dict[str, Any]:
    number = number_of(n)
    offences = [OFFENCES[code] for code in codes]
    owed = max(offence.kroner for offence in offences) * 100
    day = when.astimezone(COPENHAGEN).date()
    # One amount for the slip, on the dearest offence; the others are told with it.
    return {
        "id": f"c-{day.year}-{n:07}",
        "version": 0,
        "chargeNumber": number,
        "registrationNumber": plate,
        "country": "DK",
        "make": "",
        "issuedAt": _moment(when),
        "state": "issued",
        "dueDate": (day + timedelta(days=DAYS_TO_PAY)).isoformat(),
        "timeBarredFrom": _years_later(day).isoformat(),
        "offences": [
            {
                "code": offence.code,
                "text": offence.text,
                "legalBasis": offence.law,
                "amount": {"amount": offence.kroner * 100, "currency": "DKK"},
            }
            for offence in offences
        ],
        "location": location,
        "observation": {
            "start": _moment(when - timedelta(minutes=6)),
            "end": _moment(when),
            "note": "Ingen synlig p-billet eller p-skive. Ingen person ved bilen.",
            "disabledBadge": False,
            "discSetTo": None,
            "valves": f"{n % 12 + 1}/{n * 5 % 12 + 1}",
        },
        "ledger": [
            {
                "number": 1,
                "kind": "charge",
                "amount": {"amount": owed, "currency": "DKK"},
                "bookedAt": _moment(when),
                "reference": f"slip-{number}",
            }
        ],
        "balance": {"amount": owed, "currency": "DKK"},
        "slip": {"type": "71", "id": slip_id(number), "creditor": CREDITOR},
        "code": code_of(number),
        "images": 0,
        "holders": [],
        "hold": None,
        "stops": [],
        "complaints": [],
        "letters": [],
        "planId": None,
        "collection": None,
        "towedAt": None,
        "stolenSince": None,
        "masked": False,
    }


def _closed(charge: dict[str, Any], kind: str, owed: int, when: datetime) -> None:
    charge["ledger"].append(
        {
            "number": 2,
            "kind": kind,
            "amount": {"amount": -owed, "currency": "DKK"},
            "bookedAt": _moment(when),
            "reference": f"{kind}-{charge['chargeNumber']}",
        }
    )
    charge["balance"] = {"amount": 0, "currency": "DKK"}


def _holders(seed: Seed, when: datetime) -> list[dict[str, Any]]:
    day = when.astimezone(COPENHAGEN).date()
    if seed.abroad is not None:
        known = _holder("owner", "", day)
        known.update(
            kind="abroad",
            number=None,
            name=seed.abroad.name,
            address=list(seed.abroad.lines),
            country=seed.abroad.country,
        )
        return [known]
    if seed.holders is not None:
        return [
            _holder(
                relation,
                _number(who),
                day + timedelta(days=since),
                None if until is None else day + timedelta(days=until),
            )
            for relation, who, since, until in seed.holders
        ]
    vehicle = city.vehicle(seed.plate)
    if vehicle is None or seed.country != "DK":
        return []
    return [
        _holder(each.relation, _number(each.holder), min(each.since, day))
        for each in vehicle.registrations
        if each.relation != "sublessor"
    ]


def _holder(relation: str, number: str, since: date, until: date | None = None) -> dict[str, Any]:
    return {
        "relation": relation,
        "kind": "person" if len(number) == len("0101701234") else "company",
        "number": number,
        "from": since.isoformat(),
        "to": None if until is None else until.isoformat(),
        "name": None,
        "address": [],
        "country": "DK",
    }


def _number(who: str) -> str:
    person = city.inhabitant(who)
    return person.person_number.replace("-", "") if person else who


@lru_cache(maxsize=1)
def _to_wgs84() -> Transformer:
    return Transformer.from_crs("EPSG:25832", "EPSG:4326", always_xy=True)


@lru_cache(maxsize=64)
def _point(key: str) -> tuple[float, float]:
    home = city.address(key)
    lon, lat = _to_wgs84().transform(home.x, home.y)
    return round(lat, 6), round(lon, 6)


@lru_cache(maxsize=64)
def _place(key: str) -> dict[str, Any]:
    home = city.address(key)
    lat, lon = _point(key)
    return {
        "street": home.road_name,
        "houseNumber": home.house_number,
        "postcode": home.postcode,
        "town": home.district,
        "zone": ZONE_OF.get(key, key if key.isupper() and len(key) <= 2 else None),  # noqa: PLR2004 - a zone's code has two letters
        "point": {"lat": lat, "lon": lon},
    }


#: The permit zone in which a place lies, where its key is not the zone's own.
ZONE_OF: Final = {"private": "VA", "overlap": "AN", "nordhavn": "YØ", "cellar": "KE"}


def _years_later(day: date) -> date:
    try:
        return day.replace(year=day.year + YEARS_UNTIL_TIME_BARRED)
    except ValueError:  # there is no 29 February that year
        return day.replace(year=day.year + YEARS_UNTIL_TIME_BARRED, month=3, day=1)


def _moment(when: datetime) -> str:
    return when.astimezone(COPENHAGEN).isoformat(timespec="seconds")
