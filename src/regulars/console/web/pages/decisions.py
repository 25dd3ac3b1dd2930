"""Decisions on customers: list and undo them, take records out of one, merge one with another."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from regulars.console.i18n import _
from regulars.console.services import decision_list, reviews
from regulars.console.services.audit import load_names
from regulars.console.services.common import SourceName, mask, pack_place, sources, unpack_place, uuid_of
from regulars.console.services.customers import find_customers
from regulars.console.services.deciding import Plan, plan_merge, plan_undo, plan_unmerge
from regulars.console.services.effects import ShownEffect, shown_effect
from regulars.console.services.people import Part, load_parts, load_people
from regulars.console.services.profile import resolve
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.observe import mask as mask_text
from regulars.vocabulary.errors import InvalidInput, RegularsError

from .customers import profile_id_of
from .duplicates import HERE, field_words, say

ROWS: Final = 25
FOUND_MAX: Final = 10
VALUES_SHOWN: Final = 5
_RECORD: Final = "record."


class Choice(Struct, frozen=True):
    """A record to be chosen: what tells it from the others."""

    record_id: UUID
    source: str
    name: str | None
    values: list[str]
    first_at: datetime
    orders: int


@get(f"{HERE}/decisions", include_in_schema=False)
async def decisions(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """What people decided, the newest first."""
    visit = await desk.visit_to(request, "duplicates")
    page = request.query_params.get("page")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        found = await decision_list.load_decisions(
            conn, desk.workspace_id, limit=ROWS + 1, after=_place(page)
        )
        kept = found[:ROWS]
        ids = list({profile for one in kept for profile in one.profiles})
        clear = visit.viewer.sees("contacts")
        people = await load_people(conn, desk.deps.vault, ids, clear=clear, spend=False)
        names = await load_names(conn, desk.deps.vault)
    context = {
        "decisions": kept,
        "people": {one.profile_id: one for one in people},
        "who": names,
        "older": pack_place(kept[-1].at.isoformat(), kept[-1].decision_id.hex) if len(found) > ROWS else None,
        "page_mark": page,
    }
    return await desk.page(request, visit, "pages/decisions.html", "customers", **context)


@get(f"{HERE}/decisions/{{decision:str}}/undo", include_in_schema=False)
async def undo_page(request: WebRequest, desk: AtDesk, decision: FromPath[str]) -> Response[Any]:
    """What an undo would change."""
    visit = await desk.visit_to(request, "duplicates")
    return await _undo(request, desk, visit, uuid_of(decision, "decision"))


@post(f"{HERE}/decisions/{{decision:str}}/undo", include_in_schema=False)
async def undo(request: WebRequest, desk: AtDesk, decision: FromPath[str]) -> Response[Any]:
    """Take a decision back."""
    visit = await desk.visit_to(request, "duplicates")
    fields = await desk.form(request, visit.token)
    decision_id = uuid_of(decision, "decision")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        plan = await plan_undo(conn, desk.deps.vault, decision_id)
    try:
        done = await say(desk, visit, plan, fields.get("reason", ""))
    except InvalidInput as error:
        return await _undo(request, desk, visit, decision_id, error=error)
    return desk.go(HERE if fields.get("from") == "queue" else f"/customers/{done.profiles[0]}#decisions")


@get("/customers/{profile:str}/take-apart", include_in_schema=False)
async def take_apart_page(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """The records of a customer, to be chosen from."""
    visit = await desk.visit_to(request, "duplicates")
    return await _take_apart(request, desk, visit, profile_id_of(profile), frozenset(), "")


@post("/customers/{profile:str}/take-apart", include_in_schema=False, status_code=200)
async def take_apart(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Show what taking the chosen records out would change, or do it."""
    visit = await desk.visit_to(request, "duplicates")
    fields = await desk.form(request, visit.token)
    chosen = frozenset(name.removeprefix(_RECORD) for name in fields if name.startswith(_RECORD))
    profile_id, reason = profile_id_of(profile), fields.get("reason", "")
    try:
        async with desk.deps.db.read(desk.workspace_id) as conn:
            taken = [uuid_of(one, "record_ids") for one in sorted(chosen)]
            plan = await plan_unmerge(conn, desk.deps.vault, profile_id, taken)
        if fields.get("step") == "do":
            done = await say(desk, visit, plan, reason)
            return desk.go(f"/customers/{_home_of(plan, profile_id, done.profiles)}#decisions")
    except InvalidInput as error:
        return await _take_apart(request, desk, visit, profile_id, chosen, reason, error=error)
    effect = await _effect(desk, visit, plan)
    return await _take_apart(request, desk, visit, profile_id, chosen, reason, effect=effect)


@get("/customers/{profile:str}/merge", include_in_schema=False)
async def merge_page(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Find another customer, and see what merging the two would change."""
    visit = await desk.visit_to(request, "duplicates")
    return await _merge(request, desk, visit, profile_id_of(profile), request.query_params.get("with"))


@post("/customers/{profile:str}/merge", include_in_schema=False)
async def merge(request: WebRequest, desk: AtDesk, profile: FromPath[str]) -> Response[Any]:
    """Make two customers one."""
    visit = await desk.visit_to(request, "duplicates")
    fields = await desk.form(request, visit.token)
    profile_id, other = profile_id_of(profile), fields.get("with", "")
    try:
        async with desk.deps.db.read(desk.workspace_id) as conn:
            plan = await plan_merge(conn, desk.deps.vault, [profile_id, uuid_of(other, "id")])
        done = await say(desk, visit, plan, fields.get("reason", ""))
    except InvalidInput as error:
        return await _merge(request, desk, visit, profile_id, other, error=error)
    return desk.go(f"/customers/{done.profiles[0]}#decisions")


HANDLERS = (decisions, undo_page, undo, take_apart_page, take_apart, merge_page, merge)


async def _effect(desk: Desk, visit: Visit, plan: Plan) -> ShownEffect:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        return await shown_effect(
            conn,
            desk.deps.vault,
            plan,
            clear=visit.viewer.sees("contacts"),
            spend=visit.viewer.sees("spend"),
        )


async def _undo(
    request: WebRequest, desk: Desk, visit: Visit, decision_id: UUID, *, error: InvalidInput | None = None
) -> Response[Any]:
    async with desk.deps.db.read(desk.workspace_id) as conn:
        plan = await plan_undo(conn, desk.deps.vault, decision_id)
    context = {
        "decision_id": decision_id,
        "effect": await _effect(desk, visit, plan),
        "spend": visit.viewer.sees("spend"),
        "error": error,
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/decision_undo.html", "customers", status=status, **context)


async def _take_apart(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    record_id: UUID,
    chosen: frozenset[str],
    reason: str,
    *,
    effect: ShownEffect | None = None,
    error: InvalidInput | None = None,
) -> Response[Any]:
    clear = visit.viewer.sees("contacts")
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await resolve(conn, desk.workspace_id, record_id)
        parts = (await load_parts(conn, desk.deps.vault, [profile_id]))[profile_id]
        known = await sources(conn, desk.workspace_id)
        (person,) = await load_people(conn, desk.deps.vault, [profile_id], clear=clear, spend=False)
    context = {
        "person": person,
        "records": [_choice(part, known, clear=clear) for part in parts],
        "chosen": chosen,
        "reason": reason,
        "effect": effect,
        "error": error,
        "spend": visit.viewer.sees("spend"),
    }
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/take_apart.html", "customers", status=status, **context)


async def _merge(
    request: WebRequest,
    desk: Desk,
    visit: Visit,
    record_id: UUID,
    other: str | None,
    *,
    error: RegularsError | None = None,
) -> Response[Any]:
    clear, spend = visit.viewer.sees("contacts"), visit.viewer.sees("spend")
    query, vault = request.query_params.get("q", "").strip(), desk.deps.vault
    found, effect, lines = [], None, []
    async with desk.deps.db.read(desk.workspace_id) as conn:
        profile_id = await resolve(conn, desk.workspace_id, record_id)
        if query:
            listed = await find_customers(
                conn, vault, query, region=desk.deps.region, page=None, clear=clear, spend=spend
            )
            found = [one for one in listed.people if one.profile_id != profile_id][:FOUND_MAX]
        if other:
            try:
                plan = await plan_merge(conn, vault, [profile_id, uuid_of(other, "id")])
            except RegularsError as problem:
                error, other = error or problem, None
            else:
                effect = await shown_effect(conn, vault, plan, clear=clear, spend=spend)
                mine, theirs = (
                    [plan.around.parts[rid] for rid in plan.around.records_of(one)]
                    for one in (profile_id.hex, plan.around.profiles[uuid_of(other, "id").hex])
                )
                lines = reviews.compare(mine, theirs, clear=clear)
        (person,) = await load_people(conn, vault, [profile_id], clear=clear, spend=spend)
    context = {
        "person": person, "q": query, "found": found, "other": other, "effect": effect, "lines": lines,
        "names": field_words(), "error": error, "spend": spend,
    }  # fmt: skip
    status = error.status if error else 200
    return await desk.page(request, visit, "pages/merge.html", "customers", status=status, **context)


def _choice(part: Part, known: dict[int, SourceName], *, clear: bool) -> Choice:
    source = known[part.source_id].name if part.source_id in known else str(part.source_id)
    said = [one for one in part.identities() if one.current][:VALUES_SHOWN]
    return Choice(
        record_id=part.record_id,
        source=source,
        name=part.name if clear or part.name is None else mask_text(part.name),
        values=[one.value if clear else mask(one.kind, one.value) for one in said],
        first_at=part.first_at,
        orders=part.figures.orders,
    )


def _home_of(plan: Plan, record_id: UUID, profiles: list[str]) -> str:
    """The profile a person was looking at, as it is called now."""
    return record_id.hex if record_id.hex in plan.around.parts else profiles[0]


def _place(text: str | None) -> decision_list.DecisionPlace | None:
    place = unpack_place(text, 2)
    if place is None:
        return None
    try:
        at = datetime.fromisoformat(place[0])
    except ValueError:
        raise InvalidInput(_("This address has a page mark that is not ours."), field="page") from None
    return decision_list.DecisionPlace(at, uuid_of(place[1], "page"))
