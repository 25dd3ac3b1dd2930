# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.shop_rewards` does."""

from __future__ import annotations

from ..connection import Group
from ..models.shop_rewards import RewardRequest, ShopReward


class ShopRewardsRoutes(Group):
    """till."""

    def reserve(self, body: RewardRequest, *, idempotency_key: str | None = None) -> ShopReward:
        """Reserve a reward for a web shop.

        Hold the points of a reward and have the web shop take a code for it, for this customer and one
        order.

        The order captures the hold; a hold that is released or runs out ends the code.

        Scope till.

        Route: POST /v1/shop-rewards.
        """
        return self._once("POST", "/v1/shop-rewards", ShopReward, body=body, idempotency_key=idempotency_key)
