# Written by `make docs` from the OpenAPI document. Do not edit.
"""till: what `client.returns` does."""

from __future__ import annotations

from ..connection import Group
from ..models.returns import ReturnAnswer, ReturnRequest


class ReturnsRoutes(Group):
    """till."""

    def take(self, body: ReturnRequest, *, idempotency_key: str | None = None) -> ReturnAnswer:
        """Take goods back.

        Take back goods of a sale: what they earned is taken back from whoever earned it, what was spent
        on them goes back.

        409 `already_returned` names the quantity that is left. A return's receipt counts once, whatever
        the Idempotency-Key.

        Scope till.

        Route: POST /v1/returns.
        """
        return self._once("POST", "/v1/returns", ReturnAnswer, body=body, idempotency_key=idempotency_key)
