"""The rules of the house that no linter knows: clocks, writes, docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.house.source import Module, dotted, modules

NO_CLOCK = (
    "parking/law",
    "parking/ports",
    "parking/records",
    "parking/actions",
    "parking/adapters",
)
#: Measures how long an answer takes, and says when it came.
MAY_READ_A_CLOCK = {"parking/adapters/transport.py"}
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("dt.now", "datetime.datetime.now", "datetime.date.today"),
    *("timezone.now", "timezone.localtime", "timezone.localdate"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
}

NO_WRITE = ("parking/web", "parking/api", "parking/jobs")
WRITES = {
    *("save", "create", "update", "delete", "get_or_create", "update_or_create"),
    *("bulk_create", "bulk_update"),
}
#: What is written to and is no table: a visitor's session, a dictionary, a form's own data.
NO_TABLE = ("session", "cookies", "headers", "context", "attrs")


def clocks_read(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute() if dotted(node) in CLOCKS:
                yield f"{module.at(node)}: {dotted(node)}"
            case ast.keyword(arg="auto_now" | "auto_now_add"):
                yield f"{module.at(node)}: {node.arg}"
            case ast.ImportFrom(module="django.db.models.functions", names=names) if any(
                name.name == "Now" for name in names
            ):
                yield f"{module.at(node)}: the database's clock"


def tables_written(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if (
                attr.removeprefix("a") in WRITES or attr in WRITES
            ) and not set(NO_TABLE) & set(dotted(value).split(".")):
                yield f"{module.at(node)}: {dotted(node)}"


def test_time_is_passed_in_below_the_floors_that_meet_the_world() -> None:
    read = [
        clock
        for module in modules(*NO_CLOCK)
        if module.name not in MAY_READ_A_CLOCK
        for clock in clocks_read(module)
    ]
    assert read == []


def test_every_write_is_in_the_actions() -> None:
    written = [write for module in modules(*NO_WRITE) for write in tables_written(module)]
    assert written == []


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(tz=UTC)",
        "x = models.DateTimeField(default=timezone.now)",
        "x = models.DateTimeField(auto_now_add=True)",
        "date.today()",
        "time.time()",
        "from django.db.models.functions import Now",
    ],
)
def test_a_clock_is_found_wherever_it_is_read(code: str) -> None:
    assert list(clocks_read(Module(modules("parking/law")[0].path, ast.parse(code))))


@pytest.mark.parametrize("code", ["time.monotonic()", "self.now", "now.astimezone()", "f(now=now)"])
def test_what_is_no_clock_is_let_through(code: str) -> None:
    assert not list(clocks_read(Module(modules("parking/law")[0].path, ast.parse(code))))


@pytest.mark.parametrize(
    "code",
    [
        "permit.save()",
        "Permit.objects.create(x=1)",
        "Permit.objects.filter(x=1).update(y=2)",
        "await Permit.objects.abulk_create([])",
        "form.save()",
    ],
)
def test_a_write_is_found_wherever_it_is(code: str) -> None:
    assert list(tables_written(Module(modules("parking/law")[0].path, ast.parse(code))))


def test_a_session_is_no_table() -> None:
    module = Module(modules("parking/law")[0].path, ast.parse("request.session.update(a=1)"))
    assert not list(tables_written(module))


def undocumented(module: Module) -> Iterator[str]:
    for node in module.tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield f"{module.at(node)}: {node.name}"
            if isinstance(node, ast.ClassDef) and "/ports/" in f"/{module.name}":
                yield from (
                    f"{module.at(method)}: {node.name}.{method.name}"
                    for method in node.body
                    if isinstance(method, ast.FunctionDef)
                    and not method.name.startswith("_")
                    and not ast.get_docstring(method)
                )


def test_every_public_name_of_the_inner_floors_says_what_it_means() -> None:
    inner = ("parking/law", "parking/ports", "parking/records", "parking/actions")
    assert [name for module in modules(*inner) for name in undocumented(module)] == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        module.name
        for module in modules("parking", "sandbox")
        if module.tree.body and not ast.get_docstring(module.tree)
    ]
    assert silent == []
