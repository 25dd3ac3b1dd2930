# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.floor_limits` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.floor_limits import FloorLimit


class FloorLimitsRoutes(Group):
    """till."""

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[FloorLimit]:
        """List floor limits.

        All limits, by store and till.

        Scope admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/floor-limits.
        """
        return self._pages("GET", "/v1/floor-limits", Page[FloorLimit], query={"limit": limit}, cursor=cursor)

    def put(self, body: FloorLimit) -> FloorLimit:
        """Set a floor limit.

        Say how far a till, or every till of a store, may trust itself. It holds for sales confirmed
        from now on.

        Scope admin.

        Route: PUT /v1/floor-limits.
        """
        return self._call("PUT", "/v1/floor-limits", FloorLimit, body=body)
