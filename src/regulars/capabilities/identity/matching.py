"""Decide which records are one person now: find who may match, then cluster the touched components anew.

`turn_values` finds the values that come to name nobody, or somebody again; `candidates` compares what was told, and who
carries such a value, with the records that share a key, and says which components are needed whole; `recluster` then
joins the components at hand and clusters each.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from . import kinds
from .component import PEOPLE_PER_VALUE_MAX
from .forest import Forest
from .partition import Member, generic_of, kept_apart, partition
from .rules import Changes, State, Tools, member_of
from .state import Fields, Record, Review, Value


class Candidates(Struct):
    """`links`: pairs of a told record and one that may be the same person; `doubts`: those to look at.

    `components` that are needed whole and are not there; `regroup`: stored records whose pairs changed because a key
    of theirs became crowded, or is not any more.
    """

    links: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[Review] = field(default_factory=list)
    components: set[str] = field(default_factory=set)
    regroup: set[str] = field(default_factory=set)


def turn_values(changes: Changes, state: State, tools: Tools) -> None:
    """Retire the values that too many carry once the told records are told, and free those of which that is over.

    All who carry such a value must be there, and their components. Without it, or with it again, they weigh otherwise
    with anybody they share a key with: they are `turned`.
    """
    for key, carriers in _carried(changes, state, tools).items():
        generic = generic_of(key, carriers)
        if generic is not None and key not in state.retired:
            changes.generics.append(generic)
        elif generic is None and key in state.reviewed:
            changes.freed.add(key)
        else:
            continue
        changes.turned.update(member.record_id for member in carriers)
    found = {(generic.kind, generic.value) for generic in changes.generics}
    if found or changes.freed:
        state.retired = (state.retired | found) - changes.freed
        changes.dirty |= changes.turned


def turned_keys(changes: Changes, state: State) -> set[int]:
    """The keys of the turned records; `carriers` must have all who carry them."""
    keys = {key for rid in changes.turned for key in _open(state.records[rid]).keys}
    return keys - state.crowded


def _carried(changes: Changes, state: State, tools: Tools) -> dict[Value, list[Member]]:
    """Who carries each value that may have come to name nobody, or somebody again."""
    wanted = set(state.reviewed)
    here = [record for record in state.records.values() if _is_whole(record, changes, state)]
    if len(here) > PEOPLE_PER_VALUE_MAX:
        told = (key for rid in changes.before for key in _open(state.records[rid]).linking())
        wanted.update(key for key in told if key[0] in kinds.LIMITED and key not in state.retired)
    carried: dict[Value, list[Member]] = {key: [] for key in sorted(wanted)}
    for record in here if wanted else ():
        fields = record.fields = record.fields or tools.open_fields(record)
        carries = [key for key in fields.linking() if key in carried]
        one = member_of(record, fields) if carries else None
        for key in carries:
            if one is not None:
                carried[key].append(one)
    return carried


def _is_whole(record: Record, changes: Changes, state: State) -> bool:
    return record.component_id in state.whole or record.record_id in changes.dirty


def candidates(changes: Changes, state: State, tools: Tools) -> Candidates:
    """Compare told and turned records with those that share a key with them. Retires crowded keys on the way."""
    found = Candidates()
    carriers, most = _carriers(changes, state), tools.matcher.model.cluster.crowd
    for key, ids in sorted(carriers.items()):
        if len(ids) > most:
            changes.crowded.add(key)
            found.regroup |= ids
    for key in state.reviewed_keys:
        ids = _live(key, state.carriers.get(key, set()), changes, state)
        if len(ids) <= most:
            changes.uncrowded.add(key)
            found.regroup |= ids
    state.crowded = (state.crowded | changes.crowded) - changes.uncrowded
    _compare(carriers, changes, state, tools, found)
    wanted = {other for _, other in found.links} | found.regroup
    found.components = {
        state.records[rid].component_id for rid in wanted if not state.records[rid].new
    } - state.whole
    return found


def _carriers(changes: Changes, state: State) -> dict[int, set[str]]:
    """All who carry the keys of told and turned records; keys known to be crowded are left out."""
    carriers: dict[int, set[str]] = {}
    compared = changes.before.keys() | changes.turned
    for record_id in compared:
        for key in _open(state.records[record_id]).keys:
            if key not in state.crowded and key not in carriers:
                carriers[key] = _live(key, state.carriers.get(key, set()), changes, state)
    for record_id in compared:
        for key in _open(state.records[record_id]).keys:
            if key in carriers:
                carriers[key].add(record_id)
    return carriers


def _live(key: int, stored: Iterable[str], changes: Changes, state: State) -> set[str]:
    """The stored carriers of a key without those that were told otherwise."""
    return {rid for rid in stored if rid not in changes.before or key in _open(state.records[rid]).keys}


def _told_with(key: int, changes: Changes, state: State) -> list[str]:
    return [rid for rid in changes.before if key in _open(state.records[rid]).keys]


def _open(record: Record) -> Fields:
    assert record.fields is not None, "told and turned records are open"
    return record.fields


def _compare(
    carriers: dict[int, set[str]], changes: Changes, state: State, tools: Tools, found: Candidates
) -> None:
    bands, matcher = tools.matcher.model.bands, tools.matcher
    compared = changes.before.keys() | changes.turned
    for record_id in sorted(compared):
        others: set[str] = set()
        for key in _open(state.records[record_id]).keys:
            if key in carriers and key not in state.crowded:
                others |= carriers[key]
        others.discard(record_id)
        if not others:
            continue
        side = state.side(record_id, tools)
        for other in sorted(others):
            if other in compared and other < record_id:
                continue  # the pair was met from the other side
            weight = matcher.reaches(side, state.side(other, tools), bands.review)
            if weight >= bands.link:
                found.links.append((record_id, other))
            elif weight >= bands.review:
                found.doubts.append(Review(min(record_id, other), max(record_id, other), weight))


def recluster(changes: Changes, found: Candidates, state: State, tools: Tools) -> None:
    """Join the components that dirty records touch and cluster each joined one."""
    dirty = changes.dirty
    dirty |= found.regroup
    dirty.update(rid for pair in changes.decided for rid in pair if rid in state.records)
    if not dirty:
        return
    forest = Forest({state.records[rid].component_id for rid in state.records})
    _join_sharing(forest, dirty, state, tools)
    for pair in found.links:
        forest.join(state.records[rid].component_id for rid in pair)
    for key in changes.crowded | changes.uncrowded:
        # Pairs of theirs come or go: they are looked at together, whoever is one person.
        carriers = {*state.carriers.get(key, ()), *_told_with(key, changes, state)}
        forest.join(state.records[rid].component_id for rid in carriers)
    for rid in dirty:
        others = [other for other in state.manual.get(rid, ()) if other in state.records]
        forest.join(state.records[one].component_id for one in (rid, *others))
    groups: dict[str, list[Record]] = {}
    for rid in sorted(dirty):
        groups.setdefault(forest.root(state.records[rid].component_id), [])
    for record in state.records.values():
        root = forest.root(record.component_id)
        if root in groups and (record.component_id in state.whole or record.record_id in dirty):
            groups[root].append(record)
    for number, (_, records) in enumerate(sorted(groups.items())):
        changes.regrouped.update((record.record_id, number) for record in records if not record.new)
        _cluster_one(records, state, tools, changes)
    compared = changes.before.keys() | changes.turned
    changes.recompared |= {rid for rid in compared if not state.records[rid].new}
    for doubt in found.doubts:
        one, other = state.records[doubt.a], state.records[doubt.b]
        if one.component_id != other.component_id and not kept_apart(state.manual, doubt.a, doubt.b):
            changes.reviews.setdefault((doubt.a, doubt.b), doubt)


def _join_sharing(forest: Forest, dirty: set[str], state: State, tools: Tools) -> None:
    """Components whose records share a live identifier are one."""
    carriers: dict[tuple[int, str], str] = {}
    for record_id in sorted(state.records, key=lambda r: (r not in dirty, r)):
        record = state.records[record_id]
        if record_id not in dirty and record.component_id not in state.whole:
            continue
        fields = record.fields = record.fields or tools.open_fields(record)
        for key in fields.linking():
            if key in state.retired:
                continue
            first = carriers.setdefault(key, record.component_id)
            if first != record.component_id:
                forest.join((first, record.component_id))


def _cluster_one(records: list[Record], state: State, tools: Tools, changes: Changes) -> None:
    members = []
    for record in records:
        record.fields = record.fields or tools.open_fields(record)
        members.append(member_of(record, record.fields))
    result = partition(
        members,
        tools.matcher,
        retired=state.retired,
        crowded=state.crowded,
        manual=state.manual,
        compared=lambda record_id: state.side(record_id, tools),
    )
    before = {record.profile_id for record in records if not record.new}
    after = set(result.profiles.values())
    changes.profiles_delta += len(after) - len(before)
    changes.profiles_before |= before
    changes.profiles_after |= after
    changes.components.update(record.component_id for record in records)
    changes.components.update(result.components.values())
    for record in records:
        profile, component = result.profiles[record.record_id], result.components[record.record_id]
        if record.profile_id != profile or record.component_id != component:
            if record.profile_id != profile and not record.new:
                changes.profile_moves.add((record.profile_id, profile))
            record.profile_id, record.component_id = profile, component
            if not record.changed:
                changes.moved[record.record_id] = record
    changes.reviews.update(((review.a, review.b), review) for review in result.reviews)
    changes.generics += result.generics
