"""The inhabitants: everybody and everything that the outside systems know, on one page.

Read it like the test cards of a payment provider: each inhabitant is there for one reason, and
`outcome` and `because_not` say what the portal should answer. Nobody here exists: person numbers
have 60 added to the day, plates begin with Z (a series not issued), house numbers and road codes
are invented. Amounts of money are not here: they belong to the ERP.

Whoever is 17, turns 18 or moved yesterday does so on the day this page is read in: see `FIRST_DAY`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

IDENTITIES = UUID("3f6d5a10-0101-4c8e-9b1a-c0ffee000101")

COPENHAGEN = "0101"
FREDERIKSBERG = "0147"

FIRST_DAY = datetime.now(ZoneInfo("Europe/Copenhagen")).date()
"""The day the town begins, the same until it is started again. Their person numbers follow it."""


def _years_before(years: int) -> date:
    try:
        return FIRST_DAY.replace(year=FIRST_DAY.year - years)
    except ValueError:  # there was no 29 February that year
        return FIRST_DAY.replace(year=FIRST_DAY.year - years, day=28)


def _number(born: date, serial: str) -> str:
    """The synthetic person number of somebody born that day."""
    return f"{born.day + 60:02}{born:%m%y}-{serial}"


IS_17 = _years_before(17)
IS_18 = _years_before(18)
YESTERDAY = FIRST_DAY - timedelta(days=1)

# What refuses whoever the vehicle register does not name, word by word as in the regulation.
NOT_THEIRS = "applicant owns or uses the vehicle"
SOMEBODY_ELSES = (
    NOT_THEIRS,
    "vehicle belongs to a company",
    "company declares sole use",
    "vehicle is leased",
    "lease names the applicant",
)
COMPANY_CAR = (
    NOT_THEIRS,
    "company declares sole use",
    "vehicle is leased",
    "lease names the applicant",
)
LEASED_CAR = (
    NOT_THEIRS,
    "vehicle belongs to a company",
    "company declares sole use",
    "lease names the applicant",
)


@dataclass(frozen=True)
class Address:
    """A dwelling. `x` and `y` are metres in EPSG:25832, those of its house number."""

    key: str
    municipality: str
    road_code: str
    road_name: str
    house_number: str
    floor: str
    door: str
    postcode: str
    district: str
    x: float
    y: float
    private_common_road: bool = False
    care_of: str = ""
    locality: str = ""

    @property
    def address_id(self) -> str:
        """The dwelling's identity in the address register."""
        return str(uuid5(IDENTITIES, f"address {self.key}"))

    @property
    def house_number_id(self) -> str:
        """The house number's identity in the address register."""
        return str(uuid5(IDENTITIES, f"house number {self.key}"))

    @property
    def line(self) -> str:
        """Road, house number, floor and door, as on an envelope."""
        dwelling = " ".join(
            part
            for part in (f"{self.floor}." if self.floor.isdigit() else self.floor, self.door)
            if part
        )
        house = f"{self.road_name} {self.house_number}"
        return f"{house}, {dwelling}" if dwelling else house


@dataclass(frozen=True)
class Inhabitant:
    """A person, and what the portal should answer about the first of their plates.

    `status` is the CPR status code: 1 resident, 3 resident with a road code of the register's own,
    5 in Greenland, 20 has a tax number only, 70 disappeared, 80 emigrated, 90 dead. `because_not`
    are the sentences of the regulation that refuse them whatever their vehicle, `awaits` who owes
    an answer when it is open.
    """

    slug: str
    person_number: str
    name: str
    born: date
    home: str | None
    story_da: str
    story_en: str
    outcome: Literal["buys", "free", "refused", "open"]
    because_not: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    drives: tuple[str, ...] = ()  #: plates that only seem to be theirs
    status: Literal[1, 3, 5, 20, 70, 80, 90] = 1
    former_number: str = ""  #: replaced by `person_number`; their login was made before
    moved_in: date = date(2019, 3, 1)
    protected: bool = False
    digital_post: bool = True
    gender: Literal["K", "M"] = "K"

    @property
    def number_at_login(self) -> str:
        """The person number that NemLog-in tells."""
        return self.former_number or self.person_number

    @property
    def mitid_uuid(self) -> str:
        """The persistent identity that NemLog-in tells, never derived from the person number."""
        return str(uuid5(IDENTITIES, f"mitid {self.slug}"))

    @property
    def email(self) -> str:
        """An address in a domain that cannot exist."""
        return f"{self.slug}@borger.example"


@dataclass(frozen=True)
class Company:
    """A company that owns vehicles."""

    number: str
    name: str
    digital_post: bool = True

    @property
    def slug(self) -> str:
        """By what its inbox is found."""
        return self.number


@dataclass(frozen=True)
class Registration:
    """Who is registered for a vehicle: `holder` is an inhabitant's slug or a company number."""

    relation: Literal["owner", "user", "sublessor"]
    holder: str
    primary: bool = True
    since: date = date(2021, 4, 1)


@dataclass(frozen=True)
class Vehicle:
    """A vehicle in the vehicle register. What is None, the register does not say.

    `tier` is the fare tier in which it belongs, and `because_not` are the sentences of the
    regulation that refuse it, whoever applies.
    """

    plate: str
    make: str
    model: str
    registrations: tuple[Registration, ...]
    kind: Literal[
        "car", "large car", "van", "lorry", "motorcycle", "trailer", "caravan", "tractor", "moped"
    ] = "car"
    colour: str = "Grå"
    gross_weight_kg: int | None = 1750
    fuel: Literal["petrol", "diesel", "gas", "electric", "hydrogen"] = "petrol"
    hybrid: Literal["no", "self-charging", "plug-in"] = "no"
    km_per_l: float | None = 18.9
    co2: int | None = 120
    norm: Literal["NEDC", "WLTP"] | None = "WLTP"
    first_registered: date = date(2021, 4, 1)
    status: Literal["registered", "deregistered", "being prepared"] = "registered"
    use: Literal["private", "goods", "taxi", "living in"] = "private"
    stolen: bool = False
    called_in: bool = False
    leasing: bool = False
    personal_plate: bool = False
    register_fails: bool = False
    tier: Literal["zero", "a", "b", "c"] = "a"
    because_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownPermit:
    """A permit that the ERP already has on the first day, valid for a year from `began`."""

    number: str
    holder: str
    plate: str
    zone: str
    began_days_ago: int
    mistyped: bool = False  #: one sign is wrong, and no vehicle has that plate

    @property
    def began(self) -> date:
        """Its first day."""
        return FIRST_DAY - timedelta(days=self.began_days_ago)


def owner(slug: str) -> Registration:
    """The usual case: one person who owns and uses the vehicle."""
    return Registration("owner", slug)


ADDRESSES = (
    # One home in each of the 27 areas, at the published point inside it.
    Address("AN", COPENHAGEN, "3001", "Holmbladsgade", "211", "2", "tv", "2300",
            "København S", 726571.2, 6174519.4),
    Address("CH", COPENHAGEN, "3002", "Strandgade", "212", "1", "th", "1401",
            "København K", 726005.2, 6175577.2),
    Address("IB", COPENHAGEN, "3003", "Købmagergade", "213", "3", "", "1150",
            "København K", 724972.4, 6176490.6),
    Address("IN", COPENHAGEN, "3004", "Blågårdsgade", "214", "4", "tv", "2200",
            "København N", 723594.8, 6177578.2),
    Address("IØ", COPENHAGEN, "3005", "Ryesgade", "215B", "st", "mf", "2100",
            "København Ø", 724788.3, 6178627.6),
    Address("VA", COPENHAGEN, "3006", "Valby Langgade", "216", "2", "th", "2500",
            "Valby", 721211.7, 6174411.3),
    Address("VB", COPENHAGEN, "3007", "Istedgade", "217", "3", "tv", "1650",
            "København V", 723569.6, 6175307.7),
    Address("YN", COPENHAGEN, "3008", "Jagtvej", "218", "1", "tv", "2200",
            "København N", 722802.1, 6178312.5),
    Address("YØ", COPENHAGEN, "3009", "Østerbrogade", "219", "5", "th", "2100",
            "København Ø", 724204.9, 6179587.7),
    Address("GJ", COPENHAGEN, "3010", "Grønjordsvej", "220", "2", "12", "2300",
            "København S", 725909.1, 6173259.5),
    Address("HS", COPENHAGEN, "3011", "Ryvangs Allé", "221", "", "", "2900",
            "Hellerup", 723824.7, 6181799.4),
    Address("NV", COPENHAGEN, "3012", "Frederikssundsvej", "222", "4", "th", "2400",
            "København NV", 721802.4, 6178825.7),
    Address("VS", COPENHAGEN, "3013", "Carl Jacobsens Vej", "223A", "2", "tv", "2500",
            "Valby", 721388.0, 6173435.7),
    Address("HA", COPENHAGEN, "3014", "Islands Brygge", "224", "6", "tv", "2300",
            "København S", 724678.0, 6173952.0),
    Address("VL", COPENHAGEN, "3015", "Jernbane Allé", "225", "1", "th", "2720",
            "Vanløse", 719401.3, 6176659.1),
    Address("LP", COPENHAGEN, "3016", "Lergravsvej", "226", "3", "th", "2300",
            "København S", 727431.3, 6174646.7),
    Address("AS", COPENHAGEN, "3017", "Amager Strandvej", "227", "8", "mf", "2300",
            "København S", 728777.1, 6173276.4),
    Address("SV", COPENHAGEN, "3018", "Amagerbrogade", "228", "2", "tv", "2300",
            "København S", 727373.3, 6173534.1),
    Address("SØ", COPENHAGEN, "3019", "Kastrupvej", "229", "st", "tv", "2300",
            "København S", 728087.1, 6173425.3),
    Address("GD", COPENHAGEN, "3020", "Grøndals Parkvej", "230", "2", "th", "2720",
            "Vanløse", 720670.9, 6177671.0),
    Address("ÅH", COPENHAGEN, "3021", "Ålholmvej", "231", "1", "", "2500",
            "Valby", 719167.6, 6175181.1),
    Address("BB", COPENHAGEN, "3022", "Bispebjerg Parkallé", "232", "3", "tv", "2400",
            "København NV", 721438.0, 6179576.5),
    Address("KE", COPENHAGEN, "3023", "Mozartsvej", "233", "2", "th", "2450",
            "København SV", 722604.6, 6173128.6),
    Address("VI", COPENHAGEN, "3024", "Vigerslev Allé", "234", "st", "th", "2500",
            "Valby", 720353.5, 6173836.0),
    Address("RP", COPENHAGEN, "3025", "Lyngbyvej", "235", "4", "tv", "2100",
            "København Ø", 723545.5, 6180878.5),
    Address("SJ", COPENHAGEN, "3026", "Strandvejen", "236C", "1", "tv", "2100",
            "København Ø", 724435.8, 6181090.5),
    Address("HK", COPENHAGEN, "3027", "Flæsketorvet", "237", "2", "", "1711",
            "København V", 723866.3, 6174783.3),
    # Homes where the map has something to say.
    Address("private", COPENHAGEN, "3040", "Nymosehave", "5", "", "", "2500",
            "Valby", 721221.7, 6174421.3, private_common_road=True),
    Address("overlap", COPENHAGEN, "3041", "Østrigsgade", "241", "2", "th", "2300",
            "København S", 727100.5, 6174541.2),
    Address("gap", COPENHAGEN, "3042", "Sluseholmen", "242", "7", "tv", "2450",
            "København SV", 723118.9, 6172440.2),
    Address("ørestad", COPENHAGEN, "3043", "Edvard Thomsens Vej", "243", "9", "th", "2300",
            "København S", 725174.1, 6170739.3),
    Address("nordhavn", COPENHAGEN, "3044", "Århusgade", "245", "6", "mf", "2150",
            "Nordhavn", 726100.0, 6179300.0),
    Address("cellar", COPENHAGEN, "3045", "Mozarts Plads", "8D", "kl", "2", "2450",
            "København SV", 722624.6, 6173138.6, care_of="Klub Kælderen", locality="Baghuset"),
    Address("flex", COPENHAGEN, "3008", "Jagtvej", "246", "2", "tv", "2200",
            "København N", 723098.2, 6177837.2),
    Address("frederiksberg", FREDERIKSBERG, "0501", "Smallegade", "244", "2", "tv", "2000",
            "Frederiksberg", 722031.4, 6175963.9),
)  # fmt: skip

CAST: dict[str, tuple[Inhabitant, ...]] = {
    "Everything is in order": (
        Inhabitant(
            "anna", "720585-1002", "Anna Vesterholm", date(1985, 5, 12), "VB",
            "Ejer en benzinbil i energiklasse A og bor på Vesterbro. Køber.",
            "Owns a petrol car of energy class A and lives in Vesterbro. Buys.",
            "buys",
        ),
        Inhabitant(
            "bo", "630379-1003", "Bo Nørregaard", date(1979, 3, 3), "IN",
            "Bruger, ikke ejer, af en dieselbil i den dyreste klasse. Køber.",
            "User, not owner, of a diesel car in the dearest class. Buys.",
            "buys", gender="M",
        ),
        Inhabitant(
            "clara", "870692-1004", "Clara Christiansen", date(1992, 6, 27), "CH",
            "Ejer en elbil på Christianshavn. Køber til elbilspris.",
            "Owns an electric car in Christianshavn. Buys at the price for electric cars.",
            "buys",
        ),
        Inhabitant(
            "dan", "741188-1005", "Dan Valbjørn", date(1988, 11, 14), "VS",
            "Bor i en zone med tidsbegrænsning. Beboerlicensen er gratis.",
            "Lives in a time-limited zone. The permit is free.",
            "free", gender="M",
        ),
        Inhabitant(
            "villy", "690369-1027", "Villy Motor", date(1969, 3, 9), "VB",
            "Ejer en motorcykel og har ikke Digital Post. Køber. Hans trailer afvises.",
            "Owns a motorcycle and has no Digital Post. Buys. His trailer is refused.",
            "buys", gender="M", digital_post=False,
        ),
    ),
    "What it costs": (
        Inhabitant(
            "asta", "640390-1030", "Asta Stikkontakt", date(1990, 3, 4), "IB",
            "Plug-in hybrid: køber til pris efter benzinforbruget, ikke elbilspris.",
            "Plug-in hybrid: buys by its petrol consumption, not at the electric price.",
            "buys",
        ),
        Inhabitant(
            "bent", "711162-1031", "Bent Dobbeltdrev", date(1962, 11, 11), "YØ",
            "Hybrid, der lader sig selv op: en benzinbil i energiklasse A. Køber.",
            "A hybrid that charges itself: a petrol car of energy class A. Buys.",
            "buys", gender="M",
        ),
        Inhabitant(
            "brian", "620284-1033", "Brian Brint", date(1984, 2, 2), "YN",
            "Brintbil. Køber til samme pris som elbiler.",
            "A hydrogen car. Buys at the price for electric cars.",
            "buys", gender="M",
        ),
        Inhabitant(
            "carsten", "830758-1035", "Carsten Flaskegas", date(1958, 7, 23), "AN",
            "Bilen kører på gas. Køber til højeste pris.",
            "The car runs on gas. Buys at the highest price.",
            "buys", gender="M",
        ),
        Inhabitant(
            "dorte", "650955-1036", "Dorte Veteran", date(1955, 9, 5), "VA",
            "Gammel bil uden forbrugstal. Køber til højeste pris.",
            "An old car with no consumption figure. Buys at the highest price.",
            "buys",
        ),
        Inhabitant(
            "egon", "720649-1037", "Egon Grænsemark", date(1949, 6, 12), "IØ",
            "Benzin, NEDC, præcis 15,3 km/l. Køber til mellemprisen.",
            "Petrol, NEDC, exactly 15.3 km/l. Buys at the middle price.",
            "buys", gender="M",
        ),
        Inhabitant(
            "fie", "731093-1038", "Fie Lige-Under", date(1993, 10, 13), "IØ",
            "Benzin, NEDC, 15,2 km/l: lige under grænsen. Køber til højeste pris.",
            "Petrol, NEDC, 15.2 km/l: just below the limit. Buys at the highest price.",
            "buys",
        ),
        Inhabitant(
            "gert", "840477-1039", "Gert Nymåler", date(1977, 4, 24), "CH",
            "12,6 km/l efter den nye norm, WLTP. Køber til mellemprisen.",
            "12.6 km/l by the newer norm, WLTP. Buys at the middle price.",
            "buys", gender="M",
        ),
        Inhabitant(
            "helle", "850477-1040", "Helle Gammelmåler", date(1977, 4, 25), "CH",
            "Samme tal, 12,6 km/l, men efter den gamle norm, NEDC. Køber til højeste pris.",
            "The same 12.6 km/l, but by the older norm, NEDC. Buys at the highest price.",
            "buys",
        ),
        Inhabitant(
            "iben", "880864-1042", "Iben Dieselgaard", date(1964, 8, 28), "YN",
            "Diesel, NEDC, præcis 17,2 km/l. Køber til mellemprisen.",
            "Diesel, NEDC, exactly 17.2 km/l. Buys at the middle price.",
            "buys",
        ),
        Inhabitant(
            "jonas", "690801-4043", "Jonas Dieselberg", date(2001, 8, 9), "YN",
            "Diesel, NEDC, 17,1 km/l: lige under grænsen. Køber til højeste pris.",
            "Diesel, NEDC, 17.1 km/l: just below the limit. Buys at the highest price.",
            "buys", gender="M",
        ),
        Inhabitant(
            "kirsten", "780571-1044", "Kirsten Dieseldal", date(1971, 5, 18), "AN",
            "Diesel, WLTP, 14,2 km/l. Køber til mellemprisen.",
            "Diesel, WLTP, 14.2 km/l. Buys at the middle price.",
            "buys",
        ),
        Inhabitant(
            "laura", "661298-1046", "Laura Normløs", date(1998, 12, 6), "VA",
            "20,0 km/l, men ingen ved, hvordan det er målt. Køber til højeste pris.",
            "20.0 km/l, but nobody knows how it was measured. Buys at the highest price.",
            "buys",
        ),
    ),
    "The vehicle": (
        Inhabitant(
            "ib", "710770-1011", "Ib Tungmand", date(1970, 7, 11), "IØ",
            "Varebil på 3.501 kg. Afvist. Hans anden bil vejer 3.500 kg og må gerne.",
            "A van of 3,501 kg. Refused. His other car weighs exactly 3,500 kg and may.",
            "refused", gender="M",
        ),
        Inhabitant(
            "jens", "680283-1013", "Jens Uheldig", date(1983, 2, 8), "AN",
            "Bilen er meldt stjålet. Afvist.",
            "The car is reported stolen. Refused.",
            "refused", gender="M",
        ),
        Inhabitant(
            "karen", "820865-1014", "Karen Afmeldt", date(1965, 8, 22), "YØ",
            "Bilen er afmeldt. Afvist.",
            "The car is deregistered. Refused.",
            "refused",
        ),
        Inhabitant(
            "lars", "791091-1015", "Lars Malmgren", date(1991, 10, 19), "IB",
            "Kører på udenlandske plader: ikke i Motorregistret. Afvist.",
            "Drives on foreign plates: not in the vehicle register. Refused.",
            "refused", ("vehicle is in the danish register",), drives=("SWE123",), gender="M",
        ),
        Inhabitant(
            "marie", "620397-1048", "Marie Splinterny", date(1997, 3, 2), "GJ",
            "Bilen er ved at blive registreret og må ikke køre endnu. Afvist.",
            "The car is being registered and may not be on the road yet. Refused.",
            "refused",
        ),
        Inhabitant(
            "mikkel", "670599-1049", "Mikkel Synshal", date(1999, 5, 7), "HS",
            "Bilen er indkaldt til syn, men ikke meldt stjålet. Gratis beboerlicens.",
            "The car is called in for inspection, but not reported stolen. A free permit.",
            "free", gender="M",
        ),
        Inhabitant(
            "nanna", "811181-1050", "Nanna Varevogn", date(1981, 11, 21), "VL",
            "Varebil på præcis 3.500 kg. Gratis beboerlicens.",
            "A van of exactly 3,500 kg. A free permit.",
            "free",
        ),
        Inhabitant(
            "otto", "751074-1051", "Otto Tungstrøm", date(1974, 10, 15), "LP",
            "El-varebil på 3.501 kg. Afvist: også elbiler kan være for tunge.",
            "An electric van of 3,501 kg. Refused: electric vehicles can be too heavy as well.",
            "refused", gender="M",
        ),
        Inhabitant(
            "pia", "640661-1052", "Pia Rejseglad", date(1961, 6, 4), "AS",
            "Autocamper på 3.200 kg. Gratis beboerlicens.",
            "A camper of 3,200 kg. A free permit.",
            "free",
        ),
        Inhabitant(
            "poul", "700159-1053", "Poul Rullehjem", date(1959, 1, 10), "AS",
            "Autocamper på 4.250 kg. Afvist: for tung.",
            "A camper of 4,250 kg. Refused: too heavy.",
            "refused", gender="M",
        ),
        Inhabitant(
            "rosa", "770386-1054", "Rosa Vognmand", date(1986, 3, 17), "SV",
            "Lastbil på 7.000 kg. Afvist af to grunde. Hendes lette lastbil afvises også.",
            "A lorry of 7,000 kg. Refused for two reasons. Her light lorry is refused as well.",
            "refused",
        ),
        Inhabitant(
            "sanne", "910889-1056", "Sanne Storebil", date(1989, 8, 31), "SØ",
            "Stor personbil til 15 personer. Afvist: det er en bus.",
            "A large car for 15 people. Refused: it is a bus.",
            "refused",
        ),
        Inhabitant(
            "saleem", "730694-1057", "Saleem Taxholm", date(1994, 6, 13), "GD",
            "Ejer og kører sin egen taxi. Gratis beboerlicens.",
            "Owns and drives his own taxi. A free permit.",
            "free", gender="M",
        ),
        Inhabitant(
            "thor", "661066-1059", "Thor Campingvang", date(1966, 10, 6), "ÅH",
            "Campingvogn. Afvist. Hans traktor og hans knallert afvises også.",
            "A caravan. Refused. His tractor and his moped are refused as well.",
            "refused", gender="M",
        ),
        Inhabitant(
            "zenia", "840295-1060", "Zenia Zebraberg", date(1995, 2, 24), "BB",
            "Ønskeplade med Æ i. Gratis beboerlicens.",
            "A personal plate with an Æ in it. A free permit.",
            "free",
        ),
        Inhabitant(
            "torben", "790567-1061", "Torben Uvejet", date(1967, 5, 19), "SJ",
            "Motorregistret kender ikke bilens vægt. En sagsbehandler skal se på det.",
            "The vehicle register does not know how heavy the car is. A case worker must look.",
            "open", awaits=("case worker",), gender="M",
        ),
        Inhabitant(
            "ulla", "641276-1024", "Ulla Ventegaard", date(1976, 12, 4), "YN",
            "Motorregistret svarer ikke om hendes bil, før fejlen tages væk på kontrolsiden.",
            "The vehicle register fails on her car until the fault is taken away on the"
            " control page.",
            "open", awaits=("vehicle register",),
        ),
    ),
    "The right to the vehicle": (
        Inhabitant(
            "hanne", "750475-1010", "Hanne Laanholt", date(1975, 4, 15), "YN",
            "Bilen tilhører en anden. Afvist.",
            "The car belongs to somebody else. Refused.",
            "refused", SOMEBODY_ELSES, drives=("ZH10008",),
        ),
        Inhabitant(
            "ditte", "810300-4062", "Ditte Medbruger", date(2000, 3, 21), "RP",
            "Den anden af to brugere af en bil. Gratis beboerlicens.",
            "The second of a car's two users. A free permit.",
            "free",
        ),
        Inhabitant(
            "emil", "820400-4063", "Emil Førstebruger", date(2000, 4, 22), "RP",
            "Den første af de to brugere. Gratis beboerlicens, hvis Ditte ikke har en.",
            "The first of those two users. A free permit, if Ditte has none.",
            "free", gender="M",
        ),
        Inhabitant(
            "ida", "630192-1064", "Ida Nyejer", date(1992, 1, 3), "VI",
            "Købte sin bil i går. Gratis beboerlicens.",
            "Bought her car yesterday. A free permit.",
            "free",
        ),
        Inhabitant(
            "holger", "650352-1065", "Holger Solgtbil", date(1952, 3, 5), "VI",
            "Solgte bilen til Ida i går. Afvist.",
            "Sold the car to Ida yesterday. Refused.",
            "refused", SOMEBODY_ELSES, drives=("ZW30004",), gender="M",
        ),
        Inhabitant(
            "olga", "830378-1018", "Olga Firmin", date(1978, 3, 23), "VB",
            "Firmabil uden erklæring om enebrug. Afvist, men en erklæring vil hjælpe.",
            "Company car without a sole-user declaration. Refused, but a declaration would help.",
            "refused", COMPANY_CAR, drives=("ZP10016",),
        ),
        Inhabitant(
            "henrik", "760680-1067", "Henrik Firmabruger", date(1980, 6, 16), "KE",
            "Registreret bruger af en firmabil: ingen erklæring. Gratis beboerlicens.",
            "Registered as the user of a company car: no declaration needed. A free permit.",
            "free", gender="M",
        ),
        Inhabitant(
            "peter", "860684-1019", "Peter Leegaard", date(1984, 6, 26), "NV",
            "Ejer en bil og er bruger af en leaset. Gratis beboerlicens i Nordvest til en af dem.",
            "Owns a car and uses a leased one. A free permit in Nordvest for one of them.",
            "free", gender="M",
        ),
        Inhabitant(
            "frede", "710573-1069", "Frede Langtidsleje", date(1973, 5, 11), "NV",
            "Leaset bil, hvor han ikke er registreret som bruger. Afvist, men en kontrakt vil"
            " hjælpe.",
            "A leased car whose user he is not registered as. Refused, but a contract would help.",
            "refused", LEASED_CAR, drives=("ZW30006",), gender="M",
        ),
        Inhabitant(
            "gerda", "630557-1070", "Gerda Udlejer", date(1957, 5, 3), "BB",
            "Ejer bilen, men leaser den ud til en anden. Afvist.",
            "Owns the car, but leases it out to somebody else. Refused.",
            "refused", LEASED_CAR,
        ),
    ),
    "The home": (
        Inhabitant(
            "kamma", "720488-1072", "Kamma Kødbylund", date(1988, 4, 12), "HK",
            "Bor i Kødbyen, hvor grænsen er én time. Gratis beboerlicens.",
            "Lives in the Meatpacking District, where the limit is one hour. A free permit.",
            "free",
        ),
        Inhabitant(
            "kjeld", "670246-1073", "Kjeld Kælderskov", date(1946, 2, 7), "cellar",
            "Bor i en kælder i baghuset, c/o en klub. Gratis beboerlicens.",
            "Lives in a cellar behind the yard, care of a club. A free permit.",
            "free", gender="M",
        ),
        Inhabitant(
            "freja", "690990-1008", "Freja Bergmann", date(1990, 9, 9), "frederiksberg",
            "Bor på Frederiksberg, en anden kommune. Afvist.",
            "Lives in Frederiksberg, another municipality. Refused.",
            "refused",
            ("home is in the municipality", "home gives right to a permit zone"),
        ),
        Inhabitant(
            "gorm", "610182-1009", "Gorm Ørestad", date(1982, 1, 1), "ørestad",
            "Bor i Ørestad, som ikke er i en zone. Afvist.",
            "Lives in Ørestad, which is in no zone. Refused.",
            "refused", ("home gives right to a permit zone",), gender="M",
        ),
        Inhabitant(
            "nora", "830891-1074", "Nora Havnemole", date(1991, 8, 23), "nordhavn",
            "Bor i Nordhavn, som ikke er i en zone. Afvist.",
            "Lives in Nordhavn, which is in no zone. Refused.",
            "refused", ("home gives right to a permit zone",),
        ),
        Inhabitant(
            "tove", "620268-1022", "Tove Vejgaard", date(1968, 2, 2), "private",
            "Bor på en privat fællesvej. Køber, med en advarsel om vejen.",
            "Lives on a private common road. Buys, with a caution about the road.",
            "buys",
        ),
        Inhabitant(
            "viggo", "760872-1025", "Viggo Grænsen", date(1972, 8, 16), "overlap",
            "Bor hvor to områder overlapper. En sagsbehandler skal se på det.",
            "Lives where two areas overlap. A case worker must look.",
            "open", awaits=("case worker",), gender="M",
        ),
        Inhabitant(
            "yrsa", "810796-1026", "Yrsa Slusegaard", date(1996, 7, 21), "gap",
            "Bor hvor kortet intet siger. En sagsbehandler skal se på det.",
            "Lives where the map says nothing. A case worker must look.",
            "open", awaits=("case worker",),
        ),
        Inhabitant(
            "soeren", "780494-1021", "Søren Skjult", date(1994, 4, 18), "HA",
            "Har adressebeskyttelse. Får gratis beboerlicens; adressen vises aldrig.",
            "Has a protected address. Gets a free permit; the address is never shown.",
            "free", protected=True, gender="M",
        ),
        Inhabitant(
            "hemming", "790385-1075", "Hemming Heltskjult", date(1985, 3, 19), None,
            "Har adressebeskyttelse, og CPR fortæller slet ingen adresse. En sagsbehandler skal"
            " se på det.",
            "Has a protected address, and CPR tells none at all. A case worker must look.",
            "open", awaits=("case worker",), protected=True, gender="M",
        ),
        Inhabitant(
            "svend", "650970-1077", "Svend Udenbolig", date(1970, 9, 5), None,
            "Har ingen fast bopæl. En sagsbehandler skal se på det.",
            "Has no fixed address. A case worker must look.",
            "open", awaits=("case worker",), status=3, gender="M",
        ),
        Inhabitant(
            "trine", "840999-1078", "Trine Flyttekasse", date(1999, 9, 24), "VB",
            "Flyttede til Vesterbro i går. Køber.",
            "Moved to Vesterbro yesterday. Buys.",
            "buys", moved_in=YESTERDAY,
        ),
    ),
    "The applicant": (
        Inhabitant(
            "erik", _number(IS_17, "4007"), "Erik Ungermann", IS_17, "VB",
            "Er 17 år. Afvist: under 18.",
            "Is 17 years old. Refused: under 18.",
            "refused", ("applicant is of age",), gender="M",
        ),
        Inhabitant(
            "alma", _number(IS_18, "4080"), "Alma Attenaar", IS_18, "VB",
            "Bliver 18 i dag. Køber.",
            "Turns 18 today. Buys.",
            "buys",
        ),
        Inhabitant(
            "rikke", "660987-1020", "Rikke Rejsende", date(1987, 9, 6), None,
            "Er udrejst af landet. Afvist.",
            "Has emigrated. Refused.",
            "refused", ("applicant lives in denmark",), status=80, digital_post=False,
        ),
        Inhabitant(
            "dagmar", "680239-1082", "Dagmar Mindelund", date(1939, 2, 8), None,
            "Er død. Loginnet er fra før, dødsfaldet blev registreret. Afvist.",
            "Is dead. The login was made before the death was registered. Refused.",
            "refused", ("applicant lives in denmark",), status=90, digital_post=False,
        ),
        Inhabitant(
            "frank", "700763-1083", "Frank Forsvundet", date(1963, 7, 10), None,
            "Er registreret som forsvundet. Afvist.",
            "Is registered as disappeared. Refused.",
            "refused", ("applicant lives in denmark",),
            status=70, digital_post=False, gender="M",
        ),
        Inhabitant(
            "nuka", "750688-1084", "Nuka Nordlys", date(1988, 6, 15), None,
            "Bor i Grønland. Afvist.",
            "Lives in Greenland. Refused.",
            "refused", ("applicant lives in denmark",), status=5,
        ),
        Inhabitant(
            "pavel", "781079-1085", "Pavel Skattekort", date(1979, 10, 18), None,
            "Har kun et dansk skattenummer og bor ikke her. Afvist.",
            "Has a Danish tax number only and does not live here. Refused.",
            "refused", ("applicant lives in denmark",), status=20, gender="M",
        ),
        Inhabitant(
            "noor", "620503-4086", "Noor Nytnummer", date(2003, 5, 2), "IB",
            "Har fået nyt personnummer; loginnet fortæller det gamle. Køber, og ser sin afgift.",
            "Has a new person number; the login tells the old one. Buys, and sees her charge.",
            "buys", former_number="610503-4088",
        ),
    ),
    "How many": (
        Inhabitant(
            "mette", "651280-1016", "Mette Dobbelt", date(1980, 12, 5), "VA",
            "Har allerede en beboerlicens til en af sine biler. Afvist: én pr. voksen.",
            "Already has a permit for one of her cars. Refused: one per adult.",
            "refused", ("applicant has a permit left",),
        ),
        Inhabitant(
            "tine", "730688-1094", "Tine Tastefejl", date(1988, 6, 13), "VB",
            "Skrev ét tegn forkert, da hun købte licens, og fik en afgift. Afvist: én pr. voksen.",
            "Got one sign wrong when buying her permit, and was charged. Refused: one per adult.",
            "refused", ("applicant has a permit left",),
        ),
        Inhabitant(
            "niels", "770595-1017", "Niels Deleby", date(1995, 5, 17), "IN",
            "Bilen har allerede en gyldig beboerlicens. Afvist.",
            "The car already has an active permit. Refused.",
            "refused", gender="M",
        ),
        Inhabitant(
            "inger", "900196-1028", "Inger Deleby", date(1996, 1, 30), "IN",
            "Bruger Niels' bil og har beboerlicensen til den. Afvist: én pr. voksen.",
            "Uses Niels's car and holds its permit. Refused: one per adult.",
            "refused", ("applicant has a permit left",),
        ),
        Inhabitant(
            "rita", "641175-1090", "Rita Udløber", date(1975, 11, 4), "YØ",
            "Hendes beboerlicens udløb i går. Køber en ny.",
            "Her permit ended yesterday. Buys a new one.",
            "buys",
        ),
        Inhabitant(
            "sonja", "640675-1092", "Sonja Sidstedag", date(1975, 6, 4), "YØ",
            "Hendes beboerlicens udløber i dag. Afvist i dag, ikke i morgen.",
            "Her permit ends today. Refused today, but not tomorrow.",
            "refused", ("applicant has a permit left",),
        ),
    ),
}  # fmt: skip

INHABITANTS = tuple(chain.from_iterable(CAST.values()))

COMPANIES = (
    Company("99000101", "Nordhavn Rengøring ApS"),
    Company("99000202", "Sundby Billeasing A/S"),
    Company("99000303", "Amager Videreleje ApS", digital_post=False),  # exempt
)

VEHICLES = (
    # Everything is in order.
    Vehicle("ZA10001", "Skoda", "Fabia", (owner("anna"),), km_per_l=20.4, co2=112),
    Vehicle("ZB10002", "Ford", "Mondeo", (Registration("owner", "hanne", primary=False),
            Registration("user", "bo")), fuel="diesel", km_per_l=15.6, co2=169,
            first_registered=date(2013, 6, 3), norm="NEDC", colour="Blå", tier="c"),
    Vehicle("ZC10003", "Hyundai", "Kona", (owner("clara"),), fuel="electric", km_per_l=None,
            co2=0, gross_weight_kg=2170, colour="Hvid", tier="zero"),
    Vehicle("ZD10004", "Toyota", "Yaris", (owner("dan"),), km_per_l=17.5, co2=130),
    Vehicle("ZX10024", "Yamaha", "MT-07", (owner("villy"),), kind="motorcycle",
            gross_weight_kg=360, km_per_l=23.8, co2=98, colour="Sort", tier="zero"),
    Vehicle("ZX10025", "Brenderup", "1205", (owner("villy"),), kind="trailer",
            gross_weight_kg=750, km_per_l=None, co2=None,
            because_not=("vehicle is of a permitted kind",)),
    # What it costs.
    Vehicle("ZW10001", "Kia", "Niro", (owner("asta"),), hybrid="plug-in", km_per_l=52.6, co2=31),
    Vehicle("ZW10002", "Toyota", "Prius", (owner("bent"),), hybrid="self-charging", norm="NEDC",
            km_per_l=22.7, co2=104, first_registered=date(2012, 5, 2)),
    Vehicle("ZW10003", "Toyota", "Mirai", (owner("brian"),), fuel="hydrogen", km_per_l=None,
            co2=0, gross_weight_kg=2400, tier="zero"),
    Vehicle("ZW10004", "Opel", "Zafira", (owner("carsten"),), fuel="gas", km_per_l=30.0,
            norm="NEDC", tier="c"),
    Vehicle("ZW10005", "Volvo", "240", (owner("dorte"),), km_per_l=None, co2=None, norm=None,
            first_registered=date(1985, 5, 20), tier="c"),
    Vehicle("ZW10006", "Peugeot", "307", (owner("egon"),), km_per_l=15.3, norm="NEDC",
            first_registered=date(2007, 2, 1), tier="b"),
    Vehicle("ZW10007", "Peugeot", "307", (owner("fie"),), km_per_l=15.2, norm="NEDC",
            first_registered=date(2007, 2, 1), tier="c"),
    Vehicle("ZW10008", "Mazda", "CX-5", (owner("gert"),), km_per_l=12.6, tier="b"),
    Vehicle("ZW10009", "Saab", "9-5", (owner("helle"),), km_per_l=12.6, norm="NEDC",
            first_registered=date(2005, 9, 12), tier="c"),
    Vehicle("ZW10010", "Citroën", "Berlingo", (owner("iben"),), fuel="diesel", km_per_l=17.2,
            norm="NEDC", first_registered=date(2010, 3, 8), tier="b"),
    Vehicle("ZW10011", "Citroën", "Berlingo", (owner("jonas"),), fuel="diesel", km_per_l=17.1,
            norm="NEDC", first_registered=date(2010, 3, 8), tier="c"),
    Vehicle("ZW10012", "Volkswagen", "Tiguan", (owner("kirsten"),), fuel="diesel", km_per_l=14.2,
            tier="b"),
    Vehicle("ZW10013", "Suzuki", "Alto", (owner("laura"),), km_per_l=20.0, norm=None, tier="c"),
    # The vehicle.
    Vehicle("ZJ10009", "Mercedes-Benz", "Sprinter", (owner("ib"),), kind="van", fuel="diesel",
            gross_weight_kg=3501, km_per_l=11.2, co2=236, use="goods", colour="Hvid",
            because_not=("vehicle is not too heavy",)),
    Vehicle("ZJ10010", "Volkswagen", "Grand California", (owner("ib"),), fuel="diesel",
            gross_weight_kg=3500, km_per_l=10.4, co2=252, tier="c"),
    Vehicle("ZK10011", "Audi", "A3", (owner("jens"),), stolen=True, colour="Sort",
            because_not=("vehicle is not reported stolen",)),
    Vehicle("ZK10012", "Opel", "Corsa", (owner("karen"),), status="deregistered",
            first_registered=date(2006, 9, 1), norm="NEDC", km_per_l=16.9,
            because_not=("vehicle is in traffic",)),
    Vehicle("ZW20001", "Skoda", "Enyaq", (owner("marie"),), fuel="electric", km_per_l=None, co2=0,
            status="being prepared", because_not=("vehicle is in traffic",)),
    Vehicle("ZW20002", "Fiat", "Panda", (owner("mikkel"),), called_in=True),
    Vehicle("ZW20003", "Ford", "Transit", (owner("nanna"),), kind="van", use="goods",
            gross_weight_kg=3500, fuel="diesel", km_per_l=12.0, tier="c"),
    Vehicle("ZW20004", "Maxus", "eDeliver 9", (owner("otto"),), kind="van", use="goods",
            gross_weight_kg=3501, fuel="electric", km_per_l=None, co2=0,
            because_not=("vehicle is not too heavy",)),
    Vehicle("ZW20005", "Hymer", "Free 540", (owner("pia"),), kind="van", use="living in",
            gross_weight_kg=3200, fuel="diesel", km_per_l=10.0, tier="c"),
    Vehicle("ZW20006", "Hymer", "B-Klasse", (owner("poul"),), kind="car", use="living in",
            gross_weight_kg=4250, fuel="diesel", km_per_l=9.0,
            because_not=("vehicle is not too heavy",)),
    Vehicle("ZW20007", "Scania", "P 280", (owner("rosa"),), kind="lorry", use="goods",
            gross_weight_kg=7000, fuel="diesel", km_per_l=None, norm=None,
            because_not=("vehicle is of a permitted kind", "vehicle is not too heavy")),
    Vehicle("ZW20008", "Isuzu", "N35", (owner("rosa"),), kind="lorry", use="goods",
            gross_weight_kg=3490, fuel="diesel", km_per_l=None, norm=None,
            because_not=("vehicle is of a permitted kind",)),
    Vehicle("ZW20009", "Mercedes-Benz", "Sprinter", (owner("sanne"),), kind="large car",
            gross_weight_kg=3500, fuel="diesel", km_per_l=10.0,
            because_not=("vehicle is of a permitted kind",)),
    Vehicle("ZW20010", "Toyota", "Corolla", (owner("saleem"),), use="taxi",
            hybrid="self-charging", km_per_l=22.2),
    Vehicle("ZW20011", "Hobby", "460", (owner("thor"),), kind="caravan", gross_weight_kg=1400,
            km_per_l=None, co2=None, because_not=("vehicle is of a permitted kind",)),
    Vehicle("ZW20012", "Ferguson", "TE20", (owner("thor"),), kind="tractor",
            gross_weight_kg=1200, fuel="diesel", km_per_l=None, co2=None, norm=None,
            first_registered=date(1952, 4, 1), because_not=("vehicle is of a permitted kind",)),
    Vehicle("ZW20013", "Vespa", "Primavera", (owner("thor"),), kind="moped", gross_weight_kg=300,
            km_per_l=None, co2=None, norm=None, because_not=("vehicle is of a permitted kind",)),
    Vehicle("ZÆBRA", "Mini", "Cooper", (owner("zenia"),), km_per_l=17.2, personal_plate=True),
    Vehicle("ZW20014", "Lancia", "Thema", (owner("torben"),), gross_weight_kg=None, norm="NEDC",
            first_registered=date(1988, 8, 8), km_per_l=None),
    Vehicle("ZU10021", "Honda", "Jazz", (owner("ulla"),), km_per_l=21.0, register_fails=True),
    # The right to the vehicle.
    Vehicle("ZH10008", "Volvo", "V60", (owner("peter"),), km_per_l=14.1, co2=162, tier="b"),
    Vehicle("ZW30001", "Dacia", "Duster", (owner("holger"), Registration("user", "emil"),
            Registration("user", "ditte", primary=False))),
    Vehicle("ZW30004", "Skoda", "Octavia", (Registration("owner", "ida", since=YESTERDAY),)),
    Vehicle("ZP10016", "Volkswagen", "Passat", (Registration("owner", "99000101"),),
            fuel="diesel", km_per_l=19.0),
    Vehicle("ZW30005", "Tesla", "Model 3", (Registration("owner", "99000101"),
            Registration("user", "henrik")), fuel="electric", km_per_l=None, co2=0, tier="zero"),
    Vehicle("ZR10017", "BMW", "i3", (Registration("owner", "99000202"),
            Registration("user", "peter")), fuel="electric", km_per_l=None, co2=0, leasing=True,
            tier="zero"),
    Vehicle("ZW30006", "Renault", "Zoe", (Registration("owner", "99000202"),
            Registration("sublessor", "99000303")), fuel="electric", km_per_l=None, co2=0,
            leasing=True, tier="zero"),
    Vehicle("ZW30007", "Porsche", "911", (owner("gerda"), Registration("user", "99000303")),
            km_per_l=9.8, leasing=True, tier="c"),
    # The home.
    Vehicle("ZW40001", "Peugeot", "108", (owner("kamma"),)),
    Vehicle("ZW40002", "Volkswagen", "Up", (owner("kjeld"),)),
    Vehicle("ZF10006", "Peugeot", "208", (owner("freja"),)),
    Vehicle("ZG10007", "Kia", "Ceed", (owner("gorm"),)),
    Vehicle("ZW40003", "Polestar", "2", (owner("nora"),), fuel="electric", km_per_l=None, co2=0,
            gross_weight_kg=2600, tier="zero"),
    Vehicle("ZT10020", "Toyota", "Aygo", (owner("tove"),), km_per_l=20.9, co2=109, colour="Gul"),
    Vehicle("ZV10022", "Dacia", "Sandero", (owner("viggo"),), km_per_l=17.1),
    Vehicle("ZY10023", "Seat", "Ibiza", (owner("yrsa"),), km_per_l=18.8),
    Vehicle("ZS10019", "Suzuki", "Swift", (owner("soeren"),), km_per_l=20.0),
    Vehicle("ZW40004", "Hyundai", "i10", (owner("hemming"),)),
    Vehicle("ZW40005", "Citroën", "Jumper", (owner("svend"),), kind="van", fuel="diesel",
            km_per_l=13.0, gross_weight_kg=3000, tier="c"),
    Vehicle("ZW40006", "Opel", "Astra", (owner("trine"),), km_per_l=17.9),
    # The applicant.
    Vehicle("ZE10005", "Fiat", "500", (owner("erik"),), km_per_l=19.2, co2=119, colour="Rød"),
    Vehicle("ZW50001", "Fiat", "500", (owner("alma"),), km_per_l=19.2, co2=119, colour="Hvid"),
    Vehicle("ZR10018", "Nissan", "Micra", (owner("rikke"),)),
    Vehicle("ZW50002", "Rover", "Mini", (owner("dagmar"),), km_per_l=None, co2=None, norm=None,
            first_registered=date(1989, 6, 1), tier="c"),
    Vehicle("ZW50003", "Lada", "Niva", (owner("frank"),), km_per_l=9.5, norm="NEDC", tier="c"),
    Vehicle("ZW50004", "Subaru", "Forester", (owner("nuka"),), km_per_l=12.0, tier="c"),
    Vehicle("ZW50005", "Skoda", "Superb", (owner("pavel"),), fuel="diesel", km_per_l=18.2),
    Vehicle("ZW50006", "Kia", "Picanto", (owner("noor"),), km_per_l=20.0),
    # How many.
    Vehicle("ZM31751", "Skoda", "Citigo", (owner("tine"),)),
    Vehicle("ZM10013", "Mazda", "2", (owner("mette"),), km_per_l=18.5),
    Vehicle("ZM10014", "Citroën", "C3", (owner("mette"),), km_per_l=17.0,
            because_not=("vehicle has no other permit",)),
    Vehicle("ZN10015", "Renault", "Clio", (owner("niels"),
            Registration("user", "inger", primary=False)),
            because_not=("vehicle has no other permit",)),
    Vehicle("ZW60001", "Ford", "Fiesta", (owner("rita"),)),
    Vehicle("ZW60002", "Ford", "Fiesta", (owner("sonja"),), colour="Rød",
            because_not=("vehicle has no other permit",)),
)  # fmt: skip

PERMITS = (
    KnownPermit("ERP-100001", "mette", "ZM10014", "VA", began_days_ago=120),
    KnownPermit("ERP-100002", "inger", "ZN10015", "IN", began_days_ago=60),
    KnownPermit("ERP-100003", "rita", "ZW60001", "YØ", began_days_ago=365),
    KnownPermit("ERP-100004", "sonja", "ZW60002", "YØ", began_days_ago=364),
    KnownPermit("ERP-100005", "tine", "ZM31757", "VB", began_days_ago=200, mistyped=True),
)


def address(key: str) -> Address:
    """The dwelling of that key.

    :raises KeyError: if there is none
    """
    return _ADDRESSES[key]


def inhabitant(slug: str) -> Inhabitant | None:
    """The person of that slug."""
    return _INHABITANTS.get(slug)


def person(person_number: str) -> Inhabitant | None:
    """The person of that number, or who had it once; written with or without the hyphen."""
    return _PERSONS.get(person_number.replace("-", ""))


def company(number: str) -> Company | None:
    """The company of that number."""
    return _COMPANIES.get(number)


def vehicle(plate: str) -> Vehicle | None:
    """The vehicle of that plate, written in capitals without spaces."""
    return _VEHICLES.get(plate)


def home(of: Inhabitant) -> Address | None:
    """Where somebody is registered."""
    return None if of.home is None else _ADDRESSES[of.home]


def plates(of: Inhabitant) -> tuple[str, ...]:
    """The plates somebody would type: their own, and those that only seem to be theirs."""
    return of.drives or tuple(
        each.plate
        for each in VEHICLES
        if any(held.holder == of.slug for held in each.registrations)
    )


def because_not(of: Inhabitant, plate: str) -> frozenset[str]:
    """The sentences of the regulation that refuse somebody a permit for a plate today."""
    driven = _VEHICLES.get(plate)
    return frozenset((*of.because_not, *(driven.because_not if driven else ())))


_ADDRESSES = {each.key: each for each in ADDRESSES}
_INHABITANTS = {each.slug: each for each in INHABITANTS}
_PERSONS = {
    number.replace("-", ""): each
    for each in INHABITANTS
    for number in (each.person_number, each.former_number)
    if number
}
_COMPANIES = {each.number: each for each in COMPANIES}
_VEHICLES = {each.plate: each for each in VEHICLES}
