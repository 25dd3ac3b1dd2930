"""Cases of the connectors: one JSON file each, in a folder per vendor.

A case is a webhook (`headers`, `body` or `body_text`) or a fetch (`fetch`, and an `exchange` of requests with their
responses), with the source's `options`, and what must come of it: `expect.events`, or `expect.error` with the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from regulars.connectors import connectors, signatures
from regulars.vocabulary.connector import (
    FETCH_CALLS_MAX,
    Connector,
    Request,
    Response,
    SourceConfig,
    WebhookRequest,
)
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.events import Event, Fetch

HERE = Path(__file__).parent
RECEIVED_AT = datetime(2026, 11, 22, 10, 16, tzinfo=UTC)
URL = "https://regulars.example/hooks/till"
SCHEMES = {"square": signatures.SQUARE, "shopify": signatures.SHOPIFY}
SECRETS = {"signature_key": "k1", "client_secret": "s1", "access_token": "token"}


class Case(msgspec.Struct):
    """A case as its file tells it."""

    about: str
    expect: dict[str, Any]
    headers: dict[str, str] = {}
    body: Any = None
    body_text: str | None = None
    options: dict[str, str] = {}
    fetch: Fetch | None = None
    exchange: list[dict[str, Any]] = []


def connector(vendor: str) -> Connector:
    """The connector of a vendor."""
    return connectors()[vendor]


def names(vendor: str) -> list[str]:
    """The cases of a vendor."""
    return sorted(path.stem for path in (HERE / vendor).glob("*.json"))


def load(vendor: str, name: str) -> Case:
    """One case."""
    return msgspec.json.decode((HERE / vendor / f"{name}.json").read_bytes(), type=Case)


def config(vendor: str, options: Mapping[str, str] | None = None) -> SourceConfig:
    """A source of that vendor with every secret set."""
    base = {"shop": "example.myshopify.com"} if vendor == "shopify" else {}
    return SourceConfig("till", {**base, **(options or {})}, SECRETS)


def body_of(case: Case) -> bytes:
    """The raw body of a webhook case."""
    return case.body_text.encode() if case.body_text is not None else msgspec.json.encode(case.body)


def signed(vendor: str, body: bytes, headers: Mapping[str, str], config: SourceConfig) -> WebhookRequest:
    """A delivery as the vendor would sign it."""
    scheme = SCHEMES[vendor]
    bare = WebhookRequest(URL, dict(headers), body, RECEIVED_AT)
    value = signatures.signature(scheme, config.secrets[scheme.secret], scheme.signed(bare, config))
    return WebhookRequest(URL, {**headers, scheme.header: value}, body, RECEIVED_AT)


def delivered(vendor: str, case: Case) -> list[Event]:
    """What a webhook case gives, through verification."""
    source = config(vendor, case.options)
    request = signed(vendor, body_of(case), case.headers, source)
    connector(vendor).verify(request, source)
    return connector(vendor).parse(request, source)


def fetched(vendor: str, case: Case, seen: list[Request] | None = None) -> list[Event]:
    """What a fetch case gives; every call must be the one the case tells, in order."""
    assert case.fetch is not None
    source = config(vendor, case.options)
    responses: list[Response] = []
    for step in case.exchange:
        outcome = connector(vendor).fetch(case.fetch, source, responses)
        assert isinstance(outcome, Request), f"ended before {step['request']}"
        if seen is not None:
            seen.append(outcome)
        assert told(outcome) == step["request"]
        responses.append(response_of(step["response"]))
    assert len(responses) <= FETCH_CALLS_MAX
    outcome = connector(vendor).fetch(case.fetch, source, responses)
    assert isinstance(outcome, list), f"asks for more: {outcome}"
    return outcome


def told(request: Request) -> dict[str, Any]:
    """A request as the files tell it."""
    parts = urlsplit(request.url)
    assert parts.scheme == "https"
    out: dict[str, Any] = {"method": request.method, "path": parts.path}
    body = msgspec.json.decode(request.body) if request.body else None
    if isinstance(body, dict) and "operationName" in body:
        return {**out, "operation": body["operationName"], "variables": body["variables"]}
    return {**out, "body": body} if body is not None else out


def response_of(told: Mapping[str, Any]) -> Response:
    """A response as the files tell it."""
    text = told.get("body_text")
    body = text.encode() if text is not None else msgspec.json.encode(told["body"])
    return Response(told["status"], told["headers"], body)


def outcome(vendor: str, case: Case) -> dict[str, Any]:
    """What comes of a case, in the words of `expect`."""
    try:
        events = delivered(vendor, case) if case.fetch is None else fetched(vendor, case)
    except RegularsError as error:
        found: dict[str, Any] = {"error": error.code}
        if error.field is not None:
            found["field"] = error.field
        if error.retry_after_seconds is not None:
            found["retry_after_seconds"] = error.retry_after_seconds
        return found
    return {"events": msgspec.json.decode(msgspec.json.encode(events))}


def every_case(vendors: tuple[str, ...] = tuple(SCHEMES)) -> list[Any]:
    """All cases of all vendors, for parametrisation."""
    return [pytest.param(vendor, name, id=f"{vendor}-{name}") for vendor in vendors for name in names(vendor)]
