# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: consents."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from .shared import Customer


class ConsentHeard(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of it: a repeat is a duplicate and changes nothing."""

    # The event that says it.
    id: str
    # One of applied, duplicate.
    result: str
    channel: str
    purpose: str
    # One of granted, withdrawn.
    status: str
    occurred_at: datetime


class NewConsent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A yes or no. Say whose: an `address`, a `profile_id` (for e-mail and phone), or a `customer` of your
    source.

    `text` is what the person agreed to; `occurred_at` is now unless given.
    """

    channel: Literal["email", "phone", "post", "push", "sms", "whatsapp"]
    status: Literal["granted", "withdrawn"]
    purpose: str = "marketing"
    address: str | None = None
    profile_id: str | None = None
    customer: Customer | None = None
    text: str | None = None
    occurred_at: datetime | None = None
