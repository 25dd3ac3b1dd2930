# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: tracking."""

from __future__ import annotations

from typing import Any

import msgspec


class Success(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a tracking client waits for."""

    success: bool = True


class TrackingBatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Up to 2,500 calls; context and sentAt hold for all of them."""

    batch: list[TrackingBatchCall]
    context: dict[str, Any] | None = None
    sent_at: str | None = msgspec.field(name="sentAt", default=None)
    write_key: str | None = msgspec.field(name="writeKey", default=None)


class TrackingBatchCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call inside a batch, which says its type itself."""

    # The event's id; a repeat of it changes nothing.
    message_id: str | None = msgspec.field(name="messageId", default=None)
    # Your id of a known customer.
    user_id: str | int | None = msgspec.field(name="userId", default=None)
    # Your id of a visitor.
    anonymous_id: str | int | None = msgspec.field(name="anonymousId", default=None)
    # Name of the event, for track.
    event: str | None = None
    # Name of the page or screen.
    name: str | None = None
    # The group, for group.
    group_id: str | int | None = msgspec.field(name="groupId", default=None)
    # The former id, for alias.
    previous_id: str | int | None = msgspec.field(name="previousId", default=None)
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | None = None
    sent_at: str | None = msgspec.field(name="sentAt", default=None)
    # The key, for clients that send no header.
    write_key: str | None = msgspec.field(name="writeKey", default=None)
    type: str | None = None


class TrackingCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call of the tracking API. Fields not listed here are taken too."""

    # The event's id; a repeat of it changes nothing.
    message_id: str | None = msgspec.field(name="messageId", default=None)
    # Your id of a known customer.
    user_id: str | int | None = msgspec.field(name="userId", default=None)
    # Your id of a visitor.
    anonymous_id: str | int | None = msgspec.field(name="anonymousId", default=None)
    # Name of the event, for track.
    event: str | None = None
    # Name of the page or screen.
    name: str | None = None
    # The group, for group.
    group_id: str | int | None = msgspec.field(name="groupId", default=None)
    # The former id, for alias.
    previous_id: str | int | None = msgspec.field(name="previousId", default=None)
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | None = None
    sent_at: str | None = msgspec.field(name="sentAt", default=None)
    # The key, for clients that send no header.
    write_key: str | None = msgspec.field(name="writeKey", default=None)
