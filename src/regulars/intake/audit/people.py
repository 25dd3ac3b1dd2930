"""How many people the rows are, and what their keys share, by the rules that the engine joins records with."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from heapq import nlargest
from typing import Final

from msgspec import Struct, field

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.audit.exact_keys import Row, people_by_keys
from regulars.capabilities.identity.component import PEOPLE_PER_VALUE_MAX, RECORDS_PER_VALUE_MAX

from .ledger import KeyedRow, Ledger, kind_of

KINDS: Final = (kinds.LOYALTY_CARD, kinds.EXTERNAL_ID, kinds.PAYMENT_TOKEN, kinds.EMAIL, kinds.PHONE)
GENERICS_MAX: Final = 20
GROUP_ROWS_MAX: Final = 20_000
"""A group of connected rows beyond this is not looked into; its rows count as joined by what they share."""


class KeyCount(Struct):
    """One kind of key in one table. `repeated` values stand on several rows, `differing` of these on people of
    different first names, on `differing_rows` rows; `common` values are in another table, too."""

    rows: int = 0
    values: int = 0
    repeated: int = 0
    differing: int = 0
    differing_rows: int = 0
    common: int = 0


class Shared(Struct, frozen=True):
    """A key that stands on many people: `row` is one of its rows. Those of a limited kind join nobody."""

    kind: int
    people: int
    rows: int
    row: int


class TablePeople(Struct):
    """What the rows of one table are. `joined` share their person with another row, `abroad` with another table."""

    usable: int = 0
    people: int = 0
    joined: int = 0
    abroad: int = 0
    keys: dict[int, KeyCount] = field(default_factory=lambda: {kind: KeyCount() for kind in KINDS})


class Result(Struct):
    """All tables. `shared` are the keys on most people; `shared_keys` and `shared_rows` count all such, by kind."""

    tables: list[TablePeople]
    people: int = 0
    shared: list[Shared] = field(default_factory=list)
    shared_keys: Counter[int] = field(default_factory=Counter)
    shared_rows: Counter[int] = field(default_factory=Counter)
    unresolved: int = 0


class _Joined:
    """Sets of rows: union by the lowest number."""

    def __init__(self, count: int) -> None:
        self._parent = array("I", range(count))

    def find(self, row: int) -> int:
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def union(self, rows: Sequence[int]) -> None:
        root = self.find(rows[0])
        for other in rows[1:]:
            far = self.find(other)
            if far != root:
                root, far = min(root, far), max(root, far)
                self._parent[far] = root

    def groups(self) -> Iterator[Sequence[int]]:
        """Sets of two rows or more."""
        found: dict[int, array[int]] = {}
        for row in range(len(self._parent)):
            root = self.find(row)
            if root != row:
                found.setdefault(root, array("I", (root,))).append(row)
        yield from found.values()


def count_people(ledger: Ledger, ends: Sequence[int]) -> Result:
    """`ends`: for each table the number of the row behind its last one."""
    table_of = array("H")
    for table, end in enumerate(ends):
        table_of.extend(array("H", [table]) * (end - len(table_of)))
    result = Result([TablePeople() for _ in ends])
    joined, retired = _Joined(len(ledger)), set[int]()
    best: list[Shared] = []
    for key, rows in ledger.carriers():
        people = _note(result, key, rows, table_of, ledger)
        if _is_generic(kind_of(key), people, len(rows)):
            retired.add(key)
        elif len(rows) > 1:
            joined.union(rows)
        if people > PEOPLE_PER_VALUE_MAX or key in retired:
            result.shared_keys[kind_of(key)] += 1
            result.shared_rows[kind_of(key)] += len(rows)
            best.append(Shared(kind_of(key), people, len(rows), rows[0]))
            if len(best) > 50 * GENERICS_MAX:
                best = _largest(best)
    result.shared = _largest(best)
    _count(result, ledger, joined, retired, table_of)
    return result


def _largest(found: list[Shared]) -> list[Shared]:
    return nlargest(GENERICS_MAX, found, key=lambda one: (one.people, one.rows, -one.row))


def _is_generic(kind: int, people: int, rows: int) -> bool:
    """Whether the engine lets a value join nobody; see `partition.generic_of`."""
    many = kind in kinds.NAMED and people > PEOPLE_PER_VALUE_MAX
    return kind in kinds.LIMITED and (many or rows > RECORDS_PER_VALUE_MAX)


def _note(result: Result, key: int, rows: Sequence[int], table_of: array[int], ledger: Ledger) -> int:
    """Count a key for its tables. Gives the number of distinct people who carry it."""
    kind = kind_of(key)
    if len(rows) == 1:
        count = result.tables[table_of[rows[0]]].keys[kind]
        count.rows += 1
        count.values += 1
        return 1
    sizes: Counter[int] = Counter()
    names: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        sizes[table_of[row]] += 1
        names[table_of[row]].add(ledger.names[row])
    for table, size in sizes.items():
        count = result.tables[table].keys[kind]
        count.rows += size
        count.values += 1
        count.repeated += size > 1
        if len(names[table] - {0}) > 1:
            count.differing += 1
            count.differing_rows += size
        count.common += len(sizes) > 1
    return len({ledger.persons[row] for row in rows} - {0})


def _count(result: Result, ledger: Ledger, joined: _Joined, retired: set[int], table_of: array[int]) -> None:
    grouped = bytearray(len(ledger))
    for rows in joined.groups():
        for row in rows:
            grouped[row] = 1
        if len(rows) > GROUP_ROWS_MAX:
            result.unresolved += len(rows)
            _person(result, rows, table_of)
            continue
        for person in people_of({row: ledger.row(row) for row in rows}, retired):
            _person(result, person, table_of)
    for row in range(len(ledger)):
        if ledger.keyed[row] and not grouped[row]:
            _person(result, (row,), table_of)


def people_of(rows: dict[int, KeyedRow], retired: set[int]) -> list[list[int]]:
    """Who is one person among rows that are connected by exact keys. The one place that decides it."""
    members = [
        Row(
            row_id=f"{number:010d}",
            given=(row.initial + (f"{row.given:x}" if row.given else "")) or None,
            birth_date=None,
            identifiers=tuple((kind_of(key), f"{key:x}") for key in row.keys if key and key not in retired),
        )
        for number, row in rows.items()
    ]
    found: dict[str, list[int]] = {}
    for row_id, person in people_by_keys(members).items():
        found.setdefault(person, []).append(int(row_id))
    return list(found.values())


def _person(result: Result, rows: Sequence[int], table_of: array[int]) -> None:
    result.people += 1
    sizes = Counter(table_of[row] for row in rows)
    for table, size in sizes.items():
        told = result.tables[table]
        told.people += 1
        told.usable += size
        told.joined += size if len(rows) > 1 else 0
        told.abroad += size if len(sizes) > 1 else 0
