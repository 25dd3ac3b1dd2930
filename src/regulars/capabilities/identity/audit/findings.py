"""What to mend first: the faults of the tables in the order of what mending them brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from . import damage
from .columns import Column
from .meanings import KEYS, LABELS, NAMES, Meaning
from .report import Fix, TableReport

FIXES_MAX: Final = 40
_ORDER: Final = ("urgent", "worth it", "tidy")
_SURE: Final[tuple[Meaning, ...]] = ("external_id", "loyalty_card")
_REASONS_TOLD: Final = 3
_WRONG: Final = (damage.MOJIBAKE, damage.LOST, damage.SPREADSHEET)
_UNTIDY: Final = (damage.EDGES, damage.INSIDE, damage.INVISIBLE, damage.MARKUP, damage.CAPITALS, damage.SMALL)


class StandIn(Struct, frozen=True):
    """A birth date that is on far more people than chance puts there."""

    day: str
    people: int
    rows: int


class SharedCount(Struct, frozen=True):
    """How many values of one kind, over all tables, stand on too many people, and on how many rows."""

    meaning: Meaning
    values: int
    rows: int


class TableFacts(Struct, frozen=True):
    """One table, with what its report has no place for. `keyless_for`: rows without a key, by the field that
    holds a value which cannot be used."""

    table: TableReport
    keyless_for: Mapping[str, int]
    stand_ins: Sequence[StandIn]
    mapped: bool


def fixes(tables: Sequence[TableFacts], shared: Sequence[SharedCount]) -> list[Fix]:
    """At most FIXES_MAX, the most valuable first."""
    found = [fix for facts in tables for part in _PARTS for fix in part(facts)]
    found += [fix for one in shared for fix in _shared(one)]
    ranked = sorted(
        (fix for fix in found if fix.rows),
        key=lambda fix: (_ORDER.index(fix.weight), -fix.rows, fix.table, fix.title),
    )
    return ranked[:FIXES_MAX]


def _whole(facts: TableFacts) -> Iterator[Fix]:
    """Faults of the file itself."""
    table = facts.table
    if not table.headed:
        gain = "An import must be told what is what: list the names under [file] columns in a mapping."
        yield Fix(
            "urgent", table.name, "The first row holds a customer instead of column names", table.rows, gain
        )
    if table.unreadable:
        title = f"Rows that cannot be read: {_told(table.unreadable_reasons)}"
        gain = f"{some(table.unreadable, 'more customer')} can be imported."
        yield Fix("urgent", table.name, title, table.unreadable, gain)
    if table.repeated_names:
        title = f"Columns of the same name: {', '.join(table.repeated_names[:5])}"
        yield Fix(
            "worth it", table.name, title, table.rows, "An import refuses a file that names a column twice."
        )
    if table.columns_left_out:
        title = f"{table.columns_left_out:,} columns were not looked at"
        yield Fix(
            "tidy", table.name, title, table.rows, "Leave out of the export what no shop needs to know."
        )


def _keyless(facts: TableFacts) -> Iterator[Fix]:
    """Rows that nothing identifies."""
    name, broken = facts.table.name, 0
    for meaning in KEYS:
        count = facts.keyless_for.get(meaning, 0)
        broken = max(broken, count)
        if count:
            label = LABELS[meaning]
            title = f"Rows whose only key is a {label} that cannot be used"
            yield Fix("urgent", name, title, count, f"{some(count, 'more customer')} can be imported.")
    none = facts.table.keyless - broken
    if none > 0:
        title = "Rows without customer number, card, token, e-mail or phone"
        gain = (
            f"Up to {some(none, 'more customer')}: nothing tells who they are, so an import leaves them out."
        )
        yield Fix("urgent", name, title, none, gain)


def _differing(facts: TableFacts) -> Iterator[Fix]:
    """Numbers that ought to be one customer's and are not."""
    for key in facts.table.keys:
        labels = {LABELS[meaning] for meaning in _SURE}
        if key.name in labels and key.differing:
            title = f"Values of {key.name} that stand on people of different first names ({key.differing:,})"
            gain = (
                "Each such value makes one customer of all its rows; mended, nobody sees another's purchases."
            )
            yield Fix("urgent", facts.table.name, title, key.differing_rows, gain)


def _unusable(facts: TableFacts) -> Iterator[Fix]:
    """Values of fields that matter and cannot be used."""
    for column in facts.table.columns:
        lost = column.filled - column.usable
        if column.meaning == "payment_card" or (column.meaning == "payment_token" and lost):
            title = f"“{column.name}” holds payment card numbers"
            gain = "Take them out of the export: they must not be stored, and one stolen file would be a scandal."
            yield Fix("urgent", facts.table.name, title, column.filled, gain)
        elif lost and (column.used or column.meaning in ("birth_date", "postcode", "country")):
            title = f"“{column.name}” ({column.label}), values that cannot be used: {_told(column.reasons)}"
            yield Fix("worth it", facts.table.name, title, lost, _gain_of(column, lost, facts))


def _gain_of(column: Column, lost: int, facts: TableFacts) -> str:
    if column.meaning in KEYS:
        only = facts.keyless_for.get(column.meaning, 0)
        return f"{some(lost, 'more row')} can be joined by {column.label}" + (
            f"; for {only:,} it is the only way." if only else "."
        )
    if column.meaning in NAMES:
        return "People can be told from others who share an e-mail or a phone with them."
    if column.meaning == "birth_date":
        return "People of the same name can be told apart, and greeted on the day."
    return "Addresses are whole, and can be compared."


def _dates(facts: TableFacts) -> Iterator[Fix]:
    """Dates of mixed or foreign order, and those that were made up."""
    for column in facts.table.columns:
        if column.meaning not in ("birth_date", "date"):
            continue
        day, month = column.orders.get("day first", 0), column.orders.get("month first", 0)
        either = column.orders.get("day or month first", 0)
        if day and month:
            title = f"“{column.name}” mixes day first ({day:,}) and month first ({month:,})"
            gain = f"{either:,} further dates could be either and may be read wrong."
            yield Fix("worth it", facts.table.name, title, min(day, month) + either, gain)
        foreign = column.filled - column.orders.get("year first", 0)
        if column.used and foreign > column.filled * 0.5 and not facts.mapped:
            title = f"“{column.name}” is not written year first (2026-01-31)"
            gain = (
                "An import needs a mapping with the format of this column; without it the rows are rejected."
            )
            yield Fix("worth it", facts.table.name, title, foreign, gain)
    for one in facts.stand_ins:
        title = f"The birth date {one.day} stands on {one.people:,} people of different names"
        gain = "It was made up at the till; empty it, so that it stops telling people apart or together."
        yield Fix("worth it", facts.table.name, title, one.rows, gain)


def _writing(facts: TableFacts) -> Iterator[Fix]:
    """Damage and untidiness of texts."""
    for column in facts.table.columns:
        label = f"“{column.name}”"
        for trouble in _WRONG:
            gain = "Export again as UTF-8: names are then found, matched and printed right."
            yield Fix(
                "worth it", facts.table.name, f"{label}: {trouble}", column.troubles.get(trouble, 0), gain
            )
        for trouble in _UNTIDY:
            gain = "Matching is not disturbed, but letters, labels and receipts show it."
            yield Fix("tidy", facts.table.name, f"{label}: {trouble}", column.troubles.get(trouble, 0), gain)
        for doubt, count in column.doubts.items():
            yield Fix(
                "worth it",
                facts.table.name,
                f"{label} ({column.label}): {doubt}",
                count,
                _gain_of_doubt(column),
            )
        title = f"{label} holds e-mail addresses: values may have slipped into the wrong column"
        gain = "Each is a customer whose details are read wrong."
        yield Fix("worth it", facts.table.name, title, column.foreign, gain)


def _gain_of_doubt(column: Column) -> str:
    if column.meaning == "email":
        return "Mail to them bounces, and the same customer spelt right is somebody else."
    return "They are kept, but compared with others they rarely fit."


def _seconds(facts: TableFacts) -> Iterator[Fix]:
    """Columns beside the one that an import takes."""
    taken = {column.meaning: column.name for column in facts.table.columns if column.used}
    for column in facts.table.columns:
        if (
            not column.used
            and column.meaning in ("email", "phone", "loyalty_card")
            and column.meaning in taken
        ):
            title = f"“{column.name}” holds further values of {column.label}; only “{taken[column.meaning]}” is taken"
            gain = "A mapping can take whichever is better, or both for different kinds of customer."
            yield Fix("worth it", facts.table.name, title, column.usable, gain)


def _shared(one: SharedCount) -> Iterator[Fix]:
    """Contacts that join nobody. Numbers and cards do join, and are told of as those of different people."""
    if one.meaning not in _SURE:
        title = f"Values of {LABELS[one.meaning]} that stand on too many people or rows to be anybody's ({one.values:,})"
        gain = (
            f"They join nobody. With the customers' own instead, {some(one.rows, 'row')} can be joined again."
        )
        yield Fix("worth it", "all", title, one.rows, gain)


def _told(reasons: Mapping[str, int]) -> str:
    """The most frequent reasons with their counts."""
    first = [f"{reason} ({count:,})" for reason, count in list(reasons.items())[:_REASONS_TOLD]]
    rest = sum(list(reasons.values())[_REASONS_TOLD:])
    return ", ".join(first) + (f", other ({rest:,})" if rest else "")


_PARTS: Final = (_whole, _keyless, _differing, _unusable, _dates, _writing, _seconds)


def some(count: int, noun: str) -> str:
    """A number of things in words: `1 row`, `2 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
