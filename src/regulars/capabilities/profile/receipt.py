"""From a sale as a source tells it to the row the room keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Event, Line, Sale
from regulars.vocabulary.intake import Source

from .state import MICRO, REFUND, SALE, VOID, SaleRow

Hash = Callable[..., str]
_KINDS = {"sale.completed": SALE, "sale.refunded": REFUND, "sale.voided": VOID}
QUANTITY_MAX = 1_000_000
_FIRST_DAY = date(1970, 1, 1).toordinal()


def row_of(event: Event, *, source: Source, event_key: str, zone: ZoneInfo, hash_: Hash) -> SaleRow | None:
    """The row of a sale event, None for other events.

    `zone` is the store's time zone: it gives the business date where the event names none. Raises
    InvalidInput when the sale is missing or a quantity is out of range.
    """
    kind = _KINDS.get(event.type)
    if kind is None:
        return None
    sale = event.sale
    if sale is None:
        raise InvalidInput(f"{event.type} needs a sale", field="sale")
    day = sale.business_date or event.occurred_at.astimezone(zone).date()
    system = source.till_system
    names = sale.original_receipt if kind == REFUND else sale.receipt if kind == VOID else None
    row = SaleRow(
        sale_id=_sale_id(kind, event, sale, day, source, event_key, hash_),
        kind=kind,
        version=event.version if event.version is not None else sale.version,
        source_id=source.source_id,
        occurred_at=event.occurred_at,
        business_date=day,
        receipt=sale.receipt,
        receipt_key=hash_("receipt", system, sale.receipt),
        currency=sale.currency,
        event_key=event_key,
        store=event.store,
        till=event.till,
        channel=event.channel,
        staff=event.staff,
        total_minor=sale.total_minor,
        tax_minor=sale.tax_minor,
        discount_minor=sale.discount_minor,
    )
    if names is not None:
        row.original_key = hash_("receipt", system, names)
        row.original_store = sale.original_store or (event.store if kind == VOID else None)
        row.original_till = sale.original_till or (event.till if kind == VOID else None)
        row.original_date = sale.original_business_date
    lines = [_line(line, index, back=kind == REFUND) for index, line in enumerate(sale.lines)]
    row.items_micro = sum(line[3] for line in lines)
    row.lines = msgspec.json.encode(lines)
    return row


def _sale_id(
    kind: int, event: Event, sale: Sale, day: date, source: Source, event_key: str, hash_: Hash
) -> str:
    if kind == VOID:
        return hash_("void", event_key)
    if source.receipts_never_reset or sale.receipt_unique:
        return hash_("sale", source.till_system, str(kind), sale.receipt)
    place = (event.store or "", event.till or "", day.isoformat())
    hashed = hash_("sale", source.till_system, str(kind), sale.receipt, *place)
    # The day in front, so that the receipts of one day lie together in the index.
    return f"{(day.toordinal() - _FIRST_DAY) % 65_536:04x}{hashed[4:]}"


def _line(
    line: Line, index: int, *, back: bool
) -> tuple[str | None, str | None, str | None, int, int, int, int, int]:
    """A line that comes `back` is known by the one it was bought as."""
    return (
        (line.original_line_id or line.line_id) if back else line.line_id,
        line.sku,
        line.category,
        micro(line.quantity, f"sale.lines[{index}].quantity"),
        line.unit_price_minor,
        line.discount_minor,
        line.tax_minor,
        line.total_minor,
    )


def micro(quantity: Decimal, field: str) -> int:
    """A quantity in millionths. Raises InvalidInput over six decimals or out of range."""
    if not quantity.is_finite():
        raise InvalidInput(f"{field} is out of range", field=field)
    if quantity == 1:
        return MICRO
    if abs(quantity) > QUANTITY_MAX:
        raise InvalidInput(f"{field} is out of range", field=field)
    scaled = quantity * MICRO
    whole = int(scaled)
    if whole != scaled:
        raise InvalidInput(f"{field} has more than six decimals", field=field)
    return whole
