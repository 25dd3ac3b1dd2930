"""The page of the HTTP interface, from the OpenAPI document."""

from __future__ import annotations

import importlib
import re
from typing import Any

from scripts.client_code.document import METHODS, Route, routes
from scripts.reference.markdown import cell, code, table

HEAD = """# HTTP

Every route but those under Health wants `Authorization: Bearer <key>`; what a key may do is told by its
[scopes](scopes.md). Errors are `{"code", "message", "field"}`, see [errors](errors.md). Lists are
`{"data": [...], "next": "cursor or null"}`: hand `next` back as `cursor` for the next page. Routes marked with *
take an `Idempotency-Key`: a repeat under the same key gets the same answer and does nothing more.

The last column is the method of [the Python client](../how-to/use-the-python-client.md), after `client.`.

The whole description, with every field, is the OpenAPI document at `/openapi.json`; `/docs` shows it.
"""
_SCOPE = re.compile(r"\s*Scope (?P<scopes>[a-z:*, ]+)\.\s*$")


def page() -> str:
    """Every route with what it does and the scope it asks for, one table for each part."""
    document: dict[str, Any] = importlib.import_module("regulars.app").openapi_document()
    places = {path: place for place, path in enumerate(document["paths"])}
    found = sorted(routes(document), key=lambda one: (places[one.path], METHODS.index(one.method.lower())))
    parts: dict[str, list[tuple[str, ...]]] = {}
    for one in found:
        tag = next(iter(one.operation.get("tags", ())), "Other")
        parts.setdefault(tag, []).append(_row(one))
    head = ("Route", "Does", "Scope", "Python")
    return HEAD + "".join(f"\n## {tag}\n\n" + table(head, rows) for tag, rows in sorted(parts.items()))


def _row(route: Route) -> tuple[str, ...]:
    operation = route.operation
    repeatable = any(one.get("name") == "Idempotency-Key" for one in operation["parameters"])
    text = operation.get("description", "")
    scopes = _SCOPE.search(text)
    summary = operation.get("summary", "").rstrip(".?")
    mark = " *" if repeatable else ""
    does = f"**{cell(summary)}.** {cell(_SCOPE.sub('', text))}".strip()
    called = code(route.call.removeprefix("client."))
    return code(f"{route.method} {route.path}") + mark, does, cell(scopes["scopes"]) if scopes else "", called
