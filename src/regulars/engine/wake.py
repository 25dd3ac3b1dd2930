"""What a turn leaves behind, known before it is committed, so that the next one can be decided meanwhile.

A workspace has one writer. What is read for a batch while the turns before it are decided and written lacks at
most what those change, and that is in memory. Most of it is figures and event keys: they are laid over what was
read. Where a batch depends on more (a person, a receipt, a shared value that they change), it is Entangled, and
waits for their commit.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from regulars.capabilities.identity.rules import Survey
from regulars.capabilities.identity.state import Record
from regulars.capabilities.profile.state import SALE, RecordFigures, SaleRow

from .batch import Batch
from .points import Points


class Entangled(Exception):
    """A batch depends on what the turn before it changes."""


class Wake(Struct):
    """What a turn loaded or wrote, as it leaves it.

    `counters`: event_no, turn_no and cache_no afterwards. `changed`: records that are new, or say or belong to
    something else now; `components`, `values` and `match_keys` are those their links run over. `numbers`: keys of the numbers
    of its receipts; `named`: of those that its refunds and voids name. `points`: what it did to members' points; `staff`: codes of
    those it told of.
    """

    counters: tuple[int, int, int]
    keys: set[str]
    records: dict[str, Record]
    figures: dict[str, RecordFigures]
    changed: set[str]
    components: set[str]
    values: set[tuple[int, str]]
    match_keys: set[int]
    receipts: set[str]
    numbers: set[str]
    named: set[str]
    points: Points
    staff: set[str]

    def overlay(self, batch: Batch) -> None:
        """Bring what was loaded for the next batch up to this turn. Raises Entangled."""
        said = {p.said.person.record_id for p in batch.taken if p.said is not None}
        if not self.changed.isdisjoint(said) or not self.changed.isdisjoint(batch.records):
            raise Entangled
        if any(record.component_id in self.components for record in batch.records.values()):
            raise Entangled
        for record_id in (batch.records.keys() & self.figures.keys()) - batch.identity.seen:
            record, seen = batch.records[record_id], self.records.get(record_id) or self.figures[record_id]
            record.seen_hash, record.seen_at, record.seen_key = seen.seen_hash, seen.seen_at, seen.seen_key
        for record_id in batch.figures.keys() & self.figures.keys():
            batch.figures[record_id] = self.figures[record_id]
        receipts = [p.sale for p in batch.fresh if p.sale is not None]
        for row in (*receipts, *batch.rows.rows.values()):
            self._check_receipt(row)
        for row in batch.rows.rows.values():
            # First and last purchase are looked up anew when a purchase changes.
            if row.kind == SALE and row.counted_on in self.figures:
                raise Entangled

    def check_profiles(self, profiles: Mapping[str, str]) -> None:
        """Whether records are in the profiles they were read in. Raises Entangled."""
        moved = {record_id: self.records[record_id].profile_id for record_id in self.changed}
        if not moved.keys().isdisjoint(profiles) or not set(moved.values()).isdisjoint(profiles.values()):
            raise Entangled

    def check(self, need: Survey) -> None:
        """Whether what identity asks for is as it was before this turn. Raises Entangled."""
        if need.doubted or need.emptied or not self.match_keys.isdisjoint(need.keys):
            raise Entangled
        if self.components & need.components or self.values & need.values:
            raise Entangled

    def _check_receipt(self, row: SaleRow) -> None:
        if row.sale_id in self.receipts or row.receipt_key in self.named:
            raise Entangled
        if row.original_key is not None and (
            row.original_key in self.numbers or row.original_key in self.named
        ):
            raise Entangled


def wake_of(batch: Batch) -> Wake:
    """What a batch that is decided leaves, once it is committed."""
    changes, rows = batch.identity, batch.rows.rows
    changed = changes.records | changes.moved
    return Wake(
        counters=(batch.event_no, batch.turn_no, batch.cache_no + batch.cache_step),
        keys={prepared.event_key for prepared in batch.fresh},
        records=batch.records,
        figures=batch.figures,
        changed=set(changed),
        components=changes.components | {record.component_id for record in changed.values()},
        values={(kind, value) for kind, value, _ in changes.identifiers},
        match_keys={key for record_id in changes.before for key in _keys(batch.records[record_id])}
        | {key for _, key, _ in changes.keys},
        receipts=set(rows),
        numbers={row.receipt_key for row in rows.values()},
        named={row.original_key for row in rows.values() if row.original_key is not None},
        points=batch.points,
        staff={code for p in batch.fresh if p.entries is not None for code in p.entries.staff},
    )


def _keys(record: Record) -> list[int]:
    return record.fields.keys if record.fields is not None else []
