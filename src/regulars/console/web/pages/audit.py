"""The audit log: who did what, the check of the chain, and the log as a file."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Response, get, post

from regulars.console.accounts import actor_of
from regulars.console.format import day
from regulars.console.i18n import _
from regulars.console.services import audit as service
from regulars.console.services import audit_export, audit_words
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.security import PAGE_HEADERS
from regulars.store.audit import write_line_async


@get("/audit", include_in_schema=False)
async def audit_log(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Lines of the trail, newest first."""
    visit = await desk.visit_to(request, "audit")
    return await _log(request, desk, visit)


@post("/audit/check", include_in_schema=False, status_code=200)
async def check(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Compute the chain anew and tell what came of it."""
    visit = await desk.visit_to(request, "audit")
    await desk.form(request, visit.token)
    verdict = await asyncio.to_thread(service.check_chain, desk.deps.db, desk.workspace_id)
    return await _log(request, desk, visit, verdict=verdict)


@get("/audit/check", include_in_schema=False)
async def after_check(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Where the address of a check leads when it is opened again: the log itself."""
    await desk.visit_to(request, "audit")
    return desk.go("/audit" + (f"?{request.url.query}" if request.url.query else ""))


@get("/audit.csv", include_in_schema=False)
async def audit_file(request: WebRequest, desk: AtDesk) -> Response[bytes]:
    """The newest 10,000 lines that pass the filters, as CSV. Leaves a line itself."""
    visit = await desk.visit_to(request, "audit", acts=True)
    filters = service.read_filters(request.query_params)
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await service.find(
            conn, desk.workspace_id, filters, zone=desk.deps.zone, limit=audit_export.LINES_MAX
        )
        names = await service.load_names(conn, desk.deps.vault)
    body = await asyncio.to_thread(audit_export.csv_of, found, names)
    async with desk.deps.db.write(desk.workspace_id) as conn:
        actor = actor_of(visit.viewer.user_id)
        details = {"filters": filters.told(), "lines": len(found)}
        await write_line_async(conn, desk.workspace_id, actor, "audit.exported", "audit", details)
    today = desk.deps.clock().astimezone(desk.deps.zone).date()
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="audit-log-{today}.csv"'}
    return Response(body, headers=headers, media_type="text/csv")


async def _log(
    request: WebRequest, desk: Desk, visit: Visit, *, verdict: service.Verdict | None = None
) -> Response[Any]:
    filters = service.read_filters(request.query_params)
    mark = request.query_params.get("page")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await service.load_page(conn, desk.deps.vault, filters, zone=desk.deps.zone, page=mark)
    context = {
        "found": found,
        "filters": filters,
        "asked": filters.asked(),
        "chips": _chips(filters, found.names, desk),
        "groups": audit_words.groups(),
        "actors": _actors(filters, found.names),
        "page_mark": mark,
        "verdict": verdict,
        "file_max": audit_export.LINES_MAX,
    }
    return await desk.page(request, visit, "pages/audit.html", "audit", **context)


def _actors(filters: service.Filters, names: audit_words.Names) -> list[tuple[str, str]]:
    """The choices of who; one that is asked for by address alone is among them."""
    choices = names.choices()
    if filters.actor and filters.actor not in dict(choices):
        choices.append((filters.actor, names.actor(filters.actor)))
    return choices


def _chips(
    filters: service.Filters, names: audit_words.Names, desk: Desk
) -> list[tuple[str, dict[str, str]]]:
    """Each filter in words, with what the address asks for without it."""
    words: dict[str, str] = {}
    if filters.group:
        words["group"] = dict(audit_words.groups())[filters.group]
    if filters.actor:
        words["actor"] = _("Who: %(name)s", name=dict(_actors(filters, names))[filters.actor])
    if filters.object:
        words["object"] = _("About: %(name)s", name=names.object(filters.object, ""))
    if filters.since:
        words["from"] = _(
            "From %(day)s", day=day(service.start_of(filters.since, desk.deps.zone), desk.deps.zone)
        )
    if filters.until:
        words["to"] = _(
            "Up to %(day)s", day=day(service.start_of(filters.until, desk.deps.zone), desk.deps.zone)
        )
    return [(text, filters.without(name)) for name, text in words.items()]


HANDLERS = (audit_log, check, after_check, audit_file)
