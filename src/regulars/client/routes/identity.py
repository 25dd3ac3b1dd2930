# Written by `make docs` from the OpenAPI document. Do not edit.
"""Identity and Matching: what `client.identity` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.identity import (
    DecidePairs,
    MadeDecision,
    MatchingModel,
    MatchingModelList,
    MatchingPreview,
    MatchingReason,
    MatchingStanding,
    NewMatchingModel,
    OpenedMatchingModel,
    ReviewPage,
    SharedValueList,
    Undo,
)
from ..models.shared import Decided


class IdentityRoutes(Group):
    """Identity and Matching."""

    def add_models(self, body: NewMatchingModel, *, idempotency_key: str | None = None) -> MatchingModel:
        """Add a matching model.

        Check a model and keep it. It changes nothing until it is put to work; `field` of an error names
        the place.

        Scope admin.

        Route: POST /v1/identity/models.
        """
        return self._once(
            "POST", "/v1/identity/models", MatchingModel, body=body, idempotency_key=idempotency_key
        )

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

    def generic_values(self) -> SharedValueList:
        """List values that name nobody.

        Values that too many share: masked, in clear with pii:read.

        Scope admin.

        Route: GET /v1/identity/generic-values.
        """
        return self._call("GET", "/v1/identity/generic-values", SharedValueList)

    def models(self, number: str) -> OpenedMatchingModel:
        """Show a matching model.

        A model and its file.

        Scope admin.

        Route: GET /v1/identity/models/{number}.
        """
        return self._call("GET", "/v1/identity/models/{number}", OpenedMatchingModel, (number,))

    def models_many(self) -> MatchingModelList:
        """List matching models.

        All models and which is at work.

        Scope admin.

        Route: GET /v1/identity/models.
        """
        return self._call("GET", "/v1/identity/models", MatchingModelList)

    def models_preview(self, number: str) -> MatchingPreview:
        """Show a preview.

        How far the preview is, or what it found. It is kept until the next one or until the program
        ends.

        Scope admin.

        Route: GET /v1/identity/models/{number}/preview.
        """
        return self._call("GET", "/v1/identity/models/{number}/preview", MatchingPreview, (number,))

    def models_promote(
        self, number: str, body: MatchingReason, *, idempotency_key: str | None = None
    ) -> MatchingStanding:
        """Put a matching model to work.

        From now on people are matched by this model, and all records are matched anew by it while
        events go on.

        Scope admin.

        Route: POST /v1/identity/models/{number}/promote.
        """
        return self._once(
            "POST",
            "/v1/identity/models/{number}/promote",
            MatchingStanding,
            (number,),
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

    def rollback(self, body: MatchingReason, *, idempotency_key: str | None = None) -> MatchingStanding:
        """Go back to the model before.

        Put the model to work that was at work before this one.

        Scope admin.

        Route: POST /v1/identity/rollback.
        """
        return self._once(
            "POST", "/v1/identity/rollback", MatchingStanding, body=body, idempotency_key=idempotency_key
        )

    def start_models_preview(self, number: str, *, idempotency_key: str | None = None) -> MatchingPreview:
        """Preview a matching model.

        Begin to work out which profiles would merge or split under a model, over all records; read it
        by GET.

        One at a time: 409 while another model's preview is worked out.

        Scope admin.

        Route: POST /v1/identity/models/{number}/preview.
        """
        return self._once(
            "POST",
            "/v1/identity/models/{number}/preview",
            MatchingPreview,
            (number,),
            idempotency_key=idempotency_key,
        )
