"""The page of the HTTP interface, from the OpenAPI document."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

from scripts.reference.markdown import cell, code, table

HEAD = """# HTTP

Every route but those under Health wants `Authorization: Bearer <key>`; what a key may do is told by its
[scopes](scopes.md). Errors are `{"code", "message", "field"}`, see [errors](errors.md). Lists are
`{"data": [...], "next": "cursor or null"}`: hand `next` back as `cursor` for the next page. Routes marked with *
take an `Idempotency-Key`: a repeat under the same key gets the same answer and does nothing more.

The whole description, with every field, is the OpenAPI document at `/openapi.json`; `/docs` shows it.
"""
_METHODS = ("get", "post", "put", "patch", "delete")
_SCOPE = re.compile(r"\s*Scope (?P<scopes>[a-z:*, ]+)\.\s*$")


def page() -> str:
    """Every route with what it does and the scope it asks for, one table for each part."""
    document: dict[str, Any] = importlib.import_module("regulars.app").openapi_document()
    parts: dict[str, list[tuple[str, str, str]]] = {}
    for method, path, operation in _operations(document):
        tag = next(iter(operation.get("tags", ())), "Other")
        parts.setdefault(tag, []).append(_row(method, path, operation))
    sections = (
        f"\n## {tag}\n\n" + table(("Route", "Does", "Scope"), rows) for tag, rows in sorted(parts.items())
    )
    return HEAD + "".join(sections)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def _row(method: str, path: str, operation: dict[str, Any]) -> tuple[str, str, str]:
    repeatable = any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ()))
    text = operation.get("description", "")
    scopes = _SCOPE.search(text)
    summary = operation.get("summary", "").rstrip(".?")
    mark = " *" if repeatable else ""
    does = f"**{cell(summary)}.** {cell(_SCOPE.sub('', text))}".strip()
    return code(f"{method.upper()} {path}") + mark, does, cell(scopes["scopes"]) if scopes else ""
