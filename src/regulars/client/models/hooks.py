# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: hooks."""

from __future__ import annotations

import msgspec


class Delivered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The answer to a vendor: how many events its message held, or under which id it was set aside."""

    events: int
    quarantine_id: str | None = None
