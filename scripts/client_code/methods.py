"""The modules of routes: a class for each group, a method for each route."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from .document import Route
from .models import STANDARD, doc_lines
from .shapes import Shapes, answer_schema, body_may_be_absent, body_media, body_schema
from .types import attribute, refs_in, type_of

# Routes whose method is written by hand, and the class in the client that has it.
BY_HAND: Final = {("POST", "/v1/events"): ("sending", "EventSender")}
# The last words of POST routes that only read, and may be repeated without a key.
_READING: Final = ("search", "preview")


def class_name(group: str) -> str:
    """The class of a group."""
    return "".join(part.title() for part in group.split("_")) + "Routes"


def routes_module(group: str, routes: Sequence[Route], shapes: Shapes) -> str:
    """The class of a group."""
    by_hand = [BY_HAND[key] for one in routes if (key := (one.method, one.path)) in BY_HAND]
    written = [one for one in routes if (one.method, one.path) not in BY_HAND]
    base = by_hand[0][1] if by_hand else "Group"
    body = "\n".join(_method(one, shapes) for one in written)
    lines = [
        f"from ..{by_hand[0][0]} import {base}" if by_hand else "from ..connection import Group",
        "from ..listing import Listing, Page",
        *_model_imports(written, shapes),
    ]
    tag = " and ".join(sorted({name for one in routes for name in one.operation.get("tags", ())}))
    doc = f'"""{tag}: what `client.{group}` does."""\n'
    head = f"{doc}\n{STANDARD}{chr(10).join(lines)}"
    return f'{head}\n\n\nclass {class_name(group)}({base}):\n    """{tag}."""\n\n{body}'


def routes_package(groups: Iterable[str]) -> str:
    """The package whose class has every group."""
    names = sorted(groups)
    imports = "\n".join(f"from .{one} import {class_name(one)}" for one in names)
    made = "\n".join(f"        self.{one} = {class_name(one)}(connection)" for one in names)
    return (
        '"""Every route of the API, in groups."""\n\nfrom __future__ import annotations\n\n'
        f"from ..connection import Connection\n{imports}\n\n\n"
        'class Routes:\n    """The groups, over one connection."""\n\n'
        f"    def __init__(self, connection: Connection) -> None:\n{made}\n"
    )


def _model_imports(routes: Iterable[Route], shapes: Shapes) -> list[str]:
    needed = {
        shapes.pages.get(name, name)
        for one in routes
        for name in refs_in(answer_schema(one)) | refs_in(body_schema(one))
    }
    return [f"from ..models.{shapes.home[name]} import {name}" for name in sorted(needed)]


def _method(route: Route, shapes: Shapes) -> str:
    answer = answer_schema(route)
    kind = "None" if answer is None else type_of(answer, told=True)
    paged = kind in shapes.pages and _cursor_in(route, shapes) and not _takes_key(route)
    given = f"Listing[{shapes.pages[kind]}]" if paged else _page_or(kind, shapes)
    # In a class with a method called list, that name is no type.
    given = given.replace("list[", "Sequence[")
    signature = f"    def {route.name}({', '.join(_arguments(route))}) -> {given}:\n"
    doc = doc_lines(_doc(route), "        ")
    return signature + doc + (_paging(route, shapes, kind) if paged else _calling(route, shapes, kind))


def _page_or(kind: str, shapes: Shapes) -> str:
    return f"Page[{shapes.pages[kind]}]" if kind in shapes.pages else kind


def _arguments(route: Route) -> list[str]:
    arguments = ["self", *(f"{attribute(name)}: str" for name in route.places)]
    body = body_schema(route)
    if body is not None:
        kind = type_of(body, told=False).replace("list[", "Sequence[") if body else "bytes"
        arguments.append(f"body: {kind} | None = None" if body_may_be_absent(route) else f"body: {kind}")
    named = [
        f"{attribute(one['name'])}: {_query_type(one)}{'' if one.get('required') else ' | None = None'}"
        for one in _query(route)
    ]
    if body == {}:
        named.append("headers: Mapping[str, str] | None = None")
    if _takes_key(route):
        named.append("idempotency_key: str | None = None")
    return [*arguments, "*", *named] if named else arguments


def _query(route: Route) -> list[dict[str, Any]]:
    return [one for one in route.operation["parameters"] if one["in"] == "query"]


def _query_type(parameter: dict[str, Any]) -> str:
    kind = type_of(parameter.get("schema", {}), told=False).removesuffix(" | None")
    return kind.replace("list[", "Sequence[")


def _takes_key(route: Route) -> bool:
    return any(one["name"] == "Idempotency-Key" for one in route.operation["parameters"])


def _doc(route: Route) -> str:
    operation = route.operation
    summary = operation.get("summary", route.name).rstrip(".?") + "."
    notes = [
        f"`{attribute(one['name'])}`: {one['description'].rstrip('.')}."
        for one in _query(route)
        if one.get("description")
    ]
    return "\n\n".join(
        [
            summary,
            operation.get("description", ""),
            " ".join(notes),
            f"Route: {route.method} {route.path}.",
        ]
    )


def _cursor_in(route: Route, shapes: Shapes) -> str | None:
    """Where the cursor of a list goes: query, body, or nowhere."""
    if any(one["name"] == "cursor" for one in _query(route)):
        return "query"
    refs = refs_in(body_schema(route))
    return "body" if any("cursor" in shapes.schemas[one].get("properties", {}) for one in refs) else None


def _paging(route: Route, shapes: Shapes, kind: str) -> str:
    start = "body.cursor" if _cursor_in(route, shapes) == "body" else "cursor"
    call = _call(route, _page_or(kind, shapes), with_cursor=False).replace("self._call(", "self._pages(", 1)
    return f"        return {call.removesuffix(')')}, cursor={start})\n"


def _calling(route: Route, shapes: Shapes, kind: str) -> str:
    call = _call(route, _page_or(kind, shapes))
    return f"        {call}\n" if kind == "None" else f"        return {call}\n"


def _call(route: Route, answer: str, *, with_cursor: bool = True) -> str:
    # To a type checker neither None nor Any nor a union is a type that a function can be handed.
    read_as = {"None": "type(None)", "Any": "object"}.get(answer, answer)
    if " | " in answer:
        read_as = f'cast("type[{answer}]", {answer})'
    parts = [f'"{route.method}"', f'"{route.path}"', read_as]
    if route.places:
        parts.append(f"({', '.join(attribute(name) for name in route.places)},)")
    query = [one for one in _query(route) if with_cursor or one["name"] != "cursor"]
    if query:
        pairs = ", ".join(f'"{one["name"]}": {attribute(one["name"])}' for one in query)
        parts.append(f"query={{{pairs}}}")
    schema = body_schema(route)
    if schema is not None:
        parts.append("body=body")
    if schema == {}:
        media = body_media(route)
        own = (
            "headers"
            if media == "application/json"
            else f'{{"Content-Type": "{media}", **(headers or {{}})}}'
        )
        parts.append(f"headers={own}")
    if _takes_key(route):
        return f"self._once({', '.join([*parts, 'idempotency_key=idempotency_key'])})"
    if not route.operation.get("security"):
        parts.append("repeat=False")  # who looks after the server wants the answer of the moment
    elif route.method == "POST" and route.path.rsplit("/", 1)[-1] in _READING:
        parts.append("repeat=True")
    return f"self._call({', '.join(parts)})"
