"""Stores: time zone, region, currency and tax mode of each shop. Every code a sale names is in the register."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.services.common import row
from regulars.console.services.lookups import listed
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import Conflict, NotFound
from regulars.vocabulary.events import Currency, Event, Id, Text
from regulars.vocabulary.events import Store as StoreSaid

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import Stand, checked, code_in, event_id, occurred_at, submit

REGISTERS = load_queries("regulars.store.views", "registers.sql")


class StoreDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a shop; all of it is replaced."""

    name: Text | None = None
    time_zone: Annotated[Text, Meta(description="IANA name, such as Europe/London.")] | None = None
    region: Text | None = None
    country: Text | None = None
    currency: Currency | None = None
    tax_mode: Literal["inclusive", "exclusive"] | None = None


class NewStore(StoreDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A shop with its code."""

    code: Id


class Store(Struct, frozen=True):
    """A shop. `updated_at` is null while only sales have named it."""

    code: str
    name: str | None
    time_zone: str | None
    region: str | None
    country: str | None
    currency: str | None
    tax_mode: str | None
    updated_at: datetime | None


class StorePage(Struct, frozen=True):
    """One page of shops."""

    data: list[Store]
    next: str | None


@get("/v1/stores", summary="List stores")
async def list_stores(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> StorePage:
    """All shops in order of their codes."""
    place = read_cursor(cursor, tuple[str])
    params = {"workspace_id": visit.workspace_id, "after": place[0] if place else "", "limit": limit + 1}
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, REGISTERS.stores, params)
    kept, more = cut(found, limit, lambda one: one[:1])
    return StorePage([Store(*one[:8]) for one in kept], more)


@get("/v1/stores/{code:path}", summary="Show a store")
async def show_store(visit: AtVisit, code: FromPath[Path]) -> Store:
    """One shop."""
    found = await _find(visit, code_in(code))
    if found is None:
        raise NotFound("There is no store with this code.", field="code")
    return found[0]


@post("/v1/stores", summary="Add a store")
async def add_store(visit: AtVisit, data: JSONBody[NewStore]) -> Store:
    """Add a shop, or describe one that only sales have named so far. Described ones are changed by PUT."""
    found = await _find(visit, data.code)
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if name != "code"}
    details = StoreDetails(**said)
    if found is not None and found[0].updated_at is not None and _details(found[0]) != details:
        raise Conflict("There is a store with this code already. Change it by PUT.", field="code")
    return await _write(visit, data.code, details, found)


@put("/v1/stores/{code:path}", summary="Describe a store")
async def put_store(visit: AtVisit, code: FromPath[Path], data: JSONBody[StoreDetails]) -> Store:
    """Replace all that is said of a shop, adding it where it is new."""
    name = code_in(code)
    return await _write(visit, name, data, await _find(visit, name))


async def _find(visit: Visit, code: str) -> tuple[Store, Stand] | None:
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await row(conn, REGISTERS.store, {"workspace_id": visit.workspace_id, "code": code})
    return None if found is None else (Store(*found[:8]), Stand(found[7], found[8]))


async def _write(visit: Visit, code: str, details: StoreDetails, found: tuple[Store, Stand] | None) -> Store:
    store, stand = found if found is not None else (None, Stand())
    if store is not None and store.updated_at is not None and _details(store) == details:
        return store
    said: dict[str, Any] = msgspec.structs.asdict(details)
    event = Event(
        id=event_id(visit, f"store:{code}", said, stand),
        type="store.updated",
        occurred_at=occurred_at(visit, stand),
        store_details=StoreSaid(code=code, **said),
    )
    await submit(visit, checked(event, "store_details"), f"store:{code}")
    written = await _find(visit, code)
    if written is None:
        raise NotFound("There is no store with this code.", field="code")
    return written[0]


def _details(store: Store) -> StoreDetails:
    names = StoreDetails.__struct_fields__
    return StoreDetails(**{name: getattr(store, name) for name in names})
