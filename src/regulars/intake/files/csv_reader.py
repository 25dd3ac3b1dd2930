"""Read CSV in batches with bounded memory; what cannot be cut into values becomes a fault of its row.

Bounds: a value has at most 131,072 characters (the csv module's own limit), a row with all its lines at
most RECORD_CHARACTERS_MAX; a longer one means that the file is no CSV, and stops the reading.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from .batches import ROWS_PER_BATCH_MAX, Batch, Fault
from .dialect import SAMPLE_CHARACTERS, Dialect, find_dialect
from .errors import FileUnreadable
from .facts import FileFacts, open_bytes
from .header import pick_columns

RECORD_CHARACTERS_MAX: Final = 32_000_000
_BATCH_CHARACTERS: Final = 4_000_000
_BROKEN: Final = re.compile("[\udc80-\udcff]")
_QUOTED: Final = csv.QUOTE_MINIMAL
_UNQUOTED: Final = csv.QUOTE_NONE


class CsvReader:
    """One CSV file. Line numbers are those of an editor: a row is known by the line it starts on."""

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
        self.dialect = find_dialect(
            self._sample(), expected, base=base, delimiter=delimiter, width=len(names) if names else None
        )
        self._headless = names is not None
        self.names = names or self._header()

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
            lines = _Lines(text, watch_broken=self._facts.broken_characters > 0)
            lines.skip(self.dialect.lines_before)
            rows = self._rows(lines)
            if not self._headless:
                next(rows, None)
            yield from self._gather(rows, lines)

    def _gather(self, rows: Iterator[tuple[int, list[str], Fault | None]], lines: _Lines) -> Iterator[Batch]:
        width = len(self.names)
        numbers: list[int] = []
        kept: list[list[str]] = []
        faults: dict[int, Fault] = {}
        for number, row, fault in rows:
            if fault is None and len(row) != width:
                fault = _ragged(row, width)
            if fault is not None:
                faults[len(kept)] = fault
                row = (row + [""] * width)[:width]
            elif len(row) > width:
                row = row[:width]
            numbers.append(number)
            kept.append(row)
            if len(kept) >= ROWS_PER_BATCH_MAX or lines.characters >= _BATCH_CHARACTERS:
                yield self._batch(numbers, kept, faults)
                numbers, kept, faults, lines.characters = [], [], {}, 0
        if kept:
            yield self._batch(numbers, kept, faults)

    def _batch(self, numbers: list[int], rows: list[list[str]], faults: dict[int, Fault]) -> Batch:
        every: list[Sequence[Any]] = list(zip(*rows, strict=True))
        return Batch(numbers, {name: every[place] for name, place in self._wanted}, faults)

    def _rows(self, lines: _Lines) -> Iterator[tuple[int, list[str], Fault | None]]:
        """Rows with the line they start on; blank lines are passed over."""
        reader = csv.reader(
            lines,
            delimiter=self.dialect.delimiter,
            quotechar=self.dialect.quote or None,
            escapechar=self.dialect.escape,
            quoting=_QUOTED if self.dialect.quote else _UNQUOTED,
        )
        while True:
            start = lines.number + 1
            lines.record_characters = 0
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                fault = Fault("row", f"cannot be read from line {start} to {lines.number}: a quote may be missing")
                yield start, [], lines.take_fault() or fault
                continue
            if row:
                yield start, row, lines.take_fault() if lines.fault else None

    def _header(self) -> list[str]:
        with self._text() as text:
            lines = _Lines(text, watch_broken=False)
            lines.skip(self.dialect.lines_before)
            for _, row, fault in self._rows(lines):
                if fault is not None:
                    raise FileUnreadable(f"{self._facts.path.name}: the header on line {lines.number} {fault.reason}.")
                return [name.strip() for name in row]
        raise FileUnreadable(f"{self._facts.path.name} has no header.")

    def _sample(self) -> str:
        with self._text() as text:
            return text.read(SAMPLE_CHARACTERS)

    def _text(self) -> io.TextIOWrapper:
        """The file's text from its start; `_raw` stays open and tells how far the reading got."""
        self.close()
        self._raw = self._facts.path.open("rb")
        # The archive reader takes the open file so that share_read() counts packed bytes.
        source = open_bytes(self._raw, gzipped=self._facts.gzipped)
        return io.TextIOWrapper(source, encoding=self._facts.encoding, errors="surrogateescape", newline="")


class _Lines:
    """The lines of a text, counted, with what is wrong in them noted for the row that they belong to."""

    def __init__(self, text: io.TextIOWrapper, *, watch_broken: bool) -> None:
        self._text = text
        self._watch_broken = watch_broken
        self.number = 0
        self.characters = 0
        self.record_characters = 0
        self.fault: Fault | None = None

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(RECORD_CHARACTERS_MAX)
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        self.record_characters += len(line)
        if self.record_characters >= RECORD_CHARACTERS_MAX:
            raise FileUnreadable(
                f"The row that ends on line {self.number} has over {RECORD_CHARACTERS_MAX:,} characters; "
                "this is no CSV file, or the quote character is another one."
            )
        if "\0" in line:
            self.fault = Fault("row", "holds a NUL byte")
            line = line.replace("\0", "")
        elif self._watch_broken and _BROKEN.search(line):
            self.fault = Fault("row", "holds bytes that are not text in the file's encoding")
        return line

    def skip(self, count: int) -> None:
        """Pass over lines ahead of the header."""
        for _ in range(count):
            next(self, None)

    def take_fault(self) -> Fault | None:
        """What was wrong in the lines since the last call."""
        fault, self.fault = self.fault, None
        return fault


def _ragged(row: list[str], width: int) -> Fault | None:
    """A row of another width than the header; empty values beyond the header do no harm."""
    if len(row) > width and not any(row[width:]):
        return None
    return Fault("row", f"has {len(row)} values where the header has {width}")
