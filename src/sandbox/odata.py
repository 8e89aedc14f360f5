"""The part of OData 4 that the accounts can be asked in: filters, columns, order and pages.

Stricter than life: an option, a field or a literal that is not understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

Entity = dict[str, Any]
Predicate = Callable[[Entity], bool]

PAGE_SIZE = 7  #: so small that everybody who asks must turn pages (in life it is 20,000)

_OPTIONS = {"$filter", "$select", "$top", "$skip", "$orderby", "$expand", "$count", "$skiptoken"}
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*')
    | (?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z][A-Za-z0-9]*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "contains": str.__contains__,
}
#: Which literal a field of a type takes.
_LITERAL = {
    "string": "string",
    "decimal": "number",
    "integer": "number",
    "guid": "guid",
    "date": "date",
    "datetime": "datetime",
    "boolean": "boolean",
}


class NotUnderstood(Exception):
    """The question cannot be answered as it is asked."""


def condition(text: str, fields: Mapping[str, str]) -> Predicate:
    """What a `$filter` means.

    :param fields: the type of each field: string, decimal, integer, guid, date, datetime, boolean
    :raises NotUnderstood: if it means nothing here
    """
    return _Filter(text, fields).read()


class _Filter:
    """A recursive descent: or, and, comparison."""

    def __init__(self, text: str, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise NotUnderstood(f"cannot read the filter at position {position}")
            self._tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            position = match.end()
        self._tokens.append(("end", ""))

    def read(self) -> Predicate:
        meant = self._either()
        self._expect("end")
        return meant

    def _either(self) -> Predicate:
        parts = [self._both()]
        while self._tokens[0] == ("word", "or"):
            self._next()
            parts.append(self._both())
        return lambda entity: any(part(entity) for part in parts)

    def _both(self) -> Predicate:
        parts = [self._one()]
        while self._tokens[0] == ("word", "and"):
            self._next()
            parts.append(self._one())
        return lambda entity: all(part(entity) for part in parts)

    def _one(self) -> Predicate:
        if self._tokens[0] == ("mark", "("):
            self._next()
            inner = self._either()
            self._expect("mark", ")")
            return inner
        word = self._expect("word")
        if word in _FUNCTIONS and self._tokens[0] == ("mark", "("):
            return self._call(_FUNCTIONS[word])
        kind = self._type(word)
        operator = self._expect("word")
        if operator not in _COMPARE:
            raise NotUnderstood(f"the operator {operator} is not supported")
        compare, wanted = _COMPARE[operator], self._literal(kind)
        return lambda entity: compare(_comparable(entity.get(word), kind), wanted)

    def _call(self, function: Callable[[str, str], bool]) -> Predicate:
        self._expect("mark", "(")
        field = self._expect("word")
        if self._type(field) != "string":
            raise NotUnderstood(f"{field} is not a text")
        self._expect("mark", ",")
        wanted = self._literal("string")
        self._expect("mark", ")")
        return lambda entity: function(entity.get(field) or "", wanted)

    def _type(self, field: str) -> str:
        if field not in self._fields:
            raise NotUnderstood(f"could not find a property named '{field}'")
        return self._fields[field]

    def _literal(self, kind: str) -> Any:
        got, text = self._next()
        if got == "word" and text in ("true", "false"):
            got = "boolean"
        if got != _LITERAL[kind]:
            raise NotUnderstood(f"a literal of type {kind} was expected")
        if got == "string":
            return text[1:-1].replace("''", "'")
        if got == "boolean":
            return text == "true"
        if got == "number":
            return float(text)
        return _comparable(text, kind)

    def _next(self) -> tuple[str, str]:
        if self._tokens[0][0] == "end":
            raise NotUnderstood("the filter ends too early")
        return self._tokens.pop(0)

    def _expect(self, kind: str, text: str | None = None) -> str:
        got, found = self._tokens[0]
        if got != kind or text not in (None, found):
            raise NotUnderstood(f"'{found}' was not expected in the filter")
        if kind != "end":
            self._tokens.pop(0)
        return found


def _comparable(value: Any, kind: str) -> Any:
    if kind == "datetime" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind == "guid" and isinstance(value, str):
        return value.lower()
    return value


def answer(
    entities: Iterable[Entity],
    options: Mapping[str, str],
    fields: Mapping[str, str],
    *,
    address: str,
    expand: Mapping[str, Callable[[Entity], list[Entity]]],
) -> dict[str, Any]:
    """One page of what was asked for, with the link to the next one if there is more.

    :param address: where the collection is, without its options
    :param expand: what can be unfolded, and how
    :raises NotUnderstood: if the options mean nothing here
    """
    if unknown := set(options) - _OPTIONS:
        raise NotUnderstood(f"the option {min(unknown)} is not supported")
    found = list(entities)
    if "$filter" in options:
        meant = condition(options["$filter"], fields)
        found = [entity for entity in found if meant(entity)]
    for part in reversed([each for each in options.get("$orderby", "").split(",") if each]):
        field, _, direction = part.strip().partition(" ")
        if field not in fields or direction not in ("", "asc", "desc"):
            raise NotUnderstood(f"cannot order by {part}")
        found.sort(
            key=lambda entity: _comparable(entity.get(field), fields[field]),
            reverse=direction == "desc",
        )
    count = len(found)
    found = found[_number(options, "$skip", 0) :][: _number(options, "$top", count)]
    start = _number(options, "$skiptoken", 0)
    page = found[start : start + PAGE_SIZE]
    value = [one(entity, options, fields, expand=expand) for entity in page]
    result: dict[str, Any] = {"@odata.context": f"{address}/$metadata", "value": value}
    if options.get("$count") == "true":
        result["@odata.count"] = count
    if start + PAGE_SIZE < len(found):
        following = {**options, "$skiptoken": str(start + PAGE_SIZE)}
        written = "&".join(f"{name}={quote(text)}" for name, text in following.items())
        result["@odata.nextLink"] = f"{address}?{written}"
    return result


def one(
    entity: Entity,
    options: Mapping[str, str],
    fields: Mapping[str, str],
    *,
    expand: Mapping[str, Callable[[Entity], list[Entity]]],
) -> Entity:
    """An entity with the columns that were selected and the parts that were unfolded.

    :raises NotUnderstood: if one of them does not exist
    """
    chosen = [each.strip() for each in options.get("$select", "").split(",") if each.strip()]
    if missing := set(chosen) - set(fields):
        raise NotUnderstood(f"could not find a property named '{min(missing)}'")
    shown = {
        name: value
        for name, value in entity.items()
        if name == "@odata.etag" or name in (chosen or fields)
    }
    for name in [each.strip() for each in options.get("$expand", "").split(",") if each.strip()]:
        if name not in expand:
            raise NotUnderstood(f"could not find a property named '{name}'")
        shown[name] = expand[name](entity)
    return shown


def _number(options: Mapping[str, str], name: str, otherwise: int) -> int:
    text = options.get(name)
    if text is None:
        return otherwise
    if not text.isdecimal():
        raise NotUnderstood(f"{name} must be a number")
    return int(text)
