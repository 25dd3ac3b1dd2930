"""A workspace under test: gates on it, everything it holds in clear, and what it must hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from regulars.capabilities.consent.rules import Word
from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.partition import partition
from regulars.capabilities.identity.rules import settle_repeats
from regulars.capabilities.identity.state import Fields, Manual, Record
from regulars.capabilities.profile.state import Figures
from regulars.capabilities.registers.rules import mentioned
from regulars.engine.batch import Batch, Memory
from regulars.engine.identity_memory import shipped
from regulars.engine.lane import Limits
from regulars.engine.prepared import Prepared, Refused
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.intake.prepare import Preparer
from regulars.intake.rebuild import Rebuilder
from regulars.store.database import Connection, Database, set_workspace
from regulars.store.master import MasterKey
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.intake import OWN_SOURCE_ID, Result, Source, own_source
from tests.core import people, receipts

Row = tuple[Any, ...]
Told = tuple[int, bytes]
"""(number of the source, JSON of an event)"""


class State(NamedTuple):
    """Everything a workspace knows, by ids that are the same in every run of one workspace."""

    records: dict[str, Any]
    profiles: dict[str, str]
    profile_count: int
    identifiers: dict[tuple[int, str, str], bool]
    words: set[tuple[str, str]]
    keys: set[Row]
    household: set[Row]
    crowded: set[int]
    reviews: set[Row]
    generics: set[tuple[int, str]]
    figures: dict[str, dict[str, Any]]
    days: dict[Row, dict[str, int]]
    receipts: dict[str, Row]
    consents: dict[Row, Row]
    registers: dict[Row, Row]
    events: int


def sources_of(workspace_id: int) -> dict[int, Source]:
    """The tills of a chain, its web shop and its loyalty programme, and the program itself."""
    return {
        OWN_SOURCE_ID: own_source(workspace_id),
        1: Source(workspace_id, 1, "tills", "api", "tills"),
        2: Source(workspace_id, 2, "web", "api", "web", receipts_never_reset=True),
        3: Source(workspace_id, 3, "loyalty", "api", "loyalty"),
    }


class World:
    """One workspace of a database, known to the test alone."""

    def __init__(self, database: Database, master: MasterKey, workspace_id: int) -> None:
        self.database = database
        self.master = master
        self.workspace_id = workspace_id
        self.vault = Vault(master, workspace_id)
        self.sources = sources_of(workspace_id)
        self.reader: Connection | None = None
        self._register_sources()

    def _register_sources(self) -> None:
        """A rebuild reads from the register how each source is to be read."""
        with self.database.session(self.workspace_id) as connection:
            for source in list(self.sources.values())[1:]:
                connection.execute(
                    "insert into source (workspace_id, source_id, name, kind, till_system, receipts_never_reset)"
                    " values (%s, %s, %s, %s, %s, %s)",
                    msgspec.structs.astuple(source)[:6],
                )

    def rebuild_differences(self) -> list[str]:
        """What the log alone would give otherwise."""
        return Rebuilder(self.database, self.vault).verify().differences

    def gate(self, *, clock: Callable[[], datetime] = utc_now, limits: Limits | None = None) -> EngineGate:
        """A gate of its own: one engine."""
        return EngineGate(self.database, self.master, clock=clock, limits=limits)

    def tell(self, gate: EngineGate, told: Sequence[Told]) -> list[Result]:
        """Submit events, those of one source after the other; results in the order told."""
        results: dict[int, Result] = {}
        for number, source in self.sources.items():
            places = [place for place, (source_id, _) in enumerate(told) if source_id == number]
            bodies = [told[place][1] for place in places]
            if bodies:
                answers = gate.enter(source, bodies, "events").result(timeout=60)
                results |= dict(zip(places, answers, strict=True))
        return [results[place] for place in range(len(told))]

    # ------------------------------------------------------------ what it holds

    def rows(self, query: str) -> list[Row]:
        """What the program sees of this workspace."""
        connection = self.reader or self.database.connect(wait_seconds=5.0)
        try:
            set_workspace(connection, self.workspace_id)
            return connection.execute(query.encode()).fetchall()
        finally:
            connection.rollback()
            if connection is not self.reader:
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Many queries on one connection."""
        self.reader = self.database.connect(wait_seconds=5.0)
        try:
            yield
        finally:
            self.reader.close()
            self.reader = None

    def state(self) -> State:
        """All it knows, decrypted."""
        with self.reading() if self.reader is None else nullcontext():
            return self._state()

    def _state(self) -> State:
        rows = self.rows(
            "select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed,"
            " f.seen_hash, f.seen_at, f.seen_key, f.figures from record r"
            " left join record_figures f using (workspace_id, record_id)"
        )
        counters = self.rows("select profiles, event_no from workspace_state")[0]
        return State(
            records=dict(map(self._record, rows)),
            profiles={row[0].hex: row[5].hex for row in rows},
            profile_count=counters[0],
            identifiers={
                (kind, value.hex, record.hex): current
                for kind, value, record, current in self.rows(
                    "select kind, value, record_id, current from identifier"
                )
            },
            words={(w.hex, r.hex) for w, r in self.rows("select word, record_id from name_word")},
            keys={(key, record.hex) for key, record in self.rows("select key, record_id from match_key")},
            household={
                (key, record.hex) for key, record in self.rows("select key, record_id from household_key")
            },
            crowded={key for (key,) in self.rows("select key from crowded_key")},
            reviews={
                (a.hex, b.hex, weight, conflict)
                for a, b, weight, conflict in self.rows("select a, b, weight, conflict from review")
            },
            generics={
                (kind, value.hex) for kind, value in self.rows("select kind, value from generic_value")
            },
            figures={row[0].hex: found for row in rows if (found := _figures(row[11]))},
            days=self._days(),
            receipts=self._receipts(),
            consents=self._consents(),
            registers=self._registers(),
            events=counters[1],
        )

    def _record(self, row: Row) -> tuple[str, Any]:
        key = self.vault.unwrap(row[6])
        fields = msgspec.json.decode(open_sealed(key, row[7]), type=Fields)
        rid, source_id, known, first_at, component, profile, wrapped, sealed = row[:8]
        record = Record(rid.hex, source_id, known, first_at, component.hex, profile.hex, wrapped, sealed)
        if row[8]:
            record.seen_hash, record.seen_at, record.seen_key = row[8].hex, row[9], row[10].hex
        settle_repeats(record, fields)
        scalars = {name: (value, at) for name, (value, at, _) in fields.scalars.items()}
        values = {
            (name, value): at for name, said in fields.values.items() for value, (_, at, _) in said.items()
        }
        return row[0].hex, (row[1], row[2], row[3], scalars, values)

    def _days(self) -> dict[Row, dict[str, int]]:
        names = "orders identified returns items_micro paid_minor returned_minor".split()
        found = self.rows(
            f"select business_date, store, channel, currency, {', '.join(names)} from store_day"
        )
        cells = {row[:4]: {n: v for n, v in zip(names, row[4:], strict=True) if v} for row in found}
        return {key: cell for key, cell in cells.items() if cell}

    def _receipts(self) -> dict[str, Row]:
        found = self.rows(
            "select sale_id, kind, version, counted, counted_on, original_id, record_id, occurred_at, store, till, channel,"
            " staff, receipt, currency, total_minor, tax_minor, discount_minor, items_micro, lines, event_key from sale"
        )
        return {_plain(row)[0]: _plain(row)[1:] for row in found}

    def _consents(self) -> dict[Row, Row]:
        found = self.rows(
            "select address, channel, purpose, granted, occurred_at, event_key, record_id, source_id from consent"
        )
        return {_plain(row)[:3]: _plain(row)[3:] for row in found}

    def _registers(self) -> dict[Row, Row]:
        told = "said_at > '-infinity'"
        out: dict[Row, Row] = {}
        for table, key, columns in (
            ("store", "code", "name, time_zone, region, country, currency, tax_mode"),
            ("product", "sku", "name, category, brand, barcode, price_minor, currency, active"),
            ("staff", "code", "active"),
            ("stock", "sku || ' ' || store", "quantity"),
        ):
            for row in self.rows(f"select {key}, {columns}, said_at, said_key from {table} where {told}"):
                out[table, row[0]] = _plain(row)[1:]
            for row in self.rows(f"select {key} from {table}"):
                out.setdefault((table, row[0]), ())
        return out

    # ------------------------------------------------------------ what it must hold

    def expected(
        self, told: Iterable[Told], matcher: Matcher | None = None, manual: Manual | None = None
    ) -> State:
        """What it must know after these events, worked out from all of them at once."""
        preparer = Preparer(self.vault.hash, {})
        ready: dict[str, Prepared] = {}
        for source_id, body in told:
            item = preparer.prepare(self.sources[source_id], body, door="events", received_at=utc_now())
            assert not isinstance(item, Refused), item
            ready.setdefault(item.event_key, item)
        events = list(ready.values())
        known = people.expected((item.said for item in events if item.said), self.vault.hash)
        matcher = matcher or shipped().matcher
        tools = people.tools(matcher, self.vault.hash)
        members = [record.member(rid, tools) for rid, record in known.items()]
        crowded = people.crowded_keys(members, matcher)
        said = people.last_words(Batch(utc_now(), [], [], fresh=events).words())
        whole = partition(members, matcher, crowded=crowded, manual=manual or said)
        listing = {(*key, rid): now for rid, r in known.items() for key, now in r.listing().items()}
        sold = receipts.expected(item.sale for item in events if item.sale)
        return State(
            records={rid: self._known(rid, record, events) for rid, record in known.items()},
            profiles=whole.profiles,
            profile_count=len(set(whole.profiles.values())),
            identifiers={key: now for key, now in listing.items() if key[0] != kinds.DEVICE},
            words={(word, rid) for rid, record in known.items() for word in record.words(self.vault.hash)},
            keys={(key, member.record_id) for member in members for key in member.keys},
            household={
                (key, rid) for rid, record in known.items() for key in record.household(self.vault.hash)
            },
            crowded=crowded,
            reviews={(r.a, r.b, r.weight, r.conflict) for r in whole.reviews},
            generics={(g.kind, g.value) for g in whole.generics},
            figures=sold.figures,
            days=sold.days,
            receipts=_last_receipts(events, sold),
            consents=_last_words(item.word for item in events if item.word),
            registers=_last_entries(events),
            events=len(events),
        )

    def _known(self, rid: str, record: people.Known, events: list[Prepared]) -> Any:
        """A record's fields with the time each was last said."""
        said = [item.said for item in events if item.said and item.said.person.record_id == rid]
        scalars = {
            name: (
                value,
                max(o.stamp for o in said if o.person.scalars.get(name) == value and not o.person.deletes)[0],
            )
            for name, value in record.scalars.items()
        }
        values = {
            (kinds.NAMES[kind], value): max(
                o.stamp
                for o in said
                if (kind, value) in [v[:2] for v in o.person.values] and not o.person.deletes
            )[0]
            for kind, found in record.values.items()
            for value in found
        }
        return (
            record.source_id,
            record.member(rid, people.tools(hash_=self.vault.hash)).known,
            record.first_at,
            scalars,
            values,
        )


def _plain(row: Row) -> Row:
    return tuple(
        value.hex if hasattr(value, "hex") and not isinstance(value, bytes | float) else value
        for value in row
    )


def _figures(sealed: bytes | None) -> dict[str, Any] | None:
    figures = msgspec.json.decode(sealed, type=Figures) if sealed else Figures()
    return None if figures == Figures() else msgspec.structs.asdict(figures)


def _last_receipts(events: list[Prepared], sold: receipts.Outcome) -> dict[str, Row]:
    out: dict[str, Row] = {}
    for row in sorted((item.sale for item in events if item.sale), key=lambda row: row.order()):
        _, counted, on, original = sold.standing[row.sale_id]
        out[row.sale_id] = (
            *(
                row.kind,
                row.version,
                counted,
                on,
                original,
                row.record_id,
                row.occurred_at,
                row.store,
                row.till,
            ),
            *(row.channel, row.staff, row.receipt, row.currency, row.total_minor, row.tax_minor),
            *(row.discount_minor, row.items_micro, row.lines, row.event_key),
        )
    return out


def _last_words(words: Iterable[Word]) -> dict[Row, Row]:
    ordered = sorted(words, key=lambda w: (w.occurred_at, not w.granted, w.event_key))
    return {
        (w.address, w.channel, w.purpose): (w.granted, w.occurred_at, w.event_key, w.record_id, w.source_id)
        for w in ordered
    }


def _last_entries(events: list[Prepared]) -> dict[Row, Row]:
    out: dict[Row, Row] = {}
    never = datetime(1, 1, 1, tzinfo=UTC)
    told = [item.entries or mentioned(item.event(), Memory()) for item in events]
    entries = [one for one in told if one is not None]
    for table, name in (("store", "stores"), ("product", "products"), ("staff", "staff"), ("stock", "stock")):
        said = [entry for one in entries for entry in getattr(one, name).values()]
        for entry in sorted(said, key=lambda e: (e.said_at or never, e.said_key or "")):
            facts = msgspec.structs.asdict(entry)
            key = (
                f"{facts.pop('sku')} {facts.pop('store')}"
                if table == "stock"
                else facts.pop("code", None) or facts.pop("sku")
            )
            facts.pop("details", None)
            if table == "stock":
                facts["quantity"] = Decimal(facts["quantity"])
            out[table, key] = tuple(facts.values()) if entry.said_at else ()
    return out


def differences(got: State, must: State) -> list[str]:
    """What differs, in words; the parts of a state that agree are not shown."""
    out = []
    for name in State._fields:
        one, other = getattr(got, name), getattr(must, name)
        if one == other:
            continue
        if isinstance(one, dict):
            keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
            out += [f"{name} {key}: {one.get(key)} instead of {other.get(key)}" for key in keys[:3]]
        elif isinstance(one, set):
            out.append(f"{name}: too many {list(one - other)[:3]}, missing {list(other - one)[:3]}")
        else:
            out.append(f"{name}: {one} instead of {other}")
    return out


def statuses(results: Iterable[Result]) -> dict[str, int]:
    """How many events had which answer."""
    return dict(Counter(result.status for result in results))
