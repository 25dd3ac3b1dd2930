# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: rejected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class RejectedCause(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Rejected events with one fault in common. `example` is the newest, told with pii:read only."""

    code: str
    field: str | None
    source: str
    type: str
    events: int
    # How often the most tried of them was tried again.
    attempts: int
    first_at: datetime
    last_at: datetime
    message: str
    fix: str
    # 32 hexadecimal digits.
    example_id: str
    example: Any = None


class RejectedCauses(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All causes, the most frequent first, 50 at most. `waiting` counts up to 10,000 events."""

    data: list[RejectedCause]
    next: str | None
    waiting: int


class RejectedEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One rejected event. `body` is what came in, card numbers removed; told with pii:read only."""

    # 32 hexadecimal digits.
    id: str
    received_at: datetime
    source: str
    door: str
    type: str
    code: str
    field: str | None
    message: str
    fix: str
    attempts: int
    resolved_at: datetime | None
    body: Any = None


class ReplayRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Which rejected events to try again: all of them, or those of one cause as `GET /v1/rejected` lists
    it.
    """

    all: bool = False
    code: str | None = None
    field: str | None = None
    source: str | None = None
    type: str | None = None


class Replayed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of them. Those rejected again wait on, with the newer fault; `more` says that some were
    left.
    """

    tried: int
    applied: int
    duplicate: int
    rejected: int
    more: bool = False
