"""The source as the house tests read it: which modules there are, and what stands in them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"

#: What nobody wrote here: installed, made by a command, or a database's history.
NOT_OURS = {
    ".git",
    ".venv",
    "var",
    "node_modules",
    "__pycache__",
    "staticfiles",
    "vendor",
    ".hypothesis",
}

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One module of ours, parsed."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path from the source folder, as messages name it."""
        return self.path.relative_to(SRC).as_posix()

    def definitions(self) -> Iterator[Definition]:
        """Yield every class and function in it, however deep."""
        for node in ast.walk(self.tree):
            if isinstance(node, Definition):
                yield node

    def at(self, node: ast.stmt | ast.expr | ast.keyword) -> str:
        """Return where *node* stands."""
        return f"{self.name}:{node.lineno}"


@functools.cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Return every module below *packages*, ``parking/law`` for instance, but for migrations."""
    return tuple(
        Module(path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for package in packages
        for path in sorted((SRC / package).rglob("*.py"))
        if "migrations" not in path.parts and NOT_OURS.isdisjoint(path.parts)
    )


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for the expression *node*, with ``?`` for what is no name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case ast.Call(func=func):
            return dotted(func)
        case _:
            return "?"
