"""A block of rows on its way through the import, held by columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Any, Protocol

from msgspec import Struct

ROWS_PER_BATCH_MAX = 16_384
LINE_NUMBER = "\0line"
"""Stands for the row's own line number where a column name is expected; no file can have it."""


class Bad(Struct, frozen=True, gc=False):
    """Stands in a column for a value that cannot be used. The reason never quotes the value."""

    reason: str


class Fault(Struct, frozen=True, gc=False):
    """Why a row is rejected. `field` is one of our field names, or a word such as `row`."""

    field: str
    reason: str


class Batch(Struct):
    """Up to ROWS_PER_BATCH_MAX rows: `columns[name][i]` belongs to line `lines[i]` of the file.

    Values are texts (CSV) or Python values (Parquet); None where the file has none. `faults` holds rows
    that the reader itself could not make sense of, by index; their missing cells are None.
    """

    lines: Sequence[int]
    columns: dict[str, Sequence[Any]]
    faults: dict[int, Fault]

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> Sequence[Any]:
        """The values of one column, in row order."""
        return self.lines if name == LINE_NUMBER else self.columns[name]

    def only(self, wanted: Sequence[bool]) -> Batch:
        """The rows whose place in `wanted` is true."""
        kept = (old for old, keep in enumerate(wanted) if keep)
        places = {old: new for new, old in enumerate(kept)}
        return Batch(
            lines=list(compress(self.lines, wanted)),
            columns={name: list(compress(values, wanted)) for name, values in self.columns.items()},
            faults={places[i]: fault for i, fault in self.faults.items() if i in places},
        )


class Reader(Protocol):
    """A file that gives batches. `select` must be called once before reading.

    `names` are its columns in order, `nested` those that hold lists or structs and cannot be read.
    """

    names: list[str]
    nested: frozenset[str]

    def select(self, columns: set[str]) -> None:
        """Say which columns are needed. Raises FileUnreadable for one that is missing or ambiguous."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Read the file from its start. Raises FileUnreadable when it is broken in the middle."""
        ...

    def share_read(self) -> float:
        """How much of the file was read, from 0 to 1, for the progress bar."""
        ...

    def close(self) -> None:
        """Let the file go."""
        ...
