"""What a turn writes: one document or list of rows a room, each sent as soon as it is made."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import msgspec

from regulars.capabilities.consent import rules as consent
from regulars.capabilities.registers import rules as registers
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call
from regulars.store.vault import Vault, seal
from regulars.vocabulary.events import PUBLISHED, TELL

from . import rekeying
from .announce import announce
from .batch import Batch, Memory
from .documents import Blob, document
from .offers import offers_calls
from .prepared import CANARY, Prepared
from .saving_identity import identity_calls
from .saving_loyalty import loyalty_calls
from .tables import EVENT, FIGURES, SALE
from .vouchers import voucher_calls
from .wishing import wishes

_IDENTITY = load_queries("regulars.capabilities.identity")
_PROFILE = load_queries("regulars.capabilities.profile")
_CONSENT = load_queries("regulars.capabilities.consent")
_REGISTERS = load_queries("regulars.capabilities.registers")
_LOYALTY = load_queries("regulars.capabilities.loyalty")
_TURN = load_queries("regulars.store", "turn.sql")
_encode = msgspec.json.encode
REMEMBERED_MAX = 200_000
_SALE_COLUMNS = SALE.names[1:]
_sale_values = attrgetter(*_SALE_COLUMNS)


def events(vault: Vault, batch: Batch) -> Iterator[Call]:
    """The log's part of what a turn writes; it needs the records' keys only."""
    workspace = {"workspace_id": vault.workspace_id, "now": batch.now}
    yield from _events(vault, batch, workspace)


def rooms(vault: Vault, memory: Memory, batch: Batch, *, log: bool) -> Iterator[Call]:
    """Everything the rooms decided."""
    workspace = {"workspace_id": vault.workspace_id, "now": batch.now}
    yield from _profile(batch, workspace)
    yield from identity_calls(vault, batch.identity, batch.model.keys, workspace)
    yield from loyalty_calls(batch.points, workspace, log=log)
    if log:
        yield from voucher_calls(vault, memory, batch, workspace)
    first_offers = False
    if batch.offers is not None:
        yield from offers_calls(batch.offers, workspace)
        first_offers = bool(batch.offers.usage.moved_counts) and not memory.offers
    entries, register_calls = _registers(vault, memory, batch, workspace)
    batch.entries = entries
    yield from register_calls
    if log:
        yield from _turn(batch, workspace)
        yield from rekeying.calls(batch, workspace)
        yield from _outbox(vault, batch, workspace)
        yield from wishes(vault, memory, batch, workspace)
        yield from _quarantine(vault, batch, workspace)
        yield from announce(
            vault, memory, batch, workspace
        )  # before consent is saved, with which it compares
    yield from _consents(batch, workspace)
    zones_changed = any(entry.said_at is not None for entry in entries.stores.values())
    found = batch.identity
    known = found.generics or found.freed or found.crowded or found.uncrowded or found.decided
    # Another model, or keys of which the database alone knows by now which are crowded.
    step = batch.matching
    promoted = step is not None and (step.promoted or (step.keyed and step.reached is None))
    published = [p.loyalty for p in batch.fresh if p.type == PUBLISHED and p.loyalty is not None]
    for said in published:
        version = {"programme": said.programme, "version": said.version, "effective_from": said.active_from}
        yield Call(_LOYALTY.put_in_force, workspace | version)
    batch.cache_step = int(bool(zones_changed or known or promoted or published or first_offers))
    if known and not zones_changed and not promoted and not published and not first_offers:
        memory.identity.follow(found, batch.people.manual)
        memory.cache_no = batch.cache_no + batch.cache_step
    numbers = {
        "event_no": batch.event_no,
        "turn_no": batch.turn_no,
        "cache_step": batch.cache_step,
        "profiles_delta": batch.identity.profiles_delta,
        "canary_at": batch.canary_at,
    }
    yield Call(_TURN.save_state, workspace | numbers)


def remember(memory: Memory, entries: registers.Entries) -> None:
    """After the commit: these codes are in the registers for certain."""
    memory.stores.update(entries.stores)
    memory.staff.update(entries.staff)
    memory.products.update(entries.products)
    if len(memory.products) > REMEMBERED_MAX:
        memory.products.clear()


def number_events(batch: Batch, *, log: bool) -> None:
    """Give new events their numbers (a rebuild's have theirs); notes when the batch's canary sang, if any."""
    batch.turn_no += 1
    for prepared in batch.fresh:
        if prepared.type == CANARY:
            batch.canary_at = batch.now
            continue
        batch.event_no = batch.event_no + 1 if log else prepared.event_no
        prepared.event_no = batch.event_no
        if prepared.sale is not None:
            prepared.sale.event_no = batch.event_no


def _events(vault: Vault, batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    logged = [prepared for prepared in batch.fresh if prepared.type != CANARY]
    if not logged:
        return []
    records = [batch.records.get(p.said.person.record_id) if p.said else None for p in logged]
    keys = [prepared.event_key for prepared in logged]
    columns: dict[str, list[Any]] = {
        "event_no": [prepared.event_no for prepared in logged],
        "received_at": [prepared.received_at for prepared in logged],
        "occurred_at": [prepared.occurred_at for prepared in logged],
        "event_key": keys,
        "source_id": [prepared.source.source_id for prepared in logged],
        "type": [prepared.type for prepared in logged],
        "record_id": [record.record_id if record else None for record in records],
        "sealed": [
            seal(vault.unwrap(record.wrapped) if record else vault.workspace_key, prepared.body)
            for prepared, record in zip(logged, records, strict=True)
        ],
    }
    same = {"workspace_id": vault.workspace_id, "turn_no": batch.turn_no}
    return [
        Call(_TURN.save_event_keys, workspace | {"keys": uuids(keys)}),
        Call(_TURN.save_events, {"rows": EVENT.rows(len(logged), columns, same)}),
    ]


def _turn(batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    """The turn's clock readings, when it logged anything."""
    logged = [prepared.checked_at for prepared in batch.fresh if prepared.type != CANARY]
    if not logged:
        return []
    readings = {
        "checked_at": min(batch.now, *logged),
        "loaded_at": batch.loaded_at,
        "decided_at": batch.decided_at,
    }
    return [Call(_TURN.save_turn, workspace | readings | {"turn_no": batch.turn_no, "events": len(logged)})]


def _profile(batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    calls = []
    same = {"workspace_id": workspace["workspace_id"]}
    touched = [batch.figures[record_id] for record_id in batch.identity.seen | batch.sales.figures]
    if touched:
        for held in touched:
            record = batch.records.get(held.record_id)
            # One that was loaded for others to be compared with does not know when it was last repeated.
            if record is not None and held.record_id in batch.identity.seen:
                held.seen_hash, held.seen_at, held.seen_key = (
                    record.seen_hash,
                    record.seen_at,
                    record.seen_key,
                )
        columns: dict[str, Any] = {
            "record_id": [held.record_id for held in touched],
            "seen_hash": [held.seen_hash for held in touched],
            "seen_at": [held.seen_at for held in touched],
            "seen_key": [held.seen_key for held in touched],
            "last_at": [held.last_at for held in touched],
            "figures": [_encode(held.figures) for held in touched],
        }
        calls.append(Call(_PROFILE.save_figures, {"rows": FIGURES.rows(len(touched), columns, same)}))
    before = batch.receipts_before
    for sql, receipts in (
        (_PROFILE.add_sales, [row for row in batch.sales.rows.values() if row.sale_id not in before]),
        (_PROFILE.change_sales, [row for row in batch.sales.rows.values() if row.sale_id in before]),
    ):
        if receipts:
            columns = dict(zip(_SALE_COLUMNS, zip(*map(_sale_values, receipts), strict=True), strict=True))
            calls.append(Call(sql, workspace | {"rows": SALE.rows(len(receipts), columns, same)}))
    days = [
        {"day": day, "store": store, "channel": channel, "currency": currency, **msgspec.structs.asdict(cell)}
        for (day, store, channel, currency), cell in batch.sales.days.items()
    ]
    if days:
        calls.append(Call(_PROFILE.save_days, workspace | {"doc": document(days)}))
    return calls


def _consents(batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    words = consent.latest(p.word for p in batch.fresh if p.word is not None)
    if not words:
        return []
    return [Call(_CONSENT.save_consents, workspace | {"doc": document(list(words.values()))})]


def _registers(
    vault: Vault, memory: Memory, batch: Batch, workspace: dict[str, Any]
) -> tuple[registers.Entries, list[Call]]:
    told = [p.entries or _mentioned(p, memory) for p in batch.fresh]
    entries = registers.merge(one for one in told if one is not None)
    staff = [
        {
            **msgspec.structs.asdict(e),
            "details": None,
            "sealed": base64.b64encode(seal(vault.workspace_key, e.details)).decode() if e.details else None,
        }
        for e in entries.staff.values()
    ]
    calls = []
    for sql, rows in (
        (_REGISTERS.save_stores, list(entries.stores.values())),
        (_REGISTERS.save_products, list(entries.products.values())),
        (_REGISTERS.save_staff, staff),
        (_REGISTERS.save_stock, list(entries.stock.values())),
    ):
        if rows:
            calls.append(Call(sql, workspace | {"doc": document(rows)}))
    return entries, calls


def _mentioned(prepared: Prepared, memory: Memory) -> registers.Entries | None:
    """Codes of a sale that are not known for certain; of most sales all are."""
    sale = prepared.sale
    if sale is None:
        return None
    known = (
        (sale.store is None or sale.store in memory.stores)
        and (sale.staff is None or sale.staff in memory.staff)
        and memory.products.issuperset(prepared.skus)
    )
    return None if known else registers.mentioned(prepared.event(), memory)


def _outbox(vault: Vault, batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    rows = {}
    for prepared in batch.fresh:
        for fetch in prepared.fetches:
            if fetch.kind == TELL:
                continue
            source = prepared.source.source_id
            parts = (str(source), fetch.kind, fetch.reference, str(fetch.version), prepared.event_key)
            dedupe = vault.hash("fetch", *parts)
            body = msgspec.to_builtins(fetch)
            rows[dedupe] = {"kind": "fetch", "source": source, "dedupe": dedupe, "body": body}
    if not rows:
        return []
    return [Call(_TURN.save_outbox, workspace | {"doc": document(list(rows.values()))})]


def _quarantine(vault: Vault, batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    quarantined = batch.quarantined
    calls = _tried_again(batch, workspace)
    fresh = [refused for refused in batch.refused if refused.replays is None]
    if not fresh:
        return calls
    blob = Blob()
    rows = []
    for number, refused in enumerate(fresh):
        key, wrapped = vault.new_key()
        quarantine_id = vault.hash("quarantine", str(batch.turn_no), str(number), wrapped.hex())
        quarantined[id(refused)] = quarantine_id
        key_at, key_size = blob.add(wrapped)
        at, size = blob.add(seal(key, refused.body))
        rows.append(
            {
                "id": quarantine_id,
                "received_at": refused.received_at,
                "source": refused.source.source_id,
                "door": refused.door,
                "type": refused.type,
                "code": refused.error.code,
                "field": refused.error.field,
                "message": refused.error.message,
                "key_at": key_at,
                "key_size": key_size,
                "at": at,
                "size": size,
            }
        )
    return [*calls, Call(_TURN.save_quarantine, workspace | {"doc": document(rows), "blob": blob.whole()})]


def _tried_again(batch: Batch, workspace: dict[str, Any]) -> list[Call]:
    """Messages that failed once more stay where they are, with the newer fault."""
    rows = []
    for refused in batch.refused:
        if refused.replays is not None:
            batch.quarantined[id(refused)] = refused.replays
            error = refused.error
            rows.append(
                {"id": refused.replays, "code": error.code, "field": error.field, "message": error.message}
            )
    return [Call(_TURN.mark_tried_again, workspace | {"doc": document(rows)})] if rows else []
