# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: health."""

from __future__ import annotations

import msgspec


class Alive(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The process answers."""

    status: str = "ok"


class Check(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One thing that was looked at: its figure, the limit of that figure, and what is wrong, if anything.

    Figures are seconds, bytes or a number of events, as the name of the check says.
    """

    ok: bool
    value: float | None = None
    limit: float | None = None
    message: str | None = None


class Ready(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All checks are well."""

    status: str
    checks: dict[str, Check]
