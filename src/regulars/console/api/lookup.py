"""The look-ups that tills make, past the framework: a profile or a member by one identifier or by id, and nothing else.

The framework spends more on such a request than the look-up itself. What is answered here is answered the
same; every other request, and every one that something is wrong with, goes on to the route.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Container
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from regulars.vocabulary.errors import RegularsError

from .access import BY_ROUTE
from .deps import Api, Visit
from .front import bearer
from .profiles import IDENTIFIERS, ProfileSearch, search, with_plus
from .till.members import BY, MemberSearch, search_for, shown

PROFILES: Final = "/v1/profiles"
MEMBERS: Final = "/v1/members"
MEMBER: Final = "/v1/members/{member_id}"
_ID_CHARACTERS_MAX: Final = 64
_QUERY_BYTES_MAX: Final = 2_000
_encode: Final = msgspec.json.Encoder().encode
T = TypeVar("T", ProfileSearch, MemberSearch)


class _Wanted(NamedTuple):
    """A plain look-up: its route, and what answers it."""

    route: str
    answer: Callable[[Visit], Awaitable[Any]]


class Lookups:
    """ASGI application before the web application `inner`."""

    def __init__(self, inner: ASGIApp, api: Api) -> None:
        self._inner = inner
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain look-up; pass on what is not."""
        started = time.perf_counter()
        wanted = _wanted(scope)
        found: Any = None
        if wanted is not None:
            try:
                found = await wanted.answer(await self._visit(scope, wanted.route))
            except RegularsError:
                found = None  # the route says what is wrong
        if wanted is None or found is None:
            await self._inner(scope, receive, send)
            return
        body = _encode(found)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
        metrics = self._api.deps.metrics
        metrics.add("http_requests_total", route=wanted.route, status="200")
        metrics.observe("http_request_seconds", time.perf_counter() - started, route=wanted.route)

    async def _visit(self, scope: Scope, route: str) -> Visit:
        """The caller, if their key opens the route. Raises Unauthenticated, Forbidden."""
        header = next((v for name, v in scope["headers"] if name == b"authorization"), b"")
        caller = await self._api.deps.keys.verify(bearer(header))
        BY_ROUTE["GET", route].admit(caller.scopes)
        return Visit(self._api, caller, None)


def _wanted(scope: Scope) -> _Wanted | None:
    """The look-up of a request that gives one identifier, or an id, and nothing else."""
    if scope["type"] != ScopeType.HTTP or scope["method"] != "GET":
        return None
    path, query = scope["path"], scope["query_string"]
    if path == PROFILES:
        by = _given(query, IDENTIFIERS, ProfileSearch)
        return _Wanted(PROFILES, lambda visit: search(visit, by)) if by is not None else None
    if path == MEMBERS:
        shown_by = _given(query, BY, MemberSearch)
        return _Wanted(MEMBERS, lambda visit: search_for(visit, shown_by)) if shown_by is not None else None
    place, _, member_id = path.rpartition("/")
    if place == MEMBERS and 0 < len(member_id) <= _ID_CHARACTERS_MAX and not query:
        return _Wanted(MEMBER, lambda visit: shown(visit, member_id))
    return None


def _given(query: bytes, names: Container[str], form: type[T]) -> T | None:
    """What a query asks by, where that is one of some names and nothing else."""
    if not query or len(query) > _QUERY_BYTES_MAX:
        return None
    try:
        ((name, value),) = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=1)
        if name not in names:
            return None
        return msgspec.convert({name: with_plus(value) if name == "phone" else value}, form)
    except ValueError:  # which msgspec.ValidationError is
        return None
