"""Adressevælger, the search in the register of addresses: the city's homes and some neighbours.

Its search guesses, as the real one does: the best hit need not be the first. Stricter than life:
a parameter it does not know is refused. A text without a number is answered with roads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox import city
from sandbox.city import IDENTITIES, Address
from sandbox.world import World

TOKEN = "adressevaelger123"  # noqa: S105 - the real service's public one
SHORTEST = 3
KNOWN = {"token", "tekst", "kommunekode", "husnummer", "postnummer", "maximum"}

NEIGHBOURS = range(-5, 7)
"""How many houses away from each home somebody else lives."""


@dataclass(frozen=True)
class HouseNumber:
    """A house number and its access point, in metres, EPSG:25832."""

    identity: str
    home: Address
    number: str
    x: float
    y: float

    @property
    def title(self) -> str:
        """The house number as it is written on a letter."""
        return f"{self.home.road_name} {self.number}, {self.home.postcode} {self.home.district}"


def routes(_: World) -> list[Route]:
    """The search for house numbers, and what is known of one."""
    return [
        Route("/husnumre/soeg", _search, methods=["GET"]),
        Route("/husnumre/{identity}", _look_up, methods=["GET"]),
    ]


async def _search(request: Request) -> Response:
    asked = request.query_params
    text = asked.get("tekst", "")
    if wrong := _wrong(request, KNOWN):
        return wrong
    if len(text) < SHORTEST:
        return PlainTextResponse(f"tekst skal have mindst {SHORTEST} tegn", 400)
    if not asked.get("maximum", "10").isdecimal():
        return PlainTextResponse("maximum skal være et tal", 400)
    most = int(asked.get("maximum", "10"))
    within = [
        found
        for found in _HOUSE_NUMBERS.values()
        if asked.get("kommunekode") in {None, found.home.municipality}
        and asked.get("postnummer") in {None, found.home.postcode}
    ]
    if "husnummer" not in asked and not any(each.isdigit() for each in text):
        # A number is missing: it names the roads that may be meant, to be searched with again.
        roads = {
            found.home.road_name
            for found in within
            if text.casefold() in found.home.road_name.casefold()
        }
        named = [{"type": "vejnavn", "titel": road, "vejnavn": road} for road in sorted(roads)]
        return JSONResponse({"status": "ok", "beskrivelse": "", "fund": named[:most]})
    hits = [
        {
            "type": "husnummer",
            "id": found.identity,
            "titel": found.title,
            "vejnavn": found.home.road_name,
            "husnummer": found.number,
            "postnr": found.home.postcode,
            "postdistrikt": found.home.district,
        }
        for found in within
        if text.casefold() in found.title.casefold()
        and found.number.startswith(asked.get("husnummer", ""))
    ]
    # The longest number first: whoever takes the first hit takes the wrong house.
    hits.sort(key=lambda hit: -len(hit["husnummer"]))
    return JSONResponse({"status": "ok", "beskrivelse": "", "fund": hits[:most]})


async def _look_up(request: Request) -> Response:
    if wrong := _wrong(request, {"token", "adresser"}):
        return wrong
    found = _HOUSE_NUMBERS.get(request.path_params["identity"])
    if found is None:
        return JSONResponse({"status": "fejl", "beskrivelse": "Husnummeret findes ikke"}, 404)
    return JSONResponse({"status": "ok", "husnummer": _described(found)})


def _wrong(request: Request, known: set[str]) -> Response | None:
    if unknown := sorted(set(request.query_params) - known):
        return PlainTextResponse(f"Ukendt parameter: {', '.join(unknown)}", 400)
    if request.query_params.get("token") != TOKEN:
        return PlainTextResponse("Ugyldigt token", 400)
    return None


def _described(found: HouseNumber) -> dict[str, Any]:
    home = found.home
    return {
        "id_lokalid": found.identity,
        "husnummertekst": found.number,
        "adgangsadressebetegnelse": found.title,
        "vejnavn": home.road_name,
        "adgangspunkt": {
            "koordinater": {"x": found.x, "y": found.y},
            "geometri": {
                "type": "Point",
                "crs": {"properties": {"name": "EPSG:25832"}},
                "coordinates": [found.x, found.y],
            },
        },
        "postnummer": {"postnr": home.postcode, "navn": home.district},
        "navngivenvejkommunedel": {"kommune": home.municipality, "vejkode": home.road_code},
        "supplerendebynavn": {"navn": None},
    }


def _around(home: Address) -> list[HouseNumber]:
    """The house number of a home, the same with a letter, and those of the neighbours."""
    digits = home.house_number.rstrip("ABCDEFGH")
    numbers = {home.house_number: (home.house_number_id, 0)}
    for away in NEIGHBOURS:
        for letter in ("", "E"):
            number = f"{int(digits) + 2 * away}{letter}"
            identity = str(uuid5(IDENTITIES, f"house number {home.key} {number}"))
            numbers.setdefault(number, (identity, away))
    return [
        HouseNumber(
            identity, home, number, round(home.x + 9 * away, 1), round(home.y + 4 * away, 1)
        )
        for number, (identity, away) in numbers.items()
        if not number.startswith(("-", "0"))
    ]


_HOUSE_NUMBERS = {found.identity: found for home in city.ADDRESSES for found in _around(home)}
