"""What an audit reads: a file through the importer's readers, in blocks of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct, field

from regulars.capabilities.identity.audit.meanings import looks_like_data
from regulars.intake.files.batches import Batch, Fault, Reader
from regulars.intake.files.cells import Cells, Column
from regulars.intake.files.csv_reader import CsvReader
from regulars.intake.files.facts import FileFacts
from regulars.intake.files.fields import FIELDS
from regulars.intake.files.mapping import FileSpec, Mapping, Spec
from regulars.intake.files.mapping_file import load_mapping
from regulars.intake.files.source_rows import open_reader
from regulars.intake.files.stream import wanted_rows

COLUMNS_MAX: Final = 500


class About(Struct):
    """What is told of a table as a whole. `writing` says how it is written, in words.

    `headed` is false where the first row is already a customer. `repeated_names` are column names that stand there
    twice. `columns_left_out` lie beyond COLUMNS_MAX, or hold lists or structs.
    """

    name: str
    writing: str
    headed: bool = True
    repeated_names: list[str] = field(default_factory=list)
    columns_left_out: int = 0
    broken_characters: int = 0


class Table(Protocol):
    """Customers to look at. `names` are the columns that its batches have.

    `given` says for columns what they hold where that need not be guessed.
    """

    about: About
    names: list[str]
    given: dict[str, str]

    def batches(self) -> Iterator[Batch]:
        """Read it from its start; may be called again."""
        ...

    def share_read(self) -> float:
        """How much of it was read, from 0 to 1."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class FileTable:
    """One file. With a mapping, its fields are columns of their own behind those of the file."""

    def __init__(self, path: Path, mapping_path: Path | None = None) -> None:
        """Raises FileUnreadable and MappingError with what to do."""
        mapping = load_mapping(mapping_path, "customers") if mapping_path is not None else None
        facts, self._reader = open_reader(path, "customers", mapping)
        headed = mapping is None or mapping.file.columns is None
        try:
            if mapping is None and facts.format == "csv" and looks_like_data(self._reader.names):
                self._reader, headed = _without_header(path, self._reader), False
            self.about = About(path.name, _writing(facts, self._reader), headed or mapping is not None)
            self.about.broken_characters = facts.broken_characters
            own = self._columns(mapping.columns() if mapping is not None else set())
        except BaseException:
            self._reader.close()
            raise
        self._mapped = _Mapped(mapping) if mapping is not None else None
        self.given = dict(self._mapped.meanings) if self._mapped else {}
        self.names = own + (list(self._mapped.columns) if self._mapped else [])

    def batches(self) -> Iterator[Batch]:
        """See Table."""
        for batch in self._reader.batches():
            yield self._mapped.widened(batch) if self._mapped else batch

    def share_read(self) -> float:
        """See Table."""
        return self._reader.share_read()

    def close(self) -> None:
        """See Table."""
        self._reader.close()

    def _columns(self, mapped: set[str]) -> list[str]:
        """Give columns that share a name names of their own, and select as many as are looked at, and those mapped."""
        names = self._reader.names
        if isinstance(self._reader, CsvReader):
            self.about.repeated_names = sorted(name for name, n in Counter(names).items() if n > 1 and name)
            self._reader.names = _told_apart(names)
        readable = [name for name in self._reader.names if name not in self._reader.nested]
        chosen = readable[:COLUMNS_MAX]
        self.about.columns_left_out = len(names) - len(chosen)
        self._reader.select(mapped | set(chosen))
        return chosen


class _Mapped:
    """The fields of a mapping as further columns; rows it leaves out or cannot read are gone or faulty."""

    def __init__(self, mapping: Mapping) -> None:
        cells = Cells(mapping)
        known = FIELDS[mapping.kind]
        fields = {
            name: spec for name, spec in mapping.fields.items() if known[name].part in ("customer", "address")
        }
        self.columns = {_title(name, spec): Column(name, cells.field(name)) for name, spec in fields.items()}
        self.meanings = {_title(name, spec): name for name, spec in fields.items()}
        self._wanted = wanted_rows(mapping.skip)

    def widened(self, batch: Batch) -> Batch:
        """The batch without the rows that the mapping skips, and with its fields."""
        if self._wanted is not None:
            batch = batch.only(self._wanted(batch))
        faults: dict[int, Fault] = {}
        columns = {title: column.values(batch, faults) for title, column in self.columns.items()}
        return Batch(batch.lines, {**batch.columns, **columns}, faults | batch.faults)


def _title(name: str, spec: Spec) -> str:
    return f"{name} ← {' + '.join(spec.sources()) or 'constant'}"


def _without_header(path: Path, reader: Reader) -> Reader:
    """Open the file again with numbered columns."""
    numbered = [f"column {place}" for place in range(1, len(reader.names) + 1)]
    reader.close()
    columns = Mapping(kind="customers", fields={}, file=FileSpec(columns=numbered))
    return open_reader(path, "customers", columns)[1]


def _told_apart(names: list[str]) -> list[str]:
    """Names that are different: a repeated one gets a number, an empty one its place."""
    taken: set[str] = set()
    out = []
    for place, name in enumerate(names, start=1):
        own = base = name or f"(column {place})"
        number = 1
        while own in taken:
            number += 1
            own = f"{base} ({number})"
        taken.add(own)
        out.append(own)
    return out


def _writing(facts: FileFacts, reader: Reader) -> str:
    """Such as `CSV with ";", utf-8, gz`."""
    if facts.format == "parquet":
        return "Parquet"
    encoding = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}.get(facts.encoding, facts.encoding)
    if isinstance(reader, CsvReader):
        mark = reader.dialect.delimiter
        told = {"\t": "tabs", " ": "spaces"}.get(
            mark, f"“{mark}”" if mark.isprintable() else "a control character"
        )
        form = f"CSV cut at {told}"
    else:
        form = "JSON lines"
    return f"{form}, {encoding}{', gz' if facts.gzipped else ''}"
