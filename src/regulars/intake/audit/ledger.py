"""The keys of every row, kept on disk: what is shared by whom is found without holding the rows in memory.

Two sorts of temporary files without a name in the directory (they vanish with the process). One has a fixed
piece per row, to be read again by its number. The others hold (key, row) pairs, dealt out by key, so that all
carriers of a key are in one file. Values are there as hashes under a key that is made for each run, and given
names as a hash and an initial, so nothing on disk tells who a customer is. In memory are 17 bytes per row.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from struct import Struct as Layout
from typing import IO, Final

from msgspec import Struct

from regulars.intake.files.errors import FileUnreadable

FILES: Final = 64
_BUFFER_BYTES: Final = 48_000
_ROW: Final = Layout("<5QQI")
_ENTRY: Final = Layout("<QI")
_KIND_MASK: Final = 7
ROWS_MAX: Final = 2**32 - 2


class KeyedRow(Struct, frozen=True, gc=False):
    """What is known of a row: the hashes of its keys (0 for none) and its given name, as a hash and an initial."""

    keys: tuple[int, ...]
    given: int
    initial: str


class Ledger:
    """Add all rows in order, then read. Close it to give the disk space back."""

    def __init__(self) -> None:
        key = secrets.token_bytes(16)
        self._fresh = blake2b(digest_size=8, key=key)
        self._rows = _file()
        self._files = [_file() for _ in range(FILES)]
        self._buffers = [bytearray() for _ in range(FILES)]
        self.persons = array("Q")
        """For each row a hash of its given name and birth date; 0 for a row without a given name."""
        self.names = array("Q")
        """For each row a hash of its given name; 0 for a row without one, or with an initial alone."""
        self.keyed = bytearray()
        """For each row whether it has any key."""

    def __len__(self) -> int:
        return len(self.persons)

    def hashed(self, kind: int, *parts: str) -> int:
        """A hash that is not 0; its lowest bits are the kind, from 1 to 7."""
        hashing = self._fresh.copy()
        hashing.update("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        return int.from_bytes(hashing.digest(), "little") & ~_KIND_MASK | kind

    def add(self, keys: Sequence[int], given: int, initial: str, person: int) -> None:
        """Keep the next row. `keys` holds five hashes; raises FileUnreadable when the disk is full."""
        number = len(self.persons)
        if number >= ROWS_MAX:
            raise FileUnreadable(f"An audit takes up to {ROWS_MAX:,} rows.")
        self.persons.append(person)
        self.names.append(given)
        self.keyed.append(any(keys))
        try:
            self._rows.write(_ROW.pack(*keys, given, ord(initial) if initial else 0))
            for key in keys:
                if key:
                    self._enter(key, number)
        except OSError as error:
            raise _no_room(error) from error

    def finish(self) -> None:
        """All rows were added."""
        try:
            self._rows.flush()
            for file, buffer in zip(self._files, self._buffers, strict=True):
                file.write(buffer)
                file.flush()
                buffer.clear()
        except OSError as error:
            raise _no_room(error) from error

    def row(self, number: int) -> KeyedRow:
        """A row by its number."""
        *keys, given, initial = _ROW.unpack(os.pread(self._rows.fileno(), _ROW.size, number * _ROW.size))
        return KeyedRow(tuple(keys), given, chr(initial) if initial else "")

    def carriers(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Each key once, with the numbers of the rows that carry it, in order."""
        for file in self._files:
            first, more = _grouped(file.fileno())
            for key, number in first.items():
                yield key, more.get(key) or (number,)

    def close(self) -> None:
        """Give the disk space back."""
        for file in (self._rows, *self._files):
            file.close()

    def _enter(self, key: int, number: int) -> None:
        place = (key >> 8) % FILES
        buffer = self._buffers[place]
        buffer += _ENTRY.pack(key, number)
        if len(buffer) >= _BUFFER_BYTES:
            self._files[place].write(buffer)
            buffer.clear()


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="regulars-audit-")


def kind_of(key: int) -> int:
    """The kind of identifier that a key was made with."""
    return key & _KIND_MASK


def _grouped(descriptor: int) -> tuple[dict[int, int], dict[int, array[int]]]:
    """The first row of each key, and all rows of the keys that have several."""
    first: dict[int, int] = {}
    more: dict[int, array[int]] = {}
    for key, number in _entries(descriptor):
        before = first.setdefault(key, number)
        if before == number:
            continue
        found = more.get(key)
        if found is None:
            more[key] = array("I", (before, number))
        else:
            found.append(number)
    return first, more


def _entries(descriptor: int) -> Iterator[tuple[int, int]]:
    size = _ENTRY.size * 16_384
    place = 0
    while piece := os.pread(descriptor, size, place):
        yield from _ENTRY.iter_unpack(piece)
        place += len(piece)


def _no_room(error: OSError) -> FileUnreadable:
    return FileUnreadable(
        f"The temporary files cannot be written ({error.strerror}): an audit needs about 100 bytes per row in "
        f"{tempfile.gettempdir()}. Free some, or set TMPDIR to another directory."
    )
