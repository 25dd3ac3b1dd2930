"""Which records are one person: a pure function of the records, whatever order they came in.

A component holds all records that share a live identifier, that a person put together, or that share a key and
weigh enough as a pair; nothing outside it has a say. Inside it the model's weights and linkage decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations

from msgspec import Struct

from . import kinds
from .compared import Compared
from .component import PEOPLE_PER_VALUE_MAX, RECORDS_PER_VALUE_MAX, prepare
from .forest import Forest
from .linkage import HELD_APART, Clustered, clusters
from .matcher import Matcher
from .normalise import given_name
from .state import Fields, Generic, Manual, Review, Value

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


def member(record_id: str, fields: Fields, *, known: bool, first_us: int) -> Member:
    """A record as clustering sees it. `first_us`: when it was first heard of, microseconds since 1970."""
    given = fields.scalar("given_name")
    return Member(
        record_id=record_id,
        known=known,
        first_us=first_us,
        given=given_name(given) if given else None,
        birth_date=fields.scalar("birth_date"),
        identifiers=tuple(fields.linking()),
        keys=tuple(fields.keys),
        fields=fields,
    )


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
    compared: Callable[[str], Compared] | None = None,
) -> Partition:
    """Cluster records. `retired` values are generic and `crowded` keys are shared by too many: both link nothing.

    All records that carry a live identifier of one of them must be there, and all that share a key with one of them
    and weigh enough as a pair. Any number of whole components may be given at once. `compared` gives a record in the
    form it is compared in, without `retired` values, where that is known.
    """
    by_id = {member.record_id: member for member in members}
    groups = _sharing(by_id, retired)
    generics = [generic for key, group in groups.items() if (generic := generic_of(key, group))]
    for generic in generics:
        del groups[generic.kind, generic.value]
    if generics or compared is None:
        muted = retired | {(generic.kind, generic.value) for generic in generics}
        work = _Work(by_id, matcher, muted, manual or {})
    else:
        work = _Work(by_id, matcher, retired, manual or {}, compared)
    for group in groups.values():
        work.forest.join(member.record_id for member in group)
    for one, others in work.manual.items():
        work.forest.join((one, *(other for other, decided in others.items() if decided.together)))
    doubtful = work.join_pairs(crowded)
    profiles: dict[str, str] = {}
    components: dict[str, str] = {}
    reviews: list[Review] = []
    for tree in work.forest.trees():
        component = min(tree)
        components.update(dict.fromkeys(tree, component))
        people, doubts = work.cluster(tree)
        reviews += doubts
        for cluster in people:
            profiles.update(dict.fromkeys(cluster, anchor_of(by_id[record_id] for record_id in cluster)))
    reviews += [
        Review(*pair, weight)
        for pair, weight in doubtful
        if not work.forest.together(*pair) and not kept_apart(work.manual, *pair)
    ]
    return Partition(profiles, components, reviews, sorted(generics, key=lambda g: (g.kind, g.value)))


def kept_apart(manual: Manual, one: str, other: str) -> bool:
    """Whether a person said of two records that they are two people."""
    decided = manual.get(one, {}).get(other)
    return decided is not None and decided.together is False


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
        self,
        by_id: Mapping[str, Member],
        matcher: Matcher,
        muted: AbstractSet[Value],
        manual: Manual,
        compared: Callable[[str], Compared] | None = None,
    ) -> None:
        self._by_id = by_id
        self._matcher = matcher
        self._muted = muted
        self.manual = {
            one: {other: decided for other, decided in manual[one].items() if other in by_id}
            for one in by_id
            if one in manual
        }
        self._known = compared
        self._compared: dict[str, Compared] = {}
        self.forest = Forest(by_id)

    def _side(self, record_id: str) -> Compared:
        found = self._compared.get(record_id)
        if found is None:
            fields = self._by_id[record_id].fields
            known = self._known
            found = known(record_id) if known else self._matcher.compared(fields, self._muted)
            self._compared[record_id] = found
        return found

    def join_pairs(self, crowded: AbstractSet[int]) -> list[tuple[Pair, float]]:
        """Join pairs that share a key and weigh enough; those to look at are handed back."""
        bands, doubtful = self._matcher.model.bands, {}
        for pair in self._pairs(crowded):
            if pair in doubtful or self.forest.together(*pair):
                continue
            weight = self._matcher.reaches(self._side(pair[0]), self._side(pair[1]), bands.review)
            if weight >= bands.link:
                self.forest.join(pair)
            elif weight >= bands.review:
                doubtful[pair] = weight
        return sorted(doubtful.items())

    def _pairs(self, crowded: AbstractSet[int]) -> Iterator[Pair]:
        """Pairs that share a key; several times where they share several."""
        if len(self._by_id) == 1:
            return
        shared: dict[int, list[str]] = defaultdict(list)
        for record_id in sorted(self._by_id):
            for key in self._by_id[record_id].keys:
                if key not in crowded:
                    shared[key].append(record_id)
        for ids in shared.values():
            yield from combinations(ids, 2)

    def cluster(self, tree: list[str]) -> tuple[list[frozenset[str]], list[Review]]:
        """The people of one component, and its pairs that somebody should look at."""
        if len(tree) == 1:
            return [frozenset(tree)], []
        inside = set(tree)
        records = {record_id: self._by_id[record_id].fields for record_id in tree}
        for record_id in tree:
            self._side(record_id)
        ready = prepare(records, self._matcher, self._muted, self._compared)
        joined: list[Pair] = []
        apart: list[Pair] = []
        for one in tree:
            for other, decided in self.manual.get(one, {}).items():
                if one < other and other in inside and decided.together is not None:
                    (joined if decided.together else apart).append((one, other))

        def weight(one: str, other: str) -> float:
            return self._matcher.weight(ready.compared[one], ready.compared[other])

        found = clusters(tree, weight, ready.sure, apart, ready.verified, self._matcher.model, joined=joined)
        return found.clusters, _doubts(found, weight, set(apart))


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
