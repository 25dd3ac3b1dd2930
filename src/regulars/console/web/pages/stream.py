"""The live stream: one per page, rows or figures as they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Response, get
from litestar.response import Stream

from regulars.console import i18n
from regulars.console.services import home as home_service
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.live import HEARTBEAT, STREAM_HEADERS, Place, Tick, Viewer, message
from regulars.vocabulary.errors import InvalidInput

from .events import read_filters
from .home import home_context

HEARTBEAT_SECONDS = 15.0
CHECK_SESSION_SECONDS = 60.0
HOME_EVERY_SECONDS = 1.0


@get("/live", include_in_schema=False)
async def live(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The stream of a page; topics are `home` or `events`. Goes on after `Last-Event-ID`, else after `since`."""
    topic = request.query_params.get("topics", "events")
    if topic not in {"home", "events"}:
        raise InvalidInput("topics is home or events.", field="topics")
    visit = await desk.visit_to(request, topic)
    last = request.headers.get("last-event-id") or request.query_params.get("since")
    resume = Place.read(last) if last else None
    desk.hub.check_room()
    parts = HomeParts(request, desk, visit) if topic == "home" else EventParts(request, desk)
    return Stream(
        _stream(desk, visit, resume, parts, i18n.current()),
        headers=STREAM_HEADERS,
        media_type="text/event-stream",
    )


class EventParts:
    """Renders ticks as rows of the stream; they are the same for all who look through the same filters."""

    def __init__(self, request: WebRequest, desk: Desk) -> None:
        self._desk = desk
        self._filters = read_filters(request)

    async def render(self, tick: Tick) -> str:
        """New rows that pass the filter; empty when none does."""
        lines = [line for line in tick.lines if self._filters.admits(line)]
        if not lines and not tick.missed:
            return ""
        # Ticks that end at one place and are of one length began at one place.
        key = (self._filters, tick.place, len(tick.lines), tick.missed, i18n.current().code)

        async def make() -> str:
            return self._desk.pages.text("live/events.html", lines=lines, missed=tick.missed, fresh=True)

        return await self._desk.hub.texts.get(key, make)


class HomeParts:
    """Renders the figures anew, at most once a second."""

    def __init__(self, request: WebRequest, desk: Desk, visit: Visit) -> None:
        params = request.query_params
        self._desk = desk
        self._viewer = visit.viewer
        self._asked = home_service.Asked.read(
            params.get("span"), params.get("compare"), params.get("currency")
        )

    async def render(self, tick: Tick) -> str:
        """The figures as they are now."""
        await asyncio.sleep(HOME_EVERY_SECONDS)
        second = int(asyncio.get_running_loop().time() / HOME_EVERY_SECONDS)
        viewer = self._viewer
        key = (self._asked, viewer.role, viewer.stores, second, i18n.current().code)

        async def make() -> str:
            context = await home_context(self._desk, viewer, self._asked)
            return self._desk.pages.text("live/home.html", viewer=viewer, **context)

        return await self._desk.hub.texts.get(key, make)


async def _stream(
    desk: Desk, visit: Visit, resume: Place | None, parts: EventParts | HomeParts, language: i18n.Language
) -> AsyncIterator[bytes]:
    """Messages until the person leaves, signs out, or the program stops."""
    i18n.use(language)  # what is sent is made in a task of its own
    session = _Session(desk, visit)
    async with desk.hub.watch(resume) as viewer:
        yield HEARTBEAT
        while not viewer.closed and await session.lives():
            if (chunk := await _next(viewer, parts)) is not None:
                yield chunk


class _Session:
    """Looks now and then whether the session of an open stream still lives, with the rights it began with.

    Looking counts as use. A browser whose stream ends opens another, with the rights of now.
    """

    def __init__(self, desk: Desk, visit: Visit) -> None:
        self._desk = desk
        self._visit = visit
        self._clock = asyncio.get_running_loop().time
        self._looked = self._clock()

    async def lives(self) -> bool:
        """Whether to go on."""
        if self._clock() - self._looked < CHECK_SESSION_SECONDS:
            return True
        self._looked = self._clock()
        return await self._desk.accounts.viewer(self._visit.token) == self._visit.viewer


async def _next(viewer: Viewer, parts: EventParts | HomeParts) -> bytes | None:
    tick = await viewer.take(HEARTBEAT_SECONDS)
    if tick is None:
        return None if viewer.closed else HEARTBEAT
    text = await parts.render(tick)
    return message(text, place=tick.place) if text else None
