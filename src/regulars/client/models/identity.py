# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class DecidePairs(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Pairs of the queue that are one person (`together`), or two."""

    pairs: list[list[Any]]
    together: bool
    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class MadeDecision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A decision somebody made. `holds` while it has the last word on some pair."""

    # 32 hexadecimal digits.
    id: str
    at: datetime
    actor: str
    # One of merged, separated, withdrawn.
    verb: str
    # Null without pii:read: people may have named somebody.
    reason: str | None
    pairs: int
    # 32 hexadecimal digits.
    undoes: str | None
    holds: bool
    # Up to six of the profiles it is about, as they are now.
    profile_ids: list[str]


class ReviewPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One page of pairs that wait; `waiting` counts them up to 10,000."""

    data: list[WaitingPair]
    next: str | None
    waiting: int


class Undo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Take a decision back."""

    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class WaitingPair(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Two records of different profiles that may be one person.

    `weight` in bits; `conflict`: something that identifies for certain speaks against what else links
    them.
    """

    records: list[Any]
    profile_ids: list[Any]
    weight: float
    conflict: bool
    since: datetime
