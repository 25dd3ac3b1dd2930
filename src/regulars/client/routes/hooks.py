# Written by `make docs` from the OpenAPI document. Do not edit.
"""Webhooks: what `client.hooks` does."""

from __future__ import annotations

from collections.abc import Mapping

from ..connection import Group
from ..models.hooks import Delivered


class HooksRoutes(Group):
    """Webhooks."""

    def receive(self, source: str, body: bytes, *, headers: Mapping[str, str] | None = None) -> Delivered:
        """Receive a webhook.

        A vendor's webhook, signed as the vendor signs. `source` is the name of a source of the default
        workspace, or `<workspace>.<name>`.

        Route: POST /hooks/{source}.
        """
        return self._call("POST", "/hooks/{source}", Delivered, (source,), body=body, headers=headers)
