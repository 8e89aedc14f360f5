"""The interface of the charge system as its document says it, to hold requests and answers against.

The document is OpenAPI 3.1, so its schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import jsonschema_rs
import yaml

FILE = Path(__file__).parents[1] / "docs" / "outside" / "charge-system-v1.yaml"


@cache
def document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text("utf-8"))


@cache
def _validator(pointer: str) -> jsonschema_rs.Draft202012Validator:
    schema = {"$ref": pointer, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def named(name: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema by its name."""
    return _validator(f"#/components/schemas/{name}")


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def _valid(schema: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value)


def operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the operation that *path* belongs to, and the parts of the path.

    :raises LookupError: if the document has none.
    """
    fitting = []
    for template, methods in document()["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        match = re.fullmatch(pattern, path)
        if match and method.lower() in methods:
            fitting.append((len(match.groupdict()), methods[method.lower()], match.groupdict()))
    if not fitting:
        raise LookupError(f"{method} {path}")
    _, found, parts = min(fitting, key=lambda each: each[0])
    return found, parts


def wrong_with_request(request: httpx.Request, base: str) -> list[str]:
    """Return what the document does not allow in a request."""
    path = unquote(request.url.path).removeprefix(base)
    about, parts = operation(request.method, path)
    query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    found = []
    known = set()
    for each in map(_resolved, about.get("parameters", [])):
        known.add((each["in"], each["name"]))
        given = {"path": parts, "query": query, "header": request.headers}[each["in"]]
        value = given.get(each["name"])
        if value is None:
            if each.get("required"):
                found.append(f"{each['in']} {each['name']} is missing")
            continue
        if _resolved(each["schema"]).get("type") == "integer" and value.isdecimal():
            value = int(value)
        if not _valid(each["schema"], value):
            found.append(f"{each['in']} {each['name']}")
    found += [f"query {name} is unknown" for name in query if ("query", name) not in known]
    wanted = about.get("requestBody")
    if wanted is None:
        return found + (["a body"] if request.content else [])
    kind = request.headers.get("Content-Type", "").partition(";")[0]
    if kind not in wanted["content"]:
        found.append(f"content type {kind}")
    elif "schema" in wanted["content"][kind]:
        schema = wanted["content"][kind]["schema"]["$ref"]
        errors = _validator(schema).iter_errors(json.loads(request.content))
        found += [error.message for error in errors]
    return found


def wrong_with_answer(request: httpx.Request, response: httpx.Response, base: str) -> list[str]:
    """Return what the document does not allow in an answer; its body has been read."""
    about, _ = operation(request.method, unquote(request.url.path).removeprefix(base))
    status = str(response.status_code)
    if status not in about["responses"]:
        return [f"status {status}"]
    answer = _resolved(about["responses"][status])
    found = []
    for name, header in answer.get("headers", {}).items():
        header = _resolved(header)  # noqa: PLW2901 - what it refers to
        value = response.headers.get(name)
        if value is None and header.get("required"):
            found.append(f"header {name} is missing")
        elif value is not None and not _valid(header["schema"], value):
            found.append(f"header {name}")
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    if kind not in answer["content"]:
        return [*found, f"content type {kind}"]
    if "schema" in answer["content"][kind]:
        errors = _validator(answer["content"][kind]["schema"]["$ref"]).iter_errors(response.json())
        found += [f"{list(error.instance_path)}: {error.message[:200]}" for error in errors]
    return found
