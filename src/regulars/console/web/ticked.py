"""Stores that are ticked in a form, to limit a person or a key to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STORE_FIELD: Final = "store:"
"""What the name of a box begins with; the code of the store follows."""


def ticked_stores(fields: Mapping[str, str]) -> list[str]:
    """The codes of the stores that are ticked."""
    return [name.removeprefix(STORE_FIELD) for name in fields if name.startswith(STORE_FIELD)]
