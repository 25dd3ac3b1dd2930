"""Read JSON lines in batches: one object a line, its values flattened to columns.

A value inside another has the names on the way to it joined by points (`address.city`). Of a list the first
value of each name counts. What lies deeper than DEPTH_MAX is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec

from .batches import LINE_NUMBER, ROWS_PER_BATCH_MAX, Batch, Fault
from .csv_lines import Lines
from .errors import FileUnreadable
from .facts import FileFacts, open_text

DEPTH_MAX: Final = 5
NAMES_MAX: Final = 10_000
_NO_OBJECT: Final = Fault("row", "is not a JSON object")


class JsonReader:
    """One file of JSON lines. The names are those of all its lines, in the order in which they first appear."""

    nested: frozenset[str] = frozenset()

    def __init__(self, facts: FileFacts) -> None:
        """Reads the file once for its names. Raises FileUnreadable when it has more than NAMES_MAX."""
        self._facts = facts
        self._raw: BinaryIO | None = None
        self._wanted: list[str] = []
        try:
            self.names = self._all_names()
        finally:
            self.close()

    def select(self, columns: set[str]) -> None:
        """See Reader. A column that no object has is empty; when that is so of all, the mapping is for another file."""
        wanted = columns - {LINE_NUMBER}
        if wanted and wanted.isdisjoint(self.names):
            raise FileUnreadable(f"{self._facts.path.name} has none of: {', '.join(sorted(wanted))}.")
        self._wanted = sorted(wanted)

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
            if len(rows) >= ROWS_PER_BATCH_MAX:
                yield self._batch(numbers, rows, faults)
                numbers, rows, faults = [], [], {}
        if rows:
            yield self._batch(numbers, rows, faults)

    def _batch(self, numbers: list[int], rows: list[dict[str, Any]], faults: dict[int, Fault]) -> Batch:
        return Batch(numbers, {name: [row.get(name) for row in rows] for name in self._wanted}, faults)

    def _all_names(self) -> list[str]:
        names: dict[str, None] = {}
        for _, row, _ in self._rows():
            if row.keys() - names.keys():
                names |= dict.fromkeys(row)
            if len(names) > NAMES_MAX:
                raise FileUnreadable(
                    f"{self._facts.path.name} has over {NAMES_MAX:,} different names; is it one kind of record?"
                )
        if not names:
            raise FileUnreadable(f"{self._facts.path.name} holds no JSON object with a value in it.")
        return list(names)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any], Fault | None]]:
        """Line number and flat values of each line that is not blank."""
        self.close()
        self._raw = self._facts.path.open("rb")
        with open_text(self._raw, self._facts) as text:
            lines = Lines(text, watch_broken=self._facts.broken_characters > 0)
            for line in lines:
                lines.record_characters = 0
                fault = lines.take_fault()
                if line.isspace():
                    continue
                row, unread = _flat_row(line)
                yield lines.number, row, fault or unread


def _flat_row(line: str) -> tuple[dict[str, Any], Fault | None]:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}, _NO_OBJECT
    if not isinstance(value, dict):
        return {}, _NO_OBJECT
    row: dict[str, Any] = {}
    _flatten("", value, row, DEPTH_MAX)
    return row, None


def _flatten(name: str, value: Any, row: dict[str, Any], deeper: int) -> None:
    if isinstance(value, dict):
        for key, inner in value.items() if deeper else ():
            _flatten(f"{name}.{key}" if name else key, inner, row, deeper - 1)
    elif isinstance(value, list):
        for inner in value if deeper else ():
            _flatten(name, inner, row, deeper - 1)
    elif row.get(name) is None:
        row[name] = value
