"""Stores: time zone, region, currency and tax mode of each shop. Every code a sale names is in the register."""

from __future__ import annotations

from pathlib import Path

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from regulars.console.services.lookups import listed
from regulars.console.services.registers import REGISTERS, STORES, Store, StoreDetails, store_of
from regulars.vocabulary.errors import NotFound
from regulars.vocabulary.events import Id

from .deps import AtVisit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import author_of, code_in, details_of, shown
from .registering import put as put_entry


class NewStore(StoreDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A shop with its code."""

    code: Id


class StorePage(Struct, frozen=True):
    """One page of shops."""

    data: list[Store]
    next: str | None


@get("/v1/stores", summary="List stores")
async def list_stores(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> StorePage:
    """All shops in order of their codes; to a key limited to stores its own."""
    place = read_cursor(cursor, tuple[str])
    params = {
        "workspace_id": visit.workspace_id,
        "after": place[0] if place else "",
        "only": None if visit.stores is None else sorted(visit.stores),
        "limit": limit + 1,
    }
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, REGISTERS.stores, params)
    kept, more = cut(found, limit, lambda one: one[:1])
    return StorePage([shown(visit, store_of(visit.vault, one)) for one in kept], more)


@get("/v1/stores/{code:path}", summary="Show a store")
async def show_store(visit: AtVisit, code: FromPath[Path]) -> Store:
    """One shop. To a key limited to stores no other is there."""
    wanted = code_in(code)
    if visit.stores is not None and wanted not in visit.stores:
        raise NotFound(STORES.unknown, field=STORES.key)
    return shown(visit, (await STORES.show(visit.api.database, visit.vault, wanted)).entry)


@post("/v1/stores", summary="Add a store")
async def add_store(visit: AtVisit, data: JSONBody[NewStore]) -> Store:
    """Add a shop, or describe one that only sales have named so far. Described ones are changed by PUT."""
    return shown(visit, await STORES.add(author_of(visit), data.code, details_of(data, StoreDetails)))


@put("/v1/stores/{code:path}", summary="Describe a store")
async def put_store(visit: AtVisit, code: FromPath[Path], data: JSONBody[StoreDetails]) -> Store:
    """Replace all that is said of a shop, adding it where it is new."""
    put: Store = await put_entry(visit, STORES, code_in(code), data)
    return put
