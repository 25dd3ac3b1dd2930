"""Which rows are one person by exact keys alone: the lower bound that a file can be judged by without its details.

Every shared value that may link gives candidate pairs; they are tried from the strongest kind to the weakest in an
order that depends on hashes alone (Kruskal's construction with a veto): a pair whose two sides carry conflicting given
names does not link. Loyalty cards and external ids have no veto.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.component import PEOPLE_PER_VALUE_MAX, RECORDS_PER_VALUE_MAX

Value = tuple[int, str]


class Row(Struct, frozen=True):
    """A row by its keys: (kind, hash). `given`: first given name, folded."""

    row_id: str
    given: str | None
    birth_date: str | None
    identifiers: tuple[Value, ...]


class _Names:
    """Given names of a group: full ones and initials."""

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


def people_by_keys(rows: Iterable[Row], retired: Iterable[Value] = ()) -> dict[str, str]:
    """Row → a row that stands for its person. `retired` values are known to be generic and join nobody."""
    by_id = {row.row_id: row for row in rows}
    groups: dict[Value, list[Row]] = defaultdict(list)
    skip = set(retired)
    for row_id in sorted(by_id):
        for kind, value in by_id[row_id].identifiers:
            if kind in kinds.LINKING and (kind, value) not in skip:
                groups[kind, value].append(by_id[row_id])
    candidates: list[tuple[int, str, str, str]] = []
    for (kind, value), group in groups.items():
        if len(group) > 1 and not _is_generic(kind, group):
            rank = kinds.STRENGTH.index(kind)
            candidates += [
                (rank, value, star[0].row_id, row.row_id) for star in _stars(kind, group) for row in star[1:]
            ]
    return _join(by_id, candidates)


def _is_generic(kind: int, group: Sequence[Row]) -> bool:
    if kind not in kinds.LIMITED:
        return False
    people = len({(row.given, row.birth_date) for row in group if row.given})
    return len(group) > RECORDS_PER_VALUE_MAX or (kind in kinds.NAMED and people > PEOPLE_PER_VALUE_MAX)


def _stars(kind: int, group: list[Row]) -> list[list[Row]]:
    if kind in kinds.NAMED:
        return _by_name(group)
    return [_by_account(group)] if kind == kinds.ANONYMOUS_ID else [group]


def _by_name(group: list[Row]) -> list[list[Row]]:
    """Rows with one given name; the nameless join only where there is one name to join."""
    named: dict[str, list[Row]] = defaultdict(list)
    vague: dict[str, list[Row]] = defaultdict(list)
    for row in group:
        (named if row.given and len(row.given) > 1 else vague)[row.given or ""].append(row)
    loose: list[list[Row]] = []
    for initial, rows in sorted(vague.items()):
        fits = [name for name in named if name.startswith(initial)]
        if len(fits) == 1:
            named[fits[0]].extend(rows)
        else:
            loose.append(rows)
    stars = [sorted(named[name], key=lambda row: row.row_id) for name in sorted(named)]
    if named or len(loose) > 2 or (len(loose) == 2 and loose[0][0].given):
        return stars + loose
    return [sorted((row for rows in loose for row in rows), key=lambda row: row.row_id)] if loose else []


def _by_account(group: list[Row]) -> list[Row]:
    """An anonymous id links to one account; when several accounts used it, only what has none stays together."""
    others = [row for row in group if all(kind != kinds.EXTERNAL_ID for kind, _ in row.identifiers)]
    return group if len(group) - len(others) <= 1 else others


def _join(by_id: Mapping[str, Row], candidates: list[tuple[int, str, str, str]]) -> dict[str, str]:
    root = {row_id: row_id for row_id in by_id}
    names = {row_id: _Names(row.given) for row_id, row in by_id.items()}

    def find(row_id: str) -> str:
        while root[row_id] != row_id:
            root[row_id] = root[root[row_id]]
            row_id = root[row_id]
        return row_id

    for rank, _, a, b in sorted(candidates):
        one, other = find(a), find(b)
        named = kinds.STRENGTH[rank] in kinds.NAMED
        if one != other and not (named and names[one].conflicts(names[other])):
            root[other] = one
            names[one].absorb(names[other])
    return {row_id: find(row_id) for row_id in by_id}
