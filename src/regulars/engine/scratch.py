"""Numbers and hashes sorted on disk: what does not fit in memory while all records are looked at once.

The file belongs to this process alone, has no name and goes with it. Nothing in it can be read without the keys.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

ROWS_AT_ONCE = 20_000
CACHE_KIB = 16_384


class Scratch:
    """Who carries which values and keys, by the places of the records. Opened by `with`."""

    def __init__(self) -> None:
        self._sql = sqlite3.connect("", isolation_level=None)
        for line in (
            f"pragma cache_size = -{CACHE_KIB}",
            "pragma journal_mode = off",
            "pragma temp_store = file",
            "create table carried (value blob, place integer)",
            "create table sought (key integer, place integer)",
            "create table doubt (a integer, b integer, primary key (a, b)) without rowid",
            "create table counted (field integer, value integer)",
            "begin",
        ):
            self._sql.execute(line)
        self._waiting: dict[str, list[tuple[object, int]]] = {"carried": [], "sought": [], "counted": []}

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
        self._sql.execute("insert or ignore into doubt values (?, ?)", (a, b))

    def carriers(self) -> Iterator[list[int]]:
        """The records of each value that several carry."""
        self._flush()
        rows = self._sql.execute("select group_concat(place) from carried group by value having count(*) > 1")
        for (places,) in rows:
            yield _places(places)

    def crowded(self, most: int) -> array[int]:
        """The keys that more than so many records are sought by, in order."""
        self._flush()
        rows = self._sql.execute(
            "select key from sought group by key having count(*) > ? order by key", (most,)
        )
        return array("q", (key for (key,) in rows))

    def sharing(self, most: int) -> Iterator[list[int]]:
        """The records of each key that several are sought by, but no more than `most`; each set of them once.

        Sets that begin with the same record come together, those of the first record first.
        """
        self._flush()
        rows = self._sql.execute(
            "select distinct min(place), group_concat(place) from sought group by key"
            " having count(*) between 2 and ? order by 1, 2",
            (most,),
        )
        for _, places in rows:
            yield _places(places)

    def doubtful(self) -> Iterator[tuple[int, int]]:
        """The pairs to look at."""
        yield from self._sql.execute("select a, b from doubt")

    def frequent(self, field: int, least: int, most: int) -> Iterator[tuple[int, int]]:
        """(value, count) of a field's values that came at least so often; the most frequent ones, at most `most`."""
        self._flush()
        yield from self._sql.execute(
            "select value, count(*) from counted where field = ? group by value having count(*) >= ?"
            " order by 2 desc, 1 limit ?",
            (field, least, most),
        )

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
        self._sql.executemany(f"insert into {table} values (?, ?)", waiting)  # noqa: S608 - a name of ours
        waiting.clear()


def _places(text: str) -> list[int]:
    return sorted(map(int, text.split(",")))
