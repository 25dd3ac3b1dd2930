# Written by `make docs` from the OpenAPI document. Do not edit.
"""Tracking: what `client.tracking` does."""

from __future__ import annotations

from typing import Any

from ..connection import Group
from ..models.tracking import Success, TrackingBatch, TrackingCall


class TrackingRoutes(Group):
    """Tracking."""

    def alias(self, body: TrackingCall) -> Success:
        """Tracking: alias.

        As Segment's HTTP API; browsers may use `/v1/a`. Scope events:write.

        Route: POST /v1/alias.
        """
        return self._call("POST", "/v1/alias", Success, body=body)

    def batch(self, body: TrackingBatch) -> Success:
        """Tracking: batch.

        Up to 2,500 calls; `/v1/b` and `/v1/import` are the same. Scope events:write.

        Route: POST /v1/batch.
        """
        return self._call("POST", "/v1/batch", Success, body=body)

    def group(self, body: TrackingCall) -> Success:
        """Tracking: group.

        As Segment's HTTP API; browsers may use `/v1/g`. Scope events:write.

        Route: POST /v1/group.
        """
        return self._call("POST", "/v1/group", Success, body=body)

    def identify(self, body: TrackingCall) -> Success:
        """Tracking: identify.

        As Segment's HTTP API; browsers may use `/v1/i`. Scope events:write.

        Route: POST /v1/identify.
        """
        return self._call("POST", "/v1/identify", Success, body=body)

    def page(self, body: TrackingCall) -> Success:
        """Tracking: page.

        As Segment's HTTP API; browsers may use `/v1/p`. Scope events:write.

        Route: POST /v1/page.
        """
        return self._call("POST", "/v1/page", Success, body=body)

    def projects_settings(self, key: str) -> dict[str, Any]:
        """Tracking: browser settings.

        What Segment's browser library asks for first. The key in the address is the write key.

        Route: GET /v1/projects/{key}/settings.
        """
        return self._call("GET", "/v1/projects/{key}/settings", dict[str, Any], (key,))

    def screen(self, body: TrackingCall) -> Success:
        """Tracking: screen.

        As Segment's HTTP API; browsers may use `/v1/s`. Scope events:write.

        Route: POST /v1/screen.
        """
        return self._call("POST", "/v1/screen", Success, body=body)

    def track(self, body: TrackingCall) -> Success:
        """Tracking: track.

        As Segment's HTTP API; browsers may use `/v1/t`. Scope events:write.

        Route: POST /v1/track.
        """
        return self._call("POST", "/v1/track", Success, body=body)
