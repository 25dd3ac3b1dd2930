# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: holds."""

from __future__ import annotations

import msgspec


class Capture(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How much of a hold is spent, all where it is not said; the rest is free again. A reward is had as a
    whole.
    """

    amount: int | None = None


class HoldRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points to reserve for `ttl_seconds`: an `amount` of them, or those of a `reward` of the programme's
    catalogue.

    `reference`: the till's own name for it, such as its basket's number. A request with the reference
    of an earlier one is that one, whatever its Idempotency-Key.
    """

    member_id: str
    amount: int | None = None
    reward: str | None = None
    ttl_seconds: int = 900
    reference: str | None = None
    programme: int | None = None
    point: str | None = None


class Release(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Nothing has to be said to let a hold go."""
