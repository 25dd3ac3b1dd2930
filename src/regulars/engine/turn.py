"""The turn: a micro-batch of one workspace's events becomes state, in one transaction.

    lock → drop duplicates → load → survey → load what it asks → decide in order and save → commit

Nothing else writes customer state. The number of statements does not depend on the batch. Rules see
values only; loads go out in one pipeline, saves in another. A crash at any point leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec

from regulars.capabilities.identity import matching
from regulars.capabilities.identity import rules as identity
from regulars.capabilities.identity.state import Fields, Record
from regulars.capabilities.profile import sales
from regulars.capabilities.profile.state import Figures, RecordFigures
from regulars.store.session import Call, Session
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.intake import Result, Status

from . import erased, loading, loyalty, offers, rekeying, saving
from .batch import Batch, Memory
from .flight import Flight, HandedOver, Read, Reading
from .member_rows import Ahead, named, profiles_call, read_ahead
from .points import events_named
from .prepared import Item, Prepared, Refused
from .statistics import Statistics
from .telling import tell_audit
from .wake import Entangled, Wake, wake_of


class Turn:
    """Runs batches of one workspace on one session. `clock` gives aware UTC times."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        memory: Memory,
        clock: Callable[[], datetime],
        *,
        log: bool = True,
        keys: Mapping[str, bytes] | None = None,
    ) -> None:
        """With `log` False (a rebuild) the log is left alone; `keys` are wrapped keys that records have already."""
        self._session = session
        self._vault = vault
        self._memory = memory
        self._clock = clock
        self._log = log
        self._keys: Mapping[str, bytes] = {} if keys is None else keys
        self._untold = True  # the engine before may have died before it told
        self._reader, self._ahead = session.another(), session.another()
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._statistics = Statistics(session.another(), vault.workspace_id, memory)

    def run(self, items: Sequence[Item]) -> list[Result]:
        """Apply a batch and commit. Results are in order.

        Raises DataFault or a rule's own error when the batch cannot be applied (nothing of it was), and
        StoreUnavailable on an outage: then it may or may not have been, and a repeat finds out.
        """
        batch = self._batch(items)
        try:
            self._session.begin(self._vault.workspace_id)
            self._load(batch, self._session)
            self._session.finish(self._writes(batch))
        except BaseException:
            self._memory.doubt()
            self._session.rollback()
            raise
        saving.remember(self._memory, batch.entries)
        self._afterwards(batch)
        return _results(items, batch)

    def read(self, items: Sequence[Item]) -> Reading:
        """Begin to read what a batch names, for the `launch` after the next."""
        calls = loading.named_calls(self._vault, self._memory, items)
        return self._reading.submit(self._read, calls, items)

    def launch(
        self,
        items: Sequence[Item],
        before: Flight | None = None,
        reading: Reading | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Flight:
        """Decide a batch and have another thread write and commit it; see `land`.

        `before` is the flight that is still being written, if any: the batch is decided on what that one leaves.
        `reading`: what was read for it since that one was begun. `meanwhile` is called as soon as the next batch may be
        read, and raises nothing. Raises Entangled when what is left is not known, and what `run` raises while it loads;
        then nothing was launched.
        """
        batch = self._batch(items)
        wakes = before.wakes if before is not None else []
        if before is not None and not wakes:
            raise Entangled
        session = self._reader if wakes else self._session
        read = reading.result() if reading is not None else None
        if wakes:  # both flights make sure that nobody else has written since the one before them landed
            meanwhile()
        try:
            session.begin(self._vault.workspace_id)
            self._load(batch, session, wakes, read)
        except BaseException:
            if not wakes:
                self._memory.doubt()
            session.rollback()
            raise
        if wakes:
            session.rollback()  # it only read
        else:  # the lock keeps others away from here on
            meanwhile()
        calls = HandedOver()
        flight = Flight(self._writing.submit(self._write, batch, calls, before))
        with calls:
            for call in self._writes(batch):
                calls.add(call)
            flight.results = _results(items, batch)
            flight.entries = batch.entries
            flight.wakes = [*wakes[-1:], wake_of(batch)]
        return flight

    def land(self, flight: Flight) -> None:
        """Wait for a flight's commit. Raises what `run` does; flights are landed in their order."""
        try:
            flight.landed.result()
        except BaseException:
            self._memory.doubt()
            raise
        saving.remember(self._memory, flight.entries)

    def close(self) -> None:
        """Give up threads and connections."""
        self._writing.shutdown(wait=True)
        self._reading.shutdown(wait=True)
        self._statistics.close()
        self._reader.close()
        self._ahead.close()
        self._session.close()

    def _batch(self, items: Sequence[Item]) -> Batch:
        taken = [item for item in items if isinstance(item, Prepared)]
        return Batch(self._clock(), taken, [item for item in items if isinstance(item, Refused)])

    def _read(self, calls: list[Call], items: Sequence[Item]) -> Read:
        try:
            self._ahead.begin(self._vault.workspace_id)
            return Read(*read_ahead(self._ahead, self._vault, self._memory.programmes, items, calls))
        finally:
            self._ahead.rollback()

    def _write(self, batch: Batch, calls: HandedOver, before: Flight | None) -> None:
        """Write and commit what was decided, if it was decided on what is there."""
        try:
            if before is not None:
                self._follow(before)
            self._session.finish(calls)
        except BaseException:
            self._session.rollback()
            raise
        self._afterwards(batch)

    def _follow(self, before: Flight) -> None:
        """Take the lock, and see that nobody has written since the flight before. Raises Entangled."""
        workspace_id = self._vault.workspace_id
        if before.landed.exception() is not None:
            raise Entangled
        self._session.begin(workspace_id)
        if loading.lock(self._session, self._vault) != before.wakes[-1].counters:
            raise Entangled

    def _afterwards(self, batch: Batch) -> None:
        """After a commit: what can wait, and costs no more than a delay when it fails."""
        self._statistics.look(batch.event_no)
        told = batch.identity.generics or batch.identity.words_said or batch.promotion
        self._untold = self._untold or bool(told)
        if self._untold and self._log:
            try:
                tell_audit(self._session, self._vault.workspace_id, self._clock)
                self._untold = False
            except RegularsError:
                self._session.rollback()

    def _load(
        self,
        batch: Batch,
        session: Session,
        wakes: Sequence[Wake] = (),
        read: Read | None = None,
    ) -> None:
        batch.checked_at = batch.now
        ahead = self._load_first(batch, session, wakes, read)
        self._strip_erased(batch, session)
        for wake in wakes:
            wake.overlay(batch)
        said = [p.said for p in batch.fresh if p.said is not None]
        tools = self._tools(batch)
        batch.identity = identity.tell(said, batch.people, tools)
        if rekeying.steps(batch):
            if wakes:
                raise Entangled
            rekeying.load_page(session, self._vault, batch, tools)
        identity.decide_pairs(batch.words(), batch.people, batch.identity)
        need = identity.survey(batch.identity, batch.people)
        for wake in wakes:
            wake.check(need)
        if need.doubted or need.emptied:
            loading.carriers(session, self._vault, batch, need)
        if loading.second(session, self._vault, batch, need):
            for wake in wakes:
                wake.overlay(batch)
        matching.turn_values(batch.identity, batch.people, tools)
        if batch.identity.turned:
            if wakes:
                raise Entangled  # who shares a key with them may be in the air
            loading.sharing(session, self._vault, batch, matching.turned_keys(batch.identity, batch.people))
        batch.found = matching.candidates(batch.identity, batch.people, tools)
        if batch.found.components:
            loading.components(session, self._vault, batch, batch.found.components)
            for wake in wakes:
                wake.overlay(batch)
        rekeying.join_groups(batch)
        batch.loaded_at = self._clock()
        self._load_loyalty(batch, session, wakes, ahead)

    def _load_first(
        self, batch: Batch, session: Session, wakes: Sequence[Wake], read: Read | None
    ) -> Ahead | None:
        """What the events name, unless it was read before; returns what there is of members."""
        if read is not None and wakes:
            loading.first(
                session, self._vault, self._memory, batch, log=self._log, wakes=wakes, rows=read.rows
            )
            return read.members
        programmes = self._memory.programmes
        touched = set(named(batch.taken, events_named(programmes))) if programmes else set()
        calls = [profiles_call({"workspace_id": self._vault.workspace_id}, touched)] if touched else []
        rows = loading.first(
            session, self._vault, self._memory, batch, log=self._log, wakes=wakes, besides=calls
        )
        return Ahead(touched, rows[0]) if rows else None

    def _load_loyalty(
        self, batch: Batch, session: Session, wakes: Sequence[Wake], ahead: Ahead | None
    ) -> None:
        """Points and promotions, which look at what identity and sales decided."""
        points = bool(self._memory.programmes) and loyalty.concerns(batch, self._memory.programmes)
        used = offers.concerns(batch, used=self._memory.offers)
        if not (points or used):
            return
        if used and wakes:
            raise Entangled
        self._decide(batch)
        if points:
            batch.points = loyalty.run(session, self._vault, self._memory, batch, wakes, ahead)
        if used:
            batch.offers = offers.run(session, self._vault, batch)

    def _strip_erased(self, batch: Batch, session: Session) -> None:
        """An erased customer does not come back: what tells of them is taken as anonymous."""
        if not self._memory.tombstones or not self._log:
            return  # the log holds what was left of such events; a rebuild plays that
        marks = {id(p): erased.marks_of(p, self._vault) for p in batch.fresh if p.said is not None}
        wanted = {mark for own in marks.values() for mark in own}
        found = loading.tombstones(session, self._vault, wanted)
        for prepared in batch.fresh:
            hit = marks.get(id(prepared), {}).keys() & found
            if hit:
                contacts = {marks[id(prepared)][mark] for mark in hit}
                erased.strip(prepared, contacts, self._vault)
        left = [p for p in batch.fresh if p.said is not None and marks[id(p)].keys() & found]
        if left:
            loading.people(session, self._vault, batch, left)

    def _writes(self, batch: Batch) -> Iterator[Call]:
        """Decide, and hand out what to write as soon as it is known: the database works on it meanwhile."""
        if not batch.decided:
            self._decide_people(batch)
        if self._log:
            yield from saving.events(self._vault, batch)
        if not batch.decided:
            self._decide_sales(batch)
        yield from saving.rooms(self._vault, self._memory, batch, log=self._log)

    def _decide(self, batch: Batch) -> None:
        """Identity and sales at once, where loyalty or promotions have to look at what they decided."""
        self._decide_people(batch)
        self._decide_sales(batch)
        batch.decided = True

    def _decide_sales(self, batch: Batch) -> None:
        batch.receipts_before = set(batch.rows.rows)
        # Copies: deciding marks rows as counted, and a turn that fails is run again from what was prepared.
        receipts = [msgspec.structs.replace(p.sale) for p in batch.fresh if p.sale is not None]
        batch.sales = sales.decide(receipts, batch.rows)
        batch.decided_at = self._clock()

    def _decide_people(self, batch: Batch) -> None:
        saving.number_events(batch, log=self._log)
        matching.recluster(batch.identity, batch.found, batch.people, self._tools(batch))
        for one in (p.said for p in batch.fresh if p.said is not None):
            record_id = one.person.record_id
            held = batch.figures.get(record_id)
            if held is None:
                batch.figures[record_id] = RecordFigures(record_id, one.occurred_at, Figures())
                batch.identity.seen.add(record_id)
            elif held.last_at < one.occurred_at:
                held.last_at = one.occurred_at
                batch.identity.seen.add(record_id)
        batch.rows.figures = batch.figures

    def _tools(self, batch: Batch) -> identity.Tools:
        work = batch.model

        def open_fields(record: Record) -> Fields:
            return identity.keyed(self._open_fields(record), work.matcher, self._vault.hash, work.keys)

        return identity.Tools(open_fields, self._new_key, self._vault.hash, work.matcher, work.keys)

    def _new_key(self, record_id: str) -> bytes:
        return self._keys.get(record_id) or self._vault.new_key()[1]

    def _open_fields(self, record: Record) -> Fields:
        assert record.sealed, "fields are loaded of every record that is more than repeated"
        key = self._vault.unwrap(record.wrapped)
        return msgspec.json.decode(open_sealed(key, record.sealed), type=Fields)


def utc_now() -> datetime:
    """The clock of the program."""
    return datetime.now(UTC)


def _results(items: Sequence[Item], batch: Batch) -> list[Result]:
    results = []
    for item in items:
        if isinstance(item, Refused):
            results.append(
                Result(item.id, "rejected", quarantine_id=batch.quarantined[id(item)], error=item.error)
            )
            continue
        record = batch.records.get(item.said.person.record_id) if item.said else None
        status: Status = "duplicate" if id(item) in batch.duplicates else "applied"
        points = batch.points.answers.get(item.event_key, []) if status == "applied" else []
        told = batch.offers.answers.get(item.event_key) if status == "applied" and batch.offers else None
        profile_id = record.profile_id if record else None
        results.append(Result(item.id, status, profile_id=profile_id, loyalty=points, offers=told))
    return results
