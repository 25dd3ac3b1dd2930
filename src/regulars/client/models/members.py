# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: members."""

from __future__ import annotations

import msgspec

from .shared import Approval, ProgrammeStanding


class Adjusted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of an adjustment: done, or waiting for a second person as `approval`; where the member
    stands.
    """

    # One of done, waiting.
    state: str
    approval: Approval | None
    # 32 hexadecimal digits.
    member_id: str
    loyalty: ProgrammeStanding


class Adjustment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points to give, or below zero to take. Without `point` the first type of the programme's points."""

    amount: int
    # Why. It stays in the ledger for good, so it names nobody.
    reason: str
    programme: int | None = None
    point: str | None = None
