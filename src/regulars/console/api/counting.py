"""Counts requests by route pattern; the doors count their own."""

from __future__ import annotations

import time
from collections.abc import Callable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from regulars.observe import Metrics


class Counting:
    """ASGI middleware for all routes of the web application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure a request from here to the end of its answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        route = str(scope.get("path_template") or "other")
        started = time.perf_counter()
        status = "500"

        async def listening(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, listening)
        finally:
            self._metrics.add("http_requests_total", route=route, status=status)
            self._metrics.observe("http_request_seconds", time.perf_counter() - started, route=route)


def counting(metrics: Metrics) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware as an application takes it."""
    return lambda app: Counting(app, metrics)
