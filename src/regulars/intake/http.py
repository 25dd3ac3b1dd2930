"""The doors before the rest of the program: one ASGI application that takes their paths and passes on all others.

Every answer has the one error form, a trailing slash is never redirected, and what goes wrong inside is logged
without the request's content.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

from regulars.observe import get_logger
from regulars.vocabulary.errors import RegularsError

from . import hooks, segment
from .asgi import (
    INTERNAL,
    Answer,
    App,
    Disconnected,
    Incoming,
    MethodNotAllowed,
    Receive,
    Scope,
    Send,
    error_answer,
    send_answer,
)
from .deps import Deps
from .events import EventsDoor
from .hooks import HooksDoor
from .segment import SegmentDoor

Handler: TypeAlias = Callable[[Incoming], Awaitable[Answer]]

EVENTS_PATH: Final = "/v1/events"
_log = get_logger("intake")


class Route:
    """One address pattern: its name for the metrics and what answers each method."""

    __slots__ = ("_handlers", "_tracking", "name")

    def __init__(self, name: str, handlers: Mapping[str, Handler], *, tracking: bool = False) -> None:
        self.name = name
        self._handlers = handlers
        self._tracking = tracking

    async def answer(self, request: Incoming) -> Answer:
        """The answer, errors included; raises only for the client's own leaving and for faults of ours."""
        try:
            handler = self._handlers.get(request.method)
            return await handler(request) if handler is not None else self._other_method(request)
        except RegularsError as error:
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not error.retry:
                _log.error("request failed", route=self.name, exc_info=error)
            return self._readable(error_answer(error))

    def _other_method(self, request: Incoming) -> Answer:
        if request.method == "OPTIONS" and self._tracking:
            return Answer(HTTPStatus.NO_CONTENT, b"", segment.PREFLIGHT)
        allowed = ", ".join(sorted(self._handlers))
        refused = error_answer(MethodNotAllowed(f"This address takes {allowed}."))
        return Answer(refused.status, refused.body, (*refused.headers, (b"allow", allowed.encode())))

    def _readable(self, answer: Answer) -> Answer:
        """Lets scripts in web pages read the errors of the tracking API."""
        if not self._tracking:
            return answer
        return Answer(answer.status, answer.body, (*answer.headers, *segment.CORS))


class Doors:
    """The application: the doors' paths here, everything else in `inner`."""

    def __init__(self, deps: Deps, inner: App) -> None:
        self._inner = inner
        self._metrics = deps.metrics
        events, tracking, vendors = EventsDoor(deps), SegmentDoor(deps), HooksDoor(deps)
        self._routes = {EVENTS_PATH: Route(EVENTS_PATH, {"POST": events.post})}
        for path, handler in tracking.routes().items():
            self._routes[path] = Route(path, {"POST": handler}, tracking=True)
        self._hooks = Route("/hooks/{source}", {"POST": vendors.post, "GET": vendors.get})
        self._settings = Route("/v1/projects/{key}/settings", {"GET": tracking.settings}, tracking=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ours; pass on what is not."""
        route = self._route(scope) if scope["type"] == "http" else None
        if route is None:
            await self._inner(scope, receive, send)
            return
        started = time.perf_counter()
        try:
            answer = await route.answer(Incoming(scope, receive))
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - the last guard before the server's own plain text
            _log.error("request failed", route=route.name, exc_info=error)
            answer = INTERNAL
        await send_answer(send, answer)
        self._metrics.add("http_requests_total", route=route.name, status=str(answer.status))
        self._metrics.observe("http_request_seconds", time.perf_counter() - started, route=route.name)

    def _route(self, scope: Scope) -> Route | None:
        path: str = scope["path"]
        found = self._routes.get(path)
        if found is not None:
            return found
        if path.startswith(hooks.PREFIX):
            return self._hooks
        if path.startswith(segment.SETTINGS_PREFIX) and path.rstrip("/").endswith(segment.SETTINGS_SUFFIX):
            return self._settings
        return self._routes.get(path.rstrip("/")) if path.endswith("/") else None
