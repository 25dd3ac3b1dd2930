"""Apply what a batch of customers says: records, their keys and identifiers, and what must be looked up for them.

`tell` looks at the records loaded by key and applies everything, since most events repeat what is known; `survey`
says what the others need around them: their components, the carriers of their values and keys. The rest is in
`matching`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from . import kinds
from .compared import Compared
from .households import household_keys
from .matcher import Matcher
from .normalise import name_words
from .partition import Member, member
from .state import Decided, Fields, Generic, Manual, Person, Record, Review, Stamp, Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def time_of(stamp: Stamp) -> datetime:
    """When a stamp was, in UTC."""
    return EPOCH + stamp[0] * _MICROSECOND


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (at - EPOCH) // _MICROSECOND


class Word(Struct, array_like=True, frozen=True, gc=False):
    """Whoever decided on pairs of records, why, and when (microseconds since 1970, event key).

    `undoes`: the event key of the word it takes back, if it does.
    """

    pairs: list[tuple[str, str]]
    together: bool | None
    actor: str
    reason: str
    stamp: Stamp
    undoes: str | None = None


class Said(Struct, array_like=True, gc=False):
    """A person named by an event, with the event's place in time and source."""

    person: Person
    source_id: int
    occurred_at: datetime
    stamp: Stamp


class Tools(Struct, frozen=True):
    """What rules may not do themselves: open a record's fields, make a record's key, hash; and the model at work.

    `keys`: the number of the set of keys at work; opened fields have theirs of it, see `keyed`.
    """

    open_fields: Callable[[Record], Fields]
    new_key: Callable[[str], bytes]
    hash: Callable[..., str]
    matcher: Matcher
    keys: int = 1


class State(Struct):
    """Everything loaded: records by id, values known to be generic, components that are there whole.

    `crowded`: keys shared by too many records to say anything. `carriers`: of each key asked for, the stored records
    that carry it. `reviewed` are generic values, and `reviewed_keys` crowded keys, of which every carrier is loaded,
    because they may link again. `manual`: what people decided. `compared`: records in the form they are compared in.
    """

    records: dict[str, Record] = field(default_factory=dict)
    retired: set[Value] = field(default_factory=set)
    crowded: set[int] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    carriers: dict[int, set[str]] = field(default_factory=dict)
    reviewed: set[Value] = field(default_factory=set)
    reviewed_keys: set[int] = field(default_factory=set)
    manual: Manual = field(default_factory=dict)
    compared: dict[str, Compared] = field(default_factory=dict)

    def side(self, record_id: str, tools: Tools) -> Compared:
        """A record as it is compared, without generic values; worked out once for what the record says now."""
        record = self.records[record_id]
        fields = record.fields = record.fields or tools.open_fields(record)
        found = self.compared.get(record_id)
        if found is None:
            found = self.compared[record_id] = tools.matcher.compared(fields)
        if self.retired and not self.retired.isdisjoint(fields.linking()):
            return tools.matcher.compared(fields, self.retired)
        return found


class Survey(Struct):
    """What the loads after the first must bring.

    `components` by their ids, and those of whoever carries one of the `values`; every record that carries one of the
    `keys`; `records` with their components. `doubted` values and `emptied` keys are shared by too many until now and may lose a carrier or a name.
    """

    components: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    values: set[Value] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)
    doubted: set[Value] = field(default_factory=set)
    emptied: set[int] = field(default_factory=set)


class Before(Struct, frozen=True):
    """What matching went by before a turn: live identifiers that may link, names and birth date, keys; household keys."""

    values: frozenset[Value] = frozenset()
    person: tuple[Any, ...] = ()
    keys: frozenset[int] = frozenset()
    compared: Compared | None = None
    household: frozenset[int] = frozenset()


class Changes(Struct):
    """What the turn must save.

    `seen`: records whose last repeat moved. `identifiers`: (kind, hash, record) → whether it is current, None where
    it was forgotten; `words`: (hash, record) → whether the name has it; `keys`: (model, key, record) → whether the
    record has it; `household`: (key, record) → likewise. `decided`: pairs (a < b) that a person decided on; `words_said`: their words. `dirty` records are clustered anew; those of them in `before` are compared anew, too. `freed` and
    `uncrowded`: values and keys few enough share again; `crowded`: keys found to be shared by too many. `turned` records
    carry a value that came to name nobody, or somebody again: they are compared anew, too.
    `recompared` are stored records whose pairs to look at are found anew; so are those among records of one number in
    `regrouped`.
    `profiles_before` and `profiles_after`: ids of the profiles that were clustered anew; `profile_moves`: (old id, new
    id) of records that were there before and changed theirs; `components`: those touched, before and after.
    """

    records: dict[str, Record] = field(default_factory=dict)
    moved: dict[str, Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    identifiers: dict[tuple[int, str, str], bool | None] = field(default_factory=dict)
    words: dict[tuple[str, str], bool] = field(default_factory=dict)
    keys: dict[tuple[int, int, str], bool] = field(default_factory=dict)
    household: dict[tuple[int, str], bool] = field(default_factory=dict)
    decided: dict[tuple[str, str], Decided] = field(default_factory=dict)
    words_said: list[Word] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    before: dict[str, Before] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    recompared: set[str] = field(default_factory=set)
    regrouped: dict[str, int] = field(default_factory=dict)
    reviews: dict[tuple[str, str], Review] = field(default_factory=dict)
    generics: list[Generic] = field(default_factory=list)
    freed: set[Value] = field(default_factory=set)
    crowded: set[int] = field(default_factory=set)
    uncrowded: set[int] = field(default_factory=set)
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


def decide_pairs(words: Iterable[Word], state: State, changes: Changes) -> None:
    """Take in what people decided; of each pair the last word holds. To be called before `survey`."""
    manual = state.manual
    for word in words:
        changes.words_said.append(word)
        decided = Decided(word.together, word.stamp)
        for one, other in word.pairs:
            pair = (one, other) if one < other else (other, one)
            found = manual.get(one, {}).get(other)
            if one == other or (found is not None and found.stamp >= word.stamp):
                continue
            if manual is state.manual:
                manual = {record_id: dict(others) for record_id, others in state.manual.items()}
            manual.setdefault(one, {})[other] = manual.setdefault(other, {})[one] = decided
            changes.decided[pair] = decided
    state.manual = manual


def survey(changes: Changes, state: State) -> Survey:
    """What is needed around the records that are new, say something new, or turn out older than thought."""
    need = Survey()
    for pair in changes.decided:
        need.records.update(pair)
    for record_id in changes.dirty:
        if record_id in state.manual:
            need.records.update(state.manual[record_id])
        record = state.records[record_id]
        if not record.new:
            need.components.add(record.component_id)
        before = changes.before.get(record_id)
        if before is None:
            continue
        assert record.fields is not None, "told records are open"
        values = set(record.fields.linking())
        need.values.update(value for value in values - before.values if value not in state.retired)
        need.keys.update(key for key in record.fields.keys if key not in state.crowded)
        if state.retired:
            left = before.values if before.person != _person_of(record.fields) else before.values - values
            need.doubted.update(value for value in left if value in state.retired)
        if state.crowded:
            need.emptied.update(
                key for key in before.keys.difference(record.fields.keys) if key in state.crowded
            )
    return need


def _only_repeats(record: Record, one: Said) -> bool:
    return record.seen_hash == one.person.content and one.occurred_at >= record.first_at


def tell(said: Iterable[Said], state: State, tools: Tools) -> Changes:
    """Apply every customer in order. Mutates `state.records`; what follows for the profiles is not decided yet."""
    changes = Changes()
    for one in said:
        record = state.records.get(one.person.record_id)
        if record is None:
            record = _new_record(one, tools)
            state.records[record.record_id] = record
        elif _only_repeats(record, one):
            _repeat(record, one.stamp, one.occurred_at, changes)
            continue
        _tell(record, one, tools, changes)
    for record_id, before in list(changes.before.items()):
        _make_keys(record_id, before, state, tools, changes)
    changes.dirty |= changes.before.keys()  # an address changes who is like whom, though it identifies nobody
    return changes


def add_households(record_ids: Iterable[str], state: State, tools: Tools, changes: Changes) -> None:
    """Make the keys of home and contacts of those that have none: records of early versions."""
    for record_id in record_ids:
        record = state.records[record_id]
        fields = record.fields = record.fields or tools.open_fields(record)
        found = (
            []
            if fields.household
            else household_keys(fields, tools.matcher.compared(fields).values, tools.hash)
        )
        if found:
            fields.household = found
            changes.household.update(((key, record_id), True) for key in found)
            changes.records[record_id] = record
            record.changed = True


def keyed(fields: Fields, matcher: Matcher, hash_: Callable[..., str], keys_no: int) -> Fields:
    """The fields with keys of the set at work; those that they were stored with may be of an earlier one."""
    if fields.model != keys_no:
        fields.keys, fields.model = _hashed(matcher.keys(matcher.compared(fields)), hash_), keys_no
    return fields


def _make_keys(rid: str, before: Before, state: State, tools: Tools, changes: Changes) -> None:
    """Find the keys of a record as it is now, unless it is compared by what it was before."""
    record = state.records[rid]
    fields = record.fields
    assert fields is not None, "told records are open"
    compared = state.compared[rid] = tools.matcher.compared(fields)
    fields.household = household_keys(fields, compared.values, tools.hash)
    household = frozenset(fields.household)
    changes.household.update(((key, rid), key in household) for key in household ^ before.household)
    linking = frozenset(fields.linking())
    same = before == Before(linking, _person_of(fields), before.keys, compared, before.household)
    if same and not record.new and fields.model == tools.keys:
        del changes.before[rid]
        return
    fields.keys, fields.model = keys_of(compared, tools), tools.keys
    now = set(fields.keys)
    changes.keys.update(((tools.keys, key, rid), True) for key in now - before.keys)
    changes.keys.update(((tools.keys, key, rid), False) for key in before.keys - now)


def keys_of(compared: Compared, tools: Tools) -> list[int]:
    """Keyed hashes, 64 bits with a sign, of what a record is sought by."""
    return _hashed(tools.matcher.keys(compared), tools.hash)


def _hashed(keys: Iterable[str], hash_: Callable[..., str]) -> list[int]:
    return sorted({int(hash_("match", text)[:16], 16) - 2**63 for text in keys})


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


def _tell(record: Record, one: Said, tools: Tools, changes: Changes) -> None:
    """Write what an event says into its record, and note what clustering must look at again."""
    fields = record.fields = record.fields or tools.open_fields(record)
    before = _identity_of(fields)
    if record.record_id not in changes.before:
        changes.before[record.record_id] = Before() if record.new else _before(fields, tools)
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
    if earlier or record.new or before != after:
        changes.dirty.add(record.record_id)


def _before(fields: Fields, tools: Tools) -> Before:
    return Before(
        frozenset(fields.linking()),
        _person_of(fields),
        frozenset(fields.keys),
        tools.matcher.compared(fields),
        frozenset(fields.household),
    )


def _person_of(fields: Fields) -> tuple[Any, ...]:
    """What tells people apart who share a value."""
    return (fields.scalar("given_name"), fields.scalar("birth_date"))


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
    return member(record.record_id, fields, known=record.known, first_us=micros(record.first_at))
