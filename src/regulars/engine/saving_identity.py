"""What a turn writes of people: records, identifiers, keys, pairs to look at, values and keys that say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.rules import Changes, time_of
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call
from regulars.store.vault import Vault, seal

from .documents import Blob, document
from .tables import HOUSEHOLD_KEY, MATCH_KEY

_SQL = load_queries("regulars.capabilities.identity")
_encode = msgspec.json.encode
Doc = list[dict[str, Any]]


def identity_calls(vault: Vault, changes: Changes, keys_no: int, workspace: dict[str, Any]) -> Iterator[Call]:
    """What identity saves, with keys of the set of a number; `workspace` holds workspace_id and now."""
    yield from _records(vault, changes, workspace)
    yield from _keys(vault, changes, keys_no, workspace)
    yield from _household_keys(vault, changes, workspace)
    if changes.recompared:
        yield Call(_SQL.delete_reviews, workspace | {"ids": uuids(changes.recompared)})
    documents: list[tuple[Any, list[Any]]] = [
        (_SQL.save_identifiers, _identifiers(changes, kept=True)),
        (_SQL.delete_identifiers, _identifiers(changes, kept=False)),
        (_SQL.save_words, _words(changes, kept=True)),
        (_SQL.delete_words, _words(changes, kept=False)),
        (_SQL.delete_generics, [{"kind": kind, "value": value} for kind, value in changes.freed]),
        (_SQL.delete_inner_reviews, [{"id": r, "number": n} for r, n in changes.regrouped.items()]),
        (_SQL.save_reviews, list(changes.reviews.values())),
        (_SQL.save_generics, changes.generics),
        (_SQL.save_decided, _decided(changes)),
        (_SQL.save_decisions, _decisions(changes)),
        (_SQL.save_decision_pairs, _decision_pairs(changes)),
    ]
    for sql, rows in documents:
        if rows:
            yield Call(sql, workspace | {"doc": document(rows)})


def _records(vault: Vault, changes: Changes, workspace: dict[str, Any]) -> Iterator[Call]:
    if changes.records:
        blob, rows = Blob(), []
        for record in changes.records.values():
            sealed = seal(vault.unwrap(record.wrapped), _encode(record.fields))
            key_at, key_size = blob.add(record.wrapped)
            at, size = blob.add(sealed)
            rows.append(
                {
                    "id": record.record_id,
                    "source": record.source_id,
                    "known": record.known,
                    "first_at": record.first_at,
                    "component": record.component_id,
                    "profile": record.profile_id,
                    "key_at": key_at,
                    "key_size": key_size,
                    "at": at,
                    "size": size,
                }
            )
        yield Call(_SQL.save_records, workspace | {"doc": document(rows), "blob": blob.whole()})
    if changes.moved:
        moves = [
            {"id": r.record_id, "component": r.component_id, "profile": r.profile_id}
            for r in changes.moved.values()
        ]
        yield Call(_SQL.save_moves, workspace | {"doc": document(moves)})


def _keys(vault: Vault, changes: Changes, keys_no: int, workspace: dict[str, Any]) -> Iterator[Call]:
    for query, there in ((_SQL.save_keys, True), (_SQL.delete_keys, False)):
        keys = [key for key, now in changes.keys.items() if now is there]
        if keys:
            numbers, hashes, ids = zip(*keys, strict=True)
            columns = {"model_no": numbers, "key": hashes, "record_id": ids}
            same = {"workspace_id": vault.workspace_id}
            yield Call(query, workspace | {"rows": MATCH_KEY.rows(len(keys), columns, same)})
    for query, crowd in (
        (_SQL.save_crowded, changes.crowded),
        (_SQL.delete_crowded, changes.uncrowded),
    ):
        if crowd:
            yield Call(query, workspace | {"model_no": keys_no, "keys": sorted(crowd)})


def _household_keys(vault: Vault, changes: Changes, workspace: dict[str, Any]) -> Iterator[Call]:
    for query, there in ((_SQL.save_household_keys, True), (_SQL.delete_household_keys, False)):
        keys = [key for key, now in changes.household.items() if now is there]
        if keys:
            hashes, ids = zip(*keys, strict=True)
            rows = HOUSEHOLD_KEY.rows(
                len(keys), {"key": hashes, "record_id": ids}, {"workspace_id": vault.workspace_id}
            )
            yield Call(query, workspace | {"rows": rows})


def _identifiers(changes: Changes, *, kept: bool) -> Doc:
    return [
        {"kind": kind, "value": value, "id": record_id, "current": current}
        for (kind, value, record_id), current in changes.identifiers.items()
        if kind != kinds.DEVICE and (current is not None) is kept
    ]


def _words(changes: Changes, *, kept: bool) -> Doc:
    return [
        {"word": word, "id": record_id} for (word, record_id), now in changes.words.items() if now is kept
    ]


def _decided(changes: Changes) -> Doc:
    return [
        {
            "a": a,
            "b": b,
            "together": decided.together,
            "said_at": time_of(decided.stamp),
            "decision": decided.stamp[1],
        }
        for (a, b), decided in changes.decided.items()
    ]


def _decisions(changes: Changes) -> Doc:
    return [
        {
            "id": word.stamp[1],
            "at": time_of(word.stamp),
            "actor": word.actor,
            "reason": word.reason,
            "together": word.together,
            "pairs": len(word.pairs),
            "undoes": word.undoes,
        }
        for word in changes.words_said
    ]


def _decision_pairs(changes: Changes) -> Doc:
    return [
        {"a": min(pair), "b": max(pair), "decision": word.stamp[1]}
        for word in changes.words_said
        for pair in word.pairs
        if pair[0] != pair[1]
    ]
