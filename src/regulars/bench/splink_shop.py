"""Splink in batch over the demo's records: the time that matching everything anew is measured against."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

from regulars.demo.records import records

from .place import BenchFailed
from .splink_batch import LINK_PROBABILITY, SEED

COLUMNS: Final = ("given_name", "family_name", "birth_date", "email", "phone", "postcode")
BLOCKS: Final = (
    ("email",), ("phone",), ("birth_date", "family_name"), ("given_name", "family_name", "postcode"),
    ("given_name", "family_name", "birth_date"),
)  # fmt: skip


def splink_seconds(seed: int, count: int) -> float:
    """Seconds of prediction and clustering of so many records, training left out. Raises BenchFailed without Splink."""
    try:
        import duckdb
        import splink.comparison_library as cl
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        raise BenchFailed(f"The baseline needs {error.name}: pip install 'regulars[train]'.") from None
    frequent: dict[str, Any] = {"term_frequency_adjustments": True}
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        comparisons=[
            cl.NameComparison("given_name").configure(**frequent),
            cl.NameComparison("family_name").configure(**frequent),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone"),
            cl.PostcodeComparison("postcode"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
    )
    api = DuckDBAPI(duckdb.connect())
    linker = Linker(api.register(_table(islice(records(seed), count))), settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match([block_on("email")], recall=0.5)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=SEED)
    for block in (("email",), ("family_name", "postcode")):
        training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    began = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_probability=LINK_PROBABILITY)
    linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, LINK_PROBABILITY)
    return time.perf_counter() - began


def _table(entries: Iterable[Any]) -> Any:
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name in ("number", *COLUMNS)}
    for number, entry in enumerate(entries):
        customer = entry.customer
        columns["number"].append(number)
        columns["given_name"].append(_text(customer.given_name))
        columns["family_name"].append(_text(customer.family_name))
        columns["birth_date"].append(customer.birth_date.isoformat() if customer.birth_date else None)
        columns["email"].append(_text(customer.email))
        columns["phone"].append(_text(customer.phone))
        columns["postcode"].append(_text(customer.address.postcode if customer.address else None))
    return pa.table(columns)


def _text(value: str | None) -> str | None:
    return (value or "").strip().lower() or None
