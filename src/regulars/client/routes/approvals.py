# Written by `make docs` from the OpenAPI document. Do not edit.
"""Approvals: what `client.approvals` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.approvals import Decision
from ..models.shared import Approval


class ApprovalsRoutes(Group):
    """Approvals."""

    def approve(
        self, approval_id: str, body: Decision | None = None, *, idempotency_key: str | None = None
    ) -> Approval:
        """Approve.

        Let it be done, and do it, once. 403 for what the caller, or whoever made the key, asked for.

        Look at `outcome`: what was approved can have become impossible meanwhile.

        Scope admin.

        Route: POST /v1/approvals/{approval_id}/approve.
        """
        return self._once(
            "POST",
            "/v1/approvals/{approval_id}/approve",
            Approval,
            (approval_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def list(
        self, *, waiting: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Listing[Approval]:
        """List approvals.

        What waits for a second person and what was decided, the newest first.

        Scope admin.

        `waiting`: Only those that wait, or only the others. `limit`: Most entries of a page. `cursor`:
        `next` of the page before; absent: the first.

        Route: GET /v1/approvals.
        """
        return self._pages(
            "GET", "/v1/approvals", Page[Approval], query={"waiting": waiting, "limit": limit}, cursor=cursor
        )

    def reject(self, approval_id: str, body: Decision, *, idempotency_key: str | None = None) -> Approval:
        """Refuse.

        Do not let it be done, and say why.

        Scope admin.

        Route: POST /v1/approvals/{approval_id}/reject.
        """
        return self._once(
            "POST",
            "/v1/approvals/{approval_id}/reject",
            Approval,
            (approval_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def show(self, approval_id: str) -> Approval:
        """Show an approval.

        One of them.

        Scope admin.

        Route: GET /v1/approvals/{approval_id}.
        """
        return self._call("GET", "/v1/approvals/{approval_id}", Approval, (approval_id,))
