"""Rows of the registers, as a turn writes them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class StoreEntry(Struct):
    """A shop; with `said_at` None only its code is known, from a sale."""

    code: str
    name: str | None = None
    time_zone: str | None = None
    region: str | None = None
    country: str | None = None
    currency: str | None = None
    tax_mode: str | None = None
    said_at: datetime | None = None
    said_key: str | None = None


class ProductEntry(Struct):
    """A product; with `said_at` None it is known from sale lines only."""

    sku: str
    name: str | None = None
    category: str | None = None
    brand: str | None = None
    barcode: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    active: bool = True
    said_at: datetime | None = None
    said_key: str | None = None


class StaffEntry(Struct):
    """A member of staff. `details` (names, e-mail: personal data) is JSON, sealed by whoever stores it."""

    code: str
    details: bytes | None = None
    active: bool = True
    said_at: datetime | None = None
    said_key: str | None = None


class StockEntry(Struct):
    """Units of a product at a store; the quantity is a decimal in text."""

    sku: str
    store: str
    quantity: str
    said_at: datetime
    said_key: str
