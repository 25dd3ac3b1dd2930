"""How well records of labelled sets are matched, and how fast: the figures of a model on a set."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec import Struct

from regulars.capabilities.identity.batch import FrequencyTable, pairs_of, resolve_all
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.measures import Band, Quality, bands, quality
from regulars.capabilities.identity.model import Model, parse

from .labelled import EXAMPLES, SETS, Labelled, read
from .place import BenchFailed

DATA: Final = ("shared/data/er", "data/er")
MEASURED: Final = ("febrl3", "febrl4", "historical", "fake-1000", "senzing")
WEIGHED_MAX: Final = 200_000


class Evaluation(Struct, frozen=True):
    """`seconds` of resolving all records in one process; `weight_us` of weighing one pair, values seen before."""

    name: str
    quality: Quality
    bands: list[Band]
    seconds: float
    weight_us: float

    @property
    def records_per_second(self) -> float:
        """How many records were resolved a second."""
        return self.quality.records / self.seconds

    def line(self) -> str:
        """The figures in one line."""
        pairs, cubed = self.quality.pairs, self.quality.b_cubed
        return (
            f"{self.name}: F1 {pairs.f1:.4f}, precision {pairs.precision:.4f}, recall {pairs.recall:.4f},"
            f" B-cubed {cubed.f1:.4f}, {self.quality.clusters:,} of {self.quality.people:,} people, the largest of"
            f" {self.quality.largest} records; {self.records_per_second:,.0f} records/s, {self.weight_us:.1f} µs a pair"
        )


def find_data(given: Path | None = None) -> Path:
    """The folder of the labelled sets: the one given, or one near the working tree. Raises BenchFailed."""
    here = Path.cwd()
    near = [given] if given else [base / name for base in (here, here.parent) for name in DATA]
    for path in near:
        if path.is_dir():
            return path.resolve()
    raise BenchFailed(
        f"{given or DATA[0]} is not there; name the folder of the labelled sets with --labelled."
    )


def load_model(name: str) -> Model:
    """A model of examples/models."""
    path = EXAMPLES / "models" / name
    if not path.is_file():
        raise BenchFailed(f"{path} is not here; run it from the repository.")
    return parse(path.read_bytes())


def evaluate_set(name: str, folder: Path) -> Evaluation:
    """The figures of a set by name, with its own model. Raises BenchFailed where files are missing."""
    chosen = SETS[name]
    return evaluate(name, read(chosen, folder), load_model(chosen.model))


def evaluate(name: str, labelled: Labelled, model: Model) -> Evaluation:
    """Resolve the records by the model, with the frequencies of the records themselves, and compare with the truth."""
    began = time.perf_counter()
    matcher = Matcher(model, FrequencyTable(labelled.records.values(), Matcher(model)))
    found = resolve_all(labelled.records, matcher)
    seconds = time.perf_counter() - began
    return Evaluation(
        name,
        quality(found.people, labelled.truth),
        bands(found.links, labelled.truth, model.bands),
        seconds,
        weight_us(labelled, matcher),
    )


def weight_us(labelled: Labelled, matcher: Matcher) -> float:
    """Microseconds of weighing a pair that blocks bring together, mean over the pairs."""
    compared = {rid: matcher.compared(fields) for rid, fields in labelled.records.items()}
    pairs = list(islice(sorted(pairs_of(compared, matcher)[0]), WEIGHED_MAX))
    began = time.perf_counter()
    for a, b in pairs:
        matcher.weight(compared[a], compared[b])
    return (time.perf_counter() - began) / max(1, len(pairs)) * 1e6
