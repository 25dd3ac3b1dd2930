"""Decide what a batch of customers changes: records, links, profiles.

Two passes, because most events repeat what is known. `survey` looks at the records loaded by key and says
which need more (their components, the carriers of their values); `decide` then applies everything and
clusters the touched components anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from . import kinds
from .cluster import Member, generic_of, partition
from .normalise import given_name, name_words
from .state import Edge, Fields, Generic, Person, Record, Stamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (at - EPOCH) // _MICROSECOND


class Said(Struct, array_like=True, gc=False):
    """A person named by an event, with the event's place in time and source."""

    person: Person
    source_id: int
    occurred_at: datetime
    stamp: Stamp


class Tools(Struct, frozen=True):
    """What rules may not do themselves: open a record's fields, make a record's key, hash a name word."""

    open_fields: Callable[[Record], Fields]
    new_key: Callable[[str], bytes]
    hash: Callable[..., str]


class State(Struct):
    """Everything loaded: records by id, values known to be generic, components that are there whole.

    `reviewed` are generic values of which every carrier is loaded, because they may link again.
    """

    records: dict[str, Record] = field(default_factory=dict)
    retired: set[tuple[int, str]] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    reviewed: set[tuple[int, str]] = field(default_factory=set)


class Survey(Struct):
    """What the second load must bring. `doubted`: generic values that may lose a carrier or a name."""

    components: set[str]
    values: set[tuple[int, str]]
    doubted: set[tuple[int, str]]


class Changes(Struct):
    """What the turn must save.

    `seen`: records whose last repeat moved. `identifiers`: (kind, hash, record) → whether it is current, None where
    it was forgotten; `words`: (hash, record) → whether the name has it. `freed`: values few enough share again.
    `profiles_before` and `profiles_after`: ids of the profiles that were clustered anew; `profile_moves`: (old id, new
    id) of records that were there before and changed theirs.
    """

    records: dict[str, Record] = field(default_factory=dict)
    moved: dict[str, Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    identifiers: dict[tuple[int, str, str], bool | None] = field(default_factory=dict)
    words: dict[tuple[str, str], bool] = field(default_factory=dict)
    stale_components: set[str] = field(default_factory=set)
    edges: list[Edge] = field(default_factory=list)
    generics: list[Generic] = field(default_factory=list)
    freed: set[tuple[int, str]] = field(default_factory=set)
    profiles_delta: int = 0
    profiles_before: set[str] = field(default_factory=set)
    profiles_after: set[str] = field(default_factory=set)
    profile_moves: set[tuple[str, str]] = field(default_factory=set)


def hashed_values(one: Said, hash_: Callable[..., str]) -> list[tuple[int, str, str]]:
    """(kind, value, keyed hash) of every identifier said; computed once, and only for what is not a repeat."""
    person = one.person
    if person.hashed is None:
        person.hashed = [
            (kind, value, hash_(kinds.NAMES[kind], kinds.scope_of(kind, one.source_id), value))
            for kind, value in person.values
        ]
    return person.hashed


def survey(said: Iterable[Said], state: State, tools: Tools) -> Survey:
    """Records that are new, say something new, or turn out older than thought need their surroundings."""
    need = Survey(set(), set(), set())
    for one in said:
        record = state.records.get(one.person.record_id)
        if record is not None and _only_repeats(record, one):
            continue
        hashed = hashed_values(one, tools.hash)
        values = ((kind, hash_) for kind, _, hash_ in hashed if kind in kinds.LINKING)
        need.values.update(value for value in values if value not in state.retired)
        if record is not None:
            need.components.add(record.component_id)
            if state.retired:
                need.doubted |= _doubted(record, one, state, tools)
    return need


def _doubted(record: Record, one: Said, state: State, tools: Tools) -> set[tuple[int, str]]:
    """Generic values the record carries, where the event may change its names or take a value from it."""
    person = one.person
    fields = record.fields = record.fields or tools.open_fields(record)
    carried = {key for key in fields.linking() if key in state.retired}
    named = any(
        name in person.scalars and person.scalars[name] != fields.scalar(name)
        for name in ("given_name", "birth_date")
    )
    if person.deletes or named:
        return carried
    said = {kind: hash_ for kind, _, hash_ in hashed_values(one, tools.hash)}
    return {(k, h) for k, h in carried if k not in kinds.MULTIPLE and said.get(k, h) != h}


def _only_repeats(record: Record, one: Said) -> bool:
    return record.seen_hash == one.person.content and one.occurred_at >= record.first_at


def decide(said: Iterable[Said], state: State, tools: Tools) -> Changes:
    """Apply every customer in order, then cluster the touched components. Mutates `state.records`."""
    changes = Changes()
    dirty: set[str] = set()
    for one in said:
        record = state.records.get(one.person.record_id)
        if record is None:
            record = _new_record(one, tools)
            state.records[record.record_id] = record
        elif _only_repeats(record, one):
            _repeat(record, one.stamp, one.occurred_at, changes)
            continue
        if _tell(record, one, tools, changes):
            dirty.add(record.record_id)
    recluster(dirty, state, tools, changes)
    return changes


def _repeat(record: Record, stamp: Stamp, occurred_at: datetime, changes: Changes) -> None:
    if record.seen_at is None or (micros(record.seen_at), record.seen_key or "") < stamp:
        record.seen_at, record.seen_key = occurred_at, stamp[1]
        changes.seen.add(record.record_id)


def _new_record(one: Said, tools: Tools) -> Record:
    record_id = one.person.record_id
    return Record(
        record_id=record_id,
        source_id=one.source_id,
        known=False,
        first_at=one.occurred_at,
        component_id=record_id,
        profile_id=record_id,
        wrapped=tools.new_key(record_id),
        sealed=b"",
        fields=Fields(),
        new=True,
    )


def _tell(record: Record, one: Said, tools: Tools, changes: Changes) -> bool:
    """Write what an event says into its record; True when clustering may come out differently."""
    fields = record.fields = record.fields or tools.open_fields(record)
    before = _identity_of(fields)
    settle_repeats(record, fields)
    won = apply(fields, one.person, hashed_values(one, tools.hash), one.stamp)
    record.seen_hash = one.person.content if won else None
    fields.said = _names_said(one.person) if won else None
    record.seen_at, record.seen_key = one.occurred_at, one.stamp[1]
    changes.seen.add(record.record_id)
    earlier = one.occurred_at < record.first_at
    record.first_at = min(record.first_at, one.occurred_at)
    record.changed = True
    changes.records[record.record_id] = record
    after = _identity_of(fields)
    if record.new or before != after:
        _list_identifiers(record, before[0], after[0], changes)
        _list_words(record, before[1], after[1], tools, changes)
        record.known = any(current and kind in kinds.KNOWN for (kind, _), current in after[0].items())
        return True
    return earlier


def _names_said(person: Person) -> tuple[list[str], list[tuple[int, str]]]:
    return list(person.scalars), person.values


def settle_repeats(record: Record, fields: Fields) -> None:
    """Give the fields of the last repeated content the stamp of its last repeat."""
    if record.seen_hash is None or record.seen_at is None or fields.said is None:
        return
    at, key = micros(record.seen_at), record.seen_key or ""
    for name in fields.said[0]:
        value, old_at, old_key = fields.scalars[name]
        if (old_at, old_key) < (at, key):
            fields.scalars[name] = (value, at, key)
    for kind, value in fields.said[1]:
        hash_, old_at, old_key = fields.values[kinds.NAMES[kind]][value]
        if (old_at, old_key) < (at, key):
            fields.values[kinds.NAMES[kind]][value] = (hash_, at, key)


def apply(fields: Fields, person: Person, hashed: list[tuple[int, str, str]], stamp: Stamp) -> bool:
    """Last writer by (occurred_at, event id) for each field. True when everything said is now current."""
    if person.deletes:
        _delete(fields, stamp)
        return False
    if fields.deleted is not None and stamp <= fields.deleted:
        return False
    won = True
    for name, value in person.scalars.items():
        found = fields.scalars.get(name)
        if found is None or (found[1], found[2]) <= stamp:
            fields.scalars[name] = (value, *stamp)
        else:
            won = False
    for kind, value, hash_ in hashed:
        said = fields.values.setdefault(kinds.NAMES[kind], {})
        entry = said.get(value)
        if entry is None or (entry[1], entry[2]) < stamp:
            said[value] = (hash_, *stamp)
        if kind not in kinds.MULTIPLE and any((e[1], e[2]) > stamp for e in said.values()):
            won = False
    return won


def _delete(fields: Fields, stamp: Stamp) -> None:
    """Forget what the source said up to its word that the customer is gone."""
    fields.deleted = max(stamp, fields.deleted or stamp)
    limit = fields.deleted
    fields.scalars = {n: f for n, f in fields.scalars.items() if (f[1], f[2]) > limit}
    kept = {
        kind: {v: e for v, e in said.items() if (e[1], e[2]) > limit} for kind, said in fields.values.items()
    }
    fields.values = {kind: said for kind, said in kept.items() if said}


Listing = dict[tuple[int, str], bool]
"""(kind, hash) of every identifier a record ever said → whether it is current."""


def _identity_of(fields: Fields) -> tuple[Listing, tuple[Any, Any], Any]:
    """What clustering and look-ups go by: identifiers, names, birth date."""
    listing: Listing = {}
    for name, said in fields.values.items():
        kind = kinds.BY_NAME[name]
        for hash_, _, _ in said.values():
            listing[kind, hash_] = True
        if len(said) > 1:
            for _, hash_ in fields.former(kind):
                listing[kind, hash_] = False
    names = (fields.scalar("given_name"), fields.scalar("family_name"))
    return listing, names, fields.scalar("birth_date")


def _list_identifiers(record: Record, before: Listing, after: Listing, changes: Changes) -> None:
    """Current and former identifiers, whatever order they were said in; what was forgotten goes."""
    rid = record.record_id
    changes.identifiers.update(
        ((*key, rid), current) for key, current in after.items() if before.get(key) is not current
    )
    changes.identifiers.update(((*key, rid), None) for key in before.keys() - after.keys())


def _list_words(
    record: Record, before: tuple[Any, Any], after: tuple[Any, Any], tools: Tools, changes: Changes
) -> None:
    """Words of the names as they are now; those of former names go."""
    if before == after:
        return
    old, new = name_words(*before), name_words(*after)
    for word in old ^ new:
        changes.words[tools.hash("word", word), record.record_id] = word in new


def member_of(record: Record, fields: Fields) -> Member:
    """A record as clustering sees it."""
    given = fields.scalar("given_name")
    return Member(
        record_id=record.record_id,
        known=record.known,
        first_us=micros(record.first_at),
        given=given_name(given) if given else None,
        birth_date=fields.scalar("birth_date"),
        identifiers=tuple(fields.linking()),
    )


def recluster(dirty: set[str], state: State, tools: Tools, changes: Changes) -> None:
    """Join the components that dirty records touch and cluster each joined one."""
    if not dirty:
        return
    _free(dirty, state, tools, changes)
    root: dict[str, str] = {}

    def find(component: str) -> str:
        while (parent := root.setdefault(component, component)) != component:
            component = parent
        return component

    carriers: dict[tuple[int, str], str] = {}
    for record_id in sorted(state.records, key=lambda r: (r not in dirty, r)):
        record = state.records[record_id]
        if record_id not in dirty and record.component_id not in state.whole:
            continue
        fields = record.fields = record.fields or tools.open_fields(record)
        mine = find(record.component_id)
        for key in fields.linking():
            if key in state.retired:
                continue
            other = find(carriers.setdefault(key, mine))
            mine = find(mine)
            root[max(other, mine)] = min(other, mine)
    touched = {find(state.records[record_id].component_id) for record_id in dirty}
    groups: dict[str, list[Record]] = {component: [] for component in touched}
    for record in state.records.values():
        component = find(record.component_id)
        if component in groups:
            groups[component].append(record)
    for component, records in sorted(groups.items()):
        _cluster_one(component, records, state, tools, changes)


def _free(dirty: set[str], state: State, tools: Tools, changes: Changes) -> None:
    """Values shared by too many until now, and by few enough after this batch, link again."""
    for key in state.reviewed:
        carriers = []
        for record in state.records.values():
            if record.fields is None and not record.sealed:
                continue  # all who carry the value are there whole
            record.fields = record.fields or tools.open_fields(record)
            if key in record.fields.linking():
                carriers.append(member_of(record, record.fields))
        if generic_of(key, carriers) is None:
            changes.freed.add(key)
            dirty.update(member.record_id for member in carriers)
    if changes.freed:
        state.retired = state.retired - changes.freed


def _cluster_one(component: str, records: list[Record], state: State, tools: Tools, changes: Changes) -> None:
    members = []
    for record in records:
        record.fields = record.fields or tools.open_fields(record)
        members.append(member_of(record, record.fields))
    result = partition(members, component, state.retired)
    before = {record.profile_id for record in records if not record.new}
    after = set(result.profiles.values())
    changes.profiles_delta += len(after) - len(before)
    changes.profiles_before |= before
    changes.profiles_after |= after
    for record in records:
        if not record.new:
            changes.stale_components.add(record.component_id)
        profile = result.profiles[record.record_id]
        if record.profile_id != profile or record.component_id != component:
            if record.profile_id != profile and not record.new:
                changes.profile_moves.add((record.profile_id, profile))
            record.profile_id, record.component_id = profile, component
            if not record.changed:
                changes.moved[record.record_id] = record
    changes.edges += result.edges
    changes.generics += result.generics
