"""What a turn reads: by the keys its events name, then what the survey asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from regulars.capabilities.identity.component import RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.rules import Survey
from regulars.capabilities.identity.state import Record
from regulars.capabilities.profile.state import SALE, VOID, Figures, RecordFigures, SaleRow
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault

from . import identity_memory
from .announce import by_type
from .batch import Batch, Memory, rekey_sale
from .documents import document
from .points import read_programmes
from .prepared import CANARY, Item, Prepared
from .tables import FIGURES
from .wake import Entangled, Wake

_IDENTITY = load_queries("regulars.capabilities.identity")
_PROFILE = load_queries("regulars.capabilities.profile")
_REGISTERS = load_queries("regulars.capabilities.registers")
_TURN = load_queries("regulars.store", "turn.sql")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_OFFERS = load_queries("regulars.capabilities.offers")
_WEBHOOKS = load_queries("regulars.store", "webhooks.sql")
_WRITE_BACKS = load_queries("regulars.store", "write_backs.sql")
_figures = msgspec.json.Decoder(Figures).decode


def first(
    session: Session,
    vault: Vault,
    memory: Memory,
    batch: Batch,
    *,
    log: bool,
    wakes: Sequence[Wake] = (),
    rows: list[list[Row]] | None = None,
    besides: Sequence[Call] = (),
) -> list[list[Row]]:
    """Take the lock, find duplicates, load records, figures and receipts the batch names: one round trip.

    With `wakes` of turns that are not committed yet the lock is not taken; `rows` are what `named_calls` gave, if
    they were read before. Else calls are made `besides`, and their rows returned. Raises Entangled when the last wake's
    `cache_no` is not the one at hand.
    """
    by_key: dict[str, Prepared] = {}
    for prepared in batch.taken:
        if by_key.setdefault(prepared.event_key, prepared) is not prepared:
            batch.duplicates.add(id(prepared))
    # A canary is a sign of life, not an event: it is not logged and claims no key that would be kept for ever.
    signs = {key for key, prepared in by_key.items() if prepared.type == CANARY}
    wanted = list(by_key.values())
    # Prepared before the lock, perhaps while these were being read, so they are compared at every turn.
    _rekey(wanted, memory, vault)
    keys = by_key.keys() - signs if log else set()
    if wakes:
        batch.event_no, batch.turn_no, batch.cache_no = wakes[-1].counters
        if batch.cache_no != memory.cache_no:
            raise Entangled
        named = rows or session.run([*_named(vault, wanted, keys), *besides])
    else:
        _, state, *named = session.run([*_lock_calls(vault), *_named(vault, wanted, keys), *besides])
        batch.event_no, batch.turn_no, batch.cache_no = state[0]
        if batch.cache_no != memory.cache_no:
            refresh(session, vault, memory, batch.cache_no)
            if _rekey(wanted, memory, vault):
                named[2:4] = session.run(_receipt_calls(vault, wanted))
    found, people_, receipts, naming, *others = named
    taken = {row[0] for row in found}.union(*(wake.keys for wake in wakes))
    for key, prepared in by_key.items():
        if key in taken:
            batch.duplicates.add(id(prepared))
        else:
            batch.fresh.append(prepared)
    batch.people, batch.model = memory.identity.state(), memory.identity.model
    _take_people(batch, people_)
    batch.rows.rows = {row[0]: sale_of(row) for row in [*receipts, *naming]}
    return others


def named_calls(vault: Vault, memory: Memory, items: Sequence[Item]) -> list[Call]:
    """Ask for all that the events of a batch name, duplicates of each other included."""
    wanted = [item for item in items if isinstance(item, Prepared)]
    _rekey(wanted, memory, vault)
    return _named(vault, wanted, {p.event_key for p in wanted if p.type != CANARY})


def lock(session: Session, vault: Vault) -> tuple[int, int, int]:
    """Take the lock; (event_no, turn_no, cache_no) as they are then."""
    return cast(tuple[int, int, int], session.run(_lock_calls(vault))[1][0])


def _lock_calls(vault: Vault) -> list[Call]:
    workspace = {"workspace_id": vault.workspace_id}
    return [Call(_TURN.lock_workspace, workspace), Call(_TURN.load_state, workspace)]


def _named(vault: Vault, wanted: list[Prepared], keys: set[str]) -> list[Call]:
    params = {"workspace_id": vault.workspace_id, "keys": uuids(keys)}
    find = Call(_TURN.find_event_keys, params)
    return [find, _people_call(vault, wanted), *_receipt_calls(vault, wanted)]


def _numbers(row: SaleRow) -> set[str]:
    """Keys of the receipt numbers a row has or names."""
    return {key for key in (row.receipt_key, row.original_key) if key is not None}


def people(session: Session, vault: Vault, batch: Batch, wanted: list[Prepared]) -> None:
    """Load the records of events that turned out to be of others than was thought."""
    _take_people(batch, session.run([_people_call(vault, wanted)])[0])


def _rekey(wanted: list[Prepared], memory: Memory, vault: Vault) -> bool:
    return sum(rekey_sale(prepared, memory.zones, vault) for prepared in wanted) > 0


def _people_call(vault: Vault, wanted: list[Prepared]) -> Call:
    """Ask for the records that events name, each with the one content said of it, if it is one."""
    contents: dict[str, str | None] = {}
    since: dict[str, datetime] = {}
    for prepared in wanted:
        if prepared.said is None:
            continue
        person = prepared.said.person
        record_id, at = person.record_id, prepared.occurred_at
        if record_id not in contents:
            contents[record_id], since[record_id] = person.content, at
            continue
        if contents[record_id] != person.content:
            contents[record_id] = None
        since[record_id] = min(since[record_id], at)
    columns: dict[str, Iterable[Any]] = {
        "record_id": contents,
        "seen_hash": contents.values(),
        "last_at": since.values(),
    }
    same = {"workspace_id": vault.workspace_id, "seen_at": None, "seen_key": None, "figures": b""}
    asked = FIGURES.rows(len(contents), columns, same)
    return Call(_TURN.load_people, {"workspace_id": vault.workspace_id, "asked": asked})


def _take_people(batch: Batch, rows: Iterable[Row]) -> None:
    for row in rows:
        rid = row[0].hex()
        record = Record(
            record_id=rid,
            source_id=row[1],
            known=row[2],
            first_at=row[3],
            component_id=row[4].hex() if row[4] is not None else rid,
            profile_id=row[5].hex() if row[5] is not None else rid,
            wrapped=row[6],
            sealed=row[7] or b"",
        )
        batch.records[rid] = record
        if row[8] is not None:
            record.seen_hash = row[10].hex() if row[10] is not None else None
            record.seen_at = row[11]
            record.seen_key = row[12].hex() if row[12] is not None else None
            batch.figures[rid] = RecordFigures(
                rid, row[8], _figures(row[9]), record.seen_hash, record.seen_at, record.seen_key
            )


def _receipt_calls(vault: Vault, wanted: list[Prepared]) -> list[Call]:
    """Ask for the receipts of a batch as they stand, and for the refunds and voids that name one of them."""
    workspace = {"workspace_id": vault.workspace_id}
    receipts = [p.sale for p in wanted if p.sale is not None]
    keys = {key for row in receipts for key in _numbers(row)}
    return [
        Call(_PROFILE.load_sales, workspace | {"ids": uuids({row.sale_id for row in receipts})}),
        Call(_PROFILE.load_naming, workspace | {"keys": uuids(keys)}),
    ]


def refresh(session: Session, vault: Vault, memory: Memory, cache_no: int) -> None:
    """Read anew what the engine keeps in memory, because it changed under another engine or at start."""
    workspace = {"workspace_id": vault.workspace_id}
    zones, tax_modes, erased, endpoints, programmes, offers, told = session.run(
        [
            Call(_REGISTERS.load_zones, workspace),
            Call(_REGISTERS.load_tax_modes, workspace),
            Call(_IDENTITY.load_tombstones_exist, workspace),
            Call(_WEBHOOKS.load_endpoints, workspace),
            Call(_LOYALTY.load_programmes, workspace),
            Call(_OFFERS.any_use, workspace),
            Call(_WRITE_BACKS.load_sources, workspace),
        ]
    )
    memory.identity = identity_memory.load(session, vault)
    fresh = {code: ZoneInfo(name) for code, name in zones}
    memory.zones.clear()
    memory.zones.update(fresh)
    memory.tombstones = bool(erased[0][0])
    memory.endpoints = by_type(endpoints)
    memory.tax_modes = dict(tax_modes)
    memory.programmes = read_programmes(programmes)
    memory.offers = bool(offers[0][0])
    memory.told = frozenset(source_id for (source_id,) in told)
    memory.cache_no = cache_no


def carriers(session: Session, vault: Vault, batch: Batch, need: Survey) -> None:
    """Ask for the components of all who carry a doubted value or key, unless they are still too many without a look."""
    params = {
        "workspace_id": vault.workspace_id,
        "values": document([{"kind": kind, "value": value} for kind, value in need.doubted]),
        "limit": RECORDS_PER_VALUE_MAX + len(batch.fresh) + 1,
    }
    crowd = {
        "workspace_id": vault.workspace_id,
        "model_no": batch.model.keys,
        "keys": sorted(need.emptied),
        "limit": _crowd(batch),
    }
    found, counts = session.run([Call(_IDENTITY.load_carriers, params), Call(_IDENTITY.load_crowd, crowd)])
    batch.people.reviewed_keys = {key for key, count in counts if count < crowd["limit"]}
    need.keys |= batch.people.reviewed_keys
    for kind, value, component_id in found:
        batch.people.reviewed.add((kind, value))
        need.components.add(component_id)


def _crowd(batch: Batch) -> int:
    """How many carriers of a key to ask for, to see whether it is still crowded after the batch."""
    return batch.model.matcher.model.cluster.crowd + len(batch.fresh) + 1


def second(session: Session, vault: Vault, batch: Batch, need: Survey) -> bool:
    """Load the components the survey asks for, the receipts that refunds and voids name, and their figures.

    False where nothing more was needed.
    """
    workspace = {"workspace_id": vault.workspace_id}
    rows = batch.rows.rows
    keys = sorted(need.keys)
    _load_originals(session, vault, batch)
    owners = {r for row in rows.values() for r in (row.record_id, row.counted_on) if r is not None}
    spanned = {row.counted_on for row in rows.values() if row.kind == SALE and row.counted_on is not None}
    calls: list[Call] = []
    surroundings = bool(need.components or need.values or need.records)
    if surroundings:
        values = document([{"kind": kind, "value": value} for kind, value in need.values])
        wanted = {"components": uuids(need.components), "records": uuids(need.records), "values": values}
        calls.append(Call(_IDENTITY.load_components, workspace | wanted))
    if keys:
        asked = {"model_no": batch.model.keys, "keys": keys, "limit": _crowd(batch)}
        calls.append(Call(_IDENTITY.load_candidates, workspace | asked))
    if rows:
        missing = owners - batch.figures.keys()
        calls.append(Call(_PROFILE.load_figures, workspace | {"ids": uuids(missing)}))
        touched = uuids(rows)
        calls.append(Call(_PROFILE.load_spans, workspace | {"ids": uuids(spanned), "touched": touched}))
    if not calls:
        return False
    answers = session.run(calls)
    if surroundings:
        _take_components(batch, answers.pop(0))
    if keys:
        _take_candidates(batch, keys, answers.pop(0))
    if rows:
        _take_figures(batch, answers[0])
        batch.rows.spans = {row[0]: (row[1], row[2]) for row in answers[1]}
    return True


def sharing(session: Session, vault: Vault, batch: Batch, wanted: Iterable[int]) -> None:
    """Load who carries keys."""
    keys = sorted(wanted)
    if keys:
        asked = {"model_no": batch.model.keys, "keys": keys, "limit": _crowd(batch)}
        call = Call(_IDENTITY.load_candidates, {"workspace_id": vault.workspace_id} | asked)
        _take_candidates(batch, keys, session.run([call])[0])


def components(session: Session, vault: Vault, batch: Batch, wanted: Iterable[str]) -> None:
    """Load whole components."""
    params = {
        "workspace_id": vault.workspace_id,
        "components": uuids(set(wanted)),
        "records": uuids(()),
        "values": "[]",
    }
    _take_components(batch, session.run([Call(_IDENTITY.load_components, params)])[0])


def _take_components(batch: Batch, rows: Iterable[Row]) -> None:
    for row in rows:
        take_record(batch, row)
        batch.people.whole.add(row[4])


def _take_candidates(batch: Batch, keys: list[int], rows: Iterable[Row]) -> None:
    for row in rows:
        take_record(batch, row[:8])
        for place in row[8]:
            batch.people.carriers.setdefault(keys[place - 1], set()).add(row[0])


def take_record(batch: Batch, row: Row) -> None:
    """Take a record as stored, unless it is there; fields that were left behind are taken."""
    record = batch.records.get(row[0])
    if record is None:
        batch.records[row[0]] = Record(*row)
    elif not record.sealed:
        record.sealed = row[7]


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
        touched = uuids({row.sale_id for row in said})
        params = {"workspace_id": vault.workspace_id, "naming": document(naming), "touched": touched}
        for row in session.run([Call(_PROFILE.load_named, params)])[0]:
            rows.setdefault(row[0], sale_of(row))


def tombstones(session: Session, vault: Vault, marks: Iterable[str]) -> set[str]:
    """Which of the marks an erasure has left."""
    call = Call(_IDENTITY.load_tombstones, {"workspace_id": vault.workspace_id, "marks": uuids(set(marks))})
    return {row[0] for row in session.run([call])[0]}


def sale_of(row: Row) -> SaleRow:
    """A receipt out of its row."""
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
