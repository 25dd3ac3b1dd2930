"""Tells webhooks what a turn made true: effects of the outbox, one for each message and endpoint that wants it.

Where no endpoint wants anything, which an engine knows from its memory, nothing is done. A message's id is a hash of
what it tells, so the same is told once. A rebuild announces nothing: what it plays was announced when it happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from regulars.capabilities.consent import rules as consent
from regulars.capabilities.consent.rules import Word
from regulars.capabilities.identity.regrouping import regrouped
from regulars.capabilities.identity.rules import Changes
from regulars.capabilities.profile.state import SALE
from regulars.store.queries import load_queries
from regulars.store.session import Call, Row
from regulars.store.vault import Vault
from regulars.vocabulary import webhooks
from regulars.vocabulary.webhooks import (
    ConsentChanged,
    CustomerErased,
    EventRejected,
    ProfileCreated,
    ProfileMerged,
    ProfileSplit,
    SaleRecorded,
)

from .batch import Batch, Memory
from .documents import document

_SQL = load_queries("regulars.store", "webhooks.sql")
Said: TypeAlias = tuple[Struct, str, Word | None]
"""What a message tells, what sets it apart from others of its content, and the word it holds only if that is news."""


def by_type(rows: Iterable[Row]) -> dict[str, list[int]]:
    """Which endpoints want a type of message, out of (endpoint, types)."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for endpoint_id, types in rows:
        for type_ in types:
            wanted[type_].append(endpoint_id)
    return dict(wanted)


def announce(vault: Vault, memory: Memory, batch: Batch, workspace: Mapping[str, Any]) -> list[Call]:
    """What the webhooks are told of a batch that is decided. To be sent before the batch's consents are saved."""
    if not memory.endpoints:
        return []
    found = call(vault, memory.endpoints, _said(batch), workspace["now"])
    return [found] if found is not None else []


def call(
    vault: Vault, endpoints: Mapping[str, list[int]], said: Iterable[Said], now: datetime
) -> Call | None:
    """The statement that puts messages into the outbox; None where nobody wants any of them."""
    rows: dict[str, dict[str, Any]] = {}
    for data, mark, word in said:
        type_ = webhooks.TYPE_OF[type(data)]
        if type_ not in endpoints:
            continue
        id_ = vault.hash("message", type_, msgspec.json.encode(data).decode(), mark)
        body = webhooks.message(data, id_=id_, at=now)
        compared = {} if word is None else _compared(word)
        for endpoint_id in endpoints[type_]:
            dedupe = vault.hash("webhook", str(endpoint_id), id_)
            rows[dedupe] = {"endpoint": endpoint_id, "dedupe": dedupe, "body": body, **compared}
    if not rows:
        return None
    params = {"workspace_id": vault.workspace_id, "now": now, "doc": document(list(rows.values()))}
    return Call(_SQL.save_messages, params)


def erased(profile_id: str, record_ids: list[str], erasure_id: str, others: Changes) -> Iterator[Said]:
    """What is told of an erasure, and of the people who shared something with the erased one."""
    yield CustomerErased(profile_id, record_ids, erasure_id), "", None
    yield from _regrouped(others, erasure_id)


def _said(batch: Batch) -> Iterator[Said]:
    yield from _regrouped(batch.identity, str(batch.turn_no))
    yield from _sales(batch)
    words = consent.latest(p.word for p in batch.fresh if p.word is not None)
    for word in words.values():
        whose = _profile_of(batch, word.record_id)
        told = ConsentChanged(whose, word.channel, word.purpose, word.granted, word.occurred_at)
        yield told, word.event_key, word
    for refused in batch.refused:
        if refused.replays is None:
            error, id_ = refused.error, batch.quarantined[id(refused)]
            yield EventRejected(id_, refused.source.name, error.code, error.field), "", None


def _sales(batch: Batch) -> Iterator[Said]:
    """Sales of the batch that are the newest telling of theirs."""
    for prepared in batch.fresh:
        sale = prepared.sale
        if sale is None or sale.kind != SALE:
            continue
        kept = batch.sales.rows.get(sale.sale_id)
        if kept is None or kept.event_key != prepared.event_key:
            continue
        told = SaleRecorded(
            sale_id=kept.sale_id,
            version=kept.version,
            profile_id=_profile_of(batch, kept.record_id),
            amount_minor=kept.total_minor,
            currency=kept.currency,
            store=kept.store,
            occurred_at=kept.occurred_at,
        )
        yield told, prepared.event_key, None


def _regrouped(changes: Changes, mark: str) -> Iterator[Said]:
    found = regrouped(changes.profiles_before, changes.profiles_after, changes.profile_moves)
    for profile_id in found.created:
        yield ProfileCreated(profile_id), mark, None
    for profile_id, from_ids in found.merged.items():
        yield ProfileMerged(profile_id, from_ids), mark, None
    for profile_id, into_ids in found.split.items():
        yield ProfileSplit(profile_id, into_ids), mark, None


def _profile_of(batch: Batch, record_id: str | None) -> str | None:
    record = batch.records.get(record_id) if record_id is not None else None
    return record.profile_id if record is not None else None


def _compared(word: Word) -> dict[str, Any]:
    """What a word is compared with in storage by: it is told only if it changes what holds."""
    return {
        "address": word.address,
        "channel": word.channel,
        "purpose": word.purpose,
        "granted": word.granted,
        "occurred_at": word.occurred_at,
        "event_key": word.event_key,
    }
