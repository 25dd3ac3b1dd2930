"""The registers as pages list them: in order of their codes, a page at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct

from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault

from .common import row
from .lookups import listed
from .registers import REGISTERS, Product, StaffMember, Store, member_of, product_of, store_of

LINES: Final = 50
SALES_DAYS: Final = 60
"""How far back the last day with a sale is looked for."""
BARE_MAX: Final = 1_000
QUERY_CHARACTERS_MAX: Final = 200


class StoreLine(Struct, frozen=True):
    """A shop in the list. `last_day` is its last business day with a sale or return, None for none lately."""

    store: Store
    last_day: date | None

    @property
    def bare(self) -> bool:
        """Whether it lacks what receipts need."""
        return self.store.name is None or self.store.time_zone is None


class StorePage(Struct, frozen=True):
    """A page of shops. `bare` counts all that lack details, up to `BARE_MAX`; `after` is where the next page starts."""

    lines: list[StoreLine]
    bare: int
    after: str | None


class ProductPage(Struct, frozen=True):
    """A page of products."""

    lines: list[Product]
    after: str | None


class StaffPage(Struct, frozen=True):
    """A page of staff, names opened."""

    lines: list[StaffMember]
    after: str | None


async def store_page(
    conn: AsyncConnection, vault: Vault, *, after: str, bare: bool, today: date
) -> StorePage:
    """Shops from a code on; with `bare` only those that lack their name or time zone."""
    params = _params(vault, after) | {"bare": bare, "since": today - timedelta(days=SALES_DAYS)}
    found = await listed(conn, REGISTERS.store_lines, params)
    lines = [StoreLine(store_of(vault, one), one[8]) for one in found[:LINES]]
    counted = await row(conn, REGISTERS.bare_stores, {"workspace_id": vault.workspace_id, "limit": BARE_MAX})
    return StorePage(lines, counted[0] if counted else 0, _more(found))


async def product_page(conn: AsyncConnection, vault: Vault, *, after: str, query: str) -> ProductPage:
    """Products from a SKU on; with a query those whose SKU, barcode or name starts with it, in any case."""
    start = query.strip()[:QUERY_CHARACTERS_MAX].lower()
    params = _params(vault, after)
    if start:
        found = await listed(conn, REGISTERS.products_starting, params | {"start": _like(start)})
    else:
        found = await listed(conn, REGISTERS.products, params)
    return ProductPage([product_of(vault, one) for one in found[:LINES]], _more(found))


async def staff_page(conn: AsyncConnection, vault: Vault, *, after: str) -> StaffPage:
    """Staff from a code on."""
    found = await listed(conn, REGISTERS.staff, _params(vault, after))
    return StaffPage([member_of(vault, one) for one in found[:LINES]], _more(found))


def _params(vault: Vault, after: str) -> dict[str, Any]:
    return {"workspace_id": vault.workspace_id, "after": after, "limit": LINES + 1}


def _more(found: list[tuple[Any, ...]]) -> str | None:
    return str(found[LINES - 1][0]) if len(found) > LINES else None


def _like(start: str) -> str:
    """A pattern for texts that start so; signs of patterns in it stand for themselves."""
    for sign in ("\\", "%", "_"):
        start = start.replace(sign, "\\" + sign)
    return start + "%"
