"""The inhabitants: everybody and everything that the outside systems know, on one page.

Read it like the test cards of a payment provider: each inhabitant is there for one reason, and
`outcome` says what the portal should do. Nobody here exists: person numbers have 60 added to the
day, plates begin with Z (a series not issued), house numbers and road codes are invented. Amounts
of money are not here: they belong to the ERP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID, uuid5

IDENTITIES = UUID("3f6d5a10-0101-4c8e-9b1a-c0ffee000101")

COPENHAGEN = "0101"
FREDERIKSBERG = "0147"


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
    """A person. `status` is the CPR status code: 1 resident, 80 emigrated, 90 dead."""

    slug: str
    person_number: str
    name: str
    born: date
    home: str | None
    story_da: str
    story_en: str
    outcome: Literal["buys", "free", "refused", "open"]
    status: int = 1
    protected: bool = False
    digital_post: bool = True
    gender: Literal["K", "M"] = "K"

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


@dataclass(frozen=True)
class Registration:
    """Who is registered for a vehicle: `holder` is an inhabitant's slug or a company number."""

    relation: Literal["owner", "user"]
    holder: str
    primary: bool = True
    since: date = date(2021, 4, 1)


@dataclass(frozen=True)
class Vehicle:
    """A vehicle in the vehicle register. `km_per_l` is None when the register has no figure."""

    plate: str
    make: str
    model: str
    registrations: tuple[Registration, ...]
    kind: Literal["car", "van", "motorcycle", "trailer"] = "car"
    colour: str = "Grå"
    gross_weight_kg: int = 1750
    fuel: Literal["petrol", "diesel", "electric"] = "petrol"
    km_per_l: float | None = 18.9
    co2: int | None = 120
    norm: Literal["NEDC", "WLTP"] = "WLTP"
    first_registered: date = date(2021, 4, 1)
    status: Literal["registered", "deregistered"] = "registered"
    use: Literal["private", "goods"] = "private"
    stolen: bool = False
    leasing: bool = False
    register_fails: bool = False


@dataclass(frozen=True)
class KnownPermit:
    """A permit that the ERP already has on the first day, valid for a year from `began`."""

    number: str
    holder: str
    plate: str
    zone: str
    began_days_ago: int


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
    Address("frederiksberg", FREDERIKSBERG, "0501", "Smallegade", "244", "2", "tv", "2000",
            "Frederiksberg", 722031.4, 6175963.9),
)  # fmt: skip

INHABITANTS = (
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
        "Bor i en zone med tidsbegrænsning. Tilladelsen er gratis.",
        "Lives in a time-limited zone. The permit is free.",
        "free", gender="M",
    ),
    Inhabitant(
        "erik", "801109-4007", "Erik Ungermann", date(2009, 11, 20), "VB",
        "Er 17 år indtil 20. november 2027. Afvist: under 18.",
        "Is 17 years old until 20 November 2027. Refused: under 18.",
        "refused", gender="M",
    ),
    Inhabitant(
        "freja", "690990-1008", "Freja Bergmann", date(1990, 9, 9), "frederiksberg",
        "Bor på Frederiksberg, en anden kommune. Afvist.",
        "Lives in Frederiksberg, another municipality. Refused.",
        "refused",
    ),
    Inhabitant(
        "gorm", "610182-1009", "Gorm Ørestad", date(1982, 1, 1), "ørestad",
        "Bor i Ørestad, som ikke er i en zone. Afvist.",
        "Lives in Ørestad, which is in no zone. Refused.",
        "refused", gender="M",
    ),
    Inhabitant(
        "hanne", "750475-1010", "Hanne Laanholt", date(1975, 4, 15), "YN",
        "Bilen tilhører en anden. Afvist.",
        "The car belongs to somebody else. Refused.",
        "refused",
    ),
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
        "refused", gender="M",
    ),
    Inhabitant(
        "mette", "651280-1016", "Mette Dobbelt", date(1980, 12, 5), "VA",
        "Har allerede en tilladelse til en anden bil. Afvist: én pr. voksen.",
        "Already has a permit for another car. Refused: one per adult.",
        "refused",
    ),
    Inhabitant(
        "niels", "770595-1017", "Niels Deleby", date(1995, 5, 17), "IN",
        "Bilen har allerede en aktiv tilladelse. Afvist.",
        "The car already has an active permit. Refused.",
        "refused", gender="M",
    ),
    Inhabitant(
        "inger", "900196-1028", "Inger Deleby", date(1996, 1, 30), "IN",
        "Bruger Niels' bil og har tilladelsen til den. Afvist: én pr. voksen.",
        "Uses Niels's car and holds its permit. Refused: one per adult.",
        "refused",
    ),
    Inhabitant(
        "olga", "830378-1018", "Olga Firmin", date(1978, 3, 23), "VB",
        "Firmabil uden erklæring om enebrug. Afvist.",
        "Company car without a sole-user declaration. Refused.",
        "refused",
    ),
    Inhabitant(
        "peter", "860684-1019", "Peter Leegaard", date(1984, 6, 26), "NV",
        "Leaset bil: han er bruger, leasingselskabet ejer. Gratis tilladelse i Nordvest.",
        "Leased car: he is the user, the leasing company the owner. Free permit in Nordvest.",
        "free", gender="M",
    ),
    Inhabitant(
        "rikke", "660987-1020", "Rikke Rejsende", date(1987, 9, 6), None,
        "Er udrejst af landet. Afvist.",
        "Has emigrated. Refused.",
        "refused", status=80, digital_post=False,
    ),
    Inhabitant(
        "soeren", "780494-1021", "Søren Skjult", date(1994, 4, 18), "HA",
        "Har adressebeskyttelse. Får gratis tilladelse; adressen vises aldrig.",
        "Has a protected address. Gets a free permit; the address is never shown.",
        "free", protected=True, gender="M",
    ),
    Inhabitant(
        "tove", "620268-1022", "Tove Vejgaard", date(1968, 2, 2), "private",
        "Bor på en privat fællesvej. Køber, med en advarsel om vejen.",
        "Lives on a private common road. Buys, with a caution about the road.",
        "buys",
    ),
    Inhabitant(
        "ulla", "641276-1024", "Ulla Ventegaard", date(1976, 12, 4), "YN",
        "Motorregistret svarer ikke om hendes bil, før fejlen tages væk på kontrolsiden.",
        "The vehicle register fails on her car until the fault is taken away on the control page.",
        "open",
    ),
    Inhabitant(
        "viggo", "760872-1025", "Viggo Grænsen", date(1972, 8, 16), "overlap",
        "Bor hvor to områder overlapper. En sagsbehandler skal se på det.",
        "Lives where two areas overlap. A case worker must look.",
        "open", gender="M",
    ),
    Inhabitant(
        "yrsa", "810796-1026", "Yrsa Slusegaard", date(1996, 7, 21), "gap",
        "Bor hvor kortet intet siger. En sagsbehandler skal se på det.",
        "Lives where the map says nothing. A case worker must look.",
        "open",
    ),
    Inhabitant(
        "villy", "690369-1027", "Villy Motor", date(1969, 3, 9), "VB",
        "Ejer en motorcykel. Køber. Hans trailer afvises.",
        "Owns a motorcycle. Buys. His trailer is refused.",
        "buys", gender="M", digital_post=False,
    ),
)  # fmt: skip

COMPANIES = (
    Company("99000101", "Nordhavn Rengøring ApS"),
    Company("99000202", "Sundby Billeasing A/S"),
)

VEHICLES = (
    Vehicle("ZA10001", "Skoda", "Fabia", (owner("anna"),), km_per_l=20.4, co2=112),
    Vehicle("ZB10002", "Ford", "Mondeo", (Registration("owner", "hanne", primary=False),
            Registration("user", "bo")), fuel="diesel", km_per_l=15.6, co2=169,
            first_registered=date(2013, 6, 3), norm="NEDC", colour="Blå"),
    Vehicle("ZC10003", "Hyundai", "Kona", (owner("clara"),), fuel="electric", km_per_l=None,
            co2=0, gross_weight_kg=2170, colour="Hvid"),
    Vehicle("ZD10004", "Toyota", "Yaris", (owner("dan"),), km_per_l=17.5, co2=130),
    Vehicle("ZE10005", "Fiat", "500", (owner("erik"),), km_per_l=19.2, co2=119, colour="Rød"),
    Vehicle("ZF10006", "Peugeot", "208", (owner("freja"),)),
    Vehicle("ZG10007", "Kia", "Ceed", (owner("gorm"),)),
    Vehicle("ZH10008", "Volvo", "V60", (owner("peter"),), km_per_l=14.1, co2=162),
    Vehicle("ZJ10009", "Mercedes-Benz", "Sprinter", (owner("ib"),), kind="van", fuel="diesel",
            gross_weight_kg=3501, km_per_l=11.2, co2=236, use="goods", colour="Hvid"),
    Vehicle("ZJ10010", "Volkswagen", "Grand California", (owner("ib"),), fuel="diesel",
            gross_weight_kg=3500, km_per_l=10.4, co2=252),
    Vehicle("ZK10011", "Audi", "A3", (owner("jens"),), stolen=True, colour="Sort"),
    Vehicle("ZK10012", "Opel", "Corsa", (owner("karen"),), status="deregistered",
            first_registered=date(2006, 9, 1), norm="NEDC", km_per_l=16.9),
    Vehicle("ZM10013", "Mazda", "2", (owner("mette"),), km_per_l=18.5),
    Vehicle("ZM10014", "Citroën", "C3", (owner("mette"),), km_per_l=17.0),
    Vehicle("ZN10015", "Renault", "Clio", (owner("niels"),
            Registration("user", "inger", primary=False))),
    Vehicle("ZP10016", "Volkswagen", "Passat", (Registration("owner", "99000101"),),
            fuel="diesel", km_per_l=19.0),
    Vehicle("ZR10017", "BMW", "i3", (Registration("owner", "99000202"),
            Registration("user", "peter")), fuel="electric", km_per_l=None, co2=0, leasing=True),
    Vehicle("ZR10018", "Nissan", "Micra", (owner("rikke"),)),
    Vehicle("ZS10019", "Suzuki", "Swift", (owner("soeren"),), km_per_l=20.0),
    Vehicle("ZT10020", "Toyota", "Aygo", (owner("tove"),), km_per_l=20.9, co2=109, colour="Gul"),
    Vehicle("ZU10021", "Honda", "Jazz", (owner("ulla"),), km_per_l=21.0, register_fails=True),
    Vehicle("ZV10022", "Dacia", "Sandero", (owner("viggo"),), km_per_l=17.1),
    Vehicle("ZY10023", "Seat", "Ibiza", (owner("yrsa"),), km_per_l=18.8),
    Vehicle("ZX10024", "Yamaha", "MT-07", (owner("villy"),), kind="motorcycle",
            gross_weight_kg=360, km_per_l=23.8, co2=98, colour="Sort"),
    Vehicle("ZX10025", "Brenderup", "1205", (owner("villy"),), kind="trailer",
            gross_weight_kg=750, km_per_l=None, co2=None),
)  # fmt: skip

FOREIGN_PLATES = {"lars": "SWE123"}
"""Plates that inhabitants drive on and that the vehicle register does not know."""

COMPANY_CARS = {"olga": "ZP10016"}
"""Plates that inhabitants drive on and for which only their company is registered."""

BORROWED_CARS = {"hanne": "ZH10008"}
"""Plates that inhabitants drive on and for which somebody else is registered."""

PERMITS = (
    KnownPermit("ERP-100001", "mette", "ZM10014", "VA", began_days_ago=120),
    KnownPermit("ERP-100002", "inger", "ZN10015", "IN", began_days_ago=60),
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
    """The person of that number, written with or without the hyphen."""
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
    own = [
        each.plate
        for each in VEHICLES
        if any(held.holder == of.slug for held in each.registrations)
    ]
    others = (FOREIGN_PLATES, COMPANY_CARS, BORROWED_CARS)
    seeming = [each[of.slug] for each in others if of.slug in each]
    return tuple(seeming) if seeming else tuple(own)


_ADDRESSES = {each.key: each for each in ADDRESSES}
_INHABITANTS = {each.slug: each for each in INHABITANTS}
_PERSONS = {each.person_number.replace("-", ""): each for each in INHABITANTS}
_COMPANIES = {each.number: each for each in COMPANIES}
_VEHICLES = {each.plate: each for each in VEHICLES}
