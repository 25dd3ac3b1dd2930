# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.quotes` does."""

from __future__ import annotations

from ..connection import Group
from ..models.quotes import OffersHoldEnded, OffersRelease, Quote, QuoteRequest


class QuotesRoutes(Group):
    """till."""

    def holds_release(
        self, hold_id: str, body: OffersRelease, *, idempotency_key: str | None = None
    ) -> OffersHoldEnded:
        """Release reserved promotions.

        Let reserved uses go, as when the customer leaves the basket. A repeat changes nothing.

        Scope till.

        Route: POST /v1/quotes/holds/{hold_id}/release.
        """
        return self._once(
            "POST",
            "/v1/quotes/holds/{hold_id}/release",
            OffersHoldEnded,
            (hold_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def quote(self, body: QuoteRequest, *, idempotency_key: str | None = None) -> Quote:
        """Quote a basket.

        Price a basket with the promotions of now: what applies, what does not and why, what is nearly
        reached, points.

        Members and codes that nobody knows are answered in `member` and `skipped`, not refused. With
        `reserve` the answer has a hold that the sale names; where a bound is reached meanwhile nothing
        is reserved: `limit_reached`, `budget_spent` or `code_used`, with the promotion in `field`.

        Scope till.

        Route: POST /v1/quotes.
        """
        return self._once("POST", "/v1/quotes", Quote, body=body, idempotency_key=idempotency_key)
