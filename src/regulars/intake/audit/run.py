"""One audit from beginning to end: read every table, count the people, tell what to mend."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, TextIO

from regulars.capabilities.identity.audit.checks import Setting
from regulars.capabilities.identity.audit.columns import shown_name
from regulars.capabilities.identity.audit.findings import SharedCount, StandIn, TableFacts, fixes
from regulars.capabilities.identity.audit.meanings import KEYS, LABELS
from regulars.capabilities.identity.audit.report import (
    VALUE_SHOWN_PEOPLE_MIN,
    Key,
    Report,
    Shared,
    TableReport,
)
from regulars.capabilities.identity.audit.shapes import shape
from regulars.capabilities.identity.kinds import LIMITED
from regulars.intake.files.meter import Meter
from regulars.vocabulary.errors import InvalidInput

from .gather import KIND_OF, Gatherer
from .ledger import Ledger
from .people import KeyCount, Result, TablePeople, count_people
from .people import Shared as SharedKey
from .tables import Table

TABLES_MAX: Final = 50
_STAND_IN_ROWS_MIN: Final = 30
_STAND_IN_SHARE: Final = 0.005
_STAND_INS_MAX: Final = 5
_MONTH_FIRST: Final = frozenset({"US", "PH", "PW", "FM"})
_MEANING_OF: Final = {kind: meaning for meaning, kind in KIND_OF.items()}


def audit(tables: Sequence[Table], *, region: str, today: date, stderr: TextIO | None = None) -> Report:
    """Audit the tables together. `region` (ISO 3166) is where phones without a prefix are read.

    Raises InvalidInput for more than TABLES_MAX tables, FileUnreadable when one breaks off or the disk is full.
    """
    if not 0 < len(tables) <= TABLES_MAX:
        raise InvalidInput(f"An audit takes 1 to {TABLES_MAX} files or sources.")
    began = time.monotonic()
    setting = Setting(region, today, day_first=region not in _MONTH_FIRST)
    meter, ledger = Meter(stderr), Ledger()
    try:
        gathered = [_gathered(table, place, setting, ledger, meter) for place, table in enumerate(tables)]
        ledger.finish()
        meter.show("Matching", 0.0)
        ends = [sum(one.rows for one in gathered[: place + 1]) for place in range(len(gathered))]
        result = count_people(ledger, ends)
        shared = _told_shared(result, tables, gathered, ends, meter)
        facts = [
            TableFacts(_table_report(table, one, people), one.keyless_for, _stand_ins(one), bool(table.given))
            for table, one, people in zip(tables, gathered, result.tables, strict=True)
        ]
    finally:
        meter.close()
        ledger.close()
    return Report(
        tables=[one.table for one in facts],
        people=result.people,
        unresolved=result.unresolved,
        shared=shared,
        shared_values=result.shared_keys.total(),
        fixes=fixes(facts, _shared_counts(result)),
        region=region,
        day=today.isoformat(),
        seconds=round(time.monotonic() - began, 3),
    )


def _gathered(table: Table, place: int, setting: Setting, ledger: Ledger, meter: Meter) -> Gatherer:
    gatherer = Gatherer(table, place, setting, ledger)
    for batch in table.batches():
        gatherer.take(batch)
        meter.show(f"Reading {shown_name(table.about.name)[:24]} ", table.share_read())
    return gatherer


def _table_report(table: Table, one: Gatherer, people: TablePeople) -> TableReport:
    unreadable = one.unreadable.total()
    return TableReport(
        name=shown_name(table.about.name),
        writing=table.about.writing,
        headed=table.about.headed,
        rows=one.rows,
        unreadable=unreadable,
        unreadable_reasons=dict(one.unreadable.most_common(20)),
        keyless=one.keyless,
        usable=people.usable,
        people=people.people,
        duplicates=people.usable - people.people,
        joining_share=_share(people.joined, people.usable),
        joining_other_share=_share(people.abroad, people.usable),
        keys=[
            _key(meaning, people.keys[KIND_OF[meaning]])
            for meaning in KEYS
            if people.keys[KIND_OF[meaning]].rows
        ],
        columns=[column.told() for column in one.columns.values()],
        columns_left_out=table.about.columns_left_out,
        repeated_names=[shown_name(name) for name in table.about.repeated_names],
    )


def _key(meaning: str, count: KeyCount) -> Key:
    return Key(
        name=LABELS[meaning],  # type: ignore[index]
        rows=count.rows,
        values=count.values,
        repeated=count.repeated,
        extra_rows=count.rows - count.values,
        differing=count.differing,
        differing_rows=count.differing_rows,
        common=count.common,
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _stand_ins(one: Gatherer) -> list[StandIn]:
    """Birth dates on far more people than chance puts there; told only for many different names."""
    least = max(_STAND_IN_ROWS_MIN, one.births.total() * _STAND_IN_SHARE)
    found = [
        StandIn(day, len(one.born.get(day, ())), rows)
        for day, rows in one.births.most_common(_STAND_INS_MAX)
        if rows >= least
    ]
    return [stand_in for stand_in in found if stand_in.people >= VALUE_SHOWN_PEOPLE_MIN]


def _shared_counts(result: Result) -> list[SharedCount]:
    return [
        SharedCount(_MEANING_OF[kind], values, result.shared_rows[kind])  # type: ignore[arg-type]
        for kind, values in sorted(result.shared_keys.items())
    ]


def _told_shared(
    result: Result, tables: Sequence[Table], gathered: Sequence[Gatherer], ends: Sequence[int], meter: Meter
) -> list[Shared]:
    """The shared values with their texts, which are read again from where they stand: nothing else kept them."""
    wanted: dict[int, dict[int, list[SharedKey]]] = {}
    for one in result.shared:
        place = next(number for number, end in enumerate(ends) if one.row < end)
        first = ends[place - 1] if place else 0
        wanted.setdefault(place, {}).setdefault(one.row - first, []).append(one)
    texts: dict[SharedKey, str] = {}
    for place, rows in wanted.items():
        texts |= _texts(tables[place], gathered[place], rows, meter)
    return [_shared(one, texts.get(one, "")) for one in result.shared]


def _texts(
    table: Table, gatherer: Gatherer, rows: Mapping[int, list[SharedKey]], meter: Meter
) -> dict[SharedKey, str]:
    found: dict[SharedKey, str] = {}
    first, last = 0, max(rows)
    for batch in table.batches():
        for row in rows.keys() & range(first, first + len(batch)):
            for one in rows[row]:
                found[one] = gatherer.key_in(batch, _MEANING_OF[one.kind], row - first) or ""
        first += len(batch)
        meter.show("Looking up", first / (last + 1))
        if first > last:
            break
    return found


def _shared(one: SharedKey, text: str) -> Shared:
    return Shared(
        field=LABELS[_MEANING_OF[one.kind]],  # type: ignore[index]
        people=one.people,
        rows=one.rows,
        joins=one.kind not in LIMITED,
        shape=shape(text),
        value=text if one.people >= VALUE_SHOWN_PEOPLE_MIN else None,
    )
