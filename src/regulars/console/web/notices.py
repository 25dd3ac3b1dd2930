"""What a page says of an act that was just done: a toast, with the way back where the act has an opposite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

_NO_FIELDS: Final[Mapping[str, str]] = {}


class Undo(Struct, frozen=True):
    """The form that does the opposite: an act like any other, with its own check and its own audit line."""

    path: str
    fields: Mapping[str, str] = _NO_FIELDS


class Notice(Struct, frozen=True):
    """A toast. Without `undo` it only tells."""

    text: str
    undo: Undo | None = None
