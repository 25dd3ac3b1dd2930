"""Groups of one component's records that are one person, from the weights of pairs.

Records linked by a chain of pairs are grouped by average linkage: the two groups that agree best on average are
joined, as long as one pair links them and they agree well enough on the whole. The average is over what was compared:
it leaves out the prior, and pairs that have nothing to compare. So a guest known by a telephone alone is not kept away
from the person who has it by that person's other records, which say nothing of the guest, and a chain of
look-alikes still falls apart where its ends contradict each other. Who fits two people that contradict each other, a
father and a son of one name, joins neither. Ties go by ids, nothing by the order of the input.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import combinations

from msgspec import Struct

from .model import Model

Weight = Callable[[str, str], float]
Pair = tuple[str, str]
LINK_STEP_BITS = 1.0
"""By how much the link weight is raised at a time where a group would be too large."""


class Link(Struct, frozen=True, order=True, gc=False):
    """A pair, a < b, that weighs `bits`, at least the review band."""

    a: str
    b: str
    bits: float


class Refusal(Struct, frozen=True, order=True):
    """Two groups that belong together by their weights, or surely, and stay apart: the pair that links them, and why."""

    a: str
    b: str
    reason: str


class Clustered(Struct, frozen=True):
    """The groups; all pairs from the review band up; what was refused though it had linked."""

    clusters: list[frozenset[str]]
    links: list[Link]
    conflicts: list[Refusal]


TWO_VERIFIED = "two different verified ids"
HELD_APART = "held apart by hand"
TWO_FIT = "fits two people who are not one"
TIE_BITS = 3.0
"""Two people fit a record alike when what speaks for them differs by less (8 to 1)."""
CONTRADICTION_BITS = -20.0
"""Two groups whose pairs say this or less on average are not one person, whatever lies between them."""


def clusters(
    ids: Collection[str],
    weight: Weight,
    sure: Iterable[Pair],
    apart: Iterable[Pair],
    verified: Mapping[str, str],
    model: Model,
    *,
    joined: Iterable[Pair] = (),
    pairs: Iterable[Pair] | None = None,
) -> Clustered:
    """Group the records of one component.

    `joined` (by hand) and then `sure` pairs go together first, `apart` pairs never; `sure` pairs do not when that joins
    two different `verified` values. `pairs` are those that may link, all unless given. A chain of more than
    cluster.largest is cut with a higher link weight, raised until the pieces fit.
    """
    groups = _Groups(sorted(ids), _ordered(apart), verified)
    for a, b in sorted(_ordered(joined)):
        groups.unite(a, b, by_hand=True)
    for a, b in sorted(_ordered(sure)):
        groups.unite(a, b)
    worth = combinations(sorted(ids), 2) if pairs is None else sorted(_ordered(pairs))
    weights = {pair: weight(*pair) for pair in worth}
    known = _Known(weights, weight, model.prior.bits)
    found: list[list[str]] = []
    for group in _linked(groups.members(), weights, model.bands.link):
        found += _agglomerate(group, known, groups, model, model.bands.link)
    links = [Link(a, b, bits) for (a, b), bits in weights.items() if bits >= model.bands.review]
    return Clustered(
        sorted((frozenset(group) for group in found), key=min), links, sorted(set(groups.refused))
    )


def _ordered(pairs: Iterable[Pair]) -> set[Pair]:
    return {(a, b) if a < b else (b, a) for a, b in pairs if a != b}


class _Known:
    """Weights of pairs, each asked for once."""

    def __init__(self, weights: dict[Pair, float], weight: Weight, prior: float) -> None:
        self.weights, self._weight, self.prior = weights, weight, prior

    def bits(self, a: str, b: str) -> float:
        pair = (a, b) if a < b else (b, a)
        found = self.weights.get(pair)
        if found is None:
            found = self.weights[pair] = self._weight(*pair)
        return found


class _Groups:
    """Who is together for sure, who is apart, and which verified value each group has."""

    def __init__(self, ids: list[str], apart: set[Pair], verified: Mapping[str, str]) -> None:
        self._root = {one: one for one in ids}
        self._members = {one: [one] for one in ids}
        self._verified = {one: {verified[one]} if one in verified else set() for one in ids}
        self._enemies: dict[str, set[str]] = defaultdict(set)
        for a, b in apart:
            self._enemies[a].add(b)
            self._enemies[b].add(a)
        self.refused: list[Refusal] = []

    def members(self) -> dict[str, list[str]]:
        return self._members

    def refuses(self, one: str, other: str) -> str | None:
        """Why two groups, named by their roots, may not be one."""
        mine, theirs = self._members[one], self._members[other]
        small, large = sorted((mine, theirs), key=len)
        if any(not self._enemies[member].isdisjoint(large) for member in small if member in self._enemies):
            return HELD_APART
        cards, others = self._verified[one], self._verified[other]
        return TWO_VERIFIED if cards and others and cards.isdisjoint(others) else None

    def unite(self, a: str, b: str, *, by_hand: bool = False) -> bool:
        """Join the groups of two records; False, and noted, when they may not be joined."""
        if a not in self._root or b not in self._root:
            return False
        one, other = sorted((self._root[a], self._root[b]))
        if one == other:
            return True
        reason = self.refuses(one, other)
        if reason and not (by_hand and reason == TWO_VERIFIED):
            self.refused.append(Refusal(*_key(a, b), reason))
            return False
        for member in self._members[other]:
            self._root[member] = one
        self._members[one] = sorted(self._members[one] + self._members.pop(other))
        self._verified[one] |= self._verified.pop(other)
        return True


def _linked(
    members: Mapping[str, list[str]], weights: Mapping[Pair, float], link: float
) -> Iterator[list[str]]:
    """Groups (by their first records) that a chain of linking pairs connects, in order."""
    root = {member: name for name, group in members.items() for member in group}
    parent = {name: name for name in members}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for (a, b), bits in weights.items():
        if bits >= link and a in root and b in root:
            one, other = sorted((find(root[a]), find(root[b])))
            parent[other] = one
    chains: dict[str, list[str]] = defaultdict(list)
    for name in sorted(members):
        chains[find(name)].append(name)
    yield from (chains[first] for first in sorted(chains))


def _agglomerate(
    names: list[str], known: _Known, groups: _Groups, model: Model, link: float
) -> Iterator[list[str]]:
    """Average linkage over the groups called `names`; a chain of too many is first cut with a higher link weight."""
    members = {name: groups.members()[name] for name in names}
    if len(names) == 1:
        yield members[names[0]]
    elif len(names) > model.cluster.largest:
        higher = link + LINK_STEP_BITS
        for chain in _linked(members, known.weights, higher):
            yield from _agglomerate(chain, known, groups, model, higher)
    else:
        for parts in _Merge(members, known, groups, model, link).run():
            yield sorted(member for name in parts for member in members[name])


class _Said(Struct, frozen=True, gc=False):
    """What the pairs between two groups say: their bits without the prior, how many compared anything, the best."""

    bits: float
    pairs: int
    best: tuple[float, Pair]

    @property
    def average(self) -> float:
        return self.bits / self.pairs if self.pairs else 0.0

    def plus(self, other: _Said) -> _Said:
        return _Said(self.bits + other.bits, self.pairs + other.pairs, max(self.best, other.best))


class _Merge:
    """One run of average linkage: what the pairs between each two groups say."""

    def __init__(
        self, members: dict[str, list[str]], known: _Known, groups: _Groups, model: Model, link: float
    ) -> None:
        self._parts = {name: [name] for name in members}
        self._sizes = {name: len(group) for name, group in members.items()}
        self._keep, self._link, self._groups = model.cluster.keep, link, groups
        self._said: dict[str, dict[str, _Said]] = {name: {} for name in members}
        self._refused: dict[Pair, str] = {}
        for one, other in combinations(sorted(members), 2):
            found = [(known.bits(a, b), _key(a, b)) for a in members[one] for b in members[other]]
            evidence = [bits - known.prior for bits, _ in found if bits != known.prior]
            said = _Said(sum(evidence), len(evidence), max(found))
            self._said[one][other] = self._said[other][one] = said
            reason = groups.refuses(one, other)
            if reason:
                self._refused[one, other] = reason

    def run(self) -> list[list[str]]:
        """Names of the groups that go together."""
        heap = [
            entry for one, other in combinations(sorted(self._parts), 2) for entry in self._entry(one, other)
        ]
        heapq.heapify(heap)
        while heap:
            _, one, other, sizes = heapq.heappop(heap)
            if one not in self._parts or other not in self._parts:
                continue
            if sizes != (self._sizes[one], self._sizes[other]):
                continue
            reason = self._refused.get((one, other)) or self._tie(one, other)
            if reason:
                self._refused[one, other] = reason
                self._groups.refused.append(Refusal(*self._said[one][other].best[1], reason))
                continue
            self._join(one, other)
            others = sorted(self._parts.keys() - {one})
            for entry in (entry for third in others for entry in self._entry(*_key(one, third))):
                heapq.heappush(heap, entry)
        return list(self._parts.values())

    def _tie(self, one: str, other: str) -> str | None:
        """Why not to choose: a third group fits one of the two as well, and contradicts the other."""
        bits = self._said[one][other].average - TIE_BITS
        for third in self._parts:
            if third in (one, other):
                continue
            for mine, theirs in ((one, other), (other, one)):
                said = self._said[mine][third]
                rivals = self._said[theirs][third].average <= CONTRADICTION_BITS
                if rivals and said.best[0] >= self._link and said.average > bits:
                    return TWO_FIT
        return None

    def _entry(self, one: str, other: str) -> Iterator[tuple[float, str, str, tuple[int, int]]]:
        """The two groups as something to join, when a pair links them and they agree on the whole."""
        said = self._said[one][other]
        if said.best[0] >= self._link and said.average >= self._keep:
            yield -said.average, one, other, (self._sizes[one], self._sizes[other])

    def _join(self, one: str, other: str) -> None:
        self._parts[one] += self._parts.pop(other)
        self._sizes[one] += self._sizes.pop(other)
        for third in self._parts:
            if third == one:
                continue
            said = self._said[one][third].plus(self._said[other][third])
            self._said[one][third] = self._said[third][one] = said
            reason = self._refused.get(_key(other, third))
            if reason:
                self._refused.setdefault(_key(one, third), reason)


def _key(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)
