# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: floor limits."""

from __future__ import annotations

import msgspec


class FloorLimit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The most points of one offline sale at a till; without `till` at every till of the store that has
    none of its own.

    Where no limit was set it is 0: then all that an offline till lets be spent is the shop's loss.
    """

    store: str
    till: str | None = None
    points: int
