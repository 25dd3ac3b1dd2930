"""The doors in the OpenAPI document: they answer before the framework that writes it sees a request.

Schemas are generated from the structs the doors and the gate read and write.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from regulars.vocabulary.events import Event
from regulars.vocabulary.scopes import EVENTS_WRITE

from . import hooks, segment
from .events import EventBatch, Results
from .hooks import Delivered
from .http import EVENTS_PATH
from .segment import Success
from .segment_translate import CALL_TYPES

Json = dict[str, Any]
_REF: Final = "#/components/schemas/"
BEARER: Final = "bearer"
BASIC: Final = "basic"


class Problem(Struct, omit_defaults=True):
    """Every error: a stable code, a sentence that says what to do and, where one is to blame, the field."""

    code: str
    message: str
    field: str | None = None


class TrackingCall(Struct, rename="camel", omit_defaults=True):
    """A call of the tracking API. Fields not listed here are taken too."""

    message_id: Annotated[str | None, Meta(description="The event's id; a repeat of it changes nothing.")] = (
        None
    )
    user_id: Annotated[str | int | None, Meta(description="Your id of a known customer.")] = None
    anonymous_id: Annotated[str | int | None, Meta(description="Your id of a visitor.")] = None
    event: Annotated[str | None, Meta(description="Name of the event, for track.")] = None
    name: Annotated[str | None, Meta(description="Name of the page or screen.")] = None
    group_id: Annotated[str | int | None, Meta(description="The group, for group.")] = None
    previous_id: Annotated[str | int | None, Meta(description="The former id, for alias.")] = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: datetime | None = None
    sent_at: datetime | None = None
    write_key: Annotated[str | None, Meta(description="The key, for clients that send no header.")] = None


class TrackingBatchCall(TrackingCall, rename="camel", omit_defaults=True):
    """A call inside a batch, which says its type itself."""

    type: str | None = None


class TrackingBatch(Struct, rename="camel", omit_defaults=True):
    """Up to 2,500 calls; context and sentAt hold for all of them."""

    batch: list[TrackingBatchCall]
    context: dict[str, Any] | None = None
    sent_at: datetime | None = None
    write_key: str | None = None


_STRUCTS: Final = (
    Event,
    EventBatch,
    Results,
    TrackingCall,
    TrackingBatch,
    Success,
    Delivered,
    Problem,
)
_REASONS: Final = {
    400: "The body cannot be read, or is over a limit of the tracking API.",
    401: "No valid key or signature.",
    403: "The key lacks the scope, or its source is switched off.",
    404: "Nothing is at this address.",
    405: "Not this method.",
    408: "The body came too slowly.",
    413: "The body is over its limit.",
    415: "Neither plain, gzip nor deflate.",
    429: "Too much at once; Retry-After says when to come back.",
    500: "A fault of ours; nothing was taken.",
    503: "Nothing can be stored now and nothing was taken; Retry-After says when to come back.",
}


def add_doors(document: Mapping[str, Any]) -> Json:
    """A copy of an OpenAPI document with the doors' paths, schemas and ways to sign in added to it."""
    out: Json = copy.deepcopy(dict(document))
    components = out.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    refs, ours = _schemas(schemas)
    schemas.update(ours)
    schemes = components.setdefault("securitySchemes", {})
    schemes.setdefault(BEARER, {"type": "http", "scheme": "bearer", "description": "An API key."})
    schemes.setdefault(BASIC, {"type": "http", "scheme": "basic", "description": "The API key as user name."})
    out.setdefault("paths", {}).update(_paths(refs))
    return out


def _schemas(taken: Mapping[str, Any]) -> tuple[Mapping[str, Json], Json]:
    """A reference per struct name, and the schemas, under names that do not stand for something else yet."""
    _, found = msgspec.json.schema_components(_STRUCTS, ref_template=_REF + "{name}")
    others = _others(found, taken)
    names = {_REF + name: _REF + (f"Incoming{name}" if name in others else name) for name in found}
    ours = {names[_REF + name].removeprefix(_REF): _renamed(schema, names) for name, schema in found.items()}
    return {name: {"$ref": names[_REF + name]} for name in found}, ours


def _others(found: Mapping[str, Json], taken: Mapping[str, Any]) -> set[str]:
    """Names that are taken by another schema, or by one that leads to another."""
    others = {name for name, schema in found.items() if name in taken and taken[name] != schema}
    while True:
        refs = {_REF + name for name in others}
        led = {name for name, schema in found.items() if name in taken and _leads(schema, refs)} - others
        if not led:
            return others
        others |= led


def _leads(value: Any, refs: set[str]) -> bool:
    if isinstance(value, dict):
        return any(v in refs if k == "$ref" else _leads(v, refs) for k, v in value.items())
    return isinstance(value, list) and any(_leads(item, refs) for item in value)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {k: names.get(v, v) if k == "$ref" else _renamed(v, names) for k, v in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value


def _paths(refs: Mapping[str, Json]) -> Json:
    key: list[Json] = [{BEARER: []}]
    tracking_keys: list[Json] = [{BASIC: []}, {BEARER: []}, {}]
    paths: Json = {
        EVENTS_PATH: {
            "post": _operation(
                "Send events",
                f"One event, or up to 1,000 in `events`. Answered after the commit. Scope {EVENTS_WRITE}.",
                "Events",
                request={"oneOf": [refs["Event"], refs["EventBatch"]]},
                answer=refs["Results"],
                refs=refs,
                security=key,
            )
        },
        hooks.PREFIX + "{source}": _hook_path(refs),
        segment.SETTINGS_PREFIX + "{key}" + segment.SETTINGS_SUFFIX: _settings_path(refs),
    }
    for kind in CALL_TYPES:
        text = f"As Segment's HTTP API; browsers may use `/v1/{kind[0]}`. Scope {EVENTS_WRITE}."
        paths[f"/v1/{kind}"] = {
            "post": _operation(
                f"Tracking: {kind}",
                text,
                "Tracking",
                refs["TrackingCall"],
                refs["Success"],
                refs,
                tracking_keys,
            )
        }
    text = f"Up to 2,500 calls; `/v1/b` and `/v1/import` are the same. Scope {EVENTS_WRITE}."
    paths["/v1/batch"] = {
        "post": _operation(
            "Tracking: batch", text, "Tracking", refs["TrackingBatch"], refs["Success"], refs, tracking_keys
        )
    }
    return paths


def _hook_path(refs: Mapping[str, Json]) -> Json:
    text = (
        "A vendor's webhook, signed as the vendor signs. `source` is the name of a source of the default "
        "workspace, or `<workspace>.<name>`."
    )
    anything: Json = {}
    post = _operation("Receive a webhook", text, "Webhooks", anything, refs["Delivered"], refs, [{}])
    source = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"parameters": [source], "post": post}


def _settings_path(refs: Mapping[str, Json]) -> Json:
    text = "What Segment's browser library asks for first. The key in the address is the write key."
    get = _operation("Tracking: browser settings", text, "Tracking", None, {"type": "object"}, refs, [{}])
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"parameters": [key], "get": get}


def _operation(
    summary: str,
    text: str,
    tag: str,
    request: Json | None,
    answer: Json,
    refs: Mapping[str, Json],
    security: list[Json],
) -> Json:
    problem = {"application/json": {"schema": refs["Problem"]}}
    responses = {str(code): {"description": why, "content": problem} for code, why in _REASONS.items()}
    responses["200"] = {"description": "Taken.", "content": {"application/json": {"schema": answer}}}
    operation: Json = {
        "summary": summary,
        "description": text,
        "operationId": summary.lower().replace(":", "").replace(" ", "_"),
        "tags": [tag],
        "security": security,
        "responses": dict(sorted(responses.items())),
    }
    if request is not None:
        content = {"application/json": {"schema": request}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
