"""Why records are one person, and why others are not: what a partition rests on, worked out anew from the records.

Links are not stored. Given whole components, whose each record is now and what was decided by hand, an `Explainer`
weighs pairs as clustering does, finds the links that hold a profile together (a spanning tree of the strongest) and
says of pairs of two profiles what keeps them apart.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import Literal

from msgspec import Struct

from . import kinds
from .component import SEVERAL_ACCOUNTS, SEVERAL_NAMES, Prepared, prepare
from .forest import Forest
from .matcher import MISSING, PRIOR, Matcher, Part
from .partition import Member
from .state import Decided, Manual, Value

LINKS_MAX = 200
"""So many pairs are told of, the strongest, besides those that hold a profile together."""

Band = Literal["link", "review", "below"]
Reason = Literal[
    "same_person", "held_apart", "group_held_apart", "two_verified", "not_compared", "average_low", "too_many",
    "to_review", "contradicts", "generic", "several_names", "several_accounts", "too_little", "nothing",
]  # fmt: skip
"""What becomes of a pair. `same_person`: it is in one profile. The others are why it is not:

`held_apart` by hand, `group_held_apart`: others of the two profiles are; `two_verified`: different loyalty cards;
`not_compared`: it would link, but no key brought the two together; `average_low`: the profiles as a whole disagree;
`too_many`: a chain of too many records was cut at a higher weight; `to_review`: likely enough that a person should look;
`contradicts`: it would link but for what differs; `generic`, `several_names`, `several_accounts`: what they share says
nothing; `too_little` agrees; `nothing` can be compared.
"""

_DOUBTS: dict[str, Reason] = {SEVERAL_NAMES: "several_names", SEVERAL_ACCOUNTS: "several_accounts"}


class Case(Struct, frozen=True):
    """What is explained: members with the profile and component of each, as stored; see `partition` for the rest.

    `whole` where every record of the components is among the members.
    """

    members: Sequence[Member]
    profiles: Mapping[str, str]
    components: Mapping[str, str]
    matcher: Matcher
    retired: AbstractSet[Value] = frozenset()
    crowded: AbstractSet[int] = frozenset()
    manual: Manual = {}
    whole: bool = True


class Silent(Struct, frozen=True):
    """A value that both of a pair carry and that says nothing of them, and why."""

    kind: int
    value: str
    reason: Reason


class Tie(Struct, frozen=True):
    """Two records (a < b) and what they weigh. `parts` sum up to `bits`; the first is the prior.

    `sure`: kinds of certain identifiers both carry, `shared`: all identifiers both carry. `decided` by hand.
    """

    a: str
    b: str
    bits: float
    band: Band
    reason: Reason
    parts: tuple[Part, ...]
    sure: tuple[int, ...] = ()
    shared: tuple[Value, ...] = ()
    silent: tuple[Silent, ...] = ()
    decided: Decided | None = None

    @property
    def holds(self) -> bool:
        """Whether it would link by itself."""
        return self.band == "link" or bool(self.sure) or bool(self.decided and self.decided.together)

    @property
    def against(self) -> Part | None:
        """What speaks most against one person, or None."""
        worst = min(self.parts[1:], key=lambda part: part.bits, default=None)
        return worst if worst is not None and worst.bits < 0 else None


class Inside(Struct, frozen=True):
    """A profile: its strongest pairs, the n - 1 that hold it together (strongest first), and how many pairs it has."""

    ties: list[Tie]
    tree: list[Tie]
    pairs: int


class Explainer:
    """Answers for one case. Building it weighs nothing yet."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.by_id = {member.record_id: member for member in case.members}
        self._bands = case.matcher.model.bands
        self._ready: Prepared = prepare(
            {rid: member.fields for rid, member in self.by_id.items()}, case.matcher, case.retired
        )
        self._values = {rid: frozenset(member.fields.linking()) for rid, member in self.by_id.items()}
        self._of: dict[str, list[str]] = defaultdict(list)
        for rid in sorted(self.by_id):
            self._of[case.profiles[rid]].append(rid)
        self._averages: dict[tuple[str, str], float] = {}

    def records_of(self, profile: str) -> list[str]:
        """The records of a profile that are at hand, in order of id."""
        return self._of.get(profile, [])

    def bits(self, one: str, other: str) -> float:
        """What a pair weighs."""
        return self.case.matcher.weight(self._ready.compared[one], self._ready.compared[other])

    def tie(self, one: str, other: str) -> Tie:
        """All there is to say of a pair."""
        a, b = sorted((one, other))
        parts = tuple(self.case.matcher.explain(self._ready.compared[a], self._ready.compared[b]))
        bits = sum(part.bits for part in parts)
        shared = tuple(value for value in self.by_id[a].fields.linking() if value in self._values[b])
        sure = tuple(sorted({kind for kind, _ in shared if kind in kinds.SURE}))
        found = Tie(
            a, b, bits, self._band(bits), "same_person", parts, sure, shared, self._silent(a, b, shared)
        )
        decided = self.case.manual.get(a, {}).get(b)
        if decided is not None and decided.together is None:
            decided = None
        reason = self._reason(found, decided)
        return Tie(a, b, bits, found.band, reason, parts, sure, shared, found.silent, decided)

    def inside(self, profile: str) -> Inside:
        """The pairs of one profile."""
        ids = self.records_of(profile)
        ranked = sorted(self._ranked(ids))
        strongest = [pair for _, pair in ranked[:LINKS_MAX]]
        tree = [self.tie(*pair) for pair in _spanning(ids, (pair for _, pair in ranked))]
        known = {(tie.a, tie.b): tie for tie in tree}
        return Inside([known.get(pair) or self.tie(*pair) for pair in strongest], tree, len(ranked))

    def apart(self, profile: str, other: str | None = None) -> list[Tie]:
        """Pairs of a profile and others (or one other), the strongest; of each profile at least one, if there is room."""
        best: dict[str, tuple[float, str, str]] = {}
        found = []
        for a, b in self._across(profile, other):
            ranked = (-self.bits(a, b), a, b)
            found.append(ranked)
            theirs = self.case.profiles[b]
            best[theirs] = min(best.get(theirs, ranked), ranked)
        chosen = dict.fromkeys(heapq.nsmallest(LINKS_MAX, best.values()))
        chosen.update(dict.fromkeys(heapq.nsmallest(LINKS_MAX, found)))
        return [self.tie(a, b) for _, a, b in sorted(list(chosen)[:LINKS_MAX])]

    def _across(self, profile: str, other: str | None) -> Iterator[tuple[str, str]]:
        mine = self.records_of(profile)
        for theirs in sorted(self._of) if other is None else [other]:
            if theirs != profile:
                yield from ((a, b) for a in mine for b in self.records_of(theirs))

    def _ranked(self, ids: Sequence[str]) -> Iterator[tuple[tuple[bool, bool, float], tuple[str, str]]]:
        """Pairs to be sorted from the strongest: joined by hand, sharing a certain identifier, then by weight."""
        sure = {rid: {value for value in self._values[rid] if value[0] in kinds.SURE} for rid in ids}
        for a, b in combinations(ids, 2):
            decided = self.case.manual.get(a, {}).get(b)
            by_hand = bool(decided and decided.together)
            yield (not by_hand, sure[a].isdisjoint(sure[b]), -self.bits(a, b)), (a, b)

    def _band(self, bits: float) -> Band:
        return "link" if bits >= self._bands.link else "review" if bits >= self._bands.review else "below"

    def _silent(self, a: str, b: str, shared: Iterable[Value]) -> tuple[Silent, ...]:
        doubts = {
            (doubt.kind, doubt.value): _DOUBTS[doubt.reason]
            for rid in (a, b)
            for doubt in self._ready.doubts.get(rid, ())
        }
        doubts.update(dict.fromkeys(self.case.retired, "generic"))
        return tuple(Silent(*value, doubts[value]) for value in shared if value in doubts)

    def _reason(self, tie: Tie, decided: Decided | None) -> Reason:
        """See Reason."""
        one, other = self.case.profiles[tie.a], self.case.profiles[tie.b]
        if one == other:
            return "same_person"
        if decided is not None and decided.together is False:
            return "held_apart"
        if tie.band == "link" or tie.sure:
            return self._refusal(one, other, tie)
        return "to_review" if tie.band == "review" else self._lack(tie)

    def _lack(self, tie: Tie) -> Reason:
        """Why a pair weighs too little."""
        if all(part.level == MISSING for part in tie.parts[1:]) and not tie.silent:
            return "nothing"
        if (
            sum(part.bits for part in tie.parts if part.bits > 0 or part.comparison == PRIOR)
            >= self._bands.link
        ):
            return "contradicts"
        return tie.silent[0].reason if tie.silent else "too_little"

    def _refusal(self, one: str, other: str, tie: Tie) -> Reason:
        """Why two profiles stay apart although a pair of theirs would link."""
        mine, theirs = self.records_of(one), set(self.records_of(other))
        for rid in mine:
            words = self.case.manual.get(rid, {})
            if any(decided.together is False and them in theirs for them, decided in words.items()):
                return "group_held_apart"
        verified = self._ready.verified
        cards = {verified[rid] for rid in mine if rid in verified}
        others = {verified[rid] for rid in theirs if rid in verified}
        if cards and others and cards.isdisjoint(others):
            return "two_verified"
        if self.case.components[tie.a] != self.case.components[tie.b]:
            return "not_compared"
        low = self.average(one, other) < self.case.matcher.model.cluster.keep
        return "average_low" if low else "too_many"

    def average(self, one: str, other: str) -> float:
        """Bits that the pairs between two profiles say on average, without the prior; 0 where none says anything."""
        a, b = sorted((one, other))
        if (a, b) not in self._averages:
            prior = self.case.matcher.model.prior.bits
            weights = [
                self.bits(mine, theirs) for mine in self.records_of(a) for theirs in self.records_of(b)
            ]
            said = [bits - prior for bits in weights if bits != prior]
            self._averages[a, b] = sum(said) / len(said) if said else 0.0
        return self._averages[a, b]


def _spanning(ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Of pairs in order those that join what was not joined yet: a spanning tree of the first ones."""
    forest = Forest(ids)
    left = len(ids) - 1
    for pair in pairs:
        if left < 1:
            return
        if not forest.together(*pair):
            forest.join(pair)
            left -= 1
            yield pair


def route(tree: Iterable[Tie], start: str, goal: str) -> list[Tie]:
    """The steps from one record to another over the links that hold their profile together; none where there is no way.

    No other way has a stronger weakest link.
    """
    steps: dict[str, list[tuple[str, Tie]]] = defaultdict(list)
    for tie in tree:
        steps[tie.a].append((tie.b, tie))
        steps[tie.b].append((tie.a, tie))
    came: dict[str, tuple[str, Tie] | None] = {start: None}
    waiting = [start]
    for here in waiting:
        for there, tie in steps[here]:
            if there not in came:
                came[there] = (here, tie)
                waiting.append(there)
    way = []
    step = came.get(goal)
    while step is not None:
        way.append(step[1])
        step = came[step[0]]
    return way[::-1]
