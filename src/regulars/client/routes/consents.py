# Written by `make docs` from the OpenAPI document. Do not edit.
"""Consent: what `client.consents` does."""

from __future__ import annotations

from ..connection import Group
from ..listing import Listing, Page
from ..models.consents import ConsentHeard, NewConsent
from ..models.shared import Consent


class ConsentsRoutes(Group):
    """Consent."""

    def add(self, body: NewConsent, *, idempotency_key: str | None = None) -> ConsentHeard:
        """Record a consent.

        Record a yes or no as an event of your source. The latest word for an address wins; a tie
        withdraws.

        Scope profiles:write or admin.

        Route: POST /v1/consents.
        """
        return self._once("POST", "/v1/consents", ConsentHeard, body=body, idempotency_key=idempotency_key)

    def list(
        self,
        *,
        profile_id: str | None = None,
        channel: str | None = None,
        purpose: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing[Consent]:
        """List consents.

        What holds now, for a profile or, page by page, for everybody. Former words are on the timeline.

        Scope profiles:read.

        `profile_id`: Only those of this profile. `channel`: Only those for this channel. `purpose`:
        Only those for this purpose. `limit`: Most entries of a page. `cursor`: `next` of the page
        before; absent: the first.

        Route: GET /v1/consents.
        """
        return self._pages(
            "GET",
            "/v1/consents",
            Page[Consent],
            query={"profile_id": profile_id, "channel": channel, "purpose": purpose, "limit": limit},
            cursor=cursor,
        )
