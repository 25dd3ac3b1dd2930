# Written by `make docs` from the OpenAPI document. Do not edit.
"""Loyalty: what `client.members` does."""

from __future__ import annotations

from ..connection import Group
from ..models.members import Adjusted, Adjustment


class MembersRoutes(Group):
    """Loyalty."""

    def adjustments(
        self, member_id: str, body: Adjustment, *, idempotency_key: str | None = None
    ) -> Adjusted:
        """Give or take points.

        At once up to the programme's limit for one person, above it once a second person approves.

        `member_id` is the id of the profile or of any of its records. 422 `insufficient_points` where
        more is to be taken than there is.

        Scope admin.

        Route: POST /v1/members/{member_id}/adjustments.
        """
        return self._once(
            "POST",
            "/v1/members/{member_id}/adjustments",
            Adjusted,
            (member_id,),
            body=body,
            idempotency_key=idempotency_key,
        )
