# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class AuditLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line. `hash` covers the line and the hash of the line before."""

    no: int
    at: datetime
    # A person's id, `key:<id>`, or a part of the program.
    actor: str
    action: str
    object: str
    details: dict[str, Any]
    hash: str


class AuditVerdict(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whether the chain is whole; where it is not, `broken_at` is the first line that does not fit."""

    intact: bool
    lines: int
    broken_at: int | None
