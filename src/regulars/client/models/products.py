# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: products."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NewProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A product with its SKU."""

    name: str | None = None
    category: str | None = None
    brand: str | None = None
    barcode: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    active: bool = True
    sku: str


class Product(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A product. `updated_at` is null while only sales have named it."""

    sku: str
    name: str | None
    category: str | None
    brand: str | None
    barcode: str | None
    price_minor: int | None
    currency: str | None
    active: bool
    updated_at: datetime | None


class ProductDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is said of a product; all of it is replaced."""

    name: str | None = None
    category: str | None = None
    brand: str | None = None
    barcode: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    active: bool = True
