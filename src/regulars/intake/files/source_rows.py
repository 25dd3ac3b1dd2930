"""Open a file with the reader and the mapping that fit it."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from .batches import Reader
from .csv_reader import CsvReader
from .dialect import Dialect
from .facts import FileFacts, inspect_file
from .fields import FIELDS, Kind
from .json_reader import JsonReader
from .mapping import Mapping, Spec, header_mapping
from .mapping_file import load_mapping
from .parquet_reader import ParquetReader

_FORMAT: Final = 1
"""Part of every run key: raise it when the order or the content of the events changes."""


class Opened(Struct, frozen=True):
    """A file ready to be read."""

    facts: FileFacts
    mapping: Mapping
    reader: Reader
    unused_columns: list[str]

    def run_key(self, source: str) -> UUID:
        """Names this content under this mapping for this source."""
        parts = [_FORMAT, self.facts.fingerprint, self.mapping, source]
        return UUID(bytes=blake2b(msgspec.json.encode(parts), digest_size=16).digest())


def open_file(path: Path, kind: Kind, mapping_path: Path | None) -> Opened:
    """Look at the file, read its mapping or make one from its header, and open it.

    Raises FileUnreadable and MappingError with what to do.
    """
    mapping = load_mapping(mapping_path, kind) if mapping_path is not None else None
    facts, reader = open_reader(path, kind, mapping)
    try:
        mapping = mapping or header_mapping(kind, reader.names, file=path.name)
        used = mapping.columns()
        others = [name for name in reader.names if name and name not in used]
        if mapping.other_columns == "traits":
            taken = reader.nested | mapping.traits.keys()
            mapping.traits |= {name: Spec(column=name) for name in others if name not in taken}
            others = [name for name in others if name in taken]
        reader.select(mapping.columns())
    except BaseException:
        reader.close()
        raise
    return Opened(facts, mapping, reader, others)


def open_reader(path: Path, kind: Kind, mapping: Mapping | None) -> tuple[FileFacts, Reader]:
    """What the file is, and a reader for it in which no column is selected yet. Raises FileUnreadable."""
    facts = inspect_file(path, encoding=mapping.file.encoding if mapping else None)
    return facts, _reader(facts, kind, mapping)


def _reader(facts: FileFacts, kind: Kind, mapping: Mapping | None) -> Reader:
    if facts.format == "parquet":
        return ParquetReader(facts)
    if facts.format == "jsonl":
        return JsonReader(facts)
    if mapping is None:
        return CsvReader(facts, expected=frozenset(FIELDS[kind]), base=Dialect())
    file = mapping.file
    return CsvReader(
        facts,
        expected=frozenset(mapping.columns()),
        base=Dialect(quote=file.quote, escape=file.escape, lines_before=file.skip_lines),
        delimiter=file.delimiter,
        names=file.columns,
    )
