# Written by `make docs` from the OpenAPI document. Do not edit.
"""Events: what `client.events` does."""

from __future__ import annotations

from ..sending import EventSender


class EventsRoutes(EventSender):
    """Events."""
