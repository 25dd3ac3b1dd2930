"""The front page."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from regulars.console.accounts import Viewer
from regulars.console.services import home as service
from regulars.console.services import log
from regulars.console.services.checklist import Step, load_checklist
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import MAY_OPEN, may_open

RECENT_LINES = 6
EVENTS_LOOKED_AT = 30
# One store's events are few among those of a chain.
EVENTS_LOOKED_AT_FOR_STORES = 300


@get("/", include_in_schema=False)
async def home(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """Figures of a span, what needs attention, the latest events. Who works in a store has their home there."""
    visitor = (await desk.visit(request)).viewer
    if not may_open(visitor, "home") and may_open(visitor, "store"):
        return desk.go("/store")
    visit = await desk.visit_to(request, "home")
    params = request.query_params
    asked = service.Asked.read(params.get("span"), params.get("compare"), params.get("currency"))
    steps = await _checklist(desk, visit)
    context = await home_context(desk, visit.viewer, asked)
    return await desk.page(request, visit, "pages/home.html", "home", checklist=steps, **context)


async def _checklist(desk: Desk, visit: Visit) -> list[Step]:
    """What the set-up lacks, for those who do it."""
    if not may_open(visit.viewer, "settings"):
        return []
    pages = {key for key in MAY_OPEN if may_open(visit.viewer, key)}
    deps = desk.deps
    named = "name" in deps.workspace.ground.fixed
    return await load_checklist(deps.db, desk.workspace_id, deps.home, deps.clock(), pages, named=named)


async def home_context(desk: Desk, viewer: Viewer, asked: service.Asked) -> dict[str, Any]:
    """What the page and its live updates show; to somebody limited to some stores, of these."""
    stores = viewer.stores
    async with desk.deps.db.read(desk.workspace_id) as conn:
        figures = await service.load_home(
            conn,
            desk.workspace_id,
            asked,
            now=desk.deps.clock(),
            zone=desk.deps.zone,
            stores=stores,
            newcomers=desk.newcomers,
        )
        known = await log.names(conn, desk.workspace_id)
        looked_at = EVENTS_LOOKED_AT if stores is None else EVENTS_LOOKED_AT_FOR_STORES
        latest = await log.latest(conn, desk.deps.vault, known, stores=stores, limit=looked_at)
    # Hints that a source has news are for engineers; the news itself follows.
    recent = [line for line in latest if not line.type.startswith("source.")][:RECENT_LINES]
    due = (await desk.nav_counts(viewer))["requests"] if may_open(viewer, "requests") else 0
    return {
        "home": figures, "recent": recent, "change": service.change, "base_url": desk.deps.base_url, "requests_due": due,
    }  # fmt: skip
