"""What would split a profile: the partition worked out once more without a value, a field, a record, or with a word.

Of many things that could be taken away some are tried, those that hold least together first; each costs as much as
the partition itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .compared import Compared
from .explaining import Case, Tie
from .partition import Member, partition
from .state import Decided, Fields, Manual, Value

TRIED_MAX = 20
PAIRS_MAX = 150_000
"""So many pairs are weighed in all; a profile in a large component has fewer things tried."""
VALUES_TRIED, PAIRS_TRIED, RECORDS_TRIED = 8, 5, 4
LAST_WORD = (1 << 62, "")

What = Literal["value", "field", "record", "pair"]

FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("given_name", "family_name"),
    "birth_date": ("birth_date",),
    "address": ("address",),
}
"""What is taken away at once of what is no identifier."""


class Withdrawn(Struct, frozen=True):
    """What is thought away: a `value` for all (as a generic one), a `field` of all records, one of the `records`, or two
    of them said to be different people.
    """

    kind: What
    value: Value | None = None
    field: str | None = None
    records: tuple[str, ...] = ()


class Cut(Struct, frozen=True):
    """Something that holds a profile together, and the groups its records would fall into without it."""

    withdrawn: Withdrawn
    groups: list[list[str]]


class Cuts(Struct, frozen=True):
    """What would split a profile. `tried`: how many things were thought away.

    `agrees`: whether the records as they are come out as the profile; where they do not, it is yet to be worked out
    anew, and nothing was tried. None where not all records are at hand.
    """

    cuts: list[Cut]
    tried: int
    agrees: bool | None


def cuts(case: Case, profile: str, tree: Sequence[Tie]) -> Cuts:
    """Think away one thing after the other. `tree`: the links that hold the profile together."""
    inside = [rid for rid, theirs in case.profiles.items() if theirs == profile]
    around = {case.components[rid] for rid in inside}
    members = [member for member in case.members if case.components[member.record_id] in around]
    if not case.whole:
        return Cuts([], 0, agrees=None)
    trial = _Trial(case, members, frozenset(inside))
    if len(trial.groups(None)) != 1:
        return Cuts([], 0, agrees=False)
    pairs = max(1, len(members) * (len(members) - 1) // 2)
    found, tried = [], 0
    for withdrawn in _candidates([m for m in members if m.record_id in trial.inside], case.retired, tree):
        if tried >= min(TRIED_MAX, max(1, PAIRS_MAX // pairs)):
            break
        tried += 1
        groups = trial.groups(withdrawn)
        if len(groups) > 1:
            found.append(Cut(withdrawn, groups))
    return Cuts(found, tried, agrees=True)


def _candidates(
    members: Sequence[Member], retired: AbstractSet[Value], tree: Sequence[Tie]
) -> Iterator[Withdrawn]:
    if len(members) < 2:
        return
    carriers: dict[Value, list[str]] = defaultdict(list)
    for member in members:
        for value in member.fields.linking():
            if value not in retired:
                carriers[value].append(member.record_id)
    shared = sorted((len(ids), value) for value, ids in carriers.items() if len(ids) > 1)
    for _, value in shared[:VALUES_TRIED]:
        yield Withdrawn("value", value=value, records=tuple(carriers[value]))
    for name, scalars in FIELDS.items():
        having = tuple(m.record_id for m in members if any(m.fields.scalar(one) for one in scalars))
        if len(having) > 1:
            yield Withdrawn("field", field=name, records=having)
    for tie in tree[::-1][:PAIRS_TRIED]:
        yield Withdrawn("pair", records=(tie.a, tie.b))
    degree: dict[str, int] = defaultdict(int)
    for tie in tree:
        degree[tie.a] += 1
        degree[tie.b] += 1
    between = sorted((-count, rid) for rid, count in degree.items() if count > 1)
    for _, rid in between[:RECORDS_TRIED]:
        yield Withdrawn("record", records=(rid,))


class _Trial:
    """The partition of some members, over and over."""

    def __init__(self, case: Case, members: Sequence[Member], inside: frozenset[str]) -> None:
        self._case, self._members, self.inside = case, members, inside
        self._compared = {
            member.record_id: case.matcher.compared(member.fields, case.retired) for member in members
        }

    def groups(self, without: Withdrawn | None) -> list[list[str]]:
        """The profile's records as they come out, the largest group first."""
        members, retired, manual = self._members, self._case.retired, self._case.manual
        compared: Callable[[str], Compared] | None = self._compared.__getitem__
        match without:
            case Withdrawn(kind="value", value=value) if value is not None:
                retired, compared = retired | {value}, self._without(value)
            case Withdrawn(kind="field", field=name) if name is not None:
                members, compared = [_lacking(member, FIELDS[name]) for member in members], None
            case Withdrawn(kind="record", records=(gone,)):
                members = [member for member in members if member.record_id != gone]
            case Withdrawn(kind="pair", records=(a, b)):
                manual = _held_apart(manual, a, b)
        found = partition(
            members,
            self._case.matcher,
            retired=retired,
            crowded=self._case.crowded,
            manual=manual,
            compared=compared,
        )
        groups: dict[str, list[str]] = defaultdict(list)
        for rid, profile in sorted(found.profiles.items()):
            if rid in self.inside:
                groups[profile].append(rid)
        return sorted(groups.values(), key=lambda group: (-len(group), group))

    def _without(self, value: Value) -> Callable[[str], Compared]:
        carriers = {member.record_id: member for member in self._members if value in member.fields.linking()}
        muted = self._case.retired | {value}

        def compared(rid: str) -> Compared:
            if rid in carriers:
                return self._case.matcher.compared(carriers[rid].fields, muted)
            return self._compared[rid]

        return compared


def _lacking(member: Member, names: Sequence[str]) -> Member:
    scalars = {name: said for name, said in member.fields.scalars.items() if name not in names}
    fields = Fields(scalars, member.fields.values)
    given = None if "given_name" in names else member.given
    birth_date = None if "birth_date" in names else member.birth_date
    return replace(member, fields=fields, given=given, birth_date=birth_date)


def _held_apart(manual: Manual, a: str, b: str) -> Manual:
    word = Decided(together=False, stamp=LAST_WORD)
    return manual | {a: manual.get(a, {}) | {b: word}, b: manual.get(b, {}) | {a: word}}
