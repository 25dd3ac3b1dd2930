"""Splink in batch with the models of its own tutorials: the baseline that matching is measured against."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from regulars.capabilities.identity.measures import Quality, quality

from .labelled import SETS
from .place import BenchFailed

LINK_PROBABILITY: Final = 0.95
SEED: Final = 1


class Recipe(Struct, frozen=True):
    """A tutorial's model of a set. Blocks are lists of columns; `strict` are its deterministic rules."""

    id: str
    blocks: tuple[tuple[str, ...], ...]
    train: tuple[tuple[str, ...], ...]
    strict: tuple[tuple[str, ...], ...]
    recall: float


_FEBRL: Final = Recipe(
    "rec_id",
    (
        ("soc_sec_id",), ("given_name",), ("surname",), ("date_of_birth",), ("postcode",), ("given_name", "surname"),
    ),
    (("date_of_birth",), ("postcode",)),
    (("soc_sec_id",), ("given_name", "surname", "date_of_birth")),
    0.9,
)  # fmt: skip
RECIPES: Final = {
    "febrl3": _FEBRL,
    "febrl4": _FEBRL,
    "fake-1000": Recipe(
        "unique_id", (("first_name",), ("surname",), ("email",), ("dob",)), (("first_name", "surname"), ("dob",)),
        (("first_name", "dob"), ("email",), ("first_name", "surname")), 0.7,
    ),
    "historical": Recipe(
        "unique_id",
        (
            ("first_name", "surname", "dob"), ("first_name", "postcode_fake"), ("surname", "postcode_fake"),
            ("dob", "occupation"), ("dob", "birth_place"), ("first_name", "surname", "birth_place"),
            ("surname", "dob"), ("first_name", "dob"), ("postcode_fake", "dob"), ("first_name", "surname", "occupation"),
        ),
        (("first_name", "surname"), ("dob",)), (("first_name", "surname", "dob"), ("postcode_fake", "dob")), 0.6,
    ),
}  # fmt: skip


class Baseline(Struct, frozen=True):
    """What Splink found at probability 0.95, and the seconds of training, prediction and clustering."""

    quality: Quality
    seconds: float


def beside(name: str, folder: Path) -> str:
    """What Splink makes of a set, in words; why it was not run, where it was not."""
    if name not in RECIPES:
        return "Splink has no tutorial for this set"
    try:
        found = splink_batch(name, folder)
    except BenchFailed as error:
        return str(error)
    pairs = found.quality.pairs
    return (
        f"Splink in batch at p 0.95: F1 {100 * pairs.f1:.1f} %, precision {100 * pairs.precision:.1f} %,"
        f" B-cubed {100 * found.quality.b_cubed.f1:.1f} %, {found.seconds:.0f} s"
    )


def splink_batch(name: str, folder: Path) -> Baseline:
    """Run a set through Splink. Raises BenchFailed without Splink or the set's files."""
    try:
        import duckdb
        from splink import DuckDBAPI, Linker, block_on
    except ImportError as error:
        raise BenchFailed(f"The baseline needs {error.name}: pip install 'regulars[train]'.") from None
    chosen, recipe = SETS[name], RECIPES[name]
    place = chosen.place(folder)
    truth = chosen.truth(place)
    began = time.perf_counter()
    api = DuckDBAPI(duckdb.connect())
    rows = api.register(_table(place, chosen.files))
    linker = Linker(rows, _settings(name, recipe), log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*r) for r in recipe.strict], recall=recipe.recall
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    for block in recipe.train:
        training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    pairs = linker.inference.predict(threshold_match_probability=LINK_PROBABILITY)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, LINK_PROBABILITY)
    clusters: dict[Any, list[str]] = defaultdict(list)
    for row in found.as_record_list():
        clusters[row["cluster_id"]].append(str(row[recipe.id]))
    return Baseline(quality(clusters.values(), truth), time.perf_counter() - began)


def _table(place: Path, files: tuple[str, ...]) -> Any:
    """All columns of the files as texts, empty ones as nothing."""
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    parts = []
    for name in files:
        path = place / name
        if not path.is_file():
            raise BenchFailed(f"{path} is not there.")
        if path.suffix == ".parquet":
            parts.append(pq.read_table(path))
            continue
        with path.open(encoding="utf-8-sig") as file:
            names = [column.strip() for column in file.readline().split(",")]
        options = pc.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
        parts.append(
            pc.read_csv(path, pc.ReadOptions(column_names=names, skip_rows=1), convert_options=options)
        )
    table = pa.concat_tables(parts)
    return pa.Table.from_pylist(
        [{name: _clean(value) for name, value in row.items()} for row in table.to_pylist()]
    )


def _clean(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _settings(name: str, recipe: Recipe) -> Any:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    frequent: dict[str, Any] = {"term_frequency_adjustments": True}
    comparisons: list[Any]
    if name.startswith("febrl"):
        born: dict[str, Any] = {"input_is_string": True, "datetime_format": "%Y%m%d"}
        comparisons = [
            cl.NameComparison("given_name").configure(**frequent),
            cl.NameComparison("surname").configure(**frequent),
            cl.DateOfBirthComparison("date_of_birth", **born),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(**frequent),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(**frequent),
        ]
    elif name == "historical":
        comparisons = [
            cl.NameComparison("first_name").configure(**frequent),
            cl.NameComparison("surname").configure(**frequent),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(**frequent),
            cl.ExactMatch("occupation").configure(**frequent),
        ]
    else:
        comparisons = [
            cl.NameComparison("first_name").configure(**frequent),
            cl.NameComparison("surname").configure(**frequent),
            cl.LevenshteinAtThresholds("dob", 1),
            cl.ExactMatch("city").configure(**frequent),
            cl.EmailComparison("email"),
        ]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=recipe.id,
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in recipe.blocks],
    )
