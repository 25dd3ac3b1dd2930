# Written by `make docs` from the OpenAPI document. Do not edit.
"""Identity: what `client.identity` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.identity import DecidePairs, MadeDecision, ReviewPage, Undo
from ..models.shared import Decided


class IdentityRoutes(Group):
    """Identity."""

    def decisions(
        self, *, profile_id: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Listing[MadeDecision]:
        """List decisions.

        What people decided of records, the newest first.

        Scope profiles:read.

        `profile_id`: Only those about this profile. `limit`: Most entries of a page. `cursor`: `next`
        of the page before; absent: the first.

        Route: GET /v1/identity/decisions.
        """
        return self._pages(
            "GET",
            "/v1/identity/decisions",
            Page[MadeDecision],
            query={"profile_id": profile_id, "limit": limit},
            cursor=cursor,
        )

    def decisions_undo(self, decision_id: str, body: Undo, *, idempotency_key: str | None = None) -> Decided:
        """Undo a decision.

        Say again what held before, of every pair on which this decision still has the last word.

        An undo is a decision too and can be undone itself. 409 where later decisions took its place.

        Scope profiles:write or admin.

        Route: POST /v1/identity/decisions/{decision_id}/undo.
        """
        return self._once(
            "POST",
            "/v1/identity/decisions/{decision_id}/undo",
            Decided,
            (decision_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def reviews(
        self,
        *,
        least: float | None = None,
        conflict: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ReviewPage:
        """List pairs that wait.

        Pairs of records that may be one person, the likeliest first.

        Scope profiles:read.

        `least`: Only pairs of so many bits or more. `conflict`: Only conflicts, or only others.
        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.

        Route: GET /v1/identity/reviews.
        """
        return self._call(
            "GET",
            "/v1/identity/reviews",
            ReviewPage,
            query={"least": least, "conflict": conflict, "limit": limit, "cursor": cursor},
        )

    def reviews_decide(self, body: DecidePairs, *, idempotency_key: str | None = None) -> Decided:
        """Decide on pairs that wait.

        Say of up to 200 pairs of the queue that each is one person, or two. Each becomes a decision of
        its own.

        What is said of two records is meant of the profiles they are in. Pairs that no longer wait are
        skipped.

        Scope profiles:write or admin.

        Route: POST /v1/identity/reviews/decide.
        """
        return self._once(
            "POST", "/v1/identity/reviews/decide", Decided, body=body, idempotency_key=idempotency_key
        )
