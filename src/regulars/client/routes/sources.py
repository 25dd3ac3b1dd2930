# Written by `make docs` from the OpenAPI document. Do not edit.
"""Sources: what `client.sources` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.sources import (
    NewSource,
    Retried,
    Source,
    SourceSettings,
    TellAll,
    ToldAll,
    WriteBack,
    WriteBackSwitch,
)


class SourcesRoutes(Group):
    """Sources."""

    def add(self, body: NewSource, *, idempotency_key: str | None = None) -> Source:
        """Add a source.

        Add a source. A vendor's needs what its connector asks for, some of it as secrets.

        Scope admin.

        Route: POST /v1/sources.
        """
        return self._once("POST", "/v1/sources", Source, body=body, idempotency_key=idempotency_key)

    def configure(self, name: str, body: SourceSettings) -> Source:
        """Set up a source.

        Replace the options of a source, and its secrets when some are given.

        Scope admin.

        Route: PUT /v1/sources/{name}.
        """
        return self._call("PUT", "/v1/sources/{name}", Source, (name,), body=body)

    def disable(self, name: str, *, idempotency_key: str | None = None) -> Source:
        """Close a source.

        Refuse what a source sends, and its keys, until it is opened again.

        Scope admin.

        Route: POST /v1/sources/{name}/disable.
        """
        return self._once(
            "POST", "/v1/sources/{name}/disable", Source, (name,), idempotency_key=idempotency_key
        )

    def enable(self, name: str, *, idempotency_key: str | None = None) -> Source:
        """Open a source again.

        Take what a source sends again.

        Scope admin.

        Route: POST /v1/sources/{name}/enable.
        """
        return self._once(
            "POST", "/v1/sources/{name}/enable", Source, (name,), idempotency_key=idempotency_key
        )

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[Source]:
        """List sources.

        All sources in the order they were added.

        Scope admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/sources.
        """
        return self._pages("GET", "/v1/sources", Page[Source], query={"limit": limit}, cursor=cursor)

    def show(self, name: str) -> Source:
        """Show a source.

        One source.

        Scope admin.

        Route: GET /v1/sources/{name}.
        """
        return self._call("GET", "/v1/sources/{name}", Source, (name,))

    def switch_write_back(self, name: str, body: WriteBackSwitch) -> WriteBack:
        """Switch write-back.

        Tell the vendor from now on where members stand, or tell it nothing more: what waits is dropped.

        Our balance is the one that counts: what the vendor holds is overwritten. Members who do not
        move are told of by `/v1/sources/{name}/write-back/all`.

        Scope admin.

        Route: PUT /v1/sources/{name}/write-back.
        """
        return self._call("PUT", "/v1/sources/{name}/write-back", WriteBack, (name,), body=body)

    def write_back(self, name: str) -> WriteBack:
        """Show what a vendor is told.

        Whether the vendor is told of members, what waits, and what could not be done.

        Scope admin.

        Route: GET /v1/sources/{name}/write-back.
        """
        return self._call("GET", "/v1/sources/{name}/write-back", WriteBack, (name,))

    def write_back_all(self, name: str, body: TellAll, *, idempotency_key: str | None = None) -> ToldAll:
        """Tell a vendor of every member.

        Have every member told of that the vendor knows, 20,000 a call: go on with `next` until it is
        null.

        Nothing is told while write-back is off.

        Scope admin.

        Route: POST /v1/sources/{name}/write-back/all.
        """
        return self._once(
            "POST",
            "/v1/sources/{name}/write-back/all",
            ToldAll,
            (name,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def write_back_retry(self, name: str, *, idempotency_key: str | None = None) -> Retried:
        """Try a vendor once more.

        Have members told of that were given up.

        Scope admin.

        Route: POST /v1/sources/{name}/write-back/retry.
        """
        return self._once(
            "POST", "/v1/sources/{name}/write-back/retry", Retried, (name,), idempotency_key=idempotency_key
        )
