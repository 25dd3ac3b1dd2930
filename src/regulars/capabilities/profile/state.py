"""Sales as the room keeps them, and the figures of a record and of a shop's day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct, field

SALE: Final = 1
REFUND: Final = 2
VOID: Final = 3
MICRO: Final = 1_000_000
"""Quantities are kept in millionths, so that weighed goods add up exactly."""


class SaleRow(Struct, array_like=True, gc=False):
    """A receipt (sale or refund), or a void that names one.

    `receipt_key` groups receipts of one number, `original_key` is the group of the receipt a refund or void
    names. `counted_on` is the record whose figures hold the row (None: nobody's, or not `counted`).
    `lines` is JSON: [line id, sku, category, quantity in millionths, unit price, discount, tax, total].
    """

    sale_id: str
    kind: int
    version: int
    source_id: int
    occurred_at: datetime
    business_date: date
    receipt: str
    receipt_key: str
    currency: str
    event_key: str
    store: str | None = None
    till: str | None = None
    channel: str | None = None
    staff: str | None = None
    original_key: str | None = None
    original_store: str | None = None
    original_till: str | None = None
    original_date: date | None = None
    total_minor: int = 0
    tax_minor: int = 0
    discount_minor: int = 0
    items_micro: int = 0
    lines: bytes = b"[]"
    record_id: str | None = None
    event_no: int = 0
    counted_on: str | None = None
    counted: bool = False
    void: bool = False
    original_id: str | None = None

    def order(self) -> tuple[int, datetime, str]:
        """The greatest of these is the sale; the others are older tellings of it."""
        return self.version, self.occurred_at, self.event_key

    def categories(self) -> dict[str, int]:
        """Quantity in millionths per category."""
        out: dict[str, int] = {}
        for line in _decode_lines(self.lines):
            if line[2]:
                out[line[2]] = out.get(line[2], 0) + line[3]
        return out


_decode_lines = msgspec.json.Decoder(list[list[Any]]).decode


class Figures(Struct, omit_defaults=True, gc=False):
    """What one record's receipts add up to; the figures of a profile are the sum over its records.

    `spend_minor` is paid minus returned, `paid_minor` what completed sales came to, both per currency.
    `items_micro` and `categories` are in millionths.
    """

    orders: int = 0
    returns: int = 0
    items_micro: int = 0
    spend_minor: dict[str, int] = field(default_factory=dict)
    paid_minor: dict[str, int] = field(default_factory=dict)
    paid_orders: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    stores: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None


class RecordFigures(Struct, gc=False):
    """The hot half of a record: when it last did anything, and its figures."""

    record_id: str
    last_at: datetime
    figures: Figures
    seen_hash: str | None = None
    seen_at: datetime | None = None
    seen_key: str | None = None


class DayCell(Struct):
    """What a shop and channel sold on a business day in a currency; in a turn, the difference."""

    orders: int = 0
    identified: int = 0
    returns: int = 0
    items_micro: int = 0
    paid_minor: int = 0
    returned_minor: int = 0


DayKey = tuple[date, str, str, str]
"""(business date, store, channel, currency); store and channel are empty where unknown."""
