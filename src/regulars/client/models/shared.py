# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: several parts of the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec


class Address(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A postal address; `country` is ISO 3166 alpha-2."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None


class Consent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What holds for an address, channel and purpose. `address` is told only where a profile was asked
    for.
    """

    channel: str
    purpose: str
    # One of granted, withdrawn.
    status: str
    occurred_at: datetime
    source: str
    address: str | None
    # 32 hexadecimal digits.
    profile_id: str | None


class Customer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer as one source knows them; every part may be absent."""

    external_id: str | None = None
    loyalty_card: str | None = None
    anonymous_id: str | None = None
    payment_token: str | None = None
    device: str | None = None
    email: str | None = None
    phone: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    address: Address | None = None
    locale: str | None = None
    traits: dict[str, Any] | None = None
