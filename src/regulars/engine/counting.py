"""How often the values occur by which a model weighs, counted over all records in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from regulars.capabilities.identity.frequencies import (
    COUNT_MIN,
    HASH_DIGITS,
    VALUES_PER_FIELD_MAX,
    Counts,
    Frequencies,
    hashed,
)
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import Model
from regulars.store.database import Database
from regulars.store.vault import Vault

from .scratch import Scratch
from .snapshot import PAGE_RECORDS, Snapshot

_HALF = 1 << (HASH_DIGITS * 4 - 1)


def count_frequencies(
    database: Database, vault: Vault, model: Model, report: Callable[[int], None] = lambda _: None
) -> Frequencies:
    """The epoch of the records as they are now. `report` hears how many were counted."""
    matcher, names = Matcher(model), counted_fields(model)
    totals: Counter[str] = Counter()
    with Snapshot(database, vault) as snapshot, Scratch() as scratch:
        for number, record in enumerate(snapshot.records(), 1):
            values = matcher.compared(snapshot.fields(record)).values
            for place, name in enumerate(names):
                found = values.get(name, ())
                totals[name] += len(found)
                scratch.counts(place, [int(hashed(vault.hash, name, value), 16) - _HALF for value in found])
            if number % PAGE_RECORDS == 0:
                report(number)
        kept = {}
        for place, name in enumerate(names):
            often = scratch.frequent(place, COUNT_MIN, VALUES_PER_FIELD_MAX)
            counts = {f"{value + _HALF:0{HASH_DIGITS}x}": count for value, count in often}
            kept[name] = Counts(totals[name], counts)
    return Frequencies(kept, vault.hash)


def counted_fields(model: Model) -> list[str]:
    """The fields whose values' own frequencies a model asks for, in order."""
    return sorted({c.fields[0] for c in model.comparison if any(level.frequency for level in c.levels)})
