"""What a room saves: one JSON document of rows, with the bytes of all rows in one blob beside it.

The blob saves a base64 step on both sides: rows name their stretch (from 1, as SQL counts).
"""

from __future__ import annotations

from typing import Any

import msgspec

_encode = msgspec.json.encode


class Blob:
    """Bytes of many rows, one after the other."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> tuple[int, int]:
        """(start, size) of the bytes within the blob; start counts from 1."""
        start = self._size + 1
        self._parts.append(data)
        self._size += len(data)
        return start, len(data)

    def whole(self) -> bytes:
        """All bytes added."""
        return b"".join(self._parts)


def document(rows: Any) -> str:
    """Rows (structs or dicts) as one JSON text."""
    return _encode(rows).decode()
