"""Floor limits: how many points a till may let be spent in a sale that it makes without the network."""

from __future__ import annotations

from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.console.api.deps import AtVisit
from regulars.console.api.paging import ROWS, Cursor, Limit, cut, read_cursor
from regulars.console.services.lookups import listed
from regulars.console.services.registers import STORES
from regulars.console.services.till_sales import TILL
from regulars.store.audit import write_line_async
from regulars.vocabulary.errors import NotFound
from regulars.vocabulary.events import POINTS_MAX, Id


class FloorLimit(Struct, forbid_unknown_fields=True, kw_only=True):
    """The most points of one offline sale at a till; without `till` at every till of the store that has none of its own.

    Where no limit was set it is 0: then all that an offline till lets be spent is the shop's loss.
    """

    store: Id
    till: Id | None = None
    points: Annotated[int, Meta(ge=0, le=POINTS_MAX)]


class FloorLimitPage(Struct, frozen=True):
    """One page of limits."""

    data: list[FloorLimit]
    next: str | None


@get("/v1/floor-limits", summary="List floor limits")
async def list_floor_limits(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> FloorLimitPage:
    """All limits, by store and till."""
    store, till = read_cursor(cursor, tuple[str, str]) or ("", "")
    asked = {"workspace_id": visit.workspace_id, "store": store, "till": till, "limit": limit + 1}
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, TILL.floor_limits, asked)
    kept, more = cut(found, limit, lambda one: one[:2])
    return FloorLimitPage(
        [FloorLimit(store=code, till=name or None, points=points) for code, name, points in kept], more
    )


@put("/v1/floor-limits", summary="Set a floor limit")
async def put_floor_limit(visit: AtVisit, data: JSONBody[FloorLimit]) -> FloorLimit:
    """Say how far a till, or every till of a store, may trust itself. It holds for sales confirmed from now on."""
    if await STORES.find(visit.api.database, visit.vault, data.store) is None:
        raise NotFound(STORES.unknown, field="store")
    asked = {
        "workspace_id": visit.workspace_id,
        "store": data.store,
        "till": data.till or "",
        "points": data.points,
    }
    details = {"till": data.till, "points": data.points}
    async with visit.api.database.write(visit.workspace_id) as connection:
        await connection.execute(TILL.put_floor_limit, asked)
        await write_line_async(
            connection, visit.workspace_id, visit.actor, "till.floor_limit", f"store:{data.store}", details
        )
    return data
