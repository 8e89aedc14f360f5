"""The register of addresses: Adressevælger (adressevaelger.dk), DAWA's successor.

Its search is made for people who type: it finds by sound and guesses. So a hit counts only if the
house number it leads to has the municipality, the road code and the number that were asked for.
Only a person who picks one from what it suggests may take a guess of its.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from math import isfinite
from pathlib import Path
from typing import Any, Final

from parking.adapters.transport import Transport
from parking.law.facts import Home
from parking.ports import NotFound, Unavailable
from parking.ports.places import House, Point, Suggestion

SYSTEM: Final = "addresses"

#: Shared by everybody until personal tokens come.
PUBLIC_TOKEN: Final = "adressevaelger123"  # noqa: S105 - it is published

_MOST_HITS = 50
_MOST_SUGGESTIONS = 10
#: The register answers no shorter text.
_SHORTEST_TEXT = 3
#: Signs that no address has: the register refuses some, and nobody means them.
_NOT_IN_AN_ADDRESS = re.compile(r"[^\w ,.'/-]")
#: What its identities are made of: nothing else is asked about, so that no path is made up.
_IDENTITY = re.compile(r"[0-9a-fA-F-]{36}")


class Adressevaelger:
    """:class:`~parking.ports.places.Addresses` by Adressevælger."""

    def __init__(
        self,
        *,
        address: str,
        token: str = PUBLIC_TOKEN,
        ca_file: Path | str | None = None,
        connect_timeout: float = 3.0,
        read_timeout: float = 4.0,
        deadline: float = 5.0,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._token = token
        self._transport = Transport(
            SYSTEM,
            address,
            ca_file=ca_file,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            deadline=deadline,
            before_call=before_call,
        )

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def point(self, home: Home) -> Point:
        """Return where the house of *home* has its access point.

        Only road and house number are told, never the floor, the door or who lives there.

        :raises NotFound: if no such house number is registered.
        :raises Unavailable: if the register did not answer, or answered so much that it is unsure.
        :raises Rejected: if it would not answer us.
        """
        road_and_number = home.text.partition(",")[0].strip()
        if not road_and_number:
            raise NotFound(f"{SYSTEM}: a home without a road has no place")
        hits = self._hits(
            "/husnumre/soeg",
            tekst=road_and_number,
            kommunekode=home.municipality,
            husnummer=home.house_number,
            maximum=str(_MOST_HITS),
        )
        try:
            for hit in hits:
                if hit["type"] != "husnummer" or str(hit["husnummer"]).upper() != home.house_number:
                    continue
                found = self._house_number(str(hit["id"]))
                if found is not None and _is_of(found, home):
                    return _point(found)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Unavailable(f"{SYSTEM}: answered what cannot be read") from None
        if len(hits) >= _MOST_HITS:
            raise Unavailable(f"{SYSTEM}: found too many house numbers to be sure")
        raise NotFound(f"{SYSTEM}: no such house number")

    def search(self, text: str, *, municipality: str = "") -> tuple[Suggestion, ...]:
        """Return what may have been meant by *text*: houses, and roads that lack a number.

        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        asked = " ".join(_NOT_IN_AN_ADDRESS.sub(" ", text).split())
        if len(asked) < _SHORTEST_TEXT:
            return ()
        within = {"kommunekode": municipality} if municipality else {}
        hits = self._hits("/husnumre/soeg", tekst=asked, maximum=str(_MOST_SUGGESTIONS), **within)
        try:
            return tuple(
                Suggestion(str(hit["titel"]), str(hit["id"]) if hit["type"] == "husnummer" else "")
                for hit in hits[:_MOST_SUGGESTIONS]
            )
        except KeyError:
            raise Unavailable(f"{SYSTEM}: answered what cannot be read") from None

    def house(self, identity: str) -> House:
        """Return the house that a suggestion named.

        :raises NotFound: if there is none.
        :raises Unavailable: if the register did not answer.
        :raises Rejected: if it would not answer us.
        """
        found = self._house_number(identity) if _IDENTITY.fullmatch(identity) else None
        if found is None:
            raise NotFound(f"{SYSTEM}: no such house number")
        try:
            road = found["navngivenvejkommunedel"]
            return House(
                identity=identity,
                text=str(found["adgangsadressebetegnelse"]),
                municipality=str(road["kommune"]),
                road_code=str(road["vejkode"]),
                road=str(found["vejnavn"]),
                point=_point(found),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            raise Unavailable(f"{SYSTEM}: answered what cannot be read") from None

    def _hits(self, path: str, **params: str) -> list[dict[str, Any]]:
        answer = self._get(path, "search", **params)
        hits = answer.get("fund") if answer is not None else None
        if not isinstance(hits, list) or not all(isinstance(hit, dict) for hit in hits):
            raise Unavailable(f"{SYSTEM}: answered what cannot be read")
        return hits

    def _house_number(self, identity: str) -> dict[str, Any] | None:
        answer = self._get(f"/husnumre/{identity}", "house number")
        return None if answer is None else answer.get("husnummer") or {}

    def _get(self, path: str, operation: str, **params: str) -> dict[str, Any] | None:
        """Return what is answered, or ``None`` if there is no such thing."""
        response = self._transport.request(
            "GET",
            path,
            operation=operation,
            repeatable=True,
            params={"token": self._token, **params},
            answers={HTTPStatus.NOT_FOUND},
        )
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        answer = self._transport.json(response)
        if not isinstance(answer, dict) or answer.get("status") != "ok":
            raise Unavailable(f"{SYSTEM}: answered that something is wrong")
        return answer


def _is_of(found: dict[str, Any], home: Home) -> bool:
    road = found["navngivenvejkommunedel"]
    return (road["kommune"], road["vejkode"], found["husnummertekst"].upper()) == (
        home.municipality,
        home.road_code,
        home.house_number,
    )


def _point(found: dict[str, Any]) -> Point:
    """Return the access point.

    :raises ValueError: if it is in another system of coordinates, or nowhere.
    """
    geometry = found["adgangspunkt"]["geometri"]
    if geometry["crs"]["properties"]["name"] != "EPSG:25832":
        raise ValueError("another system of coordinates")
    x, y = (float(each) for each in geometry["coordinates"])
    if not (isfinite(x) and isfinite(y)):
        raise ValueError("no coordinates")
    return Point(x, y)
