"""The facts of a decision, as they are kept with it: what was asked about, in plain JSON.

A decision is explained by the rule in force that day and by the facts it was asked about. What is
written here is read back by every later version of this module, so that anyone can ask the same
rule about the same facts years later: a field may be added to a fact with a default, and none may
be taken away or change its meaning. ``tests/law/decided`` holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from parking.law.facts import Facts, Missing, Supplier

T = TypeVar("T")


class UnreadableRecord(ValueError):
    """What was kept is not something we wrote down; names the place in it and what is wrong."""


def facts_as_json(facts: Facts, needs: Collection[str]) -> dict[str, Any]:
    """Return what is kept of *facts*: what was applied for, and the facts that *needs* names.

    *needs* is what the rule may look at; nothing else about anybody is kept. A fact that was
    missing is kept as missing, with who could have supplied it.

    :raises ValueError: if *needs* names something that is no fact.
    """
    named = {field.name for field in fields(Facts)}
    if strangers := set(needs) - named:
        raise ValueError(f"no such fact: {', '.join(sorted(strangers))}")
    return {
        field.name: _written(getattr(facts, field.name))
        for field in fields(Facts)
        if field.default is MISSING or field.name in needs
    }


def facts_from_json(kept: Mapping[str, Any]) -> Facts:
    """Return the facts that :func:`facts_as_json` wrote down; what was not kept is missing.

    :raises UnreadableRecord: if *kept* is not something it can have written.
    """
    facts: Facts = _read(Facts, kept, "facts")
    return facts


def fact_from_json(name: str, kept: Any) -> Any:
    """Return the fact *name* that :func:`as_json` wrote down.

    :raises UnreadableRecord: if *kept* is not something it can have written.
    """
    return _read(_types_of(Facts)[name], kept, name)


def as_json(value: Any) -> Any:
    """Return what is kept of a frozen value: its fields, those of the values in it, and so on."""
    return _written(value)


def from_json(wanted: type[T], kept: Any) -> T:
    """Return the value of the type *wanted* that :func:`as_json` wrote down.

    :raises UnreadableRecord: if *kept* is not something it can have written.
    """
    return cast("T", _read(wanted, kept, wanted.__name__))


def _written(value: Any) -> Any:
    if isinstance(value, Missing):
        return {"missing": value.supplier.value}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if is_dataclass(value):
        return {field.name: _written(getattr(value, field.name)) for field in fields(value)}
    return value


def _read(wanted: Any, kept: Any, where: str) -> Any:
    """Return *kept* as the type *wanted*; *where* it stands is for the message."""
    if get_origin(wanted) in {Union, UnionType}:
        return _read_one_of(get_args(wanted), kept, where)
    if get_origin(wanted) is Literal:
        if kept not in get_args(wanted):
            raise UnreadableRecord(f"{where}: {kept!r} is none of {get_args(wanted)}")
        return kept
    if get_origin(wanted) is tuple:
        each = get_args(wanted)[0]
        read = _of_type(list, kept, where)
        return tuple(_read(each, part, f"{where}[{at}]") for at, part in enumerate(read))
    wanted = getattr(wanted, "__supertype__", wanted)
    if wanted in {date, datetime} or issubclass(wanted, Enum):
        make: Callable[[Any], Any] = wanted if issubclass(wanted, Enum) else wanted.fromisoformat
        try:
            return make(kept)
        except (TypeError, ValueError):
            raise UnreadableRecord(f"{where}: {kept!r} is no {wanted.__name__}") from None
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _read_fields(wanted, _of_type(Mapping, kept, where), where)
    return _of_type((int, float) if wanted is float else wanted, kept, where)


def _read_one_of(wanted: tuple[Any, ...], kept: Any, where: str) -> Any:
    if kept is None and NoneType in wanted:
        return None
    if Missing in wanted and isinstance(kept, Mapping) and kept.keys() == {"missing"}:
        return Missing(_read(Supplier, kept["missing"], where))
    (only,) = (each for each in wanted if each not in {NoneType, Missing})
    return _read(only, kept, where)


def _read_fields(wanted: type, kept: Mapping[str, Any], where: str) -> Any:
    types = _types_of(wanted)
    if strangers := kept.keys() - types.keys():
        raise UnreadableRecord(f"{where}: unknown {', '.join(sorted(strangers))}")
    read = {name: _read(types[name], value, f"{where}.{name}") for name, value in kept.items()}
    try:
        return wanted(**read)
    except (TypeError, ValueError) as error:
        raise UnreadableRecord(f"{where}: {error}") from None


def _of_type(wanted: type | tuple[type, ...], kept: Any, where: str) -> Any:
    if not isinstance(kept, wanted) or (isinstance(kept, bool) and wanted is not bool):
        name = "number" if isinstance(wanted, tuple) else wanted.__name__
        raise UnreadableRecord(f"{where}: {kept!r} is no {name}")
    return kept


@cache
def _types_of(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)
