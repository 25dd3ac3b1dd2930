"""The turn: a micro-batch of one workspace's events becomes state, in one transaction.

    lock → drop duplicates → load → survey → load what it asks → decide in order and save → commit

Nothing else writes customer state. The number of statements does not depend on the batch. Rules see
values only; loads go out in one pipeline, saves in another. A crash at any point leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from regulars.capabilities.identity import rules as identity
from regulars.capabilities.identity.state import Fields, Record
from regulars.capabilities.profile import sales
from regulars.capabilities.profile.state import Figures, RecordFigures
from regulars.store.session import Call, Session
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.intake import Result, Status

from . import erased, loading, saving
from .ahead import Ahead, Footprint
from .batch import Batch, Memory
from .prepared import Item, Prepared, Refused

STATISTICS_FIRST = 500
STATISTICS_UNTIL = 4_000_000
"""From here on autovacuum looks often enough."""


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
        ahead: Session | None = None,
    ) -> None:
        """With `log` False (a rebuild) the log is left alone; `keys` are wrapped keys that records have already.

        `ahead` is a second session, to read with for the batch after.
        """
        self._session = session
        self._vault = vault
        self._memory = memory
        self._clock = clock
        self._log = log
        self._keys: Mapping[str, bytes] = {} if keys is None else keys
        self._ahead = Ahead(ahead, vault.workspace_id) if ahead is not None else None
        self._footprint: Footprint | None = None
        self._tools = identity.Tools(self._open_fields, self._new_key, vault.hash)

    def run(self, items: Sequence[Item], meanwhile: Callable[[], None] = lambda: None) -> list[Result]:
        """Apply a batch and commit. Results are in order. `meanwhile` is called while the database writes.

        Raises DataFault or a rule's own error when the batch cannot be applied (nothing of it was), and
        StoreUnavailable on an outage: then it may or may not have been, and a repeat finds out.
        """
        taken = [item for item in items if isinstance(item, Prepared)]
        batch = Batch(self._clock(), taken, [item for item in items if isinstance(item, Refused)])
        try:
            self._session.begin(self._vault.workspace_id)
            self._load(batch, items)
            self._session.finish(self._writes(batch, meanwhile))
        except BaseException:
            self._footprint = None
            self._memory.doubt()
            self._session.rollback()
            raise
        saving.remember(self._memory, batch.entries)
        self._footprint = _footprint(batch, self._memory)
        self._look_anew(batch.event_no)
        return _results(items, batch)

    def read_ahead(self, items: Sequence[Item]) -> None:
        """Start to read for the batch that comes next, while another is being written."""
        if self._ahead is not None:
            wanted = [item for item in items if isinstance(item, Prepared)]
            self._ahead.start(items, loading.named_calls(self._vault, self._memory, wanted))

    def close(self) -> None:
        """Give up the connections."""
        if self._ahead is not None:
            self._ahead.close()
        self._session.close()

    def _look_anew(self, event_no: int) -> None:
        """Keep the planner's picture of a young workspace fresh; a failure costs speed only."""
        memory = self._memory
        due = memory.statistics_due
        if event_no < due:
            return
        while memory.statistics_due <= event_no:
            memory.statistics_due = max(STATISTICS_FIRST, memory.statistics_due * 4)
        if due == 0 or event_no > STATISTICS_UNTIL:
            return  # at the start of an engine the one before it has seen to that
        try:
            self._session.begin(self._vault.workspace_id)
            saving.refresh_statistics(self._session)
            self._session.commit()
        except RegularsError:
            self._session.rollback()

    def _load(self, batch: Batch, items: Sequence[Item]) -> None:
        batch.checked_at = batch.now
        before, self._footprint = self._footprint, None
        read = self._ahead.take(items) if self._ahead is not None else None
        ahead = (read, before) if read is not None and before is not None else None
        loading.first(self._session, self._vault, self._memory, batch, log=self._log, ahead=ahead)
        self._strip_erased(batch)
        said = [p.said for p in batch.fresh if p.said is not None]
        need = identity.survey(said, identity.State(batch.records, self._memory.retired), self._tools)
        if need.doubted:
            loading.carriers(self._session, self._vault, batch, need)
        loading.second(self._session, self._vault, batch, need)
        batch.loaded_at = self._clock()

    def _strip_erased(self, batch: Batch) -> None:
        """An erased customer does not come back: what tells of them is taken as anonymous."""
        if not self._memory.tombstones or not self._log:
            return  # the log holds what was left of such events; a rebuild plays that
        marks = {id(p): erased.marks_of(p, self._vault) for p in batch.fresh if p.said is not None}
        wanted = {mark for own in marks.values() for mark in own}
        found = loading.tombstones(self._session, self._vault, wanted)
        for prepared in batch.fresh:
            hit = marks.get(id(prepared), {}).keys() & found
            if hit:
                contacts = {marks[id(prepared)][mark] for mark in hit}
                erased.strip(prepared, contacts, self._vault)
        left = [p for p in batch.fresh if p.said is not None and marks[id(p)].keys() & found]
        if left:
            loading.people(self._session, self._vault, batch, left)

    def _writes(self, batch: Batch, meanwhile: Callable[[], None]) -> Iterator[Call]:
        """Decide, and hand out what to write as soon as it is known: the database works on it meanwhile."""
        saving.number_events(batch, log=self._log)
        self._decide_identity(batch)
        if self._log:
            yield from saving.events(self._vault, batch)
        meanwhile()
        batch.receipts_before = set(batch.rows.rows)
        # Copies: deciding marks rows as counted, and a turn that fails is run again from what was prepared.
        receipts = [msgspec.structs.replace(p.sale) for p in batch.fresh if p.sale is not None]
        batch.sales = sales.decide(receipts, batch.rows)
        batch.decided_at = self._clock()
        yield from saving.rooms(self._vault, self._memory, batch, log=self._log)

    def _decide_identity(self, batch: Batch) -> None:
        said = [p.said for p in batch.fresh if p.said is not None]
        state = identity.State(batch.records, self._memory.retired, batch.whole, batch.reviewed)
        batch.identity = identity.decide(said, state, self._tools)
        for one in said:
            record_id = one.person.record_id
            held = batch.figures.get(record_id)
            if held is None:
                batch.figures[record_id] = RecordFigures(record_id, one.occurred_at, Figures())
                batch.identity.seen.add(record_id)
            elif held.last_at < one.occurred_at:
                held.last_at = one.occurred_at
                batch.identity.seen.add(record_id)
        batch.rows.figures = batch.figures

    def _new_key(self, record_id: str) -> bytes:
        return self._keys.get(record_id) or self._vault.new_key()[1]

    def _open_fields(self, record: Record) -> Fields:
        assert record.sealed, "fields are loaded of every record that is more than repeated"
        key = self._vault.unwrap(record.wrapped)
        return msgspec.json.decode(open_sealed(key, record.sealed), type=Fields)


def utc_now() -> datetime:
    """The clock of the program."""
    return datetime.now(UTC)


def _footprint(batch: Batch, memory: Memory) -> Footprint:
    rows = batch.rows.rows
    return Footprint(
        counters=(batch.event_no, batch.turn_no, memory.cache_no),
        keys={prepared.event_key for prepared in batch.fresh},
        records=batch.records.keys() | batch.figures.keys(),
        receipts=set(rows),
        named={row.original_key for row in rows.values() if row.original_key is not None},
    )


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
        results.append(Result(item.id, status, profile_id=record.profile_id if record else None))
    return results
