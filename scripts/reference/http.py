"""The page of the HTTP interface, from the OpenAPI document."""

from __future__ import annotations

import importlib
from typing import Any

from scripts.reference.markdown import cell, code, table

HEAD = """# HTTP

Every route but the health checks wants `Authorization: Bearer <key>`. The whole description, with every field,
is the OpenAPI document at `/openapi.json`; `/docs` shows it.

"""
_METHODS = ("get", "post", "put", "patch", "delete")


def page() -> str:
    """Every route with what it does."""
    document: dict[str, Any] = importlib.import_module("regulars.app").openapi_document()
    rows = [
        (
            code(f"{method.upper()} {path}"),
            cell(operation.get("summary", "")),
            cell(operation.get("description", "")),
        )
        for path, item in sorted(document["paths"].items())
        for method in _METHODS
        if (operation := item.get(method))
    ]
    return HEAD + table(("Route", "Does", "More"), rows)
