# Written by `make docs` from the OpenAPI document. Do not edit.
"""Keys: what `client.keys` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.keys import Key, KeyRequest, MadeKey, RotateRequest


class KeysRoutes(Group):
    """Keys."""

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[Key]:
        """List keys.

        All keys, the newest first, ended ones included.

        Scope admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/keys.
        """
        return self._pages("GET", "/v1/keys", Page[Key], query={"limit": limit}, cursor=cursor)

    def make(self, body: KeyRequest, *, idempotency_key: str | None = None) -> MadeKey:
        """Make a key.

        Make a key. A key hands on pii:read and * only if it has them itself.

        Scope admin.

        Route: POST /v1/keys.
        """
        return self._once("POST", "/v1/keys", MadeKey, body=body, idempotency_key=idempotency_key)

    def revoke(self, key_id: str, *, idempotency_key: str | None = None) -> Key:
        """End a key.

        End a key at once; other processes follow within seconds. A repeat changes nothing.

        Scope admin.

        Route: POST /v1/keys/{key_id}/revoke.
        """
        return self._once("POST", "/v1/keys/{key_id}/revoke", Key, (key_id,), idempotency_key=idempotency_key)

    def rotate(
        self, key_id: str, body: RotateRequest | None = None, *, idempotency_key: str | None = None
    ) -> MadeKey:
        """Follow a key by another.

        Make a key with the same rights and source; the old one works on for the overlap.

        Scope admin.

        Route: POST /v1/keys/{key_id}/rotate.
        """
        return self._once(
            "POST", "/v1/keys/{key_id}/rotate", MadeKey, (key_id,), body=body, idempotency_key=idempotency_key
        )
