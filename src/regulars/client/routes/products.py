# Written by `make docs` from the OpenAPI document. Do not edit.
"""Registers: what `client.products` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.products import NewProduct, Product, ProductDetails


class ProductsRoutes(Group):
    """Registers."""

    def add(self, body: NewProduct, *, idempotency_key: str | None = None) -> Product:
        """Add a product.

        Add a product, or describe one that only sales have named so far. Described ones are changed by
        PUT.

        Scope admin.

        Route: POST /v1/products.
        """
        return self._once("POST", "/v1/products", Product, body=body, idempotency_key=idempotency_key)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[Product]:
        """List products.

        All products in order of their SKUs.

        Scope profiles:read or admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/products.
        """
        return self._pages("GET", "/v1/products", Page[Product], query={"limit": limit}, cursor=cursor)

    def put(self, sku: str, body: ProductDetails) -> Product:
        """Describe a product.

        Replace all that is said of a product, adding it where it is new.

        Scope admin.

        Route: PUT /v1/products/{sku}.
        """
        return self._call("PUT", "/v1/products/{sku}", Product, (sku,), body=body)

    def show(self, sku: str) -> Product:
        """Show a product.

        One product.

        Scope profiles:read or admin.

        Route: GET /v1/products/{sku}.
        """
        return self._call("GET", "/v1/products/{sku}", Product, (sku,))
