"""Rebuild: play the log into a shadow workspace, compare it with the live state, or put it in its place.

The same code that took the events plays them again, turn by turn, with the clock readings of the log.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import groupby, islice, zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity.rules import settle_repeats
from regulars.capabilities.identity.state import Fields, Record
from regulars.engine.anonymous import FORGOTTEN
from regulars.engine.batch import Memory
from regulars.engine.erase import ERASED
from regulars.engine.kept_points import put_back
from regulars.engine.prepared import Refused
from regulars.engine.turn import Turn, utc_now
from regulars.store.database import Connection, Database
from regulars.store.queries import load_queries
from regulars.store.rollup import Rollup
from regulars.store.session import Call, Row, Session
from regulars.store.transfer import replace_rows
from regulars.store.vault import Vault, open_sealed
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.errors import Conflict
from regulars.vocabulary.events import PROMOTED, REKEYED
from regulars.vocabulary.intake import OWN_SOURCE_ID, Source, own_source

from .prepare import Preparer

_SQL = load_queries("regulars.store", "rebuild.sql")
_TURN = load_queries("regulars.store", "turn.sql")
PAGE_EVENTS = 4_000
HOLDER_IDLE_SECONDS = 3_600
DIFFERENCES_MAX = 20
NOT_PLAYED = frozenset((ERASED, PROMOTED, REKEYED))
"""What the log holds for the record, and a rebuild does not need: it matches by the model at work from the start."""
COMPARED = (
    "records figures sales days reports consents identifiers keys crowds households reviews generics decided stores products"
    " stocks accounts lots holds earnings offer_counts offer_holds offer_sales counters"
).split()
REPLACED = (
    "record record_figures identifier name_word match_key crowded_key household_key review generic_value sale store_day report_figure"
    " consent store product stock loyalty_account loyalty_lot loyalty_hold loyalty_earning"
    " promotion_count promotion_hold promotion_sale"
).split()
DECIDED = ["manual_link", "decision", "decision_pair"]
"""What people decided: compared, but not replaced, since an erasure has taken words out of it."""
SHADOWED = [
    *REPLACED, *DECIDED, "report_touched", "report_state", "staff", "workspace_state", "identity_model",
    "programme", "programme_version",
]  # fmt: skip


class _Typed(Struct):
    type: str


class Report(Struct):
    """What a rebuild found. `differences` name table and key, live and rebuilt, without personal data."""

    events: int = 0
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether the log gives exactly the live state."""
        return not self.differences


class Rebuilder:
    """Rebuilds one workspace. `progress` hears the events played so far."""

    def __init__(
        self, database: Database, vault: Vault, *, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        self._database = database
        self._vault = vault
        self._progress = progress
        self._keys: dict[str, bytes] = {}
        self._target: tuple[Session, int] | None = None
        self._memory = Memory()
        self._zones: dict[str, ZoneInfo] = self._memory.zones

    def verify(self) -> Report:
        """Compare what the log gives with the live state, which is held still while comparing."""
        return self._run(replace=False)

    def replace(self) -> Report:
        """Put what the log gives in the place of the live state. The report says what differed before."""
        return self._run(replace=True)

    def _run(self, *, replace: bool) -> Report:
        started = time.monotonic()
        shadow_id = add_workspace(self._database, f"rebuild-{self._vault.workspace_id}-{time.time_ns()}")
        report = Report()
        # The holder idles while the rest is played and everything compared; its end would free the lock.
        reader, holder = Session(self._database), Session(self._database, idle_seconds=HOLDER_IDLE_SECONDS)
        try:
            shadow = self._vault.shadow(shadow_id)
            self._copy_model(shadow_id)
            self._copy_programmes(shadow_id)
            turn_session = Session(self._database)
            self._target = (turn_session, shadow_id)
            turn = Turn(turn_session, shadow, self._memory, utc_now, log=False, keys=self._keys)
            after = self._play(reader, turn, 0, report)
            holder.begin(self._vault.workspace_id)
            holder.run([Call(_TURN.lock_workspace, {"workspace_id": self._vault.workspace_id})])
            self._play(holder, turn, after, report, close=False)
            # No turn runs now, so once all that waits is added up, both sides have their last figures.
            for workspace_id in (self._vault.workspace_id, shadow_id):
                Rollup(self._database, workspace_id).settle()
            report.differences = self._compare(shadow)
            if replace:
                self._take_over(holder, shadow)
                holder.commit()
            turn_session.close()
        finally:
            holder.rollback()
            self._drop(shadow_id)
            reader.close()
            holder.close()
        report.seconds = time.monotonic() - started
        return report

    def _play(self, reader: Session, turn: Turn, after: int, report: Report, *, close: bool = True) -> int:
        """Play all events after a number, page by page; returns the number of the last."""
        sources = {
            row[0]: self._source(row)
            for row in self._read(reader, Call(_SQL.read_sources, _of(self._vault)), close=close)
        }
        sources[OWN_SOURCE_ID] = own_source(self._vault.workspace_id)
        preparer = Preparer(self._vault.hash, self._zones)
        while True:
            asked = _of(self._vault) | {"after": after, "limit": PAGE_EVENTS}
            page = self._read(reader, Call(_SQL.read_log, asked), close=close)
            whole = len(page) < PAGE_EVENTS
            turns = [(number, list(rows)) for number, rows in groupby(page, key=lambda row: row[1])]
            if not whole and len(turns) > 1:
                turns.pop()
            for _, rows in turns:
                self._play_turn(rows, turn, preparer, sources)
                if rows[-1][5] == ERASED:
                    self._keep(reader, rows[-1][0], close=close)
                after = rows[-1][0]
                report.events += len(rows)
                self._progress(report.events)
            if whole:
                break
        return after

    def _keep(self, reader: Session, event_no: int, *, close: bool) -> None:
        """Of who was one member with somebody erased the log cannot give the points any more: they are as they were."""
        kept = self._read(
            reader, Call(_SQL.read_kept, _of(self._vault) | {"event_no": event_no}), close=close
        )
        if kept and self._target is not None:
            put_back(*self._target, kept)

    def _read(self, reader: Session, call: Call, *, close: bool) -> list[Row]:
        """Rows of one question; with `close` in a transaction of its own, since playing them may take long."""
        if not close:
            return reader.run([call])[0]
        reader.begin(self._vault.workspace_id)
        try:
            return reader.run([call])[0]
        finally:
            reader.rollback()

    def _play_turn(self, rows: list[Row], turn: Turn, preparer: Preparer, sources: dict[int, Source]) -> None:
        items = []
        for number, _, received_at, key, source_id, type_, record_id, sealed, wrapped in rows:
            if type_ in NOT_PLAYED:
                continue
            data_key = self._vault.unwrap(wrapped) if record_id is not None else self._vault.workspace_key
            if record_id is not None:
                self._keys[record_id] = wrapped
            body = open_sealed(data_key, sealed)
            if record_id is None and msgspec.json.decode(body, type=_Typed).type == FORGOTTEN:
                continue
            item = preparer.prepare(
                sources[source_id], body, door="rebuild", received_at=received_at, event_key=key
            )
            if isinstance(item, Refused):
                raise Conflict(f"Event {number} of the log is not accepted any more: {item.error.message}")
            item.event_no = number
            items.append(item)
        if items:
            turn.run(items)
        self._keys.clear()

    def _copy_model(self, shadow_id: int) -> None:
        """Give the copy the model at work: the partition follows from it, whatever was at work before."""
        session = Session(self._database)
        session.begin(self._vault.workspace_id)
        found = session.run([Call(_SQL.read_model, _of(self._vault))])[0]
        session.rollback()
        session.begin(shadow_id)
        names = ("model_no", "keys_no", "name", "digest", "content", "frequencies", "made_at", "made_by")
        for values in found:
            row = {"workspace_id": shadow_id} | dict(zip(names, values, strict=True))
            session.run([Call(_SQL.write_model, row)])
        session.commit()
        session.close()

    def _copy_programmes(self, shadow_id: int) -> None:
        """Give the copy the texts of all versions; the log says from when each of them holds."""
        session = Session(self._database)
        session.begin(self._vault.workspace_id)
        found = session.run([Call(_SQL.read_versions, _of(self._vault))])[0]
        session.rollback()
        session.begin(shadow_id)
        names = ("programme", "version", "content", "digest", "made_at", "made_by")
        for row in found:
            values = {"workspace_id": shadow_id} | dict(zip(names, row, strict=True))
            session.run([Call(_SQL.write_version, values)])
        session.commit()
        session.close()

    def _source(self, row: Row) -> Source:
        return Source(self._vault.workspace_id, *row)

    def _compare(self, shadow: Vault) -> list[str]:
        live, rebuilt = self._database.connect(), self._database.connect()
        try:
            return list(islice(self._differences(live, rebuilt, shadow), DIFFERENCES_MAX))
        finally:
            live.close()
            rebuilt.close()

    def _differences(self, live: Connection, rebuilt: Connection, shadow: Vault) -> Iterator[str]:
        for table in COMPARED:
            pairs = zip_longest(self._rows(live, self._vault, table), self._rows(rebuilt, shadow, table))
            for one, other in pairs:
                if one != other:
                    yield f"{table}: live {_shown(one, other)}, rebuilt {_shown(other, one)}"

    def _rows(self, connection: Connection, vault: Vault, table: str) -> Iterator[tuple[Any, ...]]:
        connection.execute(
            "select set_config('regulars.workspace_id', %s, false)", (str(vault.workspace_id),)
        )
        with connection.cursor(name=f"rows_{table}") as cursor:
            cursor.itersize = 2_000
            cursor.execute(_SQL[table], _of(vault))
            for row in cursor:
                yield self._plain_record(row) if table == "records" else row

    def _plain_record(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        record = Record(*row[:8])
        record.seen_hash, record.seen_at, record.seen_key = row[8], row[9], row[10] and row[10].hex
        fields = msgspec.json.decode(
            open_sealed(self._vault.unwrap(record.wrapped), record.sealed), type=Fields
        )
        settle_repeats(record, fields)
        fields.said = None
        fields.keys, fields.model = [], 0  # keys are compared as such; a record is not written for them
        return (*row[:6], _digest(fields))

    def _take_over(self, holder: Session, shadow: Vault) -> None:
        """Within the holder's transaction: live rows go, the shadow's rows get the workspace's number."""
        target_id = self._vault.workspace_id
        shadow_reader = Session(self._database)
        shadow_reader.begin(shadow.workspace_id)
        profiles = shadow_reader.run([Call(_SQL.counters, _of(shadow))])[0][0][0]
        shadow_reader.rollback()
        shadow_reader.close()
        for table in REPLACED:
            replace_rows(
                self._database, table, source=shadow.workspace_id, target=holder, target_id=target_id
            )
        holder.run([Call(_SQL.set_profiles, _of(self._vault) | {"profiles": profiles})])

    def _drop(self, shadow_id: int) -> None:
        session = Session(self._database)
        session.begin(shadow_id)
        session.run(
            [Call(_SQL.drop_workspace_rows.format(table=t), {"workspace_id": shadow_id}) for t in SHADOWED]
        )
        session.run([Call(_SQL.drop_workspace, {"workspace_id": shadow_id})])
        session.commit()
        session.close()


def _of(vault: Vault) -> dict[str, Any]:
    return {"workspace_id": vault.workspace_id}


def _digest(fields: Fields) -> str:
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()[:16]


def _shown(row: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> str:
    """The key of a row and the columns that differ; ids, numbers and hashes only."""
    if row is None:
        return "nothing"
    if other is None or row[0] != other[0]:
        return f"{row[:3]}"
    return f"{row[0]}: " + ", ".join(
        f"#{n}={a}" for n, (a, b) in enumerate(zip(row, other, strict=False)) if a != b
    )
