"""One component of records resolved into people: what its values say, then groups by weight.

A component holds every record that shares a live identifier with another of it, or is linked to one by weight. So
all carriers of a value are seen together, and what a value says can depend on who carries it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import combinations

from msgspec import Struct

from . import kinds
from .compare import level_test
from .compared import Compared, shared_contacts
from .linkage import Clustered, Pair, clusters
from .matcher import Matcher
from .nicknames import same_name
from .normalise import given_name
from .state import Fields

Value = tuple[int, str]
"""(kind, hash) of an identifier."""

RECORDS_PER_VALUE_MAX = 100
PEOPLE_PER_VALUE_MAX = 6
ALIKE = 0.88
"""From this Jaro-Winkler similarity on, one given name may be the other misspelt."""

SEVERAL_NAMES = "several given names share this value"
SEVERAL_ACCOUNTS = "several accounts used this browser"


class Doubt(Struct, frozen=True):
    """Why an identifier says nothing of a record."""

    kind: int
    value: str
    reason: str


class Prepared(Struct, frozen=True):
    """A component ready to be weighed. `doubts`: by record, the identifiers that say nothing of it."""

    compared: dict[str, Compared]
    doubts: dict[str, list[Doubt]]
    sure: list[Pair]
    verified: dict[str, str]


def carriers_of(records: Mapping[str, Fields]) -> dict[Value, list[str]]:
    """Record ids, in order, by each identifier that may link."""
    found: dict[Value, list[str]] = defaultdict(list)
    for rid in sorted(records):
        for value in records[rid].linking():
            found[value].append(rid)
    return found


def is_generic(kind: int, carriers: Iterable[str], records: Mapping[str, Fields]) -> bool:
    """Whether an identifier is on too many records, or of too many people by given name and birth date."""
    if kind not in kinds.LIMITED:
        return False
    ids = list(carriers)
    people = {_person(records[rid]) for rid in ids}
    people.discard(None)
    return len(ids) > RECORDS_PER_VALUE_MAX or (kind in kinds.NAMED and len(people) > PEOPLE_PER_VALUE_MAX)


def _person(fields: Fields) -> tuple[str, str | None] | None:
    given = _given(fields)
    return (given, fields.scalar("birth_date")) if given else None


def _given(fields: Fields) -> str | None:
    name = fields.scalar("given_name")
    return given_name(name) if name else None


def prepare(
    records: Mapping[str, Fields],
    matcher: Matcher,
    generic: AbstractSet[Value] = frozenset(),
    known: Mapping[str, Compared] | None = None,
) -> Prepared:
    """Find what each identifier says of each record. `generic` ones say nothing of anybody.

    `known`: records in compared form with all but the generic ones, where they were needed before.
    """
    carriers = carriers_of(records)
    doubts: dict[str, list[Doubt]] = {}
    sure: list[Pair] = []
    for (kind, value), ids in carriers.items():
        if (kind, value) in generic or len(ids) < 2:
            continue
        if kind in kinds.SURE:
            sure += [(ids[0], other) for other in ids[1:]]
        for rid, reason in _doubted(kind, ids, records):
            doubts.setdefault(rid, []).append(Doubt(kind, value, reason))
    for rid, fields in records.items():
        for (kind, value), reason in shared_contacts(fields).items():
            doubts.setdefault(rid, []).append(Doubt(kind, value, reason))
    compared = {} if known is None else {rid: known[rid] for rid in records if rid in known}
    for rid, fields in records.items():
        if rid in doubts:
            compared[rid] = matcher.compared(fields, generic | {(d.kind, d.value) for d in doubts[rid]})
        elif rid not in compared:
            compared[rid] = matcher.compared(fields, generic)
    verified = {
        rid: cards[0][1] for rid, fields in records.items() if (cards := fields.current(kinds.LOYALTY_CARD))
    }
    return Prepared(compared, doubts, sure, verified)


def _doubted(kind: int, ids: list[str], records: Mapping[str, Fields]) -> list[tuple[str, str]]:
    """(record, reason) where a shared identifier does not say whose it is."""
    if kind == kinds.ANONYMOUS_ID:
        accounts = [rid for rid in ids if records[rid].current(kinds.EXTERNAL_ID)]
        return [(rid, SEVERAL_ACCOUNTS) for rid in ids] if len(accounts) > 1 else []
    if kind not in kinds.NAMED:
        return []
    names = {rid: _given(records[rid]) or "" for rid in ids}
    vague = [rid for rid in ids if len(names[rid]) < 2]
    full = sorted({name for name in names.values() if len(name) > 1}) if vague else []
    several = {
        start: _are_several([name for name in full if name.startswith(start)])
        for start in {names[rid] for rid in vague}
    }
    return [(rid, SEVERAL_NAMES) for rid in vague if several[names[rid]]]


def _are_several(names: list[str]) -> bool:
    """Whether full given names are of more than one person: not forms or misspellings of one name."""
    alike = level_test("name_like", ALIKE)
    return any(not same_name(one, other) and not alike(one, other) for one, other in combinations(names, 2))


def resolve(
    records: Mapping[str, Fields],
    matcher: Matcher,
    *,
    generic: AbstractSet[Value] = frozenset(),
    joined: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
    pairs: Iterable[Pair] | None = None,
    known: Mapping[str, Compared] | None = None,
) -> Clustered:
    """The people of one component. `joined` and `apart` are said by hand. `pairs`: those that may link, all unless given.

    `known`: see prepare.
    """
    ready = prepare(records, matcher, generic, known)

    def weight(a: str, b: str) -> float:
        return matcher.weight(ready.compared[a], ready.compared[b])

    return clusters(
        list(records), weight, ready.sure, apart, ready.verified, matcher.model, joined=joined, pairs=pairs
    )
