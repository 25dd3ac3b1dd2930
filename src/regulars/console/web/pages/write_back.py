"""The write-back of one source: the switch, what the vendor was told, and whom it could not be told of."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.console.accounts import actor_of
from regulars.console.i18n import _, ngettext, told
from regulars.console.services import source_list
from regulars.console.services import write_back as service
from regulars.console.services.common import whole
from regulars.console.services.programmes import Programmes
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.store.audit import write_line_async
from regulars.store.sources import KnownSource
from regulars.store.write_backs import COUNTED_MAX, TROUBLED_MAX, WriteBacks
from regulars.vocabulary.errors import InvalidInput, NotFound


@get("/keys/sources/{name:str}/write-back", include_in_schema=False)
async def write_back(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """How it stands."""
    visit = await desk.visit_to(request, "keys")
    return await _page(request, desk, visit, await _known(desk, name))


@post("/keys/sources/{name:str}/write-back", include_in_schema=False)
async def switch(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Switch it on, having every member told of, or off."""
    visit = await desk.visit_to(request, "keys")
    fields = await desk.form(request, visit.token)
    known, on = await _known(desk, name), fields.get("on") == "on"
    try:
        known = await service.switch(
            desk.deps.sources,
            desk.deps.connectors,
            desk.workspace_id,
            known,
            on=on,
            programme=whole(fields.get("programme") or "1", "programme"),
            actor=actor_of(visit.viewer.user_id),
        )
    except InvalidInput as error:
        return await _page(request, desk, visit, known, status=400, fault=told(error))
    if not on:
        done = _("Write-back is off. What waited is dropped, and what the vendor shows stays as it is.")
        return await _page(request, desk, visit, known, done=done)
    return await _page(request, desk, visit, known, done=await _told_all(desk, known))


@post("/keys/sources/{name:str}/write-back/all", include_in_schema=False)
async def tell_all(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Have every member told of."""
    visit = await desk.visit_to(request, "keys")
    await desk.form(request, visit.token)
    known = await _known(desk, name)
    return await _page(request, desk, visit, known, done=await _told_all(desk, known))


@post("/keys/sources/{name:str}/write-back/retry", include_in_schema=False)
async def retry(request: WebRequest, desk: AtDesk, name: FromPath[str]) -> Response[Any]:
    """Try those once more that were given up."""
    visit = await desk.visit_to(request, "keys")
    await desk.form(request, visit.token)
    known = await _known(desk, name)
    count = await _book(desk).revive(
        desk.workspace_id, known.source.source_id, source=name, actor=actor_of(visit.viewer.user_id)
    )
    done = ngettext("%(n)s member is tried once more.", "%(n)s members are tried once more.", count)
    return await _page(request, desk, visit, known, done=done)


HANDLERS = (write_back, switch, tell_all, retry)


async def _known(desk: Desk, name: str) -> KnownSource:
    """The source, if its vendor can be told. Raises NotFound."""
    known = source_list.find_source(await desk.deps.sources.list(desk.workspace_id), name)
    if not service.can_write_back(desk.deps.connectors, known.source.kind):
        raise NotFound("Sources of this kind keep no points that could be written back.", field="name")
    return known


async def _told_all(desk: Desk, known: KnownSource) -> str:
    left = await service.tell_all(_book(desk), desk.deps.vault, known, now=desk.deps.clock())
    if left is None:
        return _("Write-back is on. The vendor is told of every member it knows.")
    return _(
        "Write-back is on. The vendor is told of the first %(n)s members now, and of the others when they move; the"
        " command regulars sources write-back has all told of.",
        n=service.PAGES_MAX * 1_000,
    )


def _book(desk: Desk) -> WriteBacks:
    return WriteBacks(desk.deps.db, audit=write_line_async)


async def _page(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    known: KnownSource,
    *,
    status: int = 200,
    done: str | None = None,
    fault: str | None = None,
) -> Response[Any]:
    programmes = await Programmes(desk.deps.db, desk.deps.vault, desk.deps.clock).known()
    context = {
        "source": known,
        "vendor": desk.deps.connectors[known.source.kind].title,
        "state": await service.state_of(_book(desk), desk.workspace_id, known),
        "programmes": programmes,
        "counted": COUNTED_MAX,
        "shown": TROUBLED_MAX,
        "done": done,
        "fault": fault,
    }
    return await desk.page(request, visit, "pages/write_back.html", "keys", status=status, **context)
