"""What another map would change: compared as areas, code by code.

Two maps that cover the same ground are the same, however their rings are written, and in whatever
order their shapes come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from parking.actions.cleaning import LEAST_M2, Shape, only_polygons
from parking.law.zones import Category, Status


class What(Enum):
    """One way in which an area is not what it was."""

    NEW = "new"
    GONE = "gone"
    MOVED = "moved"
    RENAMED = "renamed"
    OTHER_KIND = "other kind"  #: paid and time-limited have changed places
    OTHER_PERMITS = "other permits"  #: a flex zone names others


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is another for one area: of a category, a status, and a code or (without one) a name."""

    category: Category
    status: Status
    code: str
    name: str  #: the new one; of what is gone, the old one
    what: tuple[What, ...]
    was: Mapping[What, str] = field(default_factory=dict)  #: the old name, kind or permits
    added_m2: int = 0
    removed_m2: int = 0
    zones: tuple[str, ...] = ()  #: whose permits it touches

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {
            **asdict(self),
            "what": [each.value for each in self.what],
            "was": {what.value: was for what, was in self.was.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Change:
        """Return what was kept."""
        return cls(
            category=Category(kept["category"]),
            status=Status(kept["status"]),
            code=kept["code"],
            name=kept["name"],
            what=tuple(What(each) for each in kept["what"]),
            was={What(what): was for what, was in kept["was"].items()},
            added_m2=kept["added_m2"],
            removed_m2=kept["removed_m2"],
            zones=tuple(kept["zones"]),
        )


#: The categories that a permit of their own code hangs on.
_OF_A_ZONE = frozenset({Category.HOME_AREA, Category.PERMIT_ZONE, Category.TIME_LIMITED_ZONE})

Key = tuple[Category, Status, str]


@dataclass(frozen=True, slots=True)
class _Area:
    """All shapes of one key together."""

    code: str
    name: str
    kind: str
    codes: tuple[str, ...]
    geometry: BaseGeometry


def difference(old: Iterable[Shape], new: Iterable[Shape]) -> tuple[Change, ...]:
    """Return what is another in the map *new* than it was in *old*, home areas first."""
    before, after = _areas(old), _areas(new)
    changes = [
        change
        for key in before.keys() | after.keys()
        if (change := _change(key, before.get(key), after.get(key))) is not None
    ]
    order, when = list(Category), list(Status)
    changes.sort(key=lambda c: (when.index(c.status), order.index(c.category), c.code, c.name))
    return tuple(changes)


def grounds(
    old: Iterable[Shape], new: Iterable[Shape], change: Change
) -> tuple[BaseGeometry, BaseGeometry]:
    """Return the ground of the area that *change* is about, in the old map and in the new one."""
    key = (change.category, change.status, change.code or change.name)
    before, after = (
        shapely.union_all([shape.geometry for shape in shapes if _key(shape) == key])
        for shapes in (old, new)
    )
    return only_polygons(before), only_polygons(after)


def _key(shape: Shape) -> Key:
    return shape.category, shape.status, shape.code or shape.name


def _areas(shapes: Iterable[Shape]) -> dict[Key, _Area]:
    together: dict[Key, list[Shape]] = defaultdict(list)
    for shape in shapes:
        together[_key(shape)].append(shape)
    return {key: _together(parts) for key, parts in together.items()}


def _together(parts: list[Shape]) -> _Area:
    return _Area(
        code=parts[0].code,
        name=", ".join(sorted({part.name for part in parts})),
        kind=", ".join(sorted({part.kind.value for part in parts if part.kind})),
        codes=tuple(sorted({code for part in parts for code in part.codes})),
        geometry=only_polygons(shapely.union_all([part.geometry for part in parts])),
    )


def _change(key: Key, old: _Area | None, new: _Area | None) -> Change | None:
    """Return what has changed for one area; nothing if nothing has."""
    category, status, _ = key
    either = new or old
    assert either is not None
    added, removed = _gained(old, new), _gained(new, old)
    what, was = _what(old, new, moved=added >= LEAST_M2 or removed >= LEAST_M2)
    if not what:
        return None
    zones = {*(old.codes if old else ()), *(new.codes if new else ())}
    if category in _OF_A_ZONE:
        zones.add(either.code)
    return Change(
        category=category,
        status=status,
        code=either.code,
        name=either.name,
        what=what,
        was=was,
        added_m2=round(added),
        removed_m2=round(removed),
        # Nobody's permit hangs on what is to come, or once was.
        zones=tuple(sorted(zones)) if status is Status.NOW else (),
    )


def _gained(before: _Area | None, after: _Area | None) -> float:
    if after is None:
        return 0
    if before is None:
        return float(after.geometry.area)
    return float(only_polygons(after.geometry.difference(before.geometry)).area)


def _what(
    old: _Area | None, new: _Area | None, *, moved: bool
) -> tuple[tuple[What, ...], dict[What, str]]:
    if old is None:
        return (What.NEW,), {}
    if new is None:
        return (What.GONE,), {}
    others = {
        What.RENAMED: (old.name, new.name),
        What.OTHER_KIND: (old.kind, new.kind),
        What.OTHER_PERMITS: (", ".join(old.codes), ", ".join(new.codes)),
    }
    changed = {what: was for what, (was, now) in others.items() if was != now}
    return (*([What.MOVED] if moved else []), *changed), changed
