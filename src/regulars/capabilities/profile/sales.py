"""Decide what receipts count, and on whom: versions, refunds that name their sale, voids.

The outcome depends on the set of receipts alone, never on their order: the highest version is the sale; a
refund that names its original counts on that sale's record once the sale is there, and not at all while it
is missing or void; a refund that names none counts at once on its own record; a void takes its receipt out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct, field

from .figures import add_row, add_to_day, widen
from .state import REFUND, SALE, VOID, DayCell, DayKey, Figures, RecordFigures, SaleRow


class SalesState(Struct):
    """Loaded receipts by id, figures by record, and per record the span of purchases that stay untouched."""

    rows: dict[str, SaleRow] = field(default_factory=dict)
    figures: dict[str, RecordFigures] = field(default_factory=dict)
    spans: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)


class SalesChanges(Struct):
    """Receipts to save, records whose figures moved, differences of the shops' days."""

    rows: dict[str, SaleRow] = field(default_factory=dict)
    figures: set[str] = field(default_factory=set)
    days: dict[DayKey, DayCell] = field(default_factory=dict)


def decide(incoming: Iterable[SaleRow], state: SalesState) -> SalesChanges:
    """Apply a batch of receipts and voids. Mutates `state`; figures of all records concerned are loaded."""
    before: dict[str, SaleRow] = {}
    touched: list[str] = []
    for row in incoming:
        old = state.rows.get(row.sale_id)
        if old is None:
            state.rows[row.sale_id] = row
        elif old.order() >= row.order():
            continue
        else:
            before.setdefault(row.sale_id, old)
            row.counted, row.counted_on = old.counted, old.counted_on
            row.void = old.void
            row.original_id = old.original_id if row.original_key is not None else None
            state.rows[row.sale_id] = row
        touched.append(row.sale_id)
    changes = SalesChanges()
    if touched:
        for row in _affected(touched, state):
            _settle(row, before.get(row.sale_id), state, changes)
        for sale_id in touched:
            changes.rows[sale_id] = state.rows[sale_id]
    return changes


def _affected(touched: list[str], state: SalesState) -> list[SaleRow]:
    """Rows whose standing may change: the touched ones, and those tied to them by a refund or void."""
    affected = {sale_id: state.rows[sale_id] for sale_id in touched}
    named = [row for row in state.rows.values() if row.original_key is not None]
    if not named:
        return list(affected.values())
    keys = {key for row in affected.values() for key in (row.receipt_key, row.original_key)}
    for row in _resolve(named, keys, state):
        affected[row.sale_id] = row
    voided = {row.original_id for row in named if row.kind == VOID and row.original_id}
    for row in affected.values():
        # What names a receipt of another number is not loaded; such a receipt stays as it was.
        if row.receipt_key in keys:
            row.void = row.sale_id in voided
    dependents = [r for r in named if r.original_id in affected and r.sale_id not in affected]
    affected.update((row.sale_id, row) for row in dependents)
    return sorted(affected.values(), key=lambda row: (row.original_key is not None, row.sale_id))


def _resolve(named: list[SaleRow], keys: set[str | None], state: SalesState) -> list[SaleRow]:
    """Find anew which receipts the refunds and voids of these numbers mean; all rows this concerns."""
    groups: dict[str, list[SaleRow]] = defaultdict(list)
    for row in state.rows.values():
        if row.kind != VOID:
            groups[row.receipt_key].append(row)
    concerned: list[SaleRow] = []
    for row in named:
        if row.original_key not in keys:
            continue
        before = state.rows.get(row.original_id or "")
        original = _original_of(row, groups[row.original_key or ""])
        row.original_id = original.sale_id if original else None
        concerned += [found for found in (row, before, original) if found is not None]
    return concerned


def _original_of(row: SaleRow, group: list[SaleRow]) -> SaleRow | None:
    """The receipt a refund or void names: the latest before it, else the first after it."""
    fits = [
        r
        for r in group
        if r.sale_id != row.sale_id
        and (r.kind == SALE or row.kind == VOID)
        and (row.original_store is None or r.store == row.original_store)
        and (row.original_till is None or r.till == row.original_till)
        and (row.original_date is None or r.business_date == row.original_date)
    ]
    fits = [r for r in fits if r.kind == SALE] or fits
    earlier = [r for r in fits if r.occurred_at <= row.occurred_at]
    if earlier:
        return max(earlier, key=lambda r: (r.occurred_at, r.sale_id))
    return min(fits, key=lambda r: (r.occurred_at, r.sale_id), default=None)


def _settle(row: SaleRow, old: SaleRow | None, state: SalesState, changes: SalesChanges) -> None:
    """Bring a row's standing up to date and post the difference to figures and days."""
    counted, on = _standing(row, state)
    same = old is None and row.counted == counted and row.counted_on == on
    was, was_on = row.counted, row.counted_on
    row.counted, row.counted_on = counted, on
    changes.rows[row.sale_id] = row
    if same or row.kind == VOID:
        return
    if was:
        _post(_as_it_was(old or row, was_on), -1, state, changes)
    if counted:
        _post(row, 1, state, changes)
    if row.kind == SALE and was and was_on is not None:
        _respan(was_on, state)


def _as_it_was(row: SaleRow, counted_on: str | None) -> SaleRow:
    return msgspec.structs.replace(row, counted_on=counted_on)


def _standing(row: SaleRow, state: SalesState) -> tuple[bool, str | None]:
    """Whether a row counts now, and on which record."""
    if row.kind == VOID or row.void:
        return False, None
    if row.kind == REFUND and row.original_key is not None:
        original = state.rows.get(row.original_id or "")
        if original is None or original.void:
            return False, None
        return True, original.record_id
    return True, row.record_id


def _post(row: SaleRow, sign: int, state: SalesState, changes: SalesChanges) -> None:
    key = (row.business_date, row.store or "", row.channel or "", row.currency)
    add_to_day(changes.days.setdefault(key, DayCell()), row, sign)
    if row.counted_on is None:
        return
    held = state.figures[row.counted_on]
    add_row(held.figures, row, sign)
    changes.figures.add(row.counted_on)
    if row.kind == SALE and sign > 0:
        widen(held.figures, row.occurred_at)


def _respan(record_id: str, state: SalesState) -> None:
    """After a purchase was taken out or moved, first and last come from the untouched ones and the batch."""
    figures: Figures = state.figures[record_id].figures
    figures.first_purchase_at = figures.last_purchase_at = None
    for at in state.spans.get(record_id, ()):
        widen(figures, at)
    for row in state.rows.values():
        if row.kind == SALE and row.counted and row.counted_on == record_id:
            widen(figures, row.occurred_at)
