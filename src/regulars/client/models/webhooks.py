# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Attempt(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One try. `status` is null when nothing was answered, and `error` says why; `answer` is its first 1
    KB as text.
    """

    at: datetime
    took_ms: int
    status: int | None
    error: str | None
    answer: str


class DeletedWebhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The webhook that was."""

    id: int


class Delivery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message on its way to a webhook. `next_at` is its next attempt, `status` what the last one was
    answered.
    """

    id: int
    # As in the header webhook-id, the same over all attempts.
    message_id: str
    type: str
    # One of delivered, failed, waiting.
    state: str
    # Since it was made, or last sent once more.
    attempts: int
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    status: int | None
    error: str | None


class MadeWebhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A webhook with a secret just made. Keep `secret`: it is not shown again."""

    webhook: Webhook
    secret: str


class OpenedDelivery(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A delivery with what is sent and its attempts, the newest first, 100 at most."""

    delivery: Delivery
    body: Any
    attempts: list[Attempt]


class ResendRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Since when what failed is sent once more."""

    since: datetime


class Resent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many deliveries will be sent once more; 10,000 at most, the oldest, so repeat the call at that
    number.
    """

    deliveries: int


class Webhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A webhook without its secret. `waiting` and `failed` are counted up to 1,000.

    `health`: `new` until a first message arrived, `well`, `failing` since its last success, `off` by a
    person, or after five days of failures (`disabled_why` is `failing`), or `gone`: it answered 410.
    """

    id: int
    url: str
    description: str
    types: list[str]
    # One of failing, gone, new, off, well.
    health: str
    created_at: datetime
    disabled_at: datetime | None
    # One of failing, gone, person.
    disabled_why: str | None
    tried_at: datetime | None
    delivered_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    waiting: int
    failed: int


class WebhookList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All webhooks, 20 at most."""

    data: list[Webhook]


class WebhookRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where to tell what."""

    # Begins with https://.
    url: str
    # Of profile.created, profile.merged, profile.split, sale.recorded, consent.changed, event.rejected,
    # customer.erased, loyalty.points_expiring, loyalty.tier_ending.
    types: list[str]
    description: str = ""
