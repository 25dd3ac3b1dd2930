"""Products: what the chain sells. Every SKU a sale names is in the register."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from regulars.console.services.common import row
from regulars.console.services.lookups import listed
from regulars.vocabulary.errors import Conflict, NotFound
from regulars.vocabulary.events import Currency, Event, Id, Minor, Text
from regulars.vocabulary.events import Product as ProductSaid

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import Stand, checked, code_in, event_id, occurred_at, submit
from .stores import REGISTERS


class ProductDetails(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of a product; all of it is replaced."""

    name: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    barcode: Id | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None
    active: bool = True


class NewProduct(ProductDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A product with its SKU."""

    sku: Id


class Product(Struct, frozen=True):
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


class ProductPage(Struct, frozen=True):
    """One page of products."""

    data: list[Product]
    next: str | None


@get("/v1/products", summary="List products")
async def list_products(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> ProductPage:
    """All products in order of their SKUs."""
    place = read_cursor(cursor, tuple[str])
    params = {"workspace_id": visit.workspace_id, "after": place[0] if place else "", "limit": limit + 1}
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await listed(conn, REGISTERS.products, params)
    kept, more = cut(found, limit, lambda one: one[:1])
    return ProductPage([Product(*one[:9]) for one in kept], more)


@get("/v1/products/{sku:path}", summary="Show a product")
async def show_product(visit: AtVisit, sku: FromPath[Path]) -> Product:
    """One product."""
    found = await _find(visit, code_in(sku))
    if found is None:
        raise NotFound("There is no product with this SKU.", field="sku")
    return found[0]


@post("/v1/products", summary="Add a product")
async def add_product(visit: AtVisit, data: JSONBody[NewProduct]) -> Product:
    """Add a product, or describe one that only sales have named so far. Described ones are changed by PUT."""
    found = await _find(visit, data.sku)
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if name != "sku"}
    details = ProductDetails(**said)
    if found is not None and found[0].updated_at is not None and _details(found[0]) != details:
        raise Conflict("There is a product with this SKU already. Change it by PUT.", field="sku")
    return await _write(visit, data.sku, details, found)


@put("/v1/products/{sku:path}", summary="Describe a product")
async def put_product(visit: AtVisit, sku: FromPath[Path], data: JSONBody[ProductDetails]) -> Product:
    """Replace all that is said of a product, adding it where it is new."""
    name = code_in(sku)
    return await _write(visit, name, data, await _find(visit, name))


async def _find(visit: Visit, sku: str) -> tuple[Product, Stand] | None:
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await row(conn, REGISTERS.product, {"workspace_id": visit.workspace_id, "code": sku})
    return None if found is None else (Product(*found[:9]), Stand(found[8], found[9]))


async def _write(
    visit: Visit, sku: str, details: ProductDetails, found: tuple[Product, Stand] | None
) -> Product:
    product, stand = found if found is not None else (None, Stand())
    if product is not None and product.updated_at is not None and _details(product) == details:
        return product
    said: dict[str, Any] = msgspec.structs.asdict(details)
    event = Event(
        id=event_id(visit, f"product:{sku}", said, stand),
        type="product.updated",
        occurred_at=occurred_at(visit, stand),
        product=ProductSaid(sku=sku, **said),
    )
    await submit(visit, checked(event, "product"), f"product:{sku}")
    written = await _find(visit, sku)
    if written is None:
        raise NotFound("There is no product with this SKU.", field="sku")
    return written[0]


def _details(product: Product) -> ProductDetails:
    names = ProductDetails.__struct_fields__
    return ProductDetails(**{name: getattr(product, name) for name in names})
