# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: sources."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NewSource(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A source with its name. `kind` names a connector, or is `api`, `segment` or a word of your own.

    Sources of one `till_system` share receipts: the first to tell of one counts it, the others add to
    it. `receipts_never_reset`: a receipt number is never used again, so shop, till and day do not
    matter.
    """

    options: dict[str, str] = msgspec.field(default_factory=dict)
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    # Stands in addresses.
    name: str
    kind: str = "api"
    till_system: str | None = None
    receipts_never_reset: bool | None = None


class Source(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A source without its secrets. `hook` is the path a vendor sends to, for sources of a connector."""

    name: str
    kind: str
    till_system: str
    receipts_never_reset: bool
    region: str
    options: dict[str, str]
    # Which secrets are set.
    secret_names: list[str]
    hook: str | None
    created_at: datetime
    disabled_at: datetime | None


class SourceSettings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How a source is set up. `options` are replaced; `secrets` too, where any are given.

    Options every source takes: `region` (ISO 3166, where phones without prefix are read), `currency`. A
    vendor's own are those of its connector, told by the error that names a missing one.
    """

    options: dict[str, str] = msgspec.field(default_factory=dict)
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
