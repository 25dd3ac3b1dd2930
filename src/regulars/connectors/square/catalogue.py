"""Square's catalogue, shops and stock in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from regulars.connectors.reading import (
    from_milliseconds,
    optional_id,
    quantity,
    required_id,
    short_id,
    text,
    utc,
)
from regulars.vocabulary.events import Event, Product, Stock, Store

from . import shapes
from .orders import Article
from .shapes import CatalogObject


def articles(objects: Iterable[CatalogObject], categories: Mapping[str, str]) -> dict[str, Article]:
    """Variations by id, joined with their items and the names of their categories."""
    known = {entry.id: entry for entry in objects}
    found = {}
    for entry in known.values():
        if entry.item_variation_data is not None:
            item = known.get(entry.item_variation_data.item_id or "")
            found[entry.id] = _article(entry, item.item_data if item else None, categories)
    return found


def category_ids(objects: Iterable[CatalogObject]) -> list[str]:
    """The categories that items among these objects are in, each once."""
    found = (category_id(entry.item_data) for entry in objects if entry.item_data is not None)
    return list(dict.fromkeys(name for name in found if name))


def category_id(item: shapes.Item) -> str | None:
    """The category an item is reported under: the reporting category, else the first, else the old field."""
    references = [item.reporting_category, *(item.categories or [])]
    named = (reference.id for reference in references if reference is not None and reference.id)
    return next(named, item.category_id)


def category_names(objects: Iterable[CatalogObject]) -> dict[str, str]:
    """Names of the categories among these objects."""
    names = {}
    for entry in objects:
        name = text(entry.category_data.name) if entry.category_data else None
        if name is not None:
            names[entry.id] = name
    return names


def _article(entry: CatalogObject, item: shapes.Item | None, categories: Mapping[str, str]) -> Article:
    variation = entry.item_variation_data or shapes.Variation()
    return Article(
        sku=optional_id(text(variation.sku)) or required_id(entry.id, "catalog_object.id"),
        name=_name(item, variation),
        category=categories.get(category_id(item) or "") if item else None,
        barcode=optional_id(text(variation.upc)),
    )


def _name(item: shapes.Item | None, variation: shapes.Variation) -> str | None:
    """The item's name; a variation that has a real name of its own is added to it."""
    base, own = text(item.name) if item else None, text(variation.name)
    if base and own and own not in (base, "Regular"):
        return text(f"{base} ({own})")
    return base or own


def product_events(objects: list[CatalogObject], related: list[CatalogObject]) -> list[Event]:
    """One product per changed variation; items carry their variations, and both may be told."""
    names = category_names(objects + related)
    items: dict[str, CatalogObject] = {}
    variations: dict[str, CatalogObject] = {}
    for entry in related + objects:
        if entry.item_data is not None:
            items[entry.id] = entry
            variations |= {inner.id: inner for inner in entry.item_data.variations or []}
        if entry.item_variation_data is not None:
            variations[entry.id] = entry
    return [_product(entry, items, names) for entry in variations.values() if entry.updated_at is not None]


def _product(
    entry: CatalogObject, items: Mapping[str, CatalogObject], categories: Mapping[str, str]
) -> Event:
    variation = entry.item_variation_data or shapes.Variation()
    parent = items.get(variation.item_id or "")
    item = parent.item_data if parent else None
    article = _article(entry, item, categories)
    # An item's change is not always a change of its variations, so the newer of the two versions counts.
    version = max(entry.version or 0, (parent.version or 0) if parent else 0)
    moments = [
        held.updated_at for held in (entry, parent) if held is not None and held.updated_at is not None
    ]
    deleted = bool(entry.is_deleted or (parent and parent.is_deleted) or (item and item.is_archived))
    price = variation.price_money
    return Event(
        id=short_id("product", entry.id, str(version)),
        type="product.updated",
        occurred_at=utc(max(moments)),
        product=Product(
            sku=article.sku,
            name=article.name,
            category=article.category,
            barcode=article.barcode,
            price_minor=price.amount if price and price.currency else None,
            currency=price.currency if price and price.amount is not None else None,
            active=not deleted,
        ),
        version=version,
    )


def store_event(location: shapes.Location, told_at_ms: int) -> Event:
    """A shop. Square tells no version of it, so the time of the message serves."""
    return Event(
        id=short_id("location", location.id, str(told_at_ms)),
        type="store.updated",
        occurred_at=from_milliseconds(told_at_ms),
        store_details=Store(
            code=required_id(location.id, "location.id"),
            name=text(location.name),
            time_zone=text(location.timezone),
            region=text(location.address.administrative_district_level_1) if location.address else None,
            country=text(location.country),
            currency=text(location.currency),
        ),
        version=told_at_ms,
    )


def stock_event(count: shapes.Count, sku: str) -> Event | None:
    """Units in stock at a shop, under the product's SKU."""
    if count.calculated_at is None:
        return None
    place = required_id(count.location_id, "location_id")
    moment = utc(count.calculated_at)
    return Event(
        id=short_id("stock", place, sku, moment.isoformat()),
        type="stock.updated",
        occurred_at=moment,
        store=place,
        stock=Stock(sku=sku, quantity=quantity(count.quantity)),
    )
