"""The generated part is what the document says, and every route can be called."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_type_hints

import httpx
import pytest

from regulars.client import ApiError, Client, Listing, Retries
from scripts.client_code.document import Route, routes
from scripts.make_client import TARGET, document, files, stale
from tests.client.events import sale

ROUTES = routes(document())


def test_the_client_is_what_the_api_says() -> None:
    assert stale(files(document())) == [], "run 'make docs'"


def test_a_changed_a_missing_and_a_left_over_file_are_found() -> None:
    texts = {
        path.relative_to(TARGET).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("models", "routes")
        for path in (TARGET / folder).glob("*.py")
    }
    name = next(iter(texts))
    assert stale(texts) == []
    assert stale({**texts, name: "other"}) == [name]
    assert stale({**texts, "routes/new.py": "x"}) == ["routes/new.py"]
    assert stale({key: text for key, text in texts.items() if key != name}) == [name]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_has_a_method_that_calls_it(route: Route) -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500, json={"code": "internal", "message": "No."})

    transport = httpx.MockTransport(refuse)
    with Client("http://shop.test/in", "key", transport=transport, retries=Retries(attempts_max=1)) as client:
        method = getattr(getattr(client, route.group), route.name)
        with pytest.raises(ApiError, match="internal"):
            answered(method(*needed(method)))
    [request] = asked
    template = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(f"/in{route.path}"))
    assert request.method == route.method
    assert re.fullmatch(template, request.url.path)
    assert request.headers["authorization"] == "Bearer key"
    takes_key = any(one["name"] == "Idempotency-Key" for one in route.operation["parameters"])
    assert ("idempotency-key" in request.headers) == takes_key


def needed(method: Any) -> list[Any]:
    """Arguments for a method that must have some."""
    hints = get_type_hints(method)
    wanted = [one for one in inspect.signature(method).parameters.values() if one.default is one.empty]
    return [
        sale("1") if one.name == "events" else "x" if hints[one.name] is str else blank(hints[one.name])
        for one in wanted
    ]


def blank(kind: Any) -> Any:
    """A body: the server is not asked whether it likes it."""
    try:
        return kind()
    except TypeError:
        return {}


def answered(given: Any) -> Any:
    """A list asks when it is looked at."""
    return given.first() if isinstance(given, Listing) else given
