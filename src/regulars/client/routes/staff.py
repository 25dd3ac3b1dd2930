# Written by `make docs` from the OpenAPI document. Do not edit.
"""Registers: what `client.staff` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.staff import NewStaffMember, StaffDetails, StaffMember


class StaffRoutes(Group):
    """Registers."""

    def add(self, body: NewStaffMember, *, idempotency_key: str | None = None) -> StaffMember:
        """Add a member of staff.

        Add somebody, or describe one that only sales have named so far. Described ones are changed by
        PUT.

        Scope admin.

        Route: POST /v1/staff.
        """
        return self._once("POST", "/v1/staff", StaffMember, body=body, idempotency_key=idempotency_key)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Listing[StaffMember]:
        """List staff.

        All staff in order of their codes.

        Scope admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/staff.
        """
        return self._pages("GET", "/v1/staff", Page[StaffMember], query={"limit": limit}, cursor=cursor)

    def put(self, code: str, body: StaffDetails) -> StaffMember:
        """Describe a member of staff.

        Replace all that is said of somebody, adding them where they are new.

        Scope admin.

        Route: PUT /v1/staff/{code}.
        """
        return self._call("PUT", "/v1/staff/{code}", StaffMember, (code,), body=body)

    def show(self, code: str) -> StaffMember:
        """Show a member of staff.

        One member of staff.

        Scope admin.

        Route: GET /v1/staff/{code}.
        """
        return self._call("GET", "/v1/staff/{code}", StaffMember, (code,))
