"""Erase a person: destroy keys and hashes, leave marks that keep them away, and prove it.

Receipts stay, as nobody's, for the shop and the books; everything that names the person is gone: records,
identifiers, name words, links, consent, the sealed bodies of their events (re-sealed without the customer),
rejected messages that mention them, what they wrote in requests. It runs under the workspace's lock, in one
transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity import kinds, matching
from regulars.capabilities.identity import rules as identity
from regulars.capabilities.identity.component import RECORDS_PER_VALUE_MAX
from regulars.capabilities.identity.normalise import name_words
from regulars.capabilities.identity.partition import generic_of
from regulars.capabilities.identity.person import tombstones_of
from regulars.capabilities.identity.state import Fields, Record
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Session
from regulars.store.vault import Unreadable, Vault, open_sealed, seal
from regulars.vocabulary.errors import NotFound
from regulars.vocabulary.events import Event

from . import announce, identity_memory
from .anonymous import anonymous
from .audit_lines import audit_line
from .documents import Blob, document
from .erase_points import forget_points, points_left
from .identity_memory import AtWork
from .kept_points import keep_points
from .saving_identity import identity_calls
from .tables import EVENT
from .traces import Traces

_SQL = load_queries("regulars.store", "erase.sql")
_IDENTITY = load_queries("regulars.capabilities.identity")
_TURN = load_queries("regulars.store", "turn.sql")
_WEBHOOKS = load_queries("regulars.store", "webhooks.sql")
ERASED = "regulars.erased"
PAGE_EVENTS = 2_000


class Erasure(Struct):
    """What was erased. `marks` are keyed hashes; nothing in it names the person."""

    erasure_id: str
    workspace_id: int
    at: datetime
    actor: str
    marks: list[str]
    proof: dict[str, Any]
    quarantined: list[str] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)


class _Work(Struct):
    erased: list[Record]
    others: list[Record]
    marks: list[str] = field(default_factory=list)
    traces: Traces = field(default_factory=Traces)
    references: set[str] = field(default_factory=set)
    identifiers: list[tuple[int, str, str]] = field(default_factory=list)
    words: list[tuple[str, str]] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    mentions: list[int] = field(default_factory=list)
    others_changed: identity.Changes = field(default_factory=identity.Changes)


def _join(records: dict[str, Record], more: dict[str, Record]) -> None:
    for record_id, record in more.items():
        records.setdefault(record_id, record)


class Eraser:
    """Erases people of one workspace on one session."""

    def __init__(self, session: Session, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._vault = vault
        self._clock = clock
        self._workspace = {"workspace_id": vault.workspace_id}

    def erase(self, profile_id: str, *, actor: str, reason: str = "") -> Erasure:
        """Erase the person of a profile or record id. Raises NotFound when there is none (also on repeat)."""
        return self._erase_one(profile_id, actor, reason, None)

    def erase_again(self, record_ids: set[str], *, actor: str, reason: str = "") -> list[Erasure]:
        """Erase exactly these records, whoever they are matched with now; for what a restore brought back.

        One erasure for each group of linked records; they leave no marks, since the first erasure's are right
        and what the records say today may fit others. Ids of records that are not there are passed over.
        """
        done = []
        for record_id in sorted(record_ids):
            try:
                done.append(self._erase_one(record_id, actor, reason, record_ids))
            except NotFound:
                continue
        return done

    def _erase_one(self, profile_id: str, actor: str, reason: str, only: set[str] | None) -> Erasure:
        now = self._clock()
        mentions, seen_until = self._look_ahead(profile_id, only)
        try:
            self._session.begin(self._vault.workspace_id)
            self._session.run([Call(_TURN.lock_workspace, self._workspace)])
            work = self._find(profile_id, only)
            if only is not None:
                work.marks.clear()
            work.mentions = mentions + self._mentions(work.traces, seen_until)[0]
            erasure = self._erase(work, actor, reason, now)
            if only is None:
                self._announce(work, erasure)
            self._session.commit()
        except BaseException:
            self._session.rollback()
            raise
        return erasure

    def _look_ahead(self, profile_id: str, only: set[str] | None) -> tuple[list[int], int]:
        """Search the events of nobody before the lock is taken, since it may take long; the rest comes under it."""
        try:
            self._session.begin(self._vault.workspace_id)
            return self._mentions(self._find(profile_id, only).traces, 0)
        finally:
            self._session.rollback()

    def _mentions(self, traces: Traces, after: int) -> tuple[list[int], int]:
        """Numbers of the events without a record that tell of the person, and of the last one looked at."""
        found: list[int] = []
        while True:
            params = self._workspace | {"after": after, "limit": PAGE_EVENTS}
            page = self._session.run([Call(_SQL.read_unowned, params)])[0]
            for number, sealed in page:
                if traces.found_in(open_sealed(self._vault.workspace_key, sealed)):
                    found.append(number)
                after = number
            if len(page) < PAGE_EVENTS:
                return found, after

    def find_marked(self, marks: set[str]) -> list[str]:
        """Ids of records that an erasure marked but a restore brought back."""
        self._session.begin(self._vault.workspace_id)
        try:
            rows = self._session.run([Call(_SQL.list_records, self._workspace)])[0]
        finally:
            self._session.rollback()
        return [row[0] for row in rows if self._vault.tombstone("record", row[0]) in marks]

    def _find(self, profile_id: str, only: set[str] | None) -> _Work:
        """The records to erase and those around them: all of the profile's, or those in `only`."""
        found = self._session.run([Call(_SQL.resolve_profile, self._workspace | {"id": profile_id})])[0]
        if not found:
            raise NotFound("There is no customer with this id; they may have been erased already.")
        profile = found[0][0]
        rows = self._session.run([Call(_SQL.load_neighbours, self._workspace | {"id": profile})])[0]
        records = [Record(*row) for row in rows]
        for record in records:
            record.fields = self._open(record)
        erased = [r for r in records if (r.profile_id == profile if only is None else r.record_id in only)]
        ids = {record.record_id for record in erased}
        work = _Work(erased, [record for record in records if record.record_id not in ids])
        for record in work.erased:
            self._collect(work, record)
        return work

    def _open(self, record: Record) -> Fields:
        sealed = open_sealed(self._vault.unwrap(record.wrapped), record.sealed)
        return msgspec.json.decode(sealed, type=Fields)

    def _give_keys(self, record: Record, model: AtWork) -> None:
        """Open a record, with its keys of the set at work."""
        fields = record.fields or self._open(record)
        record.fields = identity.keyed(fields, model.matcher, self._vault.hash, model.keys)

    def _collect(self, work: _Work, record: Record) -> None:
        """Everything a record is known by: marks, hashes, and texts to search other places for."""
        fields = record.fields
        assert fields is not None, "records are opened when found"
        values = [
            (kinds.BY_NAME[name], value, entry[0])
            for name, said in fields.values.items()
            for value, entry in said.items()
        ]
        given, family = fields.scalar("given_name"), fields.scalar("family_name")
        rid = record.record_id
        # With the name and without: somebody may tell of them by the contact alone.
        for name in (given, None):
            work.marks += tombstones_of(rid, values, name, self._vault.tombstone)
        work.identifiers += [(kind, hash_, rid) for kind, _, hash_ in values]
        work.words += [(self._vault.hash("word", word), rid) for word in name_words(given, family)]
        work.addresses.update(hash_ for kind, _, hash_ in values if kind in (kinds.EMAIL, kinds.PHONE))
        work.traces.add(values, given, family)
        work.references.update(value for kind, value, _ in values if kind == kinds.EXTERNAL_ID)

    def _erase(self, work: _Work, actor: str, reason: str, now: datetime) -> Erasure:
        ids = uuids(record.record_id for record in work.erased)
        with_ids = self._workspace | {"ids": ids}
        events = self._anonymise_events(with_ids | {"numbers": work.mentions})
        quarantined = self._search_quarantine(work.traces)
        identifiers = [{"kind": k, "value": v, "id": r} for k, v, r in work.identifiers]
        words = [{"word": w, "id": r} for w, r in work.words]
        memory = identity_memory.load(self._session, self._vault)
        for record in (*work.erased, *work.others):
            self._give_keys(record, memory.model)
        keys = [{"key": key, "id": r.record_id} for r in work.erased if r.fields for key in r.fields.keys]
        keys_no = {"model_no": memory.model.keys}
        household = [
            {"key": key, "id": r.record_id} for r in work.erased if r.fields for key in r.fields.household
        ]
        self._session.run(
            [
                Call(_SQL.unname_days, with_ids),
                Call(_SQL.unname_sales, with_ids),
                Call(_SQL.delete_records, with_ids),
                Call(_SQL.delete_figures, with_ids),
                Call(_SQL.delete_identifiers, self._workspace | {"doc": document(identifiers)}),
                Call(_SQL.delete_words, self._workspace | {"doc": document(words)}),
                Call(_SQL.delete_consents, with_ids | {"addresses": uuids(work.addresses)}),
                self._forget_effects(work),
                *self._forget_messages(work),
                Call(_SQL.delete_quarantine, self._workspace | {"ids": uuids(quarantined)}),
                Call(_SQL.delete_answers, self._workspace),
                Call(_SQL.delete_keys, self._workspace | keys_no | {"keys": document(keys)}),
                Call(_SQL.delete_old_keys, with_ids | keys_no),
                Call(_SQL.delete_household_keys, self._workspace | {"keys": document(household)}),
                Call(_SQL.delete_promotion_counts, with_ids),
                Call(_SQL.delete_vouchers, with_ids),
                Call(_SQL.unname_promotion_holds, with_ids),
                Call(_SQL.unname_promotion_sales, with_ids),
                Call(_SQL.delete_manual, with_ids),
                Call(_SQL.delete_decision_pairs, with_ids),
                Call(_IDENTITY.delete_reviews, with_ids),
                Call(_SQL.empty_approvals, with_ids),
            ]
        )
        delta = self._cluster_others(work, memory)
        records = [record.record_id for record in work.erased]
        points = points_left(self._session, self._vault, records)
        proof = {
            "records": len(work.erased),
            "events_made_anonymous": events,
            "rejected_messages_removed": len(quarantined),
            "identifiers_removed": len(work.identifiers),
            "points_removed": sum(one.amount for one in points),
            "reason": reason,
        }
        erasure = self._register(work, actor, proof, delta, now)
        forget_points(
            self._session, self._vault, records, points, key=erasure.erasure_id, actor=actor, now=now
        )
        keep_points(self._session, self._vault, records)
        erasure.quarantined = quarantined
        erasure.sources = sorted({record.source_id for record in work.erased})
        return erasure

    def _forget_effects(self, work: _Work) -> Call:
        """What waits to be asked or told of the customer at a vendor."""
        members = [record.record_id for record in work.erased]
        named = {"references": list(work.references), "members": members}
        return Call(_SQL.delete_fetches, self._workspace | named)

    def _forget_messages(self, work: _Work) -> list[Call]:
        """Messages to webhooks that name the person; those of their sales stay, as nobody's."""
        named = self._workspace | {"names": [record.record_id for record in work.erased]}
        queries = (_SQL.forget_answers, _SQL.unname_messages, _SQL.delete_messages)
        return [Call(query, named) for query in queries]

    def _announce(self, work: _Work, erasure: Erasure) -> None:
        """Tell the webhooks, so that others erase the person as well."""
        rows = self._session.run([Call(_WEBHOOKS.load_endpoints, self._workspace)])[0]
        ids = sorted(record.record_id for record in work.erased)
        said = announce.erased(work.erased[0].profile_id, ids, erasure.erasure_id, work.others_changed)
        call = announce.call(self._vault, announce.by_type(rows), said, erasure.at)
        self._session.run([call] if call is not None else [])

    def _anonymise_events(self, with_ids: dict[str, Any]) -> int:
        """Re-seal the events of the records without the customer, under the workspace's own key."""
        keys: dict[str, bytes] = {}
        for row in self._session.run([Call(_IDENTITY.load_records, with_ids)])[0]:
            keys[row[0]] = self._vault.unwrap(row[6])
        rows = []
        blob = Blob()
        for number, received_at, _, record_id, key, _, sealed in self._session.run(
            [Call(_SQL.load_events, with_ids)]
        )[0]:
            data_key = keys[record_id] if record_id is not None else self._vault.workspace_key
            event = msgspec.json.decode(open_sealed(data_key, sealed), type=Event)
            bare = msgspec.json.encode(anonymous(event, key))
            at, size = blob.add(seal(self._vault.workspace_key, bare))
            rows.append({"no": number, "received_at": received_at, "at": at, "size": size})
        if rows:
            params = self._workspace | {"doc": document(rows), "blob": blob.whole()}
            self._session.run([Call(_SQL.reseal_events, params)])
        return len(rows)

    def _search_quarantine(self, traces: Traces) -> list[str]:
        found = []
        for quarantine_id, wrapped, sealed in self._session.run(
            [Call(_SQL.load_quarantine, self._workspace)]
        )[0]:
            try:
                body = open_sealed(self._vault.unwrap(wrapped), sealed)
            except Unreadable:
                continue
            if traces.found_in(body):
                found.append(quarantine_id)
        return found

    def _cluster_others(self, work: _Work, memory: identity_memory.IdentityMemory) -> int:
        """Cluster anew who shared values or keys with the person; returns the change in the number of profiles.

        What the person alone joined falls apart, and no component keeps the name of a record that is gone.
        """
        changes = work.others_changed
        state = memory.state()
        state.records = {record.record_id: record for record in work.others}
        self._free_values(work, state, memory.model, changes)
        self._free_keys(work, state, memory.model, changes)
        state.whole = {record.component_id for record in state.records.values()}
        changes.dirty = set(state.records)
        tools = identity.Tools(
            self._open,
            lambda _: self._vault.new_key()[1],
            self._vault.hash,
            memory.model.matcher,
            memory.model.keys,
        )
        found = self._compare_turned(state, memory.model, changes, tools)
        before = {record.profile_id for record in (*work.erased, *state.records.values())}
        matching.recluster(changes, found, state, tools)
        workspace = self._workspace | {"now": self._clock()}
        self._session.run(list(identity_calls(self._vault, changes, memory.model.keys, workspace)))
        return len({record.profile_id for record in state.records.values()}) - len(before)

    def _free_values(
        self, work: _Work, state: identity.State, model: AtWork, changes: identity.Changes
    ) -> None:
        """Values shared by too many until now, and by few enough without the person, may link again."""
        for kind, value in {(k, v) for k, v, _ in work.identifiers} & state.retired:
            params = self._workspace | {"kind": kind, "value": value, "limit": RECORDS_PER_VALUE_MAX + 1}
            carriers = [row[0] for row in self._session.run([Call(_SQL.load_carriers, params)])[0]]
            if len(carriers) > RECORDS_PER_VALUE_MAX:
                continue
            records = self._components_of(carriers, model)
            members = [identity.member_of(records[r], records[r].fields or Fields()) for r in carriers]
            if generic_of((kind, value), members) is None:
                changes.freed.add((kind, value))
                changes.turned.update(carriers)
                _join(state.records, records)
        state.retired = state.retired - changes.freed

    def _compare_turned(
        self, state: identity.State, model: AtWork, changes: identity.Changes, tools: identity.Tools
    ) -> matching.Candidates:
        """Compare who carries a freed value with those that share a key with them."""
        keys = sorted(matching.turned_keys(changes, state))
        if not keys:
            return matching.Candidates()
        limit = model.matcher.model.cluster.crowd + 1
        asked = {"model_no": model.keys, "keys": keys, "limit": limit}
        for row in self._session.run([Call(_IDENTITY.load_candidates, self._workspace | asked)])[0]:
            state.records.setdefault(row[0], Record(*row[:8]))
            for place in row[8]:
                state.carriers.setdefault(keys[place - 1], set()).add(row[0])
        found = matching.candidates(changes, state, tools)
        if found.components:
            asked = {"components": uuids(found.components), "records": uuids(()), "values": "[]"}
            for row in self._session.run([Call(_IDENTITY.load_components, self._workspace | asked)])[0]:
                state.records.setdefault(row[0], Record(*row))
                state.whole.add(row[4])
        return found

    def _free_keys(
        self, work: _Work, state: identity.State, model: AtWork, changes: identity.Changes
    ) -> None:
        """Keys that too many shared until now, and few enough do without the person, give pairs again."""
        keys = sorted({key for r in work.erased if r.fields for key in r.fields.keys} & state.crowded)
        most = model.matcher.model.cluster.crowd
        asked = {"model_no": model.keys, "keys": keys, "limit": most + 1}
        carriers: dict[int, list[str]] = {key: [] for key in keys}
        for row in self._session.run([Call(_IDENTITY.load_candidates, self._workspace | asked)])[0]:
            for place in row[8]:
                carriers[keys[place - 1]].append(row[0])
        for key, ids in carriers.items():
            if len(ids) <= most:
                changes.uncrowded.add(key)
                state.carriers[key] = set(ids)
                _join(state.records, self._components_of(ids, model))
        state.crowded = state.crowded - changes.uncrowded

    def _components_of(self, record_ids: list[str], model: AtWork) -> dict[str, Record]:
        """The records of the components that some records are in, opened."""
        with_ids = self._workspace | {"ids": uuids(record_ids)}
        loaded = self._session.run([Call(_IDENTITY.load_records, with_ids)])[0]
        wanted = {"components": uuids({row[4] for row in loaded}), "records": uuids(()), "values": "[]"}
        whole = self._session.run([Call(_IDENTITY.load_components, self._workspace | wanted)])[0]
        records = {row[0]: Record(*row) for row in whole}
        for record in records.values():
            self._give_keys(record, model)
        return records

    def _register(self, work: _Work, actor: str, proof: dict[str, Any], delta: int, now: datetime) -> Erasure:
        marks = sorted(set(work.marks))
        state = self._session.run([Call(_TURN.load_state, self._workspace)])[0][0]
        event_no, turn_no = state[0] + 1, state[1] + 1
        erasure_id = self._vault.hash("erasure", str(event_no), now.isoformat())
        logged = {
            "workspace_id": self._vault.workspace_id,
            "event_no": event_no,
            "received_at": now,
            "occurred_at": now,
            "event_key": erasure_id,
            "turn_no": turn_no,
            "source_id": 0,
            "type": ERASED,
            "record_id": None,
            "sealed": seal(self._vault.workspace_key, msgspec.json.encode({"marks": marks})),
        }
        saved = self._workspace | {"now": now, "marks": uuids(marks), "actor": actor, "id": erasure_id}
        emptied = self._empty_requests(work, saved)
        proof["requests_emptied"] = len(emptied)
        numbers = {
            "event_no": event_no,
            "turn_no": turn_no,
            "cache_step": 1,
            "profiles_delta": delta,
            "canary_at": None,
        }
        self._session.run(
            [
                Call(_TURN.save_events, {"rows": EVENT.rows(1, {}, logged)}),
                Call(_SQL.save_tombstones, saved),
                Call(_SQL.save_erasure, saved | {"proof": json.dumps(proof)}),
                Call(_TURN.save_state, self._workspace | {"now": now} | numbers),
            ]
        )
        audit_line(self._session, self._vault.workspace_id, actor, "customer.erased", erasure_id, proof, now)
        for number in emptied:
            audit_line(
                self._session,
                self._vault.workspace_id,
                actor,
                "request.erased",
                f"request:{number}",
                {"erasure": erasure_id},
                now,
            )
        return Erasure(erasure_id, self._vault.workspace_id, now, actor, marks, proof)

    def _empty_requests(self, work: _Work, saved: dict[str, Any]) -> list[int]:
        """Take out of the person's requests what they wrote, and end those that wait; their numbers."""
        with_ids = saved | {"ids": uuids(record.record_id for record in work.erased)}
        return [row[0] for row in self._session.run([Call(_SQL.erase_requests, with_ids)])[0]]
