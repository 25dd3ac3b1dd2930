"""The people that the engine's rules see in a sample, all records at once and without a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.partition import Member, partition
from regulars.capabilities.identity.person import person_of
from regulars.capabilities.identity.rules import Said, State, Tools, member_of, micros, tell
from regulars.capabilities.identity.state import Fields, Record
from regulars.demo.records import Entry
from regulars.engine.identity_memory import shipped
from regulars.store.vault import Hasher

_HASH = Hasher(b"a key for tests")


def resolve(entries: Iterable[Entry], matcher: Matcher | None = None) -> dict[tuple[str, str], str]:
    """(source, external id) → profile."""
    matcher = matcher or shipped().matcher
    sources: dict[str, int] = {}
    members: dict[tuple[str, str], Member] = {}
    tools = Tools(_never, lambda _: b"", _HASH, matcher)
    for entry in entries:
        source = sources.setdefault(entry.record.source, len(sources) + 1)
        members[entry.record.named] = _member(entry, source, tools)
    counts = Counter(key for member in members.values() for key in member.keys)
    crowded = {key for key, count in counts.items() if count > matcher.model.cluster.crowd}
    profiles = partition(members.values(), matcher, crowded=crowded).profiles
    return {named: profiles[member.record_id] for named, member in members.items()}


def _member(entry: Entry, source: int, tools: Tools) -> Member:
    person = person_of(entry.customer, source_id=source, region="GB", hash_=_HASH)
    assert person is not None
    key = _HASH("event", *entry.record.named)
    state = State()
    tell([Said(person, source, entry.occurred_at, (micros(entry.occurred_at), key))], state, tools)
    record = state.records[person.record_id]
    assert record.fields is not None
    return member_of(record, record.fields)


def _never(record: Record) -> Fields:
    raise AssertionError("records are new here")
