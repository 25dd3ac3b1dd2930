# Written by `make docs` from the OpenAPI document. Do not edit.
"""Promotions: what `client.promotions` does."""

from __future__ import annotations

from typing import Literal

from ..connection import Group
from ..listing import Listing, Page
from ..models.promotions import (
    OpenedPromotion,
    PromotionContent,
    PromotionShown,
    PromotionStart,
    PromotionWord,
)


class PromotionsRoutes(Group):
    """Promotions."""

    def activate(
        self, promotion_id: str, body: PromotionStart, *, idempotency_key: str | None = None
    ) -> PromotionShown:
        """Activate a promotion.

        Let the newest version price baskets, now or from a time on; one that was paused goes on. A
        repeat changes nothing.

        Scope admin.

        Route: POST /v1/promotions/{promotion_id}/activate.
        """
        return self._once(
            "POST",
            "/v1/promotions/{promotion_id}/activate",
            PromotionShown,
            (promotion_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def add(self, body: PromotionContent, *, idempotency_key: str | None = None) -> OpenedPromotion:
        """Draft a promotion.

        Keep a draft; it prices nothing until it is activated. `faults` of the answer say what would
        stand in the way.

        Scope admin.

        Route: POST /v1/promotions.
        """
        return self._once(
            "POST", "/v1/promotions", OpenedPromotion, body=body, idempotency_key=idempotency_key
        )

    def change(self, promotion_id: str, body: PromotionContent) -> OpenedPromotion:
        """Change a promotion.

        Add a version. The one in force prices baskets until the new one is activated. The same text
        changes nothing.

        Scope admin.

        Route: PUT /v1/promotions/{promotion_id}.
        """
        return self._call("PUT", "/v1/promotions/{promotion_id}", OpenedPromotion, (promotion_id,), body=body)

    def codes(
        self, promotion_id: str, body: PromotionWord, *, idempotency_key: str | None = None
    ) -> OpenedPromotion:
        """Add a code.

        A code to share, such as SUMMER10. Codes for one use each are made on the page or by the command
        line.

        Scope admin.

        Route: POST /v1/promotions/{promotion_id}/codes.
        """
        return self._once(
            "POST",
            "/v1/promotions/{promotion_id}/codes",
            OpenedPromotion,
            (promotion_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def end(self, promotion_id: str, *, idempotency_key: str | None = None) -> PromotionShown:
        """End a promotion.

        End it for good; it and its figures are kept. A repeat changes nothing.

        Scope admin.

        Route: POST /v1/promotions/{promotion_id}/end.
        """
        return self._once(
            "POST",
            "/v1/promotions/{promotion_id}/end",
            PromotionShown,
            (promotion_id,),
            idempotency_key=idempotency_key,
        )

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: Literal["draft", "active", "paused", "ended"] | None = None,
    ) -> Listing[PromotionShown]:
        """List promotions.

        All promotions in order of their ids.

        Scope profiles:read or admin.

        `limit`: Most entries of a page. `cursor`: `next` of the page before; absent: the first.
        `state`: Only those in this state.

        Route: GET /v1/promotions.
        """
        return self._pages(
            "GET",
            "/v1/promotions",
            Page[PromotionShown],
            query={"limit": limit, "state": state},
            cursor=cursor,
        )

    def pause(self, promotion_id: str, *, idempotency_key: str | None = None) -> PromotionShown:
        """Pause a promotion.

        Price nothing with it until it is activated again. A repeat changes nothing.

        Scope admin.

        Route: POST /v1/promotions/{promotion_id}/pause.
        """
        return self._once(
            "POST",
            "/v1/promotions/{promotion_id}/pause",
            PromotionShown,
            (promotion_id,),
            idempotency_key=idempotency_key,
        )

    def show(self, promotion_id: str) -> OpenedPromotion:
        """Show a promotion.

        One promotion with its versions and what sales made of it.

        Scope profiles:read or admin.

        Route: GET /v1/promotions/{promotion_id}.
        """
        return self._call("GET", "/v1/promotions/{promotion_id}", OpenedPromotion, (promotion_id,))
