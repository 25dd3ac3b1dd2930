# Written by `make docs` from the OpenAPI document. Do not edit.
"""Rejected events: what `client.rejected` does."""

from __future__ import annotations

from ..connection import Group
from ..models.rejected import RejectedCauses, RejectedEvent, Replayed, ReplayRequest


class RejectedRoutes(Group):
    """Rejected events."""

    def list(self) -> RejectedCauses:
        """List rejected events by cause.

        Waiting rejected events, grouped by what is wrong with them.

        Scope admin.

        Route: GET /v1/rejected.
        """
        return self._call("GET", "/v1/rejected", RejectedCauses)

    def replay(self, quarantine_id: str, *, idempotency_key: str | None = None) -> Replayed:
        """Try a rejected event again.

        Try one again. An event that was resolved before is not tried: `tried` is 0 then.

        Scope admin.

        Route: POST /v1/rejected/{quarantine_id}/replay.
        """
        return self._once(
            "POST",
            "/v1/rejected/{quarantine_id}/replay",
            Replayed,
            (quarantine_id,),
            idempotency_key=idempotency_key,
        )

    def replay_many(self, body: ReplayRequest, *, idempotency_key: str | None = None) -> Replayed:
        """Try rejected events again.

        Try all again, or those of one cause; at most 1,000 a call, oldest first.

        Scope admin.

        Route: POST /v1/rejected:replay.
        """
        return self._once("POST", "/v1/rejected:replay", Replayed, body=body, idempotency_key=idempotency_key)

    def show(self, quarantine_id: str) -> RejectedEvent:
        """Show a rejected event.

        One rejected event; they are kept for 30 days.

        Scope admin.

        Route: GET /v1/rejected/{quarantine_id}.
        """
        return self._call("GET", "/v1/rejected/{quarantine_id}", RejectedEvent, (quarantine_id,))
