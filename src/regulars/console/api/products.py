"""Products: what the chain sells. Every SKU a sale names is in the register."""

from __future__ import annotations

from pathlib import Path

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from regulars.console.services.lookups import listed
from regulars.console.services.registers import PRODUCTS, REGISTERS, Product, ProductDetails, product_of
from regulars.vocabulary.events import Id

from .deps import AtVisit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .registering import author_of, code_in, details_of, shown
from .registering import put as put_entry


class NewProduct(ProductDetails, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A product with its SKU."""

    sku: Id


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
    return ProductPage([shown(visit, product_of(visit.vault, one)) for one in kept], more)


@get("/v1/products/{sku:path}", summary="Show a product")
async def show_product(visit: AtVisit, sku: FromPath[Path]) -> Product:
    """One product."""
    return shown(visit, (await PRODUCTS.show(visit.api.database, visit.vault, code_in(sku))).entry)


@post("/v1/products", summary="Add a product")
async def add_product(visit: AtVisit, data: JSONBody[NewProduct]) -> Product:
    """Add a product, or describe one that only sales have named so far. Described ones are changed by PUT."""
    added = await PRODUCTS.add(author_of(visit), data.sku, details_of(data, ProductDetails))
    return shown(visit, added)


@put("/v1/products/{sku:path}", summary="Describe a product")
async def put_product(visit: AtVisit, sku: FromPath[Path], data: JSONBody[ProductDetails]) -> Product:
    """Replace all that is said of a product, adding it where it is new."""
    put: Product = await put_entry(visit, PRODUCTS, code_in(sku), data)
    return put
