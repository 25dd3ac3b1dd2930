"""The partition by shared exact keys alone, on a sample and without a database."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.cluster import Member, partition
from regulars.capabilities.identity.normalise import given_name
from regulars.capabilities.identity.person import person_of
from regulars.demo.records import Entry


def exact_partition(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """(source, external id) → profile."""
    sources: dict[str, int] = {}
    members: dict[tuple[str, str], Member] = {}
    for entry in entries:
        source = sources.setdefault(entry.record.source, len(sources) + 1)
        members[entry.record.named] = _member(entry, source)
    profiles = partition(members.values(), "component").profiles
    return {named: profiles[member.record_id] for named, member in members.items()}


def _member(entry: Entry, source: int) -> Member:
    person = person_of(entry.customer, source_id=source, region="GB", hash_=_hash)
    assert person is not None
    return Member(
        record_id=person.record_id,
        known=any(kind in kinds.KNOWN for kind, _ in person.values),
        first_us=int(entry.occurred_at.timestamp() * 1_000_000),
        given=given_name(person.scalars.get("given_name") or ""),
        birth_date=person.scalars.get("birth_date"),
        identifiers=tuple(
            (kind, _hash(str(kind), kinds.scope_of(kind, source), value)) for kind, value in person.values
        ),
    )


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
