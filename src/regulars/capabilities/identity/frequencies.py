"""How often values occur: counted once over all records, then kept, since what counts itself anew depends on order.

Values are held as keyed hashes, so that the table says nothing without the key. Rare values are left out: whatever is
not in the table counts as once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct, field

VALUES_PER_FIELD_MAX = 50_000
COUNT_MIN = 2
HASH_DIGITS = 16


class Counts(Struct, frozen=True, array_like=True):
    """Of one field: how many values were counted, and the counts of those that came at least twice, by hash."""

    total: int
    counts: dict[str, int] = field(default_factory=dict)


class Frequencies:
    """One epoch. `hash_` is the keyed hash of the workspace."""

    def __init__(self, fields: Mapping[str, Counts], hash_: Callable[..., str]) -> None:
        self._fields = dict(fields)
        self._hash = hash_

    def share(self, name: str, value: str) -> float | None:
        """The share of a value among all of its field; None where the field was not counted."""
        counted = self._fields.get(name)
        if counted is None or not counted.total:
            return None
        return counted.counts.get(hashed(self._hash, name, value), 1) / counted.total

    def encode(self) -> bytes:
        """The epoch as it is stored."""
        return msgspec.msgpack.encode(self._fields, order="deterministic")

    @staticmethod
    def decode(data: bytes, hash_: Callable[..., str]) -> Frequencies:
        """An epoch out of storage."""
        return Frequencies(msgspec.msgpack.decode(data, type=dict[str, Counts]), hash_)


def hashed(hash_: Callable[..., str], name: str, value: str) -> str:
    """The name of a value in an epoch."""
    return hash_("frequency", name, value)[:HASH_DIGITS]


def count(
    records: Iterable[Mapping[str, Iterable[str]]], names: Iterable[str], hash_: Callable[..., str]
) -> Frequencies:
    """Count the values of some fields over records (field → values in compared form).

    At most VALUES_PER_FIELD_MAX values of a field are kept, the most frequent ones.
    """
    wanted = sorted(set(names))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    totals: Counter[str] = Counter()
    for values in records:
        for name in wanted:
            for value in values.get(name, ()):
                found[name][hashed(hash_, name, value)] += 1
                totals[name] += 1
    return Frequencies({name: Counts(totals[name], _kept(found[name])) for name in wanted}, hash_)


def _kept(counts: Counter[str]) -> dict[str, int]:
    often = sorted(
        ((n, value) for value, n in counts.items() if n >= COUNT_MIN), key=lambda one: (-one[0], one[1])
    )
    return {value: n for n, value in often[:VALUES_PER_FIELD_MAX]}
