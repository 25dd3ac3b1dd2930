"""What routes take and give: which struct belongs to which module, and which are pages of a list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from .document import Route
from .types import refs_in, type_of

Json = Mapping[str, Any]
SHARED: Final = "shared"
_JSON: Final = "application/json"


class Shapes(Struct):
    """Where the structs are. `home`: the module of each; `told`: those the server says; `pages`: entry per page.

    `tags`: field and value by which the members of a union are told apart.
    """

    schemas: dict[str, Any]
    home: dict[str, str]
    told: set[str]
    pages: dict[str, str]
    tags: dict[str, tuple[str, str]]


def shapes(document: Json, routes: Iterable[Route]) -> Shapes:
    """Sort the schemas: a struct that routes of several groups use, or that such a one holds, is shared."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    held = {name for schema in schemas.values() for name in refs_in(schema)}
    entries = {name: _entry(schema) for name, schema in schemas.items() if name not in held}
    pages = {name: entry for name, entry in entries.items() if entry in schemas}
    users: dict[str, set[str]] = defaultdict(set)
    told: set[str] = set()
    for route in routes:
        answered = _reach(refs_in(answer_schema(route)), schemas)
        told |= answered
        for name in answered | _reach(refs_in(body_schema(route)), schemas):
            users[name].add(route.group)
    home = {
        name: next(iter(groups)) if len(groups) == 1 else SHARED
        for name, groups in users.items()
        if name not in pages
    }
    return Shapes(schemas, home, told, pages, _tags(schemas))


def body_schema(route: Route) -> dict[str, Any] | None:
    """The schema of a route's body; empty: bytes of any kind; None: it takes none."""
    content = route.operation.get("requestBody", {}).get("content")
    return None if content is None else _without_null(content.get(_JSON, {}).get("schema", {}))


def body_media(route: Route) -> str:
    """The media type of a route's body."""
    content = route.operation["requestBody"]["content"]
    return _JSON if _JSON in content else str(next(iter(content)))


def body_may_be_absent(route: Route) -> bool:
    """Whether a route does without its body."""
    body: dict[str, Any] = route.operation["requestBody"]
    choices = body["content"].get(_JSON, {}).get("schema", {}).get("oneOf", ())
    return {"type": "null"} in choices or not body.get("required", False)


def answer_schema(route: Route) -> dict[str, Any] | None:
    """The schema of what a route answers when all is well; None: nothing."""
    responses: dict[str, Any] = route.operation["responses"]
    well = [responses[status] for status in sorted(responses) if status.startswith("2")]
    content = well[0].get("content", {}) if well else {}
    if _JSON in content:
        return _without_problems(content[_JSON].get("schema", {}))
    if not content:
        return None
    is_text = next(iter(content)).startswith("text/")
    return {"type": "string"} if is_text else {"type": "string", "format": "binary"}


def _entry(schema: Json) -> str:
    """What a page of a list holds; nothing for other schemas."""
    properties = schema.get("properties", {})
    if set(properties) != {"data", "next"} or properties["data"].get("type") != "array":
        return ""
    return type_of(properties["data"].get("items", {}), told=True)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = [one for one in schema.get("oneOf", ()) if one != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema


def _without_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """A handler that may answer an error says so in its type; errors are exceptions here."""
    choices = [one for one in schema.get("oneOf", ()) if not str(one.get("$ref", "")).endswith("Problem")]
    return choices[0] if len(choices) == 1 else schema


def _reach(names: set[str], schemas: Json) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += refs_in(schemas[name])
    return found


def _tags(schemas: Json) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    waiting: list[Any] = list(schemas.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            said = value.get("discriminator")
            mapping = said.get("mapping", {}) if isinstance(said, dict) else {}
            for tag, ref in mapping.items():
                found[str(ref).rpartition("/")[2]] = (value["discriminator"]["propertyName"], tag)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found
