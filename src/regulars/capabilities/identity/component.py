"""Which records of a component are one person: a pure function of the records, whatever order they came in.

A component holds all records that share a live identifier, that a person put together, or that share a key and
weigh enough as a pair; nothing outside it has a say. Inside it the model's weights and linkage decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations

from msgspec import Struct

from . import kinds
from .compared import Compared
from .forest import Forest
from .linkage import HELD_APART, Clustered, clusters
from .matcher import Matcher
from .nicknames import same_name
from .state import Fields, Generic, Manual, Review, Value

PEOPLE_PER_VALUE_MAX = 6
RECORDS_PER_VALUE_MAX = 100

Pair = tuple[str, str]


class Member(Struct, frozen=True):
    """A record as clustering sees it. `identifiers`: current (kind, hash) that may link; `keys`: see Fields.keys."""

    record_id: str
    known: bool
    first_us: int
    given: str | None
    birth_date: str | None
    identifiers: tuple[Value, ...]
    keys: tuple[int, ...]
    fields: Fields


class Partition(Struct, frozen=True):
    """Profile and component of every record, pairs that somebody should look at, and values found to be generic."""

    profiles: dict[str, str]
    components: dict[str, str]
    reviews: list[Review]
    generics: list[Generic]


def partition(
    members: Iterable[Member],
    matcher: Matcher,
    *,
    retired: AbstractSet[Value] = frozenset(),
    crowded: AbstractSet[int] = frozenset(),
    manual: Manual | None = None,
) -> Partition:
    """Cluster records. `retired` values are generic and `crowded` keys are shared by too many: both link nothing.

    All records that carry a live identifier of one of them must be there, and all that share a key with one of them
    and weigh enough as a pair. Any number of whole components may be given at once.
    """
    by_id = {member.record_id: member for member in members}
    groups = _sharing(by_id, retired)
    generics = [generic for key, group in groups.items() if (generic := generic_of(key, group))]
    for generic in generics:
        del groups[generic.kind, generic.value]
    muted = retired | {(generic.kind, generic.value) for generic in generics} if generics else retired
    work = _Work(by_id, matcher, muted, manual or {})
    for group in groups.values():
        work.forest.join(member.record_id for member in group)
    doubtful = work.join_pairs(crowded)
    profiles: dict[str, str] = {}
    components: dict[str, str] = {}
    reviews: list[Review] = []
    for tree in work.forest.trees():
        component = min(tree)
        components.update(dict.fromkeys(tree, component))
        people, doubts = work.cluster(tree, groups)
        reviews += doubts
        for cluster in people:
            profiles.update(dict.fromkeys(cluster, anchor_of(by_id[record_id] for record_id in cluster)))
    reviews += [Review(*pair, weight) for pair, weight in doubtful if not work.forest.together(*pair)]
    return Partition(profiles, components, reviews, sorted(generics, key=lambda g: (g.kind, g.value)))


def _sharing(by_id: Mapping[str, Member], retired: AbstractSet[Value]) -> dict[Value, list[Member]]:
    """The members that carry each live identifier that may link, where they are several."""
    if len(by_id) == 1:
        return {}
    groups: dict[Value, list[Member]] = defaultdict(list)
    for record_id in sorted(by_id):
        for key in by_id[record_id].identifiers:
            if key not in retired:
                groups[key].append(by_id[record_id])
    return {key: group for key, group in groups.items() if len(group) > 1}


def generic_of(key: Value, group: Sequence[Member]) -> Generic | None:
    """The value as a generic one, when the records that carry it now are too many or too many people."""
    kind, value = key
    if kind not in kinds.LIMITED:
        return None
    people = len({(m.given, m.birth_date) for m in group if m.given})
    if len(group) > RECORDS_PER_VALUE_MAX or (kind in kinds.NAMED and people > PEOPLE_PER_VALUE_MAX):
        return Generic(kind, value, people, len(group))
    return None


class _Work:
    """One partition in the making."""

    def __init__(
        self, by_id: Mapping[str, Member], matcher: Matcher, muted: AbstractSet[Value], manual: Manual
    ) -> None:
        self._by_id = by_id
        self._matcher = matcher
        self._muted = muted
        self._manual = manual
        self._compared: dict[str, Compared] = {}
        self.forest = Forest(by_id)

    def _side(self, record_id: str) -> Compared:
        found = self._compared.get(record_id)
        if found is None:
            fields = self._by_id[record_id].fields
            found = self._compared[record_id] = self._matcher.compared(fields, self._muted)
        return found

    def join_pairs(self, crowded: AbstractSet[int]) -> list[tuple[Pair, float]]:
        """Join what people put together and pairs that weigh enough; the pairs to look at are handed back."""
        for one, others in self._manual.items():
            for other, together in others.items():
                if together and one in self._by_id and other in self._by_id:
                    self.forest.join((one, other))
        shared: dict[int, list[str]] = defaultdict(list)
        if len(self._by_id) > 1:
            for record_id in sorted(self._by_id):
                for key in self._by_id[record_id].keys:
                    shared[key].append(record_id)
        bands, doubtful = self._matcher.model.bands, {}
        for key, ids in shared.items():
            if len(ids) < 2 or key in crowded:
                continue
            for pair in combinations(ids, 2):
                if pair in doubtful or self.forest.together(*pair):
                    continue
                weight = self._matcher.weight(self._side(pair[0]), self._side(pair[1]))
                if weight >= bands.link:
                    self.forest.join(pair)
                elif weight >= bands.review:
                    doubtful[pair] = weight
        return sorted(doubtful.items())

    def cluster(
        self, tree: list[str], groups: Mapping[Value, list[Member]]
    ) -> tuple[list[frozenset[str]], list[Review]]:
        """The people of one component, and its pairs that somebody should look at."""
        if len(tree) == 1:
            return [frozenset(tree)], []
        inside = set(tree)
        mine = {key: group for key, group in groups.items() if group[0].record_id in inside}
        sides = self._muted_sides(tree, mine)
        weights: dict[Pair, float] = {}

        def weight(one: str, other: str) -> float:
            pair = (one, other) if one < other else (other, one)
            found = weights.get(pair)
            if found is None:
                found = weights[pair] = self._matcher.weight(sides[pair[0]], sides[pair[1]])
            return found

        joined, apart = [], []
        for one in tree:
            for other, together in self._manual.get(one, {}).items():
                if one < other and other in inside:
                    (joined if together else apart).append((one, other))
        verified = {
            rid: value for rid in tree for kind, value in self._by_id[rid].identifiers if kind in kinds.VERIFIED
        }
        found = clusters(
            tree, weight, _sure_pairs(mine), apart, verified, self._matcher.model, joined=joined
        )
        return found.clusters, _doubts(found, weight, set(apart))

    def _muted_sides(self, tree: list[str], groups: Mapping[Value, list[Member]]) -> dict[str, Compared]:
        """The records as they are compared here: what several names share says nothing about the nameless."""
        muted: dict[str, set[Value]] = defaultdict(set)
        for key, group in groups.items():
            if key[0] in kinds.NAMED:
                for record_id in _ambiguous(group):
                    muted[record_id].add(key)
        sides = {record_id: self._side(record_id) for record_id in tree}
        for record_id, values in muted.items():
            sides[record_id] = self._matcher.compared(self._by_id[record_id].fields, self._muted | values)
        return sides


def _ambiguous(group: Sequence[Member]) -> list[str]:
    """Members without a full given name, where the value they share is that of several people they may be."""
    names: list[str] = []
    for name in sorted({m.given for m in group if m.given and len(m.given) > 1}):
        if not any(same_name(name, other) for other in names):
            names.append(name)
    out = []
    for member in group:
        if member.given and len(member.given) > 1:
            continue
        if len([name for name in names if name.startswith(member.given or "")]) > 1:
            out.append(member.record_id)
    return out


def _sure_pairs(groups: Mapping[Value, list[Member]]) -> list[Pair]:
    """Pairs that an identifier links whatever the rest says: cards, accounts, the browser of one account."""
    pairs: list[Pair] = []
    for (kind, _), group in groups.items():
        star = group if kind in kinds.SURE else _by_account(group) if kind == kinds.ANONYMOUS_ID else []
        pairs += [(star[0].record_id, member.record_id) for member in star[1:]]
    return pairs


def _by_account(group: list[Member]) -> list[Member]:
    """An anonymous id links to one account; when several accounts used it, only what has none stays together."""
    others = [m for m in group if all(kind != kinds.EXTERNAL_ID for kind, _ in m.identifiers)]
    return group if len(group) - len(others) <= 1 else others


def _doubts(found: Clustered, weight: Callable[[str, str], float], apart: AbstractSet[Pair]) -> list[Review]:
    """Pairs of different people that weigh much, and those that a certain identifier keeps apart."""
    person = {record_id: number for number, cluster in enumerate(found.clusters) for record_id in cluster}
    disputed = {(refused.a, refused.b) for refused in found.conflicts if refused.reason != HELD_APART}
    pairs = {(link.a, link.b): link.bits for link in found.links}
    pairs.update((pair, weight(*pair)) for pair in disputed)
    return [
        Review(*pair, bits, pair in disputed)
        for pair, bits in sorted(pairs.items())
        if person[pair[0]] != person[pair[1]] and pair not in apart
    ]


def anchor_of(cluster: Iterable[Member]) -> str:
    """The record whose id the profile shows: known before anonymous, then earliest event, then id."""
    return min(cluster, key=lambda m: (not m.known, m.first_us, m.record_id)).record_id
