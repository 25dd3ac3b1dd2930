# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: shop rewards."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .shared import Hold


class RewardRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A reward of the catalogue for a member, at the web shop of a source, for `ttl_seconds`.

    `reference`: the caller's own name for it; a request with the reference of an earlier one is that
    one.
    """

    member_id: str
    reward: str
    # Name of the source.
    shop: str
    ttl_seconds: int = 900
    reference: str | None = None
    programme: int | None = None


class ShopReward(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The code and the hold it stands for. The shop knows the code a moment later."""

    code: str
    hold: Hold
    # 32 hexadecimal digits.
    member_id: str
    expires_at: datetime
