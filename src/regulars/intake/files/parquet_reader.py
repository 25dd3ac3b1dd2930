"""Read Parquet in batches. pyarrow is loaded when the first such file is opened.

Each distinct value of a batch is turned into a Python object once: a column of a receipt export repeats
itself, and building objects is what costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from .batches import ROWS_PER_BATCH_MAX, Batch
from .errors import FileUnreadable
from .facts import FileFacts
from .header import pick_columns

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetReader:
    """One Parquet file. Line numbers are row numbers, from 1."""

    def __init__(self, facts: FileFacts) -> None:
        """Raises FileUnreadable when the file's footer cannot be read."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._facts = facts
        self._wanted: list[str] = []
        self._rows_read = 0
        try:
            self._file = pq.ParquetFile(facts.path)
        except (pa.ArrowException, OSError):
            raise FileUnreadable(f"{facts.path.name} is a damaged Parquet file; export it again.") from None
        schema = self._file.schema_arrow
        self.names = list(schema.names)
        self.nested = frozenset(field.name for field in schema if pa.types.is_nested(field.type))

    def select(self, columns: set[str]) -> None:
        """See Reader."""
        self._wanted = [name for name, _ in pick_columns(self._facts.path.name, self.names, columns)]
        for name in self._wanted:
            if name in self.nested:
                message = (
                    f"{self._facts.path.name}: the column {name!r} holds lists or structs, not single values."
                )
                raise FileUnreadable(message, field=name)

    def share_read(self) -> float:
        """See Reader."""
        return self._rows_read / max(1, int(self._file.metadata.num_rows))

    def close(self) -> None:
        """See Reader."""
        self._file.close()

    def batches(self) -> Iterator[Batch]:
        """See Reader."""
        import pyarrow as pa

        self._rows_read = 0
        try:
            for block in self._file.iter_batches(ROWS_PER_BATCH_MAX, columns=self._wanted):
                first = self._rows_read + 1
                self._rows_read += block.num_rows
                columns: dict[str, Sequence[Any]] = {
                    name: _values(block.column(name)) for name in self._wanted
                }
                yield Batch(range(first, first + block.num_rows), columns, {})
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            raise FileUnreadable(
                f"{self._facts.path.name} is damaged after row {self._rows_read}; export it again."
            ) from None


def _values(array: pa.Array) -> list[Any]:
    """The values of a column, with one object per distinct value."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if types.is_timestamp(array.type) and array.type.unit == "ns":
        array = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
    coded = array if types.is_dictionary(array.type) else array.dictionary_encode()
    distinct = _plain(coded.dictionary)
    places = pc.fill_null(coded.indices.cast(pa.int32()), len(distinct))
    view = memoryview(places.buffers()[1])[places.offset * 4 : (places.offset + len(places)) * 4]
    distinct.append(None)
    return [distinct[place] for place in view.cast("i")]


def _plain(array: pa.Array) -> list[Any]:
    """Values as the mapping takes them: not-a-number is no value, bytes and durations are texts."""
    from pyarrow import types

    values: list[Any] = array.to_pylist()
    if types.is_floating(array.type):
        return [None if isnan(value) else value for value in values]
    if types.is_binary(array.type) or types.is_large_binary(array.type):
        return [value.decode("utf-8", "replace") for value in values]
    return [str(value) for value in values] if types.is_duration(array.type) else values
