# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: stores."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class NewStore(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A shop with its code."""

    name: str | None = None
    # IANA name, such as Europe/London.
    time_zone: str | None = None
    region: str | None = None
    country: str | None = None
    currency: str | None = None
    tax_mode: Literal["exclusive", "inclusive"] | None = None
    code: str


class Store(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A shop. `updated_at` is null while only sales have named it."""

    code: str
    name: str | None
    time_zone: str | None
    region: str | None
    country: str | None
    currency: str | None
    tax_mode: str | None
    updated_at: datetime | None


class StoreDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is said of a shop; all of it is replaced."""

    name: str | None = None
    # IANA name, such as Europe/London.
    time_zone: str | None = None
    region: str | None = None
    country: str | None = None
    currency: str | None = None
    tax_mode: Literal["exclusive", "inclusive"] | None = None
