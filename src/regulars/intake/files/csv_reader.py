"""Read CSV in batches with bounded memory; what cannot be cut into values becomes a fault of its row.

A value has at most 131,072 characters, the csv module's own limit. Blocks in which every line is one row
of the right width, as nearly all are, go through that module in one call.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from .batches import ROWS_PER_BATCH_MAX, Batch, Fault
from .csv_lines import Lines
from .dialect import SAMPLE_CHARACTERS, Dialect, cut, find_dialect
from .errors import FileUnreadable
from .facts import FileFacts, open_text
from .header import pick_columns

_AFTER_BLOCK: Final = "x"
"""A row put after a block: when it does not come out by itself, the block ended within a quoted value."""


class CsvReader:
    """One CSV file. Line numbers are those of an editor: a row is known by the line it starts on."""

    nested: frozenset[str] = frozenset()

    def __init__(
        self,
        facts: FileFacts,
        *,
        expected: frozenset[str],
        base: Dialect,
        delimiter: str | None = None,
        names: list[str] | None = None,
    ) -> None:
        """`names` gives the columns of a file without a header; `expected` helps to find the delimiter."""
        self._facts = facts
        self._raw: BinaryIO | None = None
        self._wanted: list[tuple[str, int]] = []
        self._headless = names is not None
        width = len(names) if names else None
        try:
            self.dialect = find_dialect(self._sample(), expected, base=base, delimiter=delimiter, width=width)
            self.names = names or self._header()
        finally:
            self.close()

    def select(self, columns: set[str]) -> None:
        """See Reader."""
        self._wanted = pick_columns(self._facts.path.name, self.names, columns)

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
        with self._text() as text:
            lines = self._lines(text, past_header=not self._headless)
            while block := lines.block():
                rows = self._plain_rows(block) if lines.plain() else None
                if rows is None:
                    yield from self._careful_batches(lines)
                    continue
                first = lines.number + 1
                lines.take_block()
                for start in range(0, len(rows), ROWS_PER_BATCH_MAX):
                    part = rows[start : start + ROWS_PER_BATCH_MAX]
                    yield self._batch(range(first + start, first + start + len(part)), part, {})

    def _plain_rows(self, block: list[str]) -> list[list[str]] | None:
        """The rows of a block in which each line is one good row; None for any other."""
        try:
            rows = list(cut([*block, _AFTER_BLOCK], self.dialect))
        except csv.Error:
            return None
        if len(rows) != len(block) + 1 or rows.pop() != [_AFTER_BLOCK]:
            return None
        even = set(map(len, rows)) == {len(self.names)}
        return rows if even and all(map(any, rows)) else None

    def _careful_batches(self, lines: Lines) -> Iterator[Batch]:
        """The rows of a block one by one, up to the end of the row that reaches past it."""
        width = len(self.names)
        numbers: list[int] = []
        kept: list[list[str]] = []
        faults: dict[int, Fault] = {}
        for number, row, fault in self._rows(lines):
            fault = fault or _ragged(row, width)
            if fault is not None:
                faults[len(kept)] = fault
            numbers.append(number)
            kept.append(row[:width] + [""] * (width - len(row)))
            if len(kept) >= ROWS_PER_BATCH_MAX:
                yield self._batch(numbers, kept, faults)
                numbers, kept, faults = [], [], {}
            if lines.at_block_end():
                break
        if kept:
            yield self._batch(numbers, kept, faults)

    def _batch(self, numbers: Sequence[int], rows: list[list[str]], faults: dict[int, Fault]) -> Batch:
        every: list[Sequence[Any]] = list(zip(*rows, strict=True))
        return Batch(numbers, {name: every[place] for name, place in self._wanted}, faults)

    def _rows(self, lines: Lines) -> Iterator[tuple[int, list[str], Fault | None]]:
        """Rows with the line they start on; those without any value are passed over."""
        reader = cut(lines, self.dialect)
        while True:
            start = lines.number + 1
            lines.record_characters = 0
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                unread = Fault(
                    "row", f"cannot be read from line {start} to {lines.number}: a quote may be missing"
                )
                yield start, [], lines.take_fault() or unread
                continue
            fault = lines.take_fault()
            if any(row):
                yield start, row, fault

    def _header(self) -> list[str]:
        with self._text() as text:
            lines = self._lines(text, past_header=False)
            for _, row, fault in self._rows(lines):
                if fault is not None:
                    raise FileUnreadable(f"{self._facts.path.name}: the header {fault.reason}.")
                return [name.strip().lstrip("\ufeff") for name in row]
        raise FileUnreadable(f"{self._facts.path.name} has no header.")

    def _lines(self, text: io.TextIOWrapper, *, past_header: bool) -> Lines:
        lines = Lines(text, watch_broken=self._facts.broken_characters > 0)
        for _ in range(self.dialect.lines_before):
            next(lines, None)
        if past_header:
            next(self._rows(lines), None)
        return lines

    def _sample(self) -> str:
        with self._text() as text:
            return text.read(SAMPLE_CHARACTERS)

    def _text(self) -> io.TextIOWrapper:
        """The file's text from its start; `_raw` tells how far the reading got, in bytes of the file."""
        self.close()
        self._raw = self._facts.path.open("rb")
        return open_text(self._raw, self._facts)


def _ragged(row: list[str], width: int) -> Fault | None:
    """A row of another width than the header; empty values beyond the header do no harm."""
    if len(row) == width or (len(row) > width and not any(row[width:])):
        return None
    return Fault("row", f"has {len(row)} values where the header has {width}")
