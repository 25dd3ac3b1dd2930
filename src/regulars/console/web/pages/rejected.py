"""Rejected events by cause, and trying them again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post

from regulars.console.accounts import actor_of
from regulars.console.services import rejected
from regulars.console.services.common import uuid_of
from regulars.console.web.deps import ReplayOutcome, WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit

CAUSE_FIELD: Final = "cause."
"""What the name of a box begins with; the mark of the cause follows."""


@get("/events/rejected", include_in_schema=False)
async def rejected_events(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Rejected events by cause."""
    visit = await desk.visit_to(request, "events")
    return await _rejected(request, desk, visit)


@post("/events/rejected/replay", include_in_schema=False)
async def replay(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Try again one rejected event, those of the causes named, or all."""
    visit = await desk.visit_to(request, "events")
    fields = await desk.form(request, visit.token)
    ids = [uuid_of(fields["id"], "id")] if fields.get("id") else await _ids(desk, fields)
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
        cause_field=CAUSE_FIELD,
    )


async def _ids(desk: Desk, fields: Mapping[str, str]) -> list[UUID]:
    """The oldest events of the causes a form names, or of all; at most `REPLAY_MAX`."""
    marks = [name.removeprefix(CAUSE_FIELD) for name in fields if name.startswith(CAUSE_FIELD)]
    causes = [None] if fields.get("all") else [rejected.cause_of(mark) for mark in marks]
    ids: list[UUID] = []
    async with desk.deps.db.read(desk.workspace_id) as conn:
        for cause in causes:
            ids += await rejected.ids_of_cause(conn, desk.workspace_id, cause)
    return ids[: rejected.REPLAY_MAX]
