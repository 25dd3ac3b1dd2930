"""Shopify's products and stock in our words: one product per variant, under its SKU."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from regulars.connectors.reading import milliseconds, minor, optional_id, required_id, short_id, text, utc
from regulars.vocabulary.events import Event, Product, Stock

from . import shapes
from .shapes import Instant, Nodes, Ref, Variant, items


class Units(Struct):
    """Units of one kind of stock."""

    quantity: int


class Level(Struct):
    """Stock at one location."""

    updated_at: Instant
    quantities: list[Units] | None = None


class StockItem(Struct):
    """What is counted."""

    sku: str | None = None
    variants: Nodes[Ref] | None = None
    level: Level | None = None


def product_events(product: shapes.Product, currency: str | None) -> list[Event]:
    """One event per variant. A body tells no currency but in its presentment prices, else the source's."""
    changed = product.updated_at
    if changed is None:
        return []
    return [_event(product, variant, changed, currency) for variant in items(product.variants)]


def _event(product: shapes.Product, variant: Variant, changed: datetime, currency: str | None) -> Event:
    name = required_id(variant.id, "variants.id")
    version = milliseconds(changed)
    known = _currency(variant) or currency
    priced = known is not None and variant.price is not None
    return Event(
        id=short_id("product", name, str(version)),
        type="product.updated",
        occurred_at=utc(changed),
        product=Product(
            sku=required_id(text(variant.sku) or name, "variants.sku"),
            name=_name(product, variant),
            category=text(product.product_type),
            brand=text(product.vendor),
            barcode=optional_id(text(variant.barcode)),
            price_minor=minor(variant.price, known, "variants.price") if known and priced else None,
            currency=known if priced else None,
            active=(product.status or "active").lower() == "active",
        ),
        version=version,
    )


def _currency(variant: Variant) -> str | None:
    """The currency of the presentment price that equals the shop's price."""
    for entry in variant.presentment_prices or []:
        if entry.price is not None and entry.price.amount == variant.price:
            return text(entry.price.currency_code)
    return None


def _name(product: shapes.Product, variant: Variant) -> str | None:
    base, own = text(product.title), text(variant.title)
    if base and own and own != "Default Title":
        return text(f"{base} - {own}")
    return base or own


def stock_event(item: StockItem, place: str, item_id: str) -> Event | None:
    """Available units of an item at a location, under its SKU (else its variant's id)."""
    if item.level is None or not item.level.quantities:
        return None
    variant = next(iter(items(item.variants)), Ref())
    sku = required_id(text(item.sku) or variant.id or item_id, "sku")
    moment = utc(item.level.updated_at)
    return Event(
        id=short_id("stock", place, item_id, str(milliseconds(moment))),
        type="stock.updated",
        occurred_at=moment,
        store=place,
        stock=Stock(sku=sku, quantity=Decimal(item.level.quantities[0].quantity)),
    )
