# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: keys."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Key(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A key without its text; `hint` is its beginning."""

    # 32 hexadecimal digits.
    id: str
    name: str
    hint: str
    scopes: list[str]
    source: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    # 32 hexadecimal digits.
    replaced_by: str | None
    # The stores it reads for; null: all of them.
    stores: list[str] | None


class KeyRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a key is for. `source` is whose events it sends; it is added when missing.

    `stores` limits what the key reads to some stores, by their codes, as people can be limited; it then
    has none of the rights admin, privacy and *.
    """

    name: str
    scopes: list[str]
    # Stands in addresses.
    source: str = "api"
    expires_at: datetime | None = None
    stores: list[str] | None = None


class MadeKey(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A key just made. Keep `key`: it is not shown again."""

    # 32 hexadecimal digits.
    id: str
    key: str
    scopes: list[str]
    source: str
    expires_at: datetime | None
    stores: list[str] | None


class RotateRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How long the old key works on."""

    overlap_hours: float = 24
