# Written by `make docs` from the OpenAPI document. Do not edit.
"""Matching: what `client.identity` does."""

from __future__ import annotations

from ..connection import Group
from ..models.identity import (
    MatchingModel,
    MatchingModelList,
    MatchingPreview,
    MatchingReason,
    MatchingStanding,
    NewMatchingModel,
    OpenedMatchingModel,
    SharedValueList,
)


class IdentityRoutes(Group):
    """Matching."""

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
