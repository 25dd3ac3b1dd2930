"""Every kind of approval there is, and the room that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .adjustments import ADJUSTMENTS
from .held_back import REVIEWS
from .kinds import Kind, Means
from .room import Room

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (ADJUSTMENTS, REVIEWS)}


def room_of(means: Means) -> Room:
    """The approvals of a workspace."""
    return Room(means, KINDS)
