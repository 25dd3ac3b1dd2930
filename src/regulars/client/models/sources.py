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


class Retried(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many members that were given up are tried once more."""

    members: int


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
    source whose vendor keeps points takes `write_back` (on or off) and `write_back_programme`. A
    vendor's own are those of its connector, told by the error that names a missing one.
    """

    options: dict[str, str] = msgspec.field(default_factory=dict)
    secrets: dict[str, str] = msgspec.field(default_factory=dict)


class TellAll(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where to go on, from an answer before; without it from the beginning."""

    after: str | None = None


class ToldAll(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where to go on; null once the vendor is to be told of every member it knows."""

    next: str | None


class UntoldMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member whom the vendor could not be told of: given up (`dead`) at `at`, or tried again then
    (`pending`).
    """

    member_id: str
    # One of dead, pending.
    state: str
    attempts: int
    at: datetime
    error: str | None


class WriteBack(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How the write-back of a source stands. `waiting` and `failed` are counted to 10,000."""

    on: bool
    programme: int
    waiting: int
    failed: int
    told_at: datetime | None
    # 100 at most, those given up first.
    untold: list[UntoldMember]


class WriteBackSwitch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whether the vendor is told, and of which programme: its first kind of points."""

    on: bool
    programme: int = 1
