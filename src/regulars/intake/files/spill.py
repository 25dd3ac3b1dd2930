"""Bring together what belongs together, in bounded memory: pieces go to a temporary file, their order stays.

The file has no name in the directory (it vanishes with the process). In memory are 25 bytes per piece and,
while the pieces are joined, a table of at most KEYS_AT_ONCE keys.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Hashable, Iterator
from typing import Final

from .errors import FileUnreadable

KEYS_AT_ONCE: Final = 1_000_000
_NONE: Final = -1


class Spill:
    """Pieces of bytes under keys. Add them all, then read the groups once."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="regulars-import-")  # noqa: SIM115 - closed by close()
        self._hashes = array("q")
        self._ends = array("q", [0])

    def add(self, key: Hashable, data: bytes) -> None:
        """Keep a piece. Raises FileUnreadable when the disk is full."""
        try:
            self._file.write(data)
        except OSError as error:
            raise _no_room(error) from error
        self._hashes.append(hash(key))
        self._ends.append(self._ends[-1] + len(data))

    def __len__(self) -> int:
        return len(self._hashes)

    def groups(self) -> Iterator[Iterator[bytes]]:
        """The pieces of each key, keys in the order of their first piece.

        Keys are told apart by a 64-bit hash, so in theory a group may hold pieces of two keys; the caller
        compares the keys themselves. A group must be read before the next one is asked for.
        """
        try:
            self._file.flush()
        except OSError as error:
            raise _no_room(error) from error
        following, continues = self._joined()
        for place in range(len(self._hashes)):
            if not continues[place]:
                yield self._chain(place, following)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def _chain(self, place: int, following: array[int]) -> Iterator[bytes]:
        while place != _NONE:
            start, end = self._ends[place], self._ends[place + 1]
            yield os.pread(self._file.fileno(), end - start, start)
            place = following[place]

    def _joined(self) -> tuple[array[int], bytearray]:
        """For each piece the next one of its key, and whether it continues an earlier one."""
        count = len(self._hashes)
        following = array("q", [_NONE]) * count
        continues = bytearray(count)
        parts = count // KEYS_AT_ONCE + 1
        for part in range(parts):
            latest: dict[int, int] = {}
            for place, key in enumerate(self._hashes):
                if key % parts != part:
                    continue
                before = latest.get(key)
                if before is not None:
                    following[before] = place
                    continues[place] = 1
                latest[key] = place
        return following, continues


def _no_room(error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"The temporary file cannot be written ({error.strerror}): the import needs about as much room as the "
        f"file itself in {tempfile.gettempdir()}. Free some, or set TMPDIR to another directory."
    )
