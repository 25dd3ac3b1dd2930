"""Estimate the m and u of a model from records alone, by Splink.

`u` comes from random pairs, `m` from expectation maximisation within the model's own blocks, where the comparisons of
a block's fields sit out. The levels are told by the matcher's own tests, called from the database: training and
matching cannot disagree. The same records and seed give the same model.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, Final

from msgspec.structs import replace

from regulars.capabilities.identity.compared import Values, keys_of, values_of
from regulars.capabilities.identity.matcher import Scorer
from regulars.capabilities.identity.model import Level, Model, ModelError, Prior, lint
from regulars.capabilities.identity.state import Fields

SEED: Final = 1
PAIRS_MAX: Final = 1_000_000
PAIRS_MIN: Final = 200
"""A block with fewer pairs is not trained on."""

RECALL: Final = 0.7
"""The share of true pairs that strict rules are taken to find; half or all of them would move the prior by half a bit."""
CHANCE_PAIRS_MAX: Final = 0.01
"""A combination of agreements is strict when it is met by fewer pairs of strangers for each record than this."""


ORDER_BITS: Final = 1.0
"""Levels out of order by less are weighed alike; by more, the model is refused."""


class TrainingUnavailable(ModelError):
    """The packages for training are not installed."""

    code = "training_unavailable"


class TrainingFailed(ModelError):
    """The records do not tell enough about a level."""

    code = "training_failed"


def train(model: Model, records: Iterable[Fields], *, seed: int = SEED) -> Model:
    """The model with m, u and the prior estimated from the records; levels set by hand as `bits` stay.

    Raises TrainingUnavailable without Splink, TrainingFailed where a level was never seen or weights are not in order.
    """
    table = _Table(model, records)
    linker = _linker(model, table)
    training = linker.training
    training.estimate_u_using_random_sampling(max_pairs=PAIRS_MAX, seed=seed)
    training.estimate_probability_two_random_records_match(_strict_rules(linker, table), recall=RECALL)
    for number, block in enumerate(model.block):
        rule = table.block_rule(number, block.on)
        if rule is None:
            continue
        try:
            training.estimate_parameters_using_expectation_maximisation(rule)
        except ValueError as error:
            raise TrainingFailed(
                f"Within this block a level is never seen among true pairs; leave out the level, or the block: {error}",
                field=f"block[{number}]",
            ) from None
    trained = _read_back(model, linker.misc.save_model_to_json())
    faults = lint(trained)
    if faults:
        raise TrainingFailed(" ".join(faults))
    return trained


class _Table:
    """The records as Splink takes them: a number for each value, the same number for the same value."""

    def __init__(self, model: Model, records: Iterable[Fields]) -> None:
        self.model = model
        self.scorers = [Scorer(comparison, None) for comparison in model.comparison]
        traits = model.traits()
        self._codes: list[dict[Any, int]] = [{} for _ in self.scorers]
        self.rows: list[dict[str, Any]] = []
        for number, fields in enumerate(records):
            values = values_of(fields, traits=traits)
            self.rows.append({"unique_id": number, **self._comparable(values), **self._blocks(values)})
        self.values = [list(codes) for codes in self._codes]

    def _comparable(self, values: Values) -> dict[str, int | None]:
        row: dict[str, int | None] = {}
        for number, (scorer, codes) in enumerate(zip(self.scorers, self._codes, strict=True)):
            value = scorer.take(values)
            row[f"c{number}"] = None if value is None else codes.setdefault(value, len(codes))
        return row

    def _blocks(self, values: Values) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        for number, block in enumerate(self.model.block):
            keys = keys_of(values, [block.on])
            row[f"b{number}"] = keys[0] if keys else None
        return row

    def level_of(self, number: int) -> Callable[[Any, Any], Any]:
        """The level of a comparison for two columns of value numbers, as a function of the database."""
        import pyarrow as pa

        level, values = self.scorers[number].level, self.values[number]
        known: dict[tuple[int, int], int] = {}

        def levels(ones: Any, others: Any) -> Any:
            found = []
            for pair in zip(ones.to_pylist(), others.to_pylist(), strict=True):
                if pair not in known:
                    known[pair] = level(values[pair[0]], values[pair[1]])
                found.append(known[pair])
            return pa.array(found, pa.int32())

        return levels

    def block_rule(self, number: int, on: Iterable[str]) -> str | None:
        """Pairs in one block as SQL; it names the comparisons that sit out, and is None where it would teach nothing."""
        fields = {name if name.startswith("traits.") else name.partition(".")[0] for name in on}
        fields |= {name.rpartition(".")[0] for name in on}
        if "full_name" in fields:
            fields |= {"given_name", "family_name"}
        out = [n for n, c in enumerate(self.model.comparison) if c.fields[0] in fields]
        carriers = Counter(row[f"b{number}"] for row in self.rows if row[f"b{number}"] is not None)
        if len(out) == len(self.scorers) or sum(map(_pairs, carriers.values())) < PAIRS_MIN:
            return None
        silent = "".join(
            f" and (l.c{n} is null or l.c{n} >= 0) and (r.c{n} is null or r.c{n} >= 0)" for n in out
        )
        return f"l.b{number} = r.b{number}{silent}"


def _pairs(records: int) -> int:
    return records * (records - 1) // 2


def _linker(model: Model, table: _Table) -> Any:
    try:
        import duckdb
        import pyarrow as pa
        import splink.comparison_level_library as levels
        import splink.comparison_library as comparisons
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        raise TrainingUnavailable(
            f"Training needs {error.name}. Install it with: pip install 'regulars[train]'."
        ) from None
    connection: Any = duckdb.connect()
    made: list[Any] = []
    for number, comparison in enumerate(model.comparison):
        connection.create_function(
            f"level_{number}", table.level_of(number), ["INTEGER", "INTEGER"], "INTEGER", type="arrow"
        )  # fmt: skip
        column = f"c{number}"
        known: list[Any] = [levels.NullLevel(column)]
        known += [
            levels.CustomLevel(f"level_{number}({column}_l, {column}_r) = {place}", level.label)
            for place, level in enumerate(comparison.levels[:-1])
        ]
        known.append(levels.ElseLevel())
        made.append(comparisons.CustomComparison(known, output_column_name=column))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=made,
        blocking_rules_to_generate_predictions=[block_on("unique_id")],
    )
    api = DuckDBAPI(connection)
    types = [("unique_id", pa.int64())]
    types += [(f"c{n}", pa.int32()) for n in range(len(model.comparison))]
    types += [(f"b{n}", pa.string()) for n in range(len(model.block))]
    rows = api.register(pa.Table.from_pylist(table.rows, pa.schema(types)))
    return Linker(rows, settings, log_level=logging.ERROR)


def _strict_rules(linker: Any, table: _Table) -> list[str]:
    """Agreements that strangers have too seldom to be seen among these records: two at a time, or up to four."""
    levels = [found["comparison_levels"][1] for found in linker.misc.save_model_to_json()["comparisons"]]
    chance = [level.get("u_probability") or 1.0 for level in levels]
    strangers = len(table.rows) / 2
    strict: list[tuple[int, ...]] = []
    for size in (1, 2, 3, 4):
        for numbers in combinations(range(len(chance)), size):
            rare = strangers * math.prod(chance[n] for n in numbers) < CHANCE_PAIRS_MAX
            if rare and not any(set(known) <= set(numbers) for known in strict):
                strict.append(numbers)
    if not strict:
        raise TrainingFailed("No four of the comparisons tell people apart surely enough to set the prior.")
    return [" and ".join(f"l.c{n} = r.c{n}" for n in numbers) for numbers in strict]


def _read_back(model: Model, found: dict[str, Any]) -> Model:
    made = []
    for comparison, trained in zip(model.comparison, found["comparisons"], strict=True):
        pairs = zip(comparison.levels, trained["comparison_levels"][1:], strict=True)
        levels = [_level(level, numbers) for level, numbers in pairs]
        made.append(replace(comparison, levels=tuple(_in_order(levels))))
    chance = found["probability_two_random_records_match"]
    prior = Prior(round(math.log2(chance / (1 - chance)), 3))
    return replace(model, comparison=tuple(made), prior=prior)


def _level(level: Level, numbers: dict[str, Any]) -> Level:
    if level.bits is not None:
        return level
    m, u = numbers.get("m_probability"), numbers.get("u_probability")
    return replace(level, m=_rounded(m), u=_rounded(u))


def _in_order(levels: list[Level]) -> list[Level]:
    """Neighbours that weigh the wrong way round by less than sampling explains are weighed alike."""
    if any(level.m is None or level.u is None for level in levels):
        return levels
    pools: list[list[Level]] = []
    for level in levels:
        pools.append([level])
        while len(pools) > 1 and not pools[-2][-1].frequency and 0 < _rise(pools) < ORDER_BITS:
            last = pools.pop()
            pools[-1] += last
    return [
        replace(level, m=_rounded((level.u or 0) * 2 ** _bits(pool))) if len(pool) > 1 else level
        for pool in pools
        for level in pool
    ]


def _rise(pools: list[list[Level]]) -> float:
    return _bits(pools[-1]) - _bits(pools[-2])


def _bits(pool: list[Level]) -> float:
    return math.log2(sum(level.m or 0 for level in pool) / sum(level.u or 0 for level in pool))


def _rounded(share: Any) -> float | None:
    """Four figures, so that a rerun on another machine gives the same file; None for what was never seen."""
    return float(f"{share:.4g}") if isinstance(share, int | float) and share > 0 else None
