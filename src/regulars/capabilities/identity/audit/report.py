"""What an audit tells, as programs get it. There is no value of anybody in it, but those that stand on many people."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from .columns import Column

VALUE_SHOWN_PEOPLE_MIN: Final = 20
"""A value is told only when it is on so many people; below that it may be a family's or a club's."""
Weight = Literal["urgent", "worth it", "tidy"]


class Key(Struct, frozen=True):
    """One kind of key in one table. `rows` carry one of its `values`.

    `repeated` values stand on several rows, `differing` of these on people of different
    first names, on `differing_rows` rows; `extra_rows` is how
    many rows there are beyond one per value. `common` values are also in another table.
    """

    name: str
    rows: int
    values: int
    repeated: int
    extra_rows: int
    differing: int
    differing_rows: int
    common: int


class TableReport(Struct, frozen=True):
    """One file or source. Shares are of `usable` rows, those that carry a key.

    `people` is how many those are after exact matching, `duplicates` the rest. `joining_share` of the rows will join
    another row, `joining_other_share` a row of another table.
    """

    name: str
    writing: str
    headed: bool
    rows: int
    unreadable: int
    unreadable_reasons: dict[str, int]
    keyless: int
    usable: int
    people: int
    duplicates: int
    joining_share: float
    joining_other_share: float
    keys: list[Key]
    columns: list[Column]
    columns_left_out: int
    repeated_names: list[str]


class Shared(Struct, frozen=True):
    """A value on several distinct people (first name and birth date). `joins`: whether it still joins its rows.

    `value` is told only where it is on so many people that it is nobody's; else there is its `shape`.
    """

    field: str
    people: int
    rows: int
    joins: bool
    shape: str
    value: str | None


class Fix(Struct, frozen=True):
    """Something to mend. `rows` are concerned; `gain` says in words what mending them brings."""

    weight: Weight
    table: str
    title: str
    rows: int
    gain: str


class Report(Struct, frozen=True):
    """A whole audit. `people` counts over all tables; `unresolved` rows are in groups too large to look into.

    `region` is where phone numbers without a prefix were read, `day` when the audit was made.
    """

    tables: list[TableReport]
    people: int
    unresolved: int
    shared: list[Shared]
    shared_values: int
    fixes: list[Fix]
    region: str
    day: str
    seconds: float
