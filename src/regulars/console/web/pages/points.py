"""A customer's points: everything that moved them, and why the balance is what it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from regulars.console.services.audit import load_names
from regulars.console.services.common import store_names
from regulars.console.services.member import Standing, load_standings, standing_in
from regulars.console.services.people import Person, load_parts, person_of
from regulars.console.services.points_ledger import KINDS, kind_of, kind_words, load_lines, load_why_points
from regulars.console.services.profile import resolve
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.nav import may_open
from regulars.store.database import AsyncConnection
from regulars.vocabulary.errors import NotFound

from .customers import profile_id_of


@get("/customers/{profile:str}/points", include_in_schema=False)
async def points(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """What moved a customer's points, the latest first."""
    visit = await desk.visit_to(request, "customers")
    params = request.query_params
    kind, page = kind_of(params.get("kind")), params.get("page")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        person, standings = await member_of(conn, desk, visit, profile_id_of(profile))
        standing = standing_in(standings, whole_of(params.get("programme")))
        found = await load_lines(
            conn, desk.workspace_id, standing.records, programme=standing.programme, kind=kind, page=page
        )
        who = await load_names(conn, desk.deps.vault)
    context = {
        "person": person, "standing": standing, "standings": standings, "ledger": found, "who": who, "kind": kind,
        "kinds": [(name, kind_words(name)) for name, _words in KINDS.values() if name not in ("till", "erased")],
        "page_mark": page, "base": f"/customers/{person.profile_id.hex}",
        "may_adjust": may_open(visit.viewer, "adjustments"),
    }  # fmt: skip
    return await desk.page(request, visit, "pages/points.html", "customers", **context)


@get("/customers/{profile:str}/points/why", include_in_schema=False)
async def why_points(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """The books of a balance added up, and which sales and rules gave the points that are left."""
    visit = await desk.visit_to(request, "customers")
    params = request.query_params
    async with desk.deps.db.read(desk.workspace_id) as conn:
        person, standings = await member_of(conn, desk, visit, profile_id_of(profile))
        standing = standing_in(standings, whole_of(params.get("programme")))
        why = await load_why_points(
            conn,
            desk.workspace_id,
            standing,
            await store_names(conn, desk.workspace_id),
            point=params.get("point"),
            page=params.get("page"),
        )
    context = {
        "why": why,
        "standing": standing,
        "page_mark": params.get("page"),
        "base": f"/customers/{person.profile_id.hex}",
    }
    return await desk.page(request, visit, "pages/points_why.html", "customers", **context)


async def member_of(
    conn: AsyncConnection, desk: Desk, visit: Visit, record_id: UUID
) -> tuple[Person, list[Standing]]:
    """A customer, as the visitor may see them, and where they stand. Raises NotFound."""
    profile_id = await resolve(conn, desk.workspace_id, record_id)
    parts = await load_parts(conn, desk.deps.vault, [profile_id])
    found = await load_standings(conn, desk.workspace_id, parts, now=desk.deps.clock())
    if profile_id not in parts:
        raise NotFound("There is no customer with this id; they may have been erased.")
    clear, spend = visit.viewer.sees("contacts"), visit.viewer.sees("spend")
    return person_of(profile_id, parts[profile_id], clear=clear, spend=spend), found[profile_id]


def whole_of(text: str | None) -> int | None:
    """The number of a programme; what is no number is ignored."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


HANDLERS = (points, why_points)
