"""What an event tells the registers, and which of a batch's tellings is the last."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event

from .state import ProductEntry, StaffEntry, StockEntry, StoreEntry

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
TAX_MODES = ("inclusive", "exclusive")
QUANTITY_MAX = 10**12


class Entries(Struct):
    """What one event, or a whole batch, says about the registers."""

    stores: dict[str, StoreEntry] = field(default_factory=dict)
    products: dict[str, ProductEntry] = field(default_factory=dict)
    staff: dict[str, StaffEntry] = field(default_factory=dict)
    stock: dict[tuple[str, str], StockEntry] = field(default_factory=dict)


def entries_of(event: Event, event_key: str) -> Entries | None:
    """Register entries of an event, or None. Raises InvalidInput for a part that is missing or wrong."""
    if event.type == "store.updated":
        return Entries(stores=_store(event, event_key))
    if event.type == "product.updated":
        return Entries(products=_product(event, event_key))
    if event.type == "staff.updated":
        return Entries(staff=_staff(event, event_key))
    if event.type == "stock.updated":
        return Entries(stock=_stock(event, event_key))
    return None


class Known(Protocol):
    """Codes that are in the registers for certain."""

    stores: set[str]
    staff: set[str]
    products: set[str]


def mentioned(event: Event, known: Known) -> Entries | None:
    """Codes a sale mentions and that are not known yet; they enter the registers unless already there."""
    sale = event.sale
    if sale is None:
        return None
    out = Entries()
    if event.store and event.store not in known.stores:
        out.stores[event.store] = StoreEntry(event.store)
    if event.staff and event.staff not in known.staff:
        out.staff[event.staff] = StaffEntry(event.staff)
    for line in sale.lines:
        if line.sku and line.sku not in known.products:
            out.products[line.sku] = ProductEntry(
                line.sku, line.name, line.category, line.brand, line.barcode, currency=sale.currency
            )
    return out if out.stores or out.staff or out.products else None


def _store(event: Event, event_key: str) -> dict[str, StoreEntry]:
    said = event.store_details
    if said is None:
        raise InvalidInput("store.updated needs store_details", field="store_details")
    if said.time_zone is not None:
        zone(said.time_zone)
    if said.tax_mode is not None and said.tax_mode not in TAX_MODES:
        raise InvalidInput("tax_mode is inclusive or exclusive", field="store_details.tax_mode")
    entry = StoreEntry(**msgspec.structs.asdict(said), said_at=event.occurred_at, said_key=event_key)
    return {said.code: entry}


def _product(event: Event, event_key: str) -> dict[str, ProductEntry]:
    said = event.product
    if said is None:
        raise InvalidInput("product.updated needs a product", field="product")
    entry = ProductEntry(**msgspec.structs.asdict(said), said_at=event.occurred_at, said_key=event_key)
    return {said.sku: entry}


def _staff(event: Event, event_key: str) -> dict[str, StaffEntry]:
    said = event.staff_details
    if said is None:
        raise InvalidInput("staff.updated needs staff_details", field="staff_details")
    details = {k: v for k, v in msgspec.structs.asdict(said).items() if k not in ("code", "active")}
    sealed = msgspec.json.encode(details)
    return {said.code: StaffEntry(said.code, sealed, said.active, event.occurred_at, event_key)}


def _stock(event: Event, event_key: str) -> dict[tuple[str, str], StockEntry]:
    said = event.stock
    if said is None:
        raise InvalidInput("stock.updated needs stock", field="stock")
    store = event.store or ""
    if not said.quantity.is_finite() or abs(said.quantity) > QUANTITY_MAX:
        raise InvalidInput("stock.quantity is out of range", field="stock.quantity")
    entry = StockEntry(said.sku, store, str(said.quantity), event.occurred_at, event_key)
    return {(said.sku, store): entry}


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises InvalidInput."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            "time_zone is no IANA name such as Europe/London", field="store_details.time_zone"
        ) from None


def merge(batch: Iterable[Entries]) -> Entries:
    """The last telling of each entry in a batch."""
    out = Entries()
    for said in batch:
        _keep_last(out.stores, said.stores)
        _keep_last(out.products, said.products)
        _keep_last(out.staff, said.staff)
        _keep_last(out.stock, said.stock)
    return out


Entry = TypeVar("Entry", StoreEntry, ProductEntry, StaffEntry, StockEntry)
Key = TypeVar("Key")


def _keep_last(out: dict[Key, Entry], said: dict[Key, Entry]) -> None:
    for key, entry in said.items():
        held = out.get(key)
        if held is None or _order(held) < _order(entry):
            out[key] = entry


def _order(entry: StoreEntry | ProductEntry | StaffEntry | StockEntry) -> tuple[datetime, str]:
    return entry.said_at or _NEVER, entry.said_key or ""
