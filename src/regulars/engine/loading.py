"""What a turn reads: by the keys its events name, then what the survey asks for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from regulars.capabilities.identity.cluster import RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.rules import Survey
from regulars.capabilities.identity.state import Record
from regulars.capabilities.profile.state import SALE, VOID, Figures, RecordFigures, SaleRow
from regulars.store.queries import load_queries
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault

from .batch import Batch, Memory, rekey_sale
from .documents import document, uuid_array
from .prepared import CANARY, Prepared

_IDENTITY = load_queries("regulars.capabilities.identity")
_PROFILE = load_queries("regulars.capabilities.profile")
_REGISTERS = load_queries("regulars.capabilities.registers")
_TURN = load_queries("regulars.store", "turn.sql")
_figures = msgspec.json.Decoder(Figures).decode


def first(session: Session, vault: Vault, memory: Memory, batch: Batch, *, log: bool) -> None:
    """Take the lock, claim the event keys, load records, figures and receipts the batch names."""
    workspace = {"workspace_id": vault.workspace_id}
    by_key: dict[str, Prepared] = {}
    for prepared in batch.taken:
        if by_key.setdefault(prepared.event_key, prepared) is not prepared:
            batch.duplicates.add(id(prepared))
    # A canary is a sign of life, not an event: it is not logged and claims no key that would be kept for ever.
    signs = {key for key, prepared in by_key.items() if prepared.event.type == CANARY}
    claim = Call(_TURN.claim_event_keys, workspace | {"keys": uuid_array(by_key.keys() - signs)})
    calls = [Call(_TURN.lock_workspace, workspace), Call(_TURN.load_state, workspace)]
    rows = session.run([*calls, claim] if log else calls)
    batch.event_no, batch.turn_no, cache_no = rows[1][0]
    new = {row[0] for row in rows[2]} | signs if log else set(by_key)
    if cache_no != memory.cache_no:
        _refresh(session, vault, memory, cache_no)
    # Prepared before the lock, perhaps while these were being read, so they are compared at every turn.
    for prepared in batch.taken:
        rekey_sale(prepared, memory.zones, vault)
    for key, prepared in by_key.items():
        if key in new:
            batch.fresh.append(prepared)
        else:
            batch.duplicates.add(id(prepared))
    _load_named(session, vault, batch, list(by_key.values()))


def _refresh(session: Session, vault: Vault, memory: Memory, cache_no: int) -> None:
    """Read anew what the engine keeps in memory, because it changed under another engine or at start."""
    workspace = {"workspace_id": vault.workspace_id}
    zones, generics, erased = session.run(
        [
            Call(_REGISTERS.load_zones, workspace),
            Call(_IDENTITY.load_generics, workspace),
            Call(_IDENTITY.load_tombstones_exist, workspace),
        ]
    )
    fresh = {code: ZoneInfo(name) for code, name in zones}
    memory.zones.clear()
    memory.zones.update(fresh)
    memory.retired = {(kind, value) for kind, value in generics}
    memory.tombstones = bool(erased[0][0])
    memory.cache_no = cache_no


def _load_named(session: Session, vault: Vault, batch: Batch, wanted: list[Prepared]) -> None:
    workspace = {"workspace_id": vault.workspace_id}
    ids = uuid_array({p.said.person.record_id for p in wanted if p.said})
    receipts = [p.sale for p in batch.fresh if p.sale is not None]
    keys = {key for row in receipts for key in (row.receipt_key, row.original_key) if key is not None}
    records, figures, rows, naming = session.run(
        [
            Call(_IDENTITY.load_records, workspace | {"ids": ids}),
            Call(_PROFILE.load_figures, workspace | {"ids": ids}),
            Call(_PROFILE.load_sales, workspace | {"ids": uuid_array({row.sale_id for row in receipts})}),
            Call(_PROFILE.load_naming, workspace | {"keys": uuid_array(keys)}),
        ]
    )
    batch.records = {row[0]: _record(row) for row in records}
    batch.rows.rows = {row[0]: _sale(row) for row in [*rows, *naming]}
    _take_figures(batch, figures)


def carriers(session: Session, vault: Vault, batch: Batch, need: Survey) -> None:
    """Ask for the components of all who carry a doubted value, unless they are still too many without a look."""
    params = {
        "workspace_id": vault.workspace_id,
        "values": document([{"kind": kind, "value": value} for kind, value in need.doubted]),
        "limit": RECORDS_PER_VALUE_MAX + len(batch.fresh) + 1,
    }
    for kind, value, component_id in session.run([Call(_IDENTITY.load_carriers, params)])[0]:
        batch.reviewed.add((kind, value))
        need.components.add(component_id)


def second(session: Session, vault: Vault, batch: Batch, need: Survey) -> None:
    """Load the components the survey asks for, the receipts that refunds and voids name, and their figures."""
    workspace = {"workspace_id": vault.workspace_id}
    rows = batch.rows.rows
    _load_originals(session, vault, batch)
    owners = {r for row in rows.values() for r in (row.record_id, row.counted_on) if r is not None}
    spanned = {row.counted_on for row in rows.values() if row.kind == SALE and row.counted_on is not None}
    calls: list[Call] = []
    if need.components or need.values:
        calls.append(
            Call(
                _IDENTITY.load_components,
                workspace
                | {
                    "components": uuid_array(need.components),
                    "values": document([{"kind": kind, "value": value} for kind, value in need.values]),
                },
            )
        )
    if rows:
        missing = owners - batch.figures.keys()
        calls.append(Call(_PROFILE.load_figures, workspace | {"ids": uuid_array(missing)}))
        touched = uuid_array(rows)
        calls.append(Call(_PROFILE.load_spans, workspace | {"ids": uuid_array(spanned), "touched": touched}))
    if not calls:
        return
    answers = session.run(calls)
    if need.components or need.values:
        for row in answers.pop(0):
            batch.records.setdefault(row[0], _record(row))
            batch.whole.add(row[4])
    if rows:
        _take_figures(batch, answers[0])
        batch.rows.spans = {row[0]: (row[1], row[2]) for row in answers[1]}


def _load_originals(session: Session, vault: Vault, batch: Batch) -> None:
    """The receipts that may be meant by refunds and voids, loaded or in the batch."""
    rows = batch.rows.rows
    said = [p.sale for p in batch.fresh if p.sale is not None]
    naming = [
        {
            "key": row.original_key,
            "store": row.original_store,
            "till": row.original_till,
            "day": row.original_date,
            "at": row.occurred_at,
            "any_kind": row.kind == VOID,
        }
        for row in (*rows.values(), *said)
        if row.original_key is not None
    ]
    if naming:
        touched = uuid_array({row.sale_id for row in said})
        params = {"workspace_id": vault.workspace_id, "naming": document(naming), "touched": touched}
        for row in session.run([Call(_PROFILE.load_named, params)])[0]:
            rows.setdefault(row[0], _sale(row))


def tombstones(session: Session, vault: Vault, marks: Iterable[str]) -> set[str]:
    """Which of the marks an erasure has left."""
    call = Call(
        _IDENTITY.load_tombstones, {"workspace_id": vault.workspace_id, "marks": uuid_array(set(marks))}
    )
    return {row[0] for row in session.run([call])[0]}


def _record(row: Row) -> Record:
    return Record(*row)


def _sale(row: Row) -> SaleRow:
    names = SaleRow.__struct_fields__
    values: dict[str, Any] = dict(zip(_SALE_COLUMNS, row, strict=True))
    return SaleRow(**{name: values[name] for name in names if name in values})


_SALE_COLUMNS = (
    """sale_id kind version source_id occurred_at business_date receipt receipt_key currency event_key
    store till channel staff original_key original_store original_till original_date total_minor
    tax_minor discount_minor items_micro lines record_id event_no counted_on counted void original_id"""
).split()


def _take_figures(batch: Batch, rows: Iterable[Row]) -> None:
    for record_id, last_at, figures, seen_hash, seen_at, seen_key in rows:
        held = RecordFigures(record_id, last_at, _figures(figures), seen_hash, seen_at, seen_key)
        batch.figures[record_id] = held
        record = batch.records.get(record_id)
        if record is not None:
            record.seen_hash, record.seen_at, record.seen_key = seen_hash, seen_at, seen_key
