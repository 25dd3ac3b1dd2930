# Written by `make docs` from the OpenAPI document. Do not edit.
"""Registers: what `client.stores` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.stores import NewStore, Store, StoreDetails


class StoresRoutes(Group):
    """Registers."""

    def add(self, body: NewStore, *, idempotency_key: str | None = None) -> Store:
        """Add a store.

        Add a shop, or describe one that only sales have named so far. Described ones are changed by
        PUT.

        Scope admin.

        Route: POST /v1/stores.
        """
        return self._once("POST", "/v1/stores", Store, body=body, idempotency_key=idempotency_key)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[Store]:
        """List stores.

        All shops in order of their codes; to a key limited to stores its own.

        Scope profiles:read or admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/stores.
        """
        return self._pages("GET", "/v1/stores", Page[Store], query={"limit": limit}, cursor=cursor)

    def put(self, code: str, body: StoreDetails) -> Store:
        """Describe a store.

        Replace all that is said of a shop, adding it where it is new.

        Scope admin.

        Route: PUT /v1/stores/{code}.
        """
        return self._call("PUT", "/v1/stores/{code}", Store, (code,), body=body)

    def show(self, code: str) -> Store:
        """Show a store.

        One shop. To a key limited to stores no other is there.

        Scope profiles:read or admin.

        Route: GET /v1/stores/{code}.
        """
        return self._call("GET", "/v1/stores/{code}", Store, (code,))
