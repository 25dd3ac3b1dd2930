"""Which records of a component are one person: a pure function of the records, whatever order they came in.

Every shared value that may link gives candidate edges; they are tried from the strongest kind to the
weakest in an order that depends on hashes alone (Kruskal's construction with a veto): an edge whose two
sides carry conflicting given names does not link. Loyalty cards and external ids have no veto.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from . import kinds
from .state import Edge, Generic

PEOPLE_PER_VALUE_MAX = 6
RECORDS_PER_VALUE_MAX = 100


class Member(Struct, frozen=True):
    """A record as clustering sees it. `identifiers`: current (kind, hash). `person`: hash of name and birth date."""

    record_id: str
    known: bool
    first_us: int
    given: str | None
    birth_date: str | None
    identifiers: tuple[tuple[int, str], ...]


class Partition(Struct, frozen=True):
    """Profile of every record, all edges considered, and the values found to be generic."""

    profiles: dict[str, str]
    edges: list[Edge]
    generics: list[Generic]


class _Names:
    """Given names of a cluster: full ones and initials."""

    __slots__ = ("full", "initials")

    def __init__(self, given: str | None) -> None:
        self.full = {given} if given and len(given) > 1 else set()
        self.initials = {given} if given and len(given) == 1 else set()

    def absorb(self, other: _Names) -> None:
        self.full |= other.full
        self.initials |= other.initials

    def conflicts(self, other: _Names) -> bool:
        if self.full and other.full:
            return self.full.isdisjoint(other.full)
        return _initials_conflict(self, other) or _initials_conflict(other, self)


def _initials_conflict(one: _Names, other: _Names) -> bool:
    firsts = {name[0] for name in other.full} | other.initials
    return bool(one.initials and firsts) and one.initials.isdisjoint(firsts)


def partition(
    members: Iterable[Member], component_id: str, retired: Iterable[tuple[int, str]] = ()
) -> Partition:
    """Cluster the records of one component. `retired` values are known to be generic and link nothing."""
    by_id = {member.record_id: member for member in members}
    groups: dict[tuple[int, str], list[Member]] = defaultdict(list)
    skip = set(retired)
    for record_id in sorted(by_id):
        for kind, value in by_id[record_id].identifiers:
            if kind in kinds.LINKING and (kind, value) not in skip:
                groups[kind, value].append(by_id[record_id])
    generics = [g for key, group in groups.items() if (g := generic_of(key, group))]
    for generic in generics:
        del groups[generic.kind, generic.value]
    candidates = [edge for key, group in groups.items() if len(group) > 1 for edge in _candidates(key, group)]
    return _join(by_id, component_id, candidates, generics)


def generic_of(key: tuple[int, str], group: Sequence[Member]) -> Generic | None:
    """The value as a generic one, when the records that carry it now are too many or too many people."""
    kind, value = key
    if kind not in kinds.LIMITED:
        return None
    people = len({(m.given, m.birth_date) for m in group if m.given})
    if len(group) > RECORDS_PER_VALUE_MAX or (kind in kinds.NAMED and people > PEOPLE_PER_VALUE_MAX):
        return Generic(kind, value, people, len(group))
    return None


def _candidates(key: tuple[int, str], group: list[Member]) -> list[tuple[int, str, str, str, bool, str]]:
    """(rank, value, a, b, may link, reason) for the records that share one value, as few as connect them."""
    kind, value = key
    rank = kinds.STRENGTH.index(kind)
    if kind in kinds.NAMED:
        stars, apart = _by_name(group)
    elif kind == kinds.ANONYMOUS_ID:
        stars, apart = _by_account(group)
    else:
        stars, apart = [group], []
    out = []
    for star in stars:
        out += [(rank, value, star[0].record_id, m.record_id, True, "") for m in star[1:]]
    for one, other, reason in apart:
        a, b = sorted((one.record_id, other.record_id))
        out.append((rank, value, a, b, False, reason))
    return out


def _by_name(group: list[Member]) -> tuple[list[list[Member]], list[tuple[Member, Member, str]]]:
    """Stars of records with one given name; the nameless join only where there is one name to join."""
    named: dict[str, list[Member]] = defaultdict(list)
    vague: dict[str, list[Member]] = defaultdict(list)
    for member in group:
        if member.given and len(member.given) > 1:
            named[member.given].append(member)
        else:
            vague[member.given or ""].append(member)
    apart: list[tuple[Member, Member, str]] = []
    loose: list[list[Member]] = []
    for initial, members in sorted(vague.items()):
        fits = [name for name in named if name.startswith(initial)]
        if len(fits) == 1:
            named[fits[0]].extend(members)
        else:
            loose.append(members)
            reason = "several given names share this value" if fits else "given names conflict"
            apart += [(members[0], named[name][0], reason) for name in sorted(named)]
    stars = [sorted(named[name], key=lambda m: m.record_id) for name in sorted(named)]
    apart += [(stars[0][0], star[0], "given names conflict") for star in stars[1:]]
    return stars + _merge_loose(loose, bool(named)), apart


def _merge_loose(loose: list[list[Member]], any_named: bool) -> list[list[Member]]:
    """Without any full name, nameless records and those of a single initial are one star."""
    if any_named or len(loose) > 2 or (len(loose) == 2 and loose[0][0].given):
        return loose
    return [sorted((m for members in loose for m in members), key=lambda m: m.record_id)] if loose else []


def _by_account(group: list[Member]) -> tuple[list[list[Member]], list[tuple[Member, Member, str]]]:
    """An anonymous id links to one account; when several accounts used it, it is nobody's."""
    accounts = [m for m in group if any(kind == kinds.EXTERNAL_ID for kind, _ in m.identifiers)]
    if len(accounts) <= 1:
        return [group], []
    others = [m for m in group if m not in accounts]
    reason = "several accounts used this browser"
    apart = [(accounts[0], m, reason) for m in accounts[1:]]
    apart += [(accounts[0], others[0], reason)] if others else []
    return ([others] if others else []), apart


def _join(
    by_id: Mapping[str, Member],
    component_id: str,
    candidates: list[tuple[int, str, str, str, bool, str]],
    generics: list[Generic],
) -> Partition:
    root = {record_id: record_id for record_id in by_id}
    names = {record_id: _Names(member.given) for record_id, member in by_id.items()}

    def find(record_id: str) -> str:
        while root[record_id] != record_id:
            root[record_id] = root[root[record_id]]
            record_id = root[record_id]
        return record_id

    edges = []
    for rank, value, a, b, may_link, why in sorted(candidates):
        kind = kinds.STRENGTH[rank]
        one, other = find(a), find(b)
        linked, reason = may_link, why
        if may_link and one != other and kind in kinds.NAMED and names[one].conflicts(names[other]):
            linked, reason = False, "given names conflict with another record of the person"
        if linked and one != other:
            root[other] = one
            names[one].absorb(names[other])
        edges.append(Edge(component_id, a, b, kind, value, linked, reason or f"same {kinds.NAMES[kind]}"))
    clusters: dict[str, list[Member]] = defaultdict(list)
    for record_id, member in by_id.items():
        clusters[find(record_id)].append(member)
    profiles = {}
    for cluster in clusters.values():
        anchor = anchor_of(cluster)
        profiles.update({member.record_id: anchor for member in cluster})
    return Partition(profiles, edges, sorted(generics, key=lambda g: (g.kind, g.value)))


def anchor_of(cluster: Iterable[Member]) -> str:
    """The record whose id the profile shows: known before anonymous, then earliest event, then id."""
    return min(cluster, key=lambda m: (not m.known, m.first_us, m.record_id)).record_id
