"""The OpenAPI document of the API, from its handlers and the table of routes, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from .access import RULES, Rule
from .deps import AtApi
from .errors import Problem
from .health import NotReadyProblem

Json = dict[str, Any]
BEARER: Final = "bearer"
_REF: Final = "#/components/schemas/"
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


def document(handlers: Sequence[ControllerRouterHandler], *, version: str) -> Json:
    """The OpenAPI document of the handlers; needs nothing that runs."""
    config = OpenAPIConfig(
        title="Regulars",
        version=version,
        description="One live profile per customer, from every till and channel.",
        render_plugins=[],
    )
    app = Litestar(route_handlers=[Router("/", route_handlers=list(handlers))], openapi_config=config)
    out: Json = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    schemas = out.setdefault("components", {}).setdefault("schemas", {})
    for struct in (Problem, NotReadyProblem):
        _, found = msgspec.json.schema_components([struct], ref_template=_REF + "{name}")
        for name, schema in found.items():
            schemas.setdefault(name, schema)
    schemes = out["components"].setdefault("securitySchemes", {})
    schemes[BEARER] = {"type": "http", "scheme": "bearer", "description": "An API key."}
    for rule in RULES:
        _complete(out["paths"][rule.path][rule.method.lower()], rule)
    for name in set(schemas) & {"ValidationException"}:
        del schemas[name]
    return out


def statuses(rule: Rule, *, has_input: bool, has_body: bool) -> list[int]:
    """The errors a route may answer with."""
    found = {500, *rule.answers}
    if has_input:
        found |= {400}
    if rule.scopes:
        found |= {401, 403, 503}
    if "{" in rule.path:
        found |= {404}
    if has_body or rule.idempotent:
        found |= {413}
    if rule.idempotent:
        found |= {400, 409, 422}
    if rule.method == "PUT":
        found |= {422}
    return sorted(found)


def _complete(operation: Json, rule: Rule) -> None:
    """Put in what the handlers do not say: who may call, what else may be answered."""
    operation["tags"] = [rule.tag]
    operation["security"] = [{BEARER: []}] if rule.scopes else []
    if rule.scopes:
        operation["description"] = f"{operation.get('description', '')}\n\n{needs(rule)}".strip()
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if rule.idempotent:
        parameters.append(_KEY_HEADER)
        for status, response in responses.items():
            if status.startswith("2"):
                response.setdefault("headers", {})["Idempotency-Replayed"] = _REPLAYED_HEADER
    has_body = "requestBody" in operation
    has_input = has_body or any(one["in"] == "query" for one in parameters)
    responses.pop("400", None)
    for status in statuses(rule, has_input=has_input, has_body=has_body):
        name = "NotReadyProblem" if rule.path == "/readyz" and status == 503 else "Problem"
        schema = {"$ref": _REF + name}
        content = {"application/json": {"schema": schema}}
        responses[str(status)] = {"description": _REASONS[status], "content": content}
    operation["responses"] = dict(sorted(responses.items()))


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
                by_tag.setdefault(tag, []).append(_section(method, path, operation, item.get("parameters", [])))
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
    found = []
    for media in part.get("content", {}).values():
        schema = media.get("schema", {})
        for one in schema.get("oneOf", schema.get("anyOf", [schema])):
            if "$ref" in one:
                found.append(one["$ref"].rsplit("/", 1)[-1])
    return " or ".join(f"<code>{_text(name)}</code>" for name in found)


def _text(value: Any) -> str:
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
