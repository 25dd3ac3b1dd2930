# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.holds` does."""

from __future__ import annotations

from ..connection import Group
from ..models.holds import Capture, HoldRequest, Release
from ..models.shared import Hold


class HoldsRoutes(Group):
    """till."""

    def capture(self, hold_id: str, body: Capture, *, idempotency_key: str | None = None) -> Hold:
        """Capture a hold.

        Spend what a hold reserves. A sale that names its holds captures them itself, which is better:
        one call, or none.

        Scope till.

        Route: POST /v1/holds/{hold_id}/capture.
        """
        return self._once(
            "POST",
            "/v1/holds/{hold_id}/capture",
            Hold,
            (hold_id,),
            body=body,
            idempotency_key=idempotency_key,
        )

    def hold(self, body: HoldRequest, *, idempotency_key: str | None = None) -> Hold:
        """Hold points.

        Reserve points of a member. They are not available to anybody else from now on, and free again
        when it is over.

        For a reward, name the hold in the sale that it is had with: a voucher is issued then.

        Scope till.

        Route: POST /v1/holds.
        """
        return self._once("POST", "/v1/holds", Hold, body=body, idempotency_key=idempotency_key)

    def release(self, hold_id: str, body: Release, *, idempotency_key: str | None = None) -> Hold:
        """Release a hold.

        Let a hold go, as when the customer leaves the basket.

        Scope till.

        Route: POST /v1/holds/{hold_id}/release.
        """
        return self._once(
            "POST",
            "/v1/holds/{hold_id}/release",
            Hold,
            (hold_id,),
            body=body,
            idempotency_key=idempotency_key,
        )
