"""The OpenAPI document of the API, from its handlers and the table of routes, and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, get_args, get_type_hints

import msgspec
from litestar import Litestar, MediaType, Response, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.params import QueryParameter
from msgspec import Struct

from .access import RULES, Rule
from .deps import AtApi
from .errors import Problem
from .health import NotReadyProblem

Json = dict[str, Any]
BEARER: Final = "bearer"
_REF: Final = "#/components/schemas/"
_TYPED: Final = re.compile(":[a-z]+}")
_FORMATS: Final = {"/v1/sales/{sale_id}/receipt": ("text/plain", "text/html", "application/octet-stream")}
_REASONS: Final = {
    400: "The request cannot be read, or a value in it cannot be used.",
    401: "No valid key.",
    403: "The key lacks the scope, or its source is switched off.",
    404: "Nothing has this id or name in the key's workspace.",
    409: "What is there does not allow it, or a call with this Idempotency-Key is still under way.",
    413: "The body is over 1 MiB.",
    422: "Understood, but not taken; or this Idempotency-Key was used for another request.",
    500: "A fault of ours.",
    503: "Nothing can be read or stored now; Retry-After says when to come back.",
}
_DONE: Final = {"200": "Done.", "201": "Made."}
_KEY_HEADER: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name of your own for this call. A repeat gets the same answer and does nothing more.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_REPLAYED_HEADER: Final[Json] = {
    "description": "`true` on an answer given before under this Idempotency-Key.",
    "schema": {"type": "string"},
}


@get("/openapi.json", summary="This description")
async def openapi_json(api: AtApi) -> Response[dict[str, Any]]:
    """The OpenAPI document."""
    return Response(dict(api.deps.document), headers={"cache-control": "no-cache"})


def describe(handlers: Sequence[HTTPRouteHandler], *, version: str) -> Json:
    """The OpenAPI document of the handlers; needs nothing that runs."""
    config = OpenAPIConfig(
        title="Regulars",
        version=version,
        description="One live profile per customer, from every till and channel.",
        use_handler_docstrings=True,
        render_plugins=[],
    )
    nothing = {name: Provide(lambda: None, sync_to_thread=False) for name in ("api", "visit")}
    router = Router("/", route_handlers=list(handlers), dependencies=nothing)
    # Its own set-up of logging would take the place of ours, which keeps personal data out of the lines.
    app = Litestar(route_handlers=[router], openapi_config=config, logging_config=None)
    out: Json = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    # The decoder's own schemas say more than the framework's: limits inside lists, fields that are refused.
    structs: set[type[Struct]] = {struct for handler in handlers for struct in _structs_of(handler)} | {
        Problem,
        NotReadyProblem,
    }
    ordered = sorted(structs, key=lambda struct: struct.__qualname__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template=_REF + "{name}")
    _say_times(ordered, schemas)
    security = {BEARER: {"type": "http", "scheme": "bearer", "description": "An API key."}}
    out["components"] = {"schemas": schemas, "securitySchemes": security}
    names = {
        (method, path): handler.fn.__name__ for handler in handlers for method, path in addresses(handler)
    }
    for rule in RULES:
        operation = out["paths"][rule.path][rule.method.lower()]
        operation["operationId"] = names[rule.method, rule.path]
        _complete(operation, rule)
    return out


def addresses(handler: HTTPRouteHandler) -> list[tuple[str, str]]:
    """(method, path) pairs of a handler, paths as the documents write them."""
    return [(m, _TYPED.sub("}", path)) for path in handler.paths for m in handler.http_methods]


def query_names(handler: HTTPRouteHandler) -> frozenset[str]:
    """The query parameters a handler takes."""
    hints = get_type_hints(handler.fn, include_extras=True)
    said = [one for hint in hints.values() for one in get_args(hint) if isinstance(one, QueryParameter)]
    return frozenset(one.name for one in said if one.name)


def _structs_of(handler: HTTPRouteHandler) -> set[type[Struct]]:
    """What a handler takes as body and gives back."""
    hints = get_type_hints(handler.fn, include_extras=True)
    return _structs_in(hints.get("data")) | _structs_in(hints["return"])


def _structs_in(hint: Any) -> set[type[Struct]]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return {hint}
    return {struct for part in get_args(hint) for struct in _structs_in(part)}


def _say_times(structs: Iterable[type[Struct]], schemas: Mapping[str, Json]) -> None:
    """Mark the texts that are times: the decoder marks only those it would refuse without an offset."""
    for struct in _with_inner(structs):
        properties = schemas.get(struct.__name__, {}).get("properties", {})
        for one in msgspec.structs.fields(struct):
            shape = properties.get(one.encode_name, {})
            texts = [part for part in shape.get("anyOf", [shape]) if part.get("type") == "string"]
            if datetime in (one.type, *get_args(one.type)):
                texts[0]["format"] = "date-time"


def _with_inner(structs: Iterable[type[Struct]]) -> set[type[Struct]]:
    """The structs, and those in their fields."""
    found: set[type[Struct]] = set()
    waiting = list(structs)
    while waiting:
        struct = waiting.pop()
        if struct not in found:
            found.add(struct)
            waiting += [inner for one in msgspec.structs.fields(struct) for inner in _structs_in(one.type)]
    return found


def statuses(rule: Rule, *, has_body: bool) -> list[int]:
    """The errors a route may answer with."""
    found = {500, *rule.answers}
    if rule.scopes:
        found |= {400, 401, 403, 503}
    if "{" in rule.path:
        found |= {404}
    if has_body or rule.idempotent:
        found |= {413}
    if rule.idempotent:
        found |= {409, 422}
    if rule.method == "PUT":
        found |= {422}
    return sorted(found)


def _complete(operation: Json, rule: Rule) -> None:
    """Put in what the handlers do not say: who may call, what else may be answered."""
    operation["tags"] = [rule.tag]
    operation["security"] = [{BEARER: []}] if rule.scopes else []
    if rule.scopes:
        operation["description"] = f"{operation.get('description', '')}\n\n{needs(rule)}".strip()
    operation.pop("deprecated", None)
    parameters = operation["parameters"] = [_tidy(one) for one in operation.get("parameters", [])]
    responses = operation["responses"]
    for status, response in responses.items():
        response["description"] = _DONE.get(status, response["description"])
    if rule.idempotent:
        parameters.append(_KEY_HEADER)
        for status, response in responses.items():
            if status.startswith("2"):
                response.setdefault("headers", {})["Idempotency-Replayed"] = _REPLAYED_HEADER
    _say_formats(responses, rule)
    responses.pop("400", None)
    for status in statuses(rule, has_body="requestBody" in operation):
        name = "NotReadyProblem" if rule.path == "/readyz" and status == 503 else "Problem"
        schema = {"$ref": _REF + name}
        content = {"application/json": {"schema": schema}}
        responses[str(status)] = {"description": _REASONS[status], "content": content}
    operation["responses"] = dict(sorted(responses.items()))


def _say_formats(responses: Json, rule: Rule) -> None:
    """The other media types of a route that has several."""
    for media_type in _FORMATS.get(rule.path, ()):
        schema = {"type": "string"} | ({} if media_type.startswith("text/") else {"format": "binary"})
        responses["200"]["content"][media_type] = {"schema": schema}


def _tidy(parameter: Json) -> Json:
    """A parameter without what goes without saying; one that is absent is not null."""
    schema = dict(parameter["schema"])
    choices = [one for one in schema.pop("oneOf", []) if one != {"type": "null"}]
    for choice in choices[:1]:
        schema |= choice
    schema.pop("description", None)
    if parameter["in"] == "path":
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
    kept = {name: value for name, value in parameter.items() if name in ("name", "in", "description")}
    return kept | {"required": bool(parameter.get("required")), "schema": schema}


def needs(rule: Rule) -> str:
    """The scopes of a route in a sentence."""
    text = f"Scope {' or '.join(rule.scopes)}"
    return f"{text}, and {' and '.join(rule.also)}." if rule.also else f"{text}."


@get("/docs", media_type=MediaType.HTML, summary="This description as a page")
async def docs(api: AtApi) -> Response[str]:
    """Every route with what it does, asks for and answers."""
    headers = {
        "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-cache",
    }
    return Response(page_of(api.deps.document), media_type=MediaType.HTML, headers=headers)


def page_of(described: Mapping[str, Any]) -> str:
    """The document as plain HTML: headings, lists and tables, without styles, scripts or anything from elsewhere."""
    by_tag: dict[str, list[str]] = {}
    for path, item in sorted(described["paths"].items()):
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete", "patch"):
                tag = (operation.get("tags") or ["Other"])[0]
                by_tag.setdefault(tag, []).append(
                    _section(method, path, operation, item.get("parameters", []))
                )
    title = f"{_text(described['info']['title'])} API"
    head = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>'
        f"<main><h1>{title}</h1><p>{_text(described['info'].get('description', ''))} Every field is described in "
        '<a href="/openapi.json">openapi.json</a>. Errors are <code>{"code", "message", "field"}</code>; lists are '
        '<code>{"data": [], "next": cursor}</code>.</p>'
    )
    parts = [f"<h2>{_text(tag)}</h2>{''.join(sections)}" for tag, sections in sorted(by_tag.items())]
    return head + "".join(parts) + "</main></body></html>"


def _section(method: str, path: str, operation: Mapping[str, Any], shared: Iterable[Any]) -> str:
    title = f"<h3><code>{method.upper()} {_text(path)}</code></h3>"
    summary = f"<p><strong>{_text(operation.get('summary', ''))}</strong></p>"
    paragraphs = [f"<p>{_text(part)}</p>" for part in operation.get("description", "").split("\n\n") if part]
    lines = [_parameter(one) for one in (*shared, *operation.get("parameters", []))]
    body = operation.get("requestBody")
    if body is not None:
        lines.append(f"<dt>body</dt><dd>{_schema_of(body)}</dd>")
    for status, response in operation["responses"].items():
        text = _text(response.get("description", ""))
        lines.append(f"<dt>{_text(status)}</dt><dd>{text} {_schema_of(response)}</dd>")
    return f"<section>{title}{summary}{''.join(paragraphs)}<dl>{''.join(lines)}</dl></section>"


def _parameter(one: Mapping[str, Any]) -> str:
    needed = "" if one.get("required") else " (optional)"
    return f"<dt><code>{_text(one['name'])}</code></dt><dd>in {one['in']}{needed}. {_text(one.get('description', ''))}</dd>"


def _schema_of(part: Mapping[str, Any]) -> str:
    """The names of the schemas of a body."""
    schemas = [media.get("schema", {}) for media in part.get("content", {}).values()]
    choices = [one for schema in schemas for one in schema.get("oneOf", schema.get("anyOf", [schema]))]
    found = [one["$ref"].rsplit("/", 1)[-1] for one in choices if "$ref" in one]
    return " or ".join(f"<code>{_text(name)}</code>" for name in found)


def _text(value: Any) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
