"""The reader of ``tests/law/cases/*.toml``: cases in plain words, turned into facts and back.

What a case may say is the table :data:`WORDS`; the README in the folder explains it to whoever
writes cases. A word that nobody knows stops the reading with the words that would have been known.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from tests.law.situations import (
    FREDERIKSBERG,
    FREE_AREA,
    HOME,
    OTHER_PLATE,
    PAID_AREA,
    PLATE,
    START,
    TERMS,
    application,
    holding,
    vehicle,
)

from parking.law.facts import (
    FROM_ACCOUNTS,
    FROM_APPLICANT,
    FROM_CASE_WORKER,
    FROM_MAP,
    FROM_PEOPLE,
    FROM_VEHICLES,
    Document,
    Drive,
    Facts,
    Holding,
    Home,
    Keeper,
    Known,
    Missing,
    Norm,
    PrivateCommonRoadEffect,
    Registration,
    Relation,
    Residence,
    Tie,
    VehicleKind,
    settled,
)
from parking.law.permits import resident
from parking.law.zones import HomeArea, Place

CASES = Path(__file__).parent / "cases"
APPLICANT, BASKET, SOMEBODY_ELSE = "the applicant", "the basket", "somebody else"


class NotACase(ValueError):
    """A case says something that cannot be read; names the file, the case and what is wrong."""


@dataclass(frozen=True, slots=True)
class Case:
    """One named case: the facts, and what the regulation must say about them."""

    where: str
    name: str
    facts: Facts
    area: HomeArea
    expected: Mapping[str, Any]


def all_cases() -> Iterator[Case]:
    """Yield every case of every file in the folder.

    :raises NotACase: if one cannot be read.
    """
    for path in sorted(CASES.glob("*.toml")):
        yield from cases_in(path.name, path.read_text(encoding="utf-8"))


def cases_in(file: str, text: str) -> Iterator[Case]:
    """Yield the cases in the *text* of *file*.

    :raises NotACase: if one cannot be read.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise NotACase(f"{file}: {error}") from None
    if tables.keys() != {"case"}:
        raise NotACase(f"{file}: holds nothing but [[case]] tables, not {', '.join(tables)}")
    for number, said in enumerate(tables["case"], start=1):
        if not isinstance(name := said.pop("name", None), str):
            raise NotACase(f"{file}, case {number}: needs a name")
        where = f"{file}, {name!r}"
        expected = {word: said.pop(word) for word in tuple(said) if word in EXPECTATIONS}
        if "answer" not in expected:
            raise NotACase(f"{where}: needs an answer")
        for word, value in expected.items():
            EXPECTATIONS[word](where, word, value)
        yield Case(where, name, *_facts(where, said), expected)


def _facts(where: str, said: Mapping[str, Any]) -> tuple[Facts, HomeArea]:
    for word in said:
        if word not in WORDS:
            raise NotACase(f"{where}: {word!r} is not a word we know; {_known(WORDS)}")
    told = {word: WORDS[word](where, word, value) for word, value in said.items()}
    area, home = told.get("home", _HOMES["in a paid zone"])
    terms = dataclasses.replace(TERMS, **_named(_OF_THE_TERMS, told))
    permits = told.get("permit", ())
    changes: dict[str, Any] = {
        "terms": terms,
        "period": resident.period_from(told.get("start", START), terms),
        "home_area": home if isinstance(home, Missing) else settled(area),
        "product": resident.product_in(area),
        "home": home
        if isinstance(home, Missing)
        else dataclasses.replace(
            home, on_private_common_road=told.get("on-private-common-road", False)
        ),
        "tie": Tie(
            relation=told.get("relation", Relation.OWNER), keeper=told.get("keeper", Keeper.PERSON)
        ),
        "vehicle": vehicle(**_named(_OF_THE_VEHICLE, told)),
        "own_permits": tuple(held for whose, held in permits if whose == APPLICANT),
        "in_basket": tuple(held for whose, held in permits if whose == BASKET),
        "plate_permits": tuple(
            held for whose, held in permits if whose != BASKET and held.plate == PLATE
        ),
        **_named(_FACTS, told),
    }
    for register in told.get("silent", ()):
        changes |= _SILENT[register]
    return application(**changes), area


def _named(fields: Mapping[str, str], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was *told*, by the names of the *fields* it stands for."""
    return {field: told[word] for word, field in fields.items() if word in told}


def _known(words: Mapping[str, Any]) -> str:
    return f"we know: {', '.join(sorted(words))}"


Reader = Callable[[str, str, Any], Any]


def _one_of(words: Mapping[str, Any] | type[Enum]) -> Reader:
    table = words if isinstance(words, Mapping) else {each.value: each for each in words}

    def read(where: str, word: str, value: Any) -> Any:
        if not isinstance(value, str) or value not in table:
            raise NotACase(f"{where}: {word} cannot be {value!r}; {_known(table)}")
        return table[value]

    return read


def _a(wanted: type, called: str) -> Reader:
    def read(where: str, word: str, value: Any) -> Any:
        if type(value) is not wanted:
            raise NotACase(f"{where}: {word} must be {called}, not {value!r}")
        return value

    return read


def _many(each: Reader, called: str) -> Reader:
    def read(where: str, word: str, value: Any) -> Any:
        if not isinstance(value, list):
            raise NotACase(f"{where}: {word} must be {called}, not {value!r}")
        return tuple(each(where, word, part) for part in value)

    return read


def _km_per_litre(where: str, word: str, value: Any) -> int | None:
    """Return how many tenths of a km/l; a figure is written with one decimal, ``15.2``."""
    if value == "none":
        return None
    tenths = Decimal(value) * 10 if isinstance(value, (int, Decimal)) else Decimal("NaN")
    if tenths != tenths.to_integral_value():
        raise NotACase(f"{where}: {word} must be km/l with one decimal, or 'none': not {value!r}")
    return int(tenths)


def _kg(where: str, word: str, value: Any) -> Known[int]:
    """Return a weight, or that a case worker must find it out because the register has none."""
    return FROM_CASE_WORKER if value == "none" else _WHOLE(where, word, value)


def _permit(where: str, word: str, value: Any) -> tuple[str, Holding]:
    if not isinstance(value, dict):
        raise NotACase(f"{where}: a permit is a table, not {value!r}")
    if strangers := sorted(value.keys() - _PERMIT.keys()):
        raise NotACase(f"{where}: a permit has no {', '.join(strangers)}; {_known(_PERMIT)}")
    for part in ("of", "for", "first-day", "last-day"):
        if part not in value:
            raise NotACase(f"{where}: a permit needs {part!r}")
    told = {part: _PERMIT[part](where, f"permit.{part}", said) for part, said in value.items()}
    held = holding(
        told["first-day"],
        told["last-day"] + timedelta(days=1),
        plate=told["for"],
        product=told.get("product", resident.PAID),
    )
    return told["of"], dataclasses.replace(held, own=told["of"] != SOMEBODY_ELSE)


_DAY = _a(date, "a date")
_YES_OR_NO = _a(bool, "true or false")
_WHOLE = _a(int, "a whole number")

_PERMIT: Mapping[str, Reader] = {
    "of": _one_of({whose: whose for whose in (APPLICANT, BASKET, SOMEBODY_ELSE)}),
    "for": _one_of({"this vehicle": PLATE, "another vehicle": OTHER_PLATE}),
    "first-day": _DAY,
    "last-day": _DAY,
    "product": _one_of({product: product for product in (*resident.PRODUCTS, "guest-permit")}),
}

#: The five answers to "where is this address?", with a home in one of two municipalities; and
#: the home of which no register says where it is.
_HOMES: Mapping[str, tuple[HomeArea, Known[Home]]] = {
    "in a paid zone": (PAID_AREA, HOME),
    "in a time-limited zone": (FREE_AREA, HOME),
    "in a part of the city without a scheme": (HomeArea(place=Place.NO_AREA), HOME),
    "in a gap of the map": (HomeArea(place=Place.UNKNOWN), HOME),
    "where two areas overlap": (HomeArea(place=Place.SEVERAL), HOME),
    "in another municipality": (
        HomeArea(place=Place.ELSEWHERE),
        dataclasses.replace(HOME, municipality=FREDERIKSBERG),
    ),
    "for a case worker to say": (HomeArea(place=Place.UNKNOWN), FROM_CASE_WORKER),
}

_DOCUMENTS = {
    "not handed in": FROM_APPLICANT,
    "with a case worker": FROM_CASE_WORKER,
    "approved": Document(approved=True),
    "turned down": Document(approved=False),
}

_SILENT: Mapping[str, Mapping[str, Any]] = {
    "population register": dict.fromkeys(("residence", "born", "home"), FROM_PEOPLE),
    "map": {"home_area": FROM_MAP},
    "vehicle register": dict.fromkeys(
        ("registration", "vehicle", "gross_weight_kg", "tie"), FROM_VEHICLES
    ),
    "gross weight": {"gross_weight_kg": FROM_VEHICLES},
    "accounts": dict.fromkeys(("own_permits", "plate_permits"), FROM_ACCOUNTS),
}

_FACTS = {
    "born": "born",
    "residence": "residence",
    "registration": "registration",
    "gross-weight-kg": "gross_weight_kg",
    "declaration": "sole_user_declaration",
    "lease": "lease",
}

_OF_THE_VEHICLE = {
    "kind": "kind",
    "stolen": "reported_stolen",
    "drive": "drive",
    "fuel": "fuel",
    "km-per-litre": "km_per_litre_tenths",
    "norm": "norm",
}

_OF_THE_TERMS = {
    "permits-per-person": "permits_per_person",
    "youngest-age": "youngest_age",
    "heaviest-vehicle-kg": "heaviest_vehicle_kg",
    "private-common-road-effect": "private_common_road_effect",
}

#: What a case may say of the facts; what it does not say is as in an ordinary application.
WORDS: Mapping[str, Reader] = {
    "start": _DAY,
    "born": _DAY,
    "residence": _one_of(Residence),
    "home": _one_of(_HOMES),
    "on-private-common-road": _YES_OR_NO,
    "registration": _one_of(Registration),
    "kind": _one_of(VehicleKind),
    "gross-weight-kg": _kg,
    "stolen": _YES_OR_NO,
    "drive": _one_of(Drive),
    "fuel": _one_of({drive.value: drive for drive in Drive} | {"none": None}),
    "km-per-litre": _km_per_litre,
    "norm": _one_of({norm.value: norm for norm in Norm} | {"none": None}),
    "relation": _one_of(Relation),
    "keeper": _one_of(Keeper),
    "declaration": _one_of(_DOCUMENTS),
    "lease": _one_of(_DOCUMENTS),
    "permit": _many(_permit, "written as [[case.permit]]"),
    "silent": _many(_one_of({register: register for register in _SILENT}), "a list"),
    "permits-per-person": _WHOLE,
    "youngest-age": _WHOLE,
    "heaviest-vehicle-kg": _WHOLE,
    "private-common-road-effect": _one_of(PrivateCommonRoadEffect),
}

_SENTENCES = {
    condition.name.replace("_", " "): condition.name
    for _, rule in resident.RULE.versions
    for condition in rule.conditions()
}

#: What a case may expect of the regulation.
EXPECTATIONS: Mapping[str, Reader] = {
    "answer": _one_of({"yes": "yes", "no": "no", "open": "open"}),
    "because-not": _many(_one_of(_SENTENCES), "a list of sentences"),
    "awaits": _many(_a(str, "a word"), "a list"),
    "tier": _a(str, "a word"),
    "kroner": _WHOLE,
    "last-day": _DAY,
    "warned": _YES_OR_NO,
    "would-help": _many(_one_of({"declaration": "", "lease": ""}), "a list"),
}
