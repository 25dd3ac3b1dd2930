"""The look-up that tills make, past the framework: `GET /v1/profiles` by one identifier and nothing else.

The framework spends more on such a request than the look-up itself. What is answered here is answered the
same; every other request, and every one that something is wrong with, goes on to the route.
"""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from regulars.vocabulary.errors import RegularsError

from .access import BY_ROUTE
from .deps import Api, Visit
from .front import bearer
from .profiles import IDENTIFIERS, ProfilePage, ProfileSearch, search, with_plus

PATH: Final = "/v1/profiles"
_RULE: Final = BY_ROUTE["GET", PATH]
_QUERY_BYTES_MAX: Final = 2_000
_encode: Final = msgspec.json.Encoder().encode


class Lookups:
    """ASGI application before the web application `inner`."""

    def __init__(self, inner: ASGIApp, api: Api) -> None:
        self._inner = inner
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain look-up; pass on what is not."""
        started = time.perf_counter()
        wanted = _wanted(scope)
        page: ProfilePage | None = None
        if wanted is not None:
            try:
                page = await self._search(scope, wanted)
            except RegularsError:
                page = None  # the route says what is wrong
        if page is None:
            await self._inner(scope, receive, send)
            return
        body = _encode(page)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        metrics = self._api.deps.metrics
        metrics.add("http_requests_total", route=PATH, status="200")
        metrics.observe("http_request_seconds", time.perf_counter() - started, route=PATH)

    async def _search(self, scope: Scope, wanted: ProfileSearch) -> ProfilePage:
        header = next((v for name, v in scope["headers"] if name == b"authorization"), b"")
        caller = await self._api.deps.keys.verify(bearer(header))
        _RULE.admit(caller.scopes)
        return await search(Visit(self._api, caller, None), wanted)


def _wanted(scope: Scope) -> ProfileSearch | None:
    """The look-up of a request that gives one identifier and nothing else."""
    if scope["type"] != ScopeType.HTTP or scope["path"] != PATH or scope["method"] != "GET":
        return None
    query = scope["query_string"]
    if not query or len(query) > _QUERY_BYTES_MAX:
        return None
    try:
        given = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=1)
        ((name, value),) = given
        if name not in IDENTIFIERS:
            return None
        return msgspec.convert({name: with_plus(value) if name == "phone" else value}, ProfileSearch)
    except ValueError:  # which msgspec.ValidationError is
        return None
