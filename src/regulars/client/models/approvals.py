# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: approvals."""

from __future__ import annotations

import msgspec


class Decision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why it is decided so; needed to refuse."""

    note: str = ""
