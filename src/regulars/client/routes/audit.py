# Written by `make docs` from the OpenAPI document. Do not edit.
"""Audit: what `client.audit` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.audit import AuditLine, AuditVerdict


class AuditRoutes(Group):
    """Audit."""

    def list(
        self,
        *,
        object: str | None = None,
        actor: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[AuditLine]:
        """List audit lines.

        Lines, the newest first.

        Scope admin.

        `object`: Only lines about this object, such as key:…. `actor`: Only lines of this actor.
        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/audit.
        """
        return self._pages(
            "GET",
            "/v1/audit",
            Page[AuditLine],
            query={"object": object, "actor": actor, "limit": limit},
            cursor=cursor,
        )

    def verify(self) -> AuditVerdict:
        """Check the audit trail.

        Compute the whole chain anew and compare it.

        Scope admin.

        Route: GET /v1/audit/verify.
        """
        return self._call("GET", "/v1/audit/verify", AuditVerdict)
