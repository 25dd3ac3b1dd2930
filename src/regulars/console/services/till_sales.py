"""Sales as the till's calls deal with them: found, opened, and with what of them can still come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.loyalty.purchase import Purchase, StoredLine, purchase_of
from regulars.capabilities.loyalty.returning import BackLine, SoldLine, back_lines, match, sold_lines
from regulars.capabilities.loyalty.state import Earning
from regulars.capabilities.profile.state import MICRO, SALE
from regulars.store.database import AsyncConnection, Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.vault import Vault
from regulars.vocabulary.events import Event, Line, Sale

from .common import id_array, row, rows
from .log import EVENTS, open_body
from .member_books import LOYALTY

TILL: Final = load_queries("regulars.store.views", "till.sql")
QUOTES: Final = load_queries("regulars.store.views", "quotes.sql")
RECEIPTS_MAX: Final = 5
"""Sales of one number that are looked at; a till that numbers anew each day names the day."""
RETURNS_MAX: Final = 1_000
_earning = msgspec.json.Decoder(Earning).decode
_lines = msgspec.json.Decoder(list[StoredLine]).decode


class KnownSale(Struct, frozen=True):
    """A receipt that was told. `profile_id` and `record_id` are whose it counts for, None for nobody's."""

    sale_id: UUID
    kind: int
    version: int
    source_id: int
    record_id: UUID | None
    counted: bool
    void: bool
    occurred_at: datetime
    business_date: date
    store: str | None
    till: str | None
    receipt: str
    receipt_key: UUID
    currency: str
    total_minor: int
    event_no: int
    event_key: UUID
    profile_id: UUID | None
    lines: bytes

    @property
    def is_sale(self) -> bool:
        """Whether it is a sale and no return."""
        return self.kind == SALE


async def find_sale(database: Database, vault: Vault, sale_id: UUID) -> KnownSale | None:
    """A receipt by its id."""
    (found,) = await database.ask(vault.workspace_id, sale_question(vault, sale_id))
    return KnownSale(*found[0]) if found else None


def sale_question(vault: Vault, sale_id: UUID) -> Call:
    """Asks for a receipt by its id: the values of one, or none."""
    return Call(TILL.sale, {"workspace_id": vault.workspace_id, "sale_id": sale_id.hex})


async def find_sale_told(
    conn: AsyncConnection, workspace_id: int, profile_id: UUID, event_no: int
) -> KnownSale | None:
    """The receipt that an event of a customer told last; None for another event, or somebody else's."""
    asked = {"workspace_id": workspace_id, "profile_id": profile_id, "event_no": event_no}
    found = await row(conn, TILL.sale_of_event, asked)
    return KnownSale(*found) if found is not None else None


async def sales_of_receipt(
    conn: AsyncConnection,
    vault: Vault,
    receipt_key: str,
    *,
    store: str | None,
    till: str | None,
    business_date: date | None,
) -> list[KnownSale]:
    """The latest sales of a receipt number, narrowed by what is known of them."""
    asked = {
        "workspace_id": vault.workspace_id,
        "receipt_key": receipt_key,
        "store": store,
        "till": till,
        "business_date": business_date,
        "limit": RECEIPTS_MAX,
    }
    return [KnownSale(*one) for one in await rows(conn, TILL.sales_of_receipt, asked)]


def products_question(vault: Vault, sale: Sale) -> Call:
    """Asks for what is known of the products of a sale whose lines lack it; `describe_lines` reads the answer."""
    bare = (line for line in sale.lines if line.category is None or line.brand is None)
    # A NUL is refused later on.
    skus = {line.sku for line in bare if line.sku and "\0" not in line.sku}
    return Call(QUOTES.products, {"workspace_id": vault.workspace_id, "skus": sorted(skus)})


def describe_lines(sale: Sale, products: Iterable[tuple[Any, ...]]) -> None:
    """Give lines without a category or brand those of the register of products, as a quote of them has."""
    known = {sku: (category, brand) for sku, category, brand, *_ in products}
    for line in sale.lines:
        category, brand = known.get(line.sku or "", (None, None))
        line.category = line.category if line.category is not None else category
        line.brand = line.brand if line.brand is not None else brand


async def told_of(conn: AsyncConnection, vault: Vault, sale: KnownSale) -> Event | None:
    """The event that a sale was last told by; None where it was erased."""
    asked = {"workspace_id": vault.workspace_id, "event_no": sale.event_no}
    found = await row(conn, EVENTS.one_event, asked)
    body = open_body(vault, found[7], found[8]) if found is not None else {}
    return msgspec.convert(body, Event) if body else None


async def returns_of(
    conn: AsyncConnection, vault: Vault, sale: KnownSale
) -> list[tuple[str, list[BackLine]]]:
    """What came back of a sale so far: the ids of its returns with their lines, the first one first."""
    asked = {
        "workspace_id": vault.workspace_id,
        "receipt_key": sale.receipt_key,
        "sale_id": sale.sale_id,
        "limit": RETURNS_MAX,
    }
    found = await rows(conn, TILL.returns_of, asked)
    return [(one.hex, back_lines(_lines(lines), total_minor)) for one, lines, total_minor in found]


def left_of(purchase: Purchase, returns: Iterable[Sequence[BackLine]]) -> list[SoldLine]:
    """The lines of a purchase with what of each has come back."""
    sold = sold_lines(purchase, {})
    for lines in returns:
        sold = after(sold, match(sold, lines).lines)
    return sold


def after(sold: Sequence[SoldLine], coming: dict[str, int]) -> list[SoldLine]:
    """The lines once so many millionths of them came back."""
    return [
        msgspec.structs.replace(line, returned_micro=line.returned_micro + coming.get(line.line_id, 0))
        for line in sold
    ]


def purchase_told(event: Event | None, sale: KnownSale) -> Purchase:
    """A sale as the rules see it; out of what is kept of every sale where its event was erased."""
    if event is not None:
        return purchase_of(event, sale_id=sale.sale_id.hex)
    lines = [
        Line(
            line_id, sku, category=category, quantity=Decimal(micro) / MICRO, tax_minor=tax, total_minor=total
        )
        for line_id, sku, category, micro, _, _, tax, total in _lines(sale.lines)
    ]
    told = Sale(sale.receipt, sale.currency, sale.total_minor, lines=lines)
    kept = Event(sale.sale_id.hex, "sale.completed", sale.occurred_at, sale=told)
    return purchase_of(kept, sale_id=sale.sale_id.hex)


def earnings_question(workspace_id: int, records: Iterable[str], sale_id: str) -> Call:
    """Asks for what a sale earned, in each programme; `earnings_among` reads the answer."""
    asked = {"workspace_id": workspace_id, "ids": id_array(records), "keys": id_array([sale_id])}
    return Call(LOYALTY.load_some_earnings, asked)


def earnings_among(found: Iterable[tuple[Any, ...]]) -> list[Earning]:
    """What a sale earned, out of the answer to `earnings_question`."""
    return [_earning(doc) for _, _, doc in found]


async def floor_limit(database: Database, workspace_id: int, store: str | None, till: str | None) -> int:
    """The points a till may let be spent without asking; 0 where nobody set a limit."""
    asked: dict[str, Any] = {"workspace_id": workspace_id, "store": store or "", "till": till or ""}
    (found,) = await database.ask(workspace_id, Call(TILL.floor_limit, asked))
    return int(found[0][0]) if found else 0
