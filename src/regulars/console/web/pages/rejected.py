"""Rejected events by cause, and trying them again."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from regulars.console.accounts import actor_of
from regulars.console.services import rejected
from regulars.console.services.common import uuid_of, whole
from regulars.console.web.deps import ReplayOutcome, WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit


@get("/events/rejected", include_in_schema=False)
async def rejected_events(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Rejected events by cause."""
    visit = await desk.visit_to(request, "events")
    return await _rejected(request, desk, visit)


@post("/events/rejected/replay", include_in_schema=False)
async def replay(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Try again one rejected event, those of one cause, or all."""
    visit = await desk.visit_to(request, "events")
    fields = await desk.form(request, visit.token)
    if fields.get("id"):
        ids = [uuid_of(fields["id"], "id")]
    else:
        cause = None if fields.get("all") else _cause(fields)
        async with desk.deps.db.read(desk.workspace_id) as conn:
            ids = await rejected.ids_of_cause(conn, desk.workspace_id, cause)
    outcome = await desk.deps.replay(ids, actor=actor_of(visit.viewer.user_id))
    desk.forget_counts()
    return await _rejected(request, desk, visit, outcome=outcome, tried=len(ids))


async def _rejected(
    request: WebRequest, desk: Desk, visit: Visit, *, outcome: ReplayOutcome | None = None, tried: int = 0
) -> Response[Any]:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        page = await rejected.rejected_page(conn, desk.deps.vault)
    if not visit.viewer.sees("contacts"):
        page = rejected.without_examples(page)
    return await desk.page(
        request,
        visit,
        "pages/rejected.html",
        "events",
        rejected=page,
        outcome=outcome,
        tried=tried,
        replay_max=rejected.REPLAY_MAX,
    )


def _cause(fields: dict[str, str]) -> rejected.CauseKey:
    return rejected.CauseKey(
        code=fields.get("code", ""),
        field=fields.get("field") or None,
        source_id=whole(fields.get("source", ""), "source"),
        type=fields.get("type", ""),
    )
