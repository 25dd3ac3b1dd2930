"""Many rows or ids in one value, in PostgreSQL's binary format.

Rows are an array of a table's own row type. `insert … select … from unnest(%(rows)s::sale[])` takes a thousand rows in one parameter, as a JSON document would,
but the server reads them at a fifth of its cost. The format is that of the server's array_recv and record_recv:
https://www.postgresql.org/docs/current/protocol-message-formats.html and src/backend/utils/adt/rowtypes.c
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import repeat
from typing import Any, Final

from msgspec import Struct
from psycopg.adapt import Dumper
from psycopg.pq import Format

from .errors import DataFault

Column = Callable[[Iterable[Any]], Iterable[bytes]]
"""Turns the values of a column into fields: type, size, bytes."""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = date(2000, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_HEAD: Final = struct.Struct("!Ii").pack
_SIZE: Final = struct.Struct("!i").pack
_LIST: Final = struct.Struct("!iiIii").pack
_REMEMBERED_MAX: Final = 10_000


def _fixed(oid: int, letter: str) -> Column:
    layout = struct.Struct("!Ii" + letter)
    return partial(map, partial(layout.pack, oid, layout.size - 8))


def _integers(values: Iterable[int | None]) -> Iterator[bytes]:
    pack, null = partial(struct.Struct("!Iii").pack, 23, 4), _HEAD(23, -1)
    return (null if value is None else pack(value) for value in values)


def _uuids(values: Iterable[str | None]) -> Iterator[bytes]:
    head, null, read = _HEAD(2950, 16), _HEAD(2950, -1), bytes.fromhex
    return (null if value is None else head + read(value) for value in values)


def _times(values: Iterable[datetime | None]) -> Iterator[bytes]:
    pack, null = partial(struct.Struct("!Iiq").pack, 1184, 8), _HEAD(1184, -1)
    last, field = None, null
    for value in values:
        if value is not last:  # many of a batch came at one time
            last, field = value, null if value is None else pack((value - _EPOCH) // _MICROSECOND)
        yield field


def _bytes(values: Iterable[bytes]) -> Iterator[bytes]:
    return (_HEAD(17, len(value)) + value for value in values)


class _Remembered(dict[Any, bytes]):
    """Fields of values that come again and again."""

    def __init__(self, field_of: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._field_of = field_of

    def __missing__(self, value: Any) -> bytes:
        field = self._field_of(value)
        if len(self) < _REMEMBERED_MAX:
            self[value] = field
        return field

    def __call__(self, values: Iterable[Any]) -> Iterator[bytes]:
        return map(self.__getitem__, values)


def _text_field(value: str | None) -> bytes:
    if value is None:
        return _HEAD(25, -1)
    data = value.encode()
    return _HEAD(25, len(data)) + data


def _date_field(value: date | None) -> bytes:
    if value is None:
        return _HEAD(1082, -1)
    return _HEAD(1082, 4) + _SIZE(value.toordinal() - _FIRST_DAY)


SMALLINT: Final = _fixed(21, "h")
INTEGER: Final = _fixed(23, "i")
MAYBE_INTEGER: Final[Column] = _integers
BIGINT: Final = _fixed(20, "q")
BOOLEAN: Final = _fixed(16, "?")
UUID: Final[Column] = _uuids
TIMESTAMPTZ: Final[Column] = _times
BYTEA: Final[Column] = _bytes
CODE: Final[Column] = _Remembered(_text_field)
"""Text of which there are few: codes of stores, staff, currencies."""
TEXT: Final[Column] = partial(map, _text_field)
DATE: Final[Column] = _Remembered(_date_field)


class Rows(Struct, frozen=True, gc=False):
    """Encoded rows of a table; a parameter to be cast to an array of it."""

    table: str
    count: int
    fields: bytes


class RowType:
    """The columns of a table in their order, each with how it is written."""

    def __init__(self, table: str, columns: Mapping[str, Column]) -> None:
        self.table = table
        self._columns = columns
        self.names = tuple(columns)

    def rows(self, count: int, columns: Mapping[str, Iterable[Any]], same: Mapping[str, Any]) -> Rows:
        """So many rows: `columns` give a value for each, `same` one for all. Raises DataFault where one does not fit."""
        fields: list[Iterable[bytes]] = [repeat(_SIZE(len(self._columns)), count)]
        try:
            for name, write in self._columns.items():
                if name in same:
                    (field,) = write((same[name],))
                    fields.append(repeat(field, count))
                else:
                    fields.append(write(columns[name]))
            parts: list[bytes] = []
            for row in map(b"".join, zip(*fields, strict=True)):
                parts += (_SIZE(len(row)), row)
        except (struct.error, TypeError, ValueError, OverflowError) as error:
            raise DataFault(f"A value does not fit its column ({type(error).__name__}).") from error
        return Rows(self.table, count, b"".join(parts))


class Uuids(Struct, frozen=True, gc=False):
    """Encoded ids, a parameter of type uuid[]."""

    count: int
    fields: bytes


def uuids(ids: Iterable[str]) -> Uuids:
    """Ids of 32 hexadecimal digits as one value. Raises DataFault where one is none."""
    head, read = _SIZE(16), bytes.fromhex
    try:
        fields = [head + read(one) for one in ids]
    except ValueError as error:
        raise DataFault("An id has 32 hexadecimal digits.") from error
    return Uuids(len(fields), b"".join(fields))


class UuidsDumper(Dumper):
    """Writes Uuids on a connection."""

    format = Format.BINARY
    oid = 2951

    def dump(self, obj: Uuids) -> bytes:
        """The array in the server's format; see the module."""
        if not obj.count:
            return _LIST(0, 0, 2950, 0, 0)[:12]
        return _LIST(1, 0, 2950, obj.count, 1) + obj.fields


def rows_dumper(type_ids: Mapping[str, int]) -> type[Dumper]:
    """Writes Rows on a connection; `type_ids`: the row type's oid of each table in its database."""

    class RowsDumper(Dumper):
        format = Format.BINARY
        oid = 0  # the statement's cast says what it is

        def dump(self, obj: Rows) -> bytes:
            if not obj.count:
                return _LIST(0, 0, type_ids[obj.table], 0, 0)[:12]
            return _LIST(1, 0, type_ids[obj.table], obj.count, 1) + obj.fields

    return RowsDumper
