"""How a municipality's layer of zones is read: its names, columns and words, from a file of ours.

No two municipalities call the same thing the same. What theirs means is written down once, in a
TOML file like ``data/zones/copenhagen.toml``, and nothing else here knows a word of it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from parking.law.zones import Category, Status, ZoneKind
from parking.ports.places import ZoneFeature

#: What our points are in.
OURS: Final = "EPSG:25832"
#: The columns a layout must name, and those it may leave out.
_NEEDED: Final = {"category", "code", "name"}
_COLUMNS: Final = _NEEDED | {"id", "kind", "flex_codes", "zone", "changed", "status"}
_WORDS: Final = {
    *("layer", "crs", "sort_by", "separator", "columns", "to_come", "past", "categories"),
    *("kinds", "colours", "elsewhere"),
}

MeaningT = TypeVar("MeaningT", bound=Enum)


class BadLayout(ValueError):
    """The file does not say how a layer is read; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Time:
    """By what a row says that it will be, or once was: how its category begins, or its status."""

    prefixes: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one layer is read. Words are compared without regard to case."""

    layer: str
    crs: str
    sort_by: str  #: without an order of its own, pages may overlap
    columns: Mapping[str, str]
    categories: Mapping[str, Category]
    kinds: Mapping[str, ZoneKind] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)  #: of paid zones, as our tariff says
    separator: str = ","
    times: Mapping[Status, Time] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()  #: names of shapes that are another municipality

    @classmethod
    def read(cls, file: Path) -> Layout:
        """Return what *file* says.

        :raises BadLayout: if it says something else than a layout, or not enough.
        """
        try:
            said = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as wrong:
            raise BadLayout(f"{file.name}: {wrong}") from wrong
        if unknown := sorted(set(said) - _WORDS):
            raise BadLayout(f"{file.name}: nobody knows {', '.join(unknown)}")
        try:
            layout = cls(
                layer=said["layer"],
                crs=said.get("crs", OURS),
                sort_by=said["sort_by"],
                separator=said.get("separator", ","),
                columns=_columns(said["columns"]),
                categories=_meanings(said["categories"], Category),
                kinds=_meanings(said.get("kinds", {}), ZoneKind),
                colours={_plain(word): code for word, code in said.get("colours", {}).items()},
                times={
                    Status.TO_COME: _time(said.get("to_come", {})),
                    Status.PAST: _time(said.get("past", {})),
                },
                elsewhere=frozenset(map(_plain, said.get("elsewhere", {}).get("names", []))),
            )
            CRS.from_user_input(layout.crs)
        except KeyError as missing:
            raise BadLayout(f"{file.name}: {missing.args[0]} is missing") from None
        except (ValueError, TypeError, AttributeError, CRSError) as wrong:
            raise BadLayout(f"{file.name}: {wrong}") from wrong
        return layout

    def feature(self, said: Mapping[str, Any]) -> ZoneFeature:
        """Return one row of the layer in our words.

        :raises KeyError: if it lacks a column; :raises TypeError: if it is no row at all.
        """
        row: Mapping[str, Any] = said["properties"]
        code, name = self._text(row, "code"), self._text(row, "name")
        written = self._text(row, "category")
        status, category = self._time_of(written, self._text(row, "status"))
        name = name or code
        # A shape without a scheme has no code: layers write its name in both places.
        code = "" if code == name else code
        means = self.categories.get(category)
        if means is Category.OUTSIDE and _plain(name) in self.elsewhere:
            means = Category.ELSEWHERE
        if means is Category.PAID_ZONE:
            code = self.colours.get(_plain(code)) or self.colours.get(_plain(name)) or code
        codes = self._text(row, "flex_codes").split(self.separator)
        return ZoneFeature(
            source_id=self._text(row, "id") or str(said["id"]),
            written=written,
            category=means,
            status=status,
            name=name,
            code=code,
            kind=self.kinds.get(_plain(self._text(row, "kind"))),
            flex_codes=tuple(each for part in codes if (each := part.strip())),
            zone=self._text(row, "zone").strip(),
            changed=self._text(row, "changed"),
            geometry=self._in_our_metres(said["geometry"]),
        )

    def _text(self, row: Mapping[str, Any], column: str) -> str:
        if column not in self.columns:
            return ""
        value = row[self.columns[column]]
        return "" if value is None else str(value)

    def _time_of(self, category: str, status: str) -> tuple[Status, str]:
        """Return when a row counts, and its category without what said so."""
        plain = _plain(category)
        for when, time in self.times.items():
            for prefix in time.prefixes:
                if plain.startswith(f"{prefix} "):
                    return when, plain.removeprefix(prefix).strip()
            if _plain(status) in time.values:
                return when, plain
        return Status.NOW, plain

    def _in_our_metres(self, geometry: Mapping[str, Any] | None) -> dict[str, Any] | None:
        if not geometry or not geometry["coordinates"]:
            return None
        if self.crs == OURS:
            return dict(geometry)
        coordinates = _moved(geometry["coordinates"], _to_ours(self.crs))
        return {**geometry, "coordinates": coordinates}


@lru_cache(maxsize=4)
def _to_ours(crs: str) -> Transformer:
    return Transformer.from_crs(crs, OURS, always_xy=True)


def _moved(coordinates: Any, to_ours: Transformer) -> Any:
    """Return the rings of GeoJSON's *coordinates*, nested as they are, in another system."""
    if coordinates and isinstance(coordinates[0][0], list):
        return [_moved(part, to_ours) for part in coordinates]
    xs, ys = to_ours.transform([each[0] for each in coordinates], [each[1] for each in coordinates])
    return [list(point) for point in zip(xs, ys, strict=True)]


def _plain(word: str) -> str:
    return " ".join(str(word).split()).casefold()


def _columns(said: Mapping[str, str]) -> Mapping[str, str]:
    if missing := sorted(_NEEDED - set(said)):
        raise ValueError(f"no column for {', '.join(missing)}")
    if unknown := sorted(set(said) - _COLUMNS):
        raise ValueError(f"nobody reads a column for {', '.join(unknown)}")
    return dict(said)


def _meanings(said: Mapping[str, str], of: type[MeaningT]) -> dict[str, MeaningT]:
    return {_plain(word): of(meaning) for word, meaning in said.items()}


def _time(said: Mapping[str, list[str]]) -> Time:
    return Time(
        prefixes=tuple(map(_plain, said.get("prefixes", []))),
        values=frozenset(map(_plain, said.get("values", []))),
    )
