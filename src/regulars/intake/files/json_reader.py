"""Read JSON lines in batches: one object per line.

A column is the path of keys to a value, joined by dots. Lists are passed through: `FEATURES.NAME_LAST` is the first
NAME_LAST that any object in the list FEATURES holds. A key that an object lacks is an empty value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from .batches import LINE_NUMBER, ROWS_PER_BATCH_MAX, Batch, Fault
from .errors import FileUnreadable
from .facts import FileFacts, open_bytes

LINE_BYTES_MAX: Final = 32_000_000
DEPTH_MAX: Final = 8
_DECODER: Final = msgspec.json.Decoder()


class JsonLinesReader:
    """One file of JSON lines. Line numbers are those of an editor."""

    nested: frozenset[str] = frozenset()

    def __init__(self, facts: FileFacts) -> None:
        """Reads the file once for the names of its columns. Raises FileUnreadable."""
        self._facts = facts
        self._raw: BinaryIO | None = None
        self._wanted: list[str] = []
        names: dict[str, None] = {}
        for _, row, _ in self._rows():
            names.update(dict.fromkeys(row))
        self.names = list(names)

    def select(self, columns: set[str]) -> None:
        """See Reader. A column that no object has is empty; when that is so of all, the mapping is for another file."""
        named = columns - {LINE_NUMBER}
        if named and named.isdisjoint(self.names):
            raise FileUnreadable(f"{self._facts.path.name} has none of: {', '.join(sorted(named))}.")
        self._wanted = sorted(named)

    def share_read(self) -> float:
        """See Reader."""
        if self._raw is None or self._raw.closed:
            return 1.0
        return min(1.0, self._raw.tell() / self._facts.bytes)

    def close(self) -> None:
        """See Reader."""
        if self._raw is not None:
            self._raw.close()

    def batches(self) -> Iterator[Batch]:
        """See Reader."""
        numbers: list[int] = []
        rows: list[dict[str, Any]] = []
        faults: dict[int, Fault] = {}
        for number, row, fault in self._rows():
            if fault is not None:
                faults[len(rows)] = fault
            numbers.append(number)
            rows.append(row)
            if len(rows) == ROWS_PER_BATCH_MAX:
                yield self._batch(numbers, rows, faults)
                numbers, rows, faults = [], [], {}
        if rows:
            yield self._batch(numbers, rows, faults)

    def _batch(self, numbers: list[int], rows: list[dict[str, Any]], faults: dict[int, Fault]) -> Batch:
        return Batch(numbers, {name: [row.get(name) for row in rows] for name in self._wanted}, faults)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any], Fault | None]]:
        """Line number, values by path and what is wrong of each line that is not blank."""
        self.close()
        self._raw = self._facts.path.open("rb")
        with self._raw, open_bytes(self._raw, gzipped=self._facts.gzipped) as lines:
            number = 0
            while line := lines.readline(LINE_BYTES_MAX):
                number += 1
                if len(line) >= LINE_BYTES_MAX:
                    raise FileUnreadable(
                        f"Line {number} of {self._facts.path.name} is too long for JSON lines."
                    )
                text = line.strip().removeprefix(b"\xef\xbb\xbf")
                if text:
                    yield number, *_row(text)


def _row(text: bytes) -> tuple[dict[str, Any], Fault | None]:
    try:
        value = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}, Fault("row", "is no JSON")
    if not isinstance(value, dict):
        return {}, Fault("row", "is no JSON object")
    row: dict[str, Any] = {}
    _flatten(value, "", row, DEPTH_MAX)
    return row, None


def _flatten(value: Any, path: str, row: dict[str, Any], depth: int) -> None:
    """Put the values under a value into the row, each under its path; the first of a path stays."""
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            _flatten(inner, f"{path}.{key}" if path else key, row, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            _flatten(inner, path, row, depth - 1)
    elif path and value is not None and not isinstance(value, dict | list):
        row.setdefault(path, value)
