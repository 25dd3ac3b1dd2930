"""Numbers and hashes sorted on disk: what does not fit in memory while all records are looked at once.

The file belongs to this process alone, has no name and goes with it. Nothing in it can be read without the keys.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from regulars.store.queries import load_queries

_SQL = load_queries("regulars.engine", "scratch.sql")
_ADDS = {"carried": _SQL.add_carried, "sought": _SQL.add_sought, "counted": _SQL.add_counted}
ROWS_AT_ONCE = 20_000


class Scratch:
    """Who carries which values and keys, by the places of the records. Opened by `with`."""

    def __init__(self) -> None:
        self._sql = sqlite3.connect("", isolation_level=None)  # a file without a name
        self._sql.executescript(_SQL.make)
        self._waiting: dict[str, list[tuple[object, int]]] = {table: [] for table in _ADDS}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sql.close()

    def carries(self, place: int, values: Iterable[bytes]) -> None:
        """A record carries values."""
        self._add("carried", ((value, place) for value in values))

    def seeks(self, place: int, keys: Iterable[int]) -> None:
        """A record is sought by keys of 64 bits with a sign."""
        self._add("sought", ((key, place) for key in keys))

    def counts(self, field: int, values: Iterable[int]) -> None:
        """Values of a field occur once more."""
        self._add("counted", ((field, value) for value in values))

    def doubts(self, a: int, b: int) -> None:
        """A pair (a < b) is one to look at; a repeat says nothing new."""
        self._sql.execute(_SQL.add_doubt, (a, b))

    def carriers(self) -> Iterator[list[int]]:
        """The records of each value that several carry."""
        self._flush()
        for (places,) in self._sql.execute(_SQL.carriers):
            yield _places(places)

    def crowded(self, most: int) -> array[int]:
        """The keys that more than so many records are sought by, in order."""
        self._flush()
        return array("q", (key for (key,) in self._sql.execute(_SQL.crowded, {"most": most})))

    def sharing(self, most: int) -> Iterator[list[int]]:
        """The records of each key that several are sought by, but no more than `most`; each set of them once.

        Sets that begin with the same record come together, those of the first record first.
        """
        self._flush()
        for _, places in self._sql.execute(_SQL.sharing, {"most": most}):
            yield _places(places)

    def doubtful(self) -> Iterator[tuple[int, int]]:
        """The pairs to look at."""
        yield from self._sql.execute(_SQL.doubtful)

    def frequent(self, field: int, least: int, most: int) -> Iterator[tuple[int, int]]:
        """(value, count) of a field's values that came at least so often; the most frequent ones, at most `most`."""
        self._flush()
        yield from self._sql.execute(_SQL.frequent, {"field": field, "least": least, "most": most})

    def _add(self, table: str, rows: Iterable[tuple[object, int]]) -> None:
        waiting = self._waiting[table]
        waiting.extend(rows)
        if len(waiting) >= ROWS_AT_ONCE:
            self._write(table)

    def _flush(self) -> None:
        for table in self._waiting:
            self._write(table)

    def _write(self, table: str) -> None:
        waiting = self._waiting[table]
        self._sql.executemany(_ADDS[table], waiting)
        waiting.clear()


def _places(text: str) -> list[int]:
    return sorted(map(int, text.split(",")))
