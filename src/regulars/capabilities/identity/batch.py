"""A whole set of records resolved in memory: what the turn does record by record, done at once.

The reference that the online path is held against, and the engine of evaluations. Blocks give pairs, pairs and shared
identifiers give components, each component is resolved by itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from msgspec import Struct

from .compared import Compared
from .component import Value, carriers_of, is_generic, resolve
from .forest import Forest
from .linkage import Link, Pair, Refusal
from .matcher import Matcher
from .state import Fields


class Resolved(Struct, frozen=True):
    """`people`: groups of record ids, all records in them. `generic`: identifiers that say nothing of anybody.

    `links` are the pairs of one component from the review band up, `conflicts` what was refused though it had linked.
    `retired` counts blocking keys that too many records carry, `compared` the pairs that blocks brought together.
    """

    people: list[frozenset[str]]
    links: list[Link]
    conflicts: list[Refusal]
    generic: frozenset[Value]
    retired: int
    compared: int


def resolve_all(
    records: Mapping[str, Fields],
    matcher: Matcher,
    *,
    joined: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
) -> Resolved:
    """The people in a set of records. `joined` and `apart` are pairs said by hand."""
    carriers = carriers_of(records)
    generic = frozenset(value for value, ids in carriers.items() if is_generic(value[0], ids, records))
    compared = {rid: matcher.compared(fields, generic) for rid, fields in records.items()}
    pairs, retired = pairs_of(compared, matcher)
    joined, apart = list(joined), list(apart)
    chains = Forest(records)
    for value, ids in carriers.items():
        if value not in generic:
            chains.join(ids)
    for pair in joined:
        if pair[0] in records and pair[1] in records:
            chains.join(pair)
    link = matcher.model.bands.link
    for a, b in pairs:
        if matcher.weight(compared[a], compared[b]) >= link:
            chains.join((a, b))
    people: list[frozenset[str]] = []
    links: list[Link] = []
    conflicts: list[Refusal] = []
    for ids in chains.trees():
        if len(ids) == 1:
            people.append(frozenset(ids))
            continue
        members = set(ids)
        found = resolve(
            {rid: records[rid] for rid in ids},
            matcher,
            generic=generic,
            joined=[pair for pair in joined if pair[0] in members],
            apart=[pair for pair in apart if pair[0] in members],
            known=compared,
        )
        people += found.clusters
        links += found.links
        conflicts += found.conflicts
    return Resolved(sorted(people, key=min), links, conflicts, generic, retired, len(pairs))


def pairs_of(compared: Mapping[str, Compared], matcher: Matcher) -> tuple[set[Pair], int]:
    """Pairs that share a blocking key, and how many keys were left out because too many records carry them."""
    blocks: dict[str, list[str]] = defaultdict(list)
    for rid in sorted(compared):
        for key in matcher.keys(compared[rid]):
            blocks[key].append(rid)
    pairs: set[Pair] = set()
    retired = 0
    for ids in blocks.values():
        if len(ids) > matcher.model.cluster.crowd:
            retired += 1
        else:
            pairs.update(combinations(ids, 2))
    return pairs, retired


class FrequencyTable:
    """How often each value of the compared fields occurs: an epoch of frequencies, held in memory."""

    def __init__(self, records: Iterable[Fields], matcher: Matcher) -> None:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for fields in records:
            for name, values in matcher.compared(fields).values.items():
                counts[name].update(values)
        self._counts = counts
        self._totals = {name: sum(found.values()) for name, found in counts.items()}

    def __call__(self, field: str, value: str) -> float | None:
        """The share of a value among all of its field; None where it was never seen."""
        count = self._counts[field][value] if field in self._counts else 0
        return count / self._totals[field] if count else None
